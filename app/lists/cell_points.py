"""Both coordinates in one cell: POINT (-72.59 42.10), (42.10, -72.59), GeoJSON, Socrata's Location.

A pair is latitude, longitude unless the header says otherwise; POINT and GeoJSON have the longitude
first, as their standards do (OGC 06-103r4; RFC 7946).
"""

import numpy as np
import polars as pl

from app.geo.points import Floats

_ANY = r"(-?\d{1,3}(?:\.\d+)?)"
_DECIMAL = r"(-?\d{1,3}\.\d+)"
_BEHIND = rf"\(\s*{_DECIMAL}\s*,\s*{_DECIMAL}\s*\)"  # an address, and then its point
_PAIR = (
    rf"(?i)^[(\[]?\s*(?:lat\w*\W+)?{_DECIMAL}\s*°?\s*([NS]?)\s*[,;\s]\s*(?:lo?ng?\w*\W+)?"
    rf"{_DECIMAL}\s*°?\s*([EW]?)\s*[)\]]?$"
)
_LON_FIRST = (
    rf"(?i)\bpoint\s*(?:zm?|m)?\s*\(\s*{_ANY}\s+{_ANY}",
    rf"(?i)[\"']coordinates[\"']\s*:\s*\[\s*{_ANY}\s*,\s*{_ANY}",
)
_LAT = rf"(?i)[\"']lat(?:itude)?[\"']\s*:\s*[\"']?{_ANY}"
_LON = rf"(?i)[\"'](?:lon|lng|long|longitude)[\"']\s*:\s*[\"']?{_ANY}"
_MAY_HOLD = r"\d\.\d"


def may_hold_points(column: pl.Series) -> bool:
    """Whether any cell has a number in it that is precise enough for a coordinate."""
    return bool(column.str.contains(_MAY_HOLD).any())


def read_points(column: pl.Series, *, lon_first: bool = False) -> tuple[Floats, Floats]:
    """Latitudes and longitudes of the cells, NaN where they hold no point.

    lon_first: a bare pair begins with the longitude.
    """
    lat, lon = (np.full(len(column), np.nan) for _ in range(2))
    for some_lat, some_lon in (
        *(_parts(column, pattern, 2, 1) for pattern in _LON_FIRST),
        (_degrees(column.str.extract(_LAT)), _degrees(column.str.extract(_LON))),
        _parts(column, _BEHIND, 1, 2),
        _pairs(column, lon_first=lon_first),
    ):
        empty = np.isnan(lat) | np.isnan(lon)
        lat, lon = np.where(empty, some_lat, lat), np.where(empty, some_lon, lon)
    return lat, lon


def without_points(column: pl.Series) -> pl.Series:
    """The cells without the points in them: what is left is an address, or nothing."""
    if not may_hold_points(column):
        return column
    column = column.str.replace(rf"[\s,]*{_BEHIND}\s*$", "")
    only = column.str.contains(_PAIR) | column.str.contains(r"(?i)\bpoint\s*\w*\s*\(|^\s*\{")
    return column.set(only, "")


def _parts(column: pl.Series, pattern: str, lat: int, lon: int) -> tuple[Floats, Floats]:
    return _degrees(column.str.extract(pattern, lat)), _degrees(column.str.extract(pattern, lon))


def _pairs(column: pl.Series, *, lon_first: bool) -> tuple[Floats, Floats]:
    """Pairs, south and west by letter or sign."""
    first, second = _parts(column, _PAIR, 1, 3)
    south = (column.str.extract(_PAIR, 2).str.to_uppercase() == "S").fill_null(value=False)
    west = (column.str.extract(_PAIR, 4).str.to_uppercase() == "W").fill_null(value=False)
    first = np.where(south.to_numpy(), -np.abs(first), first)
    second = np.where(west.to_numpy(), -np.abs(second), second)
    return (second, first) if lon_first else (first, second)


def _degrees(text: pl.Series) -> Floats:
    return text.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
