"""One fix at a time, as services give them, and their way into columns."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from app.geo.geocoding.geocoder import Accuracy, Fixes
from app.geo.points import Floats, Points, great_circle_metres

# Two places nearer to each other than this, and their radius, are one.
SAME_PLACE_M = 800.0
# Metres within which the place is taken to be where a service says nothing of it. Judgement: ours
# of these kinds were measured (bench/geocode.py), the services' were not.
RADIUS_M = {
    Accuracy.ROOFTOP: 100.0,
    Accuracy.INTERPOLATED: 250.0,
    Accuracy.STREET: 1_500.0,
    Accuracy.POSTCODE: 10_000.0,
    Accuracy.PLACE: 20_000.0,
}


class Fix(NamedTuple):
    """One place: WGS84 degrees, how good it is, metres it may be off, and its address."""

    lon: float
    lat: float
    accuracy: Accuracy
    radius_m: float
    label: str


class GeocodeReply(NamedTuple):
    """What a service said of one address: the places that fit, best first, or why there is none."""

    fixes: tuple[Fix, ...] = ()
    note: str = ""


type ChosenFix = tuple[Fix | None, str]  # the place, and what to know of it or why there is none


def on_earth(lon: float, lat: float) -> tuple[float, float]:
    """The coordinates a service gave. Raises ValueError for what is none; (0, 0) is a null."""
    if not (-180 <= lon <= 180 and -90 <= lat <= 90) or (lon, lat) == (0, 0):
        raise ValueError("no coordinates")
    return lon, lat


def distinct_fixes(fixes: Iterable[Fix]) -> list[Fix]:
    """The first one of each place, in order: two towns may have one label."""
    first: list[Fix] = []
    for fix in fixes:
        if not any(fix.label == f.label and apart_m(f, fix) <= SAME_PLACE_M for f in first):
            first.append(fix)
    return first


def to_columns(rows: Sequence[ChosenFix], name: str) -> Fixes:
    """What was chosen for each row, in columns; `name` is the source."""
    nothing = Fix(np.nan, np.nan, Accuracy.NONE, np.nan, "")
    fixes = [fix or nothing for fix, _ in rows]
    return Fixes(
        Points(_floats(f.lon for f in fixes), _floats(f.lat for f in fixes)),
        np.array([f.accuracy for f in fixes], np.uint8),
        _floats(f.radius_m for f in fixes),
        [name if fix.accuracy else "" for fix in fixes],
        [fix.label for fix in fixes],
        [note for _, note in rows],
    )


def _floats(values: Iterable[float]) -> Floats:
    return np.array([*values], np.float64)


def apart_m(one: Fix, other: Fix) -> float:
    """Metres between two places."""
    return float(great_circle_metres(one.lon, one.lat, other.lon, other.lat))
