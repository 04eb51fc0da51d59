"""Answers -> workbooks: one sheet of rows, then what else there is, and a sheet about them all.

Rows go to the disk as they come (`constant_memory`). XlsxWriter writes a sheet's widths, filter and
panes in front of its rows only when the book is closed (`Worksheet._assemble_xml_file`), so that
they may be set once all rows are known.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import BinaryIO

import polars as pl
import xlsxwriter

from app.errors import TooLarge
from app.folders import writing_to
from app.lists.about import ABOUT, About
from app.lists.file_kind import FileKind
from app.lists.typed_cells import CellType, choose_types

XLSX_ROWS = 1_048_576
XLSX_CELL = 32_767  # characters
WIDEST, NARROWEST = 60, 8  # characters; judgement: longer text runs on or is cut at the next cell
FILTER_BUTTON = 3  # characters that the button of a filter hides of a header
_AT_ONCE = 1_000  # rows that are Python's objects at a time
NUMBER_WIDTH = 10  # characters of a number of ours


class _WrittenSheet:
    """One sheet: bold headers that stay, a filter, widths that fit."""

    def __init__(self, book: xlsxwriter.Workbook, name: str) -> None:
        self._book = book
        self._sheet, self._rows = book.add_worksheet(name), 0
        self._types: list[CellType | None] = []
        self._formats: list[xlsxwriter.format.Format | None] = []
        self._widths: list[int] = []

    def begin(self, headers: Sequence[str]) -> None:
        """The first row."""
        bold = self._book.add_format({"bold": True})
        for at, header in enumerate(headers):
            self._sheet.write_string(0, at, header, bold)
        self._rows = 1
        self._widths = [len(header) + FILTER_BUTTON for header in headers]
        self._sheet.freeze_panes(1, 0)

    def add(self, frame: pl.DataFrame, own: int) -> None:
        """Rows, of which `own` columns are a list's; the first rows decide how those are held.

        Raises TooLarge where they are more than a sheet holds.
        """
        if self._rows + frame.height > XLSX_ROWS:
            raise TooLarge(
                f"over {XLSX_ROWS - 1:,} rows do not fit a sheet: write .csv or .parquet"
            )
        # A line break in a cell is a line feed: XlsxWriter escapes the other half of CRLF, and
        # readers show that as _x000D_.
        text = pl.col(pl.String).str.replace_all("\r\n?", "\n").str.slice(0, XLSX_CELL)
        frame = frame.with_columns(text)
        if frame.height and not self._types:
            self._choose_types(frame, own)
        self._widen(frame)
        for some in frame.iter_slices(_AT_ONCE):
            columns = [_held(column, kind) for column, kind in zip(some, self._types, strict=True)]
            for row in zip(*columns, strict=True):
                self._append(row)

    def _choose_types(self, frame: pl.DataFrame, own: int) -> None:
        self._types = choose_types(frame[:, :own]) + [None] * (frame.width - own)
        shown = {kind.shown for kind in self._types if kind}
        made = {one: self._book.add_format({"num_format": one}) for one in shown}
        self._formats = [made[kind.shown] if kind else None for kind in self._types]

    def _widen(self, frame: pl.DataFrame) -> None:
        texts = frame.select(pl.col(pl.String).str.len_chars().max())
        longest = {name: texts[name].item() or 0 for name in texts.columns}
        for at, name in enumerate(frame.columns):
            self._widths[at] = max(self._widths[at], longest.get(name, NUMBER_WIDTH))

    def _append(self, cells: Iterable[str | float | None]) -> None:
        row, sheet, formats = self._rows, self._sheet, self._formats
        for at, cell in enumerate(cells):
            if isinstance(cell, str):
                sheet.write_string(row, at, cell)
            elif cell is not None:
                sheet.write_number(row, at, cell, formats[at])
        self._rows += 1

    def finish(self) -> None:
        """What could not be known before."""
        columns = len(self._widths)
        if not columns:
            return
        for at, width in enumerate(self._widths):
            self._sheet.set_column(at, at, min(max(width, NARROWEST), WIDEST))
        last = max(self._rows - 1, 0)
        self._sheet.autofilter(0, 0, last, columns - 1)
        # No green corners at ZIP codes and phones, which are text because they have to be.
        everywhere = xlsxwriter.utility.xl_range(0, 0, last, columns - 1)
        self._sheet.ignore_errors({"number_stored_as_text": everywhere})


def _held(column: pl.Series, kind: CellType | None) -> Sequence[str | float | None]:
    """The cells as they are written: numbers where they fit the column, nothing where empty."""
    if column.dtype != pl.String:
        return column.to_list()
    texts = column.set(column == "", None).to_list()
    if kind is None:
        return texts
    numbers = kind.values(column).to_list()
    return [text if number is None else number for text, number in zip(texts, numbers, strict=True)]


class Xlsx(FileKind):
    """Text stays text, so that nothing in it runs as a formula or a link."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        super().__init__(file, name)
        plain = ("strings_to_formulas", "strings_to_urls", "strings_to_numbers")
        options = {"constant_memory": True, **dict.fromkeys(plain, False)}
        self.book = xlsxwriter.Workbook(file, options)
        self.sheet = self._add_sheet(name)

    def _add_sheet(self, name: str) -> _WrittenSheet:
        with writing_to():  # a sheet's rows wait in a temporary file
            return _WrittenSheet(self.book, name)

    def add(self, frame: pl.DataFrame) -> None:
        """Put the rows into the sheet."""
        with writing_to():
            if not self.started:
                self.sheet.begin(frame.columns)
            self.sheet.add(frame, self.own)

    def finish(self, sheets: Mapping[str, pl.DataFrame]) -> None:
        """Add the further sheets, and the one about them all."""
        self.sheet.finish()
        for name, frame in {**sheets, **_about_sheet(self.about)}.items():
            sheet = self._add_sheet(name)
            with writing_to():
                sheet.begin(frame.columns)
                sheet.add(frame, 0)
            sheet.finish()
        try:
            self.book.close()
        except xlsxwriter.exceptions.FileCreateError as why:
            raise why.args[0] from why  # what the disk said

    def close(self) -> None:
        """Let go of temporary files."""
        if not self.book.fileclosed:
            with suppress(OSError, xlsxwriter.exceptions.XlsxWriterException):
                self.book.close()  # the target is dropped by now


def _about_sheet(about: About | None) -> dict[str, pl.DataFrame]:
    return {ABOUT: about.table} if about else {}
