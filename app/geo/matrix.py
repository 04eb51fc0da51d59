"""An engine made of any one-to-many service: asked for no more than it must be, in its own chunks.

What is known without asking: points so far away that no drive in the limits gets there, points
that were answered before, and points that are in the list twice.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.errors import BackendFailed, BadInput, BadQuestion, Oversized
from app.geo.engines import ESTIMATE, Drives, Driving, Estimate, Road, interpolated
from app.geo.points import METRES_PER_MILE, Floats, Ints, Point, Points, miles_between
from app.geo.services.base import Reply, Request, Service
from app.geo.shelf import Kept
from app.geo.snapping import SNAP_M

BEYOND = 1.2  # drives are looked for that much farther than the largest limit
# No engine here lets a car go faster on average, in a straight line: 160 km/h.
FASTEST_MILES_A_MINUTE = 160_000 / 60 / METRES_PER_MILE
IN_FLIGHT = 2
IN_MEMORY = 6e6  # points kept

type Send = Callable[[Request], bytes]


@dataclass(frozen=True)
class _Known:
    """What a service said of some points, shape (n,); NaN in both where it was not asked."""

    minutes: Floats
    off_road_m: Floats
    asked: np.ndarray[tuple[int], np.dtype[np.bool_]]


class Matrix:
    """The Engine port over a routing service and `send`. Safe for threads.

    Answers are kept in memory for the home base and the points (not those of a service whose
    minutes are of the hour).
    """

    metered = True

    def __init__(self, service: Service, send: Send) -> None:
        self.name = service.name
        self._service = service
        self._send = send
        self._most = service.most
        self._kept: Kept[_Known] = Kept(IN_MEMORY)

    def drives(
        self, home: Point, to: Points, radius_m: Floats, limits: Sequence[float], how: Driving
    ) -> Drives:
        """As the port says: every point that is asked gets the service's own minutes.

        A part that fails leaves its rows UNKNOWN and is asked again the next time.
        """
        self._check(how)
        most = BEYOND * max(limits, default=0.0)
        miles = miles_between(home, to)
        off = np.nan_to_num(radius_m) / METRES_PER_MILE
        far = to.known & (miles - off > most / how.traffic * FASTEST_MILES_A_MINUTE)
        known = self._known(home, to, how)
        wanted = np.flatnonzero(to.known & ~far & ~known.asked)
        asked, failed = self._ask(home, to, wanted[np.argsort(miles[wanted])], how, known)
        minutes = known.minutes * how.traffic
        road = _roads(to, known)
        road[far] = Road.BEYOND
        minutes[far] = np.inf
        minutes[road == Road.OFF_ROAD] = np.nan
        low, high = _bounds(minutes, miles, off, how)
        saved = int(np.count_nonzero(to.known)) - asked
        off_road = known.off_road_m.copy()
        return Drives(minutes, low, high, road, off_road, most, asked, saved, failed)

    def shape(self, home: Point, at: Sequence[float], how: Driving) -> Mapping[str, Any]:
        """Circles, as far as the estimate gets: a one-to-many service draws nothing."""
        return Estimate().shape(home, at, how)

    def _check(self, how: Driving) -> None:
        self._service.check(how)
        if self._service.live and how.traffic != 1:
            raise BadQuestion(
                f"traffic {how.traffic:g}: the minutes of {self.name} hold the traffic already",
                field="traffic",
            )

    def _known(self, home: Point, to: Points, how: Driving) -> _Known:
        def nothing() -> _Known:
            nan = np.full(len(to), np.nan)
            return _Known(nan, nan.copy(), np.zeros(len(to), bool))

        if self._service.live:
            return nothing()
        key = (home.lon, home.lat, replace(how, traffic=1.0), to.digest)
        return self._kept.of(key, nothing, lambda known: len(known.minutes))

    def _ask(
        self, home: Point, to: Points, rows: Ints, how: Driving, known: _Known
    ) -> tuple[int, str]:
        """Ask for those rows, each point once, and note down the answers.

        Gives how many were asked for, and what failed. Raises what failed where all did, and
        BadInput where the home base is off the road.
        """
        pairs = np.round(np.stack([to.lon[rows], to.lat[rows]], axis=1), 6)
        _, first, point_of = np.unique(pairs, axis=0, return_index=True, return_inverse=True)
        order = np.sort(first)
        answers: dict[int, tuple[float, float]] = {}
        failed: list[BackendFailed] = []

        def ask(part: Ints) -> None:
            try:
                reply = self._chunk(home, to[rows[part]], how)
            except BackendFailed as why:
                failed.append(why)
                return
            both = zip(reply.minutes.tolist(), reply.off_road_m.tolist(), strict=True)
            answers.update(zip(part.tolist(), both, strict=True))

        parts = [order[i : i + self._most] for i in range(0, len(order), self._most)]
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            list(pool.map(ask, parts))
        if failed and not answers:
            raise failed[0]
        source = first[point_of.ravel()]
        done = np.array([i in answers for i in source.tolist()], dtype=bool)
        told = np.array([answers[i] for i in source[done].tolist()]).reshape(-1, 2)
        known.minutes[rows[done]], known.off_road_m[rows[done]] = told[:, 0], told[:, 1]
        known.asked[rows[done]] = True
        return len(order), str(failed[0]) if failed else ""

    def _chunk(self, home: Point, to: Points, how: Driving) -> Reply:
        """One request, halved as long as the service says that it is too much at once."""
        try:
            body = self._send(self._service.ask(home, to, how))
            reply = self._service.read(body, len(to))
        except Oversized:
            if len(to) == 1:
                raise
            half = len(to) // 2
            self._most = min(self._most, len(to) - half)
            one, other = (self._chunk(home, part, how) for part in (to[:half], to[half:]))
            return _joined(one, other)
        if reply.home_off_road_m > SNAP_M:
            raise BadInput(
                f"the home base is {reply.home_off_road_m:,.0f} m from the nearest road a car may "
                f"use (at most {SNAP_M:g} m): move it to the street",
                field="home",
            )
        return reply


def _joined(one: Reply, other: Reply) -> Reply:
    return Reply(
        np.concatenate([one.minutes, other.minutes]),
        np.concatenate([one.off_road_m, other.off_road_m]),
        one.home_off_road_m,
    )


def _roads(to: Points, known: _Known) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    road = np.full(len(to), Road.UNKNOWN, np.uint8)
    road[np.isfinite(known.minutes)] = Road.REACHED
    road[np.isinf(known.minutes)] = Road.NO_ROAD
    road[known.off_road_m > SNAP_M] = Road.OFF_ROAD
    return road


def _bounds(minutes: Floats, miles: Floats, off: Floats, how: Driving) -> tuple[Floats, Floats]:
    """The least and the most minutes over each point's radius.

    The drive across the radius is bounded by the estimate, which no service is asked for.
    """
    at, least, _, longest = ESTIMATE.T
    across = np.where(off > 0, interpolated(off, at, longest), 0.0) * how.traffic
    nearest = interpolated(np.maximum(miles - off, 0.0), at, least) * how.traffic
    low = np.maximum(minutes - across, np.minimum(nearest, minutes))
    return np.where(off > 0, low, minutes), minutes + across
