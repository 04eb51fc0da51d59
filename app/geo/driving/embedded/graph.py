"""Valhalla's routing tiles read as arrays: every drivable road with its shape and its seconds.

The layout is that of tile format 3 as Valhalla's public headers give it (valhalla/baldr:
graphtileheader.h, nodeinfo.h, nodetransition.h, directededge.h, edgeinfo.h): a header of 272
bytes, nodes of 32, transitions of 8, directed edges of 48, and the edge infos that hold the
shapes. `read_graph` checks what it can (sizes, the header's own counts, lengths against shapes), so
that another layout is refused instead of misread.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import BadMap
from app.geo.driving.valhalla_api import decode_varints
from app.geo.points import Floats, Ints, Mask

HEADER, NODE, TRANSITION, EDGE = 272, 32, 8, 48
AUTO = 1  # the car's bit in an access mask
IMPASSABLE = 7  # the worst surface
ENGINE_METRES_PER_DEGREE = 6378160.187 * np.pi / 180  # by which it measures: kRadEarthMeters

type Words = NDArray[np.uint64]


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
    nodes, begin, end = _merge(begin, _bits(words[:, 0], 0, 46), joined)
    road, shapes = _roads(parts)
    along = _bits(words[:, 0], 61, 1) == 1
    road, along, shapes = _share(ids, opposing, road, along, shapes)
    first, lon, lat = _decode(shapes)
    graph = Graph(
        edge_id=ids,
        opposing=opposing,
        seconds=_bits(words[:, 4], 32, 24) * 3.6 / np.maximum(_bits(words[:, 2], 0, 8), 1),
        length_m=_bits(words[:, 4], 32, 24).astype(np.float64),
        begin=begin,
        end=end,
        nodes=nodes,
        road=road,
        along=along,
        passable=_bits(words[:, 2], 57, 3) != IMPASSABLE,
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


def _bits(words: Words, low: int, count: int) -> Ints:
    mask = np.uint64((1 << count) - 1)
    return ((words >> np.uint64(low)) & mask).astype(np.int64)


def _tile(path: Path) -> _Tile:
    """The drivable edges of one tile."""
    data = path.read_bytes()
    if len(data) < HEADER:
        raise BadMap(f"{path}: not a routing tile")
    head = np.frombuffer(data, "<u8", 13)
    tile_id = int(head[0]) & ((1 << 46) - 1)
    nodes, edges = int(head[5]) & 0x1FFFFF, int(head[5]) >> 21 & 0x1FFFFF
    transitions = int(np.frombuffer(data, "<u4", 1, 48)[0]) & 0x3FFFFF
    infos = int(np.frombuffer(data, "<u4", 1, 104)[0])
    at = HEADER + nodes * NODE
    after = at + transitions * TRANSITION
    if after + edges * EDGE > infos or infos > len(data):
        raise BadMap(f"{path}: an unknown tile layout")
    node = np.frombuffer(data, "<u8", nodes * 4, HEADER).reshape(-1, 4)
    edge = np.frombuffer(data, "<u8", edges * 6, at + transitions * TRANSITION).reshape(-1, 6)
    crossing = np.frombuffer(data, "<u8", transitions, at)
    found = _drivable(tile_id, node, edge, crossing, memoryview(data)[infos:])
    return replace(found, listed=_listed(data))


def _listed(data: bytes) -> Ints:
    """What the tile's search grid holds: its offsets' last, ending where restrictions begin."""
    count = int(np.frombuffer(data, "<u4", 25, 116)[-1])
    after = int(np.frombuffer(data, "<u4", 1, 96)[0])
    listed: Ints = np.frombuffer(data, "<u8", count, after - 8 * count).astype(np.int64)
    return listed


def _drivable(tile_id: int, node: Words, edge: Words, crossing: Words, infos: memoryview) -> _Tile:
    shortcut = _bits(edge[:, 5], 60, 1) == 1
    keep = np.flatnonzero(((edge[:, 3] & np.uint64(AUTO)) == AUTO) & ~shortcut)
    words = edge[keep]
    count = _bits(node[:, 1], 21, 7)
    owner = np.repeat(np.arange(len(node)), count)
    of_node = np.repeat(np.arange(len(node)), _bits(node[:, 2], 21, 3))
    joined = np.stack([tile_id + (of_node << 25), _bits(crossing, 0, 46)], axis=1)
    offsets = _bits(words[:, 1], 0, 25)
    return _Tile(
        tile_id=tile_id,
        edge_id=tile_id + (keep << 25),
        words=words,
        begin=tile_id + (owner[keep] << 25),
        barred=(_bits(node[:, 0], 52, 12) & AUTO)[owner[keep]] == 0,
        joined=joined,
        starts=tile_id + (_bits(node[:, 1], 0, 21) << 25),
        listed=np.zeros(0, np.int64),
        shapes=dict(zip(offsets.tolist(), _shapes(infos, offsets), strict=True)),
    )


def _shapes(infos: memoryview, offsets: Ints) -> list[bytes]:
    """The encoded shape of each edge: after 12 bytes of facts and 4 a name."""
    raw = np.frombuffer(infos, np.uint8)
    fact = raw[offsets[:, None] + np.arange(8, 12)].copy().view("<u4")[:, 0].astype(np.int64)
    start = offsets + 12 + 4 * (fact & 15)
    stop = start + (fact >> 4 & 0xFFFF)
    return [bytes(infos[a:b]) for a, b in zip(start.tolist(), stop.tolist(), strict=True)]


def _opposing(parts: list[_Tile], words: Words) -> Ints:
    """The n-th edge that leaves an edge's end, n as the edge itself says."""
    tile_ids = np.array([p.tile_id for p in parts])
    order = np.argsort(tile_ids)
    base = np.concatenate([[0], np.cumsum([len(p.starts) for p in parts])])
    starts = np.concatenate([p.starts for p in parts])
    end = _bits(words[:, 0], 0, 46)
    part = order[np.searchsorted(tile_ids[order], end & 0x1FFFFFF).clip(max=len(order) - 1)]
    opposing: Ints = starts[base[part] + (end >> 25)] + (_bits(words[:, 0], 54, 7) << 25)
    return opposing


def _share(
    ids: Ints, opposing: Ints, road: Ints, along: Mask, shapes: list[bytes]
) -> tuple[Ints, Mask, list[bytes]]:
    """One road for the two directions of a stretch between two tiles, which each hold a copy."""
    order = np.argsort(ids)
    at = order[np.searchsorted(ids[order], opposing).clip(max=len(ids) - 1)]
    copied = (ids[at] == opposing) & (road[at] < road)
    road, along = road.copy(), along.copy()
    along[copied] = ~along[at[copied]]
    road[copied] = road[at[copied]]
    used, road = np.unique(road, return_inverse=True)
    return road, along, [shapes[r] for r in used.tolist()]


def _merge(begin: Ints, end: Ints, joined: Ints) -> tuple[int, Ints, Ints]:
    """Nodes numbered from 0, those that a level transition joins as one."""
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
    """The road of each edge, and each road's encoded shape.

    Two edges share a road when they share an edge info, which they do within a tile only.
    """
    road: list[Ints] = []
    shapes: list[bytes] = []
    for part in parts:
        offsets, where = np.unique(_bits(part.words[:, 1], 0, 25), return_inverse=True)
        road.append(where + len(shapes))
        shapes.extend(part.shapes[o] for o in offsets.tolist())
    return np.concatenate(road), shapes


def _decode(shapes: list[bytes]) -> tuple[Ints, Floats, Floats]:
    """Shapes as points: differences of 1e-6 degrees, latitude first, zigzag, 7 bits a byte."""
    raw = np.frombuffer(b"".join(shapes), np.uint8)
    values = decode_zigzag(decode_varints(raw))
    last = np.concatenate([[0], np.cumsum(raw < 128)])
    ends = np.cumsum([len(s) for s in shapes])
    first = np.concatenate([[0], last[ends] // 2]).astype(np.int64)
    lat, lon = _sum_each(values[0::2], first), _sum_each(values[1::2], first)
    return first, np.float64(1e-6) * lon, np.float64(1e-6) * lat


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
    """Shapes as long as their edges say: a layout read wrongly would not be."""
    dx = np.diff(graph.lon) * np.cos(np.radians(graph.lat[:-1]))
    step = np.hypot(dx, np.diff(graph.lat)) * ENGINE_METRES_PER_DEGREE
    step[graph.first[1:-1] - 1] = 0
    total = np.concatenate([[0], np.cumsum(step)])
    shape_m = total[graph.first[1:] - 1] - total[graph.first[:-1]]
    wrong = np.abs(shape_m[graph.road] - graph.length_m) > 5 + 0.02 * graph.length_m
    if np.mean(wrong) > 0.01:
        raise BadMap(f"the tiles of {tiles} are of an unknown layout: shapes and lengths differ")
