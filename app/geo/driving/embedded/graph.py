"""Valhalla's routing tiles read as arrays: every drivable road with its shape and its seconds.

The layout is that of tile format 3 as Valhalla's public headers give it (valhalla/baldr:
graphtileheader.h, graphid.h, nodeinfo.h, nodetransition.h, directededge.h, edgeinfo.h): a header of
272 bytes, nodes of 32, transitions of 8, directed edges of 48, and the edge infos that hold the
shapes.

1. Of each tile, the directed edges that a car may use are read; shortcuts, which repeat others, are
   left out.
2. The edge that leads the other way is the n-th that leaves an edge's end, n as the edge says.
3. A place has one node on each level of roads; transitions join them, and they become one.
4. Two edges with the same edge info are the two directions of one road. A road between two tiles
   has an edge info in each: its second copy is dropped.
5. What can be checked is (sizes, the header's own counts, lengths against shapes), so that another
   layout is refused instead of misread.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.errors import BadMap
from app.geo.driving.valhalla_api import decode_varints
from app.geo.points import Floats, Ints, Mask

type Words = NDArray[np.uint64]


class _Bits(NamedTuple):
    """Where a number stands in a record: in which 64-bit word, from which bit, of how many."""

    word: int
    low: int
    width: int


HEADER, NODE, TRANSITION, EDGE = 272, 32, 8, 48  # bytes
# Of a header, where in the tile its 4-byte numbers stand (graphtileheader.h).
AT_TRANSITION_COUNT, AT_RESTRICTIONS, AT_EDGE_INFOS, AT_BINS = 48, 96, 104, 116
BINS = 25  # of the search grid; each number is where the bin ends
TILE_ID = _Bits(0, 0, 46)
NODE_COUNT, EDGE_COUNT = _Bits(5, 0, 21), _Bits(5, 21, 21)
MOST_TRANSITIONS = 0x3FFFFF  # 22 bits
# Of a GraphId: its lower bits name level and tile, then comes the number in the tile (graphid.h).
TILE_BITS, GRAPH_ID_BITS = 25, 46
# Of a node (nodeinfo.h).
NODE_ACCESS, FIRST_EDGE = _Bits(0, 52, 12), _Bits(1, 0, 21)
EDGES_OF_NODE, TRANSITIONS_OF_NODE = _Bits(1, 21, 7), _Bits(2, 21, 3)
# Of a transition (nodetransition.h).
OTHER_NODE = _Bits(0, 0, GRAPH_ID_BITS)
# Of a directed edge (directededge.h).
END_NODE = _Bits(0, 0, GRAPH_ID_BITS)
OPPOSING_NUMBER, ALONG_SHAPE = _Bits(0, 54, 7), _Bits(0, 61, 1)
INFO_OFFSET = _Bits(1, 0, 25)
SPEED_KMH, SURFACE = _Bits(2, 0, 8), _Bits(2, 57, 3)
EDGE_ACCESS = _Bits(3, 0, 12)
LENGTH_M = _Bits(4, 32, 24)
SHORTCUT = _Bits(5, 60, 1)
# Of an edge info (edgeinfo.h): its facts, in the last 4 bytes of which are the count of its names
# (4 bits) and the size of its shape (16 bits); the names; the shape.
INFO_FACTS, INFO_SIZES, INFO_NAME = 12, 8, 4
NAME_COUNT_BITS, SHAPE_SIZE_BITS = 4, 16

AUTO = 1  # the car's bit in an access mask (kAutoAccess, graphconstants.h)
IMPASSABLE = 7  # the worst surface (Surface::kImpassable, graphconstants.h)
SHAPE_DEGREES = 1e-6  # precision of shapes (midgard/encoded.h)
ENGINE_METRES_PER_DEGREE = 6378160.187 * np.pi / 180  # by which it measures: kRadEarthMeters
SECONDS_A_METRE = 3.6  # at 1 km/h
# Judgement: metres, and of its length, that a road's shape may be off it; the share that may be.
SHAPE_SLACK_M, SHAPE_SLACK_SHARE, WRONG_SHARE = 5, 0.02, 0.01


@dataclass(frozen=True)
class Graph:
    """All that a car may use.

    Edges are directed, one row each, in the order of `edge_id` (Valhalla's GraphId). A road is
    one shape that one or two edges share.

    edge_id, seconds, length_m: of each edge. `seconds` at free flow, without turns.
    opposing: the GraphId of the same stretch driven the other way, drivable or not.
    begin, end: node of each edge, 0 to nodes - 1; a place has one node on all its levels.
    road: of each edge. along: True where the edge runs in the direction of its road's shape.
    passable: False where the surface stops any car. barred: of each node, True where no car
    passes through, as at a barrier.
    listed: True where the engine's own search for a near road finds the edge; of the two
    directions of a road it lists one.
    first, lon, lat: the shape of road r is the points first[r] to first[r + 1].
    """

    edge_id: Ints
    opposing: Ints
    seconds: Floats
    length_m: Floats
    begin: Ints
    end: Ints
    nodes: int
    road: Ints
    along: Mask
    passable: Mask
    barred: Mask
    listed: Mask
    first: Ints
    lon: Floats
    lat: Floats


@dataclass(frozen=True)
class _Tile:
    """One tile's drivable edges; nodes as GraphIds, shapes by their offset.

    starts: the GraphId of the first edge that leaves each node of the tile, in their order.
    barred: of each edge, True where its first node lets no car pass.
    """

    tile_id: int
    edge_id: Ints
    words: Words
    begin: Ints
    barred: Mask
    joined: Ints
    starts: Ints
    listed: Ints
    shapes: dict[int, bytes]


def read_graph(tiles: Path) -> Graph:
    """The graph in a folder of tiles. Raises BadMap when there is none or it can't be read."""
    parts = [_tile(path) for path in _files(tiles)]
    if not any(len(part.edge_id) for part in parts):
        raise BadMap(f"no drivable road in the tiles of {tiles}")
    ids = np.concatenate([p.edge_id for p in parts])
    words = np.concatenate([p.words for p in parts])
    begin = np.concatenate([p.begin for p in parts])
    joined = np.concatenate([p.joined for p in parts])
    opposing = _opposing(parts, words)
    nodes, begin, end = _merge(begin, _bits(words, END_NODE), joined)
    road, shapes = _roads(parts)
    along = _bits(words, ALONG_SHAPE) == 1
    length_m = _bits(words, LENGTH_M)
    road, along, shapes = _share(ids, opposing, road, along, shapes)
    first, lon, lat = _decode(shapes)
    graph = Graph(
        edge_id=ids,
        opposing=opposing,
        seconds=length_m * SECONDS_A_METRE / np.maximum(_bits(words, SPEED_KMH), 1),
        length_m=length_m.astype(np.float64),
        begin=begin,
        end=end,
        nodes=nodes,
        road=road,
        along=along,
        passable=_bits(words, SURFACE) != IMPASSABLE,
        barred=np.bincount(begin, np.concatenate([p.barred for p in parts]), nodes) > 0,
        listed=np.isin(ids, np.concatenate([p.listed for p in parts])),
        first=first,
        lon=lon,
        lat=lat,
    )
    _check(graph, tiles)
    return graph


def _files(tiles: Path) -> Iterator[Path]:
    """Tiles of the three road levels, in the order of their ids."""
    for level in ("0", "1", "2"):
        yield from sorted((tiles / level).rglob("*.gph"))


def _bits(words: Words, at: _Bits) -> Ints:
    """A number of each of some records, shape (n, words)."""
    mask = np.uint64((1 << at.width) - 1)
    return ((words[:, at.word] >> np.uint64(at.low)) & mask).astype(np.int64)


def _tile(path: Path) -> _Tile:
    """The drivable edges of one tile."""
    data = path.read_bytes()
    if len(data) < HEADER:
        raise BadMap(f"{path}: not a routing tile")
    head = np.frombuffer(data, "<u8", HEADER // 8).reshape(1, -1)
    tile_id, nodes, edges = (int(_bits(head, at)[0]) for at in (TILE_ID, NODE_COUNT, EDGE_COUNT))
    transitions = _number(data, AT_TRANSITION_COUNT) & MOST_TRANSITIONS
    infos = _number(data, AT_EDGE_INFOS)
    at = HEADER + nodes * NODE
    after = at + transitions * TRANSITION
    if after + edges * EDGE > infos or infos > len(data):
        raise BadMap(f"{path}: an unknown tile layout")
    node = _records(data, NODE, nodes, HEADER)
    crossing = _records(data, TRANSITION, transitions, at)
    edge = _records(data, EDGE, edges, after)

    keep = np.flatnonzero((_bits(edge, EDGE_ACCESS) & AUTO == AUTO) & (_bits(edge, SHORTCUT) == 0))
    words = edge[keep]
    owner = np.repeat(np.arange(nodes), _bits(node, EDGES_OF_NODE))
    of_node = np.repeat(np.arange(nodes), _bits(node, TRANSITIONS_OF_NODE))
    offsets = _bits(words, INFO_OFFSET)
    return _Tile(
        tile_id=tile_id,
        edge_id=tile_id + (keep << TILE_BITS),
        words=words,
        begin=tile_id + (owner[keep] << TILE_BITS),
        barred=(_bits(node, NODE_ACCESS) & AUTO)[owner[keep]] == 0,
        joined=np.stack([tile_id + (of_node << TILE_BITS), _bits(crossing, OTHER_NODE)], axis=1),
        starts=tile_id + (_bits(node, FIRST_EDGE) << TILE_BITS),
        listed=_listed(data),
        shapes=dict(zip(offsets.tolist(), _shapes(memoryview(data)[infos:], offsets), strict=True)),
    )


def _number(data: bytes, at: int) -> int:
    """A 4-byte number of the header."""
    return int(np.frombuffer(data, "<u4", 1, at)[0])


def _records(data: bytes, size: int, count: int, at: int) -> Words:
    """So many records of that size, in 64-bit words, shape (count, words)."""
    return np.frombuffer(data, "<u8", count * size // 8, at).reshape(count, size // 8)


def _listed(data: bytes) -> Ints:
    """What the tile's search grid holds: edges up to its last bin's end, before restrictions."""
    count = _number(data, AT_BINS + 4 * (BINS - 1))
    begin = _number(data, AT_RESTRICTIONS) - 8 * count
    listed: Ints = np.frombuffer(data, "<u8", count, begin).astype(np.int64)
    return listed


def _shapes(infos: memoryview, offsets: Ints) -> list[bytes]:
    """The encoded shape of each edge, behind its facts and names."""
    raw = np.frombuffer(infos, np.uint8)
    sizes = raw[offsets[:, None] + np.arange(INFO_SIZES, INFO_FACTS)].copy().view("<u4")[:, 0]
    sizes = sizes.astype(np.int64)
    start = offsets + INFO_FACTS + INFO_NAME * (sizes & ((1 << NAME_COUNT_BITS) - 1))
    stop = start + (sizes >> NAME_COUNT_BITS & ((1 << SHAPE_SIZE_BITS) - 1))
    return [bytes(infos[a:b]) for a, b in zip(start.tolist(), stop.tolist(), strict=True)]


def _opposing(parts: list[_Tile], words: Words) -> Ints:
    """2. The n-th edge that leaves an edge's end, n as the edge itself says."""
    tile_ids = np.array([p.tile_id for p in parts])
    order = np.argsort(tile_ids)
    base = np.concatenate([[0], np.cumsum([len(p.starts) for p in parts])])
    starts = np.concatenate([p.starts for p in parts])
    end = _bits(words, END_NODE)
    end_tile = end & ((1 << TILE_BITS) - 1)
    part = order[np.searchsorted(tile_ids[order], end_tile).clip(max=len(order) - 1)]
    first = starts[base[part] + (end >> TILE_BITS)]
    opposing: Ints = first + (_bits(words, OPPOSING_NUMBER) << TILE_BITS)
    return opposing


def _share(
    ids: Ints, opposing: Ints, road: Ints, along: Mask, shapes: list[bytes]
) -> tuple[Ints, Mask, list[bytes]]:
    """4. One road for the two directions of a stretch between two tiles, each with a copy."""
    order = np.argsort(ids)
    at = order[np.searchsorted(ids[order], opposing).clip(max=len(ids) - 1)]
    copied = (ids[at] == opposing) & (road[at] < road)
    road, along = road.copy(), along.copy()
    along[copied] = ~along[at[copied]]
    road[copied] = road[at[copied]]
    used, road = np.unique(road, return_inverse=True)
    return road, along, [shapes[r] for r in used.tolist()]


def _merge(begin: Ints, end: Ints, joined: Ints) -> tuple[int, Ints, Ints]:
    """3. Nodes numbered from 0, those that a level transition joins as one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ids, where = np.unique(np.concatenate([begin, end, joined.ravel()]), return_inverse=True)
    pairs = where[2 * len(begin) :].reshape(-1, 2)
    links = coo_array((np.ones(len(pairs), np.int8), pairs.T), shape=(len(ids), len(ids)))
    _, place = connected_components(links, directed=False)
    both = place[where[: 2 * len(begin)]].astype(np.int64)
    kept, both = np.unique(both, return_inverse=True)
    return len(kept), both[: len(begin)], both[len(begin) :]


def _roads(parts: list[_Tile]) -> tuple[Ints, list[bytes]]:
    """4. The road of each edge, and each road's encoded shape."""
    road: list[Ints] = []
    shapes: list[bytes] = []
    for part in parts:
        offsets, where = np.unique(_bits(part.words, INFO_OFFSET), return_inverse=True)
        road.append(where + len(shapes))
        shapes.extend(part.shapes[o] for o in offsets.tolist())
    return np.concatenate(road), shapes


def _decode(shapes: list[bytes]) -> tuple[Ints, Floats, Floats]:
    """Shapes as points: differences, latitude first, zigzag, 7 bits a byte (midgard/encoded.h)."""
    raw = np.frombuffer(b"".join(shapes), np.uint8)
    values = decode_zigzag(decode_varints(raw))
    last = np.concatenate([[0], np.cumsum(raw < 128)])  # a number's last byte has no eighth bit
    ends = np.cumsum([len(s) for s in shapes])
    first = np.concatenate([[0], last[ends] // 2]).astype(np.int64)
    lat, lon = _sum_each(values[0::2], first), _sum_each(values[1::2], first)
    return first, np.float64(SHAPE_DEGREES) * lon, np.float64(SHAPE_DEGREES) * lat


def decode_zigzag(values: Ints) -> Ints:
    """Signed integers from 0, 1, 2, 3 for 0, -1, 1, -2."""
    signed: Ints = (values >> 1) ^ -(values & 1)
    return signed


def _sum_each(steps: Ints, first: Ints) -> Ints:
    """Running sums that begin anew at each of `first`."""
    total = np.concatenate([[0], np.cumsum(steps)])
    base = np.repeat(total[first[:-1]], np.diff(first))
    sums: Ints = total[1:] - base
    return sums


def _check(graph: Graph, tiles: Path) -> None:
    """5. Shapes as long as their edges say: a layout read wrongly would not be."""
    dx = np.diff(graph.lon) * np.cos(np.radians(graph.lat[:-1]))
    step = np.hypot(dx, np.diff(graph.lat)) * ENGINE_METRES_PER_DEGREE
    step[graph.first[1:-1] - 1] = 0
    total = np.concatenate([[0], np.cumsum(step)])
    shape_m = total[graph.first[1:] - 1] - total[graph.first[:-1]]
    off = np.abs(shape_m[graph.road] - graph.length_m)
    if np.mean(off > SHAPE_SLACK_M + SHAPE_SLACK_SHARE * graph.length_m) > WRONG_SHARE:
        raise BadMap(f"the tiles of {tiles} are of an unknown layout: shapes and lengths differ")
