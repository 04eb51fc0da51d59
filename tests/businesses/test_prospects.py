"""Ranges in columns."""

import numpy as np

from app.businesses.prospects import Ranges


def ranges(*pairs):
    return Ranges(*(np.array(ends, float) for ends in zip(*pairs, strict=True)))


def test_one_column_fills_the_gaps_of_another():
    """An exact number wins over a band; the band stands where there is no number."""
    nan = np.nan
    both = ranges((5, 5), (nan, nan), (nan, nan)).otherwise(ranges((1, 9), (10, 19), (nan, nan)))
    assert both.low.tolist()[:2] == [5, 10]
    assert both.high.tolist()[:2] == [5, 19]
    assert both.known.tolist() == [True, True, False]


def test_an_open_end_is_known():
    assert ranges((50, np.inf)).known.all()
    assert not Ranges.unknown(3).known.any()
