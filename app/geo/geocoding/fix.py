"""One fix at a time, and their way into columns."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import nan
from typing import NamedTuple

import numpy as np

from app.geo.geocoding.geocoder import Accuracy, Fixes, no_fixes
from app.geo.points import METRES_PER_MILE, Floats, Ints, Points, great_circle_metres

# Two fixes of one address nearer to each other than this, and their radius, are one place: no tie,
# no contradiction, one candidate. Judgement: half a mile, as for the home base.
SAME_FIX_M = 800.0
# Metres within which the place is taken to be where a service says nothing of it. Judgement: ours
# of these kinds were measured (bench/geocode.py), the services' were not.
RADIUS_M = {
    Accuracy.ROOFTOP: 100.0,
    Accuracy.INTERPOLATED: 250.0,
    Accuracy.STREET: 1_500.0,
    Accuracy.POSTCODE: 10_000.0,
    Accuracy.PLACE: 20_000.0,
}


# Two fixes of one address that lie so many of the first one's radius apart, more than the second
# one's and too far to be one place, are of two addresses.
CONTRADICTS = 2.0


class Fix(NamedTuple):
    """One place: WGS84 degrees, how good it is, metres it may be off, and its address.

    note: what to know of it, or why there is none. street: that it is on, "" where unknown. See
    `Fixes`, which holds many in columns.
    """

    lon: float
    lat: float
    accuracy: Accuracy
    radius_m: float
    label: str
    note: str = ""
    street: str = ""


def no_fix(why: str) -> Fix:
    """No place, and why."""
    return Fix(nan, nan, Accuracy.NONE, nan, "", why)


def fix_abroad(country: str) -> Fix:
    """No place, for it is in a country that whoever is asked does not know."""
    return no_fix(f"in {country}, not on any map here")


def widest_fix(places: Sequence[Fix], note: str) -> Fix:
    """The first of several places, with a radius that holds them all."""
    first = places[0]
    reach = max(apart_m(first, place) + place.radius_m for place in places)
    return first._replace(accuracy=Accuracy.PLACE, radius_m=reach, note=note)


class GeocodeReply(NamedTuple):
    """What a service said of one address: the places that fit, best first, or why there is none."""

    fixes: tuple[Fix, ...] = ()
    note: str = ""


def on_earth(lon: float, lat: float) -> tuple[float, float]:
    """The coordinates a service gave. Raises ValueError for what is none; (0, 0) is a null."""
    if not (-180 <= lon <= 180 and -90 <= lat <= 90) or (lon, lat) == (0, 0):
        raise ValueError("no coordinates")
    return lon, lat


def distinct_fixes(fixes: Iterable[Fix]) -> list[Fix]:
    """The first one of each place, in order: two towns may have one label."""
    first: list[Fix] = []
    for fix in fixes:
        if not any(fix.label == f.label and apart_m(f, fix) <= SAME_FIX_M for f in first):
            first.append(fix)
    return first


def to_columns(fixes: Sequence[Fix], name: str) -> Fixes:
    """The fix of each row, in columns; `name` is the source."""
    if not fixes:
        return no_fixes([])
    lon, lat, accuracy, radius_m, label, note, street = zip(*fixes, strict=True)
    return Fixes(
        Points(np.array(lon, np.float64), np.array(lat, np.float64)),
        np.array(accuracy, np.uint8),
        np.array(radius_m, np.float64),
        [name if one else "" for one in accuracy],
        list(label),
        list(note),
        list(street),
    )


def apart_m(one: Fix, other: Fix) -> float:
    """Metres between two places."""
    return float(great_circle_metres(one.lon, one.lat, other.lon, other.lat))


def improve_fixes(fixes: Fixes, rows: Ints, answer: Fixes) -> tuple[Fixes, Ints]:
    """The fixes with the answer's in those rows, wherever it knows better, and which rows changed.

    It does where it places an address more closely and not somewhere else altogether. `answer`
    has a fix for each of `rows`. What it says of rows that stay as they are joins their notes.
    """
    before = fixes.take(rows.tolist())
    has = answer.at.known
    apart = _apart(before.at, answer.at)
    allowed = np.fmax(np.fmax(CONTRADICTS * before.radius_m, answer.radius_m), SAME_FIX_M)
    off = has & (apart > allowed)
    taken = has & ~off & ~(answer.radius_m >= before.radius_m)
    note = list(before.note)
    for j in np.flatnonzero(~taken).tolist():
        said = answer.note[j]
        if off[j]:
            said = (
                f"{answer.source[j]} places it {apart[j] / METRES_PER_MILE:.0f} miles away: "
                f"not taken ({answer.label[j]})"
            )
        note[j] = "; ".join(filter(None, (note[j], said)))
    noted = fixes.replaced(rows, replace(before, note=note))
    return noted.replaced(rows[taken], answer.take(np.flatnonzero(taken).tolist())), rows[taken]


def _apart(one: Points, other: Points) -> Floats:
    """Metres between each two points; NaN where one is missing."""
    return np.asarray(great_circle_metres(one.lon, one.lat, other.lon, other.lat), np.float64)
