"""What is drawn of an extract beside its roads: seas, water, green, rivers, coasts and places."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import osmium
import shapely
from shapely.geometry.base import BaseGeometry

from app.geo.basemap.coast import fill_sea, join_coasts
from app.geo.openstreetmap import Nodes, read_located, read_multipolygons

# Which tags make which layer. https://wiki.openstreetmap.org/wiki/Map_features
_AREAS = {
    ("natural", "water"): "water",
    ("waterway", "riverbank"): "water",
    ("landuse", "reservoir"): "water",
    ("natural", "wood"): "green",
    ("landuse", "forest"): "green",
    ("leisure", "park"): "green",
}
_LINES = {
    ("natural", "coastline"): "coast",
    ("waterway", "river"): "river",
    ("waterway", "canal"): "river",
}
_PLACES = ("city", "town", "village", "suburb", "hamlet", "island")
_KEYS = sorted({key for key, _ in (*_AREAS, *_LINES)} | {"place"})
_AREA_TAGS = (*_AREAS, ("place", "island"))


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing that is drawn; geometry in degrees. kind, name, population: of a place."""

    layer: str
    geometry: BaseGeometry
    kind: str = ""
    name: str = ""
    population: int = 0


def read_features(pbf: Path, hull: BaseGeometry) -> list[Feature]:
    """All that is drawn of an extract whose nodes ascend; `hull`: the ground that it covers."""
    nodes = Nodes()
    found = [*_plain(read_located(pbf, nodes, *_KEYS))]
    areas = osmium.filter.TagFilter(*_AREA_TAGS)
    found += _joined(read_multipolygons(pbf, nodes, areas))
    coast = join_coasts([one.geometry for one in found if one.layer == "coast"])
    sea = [Feature("water", one) for one in fill_sea(coast, hull)]
    return [*sea, Feature("coast", coast), *(one for one in found if one.layer != "coast")]


def _plain(things: Iterable[Any]) -> Iterator[Feature]:
    """Of nodes and ways."""
    for thing in things:
        tags = thing.tags
        if thing.is_node():
            if tags.get("place", "") in _PLACES and "name" in tags:
                at = shapely.Point(thing.location.lon, thing.location.lat)
                yield _place(tags, at)
            continue
        corners = [(n.location.lon, n.location.lat) for n in thing.nodes if n.location.valid()]
        yield from _way(tags, corners)


def _way(tags: Any, corners: list[tuple[float, float]]) -> Iterator[Feature]:
    line = _layer(_LINES, tags)
    if line and len(corners) > 1:
        yield Feature(line, shapely.LineString(corners))
    if len(corners) > 3 and corners[0] == corners[-1]:
        yield from _area(tags, shapely.Polygon(corners))


def _joined(areas: Iterable[Any]) -> Iterator[Feature]:
    """Of multipolygons."""
    for area in areas:
        parts = [
            shapely.Polygon(_ring(outer), [_ring(inner) for inner in area.inner_rings(outer)])
            for outer in area.outer_rings()
        ]
        yield from _area(area.tags, shapely.MultiPolygon(parts))


def _area(tags: Any, ground: BaseGeometry) -> Iterator[Feature]:
    layer = _layer(_AREAS, tags)
    if layer:
        yield Feature(layer, shapely.make_valid(ground))
    if tags.get("place", "") == "island" and "name" in tags:
        yield _place(tags, shapely.make_valid(ground).representative_point())


def _layer(layers: dict[tuple[str, str], str], tags: Any) -> str:
    """The first that one of the tags makes; "" where none does."""
    return next((layer for (key, value), layer in layers.items() if tags.get(key) == value), "")


def _ring(ring: Any) -> list[tuple[float, float]]:
    return [(node.lon, node.lat) for node in ring]


def _place(tags: Any, at: BaseGeometry) -> Feature:
    told = tags.get("population", "").replace(",", "")
    population = int(told) if told.isascii() and told.isdecimal() and len(told) < 9 else 0
    return Feature("places", at, tags["place"], tags["name"], population)
