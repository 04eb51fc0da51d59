"""What an address may mean while it is typed, in one region; its last word may be unfinished.

1. Places, where neither a number nor a street beside a town is typed: of that name, else those that
   begin so. A town's name may also begin a street's ("Kailua Road").
2. Streets: those of the name, whatever their type or directional where none is typed; then those
   that begin so. Of each kind the nearest to the home base first, without one the longest.
3. Where nothing begins so, what begins like it but for one slip: a letter too few, too many or
   another, two swapped, a blank forgotten.
4. A town behind the last comma that is none yet: of those that begin so the first with the street.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from app.geo.addresses.reading import Reading
from app.geo.addresses.street_names import (
    directions_agree,
    fold_street,
    street_name,
    street_type,
    town_key,
    types_agree,
)
from app.geo.geocoding.fix import Fix
from app.geo.geocoding.gazetteer.file import Anchor, GazetteerFile, Listed, plane_metres
from app.geo.geocoding.gazetteer.search import Search
from app.geo.geocoding.gazetteer.spelling import undo_slip
from app.geo.geocoding.gazetteer.street import EVERYWHERE, Area, Stretch
from app.geo.geocoding.gazetteer.streets import street_target
from app.geo.geocoding.gazetteer.target import Target
from app.geo.geocoding.geocoder import Accuracy
from app.geo.points import Point

# Judgement, all of these.
_MOST_LISTED, _FEW_LISTED = 40, 3  # streets, places that begin as what was typed
_MOST_SLIPS = 3  # readings of one


class Suggestions:
    """Answers for one file, as `Search` does. Safe for threads."""

    def __init__(self, file: GazetteerFile, search: Search) -> None:
        self._file = file
        self._search = search
        self._slips = lru_cache(1 << 10)(self._find_slips)

    def find(self, asked: Reading, behind: str, near: Point | None, most: int) -> list[Target]:
        """Up to `most` streets and places, the likeliest first; `behind`: after the last comma."""
        if asked.town or asked.state or asked.postcode or not (behind and asked.street):
            return self._find(asked, near, most)
        towns = self._file.places_beginning(town_key(behind), _FEW_LISTED)  # 4.
        each = (self._find(asked._replace(town=town.key), near, most) for town in towns)
        return next(filter(None, each), None) or self._find(asked, near, most)

    def _find(self, asked: Reading, near: Point | None, most: int) -> list[Target]:
        """1. to 3."""
        if asked.state and asked.state not in self._search.states:
            return []
        code, refusal = self._search.find_postcode(asked)
        towns = () if refusal else self._file.places(asked.town)
        areas = list(self._search.list_areas(asked, code, towns))
        found = [] if code or asked.number else self._places_named(asked, near)
        if asked.town and not (asked.street or asked.state or asked.postcode):  # 1.
            asked, areas = asked._replace(street=asked.town, town=""), []
        if not asked.street or refusal or (asked.town and not areas):
            return found[:most]
        near = _middle(areas[0]) if areas else near
        ranked = self._ranked(asked.street, near) or self._slipped(asked.street, near, found)
        return [*found, *self._streets(ranked, asked, areas, most)][:most]

    def _streets(
        self, ranked: Sequence[Listed], asked: Reading, areas: Sequence[Area], most: int
    ) -> Iterator[Target]:
        """2. Those that lie in the areas, if there are any, each with its town."""
        keys = dict.fromkeys(street.key for street in ranked)
        alike = ([street for street in ranked if street.key == key] for key in keys)
        inside = (some for one in alike if (some := self._search.streets.first(one, areas)))
        anywhere = (Stretch([self._file.row(one.id)], EVERYWHERE) for one in ranked[:most])
        return (self._with_tail(stretch, asked) for stretch in (inside if areas else anywhere))

    def _ranked(self, text: str, near: Point | None) -> list[Listed]:
        """2. Those that bear the name, then those that begin so, each as near as can be."""
        name = street_name(text)
        whole = [
            street
            for street in self._file.streets("base", name.base)
            if directions_agree(street.key, name.key) and types_agree(street.key, name.key)
        ]
        starts = dict.fromkeys((fold_street(text), name.key))
        begun = [one for start in starts for one in self._begun(start, near)]
        listed = {one.id: one for one in (*whole, *begun)}.values()
        named = {one.id for one in whole}
        typed = bool(street_type(name.key))
        return sorted(
            listed,
            key=lambda one: (
                not (typed and one.key == name.key),
                one.id not in named,
                _far(one, near),
                one.id,
            ),
        )

    def _begun(self, start: str, near: Point | None) -> Sequence[Listed]:
        return self._file.streets_beginning(start, _MOST_LISTED, near)

    def _slipped(self, text: str, near: Point | None, places: Sequence[Target]) -> list[Listed]:
        """3. Not of what begins a place's name."""
        start = street_name(text).key
        if places or any(map(str.isdigit, start)):
            return []
        slipped = self._slips(start, self._file.is_street_begun)
        return [one for like in slipped for one in self._begun(like, near)]

    def _find_slips(self, start: str, is_begun: Callable[[str], bool]) -> tuple[str, ...]:
        """3. How names begin that were typed with one slip."""
        return tuple(like for like in undo_slip(start) if is_begun(like))[:_MOST_SLIPS]

    def _with_tail(self, stretch: Stretch, asked: Reading) -> Target:
        """The street with the town it lies in or near."""
        middle = stretch.middle
        town = self._file.nearest_town(middle.lon, middle.lat)
        asked = asked._replace(town=asked.town or (town.name if town else ""))
        tail = self._search.name_tail(asked, [town] if town else [])
        return street_target(stretch)._replace(tail=tail)

    def _places_named(self, asked: Reading, near: Point | None) -> list[Target]:
        """1."""
        if asked.town and asked.street:
            return []
        start = asked.town or town_key(asked.street)
        named = self._file.places(start) or self._places_begun(start)
        places = [p for p in named if not asked.state or p.state in ("", asked.state)]
        if near:
            places.sort(key=lambda p: (p.rank, plane_metres(p.lon, p.lat, near.lon, near.lat)))
        tails = [self._search.name_tail(asked._replace(town=p.key), [p]) for p in places]
        return [
            Target(None, Fix(p.lon, p.lat, Accuracy.PLACE, p.radius, tail, ""))
            for p, tail in zip(places, tails, strict=True)
        ]

    def _places_begun(self, start: str) -> Sequence[Anchor]:
        """1. and 3. Where a street begins so, a place is not taken to be misspelt."""
        begins = self._file.places_beginning
        found = begins(start, _FEW_LISTED)
        if found or self._file.is_street_begun(start):
            return found
        slipped = self._slips(start, self._file.is_place_begun)
        return [place for like in slipped for place in begins(like, 1)]


def _middle(area: Area) -> Point:
    """Of its narrowest part."""
    return Point(area.anchors[-1].lon, area.anchors[-1].lat)


def _far(street: Listed, near: Point | None) -> float:
    """The nearest to the home base first; without one, the longest street."""
    if near is None:
        return -street.reach
    return float(plane_metres(street.lon, street.lat, near.lon, near.lat))
