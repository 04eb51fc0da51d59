"""Parquet as a list: its columns as they would be written; what can't be one is named."""

import io
from datetime import date

import polars as pl
import pytest

from app.errors import BadList
from app.lists.read import open_list

ROWS = {
    "Name": ["Pine", None],
    "City": ["Otis", "Holyoke"],
    "ZIP": ["01253", "01040"],
    "Employees": [12, None],
    "Since": [date(2020, 1, 2), None],
}


def opened(columns):
    data = io.BytesIO()
    pl.DataFrame(columns).write_parquet(data)
    return open_list(io.BytesIO(data.getvalue()))


def test_texts_numbers_and_dates_are_cells():
    found = opened(ROWS)
    assert found.rows == 2
    assert found.whole().cells.row(0) == ("Pine", "Otis", "01253", "12", "2020-01-02")
    assert found.whole().cells.row(1) == ("", "Holyoke", "01040", "", "")
    assert found.whole().employees.low[0] == 12


def test_columns_of_lists_are_left_out_and_named():
    found = opened({**ROWS, "Tags": [["a"], []]})
    assert "Tags" not in found.whole().cells.columns
    assert "not read, they hold lists or objects: Tags" in found.notes


def test_a_damaged_file_is_one_sentence():
    with pytest.raises(BadList, match="this is a Parquet file that can't be read"):
        open_list(io.BytesIO(b"PAR1 and then nothing PAR1"))


def test_nothing_but_lists():
    with pytest.raises(BadList, match="no column of texts or numbers"):
        opened({"Tags": [["a"]]})


def test_more_cells_than_there_is_memory_for():
    """So many fit into few bytes."""
    data = io.BytesIO()
    pl.select(pl.repeat("x", 70_000_000).alias("Name")).write_parquet(data)
    assert len(data.getvalue()) < 1_000_000
    with pytest.raises(BadList, match="70,000,000 cells: at most 67,108,864 are read"):
        open_list(io.BytesIO(data.getvalue()))
