"""Rows of a stored list that something names, so that they are left out; and by what each is."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import polars as pl

from app.geo.points import Ints, Mask
from app.library.outcomes import OUTCOME_COLUMNS, LastOutcomes


@dataclass(frozen=True)
class NamedRows:
    """rows: their numbers from 0, ascending. why: by what each is named by `source`."""

    source: str
    rows: Ints
    why: pl.Series

    @classmethod
    def of(cls, source: str, why: pl.Series) -> Self:
        """Of a text for each row of the list, "" for those that are not named."""
        rows = np.flatnonzero((why != "").to_numpy())
        return cls(source, rows, why.gather(rows))

    @classmethod
    def nobody(cls, source: str) -> Self:
        """None of the rows."""
        return cls(source, np.empty(0, np.int64), pl.Series([], dtype=pl.String))

    def __len__(self) -> int:
        return len(self.rows)

    def less(self, rows: Ints) -> Self:
        """The same but for those rows."""
        stay = np.flatnonzero(~np.isin(self.rows, rows))
        return replace(self, rows=self.rows[stay], why=self.why.gather(stay))

    def joined(self, other: "NamedRows") -> Self:
        """The same and those rows, which are others."""
        both = pl.concat([self.table(), other.table()]).sort("row")
        return replace(self, rows=both["row"].to_numpy(), why=both["why"])

    def table(self) -> pl.DataFrame:
        """As it is stored."""
        return pl.DataFrame({"row": self.rows, "why": self.why})

    def among(self, rows: Ints) -> Mask:
        """Which of those rows are named."""
        return np.isin(rows, self.rows)

    def reasons(self, rows: Ints) -> pl.Series:
        """By what each of those rows is named, "" where it is not."""
        asked = pl.DataFrame({"row": rows}, schema={"row": pl.Int64})
        named = pl.DataFrame({"row": self.rows, "why": self.why})
        found = asked.join(named, on="row", how="left", maintain_order="left")
        return found["why"].fill_null("")


@dataclass(frozen=True)
class RowMarks:
    """What is known of the rows of one list besides themselves, as of one moment.

    named: who is left out, and by whom. shown: those rows are given all the same, each with why.
    """

    named: Sequence[NamedRows] = ()
    outcomes: LastOutcomes = field(
        default_factory=lambda: LastOutcomes.of(pl.DataFrame(schema=OUTCOME_COLUMNS), "")
    )
    shown: bool = False

    def reasons(self, rows: Ints) -> Sequence[Sequence[str]]:
        """By what each of those rows is named, by each that names it."""
        each = [one.reasons(rows).to_list() for one in self.named]
        return [[*filter(None, whys)] for whys in zip(*each, strict=True)] or [[] for _ in rows]
