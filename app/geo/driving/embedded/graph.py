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
6. Tiles are many, so of each only what is needed is held, in the narrowest numbers that hold it;
   and a column of a tile is handed over when it is joined to those of the others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.errors import BadMap
from app.geo.columns import release_memory, rows_among, sort_distinct
from app.geo.driving.valhalla_api import decode_varints
from app.geo.points import Floats, Ints, Mask

type Words = NDArray[np.uint64]
type Column = NDArray[Any]


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
TILE_BITS, NUMBER_BITS, GRAPH_ID_BITS = 25, 21, 46
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
USE, ROAD_CLASS, TUNNEL = _Bits(2, 40, 6), _Bits(2, 54, 3), _Bits(3, 49, 1)
EDGE_ACCESS = _Bits(3, 0, 12)
LENGTH_M = _Bits(4, 32, 24)
SHORTCUT = _Bits(5, 60, 1)
# Of an edge info (edgeinfo.h): its facts, in the last 4 bytes of which are the count of its names
# (4 bits) and the size of its shape (16 bits); the names; the shape.
INFO_FACTS, INFO_SIZES, INFO_NAME = 12, 8, 4
NAME_COUNT_BITS, SHAPE_SIZE_BITS = 4, 16

AUTO = 1  # the car's bit in an access mask (kAutoAccess, graphconstants.h)
MOTORWAY, RAMP = 0, 1  # of RoadClass::kMotorway and Use::kRamp (graphconstants.h)
IMPASSABLE = 7  # the worst surface (Surface::kImpassable, graphconstants.h)
SHAPE_DEGREES = 1e-6  # precision of shapes (midgard/encoded.h)
ENGINE_METRES_PER_DEGREE = 6378160.187 * np.pi / 180  # by which it measures: kRadEarthMeters
SECONDS_A_METRE = 3.6  # at 1 km/h
# Judgement: metres, and of its length, that a road's shape may be off it; the share that may be.
SHAPE_SLACK_M, SHAPE_SLACK_SHARE, WRONG_SHARE = 5, 0.02, 0.01


@dataclass(frozen=True)
class Shapes:
    """The shape of road r is the points first[r] to first[r + 1].

    x, y: int32, longitude and latitude in steps of SHAPE_DEGREES.
    """

    first: Ints
    x: Column
    y: Column

    def degrees(self, points: slice | Ints) -> tuple[Floats, Floats]:
        """Longitude and latitude of some points."""
        step = np.float64(SHAPE_DEGREES)
        return step * self.x[points], step * self.y[points]

    def of(self, used: Mask) -> "Shapes":
        """Those of some roads."""
        count = np.diff(self.first)
        points = np.repeat(used, count)
        return Shapes(_edges(count[used]), self.x[points], self.y[points])

    def __len__(self) -> int:
        """How many roads."""
        return len(self.first) - 1


@dataclass(frozen=True)
class Graph:
    """All that a car may use.

    Edges are directed, one row each, in the order of `edge_key` (see `tile_first`). A road is
    one shape that one or two edges share.

    length_m, speed_kmh: of each edge, whole numbers; the speed is that of free flow.
    opposing_key: of the same stretch driven the other way, drivable or not.
    begin, end: node of each edge, 0 to nodes - 1; a place has one node on all its levels.
    road: of each edge. along: True where the edge runs in the direction of its road's shape.
    fronted: False where nobody's door is: a motorway, a ramp or a tunnel, see valhalla_api.FRONTED.
    passable: False where the surface stops any car. barred: of each node, True where no car
    passes through, as at a barrier.
    listed: True where the engine's own search for a near road finds the edge; of the two
    directions of a road it lists one.
    """

    edge_key: Ints
    opposing_key: Ints
    length_m: Column
    speed_kmh: Column
    begin: Column
    end: Column
    nodes: int
    road: Column
    along: Mask
    fronted: Mask
    passable: Mask
    barred: Mask
    listed: Mask
    shapes: Shapes

    def seconds(self) -> Floats:
        """Of each edge, without turns."""
        seconds: Floats = self.length_m * SECONDS_A_METRE / np.maximum(self.speed_kmh, 1)
        return seconds


@dataclass(frozen=True)
class _Tile:
    """One tile's drivable edges. wrong: how many of them rule 5 doubts.

    columns: of each edge those of `Graph`, but nodes as GraphIds, barred as its first node is,
    roads counted from 0, and `opposing`, the n of rule 2. Of each road `points`, how many it has,
    whose `x` and `y` are as in `Shapes`. starts: the number of the first edge that leaves each
    node of the tile, in their order. joined: nodes that are one, as GraphIds, one behind the
    other. listed: edges of this and other tiles, as GraphIds.
    """

    tile_id: int
    wrong: int
    columns: dict[str, Column]


def tile_first(graph_ids: Ints) -> Ints:
    """Numbers of which those of one tile follow each other: its id in the upper bits."""
    keys: Ints = (graph_ids & ((1 << TILE_BITS) - 1)) << NUMBER_BITS | graph_ids >> TILE_BITS
    return keys


def find_rows(keys: Ints, asked: Ints) -> Ints:
    """The row of each number in an ascending column, -1 where it is not there."""
    row = np.searchsorted(keys, asked).clip(max=len(keys) - 1)
    return np.where(keys[row] == asked, row, -1)


def read_graph(tiles: Path) -> Graph:
    """The graph in a folder of tiles. Raises BadMap when there is none or it can't be read."""
    parts = [_tile(path) for path in _files(tiles)]
    edges = sum(part.columns["edge_key"].size for part in parts)
    if not edges:
        raise BadMap(f"no drivable road in the tiles of {tiles}")
    if sum(part.wrong for part in parts) > WRONG_SHARE * edges:
        raise BadMap(f"the tiles of {tiles} are of an unknown layout: shapes and lengths differ")
    shapes = _join_roads(parts)
    parts.sort(key=lambda part: part.tile_id)
    opposing = _opposing(parts)
    nodes, begin, end = _merge(parts)
    keys = _hand_over(parts, "edge_key")
    along, road, shapes = _share(keys, opposing, parts, shapes)
    barred, listed = np.zeros(nodes, bool), np.zeros(edges, bool)
    barred[begin[_hand_over(parts, "barred")]] = True
    for part in parts:
        rows = find_rows(keys, tile_first(part.columns.pop("listed")))
        listed[rows[rows >= 0]] = True
    return Graph(
        edge_key=keys,
        opposing_key=opposing,
        length_m=_hand_over(parts, "length_m"),
        speed_kmh=_hand_over(parts, "speed_kmh"),
        begin=begin,
        end=end,
        nodes=nodes,
        road=road,
        along=along,
        fronted=_hand_over(parts, "fronted"),
        passable=_hand_over(parts, "passable"),
        barred=barred,
        listed=listed,
        shapes=shapes,
    )


def _files(tiles: Path) -> Iterator[Path]:
    """Tiles of the three road levels, in the order of their ids."""
    for level in ("0", "1", "2"):
        yield from sorted((tiles / level).rglob("*.gph"))


def _hand_over(parts: Sequence[_Tile], name: str) -> Column:
    """6. A column of all tiles, which they have no more."""
    column = np.concatenate([part.columns.pop(name) for part in parts])
    release_memory()
    return column


def _edges(counts: ArrayLike) -> Ints:
    """Where each of some groups begins and the last ends."""
    return np.concatenate([[0], np.cumsum(counts)])


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
    owner = np.repeat(np.arange(nodes), _bits(node, EDGES_OF_NODE))[keep]
    of_node = np.repeat(np.arange(nodes), _bits(node, TRANSITIONS_OF_NODE))
    offsets, road = np.unique(_bits(words, INFO_OFFSET), return_inverse=True)  # 4.
    shapes = _shapes(memoryview(data)[infos:], offsets)
    length_m = _bits(words, LENGTH_M)
    return _Tile(
        tile_id=tile_id,
        wrong=_count_wrong(shapes, road, length_m),
        columns={
            "edge_key": (tile_id << NUMBER_BITS) + keep,
            "begin": tile_id + (owner << TILE_BITS),
            "end": _bits(words, END_NODE),
            "opposing": _bits(words, OPPOSING_NUMBER).astype(np.uint8),
            "length_m": length_m.astype(np.int32),
            "speed_kmh": _bits(words, SPEED_KMH).astype(np.uint8),
            "road": road.astype(np.int32),
            "along": _bits(words, ALONG_SHAPE) == 1,
            "fronted": _are_fronted(words),
            "passable": _bits(words, SURFACE) != IMPASSABLE,
            "barred": (_bits(node, NODE_ACCESS) & AUTO)[owner] == 0,
            "points": np.diff(shapes.first),
            "x": shapes.x,
            "y": shapes.y,
            "starts": _bits(node, FIRST_EDGE).astype(np.int32),
            "joined": _pair(tile_id + (of_node << TILE_BITS), _bits(crossing, OTHER_NODE)),
            "listed": _listed(data),
        },
    )


def _are_fronted(words: Words) -> Mask:
    """Of each edge whether an address may lie on it."""
    through: Mask = (_bits(words, ROAD_CLASS) == MOTORWAY) | (_bits(words, USE) == RAMP)
    through |= _bits(words, TUNNEL) == 1
    return ~through


def _pair(one: Ints, other: Ints) -> Ints:
    return np.stack([one, other], axis=1).ravel()


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


def _shapes(infos: memoryview, offsets: Ints) -> Shapes:
    """The shapes in some edge infos, behind their facts and names."""
    raw = np.frombuffer(infos, np.uint8)
    sizes = raw[offsets[:, None] + np.arange(INFO_SIZES, INFO_FACTS)].copy().view("<u4")[:, 0]
    sizes = sizes.astype(np.int64)
    start = offsets + INFO_FACTS + INFO_NAME * (sizes & ((1 << NAME_COUNT_BITS) - 1))
    stop = start + (sizes >> NAME_COUNT_BITS & ((1 << SHAPE_SIZE_BITS) - 1))
    encoded = b"".join(infos[a:b] for a, b in zip(start.tolist(), stop.tolist(), strict=True))
    return _decode(np.frombuffer(encoded, np.uint8), np.cumsum(stop - start))


def _decode(raw: NDArray[np.uint8], ends: Ints) -> Shapes:
    """Shapes as points: differences, latitude first, zigzag, 7 bits a byte (midgard/encoded.h)."""
    values = decode_zigzag(decode_varints(raw))
    last = _edges(raw < 128)  # a number's last byte has no eighth bit
    first = np.concatenate([[0], last[ends] // 2])
    y, x = (_sum_each(values[axis::2], first).astype(np.int32) for axis in (0, 1))
    return Shapes(first, x, y)


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


def _count_wrong(shapes: Shapes, road: Ints, length_m: Ints) -> int:
    """5. How many edges are not as long as their shapes: in a layout read wrongly most."""
    lon, lat = shapes.degrees(slice(None))
    dx = np.diff(lon) * np.cos(np.radians(lat[:-1]))
    step = np.hypot(dx, np.diff(lat)) * ENGINE_METRES_PER_DEGREE
    step[shapes.first[1:-1] - 1] = 0
    total = np.concatenate([[0], np.cumsum(step)])
    shape_m = total[shapes.first[1:] - 1] - total[shapes.first[:-1]]
    off = np.abs(shape_m[road] - length_m)
    return int((off > SHAPE_SLACK_M + SHAPE_SLACK_SHARE * length_m).sum())


def _join_roads(parts: Sequence[_Tile]) -> Shapes:
    """The shapes of all tiles, by whose roads those of the tiles are numbered from here on."""
    base = _edges([len(part.columns["points"]) for part in parts])
    for part, before in zip(parts, base.tolist(), strict=False):
        part.columns["road"] += np.int32(before)
    first = _edges(_hand_over(parts, "points"))
    return Shapes(first, _hand_over(parts, "x"), _hand_over(parts, "y"))


def _opposing(parts: Sequence[_Tile]) -> Ints:
    """2. The n-th edge that leaves an edge's end, n as the edge itself says; parts ascend."""
    tile_ids = np.array([part.tile_id for part in parts])
    base = _edges([len(part.columns["starts"]) for part in parts])
    starts = _hand_over(parts, "starts")
    for part in parts:
        end = part.columns["end"]
        tile = np.searchsorted(tile_ids, end & ((1 << TILE_BITS) - 1)).clip(max=len(parts) - 1)
        number = starts[base[tile] + (end >> TILE_BITS)] + part.columns["opposing"]
        part.columns["opposing"] = (tile_ids[tile] << NUMBER_BITS) + number
    return _hand_over(parts, "opposing")


def _share(
    keys: Ints, opposing: Ints, parts: Sequence[_Tile], shapes: Shapes
) -> tuple[Mask, Column, Shapes]:
    """4. One road for the two directions of a stretch between two tiles, each with a copy.

    Of each edge whether it runs along its road and the road; the roads' shapes.
    """
    along, road = _hand_over(parts, "along"), _hand_over(parts, "road")
    at = find_rows(keys, opposing)
    copies = np.flatnonzero((at >= 0) & (road[at] < road))
    at = at[copies]
    along[copies], road[copies] = ~along[at], road[at]
    used = np.zeros(len(shapes), bool)
    used[road] = True
    return along, _renumber(used)[road], shapes.of(used)


def _renumber(used: Mask) -> Column:
    """Of each row that is used its number among those."""
    return np.cumsum(used, dtype=np.int32) - np.int32(1)


def _merge(parts: Sequence[_Tile]) -> tuple[int, Column, Column]:
    """3. Nodes numbered from 0, those that a level transition joins as one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    begin, end, joined = (_hand_over(parts, name) for name in ("begin", "end", "joined"))
    ids = sort_distinct(np.concatenate([begin, end, joined]))
    begin, end, joined = (rows_among(column, ids) for column in (begin, end, joined))
    pairs = joined.reshape(-1, 2)
    links = coo_array((np.ones(len(pairs), np.int8), pairs.T), shape=(len(ids), len(ids)))
    _, place = connected_components(links, directed=False)
    used = np.zeros(len(ids), bool)
    used[place[begin]] = used[place[end]] = True
    number = _renumber(used)[place]
    return int(used.sum()), number[begin], number[end]
