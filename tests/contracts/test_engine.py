"""What every engine owes its callers, whichever it is. Run over each adapter in ENGINES."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import Point as Place
from shapely.geometry import shape

from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.serving import Server
from app.geo.driving.embedded.valhalla import Valhalla
from app.geo.driving.engine import Direction, Drives, Driving, Engine, Road
from app.geo.driving.estimate import EstimateEngine
from app.geo.driving.services.osrm import Osrm
from app.geo.driving.services.service import RoutingService
from app.geo.driving.services.service_engine import ServiceEngine
from app.geo.driving.services.valhalla import RemoteValhalla
from app.geo.http.sender import Sender
from app.geo.points import Point, Points
from app.geo.regions.region import Region
from app.geo.regions.sample import county as sample
from app.geo.regions.sample.county import HOME, county_point
from tests import servers

type Made = tuple[Engine, Callable[[], None]]

TOWNS = [
    county_point(0.1, 0.2),
    county_point(40, 0.2),
    county_point(70, 0.2),
    county_point(86, 0.2),
    county_point(104, 0.2),
    county_point(-24.4, 0.2),
]


def estimate(_: Region, __: Path) -> Made:
    return EstimateEngine(), lambda: None


def valhalla(county: Region, run: Path) -> Made:
    server = Server(county.tiles, run)
    engine = Valhalla(server.send, Roads.load(county.roads), name="valhalla", covers=county.covers)
    return engine, server.close


def osrm(_: Region, folder: Path) -> Made:
    """A real osrm-routed with its default limit of 100 points, over the county's own extract."""
    sample.write_county(folder / "county.osm.pbf")
    stack = ExitStack()
    url = stack.enter_context(servers.osrm(folder / "county.osm.pbf", folder / "osrm"))
    return _over(Osrm(url), stack)


def remote_valhalla(county: Region, run: Path) -> Made:
    """A real Valhalla that is asked over HTTP like one elsewhere."""
    stack = ExitStack()
    server = stack.enter_context(Server(county.tiles, run))
    server.send("/status", {})
    port = json.loads((run / "engine.json").read_text())["port"]
    return _over(RemoteValhalla(f"http://127.0.0.1:{port}"), stack)


def _over(service: RoutingService, stack: ExitStack) -> Made:
    sender = stack.enter_context(closing(Sender(service.name, frozenset({"127.0.0.1"}))))
    return ServiceEngine(service, sender.send), stack.close


ENGINES = (estimate, valhalla, osrm, remote_valhalla)


@pytest.fixture(scope="module", params=ENGINES, ids=lambda make: make.__name__)
def engine(
    request: pytest.FixtureRequest, county: Region, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    made, close = request.param(county, tmp_path_factory.mktemp("engine"))
    yield made
    close()


def _drives(
    engine: Engine, to: Points, limits: tuple[float, ...] = (30, 50), how: Driving | None = None
) -> Drives:
    return engine.drives(HOME, to, np.zeros(len(to)), limits, how or Driving())


def test_home_is_no_drive(engine: Engine) -> None:
    """A business at the home base is reached at once."""
    drives = _drives(engine, Points.of([HOME]))
    assert drives.minutes[0] < 0.5
    assert drives.road[0] == Road.REACHED


def test_order_and_number_are_kept(engine: Engine) -> None:
    """As many drives as points, each its own point's, whatever the order."""
    to = Points.of(TOWNS)
    order = np.array([3, 0, 5, 1, 4, 2])
    one, other = _drives(engine, to), _drives(engine, to[order])
    assert len(one.minutes) == len(TOWNS)
    assert np.array_equal(one.minutes[order], other.minutes)


def test_farther_along_one_road_takes_longer(engine: Engine) -> None:
    """The freeway's towns, in their order from home."""
    minutes = _drives(engine, Points.of(TOWNS[:4]), (90,)).minutes
    assert (np.diff(minutes) > 0).all()


def test_low_and_high_hold_the_minutes(engine: Engine) -> None:
    """Always low <= minutes <= high, with a radius or without."""
    to = Points.of(TOWNS)
    for radius in (0.0, 2000.0):
        drives = engine.drives(HOME, to, np.full(len(to), radius), [50], Driving())
        known = np.isfinite(drives.minutes)
        assert (drives.low[known] <= drives.minutes[known]).all()
        assert (drives.minutes[known] <= drives.high[known]).all()


def test_unknown_points_stay_unknown(engine: Engine) -> None:
    """No point, nothing said: NaN, and not "no road"."""
    nan = np.array([np.nan])
    drives = _drives(engine, Points(nan, nan))
    assert np.isnan([drives.minutes[0], drives.low[0], drives.high[0]]).all()
    assert drives.road[0] == Road.UNKNOWN


def test_no_points_no_drives(engine: Engine) -> None:
    """An empty list is a list."""
    drives = _drives(engine, Points.of([]))
    assert len(drives.minutes) == len(drives.road) == drives.asked == 0


def test_reaches_beyond_the_largest_limit(engine: Engine) -> None:
    """What is just over the limit must be known as such: `most` is at least 1.2 times it."""
    assert _drives(engine, Points.of(TOWNS), (10, 40)).most >= 48


def test_traffic_multiplies(engine: Engine) -> None:
    """1.5 times the traffic, 1.5 times the minutes."""
    to = Points.of(TOWNS[:3])
    free = _drives(engine, to, (90,)).minutes
    busy = _drives(engine, to, (90,), Driving(traffic=1.5)).minutes
    assert busy == pytest.approx(free * 1.5)


def test_same_question_same_answer(engine: Engine) -> None:
    """Asked again, and after another question, the answer is the same to the last bit."""
    to = Points.of(TOWNS)
    first = _drives(engine, to)
    _drives(engine, to, (90,))
    again = _drives(engine, to)
    for one, other in ((first.minutes, again.minutes), (first.road, again.road)):
        assert np.array_equal(one, other, equal_nan=True)


def test_both_directions_are_answered(engine: Engine) -> None:
    """Back from a town over two-way roads takes about as long as there: ramps differ alone."""
    to = Points.of(TOWNS[:3])
    out = _drives(engine, to, (90,)).minutes
    back = _drives(engine, to, (90,), Driving(direction=Direction.BACK)).minutes
    assert back == pytest.approx(out, abs=1.5)


def test_shapes_are_polygons_with_their_minutes(engine: Engine) -> None:
    """One feature for each of the minutes asked, the home base within."""
    drawn = engine.shape(HOME, [10, 30], Driving())
    assert drawn["type"] == "FeatureCollection"
    assert sorted(f["properties"]["minutes"] for f in drawn["features"]) == [10, 30]
    assert all(f["geometry"]["type"].endswith("Polygon") for f in drawn["features"])


def test_home_is_inside_every_shape(engine: Engine) -> None:
    """And the farther one gets, the larger it is."""
    drawn = engine.shape(HOME, [10, 30], Driving())
    by_minutes = sorted(drawn["features"], key=lambda f: f["properties"]["minutes"])
    near, far = (shape(feature["geometry"]) for feature in by_minutes)
    assert near.contains(Place(HOME.lon, HOME.lat))
    assert far.area > 2 * near.area


def test_larger_radii_never_narrow_the_bounds(engine: Engine) -> None:
    """Whoever knows less of where a firm is knows no more of the drive to it."""
    to = Points.of([Point(TOWNS[1].lon, TOWNS[1].lat)])
    near = engine.drives(HOME, to, np.array([0.0]), [50], Driving())
    wide = engine.drives(HOME, to, np.array([1500.0]), [50], Driving())
    assert wide.low[0] <= near.low[0]
    assert wide.high[0] >= near.high[0]
