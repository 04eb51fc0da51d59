"""Writes a region's road index: the columns of `Roads`, from the engine's tiles.

How they lie on the disk, so that a question touches what is near its points and its home base only:

1. Edges. In the order of the engine's tiles, and in each of its edges; nodes in the order in which
   edges name them.
2. Pieces. In the order of their cells, see pieces.py.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.geo.columns import release_memory, row_slices
from app.geo.driving.embedded.connections import find_open
from app.geo.driving.embedded.graph import Graph, read_graph
from app.geo.driving.embedded.grid import GROUPS, RoadKind
from app.geo.driving.embedded.pieces import save_column, write_pieces
from app.geo.driving.embedded.street_signs import find_signs
from app.geo.driving.embedded.tiles import Column, Shapes
from app.geo.points import Ints, Mask


def build_roads(tiles: Path, out: Path, progress: Callable[[str], None] | None = None) -> int:
    """Write the road index of a folder of routing tiles into `out`; the directed edges it has."""
    say = progress or (lambda _: None)
    say("reading the roads")
    graph = read_graph(tiles)
    count, shapes = len(graph.edge_key), graph.shapes
    say(f"writing {count:,} directed roads")
    out.mkdir(parents=True, exist_ok=True)
    group = _write_edges(out, graph)
    del graph
    release_memory()
    write_pieces(out, shapes, group)  # 2.
    return count


def _write_edges(out: Path, graph: Graph) -> Column:
    """All columns but those of pieces. Of each road the group of its pieces, see grid.py."""
    number = _numbers(graph)
    component, is_open = find_open(graph)
    save_column(out, "open", is_open)
    save_column(out, "component", component[np.argsort(number)])
    del component
    opposed = np.argsort(graph.opposing_key, kind="stable").astype(np.int32)
    save_column(out, "opposed", opposed)
    save_column(out, "opposing_key", graph.opposing_key[opposed])
    del opposed
    save_column(out, "edge_key", graph.edge_key)
    save_column(out, "seconds", graph.seconds())
    save_column(out, "road", graph.road)
    begin, end = number[graph.begin], number[graph.end]
    for name, nodes, way in (("begin", begin, "leaving"), ("end", end, "entering")):
        save_column(out, name, nodes)
        first = np.concatenate([[0], np.cumsum(np.bincount(nodes, minlength=graph.nodes))])
        save_column(out, way, np.argsort(nodes, kind="stable").astype(np.int32))
        save_column(out, f"{way}_first", first.astype(np.int32))
    lane, signs = find_signs(graph)
    save_column(out, "lane", lane)
    save_column(out, "signs", signs)
    _write_roads(out, graph, begin, end)
    save_column(out, "gates", number[_find_gates(graph)])
    return _groups(graph, is_open)


def _find_gates(graph: Graph) -> Ints:
    """Gates whatever is left out: where none is, the engine is asked for a row more."""
    wanted = (graph.may_be_left_out & without == 0 for without in range(GROUPS))
    return np.unique(np.concatenate([_gates_among(graph, some) for some in wanted]))


def _gates_among(graph: Graph, wanted: Mask) -> Ints:
    """Nodes where roads that may be fronted begin or end, but not both, and others go on."""
    fronted, through = graph.fronted & graph.passable & wanted, ~(graph.fronted & wanted)
    begins, ends = (_touched(graph, end[fronted]) for end in (graph.begin, graph.end))
    goes_on = _touched(graph, np.concatenate([graph.begin[through], graph.end[through]]))
    return np.flatnonzero((begins ^ ends) & goes_on)


def _touched(graph: Graph, nodes: Column) -> Mask:
    touched = np.zeros(graph.nodes, bool)
    touched[nodes] = True
    return touched


def _groups(graph: Graph, is_open: Mask) -> Column:
    kind = np.where(is_open, RoadKind.OPEN, RoadKind.OTHER).astype(np.uint8)
    kind[graph.road[~graph.fronted]] = RoadKind.BARRIER
    kind[graph.road[~graph.fronted & graph.crossed]] = RoadKind.PASSED
    group = kind * np.uint8(GROUPS)
    group[graph.road] |= graph.may_be_left_out
    return group


def _numbers(graph: Graph) -> Column:
    """1. The new number of each node."""
    first = np.empty(graph.nodes, np.int32)
    for some in reversed([*row_slices(len(graph.begin))]):
        named = np.stack([graph.begin[some], graph.end[some]], axis=1).ravel()
        nodes, at = np.unique(named, return_index=True)
        first[nodes] = at + 2 * some.start
    number = np.empty(graph.nodes, np.int32)
    number[np.argsort(first)] = np.arange(graph.nodes)
    return number


def _write_roads(out: Path, graph: Graph, begin: Column, end: Column) -> None:
    """The columns of roads; `begin` and `end`: of each edge the nodes' new numbers."""
    edge = np.full((len(graph.shapes), 2), -1, np.int32)
    for rows in row_slices(len(begin)):
        way = np.where(graph.along[rows], 0, 1)
        edge[graph.road[rows], way] = np.arange(rows.start, rows.stop)
    turned = edge[:, 0] < 0
    some = np.where(turned, edge[:, 1], edge[:, 0])
    nodes = np.stack([begin[some], end[some]], axis=1)
    nodes[turned] = nodes[turned, ::-1]
    save_column(out, "nodes", nodes)
    save_column(out, "edge", edge)
    save_column(out, "length_m", graph.length_m[some].astype(np.float64))
    del some, turned, edge, nodes
    save_column(out, "ends", _ends(graph.shapes))


def _ends(shapes: Shapes) -> Column:
    """Longitude and latitude of each road's first point, then of its last, shape (r, 4)."""
    ends = np.empty((len(shapes), 4))
    for column, points in ((0, shapes.first[:-1]), (2, shapes.first[1:] - 1)):
        ends[:, column], ends[:, column + 1] = shapes.degrees(points)
    return ends
