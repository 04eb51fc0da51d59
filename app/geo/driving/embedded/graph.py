"""The roads of a folder of Valhalla's routing tiles as one graph; see tiles.py.

1. The edge that leads the other way is the n-th that leaves an edge's end, n as the edge says.
2. A place has one node on each level of roads; transitions join them, and they become one.
3. A road between two tiles has an edge info in each: its second copy is dropped.
4. Tiles are many: a column of a tile is handed over when it is joined to those of the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.errors import BadMap
from app.geo.columns import release_memory, rows_among, sort_distinct
from app.geo.driving.embedded.tiles import (
    NUMBER_BITS,
    TILE_BITS,
    Column,
    Shapes,
    TileColumns,
    count_up,
    read_tile,
    tile_first,
    tile_paths,
)
from app.geo.points import Floats, Ints, Mask

SECONDS_A_METRE = 3.6  # at 1 km/h
WRONG_SHARE = 0.01  # judgement: of all edges, those whose shapes may not be as long as they are


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
    crossed: True where others may go over or under it: a bridge or a tunnel.
    service: True where its use is to lead to doors: a driveway, an aisle, a track.
    may_be_left_out: which of tiles.LeftOut it is.
    passable: False where the surface stops any car. barred: of each node, True where no car
    passes through, as at a barrier.
    listed: True where the engine's own search for a near road finds the edge; of the two
    directions of a road it lists one.
    named, name: the roads that have names, once for each, and which of `names` that is.
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
    crossed: Mask
    service: Mask
    may_be_left_out: Column
    passable: Mask
    barred: Mask
    listed: Mask
    named: Column
    name: Column
    names: Sequence[str]
    shapes: Shapes

    def seconds(self) -> Floats:
        """Of each edge, without turns."""
        seconds: Floats = self.length_m * SECONDS_A_METRE / np.maximum(self.speed_kmh, 1)
        return seconds


def find_rows(keys: Ints, asked: Ints) -> Ints:
    """The row of each number in an ascending column, -1 where it is not there."""
    if not len(keys):
        return np.full(len(asked), -1)
    row = np.searchsorted(keys, asked).clip(max=len(keys) - 1)
    return np.where(keys[row] == asked, row, -1)


def read_graph(tiles: Path) -> Graph:
    """The graph in a folder of tiles. Raises BadMap when there is none or it can't be read."""
    parts = [read_tile(path) for path in tile_paths(tiles)]
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
    along, road, used = _share(keys, opposing, parts, len(shapes))
    number = _renumber(used)
    named, name, names = _join_names(parts, used)
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
        road=number[road],
        along=along,
        fronted=_hand_over(parts, "fronted"),
        crossed=_hand_over(parts, "crossed"),
        service=_hand_over(parts, "service"),
        may_be_left_out=_hand_over(parts, "may_be_left_out"),
        passable=_hand_over(parts, "passable"),
        barred=barred,
        listed=listed,
        named=number[named],
        name=name,
        names=names,
        shapes=shapes.of(used),
    )


def _hand_over(parts: Sequence[TileColumns], name: str) -> Column:
    """4. A column of all tiles, which they have no more."""
    column = np.concatenate([part.columns.pop(name) for part in parts])
    release_memory()
    return column


def _join_roads(parts: Sequence[TileColumns]) -> Shapes:
    """The shapes of all tiles, by whose roads those of the tiles are numbered from here on."""
    base = count_up([len(part.columns["points"]) for part in parts])
    for part, before in zip(parts, base.tolist(), strict=False):
        part.columns["road"] += np.int32(before)
        part.columns["named"] += np.int32(before)
    first = count_up(_hand_over(parts, "points"))
    return Shapes(first, _hand_over(parts, "x"), _hand_over(parts, "y"))


def _opposing(parts: Sequence[TileColumns]) -> Ints:
    """1. The n-th edge that leaves an edge's end, n as the edge itself says; parts ascend."""
    tile_ids = np.array([part.tile_id for part in parts])
    base = count_up([len(part.columns["starts"]) for part in parts])
    starts = _hand_over(parts, "starts")
    for part in parts:
        end = part.columns["end"]
        tile = np.searchsorted(tile_ids, end & ((1 << TILE_BITS) - 1)).clip(max=len(parts) - 1)
        number = starts[base[tile] + (end >> TILE_BITS)] + part.columns["opposing"]
        part.columns["opposing"] = (tile_ids[tile] << NUMBER_BITS) + number
    return _hand_over(parts, "opposing")


def _join_names(parts: Sequence[TileColumns], used: Mask) -> tuple[Column, Column, Sequence[str]]:
    """Of all tiles, but of roads that are used only; each name once."""
    distinct: dict[str, int] = {}
    for part in parts:
        row = [distinct.setdefault(name, len(distinct)) for name in part.names]
        part.columns["name"] = np.array(row, np.int32)[part.columns["name"]]
    named, name = _hand_over(parts, "named"), _hand_over(parts, "name")
    rows = used[named]
    return named[rows], name[rows], list(distinct)


def _share(
    keys: Ints, opposing: Ints, parts: Sequence[TileColumns], roads: int
) -> tuple[Mask, Column, Mask]:
    """3. One road for the two directions of a stretch between two tiles, each with a copy.

    Of each edge whether it runs along its road, and the road; of each road whether it is used.
    """
    along, road = _hand_over(parts, "along"), _hand_over(parts, "road")
    at = find_rows(keys, opposing)
    copies = np.flatnonzero((at >= 0) & (road[at] < road))
    at = at[copies]
    along[copies], road[copies] = ~along[at], road[at]
    used = np.zeros(roads, bool)
    used[road] = True
    return along, road, used


def _renumber(used: Mask) -> Column:
    """Of each row that is used its number among those."""
    return np.cumsum(used, dtype=np.int32) - np.int32(1)


def _merge(parts: Sequence[TileColumns]) -> tuple[int, Column, Column]:
    """2. Nodes numbered from 0, those that a level transition joins as one."""
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
