"""What a geocoder of somebody else's has to say of itself, and of an address."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple, Protocol

import numpy as np

from app.geo.addresses import read
from app.geo.geocoders import Accuracy, Address, Addresses, Fixes
from app.geo.points import Floats, Points, metres

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
    """The address in parts, its street line without unit, box or building where it has a street.

    One in a line whose town can't be told from its street stays as it was written.
    """
    parts = read(address)
    in_line = not (address.city or address.postcode)
    if not parts.street or (in_line and not parts.town):
        return address
    street = f"{parts.number} {parts.street}".strip()
    if parts.cross and parts.cross not in street:
        street = f"{street} & {parts.cross}"
    if in_line:
        return Address(street, parts.town.title(), parts.state, parts.postcode)
    return Address(street, address.city, address.state, parts.postcode or address.postcode)


def one_line(address: Address) -> str:
    """The address as a person would write it on one line."""
    address = plain(address)
    behind = " ".join(part for part in (address.state, address.postcode) if part)
    line = ", ".join(part for part in (address.line, address.city, behind) if part)
    return " ".join(line.split())


def key_of(address: Address) -> str:
    """The same for addresses that a service is asked in the same words, whatever their case."""
    return one_line(address).casefold()


def on_earth(lon: float, lat: float) -> tuple[float, float]:
    """The coordinates a service gave. Raises ValueError for what is none; (0, 0) is a null."""
    if not (-180 <= lon <= 180 and -90 <= lat <= 90) or (lon, lat) == (0, 0):
        raise ValueError("no coordinates")
    return lon, lat


def distinct(fixes: Iterable[Fix]) -> list[Fix]:
    """The first one of each place, in order: two towns may have one label."""
    first: list[Fix] = []
    for fix in fixes:
        if not any(fix.label == f.label and apart_m(f, fix) <= SAME_PLACE_M for f in first):
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


def apart_m(one: Fix, other: Fix) -> float:
    """Metres between two places."""
    return float(metres(one.lon, one.lat, other.lon, other.lat))
