"""The live parts of a process: made once, of one version of a region, whoever asks meanwhile."""

import gc
import json
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mapbox_vector_tile
import numpy as np
import pytest
from shapely.geometry import box, mapping
from shapely.geometry.base import BaseGeometry

from app.errors import UnreadableRegion
from app.find.options import SpotOptions
from app.find.question import Question
from app.geo.driving.engine import Driving
from app.geo.points import Points
from app.geo.regions import build as building
from app.geo.regions.region import BASEMAP, Region
from app.geo.regions.sample import county as sample
from app.geo.regions.sample.county import HOME, county_point
from app.geo.web_tiles import WebTile
from app.settings import Settings
from app.wiring.ground import find_ground
from app.wiring.maps import draw_reach, draw_tile, tile_regions
from app.wiring.parts import Parts
from tests.served import local_client

AROUND_HOME = box(HOME.lon - 0.03, HOME.lat - 0.03, HOME.lon + 0.03, HOME.lat + 0.03)
OVER_THE_BRIDGE = county_point(0, 5.0)  # Northbank


@pytest.fixture
def parts(county: Region, tmp_path: Path) -> Iterator[Parts]:
    """Over a copy of the county, to be rebuilt and removed."""
    shutil.copytree(county.folder, tmp_path / "regions" / "sample")
    with Parts(Settings(data_dir=tmp_path)) as made:
        yield made


def _question() -> Question:
    return Question(SpotOptions(minutes="90").spot(), Driving())


def _minutes(engine, limit: float = 90) -> float:
    to = Points.of([OVER_THE_BRIDGE])
    return float(engine.drives(HOME, to, np.zeros(1), [limit], Driving()).minutes[0])


def _rebuilt_without_its_bridge(parts: Parts, tmp_path: Path) -> None:
    sample.write_county(tmp_path / "county.osm.pbf", bridge=False)
    building.build_region(parts.regions.folder, "sample", [tmp_path / "county.osm.pbf"])


@pytest.mark.parametrize("begun", [True, False], ids=["engine running", "engine not yet started"])
def test_an_answer_ends_on_the_version_of_the_map_that_it_began_with(
    begun: bool, parts: Parts, tmp_path: Path
) -> None:
    """The region is rebuilt without its bridge meanwhile: old roads with new tiles would be wrong.

    Once the last answer that needs it has ended, the old version leaves the disk.
    """
    ground = find_ground(parts, sample.HOME_ADDRESS, _question())
    before = _minutes(ground.engine) if begun else None
    _rebuilt_without_its_bridge(parts, tmp_path)
    fresh = find_ground(parts, sample.HOME_ADDRESS, _question())
    assert np.isinf(_minutes(fresh.engine))
    assert np.isfinite(_minutes(ground.engine, 80))
    assert before in (None, _minutes(ground.engine))
    assert len(ground.load_businesses())
    assert {path.name[:8] for path in parts.regions.folder.iterdir()} == {"sample", ".retired"}
    del ground
    gc.collect()
    assert [path.name for path in parts.regions.folder.iterdir()] == ["sample"]


def test_an_answer_outlives_the_removal_of_its_map(parts: Parts) -> None:
    """Another process removes the region: what was begun is answered, what begins has no map."""
    ground = find_ground(parts, sample.HOME_ADDRESS, _question())
    parts.regions.remove("sample")
    assert np.isfinite(_minutes(ground.engine))
    assert len(ground.load_businesses())
    assert find_ground(parts, "40.0,-116.6", _question()).region is None


def test_parts_close_where_a_map_is_gone(parts: Parts) -> None:
    """Nothing is made for the sake of being closed."""
    assert parts.gazetteer(parts.regions.get("sample"))
    shutil.rmtree(parts.regions.folder / "sample")
    parts.close()


def test_parts_are_made_once_however_many_ask(parts: Parts) -> None:
    """Sixteen first questions at once: one index, one engine, one table of ZIP codes."""

    def asked(_: int) -> tuple[int, ...]:
        region = parts.regions.get("sample")
        made = parts.gazetteer(region), parts.engine(region), parts.zips, parts.memory, parts.rates
        return tuple(map(id, made))

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(asked, range(16)))) == 1


def test_a_map_of_another_version_is_named_in_every_answer(parts: Parts) -> None:
    """The minutes are estimates then, and the first note says why and what to do."""
    path = parts.regions.folder / "sample" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    ground = find_ground(parts, "40.0,-116.6", _question())
    assert ground.region is None
    assert "format 99" in ground.notes[0]
    assert "sweetspot region build sample" in ground.notes[0]
    drawn = draw_reach(parts, "40.0,-116.6", [30], Driving())
    assert "format 99" in drawn["notes"][0]
    with pytest.raises(UnreadableRegion, match="format 99"):
        find_ground(parts, "40.0,-116.6", _question(), "sample")


@pytest.mark.parametrize("part", ["gazetteer", "roads/edge.npy", "places.parquet"])
def test_a_damaged_part_of_a_map_is_no_bad_question(part: str, parts: Parts) -> None:
    """What can't be read is the installation's fault, not that of who asks: 503, not 422."""
    (parts.regions.folder / "sample" / part).write_bytes(b"nonsense")
    with pytest.raises(UnreadableRegion, match="build it again"):
        find_ground(parts, "40.0,-116.6", _question()).load_businesses()


def test_a_manifest_that_cant_be_read_is_named(parts: Parts) -> None:
    path = parts.regions.folder / "sample" / "manifest.json"
    path.unlink()
    path.mkdir()
    (broken,) = parts.regions.unreadable()
    assert "region 'sample' can't be used: its manifest can't be read" in broken.problem


def test_nothing_is_silent_about_a_map_of_another_version(parts: Parts, tmp_path: Path) -> None:
    """Suggestions while typing and tiles would have used it, too."""
    path = parts.regions.folder / "sample" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with local_client(Settings(data_dir=tmp_path)) as client:
        notes = client.get("/v1/geocode", params={"address": "Main Street"}).json()["notes"]
        assert "format 99" in notes[0]
        tile = client.get("/v1/tiles/10/180/387.mvt")
        assert tile.status_code == 503
        assert "format 99" in tile.json()["detail"]
        assert client.get("/v1/tiles/10/0/0.mvt").status_code == 204
        assert client.get("/readyz").status_code == 503
        assert client.get("/v1/regions").json()["unreadable"][0]["name"] == "sample"


def _install_part(parts: Parts, name: str = "a-part", ground: BaseGeometry = AROUND_HOME) -> None:
    """A second region of the same map, of which only that ground counts."""
    folder = parts.regions.folder / name
    shutil.copytree(parts.regions.folder / "sample", folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"name": name}))
    outline = {"type": "Feature", "properties": {}, "geometry": mapping(ground)}
    (folder / "hull.geojson").write_text(json.dumps(outline))


@pytest.mark.parametrize(
    ("asked", "chosen"), [({"miles": "1"}, "a-part"), ({"minutes": "50"}, "sample")]
)
def test_of_regions_that_overlap_that_counts_which_covers_the_question(
    asked: dict[str, str], chosen: str, parts: Parts
) -> None:
    """Both cover a mile around home, and the first by name counts; of 50 minutes one has more."""
    _install_part(parts)
    question = Question(SpotOptions(**{"minutes": "off", **asked}).spot(), Driving())
    assert find_ground(parts, "40.0,-116.6", question).region == chosen


def test_a_reach_is_drawn_by_the_region_that_a_find_would_use(parts: Parts) -> None:
    """A minute's mile is on both maps, fifty are not."""
    _install_part(parts)
    for minutes, chosen in ((1.0, "a-part"), (50.0, "sample")):
        draw_reach(parts, "40.0,-116.6", [minutes], Driving())
        assert chosen in parts._installed
        parts._installed.pop(chosen).close()
        assert not parts._installed


def test_a_tile_is_drawn_by_the_regions_that_add_ground_to_it(parts: Parts) -> None:
    """Tile 10/180/387 is 17 miles wide, of which the part has 3, all of them the county's, too."""
    _install_part(parts)
    tile = WebTile(10, 180, 387)
    assert [one.name for one in tile_regions(parts.regions, tile)] == ["sample"]
    assert [one.name for one in tile_regions(parts.regions, tile, "a-part")] == ["a-part"]


def test_a_map_of_before_shows_its_roads(parts: Parts) -> None:
    """It has no basemap, and needs none to be used."""
    path = parts.regions.folder / "sample" / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["files"][BASEMAP]
    path.write_text(json.dumps(manifest))
    (path.parent / BASEMAP).unlink()
    tile = WebTile(10, 180, 387)
    drawn = draw_tile(parts, tile, tile_regions(parts.regions, tile))
    assert mapbox_vector_tile.decode(drawn).keys() == {"edges"}


@pytest.mark.parametrize("body", [b"nonsense", b""])
def test_a_basemap_that_cant_be_read_is_named(parts: Parts, body: bytes) -> None:
    (parts.regions.folder / "sample" / BASEMAP).write_bytes(body)
    with pytest.raises(UnreadableRegion, match="build it again"):
        draw_tile(parts, WebTile(10, 180, 387), [parts.regions.get("sample")])


def test_neighbours_share_a_tile(parts: Parts) -> None:
    """Roads of two halves of the county are on the tile that both have ground on."""
    whole = parts.regions.get("sample")
    tile = WebTile(10, 180, 387)
    drawn = mapbox_vector_tile.decode(draw_tile(parts, tile, [whole]))["edges"]["features"]
    _install_part(parts, "a-west", box(-117, 39, -116.6, 41))
    _install_part(parts, "b-east", box(-116.6, 39, -116, 41))
    halves = [parts.regions.get(name) for name in ("b-east", "a-west")]
    parts.regions.remove("sample")
    assert tile_regions(parts.regions, tile) == halves
    both = mapbox_vector_tile.decode(draw_tile(parts, tile, halves))["edges"]["features"]
    assert len(both) == 2 * len(drawn)
    assert all(one in drawn for one in both)


def _reaches(parts: Parts) -> dict[Path, int]:
    """The reaches on disk; written again, a file is another one."""
    found = (parts.settings.data_dir / "reaches").glob("*/*/*.npy")
    return {path: path.stat().st_ino for path in found}


def test_the_reaches_of_other_limits_are_asked_for_ahead(parts: Parts) -> None:
    """Those of all limits up to an hour, 15 of 5 minutes each; no question has to ask for one."""
    question = Question(SpotOptions(minutes="40").spot(), Driving())
    ground = find_ground(parts, sample.HOME_ADDRESS, question)
    parts.ahead.look(ground, question)
    deadline = time.monotonic() + 60
    while len(_reaches(parts)) < 15 and time.monotonic() < deadline:
        time.sleep(0.05)
    before = _reaches(parts)
    assert len(before) == 15
    to = Points.of([OVER_THE_BRIDGE])
    for minutes in (7, 33, 60):
        ground.engine.drives(ground.start, to, np.zeros(1), [minutes], Driving())
    assert _reaches(parts) == before


def test_who_closes_waits_for_no_more_than_one_reach(parts: Parts) -> None:
    """What was asked for ahead is given up, and a question after it is answered all the same."""
    question = Question(SpotOptions(minutes="40").spot(), Driving())
    ground = find_ground(parts, sample.HOME_ADDRESS, question)
    parts.ahead.look(ground, question)
    parts.ahead.close()
    assert len(_reaches(parts)) <= 2
    assert np.isfinite(_minutes(ground.engine, 40))
