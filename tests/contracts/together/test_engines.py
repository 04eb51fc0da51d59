"""Every engine, asked by many threads at once and in any order."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.serving import Server
from app.geo.driving.embedded.valhalla import Valhalla
from app.geo.driving.engine import Direction, Drives, Driving, Engine
from app.geo.driving.estimate import EstimateEngine
from app.geo.driving.services.service_engine import ServiceEngine
from app.geo.points import Floats, Point, Points
from app.geo.regions.region import Region
from app.geo.regions.sample.county import HOME, county_point
from tests.contracts.test_engine import ENGINES, Made
from tests.contracts.together.asking import (
    NORMALLY,
    RESTLESSLY,
    in_another_order,
    none_wrong,
    switching,
    wrong_in_turn,
    wrong_together,
)

EACH = 8  # questions of one thread
COUNTY = (HOME, county_point(40, 0), county_point(0, 5), county_point(70, 0))
OAHU = (Point(-157.8583, 21.3069), Point(-157.7437, 21.3936))
LIMITS = ((50.0,), (20.0,), (30.0,), (45.0, 60.0), (30.0, 50.0), (100.0,))
OUT, BACK = Driving(), Driving(direction=Direction.BACK)
SLOW, BUSY = Driving(highways=False), Driving(traffic=1.3)
BY_SEA = Driving(ferries=True)  # OSRM leaves out one kind of road at a time: ferries


@dataclass(frozen=True)
class Asked:
    """The drives from one home base; without points, what is drawn around it."""

    home: Point
    to: Points | None
    radius_m: Floats
    limits: tuple[float, ...]
    how: Driving

    def of(self, engine: Engine) -> Any:
        """What the engine says. Not how many drives it asked for: it remembers, and says so."""
        if self.to is None:
            return engine.shape(self.home, [10, 30], self.how)
        drives = engine.drives(self.home, self.to, self.radius_m, self.limits, self.how)
        return (*map(_column, _columns(drives)), drives.most, drives.failed)


def _columns(drives: Drives) -> list[Any]:
    other = np.zeros(0) if drives.other is None else drives.other
    return [drives.minutes, drives.low, drives.high, drives.road, drives.off_road_m, other]


def _column(values: Any) -> list[str]:
    return [f"{row} {value!r}" for row, value in enumerate(values.tolist())]


@dataclass(frozen=True)
class Again:
    """A way to make an engine anew over one that runs, the questions, and their answers alone."""

    fresh: Callable[[], Engine]
    asked: Mapping[str, Asked]
    alone: Mapping[str, Any]


def _with_answers(fresh: Callable[[], Engine], asked: Mapping[str, Asked]) -> Again:
    """Each is answered by an engine that was asked nothing before."""
    return Again(fresh, asked, {name: one.of(fresh()) for name, one in asked.items()})


def _again(engine: Engine, region: Region) -> Callable[[], Engine]:
    """Makes the same one anew, without what it remembers."""
    if isinstance(engine, ServiceEngine):
        service, send = engine._service, engine._send
        return lambda: ServiceEngine(service, send)
    if isinstance(engine, Valhalla):
        send_on, covers = engine._send, region.covers
        return lambda: Valhalla(send_on, Roads.load(region.roads), name="valhalla", covers=covers)
    return EstimateEngine


def _asked(homes: tuple[Point, ...], sets: list[Points], other: Driving = SLOW) -> dict[str, Asked]:
    """The same points with all limits, and other points, ways and home bases in between.

    Half of the questions are about points that may be off by a radius.
    """
    made, rng = {}, np.random.default_rng(5)
    for i, (home, to) in enumerate((home, to) for home in homes for to in sets):
        off = [np.zeros(len(to)), rng.choice([0.0, 150.0, 1500.0], len(to))]
        for j, limits in enumerate(LIMITS):
            how = (OUT, other, BUSY)[(i + j) % 3] if j % 2 else OUT
            made[f"{i} {limits} {'other' if how == other else how.traffic}"] = Asked(
                home, to, off[j % 2], limits, how
            )
        few = to[: min(len(to), 12)]
        made[f"{i} back"] = Asked(home, few, np.zeros(len(few)), (30.0,), BACK)
        made[f"{i} drawn"] = Asked(home, None, np.zeros(0), (), OUT)
    return made


def _scattered(bounds: tuple[float, float, float, float], n: int, seed: int) -> Points:
    """Points anywhere in there, most of them near no road, two of them nowhere."""
    west, south, east, north = bounds
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(west, east, n), rng.uniform(south, north, n)
    lon[:2] = lat[:2] = np.nan
    return Points(lon, lat)


def _on_roads(region: Region, n: int, seed: int) -> Points:
    """Points a few metres beside its roads, those of its smallest networks as likely as others."""
    piece = np.asarray(Roads.load(region.roads).piece)
    rng = np.random.default_rng(seed)
    some = piece[rng.permutation(len(piece))[:n]]
    return Points(
        some[:, 0] + some[:, 2] * 0.4 + rng.normal(0, 1e-4, len(some)),
        some[:, 1] + some[:, 3] * 0.4 + rng.normal(0, 1e-4, len(some)),
    )


def _of_county(county: Region, other: Driving) -> dict[str, Asked]:
    sets = [_on_roads(county, 200, 1), _scattered(county.bounds, 60, 2), _on_roads(county, 30, 3)]
    return _asked(COUNTY[:2], sets, other) | _asked(COUNTY[2:], sets[2:], other)


@pytest.fixture(scope="module", params=ENGINES, ids=lambda make: make.__name__)
def again(
    request: pytest.FixtureRequest, county: Region, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Again]:
    made: Callable[[Region, Path], Made] = request.param
    engine, close = made(county, tmp_path_factory.mktemp("engine"))
    with ExitStack() as stack:
        stack.callback(close)
        other = BY_SEA if engine.name == "osrm" else SLOW
        yield _with_answers(_again(engine, county), _of_county(county, other))


@pytest.fixture(scope="module")
def on_oahu(oahu: Region, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Again]:
    """Valhalla over real roads, where the reach and the matrix contradict each other."""
    run = tmp_path_factory.mktemp("oahu")
    with Server(oahu.tiles, run) as server:
        engine = Valhalla(server.send, Roads.load(oahu.roads), name="valhalla", covers=oahu.covers)
        sets = [_on_roads(oahu, 150, 1), _scattered(oahu.bounds, 60, 2)]
        yield _with_answers(_again(engine, oahu), _asked(OAHU, sets))


def _many_at_once(again: Again) -> None:
    alone, asked = again.alone, again.asked
    for stir, every_s in enumerate((NORMALLY, RESTLESSLY)):
        engine = again.fresh()
        with switching(every_s):
            found = wrong_together(
                lambda one, e=engine: one.of(e), asked, alone, each=EACH, stir=stir
            )
        none_wrong(found, 16 * EACH)
        after = wrong_in_turn(lambda one, e=engine: one.of(e), asked, alone)
        none_wrong(after, len(asked))


def _in_any_order(again: Again) -> None:
    last_first = dict(reversed(again.asked.items()))
    for asked in (last_first, in_another_order(again.asked, 30)):
        engine = again.fresh()
        found = wrong_in_turn(lambda one, e=engine: one.of(e), asked, again.alone)
        none_wrong(found, len(asked))


def test_many_at_once(again: Again) -> None:
    """A new one each time; then the same one by one."""
    _many_at_once(again)


def test_in_any_order(again: Again) -> None:
    """Neither other limits nor other points that were asked before change an answer."""
    _in_any_order(again)


def test_many_at_once_on_oahu(on_oahu: Again) -> None:
    """The same over real roads."""
    _many_at_once(on_oahu)


def test_in_any_order_on_oahu(on_oahu: Again) -> None:
    """The same over real roads, where rows at a limit are asked for again and again."""
    _in_any_order(on_oahu)


def test_an_answer_is_the_askers_own(again: Again) -> None:
    """Whoever writes into the columns it got spoils nobody's answer."""
    engine = again.fresh()
    first = next(iter(again.asked.values()))
    assert first.to is not None
    before = first.of(engine)
    drives = engine.drives(first.home, first.to, first.radius_m, first.limits, first.how)
    for column in _columns(drives):
        if column.flags.writeable:
            column[:] = 0
    assert first.of(engine) == before
