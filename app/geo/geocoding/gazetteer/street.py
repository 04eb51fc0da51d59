"""The part of a street that an address can mean, and where a house number lies on it."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.geo.addresses.reading import HouseNumber
from app.geo.geocoding.gazetteer.file import (
    Anchor,
    GazetteerFile,
    Listed,
    Row,
    plane_metres,
    unpack_degrees,
)
from app.geo.geocoding.geocoder import Accuracy
from app.geo.points import METRES_PER_DEGREE, Floats

_SCALE = 1e7
_NO_CODE = -1

# Metres, calibrated on rows with an even sha256 (see bench/geocode.py).
_ROOFTOP_M = 8.0  # beside the building's own size
_LIKE_M = 60.0  # the number without its letter
_BETWEEN_M, _BETWEEN_SHARE = 80.0, 1.0  # of the distance between the two known houses
_RANGE_M, _RANGE_SHARE = 60.0, 0.5  # of the range's length
_END_M, _END_SHARE = 150.0, 0.7  # of the way walked on from the last known house
_STREET_M, _STREET_SHARE = 220.0, 1.8  # of the distance that holds 95 % of the street
_CROSSING_M = 100.0
_FAR_M = 1_000.0  # two known houses farther apart than this only give the street
_BLOCK_SLACK_M = 500.0
_PACED = 20  # numbers apart that two known houses must be to tell the pace
_PER_NUMBER_M = 10.0  # where they do not


class HouseLocation(NamedTuple):
    """Where a number lies: degrees, how well that is known, and metres it may be off."""

    lon: float
    lat: float
    accuracy: Accuracy
    radius: float


@dataclass(frozen=True)
class Area:
    """Where the street is looked for: inside every one of `anchors`, or `slack` metres from it.

    `code` and `town` are the ids that its own houses carry, -1 where there is none. settled: a
    spot's postcode can be believed (ZIP codes are wide; a British unit's land is a guess).
    """

    anchors: tuple[Anchor, ...]
    slack: float
    code: int = _NO_CODE
    town: int = _NO_CODE
    settled: bool = False

    def is_of(self, street: Listed) -> bool:
        """Whether a street has houses or spots of the postcode; without one, of the town."""
        if self.code != _NO_CODE:
            return self.code in street.codes
        return len(self.anchors) == 1 and self.town in street.towns

    def own(self, points: NDArray[Any]) -> NDArray[Any]:
        """The houses or spots that carry the postcode; without one, the town."""
        if self.code == _NO_CODE and "town" not in (points.dtype.names or ()):
            return points[:0]
        tag, own = ("town", self.town) if self.code == _NO_CODE else ("code", self.code)
        kept: NDArray[Any] = points[points[tag] == own]
        return kept

    def is_another(self, code: int, town: int) -> bool:
        """Whether a house names both another postcode and another town than were asked."""
        known = _NO_CODE not in (self.code, self.town, code, town)
        return known and code != self.code and town != self.town

    def may_hold(self, street: Listed) -> bool:
        """Whether a street can lie in it at all, from its middle and reach alone."""
        for anchor in self.anchors:
            dy = street.lat - anchor.lat
            dx = (street.lon - anchor.lon) * math.cos(math.radians(anchor.lat))
            apart = METRES_PER_DEGREE * math.hypot(dx, dy)
            if apart > 1.05 * (street.reach + anchor.reach) + self.slack:
                return False
        return True

    def off(self, points: NDArray[Any]) -> Floats:
        """Metres from each spot or house to the area, 0 inside; shape (n,)."""
        lon, lat = unpack_degrees(points)
        off = np.zeros(len(lon))
        for anchor in self.anchors:
            off = np.maximum(off, anchor.off(lon, lat))
        return off


EVERYWHERE = Area((), 0.0)


class _Doors:
    """Houses by block and number."""

    def __init__(self, houses: NDArray[Any], town: int) -> None:
        houses = houses[houses["number"] >= 0]
        keys = _key(houses["block"].astype(np.int64), houses["number"])
        if len(keys) > 1 and (keys[1:] < keys[:-1]).any():
            order = np.argsort(keys, kind="stable")
            keys, houses = keys[order], houses[order]
        self._keys: list[int] = keys.tolist()
        self._houses = houses
        self._town = town
        self._sides: dict[tuple[int, int, int], tuple[list[int], list[int]]] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, block: int, number: int, suffix: str) -> tuple[Any, bool] | None:
        """The likeliest house of that number, and whether its suffix is the one asked."""
        key = _key(block, number)
        first = bisect_left(self._keys, key)
        if first == len(self._keys) or self._keys[first] != key:
            return None
        last = bisect_right(self._keys, key, first)
        asked = suffix.encode()
        found = self._houses[first:last].tolist()
        best = min(found, key=lambda house: (house[6] != self._town, house[2] != asked))
        return best, best[2] == asked

    def around(self, block: int, number: int, step: int) -> tuple[Any, Any]:
        """The nearest houses below and above in the block; with step 2 of its side only."""
        numbers, places = self._side(block, step, number % step)
        at = bisect_left(numbers, number)
        low = self._houses[places[at - 1]].item() if at else None
        high = self._houses[places[at]].item() if at < len(numbers) else None
        return low, high

    def _side(self, block: int, step: int, rest: int) -> tuple[list[int], list[int]]:
        """A block's numbers (of one side), ascending, and where their houses stand."""
        side = self._sides.get((block, step, rest))
        if side is None:
            start, end = self._span(block)
            places = [i for i in range(start, end) if self._keys[i] % step == rest]
            numbers = [self._keys[i] - _key(block, 0) for i in places]
            side = self._sides[block, step, rest] = numbers, places
        return side

    def _span(self, block: int) -> tuple[int, int]:
        keys = self._keys
        return bisect_left(keys, _key(block, 0)), bisect_left(keys, _key(block + 1, 0))

    def farthest(self, block: int, number: int) -> Any:
        """The block's house whose number is farthest from this one."""
        start, end = self._span(block)
        ends = self._houses[start].item(), self._houses[end - 1].item()
        return max(ends, key=lambda house: abs(house[1] - number))


def _key(block: Any, number: Any) -> Any:
    return (block << 32) + number


@dataclass(frozen=True)
class Stretch:
    """One or more streets of a name, as far as they lie in an area.

    Threads share it: what is worked out of it never changes, and two who do so find the same.
    """

    rows: Sequence[Row]
    area: Area

    @classmethod
    def find(cls, file: GazetteerFile, streets: Sequence[Listed], area: Area) -> "Stretch | None":
        """Those of the streets that lie in the area; None when all lie elsewhere."""
        own = [street for street in streets if area.is_of(street)]
        if own:
            return cls([file.row(street.id) for street in own], area)
        rows = [file.row(street.id) for street in streets if area.may_hold(street)]
        least = [_least(row, area) for row in rows]
        nearest = min(least, default=np.inf)
        if nearest > area.slack:
            return None
        kept = [row for row, off in zip(rows, least, strict=True) if off <= nearest + 1]
        return cls(kept, area)

    @property
    def name(self) -> str:
        """As the map writes it."""
        return self.rows[0].name

    def at(self, number: HouseNumber | None, block: Anchor | None = None) -> HouseLocation:
        """Where a number lies on it; the street itself where nothing is known of the number.

        `block`: where in the region houses of the number's block are.
        """
        if number is None:
            return self.middle
        known = self._house(number) or self._in_range(number) or self._between(number)
        return known or self._past_end(number) or (self._part(block) if block else self.middle)

    @cached_property
    def _tiers(self) -> list[_Doors]:
        """The houses of the postcode or town asked; the others are only made where needed."""
        houses = [self.area.own(row.houses) for row in self.rows]
        return [_Doors(np.concatenate(houses), self.area.town)]

    @cached_property
    def _all(self) -> _Doors:
        """All of its houses in the area or near it."""
        houses = np.concatenate([row.houses for row in self.rows])
        off = self.area.off(houses)
        return _Doors(houses[off <= max(self.area.slack, off.min(initial=0) + 1)], self.area.town)

    def _doors(self) -> Iterator[_Doors]:
        """The houses to look among, the likeliest first."""
        if len(own := self._tiers[0]):
            yield own
        yield self._all

    def _house(self, number: HouseNumber) -> HouseLocation | None:
        step = 2 if (number.last - number.first) % 2 == 0 else 1
        for doors in self._doors():
            for n in range(number.first, min(number.last, number.first + 100) + 1, step):
                if found := doors.find(number.block, n, number.suffix):
                    return self._door(*found)
        return None

    def _door(self, house: Any, same: bool) -> HouseLocation:
        """A known house; `same`: with the suffix asked."""
        _, _, _, x, y, code, town, wide = house
        lon, lat = x / _SCALE, y / _SCALE
        if self.area.is_another(code, town):
            asked = self.area.anchors[0]
            radius = float(plane_metres(lon, lat, asked.lon, asked.lat)) + asked.reach
            return HouseLocation(lon, lat, Accuracy.STREET, radius)
        accuracy = Accuracy.ROOFTOP if same else Accuracy.INTERPOLATED
        return HouseLocation(lon, lat, accuracy, (_ROOFTOP_M if same else _LIKE_M) + wide)

    def _between(self, number: HouseNumber) -> HouseLocation | None:
        """Between the nearest known numbers of its side, else of both."""
        for doors in self._doors():
            for step in (2, 1):
                low, high = doors.around(number.block, number.first, step)
                if low is not None and high is not None:
                    return _part_way(number.first, low, high)
        return None

    def _past_end(self, number: HouseNumber) -> HouseLocation | None:
        """On from the last known house, at the pace of the known ones."""
        low, high = self._all.around(number.block, number.first, 1)
        end = low or high
        if end is None:
            return None
        other = self._all.farthest(number.block, end[1])
        if abs(other[1] - end[1]) >= _PACED <= abs(number.first - end[1]):
            spot = self._walked_on(number.first, end, other)
        else:
            radius = _END_M + _PER_NUMBER_M * abs(number.first - end[1])
            spot = HouseLocation(end[3] / _SCALE, end[4] / _SCALE, Accuracy.STREET, radius)
        close = abs(number.first - end[1]) < _PACED
        return spot if close or spot.radius < self.middle.radius else None

    def _walked_on(self, number: int, end: Any, other: Any) -> HouseLocation:
        share = (number - end[1]) / (end[1] - other[1])
        lon = (end[3] + share * (end[3] - other[3])) / _SCALE
        lat = (end[4] + share * (end[4] - other[4])) / _SCALE
        narrow = math.cos(math.radians(lat))
        walked = math.hypot((lon - end[3] / _SCALE) * narrow, lat - end[4] / _SCALE)
        radius = _END_M + _END_SHARE * walked * METRES_PER_DEGREE
        if radius >= self.middle.radius:
            return self.middle
        x, y = self.ground
        nearest = int(np.argmin(((x - lon) * narrow) ** 2 + (y - lat) ** 2))
        return HouseLocation(float(x[nearest]), float(y[nearest]), Accuracy.STREET, radius)

    def _in_range(self, number: HouseNumber) -> HouseLocation | None:
        """Along an address range that holds the number, the narrowest first."""
        found: list[tuple[int, HouseLocation]] = []
        for row in self.rows:
            for block, first, last, odd, start, count in row.ranges.tolist():
                low, high = sorted((first, last))
                if block != number.block or not low <= number.first <= high:
                    continue
                if odd in (0, 1) and number.first % 2 != odd:
                    continue
                share = (number.first - first) / (last - first) if first != last else 0.5
                found.append((high - low, _along(row.vertices[start : start + count], share)))
        inside = [one for one in found if self._near(one[1])]
        return min(inside, key=lambda one: one[0])[1] if inside else None

    def _near(self, spot: HouseLocation) -> bool:
        lon, lat = np.array([spot.lon]), np.array([spot.lat])
        return all(a.off(lon, lat)[0] <= self.area.slack for a in self.area.anchors)

    def meeting(self, other: "Stretch", most: float) -> HouseLocation | None:
        """Where it comes nearest to another street; None when farther than `most` metres."""
        (lon, lat), (to_lon, to_lat) = self.ground, other.ground
        apart = plane_metres(lon[:, None], lat[:, None], to_lon[None, :], to_lat[None, :])
        if apart.min(initial=np.inf) > most:
            return None
        i, _ = np.unravel_index(int(apart.argmin()), apart.shape)
        return HouseLocation(float(lon[i]), float(lat[i]), Accuracy.INTERPOLATED, _CROSSING_M)

    @cached_property
    def middle(self) -> HouseLocation:
        """The street in its area: its middle there, and a radius that holds the rest."""
        spot = _middle(self._here)
        if self.area.settled:
            return spot
        spots = np.concatenate([row.spots for row in self.rows])
        lon, lat = unpack_degrees(spots[self.area.off(spots) <= self.area.slack])
        held = plane_metres(lon, lat, spot.lon, spot.lat)
        wider = _STREET_M + _STREET_SHARE * float(np.quantile(held, 0.95)) if len(held) else 0.0
        return spot._replace(radius=max(spot.radius, wider))

    def _part(self, block: Anchor) -> HouseLocation:
        """The part of it where houses of the block are."""
        if block.id not in self._parts:
            off = block.off(*self.ground)
            inside = off <= max(_BLOCK_SLACK_M, off.min() + 1)
            self._parts[block.id] = _middle(self._here[inside])
        return self._parts[block.id]

    @cached_property
    def _parts(self) -> dict[int, HouseLocation]:
        return {}

    @cached_property
    def ground(self) -> tuple[Floats, Floats]:
        """Longitudes and latitudes along it."""
        return unpack_degrees(self._here)

    @cached_property
    def _here(self) -> NDArray[Any]:
        """Its spots (or, without any, its houses) of the postcode, else in the area."""
        spots = np.concatenate([row.spots for row in self.rows])
        if not len(spots):
            houses = np.concatenate([row.houses for row in self.rows])
            spots = houses
        own = self.area.own(spots)
        if len(own):
            return own
        off = self.area.off(spots)
        return spots[off <= off.min() + 1]


def _least(row: Row, area: Area) -> float:
    """Metres from the area to the nearest of a street's spots and houses."""
    points = (row.spots, row.houses)
    return min(float(area.off(some).min(initial=np.inf)) for some in points)


def _middle(points: NDArray[Any]) -> HouseLocation:
    """The point in the middle of where addresses are likely, and a radius that holds them."""
    lon, lat = unpack_degrees(points)
    weight = points["weight"] if "weight" in (points.dtype.names or ()) else np.ones(len(lon))
    middle = _quantile(lon, weight, 0.5), _quantile(lat, weight, 0.5)
    nearest = int(np.argmin(plane_metres(lon, lat, *middle)))
    at = float(lon[nearest]), float(lat[nearest])
    held = _quantile(plane_metres(lon, lat, *at), weight, 0.95)
    return HouseLocation(*at, Accuracy.STREET, _STREET_M + _STREET_SHARE * held)


def _quantile(values: Floats, weight: NDArray[Any], share: float) -> float:
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weight[order], dtype=np.float64)
    return float(values[order][np.searchsorted(below, share * below[-1])])


def _part_way(number: int, low: Any, high: Any) -> HouseLocation:
    share = (number - low[1]) / max(1, high[1] - low[1])
    lon, lat, to_lon, to_lat = (x / _SCALE for x in (low[3], low[4], high[3], high[4]))
    narrow = math.cos(math.radians(lat))
    apart = METRES_PER_DEGREE * math.hypot((to_lon - lon) * narrow, to_lat - lat)
    accuracy = Accuracy.INTERPOLATED if apart < _FAR_M else Accuracy.STREET
    radius = _BETWEEN_M + _BETWEEN_SHARE * apart
    return HouseLocation(
        lon + share * (to_lon - lon), lat + share * (to_lat - lat), accuracy, radius
    )


def _along(vertices: NDArray[np.int32], share: float) -> HouseLocation:
    """The point a share of the way along a line."""
    lon, lat = vertices[:, 0] / _SCALE, vertices[:, 1] / _SCALE
    walked = np.append(0.0, np.cumsum(plane_metres(lon[1:], lat[1:], lon[:-1], lat[:-1])))
    at = share * walked[-1]
    x, y = float(np.interp(at, walked, lon)), float(np.interp(at, walked, lat))
    return HouseLocation(x, y, Accuracy.INTERPOLATED, _RANGE_M + _RANGE_SHARE * float(walked[-1]))
