"""Where a drive to an address ends: on its street, where that is known, and on its own side.

1. A point whose nearest road is its street, or a lane that leads off it, stays where it is.
2. Another is moved onto the nearest road of its street within SNAP_M.
3. Where none is, the map does not have the street, or calls it otherwise. Such a point, and one
   whose street is unknown, stays, too, but where a motorway or a ramp lies between it and the
   nearest road: it is moved onto the nearest one on its own side, see barriers.py.

Moved points lie on the map's own roads, so that any engine over that map ends the drive there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from app.geo.driving.embedded.barriers import find_free_ways
from app.geo.driving.embedded.graph import find_rows
from app.geo.driving.embedded.grid import TILE_DEGREES, Tile, expand_ranges, sort_by_tile
from app.geo.driving.embedded.piece_index import PieceIndex, on_sphere, project_points
from app.geo.driving.embedded.snapping import LOOKED_M, Snaps
from app.geo.driving.embedded.street_signs import CODE_BITS, join_signs, street_code
from app.geo.driving.embedded.tiles import Column
from app.geo.driving.engine import SNAP_M
from app.geo.points import Floats, Ints, Mask, Points

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

NEAREST = 4  # judgement: pieces of the street with the nearest middles, of which the nearest counts
APART_M = 4 * LOOKED_M  # between the pieces of different streets, in a direction of their own


class StreetColumns(Protocol):
    """What is needed here of a road index; see roads.Roads."""

    @property
    def lane(self) -> Column: ...  # noqa: D102
    @property
    def signs(self) -> Ints: ...  # noqa: D102

    def snap(self, points: Points) -> Snaps:
        """Where each point lies."""

    def open_pieces(self, tile: Tile) -> PieceIndex:
        """Those of open roads in a tile and within LOOKED_M of it."""

    def barrier_pieces(self, tile: Tile) -> PieceIndex:
        """Those of barriers there."""

    def street_pieces(self, tile: Tile) -> "StreetIndex":
        """The pieces of streets with names in a tile and within LOOKED_M of it."""


@dataclass(frozen=True)
class StreetIndex:
    """Pieces of named streets to be searched, a row for each name.

    which: their rows in `piece`. codes: the names' codes, ascending. tree: the middles, those of
    each name APART_M from those of the next in a fourth direction.
    """

    piece: Floats
    which: Column
    codes: Ints
    tree: "cKDTree | None"

    @classmethod
    def of(cls, piece: Floats, which: Ints, road: Column, signs: Ints) -> Self:
        """Of these rows of `piece`, whose roads are `road`."""
        none = np.zeros_like(road)
        first, last = (np.searchsorted(signs, join_signs(road + n, none)) for n in (0, 1))
        each = np.repeat(which, last - first)
        named = signs[expand_ranges(first, last)] & ((1 << CODE_BITS) - 1)
        codes, name = np.unique(named, return_inverse=True)
        lon, lat, dlon, dlat, _, _ = piece[each].T
        return cls(piece, each, codes, _plant(lon + dlon / 2, lat + dlat / 2, name))

    def nearest(self, lon: Floats, lat: Floats, code: Ints) -> tuple[Floats, Floats]:
        """The nearest place on a street of that name, degrees; NaN where none is within SNAP_M."""
        if self.tree is None:
            return np.full(len(lon), np.nan), np.full(len(lon), np.nan)
        name = np.searchsorted(self.codes, code).clip(max=len(self.codes) - 1)
        far, found = self.tree.query(
            _in_space(lon, lat, name), k=[*range(1, NEAREST + 1)], distance_upper_bound=LOOKED_M
        )
        far[self.codes[name] != code] = np.inf
        pieces = self.piece[self.which[np.minimum(found, len(self.which) - 1)]]
        at = project_points(pieces, lon, lat)
        at.metres[~np.isfinite(far)] = np.inf
        n, best = np.arange(len(lon)), at.metres.argmin(axis=1)
        there = at.metres[n, best] <= SNAP_M
        x, y, dx, dy, _, _ = np.moveaxis(pieces[n, best], -1, 0)
        share = at.share[n, best]
        return np.where(there, x + share * dx, np.nan), np.where(there, y + share * dy, np.nan)


def find_arrivals(roads: StreetColumns, at: Points, streets: Sequence[str]) -> Points:
    """Where a drive to each point ends; `streets`: the name of its street, "" where unknown."""
    lon, lat = at.lon.copy(), at.lat.copy()
    unsettled = _onto_streets(roads, lon, lat, streets)
    for tile, some in sort_by_tile(lon[unsettled], lat[unsettled], TILE_DEGREES):
        rows = unsettled[some]
        found, x, y = find_free_ways(
            roads.open_pieces(tile), roads.barrier_pieces(tile), lon[rows], lat[rows]
        )
        lon[rows[found]], lat[rows[found]] = x, y
    return Points(lon, lat)


def _onto_streets(roads: StreetColumns, lon: Floats, lat: Floats, streets: Sequence[str]) -> Ints:
    """1. and 2. Moves those onto their streets; the rows of which none is known or near."""
    codes = {name: street_code(name) for name in set(streets) if name}
    there = np.isfinite(lon) & np.isfinite(lat)
    named = there & np.array([bool(name) for name in streets], bool)
    rows = np.flatnonzero(named)
    code = np.array([codes[streets[row]] for row in rows.tolist()], np.int64)
    elsewhere = ~_bear(roads, roads.snap(Points(lon[rows], lat[rows])).road, code)
    rows, code = rows[elsewhere], code[elsewhere]
    found = np.zeros(len(rows), bool)
    for tile, some in sort_by_tile(lon[rows], lat[rows], TILE_DEGREES):
        at = rows[some]
        x, y = roads.street_pieces(tile).nearest(lon[at], lat[at], code[some])
        found[some] = near = np.isfinite(x)
        lon[at[near]], lat[at[near]] = x[near], y[near]
    return np.sort(np.concatenate([np.flatnonzero(there & ~named), rows[~found]]))


def _bear(roads: StreetColumns, road: Column, code: Ints) -> Mask:
    """1. Whether each road is a street of that name or a lane that leads off one."""
    group = roads.lane[road]
    bearer = np.where(group < 0, road, len(roads.lane) + group)
    sign = join_signs(bearer, code)
    return find_rows(roads.signs, sign) >= 0


def _in_space(lon: Floats, lat: Floats, name: Ints) -> Floats:
    """Metres, shape (n, 4)."""
    return np.column_stack([on_sphere(lon, lat), name * APART_M])


def _plant(lon: Floats, lat: Floats, name: Ints) -> "cKDTree | None":
    from scipy.spatial import cKDTree

    space = _in_space(lon, lat, name)
    return cKDTree(space, balanced_tree=False, compact_nodes=False) if len(lon) else None
