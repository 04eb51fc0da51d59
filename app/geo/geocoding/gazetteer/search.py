"""From an address in parts to the street, postcode or place that it means in one region.

1. Elsewhere. An address with a state or postcode of another region has no fix, and neither has one
   whose town and postcode are both unknown. A ZIP code that is one slip of the pen from where its
   street, town and state agree to be is passed over, with a note, and so is a state elsewhere that
   street, town and ZIP code are against.
2. Towns. The places of the name, or of the city that it is short for; where there is none, those
   without the words around it, or the one town of the map that it is a misspelling of. With a
   postcode, those near it; else the largest. With a home base all of them, with a state all that
   are nearly as large, the nearest first: the one whose street holds the address.
3. Areas, in which the street is looked for, the narrowest first: the postcode; what of a wider
   postcode lies in the town; the town; without a town the wider postcode.
4. The street; see `streets`.
5. Sure is a street whose type is not another one than asked, with no second street of its name and
   type there, or in another town of the name. Of several the one that has the number is meant. On
   others no house is believed: the street's middle, with a radius that holds all of them.
6. Without a street the postcode, or the place, whichever is smaller. Of several places of one name
   the nearest to the home base, with a radius that holds them all; without one, none.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from app.geo.addresses.reading import Reading, capitalize_street
from app.geo.addresses.street_names import (
    town_key,
    wider_postcodes,
)
from app.geo.addresses.towns import is_short_for, plainer_towns, usual_town
from app.geo.cache import once
from app.geo.geocoding.fix import Fix, no_fix, widest_fix
from app.geo.geocoding.gazetteer.file import Anchor, GazetteerFile, plane_metres
from app.geo.geocoding.gazetteer.spelling import (
    allowed_edits,
    nearest_spelling,
    one_slip,
)
from app.geo.geocoding.gazetteer.street import Area
from app.geo.geocoding.gazetteer.streets import StreetSearch
from app.geo.geocoding.gazetteer.target import Target
from app.geo.geocoding.geocoder import Accuracy
from app.geo.points import Point

# Metres around what is known of the land, calibrated with bench/geocode.py: of a ZIP code, of a
# British or Canadian postcode, of a town.
_ZIP_SLACK_M, _CODE_SLACK_M, _TOWN_SLACK_M = 2_500.0, 800.0, 2_000.0
# Judgement, all of these.
_SAME_TOWN_M = 30_000.0  # a town farther than this from the postcode is another of its name
_TOWN_EDITS = ((9, 2), (5, 1))
_ALIAS_RANK = 8  # names that the post accepts beside a ZIP code's own; see anchors.py
_NEAR_RANK = 2  # of places of one name, how much smaller ones can be meant

_CANADIAN_LETTERS = "ABCEGHJKLMNPRSTVXY"
_ZIP_AREA = 3  # the first digits of a ZIP code, which those of one sorting centre share


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
        self.streets = StreetSearch(file, self.towns)

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
            elsewhere = f"{asked.state} is not on this map"
            return self._despite_state(asked, near, elsewhere) or Target(None, no_fix(elsewhere))
        code, refusal = self.find_postcode(asked)
        if refusal:
            return self._despite_postcode(asked, near) or Target(None, no_fix(refusal))
        towns, town_note = self._towns(asked, code, near)
        if code and not towns and (found := self._despite_postcode(asked, near)):
            return found
        if not code and not towns and not self._wider(asked):
            return Target(None, no_fix(self._why_nowhere(asked)))
        areas = list(self.list_areas(asked, code, towns))
        found = self.streets.find(asked, areas) if asked.street else None
        if found and len(towns) > 1 and not code:
            found = self._in_several(asked, found, areas)
        tail = self.name_tail(asked, towns)
        if found and not found.stretch:
            label = f"{found.street}, {tail}"
            return Target(None, found.other._replace(label=label))
        if found:
            return found._replace(
                tail=tail, note="; ".join(n for n in (town_note, found.note) if n)
            )
        if len(towns) > 1 and not code and near:
            return Target(None, _any_of(towns))
        fix = self._without_street(asked, code, towns, tail)
        if fix.accuracy is Accuracy.PLACE and not near:
            fix = fix._replace(radius_m=max([fix.radius_m, *self._namesakes_of(towns[0])]))
        return Target(None, fix)

    def _despite_postcode(self, asked: Reading, near: Point | None) -> Target | None:
        """1. A street of town and state, near where a ZIP code lies that differs by one slip."""
        if not (asked.street and asked.number and asked.state and self._file.places(asked.town)):
            return None
        meant = [code for one in one_slip(asked.postcode) if (code := self._file.postcode(one))]
        found = self.target(asked._replace(postcode=""), near) if meant else None
        if not (found and found.stretch and found.sure):
            return None
        ground = found.stretch.ground
        if min(float(code.off(*ground).min()) for code in meant) > _ZIP_SLACK_M:
            return None
        where = "elsewhere" if self._file.postcode(asked.postcode) else "not on this map"
        return _noted(found, f"ZIP {asked.postcode} is {where}: placed by street and town")

    def _despite_state(self, asked: Reading, near: Point | None, note: str) -> Target | None:
        """1. A street that town and ZIP code agree on against the state."""
        known = self._file.postcode(asked.postcode) and self._file.places(asked.town)
        if not (known and asked.street and asked.number and asked.postcode.isdigit()):
            return None
        found = self.target(asked._replace(state=""), near)
        return _noted(found, f"{note}: placed by street and ZIP") if _is_sure(found) else None

    def _in_several(self, asked: Reading, found: Target, areas: Sequence[Area]) -> Target:
        """The street in every town of the name: the house number tells which is meant."""
        each = (self.streets.find(asked, [area]) for area in areas)
        every = [one.stretch for one in each if one and one.stretch]
        others = tuple({tuple(row.id for row in some.rows): some for some in every}.values())
        if not found.stretch or len(others) <= 1:
            return found
        return found._replace(choices=partial(tuple, others), sure=False)

    def find_postcode(self, asked: Reading) -> tuple[Anchor | None, str]:
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
        places = self._called(key, asked.state) if key else []
        if key and not places and key not in self._towns_elsewhere:
            key = nearest_spelling(key, self._town_list, allowed_edits(key, _TOWN_EDITS))
            places = self._file.places(key) if key else []
            note = f'town read as "{places[0].name}"' if places else ""
        if asked.state:
            places = [place for place in places if place.state in ("", asked.state)] or places
        if code:
            apart = (float(plane_metres(p.lon, p.lat, code.lon, code.lat)) for p in places)
            return [
                p for p, m in zip(places, apart, strict=True) if m < _SAME_TOWN_M + p.radius
            ], note
        if near:
            places = [p for p in places if not asked.state or _is_near_rank(p, places[0])]
            return sorted(places, key=lambda p: _apart(p, near)), note
        return [place for place in places if place.rank == places[0].rank], note

    def _called(self, key: str, state: str) -> Sequence[Anchor]:
        """The places of a name, for short or with words around it, but for a town elsewhere."""
        usual, _ = usual_town(key, state or (min(self.states) if len(self.states) == 1 else ""))
        found = self._file.places(town_key(usual))
        if found and found[0].rank == _ALIAS_RANK:
            return self._short_for(found[0]) or found
        if found or key in self._towns_elsewhere:
            return found
        plainer = (self._file.places(town_key(name)) for name in plainer_towns(usual))
        return next((places for places in plainer if places), ())

    def _short_for(self, alias: Anchor) -> list[Anchor]:
        """The largest town around that a name in use with one of its ZIP codes is short for."""
        longer = (town for town in self._town_list if is_short_for(alias.key, town))
        around = [
            place
            for town in longer
            for place in self._file.places(town)
            if place.rank < alias.rank
            and plane_metres(place.lon, place.lat, alias.lon, alias.lat) < place.radius
        ]
        return [max(around, key=lambda place: place.radius)] if around else []

    def _why_nowhere(self, asked: Reading) -> str:
        if asked.town:
            return f'"{asked.town}" is not on this map'
        if asked.postcode:
            return f"postcode {asked.postcode} is not known"
        if asked.street:
            return "neither town nor postcode is given" if not asked.box else "a P.O. box alone"
        return "no address" if not asked.box else "a P.O. box without town or postcode"

    def list_areas(
        self, asked: Reading, code: Anchor | None, towns: Sequence[Anchor]
    ) -> Iterator[Area]:
        """3. Where to look for the street, the narrowest first."""
        keys = [place.key for place in towns]  # houses say the name only: of two it tells nothing
        ids = [self._town_ids.get(k, -1) if keys.count(k) == 1 else -1 for k in keys]
        if code:
            is_zip = code.key.isdigit()
            slack = _ZIP_SLACK_M if is_zip else _CODE_SLACK_M
            town = self._town_ids.get(keys[0], -1) if keys else -1
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

    def _namesakes_of(self, place: Anchor) -> Iterator[float]:
        """6. Metres from a place to the far side of each other one that its name can mean."""
        for other in self._file.places(place.key):
            if _is_near_rank(other, place):
                apart = plane_metres(other.lon, other.lat, place.lon, place.lat)
                yield float(apart) + other.radius

    def name_tail(self, asked: Reading, towns: list[Anchor]) -> str:
        """Town, state and postcode as a person writes them."""
        town = towns[0].name if towns else asked.town.title()
        state = asked.state or (towns[0].state if towns else "")
        if state:
            return ", ".join(p for p in (town, f"{state} {asked.postcode}".strip()) if p)
        return ", ".join(part for part in (town, asked.postcode) if part)


def _is_sure(found: Target) -> bool:
    return found.stretch is not None and found.sure


def _noted(found: Target, note: str) -> Target:
    """The same with one more note, before its own."""
    return found._replace(note="; ".join(filter(None, (note, found.note))))


def _is_near_rank(other: Anchor, place: Anchor) -> bool:
    """Whether a place's name can mean another one, too, that is not much smaller."""
    return other.rank <= place.rank + _NEAR_RANK


def _apart(place: Anchor, near: Point) -> float:
    return float(plane_metres(place.lon, place.lat, near.lon, near.lat))


def _any_of(places: Sequence[Anchor]) -> Fix:
    """The first, with a radius that holds all of that name."""
    fixes = [Fix(p.lon, p.lat, Accuracy.PLACE, p.radius, p.name) for p in places]
    return widest_fix(fixes, f"it may be any of {len(fixes)} places of that name")


def _letters(postcode: str) -> str:
    """The letters a British or Canadian postcode begins with: its widest part."""
    return postcode[: next((i for i, c in enumerate(postcode) if c.isdigit()), len(postcode))]
