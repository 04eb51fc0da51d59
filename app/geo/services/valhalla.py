"""A Valhalla elsewhere, asked for its matrix: the words of wire.py over the network.

https://valhalla.github.io/valhalla/api/matrix/api-reference/
"""

import math
from dataclasses import dataclass

import numpy as np

from app.errors import Oversized, Refused
from app.geo import wire
from app.geo.engines import Driving
from app.geo.points import Point, Points
from app.geo.services.base import Reply, Request

# "Exceeded max locations", and the like of the matrix (error codes of Valhalla's own table).
TOO_MANY = frozenset({150, 154})


@dataclass(frozen=True)
class RemoteValhalla:
    """The server at `url`.

    A server that refuses a whole matrix for one bad point (no road near, no way there) is asked
    for less at once until that point stands alone.
    """

    url: str
    name: str = "valhalla"
    most: int = 2400  # service_limits.auto.max_matrix_location_pairs is 2,500 by default
    live: bool = False

    def check(self, how: Driving) -> None:
        """It can be asked for every way of driving."""

    def ask(self, home: Point, to: Points, how: Driving) -> Request:
        """A matrix of one row; driving back, of one column."""
        url = f"{self.url.rstrip('/')}/sources_to_targets"
        return Request(url, wire.ask_matrix(home, to, how))

    def read(self, body: bytes, n: int) -> Reply:
        """Seconds; inf where no way leads, NaN where no road is near."""
        try:
            return Reply.of(wire.read_matrix(body, n))
        except Refused as why:
            one_bad = why.code in wire.NO_WAY | wire.NO_ROAD_NEAR
            if why.code in TOO_MANY or (one_bad and n > 1):
                raise Oversized(str(why), backend=self.name, code=why.code) from why
            if one_bad:
                unreached = math.inf if why.code in wire.NO_WAY else math.nan
                return Reply.of(np.array([unreached]))
            raise
