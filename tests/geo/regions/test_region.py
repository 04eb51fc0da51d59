"""Installed regions: named, chosen, verified, removed."""

import gc
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import box, mapping

from app.errors import BadInput, NoSuchRegion, UnreadableRegion
from app.geo.points import Point, Points
from app.geo.regions.region import FORMAT, CoveredCircle, Region, folder_name
from app.geo.regions.regions import Regions

HOME = Point(-100.0, 40.0)


def install(
    regions: Path, name: str, west: float, south: float, east: float, north: float, **more: object
):
    """A region that is nothing but a manifest, with `more` in it, and a rectangle."""
    folder = regions / folder_name(name)
    folder.mkdir(parents=True)
    hull = {"type": "Feature", "properties": {}, "geometry": mapping(box(west, south, east, north))}
    (folder / "hull.geojson").write_text(json.dumps(hull))
    manifest = {"format": FORMAT, "name": name, "files": {}, "digest": "1", "attribution": ""}
    manifest |= {"bbox": [west, south, east, north], **more}
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def regions(tmp_path: Path) -> Regions:
    return Regions(tmp_path / "regions")


def test_none_installed(regions: Regions):
    """A fresh machine has no folder yet."""
    assert regions.all() == []
    assert regions.covering(HOME) is None
    with pytest.raises(NoSuchRegion, match="none yet"):
        regions.get("hawaii")


def test_names_with_slashes(regions: Regions):
    """Geofabrik's ids are region names as they are, and come back as they went in."""
    install(regions.folder, "us/hawaii", -101, 39, -99, 41)
    assert regions.get("us/hawaii").name == "us/hawaii"
    assert regions.get("us/hawaii").folder.parent == regions.folder


@pytest.mark.parametrize("name", ["", "..", "../x", "a//b", "/a", "a/", "a b", ".x", "a+b", "a\n"])
def test_names_that_no_folder_should_have(name: str, regions: Regions):
    """Nothing outside the regions' folder can be read, built or removed by its name."""
    for use in (regions.get, regions.verify, regions.remove):
        with pytest.raises(BadInput):
            use(name)


def test_sorted_by_name_and_only_whole_ones(regions: Regions):
    """A half-built folder, one of another format and a stray file don't count."""
    for name in ("vermont", "hawaii"):
        install(regions.folder, name, -101, 39, -99, 41)
    install(regions.folder, "old", -101, 39, -99, 41)
    (regions.folder / "old" / "manifest.json").write_text('{"format": 0, "name": "old"}')
    (regions.folder / ".building-x" / "region").mkdir(parents=True)
    (regions.folder / "broken").mkdir()
    (regions.folder / "broken" / "manifest.json").write_text("{")
    (regions.folder / "note.txt").write_text("")
    assert [region.name for region in regions.all()] == ["hawaii", "vermont"]


def test_the_missing_one_is_named_beside_the_installed(regions: Regions):
    """The message helps a typo along."""
    install(regions.folder, "us/hawaii", -101, 39, -99, 41)
    with pytest.raises(NoSuchRegion, match=r"'hawai'.*us/hawaii"):
        regions.get("hawai")


def test_covers_each_point(regions: Regions):
    """Inside, outside, and no point at all, in the order given."""
    install(regions.folder, "square", -101, 39, -99, 41)
    points = Points(np.array([-100, -98, np.nan, -100]), np.array([40, 40, np.nan, 42.0]))
    assert regions.get("square").covers(points).tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    ("home", "share"), [(HOME, 1.0), (Point(-99, 40), 0.5), (Point(-99, 41), 0.25)]
)
def test_the_share_of_the_circle_on_the_map(home: Point, share: float, regions: Regions):
    """20 miles around the middle of a square, of its edge, of its corner: all, half, a quarter."""
    install(regions.folder, "square", -101, 39, -99, 41)
    assert regions.get("square").covered_share(home, 20) == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("lon", [180.0, -180.0, 179.9, -179.9])
def test_the_circle_goes_on_across_the_antimeridian(lon: float, regions: Regions):
    """All around is on the map, though its halves lie at either end of the longitudes."""
    install(regions.folder, "west", 178, 39, 180, 41)
    install(regions.folder, "east", -180, 39, -178, 41)
    shares = [region.covered_share(Point(lon, 40), 20) for region in regions.all()]
    assert sum(shares) == pytest.approx(1)
    assert abs(shares[0] - shares[1]) == pytest.approx(0 if abs(lon) == 180 else 0.34, abs=0.01)


def test_the_region_with_more_around_home_is_chosen(regions: Regions):
    """Home lies on both; the one whose border is near has less of the 50 miles around it."""
    install(regions.folder, "a-near-its-border", -100.1, 39, -98, 41)
    install(regions.folder, "b-in-the-middle", -101, 39, -99, 41)
    install(regions.folder, "c-elsewhere", -90, 39, -80, 41)
    assert regions.covering(HOME).name == "b-in-the-middle"
    assert regions.covering(Point(-85, 40)).name == "c-elsewhere"
    assert regions.covering(Point(0, 0)) is None


def test_how_far_one_looks_around_home_decides(regions: Regions):
    """A small map all around home and a large one whose border is 22 miles to the north.

    Within 20 miles both cover everything, and the first by name counts; within 50 the small one,
    which ends 53 miles to the west and 69 to the north; within 150 the large one.
    """
    install(regions.folder, "a-large", -110, 30, -90, 40.32)
    install(regions.folder, "b-small", -101, 39, -99, 41)
    names = [regions.covering(HOME, miles).name for miles in (20, 50, 150)]
    assert names == ["a-large", "b-small", "a-large"]


def test_of_equal_regions_the_first_by_name(regions: Regions):
    """The same home base gets the same region each time."""
    for name in ("one", "another"):
        install(regions.folder, name, -102, 38, -98, 42)
    assert regions.covering(HOME).name == "another"


@pytest.fixture
def copied(county: Region, regions: Regions) -> Regions:
    """The county, built for real, to be damaged."""
    shutil.copytree(county.folder, regions.folder / county.folder.name)
    return regions


def test_a_sound_region_verifies(copied: Regions):
    assert copied.verify("sample") == []


def test_damage_is_found_and_named(copied: Regions):
    """A file gone, one cut short, one with a changed byte: each by its name."""
    region = copied.get("sample")
    tile = next(region.tiles.rglob("*.gph"))
    tile.unlink()
    region.places.write_bytes(region.places.read_bytes()[:-1])
    hull = region.folder / "hull.geojson"
    hull.write_bytes(hull.read_bytes().replace(b"1", b"2", 1))
    problems = dict(line.split(": ", 1) for line in copied.verify("sample"))
    assert problems[tile.relative_to(region.folder).as_posix()] == "missing"
    assert "expected" in problems["places.parquet"]
    assert "checksum" in problems["hull.geojson"]
    assert len(problems) == 3


def test_removed_is_gone(copied: Regions):
    copied.remove("sample")
    assert copied.all() == []
    assert list(copied.folder.iterdir()) == []
    with pytest.raises(NoSuchRegion):
        copied.remove("sample")


# --- of another version ------------------------------------------------------------------------


def test_a_region_of_another_version_is_named_with_what_to_do(regions: Regions):
    """Not left out in silence: which format it has, and the command that builds it again."""
    install(regions.folder, "us/hawaii", -101, 39, -99, 41)
    path = regions.folder / "us+hawaii" / "manifest.json"
    made = json.loads(path.read_text())
    sources = [{"file": "hawaii-latest.osm.pbf", "kind": "map"}]
    path.write_text(
        json.dumps(made | {"format": 0, "bbox": [-101, 39, -99, 41], "sources": sources})
    )
    assert regions.all() == []
    (old,) = regions.unreadable()
    assert "format 0" in old.problem
    assert "sweetspot region build us/hawaii hawaii-latest.osm.pbf" in old.problem
    assert old.may_cover(HOME)
    assert not old.may_cover(Point(0, 0))
    with pytest.raises(UnreadableRegion, match="format 0"):
        regions.get("us/hawaii")


@pytest.mark.parametrize("broken", ["{", "[]", '"region"', "{}"])
def test_a_broken_manifest_may_be_of_any_place(broken: str, regions: Regions):
    """What it covered is not known: every answer may have used it."""
    install(regions.folder, "hawaii", -101, 39, -99, 41)
    (regions.folder / "hawaii" / "manifest.json").write_text(broken)
    (old,) = regions.unreadable()
    assert old.name == "hawaii"
    assert old.may_cover(Point(0, 0))
    regions.remove("hawaii")
    assert list(regions.folder.iterdir()) == []


# --- replaced and removed while in use ---------------------------------------------------------


def test_removed_while_in_use_it_stays_on_the_disk_until_nobody_uses_it(copied: Regions):
    """Its name is gone at once; its files are there for who began to read them."""
    region = copied.get("sample")
    Regions(copied.folder).remove("sample")  # as another process would
    assert copied.all() == []
    assert not region.is_current
    assert region.open(lambda folder: (folder / "places.parquet").stat().st_size) > 0
    del region
    gc.collect()
    assert list(copied.folder.iterdir()) == []


def test_a_retired_region_that_a_killed_process_used_goes_with_the_next_change(copied: Regions):
    """Its lease ended with the process; nobody was there to delete the folder."""
    user = subprocess.Popen(
        [sys.executable, "-c", USER, str(copied.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert user.stdout.readline() == b"ready\n"
    copied.remove("sample")
    assert len(list(copied.folder.iterdir())) == 1
    user.kill()
    user.communicate()
    install(copied.folder, "other", -101, 39, -99, 41)
    copied.remove("other")
    assert list(copied.folder.iterdir()) == []


USER = """
import sys
from pathlib import Path
from app.geo.regions.regions import Regions

region = Regions(Path(sys.argv[1])).get("sample")
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_folder_deleted_by_hand_is_said_to_be_gone(copied: Regions):
    """A lease does not hold off `rm`."""
    region = copied.get("sample")
    shutil.rmtree(region.folder)
    with pytest.raises(UnreadableRegion, match="deleted"):
        region.open(lambda folder: folder)


def test_a_region_is_read_once_while_it_stays_the_same(copied: Regions):
    """A hundred threads that ask get one region; what it says can't be changed."""
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: copied.get("sample"), range(100)))
    assert len({id(region) for region in found}) == 1
    with pytest.raises(TypeError):
        found[0].manifest["name"] = "other"
    with pytest.raises(TypeError):
        found[0].counts["roads"] = 0


# --- what is told of a region -------------------------------------------------------------------


def test_the_size_is_that_of_the_files_in_the_manifest(regions: Regions):
    """No folder of a million tiles is walked through."""
    files = {"a": {"size": 1_000, "sha256": ""}, "b": {"size": 234, "sha256": ""}}
    install(regions.folder, "square", -101, 39, -99, 41, files=files)
    assert regions.get("square").size_bytes == 1_234


def test_the_data_is_as_new_as_the_newest_extract(regions: Regions):
    """Addresses have no such date, and older versions wrote none where the file had none."""
    dates = ("2026-01-02T00:00:00Z", None, "2026-03-01T00:00:00Z", "2025-12-31T23:59:59Z")
    sources = [{"file": "x", "data_date": date} for date in dates]
    install(regions.folder, "square", -101, 39, -99, 41, sources=sources)
    install(regions.folder, "undated", -101, 39, -99, 41, sources=[{"file": "x"}])
    assert regions.get("square").data_date == "2026-03-01T00:00:00Z"
    assert regions.get("undated").data_date is None


def test_what_a_region_covers(regions: Regions):
    """Its own circle where it was cut to one; two degrees are 106 by 138 miles at 40 north.

    A degree of latitude is 69.1 miles, one of longitude 0.766 of that.
    """
    made_for = {"lat": 40.0, "lon": -100.0, "miles": 60, "margin_miles": 5}
    install(regions.folder, "cut", -101, 39, -99, 41, circle=made_for)
    install(regions.folder, "whole", -101, 39, -99, 41)
    assert regions.get("cut").circle == CoveredCircle(lat=40.0, lon=-100.0, miles=60)
    assert regions.get("whole").circle is None
    assert regions.get("whole").across_miles == pytest.approx((105.9, 138.2), abs=0.1)
