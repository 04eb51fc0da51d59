"""The call sheet as a workbook: a row a call, an outcome to choose, and a second sheet about it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from app.errors import TooLarge
from app.exports.calls.call_list import Call, CallList
from app.exports.kind import TellRows
from app.exports.sheets.callees import OUTCOMES
from app.lists.excel import XLSX_CELL, XLSX_ROWS

# Each column and its width in characters (judgement: what most cells need).
_COLUMNS = {
    "Call on": 12,
    "Area": 24,
    "Name": 34,
    "Person": 22,
    "Phone": 18,
    "Address": 44,
    "Minutes": 9,
    "Miles": 9,
    "Why": 44,
    "What to ask": 36,
    "Outcome": 16,
    "Notes": 40,
}
_OUTCOME = list(_COLUMNS).index("Outcome")
_TOLD = 1000  # rows between two signs of progress
_PLAIN = ("strings_to_formulas", "strings_to_urls", "strings_to_numbers")


def write_workbook(calls: CallList, path: Path, progress: TellRows) -> None:
    """Numbers and days are typed, phones are text, and nothing of a cell runs as a formula.

    Raises TooLarge for more calls than a sheet has rows.
    """
    listed = calls.calls
    if len(listed) >= XLSX_ROWS:
        raise TooLarge(f"over {XLSX_ROWS - 1:,} calls do not fit a sheet: take fewer rows")
    options = {"default_date_format": "ddd d mmm yyyy", **dict.fromkeys(_PLAIN, False)}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet("calls")
        _begin_sheet(book, sheet, len(listed))
        for row, call in enumerate(listed, 1):
            _write_call(sheet, row, call)
            if row % _TOLD == 0:
                progress(row)
        _write_about(book, calls.about)


def _begin_sheet(book: Any, sheet: Any, rows: int) -> None:
    bold = book.add_format({"bold": True})
    for at, (name, width) in enumerate(_COLUMNS.items()):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, name, bold)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, rows, len(_COLUMNS) - 1)
    choice = {"validate": "list", "source": list(OUTCOMES), "error_type": "warning"}
    sheet.data_validation(1, _OUTCOME, rows, _OUTCOME, choice)


def _write_call(sheet: Any, row: int, call: Call) -> None:
    one = call.whom
    texts = [call.area, one.name, one.person, one.phone, one.address]
    sheet.write_datetime(row, 0, call.on)
    _write_texts(sheet, row, 1, texts)
    for at, number in enumerate((one.minutes, one.miles), 1 + len(texts)):
        if number is not None:
            sheet.write_number(row, at, number)
    _write_texts(sheet, row, _OUTCOME - 2, [one.why, " ".join(call.asks)])


def _write_texts(sheet: Any, row: int, at: int, texts: Sequence[str]) -> None:
    for column, text in enumerate(texts, at):
        sheet.write_string(row, column, plain_cell(text))


def plain_cell(text: str) -> str:
    """A text as a cell holds it: a carriage return would be read back as _x000D_."""
    return text.replace("\r\n", "\n").replace("\r", "\n")[:XLSX_CELL]


def _write_about(book: Any, about: Sequence[tuple[str, str]]) -> None:
    sheet = book.add_worksheet("about")
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 1, 100)
    for row, (name, text) in enumerate(about):
        sheet.write_string(row, 0, name, bold)
        sheet.write_string(row, 1, plain_cell(text), wrapped)
