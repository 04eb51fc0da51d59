"""Places that a house number comes to, each with the metres that it may be off."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.geo.geocoding.gazetteer.file import (
    HELD,
    SCALE,
    House,
    plane_metres,
    unpack_degrees,
)
from app.geo.geocoding.geocoder import Accuracy
from app.geo.points import METRES_PER_DEGREE, Floats

# Radii in metres that hold 95 % of the truth: calibrated with bench/geocode.py on rows whose
# address has an even sha256, and on maps that were left out in turn; what the other rows and the
# maps left out say stands in bench/RESULTS.md.
ROOFTOP_M = 8.0  # beside the building's own size
LIKE_M = 60.0  # the number without its letter, or between the two of one house
_BETWEEN_M, _BETWEEN_SHARE = 80.0, 1.0  # of the distance between the two known houses
_RANGE_M, _RANGE_SHARE = 60.0, 0.5  # of the range's length
END_M, END_SHARE = 150.0, 0.7  # of the way walked on from the last known house
_STREET_M, _STREET_SHARE = 220.0, 1.8  # of the distance that holds 95 % of the street
_UNMAPPED_M = 900.0  # where only some houses tell where it is
UNMAPPED_TIMES = 2.0  # as far past its last known house
CROSSING_M = 100.0
# Judgement.
_FAR_M = 1_000.0  # two known houses farther apart than this only give the street


class HouseLocation(NamedTuple):
    """Where a number lies: degrees, how well that is known, and metres it may be off."""

    lon: float
    lat: float
    accuracy: Accuracy
    radius: float


def middle_of(points: NDArray[Any]) -> HouseLocation:
    """The point in the middle of where addresses are likely, and a radius that holds them."""
    lon, lat = unpack_degrees(points)
    mapped = "weight" in (points.dtype.names or ())
    weight = points["weight"] if mapped else np.ones(len(lon))
    middle = _quantile(lon, weight, 0.5), _quantile(lat, weight, 0.5)
    nearest = int(np.argmin(plane_metres(lon, lat, *middle)))
    at = float(lon[nearest]), float(lat[nearest])
    held = _quantile(plane_metres(lon, lat, *at), weight, HELD)
    return HouseLocation(*at, Accuracy.STREET, street_radius(held, mapped=mapped))


def street_radius(held: float, *, mapped: bool = True) -> float:
    """Metres around a street's middle; held: what holds 95 % of it; mapped: its line is known."""
    return (_STREET_M if mapped else _UNMAPPED_M) + _STREET_SHARE * held


def _quantile(values: Floats, weight: NDArray[Any], share: float) -> float:
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weight[order], dtype=np.float64)
    return float(values[order][np.searchsorted(below, share * below[-1])])


def part_way(number: int, low: House, high: House) -> HouseLocation:
    """The share of the way between two houses that the numbers tell, which may be one house."""
    share = (number - low.number) / max(1, high.number - low.number)
    (lon, lat), (to_lon, to_lat) = low.degrees, high.degrees
    narrow = math.cos(math.radians(lat))
    apart = METRES_PER_DEGREE * math.hypot((to_lon - lon) * narrow, to_lat - lat)
    accuracy = Accuracy.INTERPOLATED if apart < _FAR_M else Accuracy.STREET
    radius = _BETWEEN_M + _BETWEEN_SHARE * apart if apart else LIKE_M + low.wide
    return HouseLocation(
        lon + share * (to_lon - lon), lat + share * (to_lat - lat), accuracy, radius
    )


def part_along(vertices: NDArray[np.int32], share: float) -> HouseLocation:
    """The point a share of the way along a line."""
    lon, lat = vertices.T / SCALE
    walked = np.append(0.0, np.cumsum(plane_metres(lon[1:], lat[1:], lon[:-1], lat[:-1])))
    at = share * walked[-1]
    x, y = float(np.interp(at, walked, lon)), float(np.interp(at, walked, lat))
    return HouseLocation(x, y, Accuracy.INTERPOLATED, _RANGE_M + _RANGE_SHARE * float(walked[-1]))
