"""OpenStreetMap extracts as files: whole, in order, with roads, and the ground they cover."""

import sys
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from app.errors import BadMap, NoRoom
from app.geo.columns import release_memory, sort_distinct
from app.geo.openstreetmap import (
    DEGREE,
    NOWHERE,
    Lines,
    Nodes,
    Wholes,
    read_numbers,
    read_tagged,
)
from app.geo.points import METRES_PER_DEGREE, Floats, Ints
from app.geo.regions import tools

# highway=* that a car may drive on. https://wiki.openstreetmap.org/wiki/Key:highway
DRIVABLE = frozenset(
    f"{kind}{link}"
    for kind in ("motorway", "trunk", "primary", "secondary", "tertiary")
    for link in ("", "_link")
) | {"unclassified", "residential", "living_street", "service", "track", "road"}

# Sorting happens in memory, which takes about ten times the file.
_MOST_TO_SORT = 300_000_000

# Everything up to _GAP_M from a road is taken and then all but _MARGIN_M of it taken off again at
# the edges. So ground between roads up to 7 km apart stays: 2 * sqrt(5.0^2 - 3.5^2).
_GAP_M = 5_000.0
_MARGIN_M = 1_500.0
_CELL_M = 500.0
_CORNERS = 1 << 18  # looked at in one go
_MOST_CELLS = 4_000  # along either side; larger maps get larger cells

_WAYS = ("highway", "route")  # what the tile builder makes roads and ferries of
READ = (".pbf", ".osm", ".osm.gz", ".osm.bz2", ".o5m")  # the ends of names of files that are read

# A file whose ways have places of their own is taken for one without the nodes above this share.
_MOST_MISSING = 0.5
_NEGATIVE = (
    "its elements have negative numbers, as editors give to new ones; run `osmium renumber {file} "
    "-o numbered.osm.pbf` and build from that"
)
_NO_NODES = (
    "the nodes of its roads are not in it, only where they are (`osmium add-locations-to-ways` "
    "leaves them out); build from the file that it was made from, or make it again with "
    "--keep-untagged-nodes"
)


@dataclass(frozen=True)
class Survey:
    """What the roads of an extract add up to: how many ways, and the ground around them.

    `cut`: the numbers of the ways with nodes that are not in the file, as where an extract was cut
    out of a larger map. `missing`: the numbers of those nodes.
    """

    roads: int
    cut: Ints
    missing: Ints
    hull: BaseGeometry


@contextmanager
def translate_errors(pbf: Path) -> Iterator[None]:
    """Turns the reader's errors into BadMap or NoRoom, naming the file and what to do."""
    try:
        yield
    except FileNotFoundError as why:
        raise BadMap(f"{pbf}: no such file", field="files") from why
    except (OSError, RuntimeError) as why:
        if "File too large" in str(why):  # the system's words, which the reader hands on
            raise NoRoom(
                f"{pbf.name}: no room to note where its nodes are: so large a file may not be "
                "written here (ulimit -f)"
            ) from why
        raise BadMap(f"{pbf.name}: {_what_is_wrong(str(why))}", field="files") from why


def _what_is_wrong(why: str) -> str:
    if "BlobHeader" in why or "no data or unknown" in why:
        return "not an OpenStreetMap .osm.pbf file"
    if "EOF" in why or "zlib" in why or "truncated" in why:
        return "the file is cut short or damaged; download it again"
    return f"can't be read as an OpenStreetMap file ({why})"


def sorted_extract(pbf: Path, scratch: Path) -> Path:
    """The extract itself, or a copy in `scratch` where the tile builder can't take it as it is.

    The copy is a PBF file with everything in order and once, the newer version of what was there
    twice. The whole file is read. Raises BadMap for what is no map, cut short, empty, a folder, a
    history, or too large to be sorted here.
    """
    if not pbf.is_file():
        raise BadMap(f"{pbf}: no such file", field="files")
    if not pbf.name.lower().endswith(READ):
        raise BadMap(
            f"{pbf.name}: expected an OpenStreetMap .osm.pbf file (or {', '.join(READ[1:])})",
            field="files",
        )
    if pbf.stat().st_size == 0:
        raise BadMap(f"{pbf.name}: the file is empty", field="files")
    with translate_errors(pbf):
        _check_current(pbf)
        if _in_order(pbf) and pbf.suffix.lower() == ".pbf":
            return pbf
        _check_repeated(pbf)
    if pbf.stat().st_size > _MOST_TO_SORT:
        raise BadMap(
            f"{pbf.name}: its elements are out of order, there twice, or in no PBF file, and it is "
            f"too large to be sorted here; run `osmium sort {pbf.name} -o sorted.osm.pbf` and "
            "build from that",
            field="files",
        )
    return _sorted_copy(pbf, scratch)


def _check_current(pbf: Path) -> None:
    """Raise BadMap for a file that says itself that it is a history."""
    if _header(pbf).has_multiple_object_versions:
        raise _history(pbf)


def _in_order(pbf: Path) -> bool:
    """Nodes, ways, relations, each once and by rising number, as the tile builder demands."""
    nodes = Nodes()
    ways, relations, in_turn = read_numbers(pbf, nodes)
    if not len(nodes) + len(ways) + len(relations):
        _check_nothing(pbf)
    rising = all((np.diff(numbers) > 0).all() for numbers in (ways, relations))
    return in_turn and rising and nodes.ascend()


def _check_nothing(pbf: Path) -> None:
    """Raise BadMap, for there are no nodes of positive numbers, no ways and no relations."""
    if any(True for _ in osmium.FileProcessor(str(pbf))):
        raise BadMap(f"{pbf.name}: {_NEGATIVE.format(file=pbf.name)}", field="files")
    raise BadMap(f"{pbf.name}: the extract is empty, it holds nothing at all", field="files")


def _check_repeated(pbf: Path) -> None:
    """Raise BadMap for a history that does not say so itself.

    In a history whatever is there twice is of different times, or deleted. Extracts that were put
    together have most of what is in both alike.
    """
    before: tuple[Any, ...] = ()
    changed = False
    things: Any = osmium.FileProcessor(str(pbf))
    for thing in things:
        now = (thing.type_str(), thing.id, thing.timestamp)
        if not thing.visible:
            raise _history(pbf)
        if now == before:
            return
        changed = changed or now[:2] == before[:2]
        before = now
    if changed:
        raise _history(pbf)


def _history(pbf: Path) -> BadMap:
    return BadMap(
        f"{pbf.name}: it is a history, which holds things as they were too; run `osmium "
        f"time-filter {pbf.name} -o today.osm.pbf` and build from that",
        field="files",
    )


def _sorted_copy(pbf: Path, scratch: Path) -> Path:
    ending = "" if pbf.suffix.lower() == ".pbf" else ".osm.pbf"
    copy = scratch / f"sorted-{pbf.name}{ending}"
    _rewrite(copy, [pbf])
    return copy


def _rewrite(out: Path, pbfs: Sequence[Path], *options: str) -> None:
    program = Path(__file__).with_name("rewriting.py")
    files = [out, *(pbf.resolve() for pbf in pbfs)]
    command: list[str | Path] = [sys.executable, "-I", program, *options, *files]
    tools.run_tool("rewriting the extract", command, out.parent)


def merge_extracts(pbfs: Sequence[Path], scratch: Path) -> Path:
    """One extract with everything that is in any of them, each thing once, the newer version of it.

    Extracts of neighbours both hold the roads across their border; the tile builder would lay
    each of those twice, and cut it at every corner. All must be in order.
    """
    if len(pbfs) == 1:
        return pbfs[0]
    copy = scratch / "merged.osm.pbf"
    _rewrite(copy, pbfs)
    return copy


def data_date(pbf: Path) -> str | None:
    """The day and time of the map data, ISO 8601, where the file says so."""
    with translate_errors(pbf):
        return _header(pbf).get("osmosis_replication_timestamp") or None


def _header(pbf: Path) -> osmium.io.Header:
    with osmium.io.Reader(str(pbf), osmium.osm.NOTHING) as reader:
        return reader.header()


def survey_roads(pbf: Path) -> Survey:
    """The roads of an extract in order. Raises BadMap where there are none that can be read."""
    lines, numbers, drivable = Lines(), array("q"), bytearray()
    with translate_errors(pbf):
        nodes = Nodes()
        for thing in read_tagged(pbf, nodes, *_WAYS):
            if thing.is_way():
                lines.add(thing)
                numbers.append(thing.id)
                drivable.append(thing.tags.get("highway") in DRIVABLE)
        bare = _header(pbf).get("pbf_optional_feature_0") == "LocationsOnWays"
    if min(lines.numbers, default=0) < 0:
        raise BadMap(_NEGATIVE.format(file=pbf.name), field="files")
    x, y = lines.locate(nodes)
    release_memory()
    way, missing = lines.rows(), x == NOWHERE
    if bare and missing.mean() > _MOST_MISSING:
        raise BadMap(_NO_NODES.format(file=pbf.name), field="files")
    cut = np.frombuffer(numbers, np.int64)[np.unique(way[missing])]
    gone = np.unique(np.frombuffer(lines.numbers, np.int64)[missing])
    kept = ~missing & np.frombuffer(drivable, bool)[way]
    roads, hull = _add_up(x[kept], y[kept], way[kept])
    return Survey(roads, cut, gone, hull)


def _add_up(x: Wholes, y: Wholes, road: NDArray[np.int32]) -> tuple[int, BaseGeometry]:
    """What corners in order add up to; those of a road with all of them in one spot are none."""
    leads = (road[1:] == road[:-1]) & ((x[1:] != x[:-1]) | (y[1:] != y[:-1]))
    roads = sort_distinct(road[1:][leads])
    if not len(roads):
        raise BadMap("there are no roads in it, so no drive can be timed", field="files")
    kept = np.isin(road, roads)
    corners = np.stack([x[kept], y[kept]], axis=1, dtype=np.float64)
    corners /= DEGREE
    return len(roads), hull_around(corners)


def trim_cut_ways(pbf: Path, survey: Survey, scratch: Path) -> Path:
    """The extract, or a copy in `scratch` whose ways go only as far as their nodes are in it.

    The tile builder fails for ways with missing nodes.
    """
    if not len(survey.cut):
        return pbf
    listed, copy = scratch / "cut", scratch / "trimmed.osm.pbf"
    lines = (" ".join(map(str, some.tolist())) for some in (survey.cut, survey.missing))
    listed.write_text("\n".join(lines), encoding="ascii")
    _rewrite(copy, [pbf], "--cut", str(listed))
    return copy


def hull_around(corners: NDArray[np.float64]) -> BaseGeometry:
    """The ground around these road corners (lon, lat; shape (n, 2)), in degrees.

    It hugs them: ground between roads up to 7 km apart is inside, a bay or a neighbouring island
    farther off is not; 1.5 km beyond the outermost roads are. Steps of 500 m.
    """
    from scipy.ndimage import distance_transform_edt  # slow to import: only where maps are built

    origin = corners.min(axis=0)
    span = corners.max(axis=0) - origin
    scale = METRES_PER_DEGREE * np.array([np.cos(np.radians(origin[1] + span[1] / 2)), 1.0])
    cell = max(_CELL_M, float((span * scale).max()) / _MOST_CELLS)
    edge = int(_GAP_M / cell) + 2
    size = (span * scale // cell).astype(np.int64) + 2 * edge + 1
    roads = np.zeros((size[1], size[0]), dtype=bool)
    for start in range(0, len(corners), _CORNERS):
        some = corners[start : start + _CORNERS]
        taken = ((some - origin) * scale // cell).astype(np.int64) + edge
        roads[taken[:, 1], taken[:, 0]] = True
    near = distance_transform_edt(~roads) * cell <= _GAP_M
    kept = distance_transform_edt(near) * cell > _GAP_M - _MARGIN_M
    return _outline(kept, origin - edge * cell / scale, cell / scale)


def _outline(kept: NDArray[np.bool_], origin: Floats, step: Floats) -> BaseGeometry:
    padded = np.pad(kept.astype(np.int8), ((0, 0), (1, 1)))
    change = np.diff(padded, axis=1)
    row, first = np.nonzero(change == 1)
    _, last = np.nonzero(change == -1)  # as many as `first`, in the same order
    west, east = origin[0] + first * step[0], origin[0] + last * step[0]
    south, north = origin[1] + row * step[1], origin[1] + (row + 1) * step[1]
    # Rows overlap by a hair, so that they join to one shape in spite of rounding.
    runs = shapely.box(west, south, east, north + step[1] * 1e-6)
    return shapely.union_all(runs).simplify(float(step.max()) / 2)
