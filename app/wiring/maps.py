"""Which region draws a map tile."""

import math

from app.errors import BadInput, UnreadableRegion
from app.geo.regions.region import Region, Regions

type LonLatBox = tuple[float, float, float, float]  # west, south, east, north, degrees


def tile_region(regions: Regions, z: int, x: int, y: int) -> Region | None:
    """The first region whose bounds touch a Web Mercator tile; None where none does.

    Raises BadInput where there is no such tile, UnreadableRegion where only a region touches it
    that can't be used.
    """
    tile = _tile_bounds(z, x, y)
    for region in regions.all():
        if _touch(region.bounds, tile):
            return region
    for broken in regions.unreadable():
        if broken.bounds and _touch(broken.bounds, tile):
            raise UnreadableRegion(broken.problem)
    return None


def _touch(one: LonLatBox, other: LonLatBox) -> bool:
    """Whether they have a point in common."""
    return one[0] <= other[2] and one[2] >= other[0] and one[1] <= other[3] and one[3] >= other[1]


def _tile_bounds(z: int, x: int, y: int) -> LonLatBox:
    tiles = 2**z
    if x >= tiles or y >= tiles:
        raise BadInput(f"no tile {z}/{x}/{y}: x and y go from 0 to {tiles - 1} at zoom {z}")

    def lat(row: int) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / tiles))))

    return x / tiles * 360 - 180, lat(y + 1), (x + 1) / tiles * 360 - 180, lat(y)
