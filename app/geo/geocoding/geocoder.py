"""The geocoder port: addresses in, fixes out, always in batches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.geo.addresses.address import Address, Addresses
from app.geo.points import Floats, Ints, Point, Points, put_rows
from app.geo.text_column import take_texts


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


@dataclass(frozen=True)
class Fixes:
    """One fix for each address, in the order given; every column has length n.

    at: where it is, NaN where there is no fix. accuracy: an `Accuracy` each, uint8.
    radius_m: metres it may be off (95 % of fixes of its kind lie within); NaN without a fix.
    source: who says so ("honolulu gazetteer", "zipcodes"). label: the address found, as a
    person would write it, "" without a fix. street: the street that it is on, as the map writes it,
    "" where that is not known. note: what to know of it, or why there is no fix
    ("P.O. box: placed by its ZIP code", "ZIP 00000 is not known"); often "".
    """

    at: Points
    accuracy: NDArray[np.uint8]
    radius_m: Floats
    source: Sequence[str]
    label: Sequence[str]
    note: Sequence[str]
    street: Sequence[str]

    def __len__(self) -> int:
        return len(self.at)

    def take(self, rows: Sequence[int]) -> "Fixes":
        """Those rows, in that order."""
        index = np.asarray(rows, dtype=np.int64)
        return Fixes(
            self.at[index],
            self.accuracy[index],
            self.radius_m[index],
            take_texts(self.source, rows),
            take_texts(self.label, rows),
            take_texts(self.note, rows),
            take_texts(self.street, rows),
        )

    def joined(self, others: "Fixes") -> "Fixes":
        """These, then the others."""
        return Fixes(
            Points(
                np.concatenate([self.at.lon, others.at.lon]),
                np.concatenate([self.at.lat, others.at.lat]),
            ),
            np.concatenate([self.accuracy, others.accuracy]),
            np.concatenate([self.radius_m, others.radius_m]),
            [*self.source, *others.source],
            [*self.label, *others.label],
            [*self.note, *others.note],
            [*self.street, *others.street],
        )

    def replaced(self, rows: Ints, answer: "Fixes") -> "Fixes":
        """The same with the answer's fixes in those rows; it has one for each of them."""
        lon = put_rows(self.at.lon, rows, answer.at.lon)
        lat = put_rows(self.at.lat, rows, answer.at.lat)
        accuracy = put_rows(self.accuracy, rows, answer.accuracy)
        radius_m = put_rows(self.radius_m, rows, answer.radius_m)
        columns = ("source", "label", "note", "street")
        texts = [_put_texts(getattr(self, of), rows, getattr(answer, of)) for of in columns]
        return Fixes(Points(lon, lat), accuracy, radius_m, *texts)


def _put_texts(column: Sequence[str], rows: Ints, new: Sequence[str]) -> Sequence[str]:
    changed = list(column)
    for row, text in zip(rows.tolist(), new, strict=True):
        changed[row] = text
    return changed


type GeocodingProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class GeocoderUse:
    """What one run asked of a service.

    asked: addresses that left the machine (in a dry run: that would have), in so many `calls`.
    found: how many of them it placed. kept: answers that were there before the run. unasked:
    addresses the budget had no room for. lost: those it was to be asked for and has not answered,
    and failed what went wrong with one of them, "" if nothing. bulk: what the service says of so
    many, "" unless it is to be asked first.
    """

    name: str
    asked: int = 0
    calls: int = 0
    found: int = 0
    kept: int = 0
    unasked: int = 0
    lost: int = 0
    price: float = 0.0
    failed: str = ""
    bulk: str = ""

    @property
    def usd(self) -> float:
        """What was asked, at the price that was configured."""
        return round(self.asked * self.price / 1000, 4)


class Geocoder(Protocol):
    """Turns addresses into fixes. `name` is shown as a fix's source."""

    name: str

    def locate(self, addresses: Addresses, near: Point | None = None) -> Fixes:
        """A fix for each address. Same input, same output, byte for byte.

        `near`, the home base: a town without state or postcode is the one of its name that is
        nearest, with a radius that holds them all. It decides nothing else. Never raises for an
        address: without a fix its note says why. That identical addresses are looked up once is
        `Cascade`'s to see to.
        """
        ...

    def candidates(self, address: Address, k: int, near: Point | None = None) -> Fixes:
        """Up to k distinct places that fit, best first; prefixes count (typing).

        More than one whose accuracy is as good as the first one's means: ambiguous.
        """
        ...


class MeteredGeocoder(Geocoder, Protocol):
    """A geocoder that is asked elsewhere, for time or money, so only for what it is needed for.

    `use`: what this run asked of it. `credit`: whom to credit for its answers, "" for nobody.
    """

    @property
    def use(self) -> GeocoderUse: ...  # noqa: D102
    @property
    def credit(self) -> str: ...  # noqa: D102

    def locate(
        self,
        addresses: Addresses,
        near: Point | None = None,
        progress: GeocodingProgress = lambda *_: None,
    ) -> Fixes:
        """A fix for each address; `progress` is told how many of how many were asked.

        Raises BulkUse, before any of them is asked, where the service wants to be asked first.
        """
        ...


def given_fixes(at: Points) -> Fixes:
    """The list's own coordinates as fixes, taken as they are; none where there is no point."""
    n, known = len(at), at.known
    accuracy = np.where(known, Accuracy.GIVEN, Accuracy.NONE).astype(np.uint8)
    source = ["list"] * n if known.all() else ["list" if one else "" for one in known.tolist()]
    blank = [""] * n
    return Fixes(at, accuracy, np.where(known, 0.0, np.nan), source, blank, blank, blank)


def no_fixes(notes: Sequence[str]) -> Fixes:
    """No fix for any of as many rows, each with its note."""
    n = len(notes)
    nan = np.full(n, np.nan)
    none = np.zeros(n, np.uint8)
    blank = [""] * n
    return Fixes(Points(nan, nan.copy()), none, nan.copy(), blank, blank, list(notes), blank)
