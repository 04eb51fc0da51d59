"""What is drawn on a map: the area within reach, and the roads of a tile."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import blake2b
from html import escape
from importlib.metadata import version
from typing import Any

import numpy as np
from shapely import box
from shapely.geometry.base import BaseGeometry

from app.errors import BadQuestion, UnreadableRegion
from app.find.ground import start_from
from app.geo.basemap.basemap import LAYERS
from app.geo.basemap.cells import DEEPEST
from app.geo.basemap.coast import AROUND
from app.geo.driving.engine import Driving
from app.geo.regions.region import Region
from app.geo.regions.regions import SHARE_DIGITS, Regions
from app.geo.web_tiles import FARTHEST_LAT, LonLatBox, WebTile, merge_tiles
from app.wiring.ground import (
    check_minutes,
    choose_region,
    circle_miles,
    locate_home,
    unreadable_notes,
)
from app.wiring.parts import Parts

ROADS_FROM = 7  # the first zoom that the engine draws tiles of; its last one is DEEPEST
# The layer of the engine, and what a feature says; Valhalla's own words and numbers
# (graphconstants.h): road_class from motorway, 0, to service, 7; use from 41 on are ferries, from
# 12 on paths.
ROADS = {"edges": {"road_class": "Number", "use": "Number", "tile_level": "Number"}}


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


def draw_tile(parts: Parts, tile: WebTile, regions: Sequence[Region]) -> bytes:
    """What those regions have of one map tile; empty where that is nothing."""
    return merge_tiles([_draw_tile_of(parts, tile, region) for region in regions])


def _draw_tile_of(parts: Parts, tile: WebTile, region: Region) -> bytes:
    """Water and towns of one region, and its roads by its engine: layers of different names."""
    installed = parts.installed(region)
    beside = installed.basemap.draw(tile) if installed.basemap else b""
    roads = installed.engine.tile(tile.z, tile.x, tile.y) if tile.z >= ROADS_FROM else b""
    return beside + roads


def tile_regions(regions: Regions, tile: WebTile, name: str = "") -> Sequence[Region]:
    """The regions that draw a tile: the named one, else all that add ground to it.

    That which covers most of the tile comes first, the first of equals by name; one whose ground
    of the tile the others before it have, too, is left out. Raises UnreadableRegion where only
    such regions touch it as can't be used, NoSuchRegion.
    """
    if name:
        return [regions.get(name)]
    touching = [region for region in regions.all() if _touch(_drawn_bounds(region), tile.bounds)]
    if len(touching) > 1:
        return _covering(touching, box(*tile.bounds))
    if not touching:
        _check_readable(regions, tile)
    return touching


def _covering(touching: Sequence[Region], left: BaseGeometry) -> Sequence[Region]:
    """Those that add ground, or the first one where none does: roads may lie beside the ground."""
    best_first = sorted(touching, key=lambda r: -round(r.share_of(left), SHARE_DIGITS))
    chosen = []
    for region in best_first:
        beyond = region.beyond(left)
        if beyond.area < left.area:
            chosen.append(region)
            left = beyond
    return chosen or best_first[:1]


def _check_readable(regions: Regions, tile: WebTile) -> None:
    for broken in regions.unreadable():
        if broken.bounds and _touch(broken.bounds, tile.bounds):
            raise UnreadableRegion(broken.problem)


def stamp_maps(regions: Iterable[Region]) -> str:
    """Another one wherever what is drawn of them may differ."""
    made = (version("sweetspot"), *(region.digest for region in regions))
    return blake2b(repr(made).encode(), digest_size=8).hexdigest()


def describe_tiles(regions: Sequence[Region], base: str) -> Mapping[str, Any]:
    """TileJSON 3.0 of what `draw_tile` draws; `base`: the address that this service has."""
    west, south, east, north = _joined_bounds(regions)
    across = max(east - west, north - south)
    owners = dict.fromkeys(one for region in regions for one in region.attribution.split("; "))
    layers = LAYERS | ROADS
    return {
        "tilejson": "3.0.0",
        "tiles": [f"{base}/v1/tiles/{{z}}/{{x}}/{{y}}.mvt?stamp={stamp_maps(regions)}"],
        "minzoom": 0,
        "maxzoom": DEEPEST,
        "bounds": [west, south, east, north],
        "center": [(west + east) / 2, (south + north) / 2, round(math.log2(360 / across))],
        # Maps show it as HTML, and a file's name may be in it.
        "attribution": escape("; ".join(owners), quote=False),
        "vector_layers": [{"id": name, "fields": fields} for name, fields in layers.items()],
    }


def map_source(parts: Parts, base: str) -> dict[str, Any]:
    """The source of a map's style: our tiles, or those that are set.

    Raises BadQuestion naming the setting where that is no address.
    """
    url = parts.settings.tiles_url
    if not url:
        described = describe_tiles(parts.regions.all(), base)
        told = ("tiles", "minzoom", "maxzoom", "bounds", "attribution")
        return {"type": "vector", **{key: described[key] for key in told}}
    if not url.startswith(("http://", "https://")):
        raise BadQuestion(
            f"SWEETSPOT_TILES_URL {url!r}: expected the address of raster tiles with {{z}}, {{x}} "
            "and {y} in it, or of their TileJSON",
            field="tiles_url",
        )
    where = {"tiles": [url]} if "{z}" in url else {"url": url}
    return {"type": "raster", **where, "attribution": parts.settings.tiles_attribution}


def _joined_bounds(regions: Sequence[Region]) -> LonLatBox:
    """Around all of them; the world where there is none."""
    if not regions:
        return -180.0, -FARTHEST_LAT, 180.0, FARTHEST_LAT
    west, south, east, north = zip(*map(_drawn_bounds, regions), strict=True)
    return min(west), min(south), max(east), max(north)


def _drawn_bounds(region: Region) -> LonLatBox:
    """Around its ground, and around the sea that is drawn beside it."""
    west, south, east, north = region.bounds
    south, north = (np.clip((south - AROUND, north + AROUND), -FARTHEST_LAT, FARTHEST_LAT)).tolist()
    return max(west - AROUND, -180.0), south, min(east + AROUND, 180.0), north


def _touch(one: LonLatBox, other: LonLatBox) -> bool:
    """Whether they have a point in common."""
    return one[0] <= other[2] and one[2] >= other[0] and one[1] <= other[3] and one[3] >= other[1]
