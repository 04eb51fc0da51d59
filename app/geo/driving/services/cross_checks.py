"""A server's answers held against each other, where they matter and by a few requests.

Valhalla's matrix finds the way from both ends, and by its default settings leaves small roads out
far from either: where a county road is the way it goes a long way round, and so do its routes. Its
isochrones don't. And a matrix ignores the time of day unless a setting allows it.

1. Suspects. Rows over the largest limit that a car might get to within it, by the estimate. One of
   them is asked for again, to learn whether the matrix leaves roads out.
2. Contested. Suspects that lie within a contour of the server's own drawing and take LONGER times
   its minutes by the matrix.
3. Their routes, the nearest first. Where the first few are no sooner the others aren't asked for.
   What a route makes sooner is known; where the server's routes leave roads out, too, the others
   are not.
4. The time of day. The longest drive is asked for at another hour: where it takes the same seconds,
   so is its route at both hours, which tells a matrix that ignores the time from a server that has
   no speeds by it.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from math import nan
from typing import NamedTuple

import numpy as np
from shapely import contains_xy
from shapely.geometry import shape

from app.errors import BackendFailed
from app.geo.driving.engine import Driving
from app.geo.driving.estimate import ESTIMATE, interpolate
from app.geo.driving.services.cache import Answers, points_of
from app.geo.driving.services.service import Denying, Oddity, RouteReply, SendRequest
from app.geo.points import Floats, Ints, Mask, Point, Points, miles_between
from app.text import count_words

# Judgement: of a limit; up to four contours at once is service_limits.isochrone.max_contours.
CONTOURS = (0.5, 0.7, 0.9, 1.1)
LONGER = 1.5  # judgement: a detour is longer than drawings, rasters of some hundred metres, err
SOONER_MIN = 0.5  # judgement: minutes; less is another turn, more is another road
FIRST, ROUTED = 8, 500  # judgement: routes asked for, at first and at most
SAME_MIN = 0.5 / 60  # a matrix tells whole seconds
SHORTEST_MIN = 3.0  # judgement: a shorter drive may take as long at any hour
TOLD = {
    Oddity.DENIED: "{name} finds a route but no way in its matrix for {drives}",
    Oddity.CUT_SHORT: "{name} finds a route but no way in its matrix for {drives}",
    Oddity.DETOURED: "{name}'s matrix goes a long way round in {drives} that its route makes "
    "sooner",
    Oddity.DOUBTED: "{name}'s matrix goes a long way round in {drives} by its own drawing of "
    "the reach, so that their minutes are unknown",
    Oddity.UNTIMED: "{name}'s matrix takes the same minutes at any time of day, unlike its "
    "route, so that the departure changes nothing",
    Oddity.TIMELESS: "{name} takes the same minutes at any time of day, so that the departure "
    "changes nothing",
}


class Settled(NamedTuple):
    """Contested rows, and the minutes that their routes take: NaN where that is not known."""

    rows: Ints
    minutes: Floats


NONE = Settled(np.zeros(0, np.int64), np.zeros(0))


@dataclass(frozen=True)
class CrossChecks:
    """Of one service; nothing is kept. What fails while checking is no doubt of any row."""

    service: Denying
    send: SendRequest

    def check(
        self, home: Point, known: Answers, found: int, limits: Sequence[float], how: Driving
    ) -> tuple[Ints, list[str]]:
        """Which of the answers are known better now, and what to tell people.

        `known` gets the minutes, NaN where they are in doubt. `found`: how many drives its matrix
        denied that its route made. `limits`: with our traffic factor.
        """
        to = points_of(known["key"])
        limit = max(limits, default=0.0) / how.traffic
        rows, minutes = self.settle_detours(home, to, known["minutes"], limit, how)
        known["minutes"][rows] = minutes
        better = rows[np.isfinite(minutes)]
        seen = {
            Oddity.DETOURED: len(better),
            Oddity.DOUBTED: len(rows) - len(better),
        }
        if found:
            pruned = self.prunes(home, _at(to, 0), how)
            seen[Oddity.DENIED if pruned else Oddity.CUT_SHORT] = found
        timed = self.departure_oddity(home, to, known["minutes"], how)
        if timed:
            seen[timed] = 1
        return better, [self._tell(oddity, count) for oddity, count in seen.items() if count]

    def _tell(self, oddity: Oddity, count: int) -> str:
        words = TOLD[oddity].format(name=self.service.name, drives=count_words(count, "drive"))
        return f"{words}: {self.service.advice(oddity)}"

    def prunes(self, home: Point, end: Point, how: Driving) -> bool:
        """Whether the matrix of a drive leaves small roads out."""
        with suppress(BackendFailed):
            request = self.service.ask(home, Points.of([end]), how)
            return self.service.read(self.send(request), 1).pruned
        return False

    def settle_detours(
        self, home: Point, to: Points, minutes: Floats, limit: float, how: Driving
    ) -> Settled:
        """1. to 3. `minutes`, shape (n,), and `limit` without our traffic factor."""
        rows = _suspects(home, to, minutes, limit)
        if how.depart or len(rows) == 0 or not self.prunes(home, _at(to, rows[0]), how):
            return NONE
        with suppress(BackendFailed):
            rows = rows[self._contested(home, to[rows], minutes[rows], limit, how)]
            return self._settle(home, to, minutes, rows, how)
        return NONE

    def departure_oddity(
        self, home: Point, to: Points, minutes: Floats, how: Driving
    ) -> Oddity | None:
        """4. What is odd about the minutes at a departure; None where they depend on it."""
        longest = int(np.argmax(np.where(np.isfinite(minutes), minutes, -1))) if len(to) else 0
        if how.depart is None or not len(to) or not minutes[longest] >= SHORTEST_MIN:
            return None
        end, other = _at(to, longest), replace(how, depart=_half_a_day_off(how.depart))
        with suppress(BackendFailed):
            request = self.service.ask(home, Points.of([end]), other)
            (then,) = self.service.read(self.send(request), 1).minutes
            if not abs(then - minutes[longest]) < SAME_MIN:
                return None
            routes = [self._route(home, end, at).minutes for at in (how, other)]
            return Oddity.UNTIMED if abs(routes[0] - routes[1]) > SAME_MIN else Oddity.TIMELESS
        return None

    def _contested(
        self, home: Point, to: Points, minutes: Floats, limit: float, how: Driving
    ) -> Mask:
        """2. Of the suspects."""
        free, at = replace(how, traffic=1.0), [share * limit for share in CONTOURS]
        body = self.send(self.service.ask_shape(home, at, free))
        contested = np.zeros(len(to), bool)
        for feature in self.service.read_shape(body, at, free)["features"]:
            longer = minutes > LONGER * feature["properties"]["minutes"]
            contested |= longer & contains_xy(shape(feature["geometry"]), to.lon, to.lat)
        return contested

    def _settle(
        self, home: Point, to: Points, minutes: Floats, rows: Ints, how: Driving
    ) -> Settled:
        """3."""
        routed = np.full(len(rows), nan)
        pruned = False
        for i, row in enumerate(rows[:ROUTED].tolist()):
            if i == FIRST and not (minutes[rows] - routed > SOONER_MIN).any():
                break
            reply = self._route(home, _at(to, row), how)
            routed[i], pruned = reply.minutes, pruned or reply.pruned
        sooner = minutes[rows] - routed > SOONER_MIN
        told = sooner | pruned
        return Settled(rows[told], np.where(sooner, routed, nan)[told])

    def _route(self, home: Point, end: Point, how: Driving) -> RouteReply:
        return self.service.read_route(self.send(self.service.ask_route(home, end, how)))


def _at(points: Points, row: int) -> Point:
    return Point(float(points.lon[row]), float(points.lat[row]))


def _suspects(home: Point, to: Points, minutes: Floats, limit: float) -> Ints:
    """1. Rows, the nearest first."""
    at, least, _, _ = ESTIMATE.T
    miles = miles_between(home, to)
    over = (minutes > limit) & np.isfinite(minutes) & (interpolate(miles, at, least) <= limit)
    rows = np.flatnonzero(over)
    return rows[np.argsort(miles[rows], kind="stable")]


def _half_a_day_off(when: datetime) -> datetime:
    """On the same day."""
    return when.replace(hour=(when.hour + 12) % 24)
