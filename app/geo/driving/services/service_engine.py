"""An engine made of any one-to-many service: asked for no more than it must be, in its own chunks.

What is known without asking: points so far away that no drive in the limits gets there, points
that were answered before, and points that are in the list twice.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import BackendFailed, BadQuestion, Oversized, Spoilt, TooFarApart
from app.geo.driving.engine import (
    FASTEST_MILES_A_MINUTE,
    SNAP_M,
    Drives,
    Driving,
    Road,
    Side,
    off_road_refusal,
)
from app.geo.driving.estimate import ESTIMATE, EstimateEngine, interpolate
from app.geo.driving.services.cache import Answers, DriveCache, keys_of, none_of, points_of
from app.geo.driving.services.cross_checks import CrossChecks
from app.geo.driving.services.service import (
    Denying,
    Drawing,
    Narrower,
    Reply,
    RoutingService,
    SendRequest,
)
from app.geo.points import (
    METRES_PER_MILE,
    Floats,
    Ints,
    Mask,
    Point,
    Points,
    miles_between,
    put_rows,
)

BEYOND = 1.2  # drives are looked for that much farther than the largest limit
IN_FLIGHT = 2
DENIED = 500  # judgement: drives of one request asked for again, one by one
EARTHS_DIFFER = 1.01  # judgement: a distance on a sphere is within 0.6 % of the ellipsoid's

type RoadCodes = NDArray[np.uint8]  # a Road each


class ServiceEngine:
    """The Engine port over a routing service and `send`. Safe for threads.

    Drives from one home base are asked for by one thread at a time: none is paid for twice.
    `memory` keeps the answers by home base and point (not those of a service whose minutes are of
    the hour that it is now).
    """

    metered = True

    def __init__(
        self, service: RoutingService, send: SendRequest, memory: DriveCache | None = None
    ) -> None:
        self.name = service.name
        self.live = service.live
        self._service = service
        self._send = send
        self._most = service.most
        self._memory = memory or DriveCache()

    def drives(
        self, home: Point, to: Points, radius_m: Floats, limits: Sequence[float], how: Driving
    ) -> Drives:
        """As the port says: every point that is asked gets the service's own minutes.

        Points are asked for to six decimals. A part that fails leaves its rows UNKNOWN and is
        asked again the next time.
        """
        self._refuse(how)
        most = BEYOND * max(limits, default=0.0)
        miles = miles_between(home, to)
        off = np.nan_to_num(radius_m) / METRES_PER_MILE
        far = _too_far(to, miles - off, most, how)
        rows = np.flatnonzero(to.known & ~far)
        keys, first, which = np.unique(keys_of(to[rows]), return_index=True, return_inverse=True)
        known, asked, failed, found = self._answers(home, keys[np.argsort(miles[rows[first]])], how)
        odd = self._check(home, known, found, limits, how)
        said = none_of(np.zeros(len(to), np.int64))
        said[rows] = known[np.argsort(known["key"])][which]
        minutes, other = (column * how.traffic for column in _sides(said, how))
        road = _roads(minutes, said["off_road_m"])
        road[far], minutes[far] = Road.BEYOND, np.inf
        minutes[road == Road.OFF_ROAD] = np.nan
        low, high = _bounds(minutes, road, miles, off, how)
        saved = int(np.count_nonzero(to.known)) - asked
        told = other if how.depart else None
        return Drives(
            minutes,
            low,
            high,
            road,
            said["off_road_m"],
            most,
            asked,
            saved,
            failed,
            odd,
            told,
        )

    def unanswered(
        self, home: Point, to: Points, radius_m: Floats, limits: Sequence[float], how: Driving
    ) -> int:
        """How many drives `drives` would ask the service for."""
        self._refuse(how)
        nearest = miles_between(home, to) - np.nan_to_num(radius_m) / METRES_PER_MILE
        far = _too_far(to, nearest, BEYOND * max(limits, default=0.0), how)
        keys = np.unique(keys_of(to[to.known & ~far]))
        if self._service.live and how.depart is None:
            return len(keys)
        known = self._memory.recall(_question(home, how), keys)
        return int(np.count_nonzero(known["said_at"] == 0))

    def shape(self, home: Point, at: Sequence[float], how: Driving) -> Mapping[str, Any]:
        """The service's own drawing; circles, as far as the estimate gets, where it draws none."""
        service = self._service
        if isinstance(service, Drawing):
            return service.read_shape(self._send(service.ask_shape(home, at, how)), at, how)
        return EstimateEngine().shape(home, at, how)

    def _refuse(self, how: Driving) -> None:
        self._service.check(how)
        if self._service.live and how.traffic != 1:
            raise BadQuestion(
                f"traffic {how.traffic:g}: the minutes of {self.name} hold the traffic already",
                field="traffic",
            )

    def _check(
        self, home: Point, known: Answers, found: int, limits: Sequence[float], how: Driving
    ) -> str:
        """What is odd about the answers; those that contradict others of the service differ then.

        What is known better is learnt.
        """
        if not isinstance(self._service, Denying):
            return ""
        checks, question = CrossChecks(self._service, self._send), _question(home, how)
        better, notes = checks.check(home, known, found, limits, how)
        if len(better):
            self._memory.learn(question, known[better])
            self._memory.save(question)
        return ". ".join(notes)

    def _answers(self, home: Point, keys: Ints, how: Driving) -> tuple[Answers, int, str, int]:
        """What is said of each of these points, how many were asked for, and as `_ask`."""
        if self._service.live and how.depart is None:
            known = none_of(keys)
            failed, found = self._ask(home, known, np.arange(len(keys)), how, lambda _: None)
            return known, len(keys), failed, found
        question = _question(home, how)
        with self._memory.alone(question):
            known = self._memory.recall(question, keys)
            wanted = np.flatnonzero(known["said_at"] == 0)
            try:
                learn = partial(self._memory.learn, question)
                failed, found = self._ask(home, known, wanted, how, learn)
            finally:
                self._memory.save(question)
        return known, len(wanted), failed, found

    def _ask(
        self,
        home: Point,
        known: Answers,
        wanted: Ints,
        how: Driving,
        learn: Callable[[Answers], None],
    ) -> tuple[str, int]:
        """Ask for those of `known`, in their order, and note down the answers there.

        Gives what failed, and how many only a route was found for. Raises what failed where all
        did, and BadInput where the home base is off the road.
        """
        failed: list[BackendFailed] = []

        def ask(part: Ints) -> int:
            try:
                reply = self._chunk(home, points_of(known["key"][part]), how)
            except BackendFailed as why:
                failed.append(why)
                return 0
            known[part] = _noted(known["key"][part], reply)
            learn(known[part])
            return reply.found

        service = self._service
        most = self._most
        if isinstance(service, Narrower):
            most = min(most, service.at_once(how))
        parts = [wanted[i : i + most] for i in range(0, len(wanted), most)]
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            found = sum(pool.map(ask, parts))
        if failed and not known["said_at"][wanted].any():
            raise failed[0]
        return (str(failed[0]) if failed else ""), found

    def _chunk(self, home: Point, to: Points, how: Driving) -> Reply:
        """One request, halved as long as the service says that it is too much at once."""
        try:
            body = self._send(self._service.ask(home, to, how))
            reply = self._service.read(body, len(to))
        except Oversized as why:
            return self._smaller(home, to, how, why)
        if reply.home_off_road_m > SNAP_M:
            raise off_road_refusal(reply.home_off_road_m)
        if isinstance(self._service, Denying):
            return self._ask_denied(self._service, home, to, how, reply)
        return reply

    def _ask_denied(
        self, service: Denying, home: Point, to: Points, how: Driving, reply: Reply
    ) -> Reply:
        """What the route says of those that a reply denies; past the DENIED nearest, NaN."""
        rows = np.flatnonzero(np.isinf(reply.minutes))
        rows = rows[np.argsort(miles_between(home, to[rows]), kind="stable")]
        minutes = put_rows(reply.minutes, rows[DENIED:], np.nan)
        for row, end in zip(rows[:DENIED], to[rows[:DENIED]].pairs(), strict=True):
            request = service.ask_route(home, Point(*end), how)
            minutes[row] = service.read_route(self._send(request)).minutes
        return replace(reply, minutes=minutes, found=int(np.isfinite(minutes[rows]).sum()))

    def _smaller(self, home: Point, to: Points, how: Driving, why: Oversized) -> Reply:
        """The same in two requests; in one, where it says that what lies far off spoilt it."""
        if len(to) == 1:
            raise why
        if isinstance(why, TooFarApart):
            far = _farther(home, to, why.most_m)
            if far.any():
                return self._near_alone(home, to, how, far)
        half = len(to) // 2
        if not isinstance(why, Spoilt):
            self._most = min(self._most, len(to) - half)
        one, other = (self._chunk(home, part, how) for part in (to[:half], to[half:]))
        return _joined(one, other)

    def _near_alone(self, home: Point, to: Points, how: Driving, far: Mask) -> Reply:
        """Of the far ones nothing is known, and they are not asked for."""
        said = Reply.of(np.full(len(to), np.nan))
        if far.all():
            return said
        near = self._chunk(home, to[~far], how)
        said.minutes[~far], said.free[~far] = near.minutes, near.free
        said.off_road_m[~far] = near.off_road_m
        return replace(said, home_off_road_m=near.home_off_road_m, found=near.found)


class DryRunEngine:
    """A service of which nothing is asked: it counts what would be, and estimates the minutes."""

    metered = True

    def __init__(self, matrix: ServiceEngine) -> None:
        self.name, self.live = matrix.name, matrix.live
        self._matrix = matrix

    def drives(
        self, home: Point, to: Points, radius_m: Floats, limits: Sequence[float], how: Driving
    ) -> Drives:
        """The estimate's minutes; `asked` are the drives that the service would be asked for."""
        asked = self._matrix.unanswered(home, to, radius_m, limits, how)
        saved = int(np.count_nonzero(to.known)) - asked
        free = replace(how, depart=None)
        drives = EstimateEngine().drives(home, to, radius_m, limits, free)
        return replace(drives, asked=asked, saved=saved)

    def shape(self, home: Point, at: Sequence[float], how: Driving) -> Mapping[str, Any]:
        """Circles, as far as the estimate gets."""
        return EstimateEngine().shape(home, at, how)


def _question(home: Point, how: Driving) -> str:
    """What answers are remembered under."""
    return f"{home} {replace(how, traffic=1.0, limit_on=Side.PEAK)}"


def _too_far(to: Points, nearest_miles: Floats, most: float, how: Driving) -> Mask:
    """Points to which no drive of so many minutes gets."""
    return to.known & (nearest_miles > most / how.traffic * FASTEST_MILES_A_MINUTE)


def _farther(home: Point, to: Points, metres: float) -> Mask:
    """Points that are farther off on any earth that a service may measure by."""
    far: Mask = miles_between(home, to) * METRES_PER_MILE > metres * EARTHS_DIFFER
    return far


def _joined(one: Reply, other: Reply) -> Reply:
    return Reply(
        np.concatenate([one.minutes, other.minutes]),
        np.concatenate([one.off_road_m, other.off_road_m]),
        one.home_off_road_m,
        np.concatenate([one.free, other.free]),
        one.found + other.found,
    )


def _noted(keys: Ints, reply: Reply) -> Answers:
    answers = none_of(keys)
    answers["minutes"], answers["free"] = reply.minutes, reply.free
    answers["off_road_m"], answers["said_at"] = reply.off_road_m, time.time()
    return answers


def _sides(said: Answers, how: Driving) -> tuple[Floats, Floats]:
    """The minutes that are judged, and the others."""
    if how.depart and how.limit_on is Side.FREE:
        return said["free"], said["minutes"]
    return said["minutes"], said["free"]


def _roads(minutes: Floats, off_road_m: Floats) -> RoadCodes:
    road = np.full(len(minutes), Road.UNKNOWN, np.uint8)
    road[np.isfinite(minutes)] = Road.REACHED
    road[np.isinf(minutes)] = Road.NO_ROAD
    road[off_road_m > SNAP_M] = Road.OFF_ROAD
    return road


def _bounds(
    minutes: Floats, road: RoadCodes, miles: Floats, off: Floats, how: Driving
) -> tuple[Floats, Floats]:
    """The least and the most minutes over each point's radius.

    The drive across the radius is bounded by the estimate, which no service is asked for; so is
    the least drive to it, where the service is no faster than that. That no road leads to a point
    says nothing of others within its radius.
    """
    at, least, _, longest = ESTIMATE.T
    across = np.where(off > 0, interpolate(off, at, longest), 0.0) * how.traffic
    nearest = interpolate(np.maximum(miles - off, 0.0), at, least) * how.traffic
    low = np.maximum(minutes - across, np.where(nearest <= minutes, nearest, 0.0))
    low = np.where(road == Road.NO_ROAD, nearest, low)
    return np.where(off > 0, low, minutes), minutes + across
