"""What a list says of its licence: whose it is, when it was made, until when it may be used.

By its vendor's columns (`vendors`), else by those whose header says that they are the list's own
dates. Where rows differ the earliest day holds for all of them, and a note says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from app.businesses.sizes import is_missing
from app.lists.dates import last_day, parse_day
from app.lists.read import ListFile
from app.lists.vocabulary import plain_header
from app.text import count_words

_ORDERED = frozenset((
    "list date", "list produced", "list ordered", "list order date", "list purchase date",
    "date list ordered", "date list produced", "date list purchased", "list created",
))  # fmt: skip
_EXPIRES = frozenset((
    "list expiration date", "list expiration", "list expires", "list expiry", "list expiry date",
    "list use until", "list license expires", "list license expiration date", "list valid until",
))  # fmt: skip


@dataclass(frozen=True)
class ListTerms:
    """Whose list it is, "" where nothing says it; the days that it says, None where it doesn't.

    expires: the last day on which it may be used. notes: what was odd about them, for people.
    """

    vendor: str
    ordered: date | None = None
    expires: date | None = None
    notes: Sequence[str] = ()


@dataclass
class _Days:
    """The days of one column, batch by batch, as YYYY-MM-DD."""

    header: str
    first: str = ""
    last: str = ""
    unread: int = 0
    example: str = ""

    def add(self, column: pl.Series) -> None:
        for text, rows in column.str.strip_chars().value_counts(sort=True).iter_rows():
            day = "" if is_missing(text) else parse_day(text)
            if day is None:
                self.unread, self.example = self.unread + rows, self.example or text[:40]
            elif day:
                exact = last_day(day)
                self.first = min(exact, self.first or exact)
                self.last = max(exact, self.last)

    @property
    def day(self) -> date | None:
        return date.fromisoformat(self.first) if self.first else None

    @property
    def notes(self) -> list[str]:
        found = []
        if self.first != self.last:
            found.append(
                f"rows differ in {self.header!r}, from {self.first} to {self.last}: the earliest "
                "holds for the list"
            )
        if self.unread:
            no_days = f"{self.header!r} is no day in {count_words(self.unread, 'row')}"
            found.append(f"{no_days} (such as {self.example!r})")
        return found


def read_terms(rows: ListFile) -> ListTerms:
    """Those of a whole list, which is read once more where it has such columns."""
    vendor = rows.vendor
    ordered = _column(rows, _ORDERED, vendor.ordered)
    expires = _column(rows, _EXPIRES, vendor.expires)
    there = [one for one in (ordered, expires) if one]
    for cells in rows.cells() if there else ():
        for one in there:
            one.add(cells[one.header])
    return ListTerms(
        vendor.name,
        ordered.day if ordered else None,
        expires.day if expires else None,
        tuple(note for one in there for note in one.notes),
    )


def _column(rows: ListFile, said: frozenset[str], vendors: str) -> _Days | None:
    """The column of its vendor, else the first whose header says it; None where none does."""
    headers = [*rows.seen.columns, *rows.seen.unread]
    by_words = {plain_header(header): header for header in reversed(headers)}
    wanted = [plain_header(vendors), *sorted(said)]
    return next((_Days(by_words[words]) for words in wanted if words in by_words), None)
