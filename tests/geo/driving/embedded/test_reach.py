"""The reach on the sample county: minutes worked out by hand, and what is kept of them.

What a turn costs in Valhalla is a few seconds each; the tolerances below allow for them.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.errors import BackendDown, BackendFailed, BadInput
from app.geo.cache import DiskCache, MemoryCache
from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.serving import Server
from app.geo.driving.embedded.valhalla import Valhalla
from app.geo.driving.engine import Direction, Drives, Driving, Road
from app.geo.points import Point, Points
from app.geo.regions import build as building
from app.geo.regions.region import Region
from app.geo.regions.sample import county as sample
from app.geo.regions.sample.county import HOME, county_point

type Send = Callable[[str, Mapping[str, Any]], bytes]


@pytest.fixture(scope="module")
def server(county: Region, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(county.tiles, tmp_path_factory.mktemp("engine")) as running:
        yield running


@pytest.fixture(scope="module")
def county_roads(county: Region) -> Roads:
    return Roads.load(county.roads)


class Counting:
    """A `send` that counts the requests by path."""

    def __init__(self, send: Send, pause_s: float = 0) -> None:
        self.asked: list[str] = []
        self._send = send
        self._pause_s = pause_s

    def __call__(self, path: str, body: Mapping[str, Any]) -> bytes:
        self.asked.append(path)
        time.sleep(self._pause_s)
        return self._send(path, body)


@pytest.fixture
def send(server: Server) -> Counting:
    return Counting(server.send)


@pytest.fixture
def engine(send: Counting, county_roads: Roads, county: Region) -> Valhalla:
    return Valhalla(send, county_roads, name="valhalla", covers=county.covers)


def _ask(
    engine: Valhalla,
    *spots: Point,
    limit: float = 50,
    how: Driving | None = None,
    radius: float = 0,
) -> Drives:
    to = Points.of(spots)
    return engine.drives(HOME, to, np.full(len(to), radius), [limit], how or Driving())


def test_minutes_along_a_road(engine: Valhalla) -> None:
    """Old Mine Road, 60 km/h, between x = -30.2 and x = -44.2: 14 km, so 14.0 minutes more.

    No junction but hamlet streets lies between, straight on: no turn, within 0.1.
    """
    minutes = _ask(engine, county_point(-30.2, 0.01), county_point(-44.2, 0.01), limit=90).minutes
    assert minutes[1] - minutes[0] == pytest.approx(14.0, abs=0.1)


def test_minutes_over_the_bridge(engine: Valhalla) -> None:
    """To Northbank's middle, 5 km away and over the river: 38 km of 60 km/h roads by the bridge.

    From (0.1, 0) 0.1 km west and 0.4 north at 40 km/h: 0.75 min. Landing Road 2.1 km, River Road
    18, the bridge 1, North Shore Road 18, Ridge Road 0.7: 39.8 km at 60 km/h, 39.8 min. Then 0.8
    km of the middle avenue at 40: 1.2. Together 41.75, and some ten turns: up to 1.5 more.
    """
    minutes = _ask(engine, county_point(0, 5)).minutes[0]
    assert 41.6 <= minutes <= 43.3


def test_without_the_bridge_no_road_leads_there(tmp_path: Path) -> None:
    """The bridge removed, Northbank is on a network of its own, and the engine confirms it."""
    with _other(tmp_path, bridge=False) as engine:
        drives = _ask(engine, county_point(0, 5), county_point(40, 0.2))
    assert drives.road.tolist() == [Road.NO_ROAD, Road.REACHED]
    assert drives.minutes[0] == np.inf


def test_a_one_way_reversed_changes_minutes(engine: Valhalla, tmp_path: Path) -> None:
    """Mesa Loop, a 1 by 4 km rectangle driven eastward first at 60 km/h: 10 km around.

    A firm on the loop's western side, half way down (85 or 86, -5.1), lies at the end of the
    loop when it is driven as drawn, at its beginning the other way around: 8 km against 2, so 6
    minutes less with the one-way reversed. Turns: within 0.5.
    """
    firm = county_point(86, -5.1)
    before = _ask(engine, firm, limit=90).minutes[0]
    with _other(tmp_path, oneway_reversed=True) as other:
        after = _ask(other, firm, limit=90).minutes[0]
    assert before - after == pytest.approx(6.0, abs=0.5)


def test_back_on_a_one_way_goes_around(engine: Valhalla) -> None:
    """The same firm on Mesa Loop: there is 8 km of the loop, back the 2 km that are left."""
    firm = county_point(86, -5.1)
    out = _ask(engine, firm, limit=90).minutes[0]
    back = _ask(engine, firm, limit=90, how=Driving(direction=Direction.BACK)).minutes[0]
    assert out - back == pytest.approx(6.0, abs=1.0)


def test_traffic_scales_minutes_and_limits(engine: Valhalla) -> None:
    """41.75 free minutes to Northbank (see above) become 62.6 and more with a factor of 1.5."""
    drives = _ask(engine, county_point(0, 5), how=Driving(traffic=1.5), limit=60)
    assert 62.4 <= drives.minutes[0] <= 65
    assert drives.most >= 72


def test_beyond_is_told_from_no_road(engine: Valhalla) -> None:
    """A limit of 10 looks 15 minutes far (12 in steps of 5): Cedar Halt, 40 km off, is beyond.

    Gull Island's streets have no road to the rest, as the engine confirms.
    """
    drives = _ask(engine, county_point(40, 0.2), county_point(21, -14), limit=10)
    assert drives.most == 15
    assert drives.road.tolist() == [Road.BEYOND, Road.NO_ROAD]
    assert np.isinf(drives.minutes).all()


def test_off_the_road_has_its_distance(engine: Valhalla) -> None:
    """On Heron Island, 3.5 km from the causeway-less shore's last street: the metres say why.

    Lake Road's end and Lakeshore's streets are the nearest: their eastern edge is x = 14.4.
    """
    drives = _ask(engine, county_point(17.3, -14))
    assert drives.road[0] == Road.OFF_ROAD
    assert np.isnan(drives.minutes[0])
    assert drives.off_road_m[0] == pytest.approx(2900, abs=50)


def test_off_the_map_near_and_far(engine: Valhalla) -> None:
    """150 km north of the map's middle a drive of 80 minutes at 140 km/h (187 km) might reach.

    400 km is farther than any car goes in that time.
    """
    drives = _ask(engine, county_point(0, 150), county_point(0, 400), limit=80)
    assert drives.road.tolist() == [Road.OUTSIDE, Road.TOO_FAR]
    assert np.isnan(drives.minutes[0])
    assert drives.minutes[1] == np.inf


def test_home_off_the_road_is_an_error_with_the_distance(engine: Valhalla) -> None:
    """2 km from Old Mine Road nobody drives off."""
    with pytest.raises(BadInput, match=r"2\.0 km from the nearest road"):
        engine.drives(county_point(-35, -2), Points.of([HOME]), np.zeros(1), [50], Driving())


def test_a_radius_bounds_the_minutes(engine: Valhalla) -> None:
    """A fix on Old Mine Road good to 1.2 km: up to 1.2 minutes less and more at 60 km/h.

    The places looked at within lie up to 2,048 / 3 = 683 m apart (the circle's size in powers
    of two, a third), so the bounds come within 0.7 minutes of that.
    """
    drives = _ask(engine, county_point(-35, 0.0), radius=1200)
    assert 0.5 <= drives.minutes[0] - drives.low[0] <= 1.25
    assert 0.5 <= drives.high[0] - drives.minutes[0] <= 1.25


def test_a_radius_over_the_limit_ends_open(engine: Valhalla) -> None:
    """Some road of the circle lies beyond what was looked for: the upper bound is open."""
    drives = _ask(engine, county_point(-14, 0.0), limit=12, radius=8000)
    assert np.isfinite(drives.minutes[0])
    assert drives.high[0] == np.inf


def test_limits_alike_share_a_reach(engine: Valhalla, send: Counting) -> None:
    """48 and 50 minutes both look for what lies within 60; a smaller limit looks for less."""
    _ask(engine, county_point(40, 0.2), limit=50)
    _ask(engine, county_point(40, 0.2), limit=48)
    assert send.asked.count("/expansion") == 1
    _ask(engine, county_point(40, 0.2), limit=20)
    assert send.asked.count("/expansion") == 2


def test_an_answer_does_not_depend_on_what_was_asked_before(
    server: Server, county_roads: Roads
) -> None:
    """Other limits, asked first, leave no trace in the answer: not a second, not a bit."""
    fresh, used = (Valhalla(server.send, county_roads, name="valhalla") for _ in range(2))
    places = [county_point(x, 0.2) for x in range(-20, 100, 3)]
    for limit in (90, 12, 50, 31):
        _ask(used, *places, limit=limit, radius=900)
    for limit in (20, 30, 50):
        for one, other in zip(
            fields_of(_ask(fresh, *places, limit=limit, radius=900)),
            fields_of(_ask(used, *places, limit=limit, radius=900)),
            strict=True,
        ):
            assert np.array_equal(one, other, equal_nan=True)


def fields_of(drives: Drives) -> list[NDArray[Any]]:
    return [drives.minutes, drives.low, drives.high, drives.road, drives.off_road_m]


def test_near_a_limit_the_engine_decides_once(engine: Valhalla) -> None:
    """A limit set at the very minutes: asked for the first time, known for the second."""
    minutes = float(_ask(engine, county_point(40, 0.2), limit=90).minutes[0])
    first = _ask(engine, county_point(40, 0.2), limit=minutes)
    again = _ask(engine, county_point(40, 0.2), limit=minutes)
    exact = engine.minutes(HOME, Points.of([county_point(40, 0.2)]), Driving())
    assert (first.asked, again.asked) == (1, 0)
    assert first.minutes[0] == again.minutes[0] == exact[0]


def test_concurrent_questions_compute_the_reach_once(server: Server, county_roads: Roads) -> None:
    """Eight at once for one home base: one expansion, eight equal answers."""
    slow = Counting(server.send, pause_s=0.1)
    engine = Valhalla(slow, county_roads, name="valhalla")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _ask(engine, county_point(40, 0.2)).minutes[0], range(8)))
    assert slow.asked.count("/expansion") == 1
    assert len(set(answers)) == 1


def test_reaches_are_kept_on_disk_until_the_region_changes(
    server: Server, county_roads: Roads, tmp_path: Path
) -> None:
    """A new process needs no expansion; another digest means other tiles, and the old files go."""

    def expansions(digest: str) -> int:
        counting = Counting(server.send)
        engine = Valhalla(
            counting, county_roads, name="valhalla", cache=tmp_path, region_digest=digest
        )
        assert np.isfinite(_ask(engine, county_point(40, 0.2)).minutes[0])
        return counting.asked.count("/expansion")

    assert [expansions(d) for d in ("one", "one", "two", "two")] == [1, 0, 1, 0]
    assert len(list(tmp_path.glob("*/*.npy"))) == 1


def test_a_corrupt_file_is_as_good_as_none(
    server: Server, county_roads: Roads, tmp_path: Path
) -> None:
    """Cut short or overwritten, a kept reach is computed anew."""
    counting = Counting(server.send)
    for _ in range(2):
        engine = Valhalla(counting, county_roads, name="valhalla", cache=tmp_path)
        assert np.isfinite(_ask(engine, county_point(40, 0.2)).minutes[0])
        for kept in tmp_path.glob("*/*.npy"):
            kept.write_bytes(kept.read_bytes()[:100])
    assert counting.asked.count("/expansion") == 2


def test_the_shelf_has_a_size_limit(tmp_path: Path) -> None:
    """Three arrays of 800 kB on a shelf of 2 MB: the one used longest ago goes."""
    shelf = DiskCache(tmp_path, 2, "stamp")
    for key in ("a", "b"):
        shelf.put(key, np.zeros(100_000))
        time.sleep(0.02)
    assert shelf.get("a") is not None  # used again: now "b" is the older
    time.sleep(0.02)
    shelf.put("c", np.zeros(100_000))
    assert [shelf.get(key) is not None for key in ("a", "b", "c")] == [True, False, True]


def test_the_shelf_drops_what_a_killed_process_left(tmp_path: Path) -> None:
    """A file in the writing belongs to somebody; one of an hour ago to nobody."""
    DiskCache(tmp_path, 2, "stamp").put("a", np.zeros(10))
    (kept,) = tmp_path.glob("*/*.npy")
    left, fresh = kept.with_suffix(".1.1.part"), kept.with_suffix(".2.2.part")
    for part in (left, fresh):
        part.write_bytes(b"half")
    os.utime(left, (time.time() - 3600,) * 2)
    DiskCache(tmp_path, 2, "stamp")
    assert sorted(tmp_path.glob("*/*")) == sorted([kept, fresh])


def test_what_fails_to_be_made_is_tried_again() -> None:
    """A failure is told to its caller and not kept."""
    kept: MemoryCache[int] = MemoryCache(10)
    with pytest.raises(ZeroDivisionError):
        kept.get_or_make("a", lambda: 1 // 0, float)
    assert kept.get_or_make("a", lambda: 3, float) == 3


def test_memory_is_bounded_by_weight() -> None:
    """Of values weighing 4 each, two fit in 10."""
    kept: MemoryCache[int] = MemoryCache(10)
    for key in range(3):
        kept.put(key, key, 4)
    assert [kept.get(key) for key in range(3)] == [None, 1, 2]


def test_a_dead_engine_is_said_so(county_roads: Roads) -> None:
    """Nothing can be answered without a reach."""

    def dead(path: str, body: Mapping[str, Any]) -> bytes:
        raise BackendDown(f"{path} {len(body)}", backend="valhalla")

    with pytest.raises(BackendFailed):
        _ask(Valhalla(dead, county_roads, name="valhalla"), county_point(40, 0.2))


class _other:  # noqa: N801  used as a function
    """An engine over a variant of the county, see `county.write_county`."""

    def __init__(self, folder: Path, **drawn: bool) -> None:
        sample.write_county(folder / "county.osm.pbf", **drawn)
        region = building.build_region(folder / "regions", "variant", [folder / "county.osm.pbf"])
        self._server = Server(region.tiles, folder / "run")
        self._engine = Valhalla(self._server.send, Roads.load(region.roads), name="valhalla")

    def __enter__(self) -> Valhalla:
        return self._engine

    def __exit__(self, *_: object) -> None:
        self._server.close()
