"""Points on the WGS84 ellipsoid and the distance between them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from app.errors import BadInput
from app.geo.cache import LastCache

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Mask = NDArray[np.bool_]

METRES_PER_MILE = 1609.344
EARTH_RADIUS_M = 6_371_008.8  # the mean one, R1 of WGS84
METRES_PER_DEGREE = 111_195.0  # of latitude, on that sphere; Valhalla measures on another


@dataclass(frozen=True, slots=True)
class Point:
    """WGS84 degrees, longitude first. Raises BadInput when out of range."""

    lon: float
    lat: float

    def __post_init__(self) -> None:
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise BadInput(
                f"no such place: latitude {self.lat}, longitude {self.lon} "
                "(latitude is -90 to 90, longitude -180 to 180)"
            )


@dataclass(frozen=True)
class Points:
    """WGS84 degrees, float64, shape (n,) each. NaN in both where there is no point.

    What is worked out of them is kept, read-only: two threads may both do so, to one result.
    miles_from: the miles from the home base asked last, see `miles_between`.
    """

    lon: Floats
    lat: Floats
    miles_from: LastCache[Point, Floats] = field(
        default_factory=LastCache, init=False, repr=False, compare=False
    )

    def __len__(self) -> int:
        return len(self.lon)

    def __getitem__(self, rows: "Ints | Mask | slice") -> "Points":
        return Points(self.lon[rows], self.lat[rows])

    @classmethod
    def of(cls, points: Iterable[Point]) -> "Points":
        """The same points in columns."""
        pairs = np.array([(p.lon, p.lat) for p in points], dtype=np.float64).reshape(-1, 2)
        return cls(pairs[:, 0].copy(), pairs[:, 1].copy())

    def pairs(self) -> list[tuple[float, float]]:
        """Longitude and latitude of each."""
        return list(zip(self.lon.tolist(), self.lat.tolist(), strict=True))

    @cached_property
    def known(self) -> Mask:
        """True where there is a point."""
        known: Mask = np.isfinite(self.lon) & np.isfinite(self.lat)
        known.flags.writeable = False
        return known

    @cached_property
    def digest(self) -> str:
        """The same for the same points in the same order."""
        hashed = blake2b(np.ascontiguousarray(self.lon).tobytes(), digest_size=16)
        hashed.update(np.ascontiguousarray(self.lat).tobytes())
        return hashed.hexdigest()


def number_points(points: Points) -> tuple[Points, NDArray[np.int32]]:
    """The different points, each once, and which of them each point is: int32, shape (n,)."""
    lon, east = np.unique(points.lon, return_inverse=True)
    lat, north = np.unique(points.lat, return_inverse=True)
    pair, which = np.unique(east * max(len(lat), 1) + north, return_inverse=True)
    each = Points(lon[pair // max(len(lat), 1)], lat[pair % max(len(lat), 1)])
    return each, which.astype(np.int32)


def put_rows[T: np.generic](column: NDArray[T], rows: Ints, new: NDArray[T] | float) -> NDArray[T]:
    """The column with other values in those rows."""
    changed = column.copy()
    changed[rows] = new
    return changed


@cache
def _wgs84() -> Geod:
    return Geod(ellps="WGS84")


def miles_between(home: Point, to: Points) -> Floats:
    """Geodesic statute miles from home to each point, shape (n,); NaN where there is none.

    The points keep the answer for the home base asked last; it can't be written to.
    """
    return to.miles_from.get_or_make(home, lambda: _geodesic(home, to))


def _geodesic(home: Point, to: Points) -> Floats:
    known = to.known
    miles = np.full(len(to), np.nan)
    lon, lat = to.lon[known], to.lat[known]
    _, _, metres = _wgs84().inv(np.full(len(lon), home.lon), np.full(len(lat), home.lat), lon, lat)
    miles[known] = metres / METRES_PER_MILE
    return miles


def unit_sphere(lon: Floats, lat: Floats) -> Floats:
    """Unit vectors, shape (..., 3), of degrees; what is near on the ground is near in space."""
    across, up = np.radians(lon), np.radians(lat)
    axes = np.cos(up) * np.cos(across), np.cos(up) * np.sin(across), np.sin(up)
    return np.stack(axes, axis=-1)


def on_the_globe(lon: Floats, lat: Floats) -> Floats:
    """Metres from the middle of the earth, shape (..., 3), for points near each other.

    Straight lines between them are their distances to a few metres up to 20 km and to 0.6 %
    (the earth is no ball).
    """
    return EARTH_RADIUS_M * unit_sphere(lon, lat)


def great_circle_metres(lon: Any, lat: Any, to_lon: Any, to_lat: Any) -> Any:
    """Great-circle metres, within 0.5 % of the ellipsoid's: enough for a radius."""
    lon, lat, to_lon, to_lat = map(np.radians, (lon, lat, to_lon, to_lat))
    half = (
        np.sin((to_lat - lat) / 2) ** 2
        + np.cos(lat) * np.cos(to_lat) * np.sin((to_lon - lon) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half))
