"""The circle around a home base that a map is chosen for and cut to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shapely.geometry.base import BaseGeometry

from app.errors import BadQuestion
from app.geo.points import METRES_PER_MILE, Point
from app.geo.regions.region import circle_around

# A circle of so many miles stands for a limit of as many minutes: a straight mile a minute is more
# than roads allow (wiring/ground.py counts alike).
MILES_PER_MINUTE = 1.0
# No road is faster to Valhalla: kMaxAssumedSpeed in baldr/graphconstants.h, 140 km/h.
_TOP_MILES_PER_MINUTE = 140_000 / 60 / METRES_PER_MILE
# Valhalla guesses the speed of a road without one by how many roads are near (kDensityRadius in
# mjolnir/graphenhancer.cc, 2 km); another one is for the road's end in the next of its tiles' bins.
_SEEN_AROUND_M = 3_000.0


@dataclass(frozen=True, slots=True)
class Circle:
    """Everything within so many miles of a home base.

    margin_m: how much farther the map is cut. A drive of at most as many minutes as the circle has
    miles stays inside it: who goes to a place in the circle by way of a point e miles outside has
    driven the radius and e outwards and e at least back, so that
    radius + 2 e <= top speed * radius, e <= 0.225 radius (13.5 miles for 60). The minutes of a
    longer drive to a place in the circle may be more than the whole map's.
    """

    home: Point
    miles: float

    def __post_init__(self) -> None:
        if not 0 < self.miles <= 500:
            raise BadQuestion(f"miles: {self.miles:g} is not from 0 to 500", field="miles")

    @property
    def ground(self) -> BaseGeometry:
        """Its outline, in degrees."""
        return circle_around(self.home, self.miles)

    @property
    def margin_m(self) -> float:
        """How far beyond it a drive within it may lead, in metres."""
        outside = (_TOP_MILES_PER_MINUTE / MILES_PER_MINUTE - 1) / 2 * self.miles
        return outside * METRES_PER_MILE + _SEEN_AROUND_M

    @property
    def cut_m(self) -> float:
        """The radius that the map is cut by, in metres."""
        return self.miles * METRES_PER_MILE + self.margin_m

    def document(self) -> dict[str, Any]:
        """As a manifest and a plan have it."""
        lon, lat = self.home.lon, self.home.lat
        return {"lon": lon, "lat": lat, "miles": self.miles, "margin_m": round(self.margin_m)}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Circle":
        """The circle of a manifest."""
        return cls(Point(document["lon"], document["lat"]), document["miles"])
