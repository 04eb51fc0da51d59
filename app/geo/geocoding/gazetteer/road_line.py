"""A road as one line from end to end, so that metres along it can be told.

1. Of points that are close together one is enough.
2. What lies near each other is linked, and what a gap parts by its shortest link.
3. The ends are the two points that are farthest from each other along the links; the line is the
   way between them. Side arms and second carriageways are not on it.
"""

from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from scipy.spatial import cKDTree

from app.geo.points import METRES_PER_DEGREE, Floats, Ints

# Samples are 100 m apart at most, and streets have gaps up to a kilometre.
_SQUARE_M, _LINK_M, _GAP_M = 50.0, 240.0, 1_800.0
_LEAST_M = 0.01  # two points in one place are linked all the same


class RoadLine:
    """The line of a road. `along`: metres from its beginning to each of its points, ascending.

    Which of its ends is the beginning means nothing.
    """

    def __init__(self, lon: Floats, lat: Floats) -> None:
        self._narrow = float(np.cos(np.radians(lat.mean())))
        plane = self._plane(lon, lat)
        few = _thinned(plane)
        rows = few[_between_ends(plane[few])]
        self._points = plane[rows]
        self._lon, self._lat = lon[rows], lat[rows]
        steps = np.linalg.norm(np.diff(self._points, axis=0), axis=1)
        self.along: Floats = np.append(0.0, np.cumsum(steps))

    @property
    def length(self) -> float:
        """Metres from end to end."""
        return float(self.along[-1])

    def at(self, along: float) -> tuple[float, float]:
        """Longitude and latitude so many metres from its beginning."""
        lon, lat = (np.interp(along, self.along, axis) for axis in (self._lon, self._lat))
        return float(lon), float(lat)

    def project(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Metres along to what of it is nearest to each place, and how far that is."""
        apart = np.linalg.norm(self._plane(lon, lat)[:, None] - self._points[None], axis=2)
        row = apart.argmin(axis=1)
        return self.along[row], apart[np.arange(len(row)), row]

    def _plane(self, lon: Floats, lat: Floats) -> Floats:
        return np.stack([lon * self._narrow, lat], axis=1) * METRES_PER_DEGREE


def _thinned(plane: Floats) -> Ints:
    """1. The rows of one point of each square."""
    x, y = np.floor(plane / _SQUARE_M).astype(np.int64).T
    _, first = np.unique((x << 32) + y, return_index=True)
    return np.sort(first)


def _between_ends(plane: Floats) -> list[int]:
    """The points of the way between the two ends, in order."""
    tree = cKDTree(plane)
    links = _linked(plane, tree, _LINK_M)
    off = dijkstra(links, directed=False, indices=0)
    if np.isinf(off).any():  # 2.
        links = links.maximum(minimum_spanning_tree(_linked(plane, tree, _GAP_M)))
        off = dijkstra(links, directed=False, indices=0)
    first = _farthest(off)  # 3.
    off, before = dijkstra(links, directed=False, indices=first, return_predecessors=True)
    way, to = [_farthest(off)], before.tolist()
    while way[-1] != first:
        way.append(to[way[-1]])
    return way[::-1]


def _linked(plane: Floats, tree: cKDTree, most: float) -> Any:
    """Metres between the points that are at most so far apart, as a sparse matrix."""
    one, other = tree.query_pairs(most, output_type="ndarray").T
    metres = np.maximum(np.hypot(*(plane[one] - plane[other]).T), _LEAST_M)
    return coo_array((metres, (one, other)), shape=(len(plane),) * 2).tocsr()


def _farthest(off: Floats) -> int:
    return int(np.where(np.isfinite(off), off, -1.0).argmax())
