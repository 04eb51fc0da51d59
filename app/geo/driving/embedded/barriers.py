"""Points whose nearest road lies behind a motorway or a ramp: to which road the way is free.

A bridge or a tunnel bars no way. Only roads within FREE_M count: where none of them is free, the
point may well belong to what is behind the barrier.
"""

from typing import NamedTuple

import numpy as np

from app.geo.driving.embedded.piece_index import PieceIndex, on_sphere, project_points
from app.geo.points import Floats, Ints, Mask

FREE_M = 200.0  # judgement: metres; two short blocks
# Judgement: pieces of some 30 m looked at, for the nearest road and for a free one.
FEW, MANY = 8, 64
ALL_CORES = -1


class _Places(NamedTuple):
    """Where each of n points comes nearest to k pieces: degrees and metres, shape (n, k).

    Metres are inf beyond FREE_M. nearest: which of the k is.
    """

    lon: Floats
    lat: Floats
    metres: Floats
    nearest: Ints


def find_free_ways(
    roads: PieceIndex, barriers: PieceIndex, lon: Floats, lat: Floats
) -> tuple[Ints, Floats, Floats]:
    """The points between which and their nearest road a barrier lies, and where they go, degrees.

    Those with a free road within FREE_M only.
    """
    rows = _near_barriers(barriers, lon, lat)
    if roads.tree is None or not len(rows):
        return np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
    rows = rows[_are_barred(roads, barriers, lon[rows], lat[rows])]
    places = _places(roads, lon[rows], lat[rows], MANY)
    free = np.isfinite(places.metres)
    free &= ~_are_crossed(
        lon[rows], lat[rows], places, _pieces(barriers, lon[rows], lat[rows], MANY)
    )
    n, best = np.arange(len(rows)), np.where(free, places.metres, np.inf).argmin(axis=1)
    found = free[n, best]
    return rows[found], places.lon[n, best][found], places.lat[n, best][found]


def _near_barriers(barriers: PieceIndex, lon: Floats, lat: Floats) -> Ints:
    if barriers.tree is None:
        return np.zeros(0, np.int64)
    at = on_sphere(lon, lat)
    far, _ = barriers.tree.query(at, distance_upper_bound=FREE_M, workers=ALL_CORES)
    return np.flatnonzero(np.isfinite(far))


def _are_barred(roads: PieceIndex, barriers: PieceIndex, lon: Floats, lat: Floats) -> Mask:
    """Whether a barrier lies between each point and its nearest road."""
    at = _places(roads, lon, lat, FEW)
    rows, one = np.arange(len(lon))[:, None], at.nearest[:, None]
    only = _Places(at.lon[rows, one], at.lat[rows, one], at.metres[rows, one], at.nearest)
    return _are_crossed(lon, lat, only, _pieces(barriers, lon, lat, FEW))[:, 0]


def _places(roads: PieceIndex, lon: Floats, lat: Floats, many: int) -> _Places:
    pieces = _pieces(roads, lon, lat, many)
    at = project_points(pieces, lon, lat)
    x, y, dx, dy, _, _ = np.moveaxis(pieces, -1, 0)
    metres = np.where(at.metres <= FREE_M, at.metres, np.inf)  # NaN, too
    return _Places(x + at.share * dx, y + at.share * dy, metres, metres.argmin(axis=1))


def _pieces(index: PieceIndex, lon: Floats, lat: Floats, many: int) -> Floats:
    """Those with the nearest middles, shape (n, many, 6); NaN where there are fewer."""
    assert index.tree is not None  # noqa: S101  callers ask only where there are pieces
    far, found = index.tree.query(
        on_sphere(lon, lat),
        k=[*range(1, many + 1)],
        distance_upper_bound=FREE_M,
        workers=ALL_CORES,
    )
    pieces = index.piece[index.which[np.minimum(found, len(index.which) - 1)]]
    pieces[~np.isfinite(far)] = np.nan
    return pieces


def _are_crossed(lon: Floats, lat: Floats, to: _Places, pieces: Floats) -> Mask:
    """Whether the way from each of n points to each of its k places, (n, k), crosses a piece.

    pieces: those of each point, shape (n, m, 6).
    """
    x, y, dx, dy, _, _ = np.moveaxis(pieces[:, None], -1, 0)
    ax, ay = lon[:, None, None], lat[:, None, None]
    wx, wy = to.lon[:, :, None] - ax, to.lat[:, :, None] - ay
    with np.errstate(invalid="ignore", divide="ignore"):  # parallel, or no piece
        across = wx * dy - wy * dx
        on_way = ((x - ax) * dy - (y - ay) * dx) / across
        on_piece = ((x - ax) * wy - (y - ay) * wx) / across
        hit = (on_way > 0) & (on_way < 1) & (on_piece >= 0) & (on_piece <= 1)
    crossed: Mask = hit.any(axis=2)
    return crossed
