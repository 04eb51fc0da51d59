"""Tiles of the web's map (EPSG:3857), and the Mapbox vector tiles 2.1 that are drawn on them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from mapbox_vector_tile.Mapbox import vector_tile_pb2

from app.errors import BadInput
from app.geo.points import Floats, Points

type LonLatBox = tuple[float, float, float, float]  # west, south, east, north, degrees

EXTENT = 4096  # of the format: units across a tile
FARTHEST_LAT = 85.051129  # of the web's map


@dataclass(frozen=True, slots=True)
class WebTile:
    """A tile by zoom, column from the west, row from the north. BadInput where there is none."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        most = 2**self.z - 1
        if not (0 <= self.x <= most and 0 <= self.y <= most):
            raise BadInput(
                f"no tile {self.z}/{self.x}/{self.y}: x and y go from 0 to {most} at zoom {self.z}"
            )

    @property
    def bounds(self) -> LonLatBox:
        """Of its ground."""
        tiles = 2**self.z

        def lat(row: int) -> float:
            return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / tiles))))

        west, east = (column / tiles * 360 - 180 for column in (self.x, self.x + 1))
        return west, lat(self.y + 1), east, lat(self.y)

    def units(self, at: Points) -> tuple[Floats, Floats]:
        """How far across and down the tile points lie, in units; NaN where there is no point."""
        across, down = project_points(at.lon, at.lat)
        whole = EXTENT * 2.0**self.z
        return across * whole - self.x * EXTENT, down * whole - self.y * EXTENT


def project_points(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Shares of the map's width and height, from its north-west; NaN where there is no point."""
    up = np.radians(np.clip(lat, -FARTHEST_LAT, FARTHEST_LAT))
    with np.errstate(invalid="ignore"):
        return (lon + 180) / 360, (1 - np.arcsinh(np.tan(up)) / np.pi) / 2


def merge_tiles(tiles: Sequence[bytes]) -> bytes:
    """One vector tile of several of the same place; layers of one name become one."""
    drawn = [tile for tile in tiles if tile]
    if len(drawn) < 2:
        return b"".join(drawn)
    merged = vector_tile_pb2.tile()
    layers: dict[str, Any] = {}
    for tile in drawn:
        for layer in vector_tile_pb2.tile.FromString(tile).layers:
            if layer.name in layers:
                _append_layer(layers[layer.name], layer)
            else:
                layers[layer.name] = merged.layers.add()
                layers[layer.name].CopyFrom(layer)
    whole: bytes = merged.SerializeToString()
    return whole


def _append_layer(to: Any, layer: Any) -> None:
    """Its features behind the others; their tags are places among keys and values in turn."""
    shift = len(to.keys), len(to.values)
    to.keys.extend(layer.keys)
    to.values.extend(layer.values)
    for feature in layer.features:
        added = to.features.add()
        added.CopyFrom(feature)
        added.tags[:] = [tag + shift[i % 2] for i, tag in enumerate(feature.tags)]
