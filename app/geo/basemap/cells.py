"""The basemap of a region as a file: features simplified for a few zooms each, cut into cells.

1. There are LEVELS: one for zooms 0 to 2, the next one for 3 to 5, and so on. What can't be seen at
   the closest zoom of a level is not in it.
2. A level is cut into the tiles of its first zoom, its cells, so that a tile is drawn from one
   cell, whatever the size of the map. Cells hold a margin, lest their edges be seen.

The file is Parquet, sorted by cell: level, x, y; layer, kind, name, population as in `Feature`; and
shape, WKB in units of zoom DEEPEST from the map's north-west.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from app.geo.basemap.features import Feature, read_features
from app.geo.points import Ints
from app.geo.web_tiles import EXTENT, project_points

type Geometries = NDArray[np.object_]

STEP, DEEPEST = 3, 14  # zooms of a level, the closest of all
LEVELS = range(0, DEEPEST + 1, STEP)
WORLD = EXTENT * 2**DEEPEST
AREA = 2  # the dimension of one
MARGIN = 1 / 64  # judgement: of a cell and of a tile, 8 pixels on one of 512
# Judgement, units of the closest zoom of a level, 8 to a pixel: how far lines may be off, and how
# wide and high areas must be.
_OFF, _LEAST = 4.0, 32.0
# From which level on there is what; judgement.
_FIRST_LEVEL = {"green": 9, "river": 6, "coast": 3, "water": 0}
_FIRST_LEVEL_OF_PLACE = {"city": 3, "town": 6, "village": 9, "suburb": 9, "island": 9, "hamlet": 12}
_SCHEMA = {
    "level": pl.UInt8, "x": pl.Int32, "y": pl.Int32, "layer": pl.String, "kind": pl.String,
    "name": pl.String, "population": pl.Int32, "shape": pl.Binary,
}  # fmt: skip


@dataclass(frozen=True)
class _CellParts:
    """Parts of features in cells of one zoom: of which feature, in which cell, and the shape."""

    feature: Ints
    x: Ints
    y: Ints
    shape: Geometries

    def take(self, rows: Ints) -> "_CellParts":
        """Some of them."""
        return _CellParts(self.feature[rows], self.x[rows], self.y[rows], self.shape[rows])


def write_basemap(path: Path, pbf: Path, hull: BaseGeometry) -> None:
    """The basemap of an extract whose nodes ascend; `hull`: the ground that it covers, degrees."""
    features = read_features(pbf, hull)
    shapes = shapely.transform(
        np.array([one.geometry for one in features], object),
        lambda at: np.column_stack(project_points(at[:, 0], at[:, 1])) * WORLD,
    )
    rows = [_rows(level, features, shapes) for level in LEVELS]
    pl.concat([pl.DataFrame(schema=_SCHEMA), *rows]).write_parquet(path)


def _rows(level: int, features: Sequence[Feature], shapes: Geometries) -> pl.DataFrame:
    """1. and 2. of one level, by cell."""
    seen = np.flatnonzero([_first_level(one) <= level for one in features])
    pieces = _cut(level, _simplify(level, seen, shapes[seen]))
    order = np.lexsort((pieces.feature, pieces.y, pieces.x))
    pieces = pieces.take(order)
    of = [features[i] for i in pieces.feature.tolist()]
    columns = {key: [getattr(one, key) for one in of] for key in ("layer", "kind", "name")}
    return pl.DataFrame(
        {
            "level": np.full(len(of), level),
            "x": pieces.x,
            "y": pieces.y,
            **columns,
            "population": [one.population for one in of],
            "shape": shapely.to_wkb(shapely.set_precision(pieces.shape, 1, mode="pointwise")),
        },
        schema=_SCHEMA,
    )


def _first_level(one: Feature) -> int:
    return _FIRST_LEVEL_OF_PLACE[one.kind] if one.layer == "places" else _FIRST_LEVEL[one.layer]


def _simplify(level: int, feature: Ints, shapes: Geometries) -> _CellParts:
    """1. All in one cell as large as the world."""
    unit = 2.0 ** (DEEPEST - level - STEP + 1)
    simple = shapely.make_valid(shapely.simplify(shapes, _OFF * unit))
    parts, of = split_alike(simple, shapes)
    west, north, east, south = shapely.bounds(parts).T
    large = (east - west >= _LEAST * unit) | (south - north >= _LEAST * unit)
    seen = np.flatnonzero(large | (shapely.get_dimensions(parts) < AREA))
    whole = np.zeros(len(seen), np.int64)
    return _CellParts(feature[of[seen]], whole, whole, parts[seen])


def _cut(level: int, pieces: _CellParts) -> _CellParts:
    """2. By halves, so that a large shape is cut as often as there are zooms."""
    for zoom in range(1, level + 1):
        quarters = (_quarter(zoom, pieces, across, down) for across in (0, 1) for down in (0, 1))
        pieces = _CellParts(*map(np.concatenate, zip(*quarters, strict=True)))
    return pieces


def _quarter(
    zoom: int, pieces: _CellParts, across: int, down: int
) -> tuple[Ints, Ints, Ints, Geometries]:
    """What of the pieces lies in one quarter of their cells."""
    x, y = pieces.x * 2 + across, pieces.y * 2 + down
    side = WORLD / 2**zoom
    margin = side * MARGIN
    west, north = x * side - margin, y * side - margin
    box = shapely.box(west, north, west + side + 2 * margin, north + side + 2 * margin)
    shapely.prepare(box)
    inside = shapely.contains(box, pieces.shape)
    shape = pieces.shape.copy()
    shape[~inside] = shapely.intersection(shape[~inside], box[~inside])
    shape, of = split_alike(shape, pieces.shape)
    return pieces.feature[of], x[of], y[of], shape


def split_alike(shapes: Geometries, whole: Geometries) -> tuple[Geometries, Ints]:
    """The parts of shapes, and of which each is: of what was an area whole its areas, and so on."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    alike = (
        shapely.get_dimensions(parts) == shapely.get_dimensions(whole)[of]
    ) & ~shapely.is_empty(parts)
    return parts[alike], of[alike]
