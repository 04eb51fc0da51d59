"""openrouteservice's matrix, hosted or own.

https://giscience.github.io/openrouteservice/api-reference/endpoints/matrix/ and, for the codes,
https://giscience.github.io/openrouteservice/api-reference/error-codes

Drives in one request: 3,500 hosted (https://openrouteservice.org/restrictions/); an own server's
`maximum_routes`, 2,500 unless set, is not told, so it is asked for less where that is too much
(https://giscience.github.io/openrouteservice/run-instance/configuration/ors/endpoints/matrix).

Nothing can be left out of a matrix: `avoid_features` is not among its documented parameters
(https://github.com/GIScience/openrouteservice/issues/1164).
"""

import math
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
from app.geo.points import Floats, Point, Points

HOSTED = "https://api.openrouteservice.org"
TOO_MANY = 6004  # "Parameter value exceeds the maximum allowed limit"
NOT_FOUND = 6010  # "Point not found": one of them, or several, outside the server's map


@dataclass(frozen=True)
class OpenRouteService:
    """The matrix of its profile driving-car; ferries are used as the profile likes."""

    key: str = field(default="", repr=False)
    url: str = HOSTED
    name: str = "openrouteservice"
    most: int = 3500
    live: bool = False

    def check(self, how: Driving) -> None:
        """The matrix takes no features to avoid and no time."""
        only_as_it_likes(how, self.name)
        refuse_departure(how, self.name)

    def ask(self, home: Point, to: Points, how: Driving) -> Request:
        """The home base is location 0."""
        ends = [(home.lon, home.lat), *to.pairs()]
        others = list(range(1, len(ends)))
        out = how.direction is Direction.OUT
        body: dict[str, Any] = {
            "locations": [list(end) for end in ends],
            "sources": [0] if out else others,
            "destinations": others if out else [0],
            "metrics": ["duration"],
        }
        headers = {"authorization": self.key} if self.key else {}
        return Request(f"{self.url.rstrip('/')}/v2/matrix/driving-car", body, headers)

    def read(self, body: bytes, n: int) -> Reply:
        """Seconds, null is no road; `snapped_distance` of an end is metres to its road.

        NaN for a point that it finds no road near to. Where it reaches none of several it is not
        believed: one point without a way has made all others null
        (https://github.com/GIScience/openrouteservice/issues/1785). Of a single drive it can't be
        told which end is the home base, so how far they are off the road stays unknown.
        """
        said = parse_json(body, self.name)
        if isinstance(said, dict) and "error" in said:
            return self._refused(said["error"], n)
        with reading_reply(self.name, "matrix"):
            table = said["durations"]
            sides = said.get("sources"), said.get("destinations")
            homes, ends = sides if len(table) == 1 else sides[::-1]
            at_home, off = float(_off_road(homes, 1)[0]), _off_road(ends, n)
            minutes = minutes_of(only_line(table), n, self.name)
        return _one(minutes, off, at_home) if n == 1 else self._several(minutes, off, at_home)

    def _several(self, minutes: Floats, off: Floats, at_home: float) -> Reply:
        if math.isinf(at_home):
            raise home_refusal(self.name, NOT_FOUND)
        if not np.isfinite(minutes).any():
            raise Spoilt(f"{self.name} reaches none of them", backend=self.name, code=NOT_FOUND)
        unplaced = np.isinf(off)
        minutes[unplaced] = np.nan
        return Reply(minutes, np.where(unplaced, np.nan, off), at_home)

    def _refused(self, error: Any, n: int) -> Reply:
        """Of several points one outside the map spoils the request; alone it is that one."""
        code = error.get("code") if isinstance(error, dict) else 0
        words = error.get("message") if isinstance(error, dict) else error
        if code == NOT_FOUND and n == 1:
            return Reply.of(np.array([np.nan]))
        kind = Oversized if code == TOO_MANY else Spoilt if code == NOT_FOUND else Refused
        number = code if isinstance(code, int) else 0
        raise kind(f"{self.name} says: {words}", backend=self.name, code=number)


def _one(minutes: Floats, off: Floats, at_home: float) -> Reply:
    unplaced = math.isinf(at_home) or math.isinf(off[0])
    return Reply.of(np.array([np.nan]) if unplaced else minutes)


def _off_road(ends: Any, n: int) -> Floats:
    """Metres to the road, shape (n,); inf where an end is null (no road near), NaN where unsaid.

    Servers have listed the other side's ends, so that a list of another length says nothing
    (https://github.com/GIScience/openrouteservice/issues/560).
    """
    if not isinstance(ends, list) or len(ends) != n:
        return np.full(n, np.nan)
    return np.array(
        [math.inf if end is None else end.get("snapped_distance", np.nan) for end in ends],
        np.float64,
    )
