"""The region's road index: every drivable road, and what hangs together; see indexing.py."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np

from app.errors import BadMap
from app.geo.cache import MemoryCache, once
from app.geo.driving.embedded import arrivals, snapping
from app.geo.driving.embedded.arrivals import StreetIndex
from app.geo.driving.embedded.graph import find_rows
from app.geo.driving.embedded.grid import (
    TILE_DEGREES,
    Grid,
    RoadKind,
    Tile,
    expand_ranges,
    sort_by_tile,
)
from app.geo.driving.embedded.piece_index import (
    AROUND,
    LENGTH_M,
    PIECE_M,
    START_M,
    Around,
    PieceIndex,
)
from app.geo.driving.embedded.pieces import SIZES, SMALLEST_M
from app.geo.driving.embedded.snapping import LOOKED_M, Snaps
from app.geo.driving.embedded.tiles import (
    ENGINE_METRES_PER_DEGREE,
    NUMBER_BITS,
    TILE_BITS,
    Column,
    LeftOut,
    tile_first,
)
from app.geo.driving.engine import Direction
from app.geo.points import Floats, Ints, Mask, Points
from app.geo.text_column import digest_texts

TREED = 4e6  # judgement: pieces in search trees that are kept, 50 bytes each
ARRIVED = 3e6  # judgement: points kept, 16 bytes each
LIGHTEST = 100  # in the same unit, where there are none: what keeping it takes


@dataclass(frozen=True)
class Roads:
    """All drivable roads of a region, in arrays that may lie on disk; loaded ones are read-only.

    Safe for threads: the search trees are made once however many ask.

    Of each directed edge: edge_key (ascending; Valhalla's GraphId, see `tile_first`), seconds,
    begin, end (nodes), road. opposing_key: ascending, the keys of the same stretches driven the
    other way, drivable or not; opposed: the edges whose they are. leaving, entering: edges by
    the node at which they begin and end; those of node n are leaving_first[n] to
    leaving_first[n + 1]. Of each road: edge (shape (r, 2): the edge along its shape and the one
    against it, -1 where that way is closed), nodes (shape (r, 2): at its first and last point),
    ends (shape (r, 4): lon, lat, lon, lat of those), length_m, open (False in a piece of the
    network too small for the engine). Of each piece of a road: piece (shape (p, 6): lon, lat,
    and their change to its end, metres from the road's start, metres), piece_road, piece_sizes (see
    pieces.py). cell, cell_first: see `Grid`.
    component: of each node, the number of the connected component it belongs to. gates: the nodes
    that are reached, or left, by roads only on which no point is put. lane, signs: which streets
    roads are, see street_signs.py.
    """

    edge_key: Ints
    opposing_key: Ints
    opposed: Column
    seconds: Floats
    begin: Column
    end: Column
    road: Column
    leaving: Column
    leaving_first: Column
    entering: Column
    entering_first: Column
    edge: Column
    nodes: Column
    ends: Floats
    length_m: Floats
    open: Mask
    piece: Floats
    piece_road: Column
    piece_sizes: Column
    cell: Column
    cell_first: Column
    component: Column
    gates: Column
    lane: Column
    signs: Ints

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The index that `build_roads` wrote, memory-mapped. Raises BadMap where it is broken."""
        try:
            return cls(
                **{
                    column.name: np.asarray(np.load(folder / f"{column.name}.npy", mmap_mode="r"))
                    for column in fields(cls)
                }
            )
        except (OSError, ValueError) as why:
            raise BadMap(f"the road index in {folder} can't be read: build it again") from why

    @once
    def grid(self) -> Grid:
        """Where the pieces lie."""
        return Grid(self.cell, self.cell_first)

    def open_pieces(self, tile: Tile, without: LeftOut = LeftOut.NOTHING) -> PieceIndex:
        """Those of open roads in a tile and within LOOKED_M of it; kept once made."""
        around = partial(self.grid.around, tile, LOOKED_M, RoadKind.OPEN, without)
        return self._tree(("open", tile, without), lambda: self._index(around()))

    def other_pieces(self, tile: Tile, without: LeftOut) -> PieceIndex:
        """Those of the other roads there on which an address may lie."""
        around = partial(self.grid.around, tile, LOOKED_M, RoadKind.OTHER, without)
        return self._tree(("others", tile, without), lambda: self._index(around(), LOOKED_M))

    def barrier_pieces(self, tile: Tile) -> PieceIndex:
        """Those of motorways and ramps there that are neither bridges nor tunnels."""
        around = partial(self.grid.around, tile, LOOKED_M, RoadKind.BARRIER)
        return self._tree(("barriers", tile), lambda: self._index(around()))

    def far_pieces(self, lon: Floats, lat: Floats, without: LeftOut) -> PieceIndex:
        """Those of open roads nearest to points that are far from any."""
        return self._index(self.grid.nearest(lon, lat, without))

    def street_pieces(self, tile: Tile) -> StreetIndex:
        """The pieces of open streets with names in a tile and within LOOKED_M of it."""

        def make() -> StreetIndex:
            which = self.grid.around(tile, LOOKED_M)
            return StreetIndex.of(self.piece, which, self.piece_road[which], self.signs)

        return self._tree(("streets", tile), make)

    def _thinned(self, size: int, tile: Tile, without: LeftOut) -> PieceIndex:
        """Those of open roads that stand for squares, in a tile and a circle's width around."""

        def make() -> PieceIndex:
            near = self.grid.around(tile, SMALLEST_M * 2.0**size, RoadKind.OPEN, without)
            return self._index(near[self.piece_sizes[near] > size])

        return self._tree((size, tile, without), make)

    def _index(self, which: Ints, bound_m: float = np.inf) -> PieceIndex:
        return PieceIndex.of(self.piece, which, bound_m)

    def _tree[T: (PieceIndex, StreetIndex)](self, key: Hashable, make: Callable[[], T]) -> T:
        kept: T = self._trees.get_or_make(key, make, lambda index: LIGHTEST + len(index.which))
        return kept

    @once
    def _trees(self) -> MemoryCache[Any]:
        return MemoryCache(TREED)

    def snap(self, points: Points, without: LeftOut = LeftOut.NOTHING) -> Snaps:
        """Where each point lies, by the engine's rules. Safe for threads."""
        return snapping.snap_points(self, points, without)

    def arrive(self, points: Points, streets: Sequence[str]) -> Points:
        """Where a drive to each point ends: on its street, "" where that is not known."""
        return self._arrived.get_or_make(
            (points.digest, digest_texts(streets)),
            lambda: arrivals.find_arrivals(self, points, streets),
            len,
        )

    @once
    def _arrived(self) -> MemoryCache[Points]:
        return MemoryCache(ARRIVED)

    def within(
        self, points: Points, radius_m: Floats, without: LeftOut = LeftOut.NOTHING
    ) -> Around:
        """Roads within each radius, thinned evenly to AROUND positions a point."""
        size = np.ceil(np.log2(np.maximum(radius_m, PIECE_M) / SMALLEST_M)).astype(int)
        near = np.full((len(points), AROUND), -1, np.int32)
        for step in np.unique(size).tolist():
            rows = np.flatnonzero(size == step)
            some = points[rows], radius_m[rows]
            near[rows] = self._in_circles(*some, min(step, SIZES - 1), without)
        road = self.piece_road[near]
        middle = self.piece[near, START_M] + self.piece[near, LENGTH_M] / 2
        fraction = np.minimum(middle / np.maximum(self.length_m[road], 1), 1)
        return Around(np.where(near < 0, -1, road), fraction)

    def _in_circles(self, points: Points, radius_m: Floats, size: int, without: LeftOut) -> Ints:
        """Pieces, shape (n, AROUND), in circles of one size."""
        most_m = SMALLEST_M * 2.0**size
        wide = np.ceil(np.log2(most_m / ENGINE_METRES_PER_DEGREE / TILE_DEGREES))
        found = np.full((len(points), AROUND), -1)
        for tile, rows in sort_by_tile(points.lon, points.lat, TILE_DEGREES * 2.0 ** max(wide, 0)):
            here, index = points[rows], self._thinned(size, tile, without)
            found[rows] = index.within(here.lon, here.lat, radius_m[rows], most_m)
        return found

    def find_edges(self, graph_ids: Ints) -> Column:
        """The edge of each of Valhalla's GraphIds, -1 where it is none that a car may use."""
        return find_rows(self.edge_key, tile_first(graph_ids))

    def find_opposed(self, graph_ids: Ints) -> Column:
        """The edge that leads the other way of each, -1 where it is none that a car may use."""
        row = find_rows(self.opposing_key, tile_first(graph_ids))
        return np.where(row < 0, -1, self.opposed[row])

    def graph_ids(self, edges: Column) -> Ints:
        """Valhalla's GraphIds of edges."""
        key = self.edge_key[edges]
        ids: Ints = (key >> NUMBER_BITS) | (key & ((1 << NUMBER_BITS) - 1)) << TILE_BITS
        return ids

    def leading(self, nodes: Column, direction: Direction) -> Ints:
        """The edges that leave any of these nodes; driving back those that enter them."""
        out = direction is Direction.OUT
        first = self.leaving_first if out else self.entering_first
        edges = self.leaving if out else self.entering
        return edges[expand_ranges(first[nodes].astype(np.int64), first[nodes + 1])]
