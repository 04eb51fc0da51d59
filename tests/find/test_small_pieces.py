"""Maps of nothing but small pieces of road, far apart: too small for the engine to prefer any.

The case map has a street each in Davis and Woodland (California), Brookfield (Illinois) and
Springfield (Virginia).
"""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.serving import Server
from app.geo.driving.embedded.valhalla import Valhalla
from app.geo.driving.engine import Driving, Road
from app.geo.points import Point, Points
from app.geo.regions.build import build_region
from app.geo.regions.region import Region
from app.settings import Settings
from tests.drawn_maps import DrawnMap
from tests.served import local_client
from tests.shared import CASES, needs_data

HOME = Point(-100.0, 40.0)
DAVIS = "38.5439,-121.7435"
WHATEVER_SIZE = ("--employees", "off", "--computers", "off", "--sales", "off")
ALL = ("--verdict", "pass,maybe,fail")


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Region:
    """A street of 400 m at home, and others 100 and 2,000 km east of it."""
    folder, drawn = tmp_path_factory.mktemp("pieces"), DrawnMap()
    for east in (0.0, 1.2, 23.0):
        drawn.draw([(HOME.lon + east + step * 0.001, HOME.lat) for step in range(5)])
    pbf = drawn.write(folder / "pieces.osm.pbf")
    return build_region(folder / "regions", "pieces", [pbf])


@pytest.mark.parametrize("radius_m", [1.0, 500.0, 30_000.0, 3e6])
def test_a_rough_fix_with_no_road_in_its_circle_is_unknown(
    pieces: Region, radius_m: float, tmp_path: Path
) -> None:
    """10 km and 50 km from any street; at home whatever the circle holds is a bound."""
    to = Points(np.array([-99.998, -99.9, -99.4]), np.array([40.0, 40.1, 40.0]))
    with Server(pieces.tiles, tmp_path) as server:
        engine = Valhalla(server.send, Roads.load(pieces.roads), name="valhalla")
        drives = engine.drives(HOME, to, np.full(3, radius_m), [20], Driving())
    assert drives.road.tolist() == [Road.REACHED, Road.OFF_ROAD, Road.OFF_ROAD]
    assert drives.low[0] <= drives.minutes[0] < 1
    assert np.isnan(drives.minutes[1:]).all()


@pytest.fixture(scope="module")
def border(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder with that region."""
    folder = tmp_path_factory.mktemp("border")
    pbf = CASES / "geo" / "maps" / "border.osm.pbf"
    build_region(folder / "regions", "border", [pbf])
    return folder


def _command(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """The command as people run it, whose libraries may warn."""
    environment = {**os.environ, "SWEETSPOT_DATA_DIR": str(folder), "COLUMNS": "200"}
    environment.pop("PYTHONWARNINGS", None)
    return subprocess.run(
        [sys.executable, "-m", "app", *args],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@needs_data
@pytest.mark.parametrize("reach", [("--minutes", "20"), ("--minutes", "off", "--miles", "50")])
def test_a_row_on_the_other_coast_is_the_only_one_that_fails(
    border: Path, reach: tuple[str, ...]
) -> None:
    listed = CASES / "geo" / "far-rows.csv"
    home = ("--home", DAVIS, "--region", "border")
    told = _command(border, "find", str(listed), *home, *reach, *WHATEVER_SIZE, *ALL, "--json")
    assert told.returncode == 0, told.stderr
    assert "Warning" not in told.stderr
    rows = {row["name"]: row for row in json.loads(told.stdout)["prospects"]}
    assert (rows["Near"]["verdict"], rows["Far"]["verdict"]) == ("pass", "fail")
    assert rows["Near"]["minutes"] < 1


@needs_data
def test_so_it_is_over_http(border: Path) -> None:
    with (CASES / "geo" / "far-rows.csv").open() as file:
        rows = [
            {"name": row["Company"], "lat": float(row["Lat"]), "lon": float(row["Lon"])}
            for row in csv.DictReader(file)
        ]
    asked: dict[str, Any] = {"home": DAVIS, "region": "border", "minutes": "20", "prospects": rows}
    asked |= {"employees": "off", "computers": "off", "sales": "off", "verdict": "all"}
    with local_client(Settings(data_dir=border)) as client:
        answer = client.post("/v1/find", json=asked)
    assert answer.status_code == 200, answer.text
    told = {row["name"]: row["verdict"] for row in answer.json()["prospects"]}
    assert told == {"Near": "pass", "Far": "fail"}


@needs_data
@pytest.mark.parametrize("home", [DAVIS, "41.8264,-87.86", "38.7902,-77.184"])
def test_no_reason_tells_an_infinite_distance(border: Path, home: str) -> None:
    """From each of its small pieces, to addresses on all of them."""
    listed = CASES / "geo" / "maps" / "border_q.csv"
    told = _command(
        border, "find", str(listed), "--home", home, "--region", "border", *WHATEVER_SIZE, *ALL
    )
    assert told.returncode == 0, told.stderr
    for text in ("inf", "nan", "Warning"):
        assert f" {text}" not in f"{told.stdout} {told.stderr}"
