"""Map files as people have them: of every format, cut, with things twice, of the past.

The map is one street of 60 corners, 82 m from one to the next, with a house at each.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import osmium
import pytest
from osmium.osm.mutable import Node, Relation, Way

from app.errors import BadMap
from app.geo.addresses.address import Addresses
from app.geo.geocoding.gazetteer.gazetteer import Gazetteer
from app.geo.geocoding.geocoder import Accuracy
from app.geo.regions.build import build_region
from app.geo.regions.region import Region
from app.geo.regions.regions import Regions

WEST, SOUTH, STEP = -73.26, 42.45, 0.001
CORNERS = range(1, 61)
THEN, NOW = "2015-01-01T00:00:00Z", "2020-01-01T00:00:00Z"


def corner(number: int, **more: Any) -> Node:
    at = WEST + STEP * (number - 1), SOUTH
    return Node(**{"id": number, "location": at, "version": 1, "tags": {}} | more)


def house(number: int) -> Node:
    """The one at that corner; its house number is twice as much and 99."""
    tags = {
        "addr:housenumber": str(99 + 2 * number),
        "addr:street": "Elm Street",
        "addr:city": "Pittsfield",
        "addr:postcode": "01201",
    }
    return corner(number, id=100 + number, tags=tags, location=(place(number), SOUTH + 0.0002))


def place(number: int) -> float:
    return WEST + STEP * (number - 1)


def street(nodes: Sequence[int] = CORNERS, **more: Any) -> Way:
    tags = {"highway": "residential", "name": "Elm Street"}
    return Way(**{"id": 1, "nodes": list(nodes), "tags": tags, "version": 1} | more)


def drawn(path: Path, things: Sequence[Any], options: str = "") -> Path:
    file = osmium.io.File(str(path), options) if options else osmium.io.File(str(path))
    with osmium.SimpleWriter(file) as writer:
        for thing in things:
            writer.add(thing)
    return path


def nodes() -> list[Any]:
    return [*map(corner, CORNERS), *map(house, CORNERS)]


def answers(region: Region, number: int = 30) -> None:
    """The house is found where it is, on a road that can be driven."""
    assert region.counts["roads"] == 1
    assert region.counts["road_edges"] >= 2
    line = Addresses([f"{99 + 2 * number} Elm St"], ["Pittsfield"], ["MA"], ["01201"])
    fixes = region.open(lambda folder: Gazetteer(folder / "gazetteer", "x").locate(line))
    assert fixes.accuracy[0] == Accuracy.ROOFTOP
    assert fixes.at.lon[0] == pytest.approx(place(number), abs=1e-6)


# --- formats ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("street.osm.pbf", ""),
        ("street.osm.pbf", "osm.pbf,pbf_dense_nodes=false"),
        ("street.osm.pbf", "osm.pbf,add_metadata=false"),
        ("street.osm.pbf", "osm.pbf,pbf_compression=none"),
        ("street.osm", ""),
        ("street.osm.gz", ""),
        ("street.osm.bz2", ""),
    ],
)
def test_formats(tmp_path: Path, name: str, options: str):
    """A map is the same map however it was written."""
    pbf = drawn(tmp_path / name, [*nodes(), street()], options)
    region = build_region(tmp_path / "regions", "x", [pbf])
    answers(region)
    assert region.counts["cut_roads"] == 0
    assert [source["file"] for source in region.manifest["sources"]] == [name]


def test_o5m(tmp_path: Path):
    """Written by hand, for the library only reads it."""
    path = tmp_path / "street.o5m"
    path.write_bytes(o5m([*nodes(), street()]))
    answers(build_region(tmp_path / "regions", "x", [path]))


def o5m(things: Sequence[Any]) -> bytes:
    """https://wiki.openstreetmap.org/wiki/O5m: numbers and places as steps from those before."""
    out = [b"\xff\xe0\x04o5m2"]
    number = lon = lat = ref = 0
    for thing in things:
        if isinstance(thing, Way) and number > 100:
            out.append(b"\xff")
            number = 0
        head = signed(thing.id - number) + b"\0"  # no version
        number = thing.id
        if isinstance(thing, Node):
            x, y = (round(degrees * 1e7) for degrees in thing.location)
            body = head + signed(x - lon) + signed(y - lat)
            lon, lat = x, y
        else:
            refs = b""
            for one in thing.nodes:
                refs += signed(one - ref)
                ref = one
            body = head + unsigned(len(refs)) + refs
        tags = b"".join(b"\0%s\0%s\0" % (k.encode(), v.encode()) for k, v in thing.tags.items())
        kind = b"\x10" if isinstance(thing, Node) else b"\x11"
        out.append(kind + unsigned(len(body + tags)) + body + tags)
    return b"".join([*out, b"\xfe"])


def signed(number: int) -> bytes:
    return unsigned(number << 1 if number >= 0 else (-number << 1) - 1)


def unsigned(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + unsigned(rest) if rest else bytes([low])


# --- twice, cut, out of turn ------------------------------------------------------------------


def test_a_way_is_a_road_as_far_as_it_is_in_the_file(tmp_path: Path):
    """As county extracts are cut: six corners in the middle and the last are missing."""
    missing = {20, 21, 22, 23, 24, 25, 60}
    here = [node for node in nodes() if node.id not in missing]
    region = build_region(
        tmp_path / "regions", "x", [drawn(tmp_path / "cut.osm.pbf", [*here, street()])]
    )
    assert region.counts["cut_roads"] == 1
    answers(region)


def test_a_way_that_is_in_another_place_altogether(tmp_path: Path):
    """None of its corners is in the file, or but one: no road, and none the worse."""
    far = [street(range(1000, 1010), id=2), street([60, 2000], id=3)]
    pbf = drawn(tmp_path / "far.osm.pbf", [*nodes(), street(), *far])
    region = build_region(tmp_path / "regions", "x", [pbf])
    assert region.counts["cut_roads"] == 2
    answers(region)


@pytest.mark.parametrize("versions", [(1, 1), (1, 2), (2, 1)])
def test_the_newer_of_two_wins(tmp_path: Path, versions: tuple[int, int]):
    """Every element is there twice; the older ones lie 5 km off, if they differ at all."""
    things = []
    for version in versions:
        off = 0.05 if version < max(versions) else 0.0
        for node in nodes():
            lon, lat = node.location
            things.append(
                Node(id=node.id, location=(lon, lat + off), version=version, tags=node.tags)
            )
        things.append(street(version=version))
    things.sort(key=lambda thing: (isinstance(thing, Way), thing.id))  # stable: as they were given
    pbf = drawn(tmp_path / "twice.osm.pbf", things)
    region = build_region(tmp_path / "regions", "x", [pbf])
    answers(region)
    assert region.counts["houses"] == len(CORNERS)


def test_things_twice_of_extracts_put_together_later(tmp_path: Path):
    """One corner was moved between the two; that is no history, for the rest is as it was."""
    then = [corner(n, timestamp=THEN, version=1) for n in CORNERS]
    now = [corner(n, timestamp=THEN if n > 1 else NOW, version=1 + (n == 1)) for n in CORNERS]
    both = sorted([*then, *now], key=lambda node: node.id)
    houses = list(map(house, CORNERS))
    pbf = drawn(tmp_path / "joined.osm.pbf", [*both, *houses, street()])
    answers(build_region(tmp_path / "regions", "x", [pbf]))


def test_ways_before_their_nodes(tmp_path: Path):
    """Each kind is in order, the kinds are not."""
    pbf = drawn(tmp_path / "turned.osm.pbf", [street(), *nodes()])
    answers(build_region(tmp_path / "regions", "x", [pbf]))


def test_relations_that_point_outside(tmp_path: Path):
    """A firm's grounds, a restriction and a border with members that are not in the file."""
    outer = [("w", 1, "outer"), ("w", 77, "outer"), ("n", 999, "label"), ("r", 5, "")]
    ban = [("w", 1, "from"), ("n", 2000, "via"), ("w", 88, "to")]
    border = {"type": "boundary", "boundary": "administrative", "admin_level": "4"}
    grounds = {"type": "multipolygon", "name": "Mill", "office": "yes"}
    turn = {"type": "restriction", "restriction": "no_left_turn"}
    relations = [
        Relation(id=number, version=1, members=members, tags=tags)
        for number, (members, tags) in enumerate(
            [(outer, grounds), (ban, turn), (outer, border)], start=1
        )
    ]
    pbf = drawn(tmp_path / "outside.osm.pbf", [*nodes(), street(), *relations])
    region = build_region(tmp_path / "regions", "x", [pbf])
    answers(region)
    assert region.counts["businesses"] == 0


# --- refused ----------------------------------------------------------------------------------


def history(path: Path) -> Path:
    """As osmium writes it when it is asked for a map: nothing says what it is."""
    things = [
        corner(n, timestamp=at, version=v) for n in CORNERS for v, at in ((1, THEN), (2, NOW))
    ]
    return drawn(path, [*things, street()])


def deleted(path: Path) -> Path:
    return drawn(path, [*nodes(), street(), street([], version=2, visible=False, timestamp=NOW)])


def said_history(path: Path) -> Path:
    return drawn(path, [*nodes(), street()], "osm.pbf,history=true")


def negative(path: Path) -> Path:
    """As JOSM saves what was just drawn."""
    new = [Node(id=-n.id, location=n.location, version=1, tags=n.tags) for n in nodes()]
    return drawn(path, [*new, street([-n for n in CORNERS], id=-1)])


def new_corner(path: Path) -> Path:
    """An old way with one corner that was just added."""
    new = Node(id=-1, location=(WEST, SOUTH + 0.001), version=1, tags={})
    return drawn(path, [new, *nodes(), street([-1, *CORNERS])])


def only_negative_nodes(path: Path) -> Path:
    return drawn(path, [Node(id=-1, location=(WEST, SOUTH), version=1, tags={})])


def bare(path: Path) -> Path:
    """As `osmium add-locations-to-ways` leaves it: nodes without tags are gone."""
    whole = drawn(path.with_name("whole.osm.pbf"), [*nodes(), street()])
    with osmium.SimpleWriter(osmium.io.File(str(path), "osm.pbf,locations_on_ways=true")) as out:
        for thing in osmium.FileProcessor(str(whole)).with_locations():
            if thing.is_way() or thing.tags:
                out.add(thing)
    return path


REFUSED = {
    history: "history.*time-filter",
    deleted: "history.*time-filter",
    said_history: "history.*time-filter",
    negative: "negative numbers.*osmium renumber",
    new_corner: "negative numbers.*osmium renumber",
    only_negative_nodes: "negative numbers.*osmium renumber",
    bare: "nodes of its roads are not in it.*--keep-untagged-nodes",
}


@pytest.mark.parametrize("make", REFUSED, ids=lambda make: make.__name__)
def test_what_can_t_be_built_says_why_and_what_to_do(make, tmp_path: Path):
    path = make(tmp_path / f"{make.__name__}.osm.pbf")
    with pytest.raises(BadMap, match=f"^{path.name}: .*{REFUSED[make]}") as refused:
        build_region(tmp_path / "regions", "x", [path])
    assert refused.value.field == "files"
    assert Regions(tmp_path / "regions").all() == []


# --- from the command line --------------------------------------------------------------------

CASES = {
    "border": "", "dup_nodes": "", "dup_same": "", "forms": "", "osmforms": "", "plain": "",
    "routes": "", "routes2": "",
    "history": "it is a history",
    "low_drop": "the nodes of its roads are not in it",
    "negative": "its elements have negative numbers",
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_cases(case: str, run, shared: Path, tmp_path: Path, monkeypatch):
    """A region, or exit code 2 and one sentence."""
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(tmp_path))
    pbf = shared / "data" / "cases" / "geo" / "maps" / f"{case}.osm.pbf"
    ran = run("region", "build", "x", str(pbf), "--quiet")
    if not CASES[case]:
        assert ran.code == 0
        assert Regions(tmp_path / "regions").get("x").counts["roads"] >= 1
    else:
        assert ran.code == 2
        assert ran.err.startswith(f"sweetspot: {pbf.name}: {CASES[case]}")
        assert ran.err.count("\n") == 1
