"""What is shown of rows of a stored list besides what a file's have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from app.geo.points import Ints
from app.geo.text_column import take_texts


@dataclass(frozen=True)
class StoredRows:
    """Which rows of a stored list some rows are, by their numbers from 0.

    front: the number of the row that stands in front of each, its own where it repeats none; `why`
    that one does. outcomes: what became of each last, and when. suppressed: by what each would be
    left out; None where those rows are.
    """

    slug: str
    row: Ints
    front: Ints
    why: Sequence[str]
    outcomes: pl.DataFrame
    suppressed: Sequence[Sequence[str]] | None = None

    def take(self, which: Ints) -> "StoredRows":
        """Those of them."""
        why = take_texts(self.why, which)
        named = self.suppressed and [self.suppressed[one] for one in which.tolist()]
        outcomes = self.outcomes[which]
        return StoredRows(self.slug, self.row[which], self.front[which], why, outcomes, named)

    def table(self) -> pl.DataFrame:
        """For files; the first row is 1."""
        slug = pl.repeat(self.slug, len(self.row), dtype=pl.String, eager=True)
        ours = pl.DataFrame({"list": slug, "row": self.row + 1}).hstack(self.outcomes)
        if self.suppressed is None:
            return ours
        named = pl.Series("suppressed", map("; ".join, self.suppressed), dtype=pl.String)
        return ours.with_columns(named)

    def members(self, which: int) -> dict[str, Any]:
        """For programs, of one of them."""
        row, front = int(self.row[which]), int(self.front[which])
        repeats = None if row == front else {"row": front + 1, "why": self.why[which]}
        became = {name: text or None for name, text in self.outcomes.row(which, named=True).items()}
        named = {} if self.suppressed is None else {"suppressed": self.suppressed[which]}
        return {"list": self.slug, "row": row + 1, "repeats": repeats, **became, **named}
