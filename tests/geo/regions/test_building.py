"""Building regions: from good files, from bad ones, and when it is cut off."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path
from typing import Any

import osmium
import polars as pl
import pytest
import shapely
import valhalla
from osmium.osm.mutable import Node, Way
from shapely.geometry import box, mapping
from valhalla.config import get_config

from app.errors import BackendDown, BadInput, BadMap, NoRoom, StorageFailed
from app.geo.places.schema import load_places
from app.geo.points import Point
from app.geo.progress import Progress
from app.geo.regions import build as building
from app.geo.regions import mapfiles, tools
from app.geo.regions.region import Region
from app.geo.regions.regions import Regions, file_sha256
from app.geo.regions.sample import county as sample


@pytest.fixture(scope="module")
def pbf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("maps") / "county.osm.pbf"
    sample.write_county(path)
    return path


@pytest.fixture
def regions(tmp_path: Path, county: Region) -> Path:
    """A folder where the county is installed already."""
    folder = tmp_path / "regions"
    shutil.copytree(county.folder, folder / county.folder.name)
    return folder


def contents(path: Path) -> list[Node | Way]:
    """Copies: what the reader hands out is gone with its next step."""
    things: list[Node | Way] = []
    for thing in osmium.FileProcessor(str(path)):
        common: Any = {"id": thing.id, "version": 1, "tags": dict(thing.tags)}
        if thing.is_node():
            things.append(Node(location=(thing.location.lon, thing.location.lat), **common))
        else:
            things.append(Way(nodes=[n.ref for n in thing.nodes], **common))
    return things


def rewrite(path: Path, things: list[Any]) -> Path:
    with osmium.SimpleWriter(str(path)) as writer:
        for thing in things:
            writer.add(thing)
    return path


def minutes(region: Region, to: Point) -> float:
    engine = valhalla.Actor(get_config(tile_extract="", tile_dir=region.tiles))
    spots = [{"lon": p.lon, "lat": p.lat} for p in (sample.HOME, to)]
    route = engine.route({"locations": spots, "costing": "auto"})
    return float(route["trip"]["summary"]["time"]) / 60


# --- what a region is made of ---------------------------------------------------------------


def test_the_manifest_says_what_it_was_made_from(county: Region, pbf: Path):
    """File, size, checksum and data date; the county reaches from x = -55 to 104.4 km."""
    (source,) = county.manifest["sources"]
    assert source["size"] == pbf.stat().st_size
    assert source["sha256"] == file_sha256(pbf)
    assert source["data_date"] == "2026-01-01T00:00:00Z"
    assert "OpenStreetMap" in county.attribution
    assert county.manifest["tools"]["pyvalhalla"] == county.engine_version
    west, south, east, north = county.manifest["bbox"]
    assert west < sample.county_point(-55, 0).lon < sample.county_point(104.4, 0).lon < east
    assert south < sample.county_point(0, -14.8).lat < sample.county_point(0, 5.8).lat < north


def test_the_hull_hugs_the_roads(county: Region):
    """The empty corners of the bounding box are not on the map, what lies by a road is."""
    for x, y in ((-40, -12), (90, 5), (60, -12)):
        assert not county.covers_point(sample.county_point(x, y))
    for x, y in ((-54, 1), (104.4, 0.4), (18, 3), (55, -1)):
        assert county.covers_point(sample.county_point(x, y))


def test_a_given_polygon_is_the_map(tmp_path: Path, pbf: Path):
    """An extract's own outline holds its lakes and its coast too."""
    outline = mapping(box(-117, 39.8, -116, 40.2))
    region = building.build_region(tmp_path, "us/nv", [pbf], polygon=outline)
    assert region.covers_point(Point(-116.01, 40.19))
    assert not region.covers_point(sample.county_point(104, 0))


def test_two_extracts_make_one_region(tmp_path: Path, pbf: Path, county: Region):
    """The county cut in two at x = 55 km, each half with its whole ways, as extracts are cut.

    Farrow lies in the eastern half, the home base in the western: 57.2 minutes by hand to its
    centre, and up to 0.7 more in turns, as on the undivided map.
    """
    border = sample.county_point(55, 0).lon
    things = contents(pbf)
    lon = {t.id: t.location[0] for t in things if isinstance(t, Node)}
    ways = [t for t in things if isinstance(t, Way)]
    halves = []
    for name, here in (("west", lambda x: x < border), ("east", lambda x: x >= border)):
        mine = [way for way in ways if any(here(lon[n]) for n in way.nodes)]
        needed = {n for way in mine for n in way.nodes}
        nodes = [t for t in things if isinstance(t, Node) and (t.id in needed or here(lon[t.id]))]
        halves.append(rewrite(tmp_path / f"{name}.osm.pbf", [*nodes, *mine]))
    region = building.build_region(tmp_path / "regions", "both", halves)
    assert 57.2 <= minutes(region, sample.county_point(104, 0)) <= 57.9
    assert [source["file"] for source in region.manifest["sources"]] == [
        "west.osm.pbf",
        "east.osm.pbf",
    ]
    assert region.counts["businesses"] == len(sample.BUSINESSES)
    assert region.counts["road_edges"] == county.counts["road_edges"]


def test_elements_out_of_order_are_sorted(tmp_path: Path, pbf: Path, county: Region):
    """Back to front, the tile builder would abort; sorted, the roads are the county's."""
    unsorted = rewrite(tmp_path / "unsorted.osm.pbf", contents(pbf)[::-1])
    region = building.build_region(tmp_path / "regions", "unsorted", [unsorted])
    assert region.counts == county.counts
    assert minutes(region, sample.county_point(40, 0)) == minutes(
        county, sample.county_point(40, 0)
    )


def test_the_real_unsorted_file(shared: Path, tmp_path: Path):
    """Roads of Washington DC that the tile builder refuses as they are, and takes when sorted."""
    pbf = shared / "data" / "osm" / "unsorted-washington-dc.osm.pbf"
    ready = mapfiles.sorted_extract(pbf, tmp_path)
    assert ready != pbf
    with building._making_tiles(tmp_path, ready, lambda _: None):
        pass
    assert list((tmp_path / "tiles").rglob("*.gph"))


def test_no_room_for_a_sorted_copy(shared: Path, tmp_path: Path):
    """/dev/full takes no byte, as a full disk does."""
    pbf = shared / "data" / "osm" / "unsorted-washington-dc.osm.pbf"
    (tmp_path / f"sorted-{pbf.name}").symlink_to("/dev/full")
    with pytest.raises(NoRoom, match="no room left on the disk"):
        mapfiles.sorted_extract(pbf, tmp_path)


@pytest.mark.parametrize(
    ("fixture", "roads", "on", "off"),
    [
        ("oahu", 18_000, (-157.86, 21.31), (-157.95, 21.20)),
        ("isle_of_man", 7_000, (-4.48, 54.15), (-4.30, 54.05)),
        ("virgin_islands", 11_000, (-64.93, 18.34), (-64.80, 18.00)),
    ],
)
def test_real_extracts(fixture: str, roads: int, on, off, request: pytest.FixtureRequest):
    """Honolulu, Douglas and Charlotte Amalie are on their maps; the sea some way off is not."""
    region = request.getfixturevalue(fixture)
    assert region.counts["roads"] >= roads
    assert region.covers_point(Point(*on))
    assert not region.covers_point(Point(*off))


def overture(path: Path, *named: tuple[str, Point]) -> Path:
    """Lawyers with a website, as Overture Maps publishes places."""
    rows = [
        {
            "geometry": shapely.Point(at.lon, at.lat).wkb,
            "names": {"primary": name},
            "categories": {"primary": "lawyer"},
            "confidence": 0.9,
            "websites": ["https://firm.example"],
        }
        for name, at in named
    ]
    pl.DataFrame(rows).write_parquet(path)
    return path


def test_places_of_overture_are_joined(tmp_path: Path, pbf: Path, county: Region):
    """One firm that the map has too, one it lacks, one off the map; none of them is an address."""
    okafor = load_places(county.places).row(by_predicate=pl.col("name") == "Okafor Law", named=True)
    assert okafor["website"] == ""
    firms = [
        ("Okafor Law, LLC", Point(okafor["lon"] + 0.001, okafor["lat"])),
        ("New Firm", sample.county_point(40.1, 0.1)),
        ("Elsewhere", sample.county_point(300, 0)),
    ]
    file = overture(tmp_path / "place.parquet", *firms)
    region = building.build_region(tmp_path / "regions", "joined", [pbf], places=[file])
    frame = load_places(region.places)
    assert len(frame) == region.counts["businesses"] == county.counts["businesses"] + 1
    both = frame.row(by_predicate=pl.col("name") == "Okafor Law", named=True)
    assert both == okafor | {"website": "https://firm.example"}
    new = frame.row(by_predicate=pl.col("name") == "New Firm", named=True)
    assert (new["kind"], new["source"]) == ("overture=lawyer", "Overture Maps")
    assert [source["kind"] for source in region.manifest["sources"]] == ["map", "places"]
    assert region.manifest["sources"][1]["sha256"] == file_sha256(file)
    assert region.attribution == (
        "© OpenStreetMap contributors, ODbL 1.0; "
        "places from Overture Maps Foundation, overturemaps.org, CDLA-Permissive-2.0"
    )
    assert "Overture" not in county.attribution
    assert {k: region.counts[k] for k in county.counts} == county.counts | {
        "businesses": len(frame)
    }


# --- bad input -------------------------------------------------------------------------------


def not_a_pbf(folder: Path, _: Path) -> Path:
    path = folder / "list.osm.pbf"
    path.write_text("name,address\nA,1 Main Street\n" * 100)
    return path


def wrong_kind(folder: Path, _: Path) -> Path:
    path = folder / "map.shp"
    path.write_text("<osm/>")
    return path


def no_version(folder: Path, _: Path) -> Path:
    path = folder / "map.osm"
    path.write_text("<osm/>")
    return path


def truncated(folder: Path, pbf: Path) -> Path:
    path = folder / "cut.osm.pbf"
    path.write_bytes(pbf.read_bytes()[:-100])
    return path


def damaged(folder: Path, pbf: Path) -> Path:
    path = folder / "damaged.osm.pbf"
    whole = bytearray(pbf.read_bytes())
    whole[len(whole) // 2 : len(whole) // 2 + 50] = bytes(50)
    path.write_bytes(whole)
    return path


def no_bytes(folder: Path, _: Path) -> Path:
    path = folder / "zero.osm.pbf"
    path.touch()
    return path


def nothing_in_it(folder: Path, _: Path) -> Path:
    return rewrite(folder / "nothing.osm.pbf", [])


def no_roads(folder: Path, _: Path) -> Path:
    path = folder / "pond.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for i in (1, 2):
            writer.add_node(Node(id=i, version=1, location=(10 + i / 100, 50), tags={}))
        writer.add_way(Way(id=1, version=1, nodes=[1, 2], tags={"waterway": "stream"}))
    return path


def missing(folder: Path, _: Path) -> Path:
    return folder / "missing.osm.pbf"


BAD = {
    not_a_pbf: "not an OpenStreetMap",
    wrong_kind: r"expected an OpenStreetMap \.osm\.pbf",
    no_version: "can't be read as an OpenStreetMap file",
    truncated: "cut short or damaged",
    damaged: "damaged|can't be read",
    no_bytes: "empty",
    nothing_in_it: "empty",
    no_roads: "no roads",
    missing: "no such file",
}


@pytest.mark.parametrize("make", BAD, ids=lambda make: make.__name__)
def test_bad_files_are_refused_by_name(make, regions: Path, county: Region, pbf: Path, tmp_path):
    """The message names the file and the trouble, and the installed region stays as it was."""
    bad = make(tmp_path, pbf)
    with pytest.raises(BadMap, match=f"{bad.name}.*({BAD[make]})"):
        building.build_region(regions, "sample", [bad])
    unharmed(regions, county)


def test_no_file_and_no_address_file(regions: Path, pbf: Path, county: Region):
    with pytest.raises(BadMap, match=r"no \.osm\.pbf file"):
        building.build_region(regions, "sample", [])
    with pytest.raises(BadMap, match=r"nowhere\.csv: no such file"):
        building.build_region(regions, "sample", [pbf], addresses=[Path("nowhere.csv")])
    unharmed(regions, county)


def test_bad_places_are_refused_before_the_tiles_are_made(
    regions: Path, pbf: Path, county: Region, tmp_path: Path
):
    """Hours of work would be lost otherwise; the message names the file."""
    with pytest.raises(BadMap, match=r"gone\.parquet: no such file") as missing:
        building.build_region(regions, "sample", [pbf], places=[Path("gone.parquet")])
    assert missing.value.field == "places"
    said: list[Progress] = []
    wrong = Path(shutil.copy(pbf, tmp_path / "map.osm.pbf"))
    with pytest.raises(BadMap, match=r"map\.osm\.pbf: not a whole Parquet file"):
        building.build_region(regions, "sample", [pbf], places=[wrong], progress=said.append)
    assert not [event for event in said if "tiles" in event.step]
    unharmed(regions, county)


def test_a_bad_name_is_refused_first(regions: Path, pbf: Path):
    with pytest.raises(BadInput, match="can't name a region"):
        building.build_region(regions, "../evil", [pbf])


def unharmed(regions: Path, county: Region) -> None:
    """The one installed region is whole, is the old one, and nothing lies beside it."""
    (region,) = Regions(regions).all()
    assert region.digest == county.digest
    assert Regions(regions).verify(region.name) == []
    assert [path.name for path in regions.iterdir()] == [region.folder.name]


# --- cut off ---------------------------------------------------------------------------------

BUILD = """
import sys
from pathlib import Path
from app.geo.regions import build as building
building.build_region(
    Path(sys.argv[1]), "sample", [Path(sys.argv[2])], progress=lambda s: print(s, flush=True)
)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=str)
def test_an_interrupted_build_changes_nothing(how, regions: Path, county: Region, pbf: Path):
    """Ended in the middle of making tiles; what is left of it goes with the next build."""
    command = [sys.executable, "-c", BUILD, str(regions), str(pbf)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL
    ) as p:
        assert any("tiles" in line for line in p.stdout)
        p.send_signal(how)
    assert p.returncode != 0
    (region,) = Regions(regions).all()
    assert region.digest == county.digest
    assert not eventually_running(str(regions))
    with building.scratch_folder(regions):
        pass
    unharmed(regions, county)


def eventually_running(path: str) -> bool:
    """Is there still, after five seconds, a process at work in that folder?"""
    for _ in range(50):
        if not any(path in line for line in map(command_line, Path("/proc").glob("[0-9]*"))):
            return False
        time.sleep(0.1)
    return True


def command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_text()
    except (OSError, UnicodeDecodeError):
        return ""


def test_the_scratch_of_a_living_build_is_left_alone(tmp_path: Path):
    """Two builds at once do not sweep each other away."""
    with building.scratch_folder(tmp_path) as mine, building.scratch_folder(tmp_path) as other:
        assert mine.is_dir()
        assert other.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_a_rebuild_replaces_the_old_one(regions: Path, tmp_path: Path, county: Region):
    """Another map under the old name: the new one, whole, and no remains of the old."""
    sample.write_county(tmp_path / "sample.osm.pbf", bridge=False)
    building.build_region(regions, "sample", [tmp_path / "sample.osm.pbf"])
    (region,) = Regions(regions).all()
    assert region.digest != county.digest
    assert [path.name for path in regions.iterdir()] == ["sample"]
    assert Regions(regions).verify("sample") == []


# --- no room, broken tools -------------------------------------------------------------------

LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
from app.errors import NoRoom, StorageFailed
try:
    exec(compile(BUILD, "build", "exec"))
except NoRoom as why:
    print("NO ROOM:", why)
"""


def test_no_room_while_building(regions: Path, county: Region, pbf: Path):
    """The system lets no file grow over 30 kB, less than a tile takes: the build ends clearly."""
    script = f"BUILD = {BUILD!r}\n{LIMITED}"
    command = [sys.executable, "-c", script, str(regions), str(pbf)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "NO ROOM:" in done.stdout
    unharmed(regions, county)


def test_no_room_to_begin_with(regions: Path, county: Region, pbf: Path, monkeypatch):
    """A disk that is all but full can't be had here, so its size is made up."""
    usage = namedtuple("usage", "total used free")(10**9, 10**9 - 10**6, 10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(NoRoom, match=r"1 MB free.*SWEETSPOT_DATA_DIR"):
        building.build_region(regions, "sample", [pbf])
    unharmed(regions, county)


def test_a_folder_that_can_t_be_made(tmp_path: Path, pbf: Path):
    """A file stands where the regions' folder should be."""
    (tmp_path / "regions").touch()
    with pytest.raises(StorageFailed, match="regions can't be used"):
        building.build_region(tmp_path / "regions", "x", [pbf])


def test_a_failing_tool_is_quoted(tmp_path: Path, shared: Path):
    """The tile builder itself, given what it can't take: its last words, not its log."""
    pbf = shared / "data" / "osm" / "unsorted-washington-dc.osm.pbf"
    why = r"^valhalla_build_tiles failed: Detected unsorted input"
    with (
        pytest.raises(BackendDown, match=why),
        building._making_tiles(tmp_path, pbf, lambda _: None),
    ):
        pass


def test_the_last_line_of_a_log():
    """Time, level and colours are dressing."""
    log = (
        "2026-01-01 10:00:00.5 [INFO] Go\n2026-01-01 10:00:01 \x1b[31;1m[ERROR]\x1b[0m Bad tag\n\n"
    )
    assert tools.last_line(log) == "Bad tag"
    assert tools.last_line("") == ""


def test_a_build_tells_how_far_it_is(regions: Path, pbf: Path):
    """Each step once, in their order, in percent of the whole; from the second on the time left."""
    told: list[Progress] = []
    building.build_region(regions, "again", [pbf], progress=told.append)
    steps = [event for event in told if event.step in building.STEPS_S]
    assert [event.step for event in steps] == list(building.STEPS_S)
    assert steps[0].done == 0
    assert 90 < steps[-1].done < 100
    assert [event.done for event in told] == sorted(event.done for event in told)
    assert {event.total for event in told} == {100}
    assert steps[-1].seconds_left is not None


def test_the_data_date_is_optional(tmp_path: Path):
    """Files made by hand have none; the day that they were written on stands for it."""
    bare = nothing_in_it(tmp_path, tmp_path)
    assert mapfiles.data_date(bare) is None
    os.utime(bare, (0, 1_767_312_000))
    assert building._source(bare, "map")["data_date"] == "2026-01-02T00:00:00Z"
    assert building._source(bare, "places")["data_date"] is None


def test_everything_is_on_the_disk(county: Region):
    """No stray config or database of the build in the region; all files are in the manifest."""
    found = {
        os.path.relpath(path, county.folder) for path in county.folder.rglob("*") if path.is_file()
    }
    assert found == {*county.manifest["files"], "manifest.json"}
    assert not [name for name in found if "valhalla" in name or "admins" in name]
