"""Where in the United States a ZIP code's or a state's ground lies, as boxes: no map is asked.

zip_areas.csv has the box of each first three digits of a ZIP code in each state, of the `zipcodes`
package's codes (`python -m tests.lists.zip_areas`): it is read in a millisecond, their own table in
a second.
"""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from app.geo.addresses.states import state_of
from app.geo.points import METRES_PER_MILE, great_circle_metres

TABLE = Path(__file__).with_name("zip_areas.csv")


class Box(NamedTuple):
    """Degrees; west is less than east."""

    south: float
    north: float
    west: float
    east: float

    def joined(self, other: "Box") -> "Box":
        """The box around both."""
        low, high = np.minimum(self, other), np.maximum(self, other)
        return Box(float(low[0]), float(high[1]), float(low[2]), float(high[3]))

    def miles_to(self, lat: float, lon: float) -> float:
        """Miles from its nearest side to a point; 0 inside."""
        near_lon, near_lat = np.clip(lon, *self[2:]), np.clip(lat, *self[:2])
        return float(great_circle_metres(lon, lat, near_lon, near_lat)) / METRES_PER_MILE


def miles_astray(lat: float, lon: float, postcode: str, state: str) -> float | None:
    """Miles from the point to the ground of its ZIP code or of its state, whichever is nearer.

    None where neither is one of the United States'.
    """
    boxes = [_boxes().get(key) for key in (postcode[:3], state_of(state))]
    miles = [box.miles_to(lat, lon) for box in boxes if box]
    return min(miles, default=None)


@cache
def _boxes() -> dict[str, Box]:
    """The boxes by the first three digits, and by the state."""
    boxes: dict[str, Box] = {}
    with TABLE.open(encoding="utf-8", newline="") as file:
        for area, state, *sides in csv.reader(file):
            box = Box(*map(float, sides))
            for key in (area, state):
                boxes[key] = boxes[key].joined(box) if key in boxes else box
    return boxes
