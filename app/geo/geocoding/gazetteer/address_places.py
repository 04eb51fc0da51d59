"""Where the rows of an address file are: in degrees, on this map, mended where it shows how.

1. A projection that the file names is undone; a file that names what is none is refused.
2. A row that is not on the map is put where it would be on it: longitude and latitude exchanged, a
   minus lost in the west or south, or metres of Web Mercator.
3. Without roads there is no map to go by: only what can be no latitude is exchanged.
4. What then is in feet or metres is of a projection that nobody named. A file that is mostly such
   is refused; of another the rows are left out.

Everything that is done is told in notes, with how many rows of how many.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from app.errors import BadMap
from app.geo.geocoding.gazetteer.region_zips import Vicinity
from app.geo.points import METRES_PER_DEGREE, Floats, Mask

STRAY_M = 10_000.0  # farther from all streets a row is not on the map
_MERCATOR = "EPSG:3857"
_SHOWN = 60  # characters of a projection's name
_CONVERT = (
    "convert it to WGS84 (`ogr2ogr -t_srs EPSG:4326 -s_srs` and its projection) and build from that"
)
_LAT_MOST, _LON_MOST = 90, 180

type _Pair = tuple[Floats, Floats]


@dataclass
class Placing:
    """The places of one file's rows. name: of the file, for notes and errors."""

    name: str
    lon: Floats
    lat: Floats
    ground: Vicinity
    notes: list[str] = field(default_factory=list)

    def settle(self, projection: str) -> Mask:
        """Mends what can be; which rows have a place on the map. Raises BadMap."""
        if projection:
            self._unproject(projection)
        given = np.isfinite(self.lon) & np.isfinite(self.lat)
        given &= (self.lon != 0) | (self.lat != 0)
        self._note(~given, "have no coordinates")
        here = given & self._is_on_map(self.lon, self.lat)
        for mend, what in self._mends():
            here |= self._mended(mend, given & ~here, what)
        degrees = given & _in_degrees(self.lon, self.lat)
        self._refuse_projected(given & ~degrees, given)
        self._note(degrees & ~here, "lie off this map")
        if degrees.any() and not here.any():
            raise self._bad(f"none of its {len(here):,} rows lies on this map")
        return here

    def _unproject(self, projection: str) -> None:
        """1."""
        try:
            system = CRS.from_user_input(projection)
            if system.is_geographic:
                return
            undo = Transformer.from_crs(system, "EPSG:4326", always_xy=True)
        except ProjError as why:
            raise self._unknown(projection) from why
        if not system.is_projected:  # heights, or metres from the earth's centre
            raise self._unknown(projection)
        self.lon, self.lat = undo.transform(self.lon, self.lat)
        self._note(np.isfinite(self.lon), f"were turned from {system.name} into degrees")

    def _mends(self) -> Iterator[tuple[Callable[[Floats, Floats], _Pair], str]]:
        yield _exchanged, "had longitude and latitude exchanged, which was put right"
        if len(self.ground.x):
            yield _turned, "had lost the minus of their coordinates, which was put right"
            yield _exchanged_turned, "had longitude and latitude exchanged without a minus, mended"
            yield _from_mercator, "were in metres of Web Mercator, turned into degrees"

    def _mended(self, mend: Callable[[Floats, Floats], _Pair], off: Mask, what: str) -> Mask:
        """2, 3. Those of the rows off the map that are on it once mended."""
        rows = np.flatnonzero(off)
        lon, lat = mend(self.lon[rows], self.lat[rows])
        on = self._is_on_map(lon, lat)
        self.lon[rows[on]], self.lat[rows[on]] = lon[on], lat[on]
        mended = np.zeros(len(off), bool)
        mended[rows[on]] = True
        self._note(mended, what)
        return mended

    def _is_on_map(self, lon: Floats, lat: Floats) -> Mask:
        """Which places are near the ground; where there is none, which are places at all."""
        on = _in_degrees(lon, lat)
        if len(self.ground.x):
            west, south, east, north = self._box
            on &= (west < lon) & (lon < east) & (south < lat) & (lat < north)
            on[on] = self.ground.near(lon[on], lat[on], STRAY_M)
        return on

    @cached_property
    def _box(self) -> tuple[float, float, float, float]:
        """West, south, east and north of what is near the ground, and a little more."""
        west, south, east, north = self.ground.box
        high = 2 * STRAY_M / METRES_PER_DEGREE
        wide = high / max(math.cos(math.radians(max(abs(south), abs(north)))), 0.01)
        return west - wide, south - high, east + wide, north + high

    def _refuse_projected(self, projected: Mask, given: Mask) -> None:
        """4."""
        if not projected.any():
            return
        one = np.flatnonzero(projected)[0]
        where = f"x {self.lon[one]:,.10g}, y {self.lat[one]:,.10g}"
        if projected.sum() * 2 > given.sum():
            raise self._bad(
                f"its coordinates are no degrees ({where}) but feet or metres of a projection that "
                f"it does not name, such as a State Plane; {_CONVERT}"
            )
        self._note(projected, f"are in feet or metres, as {where}, and were left out")

    def _unknown(self, projection: str) -> BadMap:
        shown = " ".join(projection.split())[:_SHOWN]
        return self._bad(f"its projection is not known: {shown}; {_CONVERT}")

    def _note(self, rows: Mask, what: str) -> None:
        if count := int(rows.sum()):
            self.notes.append(f"{self.name}: {count:,} of {len(rows):,} rows {what}")

    def _bad(self, what: str) -> BadMap:
        return BadMap(f"{self.name}: {what}", field="addresses")


def _in_degrees(lon: Floats, lat: Floats) -> Mask:
    return np.asarray((np.abs(lon) <= _LON_MOST) & (np.abs(lat) <= _LAT_MOST))


def _exchanged(lon: Floats, lat: Floats) -> _Pair:
    return lat, lon


def _turned(lon: Floats, lat: Floats) -> _Pair:
    return -np.abs(lon), lat


def _exchanged_turned(lon: Floats, lat: Floats) -> _Pair:
    return -np.abs(lat), lon


def _from_mercator(lon: Floats, lat: Floats) -> _Pair:
    undo = Transformer.from_crs(_MERCATOR, "EPSG:4326", always_xy=True)
    metres = ~_in_degrees(lon, lat)
    at = np.where(metres, lon, np.nan), np.where(metres, lat, np.nan)
    turned: _Pair = undo.transform(*at)
    return turned
