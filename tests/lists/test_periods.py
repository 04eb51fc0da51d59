"""Spans of time as reports name them."""

import pytest

from app.lists.periods import count_months, header_period, period_columns, read_period


@pytest.mark.parametrize(
    ("text", "first", "months"),
    [
        ("Jan - Dec 25", "2025-01-01", 12),
        ("January - December 2025", "2025-01-01", 12),
        ("January 1 - December 31, 2025", "2025-01-01", 12),
        ("Jul '24 - Jun 25", "2024-07-01", 12),
        ("Nov - Feb 2025", "2024-11-01", 4),
        ("Jan - Mar, 2025", "2025-01-01", 3),
        ("May 11, 2025-May 11, 2026", "2025-05-11", 12),
        ("01/01/2025 - 06/30/2025", "2025-01-01", 6),
        ("2025-01-01 to 2025-12-31", "2025-01-01", 12),
        ("Date Range: Jan 01, 2025 to Dec 31, 2025", "2025-01-01", 12),
        ("From 1 January 2025 to 31 December 2025", "2025-01-01", 12),
        ("For the year ended 31 December 2025", "2025-01-01", 12),
        ("12 months ended 30 June 2025", "2024-07-01", 12),
        ("3 months to March 2025", "2025-01-01", 3),
        ("Q1 2025", "2025-01-01", 3),
        ("H2 25", "2025-07-01", 6),
        ("FY 2025", "2025-01-01", 12),
        ("2025", "2025-01-01", 12),
        ("June 2025", "2025-06-01", 1),
        ("Jan 25", "2025-01-01", 1),
    ],
)
def test_spans(text, first, months):
    found = read_period(text)
    assert found is not None
    assert (found.first.isoformat(), found.months) == (first, months)


@pytest.mark.parametrize(
    "text",
    ["All Dates", "As of December 31, 2025", "31 December 2025", "Lakeside 2025 LLC", "12", "",
     "Feb 30 - Mar 1, 2025", "Dec 9999 - Jan 9999", "H4 2025", "12 months ended 0001",
     "% of Total", "Dec 2025 - Jan 2025"],
)  # fmt: skip
def test_what_is_no_span(text):
    assert read_period(text) is None


def test_a_column_of_money_may_name_its_year():
    assert header_period("Revenue 2025") == header_period("2025 Sales ($)") == read_period("2025")


@pytest.mark.parametrize(
    ("headers", "chosen"),
    [
        (["Client", "Feb 2025", "Jan 2025", "Total"], [2, 1]),
        (["Client", "2024", "2025"], [2]),
        (["Client", "Q1 2025", "Q2 2025", "Q3 2025", "Q4 2025", "Q4 2024"], [1, 2, 3, 4]),
        (["Client", "Jan - Dec 2025", "Jan - Dec 2024 (PY)", "% Change"], [1]),
        (["Client", "Revenue"], []),
    ],
)
def test_the_columns_that_make_up_the_last_year(headers, chosen):
    assert period_columns(headers) == chosen


def test_months_of_dates():
    """Calendar months from the first to the last, both counted."""
    assert count_months(["5/22/25", "Jan 5, 2025", "2025-03-01 10:22", ""]) == (
        "Jan 5, 2025",
        "5/22/25",
        5,
    )
    assert count_months(["soon", "later", "2025-01-01"]) is None
