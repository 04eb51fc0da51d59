"""Minutes from straight-line miles, where there is no map."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from shapely.geometry import shape

from app.geo.driving.engine import Drives, Driving, Road
from app.geo.driving.estimate import ESTIMATE, EstimateEngine, interpolate
from app.geo.points import METRES_PER_MILE, Floats, Point, Points, miles_between

HOME = Point(-72.59, 42.10)


def north(*miles: float) -> Points:
    """That many miles north of home: a degree of latitude is 69.02 miles there, near enough."""
    lat = HOME.lat + np.array(miles, dtype=np.float64) / 69.02
    return Points(np.full(len(lat), HOME.lon), lat)


def drives(to: Points, radius_m: Floats | None = None, how: Driving | None = None) -> Drives:
    radius = np.zeros(len(to)) if radius_m is None else radius_m
    return EstimateEngine().drives(HOME, to, radius, [50], how or Driving())


def test_minutes_are_the_tables() -> None:
    """20 miles are a row of the table; 25 lie half way between those of 20 and 30.

    At 20: 24, 35.3, 61. At 30: 35.5, 48.2, 78. So at 25: 29.75, 41.75, 69.5. The latitudes
    are good to 0.1 %, which is 0.1 minutes.
    """
    found = drives(north(20, 25))
    assert found.low == pytest.approx([24, 29.75], abs=0.1)
    assert found.minutes == pytest.approx([35.3, 41.75], abs=0.1)
    assert found.high == pytest.approx([61, 69.5], abs=0.1)


def test_beyond_the_table_it_goes_on() -> None:
    """From 100 to 300 miles the centre grows by 250 minutes; so 400 are 125 more than 300."""
    minutes = interpolate(np.array([400.0]), ESTIMATE[:, 0], ESTIMATE[:, 2])
    assert minutes == pytest.approx([390 + 125])


def test_a_radius_widens_low_and_high_only() -> None:
    """10 miles off by 5: low as at 5 miles (6), high as at 15 (52), the centre as at 10 (21)."""
    found = drives(north(10), np.array([5 * METRES_PER_MILE]))
    assert found.low == pytest.approx([6], abs=0.1)
    assert found.minutes == pytest.approx([21], abs=0.1)
    assert found.high == pytest.approx([52], abs=0.1)


def test_a_radius_that_holds_home_may_be_no_drive() -> None:
    assert drives(north(3), np.array([1e6])).low[0] == 0


def test_an_unknown_radius_is_none() -> None:
    exact, unknown = drives(north(10, 10), np.array([0, np.nan])).high
    assert exact == unknown


def test_home_is_no_drive() -> None:
    """At the home base itself the centre is 0 and it is a minute at most."""
    found = drives(north(0))
    assert found.minutes[0] == 0
    assert found.high[0] <= 1


def test_no_fix_is_unknown_not_far() -> None:
    found = drives(Points(np.array([np.nan, HOME.lon]), np.array([np.nan, 42.2])))
    assert found.road.tolist() == [Road.UNKNOWN, Road.REACHED]
    for column in (found.minutes, found.low, found.high):
        assert np.isnan(column[0])
        assert np.isfinite(column[1])


def test_traffic_multiplies_all_three() -> None:
    free, slow = drives(north(5, 25)), drives(north(5, 25), how=Driving(traffic=1.3))
    for name in ("minutes", "low", "high"):
        assert getattr(slow, name) == pytest.approx(1.3 * getattr(free, name))


def test_it_looks_as_far_as_asked_and_asks_nobody() -> None:
    found = drives(north(400))
    assert found.most == float("inf")
    assert found.asked == 0
    assert np.isnan(found.off_road_m[0])


@settings(deadline=None)
@given(some.lists(some.floats(0, 900), min_size=2, max_size=30))
def test_farther_is_never_sooner(miles: list[float]) -> None:
    """With distance minutes, low and high grow, and low <= minutes <= high throughout."""
    found = drives(north(*sorted(miles)))
    for column in (found.low, found.minutes, found.high):
        assert (np.diff(column) >= 0).all()
    assert (found.low <= found.minutes).all()
    assert (found.minutes <= found.high).all()


@settings(deadline=None)
@given(
    some.lists(
        some.tuples(some.floats(-170, 170), some.floats(-80, 80), some.floats(0, 1e5)), max_size=12
    ),
    some.randoms(use_true_random=False),
)
def test_permuting_rows_permutes_answers(rows: list[tuple[float, ...]], random: object) -> None:
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = table[np.array(order, dtype=np.int64)]
    one = drives(Points(table[:, 0], table[:, 1]), table[:, 2])
    two = drives(Points(shuffled[:, 0], shuffled[:, 1]), shuffled[:, 2])
    for name in ("minutes", "low", "high", "road"):
        assert np.array_equal(getattr(one, name)[order], getattr(two, name))


def test_shapes_are_circles_where_the_centre_takes_that_long() -> None:
    """21 minutes are 10 miles, 42 with traffic of 2: all corners lie there, rings run west."""
    drawn = EstimateEngine().shape(HOME, [42, 4.2], Driving(traffic=2))
    assert [f["properties"]["minutes"] for f in drawn["features"]] == [42, 4.2]
    ring = np.array(drawn["features"][0]["geometry"]["coordinates"][0])
    assert (ring[0] == ring[-1]).all()
    corners = Points(ring[:, 0].copy(), ring[:, 1].copy())
    assert miles_between(HOME, corners) == pytest.approx(10)
    assert ring[1, 0] < ring[0, 0]


@pytest.mark.parametrize("lon", [179.99, -179.99])
def test_a_circle_across_the_antimeridian_is_cut_there(lon: float) -> None:
    """Two parts, within 180 degrees each, as large together as one elsewhere on that latitude."""
    whole, cut = (
        shape(EstimateEngine().shape(Point(at, 42.1), [21], Driving())["features"][0]["geometry"])
        for at in (0.0, lon)
    )
    assert len(cut.geoms) == 2
    assert cut.area == pytest.approx(whole.area, rel=1e-6)
    assert cut.bounds[0] == -180
    assert cut.bounds[2] == 180
    assert all(part.exterior.is_ccw for part in cut.geoms)
