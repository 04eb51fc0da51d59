"""Points and the distance between them."""

import numpy as np
import pytest

from app.errors import BadInput
from app.geo.points import METRES_PER_MILE, Point, Points, miles_between, number_points


def test_a_degree_along_the_equator():
    """WGS84's equator has the radius 6,378,137 m: a degree is 6378137 x pi / 180 = 111,319.49 m."""
    miles = miles_between(Point(0, 0), Points.of([Point(1, 0)]))
    assert miles[0] * METRES_PER_MILE == pytest.approx(111_319.49, abs=0.01)


def test_the_equator_to_the_pole():
    """The quarter meridian of WGS84 is 10,001,965.73 m (Karney, Geodesics on an ellipsoid)."""
    miles = miles_between(Point(0, 0), Points.of([Point(0, 90)]))
    assert miles[0] * METRES_PER_MILE == pytest.approx(10_001_965.73, abs=0.01)


def test_no_point_has_no_distance():
    points = Points(np.array([np.nan, 0.0]), np.array([np.nan, 0.0]))
    miles = miles_between(Point(0, 0), points)
    assert np.isnan(miles[0])
    assert miles[1] == 0


def test_another_home_base_is_another_distance():
    """What is remembered of one home base is not taken for the next one's."""
    points = Points.of([Point(1, 0)])
    near, far = miles_between(Point(0, 0), points), miles_between(Point(-1, 0), points)
    assert far[0] == pytest.approx(2 * near[0])
    assert miles_between(Point(0, 0), points)[0] == near[0]


def test_the_miles_asked_last_are_kept_and_can_not_be_written_to():
    points = Points.of([Point(1, 0)])
    miles = miles_between(Point(0, 0), points)
    assert miles_between(Point(0, 0), points) is miles
    with pytest.raises(ValueError, match="read-only"):
        miles[0] = 0


@pytest.mark.parametrize(("lon", "lat"), [(181, 0), (0, 91), (0, -90.5), (float("nan"), 0)])
def test_no_such_place(lon, lat):
    with pytest.raises(BadInput, match="latitude"):
        Point(lon, lat)


def test_the_digest_knows_order_and_place():
    a, b = Point(1, 2), Point(3, 4)
    assert Points.of([a, b]).digest == Points.of([a, b]).digest
    assert Points.of([a, b]).digest != Points.of([b, a]).digest


def test_each_point_is_numbered_once():
    """No point is one, too; the same longitude or latitude alone is not the same point."""
    nan = float("nan")
    points = Points(np.array([2, 1, nan, 2, 1, nan, 2.0]), np.array([5, 6, nan, 6, 6, nan, 5.0]))
    each, which = number_points(points)
    assert len(each) == 4
    assert which.dtype == np.int32
    assert np.array_equal(each.lon[which], points.lon, equal_nan=True)
    assert np.array_equal(each.lat[which], points.lat, equal_nan=True)
    assert [len(one) for one in number_points(Points.of([]))] == [0, 0]
