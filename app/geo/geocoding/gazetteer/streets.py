"""The street that an address means, in the areas where it may lie; see `Search`.

The first of these that an area has: where two are named, where they meet; the very name; what else
the text may say; a name where one of both lacks its type or directional; one of another type; a
misspelling.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from app.geo.addresses.reading import Reading
from app.geo.addresses.street_lines import street_readings
from app.geo.addresses.street_names import (
    StreetName,
    directions_agree,
    other_names,
    street_direction,
    street_name,
    street_type,
    types_agree,
)
from app.geo.geocoding.fix import Fix, no_fix
from app.geo.geocoding.gazetteer.file import GazetteerFile, Listed
from app.geo.geocoding.gazetteer.spelling import allowed_edits, nearest_spelling, touched_cells
from app.geo.geocoding.gazetteer.street import Area, Stretch
from app.geo.geocoding.gazetteer.target import Target, read_as

# Judgement, all of these.
_CROSSING_M = 150.0  # two streets this near to each other meet
_STREET_EDITS = ((7, 2), (4, 1))  # letters of a name, and the edits that are a slip of the pen
_MOST_CHOICES, _MOST_MISSPELT = 12, 6  # streets of one name; readings of one that fits nothing


class StreetSearch:
    """Finds streets in one file; `towns`: the keys of towns, which are no misspelt streets."""

    def __init__(self, file: GazetteerFile, towns: frozenset[str]) -> None:
        self._file = file
        self._towns = towns
        self._bases: dict[tuple[int, str], tuple[str, ...]] = {}

    def find(self, asked: Reading, areas: Sequence[Area]) -> Target | None:
        """The street, or where two meet; None where no area has it. The narrowest area first."""
        if asked.cross and (met := self._crossing(asked, areas)):
            return met
        written = street_name(asked.street)
        if found := self._by_key(written, areas):
            return found
        names = list(_read_otherwise(asked, asked.town))
        for find in (self._by_key, self._by_base):
            for number, name in [("", written), *names]:
                if found := find(name, areas):
                    return found._replace(number=number)
        return self._by_other_type(written, areas) or self._misspelt(written, names, areas)

    def _misspelt(
        self, written: StreetName, names: Sequence[tuple[str, StreetName]], areas: Sequence[Area]
    ) -> Target | None:
        """A street that this, or what is left of it, is a misspelling of; no town is one."""
        if not street_type(written.key) and written.base in self._towns:
            return None
        for number, name in [("", written), *names[:_MOST_MISSPELT]]:
            if found := self._by_fuzzy_match(name, areas):
                return found._replace(number=number)
        return None

    def first(self, streets: Sequence[Listed], areas: Sequence[Area]) -> Stretch | None:
        """The street in the first area that has it."""
        if not streets:
            return None
        found = (Stretch.find(self._file, streets, area) for area in areas)
        return next((stretch for stretch in found if stretch), None)

    def _by_key(self, name: StreetName, areas: Sequence[Area]) -> Target | None:
        rows = self._file.streets("key", name.key)
        stretch = self.first(rows, areas)
        if not stretch:
            return None
        return street_target(stretch)._replace(choices=_Namesakes(self, name, stretch.area))

    def namesakes(self, name: StreetName, area: Area) -> tuple[Stretch, ...]:
        """The streets that can be meant where type or directional was left out; none for one."""
        if street_direction(name.key) and street_type(name.key):
            return ()
        rows = [row for row in self._base_rows(name) if types_agree(row.key, name.key)]
        others = any(row.key != name.key for row in rows)
        return self._choices(rows, area, name.key) if others else ()

    def _by_base(self, name: StreetName, areas: Sequence[Area]) -> Target | None:
        """The same name where one of both lacks type or directional: those that can be meant."""
        rows = [row for row in self._base_rows(name) if types_agree(row.key, name.key)]
        asked = street_direction(name.key)
        very = [row for row in rows if asked and street_direction(row.key) == asked]
        for group in (very, rows):
            for area in areas if group else ():
                if choices := self._choices(group, area, name.key):
                    stretch, sure = choices[0], len(choices) == 1
                    note = read_as(stretch.name)
                    target = street_target(stretch, note, sure=sure)
                    return target._replace(choices=partial(tuple, choices))
        return None

    def _choices(self, rows: Sequence[Listed], area: Area, key: str) -> tuple[Stretch, ...]:
        """The streets of each key in an area, those of the type asked first, then the longest."""
        sizes: dict[str, float] = {}
        for row in rows:
            sizes[row.key] = sizes.get(row.key, 0.0) + row.reach
        asked = street_type(key)
        keys = sorted(sizes, key=lambda k: (street_type(k) != asked, -sizes[k], k))[:_MOST_CHOICES]
        alike = ([row for row in rows if row.key == one] for one in keys)
        found = (Stretch.find(self._file, some, area) for some in alike)
        return tuple(stretch for stretch in found if stretch)

    def _by_other_type(self, name: StreetName, areas: Sequence[Area]) -> Target | None:
        """The same name with another type, on which no house is believed."""
        stretch = self.first(self._base_rows(name), areas)
        return street_target(stretch, read_as(stretch.name), sure=False) if stretch else None

    def _base_rows(self, name: StreetName) -> list[Listed]:
        rows = self._file.streets("base", name.base)
        return [row for row in rows if directions_agree(row.key, name.key)]

    def _by_fuzzy_match(self, name: StreetName, areas: Sequence[Area]) -> Target | None:
        """A misspelling, within the narrowest areas only."""
        most = allowed_edits(name.base, _STREET_EDITS)
        if not most or any(c.isdigit() for c in name.base):
            return None
        for area in areas:
            base = nearest_spelling(name.base, self._bases_in(area), most)
            if base:
                like = name._replace(base=base)
                if found := self._by_base(like, [area]) or self._by_other_type(like, [area]):
                    return found
        return None

    def _bases_in(self, area: Area) -> tuple[str, ...]:
        anchor = area.anchors[-1]
        which = anchor.id, anchor.key  # the ids of postcodes and of places are counted apart
        if which not in self._bases:
            self._bases[which] = self._file.bases_near(touched_cells(anchor))
        return self._bases[which]

    def _crossing(self, asked: Reading, areas: Sequence[Area]) -> Target | None:
        """Where two streets meet."""
        sides = [asked.street, asked.cross]
        if asked.cross in asked.street:
            sides[0] = asked.street[: asked.street.rindex(asked.cross)].rsplit(None, 1)[0]
        one, other = (self.find(asked._replace(street=side, cross=""), areas) for side in sides)
        if not one or not other or not one.stretch or not other.stretch:
            return None
        meeting = one.stretch.meeting(other.stretch, _CROSSING_M)
        if not meeting:
            return None
        street = f"{one.street} & {other.street}"
        return Target(None, Fix(*meeting, street, "intersection"), street)


class _Namesakes:
    """What `namesakes` finds, looked up when it is first asked for. Two threads find the same.

    There is one for each address that is remembered, so it is as small as can be.
    """

    __slots__ = ("_area", "_found", "_name", "_search")

    def __init__(self, search: StreetSearch, name: StreetName, area: Area) -> None:
        self._search, self._name, self._area = search, name, area
        self._found: tuple[Stretch, ...] | None = None

    def __call__(self) -> tuple[Stretch, ...]:
        if self._found is None:
            self._found = self._search.namesakes(self._name, self._area)
        return self._found


def street_target(stretch: Stretch, note: str = "", *, sure: bool = True) -> Target:
    """What a street alone comes to."""
    return Target(stretch, no_fix(""), stretch.name, note=note, sure=sure)


def _read_otherwise(asked: Reading, town: str) -> Iterator[tuple[str, StreetName]]:
    """What else the street may be, with the house number that its text holds ("" for none)."""
    yield from (("", name) for name in other_names(asked.street))
    for number, street in street_readings(asked.street, town, numbered=bool(asked.number)):
        yield number, street_name(street)
        yield from ((number, name) for name in other_names(street))
