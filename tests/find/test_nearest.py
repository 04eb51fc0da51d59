"""Several home bases in one question: held to the answers from each alone, and to every drive."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import inf
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.businesses.sizes import SIZES
from app.errors import BadInput
from app.find.ground import Ground
from app.find.locating import locate_prospects
from app.find.nearest import UNKNOWN, choose_nearest, least_minutes
from app.find.options import SpotOptions
from app.find.pipeline import Answer, Pipeline
from app.find.question import Question
from app.geo.driving.engine import Drives, Driving, Road
from app.geo.driving.estimate import EstimateEngine
from app.geo.geocoding.cascade import Cascade
from app.geo.geocoding.fix import Fix, to_columns
from app.geo.geocoding.geocoder import Accuracy, Fixes
from app.geo.geocoding.home_base import HomeBase
from app.geo.points import Point
from app.geo.regions.build import build_region
from app.geo.regions.sample import county as sample
from app.lists.read import from_rows
from app.settings import Settings
from app.sweetspot.criteria import SweetSpot, Verdict
from app.sweetspot.reach import judge_reach
from app.wiring.ground import find_grounds
from app.wiring.parts import Parts
from tests.drawn_maps import DrawnMap

NO_SIZES: frozenset[str] = frozenset()
COUNTY_HOMES = (sample.HOME_ADDRESS, "Northbank, NV", "Cedar Halt, NV")


@pytest.fixture(scope="module")
def parts(data_dir: Path) -> Iterator[Parts]:
    with Parts(Settings(data_dir=data_dir)) as made:
        yield made


def ask(parts: Parts, homes: Sequence[str], rows, **asked) -> Answer:
    how = Driving(traffic=asked.pop("traffic", 1.0))
    question = Question(SpotOptions(**asked).spot(), how)
    (batch,) = from_rows(rows).batches()
    return Pipeline(find_grounds(parts, homes, question), question, NO_SIZES).find(batch)


def scattered(n: int, seed: int) -> list[dict[str, object]]:
    """Rows all over the county, on its roads, off them and outside; some by their ZIP code only."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        at = sample.county_point(float(rng.uniform(-60, 110)), float(rng.choice([0, 5, -14, 0.4])))
        town = {"zip": f"0010{rng.integers(1, 9)}", "state": "NV"}
        rows.append({"name": str(i)} | ({"lat": at.lat, "lon": at.lon} if i % 5 else town))
    return rows


# --- over a real map


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (2, 0, 1)])
@pytest.mark.parametrize("traffic", [1.0, 1.4])
def test_each_row_has_the_better_of_the_answers_from_each_home_base(parts, order, traffic) -> None:
    homes, rows = [COUNTY_HOMES[i] for i in order], scattered(400, 7)
    both = ask(parts, homes, rows, minutes=50, traffic=traffic)
    each = [ask(parts, [home], rows, minutes=50, traffic=traffic) for home in homes]
    minutes = np.stack([one.known.drives.minutes for one in each])
    reached = np.stack([one.known.drives.road for one in each]) == Road.REACHED
    least = np.where(reached, minutes, inf).min(axis=0)
    some_reach = reached.any(axis=0)
    assert 100 < some_reach.sum() < 400
    assert (both.known.drives.minutes[some_reach] == least[some_reach]).all()
    verdicts = np.stack([one.judged.verdict for one in each])
    assert (both.judged.verdict == verdicts.max(axis=0)).all()
    at, row = both.known.origins.home, np.arange(len(rows))
    assert set(at.tolist()) == set(range(len(homes)))
    assert np.array_equal(
        both.known.miles, np.stack([one.known.miles for one in each])[at, row], equal_nan=True
    )
    peaks = [one.sides.peak if one.sides else one.known.drives.minutes for one in each]
    shown = both.sides.peak if both.sides else both.known.drives.minutes
    assert np.array_equal(shown, np.stack(peaks)[at, row], equal_nan=True)


def test_the_order_of_the_home_bases_decides_nothing(parts) -> None:
    rows = scattered(300, 11)
    one, other = (
        ask(parts, homes, rows, minutes="20-45")
        for homes in (COUNTY_HOMES[:2], COUNTY_HOMES[1::-1])
    )
    assert one.judged.verdict.tolist() == other.judged.verdict.tolist()
    every = np.arange(len(rows))
    assert one.known.homes(every) == other.known.homes(every)
    assert np.array_equal(one.known.drives.low, other.known.drives.low, equal_nan=True)
    assert np.array_equal(one.known.drives.high, other.known.drives.high, equal_nan=True)


def test_the_reasons_say_from_where(parts) -> None:
    rows = [{"name": "A", "address": "420 Main Street", "city": "Larkfield", "state": "NV"}]
    (reason, *_) = ask(parts, COUNTY_HOMES[:2], rows, minutes=50).judged.reasons(0)
    assert reason.startswith("0.2 min by road from 350 Main Street, Larkfield, NV 00101, limit 50")
    (alone, *_) = ask(parts, COUNTY_HOMES[:1], rows, minutes=50).judged.reasons(0)
    assert "from" not in alone


def test_a_limit_in_miles_is_passed_from_whichever_home_base_it_is(parts) -> None:
    """Northbank's firms are 5 km from Larkfield as the crow flies, and 40 minutes by road."""
    rows = scattered(300, 5)
    for limits in ({"miles": 6}, {"miles": 6, "minutes": 15}):
        both = ask(parts, COUNTY_HOMES[:2], rows, **limits)
        each = [ask(parts, [home], rows, **limits) for home in COUNTY_HOMES[:2]]
        verdicts = np.stack([one.judged.verdict for one in each])
        assert (both.judged.verdict == verdicts.max(axis=0)).all()
        assert {0, 2} <= set(both.judged.verdict.tolist())


def test_a_home_base_off_the_road_is_named(parts) -> None:
    off = sample.county_point(9.0, 1.2)
    with pytest.raises(BadInput, match=rf"^{off.lat:.5f}, {off.lon:.5f}: the home base is .* move"):
        ask(parts, [sample.HOME_ADDRESS, f"{off.lat},{off.lon}"], scattered(5, 1))


# --- over any drives at all

AT = Point(-116.0, 40.0)
LIMITS = some.sampled_from([(0.0, 50.0), (30.0, 50.0), (20.0, 20.0), (0.0, 10.0)])


@some.composite
def drives_of_one(draw) -> tuple[float, Road, float, float, float]:
    """Degrees west of the row where the home base is, and what is known of the drive from there."""
    west = draw(some.sampled_from([0.0, 0.05, 0.3, 0.8, 2.0]))
    road = draw(some.sampled_from([Road.REACHED] * 3 + [Road.BEYOND, Road.OUTSIDE, Road.UNKNOWN]))
    bound = float(least_of(west))
    low, minutes, high = sorted(draw(some.floats(0, 60)) + bound for _ in range(3))
    if road == Road.BEYOND:
        return west, road, inf, inf, inf
    if road != Road.REACHED:
        return west, road, np.nan, np.nan, np.nan
    return (
        (west, road, low, minutes, high) if draw(some.booleans()) else (west, road, *[minutes] * 3)
    )


def at_row(west: float) -> Ground:
    home = HomeBase(Point(AT.lon - west, AT.lat), f"{west}", Accuracy.GIVEN, 0.0, "given")
    return Ground(home, Cascade([]), EstimateEngine())


ROW = to_columns([Fix(AT.lon, AT.lat, Accuracy.GIVEN, 0.0, "", "", "")], "list")


def least_of(west: float) -> np.ndarray:
    return least_minutes(ROW, at_row(west), Driving())[0]


def known_drive(road: Road, low: float, minutes: float, high: float) -> Drives:
    one = (np.array([value]) for value in (minutes, low, high))
    return Drives(*one, np.array([road], np.uint8), np.array([0.0]), 72.0)


@given(some.lists(drives_of_one(), min_size=2, max_size=4), LIMITS)
def test_the_verdict_is_that_of_the_least_drive_wherever_the_truth_lies(drawn, limits) -> None:
    """Each drive may be anything between its bounds: pass and fail hold for all of that."""
    first, *others = (at_row(west) for west, *_ in drawn)
    each = [known_drive(*drive) for _, *drive in drawn]
    spot = SweetSpot(minutes=limits)
    found = choose_nearest(ROW, replace(first, others=others), each, Driving(), spot)
    (verdict,) = judge_reach(spot, ROW, found.miles, found.drives)["minutes"]
    spans = [_truth(*drive) for drive in drawn]
    low, high = (min(ends) for ends in zip(*spans, strict=True))
    if found.drives.road[0] in UNKNOWN:  # as from one home base, however far it is
        assert (verdict, low) == (Verdict.MAYBE, min(span[0] for span in spans))
        return
    inside = limits[0] <= low and high <= limits[1]
    outside = high < limits[0] or low > limits[1]
    assert verdict == (Verdict.PASS if inside else Verdict.FAIL if outside else Verdict.MAYBE)
    reached = [minutes for _, road, _, minutes, _ in drawn if road == Road.REACHED]
    assert not reached or found.drives.minutes[0] == min(reached)


def _truth(west: float, road: Road, low: float, _: float, high: float) -> tuple[float, float]:
    if road == Road.REACHED:
        return low, high
    return (np.nextafter(72.0, inf), inf) if road == Road.BEYOND else (float(least_of(west)), inf)


# --- over two maps


@pytest.fixture(scope="module")
def two_maps(tmp_path_factory) -> Iterator[Parts]:
    """A town each in the west and the east, and the road between, which the east thinks slow."""
    folder = tmp_path_factory.mktemp("two")
    for name, west, speed in (("west", -100.0, "80"), ("east", -99.6, "30")):
        drawn = DrawnMap()
        drawn.draw_town(west, 40.0)
        road = [(west + i * 0.02, 40.0) for i in range(-12, 20)]
        drawn.draw(road, {"highway": "primary", "maxspeed": speed})
        pbf = drawn.write(folder / f"{name}.osm.pbf")
        build_region(folder / "regions", name, [pbf])
    with Parts(Settings(data_dir=folder)) as made:
        yield made


TOWNS = ("40.0,-100.0", "40.0,-99.6")


def test_a_row_outside_one_map_is_known_by_the_other(two_maps) -> None:
    """And where it may be nearer to the other home base, for all that is known, it is maybe."""
    rows = [{"name": f"{lon}", "lat": 40.0, "lon": lon} for lon in (-100.2, -99.65, -99.35)]
    both = ask(two_maps, TOWNS, rows, minutes=50)
    each = [ask(two_maps, [home], rows, minutes=50) for home in TOWNS]
    assert [one.known.drives.road[2] for one in each] == [Road.OUTSIDE, Road.REACHED]
    west, east = "40.00000, -100.00000", "40.00000, -99.60000"
    assert both.known.homes(np.arange(3)) == [west, east, east]
    least = np.fmin(*(one.known.drives.minutes for one in each))
    assert both.known.drives.minutes.tolist() == least.tolist()
    assert both.judged.verdict.tolist() == [Verdict.PASS] * 3
    for minutes in (40, "30-50"):
        judged = ask(two_maps, TOWNS, rows, minutes=minutes).judged
        assert judged.verdict[2] == Verdict.MAYBE
        assert f"from {east}, limit" in judged.reasons(2)[0]
        assert judged.reasons(2)[0].endswith(f"may be less from {west}, the drive is unknown")
    assert ask(two_maps, TOWNS, rows, minutes=15).judged.verdict[2] == Verdict.FAIL


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_business_has_the_best_fix_of_all_maps(order) -> None:
    """A house that one map knows is there for the other, too; of equals the nearest to its home."""

    class Knows:
        """A geocoder that places every row so."""

        def __init__(self, lon: float, accuracy: Accuracy, name: str) -> None:
            self.fix, self.name = Fix(lon, 40.0, accuracy, 100.0, name, "", ""), name

        def locate(self, addresses, near=None) -> Fixes:
            del near
            return to_columns([self.fix] * len(addresses), self.name)

    (batch,) = from_rows([{"name": "A", "address": "1 Elm Street", "city": "X"}]).batches()

    def best(*known: tuple[float, Accuracy]) -> str:
        grounds = [
            Ground(at_row(2.0 * n).home, Knows(lon, accuracy, f"{n}"), EstimateEngine())
            for n, (lon, accuracy) in enumerate(known)
        ]
        first, *others = (grounds[n] for n in order)
        return locate_prospects(batch, replace(first, others=others)).source[0]

    zip_code, house = Accuracy.POSTCODE, Accuracy.ROOFTOP
    assert best((-116.0, zip_code), (-110.0, house)) == "1"
    assert best((-116.1, house), (-118.5, house)) == "0"
    assert best((-116.5, house), (-118.1, house)) == "1"


# --- asked of a service


class Metered(EstimateEngine):
    """A service that tells how often it was asked, by the estimate."""

    name, metered = "metered", True

    def __init__(self) -> None:
        self.asked = 0

    def drives(self, home, to, radius_m, limits, how) -> Drives:
        found, n = super().drives(home, to, radius_m, limits, how), int(to.known.sum())
        self.asked += n
        return replace(found, asked=n)


def test_a_service_is_asked_only_where_the_drive_could_be_the_shorter() -> None:
    rng, engine = np.random.default_rng(3), Metered()
    rows = [{"name": "A", "lat": 40.0, "lon": float(lon)} for lon in rng.uniform(-120, -114, 300)]
    (batch,) = from_rows(rows).batches()
    homes = [at_row(west).home for west in (0.0, 0.5, 3.0)]

    def answer(engine) -> Answer:
        first, *others = (Ground(home, Cascade([]), engine) for home in homes)
        question = Question(SweetSpot(minutes=(0, 50), **dict.fromkeys(SIZES)))
        return Pipeline(replace(first, others=others), question, NO_SIZES).find(batch)

    asked, free = answer(engine), answer(EstimateEngine())
    for column in ("minutes", "low", "high", "road"):
        here, there = (getattr(one.known.drives, column) for one in (asked, free))
        assert here.tolist() == there.tolist(), column
    assert asked.known.origins.home.tolist() == free.known.origins.home.tolist()
    assert asked.known.drives.asked == engine.asked
    assert 300 < engine.asked < 700
    assert asked.known.drives.saved == 900 - engine.asked
