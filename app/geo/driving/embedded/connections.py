"""Which roads are open, so that a point is put on them, and what hangs together.

It goes by what Valhalla's search asks (check_reachability in src/loki/search.cc, SimpleReach in
src/loki/reach.cc):

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

from typing import Any

import numpy as np

from app.geo.columns import row_slices
from app.geo.driving.embedded.graph import Graph
from app.geo.driving.embedded.grid import expand_ranges
from app.geo.driving.embedded.tiles import Column
from app.geo.points import Ints, Mask

ENOUGH = 50  # nodes; loki.service_defaults.minimum_reachability in valhalla_build_config


def find_open(graph: Graph) -> tuple[Column, Mask]:
    """The component of each node, and of each road whether the engine takes it as connected."""
    component, usable = _connections(graph)
    roads = len(graph.shapes)
    has_listed = np.zeros(roads, bool)
    has_listed[graph.road[graph.listed]] = True
    tried = graph.listed | ~has_listed[graph.road]
    is_open = np.zeros(roads, bool)
    is_open[graph.road[tried & usable]] = True  # 5.
    return component, is_open


def _connections(graph: Graph) -> tuple[Column, Mask]:
    """The component of each node, and the edges the engine would snap to."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    ways = graph.passable & ~graph.barred[graph.begin]  # 1.
    links = csr_array(
        (np.ones(ways.sum(), np.int8), (graph.begin[ways], graph.end[ways])),
        shape=(graph.nodes, graph.nodes),
    )
    _, component = connected_components(links, directed=False)  # 2.
    _, loops = connected_components(links, directed=True, connection="strong")  # 3.
    core = np.bincount(loops)[loops] >= ENOUGH
    del loops
    back = links.T.tocsr()
    leads, led_to = _can_reach(back, links, core), _can_reach(links, back, core)
    led_to &= ~graph.barred
    return component.astype(np.int32), leads[graph.end] & led_to[graph.begin]  # 4.


def _can_reach(back: Any, onward: Any, core: Mask) -> Mask:
    """Nodes from which the core, or else ENOUGH nodes, can be reached going `onward`."""
    reached = core.copy()
    front = np.flatnonzero(core)
    while len(front):
        some = [_reach_next(back, front[rows], reached) for rows in row_slices(len(front))]
        front = np.concatenate(some)
    for node in np.flatnonzero(~reached):
        reached[node] = _reaches_enough(onward, int(node))
    return reached


def _reach_next(links: Any, nodes: Ints, reached: Mask) -> Ints:
    """The nodes that links lead to from any of these and that were not reached, as they are now."""
    at = expand_ranges(links.indptr[nodes].astype(np.int64), links.indptr[nodes + 1])
    near: Ints = np.unique(links.indices[at]).astype(np.int64)
    near = near[~reached[near]]
    reached[near] = True
    return near


def _reaches_enough(links: Any, node: int) -> bool:
    """Whether ENOUGH nodes, itself included, can be reached."""
    seen, todo = {node}, [node]
    while todo and len(seen) < ENOUGH:
        at = todo.pop()
        fresh = set(links.indices[links.indptr[at] : links.indptr[at + 1]].tolist()) - seen
        seen |= fresh
        todo.extend(fresh)
    return len(seen) >= ENOUGH
