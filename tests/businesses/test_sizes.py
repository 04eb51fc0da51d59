"""Sizes as vendors write them -> [low, high]."""

from math import inf, nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.businesses.sizes import parse_size

M = 1e6


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        # Data Axle
        ("10 to 19", 10, 19),
        ("00005", 5, 5),
        ("$1-2.5 Million", 1 * M, 2.5 * M),
        ("$500,000-1 Million", 500_000, 1 * M),
        ("$500M - $1 BILLION", 500 * M, 1000 * M),
        ("$633,000", 633_000, 633_000),
        # D&B
        ("1.3155364E7", 13_155_364, 13_155_364),
        ("$99,123,123.00", 99_123_123, 99_123_123),
        # ZoomInfo
        ("20 - 50", 20, 50),
        ("$1 mil. - $5 mil.", 1 * M, 5 * M),
        ("$500 mil. - $1 bil.", 500 * M, 1000 * M),
        # LinkedIn, Crunchbase
        ("11-50 employees", 11, 50),
        ("1,001-5,000", 1001, 5000),
        ("10,001+", 10_001, inf),
        ("$1M to $10M", 1 * M, 10 * M),
        ("$10B+", 1e10, inf),
        ("50+", 50, inf),
        ("10–19", 10, 19),
        ("50-10", 10, 50),
        ("10 or more", 10, inf),
        ("up to 9", 0, 9),
        ("1.234.567", 1_234_567, 1_234_567),
        ("self-employed", 1, 1),
        ("0", 0, 0),
        # people's own
        ("Small (10-49)", 10, 49),
        ("10-49 (small)", 10, 49),
        ("Small: 10-49", 10, 49),
        ("Medium - 50 to 249", 50, 249),
        ("Mom & Pop (1-4)", 1, 4),
        ("Tier 2 (10-49)", 10, 49),
        ("C: 10-19", 10, 19),
        ("3) 10-19", 10, 19),
        ("20-49 employees (estimated)", 20, 49),
        ("20-49 (25 seen)", 20, 49),
        ("From 10 to 19 employees", 10, 19),
        ("from 10", 10, inf),
        ("10 thru 19", 10, 19),
        ("10 ~ 19", 10, 19),
        ("25 FTE", 25, 25),
        ("25 FTEs (est.)", 25, 25),
        ("$2.5M a year", 2.5 * M, 2.5 * M),
        ("$1-5 mn annually", 1 * M, 5 * M),
        ("<$1M/yr", 0, nextafter(M, 0)),
    ],
)
def test_reads_every_vendors_way(text, low, high):
    assert parse_size(text) == (low, high)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("Nov-50", 11, 50),
        ("10-Jan", 1, 10),
        ("1-Oct", 1, 10),
        ("19-Oct", 10, 19),
        ("1950-11-01 00:00:00", 11, 50),
        ("2024-10-19", 10, 19),
        ("2019-10-01", 10, 19),  # where the day comes first, 10-19 is October 2019
        ("2020-11-01", 11, 20),
        ("2024-10-01", 1, 10),
        ("2024-09-05", 5, 9),
        ("10/19/2024", 10, 19),
        ("5/9/24 0:00", 5, 9),
        ("19-Oct-2024", 10, 19),
    ],
)
def test_undoes_what_excel_made_of_a_range(text, low, high):
    """11-50 typed into a sheet becomes November 1950, 10-19 the 19th of October."""
    assert parse_size(text) == (low, high)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("Less than $500,000", 0, nextafter(500_000, 0)),
        ("Under $1M", 0, nextafter(M, 0)),
        ("Over $1 billion", nextafter(1e9, inf), inf),
    ],
)
def test_a_strict_end_never_touches_the_limit_it_excludes(text, low, high):
    """So that "Less than $1M" fails a lower limit of $1M and does not straddle it."""
    assert parse_size(text) == (low, high)


@pytest.mark.parametrize(
    "text", ["", "NA", "n/a", "Unknown", "000000", "-", "many", "5%", "-5", "\\N", "12:30"]
)
def test_what_says_nothing_is_unknown(text):
    assert parse_size(text) is None


def test_a_huge_cell_costs_nothing():
    assert parse_size("9" * 1_000_000) is None


@given(st.text(max_size=100))
def test_any_text_gives_an_ordered_range_or_nothing(text):
    found = parse_size(text)
    assert found is None or 0 <= found[0] <= found[1]


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_written_range_is_read_back(one, other):
    low, high = min(one, other), max(one, other)
    if low > 9 or high > 9:  # "00" and the like say nothing
        assert parse_size(f"{low:,} to {high:,}") == (low, high)
