"""Several geocoders as one: in order of trust, each asked only for what is left."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import numpy as np

from app.errors import BackendFailed
from app.geo.addresses.address import Address, Addresses
from app.geo.addresses.reading import parse_address
from app.geo.addresses.states import state_of
from app.geo.addresses.street_names import fold_street, town_key
from app.geo.geocoding.geocoder import Accuracy, Fixes, Geocoder, no_fixes
from app.geo.points import Point

# What lists have in the place of a street.
NO_STREET = frozenset(
    ("na", "n a", "none", "unknown", "not available", "general delivery", "same", "confidential")
)
_BEGUN_STATE = re.compile(r"(?<=[^\s,]\s)[A-Z][a-z]$")


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
        distinct, row_of = addresses.distinct()
        return self._locate_each(distinct, near).take(row_of)

    def candidates(self, address: Address, k: int, near: Point | None = None) -> Fixes:
        """The candidates of the first geocoder that has any."""
        try:
            return best_candidates(self._geocoders, address, k, near, enough=Accuracy.PLACE)
        except BackendFailed:
            return no_fixes([])

    def _locate_each(self, addresses: Addresses, near: Point | None) -> Fixes:
        fixes = no_fixes([""] * len(addresses))
        left = np.arange(len(addresses))
        for n, geocoder in enumerate(self._geocoders):
            if not len(left):
                break
            answer = _locate_or_none(geocoder, addresses.take(left.tolist()), near)
            fixes = (
                fixes.replaced(left, _better(fixes.take(left.tolist()), answer)) if n else answer
            )
            left = np.flatnonzero(fixes.accuracy < self._enough)
        return fixes


def _locate_or_none(geocoder: Geocoder, addresses: Addresses, near: Point | None) -> Fixes:
    try:
        return geocoder.locate(addresses, near)
    except BackendFailed as why:
        return no_fixes([f"{geocoder.name} failed: {why}"] * len(addresses))


def _better(before: Fixes, answer: Fixes) -> Fixes:
    """The better fix of each row; where there is none still, with the longer of both notes."""
    rows = np.flatnonzero(answer.accuracy > before.accuracy)
    better = before.replaced(rows, answer.take(rows.tolist()))
    note = list(better.note)
    for i in np.flatnonzero(better.accuracy == Accuracy.NONE).tolist():
        note[i] = max(note[i], answer.note[i], key=len)
    return replace(better, note=note)


def best_candidates(
    geocoders: Sequence[Geocoder],
    address: Address,
    k: int,
    near: Point | None = None,
    *,
    enough: Accuracy,
    always: int = 0,
) -> Fixes:
    """Up to k places an address may mean, of the geocoder that places it best, the first of equals.

    The first `always` are asked in any case, the next ones until the best is as good as `enough`.
    One that fails (BackendFailed) is passed over; where nobody else finds anything, that is raised.
    """
    best, failed = no_fixes([]), None
    for n, geocoder in enumerate(geocoders):
        if n >= always and _first_accuracy(best) >= enough:
            break
        try:
            found = geocoder.candidates(address, k, near)
        except BackendFailed as why:
            failed = why
            continue
        best = max(best, found, key=_first_accuracy)
    if failed and not len(best):
        raise failed
    return best


def suggest_places(
    ours: Sequence[Geocoder],
    online: Sequence[Geocoder],
    address: Address,
    k: int,
    near: Point | None = None,
) -> Fixes:
    """Up to k places that an address may mean while it is typed, the likeliest first.

    Those of the geocoder that places it best; where no house number is typed, then what the others
    of `ours` know. A last word such as "Mo" or "Pa" may be a state, or a name's beginning: our
    maps' names come first. `online` are asked where ours don't know the street.
    """
    enough, every = enough_for(address), [*ours, *online]
    found = [best_candidates(every, address, k, near, enough=enough, always=len(ours))]
    if unfinished := _unfinished(address.line):
        begun = Address(unfinished)
        found.insert(0, best_candidates(ours, begun, k, near, enough=enough, always=len(ours)))
    if len(found[0]) < k and not parse_address(address).number:
        found += [one.candidates(address, k, near) for one in ours]
    return _distinct(found, k)


def _unfinished(line: str) -> str:
    """The line with its last word read as the beginning of a name, "" where it is no state."""
    begun = _BEGUN_STATE.search(line)
    return line[: begun.start()] + begun[0].lower() if begun and state_of(begun[0]) else ""


def _distinct(found: Sequence[Fixes], k: int) -> Fixes:
    """The first k of them, each label once."""
    joined = reduce(Fixes.joined, found)
    first = {label: i for i, label in reversed(list(enumerate(joined.label)))}
    return joined.take(sorted(first.values())[:k])


def _first_accuracy(fixes: Fixes) -> int:
    return int(fixes.accuracy[0]) if len(fixes) else Accuracy.NONE


def enough_for(address: Address) -> Accuracy:
    """What a place must be known to for no service to know better."""
    return Accuracy.STREET if worth_asking(address) else Accuracy.PLACE


def worth_asking(address: Address) -> bool:
    """Whether it names a street or a building: all else is known without asking."""
    parts = parse_address(address)
    street = fold_street(parts.street)
    nothing = street in NO_STREET or street.startswith("pmb ") or not any(map(str.isalpha, street))
    if parts.number:
        return bool(street)
    return bool(parts.name) or not (nothing or town_key(street) == parts.town)
