"""What a verdict rests on: where the prospects are, and the drives to them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.businesses.prospects import Prospects, Ranges
from app.geo.driving.engine import Drives
from app.geo.geocoding.geocoder import Fixes
from app.geo.points import Floats, Ints, put_rows


@dataclass(frozen=True)
class Origins:
    """From which of several home bases the drive to each prospect is.

    labels, engines: of each home base. home: its number, shape (n,). nearer: the number of one that
    may be nearer, for nobody can say the drive from there; -1 for none.
    """

    labels: Sequence[str]
    engines: Sequence[str]
    home: Ints
    nearer: Ints

    def rows(self, home: int) -> Ints:
        """Those that are driven to from that one."""
        return np.flatnonzero(self.home == home)

    def nearer_label(self, row: int) -> str:
        """The one that may be nearer to that row; "" where there is none."""
        number = int(self.nearer[row])
        return self.labels[number] if number >= 0 else ""

    def take(self, rows: Ints) -> "Origins":
        """Those rows, in that order."""
        return replace(self, home=self.home[rows], nearer=self.nearer[rows])

    def replaced(self, rows: Ints, new: "Origins") -> "Origins":
        """The same with others in those rows."""
        home, nearer = put_rows(self.home, rows, new.home), put_rows(self.nearer, rows, new.nearer)
        return replace(self, home=home, nearer=nearer)


@dataclass(frozen=True)
class Evidence:
    """What is known of n prospects; every column in their order.

    miles: geodesic, NaN where there is no fix. applied: the size criteria for which the whole list
    has any value; others don't count. estimated: computers where the list has none, NaN where
    nothing can be estimated. origins: where the miles and drives begin, None where there is one
    home base.

    For the words only: engine, traffic (its factor), and which minutes are judged, "free-flow" for
    example, where there are two.
    """

    prospects: Prospects
    fixes: Fixes
    miles: Floats
    drives: Drives
    applied: frozenset[str]
    estimated: Ranges
    engine: str
    traffic: float = 1.0
    which: str = ""
    origins: Origins | None = None

    def take(self, rows: Ints) -> "Evidence":
        """What is known of those rows, in that order."""
        return replace(
            self,
            prospects=self.prospects.take(rows),
            fixes=self.fixes.take(rows.tolist()),
            miles=self.miles[rows],
            drives=self.drives.take(rows),
            estimated=self.estimated[rows],
            origins=self.origins and self.origins.take(rows),
        )

    def homes(self, rows: Ints) -> list[str]:
        """The home base that each is driven to from; "" where there is one, or no fix."""
        if self.origins is None:
            return [""] * len(rows)
        labels = np.array([*self.origins.labels, ""], dtype=object)
        numbers = np.where(self.fixes.at.known[rows], self.origins.home[rows], -1)
        return list(labels[numbers])

    def engines(self, rows: Ints) -> list[str]:
        """Who gives the drive to each."""
        if self.origins is None:
            return [self.engine] * len(rows)
        return [self.origins.engines[number] for number in self.origins.home[rows].tolist()]
