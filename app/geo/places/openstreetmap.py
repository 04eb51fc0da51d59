"""Named businesses and their kind, out of OpenStreetMap extracts."""

import re
from collections.abc import Iterator, Sequence
from itertools import batched
from pathlib import Path
from typing import Any

import osmium
import polars as pl

from app.geo.openstreetmap import Nodes, read_located, read_multipolygons
from app.geo.places.schema import OSM, SCHEMA

# The keys whose objects are businesses or the like, most telling first: a place tagged with
# several of them is named by the first. https://wiki.openstreetmap.org/wiki/Map_features
KINDS = ("office", "shop", "craft", "healthcare", "amenity", "tourism", "leisure", "industrial")
CHAMBER = "name=chamber_of_commerce"

# Amenities and the like that are no businesses: street furniture, parking, natural sights.
_NO_BUSINESS = frozenset({
    "amenity=atm", "amenity=bench", "amenity=bicycle_parking", "amenity=drinking_water",
    "amenity=fountain", "amenity=grave_yard", "amenity=hunting_stand", "amenity=letter_box",
    "amenity=parking", "amenity=parking_entrance", "amenity=parking_space", "amenity=post_box",
    "amenity=public_bookcase", "amenity=recycling", "amenity=shelter", "amenity=telephone",
    "amenity=toilets", "amenity=vending_machine", "amenity=waste_basket", "amenity=watering_place",
    "leisure=common", "leisure=garden", "leisure=nature_reserve", "leisure=park", "leisure=pitch",
    "leisure=playground", "leisure=swimming_pool", "leisure=track", "tourism=artwork",
    "tourism=attraction", "tourism=information", "tourism=picnic_site", "tourism=viewpoint",
})  # fmt: skip
_ROWS = 1 << 12  # held as text of Python's at once, which takes ten times what a column does
_EMPTY = frozenset({"no", "vacant", "yes;no", "disused"})

# Chambers of commerce are often mapped as a mere building or as tourist information.
_CHAMBER = re.compile(
    r"\bchamber of commerce\b(?! (?:building|park|plaza|trail|drive|street|road))", re.IGNORECASE
)
_NO_CHAMBER = ("highway", "public_transport", "railway", "historic", "landuse", "natural", *KINDS)


def read_places(pbfs: Sequence[Path]) -> pl.DataFrame:
    """The named businesses of those extracts, each once, in the columns of `SCHEMA`.

    `kind` is an OpenStreetMap tag such as "office=accountant", or `CHAMBER` for what is no
    business by its tags and a chamber of commerce by its name; lon, lat are WGS84 degrees (for a
    building the middle of its corners); text is "" where it is not known. Sorted by name, then
    kind and place.
    """
    rows = (row for pbf in pbfs for row in _rows(pbf))
    some = [pl.DataFrame(part, schema=SCHEMA, orient="row") for part in batched(rows, _ROWS)]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *some]).unique().sort(SCHEMA.keys())


def _rows(pbf: Path) -> Iterator[tuple[Any, ...]]:
    for thing in _things(pbf):
        tags = thing.tags
        kind = kind_of(tags) or _chamber(tags)
        middle = _middle(thing) if kind else None
        if middle:
            yield tags["name"], kind, *middle, *_address(tags), *_contact(tags), OSM


def _things(pbf: Path) -> Iterator[Any]:
    """What has a name: nodes and ways, then multipolygons."""
    named, business = osmium.filter.KeyFilter("name"), osmium.filter.KeyFilter(*KINDS)
    nodes = Nodes()
    yield from read_located(pbf, nodes, "name")
    yield from read_multipolygons(pbf, nodes, named, business)


def kind_of(tags: Any) -> str:
    """The tag that tells, such as "office=accountant"; "" for what is no business."""
    for key in KINDS:
        value = tags.get(key, "")
        if value and value not in _EMPTY and f"{key}={value}" not in _NO_BUSINESS:
            return f"{key}={value}"
    return ""


def _chamber(tags: Any) -> str:
    if not _CHAMBER.search(tags["name"]):
        return ""
    informs = tags.get("tourism", "") == "information"
    return CHAMBER if informs or not any(key in tags for key in _NO_CHAMBER) else ""


def _middle(thing: Any) -> tuple[float, float] | None:
    if thing.is_node():
        return thing.location.lon, thing.location.lat
    rings = list(thing.outer_rings()) if thing.is_area() else [thing.nodes]
    corners = [corner for ring in rings for corner in _corners(ring)]
    if not corners:
        return None
    lon, lat = (sum(axis) / len(corners) for axis in zip(*corners, strict=True))
    return round(lon, 7), round(lat, 7)


def _corners(ring: Any) -> list[tuple[float, float]]:
    """Each corner once: the closing one is left out."""
    corners = [(n.location.lon, n.location.lat) for n in ring if n.location.valid()]
    closed = len(corners) > 1 and corners[0] == corners[-1]
    return corners[:-1] if closed else corners


def _address(tags: Any) -> tuple[str, ...]:
    parts = ("housenumber", "street", "city", "state", "postcode")
    return tuple(tags.get(f"addr:{part}", "") for part in parts)


def _contact(tags: Any) -> tuple[str, str]:
    phone = tags.get("phone", "") or tags.get("contact:phone", "")
    return phone, tags.get("website", "") or tags.get("contact:website", "")
