"""A Valhalla elsewhere, asked for its matrix: the words of valhalla_api.py over the network.

https://valhalla.github.io/valhalla/api/matrix/api-reference/ Driving back, each point is a request
of its own: 3.9.1's many-to-one timedistancematrix does not agree with its own one-to-one answers
(see valhalla_api.matrix_minutes), and a matrix of more sources than targets drops the time of
departure. Only tiles with predicted or live speeds make a time matter; a server does not tell
whether it has them, so that it is tried (cross_checks.py).
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.errors import Oversized, Refused, Spoilt, TooFarApart
from app.geo.driving import valhalla_api
from app.geo.driving.engine import Direction, Driving
from app.geo.driving.services.service import (
    Oddity,
    Reply,
    RouteReply,
    check_departure,
    reading_reply,
)
from app.geo.http.request import Request
from app.geo.points import Point, Points

TOO_MANY = 150  # "Exceeded max locations", in Valhalla's own table of error codes
# One point for which it refuses a whole matrix; alone it is not known, but where no way leads.
ONE_BAD = valhalla_api.NO_WAY | valhalla_api.NO_ROAD_NEAR | valhalla_api.TOO_FAR_APART

MENDS = {
    Oddity.DENIED: "thor.costmatrix.allow_second_pass in its settings, or "
    "source_to_target_algorithm timedistancematrix, mends that",
    Oddity.CUT_SHORT: "a larger service_limits.auto.max_matrix_distance in its settings mends that",
    Oddity.DETOURED: "thor.source_to_target_algorithm timedistancematrix mends that",
    Oddity.DOUBTED: "thor.source_to_target_algorithm timedistancematrix in its settings, or "
    "service_limits.max_distance_disable_hierarchy_culling for its routes, mends that",
    Oddity.UNTIMED: "service_limits.max_timedep_distance_matrix in its settings mends that",
    Oddity.TIMELESS: "valhalla_add_predicted_traffic gives its tiles such speeds",
}


@dataclass(frozen=True)
class RemoteValhalla:
    """The server at `url`.

    A server that refuses a whole matrix for one bad point (no road near, no way there, farther off
    than service_limits.auto.max_matrix_distance, 400 km by default) is asked for less at once until
    that point stands alone.
    """

    url: str
    name: str = "valhalla"
    most: int = 2400  # service_limits.auto.max_matrix_location_pairs is 2,500 by default
    live: bool = False

    def check(self, how: Driving) -> None:
        """It can be asked for every way of driving; at a time of day for those minutes alone."""
        if how.depart:
            check_departure(how, self.name)

    def at_once(self, how: Driving) -> int:
        """One at a time driving back."""
        return 1 if how.direction is Direction.BACK else self.most

    def ask(self, home: Point, to: Points, how: Driving) -> Request:
        """A matrix of one row; driving back, of one cell. The clock is that of the start."""
        return self._request("sources_to_targets", valhalla_api.ask_matrix(home, to, how), how)

    def advice(self, oddity: Oddity) -> str:
        """The setting that mends it."""
        return f"{MENDS[oddity]} (docs/engines.md)"

    def ask_route(self, home: Point, end: Point, how: Driving) -> Request:
        """One drive; it may lead over private roads and parking aisles to get there."""
        return self._request("route", valhalla_api.ask_route(home, end, how), how)

    def read_route(self, body: bytes) -> RouteReply:
        """Its minutes, and whether it was willing to look at small roads everywhere."""
        return RouteReply(valhalla_api.read_route(body), valhalla_api.is_route_pruned(body))

    def ask_shape(self, home: Point, at: Sequence[float], how: Driving) -> Request:
        """Its isochrones: by default four at once and two hours at most."""
        return self._request("isochrone", valhalla_api.ask_shape(home, at, how), how)

    def read_shape(self, body: bytes, at: Sequence[float], how: Driving) -> Mapping[str, Any]:
        """Polygons alone, each with its minutes."""
        with reading_reply(self.name, "shape"):
            return valhalla_api.read_shape(body, at, how)

    def read(self, body: bytes, n: int) -> Reply:
        """Seconds; inf where no way leads, NaN where no road is near or it is too far off."""
        try:
            reply = Reply.of(valhalla_api.read_matrix(body, n))
            return replace(reply, pruned=not valhalla_api.is_exhaustive(body))
        except Refused as why:
            if n == 1 and why.code in ONE_BAD:
                unreached = math.inf if why.code in valhalla_api.NO_WAY else math.nan
                return Reply.of(np.array([unreached]))
            raise self._refusal(why) from why

    def _request(self, path: str, body: Mapping[str, Any], how: Driving) -> Request:
        return Request(f"{self.url.rstrip('/')}/{path}", {**body, **_departure(how)})

    def _refusal(self, why: Refused) -> Refused:
        """Of several points: whether fewer would do, and which."""
        said = re.search(r"limit: (\d+) meters", str(why))
        if why.code in valhalla_api.TOO_FAR_APART and said:
            most_m = float(said[1])
            return TooFarApart(str(why), backend=self.name, code=why.code, most_m=most_m)
        kind = Spoilt if why.code in ONE_BAD else Oversized if why.code == TOO_MANY else Refused
        return kind(str(why), backend=self.name, code=why.code)


def _departure(how: Driving) -> dict[str, Any]:
    """The clock at the start, where one leaves at a time of day."""
    if not how.depart:
        return {}
    return {"date_time": {"type": 1, "value": f"{how.depart:%Y-%m-%dT%H:%M}"}}
