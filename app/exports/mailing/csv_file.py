"""A mailing tool's CSV file: its columns, what it asks of cells, and the parts that it takes.

UTF-8 without a mark, line feeds, quotes where they are needed, blanks bare. Text that a spreadsheet
would run is marked by an apostrophe, as in all our files: no tool's document says that it takes
one away, so that it stays, which a note tells. No address, phone or number is ever marked.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import polars as pl

from app.exports.contacts import lacks_email
from app.exports.kind import ExportKind, ExportWork, TellRows, Written
from app.exports.mailing.people import gather_people
from app.exports.options import MailingOptions, TagOptions
from app.lists.write import escape_formulas
from app.text import count_words

PERMISSION = "--permission says that these people asked for mail"


@dataclass(frozen=True)
class CsvTool:
    """How a tool wants its file.

    columns: header -> what is in it, of the columns of `People` and the tag. keys: what it takes
    for one contact, first met first kept. rule: of rented lists, with its source; "" for none.
    lacks: as in `ExportKind`. most_bytes, most_rows: of one file; longer ones are parted. clipped:
    headers whose cells it cuts, most_cell: at so many bytes.
    """

    name: str
    columns: Callable[[str], Mapping[str, pl.Expr]]
    keys: Sequence[str]
    rule: str = ""
    lacks: Callable[[pl.DataFrame], pl.Series] = lacks_email
    separator: str = ","
    most_bytes: int = 0
    most_rows: int = 0
    clipped: Sequence[str] = ()
    most_cell: int = 0

    @property
    def kind(self) -> ExportKind:
        """The export that makes this tool's file."""
        takes = (MailingOptions if self.rule else TagOptions,)
        return ExportKind(self.name, (".csv",), "e-mail", self._write, takes, self.lacks)

    def _write(self, work: ExportWork) -> Written:
        people = gather_people(work, self.keys)
        columns = self.columns(work.asked.tag)
        table = people.table.select(cell.alias(header) for header, cell in columns.items())
        cut = _clip_cells(table, self.clipped, self.most_cell)
        safe = cut.with_columns(escape_formulas(pl.col(pl.String)))
        self._write_parts(safe, work.target, work.progress)
        notes = [*self._warnings(work), *people.notes]
        notes += _tell_changes(table, cut, f"cut at {self.most_cell} bytes, the most it takes")
        notes += _tell_changes(cut, safe, "marked by an apostrophe: a spreadsheet would run it")
        return Written(notes, people.repeated)

    def _warnings(self, work: ExportWork) -> list[str]:
        return [f"{self.rule}; {PERMISSION}"] if self.rule and not work.asked.permission else []

    def _write_parts(self, table: pl.DataFrame, target: Path, progress: TellRows) -> None:
        """FILE.csv, or FILE-1.csv, FILE-2.csv and so on."""
        bare = table.with_columns(pl.col(pl.String).replace("", None))
        parts = list(self._parts(bare))
        done = 0
        for number, (rows, data) in enumerate(parts, start=1):
            name = f"{target.stem}-{number}{target.suffix}" if len(parts) > 1 else target.name
            target.with_name(name).write_bytes(data)
            done += rows
            progress(done)

    def _parts(self, table: pl.DataFrame) -> Iterator[tuple[int, bytes]]:
        """How many rows, and the file of them; as few as the limits allow, or nearly so."""
        data = table.write_csv(separator=self.separator).encode()
        count = max(
            ceil(len(data) / self.most_bytes) if self.most_bytes else 1,
            ceil(table.height / self.most_rows) if self.most_rows else 1,
        )
        if count == 1 or table.height == 1:
            yield table.height, data
            return
        for piece in table.iter_slices(ceil(table.height / count)):
            yield from self._parts(piece)


def _clip_cells(table: pl.DataFrame, headers: Sequence[str], most: int) -> pl.DataFrame:
    return table.with_columns(
        table[header].map_elements(lambda text: clip_text(text, most), return_dtype=pl.String)
        for header in headers
        if (table[header].str.len_bytes() > most).any()
    )


def clip_text(text: str, most: int) -> str:
    """Its first characters that take no more bytes of UTF-8 than `most`."""
    return text.encode()[:most].decode(errors="ignore")


def _tell_changes(before: pl.DataFrame, after: pl.DataFrame, how: str) -> list[str]:
    changed = 0
    for one, other in zip(before, after, strict=True):
        changed += int(one.ne_missing(other).sum())
    return [f"{count_words(changed, 'cell')} {how}"] if changed else []
