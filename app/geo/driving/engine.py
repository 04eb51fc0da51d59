"""The engine port: who gives drive times, and in which words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum
from math import isfinite
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.errors import BadInput, BadQuestion
from app.geo.points import METRES_PER_MILE, Floats, Ints, Mask, Point, Points, put_rows

type Arrive = Callable[[Points, Sequence[str]], Points]

SNAP_M = 500.0  # a point farther than this from any drivable road is off the road
# No engine here lets a car go faster on average, in a straight line: 160 km/h.
FASTEST_MILES_A_MINUTE = 160_000 / 60 / METRES_PER_MILE


def keep_points(at: Points, _: Sequence[str]) -> Points:
    """Where no streets are known: a drive ends at the road nearest to the point itself."""
    return at


class Direction(StrEnum):
    """Which way the drive goes."""

    OUT = "out"  # from the home base to the prospect
    BACK = "back"  # from the prospect to the home base


class Side(StrEnum):
    """Which minutes: with traffic or without."""

    PEAK = "peak"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Driving:
    """How one drives.

    `traffic` multiplies the engine's free-flow minutes. `depart`: when one leaves, by the clock at
    the home base, with that clock's offset from UTC or without; None is no time of day.
    `limit_on`: which minutes are judged, where traffic or the departure make two of them.
    """

    direction: Direction = Direction.OUT
    tolls: bool = True
    highways: bool = True
    ferries: bool = False
    traffic: float = 1.0
    depart: datetime | None = None
    limit_on: Side = Side.PEAK

    def __post_init__(self) -> None:
        if not 0.5 <= self.traffic <= 5:
            raise BadQuestion(
                f"traffic {self.traffic:g}: expected a factor from 0.5 to 5, such as 1.3",
                field="traffic",
            )
        if self.depart and self.traffic != 1:
            raise BadQuestion(
                "traffic and depart: the minutes at a departure hold the traffic already; "
                "give one of them",
                field="depart",
            )

    @property
    def judged(self) -> "Driving":
        """The same as the limit sees it: no factor where free-flow minutes are judged."""
        return replace(self, traffic=1.0) if self.limit_on is Side.FREE else self

    @property
    def which(self) -> str:
        """Which minutes the judged ones are, where there are two; else ""."""
        if self.limit_on is Side.FREE and (self.depart or self.traffic != 1):
            return "free-flow"
        return f"leaving {self.depart:%Y-%m-%d %H:%M}" if self.depart else ""


def departure_refusal(name: str) -> BadQuestion:
    """The refusal of an engine that knows no time of day."""
    return BadQuestion(
        f"depart: {name} knows no time of day; give --traffic 1.3 (or fitted, see calibrate) "
        "instead, or have the drives from google, mapbox, traveltime or a Valhalla with predicted "
        "speeds (SWEETSPOT_ENGINE)",
        field="depart",
    )


def off_road_refusal(metres: float) -> BadInput:
    """The refusal of a home base so far from the nearest road; inf where there is none at all."""
    far = f"{metres / 1000:,.1f} km" if metres >= 1000 else f"{metres:.0f} m"
    where = f"is {far} from the nearest" if isfinite(metres) else "is near no"
    return BadInput(
        f"the home base {where} road a car may use (at most {SNAP_M:g} m): move it to the street",
        field="home",
    )


class Road(IntEnum):
    """What is known of the drive to one point."""

    UNKNOWN = 0  # no fix, or the engine could not say
    REACHED = 1  # minutes are known
    BEYOND = 2  # a longer drive than was looked for: over `Drives.most` minutes
    NO_ROAD = 3  # the engine itself says that no road leads there
    OFF_ROAD = 4  # nearest drivable road over 500 m from the fix; see `off_road_m`
    OUTSIDE = 5  # outside the region's map, and near enough that a drive might reach it
    TOO_FAR = 6  # outside the region's map, farther than any drive in the limit could go
    NOT_ASKED = 7  # the row fails whatever the drive is, so a service was not asked


@dataclass(frozen=True)
class Drives:
    """The drive to each point, in the order given; every column has shape (n,).

    minutes, low, high: float64 minutes, the traffic factor applied. inf where the drive is
    longer than `most` or no road leads there, NaN where nothing can be said. `low` and `high`
    bound the minutes over all of a fix's radius (equal where the fix is exact); with the
    estimate they bound its error too.
    road: a `Road` each, uint8.
    off_road_m: metres from the fix to the road it was placed on; NaN where unknown.
    most: minutes looked for; a drive beyond is known only to be longer.
    asked: how many drives the engine was asked for one by one.
    saved: how many more there are whose answer was known without asking.
    failed: what went wrong with a part of the question; its rows are UNKNOWN. "" if nothing.
    odd: what is odd about what the engine said, and how that is mended. "" if nothing.
    other: where one leaves at a time of day, the minutes that were not judged (free-flow ones, or
    those with traffic), NaN where the engine does not tell both. None without a time of day.
    """

    minutes: Floats
    low: Floats
    high: Floats
    road: NDArray[np.uint8]
    off_road_m: Floats
    most: float
    asked: int = 0
    saved: int = 0
    failed: str = ""
    odd: str = ""
    other: Floats | None = None

    def take(self, rows: Ints) -> "Drives":
        """Those rows, in that order; what was asked for stays."""
        other = None if self.other is None else self.other[rows]
        return replace(
            self,
            minutes=self.minutes[rows],
            low=self.low[rows],
            high=self.high[rows],
            road=self.road[rows],
            off_road_m=self.off_road_m[rows],
            other=other,
        )

    def replaced(self, rows: Ints, new: "Drives") -> "Drives":
        """The same with other drives in those rows, asked for on top of the ones before."""
        other = self.other
        if other is not None:
            other = put_rows(other, rows, np.nan if new.other is None else new.other)
        return replace(
            self,
            minutes=put_rows(self.minutes, rows, new.minutes),
            low=put_rows(self.low, rows, new.low),
            high=put_rows(self.high, rows, new.high),
            road=put_rows(self.road, rows, new.road),
            off_road_m=put_rows(self.off_road_m, rows, new.off_road_m),
            asked=self.asked + new.asked,
            saved=self.saved + new.saved,
            failed=self.failed or new.failed,
            odd=self.odd or new.odd,
            other=other,
        )


class Engine(Protocol):
    """Gives drive times. `name` is shown: "valhalla 3.9.1", "estimate".

    `metered`: every drive is asked of a service for itself, which takes time or money, so that
    what is not needed should not be asked. `live`: where no time of day is asked for, its minutes
    are those of the traffic of now.
    """

    name: str
    metered: bool
    live: bool

    def drives(
        self, home: Point, to: Points, radius_m: Floats, limits: Sequence[float], how: Driving
    ) -> Drives:
        """The drive to every point, exact wherever it could decide a limit.

        `radius_m`, shape (n,): how far off each point may be, 0 or NaN for exact ones.
        `limits`: the minutes (traffic applied) against which the drives will be judged; the
        answer reaches to at least 1.2 times the largest. No point falls on the wrong side of
        a limit compared with the engine's own matrix of drives. Concurrent calls are safe.

        Raises BadInput where the home base is over 500 m from a drivable road, BadQuestion for a
        way of driving that it can't be asked for, BackendFailed when the engine can't be used at
        all; a failed part leaves its rows UNKNOWN.
        """
        ...

    def shape(self, home: Point, at: Sequence[float], how: Driving) -> Mapping[str, Any]:
        """GeoJSON FeatureCollection, one (multi)polygon for each of `at` minutes.

        For maps, never for verdicts. Each feature's properties hold `minutes`.
        """
        ...


def unknown_drives(n: int, most: float) -> Drives:
    """Drives of which nothing is known."""
    nan = np.full(n, np.nan)
    return Drives(nan, nan.copy(), nan.copy(), np.zeros(n, np.uint8), nan.copy(), most)


def within_limit(minutes: Floats, limit: float) -> Mask:
    """Within a limit: the one comparison used everywhere (limits are inclusive)."""
    return minutes <= limit
