"""Mapbox's Matrix API, profile mapbox/driving, or mapbox/driving-traffic at a time of day.

https://docs.mapbox.com/api/navigation/matrix/ At most 25 coordinates in one request, 10 with
traffic (https://docs.mapbox.com/cli/reference/matrix/); billed by the drive. It can't leave
out tolls, motorways or ferries. `depart_at` is the local time of the start, now or later
(https://www.rdocumentation.org/packages/mapboxapi/versions/0.6.2/topics/mb_matrix).
"""

import math
from dataclasses import dataclass, field

import numpy as np

from app.errors import Refused
from app.geo.driving.engine import Direction, Driving
from app.geo.driving.services.service import (
    Reply,
    check_departure,
    minutes_of,
    only_as_it_likes,
    only_line,
    parse_json,
    reading_reply,
)
from app.geo.http.request import Request
from app.geo.points import Point, Points

HOSTED = "https://api.mapbox.com"
MOST_WITH_TRAFFIC = 9  # and the home base


@dataclass(frozen=True)
class Mapbox:
    """Minutes without traffic, or at a departure those with it; ferries as the profile likes."""

    key: str = field(default="", repr=False)
    url: str = HOSTED
    name: str = "mapbox"
    most: int = 24
    live: bool = False

    def check(self, how: Driving) -> None:
        """The matrix takes nothing to avoid."""
        only_as_it_likes(how, self.name)
        if how.depart:
            check_departure(how, self.name)

    def at_once(self, how: Driving) -> int:
        """Fewer with traffic."""
        return min(self.most, MOST_WITH_TRAFFIC) if how.depart else self.most

    def ask(self, home: Point, to: Points, how: Driving) -> Request:
        """Coordinates in the address, the home base first; the token is the secret part."""
        ends = [(home.lon, home.lat), *to.pairs()]
        others = ";".join(str(i) for i in range(1, len(ends)))
        sides = ("sources", "destinations")
        one, many = sides if how.direction is Direction.OUT else sides[::-1]
        path = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in ends)
        profile, when = "driving", ""
        if how.depart:
            profile, when = "driving-traffic", f"&depart_at={how.depart:%Y-%m-%dT%H:%M}"
        url = (
            f"{self.url.rstrip('/')}/directions-matrix/v1/mapbox/{profile}/{path}"
            f"?{one}=0&{many}={others}&annotations=duration{when}"
        )
        return Request(url, secret={"access_token": self.key})

    def read(self, body: bytes, n: int) -> Reply:
        """Seconds; null is no road. `distance` of an end is metres to the road it was put on.

        Of a single drive it can't be told which end is the home base: the farther off the road
        counts as the point.
        """
        said = parse_json(body, self.name)
        if not isinstance(said, dict) or said.get("code") != "Ok":
            words = said.get("message", said.get("code")) if isinstance(said, dict) else "?"
            raise Refused(f"mapbox says: {words}", backend=self.name, code=400)
        with reading_reply(self.name, "matrix"):
            table = said["durations"]
            one_row = len(table) == 1
            seconds = only_line(table)
            ends = said["destinations" if one_row else "sources"]
            homes = said["sources" if one_row else "destinations"]
            off = np.array([end.get("distance", np.nan) for end in ends], np.float64)
            at_home = float(homes[0].get("distance", np.nan))
        if n == 1:
            off, at_home = np.fmax(off, at_home), math.nan
        return Reply(minutes_of(seconds, n, self.name), off, at_home)
