"""OSRM's table service, own or hosted.

https://project-osrm.org/docs/v5.24.0/api/#table-service

A server answers for the profile it was built with, and refuses more points at once than its
`--max-table-size` (100 unless set), which it does not tell beforehand: it is asked for less then.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from app.errors import BackendDown, BadQuestion, Oversized, Refused
from app.geo.driving.engine import Direction, Driving
from app.geo.driving.services.service import (
    Reply,
    minutes_of,
    parse_json,
    reading_reply,
    refuse_departure,
)
from app.geo.http.request import Request
from app.geo.points import Point, Points


@dataclass(frozen=True)
class Osrm:
    """The service at `url` ("http://127.0.0.1:5000")."""

    url: str
    name: str = "osrm"
    most: int = 1000
    live: bool = False

    def check(self, how: Driving) -> None:
        """OSRM leaves out one class of roads at a time, ferries first, and knows no time of day."""
        for wanted, field in ((how.tolls, "tolls"), (how.highways, "highways")):
            if not wanted:
                raise BadQuestion(
                    f"{field}: OSRM leaves out one kind of road at a time, and ferries are left "
                    "out already; give --ferries and a server whose profile leaves out "
                    f"{field}, or another engine",
                    field=field,
                )
        refuse_departure(how, self.name)

    def ask(self, home: Point, to: Points, how: Driving) -> Request:
        """All coordinates in the address, as the service wants them; the home base first."""
        pairs = [(home.lon, home.lat), *to.pairs()]
        ends = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in pairs)
        home_is = "sources" if how.direction is Direction.OUT else "destinations"
        without = "" if how.ferries else "&exclude=ferry"
        path = f"/table/v1/driving/{ends}?{home_is}=0{without}"
        return Request(self.url.rstrip("/") + path)

    def read(self, body: bytes, n: int) -> Reply:
        """Row 0 of the durations in seconds, or its column 0 driving back; null is no road."""
        said = parse_json(body, self.name)
        if not isinstance(said, dict):
            raise BackendDown("osrm answers nonsense", backend=self.name)
        if said.get("code") != "Ok":
            raise _refusal(said)
        with reading_reply(self.name, "table"):
            table = said["durations"]
            one_row = len(table) == 1
            seconds = table[0][1:] if one_row else [row[0] for row in table[1:]]
            ends = said["destinations" if one_row else "sources"]
            home = said["sources" if one_row else "destinations"][0]
            off = np.array([end["distance"] for end in ends[1:]], np.float64)
            at_home = float(home["distance"])
        return Reply(minutes_of(seconds, n, self.name), off, at_home)


def _refusal(said: dict[str, Any]) -> Refused:
    code, words = str(said.get("code", "")), str(said.get("message", ""))
    if code == "InvalidValue":
        words += "; where its profile can't leave out ferries, ask with --ferries"
    kind = Oversized if code == "TooBig" else Refused
    return kind(f"osrm says: {code} {words}".strip(), backend="osrm", code=400)
