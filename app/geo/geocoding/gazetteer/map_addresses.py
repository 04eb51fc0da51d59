"""Streets, houses and places of OpenStreetMap extracts, and the street of a house that names none.

A house's street is the first of these that is known:
1. what its address says: addr:street, else addr:place, else what addr:full says whole;
2. for a number alone, that of the relation (associatedStreet, street) that it is a house of, or of
   the line (addr:interpolation) that it is an end of;
3. the named road that it stands at; see `nearest_roads`.
"""

import math
from array import array
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import osmium
import polars as pl
from numpy.typing import NDArray

from app.errors import BadMap
from app.geo.addresses.address import Address
from app.geo.addresses.house_numbers import house_number
from app.geo.addresses.reading import capitalize_street, parse_address
from app.geo.addresses.states import state_of
from app.geo.addresses.street_names import street_name
from app.geo.columns import release_memory
from app.geo.geocoding.gazetteer import tiger
from app.geo.geocoding.gazetteer.nearest_roads import NamedRoads, Numbered, nearest_names
from app.geo.geocoding.gazetteer.sources import HOUSES, NODE_M, PLACES, Sources
from app.geo.geocoding.gazetteer.tiger import LINES
from app.geo.openstreetmap import (
    DEGREE,
    NOWHERE,
    Lines,
    Nodes,
    Wholes,
    read_multipolygons,
    read_tagged,
    read_ways,
)
from app.geo.points import METRES_PER_DEGREE

_KEYS = (
    *("highway", "addr:housenumber", "addr:housename", "addr:postcode", "addr:full", "place"),
    *("landuse", "type", "addr:interpolation"),
)
_NAMES = (
    *("name", "alt_name", "official_name", "old_name", "loc_name", "short_name", "reg_name"),
    *("name:en", "ref"),
)
_MORE_NAMES = (
    *("name_1", "name_2", "name_3", "name_4"),
    *("alt_name_1", "alt_name_2", "old_name_1", "loc_name_1"),
)
_PLACE_KINDS = frozenset(
    (
        *("city", "town", "village", "suburb", "quarter", "neighbourhood"),
        *("hamlet", "locality", "isolated_dwelling", "farm"),
    )
)
# highway=* that houses stand at; https://wiki.openstreetmap.org/wiki/Key:highway
_WITH_HOUSES = frozenset(
    (
        *("residential", "living_street", "unclassified", "tertiary", "secondary", "primary"),
        *("trunk", "service", "pedestrian", "road"),
    )
)
_STREET_RELATIONS = frozenset(("associatedStreet", "street"))
_HOUSE_ROLES = frozenset(("house", "address", "addr:houselink"))
_STRAY_STATE = 50  # a state named by fewer than one in so many addresses is a mistake
_HOUSE = "house"  # a key of ours: set where the tags are those of something with an address
_USED = (
    *("addr:street", "addr:place", "addr:housenumber", "addr:housename", "addr:full"),
    *("addr:city", "addr:postcode", "addr:state", "place", "name"),
)
_ESTATES = frozenset(("industrial", "commercial", "retail"))

type _Thing = tuple[str, int]  # n, w or r, and its number


class _Outlined(NamedTuple):
    """A building that is a relation of another type than multipolygon, and its outline's ways."""

    thing: _Thing
    tags: dict[str, str]
    ways: tuple[int, ...]


def read_osm(path: Path) -> Sources:
    """Streets, houses and places of an OpenStreetMap extract whose nodes ascend."""
    if not path.is_file():
        raise BadMap(f"{path}: there is no such file", field="pbf")
    reading = _Osm()
    try:
        nodes = Nodes()
        for found in read_tagged(path, nodes, *_KEYS, relations=True):
            reading.take(found)
        if reading.has_areas:
            addressed = osmium.filter.KeyFilter("addr:housenumber", "addr:housename", "addr:full")
            for area in read_multipolygons(path, nodes, addressed):
                reading.take_area(area)
        if reading.outlined:
            reading.take_outlines(read_ways(path, nodes, reading.outlines))
    except (RuntimeError, OSError, ValueError) as why:
        raise BadMap(f"{path}: can't be read as OpenStreetMap data: {why}", field="pbf") from why
    sources = reading.sources(nodes)
    del reading, nodes
    release_memory()
    return sources


class _Osm:
    """Collects the objects of one extract: those of ways when all nodes are known.

    Of a way only the numbers of its nodes are held, and its tags where it is more than a street.
    """

    def __init__(self) -> None:
        self.houses: list[tuple[float, float, str, str, str, str, float]] = []
        self.places: list[tuple[str, str, float, float]] = []
        self.ways = Lines()
        self.texts: dict[str, int] = {"": 0}  # every distinct one, by when it came
        self.streets, self.postcodes, self.way_of_street = array("i"), array("i"), array("i")
        self.roads = array("i")  # the text that names each way, 0 where no houses stand at it
        self.more: list[tuple[int, dict[str, str], _Thing]] = []
        self.states: Counter[str] = Counter()
        self.numbers_alone: dict[int, _Thing] = {}  # of rows of `houses`
        self.street_of: dict[_Thing, str] = {}  # what relations and lines say
        self.has_areas = False
        self.outlined: list[_Outlined] = []

    def take(self, found: Any) -> None:
        """One object: a street, a house, a place, a street's relation; others are left."""
        tags = found.tags
        if found.is_relation():
            self._take_relation(found)
            return
        if found.is_node():
            at = [(found.location.lon, found.location.lat)]
            self._take_more(_used(tags, is_house=_has_address(tags)), at, ("n", found.id))
            return
        if "addr:interpolation" in tags and "addr:housenumber" not in tags:
            street = tags.get("addr:street") or ""
            self.street_of |= {("n", node.ref): street for node in found.nodes if street}
            return
        is_street = "highway" in tags or tags.get("landuse") in _ESTATES
        names = _names(tags) if is_street else ()
        is_house = "highway" not in tags and _has_address(tags)  # a road is none with any address
        is_more = is_house or "place" in tags or "addr:state" in tags
        if not names and not is_more:
            return
        if names:
            postcode = tags.get("postal_code") or tags.get("addr:postcode") or ""
            self._take_street(names, postcode)
        if is_more:
            used = _used(tags, is_house=is_house)
            self.more.append((len(self.ways), used, ("w", found.id)))
        is_road = bool(names) and tags.get("highway") in _WITH_HOUSES
        self.roads.append(self.texts.get(tags.get("name", ""), 0) if is_road else 0)
        self.ways.add(found)

    def _take_relation(self, found: Any) -> None:
        """2. What street the houses of a relation are in; and which are houses themselves."""
        tags = found.tags
        kind, street = tags.get("type"), tags.get("addr:street") or tags.get("name")
        if kind in _STREET_RELATIONS and street:
            houses = (member for member in found.members if member.role in _HOUSE_ROLES)
            self.street_of |= {(member.type, member.ref): street for member in houses}
        is_house = _has_address(tags)
        self.has_areas = self.has_areas or (kind == "multipolygon" and is_house)
        if kind == "building" and is_house:
            used, ways = _used(tags, is_house=True), _outline(found.members)
            self.outlined.append(_Outlined(("r", found.id), used, ways))

    def take_area(self, area: Any) -> None:
        """A building or the like that is a relation, by its outer edges."""
        at = [corner for ring in area.outer_rings() for corner in _corners(ring)]
        if at:
            self._take_more(_used(area.tags, is_house=True), at, ("r", area.orig_id()))

    @property
    def outlines(self) -> list[int]:
        """The ways by which buildings that are relations are placed."""
        return sorted({way for building in self.outlined for way in building.ways})

    def take_outlines(self, ways: Iterable[Any]) -> None:
        """The buildings whose outlines these are; a map may lack some of them."""
        corners = {way.id: _corners(way.nodes) for way in ways}
        for thing, tags, outline in self.outlined:
            if at := [corner for way in outline for corner in corners.get(way, ())]:
                self._take_more(tags, at, thing)

    def _take_street(self, names: Iterable[str], postcode: str) -> None:
        """The next way under each of its names."""
        for name in names:
            self.way_of_street.append(len(self.ways))
            self.streets.append(self.texts.setdefault(name, len(self.texts)))
            self.postcodes.append(self.texts.setdefault(postcode, len(self.texts)))

    def _take_more(
        self, tags: dict[str, str], at: list[tuple[float, float]], thing: _Thing
    ) -> None:
        """The house and the place that something at those points is, and the state it names."""
        self.states[state_of(tags.get("addr:state", ""))] += 1
        if _HOUSE in tags:
            self._take_house(tags, at, thing)
        if tags.get("place") in _PLACE_KINDS and "name" in tags:
            self.places.append((tags["name"], tags["place"], *_middle(at)))

    def _take_house(self, tags: Any, at: list[tuple[float, float]], thing: _Thing) -> None:
        number, street, town, postcode = _address(tags)
        middle = _middle(at)
        wide = max(_metres(*middle, *corner) for corner in at) if len(at) > 1 else NODE_M
        if number and not street:
            self.numbers_alone[len(self.houses)] = thing
        self.houses.append((*middle, number, street, town, postcode, wide))
        house = tags.get("addr:housename")
        if house and not house.isdigit():
            self.houses.append((*middle, "", house, town, postcode, wide))

    def sources(self, nodes: Nodes) -> Sources:
        """Everything taken, in columns."""
        x, y = self.ways.locate(nodes)
        for way, tags, thing in self.more:
            here = slice(self.ways.ends[way], self.ways.ends[way + 1])
            known = x[here] != NOWHERE
            lon, lat = ((places[here][known] / DEGREE).tolist() for places in (x, y))
            if at := list(zip(lon, lat, strict=True)):
                self._take_more(tags, at, thing)
        return Sources(
            self._placed_houses(x, y),
            *self._lines(x, y),
            pl.DataFrame(self.places, schema=PLACES, orient="row"),
            pl.DataFrame(schema=tiger.RANGES),
            _usual(self.states),
        )

    def _placed_houses(self, x: Wholes, y: Wholes) -> pl.DataFrame:
        """The houses, those with a number alone in the street of 2. or 3."""
        houses = pl.DataFrame(self.houses, schema=HOUSES, orient="row")
        street = houses["street"].to_list() if self.numbers_alone else []
        for row, thing in self.numbers_alone.items():
            street[row] = self.street_of.get(thing, "")
        alone = np.array([row for row in self.numbers_alone if not street[row]], np.int64)
        if len(alone):
            texts = list(self.texts)
            for row, text in zip(alone.tolist(), self._nearest(houses, alone, x, y), strict=True):
                street[row] = texts[text]
        return houses.with_columns(street=pl.Series(street)) if street else houses

    def _nearest(
        self, houses: pl.DataFrame, alone: NDArray[np.int64], x: Wholes, y: Wholes
    ) -> list[int]:
        """3. The texts that name the roads at which those rows stand, 0 for none."""
        texts, keys = list(self.texts), {"": 0}
        roads = np.array(self.roads, np.int32)
        distinct = np.unique(roads)
        key = [keys.setdefault(street_name(texts[text]).key, len(keys)) for text in distinct]
        spelling = np.zeros(len(keys), np.int64)
        spelling[key] = distinct
        names = np.array(key, np.int32)[np.searchsorted(distinct, roads)]
        ends = np.frombuffer(self.ways.ends, np.int64)[1:]
        known = _numbered(houses, keys)
        found = nearest_names(NamedRoads(names, ends, x, y), known[known.name > 0], known[alone])
        return [int(text) for text in spelling[found]]

    def _lines(self, x: Wholes, y: Wholes) -> tuple[pl.DataFrame, Wholes, Wholes]:
        """The streets, and the places of their corners."""
        ends, way = np.frombuffer(self.ways.ends, np.int64), np.array(self.way_of_street, np.int64)
        count = ends[way + 1] - ends[way]
        line = np.repeat(np.arange(len(way), dtype=np.int32), count)
        row = np.arange(len(line)) + np.repeat(ends[way] - (np.cumsum(count) - count), count)
        known = x[row] != NOWHERE
        row, corners = row[known], np.bincount(line[known], minlength=len(way))
        texts = pl.Series(self.texts.keys(), dtype=pl.String)
        street, postcode = (texts[np.array(rows)] for rows in (self.streets, self.postcodes))
        again = pl.Series(np.diff(way, prepend=-1) == 0)
        lines = pl.DataFrame([street, postcode, pl.Series(corners), again], schema=LINES)
        return lines.filter(pl.col("corners") > 0), x[row], y[row]


def _address(tags: Any) -> tuple[str, str, str, str]:
    """1. Number, street, town and postcode, "" where they are not known."""
    number = tags.get("addr:housenumber") or ""
    street = tags.get("addr:street") or tags.get("addr:place") or ""
    town = (tags.get("addr:city") or "").split(",")[0]
    postcode = tags.get("addr:postcode") or ""
    full = parse_address(Address(tags.get("addr:full") or "")) if not street else None
    if full and full.number and full.street and number in ("", full.number):
        number, street = full.number, capitalize_street(full.street)
        town, postcode = town or full.town, postcode or full.postcode
    return number, street, town, postcode


def _numbered(houses: pl.DataFrame, keys: dict[str, int]) -> Numbered:
    """The houses with their numbers (far from all others where they have none) and streets."""
    read = (house_number(text) for text in houses["number"])
    number = np.array([one.first if one else -(10**9) for one in read], np.int64)
    name = [keys.get(street_name(street).key, 0) for street in houses["street"]]
    lon, lat = (houses[column].to_numpy() for column in ("lon", "lat"))
    return Numbered(number, lon, lat, np.array(name, np.int64))


def _outline(members: Iterable[Any]) -> tuple[int, ...]:
    """The ways with the role outline, else the first way; none where there is no way."""
    ways = [(member.role, member.ref) for member in members if member.type == "w"]
    outline = tuple(way for role, way in ways if role == "outline")
    return outline or tuple(way for _, way in ways[:1])


def _corners(nodes: Any) -> list[tuple[float, float]]:
    """Where the corners of a way or a ring are that are on the map, a closed one's each once."""
    corners = list(nodes)
    if len(corners) > 1 and corners[0].ref == corners[-1].ref:
        corners.pop()
    return [(n.location.lon, n.location.lat) for n in corners if n.location.valid()]


def _has_address(tags: Any) -> bool:
    return any(tag.k.startswith("addr:") for tag in tags)


def _used(tags: Any, *, is_house: bool) -> dict[str, str]:
    """The tags that are looked at later."""
    used = {key: tags[key] for key in _USED if key in tags}
    return used | {_HOUSE: ""} if is_house else used


def _names(tags: Any) -> list[str]:
    """All names of a street, each once, in order."""
    texts = [tags[key] for key in _NAMES if key in tags]
    texts += [tags[key] for key in _MORE_NAMES if key in tags] if texts else []
    return sorted({name.strip() for text in texts for name in text.split(";")} - {""})


def _usual(states: Counter[str]) -> frozenset[str]:
    """The states that the map's own addresses name, stray ones left out."""
    tagged = states.total() - states[""]
    return frozenset(s for s, n in states.items() if s and n * _STRAY_STATE > tagged)


def _metres(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    """Metres between two near points, on a plane."""
    return METRES_PER_DEGREE * math.hypot(
        (lon - to_lon) * math.cos(math.radians(lat)), lat - to_lat
    )


def _middle(at: list[tuple[float, float]]) -> tuple[float, float]:
    """The mean of the vertices, a closed ring's last one left out."""
    corners = at[:-1] if len(at) > 1 and at[0] == at[-1] else at
    return (
        sum(lon for lon, _ in corners) / len(corners),
        sum(lat for _, lat in corners) / len(corners),
    )
