"""Prospects in columns: the rows of one list, with what was read from them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from app.geo.addresses.address import Addresses
from app.geo.cache import LastCache, once
from app.geo.points import Floats, Ints, Mask, Points
from app.geo.text_column import fold_texts, take_texts, text_series


@dataclass(frozen=True)
class Ranges:
    """Inclusive [low, high] for each row, float64, shape (n,) each.

    NaN in both where unknown; `low` is 0 and `high` is inf where an end is open.
    """

    low: Floats
    high: Floats

    def __len__(self) -> int:
        return len(self.low)

    @property
    def known(self) -> Mask:
        """True where there is a value."""
        return ~np.isnan(self.low)

    @classmethod
    def unknown(cls, n: int) -> "Ranges":
        """Nothing known of n rows."""
        return cls(np.full(n, np.nan), np.full(n, np.nan))

    def __getitem__(self, rows: Ints | Mask) -> "Ranges":
        return Ranges(self.low[rows], self.high[rows])

    def joined(self, other: "Ranges") -> "Ranges":
        """These, and those behind them."""
        low, high = (self.low, other.low), (self.high, other.high)
        return Ranges(np.concatenate(low), np.concatenate(high))

    def otherwise(self, other: "Ranges") -> "Ranges":
        """These, and where they are unknown the other ones."""
        known = self.known
        return Ranges(np.where(known, self.low, other.low), np.where(known, self.high, other.high))


@dataclass(frozen=True)
class Prospects:
    """Rows of one list in the order read; every column has length n, "" where absent.

    cells: the original cells as text under their original headers, in order.
    doubts: the header of the address where that is where mail goes and the like, else "".
    given: the list's own coordinates, NaN where absent or unusable.
    computers, employees: counts; sales: USD a year.
    industry: what the row says of its trade: codes first, each with its system, then words:
    "naics:541110 | sic:8111 | Offices of lawyers". A code whose column names no system is
    "code:8111".
    advisers: the accountant, lawyer or agency that the row names.
    closed: the day it closed or closes as YYYY-MM-DD, or the month or year of it, or the words that
    say it has ("EXPIRED").
    licence_ends: the last day of its licence as YYYY-MM-DD.
    opt_outs: "opted out of mail: Do Not Mail says 'Y'": what it refuses, and which column says so.
    estimated_by: the computers estimated last, by which rates.
    gone_by: which businesses have closed by the day that was asked for last.
    """

    cells: pl.DataFrame
    name: Sequence[str]
    addresses: Addresses
    doubts: Sequence[str]
    given: Points
    computers: Ranges
    employees: Ranges
    sales: Ranges
    industry: Sequence[str]
    advisers: Sequence[str]
    closed: Sequence[str]
    licence_ends: Sequence[str]
    opt_outs: Sequence[str]
    estimated_by: LastCache[object, Ranges] = field(
        default_factory=LastCache, init=False, repr=False, compare=False
    )
    gone_by: LastCache[date, Mask] = field(
        default_factory=LastCache, init=False, repr=False, compare=False
    )

    def __len__(self) -> int:
        return len(self.addresses)

    @once
    def name_order(self) -> tuple[pl.Series, Ints]:
        """The different names, folded, in order, and which of them each row has."""
        names = fold_texts(text_series(self.name))
        different = names.unique().sort()
        return different, names.cast(pl.Enum(different)).to_physical().to_numpy()

    def take(self, rows: Ints) -> "Prospects":
        """Those rows, in that order."""
        return Prospects(
            cells=self.cells[rows],
            name=take_texts(self.name, rows),
            addresses=self.addresses.take(rows.tolist()),
            doubts=take_texts(self.doubts, rows),
            given=self.given[rows],
            computers=self.computers[rows],
            employees=self.employees[rows],
            sales=self.sales[rows],
            industry=take_texts(self.industry, rows),
            advisers=take_texts(self.advisers, rows),
            closed=take_texts(self.closed, rows),
            licence_ends=take_texts(self.licence_ends, rows),
            opt_outs=take_texts(self.opt_outs, rows),
        )

    @classmethod
    def joined(cls, batches: Sequence["Prospects"]) -> "Prospects":
        """All batches of one list as one; there is at least one."""
        if len(batches) == 1:
            return batches[0]

        def text(column: str) -> list[str]:
            return [cell for batch in batches for cell in getattr(batch, column)]

        def ranges(column: str) -> Ranges:
            parts = [getattr(batch, column) for batch in batches]
            return Ranges(
                np.concatenate([part.low for part in parts]),
                np.concatenate([part.high for part in parts]),
            )

        addresses = [batch.addresses for batch in batches]
        return cls(
            cells=pl.concat([batch.cells for batch in batches]),
            name=text("name"),
            addresses=Addresses(
                *(
                    [cell for part in addresses for cell in getattr(part, column)]
                    for column in ("line", "city", "state", "postcode", "countries")
                )
            ),
            doubts=text("doubts"),
            given=Points(
                np.concatenate([batch.given.lon for batch in batches]),
                np.concatenate([batch.given.lat for batch in batches]),
            ),
            computers=ranges("computers"),
            employees=ranges("employees"),
            sales=ranges("sales"),
            industry=text("industry"),
            advisers=text("advisers"),
            closed=text("closed"),
            licence_ends=text("licence_ends"),
            opt_outs=text("opt_outs"),
        )
