"""What every kind of file that we write is: rows in batches, then what is known of them all."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import BinaryIO

import polars as pl

from app.lists.about import About


class FileKind(ABC):
    """One kind of file. `finish` completes it; `close` frees what it holds, whatever happened.

    own: how many of the columns are the list's own, which come first. about: what is known of all
    rows, once somebody said it.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.file, self.name = file, name
        self.started, self.own = False, 0
        self.about: About | None = None

    def write(self, frame: pl.DataFrame, own: int) -> None:
        """Append rows of all columns."""
        self.own = own
        self.add(frame)
        self.started = True

    @abstractmethod
    def add(self, frame: pl.DataFrame) -> None:
        """Put the rows into the file; before the first ones, what begins it."""

    @abstractmethod
    def finish(self, sheets: Mapping[str, pl.DataFrame]) -> None:
        """Complete the file; a workbook gets the further tables."""

    def close(self) -> None:  # noqa: B027 -- most kinds hold nothing
        """Free what is held."""
