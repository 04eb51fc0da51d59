"""Firms beside a road that is left out are put on the next one, by the index as by the engine.

A town of eight by eight streets. 44 m north of its fourth row runs a toll road, over the avenues,
which meets other toll roads every 170 m and the town's streets in the east alone. A ferry leads
past the town's southern edge, 22 m off it, calling at a pier every 170 m, and to an island in the
west, where it joins the streets.
"""

from collections.abc import Iterator

import numpy as np
import pytest

from app.geo.driving import valhalla_api
from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.serving import Server
from app.geo.driving.embedded.valhalla import Valhalla
from app.geo.driving.engine import SNAP_M, Direction, Driving, Road
from app.geo.points import Floats, Point, Points
from app.geo.regions.build import build_region
from app.geo.regions.region import Region
from tests.drawn_maps import BLOCK, DrawnMap

WEST, SOUTH = -100.0, 40.0
EAST, NORTH = WEST + 7 * BLOCK, SOUTH + 7 * BLOCK
TOLL_ROAD, FERRY = SOUTH + 3.2 * BLOCK, SOUTH - 0.1 * BLOCK
ISLAND = WEST - 0.06
HOME = Point(WEST + 0.2 * BLOCK, SOUTH + 1.1 * BLOCK)
WAYS = {
    "no tolls": Driving(tolls=False, ferries=True),
    "no ferries": Driving(),
    "neither": Driving(tolls=False),
    "all": Driving(ferries=True),
    "no tolls, back": Driving(Direction.BACK, tolls=False, ferries=True),
}


def _draw_with_branches(drawn: DrawnMap, north: float, end: float, tags: dict[str, str]) -> None:
    """From the given end past the town, with branches 10 m long of its own kind."""
    steps = np.arange(WEST, EAST + BLOCK, BLOCK).tolist()
    line = [(end, north), *((lon + 0.3 * BLOCK, north) for lon in steps)]
    drawn.draw(line if end < WEST else sorted(line), tags)
    for lon, lat in line[1:]:
        drawn.draw([(lon, lat), (lon, lat + 0.0001)], tags)


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Region:
    folder, drawn = tmp_path_factory.mktemp("left-out"), DrawnMap()
    drawn.draw_town(WEST, SOUTH)
    drawn.draw_town(ISLAND, SOUTH)
    toll = {"highway": "primary", "toll": "yes", "maxspeed": "80"}
    _draw_with_branches(drawn, TOLL_ROAD, EAST + 2 * BLOCK, toll)
    drawn.draw([(EAST, SOUTH), (EAST + 2 * BLOCK, TOLL_ROAD)])
    _draw_with_branches(drawn, FERRY, ISLAND + 7 * BLOCK, {"route": "ferry"})
    drawn.draw([(ISLAND + 7 * BLOCK, SOUTH), (ISLAND + 7 * BLOCK, FERRY)])
    return build_region(folder / "regions", "here", [drawn.write(folder / "here.osm.pbf")])


@pytest.fixture(scope="module")
def server(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(region.tiles, tmp_path_factory.mktemp("engine")) as server:
        yield server


@pytest.fixture
def engine(region: Region, server: Server) -> Valhalla:
    return Valhalla(server.send, Roads.load(region.roads), name="valhalla")


BESIDE = {
    "toll road": (Point(WEST + 2.5 * BLOCK, TOLL_ROAD), WAYS["no tolls"], 0.2),
    "ferry": (Point(WEST + 3.5 * BLOCK, FERRY), WAYS["no ferries"], 0.1),
}


@pytest.mark.parametrize("where", BESIDE)
def test_a_firm_beside_what_is_left_out_is_put_on_its_street(
    engine: Valhalla, server: Server, where: str
) -> None:
    """Upon it, and two junctions away from any other road: 44 m or 22 m off the next street."""
    at, how, blocks = BESIDE[where]
    to = Points.of([at])
    own = valhalla_api.matrix_minutes(server.send, HOME, to, how)
    drives = engine.drives(HOME, to, np.zeros(1), [30], how)
    assert drives.road.tolist() == [Road.REACHED]
    assert drives.off_road_m[0] == pytest.approx(blocks * 222, abs=2)
    assert own == pytest.approx(drives.minutes, abs=0.1)


@pytest.mark.parametrize("where", BESIDE)
def test_what_is_left_out_is_not_around_anyone(engine: Valhalla, where: str) -> None:
    """A firm known to 60 m is within the minutes wherever it is: no other road is around it."""
    at, how, _ = BESIDE[where]
    drives = engine.drives(HOME, Points.of([at]), np.array([60.0]), [30], how)
    assert drives.low[0] <= drives.minutes[0] <= drives.high[0] < 10


def test_far_off_the_nearest_road_is_one_that_may_be_driven(engine: Valhalla) -> None:
    """Aboard, 2 km from the island and the town, whatever lies between."""
    aboard = Points.of([Point((ISLAND + 7 * BLOCK + WEST) / 2, FERRY)])
    with_it = engine.drives(HOME, aboard, np.zeros(1), [30], WAYS["all"])
    without = engine.drives(HOME, aboard, np.zeros(1), [30], WAYS["no ferries"])
    assert with_it.off_road_m[0] < 1
    assert without.off_road_m[0] == pytest.approx(1960, abs=30)
    assert without.road.tolist() == [Road.OFF_ROAD]


@pytest.mark.parametrize("way", WAYS)
def test_verdicts_are_the_engines_own(engine: Valhalla, server: Server, way: str) -> None:
    """All around town and along both roads, the engine asked with what is left out, too."""
    seed = np.random.SeedSequence().entropy
    to, how = _scattered(np.random.default_rng(seed)), WAYS[way]
    own = valhalla_api.matrix_minutes(server.send, HOME, to, how)
    for limit in (1.0, 2.0, 3.0, 5.0):
        drives = engine.drives(HOME, to, np.zeros(len(to)), [limit], how)
        near = drives.off_road_m <= SNAP_M
        wrong = np.flatnonzero(near & ((drives.minutes <= limit) != (own <= limit))).tolist()
        assert not wrong, f"seed {seed}, limit {limit}: rows {wrong}"


def _scattered(rng: np.random.Generator) -> Points:
    """A third each within 44 m of the toll road and of the ferry, and wherever."""

    def some(north: Floats | float) -> Floats:
        east = rng.uniform(WEST - BLOCK, EAST + 2 * BLOCK, 100)
        return np.stack([east, north + rng.normal(0, 0.1 * BLOCK, 100)])

    anywhere = some(rng.uniform(SOUTH - BLOCK, NORTH + BLOCK, 100))
    lon, lat = np.concatenate([some(TOLL_ROAD), some(FERRY), anywhere], axis=1)
    return Points(lon, lat)
