"""What is drawn on a map: the area within reach, and the roads of a tile."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from shapely import box

from app.errors import BadInput, UnreadableRegion
from app.find.ground import start_from
from app.geo.driving.engine import Driving
from app.geo.regions.region import SHARE_DIGITS, Region, Regions
from app.wiring.ground import (
    check_minutes,
    choose_region,
    circle_miles,
    locate_home,
    unreadable_notes,
)
from app.wiring.parts import Parts

type LonLatBox = tuple[float, float, float, float]  # west, south, east, north, degrees


def draw_reach(
    parts: Parts, home_text: str, minutes: Sequence[float], how: Driving, region_name: str = ""
) -> Mapping[str, Any]:
    """GeoJSON of what lies within so many minutes, from the region's engine; its day, its credit.

    Raises BadQuestion for minutes that are none or longer than may be asked for.
    """
    check_minutes(parts.settings, minutes)
    named = parts.regions.get(region_name) if region_name else None
    home = locate_home(parts, home_text, named, parts.online())
    region = choose_region(parts, home.at, region_name, miles=circle_miles(max(minutes)))
    start = start_from(home, parts.arrive_in(region))
    drawn = parts.engine_for(region).shape(start, minutes, how)
    old = unreadable_notes(parts, home.at)
    told = {"date": date.today().isoformat(), "attribution": region.attribution if region else ""}
    return {**drawn, **told, **({"notes": old} if old else {})}


def draw_tile(parts: Parts, z: int, x: int, y: int, region_name: str = "") -> bytes:
    """The roads of one map tile; empty where no region has any.

    Without a name, the region that covers most of the tile draws it. Raises
    UnreadableRegion where only one does that can't be used.
    """
    named = bool(region_name)
    region = parts.regions.get(region_name) if named else tile_region(parts.regions, z, x, y)
    return parts.engine(region).tile(z, x, y) if region else b""


def tile_region(regions: Regions, z: int, x: int, y: int) -> Region | None:
    """The region that covers most of a Web Mercator tile, the first of equals by name.

    None where the bounds of none touch it. Raises BadInput where there is no such tile,
    UnreadableRegion where only a region touches it that can't be used.
    """
    tile = _tile_bounds(z, x, y)
    touching = [region for region in regions.all() if _touch(region.bounds, tile)]
    if touching:
        return max(touching, key=lambda r: round(r.share_of(box(*tile)), SHARE_DIGITS))
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
