"""Geofabrik's index of map extracts, or a mirror's.

It is `<base>/index-v1.json`, a GeoJSON FeatureCollection with one feature an extract: its outline,
and in the properties its `id` ("us/hawaii"), its `name` and its `urls`, of which `pbf` is the
file's. Beside each file lies `<file>.md5`. https://download.geofabrik.de/technical.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from app.errors import BackendDown

OFFICIAL_HOST = "download.geofabrik.de"


@dataclass(frozen=True, slots=True)
class Extract:
    """One file of the index. `ground` is the polygon that it was cut by, in degrees."""

    id: str
    name: str
    url: str
    ground: BaseGeometry

    @property
    def path(self) -> str:
        """Where it lies at its server: "north-america/us/hawaii"."""
        return urlsplit(self.url).path.strip("/").removesuffix(".osm.pbf").removesuffix("-latest")


def index_url(base_url: str) -> str:
    """Where the index lies."""
    return f"{base_url.rstrip('/')}/index-v1.json"


def read_index(body: bytes, base_url: str) -> list[Extract]:
    """The extracts that have a file and an outline. Raises BackendDown for what is no index."""
    try:
        features = json.loads(body)["features"]
        read = [_extract(f, base_url) for f in features if f["geometry"] is not None]
    except (ValueError, KeyError, TypeError, AttributeError, ShapelyError) as why:
        raise BackendDown(
            f"{index_url(base_url)} is not an index of maps as Geofabrik publishes it",
            backend=base_url,
        ) from why
    return [extract for extract in read if extract.url]


def _extract(feature: Mapping[str, Any], base_url: str) -> Extract:
    about = feature["properties"]
    url = about["urls"].get("pbf", "")
    ground = shapely.make_valid(shape(feature["geometry"]))
    return Extract(about["id"], about.get("name", about["id"]), rebase_url(url, base_url), ground)


def rebase_url(url: str, base_url: str) -> str:
    """The same file at the mirror: the official host gives way to the base address."""
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.netloc and parts.netloc != OFFICIAL_HOST:
        return url
    return urljoin(base_url.rstrip("/") + "/", parts.path.lstrip("/"))
