"""Fixes in columns."""

import numpy as np

from app.geo.geocoding.fix import Fix, no_fix, to_columns
from app.geo.geocoding.geocoder import Accuracy, given_fixes
from app.geo.points import Points


def test_what_the_list_has_is_given_and_the_rest_has_no_fix() -> None:
    fixes = given_fixes(Points(np.array([1.0, np.nan]), np.array([2.0, np.nan])))
    assert fixes.accuracy.tolist() == [Accuracy.GIVEN, Accuracy.NONE]
    assert np.array_equal(fixes.radius_m, [0, np.nan], equal_nan=True)
    assert fixes.source == ["list", ""]


def test_a_fix_and_none_in_columns() -> None:
    fixes = to_columns([Fix(1, 2, Accuracy.STREET, 50, "Elm St", "n"), no_fix("why")], "book")
    assert np.array_equal(fixes.at.lon, [1, np.nan], equal_nan=True)
    assert fixes.accuracy.tolist() == [Accuracy.STREET, Accuracy.NONE]
    assert list(fixes.source) == ["book", ""]
    assert list(fixes.label) == ["Elm St", ""]
    assert list(fixes.note) == ["n", "why"]
    assert len(to_columns([], "book")) == 0
