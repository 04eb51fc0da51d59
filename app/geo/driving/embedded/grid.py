"""Where pieces of road lie on the disk: cell by cell, so that a question reads its own ground only.

1. Cells. A piece belongs to the cell in which its middle lies, one CELLS-th of a degree wide and
   high. The cells go block by block, SIDE cells wide and high, so that neighbours share pages; the
   blocks, and the cells of each, from west to east, then from south to north. Those of one
   kind lie together, open roads first; of each kind those of one group, which are roads of the same
   kinds that may be left out.
2. Tiles. Whoever searches near some points sorts these by tiles; what lies in a tile or within some
   metres of it is one range of rows for each row of cells of each block.
3. The nearest. Each cell has a piece, so the COUNT cells with the nearest middles have COUNT of
   them. As many nearest pieces lie no farther than the last of those middles and half a cell, so
   the middles of their cells no farther than with half a cell more. So it is among the cells of
   some groups only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from app.geo.cache import MemoryCache, once
from app.geo.driving.embedded.tiles import ENGINE_METRES_PER_DEGREE, LeftOut
from app.geo.points import Floats, Ints, Mask, unit_sphere

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

CELLS = 64  # judgement: to a degree, a mile each; finer ones are more ranges for each tile
SIDE = 16  # judgement: cells; a quarter of a degree
AROUND_THE_EARTH = 360 * CELLS
CELLS_A_GROUP = AROUND_THE_EARTH * 180 * CELLS  # by so much the cells of the next group differ
GROUPS = 4  # of a kind: one for every value of `LeftOut`
CELLS_A_KIND = GROUPS * CELLS_A_GROUP
COUNT = 8  # at least as many as are looked at of what lies far from any road
SPHERE_M = ENGINE_METRES_PER_DEGREE * 180 / np.pi  # its radius, by which the engine measures
HALF_CELL_M = np.hypot(1, 1) / 2 / CELLS * ENGINE_METRES_PER_DEGREE  # to its corners, at most
TILE_DEGREES = 0.25  # judgement: like the engine's own; larger ones take longer for one point


class RoadKind(IntEnum):
    """What pieces are of, for points to be put on.

    OPEN: roads that are open, see connections.py. OTHER: the other roads on which an address may
    lie. BARRIER: those on which none does, a motorway or a ramp on the ground. PASSED: such a
    bridge, and any tunnel.
    """

    OPEN = 0
    OTHER = 1
    BARRIER = 2
    PASSED = 3


class Tile(NamedTuple):
    """Ground between two latitudes and two longitudes: the lower ones, degrees, and its size."""

    lon: float
    lat: float
    degrees: float


def cell_of(lon: Floats, lat: Floats) -> Ints:
    """1. The cell of each point, of those of the first group."""
    row = np.minimum(np.floor((lat + 90) * CELLS), 180 * CELLS - 1)
    column = np.floor((lon + 180) * CELLS) % AROUND_THE_EARTH
    return _cell(row.astype(np.int64), column.astype(np.int64))


def _cell(row: Ints, column: Ints) -> Ints:
    """The number of a cell, rows from the south pole, columns from the 180th meridian."""
    block = row // SIDE * (AROUND_THE_EARTH // SIDE) + column // SIDE
    cell: Ints = (block * SIDE + row % SIDE) * SIDE + column % SIDE
    return cell


def _row_and_column(cell: NDArray[Any]) -> tuple[Ints, Ints]:
    """Of the numbers of cells, of whatever group."""
    block, inside = np.divmod(cell.astype(np.int64) % CELLS_A_GROUP, SIDE * SIDE)
    row, column = np.divmod(block, AROUND_THE_EARTH // SIDE)
    return row * SIDE + inside // SIDE, column * SIDE + inside % SIDE


def _row(lat: float) -> int:
    return int(np.clip(np.floor((lat + 90) * CELLS), 0, 180 * CELLS - 1))


def sort_by_tile(lon: Floats, lat: Floats, degrees: float) -> list[tuple[Tile, Ints]]:
    """2. The tiles of that size which points lie in, each with its points in their order."""
    row, column = np.floor(lat / degrees), np.floor(lon / degrees)
    tile = (row * AROUND_THE_EARTH + column).astype(np.int64)
    order = np.argsort(tile, kind="stable")
    first = np.flatnonzero(np.diff(tile[order], prepend=-(2**62)))
    at = zip((column[order[first]] * degrees), (row[order[first]] * degrees), strict=True)
    named = (Tile(float(west), float(south), degrees) for west, south in at)
    return list(zip(named, np.split(order, first[1:]), strict=True)) if len(lon) else []


def _around(degrees: Floats) -> tuple[float, float]:
    wide = 2 * TILE_DEGREES
    return float(degrees.min()) - wide, float(degrees.max()) + wide


def _cells_around(tile: Tile, metres: float) -> tuple[Ints, Ints]:
    """2. The first and the last cell of each range, of those of the first group."""
    angle = float(2 * np.arcsin(min(1.0, metres / 2 / SPHERE_M)))
    up, north = np.degrees(angle), tile.lat + tile.degrees
    widest = max(abs(tile.lat), abs(north))
    across = 180.0  # over a pole
    if widest + up < 90:
        across = float(np.degrees(np.arcsin(np.sin(angle) / np.cos(np.radians(widest)))))
    row = np.arange(_row(tile.lat - up), _row(north + up) + 1)
    left, right = (
        int(np.floor((lon + 180) * CELLS))
        for lon in (tile.lon - across, tile.lon + tile.degrees + across)
    )
    right = min(right, left + AROUND_THE_EARTH - 1)
    later = np.arange(left // SIDE + 1, right // SIDE + 1) * SIDE  # where more blocks begin
    first, last = np.append(left, later), np.append(later - 1, right)
    low, high = (_cell(row[:, None], of % AROUND_THE_EARTH).ravel() for of in (first, last))
    return low, high


def _are_wanted(group: Ints, without: LeftOut) -> Mask:
    """Whether each group, of whatever kind, is of roads of which nothing is left out."""
    wanted: Mask = group & without == 0
    return wanted


def expand_ranges(first: Ints, last: Ints) -> Ints:
    """The numbers from each `first` to before its `last`, one range after the other."""
    count = last - first
    rows: Ints = np.arange(count.sum()) + np.repeat(first - np.cumsum(count) + count, count)
    return rows


@dataclass(frozen=True)
class Grid:
    """The cells that have pieces, ascending; those of cell i are first[i] to first[i + 1]."""

    cell: NDArray[Any]
    first: NDArray[Any]

    @classmethod
    def of(cls, blocks: Iterable[Ints]) -> Self:
        """Of the cells of pieces sorted by them, some at a time."""
        cells, firsts, count, last = [np.zeros(0, np.uint32)], [], 0, -1
        for some in blocks:
            begins = np.flatnonzero(np.diff(some, prepend=last))
            cells.append(some[begins].astype(np.uint32))
            firsts.append(begins + count)
            count, last = count + len(some), some[-1]
        return cls(np.concatenate(cells), np.concatenate([*firsts, [count]]))

    def around(
        self,
        tile: Tile,
        metres: float,
        kind: RoadKind = RoadKind.OPEN,
        without: LeftOut = LeftOut.NOTHING,
    ) -> Ints:
        """2. The pieces of a kind in the tile and so far around it, but for what is left out."""
        low, high = _cells_around(tile, metres)
        wanted = np.flatnonzero(_are_wanted(np.arange(GROUPS), without))
        begins = kind * CELLS_A_KIND + wanted * CELLS_A_GROUP
        return self._ranges(*(np.add.outer(begins, of).ravel() for of in (low, high)))

    def _ranges(self, low: Ints, high: Ints) -> Ints:
        """The pieces in cells `low` to `high`, both included."""
        begin = np.searchsorted(self.cell, low.astype(np.uint32))
        end = np.searchsorted(self.cell, high.astype(np.uint32), "right")
        return expand_ranges(self.first[begin], self.first[end])

    def may_be_near(self, lon: Floats, lat: Floats) -> Mask:
        """False for points a tile or more away from the box around all cells."""
        if not len(self.cell):
            return np.zeros(len(lon), bool)
        (south, north), (west, east) = self._box
        inside = (lat > south) & (lat < north)
        over = west < -180 or east > 180  # the line where longitudes begin
        near: Mask = inside & (over | ((lon > west) & (lon < east)))
        return near

    @once
    def _box(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Latitudes and longitudes around all cells, two tiles away from them."""
        row, column = _row_and_column(self.cell)
        return _around(row / CELLS - 90), _around(column / CELLS - 180)

    def nearest(self, lon: Floats, lat: Floats, without: LeftOut = LeftOut.NOTHING) -> Ints:
        """3. Pieces of open roads, among them the COUNT with the nearest middles to each point."""
        which, tree = self._trees.get_or_make(without, lambda: self._plant(without), lambda _: 1)
        if tree is None:
            return np.zeros(0, np.int64)
        at = unit_sphere(lon, lat) * SPHERE_M
        far, _ = tree.query(at, k=[min(COUNT, tree.n)])
        found = tree.query_ball_point(at, far[:, 0] + 2 * HALF_CELL_M)
        near = which[np.unique(np.concatenate(found).astype(np.int64))]
        return expand_ranges(self.first[near], self.first[near + 1])

    @once
    def _trees(self) -> "MemoryCache[tuple[Ints, cKDTree | None]]":
        return MemoryCache(GROUPS)

    def _plant(self, without: LeftOut) -> "tuple[Ints, cKDTree | None]":
        """The cells of open roads but what is left out; their middles, each has some pieces."""
        from scipy.spatial import cKDTree

        cell = self.cell[: np.searchsorted(self.cell, np.uint32(CELLS_A_KIND))]
        which = np.flatnonzero(_are_wanted(cell // CELLS_A_GROUP, without))
        row, column = _row_and_column(cell[which])
        lon, lat = (column + 0.5) / CELLS - 180, (row + 0.5) / CELLS - 90
        return which, cKDTree(unit_sphere(lon, lat) * SPHERE_M) if len(which) else None
