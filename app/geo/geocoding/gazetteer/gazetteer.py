"""The embedded address index of a region: street-level fixes, no network, no cost.

A fix is as good as what is known: the house itself, a place between two known houses or along an
address range, the street in its postcode or town, the postcode, the place. Each has a radius that
holds the truth for 95 of 100 addresses of its kind (see bench/geocode.py). An address of another
state, town or postcode gets no fix.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from app.geo.addresses.address import Address, Addresses
from app.geo.addresses.reading import Reading, parse_address
from app.geo.geocoding.fix import Fix, fix_abroad, no_fix, to_columns
from app.geo.geocoding.gazetteer.file import GazetteerFile
from app.geo.geocoding.gazetteer.search import Search
from app.geo.geocoding.gazetteer.suggestions import Suggestions
from app.geo.geocoding.gazetteer.target import Target
from app.geo.geocoding.geocoder import Accuracy, Fixes
from app.geo.points import Point

_MOST_KEPT = 50_000  # targets remembered
_MOST_TRIED = 20  # streets or places looked at for one list of candidates
_PLAIN_LINE = re.compile(  # a number, then words that it does not decide how to read
    r"(\d+) ((?!(?:and|to|thru|through)\b)[a-z](?:[a-z ]*|[a-z](?:[^\s,;|]| (?! ))*))",
    re.IGNORECASE,
)

type _Key = tuple[str, str, str, str, Point | None] | tuple[Reading, bool, Point | None]


def build_gazetteer(
    out: Path,
    pbfs: Sequence[Path],
    addresses: Sequence[Path] = (),
    progress: Callable[[str], None] = lambda _: None,
    note: Callable[[str], None] = lambda _: None,
) -> dict[str, int]:
    """Index extracts and address files into the new file `out`.

    Returns how many houses, streets, postcodes and places it holds. `progress` is told each step
    done, `note` what was mended or left out of address files. Raises BadMap, naming the file, for
    one that can't be used, NoRoom when the disk is full.
    """
    from app.geo.geocoding.gazetteer import build

    return build.write_gazetteer(out, pbfs, addresses, progress, note)


class Gazetteer:
    """Geocoder over one region's index. Safe for threads.

    What is remembered of an address never changes; two threads may both find it out. `is_shared`:
    whether several of the United States have a town of that name.
    """

    def __init__(
        self, path: Path, name: str, is_shared: Callable[[str], bool] = lambda _: False
    ) -> None:
        self.name = name
        self._is_shared = is_shared
        self._file = GazetteerFile(path)
        self._search = Search(self._file)
        self._suggestions = Suggestions(self._file, self._search)
        self._blocks = "HI" in self._search.states
        self._targets: dict[_Key, Target] = {}

    def locate(self, addresses: Addresses, near: Point | None = None) -> Fixes:
        """A fix for each address; see `Geocoder.locate`."""
        columns = (addresses.line, addresses.city, addresses.state, addresses.postcode)
        fixes = [self._fix(*address, near) for address in zip(*columns, strict=True)]
        for i, country in enumerate(addresses.country):
            if not self._search.may_hold(country):
                fixes[i] = fix_abroad(country)
        return to_columns(fixes, self.name)

    def _fix(self, line: str, city: str, state: str, postcode: str, near: Point | None) -> Fix:
        """One fix. What is behind the house number is resolved once for all its houses.

        A plain line beside a town or postcode of its own need not even be parsed for each of them.
        Elsewhere the number can decide how the rest is read ("9 PO Box 409", a town that only a
        trained parser finds), so the whole address is parsed first.
        """
        plain = _PLAIN_LINE.fullmatch(line) if city or postcode else None
        number, street = plain.groups() if plain else ("", "")
        key: _Key = street, city, state, postcode, near
        target = self._targets.get(key) if plain else None
        if target is None:
            asked = self._parse(Address(line, city, state, postcode))
            if not (plain and asked.street and asked.number == number):
                key, number = (asked._replace(number=""), bool(asked.number), near), asked.number
            target = self._targets.get(key) or self._resolve(key, asked, near)
        return target.at(number, blocks=self._blocks, block=self._file.block)

    def _parse(self, address: Address) -> Reading:
        return parse_address(address, self._search.towns)

    def _resolve(self, key: _Key, asked: Reading, near: Point | None) -> Target:
        """What an address comes to without its number, kept under all that decides it."""
        target = self._search.target(asked, near)
        if near and target.is_found and self._may_be_elsewhere(asked):
            target = Target(None, no_fix("no state: several states have a town of that name"))
        if len(self._targets) >= _MOST_KEPT:
            self._targets.clear()
        self._targets[key] = target
        return target

    def _may_be_elsewhere(self, asked: Reading) -> bool:
        """Whether nothing says that its town is the one on this map."""
        open_ = bool(asked.town) and not (asked.state or asked.postcode)
        return open_ and bool(self._search.states) and self._is_shared(asked.town)

    def candidates(self, address: Address, k: int, near: Point | None = None) -> Fixes:
        """Up to k places that fit, best first; see `Geocoder.candidates`."""
        if not self._search.may_hold(address.country):
            return to_columns([], self.name)
        parts = (address.line, address.city, address.state, address.postcode)
        best = self._fix(*parts, near)
        asked = self._parse(address)
        found = [best] if best.accuracy else []
        exact = best.accuracy >= Accuracy.INTERPOLATED and not best.note.startswith("street read")
        if not exact and k > 0:
            behind = address.line.rpartition(",")[2] if "," in address.line else ""
            targets = self._suggestions.find(asked, behind, near, _MOST_TRIED)
            places = (
                t.at(asked.number, blocks=self._blocks, block=self._file.block) for t in targets
            )
            more = sorted(places, key=lambda fix: fix.accuracy < Accuracy.INTERPOLATED)
            if more and best.note.startswith("street read"):
                found = []
            placed = bool(asked.street) and best.accuracy < Accuracy.STREET
            found = more + found if placed else found + more
        distinct = {one.label: one for one in reversed(found)}
        return to_columns([one for one in found if distinct[one.label] is one][:k], self.name)
