"""Straight pieces of road in search trees: those with the nearest middles, and how near they come.

A tree knows middles only. A piece is no longer than PIECE_M, so one whose middle lies half of that
farther off than another comes nearest can't be nearer itself.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from app.geo.driving.embedded.grid import SPHERE_M
from app.geo.driving.embedded.tiles import ENGINE_METRES_PER_DEGREE, Column
from app.geo.points import Floats, Ints, unit_sphere

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

START_M, LENGTH_M = 4, 5  # columns of `piece`, gathered one by one: both at once takes longer
PIECE_M = 30.0  # judgement: metres; shorter pieces are more of them, longer ones settle later
# Pieces looked at in a circle: its radius is at most SQUARES_A_RADIUS sides of the squares that
# pieces are thinned by, so it holds at most about pi * 3 * 3 of them.
SQUARES_A_RADIUS, AROUND = 3, 28


@dataclass(frozen=True)
class Around:
    """Shape (n, AROUND): positions within a point's circle; road -1 where there are fewer."""

    road: Column
    fraction: Floats


@dataclass(frozen=True)
class PieceIndex:
    """Some pieces to be searched. `which`: their rows in `piece`; `tree`: their middles."""

    piece: Floats
    which: Column
    tree: "cKDTree | None"
    bound_m: float

    @classmethod
    def of(cls, piece: Floats, which: Ints, bound_m: float = np.inf) -> Self:
        """Of these rows; none farther than the bound counts."""
        tree = _plant_tree(piece[which]) if len(which) else None
        return cls(piece, which.astype(np.int32), tree, bound_m)

    def nearest(self, lon: Floats, lat: Floats, k: int) -> "NearPieces":
        """The k nearest by their middles, projected."""
        assert self.tree is not None  # noqa: S101  callers ask only where there are pieces
        far, found = self.tree.query(
            on_sphere(lon, lat), k=list(range(1, k + 1)), distance_upper_bound=self.bound_m
        )
        which = self.which[np.minimum(found, len(self.which) - 1)]
        pieces = self.piece[which]
        at = project_points(pieces, lon, lat)
        at.metres[~np.isfinite(far)] = np.inf
        along_m = pieces[..., START_M] + at.share * pieces[..., LENGTH_M]
        return NearPieces(which, at.metres, along_m, far[:, -1])

    def within(self, lon: Floats, lat: Floats, radius_m: Floats, most_m: float) -> Ints:
        """The AROUND with the nearest middles, shape (n, AROUND); -1 beyond the radius."""
        if self.tree is None:
            return np.full((len(lon), AROUND), -1)
        far, found = self.tree.query(
            on_sphere(lon, lat),
            k=list(range(1, AROUND + 1)),
            distance_upper_bound=most_m,
            workers=-1,
        )
        which = self.which[np.minimum(found, len(self.which) - 1)]
        return np.where(far <= radius_m[:, None], which, -1)


class NearPieces(NamedTuple):
    """Shape (n, k): pieces, metres to them and along their roads; `horizon`: to the k-th middle."""

    piece: Ints
    metres: Floats
    along_m: Floats
    horizon: Floats


class Projected(NamedTuple):
    """Shape (n, k): metres from points to pieces, and the share of each that the nearest is at."""

    metres: Floats
    share: Floats


def project_points(pieces: Floats, lon: Floats, lat: Floats) -> Projected:
    """Each of n points onto k pieces of its own, shape (n, k, 6), as the engine does."""
    narrow = np.cos(np.radians(lat))[:, None]
    x, y, dx, dy, _, _ = np.moveaxis(pieces, -1, 0)
    ax, ay = (x - lon[:, None]) * narrow, y - lat[:, None]
    bx, by = dx * narrow, dy
    long = bx * bx + by * by
    t = -(ax * bx + ay * by) / np.where(long > 0, long, 1)
    np.clip(t, 0, 1, out=t)
    ax += t * bx
    ay += t * by
    return Projected(np.sqrt(ax * ax + ay * ay) * ENGINE_METRES_PER_DEGREE, t)


def _plant_tree(piece: Floats) -> "cKDTree":
    """A search tree over the middles of pieces."""
    from scipy.spatial import cKDTree

    lon, lat, dlon, dlat, _, _ = piece.T
    return cKDTree(
        on_sphere(lon + dlon / 2, lat + dlat / 2), balanced_tree=False, compact_nodes=False
    )


def on_sphere(lon: Floats, lat: Floats) -> Floats:
    """Metres in space, shape (n, 3), on the sphere by which the engine measures short ways."""
    return unit_sphere(lon, lat) * SPHERE_M
