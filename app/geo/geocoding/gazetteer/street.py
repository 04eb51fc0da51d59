"""The part of a street that an address can mean, and where a house number lies on it.

Which of the streets of a name are meant (`Stretch.find`), and which part of them:

1. Those that have houses or samples of the postcode asked, else of the town asked; where none has,
   those that reach into the area, or else the nearest within its slack.
2. Of their houses, those that carry the postcode or town come first; then all in or near the area.

Where a number lies on them (`Stretch.at`): the first of these that knows. Each is less sure than
the one before, and its radius is larger:

3. The house itself; of a range that is asked its ends, then what is between them. One whose number
   has another letter lies near it. One that names both another postcode and another town is another
   house: only the street is sure.
4. Along the narrowest address range that holds the number and its side of the street.
5. Between the nearest known numbers of its side, else of both sides: at the house itself where
   both are its own ("10-20"); two known houses far apart tell the street only.
6. On from the last known house, at the pace of the known ones, if that says more than 9.
7. Of a long road, where the pace of the roads around puts it, if that says more than 5, 6 or 9.
8. The part of the street where houses of the number's block are.
9. The middle of the street in its area, with a radius that holds the rest.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.geo.addresses.house_numbers import HouseNumber, lost_hyphens
from app.geo.geocoding.gazetteer.file import (
    HELD,
    SCALE,
    Anchor,
    GazetteerFile,
    House,
    Listed,
    NumberPace,
    Row,
    plane_metres,
    unpack_degrees,
)
from app.geo.geocoding.gazetteer.houses import NumberedHouses
from app.geo.geocoding.gazetteer.numbered_road import NumberedRoad
from app.geo.geocoding.gazetteer.placing import (
    CROSSING_M,
    END_M,
    END_SHARE,
    LIKE_M,
    ROOFTOP_M,
    UNMAPPED_TIMES,
    HouseLocation,
    middle_of,
    part_along,
    part_way,
    street_radius,
)
from app.geo.geocoding.geocoder import Accuracy
from app.geo.points import METRES_PER_DEGREE, Floats

_NO_CODE = -1

# Judgement, all of these.
_BLOCK_SLACK_M = 500.0  # from a block's houses to the part of the street that is theirs
_PACED = 20  # numbers apart that two known houses must be to tell the pace
_PER_NUMBER_M = 10.0  # where they do not: metres from one number to the next
_LONGEST_RANGE = 100  # numbers tried of a range such as 10-20
_LONG_M = 600.0  # what is known closer than this is let be
_FEWEST_SAMPLES = 4  # of a road that has a line
_AS_NEAR_M = 1.0  # what is at most so much farther than the nearest is as near
_REACH_MARGIN = 1.05  # a plane's metres may be off by so much where a street or place is wide


@dataclass(frozen=True)
class Area:
    """Where the street is looked for: inside every one of `anchors`, or `slack` metres from it.

    `code` and `town` are the ids that its own houses carry, -1 where there is none. settled: a
    sample's postcode can be believed (ZIP codes are wide; a British unit's land is a guess).
    """

    anchors: tuple[Anchor, ...]
    slack: float
    code: int = _NO_CODE
    town: int = _NO_CODE
    settled: bool = False

    def is_of(self, street: Listed) -> bool:
        """Whether a street has houses or samples of the postcode; without one, of the town."""
        if self.code != _NO_CODE:
            return self.code in street.codes
        return len(self.anchors) == 1 and self.town in street.towns

    def own(self, points: NDArray[Any]) -> NDArray[Any]:
        """The houses or samples that carry the postcode; without one, the town."""
        if self.code == _NO_CODE and "town" not in (points.dtype.names or ()):
            return points[:0]
        tag, own = ("town", self.town) if self.code == _NO_CODE else ("code", self.code)
        carried: NDArray[Any] = points[points[tag] == own]
        return carried

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
            if apart > _REACH_MARGIN * (street.reach + anchor.reach) + self.slack:
                return False
        return True

    def off(self, points: NDArray[Any]) -> Floats:
        """Metres from each sample or house to the area, 0 inside; shape (n,)."""
        lon, lat = unpack_degrees(points)
        off = np.zeros(len(lon))
        for anchor in self.anchors:
            off = np.maximum(off, anchor.off(lon, lat))
        return off


EVERYWHERE = Area((), 0.0)


@dataclass(frozen=True)
class Stretch:
    """One or more streets of a name, as far as they lie in an area.

    Threads share it: what is worked out of it never changes, and two who do so find the same.
    """

    rows: Sequence[Row]
    area: Area
    pace_at: Callable[[float, float], NumberPace | None] = lambda *_: None

    @classmethod
    def find(cls, file: GazetteerFile, streets: Sequence[Listed], area: Area) -> "Stretch | None":
        """1. Those of the streets that lie in the area; None when all lie elsewhere."""
        own = [street for street in streets if area.is_of(street)]
        if own:
            return cls([file.row(street.id) for street in own], area, file.pace)
        rows = [file.row(street.id) for street in streets if area.may_hold(street)]
        least = [
            min(float(area.off(some).min(initial=np.inf)) for some in (row.samples, row.houses))
            for row in rows
        ]
        nearest = min(least, default=np.inf)
        if nearest > area.slack:
            return None
        held = [row for row, off in zip(rows, least, strict=True) if off <= nearest + _AS_NEAR_M]
        return cls(held, area, file.pace)

    @property
    def name(self) -> str:
        """As the map writes it."""
        return self.rows[0].name

    def at(self, numbers: Sequence[HouseNumber]) -> HouseLocation:
        """Where a number lies on it; its `middle` where nothing is known of the number.

        `numbers`: all that it can mean, the likeliest first.
        """
        likely = self._likely(numbers)
        if len(likely) == 1:
            (n,) = likely
            known = self._house(n) or self._in_range(n)
            return known or self._by_pace(n, self._between(n) or self._past_end(n) or self.middle)
        finders = (self._house, self._in_range, self._between, self._past_end)
        every = (find(number) for find in finders for number in likely)
        return next(filter(None, every), self.middle)

    def holds_number(self, numbers: Sequence[HouseNumber]) -> bool:
        """Whether that very number is known on it."""
        found = map(self._house, self._likely(numbers))
        return any(at is not None and at.accuracy is Accuracy.ROOFTOP for at in found)

    def _likely(self, numbers: Sequence[HouseNumber]) -> Sequence[HouseNumber]:
        """Those in one of its blocks and plain ones; in no block, where its hyphens part blocks."""
        if not numbers or not (self._blocks or numbers[0].block):
            return numbers[:1]
        if len(numbers) == 1:
            hyphened = [n for n in lost_hyphens(numbers[0]) if n.block in self._blocks]
            return (*numbers, *hyphened) if hyphened else numbers
        held = [number for number in numbers if number.block in self._blocks]
        ranged = any(number.first < number.last for number in numbers)
        plain = [number for number in numbers if not number.block]
        return held if held and ranged else [*held, *plain]

    @cached_property
    def _blocks(self) -> frozenset[int]:
        """The blocks that its numbers name."""
        named = (row.houses["block"] for row in self.rows)
        return frozenset(one for blocks in named if blocks.any() for one in blocks.tolist()) - {0}

    @cached_property
    def _own(self) -> NumberedHouses:
        """The houses of the postcode or town asked; the others are only made where needed."""
        houses = [self.area.own(row.houses) for row in self.rows]
        return NumberedHouses(np.concatenate(houses), self.area.town)

    @cached_property
    def _houses_near(self) -> NumberedHouses:
        """All of its houses in the area or near it."""
        houses = np.concatenate([row.houses for row in self.rows])
        off = self.area.off(houses)
        near = off <= max(self.area.slack, off.min(initial=0) + _AS_NEAR_M)
        return NumberedHouses(houses[near], self.area.town)

    def _tiers(self) -> Iterator[NumberedHouses]:
        """2. The houses to look among, the likeliest first."""
        if len(self._own):
            yield self._own
        yield self._houses_near

    def _house(self, number: HouseNumber) -> HouseLocation | None:
        """3. A known house of that number, or of one in its range."""
        block, first, last, suffix = number
        for houses in self._tiers():
            found = houses.find(block, first, suffix)
            if found is not None:
                return self._at_house(*found)
            for n in _beyond(first, last) if first < last else ():
                if found := houses.find(block, n, suffix):
                    return self._at_house(found[0], same=found[1] and n == last)
        return self._lettered(number) if self._blocks and not block else None

    def _lettered(self, number: HouseNumber) -> HouseLocation | None:
        """3. The house whose number has letters before it ("N6543"), asked for without them."""
        if min(self._blocks) > 0:
            return None
        found = next(filter(None, (h.find_lettered(number.first) for h in self._tiers())), None)
        return self._at_house(found, same=False) if found else None

    def _at_house(self, house: House, same: bool) -> HouseLocation:
        """3. A known house; `same`: with the suffix asked."""
        lon, lat = house.degrees
        if self.area.is_another(house.code, house.town):
            asked = self.area.anchors[0]
            radius = float(plane_metres(lon, lat, asked.lon, asked.lat)) + asked.reach
            return HouseLocation(lon, lat, Accuracy.STREET, radius)
        accuracy = Accuracy.ROOFTOP if same else Accuracy.INTERPOLATED
        return HouseLocation(lon, lat, accuracy, (ROOFTOP_M if same else LIKE_M) + house.wide)

    def _in_range(self, number: HouseNumber) -> HouseLocation | None:
        """4. Along an address range that holds the number, the narrowest first."""
        found: list[tuple[int, HouseLocation]] = []
        for row in self.rows:
            for block, first, last, odd, start, count in row.ranges.tolist():
                low, high = sorted((first, last))
                if block != number.block or not low <= number.first <= high:
                    continue
                if odd in (0, 1) and number.first % 2 != odd:
                    continue
                share = (number.first - first) / (last - first) if first != last else 0.5
                found.append((high - low, part_along(row.vertices[start : start + count], share)))
        inside = [(width, at) for width, at in found if self._is_near(at)]
        return min(inside, key=lambda one: one[0])[1] if inside else None

    def _is_near(self, at: HouseLocation) -> bool:
        lon, lat = np.array([at.lon]), np.array([at.lat])
        return all(a.off(lon, lat)[0] <= self.area.slack for a in self.area.anchors)

    def _between(self, number: HouseNumber) -> HouseLocation | None:
        """5. Between the nearest known numbers of its side, else of both."""
        for houses in self._tiers():
            for step in (2, 1):
                if ends := houses.around(number.block, number.first, step):
                    return part_way(number.first, *ends)
        return None

    def _past_end(self, number: HouseNumber) -> HouseLocation | None:
        """6. On from the last known house, at the pace of the known ones."""
        end = self._houses_near.next_to(number.block, number.first)
        if end is None:
            return None
        other = self._houses_near.farthest(number.block, end.number)
        beyond = abs(number.first - end.number)
        if abs(other.number - end.number) >= _PACED <= beyond:
            at = self._walked_on(number.first, end, other)
        else:
            radius = END_M + _PER_NUMBER_M * beyond
            at = HouseLocation(*end.degrees, Accuracy.STREET, self._looser * radius)
        return at if beyond < _PACED or at.radius < self.middle.radius else None

    def _walked_on(self, number: int, end: House, other: House) -> HouseLocation:
        share = (number - end.number) / (end.number - other.number)
        lon = (end.lon + share * (end.lon - other.lon)) / SCALE
        lat = (end.lat + share * (end.lat - other.lat)) / SCALE
        narrow = math.cos(math.radians(lat))
        end_lon, end_lat = end.degrees
        walked = math.hypot((lon - end_lon) * narrow, lat - end_lat)
        radius = self._looser * (END_M + END_SHARE * walked * METRES_PER_DEGREE)
        if radius >= self.middle.radius:
            return self.middle
        x, y = self.ground
        nearest = int(np.argmin(((x - lon) * narrow) ** 2 + (y - lat) ** 2))
        return HouseLocation(float(x[nearest]), float(y[nearest]), Accuracy.STREET, radius)

    def _by_pace(self, number: HouseNumber, known: HouseLocation) -> HouseLocation:
        """7. Where the pace of the roads around puts it, if that says more than what is known."""
        if number.block or known.radius < _LONG_M or not self._road:
            return known
        paced = self._road.at(number.first, known.radius)
        return paced if paced and self._is_near(paced) else known

    @cached_property
    def _road(self) -> NumberedRoad | None:
        """It from end to end, with its plain numbers; None where no pace is sure."""
        pace = self.pace_at(self.middle.lon, self.middle.lat)
        samples = np.concatenate([row.samples for row in self.rows])
        if not pace or not pace.is_told or len(samples) < _FEWEST_SAMPLES:
            return None
        from app.geo.geocoding.gazetteer.road_line import RoadLine

        houses = np.concatenate([row.houses for row in self.rows])
        houses = houses[(houses["block"] == 0) & (houses["number"] > 0)]
        line, numbers = RoadLine(*unpack_degrees(samples)), houses["number"].astype(np.float64)
        return NumberedRoad(line, *unpack_degrees(houses), numbers, pace)

    @cached_property
    def _looser(self) -> float:
        """Times the radius past its last known house: without a line it may lead elsewhere."""
        return 1.0 if any(len(row.samples) for row in self.rows) else UNMAPPED_TIMES

    def part(self, block: Anchor) -> HouseLocation:
        """8. The part of it where houses of a number's block are; `block`: where these are."""
        if block.id not in self._parts:
            off = block.off(*self.ground)
            apart = float(off.min())
            inside = off <= max(_BLOCK_SLACK_M, apart + _AS_NEAR_M)
            at = middle_of(self._samples_here[inside])
            self._parts[block.id] = at._replace(radius=at.radius + _BLOCK_SLACK_M + apart)
        return self._parts[block.id]

    @cached_property
    def _parts(self) -> dict[int, HouseLocation]:
        return {}

    @cached_property
    def middle(self) -> HouseLocation:
        """9. The street in its area: its middle there, and a radius that holds the rest."""
        at = middle_of(self._samples_here)
        if self.area.settled and len(self._own):
            return at
        samples = np.concatenate([row.samples for row in self.rows])
        lon, lat = unpack_degrees(samples[self.area.off(samples) <= self.area.slack])
        held = plane_metres(lon, lat, at.lon, at.lat)
        wider = street_radius(float(np.quantile(held, HELD))) if len(held) else 0.0
        return at._replace(radius=max(at.radius, wider))

    def meeting(self, other: "Stretch", most: float) -> HouseLocation | None:
        """Where it comes nearest to another street; None when farther than `most` metres."""
        (lon, lat), (to_lon, to_lat) = self.ground, other.ground
        apart = plane_metres(lon[:, None], lat[:, None], to_lon[None, :], to_lat[None, :])
        if apart.min(initial=np.inf) > most:
            return None
        i, _ = np.unravel_index(int(apart.argmin()), apart.shape)
        return HouseLocation(float(lon[i]), float(lat[i]), Accuracy.INTERPOLATED, CROSSING_M)

    @cached_property
    def ground(self) -> tuple[Floats, Floats]:
        """Longitudes and latitudes along it."""
        return unpack_degrees(self._samples_here)

    @cached_property
    def _samples_here(self) -> NDArray[Any]:
        """Its samples (or, without any, its houses) of the postcode, else in the area."""
        points = np.concatenate([row.samples for row in self.rows])
        if not len(points):
            points = np.concatenate([row.houses for row in self.rows])
        own = self.area.own(points)
        if len(own):
            return own
        off = self.area.off(points)
        return points[off <= off.min() + _AS_NEAR_M]


def _beyond(first: int, last: int) -> Sequence[int]:
    """3. The other numbers of a range, its end before what is between."""
    step = 2 if (last - first) % 2 == 0 else 1
    between = range(first + step, min(last, first + _LONGEST_RANGE), step)
    return (last, *between)
