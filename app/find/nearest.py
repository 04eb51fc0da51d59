"""The drive to each prospect, and from which home base: of several, the nearest.

1. Each home base's own engine says the drives from there. One that is asked drive by drive is asked
   from the home base nearest in a straight line first, and from the others only where the drive
   could be the shorter at all.
2. The nearest home base is the one with the least minutes; of equals that with the least minutes
   that they may be, then the least miles, then the first. Where no minutes are known from any, the
   least that they could be decides, or the miles.
3. Where miles are limited, those home bases come first from which a row lies within the upper
   limits most surely: none fails for being far from one that is near enough to another.
4. `low` and `high` bound the drive from whichever home base is nearest: both are the least of all.
   From a home base to which no drive is known, nobody drives faster than FASTEST_MILES_A_MINUTE.
   So a row passes if it does from any home base, and a lower limit holds for the nearest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import BadInput
from app.find.ground import Ground
from app.geo.driving.engine import (
    FASTEST_MILES_A_MINUTE,
    Drives,
    Driving,
    Road,
    unknown_drives,
)
from app.geo.geocoding.geocoder import Accuracy, Fixes
from app.geo.points import METRES_PER_MILE, Floats, Ints, Mask, Points, miles_between
from app.sweetspot.criteria import SweetSpot, Verdict
from app.sweetspot.evidence import Origins
from app.sweetspot.reach import rank_reach

# Of which nobody can say how long they are. Those that were not asked for are among them.
UNKNOWN = (Road.UNKNOWN, Road.OFF_ROAD, Road.OUTSIDE)


@dataclass(frozen=True)
class NearestDrives:
    """The drive to each fix and its miles, from the nearest home base.

    origins: which that is; None where there is one only.
    """

    drives: Drives
    miles: Floats
    origins: Origins | None = None


def drive_to(fixes: Fixes, ground: Ground, limits: Sequence[float], how: Driving) -> Drives:
    """The drive from that ground's home base to each fix, of a rough one to all of its radius.

    It ends on the fix's street, where that is known. Its minutes are those that the limit applies
    to.
    """
    at = ground.arrive(fixes.at, fixes.street)
    return ground.engine.drives(ground.start, at, _radius_m(fixes), limits, how.judged)


def drive_from_nearest(
    fixes: Fixes,
    ground: Ground,
    limits: Sequence[float],
    how: Driving,
    spot: SweetSpot | None = None,
    spare: Mask | None = None,
) -> NearestDrives:
    """The drive to each fix from the nearest of the ground's home bases.

    spot: what the drives are judged by. spare: rows of which a service need not be asked, shape
    (n,). Raises BadInput, naming it, where a home base is off the road, BackendFailed.
    """
    asked = fixes.at.known if spare is None else fixes.at.known & ~spare
    each = _drive_from_each(fixes, ground, limits, how, asked)
    found = choose_nearest(fixes, ground, each, how, spot)
    if spare is None or not spare.any():
        return found
    drives = found.drives
    drives.road[spare] = Road.NOT_ASKED
    more = int(np.count_nonzero(spare)) * len(each)
    return replace(found, drives=replace(drives, saved=drives.saved + more))


def choose_nearest(
    fixes: Fixes,
    ground: Ground,
    each: Sequence[Drives],
    how: Driving,
    spot: SweetSpot | None = None,
) -> NearestDrives:
    """Of the drives from each home base, in their order, those from the nearest: 2. to 4."""
    if not ground.others:
        return NearestDrives(each[0], miles_between(ground.home.at, fixes.at))
    return _Rivals.of(fixes, ground, each, how, spot).nearest(ground)


def no_drives(fixes: Fixes, ground: Ground, most: float, how: Driving, why: str) -> NearestDrives:
    """Where an engine failed: nothing is known of any drive."""
    unknown = [unknown_drives(len(fixes), most) for _ in ground.each]
    found = choose_nearest(fixes, ground, unknown, how)
    return replace(found, drives=replace(found.drives, failed=why))


def _radius_m(fixes: Fixes) -> Floats:
    """How far off each may be; exact ones are not."""
    return np.where(fixes.accuracy >= Accuracy.ROOFTOP, 0.0, fixes.radius_m)


def _drive_from_each(
    fixes: Fixes, ground: Ground, limits: Sequence[float], how: Driving, asked: Mask
) -> list[Drives]:
    """1. The drives from each home base, those rows only."""

    def drive(one: Ground, rows: Mask) -> Drives:
        try:
            return drive_to(_keep_points(fixes, rows), one, limits, how)
        except BadInput as why:
            if why.field != "home" or not ground.others:
                raise
            raise BadInput(f"{one.home.label}: {why}", field="home") from why

    if not (ground.engine.metered and ground.others):
        return [drive(one, asked) for one in ground.each]
    least = np.stack([least_minutes(fixes, one, how) for one in ground.each])
    first = np.argmin(np.nan_to_num(least), axis=0)
    drives = [drive(one, asked & (first == n)) for n, one in enumerate(ground.each)]
    longest = _pick(np.stack([_longest(one) for one in drives]), first)
    for n, one in enumerate(ground.each):
        rows = asked & (first != n) & (least[n] < longest)
        if rows.any():
            at = np.flatnonzero(rows)
            drives[n] = drives[n].replaced(at, drive(one, rows).take(at))
    needless = int(asked.sum()) * len(drives) - sum(one.asked + one.saved for one in drives)
    return [replace(drives[0], saved=drives[0].saved + needless), *drives[1:]]


def _keep_points(fixes: Fixes, rows: Mask) -> Fixes:
    """The same without a point in all other rows."""
    if not (fixes.at.known & ~rows).any():
        return fixes
    lon, lat = (np.where(rows, axis, np.nan) for axis in (fixes.at.lon, fixes.at.lat))
    return replace(fixes, at=Points(lon, lat))


def least_minutes(fixes: Fixes, ground: Ground, how: Driving) -> Floats:
    """The minutes that a drive to each fix takes at least, by the straight line."""
    off = np.nan_to_num(_radius_m(fixes)) / METRES_PER_MILE
    miles = np.maximum(miles_between(ground.home.at, fixes.at) - off, 0.0)
    return miles / FASTEST_MILES_A_MINUTE * how.judged.traffic


def _longest(drives: Drives) -> Floats:
    """The minutes that each takes at most, inf where that is not known."""
    high = np.where(np.isnan(drives.high), drives.minutes, drives.high)
    return np.where(drives.road == Road.REACHED, high, inf)


def _shortest(drives: Drives, least: Floats) -> Floats:
    """The minutes that each takes at least."""
    low = np.where(np.isnan(drives.low), drives.minutes, drives.low)
    past = (drives.road == Road.BEYOND) & ~np.isfinite(low)
    low = np.where(past, np.nextafter(drives.most, inf), low)
    return np.where(np.isin(drives.road, UNKNOWN), least, low)


def _pick[T: np.generic](columns: NDArray[T], home: Ints) -> NDArray[T]:
    """Of columns, one for each home base, the value of each row's."""
    return columns[home, np.arange(len(home))]


@dataclass(frozen=True)
class _Rivals:
    """The drives from each home base, k of them to n points; arrays have shape (k, n).

    shortest, longest: what each takes at least and at most. counts: where a row may lie within the
    upper limits, see 3. home: the nearest, shape (n,). bounded: whether no miles are limited.
    """

    each: Sequence[Drives]
    miles: NDArray[np.float64]
    shortest: NDArray[np.float64]
    longest: NDArray[np.float64]
    counts: NDArray[np.bool_]
    home: Ints
    bounded: bool

    @classmethod
    def of(
        cls,
        fixes: Fixes,
        ground: Ground,
        each: Sequence[Drives],
        how: Driving,
        spot: SweetSpot | None,
    ) -> "_Rivals":
        """2. and 3."""
        pairs = list(zip(ground.each, each, strict=True))
        miles = np.stack([miles_between(one.home.at, fixes.at) for one in ground.each])
        shortest = np.stack([_shortest(d, least_minutes(fixes, one, how)) for one, d in pairs])
        minutes = np.stack([np.where(d.road == Road.REACHED, d.minutes, inf) for d in each])
        bounded = spot is None or spot.miles is None
        rank = np.full(miles.shape, Verdict.PASS.value, np.int64)
        if spot is not None and not bounded:
            rank = np.stack(
                [rank_reach(spot, fixes, m, d) for m, d in zip(miles, each, strict=True)]
            ).astype(np.int64)
        home = np.lexsort((miles, shortest, minutes, -rank), axis=0)[0]
        longest = np.stack([_longest(one) for one in each])
        counts = rank > Verdict.FAIL.value
        return cls(each, miles, shortest, longest, counts, home, bounded)

    def nearest(self, ground: Ground) -> NearestDrives:
        """The drives from the nearest."""
        labels = [one.home.label for one in ground.each]
        engines = [one.engine.name for one in ground.each]
        origins = Origins(labels, engines, self.home, self._nearer())
        return NearestDrives(self._drives(), _pick(self.miles, self.home), origins)

    def _nearer(self) -> Ints:
        """A home base to which no drive is known that may be shorter, -1 where there is none."""
        unknown = np.stack([np.isin(one.road, UNKNOWN) for one in self.each]) & self.counts
        least = np.where(unknown, self.shortest, inf)
        reached = self._of("road") == Road.REACHED
        nearer = reached & (least.min(axis=0) < _pick(self.shortest, self.home))
        return np.where(nearer, least.argmin(axis=0), -1)

    def _drives(self) -> Drives:
        each = self.each
        others = None if any(one.other is None for one in each) else self._of("other")
        return Drives(
            self._of("minutes"),
            self._low(),
            self._high(),
            self._of("road"),
            self._of("off_road_m"),
            min(one.most for one in each),
            sum(one.asked for one in each),
            sum(one.saved for one in each),
            next((one.failed for one in each if one.failed), ""),
            next((one.odd for one in each if one.odd), ""),
            others,
        )

    def _of(self, column: str) -> Any:
        return _pick(np.stack([getattr(one, column) for one in self.each]), self.home)

    def _low(self) -> Floats:
        """4."""
        least = np.where(self.counts, self.shortest, inf).min(axis=0)
        return np.where(least < _pick(self.shortest, self.home), least, self._of("low"))

    def _high(self) -> Floats:
        """4. Not where miles are limited: those may be over from the one with the least minutes."""
        most = self.longest.min(axis=0)
        lower = (most < _pick(self.longest, self.home)) & self.bounded
        return np.where(lower, most, self._of("high"))
