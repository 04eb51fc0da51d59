"""openrouteservice's matrix, hosted or own.

https://giscience.github.io/openrouteservice/api-reference/endpoints/matrix/ The hosted one takes
3,500 drives in one request; an own server's limit is its `maximum_routes`.
"""

from dataclasses import dataclass, field
from typing import Any

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

HOSTED = "https://api.openrouteservice.org"
TOO_MANY = 6004  # "Request parameters exceed the server configuration limits"


@dataclass(frozen=True)
class OpenRouteService:
    """The matrix of its profile driving-car; ferries are used as the profile likes."""

    key: str = field(default="", repr=False)
    url: str = HOSTED
    name: str = "openrouteservice"
    most: int = 3499
    live: bool = False

    def check(self, how: Driving) -> None:
        """The matrix takes no features to avoid."""
        only_as_it_likes(how, self.name)

    def ask(self, home: Point, to: Points, how: Driving) -> Request:
        """The home base is location 0."""
        ends = [[home.lon, home.lat], *zip(to.lon.tolist(), to.lat.tolist(), strict=True)]
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
        """Seconds; null is no road."""
        said = spoken(body, self.name)
        if isinstance(said, dict) and "error" in said:
            raise self._refusal(said["error"])
        try:
            seconds = only_line(said["durations"])
        except (KeyError, IndexError, TypeError) as why:
            raise BackendDown(f"{self.name}'s matrix can't be read", backend=self.name) from why
        return Reply.of(minutes_of(seconds, n, self.name))

    def _refusal(self, error: Any) -> Refused:
        code = error.get("code", 0) if isinstance(error, dict) else 0
        words = error.get("message", error) if isinstance(error, dict) else error
        kind = Oversized if code == TOO_MANY else Refused
        return kind(f"{self.name} says: {words}", backend=self.name, code=int(code))
