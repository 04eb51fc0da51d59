"""Cells without the marks of spreadsheets, databases and web pages."""

import polars as pl
import pytest

from app.lists.plain_text import plain_texts
from tests.lists.test_read import read


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('="01103"', "01103"),
        ('="Say ""hi"""', 'Say "hi"'),
        ("'01103", "01103"),
        ("'+1 555 0100", "+1 555 0100"),
        ("'Ohana Cafe", "'Ohana Cafe"),
        ("'70s Diner' Bar", "'70s Diner' Bar"),
        ("A &amp; B", "A & B"),
        ("A &amp;amp; B", "A & B"),
        ("Joe&#39;s", "Joe's"),
        ("AT&T", "AT&T"),
        ("Suite 4<br>12 Main St<br/>", "Suite 4, 12 Main St, "),
        ("12 Main St\r\nTown", "12 Main St, Town"),
        ("<b>A</b> Co", "A Co"),
        ("<10", "<10"),
        ("1 < 2 > 0", "1 < 2 > 0"),
        (r"Joe\'s \"Best\"", 'Joe\'s "Best"'),
        ("C:\\temp", "C:\\temp"),
    ],
)
def test_what_is_meant(cell, expected):
    assert plain_texts(pl.Series([cell])).to_list() == [expected]


def test_original_cells_stay_and_what_is_read_is_plain():
    found = read('name,address,zip,employees\nA &amp; B,1 Main St<br>Town,\'01103,"=""25"""\n')
    assert (found.name, found.addresses.line) == (["A & B"], ["1 Main St, Town"])
    assert (found.addresses.postcode, found.employees.low.tolist()) == (["01103"], [25])
    assert found.cells["zip"].to_list() == ["'01103"]


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        (r'"Joe \"The, Man\" Roe"', 'Joe "The, Man" Roe'),
        (r'"\"Best\" Cafe"', '"Best" Cafe'),
        ('"Joe ""The, Man"" Roe"', 'Joe "The, Man" Roe'),
        (r'"C:\"', "C:\\"),
    ],
)
def test_quotes_are_doubled_or_behind_a_backslash(cell, name):
    found = read(f"name,address,employees\n{cell},1 Main St,25\nB,2 Main St,30\n")
    assert (found.name, found.employees.low.tolist()) == ([name, "B"], [25, 30])
