"""What an address without its house number comes to, and where a number lies on that."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from app.geo.addresses.house_numbers import HouseNumber, house_number, house_numbers
from app.geo.geocoding.fix import Fix
from app.geo.geocoding.gazetteer.file import Anchor, plane_metres
from app.geo.geocoding.gazetteer.placing import HouseLocation
from app.geo.geocoding.gazetteer.street import Stretch
from app.geo.geocoding.geocoder import Accuracy

# A street read as another one is within so much of the one meant, if it is not that one: calibrated
# with the radii in `placing`.
_UNSURE_M = 2_500.0

type Choices = Callable[[], tuple[Stretch, ...]]
type Blocks = Callable[[int], Anchor | None]


class Target(NamedTuple):
    """What an address without its house number comes to.

    stretch: its street, if it was found. other: the fix when there is no street, or why there is
    none. street: as shown; tail: town, state and postcode as shown. sure: the street is the one
    written and not one much like it, so a house on it may be a rooftop. choices: the streets that
    can be meant, where several can. number: the house number that the street's text holds, "" for
    none; one that begins with a hyphen is the second half of the one before the street.
    """

    stretch: Stretch | None
    other: Fix
    street: str = ""
    tail: str = ""
    note: str = ""
    sure: bool = True
    choices: Choices = lambda: ()
    number: str = ""

    @property
    def is_found(self) -> bool:
        """Whether there is a place at all."""
        return self.stretch is not None or bool(self.other.accuracy)

    def at(self, number: str, *, blocks: bool, block: Blocks) -> Fix:
        """The fix of a house number, "" for none; `blocks` as in `house_number`.

        `block` tells where the houses of a block are.
        """
        if self.stretch is None:
            return self.other
        if self.number:
            number = number + self.number if self.number[0] == "-" else self.number
        numbers = house_numbers(number) if number else ()
        at = self.stretch.at(numbers)
        known = at.accuracy > Accuracy.STREET
        if not self.sure or (not known and len(self.choices()) > 1):
            if chosen := self._holder(numbers):
                return self._chosen(chosen).at(number, blocks=blocks, block=block)
            at = self._unsure(at)
        elif not known and (blocks or "-" in number) and at == self.stretch.middle:
            read = house_number(number, blocks=blocks) if number else None
            where = block(read.block) if read and read.block else None
            at = self.stretch.part(where) if where else at
        note = ""
        if at.accuracy <= Accuracy.STREET and number:
            note, number = f"house number {number} is not known", ""
        elif at.accuracy == Accuracy.INTERPOLATED:
            note = "between known house numbers"
        note = f"{self.note}; {note}" if self.note and note else self.note or note
        shown = f"{number} {self.street}" if number else self.street
        return Fix(*at, f"{shown}, {self.tail}" if self.tail else shown, note, self.stretch.name)

    def _holder(self, numbers: Sequence[HouseNumber]) -> Stretch | None:
        """5. The only one of several streets that has the number, else between whose it lies."""
        choices = self.choices()
        holders = [one for one in choices if one.holds_number(numbers)]
        holders = holders or [one for one in choices if one.at(numbers).accuracy > Accuracy.STREET]
        return holders[0] if len(holders) == 1 else None

    def _chosen(self, stretch: Stretch) -> "Target":
        """With the one of several streets that has the number."""
        note = read_as(stretch.name) if stretch is not self.stretch else self.note
        return self._replace(stretch=stretch, street=stretch.name, note=note, sure=True, number="")

    def _unsure(self, at: HouseLocation) -> HouseLocation:
        """5. The street's middle, within a radius that holds all that can be meant."""
        if self.stretch and at.accuracy > Accuracy.STREET:
            at = self.stretch.middle
        far = (_reach(at, stretch.middle) for stretch in self.choices())
        return at._replace(radius=max(at.radius, _UNSURE_M, *far))


@lru_cache(1 << 12)
def _reach(at: HouseLocation, other: HouseLocation) -> float:
    """Metres from one place to the far side of another."""
    return float(plane_metres(other.lon, other.lat, at.lon, at.lat)) + other.radius


def read_as(name: str) -> str:
    """The note on a street that is not called quite what was asked."""
    return f'street read as "{name}"'
