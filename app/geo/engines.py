"""The engine port: who gives drive times, and in which words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.errors import BadQuestion
from app.geo.points import Floats, Mask, Point, Points


class Direction(StrEnum):
    """Which way the drive goes."""

    OUT = "out"  # from the home base to the prospect
    BACK = "back"  # from the prospect to the home base


@dataclass(frozen=True, slots=True)
class Driving:
    """How one drives. `traffic` multiplies the engine's free-flow minutes."""

    direction: Direction = Direction.OUT
    tolls: bool = True
    highways: bool = True
    ferries: bool = False
    traffic: float = 1.0

    def __post_init__(self) -> None:
        if not 0.5 <= self.traffic <= 5:
            raise BadQuestion(
                f"traffic {self.traffic:g}: expected a factor from 0.5 to 5, such as 1.3",
                field="traffic",
            )


class Road(IntEnum):
    """What is known of the drive to one point."""

    UNKNOWN = 0  # no fix, or the engine could not say
    REACHED = 1  # minutes are known
    BEYOND = 2  # a longer drive than was looked for: over `Drives.most` minutes
    NO_ROAD = 3  # the engine's own route says that no road leads there
    OFF_ROAD = 4  # nearest drivable road over 500 m from the fix; see `off_road_m`
    OUTSIDE = 5  # outside the region's map, and near enough that a drive might reach it
    TOO_FAR = 6  # outside the region's map, farther than any drive in the limit could go


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
    asked: how many rows the engine was asked about one by one to be exact.
    """

    minutes: Floats
    low: Floats
    high: Floats
    road: NDArray[np.uint8]
    off_road_m: Floats
    most: float
    asked: int = 0


class Engine(Protocol):
    """Gives drive times. `name` is shown: "valhalla 3.9.1", "estimate"."""

    name: str

    def drives(
        self, home: Point, to: Points, radius_m: Floats, limits: Sequence[float], how: Driving
    ) -> Drives:
        """The drive to every point, exact wherever it could decide a limit.

        `radius_m`, shape (n,): how far off each point may be, 0 or NaN for exact ones.
        `limits`: the minutes (traffic applied) against which the drives will be judged; the
        answer reaches to at least 1.2 times the largest. No point falls on the wrong side of
        a limit compared with the engine's own route. Concurrent calls are safe.

        Raises BadInput where the home base is over 500 m from a drivable road, BackendFailed
        when the engine can't be used at all; a failed part leaves its rows UNKNOWN.
        """
        ...

    def shape(self, home: Point, at: Sequence[float], how: Driving) -> Mapping[str, Any]:
        """GeoJSON FeatureCollection, one (multi)polygon for each of `at` minutes.

        For maps, never for verdicts. Each feature's properties hold `minutes`.
        """
        ...


def unknown(n: int, most: float) -> Drives:
    """Drives of which nothing is known."""
    nan = np.full(n, np.nan)
    return Drives(nan, nan.copy(), nan.copy(), np.zeros(n, np.uint8), nan.copy(), most)


def inside(minutes: Floats, limit: float) -> Mask:
    """Within a limit: the one comparison used everywhere (limits are inclusive)."""
    return minutes <= limit
