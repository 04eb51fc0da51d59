"""The sea beside coasts: land on the left of each line, sea on its right."""

import math

import pytest
import shapely
from shapely import LineString, Polygon, box

from app.geo.basemap.coast import AROUND, fill_sea, join_coasts

HULL = box(0, 0, 10, 10)


def island(x, y, r=1.0, corners=40):
    """Drawn with its land on the left, in two ways."""
    angles = [2 * math.pi * i / corners for i in range(corners + 1)]
    ring = [(x + r * math.cos(a), y + r * math.sin(a)) for a in angles[:-1]]
    ring.append(ring[0])
    return [LineString(ring[:15]), LineString(ring[14:])]


def sea(*ways, hull=HULL):
    """Coasts have many corners: here one every 0.05 degrees."""
    return shapely.union_all(fill_sea(join_coasts(shapely.segmentize(ways, 0.05)), hull))


def test_no_coast_is_no_sea():
    assert sea().is_empty


def test_around_islands_is_sea_to_the_box_s_edge():
    found = sea(*island(3, 3), *island(7, 7))
    islands = shapely.union_all([Polygon(join_coasts(island(x, x)).coords) for x in (3, 7)])
    assert found.area == pytest.approx((10 + 2 * AROUND) ** 2 - islands.area)
    assert not shapely.contains_xy(found, [3, 7], [3, 7]).any()


def test_a_coast_that_crosses_the_map_has_its_sea_on_the_right():
    """From south to north at x = 4: the sea is in the east. It ends beyond the map."""
    coast = LineString([(4, -1), (4, 3), (4.5, 5), (4, 11)])
    found = sea(coast)
    assert shapely.contains_xy(found, [8, 2], [5, 5]).tolist() == [True, False]
    east = Polygon([*coast.coords, (20, 11), (20, -1)])
    assert found.symmetric_difference(east.intersection(HULL)).area < 1e-9
    turned = sea(coast.reverse())
    assert shapely.contains_xy(turned, [8, 2], [5, 5]).tolist() == [False, True]


def test_a_coast_that_ends_inside_the_map_fills_nothing():
    """The face around it may be land on one side and sea on the other."""
    assert sea(LineString([(4, -1), (4, 6)])).is_empty
    crossing = LineString([(2, -1), (2, 11)])
    assert sea(crossing, LineString([(6, -1), (6, 6)])).is_empty


def test_the_sides_of_a_face_must_agree():
    """Between two coasts that both say that land is in the west: neither."""
    found = sea(LineString([(2, -1), (2, 11)]), LineString([(6, -1), (6, 11)]))
    assert shapely.contains_xy(found, [1, 4, 8], [5, 5, 5]).tolist() == [False, False, True]


def test_one_small_island_drawn_backwards_drowns_and_spoils_nothing():
    many = [way for x in range(1, 10) for way in island(x, 8, 0.3, 200)]
    backwards = [way.reverse() for way in island(5, 3, 0.1, 15)]
    found = sea(*many, *backwards)
    assert shapely.contains_xy(found, 5, 5)
    assert not shapely.contains_xy(found, 4, 8)


def test_a_map_narrower_than_its_box_is_cut_by_its_own_edge():
    """An L: the coast ends in its box and in its hull, but not in itself."""
    hull = shapely.union(box(0, 0, 10, 3), box(0, 0, 3, 10))
    found = sea(LineString([(-1, 2), (3.5, 2.2), (3.5, 3.5)]).reverse(), hull=hull)
    assert not found.is_empty
    assert hull.buffer(1e-9).contains(found)
