"""GraphHopper: the hosted Matrix API, and the routes of an own server.

Matrix: https://docs.graphhopper.com/openapi/matrices and, in full,
https://github.com/graphhopper/directions-api-doc/blob/master/spec/openapi.yaml (MatrixRequest,
MatrixResponse, GHError). Locations in one request, by package: 5 free (not for commercial use), 30
basic, 80 standard, 200 premium (https://docs.graphhopper.com/).

The open-source server has no matrix (https://github.com/graphhopper/graphhopper/issues/131): it is
asked for the route to each point
(https://github.com/graphhopper/graphhopper/blob/master/docs/web/api-doc.md). Its `/spt` tells the
minutes to the junctions of the roads and not to points between them: a guess near a limit.

Neither takes roads to leave out: the matrix has no `custom_model`, and of an own server a profile
has to leave them out.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.errors import Oversized, Refused, Spoilt
from app.geo.driving.engine import Direction, Driving
from app.geo.driving.services.service import (
    Reply,
    home_refusal,
    minutes_of,
    only_as_it_likes,
    only_line,
    parse_json,
    reading_reply,
    refuse_departure,
)
from app.geo.http.request import Request
from app.geo.points import Point, Points

HOSTED = "https://graphhopper.com/api/1"
PROFILE = "car"


@dataclass(frozen=True)
class GraphHopper:
    """Free-flow minutes of the hosted matrix; ferries are used as the profile likes.

    `most` is what the basic package allows besides the home base; where a package allows less it
    is asked for less, in halves.
    """

    key: str = field(default="", repr=False)
    url: str = HOSTED
    name: str = "graphhopper"
    most: int = 29
    live: bool = False

    def check(self, how: Driving) -> None:
        """The matrix of the profile car takes nothing to avoid and no time."""
        only_as_it_likes(how, self.name)
        refuse_departure(how, self.name)

    def ask(self, home: Point, to: Points, how: Driving) -> Request:
        """Longitude first, as the POST wants it; the key is the secret part."""
        homes = [[home.lon, home.lat]]
        ends = [[lon, lat] for lon, lat in to.pairs()]
        starts, goals = (homes, ends) if how.direction is Direction.OUT else (ends, homes)
        body = {
            "from_points": starts,
            "to_points": goals,
            "out_arrays": ["times"],
            "profile": PROFILE,
            "fail_fast": False,
        }
        return Request(f"{self.url.rstrip('/')}/matrix", body, secret={"key": self.key})

    def read(self, body: bytes, n: int) -> Reply:
        """Seconds, null is no road; NaN for the points that `hints` says were not found.

        How far off the road a point is, it does not tell. Raises Refused where it is the home base
        that was not found.
        """
        said = parse_json(body, self.name)
        if isinstance(said, dict) and "message" in said:
            return self._refused(said, n)
        with reading_reply(self.name, "matrix"):
            table = said["times"]
            sides = _lost(said, "from"), _lost(said, "to")
            homes, ends = sides if len(table) == 1 else sides[::-1]
            minutes = minutes_of(only_line(table), n, self.name)
            minutes[ends] = np.nan
        if homes and n > 1:
            raise home_refusal(self.name, 400)
        return Reply.of(np.full(n, np.nan) if homes else minutes)

    def _refused(self, said: Mapping[str, Any], n: int) -> Reply:
        """One point that can't be placed or reached may spoil a request; alone it is that one.

        "Cannot find from_points: 1", in the message or in its hints:
        https://github.com/graphhopper/directions-api/issues/17. "Too many locations for ...":
        https://graphhopper.freshdesk.com/support/solutions/articles/44001038156
        """
        words = _words(said)
        lost, unreached = "Cannot find" in words, "Connection between" in words
        if (lost or unreached) and n == 1:
            return Reply.of(np.array([math.nan if lost else math.inf]))
        kind = Spoilt if lost or unreached else Refused
        kind = Oversized if "Too many locations" in words else kind
        raise kind(f"{self.name} says: {words}", backend=self.name, code=400)


@dataclass(frozen=True)
class OwnGraphHopper:
    """Free-flow minutes of the open-source server at `url`, route by route."""

    url: str
    key: str = field(default="", repr=False)
    name: str = "graphhopper"
    most: int = 1
    live: bool = False

    def check(self, how: Driving) -> None:
        """The profile car takes nothing to avoid and no time."""
        only_as_it_likes(how, self.name)
        refuse_departure(how, self.name)

    def ask(self, home: Point, to: Points, how: Driving) -> Request:
        """Latitude first, as the GET wants it, and of the route its time alone."""
        ends = [f"point={home.lat:.6f},{home.lon:.6f}", f"point={to.lat[0]:.6f},{to.lon[0]:.6f}"]
        if how.direction is Direction.BACK:
            ends.reverse()
        query = f"profile={PROFILE}&{'&'.join(ends)}&calc_points=false&instructions=false"
        secret = {"key": self.key} if self.key else None
        return Request(f"{self.url.rstrip('/')}/route?{query}", secret=secret)

    def read(self, body: bytes, n: int) -> Reply:
        """Milliseconds; inf where no road joins them, NaN where it can't place one of them.

        How far off the road a point is, it can't say without the points.
        """
        said = parse_json(body, self.name)
        if isinstance(said, dict) and "message" in said:
            return self._refused(_words(said))
        with reading_reply(self.name, "route"):
            seconds = [path["time"] / 1000 for path in said["paths"][:1]]
        return Reply.of(minutes_of(seconds, n, self.name))

    def _refused(self, words: str) -> Reply:
        """By the words of https://github.com/graphhopper/graphhopper.

        See its ConnectionNotFoundException, PointNotFoundException, PointOutOfBoundsException.
        """
        if "Connection between" in words:
            return Reply.of(np.array([math.inf]))
        if "Cannot find point" in words or "out of bounds" in words:
            return Reply.of(np.array([math.nan]))
        raise Refused(f"{self.name} says: {words}", backend=self.name, code=400)


def _lost(said: Mapping[str, Any], side: str) -> list[int]:
    """Which of the points of a side ("from", "to") were not found."""
    name = f"invalid_{side}_points"
    return [int(i) for hint in said.get("hints") or () for i in hint.get(name) or ()]


def _words(said: Mapping[str, Any]) -> str:
    """The message and those of its hints that say something else."""
    hints = said.get("hints")
    listed = hints if isinstance(hints, list) else []
    also = [hint.get("message") for hint in listed if isinstance(hint, dict)]
    return "; ".join(dict.fromkeys(str(w) for w in (said.get("message"), *also) if w))
