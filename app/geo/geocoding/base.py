"""What a geocoder of somebody else's has to say of itself, and of an address."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple, Protocol

import numpy as np
from rapidfuzz import fuzz

from app.geo.addresses import Reading, read, street_line
from app.geo.geocoders import Accuracy, Address, Addresses, Fixes
from app.geo.points import Floats, Point, Points, metres
from app.geo.streetnames import DIRECTIONS, TYPES, fold, street_name, town_key

# Two places nearer to each other than this, and their radius, are one.
SAME_PLACE_M = 800.0
# Streets whose names are less alike than this (0 to 100) are two; a slip of the pen is over it.
SAME_STREET = 80.0
# The first characters of a postcode that places near each other share.
AREA = 3
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


class Told(NamedTuple):
    """What a service said of one address: the places that fit, best first, or why there is none."""

    fixes: tuple[Fix, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Terms:
    """What a service allows; each with its source beside the service.

    per_second: most requests. batch: most addresses in one of them; a request that fails is asked
    again in halves down to `smallest`. days: how long its answers may
    be kept, 0 not at all. bulk: addresses in one run past which it wants nobody to go unasked.
    policy: where it says so.
    """

    per_second: float = inf
    batch: int = 1
    smallest: int = 1
    days: float = 365.0
    bulk: float = inf
    policy: str = ""


type Chosen = tuple[Fix | None, str]  # the place, and what to know of it or why there is none


class GeocodingService(Protocol):
    """Says where addresses are.

    name: what its fixes are called ("google"). credit: what must stand beside them.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 -- see above
    @property
    def credit(self) -> str: ...  # noqa: D102
    @property
    def terms(self) -> Terms: ...  # noqa: D102

    def ask(self, addresses: Sequence[Address]) -> Sequence[Told]:
        """What it says of each of 1 to `terms.batch` addresses, in their order.

        Raises Refused where it says no to all (a wrong key, a quota that is gone), BackendSlow and
        BackendDown for what is no answer of it.
        """
        ...


def plain(address: Address) -> Address:
    """The address in parts, its street line without unit, box or building where it has a street."""
    parts = read(address)
    if not parts.street:
        return address
    street = f"{parts.number} {parts.street}".strip()
    if parts.cross and parts.cross not in street:
        street = f"{street} & {parts.cross}"
    if address.city or address.postcode:
        return Address(street, address.city, address.state, address.postcode)
    return Address(street, parts.town.title(), parts.state, parts.postcode.upper())


def one_line(address: Address) -> str:
    """The address as a person would write it on one line."""
    address = plain(address)
    behind = " ".join(part for part in (address.state, address.postcode) if part)
    line = ", ".join(part for part in (address.line, address.city, behind) if part)
    return " ".join(line.split())


def key_of(address: Address) -> str:
    """The same for addresses that a service is asked in the same words, whatever their case."""
    return one_line(address).casefold()


def fitting(asked: Address, told: Told) -> list[Fix]:
    """The places of an answer that fit what was asked, in order, each as good as its label allows.

    Services would rather answer with another address than with none. A label that shows another
    state, or another town and postcode, is no answer; one on another street tells the town at
    best, and one with another house number the street.
    """
    parts = read(asked)
    return [_at_best(parts, fix) for fix in told.fixes if not _elsewhere(parts, fix.label)]


def _elsewhere(asked: Reading, label: str) -> bool:
    if not label or (asked.postcode and asked.postcode in label):
        return False
    said = read(Address(label))
    if asked.state and said.state != asked.state:
        return bool(said.state or not said.postcode.isdigit())  # in another state, or abroad
    elsewhere = asked.postcode[:AREA] != said.postcode[:AREA] and asked.town not in town_key(label)
    return bool(asked.postcode and said.postcode and elsewhere)


def _at_best(asked: Reading, fix: Fix) -> Fix:
    if fix.accuracy < Accuracy.STREET or not fix.label:
        return fix
    accuracy = fix.accuracy
    if asked.street and not _same_street(asked, fix.label):
        accuracy = Accuracy.PLACE
    elif _other_number(asked.number, fix.label):
        accuracy = Accuracy.STREET
    return fix._replace(accuracy=accuracy, radius_m=max(fix.radius_m, RADIUS_M[accuracy]))


def _same_street(asked: Reading, label: str) -> bool:
    """Whether a part of the label, other than the town, is much like the street's name."""
    parts = [part for part in label.split(",") if town_key(part) != asked.town]
    ours = {name for street in (asked.street, asked.cross) for name in _names(street)}
    theirs = {name for part in parts for name in _names(street_line(part).street)}
    return any(fuzz.token_set_ratio(a, b) >= SAME_STREET for a in ours for b in theirs)


def _names(street: str) -> tuple[str, str]:
    """A street's name without direction and type, in our spelling and as it was written."""
    words = [word for word in fold(street).split() if word not in DIRECTIONS]
    written = words[:-1] if len(words) > 1 and words[-1] in TYPES else words
    return street_name(street).base, " ".join(written)


def _other_number(number: str, label: str) -> bool:
    """Whether a house number was asked for and the label has it not."""
    wanted = set(re.findall(r"\d+[a-z]?", number.casefold()))
    return bool(wanted) and wanted.isdisjoint(re.findall(r"\d+[a-z]?\b", label.casefold()))


def chosen(asked: Address, told: Told, near: Point | None, name: str) -> Chosen:
    """The one place an address means; none, with a note, where several fit equally well, or none.

    Places whose label has the postcode asked for come before others. The home base decides
    between towns only where neither a state nor a postcode says which.
    """
    places = fitting(asked, told)
    if not places:
        only = f"only one elsewhere ({told.fixes[0].label})" if told.fixes else "no such place"
        return None, told.note or f"{name} knows {only}"
    asked = plain(asked)  # in parts, also where it came in one line
    fixes = [fix for fix in places if asked.postcode and asked.postcode[:5] in fix.label]
    fixes = fixes or places
    best = max(fix.accuracy for fix in fixes)
    equal = [fix for fix in fixes if fix.accuracy == best]
    far = [fix for fix in equal if _metres(equal[0], fix) > SAME_PLACE_M + fix.radius_m]
    if not far:
        return equal[0], told.note
    if near is not None and not (asked.state or asked.postcode):
        home = Fix(near.lon, near.lat, Accuracy.GIVEN, 0.0, "")
        nearest = min(equal, key=lambda fix: (_metres(home, fix), fix.label))
        return nearest, f"the nearest of {len(equal)} places that fit"
    names = "; ".join([equal[0].label, *(fix.label for fix in far[:3])])
    return None, f"{name}: a tie, several places fit: {names}"


def on_earth(lon: float, lat: float) -> tuple[float, float]:
    """The coordinates a service gave. Raises ValueError for what is none; (0, 0) is a null."""
    if not (-180 <= lon <= 180 and -90 <= lat <= 90) or (lon, lat) == (0, 0):
        raise ValueError("no coordinates")
    return lon, lat


def distinct(fixes: Iterable[Fix]) -> list[Fix]:
    """The first one of each place, in order: two towns may have one label."""
    first: list[Fix] = []
    for fix in fixes:
        if not any(fix.label == f.label and _metres(f, fix) <= SAME_PLACE_M for f in first):
            first.append(fix)
    return first


def each(addresses: Addresses) -> list[Address]:
    """The rows one by one, without space around their parts."""
    columns = (addresses.line, addresses.city, addresses.state, addresses.postcode)
    return [Address(*(part.strip() for part in row)) for row in zip(*columns, strict=True)]


def fixes_of(rows: Sequence[Chosen], name: str) -> Fixes:
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


def _metres(one: Fix, other: Fix) -> float:
    return float(metres(one.lon, one.lat, other.lon, other.lat))
