"""A region wider than the engine's own limits, and one on both sides of the antimeridian.

One map of five towns, each a grid of eight by eight streets without any road to the others: HOME's;
an island's 25 km east of it; one 3,000 km east; and two that meet at the antimeridian.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shapely.geometry import shape

from app.geo.driving import valhalla_api
from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.serving import Server, engine_config
from app.geo.driving.embedded.valhalla import BEYOND, FASTEST_KMH, Valhalla
from app.geo.driving.engine import Driving, Road
from app.geo.driving.services.service_engine import ServiceEngine
from app.geo.driving.services.valhalla import RemoteValhalla
from app.geo.http.request import Request
from app.geo.http.sender import Sender
from app.geo.points import Point, Points
from app.geo.regions.build import build_region
from app.geo.regions.region import Region
from tests.drawn_maps import BLOCK, DrawnMap

HOME, ISLAND, FAR = Point(-100.0, 40.0), Point(-99.7, 40.0), Point(-64.0, 40.0)
WEST, EAST = Point(179.986, -16.8), Point(-180.0, -16.8)  # the former's streets end at 180

type Send = Callable[[str, Mapping[str, Any]], bytes]


def _write(path: Path) -> None:
    drawn = DrawnMap()
    for town in (HOME, ISLAND, FAR, WEST, EAST):
        drawn.draw_town(town.lon, town.lat)
    drawn.write(path)


def _in(*towns: Point) -> Points:
    """A point on a street of each."""
    return Points.of([Point(town.lon + 0.003, town.lat + BLOCK) for town in towns])


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Region:
    folder = tmp_path_factory.mktemp("wide")
    _write(folder / "wide.osm.pbf")
    return build_region(folder / "regions", "wide", [folder / "wide.osm.pbf"])


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("engine")


@pytest.fixture(scope="module")
def send(wide: Region, run_folder: Path) -> Iterator[Send]:
    with Server(wide.tiles, run_folder) as server:
        yield server.send


def _engine(wide: Region, send: Send) -> Valhalla:
    return Valhalla(send, Roads.load(wide.roads), name="valhalla", covers=wide.covers)


def test_a_row_beyond_any_drive_is_not_asked_for(wide: Region, send: Send) -> None:
    """3,000 km is no drive of 50 minutes; of the island the engine says that it has no road."""
    asked: list[Any] = []

    def listen(path: str, body: Mapping[str, Any]) -> bytes:
        asked.extend(body.get("targets", ()))
        return send(path, body)

    to = _in(HOME, ISLAND, FAR)
    drives = _engine(wide, listen).drives(HOME, to, np.zeros(3), [50], Driving())
    assert drives.road.tolist() == [Road.REACHED, Road.NO_ROAD, Road.BEYOND]
    assert drives.minutes[0] < 2
    assert np.isinf(drives.minutes[1:]).all()
    assert FAR.lon + 0.003 not in {target["lon"] for target in asked}


def test_a_far_row_is_beyond_whatever_else_is_asked(wide: Region, send: Send) -> None:
    """Alone as among others, in a limit of minutes and in one of hours."""
    alone = _engine(wide, send).drives(HOME, _in(FAR), np.zeros(1), [600], Driving())
    among = _engine(wide, send).drives(HOME, _in(EAST, FAR, HOME), np.zeros(3), [600], Driving())
    assert alone.road.tolist() == [Road.BEYOND]
    assert among.road.tolist() == [Road.BEYOND, Road.BEYOND, Road.REACHED]
    assert alone.asked == 0


def test_a_point_the_engine_refuses_for_its_distance_spoils_no_other(send: Send) -> None:
    """Alone it is not known."""
    minutes = valhalla_api.matrix_minutes(send, HOME, _in(HOME, FAR, HOME), Driving())
    assert np.isnan(minutes).tolist() == [False, True, False]


@pytest.mark.parametrize("longest", [50, 240, 600])
def test_the_engine_answers_for_any_drive_that_may_be_asked_for(
    longest: float, tmp_path: Path
) -> None:
    """At the least traffic factor, 0.5, a limit is twice as many minutes without traffic."""
    limits = engine_config(tmp_path, 1, longest)["service_limits"]["auto"]
    farthest_m = BEYOND * longest / 0.5 / 60 * FASTEST_KMH * 1000
    assert farthest_m < limits["max_matrix_distance"]
    assert farthest_m < limits["max_distance"]


def _find(run: Any, listed: Path, rows: str, home: str, *args: str) -> dict[str, Any]:
    """The rows of a find over the list, by name."""
    listed.write_text(f"Company,Latitude,Longitude\n{rows}")
    size = ("--employees", "off", "--computers", "off")
    told = run(
        "find", str(listed), "--home", home, *args, *size, "--verdict", "all", "--json", "--quiet"
    )
    assert told.code == 0, told.err
    return {row["name"]: row for row in json.loads(told.out)["prospects"]}


@pytest.fixture
def run_wide(wide: Region, run: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`run` over the wide region."""
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(wide.folder.parents[1]))
    return run


@pytest.mark.parametrize("minutes", ["off", "50"])
def test_one_far_row_does_not_end_a_find(minutes: str, tmp_path: Path, run_wide: Any) -> None:
    """By miles alone the far one fails, too."""
    listed = "Near,40.002,-99.997\nFar,40.002,-63.997\nIsle,40.002,-99.697\n"
    limits = ("--minutes", minutes, "--miles", "100")
    rows = _find(run_wide, tmp_path / "list.csv", listed, "40.0,-100.0", *limits)
    assert rows["Near"]["verdict"] == "pass"
    assert rows["Far"]["verdict"] == "fail"
    assert rows["Near"]["minutes"] < 2
    assert rows["Far"]["minutes"] is None


def test_a_find_across_the_antimeridian(tmp_path: Path, run_wide: Any) -> None:
    """1 km beyond it is 1 km off, not a turn of the earth: 0.6 miles."""
    listed = "Here,-16.796,179.992\nBeyond,-16.795,-179.992\n"
    rows = _find(run_wide, tmp_path / "list.csv", listed, "-16.795,179.999")
    assert rows["Here"]["verdict"] == "pass"
    assert rows["Beyond"]["miles"] == pytest.approx(0.6, abs=0.05)
    assert "no road leads there" in " ".join(rows["Beyond"]["reasons"])


# ---- a Valhalla elsewhere ------------------------------------------------------------------


def test_a_valhalla_elsewhere_refuses_only_the_far_rows(run_folder: Path, send: Send) -> None:
    """It says up to what distance it answers: the near rows are asked once more, without the far.

    Thirty are far; halved down to each, they would be sixty requests.
    """
    send("/status", {})
    port = json.loads((run_folder / "engine.json").read_text())["port"]
    far = Points(FAR.lon + np.arange(30) / 1e4, np.full(30, FAR.lat))
    near = _in(HOME, ISLAND)
    to = Points(np.append(near.lon, far.lon), np.append(near.lat, far.lat))
    asked: list[Request] = []
    with closing(Sender("valhalla", frozenset({"127.0.0.1"}))) as sender:

        def listen(request: Request) -> bytes:
            asked.append(request)
            return sender.send(request)

        engine = ServiceEngine(RemoteValhalla(f"http://127.0.0.1:{port}"), listen)
        drives = engine.drives(HOME, to, np.zeros(32), [1200], Driving())
    assert drives.road.tolist() == [Road.REACHED, Road.NO_ROAD, *[Road.UNKNOWN] * 30]
    assert drives.failed == ""
    assert len(asked) == 3  # the last one is the route that confirms the island


# ---- the antimeridian ----------------------------------------------------------------------


@pytest.mark.parametrize(("home", "other"), [(WEST, EAST), (EAST, WEST)])
def test_a_home_base_at_the_antimeridian(
    home: Point, other: Point, wide: Region, send: Send
) -> None:
    """The town on its own side is driven to; on the other there is none (the streets end there)."""
    drives = _engine(wide, send).drives(home, _in(home, other), np.zeros(2), [50], Driving())
    assert drives.road.tolist() == [Road.REACHED, Road.NO_ROAD]


@pytest.mark.parametrize("home", [Point(179.999, -16.795), Point(-179.999, -16.795)])
def test_the_area_within_reach_is_cut_at_the_antimeridian(
    home: Point, wide: Region, send: Send
) -> None:
    """No longitude is past 180 degrees, as RFC 7946 (3.1.9) has it; no polygon spans the earth."""
    drawn = _engine(wide, send).shape(home, [1, 3], Driving())
    for feature in drawn["features"]:
        ground = shape(feature["geometry"])
        assert ground.is_valid
        assert -180 <= ground.bounds[0] <= ground.bounds[2] <= 180
        assert 0 < ground.area < 0.01
