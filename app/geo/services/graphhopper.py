"""GraphHopper's hosted Matrix API, profile car.

https://docs.graphhopper.com/#tag/Matrix-API How many locations one request may have depends on the
package; a request that has too many, or a point that no road is near, is asked again in halves.
GraphHopper's own open-source server has no matrix and is not supported.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from app.errors import BackendDown, Oversized, Refused
from app.geo.engines import Direction, Driving
from app.geo.points import Point, Points
from app.geo.services.base import (
    Reply,
    Request,
    minutes_of,
    only_as_it_likes,
    only_line,
    spoken,
)

HOSTED = "https://graphhopper.com/api/1"


@dataclass(frozen=True)
class GraphHopper:
    """Free-flow minutes; ferries are used as the profile likes."""

    key: str = field(default="", repr=False)
    url: str = HOSTED
    name: str = "graphhopper"
    most: int = 99
    live: bool = False

    def check(self, how: Driving) -> None:
        """The matrix of the profile car takes nothing to avoid."""
        only_as_it_likes(how, self.name)

    def ask(self, home: Point, to: Points, how: Driving) -> Request:
        """Longitude first, as the POST wants it; the key is the secret part."""
        homes = [[home.lon, home.lat]]
        ends = [[x, y] for x, y in zip(to.lon.tolist(), to.lat.tolist(), strict=True)]
        starts, goals = (homes, ends) if how.direction is Direction.OUT else (ends, homes)
        body = {"from_points": starts, "to_points": goals, "out_arrays": ["times"]}
        return Request(f"{self.url.rstrip('/')}/matrix", body, secret={"key": self.key})

    def read(self, body: bytes, n: int) -> Reply:
        """Seconds; null is no road."""
        said = spoken(body, self.name)
        if isinstance(said, dict) and "message" in said:
            return self._refused(str(said["message"]), n)
        try:
            seconds = only_line(said["times"])
        except (KeyError, IndexError, TypeError) as why:
            raise BackendDown(f"{self.name}'s matrix can't be read", backend=self.name) from why
        return Reply.of(minutes_of(seconds, n, self.name))

    def _refused(self, words: str, n: int) -> Reply:
        """One point that can't be placed or reached spoils a request; alone it is that one."""
        one_bad = "Cannot find" in words or "not find point" in words
        unreached = "Connection between" in words
        if (one_bad or unreached) and n == 1:
            return Reply.of(np.array([math.inf if unreached else math.nan]))
        too_many = "limit" in words.casefold() or "too many" in words.casefold()
        kind = Oversized if one_bad or unreached or too_many else Refused
        raise kind(f"graphhopper says: {words}", backend=self.name, code=400)
