"""Columns of cells: what several readers of them do alike."""

from collections.abc import Callable

import polars as pl

type TakeColumn = Callable[[int], pl.Series]  # the cells of the column at that position, tidied


def put_cells(column: pl.Series, where: pl.Series, other: pl.Series | str) -> pl.Series:
    """The column, with `other` in those rows."""
    if isinstance(other, str):
        other = pl.Series([other], dtype=pl.String)
    return (
        other.zip_with(where, column) if len(other) == len(column) else column.set(where, other[0])
    )


def count_cells(column: pl.Series, which: pl.Series) -> tuple[int, str]:
    """How many cells those rows have, and the first of them."""
    chosen = column.filter(which)
    return len(chosen), str(chosen[0]) if len(chosen) else ""


def read_distinct(column: pl.Series, read: Callable[[str], str]) -> pl.Series:
    """What `read` makes of each cell; each different one is read once, "" stays."""
    distinct = [text for text in column.unique().to_list() if text]
    if not distinct:
        return column
    found = [read(text) for text in distinct]
    if not any(found):
        return pl.repeat("", len(column), dtype=pl.String, eager=True)
    return column.replace_strict(distinct, found, default="", return_dtype=pl.String)
