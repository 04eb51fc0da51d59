"""The straight pieces that roads are cut into, laid out on the disk by where they are.

1. Pieces. Every straight stretch of a road is cut into equal pieces no longer than PIECE_M. They
   are many times what roads are, so they are never held: numbered as the roads go, they are worked
   out whenever they are needed, some at a time.
2. Order. On the disk they lie in the order of their cells, see grid.py; those of one cell in the
   order of their numbers.
3. Thinned pieces. Into squares of SIZES sizes, each twice the one before, fall the open pieces by
   their first ends; of each square the first piece stands for all, of roads that may be left out
   none while there is another. It does for the smaller ones of
   the square's, too, so one number says it all: how many sizes a piece stands for one of.
4. Shares. Four squares make one of the next size, so for all sizes up to one with few squares those
   of different such squares are thinned apart: a share of the pieces at a time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.geo.columns import release_memory, row_slices
from app.geo.driving.embedded.grid import CELLS_A_GROUP, GROUPS, Grid, cell_of
from app.geo.driving.embedded.piece_index import PIECE_M, SQUARES_A_RADIUS
from app.geo.driving.embedded.tiles import ENGINE_METRES_PER_DEGREE, Column, Shapes
from app.geo.points import Floats, Ints

BLOCK = 1 << 16  # pieces worked out at once, some 100 bytes each
LOW_HALF = 0xFFFFFFFF  # of 64 bits, to hold a row beside a column
NUMBER_BITS = 31  # of 63, to hold a piece's number beside a cell, which has 32
SMALLEST_M = 2.0 ** np.ceil(np.log2(PIECE_M))  # the first size of squares' circles; see 3.
SIZES = 24  # of them: the last one is wider than the earth
SHARED, SHARES = 8, 64  # judgement: squares of that size are 3 km wide; of how many shares they are
FAR = 1 << SIZES  # more columns or rows than lie west or south of 0, 0; whole ones of every size


@dataclass(frozen=True)
class Pieces:
    """All pieces of some roads, to be taken by their numbers.

    first: of each point the number of the first piece of the stretch that begins there, and in the
    end how many there are; a road's last point has none. before: metres from the road's start.
    """

    shapes: Shapes
    first: Column
    before: Floats

    @classmethod
    def of(cls, shapes: Shapes, block: int = BLOCK) -> Self:
        """1. Measured some stretches at a time; `block`: how many."""
        count, before = np.zeros(len(shapes.x) + 1, np.int32), np.zeros(len(shapes.x))
        ends, total = shapes.first[1:] - 1, np.zeros(1)
        for some in row_slices(len(before), block):
            metres = _measure(shapes, np.arange(some.start, some.stop)).metres
            last = ends[slice(*np.searchsorted(ends, (some.start, some.stop)))]
            metres[last - some.start] = 0
            total = np.cumsum(np.append(total[-1], metres))
            before[some] = total[:-1]
            count[1:][some] = np.maximum(np.ceil(metres / PIECE_M), 1)
            count[1:][last] = 0
        _count_from_starts(before, shapes, block)
        return cls(shapes, np.cumsum(count, dtype=np.int32, out=count), before)

    def __len__(self) -> int:
        return int(self.first[-1])

    def take(self, numbers: ArrayLike) -> tuple[Floats, Column]:
        """Some pieces as `Roads` has them, shape (n, 6), and the road of each."""
        number = np.asarray(numbers, np.int32)
        point = np.searchsorted(self.first, number, "right") - 1
        at = _measure(self.shapes, point)
        nth, share = number - self.first[point], 1 / (self.first[point + 1] - self.first[point])
        piece = np.stack(
            [
                at.lon + at.dlon * nth * share,
                at.lat + at.dlat * nth * share,
                at.dlon * share,
                at.dlat * share,
                self.before[point] + at.metres * nth * share,
                at.metres * share,
            ],
            axis=1,
        )
        road = np.searchsorted(self.shapes.first, point, "right") - 1
        return piece, road.astype(np.int32)

    def blocks(self, block: int) -> Iterator[tuple[slice, Floats, Column]]:
        """All of them in the order of their numbers, and which those are."""
        for some in row_slices(len(self), block):
            yield some, *self.take(np.arange(some.start, some.stop))
            release_memory()


def _count_from_starts(before: Floats, shapes: Shapes, block: int) -> None:
    """Metres from the start of each road, of such from the start of the first one."""
    for some in row_slices(len(shapes), block):
        roads = shapes.first[some.start : some.stop + 1]
        before[roads[0] : roads[-1]] -= np.repeat(before[roads[:-1]], np.diff(roads))


@dataclass(frozen=True)
class _Stretches:
    """Straight lines: where they begin, the change to their ends, and how long they are."""

    lon: Floats
    lat: Floats
    dlon: Floats
    dlat: Floats
    metres: Floats


def _measure(shapes: Shapes, point: Ints) -> _Stretches:
    """From these points to those behind them."""
    lon, lat = shapes.degrees(point)
    to_lon, to_lat = shapes.degrees(np.minimum(point + 1, len(shapes.x) - 1))
    dlon, dlat = to_lon - lon, to_lat - lat
    middle = np.radians((lat + to_lat) / 2)
    metres = np.hypot(dlon * np.cos(middle), dlat) * ENGINE_METRES_PER_DEGREE
    return _Stretches(lon, lat, dlon, dlat, metres)


def write_pieces(out: Path, shapes: Shapes, group: Column, block: int = BLOCK) -> None:
    """The columns of pieces and cells of `Roads`.

    group: of each road, GROUPS to a `RoadKind`. block: how many pieces are held at once.
    """
    pieces = Pieces.of(shapes, block)
    sizes = _sizes(pieces, group, block)
    release_memory()
    keys = _sorted_keys(pieces, group, block)
    grid = Grid.of(keys[some] >> NUMBER_BITS for some in row_slices(len(keys), block))
    save_column(out, "cell", grid.cell)
    save_column(out, "cell_first", grid.first)
    with (
        _column_file(out, "piece", np.float64, (len(keys), 6)) as write_piece,
        _column_file(out, "piece_road", np.int32, (len(keys),)) as write_road,
        _column_file(out, "piece_sizes", np.uint8, (len(keys),)) as write_sizes,
    ):
        for some in row_slices(len(keys), block):
            numbers = keys[some] & ((1 << NUMBER_BITS) - 1)
            piece, road = pieces.take(numbers)
            write_piece(piece)
            write_road(road)
            write_sizes(sizes[numbers])


def save_column(out: Path, name: str, column: NDArray[Any]) -> None:
    """As `Roads.load` reads it."""
    with _column_file(out, name, column.dtype, column.shape) as write:
        write(column)


@contextmanager
def _column_file(
    out: Path, name: str, dtype: Any, shape: tuple[int, ...]
) -> Iterator[Callable[[NDArray[Any]], object]]:
    """A column's file, to be written some rows at a time; then what it took is given back."""
    descr = np.lib.format.dtype_to_descr(np.dtype(dtype))
    about = {"descr": descr, "fortran_order": False, "shape": shape}
    with (out / f"{name}.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, about)
        yield lambda rows: file.write(np.ascontiguousarray(rows).data)
    release_memory()


def _sorted_keys(pieces: Pieces, group: Column, block: int) -> Ints:
    """2. Cell and number of each piece in one number, ascending."""
    keys = np.empty(len(pieces), np.int64)
    for some, piece, road in pieces.blocks(block):
        cells = cell_of(piece[:, 0] + piece[:, 2] / 2, piece[:, 1] + piece[:, 3] / 2)
        cells += group[road].astype(np.int64) * CELLS_A_GROUP
        keys[some] = cells << NUMBER_BITS | np.arange(some.start, some.stop)
    keys.sort()
    return keys


def _sizes(pieces: Pieces, group: Column, block: int) -> Column:
    """3. For how many sizes each piece stands for a square."""
    side = SMALLEST_M / SQUARES_A_RADIUS / ENGINE_METRES_PER_DEGREE
    _, lat = pieces.shapes.degrees(pieces.shapes.first[:-1])
    narrow = np.cos(np.radians(float(np.median(lat, overwrite_input=True))))
    squares = np.empty(len(pieces), np.int64)
    share, of_group = np.empty((2, len(pieces)), np.uint8)
    for some, piece, road in pieces.blocks(block):
        column = np.floor(piece[:, 0] / side * narrow).astype(np.int64) + FAR
        row = np.floor(piece[:, 1] / side).astype(np.int64) + FAR
        squares[some] = column << 32 | row
        of = ((column >> SHARED) + (row >> SHARED)) % SHARES
        of_group[some] = group[road]
        share[some] = np.where(of_group[some] < GROUPS, of, SHARES)
    sizes = np.zeros(len(pieces), np.uint8)
    for one in range(SHARES):  # 4.
        _thin(sizes, squares, _plain_first(np.flatnonzero(share == one), of_group), range(SHARED))
        release_memory()
    left = _plain_first(np.flatnonzero(sizes == SHARED), of_group)
    _thin(sizes, squares, left, range(SHARED, SIZES))
    return sizes


def _plain_first(which: Ints, group: Column) -> Ints:
    """3. Pieces in the order in which they stand for squares."""
    return which[np.argsort(group[which], kind="stable")]


def _thin(sizes: Column, squares: Ints, which: Ints, some: range) -> None:
    """For some sizes, of these pieces alone, all of which stand for squares of those before."""
    square = squares[which]
    for size in some:
        _, first = np.unique(_widen(square, size), return_index=True)
        first.sort()
        which, square = which[first], square[first]
        sizes[which] = size + 1


def _widen(square: Ints, size: int) -> Ints:
    """The square of a size in which one of the smallest lies."""
    return square >> size & ~(LOW_HALF << 32 - size & LOW_HALF)
