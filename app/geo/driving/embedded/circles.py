"""The roads around points that may be off by a radius, and the bounds of the drives there.

Which roads they are does not depend on the reach, so they are looked up once for all limits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from app.geo.driving.embedded.piece_index import Around
from app.geo.driving.embedded.reach import Reach
from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.tiles import Column, LeftOut
from app.geo.points import Floats, Ints, Points

AT_ONCE = 20_000  # judgement: circles looked at at once


@dataclass(frozen=True)
class Circles:
    """The circles around some rows of points, each once.

    rows: those that have one. which: of each of them, its circle. first: of each circle, where its
    positions begin, and the last one's end. road, fraction: the positions, as in `Around`.
    """

    rows: Ints
    which: Column
    first: Ints
    road: Column
    fraction: Floats

    @classmethod
    def of(cls, roads: Roads, to: Points, radius_m: Floats, rows: Ints, without: LeftOut) -> Self:
        """Those around these rows."""
        circles = np.stack([to.lon[rows], to.lat[rows], radius_m[rows]], axis=1)
        each, which = np.unique(circles, axis=0, return_inverse=True)
        parts = list(_look_around(roads, each, without))
        there = [part.road >= 0 for part in parts]
        number = np.concatenate([np.zeros(1, np.int64), *(some.sum(axis=1) for some in there)])
        pairs = list(zip(parts, there, strict=True))
        road = np.concatenate([part.road[some] for part, some in pairs])
        fraction = np.concatenate([part.fraction[some] for part, some in pairs])
        return cls(rows, which.astype(np.int32), np.cumsum(number), road, fraction)

    def spans(self, roads: Roads, reach: Reach) -> tuple[Floats, Floats]:
        """Minutes without traffic to the nearest and the farthest road in each circle.

        inf beyond the reach, NaN where there is no road.
        """
        nowhere = np.full(len(self.road), -1)
        guess = reach.guess_positions(roads, self.road, self.fraction, nowhere)
        minutes = guess.seconds.astype(np.float64) / 60
        begin, end = self.first[:-1], self.first[1:]
        some = np.flatnonzero(begin < end)
        least, longest = np.full((2, len(begin)), np.nan)
        least[some] = np.fmin.reduceat(minutes, begin[some])
        longest[some] = np.fmax.reduceat(minutes, begin[some])
        return least, longest


def _look_around(roads: Roads, circles: Floats, without: LeftOut) -> Iterator[Around]:
    for start in range(0, len(circles), AT_ONCE):
        lon, lat, radius_m = circles[start : start + AT_ONCE].T
        yield roads.within(Points(lon, lat), radius_m, without)
