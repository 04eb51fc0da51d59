"""One installed map area: what is in it, where it lies, what it covers.

A region is used by its folder, not by its name: who reads one holds a lease on the folder, and one
that was replaced or removed meanwhile stays on the disk, under another name, until the last lease
has ended. So every answer comes of one version of a region.
"""

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import Geod
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from app.errors import BadInput, SweetspotError, UnreadableRegion
from app.geo.antimeridian import cut_at_antimeridian
from app.geo.cache import parse_frozen
from app.geo.points import METRES_PER_DEGREE, METRES_PER_MILE, Mask, Point, Points
from app.geo.regions.lease import Lease

FORMAT = 5  # of the manifest and the folder; a region of another format is built anew

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*", re.ASCII | re.IGNORECASE)
MANIFEST = "manifest.json"
BASEMAP = "basemap.parquet"  # in the folder, see `app.geo.basemap.cells`
_RETRIES = 10  # of reading a region that is replaced at that very moment


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
class Unreadable:
    """A region that this version can't use. `problem`: why, and what to do.

    manifest: what is known of what it was made from; empty where that can't be read.
    """

    name: str
    folder: Path
    problem: str
    bounds: tuple[float, float, float, float] | None
    manifest: Mapping[str, Any]

    def may_cover(self, home: Point) -> bool:
        """Whether it may hold the home base; where its manifest does not say, it may."""
        if self.bounds is None:
            return True
        west, south, east, north = self.bounds
        return west <= home.lon <= east and south <= home.lat <= north


@dataclass(frozen=True, slots=True)
class CoveredCircle:
    """What a region was made to cover: so many miles around the home base of that time."""

    lat: float
    lon: float
    miles: float


@dataclass(frozen=True)
class Region:
    """One installed region; `manifest` says what it was made from, when and with what.

    Immutable and safe for threads; the outline, which GEOS indexes when it is first asked, is asked
    behind one lock. While it lives its folder stays on the disk, see `Lease`.
    """

    name: str
    folder: Path
    manifest: Mapping[str, Any]
    _hull: BaseGeometry = field(repr=False)
    _lease: Lease = field(repr=False, compare=False)
    _asking: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @classmethod
    def read(cls, folder: Path) -> "Region | Unreadable | None":
        """The region in a folder, all of one version; None where there is none."""
        for _ in range(_RETRIES):
            try:
                lease = Lease(folder)
            except (FileNotFoundError, BlockingIOError):
                if not folder.is_dir():
                    return None
                continue
            except OSError as why:
                return _unreadable(folder, None, f"its folder can't be opened: {why.strerror}")
            found = _described(folder, lease)
            if lease.is_of(folder):
                return found
        return None

    @property
    def is_current(self) -> bool:
        """Whether it is still the one of its name, neither replaced nor removed."""
        return self._lease.is_of(self.folder)

    def open[T](self, read: Callable[[Path], T]) -> T:
        """What `read` makes of the region's folder, wherever that lies by now.

        Raises what `read` does, and UnreadableRegion where the folder was deleted by hand.
        """
        for _ in range(_RETRIES):
            folder = self._lease.find(self.folder)
            if folder is None:
                break
            try:
                made = read(folder)
            except (OSError, SweetspotError):
                if self._lease.is_of(folder):
                    raise
                continue  # it was renamed meanwhile
            if self._lease.is_of(folder):
                return made
        raise UnreadableRegion(f"region {self.name!r} is gone: its folder was deleted")

    @property
    def tiles(self) -> Path:
        """The folder with Valhalla's routing tiles."""
        return self.folder / "tiles"

    @property
    def gazetteer(self) -> Path:
        """The address index, as `gazetteer.build_gazetteer` wrote it."""
        return self.folder / "gazetteer"

    @property
    def roads(self) -> Path:
        """The drivable roads, as `build_roads` wrote them."""
        return self.folder / "roads"

    @property
    def places(self) -> Path:
        """Parquet of the named businesses, see `app.geo.places.schema`."""
        return self.folder / "places.parquet"

    @property
    def has_basemap(self) -> bool:
        """Whether water and towns are drawn of it; older ones have roads only."""
        return BASEMAP in self.manifest["files"]

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
    def center(self) -> Point:
        """The home base that it was made for, else the middle of its bounds."""
        if self.circle:
            return Point(self.circle.lon, self.circle.lat)
        west, south, east, north = self.bounds
        return Point((west + east) / 2, (south + north) / 2)

    @property
    def across_miles(self) -> tuple[float, float]:
        """How wide its bounds are in their middle, and how high."""
        west, south, east, north = self.bounds
        narrow = np.cos(np.radians((south + north) / 2))
        width, height = (east - west) * narrow, north - south
        metres = METRES_PER_DEGREE * np.array([width, height])
        wide, high = (metres / METRES_PER_MILE).round(1).tolist()
        return wide, high

    @property
    def circle(self) -> CoveredCircle | None:
        """What it was made to cover, where it was cut to that."""
        made_for = self.manifest.get("circle")
        if not made_for:
            return None
        return CoveredCircle(made_for["lat"], made_for["lon"], made_for["miles"])

    @property
    def data_date(self) -> str | None:
        """Of what day and time its newest map data is, ISO 8601 in UTC; None where unknown."""
        dates = [source.get("data_date") for source in self.manifest.get("sources", ())]
        return max(filter(None, dates), default=None)

    @cached_property
    def size_bytes(self) -> int:
        """How much it takes on the disk, as the manifest has it: nothing is looked for there."""
        return sum(known["size"] for known in self.manifest["files"].values())

    @property
    def notes(self) -> Sequence[str]:
        """What was mended or left out of the address files that it was made from."""
        notes: Sequence[str] = self.manifest.get("notes", ())
        return notes

    @property
    def counts(self) -> Mapping[str, int]:
        """How much is in it: roads, places, addresses and so on."""
        counts: Mapping[str, int] = self.manifest["counts"]
        return counts

    @property
    def engine_version(self) -> str:
        """The version of Valhalla that made the tiles."""
        return str(self.manifest["tools"]["pyvalhalla"])

    def covers(self, points: Points) -> Mask:
        """True where a point lies on the map, shape (n,); False where there is no point."""
        with self._asking:
            inside: Mask = shapely.contains_xy(self._hull, points.lon, points.lat)
        return inside & points.known

    def covers_point(self, point: Point) -> bool:
        """True where the point lies on the map."""
        with self._asking:
            return bool(shapely.contains_xy(self._hull, point.lon, point.lat))

    def covered_share(self, home: Point, miles: float) -> float:
        """The share of the circle's area that is on the map, 0 to 1 (good to about 0.01)."""
        return self.share_of(circle_around(home, miles))

    def share_of(self, ground: BaseGeometry) -> float:
        """The share of that area, in degrees, that is on the map."""
        return float(self._hull.intersection(ground).area / ground.area)

    def beyond(self, ground: BaseGeometry) -> BaseGeometry:
        """The part of that area, in degrees, that is not on the map."""
        return ground.difference(self._hull)


def _described(folder: Path, lease: Lease) -> Region | Unreadable | None:
    """What the manifest and the outline in a folder say; None where they are not there."""
    try:
        manifest = parse_frozen((folder / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as why:
        return _unreadable(folder, None, f"its manifest can't be read: {why.strerror}")
    except ValueError:
        manifest = None
    if not isinstance(manifest, Mapping) or manifest.get("format") != FORMAT:
        return _unreadable(folder, manifest)
    try:
        hull = shape(json.loads((folder / "hull.geojson").read_bytes())["geometry"])
    except (OSError, ValueError, KeyError):
        return _unreadable(folder, manifest, "its outline is missing or broken")
    shapely.prepare(hull)
    return Region(manifest["name"], folder, manifest, hull, lease)


def _unreadable(folder: Path, manifest: Any, what: str = "") -> Unreadable:
    known: Mapping[str, Any] = manifest if isinstance(manifest, Mapping) else {}
    name = str(known.get("name", folder.name.replace("+", "/")))
    if not what:
        form = known.get("format")
        what = (
            f"it is of format {form}, this version reads {FORMAT}"
            if form is not None
            else "its manifest is broken"
        )
    problem = (
        f"region {name!r} can't be used: {what}; build it again: `{build_command(name, known)}`"
    )
    box = known.get("bbox")
    bounds = tuple(box) if isinstance(box, tuple) and len(box) == 4 else None
    return Unreadable(name, folder, problem, bounds, known)


def build_command(name: str, manifest: Mapping[str, Any]) -> str:
    """The command that makes a region of the same sources."""
    sources = [one for one in manifest.get("sources", ()) if isinstance(one, Mapping)]
    if sources and all("url" in one for one in sources):
        return f"sweetspot region update {name}"
    flags = {"addresses": "--addresses ", "places": "--places "}
    made = [
        f"{flags.get(str(one.get('kind')), '')}{one['file']}" for one in sources if "file" in one
    ]
    command = f"sweetspot region build {name} {' '.join(made) or 'FILE.osm.pbf'}"
    match manifest.get("circle"):
        case {"lat": lat, "lon": lon, "miles": miles}:
            return f"{command} --near {lat:.5f},{lon:.5f} --miles {miles:g}"
    return command


def circle_around(home: Point, miles: float) -> BaseGeometry:
    """The ground within so many miles of a point, in degrees, cut at the antimeridian."""
    azimuths = np.linspace(0, 360, 180, endpoint=False)
    ones = np.ones_like(azimuths)
    lon, lat, _ = Geod(ellps="WGS84").fwd(
        ones * home.lon, ones * home.lat, azimuths, ones * max(miles, 0.001) * METRES_PER_MILE
    )
    return cut_at_antimeridian(shapely.Polygon(np.column_stack([np.unwrap(lon, period=360), lat])))
