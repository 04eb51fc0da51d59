"""The home base: one place, or the candidates it may mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.errors import Ambiguous, BadAddress, NotAsked
from app.geo.addresses.one_line import read_line
from app.geo.geocoding.cascade import best_candidates, enough_for
from app.geo.geocoding.geocoder import Accuracy, Fixes, Geocoder
from app.geo.points import Point, miles_between

# Candidates for a home base nearer to each other than this are one: so far from the firm's door
# the drives of all prospects differ by about a minute. Judgement.
SAME_HOME_MILES = 0.5
MOST_NAMED = 6  # candidates that an ambiguous home base names


@dataclass(frozen=True, slots=True)
class HomeBase:
    """The place the firm drives from; `street`: the one it is on, "" where that is not known."""

    at: Point
    label: str
    accuracy: Accuracy
    radius_m: float
    source: str
    street: str = ""


def parse_point(text: str) -> Point | None:
    """The point of "LAT,LON" in degrees (the order people write); None when it is no pair.

    Raises BadInput when out of range.
    """
    parts = text.replace(";", ",").split(",")
    try:
        lat, lon = (float(part) for part in parts)
    except ValueError:
        return None
    return Point(lon, lat)


def locate_home_base(text: str, geocoders: Sequence[Geocoder]) -> HomeBase:
    """Where an address or "LAT,LON" lies, by the geocoder that places it best.

    Once one knows the street, or the place where no street is named, the next are not asked.

    Raises BadAddress when it is not found, Ambiguous with the candidates when several fit.
    """
    if not text.strip():
        raise BadAddress("no home base: give an address or LAT,LON", field="home")
    point = parse_point(text)
    if point is not None:
        return HomeBase(point, f"{point.lat:.5f}, {point.lon:.5f}", Accuracy.GIVEN, 0.0, "given")
    address = read_line(text)
    try:
        best = best_candidates(geocoders, address, MOST_NAMED, enough=enough_for(address))
    except NotAsked as why:
        raise BadAddress(
            f"home base {text!r} was not found without a service, and {why}: give LAT,LON",
            field="home",
        ) from why
    if not len(best):
        raise BadAddress(_why_unknown(text, address.country), field="home")
    rivals = _rivals(best)
    if len(rivals) > 1:
        names = [best.label[i] for i in rivals]
        raise Ambiguous(
            f"home base {text!r} fits several places: {'; '.join(names)}",
            candidates=names,
            field="home",
        )
    at = Point(float(best.at.lon[0]), float(best.at.lat[0]))
    accuracy, radius_m = Accuracy(best.accuracy[0]), float(best.radius_m[0])
    return HomeBase(at, best.label[0], accuracy, radius_m, best.source[0], best.street[0])


def _why_unknown(text: str, country: str) -> str:
    if country:
        return (
            f"home base {text!r} is in {country}, of which no map is installed: add one "
            "(`sweetspot region add`), or give LAT,LON"
        )
    return f"home base {text!r} was not found; add the town and state or postcode, or give LAT,LON"


def _rivals(fixes: Fixes) -> list[int]:
    """The rows as good as the first one and somewhere else."""
    first = Point(float(fixes.at.lon[0]), float(fixes.at.lat[0]))
    apart = miles_between(first, fixes.at) > SAME_HOME_MILES
    equal = fixes.accuracy == fixes.accuracy[0]
    return [0, *(int(i) for i in np.flatnonzero(apart & equal))]
