"""Where on which road a point lies, by the engine's own rules.

They are those of Valhalla's search (finalize and handle_bin in src/loki/search.cc):

1. Nearest. Roads are cut into straight pieces no longer than PIECE_M. A point is projected onto the
   pieces whose middles are nearest to it; more are looked at while one whose middle lies beyond
   them could still be nearer, so that none is missed. They are searched tile by tile (grid.py),
   with what lies within LOOKED_M of the tile; only for points farther than SNAP_M from all of it
   farther away, too. Roads of a kind that the drive leaves out are none.
2. Open roads. The nearest road from which and to which enough junctions can be driven (see
   connections.py) is the point's.
3. Strays. Where no open road is within CUTOFF_M, the nearest of the other roads is the point's;
   else it counts beside the open one while no second open road is nearer.
4. Junctions. A point within JUNCTION_M of an end of its road, or nearest to it, lies at the
   junction there and so on every road that meets in it; with both ends so near, at the nearer one.

Where a hair decides, the point has other positions as well, for the engine may see it otherwise:

5. Ties. A second road as near as TIE_M and TIE_SHARE tell.
6. Edges of junctions. A distance to an end of the road within DOUBT_M of rule 4's, or nearly that
   to the road; on a road so short that both ends are that near, the other end.
"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from app.geo.driving.embedded.grid import TILE_DEGREES, Grid, Tile, sort_by_tile
from app.geo.driving.embedded.piece_index import PIECE_M, PieceIndex
from app.geo.driving.embedded.tiles import ENGINE_METRES_PER_DEGREE, Column, LeftOut
from app.geo.driving.engine import SNAP_M
from app.geo.driving.valhalla_api import CUTOFF_M
from app.geo.points import Floats, Ints, Mask, Points, put_rows

# Metres. loki.service_defaults.node_snap_tolerance in what pyvalhalla's valhalla_build_config says.
JUNCTION_M = 5.0
DOUBT_M = 0.2  # judgement: metres that rounding may move a distance by
TIE_M, TIE_SHARE = 0.05, 0.001  # judgement: metres, and of the distance itself
TOUCH_M = 1e-6  # judgement: metres by which the nearest point and an end of the road are the same
NEARLY_M = 1e-3  # judgement: or may be so to the engine; at 12 m from the road this is 15 cm of it
LOOKED_M = SNAP_M + PIECE_M  # no piece of a road that is as near as SNAP_M has its middle farther
FLAT_M = 0.5  # judgement: metres that a projection on a plane may be off at this range
CHUNK = 8192  # judgement: rows snapped at a time, so that they stay in the processor's cache
WIDTHS = (8, 32, 128, 512)  # judgement: pieces looked at, more where fewer do not settle it
SQUARE_DEGREES = 0.01  # judgement: points in one such square are snapped one after the other


class RoadColumns(Protocol):
    """The columns needed here of a road index; see roads.Roads."""

    @property
    def piece(self) -> Floats: ...  # noqa: D102
    @property
    def piece_road(self) -> Column: ...  # noqa: D102
    @property
    def ends(self) -> Floats: ...  # noqa: D102
    @property
    def nodes(self) -> Column: ...  # noqa: D102
    @property
    def length_m(self) -> Floats: ...  # noqa: D102

    @property
    def grid(self) -> Grid: ...  # noqa: D102

    def open_pieces(self, tile: Tile, without: LeftOut) -> PieceIndex:
        """Those of open roads in a tile and within LOOKED_M of it."""

    def other_pieces(self, tile: Tile, without: LeftOut) -> PieceIndex:
        """Those of the other roads there."""

    def far_pieces(self, lon: Floats, lat: Floats, without: LeftOut) -> PieceIndex:
        """Those of open roads nearest to points that are far from any."""


@dataclass(frozen=True)
class Snaps:
    """Where each of n points lies on the roads.

    road: int32, -1 where there is no point. fraction: along the road's shape, 0 to 1.
    node: int32, the junction it lies at, -1 where it lies between two.
    distance_m: to the road. NaN where there is no point.
    other: rows for which another position is about as good by the engine's rules, with it as
    `other_road`, `other_fraction`, `other_node`. A row may have several.
    """

    road: Column
    fraction: Column
    node: Column
    distance_m: Floats
    other: Ints
    other_road: Column
    other_fraction: Floats
    other_node: Column


class _Nearest(NamedTuple):
    """Of each point the nearest place of a road, with the metres along it and to it."""

    road: Ints
    along_m: Floats
    metres: Floats


class _Seen(NamedTuple):
    """Of each point the two nearest open roads, and the nearest of the others."""

    best: _Nearest
    rival: _Nearest
    stray: _Nearest

    def take(self, rows: Ints) -> "_Seen":
        """The same of some points."""
        return _Seen(*(_take(one, rows) for one in self))

    @classmethod
    def join(cls, parts: Iterable["_Seen"]) -> "_Seen":
        """Of the points of several parts, one after the other."""
        return cls(*(_Nearest(*_joined(of)) for of in zip(*parts, strict=True)))

    @classmethod
    def of_nothing(cls, n: int) -> "_Seen":
        """Of points of which none is known."""
        return cls(_nowhere(n), _nowhere(n), _nowhere(n))


class _Position(NamedTuple):
    """Positions on roads, one a row, with the metres to them; as in `Snaps`."""

    road: Ints
    fraction: Floats
    node: Ints
    metres: Floats


class _Snapped(NamedTuple):
    """The best position of each row, and others as good: which of the rows, and where."""

    best: _Position
    rows: Ints
    other: _Position


def snap_points(roads: RoadColumns, points: Points, without: LeftOut) -> Snaps:
    """Where each point lies, on no road of a kind that is left out."""
    rows = np.flatnonzero(points.known)
    rows = rows[_neighbours_together(points.lon[rows], points.lat[rows])]
    there = roads.grid.may_be_near(points.lon[rows], points.lat[rows])
    near, far = rows[there], rows[~there]
    tiles = sort_by_tile(points.lon[near], points.lat[near], TILE_DEGREES)
    parts = [(tile, near[part]) for tile, some in tiles for part in _chunks(some)]
    every = np.concatenate([*(part for _, part in parts), far])
    lon, lat = points.lon[every], points.lat[every]

    def snap_part(part: Ints) -> _Snapped:
        return _snap(roads, lon[part], lat[part], seen.take(part))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda part: _look_near(roads, part[0], points[part[1]], without), parts)
        seen = _with_far(roads, lon, lat, without, _Seen.join([*found, _Seen.of_nothing(len(far))]))
        again = list(_chunks(np.arange(len(every))))
        done = list(pool.map(snap_part, again))
    return _gather(len(points), [every[part] for part in again], done)


def _chunks(rows: Ints) -> Iterator[Ints]:
    return (rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK))


def _neighbours_together(lon: Floats, lat: Floats) -> Ints:
    """An order in which neighbours follow each other: by squares."""
    per_degree = round(1 / SQUARE_DEGREES)
    return np.argsort(
        np.floor(lat * per_degree).astype(np.int32) * (360 * per_degree)
        + np.floor(lon * per_degree).astype(np.int32),
        kind="stable",
    )


def _look_near(roads: RoadColumns, tile: Tile, points: Points, without: LeftOut) -> _Seen:
    """What lies near points of one tile."""
    is_open, other = roads.open_pieces(tile, without), roads.other_pieces(tile, without)
    best, rival = _two_nearest(roads, is_open, points.lon, points.lat)  # 2.
    stray, _ = _two_nearest(roads, other, points.lon, points.lat)  # 3.
    return _Seen(best, rival, stray)


def _with_far(roads: RoadColumns, lon: Floats, lat: Floats, without: LeftOut, seen: _Seen) -> _Seen:
    """The same; for points with no open road within SNAP_M those farther away."""
    best, rival, stray = seen
    for far in _chunks(np.flatnonzero(best.metres > SNAP_M)):
        pieces = roads.far_pieces(lon[far], lat[far], without)
        found = _two_nearest(roads, pieces, lon[far], lat[far])
        best, rival = (_put(old, far, new) for old, new in zip((best, rival), found, strict=True))
    return _Seen(best, rival, stray)


def _snap(roads: RoadColumns, lon: Floats, lat: Floats, seen: _Seen) -> _Snapped:
    best, rival, stray = seen
    near = stray.metres <= SNAP_M
    swap = near & (best.metres > CUTOFF_M)
    chosen = _Nearest._make(np.where(swap, a, b) for a, b in zip(stray, best, strict=True))
    place = _position(roads, lon, lat, chosen)

    beside = np.flatnonzero(near & ~swap & (stray.metres <= rival.metres))
    strays = _position(roads, lon[beside], lat[beside], _take(stray, beside))
    with np.errstate(invalid="ignore"):  # inf - inf where there is no open road at all
        farther = rival.metres - best.metres
    tie = np.flatnonzero((farther <= TIE_M + TIE_SHARE * best.metres) & ~swap)  # 5.
    rivals = _position(roads, lon[tie], lat[tie], _take(rival, tie))
    apart = (rivals.node < 0) | (rivals.node != place.node[tie])
    edge_of, turned = _nearly_elsewhere(roads, lon, lat, place)
    others = strays, _Position._make(column[apart] for column in rivals), turned
    return _Snapped(
        place, np.concatenate([beside, tie[apart], edge_of]), _Position(*_joined(others))
    )


def _two_nearest(
    roads: RoadColumns, pieces: PieceIndex, lon: Floats, lat: Floats
) -> tuple[_Nearest, _Nearest]:
    """1. The nearest road, and the nearest other one; metres inf where there is none."""
    if pieces.tree is None:
        return _nowhere(len(lon)), _nowhere(len(lon))
    best, rival, unsettled = _look(roads, pieces, lon, lat, WIDTHS[0])
    for width in WIDTHS[1:]:
        again = np.flatnonzero(unsettled & (best.metres < SNAP_M))
        if len(again) == 0:
            break
        *more, unsettled[again] = _look(roads, pieces, lon[again], lat[again], width)
        for old, new in zip((*best, *rival), (*more[0], *more[1]), strict=True):
            old[again] = new
    return best, rival


def _look(
    roads: RoadColumns, pieces: PieceIndex, lon: Floats, lat: Floats, width: int
) -> tuple[_Nearest, _Nearest, Mask]:
    """As `_two_nearest` among so many pieces, with which rows those do not settle."""
    seen = pieces.nearest(lon, lat, min(width, len(pieces.which)))
    n = np.arange(len(lon))
    road = roads.piece_road[seen.piece]
    one = _least(seen.metres, road)
    others = np.where(road == road[n, one][:, None], np.inf, seen.metres)
    two = _least(others, road)
    best = _Nearest(road[n, one], seen.along_m[n, one], seen.metres[n, one])
    rival = _Nearest(road[n, two], seen.along_m[n, two], others[n, two])
    unsettled = seen.horizon < best.metres + PIECE_M / 2 + FLAT_M
    return best, rival, unsettled & np.isfinite(seen.horizon)


def _least(metres: Floats, road: Column) -> Ints:
    """Which of each row is nearest; of several the one of the lowest road."""
    least = metres == metres.min(axis=1, keepdims=True)
    return np.where(least, road, np.iinfo(road.dtype).max).argmin(axis=1)


def _position(roads: RoadColumns, lon: Floats, lat: Floats, nearest: _Nearest) -> _Position:
    """4. At a junction where the engine would put it there, else between two."""
    front, back = _to_ends(roads, lon, lat, nearest.road)
    touching = (nearest.metres + TOUCH_M) / ENGINE_METRES_PER_DEGREE
    at_front = (front < JUNCTION_M / ENGINE_METRES_PER_DEGREE) | (front <= touching)
    at_back = (back < JUNCTION_M / ENGINE_METRES_PER_DEGREE) | (back <= touching)
    first, last = roads.nodes[nearest.road].T
    nearer = at_front & (~at_back | (front <= back))
    node = np.where(nearer, first, np.where(at_back, last, -1))
    node = np.where(np.isfinite(nearest.metres), node, -1)
    length_m = np.maximum(roads.length_m[nearest.road], 1)  # whole metres, 0 for the shortest
    return _Position(nearest.road, np.minimum(nearest.along_m / length_m, 1), node, nearest.metres)


def _nearly_elsewhere(
    roads: RoadColumns, lon: Floats, lat: Floats, place: _Position
) -> tuple[Ints, _Position]:
    """6. Rows a hand's breadth from being put at a junction, or not, and that other position."""
    front, back = (d * ENGINE_METRES_PER_DEGREE for d in _to_ends(roads, lon, lat, place.road))
    edge_of = (np.abs(front - JUNCTION_M) < DOUBT_M) | (np.abs(back - JUNCTION_M) < DOUBT_M)
    past = np.minimum(front, back) - place.metres
    edge_of |= (past > TOUCH_M) & (past < NEARLY_M)
    short = (front < JUNCTION_M + DOUBT_M) & (back < JUNCTION_M + DOUBT_M)
    rows = np.flatnonzero(edge_of | short)
    first, last = roads.nodes[place.road[rows]].T
    farther = np.where(place.node[rows] == first, last, first)
    nearer = np.where(front[rows] <= back[rows], first, last)
    node = np.where(short[rows], farther, np.where(place.node[rows] < 0, nearer, -1))
    return rows, _Position(place.road[rows], place.fraction[rows], node, place.metres[rows])


def _to_ends(roads: RoadColumns, lon: Floats, lat: Floats, road: Ints) -> tuple[Floats, Floats]:
    """Degrees of latitude from each point to the first and the last point of its road."""
    first_lon, first_lat, last_lon, last_lat = roads.ends[road].T
    narrow = np.cos(np.radians(lat))
    front: Floats = np.hypot((first_lon - lon) * narrow, first_lat - lat)
    back: Floats = np.hypot((last_lon - lon) * narrow, last_lat - lat)
    return front, back


def _take(nearest: _Nearest, rows: Ints) -> _Nearest:
    return _Nearest._make(column[rows] for column in nearest)


def _put(nearest: _Nearest, rows: Ints, new: _Nearest) -> _Nearest:
    """With others in those rows."""
    return _Nearest._make(put_rows(old, rows, of) for old, of in zip(nearest, new, strict=True))


def _nowhere(n: int) -> _Nearest:
    return _Nearest(np.full(n, -1), np.zeros(n), np.full(n, np.inf))


def _joined(parts: Iterable[Iterable[Column]]) -> Iterator[Column]:
    """The columns of several parts, one part after the other."""
    return (np.concatenate(column) for column in zip(*parts, strict=True))


def _gather(n: int, parts: list[Ints], done: list[_Snapped]) -> Snaps:
    """One column each, in the order of the points."""
    road, node = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    fraction, metres = np.zeros(n, np.float32), np.full(n, np.nan)
    for rows, snapped in zip(parts, done, strict=True):
        road[rows], fraction[rows], node[rows], metres[rows] = snapped.best
    nothing = _Position(np.zeros(0, int), np.zeros(0), np.zeros(0, int), np.zeros(0))
    other = _Position(*_joined([nothing, *(snapped.other for snapped in done)]))
    others = (part[snapped.rows] for part, snapped in zip(parts, done, strict=True))
    rows = np.concatenate([np.zeros(0, np.int64), *others])
    return Snaps(road, fraction, node, metres, rows, other.road, other.fraction, other.node)
