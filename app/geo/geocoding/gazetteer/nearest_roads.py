"""The named road that a house stands at whose address names none.

1. Looked at are the stretches of roads between two corners within `_MOST_M` of a house.
2. A road that has a known house within `_NEIGHBOUR_M`, with a number much like this one, is meant
   before one where none is known; one where the next house's number is quite another is not meant.
3. The nearest of them. Where a second one is nearly as near, as at a corner, neither is sure.

Of houses whose street was hidden, on O'ahu, the Isle of Man and the Virgin Islands, 62, 80 and 88
of 100 have a road, which is the right one of 82, 95 and 96 in 100; where 2 found a number much like
theirs, of 92, 96 and 97.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from app.geo.openstreetmap import DEGREE, NOWHERE, Wholes
from app.geo.points import METRES_PER_DEGREE, Floats, Ints, Mask, on_the_globe

_MOST_M, _NEIGHBOUR_M = 80.0, 200.0
_ALIKE = 50  # numbers no farther apart are of one stretch of road
_CLEARLY = 1.5  # how much farther off the second road has to be
_CELL = 0.004  # degrees; wider than `_MOST_M` up to 79 degrees from the equator


class NamedRoads(NamedTuple):
    """NamedRoads as lists of corners, one behind the other.

    name: of each the number of its name, 0 for one without; end: the row behind its last corner.
    x, y: of the corners, in tens of nanodegrees.
    """

    name: NDArray[np.int32]
    end: Ints
    x: Wholes
    y: Wholes


@dataclass(frozen=True)
class Numbered:
    """House numbers, where they are, and the numbers of their streets' names, 0 for none."""

    number: Ints
    lon: Floats
    lat: Floats
    name: Ints

    def __getitem__(self, rows: Mask | Ints) -> "Numbered":
        return Numbered(self.number[rows], self.lon[rows], self.lat[rows], self.name[rows])

    def places(self, name: Ints, rows: Ints | slice = slice(None)) -> Floats:
        """Where they are, those of other names far away."""
        at = on_the_globe(self.lon[rows], self.lat[rows])
        return np.column_stack([at, name * _MOST_M * _NEIGHBOUR_M])


def nearest_names(roads: NamedRoads, known: Numbered, houses: Numbered) -> Ints:
    """The name of the road that each of these houses stands at, 0 for none; shape (n,)."""
    names = np.zeros(len(houses.number), np.int64)
    house, name, metres = _candidates(roads, houses)
    gap = _gaps(known, houses, house, name)
    fits = np.zeros(len(names), bool)
    fits[house[gap <= _ALIKE]] = True
    meant = np.where(fits[house], gap <= _ALIKE, np.isinf(gap))  # 2.
    house, name, metres = house[meant], name[meant], metres[meant]
    first = np.diff(house, prepend=-1) > 0
    best = np.flatnonzero(first)[np.cumsum(first) - 1]  # of each row its house's nearest
    names[house] = name[best]
    names[house[(name != name[best]) & (metres < _CLEARLY * metres[best])]] = 0  # 3.
    return names


def _candidates(roads: NamedRoads, houses: Numbered) -> tuple[Ints, Ints, Floats]:
    """House, name and metres of the roads near each, by house, the nearest first."""
    start = _stretches(roads, houses)
    if not len(start):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    house, stretch, metres = _near(roads, start, houses)
    name = roads.name[np.searchsorted(roads.end, start, side="right")][stretch]
    order = np.lexsort((metres, house))
    return house[order], name[order].astype(np.int64), metres[order]


def _stretches(roads: NamedRoads, houses: Numbered) -> Ints:
    """1. The first corners of the stretches that may be near: in the houses' cells, or long."""
    x, y = roads.x / DEGREE, roads.y / DEGREE
    cells = np.unique(_cells(houses.lon, houses.lat))
    around = np.concatenate([cells + (i << 32) + j for i in (-1, 0, 1) for j in (-1, 0, 1)])
    near = np.isin(_cells(x, y), around)
    is_long = np.maximum(np.abs(np.diff(x)), np.abs(np.diff(y))) > _CELL
    there = (roads.x != NOWHERE) & np.repeat(roads.name > 0, np.diff(roads.end, prepend=0))
    kept = (near[:-1] | near[1:] | is_long) & there[:-1] & there[1:]
    kept[roads.end[(roads.end > 0) & (roads.end < len(x))] - 1] = False
    return np.flatnonzero(kept)


def _cells(lon: Floats, lat: Floats) -> Ints:
    cells: Ints = np.floor(lon / _CELL).astype(np.int64) << 32
    return cells + np.floor(lat / _CELL).astype(np.int64)


def _near(roads: NamedRoads, start: Ints, houses: Numbered) -> tuple[Ints, Ints, Floats]:
    """The houses and stretches within `_MOST_M` of each other, and how many metres apart."""
    lon, lat, narrow = houses.lon, houses.lat, np.cos(np.radians(houses.lat))
    ends = np.stack([start, start + 1], axis=1)
    x, y = roads.x[ends] / DEGREE, roads.y[ends] / DEGREE
    far = _MOST_M / METRES_PER_DEGREE
    boxes = shapely.box(lon - far / narrow, lat - far, lon + far / narrow, lat + far)
    lines = np.asarray(shapely.linestrings(x, y=y))
    house, stretch = shapely.STRtree(lines).query(boxes)
    across = METRES_PER_DEGREE * narrow[house]
    places = shapely.points(lon[house] * across, lat[house] * METRES_PER_DEGREE)
    lines = shapely.linestrings(x[stretch] * across[:, None], y=y[stretch] * METRES_PER_DEGREE)
    metres = shapely.distance(places, lines)
    near = metres < _MOST_M
    return house[near], stretch[near], metres[near]


def _gaps(known: Numbered, houses: Numbered, house: Ints, name: Ints) -> Floats:
    """How far each house's number is from the next known one on a road; inf where none is near."""
    gap = np.full(len(house), np.inf)
    if len(known.number) and len(house):
        tree = cKDTree(known.places(known.name))
        off, row = tree.query(houses.places(name, house), distance_upper_bound=_NEIGHBOUR_M)
        there = np.flatnonzero(np.isfinite(off))
        other = np.asarray(row)[there]
        gap[there] = np.abs(known.number[other] - houses.number[house[there]])
    return gap
