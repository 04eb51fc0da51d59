"""Where pieces of road lie: what is read near a point is all that is near it."""

import numpy as np
import pytest

from app.geo.driving.embedded.grid import (
    CELLS_A_GROUP,
    GROUPS,
    SPHERE_M,
    TILE_DEGREES,
    Grid,
    RoadKind,
    cell_of,
    sort_by_tile,
)
from app.geo.driving.embedded.tiles import LeftOut
from app.geo.points import Floats, Ints, unit_sphere

PLACES = {"O'ahu": (-157.9, 21.4), "Fiji": (179.99, -16.5), "Svalbard": (16, 78.2), "pole": (5, 89)}


def _scattered(place: str, n: int, wide: float) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(4)
    lon, lat = PLACES[place]
    around = (lon + rng.normal(0, wide, n) + 180) % 360 - 180
    return around, np.clip(lat + rng.normal(0, wide / 4, n), -90, 90)


def _gridded(lon: Floats, lat: Floats, group: Ints) -> tuple[Grid, Ints]:
    """The grid, and which of the points each of its rows is."""
    cells = cell_of(lon, lat) + group * CELLS_A_GROUP
    order = np.argsort(cells, kind="stable")
    return Grid.of([cells[order]]), order


def _metres(lon: Floats, lat: Floats, to_lon: float, to_lat: float) -> Floats:
    ends = unit_sphere(lon, lat), unit_sphere(np.array(to_lon), np.array(to_lat))
    return np.asarray(np.linalg.norm(ends[0] - ends[1], axis=-1) * SPHERE_M)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("metres", [530.0, 40_000.0])
def test_around_a_tile_nothing_is_missed(place: str, metres: float) -> None:
    """Each of 3,000 places within so many metres of a point is among those of its tile, once.

    Over the 180th meridian and near the pole, too; of each kind of roads, apart.
    """
    lon, lat = _scattered(place, 3000, 1.0)
    group = np.arange(3000) % 19 % (GROUPS * len(RoadKind))
    grid, order = _gridded(lon, lat, group)
    x, y = _scattered(place, 40, 1.0)
    for tile, rows in sort_by_tile(x, y, TILE_DEGREES):
        found = [order[grid.around(tile, metres, one)] for one in RoadKind]
        assert len(np.unique(np.concatenate(found))) == sum(map(len, found))
        for one, some in zip(RoadKind, found, strict=True):
            assert (group[some] // GROUPS == one).all()
            for without in map(LeftOut, range(GROUPS)):
                left = order[grid.around(tile, metres, one, without)]
                assert np.array_equal(np.sort(left), np.sort(some[group[some] & without == 0]))
        for row in rows.tolist():
            near = np.flatnonzero(_metres(lon, lat, x[row], y[row]) <= metres)
            assert np.isin(near, np.concatenate(found)).all()


@pytest.mark.parametrize("place", PLACES)
def test_far_away_the_eight_nearest_are_found(place: str) -> None:
    """From anywhere on the globe: the eight nearest of 3,000 open ones, by going through all."""
    lon, lat = _scattered(place, 3000, 0.3)
    grid, order = _gridded(lon, lat, np.zeros(len(lon), np.int64))
    rng = np.random.default_rng(5)
    for x, y in zip(rng.uniform(-180, 180, 50), rng.uniform(-90, 90, 50), strict=True):
        near = np.argsort(_metres(lon, lat, x, y))[:8]
        assert np.isin(near, order[grid.nearest(np.array([x]), np.array([y]))]).all()


def test_far_away_the_nearest_of_those_left_are_found() -> None:
    """Of ten roads that no drive leaves out, behind thousands of ferries and toll roads."""
    lon, lat = _scattered("O'ahu", 3000, 0.3)
    group = np.where(np.arange(3000) % 300 == 0, LeftOut.NOTHING, 1 + np.arange(3000) % 3)
    grid, order = _gridded(lon, lat, group)
    left = np.flatnonzero(group == LeftOut.NOTHING)
    away = np.argsort(_metres(lon[left], lat[left], -150.0, 20.0))[:8]
    here = np.array([-150.0]), np.array([20.0])
    found = order[grid.nearest(*here, LeftOut.TOLLS | LeftOut.FERRIES)]
    assert np.isin(left[away], found).all()
    assert np.isin(found, left).all()


def test_what_is_no_tile_away_may_be_near() -> None:
    """Only points well outside the box around all roads are passed over; in Fiji by latitude."""
    for place in PLACES:
        lon, lat = _scattered(place, 300, 0.3)
        grid, _ = _gridded(lon, lat, np.zeros(len(lon), np.int64))
        assert grid.may_be_near(lon + 0.01, lat).all()
        assert not grid.may_be_near(lon, -lat).any()


def test_without_roads_nothing_is_near() -> None:
    """No cell at all: nothing to be read, nothing to be searched."""
    grid = Grid.of([])
    here = np.array([1.0]), np.array([2.0])
    ((tile, _),) = sort_by_tile(*here, TILE_DEGREES)
    assert not grid.may_be_near(*here).any()
    assert len(grid.around(tile, 530.0)) == len(grid.nearest(*here)) == 0
