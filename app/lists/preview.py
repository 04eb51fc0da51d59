"""A list looked at before it is used: whose form it has, what each column means, what is unclear.

What `open_list` refuses because somebody has to say which column is meant is a question here; the
rest is read as if it had been answered, and the mapping leaves the answer open.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from app.businesses.prospects import Ranges
from app.businesses.sizes import MISSING, SIZES
from app.errors import BadList, UnclearColumns
from app.lists.contact_words import contact_columns
from app.lists.headers import FREE
from app.lists.looks import ColumnLook, plain_words
from app.lists.mapping import ChosenColumns
from app.lists.read import ListFile, open_list
from app.lists.sensitive import sensitive_headers
from app.lists.terms import read_terms
from app.lists.vocabulary import PROSPECTS

SHOWN_ROWS = 3


@dataclass
class ColumnGlance:
    """What one column holds, whatever it is read as. `filled`: the cells that say anything."""

    look: ColumnLook = field(default_factory=ColumnLook)
    filled: int = 0
    example: str = ""

    def add(self, column: pl.Series) -> None:
        """One more batch of the column, as text."""
        texts = column.str.strip_chars()
        said = texts.filter(~texts.str.to_lowercase().is_in([*MISSING]))
        self.filled += len(said)
        if len(said) and not self.example:
            self.example = plain_words(said[0])
        self.look.add(column)


@dataclass(frozen=True)
class ListPreview:
    """One list as it will be read; `questions` are what somebody has to say before it can be."""

    list: ListFile
    columns: Mapping[str, ColumnGlance]
    questions: Sequence[UnclearColumns]

    @property
    def mapping(self) -> str:
        """By which the same is read again; what is asked is not answered in it."""
        meanings = {meaning for asked in self.questions for meaning in asked.supposed}
        headers = {header for asked in self.questions for header in asked.headers}
        return self.list.seen.mapping(meanings, headers)

    @property
    def _contacts(self) -> dict[str, str]:
        """What columns say of who is written to or called, by header."""
        headers = [*self.columns]
        found = contact_columns(headers)
        return {headers[at]: meaning for meaning, places in found.items() for at in places}

    def document(self) -> dict[str, Any]:
        """All of it as JSON."""
        terms = read_terms(self.list)
        return {
            "vendor": terms.vendor,
            "ordered": terms.ordered and terms.ordered.isoformat(),
            "expires": terms.expires and terms.expires.isoformat(),
            "rows": self.list.rows,
            "skipped": self.list.skipped,
            "columns": [self._column(header) for header in self.columns],
            "meanings": [*PROSPECTS.names, *FREE],
            "first_rows": _first_rows(self.list),
            "questions": [
                {"meaning": one.field, "question": str(one), "choices": [*one.choices]}
                for one in self.questions
            ],
            "sensitive": dict(sensitive_headers([*self.columns])),
            "notes": [*self.list.notes, *terms.notes, *_place_notes(self.list)],
            "mapping": self.mapping,
        }

    def _column(self, header: str) -> dict[str, Any]:
        glance, read = self.columns[header], self.list.seen.columns.get(header)
        return {
            "header": header,
            "meaning": read.meaning if read else self._contacts.get(header, ""),
            "guessed": read is not None and read.meaning in self.list.seen.guessed,
            "looks": glance.look.kind,
            "filled": read.fit.cells if read else glance.filled,
            "fit": read.fit.fit if read else None,
            "example": glance.example,
        }


def preview_list(source: Path | BinaryIO, columns: ChosenColumns, place: str = "") -> ListPreview:
    """Read the whole list once and say what it is. `columns` and `place` as in `open_list`.

    A stream has to be one that can seek. Raises BadList for what is no usable list, whatever
    anybody answers.
    """
    questions: list[UnclearColumns] = []
    while True:
        try:
            found = open_list(source, columns=columns, place=place)
            return ListPreview(found, _glance(found), questions)
        except UnclearColumns as asked:
            if asked.supposed.items() <= columns.named.items():  # nobody could answer it
                raise
            questions.append(asked)
            columns = replace(columns, named={**columns.named, **asked.supposed})


def _glance(found: ListFile) -> dict[str, ColumnGlance]:
    """Every column of the list, in its order."""
    glances: dict[str, ColumnGlance] = {}
    for cells in found.cells():
        for column in cells:
            glances.setdefault(column.name, ColumnGlance()).add(column)
    return glances


def _first_rows(found: ListFile) -> list[dict[str, Any]]:
    """The first rows as mail goes to them, and their sizes as [low, high], null for unknown."""
    prospects = next(found.batches(SHOWN_ROWS))
    sizes = {name: [*_bands(getattr(prospects, name))] for name in SIZES}
    recipients = found.recipients(prospects.cells).to_dicts()
    return [
        row | {name: bands[at] for name, bands in sizes.items()}
        for at, row in enumerate(recipients)
    ]


def _bands(ranges: Ranges) -> Iterator[list[float | None] | None]:
    ends = zip(ranges.known.tolist(), ranges.low.tolist(), ranges.high.tolist(), strict=True)
    for known, low, high in ends:
        yield [low, None if high == float("inf") else high] if known else None


def _place_notes(found: ListFile) -> list[str]:
    """That no row says in which town it is, where that is so: a find would refuse the list."""
    try:
        found.check_places()
    except BadList as why:
        return [str(why)]
    return []
