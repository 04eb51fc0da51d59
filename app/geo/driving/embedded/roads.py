"""The region's road index: every drivable road, and what hangs together.

Which roads are open, so that a point is put on them, goes by what Valhalla's search asks
(check_reachability in src/loki/search.cc, SimpleReach in src/loki/reach.cc):

1. Ways. A car drives every edge but impassable ones and those that leave a barred node.
2. Components. Nodes with any connection at all, in whatever direction, are one component.
3. Core. Nodes of a loop of ENOUGH or more, which can all be driven to from each other, reach enough
   and are reached by enough. So do those that reach the core, and are those that it reaches. The
   few that are left are counted one by one.
4. Edges. One is usable if enough nodes can be driven to from its end and enough lead to its
   beginning.
5. Roads. One is open if its usable edge is among those that the engine tries: of the two directions
   of a road it lists one in its tiles, and that alone.

How they lie on the disk, so that a question touches what is near its points and its home base only:

6. Edges. In the order of the engine's tiles, and in each of its edges; nodes in the order in which
   edges name them.
7. Pieces. In the order of their cells, see grid.py.
8. Thinned pieces. Into squares of SIZES sizes, each twice the one before, fall the open pieces by
   their first ends; of each square the first piece stands for all. It does for the smaller ones of
   the square's, too, so one number says it all: how many sizes a piece stands for one of.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np

from app.errors import BadMap
from app.geo.cache import MemoryCache, once
from app.geo.driving.embedded import graph, snapping
from app.geo.driving.embedded.graph import ENGINE_METRES_PER_DEGREE, TILE_BITS, Graph
from app.geo.driving.embedded.grid import (
    OTHERS,
    TILE_DEGREES,
    Grid,
    Tile,
    cell_of,
    expand_ranges,
    sort_by_tile,
)
from app.geo.driving.embedded.snapping import (
    AROUND,
    LOOKED_M,
    PIECE_M,
    SQUARES_A_RADIUS,
    Around,
    Column,
    PieceIndex,
    Snaps,
)
from app.geo.driving.engine import Direction
from app.geo.points import Floats, Ints, Mask, Points

LOW_HALF = 0xFFFFFFFF  # of 64 bits, to hold a row beside its column
TREED = 4e6  # judgement: pieces in search trees that are kept, 50 bytes each
LIGHTEST = 100  # in the same unit, where there are none: what keeping it takes
SMALLEST_M = 2.0 ** np.ceil(np.log2(PIECE_M))  # the first size of squares' circles; see 8.
SIZES = 24  # of them: the last one is wider than the earth
NUMBER_BITS = 21  # of a GraphId, above TILE_BITS: the edge's number in its tile
ENOUGH = 50  # nodes; loki.service_defaults.minimum_reachability in valhalla_build_config
START_M, LENGTH_M = 4, 5  # columns of `piece`, gathered one by one: both at once takes longer


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
    8.). cell, cell_first: see `Grid`.
    component: of each node, the number of the connected component it belongs to.
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

    def save(self, folder: Path) -> None:
        """Write every column to `folder`, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        for column in fields(self):
            np.save(folder / f"{column.name}.npy", getattr(self, column.name))

    @once
    def grid(self) -> Grid:
        """Where the pieces lie."""
        return Grid(self.cell, self.cell_first)

    def open_pieces(self, tile: Tile) -> PieceIndex:
        """Those of open roads in a tile and within LOOKED_M of it; kept once made."""
        return self._tree(("open", tile), lambda: self._index(self.grid.around(tile, LOOKED_M)))

    def other_pieces(self, tile: Tile) -> PieceIndex:
        """Those of the other roads there."""
        around = partial(self.grid.around, tile, LOOKED_M, others=True)
        return self._tree(("others", tile), lambda: self._index(around(), LOOKED_M))

    def far_pieces(self, lon: Floats, lat: Floats) -> PieceIndex:
        """Those of open roads nearest to points that are far from any."""
        return self._index(self.grid.nearest(lon, lat))

    def _thinned(self, size: int, tile: Tile) -> PieceIndex:
        """8. Those of open roads that stand for squares, in a tile and a circle's width around."""

        def make() -> PieceIndex:
            near = self.grid.around(tile, SMALLEST_M * 2.0**size)
            return self._index(near[self.piece_sizes[near] > size])

        return self._tree((size, tile), make)

    def _index(self, which: Ints, bound_m: float = np.inf) -> PieceIndex:
        return PieceIndex.of(self.piece, which, bound_m)

    def _tree(self, key: Hashable, make: Callable[[], PieceIndex]) -> PieceIndex:
        kept: PieceIndex = self._trees.get_or_make(
            key, make, lambda index: LIGHTEST + len(index.which)
        )
        return kept

    @once
    def _trees(self) -> MemoryCache[PieceIndex]:
        return MemoryCache(TREED)

    def snap(self, points: Points) -> Snaps:
        """Where each point lies, by the engine's rules. Safe for threads."""
        return snapping.snap_points(self, points)

    def within(self, points: Points, radius_m: Floats) -> Around:
        """Roads within each radius, thinned evenly to AROUND positions a point."""
        size = np.ceil(np.log2(np.maximum(radius_m, PIECE_M) / SMALLEST_M)).astype(int)
        near = np.full((len(points), AROUND), -1, np.int32)
        for step in np.unique(size).tolist():
            rows = np.flatnonzero(size == step)
            near[rows] = self._in_circles(points[rows], radius_m[rows], min(step, SIZES - 1))
        road = self.piece_road[near]
        middle = self.piece[near, START_M] + self.piece[near, LENGTH_M] / 2
        fraction = np.minimum(middle / np.maximum(self.length_m[road], 1), 1)
        return Around(np.where(near < 0, -1, road), fraction)

    def _in_circles(self, points: Points, radius_m: Floats, size: int) -> Ints:
        """Pieces, shape (n, AROUND), in circles of one size."""
        most_m = SMALLEST_M * 2.0**size
        wide = np.ceil(np.log2(most_m / ENGINE_METRES_PER_DEGREE / TILE_DEGREES))
        found = np.full((len(points), AROUND), -1)
        for tile, rows in sort_by_tile(points.lon, points.lat, TILE_DEGREES * 2.0 ** max(wide, 0)):
            here, index = points[rows], self._thinned(size, tile)
            found[rows] = index.within(here.lon, here.lat, radius_m[rows], most_m)
        return found

    def find_edges(self, graph_ids: Ints) -> Column:
        """The edge of each of Valhalla's GraphIds, -1 where it is none that a car may use."""
        return _search(self.edge_key, tile_first(graph_ids))

    def find_opposed(self, graph_ids: Ints) -> Column:
        """The edge that leads the other way of each, -1 where it is none that a car may use."""
        row = _search(self.opposing_key, tile_first(graph_ids))
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


def tile_first(graph_ids: Ints) -> Ints:
    """6. Numbers of which those of one tile follow each other: its id in the upper bits."""
    keys: Ints = (graph_ids & ((1 << TILE_BITS) - 1)) << NUMBER_BITS | graph_ids >> TILE_BITS
    return keys


def _search(keys: Ints, asked: Ints) -> Ints:
    """The row of each number in an ascending column, -1 where it is not there."""
    row = np.searchsorted(keys, asked).clip(max=len(keys) - 1)
    return np.where(keys[row] == asked, row, -1)


def build_roads(tiles: Path, out: Path, progress: Callable[[str], None] | None = None) -> int:
    """Write the road index of a folder of routing tiles into `out`; the directed edges it has."""
    say = progress or (lambda _: None)
    say("reading the roads")
    made = index_graph(graph.read_graph(tiles))
    say(f"writing {len(made.edge_key):,} directed roads")
    made.save(out)
    return len(made.edge_key)


def index_graph(roads: Graph) -> Roads:
    """The index of a graph."""
    keys = tile_first(roads.edge_id)
    order = np.argsort(keys)
    road = roads.road[order]
    edge = np.full((len(roads.first) - 1, 2), -1, np.int32)
    edge[road, np.where(roads.along[order], 0, 1)] = np.arange(len(order))
    opposing = tile_first(roads.opposing[order])
    opposed = np.argsort(opposing, kind="stable")
    number = _numbers(roads, order)
    begin, end = number[roads.begin[order]], number[roads.end[order]]
    along, against = edge.T
    turned = along < 0
    some = np.where(turned, against, along)
    nodes = np.stack(
        [np.where(turned, end[some], begin[some]), np.where(turned, begin[some], end[some])], axis=1
    )
    head, last = roads.first[:-1], roads.first[1:] - 1
    ends = np.stack([roads.lon[head], roads.lat[head], roads.lon[last], roads.lat[last]], axis=1)
    component, usable = _connections(roads)
    is_open = _open(roads, usable)
    leaving, leaving_first = _by_node(begin, roads.nodes)
    entering, entering_first = _by_node(end, roads.nodes)
    return Roads(
        edge_key=keys[order],
        opposing_key=opposing[opposed],
        opposed=opposed.astype(np.int32),
        seconds=roads.seconds[order],
        begin=begin,
        end=end,
        road=road.astype(np.int32),
        leaving=leaving,
        leaving_first=leaving_first,
        entering=entering,
        entering_first=entering_first,
        edge=edge,
        nodes=nodes,
        ends=ends,
        length_m=roads.length_m[order][some],
        open=is_open,
        component=component[np.argsort(number)],
        **_laid_out(*_pieces(roads), is_open, float(np.median(ends[:, 1]))),
    )


def _numbers(roads: Graph, order: Ints) -> Column:
    """6. The new number of each node."""
    named = np.stack([roads.begin[order], roads.end[order]], axis=1).ravel()
    _, first = np.unique(named, return_index=True)
    number = np.empty(roads.nodes, np.int32)
    number[np.argsort(first)] = np.arange(roads.nodes)
    return number


def _by_node(node: Column, nodes: int) -> tuple[Column, Column]:
    """The edges by their node, and where those of each begin and the last end."""
    first = np.concatenate([[0], np.cumsum(np.bincount(node, minlength=nodes))])
    return np.argsort(node, kind="stable").astype(np.int32), first.astype(np.int32)


def _laid_out(piece: Floats, road: Column, is_open: Mask, lat: float) -> dict[str, Any]:
    """7. The columns of pieces; `lat`: the region's middle latitude."""
    there = is_open[road]
    cells = cell_of(piece[:, 0] + piece[:, 2] / 2, piece[:, 1] + piece[:, 3] / 2)
    cells += np.where(there, 0, OTHERS)
    order = np.argsort(cells, kind="stable")
    grid = Grid.of(cells[order])
    return {
        "piece": piece[order],
        "piece_road": road[order],
        "piece_sizes": _sizes(piece, there, lat)[order],
        "cell": grid.cell,
        "cell_first": grid.first,
    }


def _sizes(piece: Floats, there: Mask, lat: float) -> Column:
    """8. For how many sizes each piece stands for a square."""
    sizes = np.zeros(len(piece), np.uint8)
    which = np.flatnonzero(there)
    for size in range(SIZES):
        side = SMALLEST_M * 2.0**size / SQUARES_A_RADIUS / ENGINE_METRES_PER_DEGREE
        column = np.floor(piece[which, 0] / side * np.cos(np.radians(lat)))
        row = np.floor(piece[which, 1] / side)
        square = column.astype(np.int64) << 32 | row.astype(np.int64) & LOW_HALF
        _, first = np.unique(square, return_index=True)
        which = which[np.sort(first)]
        sizes[which] = size + 1
    return sizes


def _pieces(roads: Graph) -> tuple[Floats, Column]:
    """Every straight stretch, cut into equal pieces no longer than PIECE_M."""
    start = np.delete(np.arange(len(roads.lon)), roads.first[1:] - 1)
    road = np.repeat(np.arange(len(roads.first) - 1), np.diff(roads.first) - 1)
    dlon, dlat = roads.lon[start + 1] - roads.lon[start], roads.lat[start + 1] - roads.lat[start]
    middle = np.radians((roads.lat[start] + roads.lat[start + 1]) / 2)
    metres = np.hypot(dlon * np.cos(middle), dlat) * ENGINE_METRES_PER_DEGREE
    before = np.concatenate([[0], np.cumsum(metres)])[:-1]
    before -= np.repeat(
        before[roads.first[:-1] - np.arange(len(roads.first) - 1)], np.diff(roads.first) - 1
    )
    count = np.maximum(np.ceil(metres / PIECE_M), 1).astype(np.int64)
    one = np.repeat(np.arange(len(start)), count)
    nth = np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
    share = 1 / count[one]
    piece = np.stack(
        [
            roads.lon[start][one] + dlon[one] * nth * share,
            roads.lat[start][one] + dlat[one] * nth * share,
            dlon[one] * share,
            dlat[one] * share,
            before[one] + metres[one] * nth * share,
            metres[one] * share,
        ],
        axis=1,
    )
    return piece, road[one].astype(np.int32)


def _open(roads: Graph, usable: Mask) -> Mask:
    """5. Of each road, whether the engine takes it as connected."""
    n = len(roads.first) - 1
    has_listed = np.bincount(roads.road[roads.listed], minlength=n) > 0
    tried = roads.listed | ~has_listed[roads.road]
    return np.bincount(roads.road[tried & usable], minlength=n) > 0


def _connections(roads: Graph) -> tuple[Column, Mask]:
    """The component of each node, and the edges the engine would snap to."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    ways = roads.passable & ~roads.barred[roads.begin]  # 1.
    links = csr_array(
        (np.ones(ways.sum(), np.int8), (roads.begin[ways], roads.end[ways])),
        shape=(roads.nodes, roads.nodes),
    )
    _, component = connected_components(links, directed=False)  # 2.
    _, loops = connected_components(links, directed=True, connection="strong")  # 3.
    core = np.bincount(loops)[loops] >= ENOUGH
    leads = _can_reach(links.T.tocsr(), links, core)
    led_to = _can_reach(links, links.T.tocsr(), core)
    led_to &= ~roads.barred
    return component.astype(np.int32), leads[roads.end] & led_to[roads.begin]  # 4.


def _can_reach(back: Any, onward: Any, core: Mask) -> Mask:
    """Nodes from which the core, or else ENOUGH nodes, can be reached going `onward`."""
    reached = core.copy()
    front = np.flatnonzero(core)
    while len(front):
        near = _neighbours(back, front)
        front = near[~reached[near]]
        reached[front] = True
    for node in np.flatnonzero(~reached):
        reached[node] = _reaches_enough(onward, int(node))
    return reached


def _neighbours(links: Any, nodes: Ints) -> Ints:
    """The nodes that links lead to from any of these, each once."""
    at = expand_ranges(links.indptr[nodes].astype(np.int64), links.indptr[nodes + 1])
    return np.unique(links.indices[at].astype(np.int64))


def _reaches_enough(links: Any, node: int) -> bool:
    """Whether ENOUGH nodes, itself included, can be reached."""
    seen, todo = {node}, [node]
    while todo and len(seen) < ENOUGH:
        at = todo.pop()
        fresh = set(links.indices[links.indptr[at] : links.indptr[at + 1]].tolist()) - seen
        seen |= fresh
        todo.extend(fresh)
    return len(seen) >= ENOUGH
