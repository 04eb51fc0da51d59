"""What is left out of drives is left out where they begin and end, too.

A town with a ferry to an island in the east, a toll bridge to a town in the north, a motorway to
one in the south. Home bases and firms stand a few metres beside each of the three, nearer to it
than to any street.
"""

from collections.abc import Iterator
from contextlib import closing
from math import inf
from typing import NamedTuple

import numpy as np
import pytest
from shapely.geometry import Point as Place
from shapely.geometry import shape

from app.errors import BadInput
from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.serving import Server
from app.geo.driving.embedded.valhalla import Valhalla
from app.geo.driving.engine import Direction, Driving, Engine
from app.geo.driving.services.service_engine import ServiceEngine
from app.geo.driving.services.valhalla import RemoteValhalla
from app.geo.http.sender import Sender
from app.geo.points import Point, Points
from app.geo.regions.build import build_region
from app.geo.regions.region import Region
from tests import servers
from tests.drawn_maps import BLOCK, DrawnMap

WEST, SOUTH = -100.0, 40.0
EAST, NORTH = WEST + 7 * BLOCK, SOUTH + 7 * BLOCK
ISLAND, BEYOND_BRIDGE, BEYOND_MOTORWAY = (-99.9, SOUTH), (WEST, 40.06), (WEST, 39.93)
ACROSS = WEST + 3 * BLOCK  # where bridge and motorway meet the town
IN_TOWN = Point(WEST + 2.5 * BLOCK, SOUTH + 2 * BLOCK)


class Case(NamedTuple):
    """near, far: beside that road, at either end; over: in the streets behind it."""

    near: Point
    far: Point
    over: Point
    without: Driving


CASES = {
    "ferry": Case(
        Point(EAST + 0.001, SOUTH + 3.1 * BLOCK),
        Point(-99.9 - 0.001, SOUTH + 3.1 * BLOCK),
        Point(-99.9 + 1.5 * BLOCK, SOUTH + 3 * BLOCK),
        Driving(ferries=False),
    ),
    "toll": Case(
        Point(ACROSS - 0.0002, NORTH + 0.001),
        Point(ACROSS - 0.0002, 40.06 - 0.001),
        Point(ACROSS - 0.5 * BLOCK, 40.06 + 2 * BLOCK),
        Driving(tolls=False),
    ),
    "motorway": Case(
        Point(ACROSS - 0.0002, SOUTH - 0.001),
        Point(ACROSS - 0.0002, 39.93 + 7 * BLOCK + 0.001),
        Point(ACROSS - 0.5 * BLOCK, 39.93 + 4 * BLOCK),
        Driving(highways=False),
    ),
}
WITH_ALL = Driving(ferries=True)


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Region:
    folder, drawn = tmp_path_factory.mktemp("left-out"), DrawnMap()
    for town in ((WEST, SOUTH), ISLAND, BEYOND_BRIDGE, BEYOND_MOTORWAY):
        drawn.draw_town(*town)
    quay = SOUTH + 3 * BLOCK
    drawn.draw([(EAST, quay), (-99.9, quay)], {"route": "ferry", "duration": "00:10"})
    bridge = {"highway": "primary", "toll": "yes", "bridge": "yes", "maxspeed": "80"}
    drawn.draw([(ACROSS, NORTH), (ACROSS, 40.06)], bridge)
    motorway = {"highway": "motorway", "maxspeed": "100", "oneway": "no"}
    drawn.draw([(ACROSS, SOUTH), (ACROSS, 39.93 + 7 * BLOCK)], motorway)
    pbf = drawn.write(folder / "left-out.osm.pbf")
    return build_region(folder / "regions", "left-out", [pbf])


@pytest.fixture(scope="module")
def embedded(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Server(region.tiles, tmp_path_factory.mktemp("embedded")) as server:
        yield Valhalla(server.send, Roads.load(region.roads), name="valhalla")


@pytest.fixture(scope="module")
def by_itself(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A server elsewhere, of its own settings."""
    with servers.valhalla(region.tiles, tmp_path_factory.mktemp("remote")) as url:
        yield from _service(url)


@pytest.fixture(scope="module")
def one_to_many(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One with the other algorithm."""
    algorithm = {"thor__source_to_target_algorithm": "timedistancematrix"}
    with servers.valhalla(region.tiles, tmp_path_factory.mktemp("other"), **algorithm) as url:
        yield from _service(url)


def _service(url: str) -> Iterator[Engine]:
    with closing(Sender("valhalla", frozenset({"127.0.0.1"}))) as sender:
        yield ServiceEngine(RemoteValhalla(url), sender.send)


@pytest.fixture(params=["embedded", "by_itself", "one_to_many"])
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.getfixturevalue(request.param)
    return made


def _minutes(engine: Engine, home: Point, to: Point, how: Driving) -> float:
    return float(engine.drives(home, Points.of([to]), np.zeros(1), [30], how).minutes[0])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("direction", Direction)
def test_no_drive_begins_on_what_is_left_out(
    engine: Engine, case: Case, direction: Direction
) -> None:
    """From the landing the island, from the bridge's foot the far side: there is no other way."""
    without = Driving(direction, case.without.tolls, case.without.highways, case.without.ferries)
    for to in (case.over, case.far):
        everywhere = Driving(direction, ferries=True)
        assert 0 < _minutes(engine, case.near, to, everywhere) < 30
        assert _minutes(engine, case.near, to, without) == inf


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_home_base_is_put_on_its_street_instead(engine: Engine, case: Case) -> None:
    """A block or two to the next street's firm, whichever road is nearest."""
    assert 0 < _minutes(engine, case.near, IN_TOWN, case.without) < 3


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("direction", Direction)
def test_firms_are_put_on_their_streets_too(
    engine: Engine, case: Case, direction: Direction
) -> None:
    """One beside the bridge's near end is in town; one at its far end is not."""
    without = Driving(direction, case.without.tolls, case.without.highways, case.without.ferries)
    assert 0 < _minutes(engine, IN_TOWN, case.near, without) < 3
    assert _minutes(engine, IN_TOWN, case.far, without) == inf


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_drawn_reach_leaves_it_out_too(engine: Engine, case: Case) -> None:
    def reaches(how: Driving) -> bool:
        (drawn,) = engine.shape(case.near, [30], how)["features"]
        return bool(shape(drawn["geometry"]).covers(Place(case.over.lon, case.over.lat)))

    assert reaches(WITH_ALL)
    assert not reaches(case.without)


def test_the_drawn_reach_has_its_second_piece(engine: Engine) -> None:
    """The island, half an hour off by ferry; in five minutes there is the town alone."""
    near, far = engine.shape(IN_TOWN, [30, 5], WITH_ALL)["features"]
    assert [one["properties"]["minutes"] for one in (near, far)] == [5, 30]
    island = Place(-99.9 + 3.5 * BLOCK, SOUTH + 3.5 * BLOCK)
    assert shape(far["geometry"]).covers(island)
    assert far["geometry"]["type"] == "MultiPolygon"
    assert not shape(near["geometry"]).covers(island)


def test_a_home_base_with_nothing_else_near_is_told_so(embedded: Engine) -> None:
    """In the middle of the ferry, 3.7 km from either quay."""
    aboard, to = Point((EAST - 99.9) / 2, SOUTH + 3 * BLOCK), Points.of([IN_TOWN])
    assert _minutes(embedded, aboard, IN_TOWN, WITH_ALL) < 30
    with pytest.raises(BadInput, match=r"is 3\.7 km from the nearest road"):
        embedded.drives(aboard, to, np.zeros(1), [30], Driving())
