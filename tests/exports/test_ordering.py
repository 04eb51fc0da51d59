"""The order of a day's visits beside all orders there are, and what a search makes of more."""

from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exports.route.legs import measure_legs
from app.exports.route.ordering import (
    EXACT,
    order_by_search,
    order_exactly,
    order_visits,
    total_seconds,
)
from app.geo.driving.engine import Driving
from app.geo.points import Points
from app.geo.regions.sample import county as sample
from app.settings import Settings
from app.wiring.ground import choose_engine
from app.wiring.parts import Parts

MINUTE = 60


def best_of_all(seconds, visit_s, most_s):
    """How many stops fit, and the least drive of so many, by trying every order."""
    stops = range(1, len(seconds))
    for count in range(len(stops), 0, -1):
        totals = [total_seconds(seconds, order) for order in permutations(stops, count)]
        fit = [total for total in totals if total + count * visit_s <= most_s]
        if fit:
            return count, min(fit)
    return 0, 0


def measured(seconds, order):
    return len(order), total_seconds(seconds, order) if order else 0


def drives_between(n, seed, *, spread=1.1):
    """Drives of places on a plain, each way a little different."""
    random = np.random.default_rng(seed)
    places = random.uniform(0, 3000, (n + 1, 2))
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    seconds = np.rint(apart * random.uniform(1, spread, apart.shape)).astype(np.int64)
    np.fill_diagonal(seconds, 0)
    return seconds


@given(st.integers(1, 6), st.integers(0, 10**6), st.integers(0, 1800), st.integers(0, 20_000))
def test_the_exact_order_is_the_best_of_all(n, seed, visit_s, most_s):
    """Whatever the drives, one-way streets and missing roads among them."""
    random = np.random.default_rng(seed)
    seconds = random.integers(0, 4000, (n + 1, n + 1))
    seconds[random.random(seconds.shape) < 0.1] = most_s + 1
    np.fill_diagonal(seconds, 0)
    order = order_exactly(seconds, visit_s, most_s)
    assert len(set(order)) == len(order)
    assert measured(seconds, order) == best_of_all(seconds, visit_s, most_s)


def test_the_direction_of_each_leg_counts():
    """A ring that is short one way round: the order goes that way."""
    ring = 1000 * np.ones((5, 5), np.int64)
    for stop in range(5):
        ring[stop, (stop + 1) % 5] = 10
    assert order_visits(ring, 0, 4000) == [1, 2, 3, 4]
    assert order_visits(ring.T.copy(), 0, 4000) == [4, 3, 2, 1]
    assert order_by_search(ring, 0, 4000) == [1, 2, 3, 4]


@pytest.fixture(scope="module")
def county_seconds(data_dir, county):  # noqa: ARG001 -- its map
    """The drives between a home base and 20 places of the sample county, by its engine."""
    with Parts(Settings(data_dir=data_dir)) as parts:
        engine = choose_engine(parts, sample.HOME)
        random = np.random.default_rng(4)
        lon = sample.HOME.lon + random.uniform(-0.006, 0.006, 20)
        lat = sample.HOME.lat + random.uniform(-0.004, 0.004, 20)
        at = Points(np.r_[sample.HOME.lon, lon], np.r_[sample.HOME.lat, lat])
        minutes = measure_legs(engine, at, Driving(), 480).minutes
    assert np.isfinite(minutes).all()
    return np.rint(minutes * MINUTE).astype(np.int64)


class TestSearch:
    @pytest.mark.parametrize("n", [1, 2, 5, 8])
    @pytest.mark.parametrize("hours", [0.4, 1, 8])
    def test_finds_the_best_of_all_orders_of_the_county(self, county_seconds, n, hours):
        """As many stops and as little driving as any order has."""
        seconds, most_s = county_seconds[: n + 1, : n + 1], int(hours * 3600)
        best = best_of_all(seconds, 8 * MINUTE, most_s)
        assert measured(seconds, order_by_search(seconds, 8 * MINUTE, most_s)) == best
        assert measured(seconds, order_exactly(seconds, 8 * MINUTE, most_s)) == best

    def test_is_near_the_best_of_a_dozen(self):
        """Never over what is allowed; at most one stop fewer, and then rarely."""
        fewer = longer = 0
        for seed in range(40):
            seconds, most_s = drives_between(EXACT, seed), 5 * 3600
            found = measured(seconds, order_by_search(seconds, 20 * MINUTE, most_s))
            best = measured(seconds, order_exactly(seconds, 20 * MINUTE, most_s))
            assert found[1] + found[0] * 20 * MINUTE <= most_s
            assert best[0] - 1 <= found[0] <= best[0]
            fewer += found[0] < best[0]
            longer += found[0] == best[0] and found[1] > best[1]
        assert fewer <= 1
        assert longer <= 1

    def test_sixteen_at_once_find_what_each_finds_alone(self):
        days = [drives_between(30, seed) for seed in range(4)] * 4
        with ThreadPoolExecutor(16) as pool:
            together = list(pool.map(lambda one: order_visits(one, 1200, 8 * 3600), days))
        assert together == [order_visits(one, 1200, 8 * 3600) for one in days]

    def test_gives_nothing_where_nothing_fits(self):
        seconds = drives_between(EXACT + 3, 1)
        assert order_visits(seconds, 7200, 3600) == []
