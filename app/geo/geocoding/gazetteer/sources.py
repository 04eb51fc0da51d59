"""What a gazetteer is built from, read into columns: maps, address files.

Every reader returns frames of the same columns, all text as written:
houses: lon, lat, number, street, town, postcode, wide (metres from its middle to its farthest
corner, `NODE_M` for a lone point). lines: street, postcode, corners (how many), again (whether it
is the line before under another name), one row a line; `x` and `y` have the corners of all lines,
one behind the other, in tens of nanodegrees. places: name, kind, lon, lat. ranges: see `tiger`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from app.geo.geocoding.gazetteer import tiger
from app.geo.geocoding.gazetteer.tiger import LINES
from app.geo.openstreetmap import DEGREE, Wholes
from app.geo.points import Floats

HOUSES: dict[str, Any] = {
    "lon": pl.Float64,
    "lat": pl.Float64,
    "number": pl.String,
    "street": pl.String,
    "town": pl.String,
    "postcode": pl.String,
    "wide": pl.Float64,
}
PLACES = {"name": pl.String, "kind": pl.String, "lon": pl.Float64, "lat": pl.Float64}
NODE_M = 110.0  # a lone node may stand anywhere on its ground: bench/RESULTS.md, left out
_NO_WHOLES: Wholes = np.zeros(0, np.int32)


@dataclass(frozen=True)
class Sources:
    """Everything read from some files; see the module for the columns."""

    houses: pl.DataFrame
    lines: pl.DataFrame
    x: Wholes
    y: Wholes
    places: pl.DataFrame
    ranges: pl.DataFrame
    states: frozenset[str] = frozenset()


def join_sources(parts: Sequence[Sources]) -> Sources:
    """Several sources as one."""
    return Sources(
        pl.concat([pl.DataFrame(schema=HOUSES), *(part.houses for part in parts)]),
        pl.concat([pl.DataFrame(schema=LINES), *(part.lines for part in parts)]),
        np.concatenate([_NO_WHOLES, *(part.x for part in parts)]),
        np.concatenate([_NO_WHOLES, *(part.y for part in parts)]),
        pl.concat([pl.DataFrame(schema=PLACES), *(part.places for part in parts)]),
        pl.concat([pl.DataFrame(schema=tiger.RANGES), *(part.ranges for part in parts)]),
        frozenset().union(*(part.states for part in parts)),
    )


def only_houses(houses: pl.DataFrame) -> Sources:
    """Houses alone."""
    none = (pl.DataFrame(schema=schema) for schema in (LINES, PLACES, tiger.RANGES))
    lines, places, ranges = none
    return Sources(houses, lines, _NO_WHOLES, _NO_WHOLES, places, ranges)


def only_streets(ranges: pl.DataFrame, lines: pl.DataFrame, lon: Floats, lat: Floats) -> Sources:
    """Streets alone, and their address ranges."""
    houses, places = pl.DataFrame(schema=HOUSES), pl.DataFrame(schema=PLACES)
    x, y = (np.round(degrees * DEGREE).astype(np.int32) for degrees in (lon, lat))
    return Sources(houses, lines, x, y, places, ranges)
