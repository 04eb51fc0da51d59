"""Where prospects are: by the list's own coordinates, else by their address.

A business is in one place, whichever home base it is driven to from. Where several home bases lie
on several maps, each with addresses of its own, each prospect has one fix of theirs:

1. the best by accuracy: a map that knows the house knows better than one that knows its ZIP code;
2. of equals the one nearest to the home base that it was looked up for, as a geocoder takes the
   nearest of the towns of one name;
3. of those the first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from app.businesses.prospects import Prospects
from app.find.ground import Ground
from app.geo.geocoding.geocoder import Fixes, Geocoder, given_fixes
from app.geo.points import Floats, Ints, Point, miles_between, put_rows
from app.geo.text_column import take_texts

type LookUp = Callable[[Ground, Ints], Fixes]  # where those rows are, looked up for one home base


def locate_prospects(prospects: Prospects, ground: Ground, geocode: bool = False) -> Fixes:
    """A fix for each prospect: the list's own coordinates, else by its address."""
    fixes = given_fixes(prospects.given)
    rows = np.arange(len(prospects)) if geocode else np.flatnonzero(~prospects.given.known)
    if not len(rows):
        return fixes

    def look_up(one: Ground, some: Ints) -> Fixes:
        return locate_rows(prospects, some, one.geocoder, one.home.at)

    return fixes.replaced(rows, choose_fixes(prospects, rows, ground, look_up))


def locate_rows(prospects: Prospects, rows: Ints, geocoder: Geocoder, near: Point) -> Fixes:
    """A fix for each of those rows by its address, looked up for one home base."""
    found = geocoder.locate(prospects.addresses.take(rows.tolist()), near=near)
    return _doubted(found, take_texts(prospects.doubts, rows))


def choose_fixes(prospects: Prospects, rows: Ints, ground: Ground, look_up: LookUp) -> Fixes:
    """The best fix of each of those rows, of those that each home base's geocoder has."""
    best = _Looked.of(look_up(ground, rows), ground)
    asked = [ground.geocoder]
    for other in ground.others:
        left = np.arange(len(rows))
        if other.geocoder in asked:  # home bases decide only which of the towns of a name is meant
            left = np.flatnonzero(_lacks_state(prospects, rows))
        asked.append(other.geocoder)
        best = best.bettered(left, _Looked.of(look_up(other, rows[left]), other))
    return best.fixes


def _lacks_state(prospects: Prospects, rows: Ints) -> list[bool]:
    """Without state and postcode: the town may be another one of its name."""
    state, postcode = prospects.addresses.state, prospects.addresses.postcode
    return [not (state[i] or postcode[i]) for i in rows.tolist()]


@dataclass(frozen=True)
class _Looked:
    """Fixes, and the miles of each from the home base that it was looked up for."""

    fixes: Fixes
    miles: Floats

    @classmethod
    def of(cls, fixes: Fixes, ground: Ground) -> Self:
        return cls(fixes, miles_between(ground.home.at, fixes.at))

    def bettered(self, rows: Ints, new: "_Looked") -> "_Looked":
        """The same with the new fixes in those rows, where they are better: 1., 2."""
        before, after = self.fixes, new.fixes
        accuracy, at = before.accuracy[rows], before.at[rows]
        elsewhere = (after.at.lon != at.lon) | (after.at.lat != at.lat)
        nearer = (after.accuracy == accuracy) & elsewhere & (new.miles < self.miles[rows])
        taken = np.flatnonzero((after.accuracy > accuracy) | nearer)
        fixes = before.replaced(rows[taken], after.take(taken.tolist()))
        return _Looked(fixes, put_rows(self.miles, rows[taken], new.miles[taken]))


def _doubted(fixes: Fixes, doubts: Sequence[str]) -> Fixes:
    """The same, with a note on those whose address may not be the place of business."""
    if not any(doubts):
        return fixes
    notes = [
        "; ".join(filter(None, (header and f"placed by {header!r}, for it has no other", note)))
        for header, note in zip(doubts, fixes.note, strict=True)
    ]
    return replace(fixes, note=notes)
