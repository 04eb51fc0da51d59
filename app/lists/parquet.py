"""Parquet -> rows: its columns of texts, numbers, dates and truths as they would be written."""

import json
from typing import BinaryIO

import polars as pl

from app.errors import BadList
from app.lists.about import METADATA, About
from app.lists.table import MOST_CELLS, Table

_NESTED = (pl.List, pl.Array, pl.Struct, pl.Object, pl.Binary)


def read_parquet(file: BinaryIO) -> Table:
    """The rows, the header first; columns of lists and objects are left out, and named.

    Raises BadList for a file that is damaged or has no other columns.
    """
    try:
        _check_size(file)
        file.seek(0)
        frame, about = pl.read_parquet(file), _read_about(file)
    except pl.exceptions.PolarsError as why:
        raise BadList(f"this is a Parquet file that can't be read: {why}", field="list") from why
    nested = [name for name, kind in frame.schema.items() if isinstance(kind, _NESTED)]
    frame = frame.drop(nested)
    if not frame.width:
        raise BadList("this Parquet file has no column of texts or numbers", field="list")
    texts = frame.select(pl.all().cast(pl.String).fill_null(""))
    notes = [f"not read, they hold lists or objects: {', '.join(nested)}"] if nested else []
    return Table([list(frame.columns), *map(list, texts.iter_rows())], notes, 0, about)


def _check_size(file: BinaryIO) -> None:
    """Raises BadList for more cells than there is memory for: a small file may hold many."""
    file.seek(0)
    rows = pl.scan_parquet(file)
    cells = rows.select(pl.len()).collect().item() * len(rows.collect_schema())
    if cells > MOST_CELLS:
        raise BadList(
            f"this Parquet file has {cells:,} cells: at most {MOST_CELLS:,} are read; save a part "
            "of it, or save it as CSV",
            field="list",
        )


def _read_about(file: BinaryIO) -> About:
    """What an answer of ours says of its rows, in the metadata."""
    file.seek(0)
    told = pl.read_parquet_metadata(file).get(METADATA)
    return About.of_members(json.loads(told)) if told else About()
