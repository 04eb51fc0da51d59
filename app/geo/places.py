"""Named businesses and their kind, out of OpenStreetMap extracts."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import osmium
import polars as pl

# The keys whose objects are businesses or the like, most telling first: a place tagged with
# several of them is named by the first. https://wiki.openstreetmap.org/wiki/Map_features
KINDS = ("office", "shop", "craft", "healthcare", "amenity", "tourism", "leisure", "industrial")

# Amenities and the like that are no businesses: street furniture, parking, natural sights.
_NO_BUSINESS = frozenset({
    "amenity=bench", "amenity=bicycle_parking", "amenity=drinking_water", "amenity=fountain",
    "amenity=grave_yard", "amenity=hunting_stand", "amenity=letter_box", "amenity=parking",
    "amenity=parking_entrance", "amenity=parking_space", "amenity=post_box",
    "amenity=public_bookcase", "amenity=recycling", "amenity=shelter", "amenity=telephone",
    "amenity=toilets", "amenity=vending_machine", "amenity=waste_basket", "amenity=watering_place",
    "leisure=common", "leisure=garden", "leisure=nature_reserve", "leisure=park", "leisure=pitch",
    "leisure=playground", "leisure=swimming_pool", "leisure=track", "tourism=artwork",
    "tourism=attraction", "tourism=information", "tourism=picnic_site", "tourism=viewpoint",
})  # fmt: skip
_EMPTY = frozenset({"no", "vacant", "yes;no", "disused"})

SCHEMA: dict[str, Any] = {
    "name": pl.String,
    "kind": pl.String,
    "lon": pl.Float64,
    "lat": pl.Float64,
    "housenumber": pl.String,
    "street": pl.String,
    "city": pl.String,
    "state": pl.String,
    "postcode": pl.String,
    "phone": pl.String,
    "website": pl.String,
}


def read(pbfs: Sequence[Path]) -> pl.DataFrame:
    """The named businesses of those extracts, each once, in the columns of `SCHEMA`.

    `kind` is an OpenStreetMap tag such as "office=accountant"; lon, lat are WGS84 degrees (for a
    building the middle of its corners); text is "" where it is not known. Sorted by name, then
    kind and place. Businesses mapped as multipolygons are left out.
    """
    rows = [row for pbf in pbfs for row in _rows(pbf)]
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return frame.unique().sort("name", "kind", "lon", "lat")


def _rows(pbf: Path) -> Iterator[tuple[Any, ...]]:
    wanted = osmium.filter.KeyFilter("name")
    entities = osmium.osm.NODE | osmium.osm.WAY
    found = osmium.FileProcessor(str(pbf), entities).with_locations().with_filter(wanted)
    for thing in found.with_filter(osmium.filter.KeyFilter(*KINDS)):
        tags = thing.tags
        kind = kind_of(tags)
        middle = _middle(thing) if kind else None
        if middle:
            yield tags["name"], kind, *middle, *_address(tags), *_contact(tags)


def kind_of(tags: Any) -> str:
    """The tag that tells, such as "office=accountant"; "" for what is no business."""
    for key in KINDS:
        value = tags.get(key, "")
        if value and value not in _EMPTY and f"{key}={value}" not in _NO_BUSINESS:
            return f"{key}={value}"
    return ""


def _middle(thing: Any) -> tuple[float, float] | None:
    if thing.is_node():
        return thing.location.lon, thing.location.lat
    corners = [(n.location.lon, n.location.lat) for n in thing.nodes if n.location.valid()]
    if not corners:
        return None
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners.pop()
    lon, lat = (sum(axis) / len(corners) for axis in zip(*corners, strict=True))
    return round(lon, 7), round(lat, 7)


def _address(tags: Any) -> tuple[str, ...]:
    parts = ("housenumber", "street", "city", "state", "postcode")
    return tuple(tags.get(f"addr:{part}", "") for part in parts)


def _contact(tags: Any) -> tuple[str, str]:
    phone = tags.get("phone", "") or tags.get("contact:phone", "")
    return phone, tags.get("website", "") or tags.get("contact:website", "")
