"""Long columns of numbers worked on in little memory: a few rows at a time, and given back."""

import ctypes
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.geo.points import Ints

_ROWS = 1 << 18  # looked at in one go


def release_memory() -> None:
    """Give back to the system what has been freed.

    The GNU C library keeps it otherwise, above all what the threads of the OpenStreetMap reader
    had (80 MB of a map of 43 MB) and what lay between columns that are still held.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)


def row_slices(length: int, rows: int = _ROWS) -> Iterator[slice]:
    """Rows a few at a time, so that what is worked out on the way stays small."""
    return (slice(start, min(start + rows, length)) for start in range(0, length, rows))


def sort_distinct[T: np.integer[Any]](numbers: NDArray[T]) -> NDArray[T]:
    """The distinct ones, ascending; for numbers that mostly ascend far faster than `np.unique`."""
    ascending = np.sort(numbers)
    first = np.append(True, ascending[1:] != ascending[:-1])[: len(ascending)]
    distinct: NDArray[T] = ascending[first]
    return distinct


def rows_among(numbers: Ints, among: Ints) -> NDArray[np.int32]:
    """Of each number its row among ascending ones that hold it."""
    row = np.empty(len(numbers), np.int32)
    for some in row_slices(len(numbers)):
        row[some] = np.searchsorted(among, numbers[some])
    return row


def number_rows(numbers: Ints) -> tuple[Ints, NDArray[np.int32]]:
    """The distinct ones, ascending, and of each number its row among them."""
    distinct = sort_distinct(numbers)
    return distinct, rows_among(numbers, distinct)
