"""The basemap of an installed region: draws vector tiles, one layer for each of its kinds."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import mapbox_vector_tile
import numpy as np
import polars as pl
import shapely

from app.errors import BadMap
from app.geo.basemap.cells import DEEPEST, MARGIN, STEP, split_alike
from app.geo.web_tiles import EXTENT, WebTile

type CellKey = tuple[int, int, int]  # level, x, y

# Of each layer of a tile what a feature says.
LAYERS: dict[str, dict[str, str]] = {
    "water": {},
    "green": {},
    "river": {},
    "coast": {},
    "places": {"kind": "String", "name": "String", "population": "Number"},
}


class Basemap:
    """Immutable: its table, and where in it each cell is. Safe for threads.

    Raises BadMap where the file can't be read.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._rows = pl.read_parquet(path)
            cells = (
                self._rows.with_row_index("first")
                .group_by("level", "x", "y")
                .agg(pl.col("first").min(), pl.len())
            )
        except (OSError, pl.exceptions.PolarsError) as why:
            raise BadMap(f"{path}: not a basemap: {why}") from why
        self._cells: Mapping[CellKey, tuple[int, int]] = MappingProxyType(
            {(level, x, y): (first, count) for level, x, y, first, count in cells.iter_rows()}
        )

    def draw(self, tile: WebTile) -> bytes:
        """The tile; b"" where nothing is."""
        level = tile.z - tile.z % STEP
        deeper = tile.z - level
        first, count = self._cells.get((level, tile.x >> deeper, tile.y >> deeper), (0, 0))
        found: dict[str, list[dict[str, Any]]] = {layer: [] for layer in LAYERS}
        for layer, feature in _features(self._rows[first : first + count], tile):
            found[layer].append(feature)
        layers = [{"name": name, "features": some} for name, some in found.items() if some]
        if not layers:
            return b""
        options = {"y_coord_down": True, "extents": EXTENT, "check_winding_order": False}
        drawn: bytes = mapbox_vector_tile.encode(layers, default_options=options)
        return drawn


def _features(rows: pl.DataFrame, tile: WebTile) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each with its layer, cut to the tile and its margin."""
    scale = 2.0 ** (tile.z - DEEPEST)
    offset = np.array([tile.x, tile.y]) * EXTENT
    shapes = shapely.transform(
        shapely.from_wkb(rows["shape"].to_numpy()), lambda at: np.rint(at * scale - offset)
    )
    low, high = -MARGIN * EXTENT, (1 + MARGIN) * EXTENT
    cut = shapely.clip_by_rect(shapes, low, low, high, high)
    parts, of = split_alike(cut, shapes)
    parts = shapely.orient_polygons(parts, exterior_cw=False)
    told = rows.select("layer", *LAYERS["places"]).to_dicts()
    for part, row in zip(parts, of.tolist(), strict=True):
        properties = {key: value for key, value in told[row].items() if value and key != "layer"}
        yield told[row]["layer"], {"geometry": part, "properties": properties}
