"""The geocoder port: addresses in, fixes out, always in batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.geo.points import Floats, Point, Points


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
