"""The geocoder port: addresses in, fixes out, always in batches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.errors import BackendFailed
from app.geo.points import Floats, Ints, Point, Points


class Accuracy(IntEnum):
    """How good a fix is. GIVEN: the list's own coordinates, taken as they are."""

    NONE = 0
    PLACE = 1
    POSTCODE = 2
    STREET = 3
    INTERPOLATED = 4
    ROOFTOP = 5
    GIVEN = 6

    @property
    def label(self) -> str:
        """The word shown to people; "" for no fix."""
        return "" if self is Accuracy.NONE else self.name.lower()


@dataclass(frozen=True, slots=True)
class Address:
    """One address as it was read: not normalised, "" where a part is absent.

    `line` is the street line, or the whole address in one line when the rest is empty.
    """

    line: str
    city: str = ""
    state: str = ""
    postcode: str = ""


@dataclass(frozen=True)
class Addresses:
    """Addresses in columns of equal length; "" where a part is absent."""

    line: Sequence[str]
    city: Sequence[str]
    state: Sequence[str]
    postcode: Sequence[str]

    def __len__(self) -> int:
        return len(self.line)

    @classmethod
    def of(cls, addresses: Sequence[Address]) -> "Addresses":
        """The same addresses in columns."""
        return cls(
            [a.line for a in addresses],
            [a.city for a in addresses],
            [a.state for a in addresses],
            [a.postcode for a in addresses],
        )

    def take(self, rows: Sequence[int]) -> "Addresses":
        """Those rows, in that order."""
        return Addresses(
            [self.line[i] for i in rows],
            [self.city[i] for i in rows],
            [self.state[i] for i in rows],
            [self.postcode[i] for i in rows],
        )


@dataclass(frozen=True)
class Fixes:
    """One fix for each address, in the order given; every column has length n.

    at: where it is, NaN where there is no fix. accuracy: an `Accuracy` each, uint8.
    radius_m: metres it may be off (95 % of fixes of its kind lie within); NaN without a fix.
    source: who says so ("honolulu gazetteer", "zipcodes"). label: the address found, as a
    person would write it, "" without a fix. note: what to know of it, or why there is no fix
    ("P.O. box: placed by its ZIP code", "ZIP 00000 is not known"); often "".
    """

    at: Points
    accuracy: NDArray[np.uint8]
    radius_m: Floats
    source: Sequence[str]
    label: Sequence[str]
    note: Sequence[str]

    def __len__(self) -> int:
        return len(self.at)

    def take(self, rows: Sequence[int]) -> "Fixes":
        """Those rows, in that order."""
        index = np.asarray(rows, dtype=np.int64)
        return Fixes(
            self.at[index],
            self.accuracy[index],
            self.radius_m[index],
            [self.source[i] for i in rows],
            [self.label[i] for i in rows],
            [self.note[i] for i in rows],
        )

    def replaced(self, rows: Ints, answer: "Fixes") -> "Fixes":
        """The same with the answer's fixes in those rows; it has one for each of them."""
        lon, lat = self.at.lon.copy(), self.at.lat.copy()
        accuracy, radius_m = self.accuracy.copy(), self.radius_m.copy()
        lon[rows], lat[rows] = answer.at.lon, answer.at.lat
        accuracy[rows], radius_m[rows] = answer.accuracy, answer.radius_m
        source, label, note = list(self.source), list(self.label), list(self.note)
        for j, i in enumerate(rows.tolist()):
            source[i], label[i], note[i] = answer.source[j], answer.label[j], answer.note[j]
        return Fixes(Points(lon, lat), accuracy, radius_m, source, label, note)


class Geocoder(Protocol):
    """Turns addresses into fixes. `name` is shown as a fix's source."""

    name: str

    def locate(self, addresses: Addresses, near: Point | None = None) -> Fixes:
        """A fix for each address. Same input, same output, byte for byte.

        `near`, the home base, decides between towns of one name and nothing else. Identical
        addresses are looked up once. Never raises for an address: without a fix its note
        says why.
        """
        ...

    def candidates(self, address: Address, k: int, near: Point | None = None) -> Fixes:
        """Up to k distinct places that fit, best first; prefixes count (typing).

        More than one whose accuracy is as good as the first one's means: ambiguous.
        """
        ...


def nowhere(notes: Sequence[str]) -> Fixes:
    """No fix for any of as many rows, each with its note."""
    n = len(notes)
    nan = np.full(n, np.nan)
    none = np.zeros(n, np.uint8)
    return Fixes(Points(nan, nan.copy()), none, nan.copy(), [""] * n, [""] * n, list(notes))


class Cascade:
    """Geocoders in order of trust, as one: each is asked only for what is left.

    That is what has no fix as good as `enough` yet; a better one takes the place of a lesser.

    Identical addresses are looked up once, here, so that the geocoders needn't care. A row that
    none of them finds keeps the longest of their notes, the first of equals. A geocoder that
    fails as a whole (BackendFailed) is passed over and its rows' notes say so.
    """

    def __init__(self, geocoders: Sequence[Geocoder], enough: Accuracy = Accuracy.PLACE) -> None:
        self._enough = enough
        self.name = ", ".join(geocoder.name for geocoder in geocoders)
        self._geocoders = tuple(geocoders)

    def locate(self, addresses: Addresses, near: Point | None = None) -> Fixes:
        """The first geocoder's fix for each address, in the order given."""
        distinct, row_of = _distinct(addresses)
        return self._locate_each(distinct, near).take(row_of)

    def candidates(self, address: Address, k: int, near: Point | None = None) -> Fixes:
        """The candidates of the first geocoder that has any."""
        for geocoder in self._geocoders:
            try:
                found = geocoder.candidates(address, k, near)
            except BackendFailed:
                continue
            if len(found):
                return found
        return nowhere([])

    def _locate_each(self, addresses: Addresses, near: Point | None) -> Fixes:
        fixes = nowhere([""] * len(addresses))
        left = np.arange(len(addresses))
        for n, geocoder in enumerate(self._geocoders):
            if not len(left):
                break
            answer = _asked(geocoder, addresses.take(left.tolist()), near)
            fixes = (
                fixes.replaced(left, _better(fixes.take(left.tolist()), answer)) if n else answer
            )
            left = np.flatnonzero(fixes.accuracy < self._enough)
        return fixes


def _asked(geocoder: Geocoder, addresses: Addresses, near: Point | None) -> Fixes:
    try:
        return geocoder.locate(addresses, near)
    except BackendFailed as why:
        return nowhere([f"{geocoder.name} failed: {why}"] * len(addresses))


def _distinct(addresses: Addresses) -> tuple[Addresses, list[int]]:
    """Each different address once, in order of appearance, and which of them each row is."""
    keys = zip(addresses.line, addresses.city, addresses.state, addresses.postcode, strict=True)
    number: dict[tuple[str, str, str, str], int] = {}
    row_of = [number.setdefault(key, len(number)) for key in keys]
    if len(number) == len(row_of):
        return addresses, row_of
    line, city, state, postcode = zip(*number, strict=True)
    return Addresses(line, city, state, postcode), row_of


def _better(before: Fixes, answer: Fixes) -> Fixes:
    """The better fix of each row; where there is none still, with the longer of both notes."""
    rows = np.flatnonzero(answer.accuracy > before.accuracy)
    better = before.replaced(rows, answer.take(rows.tolist()))
    note = list(better.note)
    for i in np.flatnonzero(better.accuracy == Accuracy.NONE).tolist():
        note[i] = max(note[i], answer.note[i], key=len)
    return replace(better, note=note)
