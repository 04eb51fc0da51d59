"""Where on which road a point lies, by the engine's own rules.

The rules are those of Valhalla's search (loki/search.cc): the nearest road from which and to
which at least 50 junctions can be driven; a point within 5 m of a road's end, or nearest to it,
lies at the junction there and so on every road that meets in it; a road of a smaller piece of
the network counts beside the nearest one while no second road is nearer.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from app.geo.driving.embedded.graph import ENGINE_METRES_PER_DEGREE
from app.geo.driving.engine import SNAP_M
from app.geo.points import Floats, Ints, Mask, Points, unit_sphere

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

JUNCTION_M = 5.0  # loki.service_defaults.node_snap_tolerance
DOUBT_M = 0.2  # from that distance, so that either may be meant
PIECE_M = 30.0  # roads are cut into straight pieces no longer than this
CHUNK = 8192  # rows snapped at a time, so that they stay in the processor's cache
WIDTHS = (8, 32, 128, 512)  # nearest pieces looked at, more where those do not settle it
AROUND = 28  # places looked at within a fix's radius


type Column = NDArray[Any]


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


@dataclass(frozen=True)
class Snaps:
    """Where each of n points lies on the roads.

    road: int32, -1 where there is no point. fraction: along the road's shape, 0 to 1.
    node: int32, the junction it lies at, -1 where it lies between two.
    distance_m: to the road. NaN where there is no point.
    other: rows for which another place is about as good by the engine's rules, with the place
    as `other_road`, `other_fraction`, `other_node`. A row may have several.
    """

    road: Column
    fraction: Column
    node: Column
    distance_m: Floats
    other: Ints
    other_road: Column
    other_fraction: Floats
    other_node: Column


@dataclass(frozen=True)
class Around:
    """Shape (n, AROUND): places within a point's circle; road -1 where there are fewer."""

    road: Column
    fraction: Floats


def in_circles(tree: "cKDTree", points: Points, radius_m: Floats, size_m: float) -> Ints:
    """The nearest AROUND of the tree's, -1 from where they lie outside the circle."""
    far, found = tree.query(
        _sphere(points.lon, points.lat),
        k=list(range(1, AROUND + 1)),
        distance_upper_bound=size_m,
        workers=-1,
    )
    nearest: Ints = np.where(far <= radius_m[:, None], found, -1)
    return nearest


def _sphere(lon: Floats, lat: Floats) -> Floats:
    """Metres in space, shape (n, 3), on the sphere by which the engine measures short ways."""
    return unit_sphere(lon, lat) * (ENGINE_METRES_PER_DEGREE * 180 / np.pi)


def by_place(lon: Floats, lat: Floats) -> Ints:
    """An order in which neighbours follow each other: by squares of 0.01 degrees."""
    return np.argsort(
        np.floor(lat * 100).astype(np.int32) * 36000 + np.floor(lon * 100).astype(np.int32),
        kind="stable",
    )


@dataclass(frozen=True)
class Nearest:
    """The nearest of some pieces. `which`: their numbers in Roads.piece; `tree`: their middles."""

    piece: Floats
    which: Ints
    tree: "cKDTree | None"
    bound_m: float

    @classmethod
    def of(cls, roads: RoadColumns, which: Ints, bound_m: float) -> Self:
        """Of these pieces; none farther than the bound counts."""
        piece = np.asarray(roads.piece)[which]
        return cls(piece, which, tree_of(piece) if len(which) else None, bound_m)

    def candidates(self, lon: Floats, lat: Floats, k: int) -> "_Candidates":
        """The k nearest by their middles, projected."""
        assert self.tree is not None  # noqa: S101  callers ask only where there are pieces
        far, found = self.tree.query(
            _sphere(lon, lat), k=list(range(1, k + 1)), distance_upper_bound=self.bound_m
        )
        found = np.minimum(found, len(self.which) - 1)
        across = np.cos(np.radians(lat))[:, None]
        row = self.piece[found]
        ax, ay = (row[..., 0] - lon[:, None]) * across, row[..., 1] - lat[:, None]
        bx, by = row[..., 2] * across, row[..., 3]
        long = bx * bx + by * by
        t = -(ax * bx + ay * by) / np.where(long > 0, long, 1)
        np.clip(t, 0, 1, out=t)
        ax += t * bx
        ay += t * by
        metres = np.sqrt(ax * ax + ay * ay) * ENGINE_METRES_PER_DEGREE
        metres[~np.isfinite(far)] = np.inf
        along = row[..., 4] + t * row[..., 5]
        return _Candidates(self.which[found], metres, along, far[:, -1])


def tree_of(piece: Floats) -> "cKDTree":
    """A search tree over the middles of pieces."""
    from scipy.spatial import cKDTree

    middle = _sphere(piece[:, 0] + piece[:, 2] / 2, piece[:, 1] + piece[:, 3] / 2)
    return cKDTree(middle, balanced_tree=False, compact_nodes=False)


@dataclass(frozen=True)
class _Candidates:
    """Shape (n, k): pieces, metres to them and along their roads; `horizon`: to the k-th middle."""

    piece: Ints
    metres: Floats
    along: Floats
    horizon: Floats


@dataclass(frozen=True)
class _Place:
    """Places on roads, one a row, with the metres to them."""

    road: Ints
    fraction: Floats
    node: Ints
    metres: Floats


def snap_points(roads: RoadColumns, ready: tuple[Nearest, Nearest], points: Points) -> Snaps:
    """Where each point lies. `ready`: the open roads' pieces and the others'."""
    rows = np.flatnonzero(points.known)
    rows = rows[by_place(points.lon[rows], points.lat[rows])]
    parts = [rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = list(pool.map(lambda part: _snap(roads, ready, points, part), parts))
    return _gather(len(points), parts, done)


def _snap(
    roads: RoadColumns, ready: tuple[Nearest, Nearest], points: Points, rows: Ints
) -> tuple[_Place, Ints, _Place]:
    """The best place of each row, and others as good: which of the rows, and where."""
    lon, lat = points.lon[rows], points.lat[rows]
    open_, closed = ready
    best, second, rival = _two_nearest(roads, open_, lon, lat)
    stray, _, _ = _two_nearest(roads, closed, lon, lat)
    lonely = stray.metres <= np.where(np.isfinite(second), second, np.inf)
    apart = best.metres > SNAP_M
    swap = apart & (stray.metres <= SNAP_M)
    place = _either(swap, stray, best)
    near = np.flatnonzero(lonely & ~swap & (stray.metres <= SNAP_M) & np.isfinite(stray.metres))
    tie = np.flatnonzero((second - best.metres <= 0.05 + 0.001 * best.metres) & ~swap)
    tie = tie[(rival.node[tie] < 0) | (rival.node[tie] != best.node[tie])]
    edge_of, turned = _nearly_elsewhere(roads, lon, lat, place)
    other = np.concatenate([near, tie, edge_of])
    return place, other, _joined(_take(stray, near), _take(rival, tie), turned)


def _nearly_elsewhere(
    roads: RoadColumns, lon: Floats, lat: Floats, place: _Place
) -> tuple[Ints, _Place]:
    """Rows a hand's breadth from being put at a junction, or not, and that other place."""
    front, back = (d * ENGINE_METRES_PER_DEGREE for d in _to_ends(roads, lon, lat, place.road))
    edge_of = (np.abs(front - JUNCTION_M) < DOUBT_M) | (np.abs(back - JUNCTION_M) < DOUBT_M)
    short = (front < JUNCTION_M + DOUBT_M) & (back < JUNCTION_M + DOUBT_M)
    rows = np.flatnonzero(edge_of | short)
    nodes = roads.nodes[place.road[rows]]
    first = np.where(place.node[rows] == nodes[:, 0], nodes[:, 1], nodes[:, 0])
    nearer = np.where(front[rows] <= back[rows], nodes[:, 0], nodes[:, 1])
    node = np.where(short[rows], first, np.where(place.node[rows] < 0, nearer, -1))
    return rows, _Place(place.road[rows], place.fraction[rows], node, place.metres[rows])


def _to_ends(roads: RoadColumns, lon: Floats, lat: Floats, road: Ints) -> tuple[Floats, Floats]:
    """Degrees of latitude from each point to the first and the last point of its road."""
    ends = roads.ends[road]
    across = np.cos(np.radians(lat))
    front: Floats = np.hypot((ends[:, 0] - lon) * across, ends[:, 1] - lat)
    back: Floats = np.hypot((ends[:, 2] - lon) * across, ends[:, 3] - lat)
    return front, back


def _two_nearest(
    roads: RoadColumns, nearest: Nearest, lon: Floats, lat: Floats
) -> tuple[_Place, Floats, _Place]:
    """The nearest road's place; metres to the nearest other road, and its place."""
    n = len(lon)
    if nearest.tree is None:
        none = _Place(np.full(n, -1), np.zeros(n), np.full(n, -1), np.full(n, np.inf))
        return none, np.full(n, np.inf), none
    best, second, rival = _look(roads, nearest, lon, lat, WIDTHS[0])
    for width in WIDTHS[1:]:
        again = np.flatnonzero(best[1] & (best[0].metres < SNAP_M))
        if len(again) == 0:
            break
        more, more_second, more_rival = _look(roads, nearest, lon[again], lat[again], width)
        _put(best[0], again, more[0])
        _put(rival, again, more_rival)
        best[1][again] = more[1]
        second[again] = more_second
    return best[0], second, rival


def _look(
    roads: RoadColumns, nearest: Nearest, lon: Floats, lat: Floats, width: int
) -> tuple[tuple[_Place, Mask], Floats, _Place]:
    """As `_two_nearest`, with which rows the pieces looked at do not settle."""
    seen = nearest.candidates(lon, lat, min(width, len(nearest.which)))
    n = np.arange(len(lon))
    one = np.argmin(seen.metres, axis=1)
    road = roads.piece_road[seen.piece]
    others = np.where(road == road[n, one][:, None], np.inf, seen.metres)
    two = np.argmin(others, axis=1)
    second = others[n, two]
    best = _place(roads, lon, lat, road[n, one], seen.along[n, one], seen.metres[n, one])
    rival = _place(roads, lon, lat, road[n, two], seen.along[n, two], second)
    open_end = seen.horizon < best.metres + PIECE_M / 2 + 0.5
    return (best, open_end & np.isfinite(seen.horizon)), second, rival


def _place(
    roads: RoadColumns, lon: Floats, lat: Floats, road: Ints, along_m: Floats, metres: Floats
) -> _Place:
    """At a junction where the engine would put it there, else between two."""
    front, back = _to_ends(roads, lon, lat, road)
    length = roads.length_m[road]
    nearest = (metres + 1e-4) / ENGINE_METRES_PER_DEGREE
    at_front = (front < JUNCTION_M / ENGINE_METRES_PER_DEGREE) | (front <= nearest)
    at_back = (back < JUNCTION_M / ENGINE_METRES_PER_DEGREE) | (back <= nearest)
    nodes = roads.nodes[road]
    nearer = at_front & (~at_back | (front <= back))
    node = np.where(nearer, nodes[:, 0], np.where(at_back, nodes[:, 1], -1))
    return _Place(road, np.minimum(along_m / np.maximum(length, 1), 1), node, metres)


def _either(choose: Mask, one: _Place, other: _Place) -> _Place:
    return _Place(*(np.where(choose, a, b) for a, b in zip(_cols(one), _cols(other), strict=True)))


def _cols(place: _Place) -> tuple[NDArray[Any], ...]:
    return place.road, place.fraction, place.node, place.metres


def _take(place: _Place, rows: Ints) -> _Place:
    return _Place(*(c[rows] for c in _cols(place)))


def _put(place: _Place, rows: Ints, fresh: _Place) -> None:
    for old, new in zip(_cols(place), _cols(fresh), strict=True):
        old[rows] = new


def _joined(*places: _Place) -> _Place:
    return _Place(*(np.concatenate(c) for c in zip(*map(_cols, places), strict=True)))


def _gather(n: int, parts: list[Ints], done: list[tuple[_Place, Ints, _Place]]) -> Snaps:
    """One column each, in the order of the points."""
    road, node = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    fraction, metres = np.zeros(n, np.float32), np.full(n, np.nan)
    for rows, (place, _, _) in zip(parts, done, strict=True):
        road[rows], node[rows] = place.road, place.node
        fraction[rows], metres[rows] = place.fraction, place.metres
    nothing = _Place(np.zeros(0, int), np.zeros(0), np.zeros(0, int), np.zeros(0))
    other = _joined(nothing, *(d[2] for d in done))
    rows = np.concatenate(
        [np.zeros(0, np.int64), *(p[d[1]] for p, d in zip(parts, done, strict=True))]
    )
    return Snaps(road, fraction, node, metres, rows, other.road, other.fraction, other.node)
