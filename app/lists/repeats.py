"""Rows that repeat another: one firm's licences of three years are one firm."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.businesses.prospects import Prospects
from app.text import count_words


class Repeats:
    """Counts, over all batches, the rows whose name and address another has: 8 bytes a row."""

    def __init__(self) -> None:
        self._hashes: list[NDArray[np.uint64]] = []

    def add(self, prospects: Prospects) -> None:
        """Look at one batch more. A row without a name or a street repeats none."""
        at = prospects.addresses
        columns = {"name": prospects.name, "line": at.line, "city": at.city, "zip": at.postcode}
        rows = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
        rows = rows.filter((pl.col("name") != "") & (pl.col("line") != ""))
        self._hashes.append(rows.select(pl.all().str.to_lowercase()).hash_rows().to_numpy())

    @property
    def notes(self) -> list[str]:
        """One sentence where there are any."""
        hashes = np.sort(np.concatenate(self._hashes))
        repeats = int(np.count_nonzero(hashes[1:] == hashes[:-1]))
        said = f"{count_words(repeats, 'row')} {'repeats' if repeats == 1 else 'repeat'} another"
        return [f"{said}, of the same name and address"] if repeats else []
