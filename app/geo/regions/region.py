"""Installed map areas: describe, choose, verify, remove.

A region is used by its folder, not by its name: who reads one holds a lease on the folder, and one
that was replaced or removed meanwhile stays on the disk, under another name, until the last lease
has ended. So every answer comes of one version of a region.
"""

import hashlib
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

from app.errors import BadInput, NoSuchRegion, SweetspotError, UnreadableRegion
from app.folders import writing_to
from app.geo.antimeridian import cut_at_antimeridian
from app.geo.cache import parse_frozen
from app.geo.points import METRES_PER_DEGREE, METRES_PER_MILE, Mask, Point, Points
from app.geo.regions.lease import Lease, retire_folder

FORMAT = 5  # of the manifest and the folder; a region of another format is built anew

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*", re.ASCII | re.IGNORECASE)
_MANIFEST = "manifest.json"
BASEMAP = "basemap.parquet"  # in the folder, see `app.geo.basemap.cells`
FORMER = (
    "Found in {folder}, where maps were kept before: {names}. Set SWEETSPOT_DATA_DIR={data} to go "
    "on using that folder, or move them to {ours}."
)
_RETRIES = 10  # of reading a region that is replaced at that very moment
# How far around a home base the map is looked at when several regions hold it, unless it is said.
CHOICE_MILES = 50.0
SHARE_DIGITS = 3  # judgement: what differs by less of a circle or tile covers as much of it


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
        manifest = parse_frozen((folder / _MANIFEST).read_bytes())
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


class Regions:
    """All regions under one folder, which need not exist yet, and under `former` ones.

    Of two with one name the first folder's counts. Safe for threads: each region is read once, as
    long as it stays the same, behind one lock.
    """

    def __init__(self, folder: Path, *former: Path) -> None:
        self.folder = folder
        self._folders = (folder, *former)
        self._lock = threading.Lock()
        self._known: dict[Path, Region] = {}

    def all(self) -> list[Region]:
        """Every installed region that can be used, by name. Half-built ones don't count."""
        return [found for found in self._everything() if isinstance(found, Region)]

    def unreadable(self) -> list[Unreadable]:
        """The installed regions that this version can't use, by name."""
        return [found for found in self._everything() if isinstance(found, Unreadable)]

    def find(self, name: str) -> Region | Unreadable:
        """The region of that name, whether it can be used or not.

        Raises NoSuchRegion, which names those there are.
        """
        found = self._read(self._place(name))
        if found is None:
            names = ", ".join(r.name for r in self.all()) or "none yet"
            raise NoSuchRegion(f"no region named {name!r} is installed (installed: {names})")
        return found

    def get(self, name: str) -> Region:
        """The same where it can be used. Raises UnreadableRegion, which says why not."""
        found = self.find(name)
        if isinstance(found, Unreadable):
            raise UnreadableRegion(found.problem)
        return found

    def covering(self, home: Point, miles: float = CHOICE_MILES) -> Region | None:
        """The region that covers the home base and most of so many miles around it.

        Of equals the first by name; None where no region covers the home base.
        """
        found = [region for region in self.all() if region.covers_point(home)]
        if len(found) < 2:
            return found[0] if found else None
        return max(found, key=lambda r: round(r.covered_share(home, miles), SHARE_DIGITS))

    def verify(self, name: str) -> list[str]:
        """What is wrong with the region's files, one sentence each; empty when sound."""
        while True:
            region = self.get(name)
            problems = [
                f"{relative}: {problem}"
                for relative, known in region.manifest["files"].items()
                if (problem := _problem(region.folder / relative, known["size"], known["sha256"]))
            ]
            if region.is_current:  # else another one's files were looked at
                return problems

    def remove(self, name: str) -> None:
        """Delete the region from the disk, once nobody uses it. Raises NoSuchRegion."""
        folder = self._place(name)
        if not (folder / _MANIFEST).exists():
            self.get(name)  # raises
        with self._lock:
            self._known.pop(folder, None)
        retire_folder(folder, folder.parent)

    def former_notes(self, regions: Sequence[Region]) -> list[str]:
        """A sentence for each former folder that any of them lies in: which, and what to do."""
        names = {
            folder: [region.name for region in regions if region.folder.parent == folder]
            for folder in self._folders[1:]
        }
        return [
            FORMER.format(
                names=", ".join(those), folder=folder, data=folder.parent, ours=self.folder
            )
            for folder, those in names.items()
            if those
        ]

    def _place(self, name: str) -> Path:
        """Where a region of that name lies, or would."""
        places = [folder / folder_name(name) for folder in self._folders]
        return next((place for place in places if (place / _MANIFEST).exists()), places[0])

    def _everything(self) -> list[Region | Unreadable]:
        places: dict[str, Path] = {}
        for folder in self._folders:
            for place in _listed(folder):
                places.setdefault(place.name, place)
        read = [self._read(place) for place in places.values()]
        with self._lock:
            for gone in self._known.keys() - set(places.values()):
                del self._known[gone]
        return sorted((found for found in read if found), key=lambda found: found.name)

    def _read(self, folder: Path) -> Region | Unreadable | None:
        with self._lock:
            known = self._known.get(folder)
            if known is not None and known.is_current:
                return known
            found = Region.read(folder)
            self._known.pop(folder, None)
            if isinstance(found, Region):
                self._known[folder] = found
            return found


def _listed(folder: Path) -> list[Path]:
    """What lies there, hidden things left out."""
    if not folder.is_dir():
        return []
    with writing_to(folder):
        return [place for place in folder.iterdir() if not place.name.startswith(".")]


def file_sha256(path: Path) -> str:
    """The file's SHA-256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _problem(path: Path, size: int, digest: str) -> str:
    if not path.is_file():
        return "missing"
    if path.stat().st_size != size:
        return f"{path.stat().st_size} bytes, expected {size}"
    return "" if file_sha256(path) == digest else "its contents have changed (wrong checksum)"


def circle_around(home: Point, miles: float) -> BaseGeometry:
    """The ground within so many miles of a point, in degrees, cut at the antimeridian."""
    azimuths = np.linspace(0, 360, 180, endpoint=False)
    ones = np.ones_like(azimuths)
    lon, lat, _ = Geod(ellps="WGS84").fwd(
        ones * home.lon, ones * home.lat, azimuths, ones * max(miles, 0.001) * METRES_PER_MILE
    )
    return cut_at_antimeridian(shapely.Polygon(np.column_stack([np.unwrap(lon, period=360), lat])))
