"""Installed map areas: describe, choose, verify, remove."""

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import Geod
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from app.errors import BadInput, NoSuchRegion
from app.geo.points import METRES_PER_MILE, Mask, Point, Points

FORMAT = 1  # of the manifest and the folder; a region of another format is built anew

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*", re.ASCII | re.IGNORECASE)
_MANIFEST = "manifest.json"
# How far around a home base the map is looked at when several regions hold it.
_CHOICE_MILES = 50.0


def folder_name(name: str) -> str:
    """The folder a region's name stands for: "us/hawaii" -> "us+hawaii".

    Raises BadInput for names that are no plain words joined by slashes.
    """
    if not _NAME.fullmatch(name) or len(name) > 100:
        raise BadInput(
            f"{name!r} can't name a region; use letters, digits, dots and dashes, "
            "such as 'hawaii' or 'us/hawaii'",
            field="name",
        )
    return name.replace("/", "+")


@dataclass(frozen=True)
class Region:
    """One installed region; `manifest` says what it was made from, when and with what."""

    name: str
    folder: Path
    manifest: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> "Region | None":
        """The region in a folder, None where there is none of this format."""
        try:
            manifest = json.loads((folder / _MANIFEST).read_bytes())
        except (OSError, ValueError):
            return None
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            return None
        return cls(manifest["name"], folder, manifest)

    @property
    def tiles(self) -> Path:
        """The folder with Valhalla's routing tiles."""
        return self.folder / "tiles"

    @property
    def gazetteer(self) -> Path:
        """The address index, as `gazetteer.build` wrote it."""
        return self.folder / "gazetteer"

    @property
    def roads(self) -> Path:
        """The drivable roads, as `roads.build` wrote them."""
        return self.folder / "roads"

    @property
    def places(self) -> Path:
        """Parquet of the named businesses, see `app.geo.places`."""
        return self.folder / "places.parquet"

    @property
    def digest(self) -> str:
        """Identifies what is in it: as soon as one file differs, so does this."""
        return str(self.manifest["digest"])

    @property
    def attribution(self) -> str:
        """To be shown with whatever derives from the region."""
        return str(self.manifest["attribution"])

    @property
    def created(self) -> str:
        """When it was built, ISO 8601 in UTC."""
        return str(self.manifest["created"])

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the ground it covers, degrees."""
        west, south, east, north = self.manifest["bbox"]
        return west, south, east, north

    @property
    def counts(self) -> Mapping[str, int]:
        """How much is in it: roads, places, addresses and so on."""
        counts: Mapping[str, int] = self.manifest["counts"]
        return counts

    @property
    def engine_version(self) -> str:
        """The version of Valhalla that made the tiles."""
        return str(self.manifest["tools"]["pyvalhalla"])

    @cached_property
    def hull(self) -> BaseGeometry:
        """The ground the map covers, in degrees: the extract's polygon, else around its roads."""
        hull = shape(json.loads((self.folder / "hull.geojson").read_bytes())["geometry"])
        shapely.prepare(hull)
        return hull

    def covers(self, points: Points) -> Mask:
        """True where a point lies on the map, shape (n,); False where there is no point."""
        inside: Mask = shapely.contains_xy(self.hull, points.lon, points.lat)
        return inside & points.known

    def covers_point(self, point: Point) -> bool:
        """True where the point lies on the map."""
        return bool(shapely.contains_xy(self.hull, point.lon, point.lat))

    def covered_share(self, home: Point, miles: float) -> float:
        """The share of the circle's area that is on the map, 0 to 1 (good to about 0.01)."""
        around = circle(home, miles)
        return float(self.hull.intersection(around).area / around.area)


class Regions:
    """All regions under one folder, which need not exist yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[Region]:
        """Every installed region, by name. Half-built ones don't count."""
        if not self.folder.is_dir():
            return []
        folders = (f for f in self.folder.iterdir() if not f.name.startswith("."))
        found = (Region.read(folder) for folder in folders)
        return sorted((region for region in found if region), key=lambda region: region.name)

    def get(self, name: str) -> Region:
        """The region of that name. Raises NoSuchRegion, which names those there are."""
        region = Region.read(self.folder / folder_name(name))
        if region is None:
            names = ", ".join(r.name for r in self.all()) or "none yet"
            raise NoSuchRegion(f"no region named {name!r} is installed (installed: {names})")
        return region

    def covering(self, home: Point) -> Region | None:
        """The region that covers the home base and most of the 50 miles around it.

        Of equals the first by name; None where no region covers the home base.
        """
        found = [region for region in self.all() if region.covers_point(home)]
        if len(found) < 2:
            return found[0] if found else None
        return max(found, key=lambda r: round(r.covered_share(home, _CHOICE_MILES), 3))

    def verify(self, name: str) -> list[str]:
        """What is wrong with the region's files, one sentence each; empty when sound."""
        region = self.get(name)
        problems = []
        for relative, known in region.manifest["files"].items():
            problem = _problem(region.folder / relative, known["size"], known["sha256"])
            if problem:
                problems.append(f"{relative}: {problem}")
        return problems

    def remove(self, name: str) -> None:
        """Delete the region from the disk. Raises NoSuchRegion."""
        region = self.get(name)
        # Without its manifest it is no region any more, even if deleting stops half-way.
        (region.folder / _MANIFEST).unlink()
        shutil.rmtree(region.folder)


def sha256(path: Path) -> str:
    """The file's SHA-256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _problem(path: Path, size: int, digest: str) -> str:
    if not path.is_file():
        return "missing"
    if path.stat().st_size != size:
        return f"{path.stat().st_size} bytes, expected {size}"
    return "" if sha256(path) == digest else "its contents have changed (wrong checksum)"


def circle(home: Point, miles: float) -> BaseGeometry:
    """The ground within so many miles of a point, in degrees."""
    azimuths = np.linspace(0, 360, 180, endpoint=False)
    ones = np.ones_like(azimuths)
    lon, lat, _ = Geod(ellps="WGS84").fwd(
        ones * home.lon, ones * home.lat, azimuths, ones * max(miles, 0.001) * METRES_PER_MILE
    )
    return shapely.Polygon(np.column_stack([lon, lat]))
