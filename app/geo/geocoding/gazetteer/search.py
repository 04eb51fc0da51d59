"""From an address in parts to the street, postcode or place that it means in one region.

1. Elsewhere. An address with a state or postcode of another region has no fix, and neither has one
   whose town and postcode are both unknown.
2. Towns. The places of the name; where there is none, the one town of the map that it is a
   misspelling of. With a postcode, those near it; with a state the one nearest to the home base;
   else it may be any of them, and a street proves nothing; without a home base the largest.
3. Areas, in which the street is looked for, the narrowest first: the postcode; what of a wider
   postcode lies in the town; the town; without a town the wider postcode.
4. The street. Where two are named, where they meet; else the first of these that an area has: the
   very name; the name with another type or directional, or without one; a misspelling, in the
   narrowest area that has it.
5. Sure is a street whose type is not another one than asked, with no second street of its name and
   type there. On others no house is believed: the street's middle, with a wider radius.
6. Without a street the postcode, or the place, whichever is smaller. Several places of one name and
   rank are none.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.geo.addresses.reading import Reading, capitalize_street, house_number
from app.geo.addresses.street_names import (
    StreetName,
    directions_agree,
    fold_street,
    street_name,
    street_type,
    town_key,
    types_agree,
    wider_postcodes,
)
from app.geo.cache import once
from app.geo.geocoding.fix import Fix, no_fix, widest_fix
from app.geo.geocoding.gazetteer.file import CELL, Anchor, GazetteerFile, Listed, plane_metres
from app.geo.geocoding.gazetteer.street import EVERYWHERE, Area, Stretch
from app.geo.geocoding.geocoder import Accuracy
from app.geo.points import METRES_PER_DEGREE, Point

# Metres around what is known of the land, calibrated with bench/geocode.py: of a ZIP code, of a
# British or Canadian postcode, of a town.
_ZIP_SLACK_M, _CODE_SLACK_M, _TOWN_SLACK_M = 2_500.0, 800.0, 2_000.0
# Judgement, all of these.
_SAME_TOWN_M = 30_000.0  # a town farther than this from the postcode is another of its name
_UNSURE_M = 800.0  # a street of another type is near, if it is not the one
_CROSSING_M = 150.0  # two streets this near to each other meet
_MOST_LISTED, _FEW_LISTED = 40, 3  # streets, places that begin as what was typed
_STREET_EDITS = ((7, 2), (4, 1))  # letters of a name, and the edits that are a slip of the pen
_TOWN_EDITS = ((9, 2), (5, 1))

_CANADIAN_LETTERS = "ABCEGHJKLMNPRSTVXY"
_ZIP_AREA = 3  # the first digits of a ZIP code, which those of one sorting centre share

type Blocks = Callable[[int], Anchor | None]


class Target(NamedTuple):
    """What an address without its house number comes to.

    stretch: its street, if it was found. other: the fix when there is no street, or why there is
    none. street: as shown; tail: town, state and postcode as shown. sure: the street is the one
    written and not one much like it, so a house on it may be a rooftop.
    """

    stretch: Stretch | None
    other: Fix
    street: str = ""
    tail: str = ""
    note: str = ""
    sure: bool = True

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
        read = house_number(number, blocks=blocks) if number else None
        at = self.stretch.at(read, block(read.block) if read and read.block else None)
        if at.accuracy > Accuracy.STREET and not self.sure:  # 5.
            at = self.stretch.middle
        if not self.sure:
            at = at._replace(radius=max(at.radius, _UNSURE_M))
        notes = [self.note] if self.note else []
        if at.accuracy <= Accuracy.STREET and number:
            notes.append(f"house number {number} is not known")
            number = ""
        elif at.accuracy == Accuracy.INTERPOLATED:
            notes.append("between known house numbers")
        label = ", ".join(part for part in (f"{number} {self.street}".strip(), self.tail) if part)
        return Fix(*at, label, "; ".join(notes))


class Search:
    """Answers for one file. What areas hold is remembered.

    Safe for threads: what is remembered never changes, and who asks for it first, be it two at
    once, finds the same.
    """

    def __init__(self, file: GazetteerFile) -> None:
        self._file = file
        facts = file.facts
        self.states = frozenset(facts["states"])
        self.towns = file.town_keys | frozenset(facts["towns_elsewhere"])
        self._elsewhere = frozenset(facts["elsewhere"])
        self._towns_elsewhere = frozenset(facts["towns_elsewhere"]) - file.town_keys
        self._town_ids = {town: i for i, town in enumerate(facts["towns"])}
        self._town_list = sorted(file.town_keys)
        self._bases: dict[tuple[int, str], tuple[str, ...]] = {}

    def may_hold(self, country: str) -> bool:
        """Whether what lies in that country abroad may be on this map; "" is no other country."""
        return not country or not self.states or (country == "Canada" and self._is_canadian)

    @once
    def _is_canadian(self) -> bool:
        """Whether the map has any Canadian postcode; they begin with these letters."""
        return any(map(self._file.postcodes_like, _CANADIAN_LETTERS))

    def target(self, asked: Reading, near: Point | None) -> Target:
        """What an address comes to, its house number left aside."""
        if asked.state and asked.state not in self.states:  # 1.
            return Target(None, no_fix(f"{asked.state} is not on this map"))
        if near and not (asked.state or asked.postcode):
            places = self._file.places(asked.town)
            if len(places) > 1:  # 2.
                return Target(None, _any_of(places, near))
        code, refusal = self._postcode(asked)
        if refusal:
            return Target(None, no_fix(refusal))
        towns, town_note = self._towns(asked, code, near)
        if not code and not towns and not self._wider(asked):
            return Target(None, no_fix(self._why_nowhere(asked)))
        areas = list(self._areas(asked, code, towns))
        found = self._street(asked, areas) if asked.street else None
        tail = self._tail(asked, towns)
        if found and not found.stretch:
            label = f"{found.street}, {tail}"
            return Target(None, found.other._replace(label=label))
        if found:
            return found._replace(
                tail=tail, note="; ".join(n for n in (town_note, found.note) if n)
            )
        return Target(None, self._without_street(asked, code, towns, tail))

    def several(self, asked: Reading, near: Point | None, most: int) -> list[Target]:
        """The streets and places it can mean when they are more than one, the likeliest first.

        The last word may be unfinished, as while it is typed.
        """
        if asked.state and asked.state not in self.states:
            return []
        code, refusal = self._postcode(asked)
        towns = () if refusal else self._file.places(asked.town)
        known = list(self._areas(asked, code, towns))
        found: list[Target] = []
        if not code and not asked.number:
            found += self._places_named(asked, near)
        if asked.street and not refusal and (known or not asked.town):
            found += self._streets_named(asked, known, near)
        return found[:most]

    def _streets_named(
        self, asked: Reading, areas: Sequence[Area], near: Point | None
    ) -> list[Target]:
        name = street_name(asked.street)
        listed: Sequence[Listed] = self._file.streets("key", name.key) or [
            street
            for street in self._file.streets("base", name.base)
            if directions_agree(street.key, name.key)
        ]
        listed = listed or self._file.beginning(fold_street(asked.street), _MOST_LISTED)
        if not areas:
            found = [Stretch([self._file.row(street.id)], EVERYWHERE) for street in listed]
        else:
            keys = sorted({street.key for street in listed})
            alike = ([street for street in listed if street.key == key] for key in keys)
            found = [some for one in alike if (some := self._first(one, areas))]
        return sorted(
            (self._with_tail(stretch, asked) for stretch in found),
            key=lambda target: _order(target, near),
        )

    def _with_tail(self, stretch: Stretch, asked: Reading) -> Target:
        """The street with the town it lies in or near."""
        middle = stretch.middle
        town = self._file.nearest_town(middle.lon, middle.lat)
        asked = asked._replace(town=asked.town or (town.name if town else ""))
        return _street_target(stretch)._replace(tail=self._tail(asked, [town] if town else []))

    def _places_named(self, asked: Reading, near: Point | None) -> list[Target]:
        """Places of the name, or whose name begins so when neither town nor street is whole."""
        if asked.town and asked.street:
            return []
        start = asked.town or town_key(asked.street)
        named = self._file.places(start) or self._file.places_beginning(start, _FEW_LISTED)
        places = [p for p in named if not asked.state or p.state in ("", asked.state)]
        if near:
            places.sort(key=lambda p: (p.rank, plane_metres(p.lon, p.lat, near.lon, near.lat)))
        tails = [self._tail(asked._replace(town=place.key), [place]) for place in places]
        return [
            Target(None, Fix(p.lon, p.lat, Accuracy.PLACE, p.radius, tail, ""))
            for p, tail in zip(places, tails, strict=True)
        ]

    def _postcode(self, asked: Reading) -> tuple[Anchor | None, str]:
        """1. The postcode's anchor, and why the address is refused for it ("" when it is not)."""
        if not asked.postcode:
            return None, ""
        if found := self._file.postcode(asked.postcode):
            return found, ""
        is_zip = asked.postcode.isdigit()
        if asked.postcode in self._elsewhere or (
            is_zip and not self._zip_like_ours(asked.postcode)
        ):
            return None, f"ZIP {asked.postcode} is not on this map"
        if not is_zip and not self._file.postcodes_like(_letters(asked.postcode)):
            return None, f"postcode {asked.postcode} is not on this map"
        return None, ""

    def _zip_like_ours(self, code: str) -> bool:
        area = code[:_ZIP_AREA]
        return any(known[:_ZIP_AREA] == area for known in self._elsewhere) or bool(
            self._file.postcodes_like(area)
        )

    def _wider(self, asked: Reading) -> list[Anchor]:
        found = map(self._file.postcode, wider_postcodes(asked.postcode))
        return [anchor for anchor in found if anchor]

    def _towns(
        self, asked: Reading, code: Anchor | None, near: Point | None
    ) -> tuple[list[Anchor], str]:
        """2. The places that the town's name can mean here, and how it was read."""
        key, note = asked.town, ""
        places = self._file.places(key) if key else []
        if key and not places and key not in self._towns_elsewhere:
            key = _nearest_spelling(key, self._town_list, _edits(key, _TOWN_EDITS))
            places = self._file.places(key) if key else []
            note = f'town read as "{places[0].name}"' if places else ""
        if asked.state:
            places = [place for place in places if place.state in ("", asked.state)] or places
        if code:
            apart = (float(plane_metres(p.lon, p.lat, code.lon, code.lat)) for p in places)
            return [
                p for p, m in zip(places, apart, strict=True) if m < _SAME_TOWN_M + p.radius
            ], note
        if len(places) > 1 and near:
            return [min(places, key=lambda p: plane_metres(p.lon, p.lat, near.lon, near.lat))], note
        return [place for place in places if place.rank == places[0].rank], note

    def _why_nowhere(self, asked: Reading) -> str:
        if asked.town:
            return f'"{asked.town}" is not on this map'
        if asked.postcode:
            return f"postcode {asked.postcode} is not known"
        if asked.street:
            return "neither town nor postcode is given" if not asked.box else "a P.O. box alone"
        return "no address" if not asked.box else "a P.O. box without town or postcode"

    def _areas(
        self, asked: Reading, code: Anchor | None, towns: Sequence[Anchor]
    ) -> Iterator[Area]:
        """3. Where to look for the street, the narrowest first."""
        ids = [self._town_ids.get(place.key, -1) for place in towns]
        if code:
            is_zip = code.key.isdigit()
            slack = _ZIP_SLACK_M if is_zip else _CODE_SLACK_M
            town = ids[0] if ids else -1
            yield Area((code,), slack, code=code.id, town=town, settled=is_zip)
        wider = [] if code and code.key.isdigit() else self._wider(asked)
        for sector in wider:
            for place, town in zip(towns, ids, strict=True):
                yield Area((sector, place), _CODE_SLACK_M, town=town)
        for place, town in zip(towns, ids, strict=True):
            yield Area((place,), _TOWN_SLACK_M, town=town)
        if not towns:
            for sector in wider:
                yield Area((sector,), _CODE_SLACK_M)

    def _street(self, asked: Reading, areas: Sequence[Area]) -> Target | None:
        """4."""
        if asked.cross and (met := self._crossing(asked, areas)):
            return met
        name = street_name(asked.street)
        for find in (self._by_key, self._by_base, self._by_fuzzy_match):
            if found := find(name, areas):
                return found
        return None

    def _first(self, streets: Sequence[Listed], areas: Sequence[Area]) -> Stretch | None:
        """The street in the first area that has it."""
        if not streets:
            return None
        found = (Stretch.find(self._file, streets, area) for area in areas)
        return next((stretch for stretch in found if stretch), None)

    def _by_key(self, name: StreetName, areas: Sequence[Area]) -> Target | None:
        rows = self._file.streets("key", name.key)
        stretch = self._first(rows, areas)
        return _street_target(stretch) if stretch else None

    def _by_base(self, name: StreetName, areas: Sequence[Area]) -> Target | None:
        """The same name with another type or directional, or without one."""
        rows = self._file.streets("base", name.base)
        rows = tuple(row for row in rows if directions_agree(row.key, name.key))
        best = _largest_of_type(rows, name.key)
        stretch = self._first(best, areas) or self._first(rows, areas)
        if not stretch:
            return None
        taken = stretch.rows[0].key  # 5.
        others = [row for row in rows if row.key != taken and types_agree(row.key, name.key)]
        sure = types_agree(taken, name.key) and not self._first(others, [stretch.area])
        return _street_target(stretch, f'street read as "{stretch.name}"', sure=sure)

    def _by_fuzzy_match(self, name: StreetName, areas: Sequence[Area]) -> Target | None:
        """A misspelling, within the narrowest areas only."""
        most = _edits(name.base, _STREET_EDITS)
        if not most or any(c.isdigit() for c in name.base):
            return None
        for area in areas:
            base = _nearest_spelling(name.base, self._bases_in(area), most)
            if base and (found := self._by_base(name._replace(base=base), [area])):
                return found
        return None

    def _bases_in(self, area: Area) -> tuple[str, ...]:
        anchor = area.anchors[-1]
        which = anchor.id, anchor.key  # the ids of postcodes and of places are counted apart
        if which not in self._bases:
            self._bases[which] = self._file.bases_near(_cells(anchor))
        return self._bases[which]

    def _crossing(self, asked: Reading, areas: Sequence[Area]) -> Target | None:
        """Where two streets meet."""
        sides = [asked.street, asked.cross]
        if asked.cross in asked.street:
            sides[0] = asked.street[: asked.street.rindex(asked.cross)].rsplit(None, 1)[0]
        one, other = (self._street(asked._replace(street=side, cross=""), areas) for side in sides)
        if not one or not other or not one.stretch or not other.stretch:
            return None
        meeting = one.stretch.meeting(other.stretch, _CROSSING_M)
        if not meeting:
            return None
        street = f"{one.street} & {other.street}"
        return Target(None, Fix(*meeting, street, "intersection"), street)

    def _without_street(
        self, asked: Reading, code: Anchor | None, towns: list[Anchor], tail: str
    ) -> Fix:
        """6. The postcode or the place, whichever is smaller."""
        if asked.box:
            note = "P.O. box: placed by its {}"
        elif asked.street:
            note = f'street "{capitalize_street(asked.street)}" not found: placed by its {{}}'
        else:
            note = "no street given: placed by its {}"
        codes = [code] if code else self._wider(asked)[:1]
        choice = [(a.radius, Accuracy.POSTCODE, i, a) for i, a in enumerate(codes)]
        choice += [(a.radius, Accuracy.PLACE, i, a) for i, a in enumerate(towns) if not code]
        if len(towns) > 1 and not codes:
            names = f"{len(towns)} places are called {towns[0].name}"
            return no_fix(f"{names}: give a state or postcode")
        radius, accuracy, _, anchor = min(choice)
        word = "postcode" if accuracy is Accuracy.POSTCODE else "town"
        label = tail or anchor.name
        return Fix(anchor.lon, anchor.lat, accuracy, radius, label, note.format(word))

    def _tail(self, asked: Reading, towns: list[Anchor]) -> str:
        """Town, state and postcode as a person writes them."""
        town = towns[0].name if towns else asked.town.title()
        state = asked.state or (towns[0].state if towns else "")
        if state:
            return ", ".join(p for p in (town, f"{state} {asked.postcode}".strip()) if p)
        return ", ".join(part for part in (town, asked.postcode) if part)


def _any_of(places: Sequence[Anchor], near: Point) -> Fix:
    """The one nearest to the home base, with a radius that holds all of that name."""
    fixes = [Fix(p.lon, p.lat, Accuracy.PLACE, p.radius, p.name) for p in places]
    fixes.sort(key=lambda fix: float(plane_metres(fix.lon, fix.lat, near.lon, near.lat)))
    return widest_fix(fixes, f"no state: it may be any of {len(fixes)} places of that name")


def _order(target: Target, near: Point | None) -> tuple[float, str]:
    """The nearest to the home base first; without one, the longest street."""
    if target.stretch is None:
        return 0.0, target.tail
    at = target.stretch.middle
    far = plane_metres(at.lon, at.lat, near.lon, near.lat) if near else -at.radius
    return float(far), f"{target.street}, {target.tail}"


def _street_target(stretch: Stretch, note: str = "", *, sure: bool = True) -> Target:
    return Target(stretch, no_fix(""), stretch.name, note=note, sure=sure)


def _letters(postcode: str) -> str:
    """The letters a British or Canadian postcode begins with: its widest part."""
    return postcode[: next((i for i, c in enumerate(postcode) if c.isdigit()), len(postcode))]


def _largest_of_type(streets: Sequence[Listed], key: str) -> list[Listed]:
    """The streets whose type agrees, of one key only: the one with the longest streets."""
    agreeing = [street for street in streets if types_agree(street.key, key)]
    sizes: dict[str, float] = {}
    for street in agreeing:
        sizes[street.key] = sizes.get(street.key, 0.0) + street.reach
    if not sizes:
        return []
    asked = street_type(key)
    best = min(sizes, key=lambda k: (street_type(k) != asked, -sizes[k], k))
    return [street for street in agreeing if street.key == best]


def _edits(name: str, allowed: Sequence[tuple[int, int]]) -> int:
    """How many edits a name of its length may be away."""
    return next((edits for letters, edits in allowed if len(name) >= letters), 0)


def _nearest_spelling(word: str, among: Sequence[str], most: int) -> str:
    """The one nearest in edits, at most `most` away; "" when none or several are as near."""
    if not most:
        return ""
    found = process.extract(word, among, scorer=OSA.distance, score_cutoff=most, limit=2)
    if not found:
        return ""
    (nearest, edits, _), *others = found
    return "" if any(other == edits for _, other, _ in others) else str(nearest)


def _cells(anchor: Anchor) -> list[tuple[int, int]]:
    """The cells of the file's grid that an anchor's circles touch."""
    cells: set[tuple[int, int]] = set()
    for lon, lat, radius in anchor.circles.astype(np.float64).tolist():
        dy = radius / METRES_PER_DEGREE
        dx = dy / max(0.01, float(np.cos(np.radians(lat))))
        for x in range(int((lon - dx) // CELL), int((lon + dx) // CELL) + 1):
            cells.update(
                (x, y) for y in range(int((lat - dy) // CELL), int((lat + dy) // CELL) + 1)
            )
    return sorted(cells)
