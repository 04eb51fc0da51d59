"""An answer that `find` wrote, read again: the list's own cells, our columns, who mail goes to."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import polars as pl

from app.businesses.prospects import Prospects, Ranges
from app.errors import BadQuestion
from app.geo.points import Ints, Points
from app.lists.about import About, read_beside
from app.lists.identity import Identities
from app.lists.licences import read_licences
from app.lists.opt_outs import join_opt_outs
from app.lists.read import ListFile, from_rows, open_list
from app.lists.recipients import RECIPIENT
from app.lists.vocabulary import ANSWERED
from app.lists.write import NUMBERS, PREFIX, unescape_formulas
from app.text import count_words

SIZES = ("employees", "sales")  # sales: USD a year
_DOCUMENT = b'{"home_base"'  # how the JSON of an answer begins
ANSWER = "an export takes a file that `sweetspot find` wrote, or its rows"


@dataclass(frozen=True)
class AnswerRows:
    """The rows of an answer, in its order.

    cells: the list's own columns, as text. ours: the columns of COLUMNS, and others that are ours,
    without their prefix; numbers where NUMBERS says so, null where absent. recipients: the
    columns of RECIPIENT. sizes: the columns of SIZES as whole numbers, of a band its lower end;
    null where the list says none, or none below. notes: what is odd about how it was read.
    """

    cells: pl.DataFrame
    ours: pl.DataFrame
    recipients: pl.DataFrame
    sizes: pl.DataFrame
    about: About = field(default_factory=About)
    notes: Sequence[str] = ()

    def __len__(self) -> int:
        return self.cells.height

    def take(self, rows: Ints | Sequence[int]) -> "AnswerRows":
        """Those rows, in that order."""
        at = pl.Series(rows, dtype=pl.UInt32)
        return AnswerRows(
            self.cells[at],
            self.ours[at],
            self.recipients[at],
            self.sizes[at],
            self.about,
            self.notes,
        )

    def over(self, about: About) -> "AnswerRows":
        """The same rows, of an answer of which more is known."""
        return replace(self, about=about)

    @cached_property
    def identities(self) -> Identities:
        """What they are known by."""
        lon, lat = (self.ours[name].fill_null(float("nan")).to_numpy() for name in ("lon", "lat"))
        return Identities.of(self.recipients, Points(lon, lat), read_licences(self.cells))


def open_answer(source: Path | BinaryIO, name: str) -> AnswerRows:
    """The rows of a file that `find` wrote, called `name` in errors.

    What is known of them all is what the file says, else the file of notes beside it. Raises
    BadList for what is no list, BadQuestion for one that is no answer.
    """
    document = _read_document(source)
    if document is not None:
        return read_answer(document)
    rows = open_list(source, vocabulary=ANSWERED)
    about = rows.about
    if about == About() and isinstance(source, Path):
        about = read_beside(source)
    return _parted(rows, name).over(about)


def _read_document(source: Path | BinaryIO) -> Mapping[str, Any] | None:
    """What `find --json` printed; None for any other file."""
    if not isinstance(source, Path) or not source.is_file():
        return None
    with source.open("rb") as file:
        if file.read(len(_DOCUMENT)) != _DOCUMENT:
            return None
    try:
        document = json.loads(source.read_bytes())
    except ValueError:
        return None
    return document if isinstance(document, dict) and "prospects" in document else None


def read_answer(document: Mapping[str, Any]) -> AnswerRows:
    """The rows of an answer's JSON: of each the `cells` are the list's own, the rest is ours.

    Raises BadQuestion for a document without rows, BadList for one that is no answer.
    """
    rows = document.get("prospects")
    if not isinstance(rows, list) or not rows:
        raise BadQuestion(f"answer: it has no rows, as `prospects`; {ANSWER}", field="answer")
    found = _parted(
        from_rows([_flat(row) for row in rows], vocabulary=ANSWERED, field="answer"), "answer"
    )
    return found.over(About.of_members(document))


def _flat(row: Any) -> Mapping[str, Any]:
    """One row as a file has it; a row that is flat already, or none, stays."""
    cells = row.get("cells") if isinstance(row, Mapping) else None
    if not isinstance(cells, Mapping):
        return row  # type: ignore[no-any-return]  # `from_rows` refuses what is no object
    ours = {f"{PREFIX}{key}": value for key, value in row.items() if key not in {"cells", "name"}}
    reasons = row.get("reasons")
    if isinstance(reasons, list):
        ours[f"{PREFIX}reasons"] = "; ".join(map(str, reasons))
    return {**cells, **{key: value for key, value in ours.items() if not isinstance(value, dict)}}


def _parted(rows: ListFile, name: str) -> AnswerRows:
    whole = rows.whole()
    cells = whole.cells.with_columns(unescape_formulas(pl.col(pl.String)))
    missing = [one for one in ("verdict", "lat", "lon") if PREFIX + one not in cells.columns]
    if missing:
        raise BadQuestion(f"{name}: no column {PREFIX}{missing[0]}; {ANSWER}", field="answer")
    mine = [header for header in cells.columns if header.startswith(PREFIX)]
    ours = cells.select(_typed(header) for header in mine)
    told = set(RECIPIENT) <= set(ours.columns)
    read = rows.recipients(cells)
    recipients = (
        read
        if not told
        else ours.select(*RECIPIENT).with_columns(
            join_opt_outs(ours["opt_outs"], read["opt_outs"]).alias("opt_outs")
        )
    )
    found = AnswerRows(
        cells.drop(mine), ours.drop(*RECIPIENT, strict=False), recipients, _sizes(whole)
    )
    mail = [name for name in RECIPIENT if name != "opt_outs"]  # which count wherever they stand
    return replace(found, notes=list(_edited(recipients.select(mail), read.select(mail))))


def _edited(told: pl.DataFrame, read: pl.DataFrame) -> Iterator[str]:
    """What the list's own cells say otherwise than our columns: somebody corrected some of them.

    Where most rows differ, the columns were named by hand, and nobody corrected anything.
    """
    other = sum(one != two for one, two in zip(told.rows(), read.rows(), strict=True))
    if 0 < other < told.height / 2:
        yield (
            f"{count_words(other, 'row')}: the list's own cells say otherwise than the columns "
            f"{PREFIX}name, {PREFIX}line_1 ...; these are what counts, so correct them there"
        )


def _sizes(whole: Prospects) -> pl.DataFrame:
    return pl.DataFrame({name: _least(getattr(whole, name)) for name in SIZES})


def _least(ranges: Ranges) -> pl.Series:
    low = np.where(ranges.low > 0, ranges.low, np.nan)
    return pl.Series(np.floor(low)).fill_nan(None).cast(pl.Int64)


def _typed(header: str) -> pl.Expr:
    name = header.removeprefix(PREFIX)
    column = pl.col(header).alias(name)
    return column.cast(pl.Float64, strict=False) if name in NUMBERS else column
