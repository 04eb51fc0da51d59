"""Which street each road is: by its own names, or because it leads off a road of that name.

1. Names. Those that the engine's tiles give a road, its numbers ("US 20") among them, each as the
   code of its key: as streets are compared wherever an address is read.
2. Lanes. Driveways, alleys, aisles, tracks and service roads without a name. Those that hang
   together bear the names of all roads that they meet.
3. Signs. A bearer and a code in one number, ascending, to be searched. The bearer is a road, or for
   all of a group of lanes their number behind the roads'.
"""

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from app.geo.addresses.street_names import street_name
from app.geo.columns import sort_distinct
from app.geo.driving.embedded.graph import Graph
from app.geo.driving.embedded.tiles import Column
from app.geo.points import Ints, Mask

CODE_BITS = 32
NO_LANE = -1


def street_code(name: str) -> int:
    """1. The same for all spellings of a street's name; "" has one, too, that no road bears."""
    return crc32(street_name(name).key.encode())


def find_signs(graph: Graph) -> tuple[Column, Ints]:
    """2. and 3. The group of lanes of each road, NO_LANE for none, and the signs."""
    groups, at_node = _group_lanes(graph)
    codes = _code_names(graph)
    own = join_signs(graph.named, codes)
    met = []
    for ends in (graph.begin, graph.end):
        node = np.zeros(len(graph.shapes), np.int32)
        node[graph.road] = ends
        group = at_node[node[graph.named]]
        met.append(join_signs(len(graph.shapes) + group, codes)[group >= 0])
    return groups, sort_distinct(np.concatenate([own, *met]))


def join_signs(bearer: NDArray[np.integer], code: NDArray[np.integer]) -> Ints:
    """3. The signs of bearers with their codes."""
    signs: Ints = bearer.astype(np.int64) << CODE_BITS | code.astype(np.int64)
    return signs


def _code_names(graph: Graph) -> Column:
    """1. The code of each name of `graph.named`."""
    codes = np.fromiter(map(street_code, graph.names), np.uint32, len(graph.names))
    return codes[graph.name]


def _group_lanes(graph: Graph) -> tuple[Column, Column]:
    """2. The group of each road and of each node, NO_LANE for none."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = np.flatnonzero(_are_lanes(graph)[graph.road])
    begin, end = graph.begin[edges], graph.end[edges]
    links = coo_array((np.ones(len(edges), np.int8), (begin, end)), shape=(graph.nodes,) * 2)
    _, component = connected_components(links, directed=False)
    _, group = np.unique(component[begin], return_inverse=True)
    at_node, of_road = (np.full(n, NO_LANE, np.int32) for n in (graph.nodes, len(graph.shapes)))
    at_node[begin] = at_node[end] = of_road[graph.road[edges]] = group
    return of_road, at_node


def _are_lanes(graph: Graph) -> Mask:
    """Of each road whether it is an unnamed way to some door."""
    lanes = np.zeros(len(graph.shapes), bool)
    lanes[graph.road[graph.service]] = True
    lanes[graph.named] = False
    return lanes
