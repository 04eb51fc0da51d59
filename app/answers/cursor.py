"""Pages of rows in an order, by cursors that stay right whatever is left out meanwhile.

A cursor says behind which row the next page begins: by its key, its list and its number there, not
by how many rows came before. So a row that is left out between two pages moves no other one.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.errors import BadQuestion
from app.geo.points import Floats, Ints, Mask


@dataclass(frozen=True)
class Cursor:
    """Behind which row a page begins. question: what was asked, of what; see `read`."""

    question: str
    key: float
    at: int
    row: int

    @property
    def text(self) -> str:
        """As it is handed out."""
        told = json.dumps([self.question, self.key.hex(), self.at, self.row])
        return urlsafe_b64encode(told.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, question: str) -> "Cursor":
        """The cursor that was handed out for that question. Raises BadQuestion for any other."""
        try:
            told = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            asked, key, at, row = told
            found = cls(str(asked), float.fromhex(key), int(at), int(row))
        except (ValueError, TypeError, OverflowError) as why:
            raise BadQuestion(
                "cursor: it is none of ours; take `next` of the page before, as it is",
                field="cursor",
            ) from why
        if found.question != question:
            raise BadQuestion(
                "cursor: it is of another question, or the list, its places or the map changed "
                "since; ask for the first page again",
                field="cursor",
            )
        return found


@dataclass(frozen=True)
class RowOrder:
    """Rows of several lists in one order: by key, then by list, then by number in it.

    key: float64, inf for none. at: of which list each is. row: its number there. Shape (n,) each.
    """

    key: Floats
    at: Ints
    row: Ints

    @classmethod
    def of(cls, keys: Sequence[Floats], rows: Sequence[Ints]) -> "RowOrder":
        """Of each list the keys of some rows, NaN for none, and their ascending numbers."""
        at = np.repeat(np.arange(len(rows)), [len(some) for some in rows])
        key = np.concatenate(keys)
        return cls(np.where(np.isnan(key), np.inf, key), at, np.concatenate(rows))

    def behind(self, cursor: Cursor | None, most: int) -> Ints:
        """The places of the rows behind that one, or of the first ones, at most so many."""
        left = np.arange(len(self.key)) if cursor is None else np.flatnonzero(self._after(cursor))
        if most < len(left):
            last = np.partition(self.key[left], most - 1)[most - 1]
            left = left[self.key[left] <= last]
        first: Ints = left[np.argsort(self.key[left], kind="stable")][:most]
        return first

    def _after(self, cursor: Cursor) -> Mask:
        same, later_list = self.key == cursor.key, self.at > cursor.at
        later_row = (self.at == cursor.at) & (self.row > cursor.row)
        after: Mask = (self.key > cursor.key) | (same & (later_list | later_row))
        return after

    def cursor(self, place: int, question: str) -> Cursor:
        """The one behind that row."""
        return Cursor(question, float(self.key[place]), int(self.at[place]), int(self.row[place]))
