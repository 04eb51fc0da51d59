"""One of Valhalla's routing tiles read as arrays: its drivable roads, their shapes and names.

The layout is that of tile format 3 as Valhalla's public headers give it (valhalla/baldr:
graphtileheader.h, graphid.h, nodeinfo.h, nodetransition.h, directededge.h, edgeinfo.h): a header of
272 bytes, nodes of 32, transitions of 8, directed edges of 48, and the edge infos that hold the
shapes; behind all, the texts of the names.

1. The directed edges that a car may use are read; shortcuts, which repeat others, are left out.
2. Two edges with the same edge info are the two directions of one road.
3. What can be checked is (sizes, the header's own counts, lengths against shapes), so that another
   layout is refused instead of misread.
4. Tiles are many, so of each only what is needed is held, in the narrowest numbers that hold it.
"""

from collections.abc import Buffer, Iterator, Sequence
from dataclasses import dataclass
from enum import IntFlag
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.errors import BadMap
from app.geo.driving.engine import Driving
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
AT_TRANSITION_COUNT, AT_RESTRICTIONS, AT_EDGE_INFOS, AT_TEXTS, AT_BINS = 48, 96, 104, 108, 116
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
USE, ROAD_CLASS = _Bits(2, 40, 6), _Bits(2, 54, 3)
TOLL = _Bits(2, 60, 1)
TUNNEL, BRIDGE = _Bits(3, 49, 1), _Bits(3, 50, 1)
EDGE_ACCESS = _Bits(3, 0, 12)
LENGTH_M = _Bits(4, 32, 24)
SHORTCUT = _Bits(5, 60, 1)
# Of an edge info (edgeinfo.h): its facts, in the last 4 bytes of which are the count of its names
# (4 bits) and the size of its shape (16 bits); the names; the shape.
INFO_FACTS, INFO_SIZES, INFO_NAME = 12, 8, 4
NAME_COUNT_BITS, SHAPE_SIZE_BITS = 4, 16

AUTO = 1  # the car's bit in an access mask (kAutoAccess, graphconstants.h)
# Of a name (NameInfo, edgeinfo.h): where its text stands; tagged ones tell something else.
TEXT_OFFSET, TAGGED = (1 << 24) - 1, 1 << 29
MOTORWAY, RAMP = 0, 1  # of RoadClass::kMotorway and Use::kRamp (graphconstants.h)
# Use::kTrack, then kDriveway, kAlley, kParkingAisle, kDriveThru, kServiceRoad (graphconstants.h).
TRACK = 3
SERVICE = (TRACK, 4, 5, 6, 8, 11)
FERRIES = (41, 42)  # Use::kFerry, kRailFerry (graphconstants.h)
IMPASSABLE = 7  # the worst surface (Surface::kImpassable, graphconstants.h)
SHAPE_DEGREES = 1e-6  # precision of shapes (midgard/encoded.h)
ENGINE_METRES_PER_DEGREE = 6378160.187 * np.pi / 180  # by which it measures: kRadEarthMeters
# Judgement: metres, and of its length, that a road's shape may be off it.
SHAPE_SLACK_M, SHAPE_SLACK_SHARE = 5, 0.02


class LeftOut(IntFlag):
    """What a road may be that drives can leave out, so that no point is put on it either."""

    NOTHING = 0
    TOLLS = 1
    FERRIES = 2

    @classmethod
    def of(cls, how: Driving) -> Self:
        """As the engine is asked, see valhalla_api.costing_options; motorways have no points."""
        return cls(cls.TOLLS * (not how.tolls) | cls.FERRIES * (not how.ferries))


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
        return Shapes(count_up(count[used]), self.x[points], self.y[points])

    def __len__(self) -> int:
        """How many roads."""
        return len(self.first) - 1


class TileRecords(NamedTuple):
    """Views of a tile's bytes: records, in 64-bit words, and where its edge infos begin."""

    tile_id: int
    node: Words
    crossing: Words
    edge: Words
    infos: int


@dataclass(frozen=True)
class TileColumns:
    """One tile's drivable edges. wrong: how many of them rule 3 doubts.

    columns: of each edge those of `Graph`, but nodes as GraphIds, barred as its first node is,
    roads counted from 0, and `opposing`: the edge that leads the other way is the n-th that leaves
    its end. Of each road `points`, how many it has,
    whose `x` and `y` are as in `Shapes`. starts: the number of the first edge that leaves each
    node of the tile, in their order. named: roads, a row for each of their `name`s, in `names`.
    joined: nodes that are one, as GraphIds, one behind the other. listed: edges of this and other
    tiles, as GraphIds.
    """

    tile_id: int
    wrong: int
    names: Sequence[str]
    columns: dict[str, Column]


def tile_first(graph_ids: Ints) -> Ints:
    """Numbers of which those of one tile follow each other: its id in the upper bits."""
    keys: Ints = (graph_ids & ((1 << TILE_BITS) - 1)) << NUMBER_BITS | graph_ids >> TILE_BITS
    return keys


def count_up(counts: ArrayLike) -> Ints:
    """Where each of some groups begins and the last ends."""
    return np.concatenate([[0], np.cumsum(counts)])


def read_bits(words: Words, at: _Bits) -> Ints:
    """A number of each of some records, shape (n, words)."""
    mask = np.uint64((1 << at.width) - 1)
    return ((words[:, at.word] >> np.uint64(at.low)) & mask).astype(np.int64)


def tile_paths(tiles: Path) -> Iterator[Path]:
    """Tiles of the three road levels, in the order of their ids."""
    for level in ("0", "1", "2"):
        yield from sorted((tiles / level).rglob("*.gph"))


def split_tile(path: Path, data: Buffer) -> TileRecords:
    """The parts of a tile's bytes. Raises BadMap where it is none, or of another layout."""
    if memoryview(data).nbytes < HEADER:
        raise BadMap(f"{path}: not a routing tile")
    head = np.frombuffer(data, "<u8", HEADER // 8).reshape(1, -1)
    tile_id, nodes, edges = (
        int(read_bits(head, at)[0]) for at in (TILE_ID, NODE_COUNT, EDGE_COUNT)
    )
    transitions = _number(data, AT_TRANSITION_COUNT) & MOST_TRANSITIONS
    infos = _number(data, AT_EDGE_INFOS)
    at = HEADER + nodes * NODE
    after = at + transitions * TRANSITION
    if after + edges * EDGE > infos or infos > memoryview(data).nbytes:
        raise BadMap(f"{path}: an unknown tile layout")
    return TileRecords(
        tile_id,
        _records(data, NODE, nodes, HEADER),
        _records(data, TRANSITION, transitions, at),
        _records(data, EDGE, edges, after),
        infos,
    )


def read_tile(path: Path) -> TileColumns:
    """1. The drivable edges of one tile. Raises BadMap where it is none, or of another layout."""
    data = path.read_bytes()
    tile_id, node, crossing, edge, infos = split_tile(path, data)
    nodes = len(node)
    keep = np.flatnonzero(
        (read_bits(edge, EDGE_ACCESS) & AUTO == AUTO) & (read_bits(edge, SHORTCUT) == 0)
    )
    words = edge[keep]
    owner = np.repeat(np.arange(nodes), read_bits(node, EDGES_OF_NODE))[keep]
    of_node = np.repeat(np.arange(nodes), read_bits(node, TRANSITIONS_OF_NODE))
    offsets, road = np.unique(read_bits(words, INFO_OFFSET), return_inverse=True)  # 2.
    shapes = _shapes(memoryview(data)[infos:], offsets)
    length_m = read_bits(words, LENGTH_M)
    named, name, names = _names(data, infos, offsets)
    return TileColumns(
        tile_id=tile_id,
        wrong=_count_wrong(shapes, road, length_m),
        names=names,
        columns={
            "edge_key": (tile_id << NUMBER_BITS) + keep,
            "begin": tile_id + (owner << TILE_BITS),
            "end": read_bits(words, END_NODE),
            "opposing": read_bits(words, OPPOSING_NUMBER).astype(np.uint8),
            "length_m": length_m.astype(np.int32),
            "speed_kmh": read_bits(words, SPEED_KMH).astype(np.uint8),
            "road": road.astype(np.int32),
            "along": read_bits(words, ALONG_SHAPE) == 1,
            "fronted": _are_fronted(words),
            "crossed": read_bits(words, TUNNEL) + read_bits(words, BRIDGE) > 0,
            "service": np.isin(read_bits(words, USE), SERVICE),
            "may_be_left_out": _may_be_left_out(words),
            "passable": read_bits(words, SURFACE) != IMPASSABLE,
            "barred": (read_bits(node, NODE_ACCESS) & AUTO)[owner] == 0,
            "named": named,
            "name": name,
            "points": np.diff(shapes.first),
            "x": shapes.x,
            "y": shapes.y,
            "starts": read_bits(node, FIRST_EDGE).astype(np.int32),
            "joined": _pair(tile_id + (of_node << TILE_BITS), read_bits(crossing, OTHER_NODE)),
            "listed": _listed(data),
        },
    )


def _are_fronted(words: Words) -> Mask:
    """Of each edge whether an address may lie on it."""
    through: Mask = (read_bits(words, ROAD_CLASS) == MOTORWAY) | (read_bits(words, USE) == RAMP)
    through |= read_bits(words, TUNNEL) == 1
    return ~through


def _may_be_left_out(words: Words) -> Column:
    """Of each edge which of `LeftOut` it is."""
    ferry = np.isin(read_bits(words, USE), FERRIES)
    kinds = LeftOut.TOLLS * read_bits(words, TOLL) + LeftOut.FERRIES * ferry
    return kinds.astype(np.uint8)


def _pair(one: Ints, other: Ints) -> Ints:
    return np.stack([one, other], axis=1).ravel()


def _number(data: Buffer, at: int) -> int:
    """A 4-byte number of the header."""
    return int(np.frombuffer(data, "<u4", 1, at)[0])


def _records(data: Buffer, size: int, count: int, at: int) -> Words:
    """So many records of that size, in 64-bit words, shape (count, words)."""
    return np.frombuffer(data, "<u8", count * size // 8, at).reshape(count, size // 8)


def _listed(data: bytes) -> Ints:
    """What the tile's search grid holds: edges up to its last bin's end, before restrictions."""
    count = _number(data, AT_BINS + 4 * (BINS - 1))
    begin = _number(data, AT_RESTRICTIONS) - 8 * count
    listed: Ints = np.frombuffer(data, "<u8", count, begin).astype(np.int64)
    return listed


def _names(data: bytes, infos: int, offsets: Ints) -> tuple[Column, Column, Sequence[str]]:
    """The roads with names, a row for each, which of the tile's names that is, and those."""
    raw, texts = np.frombuffer(data, np.uint8), _number(data, AT_TEXTS)
    sizes = raw[infos + offsets + INFO_SIZES].astype(np.int64)
    count = sizes & ((1 << NAME_COUNT_BITS) - 1)
    road = np.repeat(np.arange(len(offsets), dtype=np.int32), count)
    nth = np.arange(len(road)) - np.repeat(np.cumsum(count) - count, count)
    at = infos + offsets[road] + INFO_FACTS + INFO_NAME * nth
    facts = raw[at[:, None] + np.arange(INFO_NAME)].copy().view("<u4")[:, 0]
    plain = facts & TAGGED == 0
    text, name = np.unique(facts[plain] & TEXT_OFFSET, return_inverse=True)
    begins = (texts + text.astype(np.int64)).tolist()
    names = [data[i : data.index(0, i)].decode(errors="replace") for i in begins]
    return road[plain], name.astype(np.int32), names


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
    last = count_up(raw < 128)  # a number's last byte has no eighth bit
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
    """3. How many edges are not as long as their shapes: in a layout read wrongly most."""
    lon, lat = shapes.degrees(slice(None))
    dx = np.diff(lon) * np.cos(np.radians(lat[:-1]))
    step = np.hypot(dx, np.diff(lat)) * ENGINE_METRES_PER_DEGREE
    step[shapes.first[1:-1] - 1] = 0
    total = np.concatenate([[0], np.cumsum(step)])
    shape_m = total[shapes.first[1:] - 1] - total[shapes.first[:-1]]
    off = np.abs(shape_m[road] - length_m)
    return int((off > SHAPE_SLACK_M + SHAPE_SLACK_SHARE * length_m).sum())
