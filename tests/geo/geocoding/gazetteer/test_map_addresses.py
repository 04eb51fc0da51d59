"""Addresses as maps have them: on relations, without a street, in one line, under second names.

The small maps are of streets that run east, 0.002 degrees (222 m) apart.
"""

import csv
from pathlib import Path

import osmium
import pytest
from osmium.osm.mutable import Node, Relation, Way

from app.geo.addresses.address import Address, Addresses
from app.geo.addresses.street_names import street_name
from app.geo.geocoding.gazetteer import gazetteer
from app.geo.geocoding.gazetteer.map_addresses import read_osm
from app.geo.geocoding.geocoder import Accuracy
from app.geo.points import great_circle_metres
from tests.geo.geocoding.gazetteer.made import one
from tests.shared import CASES, DATA, needs_data

WEST, SOUTH, STEP = -73.26, 42.45, 0.001
PLACED = {"addr:city": "Pittsfield", "addr:postcode": "01201"}


class Map:
    """A map that is being drawn; things get their numbers in turn."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.ways: list[Way] = []
        self.relations: list[Relation] = []
        self.node(0, 0, place="town", name="Pittsfield")

    def node(self, east: float, north: float, **tags: str) -> int:
        """At so many steps of 0.001 degrees."""
        at = WEST + STEP * east, SOUTH + STEP * north
        number = len(self.nodes) + 1
        self.nodes.append(Node(id=number, location=at, version=1, tags=_keys(tags)))
        return number

    def way(self, nodes: list[int], **tags: str) -> int:
        number = len(self.ways) + 1
        self.ways.append(Way(id=number, nodes=nodes, version=1, tags=_keys(tags)))
        return number

    def street(self, north: float, kind: str = "residential", **tags: str) -> int:
        along = [self.node(east, north) for east in range(12)]
        return self.way(along, highway=kind, **tags)

    def ring(self, east: float, north: float, half: float, **tags: str) -> int:
        turns = ((-1, -1), (-1, 1), (1, 1), (1, -1))
        corners = [self.node(east + half * x, north + half * y) for x, y in turns]
        return self.way([*corners, corners[0]], **tags)

    def relation(self, members: list[tuple[str, int, str]], **tags: str) -> None:
        number = len(self.relations) + 1
        self.relations.append(Relation(id=number, members=members, version=1, tags=_keys(tags)))

    def build(self, folder: Path) -> gazetteer.Gazetteer:
        with osmium.SimpleWriter(str(folder / "a.osm.pbf")) as writer:
            for thing in (*self.nodes, *self.ways, *self.relations):
                writer.add(thing)
        gazetteer.build_gazetteer(folder / "g", [folder / "a.osm.pbf"])
        return gazetteer.Gazetteer(folder / "g", "drawn")


def _keys(tags: dict[str, str]) -> dict[str, str]:
    return {key.replace("__", ":"): value for key, value in tags.items()}


@pytest.fixture
def drawn() -> Map:
    """Elm Street, and Oak Street north of it."""
    drawn = Map()
    drawn.street(0, name="Elm Street")
    drawn.street(2, name="Oak Street")
    return drawn


def house_at(found: gazetteer.Gazetteer, line: str) -> tuple[float, float] | None:
    """How many steps east and north that house is; None where it is not known itself."""
    accuracy, lon, lat, _ = one(found, line, "Pittsfield", "MA", "01201")
    east, north = (lon - WEST) / STEP, (lat - SOUTH) / STEP
    return (round(east, 1), round(north, 1)) if accuracy == Accuracy.ROOFTOP else None


@needs_data
def test_a_map_of_every_form(tmp_path):
    """All of them are found, with their numbers where the map has those."""
    gazetteer.build_gazetteer(tmp_path / "g", [CASES / "geo/maps/osmforms.osm.pbf"])
    with (CASES / "geo/maps/osmforms_q.csv").open(encoding="utf8") as file:
        rows = list(csv.DictReader(file))
    found = gazetteer.Gazetteer(tmp_path / "g", "forms").locate(
        Addresses.of([Address(r["Address"], r["City"], r["State"], r["Zip"]) for r in rows])
    )
    lat, lon = ([float(row[column]) for row in rows] for column in ("TLat", "TLon"))
    off = great_circle_metres(found.at.lon, found.at.lat, lon, lat)
    assert (off <= 60).all()
    numbered = [row["Address"][0].isdigit() for row in rows]
    assert (found.accuracy[numbered] >= Accuracy.INTERPOLATED).all()


def test_a_building_that_is_a_relation(drawn, tmp_path):
    """Its middle is that of its outer edges, of all of them."""
    members = [("w", drawn.ring(3, 0.4, 0.2), "outer"), ("w", drawn.ring(3, 0.4, 0.1), "inner")]
    drawn.relation(members, type="multipolygon", addr__housenumber="200", addr__street="Elm Street")
    two = [("w", drawn.ring(7, 0.4, 0.1), "outer"), ("w", drawn.ring(8, 0.4, 0.1), "outer")]
    drawn.relation(two, type="multipolygon", addr__housenumber="300", addr__street="Elm Street")
    found = drawn.build(tmp_path)
    assert house_at(found, "200 Elm Street") == (3.0, 0.4)
    assert house_at(found, "300 Elm Street") == (7.5, 0.4)


def test_a_building_that_is_a_relation_of_its_parts(drawn, tmp_path):
    """It is where its outlines are, without any where its first way is; it may name no street."""
    part = ("w", drawn.ring(1, 0.4, 0.05, building__part="yes"), "part")
    outline = [("w", drawn.ring(3, 0.4, 0.2), "outline")]
    drawn.relation([part, *outline], **_building(200, addr__street="Elm Street"))
    two = [("w", drawn.ring(east, 0.4, 0.1, building="yes"), "outline") for east in (7, 8)]
    drawn.relation([part, *two], **_building(300, addr__street="Elm Street"))
    first = [("n", drawn.node(2, 0.4), "entrance"), ("w", drawn.ring(5, 0.4, 0.1), "part")]
    drawn.relation([*first, part], **_building(400, addr__street="Elm Street"))
    drawn.relation([("w", drawn.ring(10, 0.2, 0.05), "outline")], **_building(500))
    nowhere = [("n", 1, "entrance"), ("w", 10**6, "outline")]
    drawn.relation(nowhere, **_building(600, addr__street="Elm Street"))
    found = drawn.build(tmp_path)
    places = {200: (3.0, 0.4), 300: (7.5, 0.4), 400: (5.0, 0.4), 500: (10.0, 0.2), 600: None}
    for number, place in places.items():
        assert house_at(found, f"{number} Elm Street") == place


def _building(number: int, **tags: str) -> dict[str, str]:
    return {"type": "building", "addr__housenumber": str(number)} | tags


def test_a_building_with_a_range_of_numbers(drawn, tmp_path):
    """Its two ends are written, and each number of a list; what is between is not."""
    drawn.ring(3, 0.4, 0.2, building="yes", addr__housenumber="10-20", addr__street="Elm Street")
    drawn.ring(7, 0.4, 0.2, building="yes", addr__housenumber="30;34;40", addr__street="Elm Street")
    found = drawn.build(tmp_path)
    for number in (10, 20):
        assert house_at(found, f"{number} Elm Street") == (3.0, 0.4)
    for number in (30, 34, 40):
        assert house_at(found, f"{number} Elm Street") == (7.0, 0.4)
    for number, east in ((14, 3), (15, 3), (32, 7)):
        accuracy, lon, _, note = one(found, f"{number} Elm Street", "Pittsfield", "MA", "01201")
        assert (accuracy, lon) == (Accuracy.INTERPOLATED, round(WEST + STEP * east, 4))
        assert note == "between known house numbers"


@pytest.mark.parametrize("kind", ["associatedStreet", "street"])
@pytest.mark.parametrize("key", ["name", "addr__street"])
def test_houses_of_a_street_s_relation(drawn, tmp_path, kind, key):
    """They are in its street, though another one is nearer; what they say themselves goes first."""
    node = drawn.node(3, 1.9, addr__housenumber="7")
    way = drawn.ring(5, 1.9, 0.05, addr__housenumber="9")
    own = drawn.node(6, 1.9, addr__housenumber="11", addr__street="Oak Street")
    houses = [("n", node, "house"), ("w", way, "house"), ("n", own, "house")]
    drawn.relation([("w", 1, "street"), *houses], **{"type": kind, key: "Elm Street"})
    found = drawn.build(tmp_path)
    assert house_at(found, "7 Elm Street") == (3.0, 1.9)
    assert house_at(found, "9 Elm Street") == (5.0, 1.9)
    assert house_at(found, "11 Oak Street") == (6.0, 1.9)


def test_numbers_at_the_ends_of_a_line(drawn, tmp_path):
    """The line tells the street, though another one is nearer."""
    ends = [
        drawn.node(east, 1.9, addr__housenumber=str(number)) for east, number in ((2, 7), (4, 9))
    ]
    drawn.way(ends, addr__interpolation="odd", addr__street="Elm Street")
    found = drawn.build(tmp_path)
    assert house_at(found, "7 Elm Street") == (2.0, 1.9)
    assert house_at(found, "9 Elm Street") == (4.0, 1.9)


def test_a_number_alone_is_of_the_nearest_road(drawn, tmp_path):
    drawn.street(0.1, "footway", name="Creek Trail")
    drawn.street(0.15, "residential")
    drawn.node(4, 0.2, addr__housenumber="12")
    drawn.node(5, 0.3, addr__housenumber="20", addr__place="Sunny Farm")
    drawn.ring(6, 0.2, 0.02, addr__housenumber="14", building="yes")
    found = drawn.build(tmp_path)
    assert house_at(found, "12 Elm Street") == (4.0, 0.2)
    assert house_at(found, "14 Elm Street") == (6.0, 0.2)
    assert house_at(found, "20 Sunny Farm") == (5.0, 0.3)
    assert house_at(found, "20 Elm Street") is None


def test_a_number_alone_far_from_all_roads_or_between_two_is_of_none(drawn, tmp_path):
    drawn.node(4, 1.0, addr__housenumber="12")  # 111 m from both
    drawn.street(-0.5, name="Ash Street")
    drawn.node(5, -0.25, addr__housenumber="14")  # 28 m from both
    found = drawn.build(tmp_path)
    for street in ("Elm Street", "Oak Street", "Ash Street"):
        assert house_at(found, f"12 {street}") is None
        assert house_at(found, f"14 {street}") is None


def test_a_number_alone_is_of_the_road_whose_numbers_are_like_it(drawn, tmp_path):
    """Nearer to Ash Street, whose next houses have quite other numbers."""
    drawn.street(0.5, name="Ash Street")
    for east, number in ((3, "10"), (5, "14")):
        drawn.node(east, 0.1, addr__housenumber=number, addr__street="Elm Street")
    drawn.node(4, 0.45, addr__housenumber="2310", addr__street="Ash Street")
    drawn.node(4, 0.3, addr__housenumber="12")
    found = drawn.build(tmp_path)
    assert house_at(found, "12 Elm Street") == (4.0, 0.3)
    assert house_at(found, "12 Ash Street") is None


def test_addresses_in_one_line(drawn, tmp_path):
    drawn.node(4, 1.0, addr__full="77 Elm Street, Pittsfield, MA 01201", name="Acme")
    drawn.node(5, 1.0, addr__full="Behind the mill", name="Mill")
    drawn.node(6, 1.0, addr__full="79 Oak Street, Pittsfield", addr__street="Elm Street")
    found = drawn.build(tmp_path)
    assert house_at(found, "77 Elm Street") == (4.0, 1.0)
    assert house_at(found, "79 Oak Street") is None


@pytest.mark.parametrize(
    ("number", "asked"),
    [("44 Rear", "44"), ("No. 50", "50"), ("#50", "50"), ("Nr 50", "50"), ("Unit 7, 60", "60")],
)
def test_numbers_with_words_around_them(drawn, tmp_path, number, asked):
    drawn.node(4, 0.2, addr__housenumber=number, addr__street="Elm Street")
    assert house_at(drawn.build(tmp_path), f"{asked} Elm Street") == (4.0, 0.2)


SECOND = ["alt_name", "old_name", "loc_name", "short_name", "name_1", "alt_name_1", "name__en"]


@pytest.mark.parametrize("key", SECOND)
def test_houses_under_a_second_name_of_their_street(drawn, tmp_path, key):
    """Also the other way round, and under the number of the road."""
    drawn.street(4, name="Walnut Street", ref="MA 116", **{key: "River Road;Mill Road"})
    drawn.node(4, 4.2, addr__housenumber="10", addr__street="Walnut Street", **_raw(PLACED))
    drawn.node(5, 4.2, addr__housenumber="12", addr__street="River Road", **_raw(PLACED))
    found = drawn.build(tmp_path)
    for street in ("Walnut Street", "River Road", "Mill Road", "Route 116"):
        assert house_at(found, f"10 {street}") == (4.0, 4.2)
        assert house_at(found, f"12 {street}") == (5.0, 4.2)


def _raw(tags: dict[str, str]) -> dict[str, str]:
    return {key.replace(":", "__"): value for key, value in tags.items()}


def test_a_second_name_is_of_its_stretch_only(drawn, tmp_path):
    """Main Street is MA 7 in the east only, its house in the west is not; each is counted once."""
    nodes = [drawn.node(east, 4) for east in range(21)]
    drawn.way(nodes[:11], highway="primary", name="Main Street")
    drawn.way(nodes[10:], highway="primary", name="Main Street", ref="MA 7")
    for east, number in ((2, "10"), (15, "90")):
        drawn.node(east, 4.2, addr__housenumber=number, addr__street="Main Street")
    found = drawn.build(tmp_path)
    assert house_at(found, "90 Route 7") == (15.0, 4.2)
    assert house_at(found, "10 Main Street") == (2.0, 4.2)
    assert house_at(found, "10 Route 7") is None
    counts = gazetteer.build_gazetteer(tmp_path / "again", [tmp_path / "a.osm.pbf"])
    assert counts["houses"] == 2


@needs_data
@pytest.mark.parametrize(("name", "more"), [("isle-of-man", 60), ("us-virgin-islands", 20)])
def test_hardly_a_house_of_a_real_map_is_without_a_street(name, more):
    """The numbers alone on these maps: 62 and 22."""
    houses = read_osm(DATA / "osm" / f"{name}.osm.pbf").houses
    alone = houses.filter(houses["number"] != "", houses["street"] == "")
    assert len(alone) < more / 2


def without_streets(pbf: Path, out: Path) -> Path:
    """The map with every fifth house's street taken away."""
    with osmium.SimpleWriter(str(out)) as writer:
        for thing in osmium.FileProcessor(str(pbf)):
            if "addr:street" in thing.tags and thing.id % 5 == 0:
                tags = {tag.k: tag.v for tag in thing.tags if tag.k != "addr:street"}
                writer.add(thing.replace(tags=tags))
            else:
                writer.add(thing)
    return out


@needs_data
@pytest.mark.parametrize("name", ["isle-of-man", "us-virgin-islands"])
def test_streets_that_are_hidden_are_found_again(tmp_path, name):
    """Of those that a road is named by, three of four, and hardly a wrong one."""
    whole = DATA / "osm" / f"{name}.osm.pbf"
    sources = read_osm(whole)
    named = {street_name(street).key for street in sources.lines["street"]}
    on = ["lon", "lat", "number"]
    hidden = read_osm(without_streets(whole, tmp_path / "a.osm.pbf")).houses.unique(on)
    both = sources.houses.unique(on).join(hidden, on=on, suffix="_read")
    changed = (both["street"] != both["street_read"]) & (both["number"] != "")
    pairs = both.filter(changed).select("street", "street_read").rows()
    keys = [(street_name(street).key, street_name(read).key) for street, read in pairs]
    bare = sum(street in named and not read for street, read in keys)
    wrong = sum(street in named and read not in ("", street) for street, read in keys)
    found = sum(map(_is_hidden, osmium.FileProcessor(str(whole)))) - bare
    assert bare < found / 3
    assert wrong < found / 16


def _is_hidden(thing: osmium.osm.OSMObject) -> bool:
    tags = thing.tags
    return "addr:street" in tags and "addr:housenumber" in tags and thing.id % 5 == 0
