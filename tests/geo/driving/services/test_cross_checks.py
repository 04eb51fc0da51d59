"""A Valhalla elsewhere that contradicts itself: a county road, and the time of day.

Two towns of sixteen by sixteen streets, every other one a main street, 30 km apart. A straight
county road joins them; a main road goes round by the south in twice the time and more.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import valhalla
from valhalla.baldr.utils import compress_speed_buckets, encode_compressed_speeds

from app.geo.driving import valhalla_api
from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.serving import Server
from app.geo.driving.embedded.valhalla import Valhalla
from app.geo.driving.engine import Direction, Drives, Driving, Road
from app.geo.driving.services.service_engine import ServiceEngine
from app.geo.driving.services.valhalla import RemoteValhalla
from app.geo.http.sender import Sender
from app.geo.points import Point, Points
from app.geo.regions.build import build_region
from app.geo.regions.region import Region
from tests import servers
from tests.drawn_maps import BLOCK, DrawnMap

WEST, SOUTH, APART, SIZE = -100.0, 40.0, 0.35, 16
ROAD = SOUTH + SIZE // 2 * BLOCK  # the county road's latitude
HOME = Point(WEST + 1.5 * BLOCK, ROAD)
LIMIT = 35.0  # minutes: 22 to 29 by the county road, over an hour round
ALLOWED = {"service_limits__max_distance_disable_hierarchy_culling": 1e6}
ONE_TO_MANY = {"thor__source_to_target_algorithm": "timedistancematrix"}
IN_TIME = {"service_limits__max_timedep_distance_matrix": 500_000}


def _firms(n: int) -> Points:
    """On the streets of the other town."""
    at = np.random.default_rng(1).integers(0, SIZE - 1, (n, 2))
    return Points(WEST + APART + (at[:, 0] + 0.5) * BLOCK, SOUTH + at[:, 1] * BLOCK)


FIRMS = _firms(12)


@pytest.fixture(scope="module")
def county_road(tmp_path_factory: pytest.TempPathFactory) -> Region:
    folder, drawn = tmp_path_factory.mktemp("county-road"), DrawnMap()
    streets = [{"highway": kind, "maxspeed": "50"} for kind in ("residential", "secondary")]
    east, edge = WEST + APART, WEST + (SIZE - 1) * BLOCK
    for west in (WEST, east):
        drawn.draw_town(west, SOUTH, SIZE, streets)
    miles = np.linspace(edge, east, 11).tolist()
    drawn.draw([(lon, ROAD) for lon in miles], {"highway": "unclassified", "maxspeed": "80"})
    for lon in miles[1:-1]:
        drawn.draw([(lon, ROAD), (lon, ROAD + 0.005)])
    turn = WEST + 2 * BLOCK
    round_it = [(turn, SOUTH), (turn, 39.75), (east, 39.75), (east, SOUTH)]
    drawn.draw(round_it, {"highway": "primary", "maxspeed": "80"})
    pbf = drawn.write(folder / "county-road.osm.pbf")
    return build_region(folder / "regions", "county-road", [pbf])


@pytest.fixture(scope="module")
def embedded(
    county_road: Region, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Valhalla]]:
    with Server(county_road.tiles, tmp_path_factory.mktemp("embedded")) as server:
        yield server, Valhalla(server.send, Roads.load(county_road.roads), name="valhalla")


@contextmanager
def _service(tiles: Path, run: Path, **settings: object) -> Iterator[ServiceEngine]:
    """A server with its own settings but for those, and the engine that asks it."""
    run.mkdir()
    with (
        servers.valhalla(tiles, run, **settings) as url,
        closing(Sender("valhalla", frozenset({"127.0.0.1"}))) as sender,
    ):
        yield ServiceEngine(RemoteValhalla(url), sender.send)


def _drives(engine: ServiceEngine | Valhalla, how: Driving, limit: float = LIMIT) -> Drives:
    return engine.drives(HOME, FIRMS, np.zeros(len(FIRMS)), [limit], how)


# ---- a county road ------------------------------------------------------------------------


@pytest.mark.parametrize("direction", Direction)
def test_reach_matrix_and_route_of_the_embedded_engine_take_the_county_road(
    embedded: tuple[Server, Valhalla], direction: Direction
) -> None:
    """To a few seconds, which is what whole seconds and turns leave."""
    (server, engine), how = embedded, Driving(direction)
    reach = _drives(engine, how)
    assert reach.road.tolist() == [Road.REACHED] * len(FIRMS)
    assert ((reach.minutes > 20) & (reach.minutes < 30)).all()
    matrix = engine.minutes(HOME, FIRMS, how)
    route = valhalla_api.route_minutes(server.send, HOME, FIRMS, how)
    assert np.abs(matrix - reach.minutes).max() < 0.1
    assert np.abs(route - reach.minutes).max() < 0.1


@pytest.mark.parametrize("direction", Direction)
def test_drives_that_a_server_s_own_drawing_contradicts_are_unknown(
    county_road: Region, direction: Direction, tmp_path: Path
) -> None:
    """By its own settings matrix and route go round; the note names what mends it."""
    with _service(county_road.tiles, tmp_path / "run") as engine:
        drives = _drives(engine, Driving(direction))
        again = _drives(engine, Driving(direction))
    assert drives.road.tolist() == [Road.UNKNOWN] * len(FIRMS)
    assert np.isnan(drives.minutes).all()
    for told in (drives.odd, again.odd):
        assert "goes a long way round in 12 drives by its own drawing" in told
        assert "thor.source_to_target_algorithm" in told


def test_where_its_routes_may_look_at_small_roads_theirs_are_the_minutes(
    county_road: Region, embedded: tuple[Server, Valhalla], tmp_path: Path
) -> None:
    """And they are remembered: the second time nothing is contested. Two more it denied."""
    with _service(county_road.tiles, tmp_path / "run", **ALLOWED) as engine:
        drives = _drives(engine, Driving(traffic=1.2))
        again = _drives(engine, Driving(traffic=1.2))
    exact = embedded[1].minutes(HOME, FIRMS, Driving(traffic=1.2))
    assert np.abs(drives.minutes - exact).max() < 0.1
    assert "goes a long way round in 10 drives" in drives.odd
    assert "thor.source_to_target_algorithm" in drives.odd
    assert (again.minutes == drives.minutes).all()
    assert again.odd == ""


def test_a_server_so_mended_is_not_doubted(
    county_road: Region, embedded: tuple[Server, Valhalla], tmp_path: Path
) -> None:
    with _service(county_road.tiles, tmp_path / "run", **ONE_TO_MANY) as engine:
        drives = _drives(engine, Driving())
        nearer = _drives(engine, Driving(), limit=24.0)
    assert np.abs(drives.minutes - embedded[1].minutes(HOME, FIRMS, Driving())).max() < 0.1
    assert (drives.odd, nearer.odd) == ("", "")


def test_a_drive_that_is_long_by_any_road_is_not_contested(
    county_road: Region, tmp_path: Path
) -> None:
    """15 minutes: the drawing has none of them within it."""
    with _service(county_road.tiles, tmp_path / "run") as engine:
        drives = _drives(engine, Driving(), limit=15.0)
    assert drives.road.tolist() == [Road.REACHED] * len(FIRMS)
    assert "drawing" not in drives.odd


def test_find_says_what_mends_it(
    run, county_road: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of the firms fails; on a mended server all of them pass."""
    rows = [f"Firm {n},{lat},{lon}" for n, (lon, lat) in enumerate(FIRMS.pairs())]
    listed = tmp_path / "firms.csv"
    listed.write_text("\n".join(["Company,Latitude,Longitude", *rows]))
    monkeypatch.setenv("SWEETSPOT_ENGINE", "valhalla")
    verdicts = []
    for name, settings in (("by-itself", {}), ("mended", ONE_TO_MANY)):
        (tmp_path / name).mkdir()
        with servers.valhalla(county_road.tiles, tmp_path / name, **settings) as url:
            monkeypatch.setenv("SWEETSPOT_ENGINE_URL", url)
            home = ("--home", f"{HOME.lat},{HOME.lon}", "--minutes", f"{LIMIT:g}")
            told = run("find", str(listed), *home, "--verdict", "all", "--json", "--quiet")
        answer = json.loads(told.out)
        verdicts.append({row["verdict"] for row in answer["prospects"]})
        notes = " ".join(answer["notes"])
        assert ("by its own drawing" in notes) == (name == "by-itself")
    assert verdicts == [{"maybe"}, {"pass"}]


# ---- the time of day ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def busy(county_road: Region, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiles with speeds by the time of day: 60 km/h, 20 from seven to ten; 40 by day."""
    tiles = tmp_path_factory.mktemp("busy") / "tiles"
    shutil.copytree(county_road.tiles, tiles)
    _add_traffic(county_road, tiles)
    return tiles


def _add_traffic(region: Region, tiles: Path) -> None:
    """A CSV file for each tile: edge, free-flow and daytime speed, those of every five minutes."""
    day = np.full(24 * 12, 60.0, np.float32)
    day[7 * 12 : 10 * 12] = 20
    week = encode_compressed_speeds(compress_speed_buckets(np.tile(day, 7)))
    roads, files = Roads.load(region.roads), tiles.with_name("speeds")
    for number in roads.graph_ids(np.arange(len(roads.edge_key))).tolist():
        level, tile, edge = number & 7, number >> 3 & (1 << 22) - 1, number >> 25
        digits = f"{tile:0{9 if level == 2 else 6}d}"
        path = files / str(level) / "/".join(digits[i : i + 3] for i in range(0, len(digits), 3))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".csv").open("a") as file:
            file.write(f"{level}/{tile}/{edge},60,40,{week}\n")
    program = Path(valhalla.__file__).parent / "bin" / "valhalla_add_predicted_traffic"
    inline = f'{{"mjolnir": {{"tile_dir": "{tiles}"}}}}'
    subprocess.run([program, "-i", inline, files], check=True, capture_output=True)


RUSH = Driving(depart=datetime(2026, 12, 1, 8, 30))


def test_a_matrix_that_ignores_the_time_is_told_with_its_setting(
    busy: Path, tmp_path: Path
) -> None:
    with _service(busy, tmp_path / "run") as engine:
        odd = _drives(engine, RUSH, limit=200.0).odd
    assert "takes the same minutes at any time of day, unlike its route" in odd
    assert "service_limits.max_timedep_distance_matrix" in odd


def test_a_matrix_in_time_is_not_doubted(busy: Path, tmp_path: Path) -> None:
    with _service(busy, tmp_path / "run", **ONE_TO_MANY, **IN_TIME) as engine:
        rush, free = _drives(engine, RUSH, limit=200.0), _drives(engine, Driving(), limit=200.0)
    assert "time of day" not in rush.odd + free.odd
    assert (rush.minutes > 2 * free.minutes).all()


def test_tiles_without_speeds_by_the_time_of_day_are_told(
    county_road: Region, tmp_path: Path
) -> None:
    with _service(county_road.tiles, tmp_path / "run", **ONE_TO_MANY, **IN_TIME) as engine:
        odd = _drives(engine, RUSH).odd
    assert "takes the same minutes at any time of day, so that" in odd
    assert "valhalla_add_predicted_traffic" in odd


def test_without_a_time_speeds_are_those_of_empty_roads(busy: Path, tmp_path: Path) -> None:
    """60 km/h everywhere, not the 40 of daytime: 32 km and a few turns take 31 to 36 minutes."""
    with _service(busy, tmp_path / "run", **ONE_TO_MANY) as engine:
        drives = _drives(engine, Driving(), limit=60.0)
    assert ((drives.minutes > 29) & (drives.minutes < 38)).all()
