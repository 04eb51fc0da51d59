"""Google's Routes API, computeRouteMatrix: without traffic, or with the traffic of a departure.

https://developers.google.com/maps/documentation/routes/compute_route_matrix At most 625 drives in
one request, whether it looks at the traffic or not (TRAFFIC_AWARE); a departure is RFC 3339 and not
in the past. Answers shown to people must say "Powered by Google".
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.errors import BackendDown, Refused
from app.geo.driving.engine import Direction, Driving
from app.geo.driving.services.service import Reply, check_departure, parse_json, reading_reply
from app.geo.http.request import Request
from app.geo.points import Point, Points

HOSTED = "https://routes.googleapis.com"
FIELDS = "originIndex,destinationIndex,status,condition,duration,staticDuration"


@dataclass(frozen=True)
class Google:
    """Free-flow minutes; at a departure those with the forecast traffic and the free-flow ones."""

    key: str = field(default="", repr=False)
    url: str = HOSTED
    name: str = "google"
    most: int = 625
    live: bool = False

    def check(self, how: Driving) -> None:
        """It can be asked for every way of driving, at a time with its offset."""
        check_departure(how, self.name, offset=True, both=True)

    def ask(self, home: Point, to: Points, how: Driving) -> Request:
        """What is to be avoided goes with each origin."""
        avoid = {
            name: True
            for name, wanted in (
                ("avoidTolls", how.tolls),
                ("avoidHighways", how.highways),
                ("avoidFerries", how.ferries),
            )
            if not wanted
        }
        homes = [_waypoint(home.lon, home.lat)]
        ends = [_waypoint(lon, lat) for lon, lat in to.pairs()]
        origins, destinations = (homes, ends) if how.direction is Direction.OUT else (ends, homes)
        body: dict[str, Any] = {
            "origins": [end | {"routeModifiers": avoid} for end in origins],
            "destinations": destinations,
            "travelMode": "DRIVE",
            "routingPreference": "TRAFFIC_AWARE" if how.depart else "TRAFFIC_UNAWARE",
        }
        if how.depart:
            body["departureTime"] = how.depart.isoformat(timespec="seconds")
        headers = {"X-Goog-Api-Key": self.key, "X-Goog-FieldMask": FIELDS}
        url = f"{self.url.rstrip('/')}/distanceMatrix/v2:computeRouteMatrix"
        return Request(url, body, headers)

    def read(self, body: bytes, n: int) -> Reply:
        """One element for each drive, in any order; indices that are 0 may be left out."""
        said = parse_json(body, self.name)
        first = said[0] if isinstance(said, list) and said else said
        error = first.get("error") if isinstance(first, dict) else None
        if error:
            raise Refused(
                f"google says: {error.get('status', '')} {error.get('message', '')}".strip(),
                backend=self.name,
                code=int(error.get("code", 0)),
            )
        if not isinstance(said, list) or len(said) != n:
            raise BackendDown(f"asked {self.name} for {n} drives, got others", backend=self.name)
        minutes, free = np.full(n, np.nan), np.full(n, np.nan)
        with reading_reply(self.name, "matrix"):
            for element in said:
                at = max(element.get("originIndex", 0), element.get("destinationIndex", 0))
                minutes[at] = _minutes(element, "duration")
                if "staticDuration" in element:
                    free[at] = _minutes(element, "staticDuration")
            free[np.isinf(minutes)] = math.inf
        return Reply(minutes, np.full(n, np.nan), free=free)


def _waypoint(lon: float, lat: float) -> dict[str, Any]:
    return {"waypoint": {"location": {"latLng": {"latitude": lat, "longitude": lon}}}}


def _minutes(element: dict[str, Any], which: str) -> float:
    """Infinite where there is no route, NaN where that one element failed."""
    if element.get("status", {}).get("code", 0):
        return math.nan
    if element.get("condition") == "ROUTE_NOT_FOUND":
        return math.inf
    return float(element[which].removesuffix("s")) / 60
