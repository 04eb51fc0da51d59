"""Extracts cut to a circle: what is in it, whole; the same minutes as before; bad files."""

import os
import shutil
import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import osmium
import pytest
from osmium.osm.mutable import Node, Relation, Way

from app.errors import BadMap, NoRoom
from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.serving import Server
from app.geo.driving.embedded.valhalla import Valhalla
from app.geo.driving.engine import Drives, Driving
from app.geo.points import METRES_PER_MILE, Point, Points, miles_between
from app.geo.regions import build as building
from app.geo.regions import tools
from app.geo.regions.circle import Circle
from app.geo.regions.cutting import cut_map
from app.geo.regions.region import Region

HOME = Point(0.0, 50.0)
ABOUT_A_MILE = 1 / 44.7  # degrees of longitude there
CIRCLE = Circle(HOME, 10)  # cut at 10 + 2.3 + 1.9 = 14.1 miles


def silent(_: str) -> None:
    pass


def miles_east(miles: float) -> tuple[float, float]:
    return HOME.lon + miles * ABOUT_A_MILE, HOME.lat


def write(
    path: Path,
    nodes: dict[int, float],
    ways: dict[int, tuple[list[int], dict[str, str]]],
    relations: dict[int, tuple[list[tuple[str, int, str]], dict[str, str]]] | None = None,
    version: int = 1,
) -> Path:
    """An extract along one line; `nodes` are so many miles east of home."""
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for id_, miles in nodes.items():
            writer.add_node(Node(id=id_, version=version, location=miles_east(miles), tags={}))
        for id_, (refs, tags) in ways.items():
            writer.add_way(Way(id=id_, version=version, nodes=refs, tags=tags))
        for id_, (members, tags) in (relations or {}).items():
            writer.add_relation(Relation(id=id_, version=version, members=members, tags=tags))
    return path


def held(path: Path) -> dict[str, set[int]]:
    """The numbers of what is in a file, by kind."""
    found: dict[str, set[int]] = {"n": set(), "w": set(), "r": set()}
    for thing in osmium.FileProcessor(str(path)):
        found[thing.type_str()].add(thing.id)
    return found


def corners_of(path: Path) -> list[list[int]]:
    """The nodes of each way."""
    ways = osmium.FileProcessor(str(path), osmium.osm.WAY)
    return [[node.ref for node in way.nodes] for way in ways]


ROAD = {"highway": "primary"}
NODES = {1: 0.0, 2: 14.0, 3: 14.3, 4: 60.0, 5: 80.0, 6: 90.0, 7: 95.0}
WAYS = {
    10: ([1, 2, 3, 4], ROAD),
    11: ([4, 5], ROAD),
    12: ([5, 6], {}),
    13: ([6, 7], {}),
}


def test_roads_are_whole_and_nothing_else_is_there(tmp_path: Path):
    """One from home to 60 miles off has all its corners; the one going on from there is gone."""
    whole = write(tmp_path / "line.osm.pbf", NODES, WAYS)
    cut = cut_map([whole], CIRCLE, tmp_path, silent)
    assert held(cut) == {"n": {1, 2, 3, 4}, "w": {10}, "r": set()}


def test_the_margin_is_kept(tmp_path: Path):
    """A road wholly between the circle and its margin may be on the way; one beyond is not."""
    ways = {10: ([1, 2], ROAD), 11: ([3, 4], ROAD)}
    cut = cut_map(
        [write(tmp_path / "x.osm.pbf", {1: 11, 2: 14, 3: 14.5, 4: 20}, ways)],
        CIRCLE,
        tmp_path,
        silent,
    )
    assert held(cut)["w"] == {10}


def test_the_margin_holds_every_drive_of_the_circle_s_time():
    """At 140 km/h for 60 minutes: 87.0 miles, 60 + 2 * 13.5; and 3 km for what is around a road."""
    circle = Circle(HOME, 60)
    farthest = (140_000 / METRES_PER_MILE - 60) / 2
    assert circle.margin_m == pytest.approx(farthest * METRES_PER_MILE + 3000)
    assert farthest == pytest.approx(13.5, abs=0.01)


def test_relations_that_concern_it_are_kept(tmp_path: Path):
    """A turn's ban, a wood whose ring is closed outside, and the state around everything."""
    relations = {
        20: ([("w", 10, "from"), ("n", 2, "via"), ("w", 11, "to")], {"type": "restriction"}),
        21: ([("w", 10, "outer"), ("w", 12, "outer")], {"type": "multipolygon"}),
        22: ([("w", 13, "outer")], {"type": "boundary", "boundary": "administrative",
                                    "admin_level": "4"}),
        23: ([("w", 13, "outer")], {"type": "multipolygon"}),
        24: ([("w", 11, "from"), ("w", 12, "to")], {"type": "restriction"}),
    }  # fmt: skip
    cut = cut_map([write(tmp_path / "x.osm.pbf", NODES, WAYS, relations)], CIRCLE, tmp_path, silent)
    assert held(cut) == {"n": {1, 2, 3, 4, 5, 6, 7}, "w": {10, 12, 13}, "r": {20, 21, 22}}


def test_of_two_versions_the_newer_is_taken(tmp_path: Path):
    """Neighbouring extracts hold the same road; one was fetched later."""
    old = write(tmp_path / "old.osm.pbf", {1: 0, 2: 1}, {10: ([1, 2], ROAD)})
    new = write(tmp_path / "new.osm.pbf", {1: 0, 2: 1, 3: 2}, {10: ([1, 2, 3], ROAD)}, version=2)
    for number, files in enumerate(([old, new], [new, old])):
        folder = tmp_path / str(number)
        folder.mkdir()
        cut = cut_map(files, CIRCLE, folder, silent)
        assert held(cut) == {"n": {1, 2, 3}, "w": {10}, "r": set()}
        assert corners_of(cut) == [[1, 2, 3]]


def test_a_road_whose_nodes_are_missing(tmp_path: Path):
    """Extracts that were cut without completing ways: what is there is taken."""
    cut = cut_map([write(tmp_path / "x.osm.pbf", {1: 0, 2: 1}, WAYS)], CIRCLE, tmp_path, silent)
    assert held(cut) == {"n": {1, 2}, "w": {10}, "r": set()}


def test_an_extract_that_adds_nothing_is_left_out(tmp_path: Path):
    here = write(tmp_path / "here.osm.pbf", NODES, WAYS)
    far = write(tmp_path / "far.osm.pbf", {100: 70, 101: 71}, {30: ([100, 101], ROAD)})
    assert held(cut_map([far, here], CIRCLE, tmp_path, silent))["w"] == {10}


# --- the same minutes -------------------------------------------------------------------------

HONOLULU = Point(-157.858, 21.307)
FIFTEEN = Circle(HONOLULU, 15)


@pytest.fixture(scope="module")
def cut_oahu(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Region:
    """O'ahu within fifteen miles of the town: without its west and its north shore."""
    pbf = shared / "data" / "osm" / "honolulu.osm.pbf"
    folder = tmp_path_factory.mktemp("cut")
    return building.build_region(folder, "town", [pbf], around=FIFTEEN)


@pytest.fixture(scope="module")
def engines(
    oahu: Region, cut_oahu: Region, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Valhalla]]:
    """Of the whole island, and of what was cut from it."""
    with ExitStack() as stack:
        made = []
        for region in (oahu, cut_oahu):
            server = Server(region.tiles, tmp_path_factory.mktemp("engine"))
            stack.enter_context(server)
            roads = Roads.load(region.roads)
            made.append(Valhalla(server.send, roads, name="valhalla", covers=region.covers))
        yield made


def test_a_cut_map_gives_the_same_minutes(
    shared: Path, oahu: Region, cut_oahu: Region, engines: list[Valhalla]
):
    """Ten thousand corners of roads in the circle: all within its time agree to the last bit."""
    points = corners(shared / "data" / "osm" / "honolulu.osm.pbf", 10_000)
    assert cut_oahu.counts["roads"] < 0.95 * oahu.counts["roads"]
    assert cut_oahu.covers(points).all()
    whole, cut = (drive(engine, points) for engine in engines)
    within = whole.minutes <= FIFTEEN.miles
    assert within.sum() > 4_000
    np.testing.assert_array_equal(cut.minutes[within], whole.minutes[within])
    np.testing.assert_array_equal(cut.minutes <= FIFTEEN.miles, within)


def corners(pbf: Path, count: int) -> Points:
    """So many corners of roads in the circle, any of them, up to 200 m off the road."""
    roads = (
        osmium.FileProcessor(str(pbf))
        .with_locations()
        .with_filter(osmium.filter.KeyFilter("highway"))
    )
    places = [(n.lon, n.lat) for way in roads if way.is_way() for n in way.nodes]
    rng = np.random.default_rng(12)
    some = np.array(places)[rng.permutation(len(places))] + rng.uniform(
        -0.002, 0.002, (len(places), 2)
    )
    points = Points(some[:, 0].copy(), some[:, 1].copy())
    return points[miles_between(HONOLULU, points) < FIFTEEN.miles - 0.1][:count]


def drive(engine: Valhalla, points: Points) -> Drives:
    radius = np.full(len(points), 50.0)
    return engine.drives(HONOLULU, points, radius, [FIFTEEN.miles], Driving())


def test_what_lies_outside_says_so(cut_oahu: Region):
    """The circle is the region's outline, its margin is not; the manifest says how it was made."""
    haleiwa, waianae = Point(-158.103, 21.593), Point(-158.186, 21.437)
    assert cut_oahu.covers_point(HONOLULU)
    assert not cut_oahu.covers_point(haleiwa)
    assert not cut_oahu.covers_point(waianae)
    around = cut_oahu.manifest["circle"]
    assert Circle.of(around) == FIFTEEN
    assert cut_oahu.manifest["sources"][0]["file"] == "honolulu.osm.pbf"


# --- bad input --------------------------------------------------------------------------------


def test_a_circle_elsewhere(tmp_path: Path):
    line = write(tmp_path / "line.osm.pbf", NODES, WAYS)
    with pytest.raises(BadMap, match=r"line\.osm\.pbf: nothing of it lies within 10 miles of -50"):
        cut_map([line], Circle(Point(0, -50), 10), tmp_path, silent)


def test_what_can_t_be_read(tmp_path: Path):
    """Each by its name: missing, no map, cut short."""
    with pytest.raises(BadMap, match=r"none\.osm\.pbf: no such file"):
        cut_map([tmp_path / "none.osm.pbf"], CIRCLE, tmp_path, silent)
    (tmp_path / "list.osm.pbf").write_text("name,address\n" * 100)
    with pytest.raises(BadMap, match=r"list\.osm\.pbf: not an OpenStreetMap"):
        cut_map([tmp_path / "list.osm.pbf"], CIRCLE, fresh(tmp_path, "a"), silent)
    whole = write(tmp_path / "whole.osm.pbf", NODES, WAYS)
    (tmp_path / "short.osm.pbf").write_bytes(whole.read_bytes()[:-50])
    with pytest.raises(BadMap, match=r"short\.osm\.pbf: the file is cut short"):
        cut_map([tmp_path / "short.osm.pbf"], CIRCLE, fresh(tmp_path, "b"), silent)


def fresh(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def test_negative_numbers(tmp_path: Path):
    """An editor's own file: nothing can be looked up by them."""
    drawn = write(tmp_path / "drawn.osm.pbf", {-1: 0, -2: 1}, {-10: ([-1, -2], ROAD)})
    with pytest.raises(BadMap, match=r"drawn\.osm\.pbf: .*negative.*osmium renumber"):
        cut_map([drawn], CIRCLE, tmp_path, silent)


@pytest.mark.parametrize("left", [0.5, 1], ids=["shrunk", "touched"])
def test_a_file_that_changes_while_it_is_read(left: float, tmp_path: Path, monkeypatch):
    """Another program writes it anew, after the first look at it and before the last."""
    whole = write(tmp_path / "line.osm.pbf", NODES, WAYS)
    size, run = whole.stat().st_size, tools.run_tool

    def meddle(*args: object) -> None:
        os.truncate(whole, int(size * left))
        os.utime(whole, (1, 1))
        run(*args)

    monkeypatch.setattr(tools, "run_tool", meddle)
    with pytest.raises(BadMap, match=r"line\.osm\.pbf: the file changed while it was read, from"):
        cut_map([whole], CIRCLE, tmp_path, silent)


def test_no_room_to_begin_with(tmp_path: Path, monkeypatch):
    """A disk that is all but full can't be had here, so its size is made up."""
    whole = write(tmp_path / "line.osm.pbf", NODES, WAYS)
    usage = namedtuple("usage", "total used free")(10**9, 10**9 - 100, 100)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(NoRoom, match=r"no room on the disk.*to cut the map.*SWEETSPOT_DATA_DIR"):
        cut_map([whole], CIRCLE, tmp_path, silent)


LIMITED = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000))
from app.errors import NoRoom
from app.geo.points import Point
from app.geo.regions.circle import Circle
from app.geo.regions.cutting import cut_map
try:
    cut_map([Path(sys.argv[1])], Circle(Point(0, 50), 10), Path(sys.argv[2]), print)
except NoRoom as why:
    print("NO ROOM:", why)
"""


def test_no_room_while_cutting(tmp_path: Path):
    """The system lets no file grow over 4 MB; the index of nodes is 16: the cut ends clearly."""
    whole = write(tmp_path / "line.osm.pbf", NODES, WAYS)
    command = [sys.executable, "-c", LIMITED, str(whole), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "NO ROOM:" in done.stdout, done.stderr
