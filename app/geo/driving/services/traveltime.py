"""TravelTime's time-filter: drives of up to four hours at a time of day, traffic included.

https://docs.traveltime.com/api/reference/travel-time-distance-matrix At most 2,000 points in one
request. It can't be asked to leave out tolls, motorways or ferries.
"""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from app.errors import BackendDown, BadQuestion, Refused
from app.geo.driving.engine import Direction, Driving
from app.geo.driving.services.service import (
    Reply,
    check_departure,
    only_as_it_likes,
    parse_json,
    reading_reply,
)
from app.geo.http.request import Request
from app.geo.points import Point, Points

HOSTED = "https://api.traveltimeapp.com"
LONGEST_S = 14_400


@dataclass(frozen=True)
class TravelTime:
    """`app_id` and `key` as its account names them; one leaves now unless a departure is asked for.

    A point that can't be reached within four hours counts as one that no road leads to.
    """

    key: str = field(default="", repr=False)
    app_id: str = field(default="", repr=False)
    url: str = HOSTED
    name: str = "traveltime"
    most: int = 1999
    live: bool = True

    def check(self, how: Driving) -> None:
        """Time-filter takes nothing to avoid, and many starts only with the time of arrival."""
        only_as_it_likes(how, self.name)
        check_departure(how, self.name, offset=True)
        if how.depart and how.direction is Direction.BACK:
            raise BadQuestion(
                "depart: traveltime looks for drives back to the home base by when one arrives; "
                "ask for direction out, or leave the time out for now",
                field="depart",
            )

    def ask(self, home: Point, to: Points, how: Driving) -> Request:
        """Locations are numbered, the home base is "home"."""
        places = [_place("home", home.lon, home.lat)]
        places += [_place(str(i), lon, lat) for i, (lon, lat) in enumerate(to.pairs())]
        others = [place["id"] for place in places[1:]]
        when = (how.depart or datetime.now(UTC)).isoformat(timespec="seconds")
        search: dict[str, Any] = {
            "id": "drives",
            "transportation": {"type": "driving"},
            "travel_time": LONGEST_S,
            "properties": ["travel_time"],
        }
        if how.direction is Direction.OUT:
            search |= {"departure_location_id": "home", "arrival_location_ids": others}
            searches = {"departure_searches": [search | {"departure_time": when}]}
        else:
            search |= {"arrival_location_id": "home", "departure_location_ids": others}
            searches = {"arrival_searches": [search | {"arrival_time": when}]}
        headers = {"X-Application-Id": self.app_id, "X-Api-Key": self.key}
        url = f"{self.url.rstrip('/')}/v4/time-filter"
        return Request(url, {"locations": places, **searches}, headers)

    def read(self, body: bytes, n: int) -> Reply:
        """Seconds by id; every id is either among the locations or unreachable."""
        said = parse_json(body, self.name)
        if isinstance(said, dict) and "error_code" in said:
            words = said.get("description", "")
            raise Refused(
                f"traveltime says: {words}", backend=self.name, code=int(said["error_code"])
            )
        minutes = np.full(n, np.nan)
        with reading_reply(self.name, "answer"):
            (found,) = said["results"]
            for place in found["locations"]:
                minutes[int(place["id"])] = place["properties"][0]["travel_time"] / 60
            for gone in found["unreachable"]:
                minutes[int(gone)] = math.inf
        if np.isnan(minutes).any():
            raise BackendDown(f"{self.name} answered for other points", backend=self.name)
        return Reply.of(minutes)


def _place(name: str, lon: float, lat: float) -> dict[str, Any]:
    return {"id": name, "coords": {"lat": lat, "lng": lon}}
