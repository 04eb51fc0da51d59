"""What was read as what: which column of a list was taken for which meaning, and which for none."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import polars as pl

from app.lists.fits import CellFit, ColumnFit, add_fits
from app.lists.headers import FILLS, ListColumns
from app.lists.looks import ColumnLook, plain_words
from app.lists.mapping import OTHER, mapping_text
from app.lists.place_names import PLACE
from app.lists.vocabulary import BOOKS

NAMED = 6  # judgement: headers of one idea that are told on one line
UNREAD_NAMED = 6  # ... and columns that are read as nothing
# What people call one thing is read from several columns; told in this order, the rest behind.
_GROUPS: dict[str, Sequence[str]] = {
    "name": ("name",),
    **{name: (name,) for name in (*BOOKS, "months")},
    "place": PLACE,
    "other address": tuple(OTHER + part for part in PLACE),
    **(dict(FILLS) | {"employees": (*FILLS["employees"], "full-time", "part-time")}),
    **{name: (name,) for name in ("industry", "advisers", "status", "closed")},
}


class ReadColumn(NamedTuple):
    """What one column is read as, the first of it where that is several, and how its cells fit."""

    meaning: str
    fit: CellFit


@dataclass(frozen=True)
class ColumnReport:
    """What was read of one list.

    read: by meaning; unread: what the other columns look like; guessed: the meanings whose column
    has it by a weak name; columns: those that are read, by header; vendor: whose list it is, where
    somebody said so.
    """

    read: Mapping[str, CellFit]
    unread: Mapping[str, ColumnLook]
    guessed: frozenset[str] = frozenset()
    columns: Mapping[str, ReadColumn] = field(default_factory=dict)
    vendor: str = ""

    def document(self) -> dict[str, Any]:
        """All of it as JSON."""
        read = {name: fit.document() for name, fit in self.read.items()}
        unread = {
            header: {"looks": look.kind, "range": look.range and [*look.range]}
            for header, look in self.unread.items()
        }
        return {"read": read, "unread": unread}

    def mapping(self, open_meanings: Collection[str] = (), asked_of: Collection[str] = ()) -> str:
        """The file by which the same is read again; but for the meanings that are still open.

        `asked_of`: the headers that those may have. Single months come before a guessed revenue,
        and would not before one that is chosen.
        """
        unused = self.guessed & {"revenue"} if "months" in self.read else set()
        unused |= {*open_meanings}
        read = {name: fit.headers for name, fit in self.read.items() if name not in unused}
        unread = [header for header in self.unread if header not in asked_of]
        return mapping_text(read, unread, self.vendor)

    @property
    def line(self) -> str:
        """In one line for people: what matters first, and what somebody may miss."""
        read = ", ".join(self._groups()) or "nothing"
        missed = self._missed()
        return f"read: {read}{'; not read: ' if missed else ''}{', '.join(missed)}"

    def _missed(self) -> list[str]:
        """Each column that somebody may miss, a size first, with what it looks like."""
        looks = sorted(self.unread.items(), key=lambda one: one[1].rank)
        told = [(plain_words(header), look.words) for header, look in looks if look.words]
        several = groupby(told[:UNREAD_NAMED], key=itemgetter(1))
        names = [f"{', '.join(name for name, _ in alike)} ({what})" for what, alike in several]
        more = len(told) - UNREAD_NAMED
        return names + ([f"{more} more"] if more > 0 else [])

    def _groups(self) -> Iterator[str]:
        """Each idea with its headers, and how many cells fit where most don't."""
        for group, meanings in _groups_of(self.read).items():
            told = [one for name in meanings for one in _fit_words(self.read[name])]
            yield f"{group} = {', '.join(_first(told, NAMED))}"


def _groups_of(read: Iterable[str]) -> dict[str, list[str]]:
    """The meanings that were read, by what people call them, what matters first."""
    left = dict.fromkeys(read)
    groups = {
        group: [name for name in meanings if left.pop(name, "") is None]
        for group, meanings in _GROUPS.items()
    }
    groups |= {name: [name] for name in left}
    return {group: meanings for group, meanings in groups.items() if meanings}


def _fit_words(fit: CellFit) -> list[str]:
    """Its headers, and how many cells fit where most don't."""
    headers = [plain_words(header) for header in fit.headers]
    return headers if fit.mostly else [f"{' + '.join(headers)} ({fit.fit:,} of {fit.cells:,} fit)"]


def _first(texts: Sequence[str], most: int) -> list[str]:
    """So many of them, and the number of the others."""
    more = len(texts) - most
    return [*texts] if more <= 1 else [*texts[:most], f"{more} more"]


class ColumnCounts:
    """Looks at every column of a list, batch by batch."""

    def __init__(self, columns: ListColumns) -> None:
        places = {name: [*at] for name, at in columns.of.items()}
        for other in columns.others:
            for name, at in other.of.items():
                more = [one for one in at if one not in columns.of.get(name, ())]
                places.setdefault(OTHER + name, []).extend(more)
        places = {name: at for name, at in places.items() if at}
        self.read = {
            name: [ColumnFit(columns, name, at) for at in places[name]]
            for meanings in _groups_of(places).values()
            for name in meanings
        }
        used = {one.at for fits in self.read.values() for one in fits}
        self.unread = {at: ColumnLook() for at in range(len(columns.headers)) if at not in used}
        self.headers = columns.headers
        self.guessed = frozenset(filter(columns.is_guess, columns.of))

    def add(self, cells: pl.DataFrame) -> None:
        """One more batch: the cells as text."""
        for fits in self.read.values():
            for one in fits:
                one.add(cells.to_series(one.at))
        for at, look in self.unread.items():
            look.add(cells.to_series(at))

    @property
    def report(self) -> ColumnReport:
        """What was seen so far."""
        return ColumnReport(
            {name: add_fits(fits) for name, fits in self.read.items()},
            {self.headers[at]: look for at, look in self.unread.items()},
            self.guessed,
            {
                self.headers[one.at]: ReadColumn(name, add_fits([one]))
                for name, fits in reversed(self.read.items())
                for one in fits
            },
        )
