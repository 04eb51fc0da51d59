"""Build a region: checks, tiles, gazetteer, places, basemap, manifest; moved in place whole."""

import ctypes
import fcntl
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import shapely
import valhalla
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry
from valhalla.config import get_config

from app.errors import BackendDown, BadMap, NoRoom
from app.folders import writing_to
from app.geo.basemap.cells import write_basemap
from app.geo.columns import release_memory
from app.geo.driving.embedded.indexing import build_roads
from app.geo.driving.embedded.tracks import quicken_tracks
from app.geo.geocoding.gazetteer import gazetteer
from app.geo.places.merge import merge_places
from app.geo.places.openstreetmap import read_places
from app.geo.places.overture import read_overture
from app.geo.progress import Steps, TellProgress, ignore_progress
from app.geo.regions import mapfiles, tools
from app.geo.regions.circle import Circle
from app.geo.regions.cutting import cut_map
from app.geo.regions.lease import delete_retired, delete_unlocked, lock_folder, retire_folder
from app.geo.regions.region import BASEMAP, FORMAT, Region, folder_name
from app.geo.regions.regions import file_sha256

type Say = Callable[[str], None]

OSM_ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0"
PLACES_ATTRIBUTION = "places from Overture Maps Foundation, overturemaps.org, CDLA-Permissive-2.0"
# About how long each step takes, in seconds: of an extract of 43 MB on two cores.
STEPS_S = {
    "checking the files": 19.0,
    "collecting the places": 10.0,
    "drawing the water and the towns": 16.0,
    "reading the borders (they say where one drives on the left)": 4.0,
    "making the routing tiles": 0.5,  # they are made while the addresses are indexed
    "indexing the addresses": 36.0,
    "laying out the roads": 4.0,
    "writing the manifest": 0.5,
}
_SCRATCH = ".building-"
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h


@dataclass(frozen=True, slots=True)
class _Sources:
    """The files that a region is made of, as they were given."""

    pbfs: Sequence[Path]
    addresses: Sequence[Path]
    places: Sequence[Path]
    origins: Sequence[Mapping[str, Any]]  # of each of the pbfs, or none

    @property
    def extra(self) -> dict[str, Sequence[Path]]:
        """Those besides the map, by what they hold."""
        return {"addresses": self.addresses, "places": self.places}

    def check(self) -> None:
        """Raise BadMap where a file is missing; the map's own are looked at more closely later."""
        if not self.pbfs:
            raise BadMap("no .osm.pbf file was given", field="files")
        for field, files in self.extra.items():
            for file in files:
                if not file.is_file():
                    raise BadMap(f"{file}: no such file", field=field)

    def described(self) -> list[dict[str, Any]]:
        """Each as the manifest names it; `kind` is map, addresses or places."""
        extra = [_source(file, kind) for kind, files in self.extra.items() for file in files]
        origins = self.origins or [{}] * len(self.pbfs)
        maps = [_source(f, "map") | dict(o) for f, o in zip(self.pbfs, origins, strict=True)]
        return maps + extra


def build_region(  # noqa: PLR0913  one call names all that a region is made of
    regions: Path,
    name: str,
    pbfs: Sequence[Path],
    *,
    addresses: Sequence[Path] = (),
    places: Sequence[Path] = (),
    progress: TellProgress = ignore_progress,
    polygon: Mapping[str, Any] | None = None,
    around: Circle | None = None,
    origins: Sequence[Mapping[str, Any]] = (),
) -> Region:
    """The region of that name, from one or more .osm.pbf extracts, in place of an older one.

    `addresses` are address files for the gazetteer, `places` Parquet files of Overture Maps
    Places to join with the extracts' businesses. `polygon` is the GeoJSON geometry that the
    extracts were cut by; without it the ground around their roads counts as the map. With `around`
    only what lies in that circle is built, and what is outside it is not on the map. `origins`:
    what the manifest says of each extract besides, such as where it came from. `progress` is told
    what is being done, and how far all of it is.

    Until it is whole the new region can't be seen, and the old one, if any, stays. Raises BadMap
    for files that can't be used, StorageFailed when `regions` can't be written, NoRoom when the
    disk is full, BackendDown when a tool fails.
    """
    say, target = _giving_back(Steps(progress, STEPS_S).begin), regions / folder_name(name)
    sources = _Sources(pbfs, addresses, places, origins)
    sources.check()
    with scratch_folder(regions) as temporary:
        maps = [cut_map(pbfs, around, temporary, say)] if around else pbfs
        check_room(regions, [*maps, *addresses, *places])
        say("checking the files")
        ready = mapfiles.merge_extracts(
            [mapfiles.sorted_extract(pbf, temporary) for pbf in maps], temporary
        )
        survey = _survey(ready, pbfs)
        ready = mapfiles.trim_cut_ways(ready, survey, temporary)
        new = temporary / "region"
        new.mkdir()
        _write_hull(new, polygon, survey, around)
        notes: list[str] = []
        counts = {
            "roads": survey.roads,
            "cut_roads": len(survey.cut),
            **_fill(new, ready, sources, say, notes),
        }
        say("writing the manifest")
        hull = "extract polygon" if polygon else "ground around the roads"
        about = {"sources": sources.described(), "counts": counts, "hull": hull}
        about |= {"circle": around.document()} if around else {}
        about |= {"notes": notes} if notes else {}
        _write_manifest(new, name, about)
        _put_in_place(new, target)
    region = Region.read(target)
    if not isinstance(region, Region):
        raise BackendDown(f"{target} vanished while it was built", backend="region build")
    return region


def _giving_back(say: Say) -> Say:
    """What a step no longer needs is given back before the next one begins."""

    def begin(step: str) -> None:
        release_memory()
        say(step)

    return begin


@contextmanager
def scratch_folder(regions: Path) -> Iterator[Path]:
    """A temporary folder beside the regions, gone afterwards.

    One that a killed process left behind is removed by the next call: the lock that its owner
    held on it is free then. Raises StorageFailed, NoRoom.
    """
    with writing_to(regions):
        regions.mkdir(parents=True, exist_ok=True)
        with lock_folder(regions, fcntl.LOCK_EX):  # nobody sweeps between making and locking it
            _sweep(regions)
            folder = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=regions))
            held = os.open(folder, os.O_RDONLY)
            fcntl.flock(held, fcntl.LOCK_EX)
    try:
        with writing_to(regions):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def delete_scratch(regions: Path) -> None:
    """Delete what builds that were killed have left there. Raises StorageFailed."""
    if regions.is_dir():
        with writing_to(regions), lock_folder(regions, fcntl.LOCK_EX):
            _sweep(regions)


def _sweep(regions: Path) -> None:
    """For who holds the lock on `regions`."""
    delete_unlocked(regions.glob(f"{_SCRATCH}*"))
    delete_retired(regions)


def check_room(regions: Path, files: Sequence[Path]) -> None:
    """Raise NoRoom for a build that can't fit."""
    # Tiles alone take 1.5-3.5 times a usual extract, measured on those of tests and benchmarks;
    # index, roads and what the tile builder needs while it works come on top.
    needed = 20_000_000 + 8 * sum(file.stat().st_size for file in files if file.is_file())
    free = shutil.disk_usage(regions).free
    if free < needed:
        raise NoRoom(
            f"no room on the disk for {regions}: {free / 1e6:,.0f} MB free, about "
            f"{needed / 1e6:,.0f} MB needed while building; free some, or set SWEETSPOT_DATA_DIR"
        )


def _survey(ready: Path, pbfs: Sequence[Path]) -> mapfiles.Survey:
    try:
        return mapfiles.survey_roads(ready)
    except BadMap as why:
        names = ", ".join(pbf.name for pbf in pbfs)
        raise BadMap(f"{names}: {why}", field="files") from why


def _write_hull(
    new: Path, polygon: Mapping[str, Any] | None, survey: mapfiles.Survey, around: Circle | None
) -> None:
    hull = shape(dict(polygon)) if polygon else survey.hull
    if around:
        hull = hull.intersection(around.ground)
    feature = {"type": "Feature", "properties": {}, "geometry": mapping(hull)}
    (new / "hull.geojson").write_text(json.dumps(feature), encoding="utf-8")


def _hull(new: Path) -> BaseGeometry:
    return shape(json.loads((new / "hull.geojson").read_bytes())["geometry"])


def _fill(new: Path, pbf: Path, sources: _Sources, say: Say, notes: list[str]) -> dict[str, int]:
    """Places, basemap, tiles, gazetteer and roads; returns what was counted, adds to the notes."""
    say("collecting the places")
    businesses = _write_places(new, pbf, sources.places)
    say("drawing the water and the towns")
    write_basemap(new / BASEMAP, pbf, _hull(new))
    with _making_tiles(new, pbf, say):
        say("indexing the addresses")
        counts = gazetteer.build_gazetteer(
            new / "gazetteer", [pbf], sources.addresses, say, notes.append
        )
    say("laying out the roads")
    quicken_tracks(new / "tiles")
    edges = build_roads(new / "tiles", new / "roads", say)
    return {"road_edges": edges, "businesses": businesses, **counts}


def _write_places(new: Path, pbf: Path, places: Sequence[Path]) -> int:
    """How many businesses there are. Before the tiles: a bad file is found in seconds."""
    found = merge_places([read_places([pbf]), read_overture(places, _hull(new))])
    found.write_parquet(new / "places.parquet")
    return len(found)


@contextmanager
def _making_tiles(new: Path, pbf: Path, say: Say) -> Iterator[None]:
    """While the block runs, the tiles are made beside it; behind it they are there."""
    tiles, config, admins = new / "tiles", new / "valhalla.json", new / "admins.sqlite"
    tiles.mkdir()
    settings = get_config(tile_extract="", tile_dir=tiles, verbose=True)
    settings["mjolnir"]["admin"] = str(admins)
    settings["mjolnir"]["timezone"] = ""
    settings["mjolnir"]["logging"] = {"type": "std_out", "color": False}
    config.write_text(json.dumps(settings), encoding="utf-8")
    say("reading the borders (they say where one drives on the left)")
    with _running("valhalla_build_admins", config, pbf):
        pass
    say("making the routing tiles")
    with _running("valhalla_build_tiles", config, pbf):
        yield
    if not any(tiles.rglob("*.gph")):
        raise BadMap("no routing tiles came of these files: no road in them can be driven")
    config.unlink()
    admins.unlink(missing_ok=True)


def _running(tool: str, config: Path, pbf: Path) -> AbstractContextManager[None]:
    program = valhalla.PYVALHALLA_DIR / "bin" / tool
    return tools.running_tool(tool, [program, "-c", config, pbf.resolve()], config.parent)


def _source(file: Path, kind: str) -> dict[str, Any]:
    written = datetime.fromtimestamp(file.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    date = (mapfiles.data_date(file) or written) if kind == "map" else None
    size, digest = file.stat().st_size, file_sha256(file)
    return {"file": file.name, "kind": kind, "size": size, "sha256": digest, "data_date": date}


def _write_manifest(new: Path, name: str, about: Mapping[str, Any]) -> None:
    files = {
        path.relative_to(new).as_posix(): {"size": path.stat().st_size, "sha256": file_sha256(path)}
        for path in sorted(new.rglob("*"))
        if path.is_file()
    }
    manifest = {
        "format": FORMAT,
        "name": name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "bbox": [round(edge, 6) for edge in shapely.bounds(_hull(new)).tolist()],
        **about,
        "tools": {tool: version(tool) for tool in ("sweetspot", "pyvalhalla", "osmium")},
        "attribution": _attribution(about["sources"]),
        "digest": blake2b(json.dumps(files).encode(), digest_size=16).hexdigest(),
        "files": files,
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (new / "manifest.json").write_text(text, encoding="utf-8")


def _attribution(sources: Sequence[Mapping[str, Any]]) -> str:
    extra = [source["file"] for source in sources if source["kind"] == "addresses"]
    joined = any(source["kind"] == "places" for source in sources)
    addresses = (f"addresses from {file}" for file in extra)
    return "; ".join([OSM_ATTRIBUTION, *addresses, *([PLACES_ATTRIBUTION] if joined else [])])


def _put_in_place(new: Path, target: Path) -> None:
    """One system call swaps old and new on Linux; elsewhere there is an instant without either."""
    _flush(new)
    if _exchange(new, target):
        retire_folder(new, target.parent)
        return
    if target.exists():
        retire_folder(target, target.parent)
    new.rename(target)


def _exchange(one: Path, other: Path) -> bool:
    if sys.platform != "linux":
        return False
    renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    names = os.fsencode(one), os.fsencode(other)
    return bool(renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0)


def _flush(folder: Path) -> None:
    """Onto the disk before the name points there, so that a power cut leaves nothing half."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
