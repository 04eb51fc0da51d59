"""The sea of an extract, out of the lines of its coast: land is on their left, sea on their right.

https://wiki.openstreetmap.org/wiki/Tag:natural=coastline

1. Coasts are cut off by the edge of the extract. So the ground that they part must be one that
   none of them ends in: its box where all are islands, else the hull around the map, else the map.
2. The coasts and the ground's edge part it into faces. The coasts around a face say whether it is
   sea; one around which they don't agree, or in which a coast ends, is not filled: there the lines
   of the coast are all that is drawn.
"""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from app.geo.points import Floats, Mask

type Ends = NDArray[np.object_]  # points

# Degrees of sea drawn around islands. Judgement: less than between the Isle of Man and Scotland.
AROUND = 0.25
_AGREED = 0.99  # judgement: of the lines around a sea, that say so; single ways are drawn backwards


def join_coasts(ways: Sequence[BaseGeometry]) -> BaseGeometry:
    """Ways of the coast as lines that are as long as can be."""
    whole = shapely.MultiLineString([shapely.get_coordinates(way) for way in ways])
    return shapely.line_merge(whole, directed=True)


def fill_sea(lines: BaseGeometry, hull: BaseGeometry) -> list[Polygon]:
    """The polygons of the sea, by the lines of the coast; degrees."""
    if lines.is_empty:
        return []
    ends = _ends(lines)
    box = shapely.box(*hull.buffer(AROUND).bounds)
    grounds = (hull.convex_hull, hull) if len(ends) else (box,)  # 1.
    ground = next((one for one in grounds if not _inside(one, ends).any()), hull)
    cut = shapely.union_all([ground.boundary, shapely.intersection(lines, ground)])
    faces = shapely.get_parts(shapely.polygonize([cut]))  # 2.
    sides = _sides(lines)
    return [one for one in faces if _is_sea(one, sides) and not _inside(one, ends).any()]


def _ends(lines: BaseGeometry) -> Ends:
    """Where coasts end; those around an island don't."""
    parts = shapely.get_parts(lines)
    open_ones = parts[~shapely.is_closed(parts)]
    return np.concatenate([shapely.get_point(open_ones, at) for at in (0, -1)])


def _inside(ground: BaseGeometry, points: Ends) -> Mask:
    shapely.prepare(ground)
    inside: Mask = shapely.contains_properly(ground, points)
    return inside


def _sides(lines: BaseGeometry) -> frozenset[tuple[float, ...]]:
    """Each piece of the coasts: from where to where."""
    parts = shapely.get_parts(lines)
    return frozenset(piece for part in parts for piece in _pieces(part))


def _pieces(line: BaseGeometry) -> list[tuple[float, ...]]:
    at: Floats = shapely.get_coordinates(line)
    return list(map(tuple, np.hstack([at[:-1], at[1:]]).tolist()))


def _is_sea(face: Polygon, sides: frozenset[tuple[float, ...]]) -> bool:
    """2. Around a face drawn with its ground on the left, coasts of the sea run the other way."""
    around = orient(face)
    rings = (around.exterior, *around.interiors)
    pieces = [piece for ring in rings for piece in _pieces(ring)]
    land = sum(piece in sides for piece in pieces)
    sea = sum((piece[2:] + piece[:2]) in sides for piece in pieces)
    return sea > 0 and sea >= _AGREED * (land + sea)
