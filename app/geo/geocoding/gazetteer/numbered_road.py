"""Where a number lies on a long road of which few numbers are known, by the pace of its county.

Places are metres along the road. What is known of the numbers must agree with the pace of the
roads around, or nothing is said:

1. Between two known houses, by the share of the way along the road.
2. On from the last known house, the way that the known numbers grow.
3. With one known house, away from the end where its own number says that the road begins.
4. With none, so far from one of the ends: halfway between both such places.
"""

import math
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from app.geo.geocoding.gazetteer.file import NumberPace
from app.geo.geocoding.gazetteer.placing import HouseLocation
from app.geo.geocoding.geocoder import Accuracy
from app.geo.points import Floats

if TYPE_CHECKING:
    from app.geo.geocoding.gazetteer.road_line import RoadLine  # scipy's graphs: only where needed

# Radii in metres, calibrated as those of `placing`: the table of regions
# left out in bench/RESULTS.md.
_NEAR_M = 250.0  # what a number is off by where the pace is known
_BESIDE_SHARE = 0.1  # of the way from the nearest known house
_ALONE_SHARE = 0.35  # of it where the pace is the county's
_END_SHARE = 0.25  # of the way from the end
# Judgement, all of these.
_ON_ROAD_M = 300.0  # a house farther from its road's line is on a side arm
_LIKE = 0.3  # of a logarithm: two paces so near are one
_TELLING, _TELLING_M = 20, 100.0  # numbers and metres apart that two houses tell the way by
_END_M, _END_PART = 300.0, 0.1  # a road's first number lies so near to its end, of its length
_CLEAR = 2.0  # times that by which the other end must be farther
_PAST = 0.1  # of the road's length: a number so far beyond its end is on another road


class _Along(NamedTuple):
    """Metres from the road's beginning, and metres it may be off."""

    at: float
    radius: float


class NumberedRoad:
    """One road with its known houses: longitude, latitude and number of each."""

    def __init__(
        self, line: "RoadLine", lon: Floats, lat: Floats, numbers: Floats, pace: NumberPace
    ):
        self._line, self._pace = line, pace
        along, off = line.project(lon, lat)
        order = np.lexsort((along, numbers))
        order = order[off[order] <= _ON_ROAD_M]
        self._numbers: list[float] = numbers[order].tolist()
        self._along: list[float] = along[order].tolist()

    def at(self, number: int, within: float) -> HouseLocation | None:
        """Where it lies on the road; None unless that is sure to less than so many metres."""
        found = self._place(number)
        length = self._line.length
        slack = _PAST * length + _END_M
        if not found or found.radius >= within or not -slack <= found.at <= length + slack:
            return None
        return HouseLocation(*self._line.at(found.at), Accuracy.STREET, found.radius)

    def _place(self, number: int) -> _Along | None:
        if not self._numbers:
            return self._from_ends(number)
        if self._numbers[0] < number < self._numbers[-1]:
            return self._between(number)
        low, high = 0, len(self._numbers) - 1
        near, far = (low, high) if number <= self._numbers[low] else (high, low)
        grown = abs(self._numbers[far] - self._numbers[near])
        if grown >= _TELLING and abs(self._along[far] - self._along[near]) >= _TELLING_M:
            return self._beyond(number, near, far)
        return self._from_one(number, near)

    def _between(self, number: int) -> _Along | None:
        """1. Between the nearest known numbers."""
        high = bisect_left(self._numbers, number)
        if not self._agrees(high - 1, high):
            return None
        (low, step), (start, way) = (
            (known[high - 1], known[high] - known[high - 1])
            for known in (self._numbers, self._along)
        )
        share = (number - low) / step
        beside = min(share, 1 - share) * abs(way)
        return _Along(start + share * way, _NEAR_M + _BESIDE_SHARE * beside)

    def _beyond(self, number: int, near: int, far: int) -> _Along | None:
        """2. On from the last known house."""
        if not self._agrees(far, near):
            return None
        own = (self._numbers[near] - self._numbers[far]) / (self._along[near] - self._along[far])
        walked = (number - self._numbers[near]) / math.copysign(self._pace.per_m, own)
        return _Along(self._along[near] + walked, _NEAR_M + _BESIDE_SHARE * abs(walked))

    def _from_one(self, number: int, known: int) -> _Along | None:
        """3. From the one known house, by where the road's numbers begin."""
        begun = self._numbers[known] / self._pace.per_m
        off = abs(self._along[known] - begun), abs(self._line.length - self._along[known] - begun)
        allowed = _END_M + _END_PART * self._line.length
        if min(off) > allowed or max(off) - min(off) < _CLEAR * allowed:
            return None
        walked = (number - self._numbers[known]) / self._pace.per_m
        at = self._along[known] + (walked if off[0] < off[1] else -walked)
        return _Along(at, _NEAR_M + min(off) + _ALONE_SHARE * abs(walked))

    def _from_ends(self, number: int) -> _Along | None:
        """4. Halfway between the places that lie so far from either end."""
        begun, half = number / self._pace.per_m, self._line.length / 2
        if begun > (1 + _PAST) * self._line.length + _END_M:
            return None
        return _Along(half, abs(half - begun) + _NEAR_M + _END_SHARE * begun)

    def _agrees(self, one: int, other: int) -> bool:
        """Whether the numbers between two houses grow as they do around."""
        grown = abs(self._numbers[other] - self._numbers[one])
        apart = max(1.0, abs(self._along[other] - self._along[one]))
        return grown > 0 and abs(math.log(grown / apart / self._pace.per_m)) <= _LIKE
