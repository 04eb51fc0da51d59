"""The road in front of the door: where a drive to an address or a point ends.

A town of eight by eight streets, 222 m apart: the rows Ash to Hazel Street from south to north, the
columns First to Eighth Avenue from west to east. A motorway goes through the block north of Dogwood
Street, 60 m from it, and through the one north of Fir Street on a bridge. South of Ash Street is a
tunnel. Off Third Avenue leads a driveway, towards the middle of the block north of Beech Street. A
track leads from the town's south-eastern corner 1,500 m to the east.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.geo.driving import valhalla_api
from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.serving import Server
from app.geo.driving.embedded.valhalla import Valhalla
from app.geo.driving.engine import Driving
from app.geo.points import Point, Points
from app.geo.regions.build import build_region
from app.geo.regions.region import Region
from tests.drawn_maps import DrawnMap
from tests.shared import CASES, needs_data

LON, LAT, SIZE = -73.26, 42.45, 8
UP, ACROSS = 0.002, 0.0027  # degrees from street to street, some 222 m each
STEP = UP / 222  # a metre north; east it is ACROSS / 222
ROWS = ("Ash", "Beech", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel")
COLUMNS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth")


def _at(east: float, north: float) -> tuple[float, float]:
    """So many metres from the town's south-western corner."""
    return LON + east * ACROSS / 222, LAT + north * STEP


def _line(*metres: tuple[float, float]) -> list[tuple[float, float]]:
    return [_at(*one) for one in metres]


def _through(north: float) -> list[tuple[float, float]]:
    """A road from far west to far east, joined to nothing."""
    return _line(*((east, north) for east in range(-3000, 5000, 400)))


def _draw(path: Path) -> None:
    drawn, street = DrawnMap(), {"highway": "residential"}
    each, avenue = range(0, SIZE * 222, 222), 2 * 222
    for name, north in zip(ROWS, each, strict=True):
        drawn.draw(_line(*((x, north) for x in each)), street | {"name": f"{name} Street"})
    for name, east in zip(COLUMNS, each, strict=True):
        drawn.draw(_line(*((east, y) for y in each)), street | {"name": f"{name} Avenue"})
    motorway = {"highway": "motorway", "oneway": "yes"}
    drawn.draw(_through(3 * 222 + 60), motorway)
    drawn.draw(_through(3 * 222 + 75)[::-1], motorway)
    drawn.draw(_through(5 * 222 + 60), motorway | {"bridge": "yes", "layer": "1"})
    tunnel = {"highway": "secondary", "tunnel": "yes", "layer": "-1", "name": "Deep Street"}
    drawn.draw(_through(-100), tunnel)
    drawn.draw(
        _line((avenue, 222), (avenue, 312), (avenue, 444)), street | {"name": "Third Avenue"}
    )
    drawn.draw(
        _line((avenue, 312), (avenue + 105, 312)), {"highway": "service", "service": "driveway"}
    )
    fields = _line(*((7 * 222 + x, 0) for x in range(0, 1501, 300)))
    drawn.draw(fields, {"highway": "track"})
    drawn.write(path)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Region:
    folder = tmp_path_factory.mktemp("arrivals")
    _draw(folder / "town.osm.pbf")
    return build_region(folder / "regions", "town", [folder / "town.osm.pbf"])


@pytest.fixture(scope="module")
def roads(town: Region) -> Roads:
    return Roads.load(town.roads)


def _moved(roads: Roads, east: float, north: float, street: str = "") -> tuple[int, int]:
    """Metres east and north of the corner where a drive ends, to 5 m."""
    to = roads.arrive(Points.of([Point(*_at(east, north))]), [street])
    ((lon, lat),) = to.pairs()
    return 5 * round((lon - LON) / ACROSS * 222 / 5), 5 * round((lat - LAT) / STEP / 5)


def test_a_drive_ends_on_the_street_of_the_address(roads: Roads) -> None:
    """Behind the house runs another street, nearer: Ash Street, 30 m away."""
    assert _moved(roads, 100, 30, "First Avenue") == (0, 30)
    assert _moved(roads, 100, 30, "1ST AVE") == (0, 30)
    assert _moved(roads, 100, 30, "Ash St") == (100, 30)


@pytest.mark.parametrize("street", ["", "Zinnia Street", "Hazel Street"])
def test_a_street_that_is_not_near_moves_nobody(roads: Roads, street: str) -> None:
    """Unknown, not on the map, and 1.5 km away."""
    assert _moved(roads, 100, 30, street) == (100, 30)


def test_a_lane_off_its_street_is_as_good(roads: Roads) -> None:
    """At the end of the driveway; as an address of Beech Street, which it does not touch, not."""
    assert _moved(roads, 2 * 222 + 100, 222 + 95, "Third Avenue") == (545, 315)
    assert _moved(roads, 2 * 222 + 100, 222 + 95, "Beech Street") == (545, 220)


def test_nothing_is_put_on_a_motorway_or_in_a_tunnel(roads: Roads) -> None:
    """Upon them; the nearest streets are Dogwood Street and Ash Street."""
    on = Points.of([Point(*_at(300, 3 * 222 + 60)), Point(*_at(300, -100))])
    assert np.round(roads.snap(on).distance_m).tolist() == pytest.approx([60, 100], abs=1)


def test_nobody_drives_across_a_motorway(roads: Roads) -> None:
    """20 m north of it. Dogwood Street is nearest, 95 m, behind it; Second Avenue is 100 m away."""
    assert _moved(roads, 222 + 100, 3 * 222 + 95) == (220, 760)
    assert _moved(roads, 222 + 100, 3 * 222 + 40) == (320, 705)


def test_a_bridge_bars_nobody(roads: Roads) -> None:
    """The same under the bridge: Fir Street stays the nearest."""
    assert _moved(roads, 222 + 100, 5 * 222 + 95) == (320, 1205)


def test_points_that_are_none_stay_so(roads: Roads) -> None:
    """Beside one that is moved."""
    at = Points(np.array([np.nan, _at(100, 30)[0]]), np.array([np.nan, _at(100, 30)[1]]))
    to = roads.arrive(at, ["First Avenue", "First Avenue"])
    assert to.known.tolist() == [False, True]
    assert to.lon[1] == pytest.approx(LON)


def test_a_track_is_driven_no_slower_than_a_car_does(
    town: Region, roads: Roads, tmp_path: Path
) -> None:
    """1,500 m at 15 km/h, by the reach and by the engine; at 2 km/h it would be 45 minutes."""
    end, home = Points.of([Point(*_at(7 * 222 + 1490, 0))]), Point(*_at(6.5 * 222, 0))
    with Server(town.tiles, tmp_path) as server:
        own = valhalla_api.matrix_minutes(server.send, home, end, Driving())
        engine = Valhalla(server.send, roads, name="valhalla")
        ours = engine.drives(home, end, np.zeros(1), [30.0], Driving()).minutes
    assert own == pytest.approx(6.2, abs=0.3)
    assert ours == pytest.approx(own, abs=0.1)


def test_the_engine_ends_its_drives_there(town: Region, roads: Roads, tmp_path: Path) -> None:
    """All around town, motorways and tunnel included: no verdict but the engine's own."""
    seed = np.random.SeedSequence().entropy
    rng = np.random.default_rng(seed)
    where = [_at(*one) for one in rng.uniform(-150, 7 * 222 + 150, (400, 2))]
    to = roads.arrive(Points.of([Point(*one) for one in where]), ["Third Avenue", ""] * 200)
    home, how = Point(*_at(-20, -20)), Driving()
    with Server(town.tiles, tmp_path) as server:
        engine = Valhalla(server.send, roads, name="valhalla")
        own = valhalla_api.matrix_minutes(server.send, home, to, how)
        for limit in (1.0, 2.0, 3.0):
            ours = engine.drives(home, to, np.zeros(len(to)), [limit], how).minutes
            wrong = np.flatnonzero((ours <= limit) != (own <= limit)).tolist()
            assert not wrong, f"seed {seed}, limit {limit}: rows {wrong}"


@needs_data
def test_an_office_behind_a_turnpike_is_near(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own street is 128 m away, the turnpike 50: over 25 minutes by that, 5.7 by its street."""
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(tmp_path / "data"))
    run("region", "build", "mw", str(CASES / "geo" / "maps" / "routes2.osm.pbf"))
    question = ("--home", "42.452,-73.258", "--minutes", "20", "--region", "mw", "--json", "-q")
    off = ("--computers", "off", "--employees", "off", "--sales", "off")
    by_address = CASES / "geo" / "maps" / "mw.csv"
    by_point = tmp_path / "points.csv"
    by_point.write_text("Name,Lat,Lon\nOffice,42.47315,-73.249\n")
    for path in (by_address, by_point):
        (row,) = json.loads(run("find", str(path), *question, *off).out)["prospects"]
        assert (row["verdict"], row["minutes"]) == ("pass", 5.7)
