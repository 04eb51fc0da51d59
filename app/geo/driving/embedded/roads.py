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
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from app.errors import BadMap
from app.geo.cache import MemoryCache, once
from app.geo.driving.embedded import graph, snapping
from app.geo.driving.embedded.graph import ENGINE_METRES_PER_DEGREE, Graph
from app.geo.driving.embedded.snapping import (
    AROUND,
    PIECE_M,
    SQUARES_A_RADIUS,
    Around,
    Column,
    PieceIndex,
    Snaps,
)
from app.geo.driving.engine import SNAP_M
from app.geo.points import Floats, Ints, Mask, Points

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

LOW_HALF = 0xFFFFFFFF  # of 64 bits, to hold a row beside its column
THINNED = 24  # thinned copies kept: every power of two from a piece to the longest radius
ENOUGH = 50  # nodes; loki.service_defaults.minimum_reachability in valhalla_build_config
START_M, LENGTH_M = 4, 5  # columns of `piece`, gathered one by one: both at once takes longer
FILE_NAMES = {"component": "network"}  # of columns that an earlier version wrote by another name


@dataclass(frozen=True)
class Roads:
    """All drivable roads of a region, in arrays that may lie on disk; loaded ones are read-only.

    Safe for threads: the search trees are made once however many ask.

    Of each directed edge: edge_id (ascending), opposing (both Valhalla's GraphIds), seconds,
    begin, end (nodes). Of each road: edge (shape (r, 2): the edge along its shape and the one
    against it, -1 where that way is closed), nodes (shape (r, 2): at its first and last point),
    ends (shape (r, 4): lon, lat, lon, lat of those), length_m, open (False in a piece of the
    network too small for the engine). Of each piece of a road: piece (shape (p, 6): lon, lat,
    and their change to its end, metres from the road's start, metres), piece_road.
    component: of each node, the number of the connected component it belongs to.
    """

    edge_id: Ints
    opposing: Ints
    seconds: Floats
    begin: Column
    end: Column
    edge: Column
    nodes: Column
    ends: Floats
    length_m: Floats
    open: Mask
    piece: Floats
    piece_road: Column
    component: Column

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The index that `build_roads` wrote, memory-mapped. Raises BadMap where it is broken."""
        try:
            return cls(
                **{
                    column.name: np.asarray(np.load(_file(folder, column.name), mmap_mode="r"))
                    for column in fields(cls)
                }
            )
        except (OSError, ValueError) as why:
            raise BadMap(f"the road index in {folder} can't be read: build it again") from why

    def save(self, folder: Path) -> None:
        """Write every column to `folder`, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        for column in fields(self):
            np.save(_file(folder, column.name), getattr(self, column.name))

    @once
    def _open(self) -> PieceIndex:
        return PieceIndex.of(self, np.flatnonzero(self.open[self.piece_road]), np.inf)

    @once
    def _closed(self) -> PieceIndex:
        return PieceIndex.of(self, np.flatnonzero(~self.open[self.piece_road]), SNAP_M + PIECE_M)

    def snap(self, points: Points) -> Snaps:
        """Where each point lies, by the engine's rules. Safe for threads."""
        return snapping.snap_points(self, self._open, self._closed, points)

    def within(self, points: Points, radius_m: Floats) -> Around:
        """Roads within each radius, thinned evenly to AROUND positions a point."""
        size = 2.0 ** np.ceil(np.log2(np.maximum(radius_m, PIECE_M)))
        near = np.full((len(points), AROUND), -1, np.int32)
        for step in np.unique(size):
            rows = np.flatnonzero(size == step)
            which, tree = self._thinned(float(step))
            found = snapping.search_circles(tree, points[rows], radius_m[rows], float(step))
            near[rows] = np.where(found < 0, -1, which[found])
        road = self.piece_road[near]
        middle = self.piece[near, START_M] + self.piece[near, LENGTH_M] / 2
        fraction = np.minimum(middle / np.maximum(self.length_m[road], 1), 1)
        return Around(np.where(near < 0, -1, road), fraction)

    def _thinned(self, size_m: float) -> "tuple[Ints, cKDTree]":
        """Open pieces, SQUARES_A_RADIUS squares to that size with one in each; kept once made."""
        thinned: tuple[Ints, cKDTree] = self._thin.get_or_make(
            size_m, lambda: self._thin_out(size_m), lambda _: 1
        )
        return thinned

    def _thin_out(self, size_m: float) -> "tuple[Ints, cKDTree]":
        every = self._open
        side = size_m / SQUARES_A_RADIUS / ENGINE_METRES_PER_DEGREE
        lon, lat, *_ = every.piece.T
        column = np.floor(lon / side * np.cos(np.radians(self._lat)))
        row = np.floor(lat / side)
        square = column.astype(np.int64) << 32 | row.astype(np.int64) & LOW_HALF
        _, first = np.unique(square, return_index=True)
        which: Ints = every.which[np.sort(first)]
        return which, snapping.plant_tree(np.asarray(self.piece)[which])

    @once
    def _thin(self) -> "MemoryCache[tuple[Ints, cKDTree]]":
        return MemoryCache(THINNED)

    @once
    def _lat(self) -> float:
        """The region's middle latitude."""
        _, lat, _, _ = self.ends.T
        return float(np.median(lat))


def _file(folder: Path, column: str) -> Path:
    return folder / f"{FILE_NAMES.get(column, column)}.npy"


def build_roads(tiles: Path, out: Path, progress: Callable[[str], None] | None = None) -> int:
    """Write the road index of a folder of routing tiles into `out`; the directed edges it has."""
    say = progress or (lambda _: None)
    say("reading the roads")
    made = index_graph(graph.read_graph(tiles))
    say(f"writing {len(made.edge_id):,} directed roads")
    made.save(out)
    return len(made.edge_id)


def index_graph(roads: Graph) -> Roads:
    """The index of a graph."""
    order = np.argsort(roads.edge_id)
    edge = np.full((len(roads.first) - 1, 2), -1, np.int32)
    edge[roads.road[order], np.where(roads.along[order], 0, 1)] = np.arange(len(order))
    begin, end = roads.begin[order].astype(np.int32), roads.end[order].astype(np.int32)
    along, against = edge.T
    turned = along < 0
    some = np.where(turned, against, along)
    nodes = np.stack(
        [np.where(turned, end[some], begin[some]), np.where(turned, begin[some], end[some])], axis=1
    )
    last = roads.first[1:] - 1
    head = roads.first[:-1]
    piece, piece_road = _pieces(roads)
    component, usable = _connections(roads)
    return Roads(
        edge_id=roads.edge_id[order],
        opposing=roads.opposing[order],
        seconds=roads.seconds[order],
        begin=begin,
        end=end,
        edge=edge,
        nodes=nodes,
        ends=np.stack([roads.lon[head], roads.lat[head], roads.lon[last], roads.lat[last]], axis=1),
        length_m=roads.length_m[order][some],
        open=_open(roads, usable),
        piece=piece,
        piece_road=piece_road,
        component=component,
    )


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
    count = links.indptr[nodes + 1] - links.indptr[nodes]
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    near: Ints = links.indices[np.repeat(links.indptr[nodes], count) + nth].astype(np.int64)
    return np.unique(near)


def _reaches_enough(links: Any, node: int) -> bool:
    """Whether ENOUGH nodes, itself included, can be reached."""
    seen, todo = {node}, [node]
    while todo and len(seen) < ENOUGH:
        at = todo.pop()
        fresh = set(links.indices[links.indptr[at] : links.indptr[at + 1]].tolist()) - seen
        seen |= fresh
        todo.extend(fresh)
    return len(seen) >= ENOUGH
