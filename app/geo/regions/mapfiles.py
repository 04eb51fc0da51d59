"""OpenStreetMap extracts as files: whole, in order, with roads, and the ground they cover."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from shapely.geometry.base import BaseGeometry

from app.errors import BadMap
from app.geo.points import METRES_PER_DEGREE, Floats
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
_MOST_CELLS = 4_000  # along either side; larger maps get larger cells

_RANK = {"n": 0, "w": 1, "r": 2}


@dataclass(frozen=True)
class Survey:
    """What the roads of an extract add up to: how many ways, and the ground around them."""

    roads: int
    hull: BaseGeometry


@contextmanager
def translate_errors(pbf: Path) -> Iterator[None]:
    """Turns the reader's errors into BadMap, naming the file and what to do."""
    try:
        yield
    except FileNotFoundError as why:
        raise BadMap(f"{pbf}: no such file", field="files") from why
    except (OSError, RuntimeError) as why:
        raise BadMap(f"{pbf.name}: {_what_is_wrong(str(why))}", field="files") from why


def _what_is_wrong(why: str) -> str:
    if "BlobHeader" in why or "no data or unknown" in why:
        return "not an OpenStreetMap .osm.pbf file"
    if "EOF" in why or "zlib" in why or "truncated" in why:
        return "the file is cut short or damaged; download it again"
    return f"can't be read as an .osm.pbf file ({why})"


def sorted_extract(pbf: Path, scratch: Path) -> Path:
    """The extract itself, or a sorted copy in `scratch` where its elements are out of order.

    The whole file is read. Raises BadMap for what is no PBF, cut short, empty, a folder, or too
    large to be sorted here.
    """
    if not pbf.is_file():
        raise BadMap(f"{pbf}: no such file", field="files")
    if pbf.suffix.lower() != ".pbf":
        raise BadMap(f"{pbf.name}: expected an OpenStreetMap .osm.pbf file", field="files")
    if pbf.stat().st_size == 0:
        raise BadMap(f"{pbf.name}: the file is empty", field="files")
    with translate_errors(pbf):
        if _in_order(pbf):
            return pbf
    if pbf.stat().st_size > _MOST_TO_SORT:
        raise BadMap(
            f"{pbf.name}: its elements are out of order and it is too large to be sorted here; "
            f"run `osmium sort {pbf.name} -o sorted.osm.pbf` and build from that",
            field="files",
        )
    return _sorted_copy(pbf, scratch)


def _in_order(pbf: Path) -> bool:
    """Nodes, ways, relations, each by rising number, as the tile builder demands."""
    before = (0, 0, 0)
    things: Any = osmium.FileProcessor(str(pbf))
    if things.header.get("sorting") == "Type_then_ID":
        _read_through(things)
        return True
    count = 0
    for thing in things:
        now = (_RANK[thing.type_str()], *_by_size(thing.id))
        if now < before:
            return False
        before = now
        count += 1
    if not count:
        raise BadMap(f"{pbf.name}: the extract is empty, it holds nothing at all", field="files")
    return True


def _by_size(number: int) -> tuple[int, int]:
    """Negative numbers come first and by size, as the PBF convention has it."""
    return (0, -number) if number < 0 else (1, number)


def _read_through(things: Any) -> None:
    for _ in things.with_filter(osmium.filter.KeyFilter("no such key")):
        pass


def _sorted_copy(pbf: Path, scratch: Path) -> Path:
    copy = scratch / f"sorted-{pbf.name}"
    _rewrite(copy, [pbf])
    return copy


def _rewrite(out: Path, pbfs: Sequence[Path]) -> None:
    program = Path(__file__).with_name("rewriting.py")
    command: list[str | Path] = [
        sys.executable,
        "-I",
        program,
        out,
        *(pbf.resolve() for pbf in pbfs),
    ]
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
    with translate_errors(pbf), osmium.io.Reader(str(pbf)) as reader:
        return reader.header().get("osmosis_replication_timestamp") or None


def survey_roads(pbf: Path) -> Survey:
    """The roads of an extract. Raises BadMap where there are none."""
    with translate_errors(pbf):
        lines = list(_road_lines(pbf))
    if not lines:
        raise BadMap("there are no roads in it, so no drive can be timed", field="files")
    corners = shapely.get_coordinates(shapely.from_wkb(np.array(lines, dtype=object)))
    return Survey(len(lines), hull_around(corners))


def _road_lines(pbf: Path) -> Iterator[str]:
    """Each drivable way as hexadecimal WKB."""
    wkb = osmium.geom.WKBFactory()
    roads: Any = osmium.FileProcessor(str(pbf)).with_locations()
    for way in roads.with_filter(osmium.filter.KeyFilter("highway")):
        if way.is_way() and way.tags["highway"] in DRIVABLE:
            try:
                yield wkb.create_linestring(way)
            except RuntimeError:  # corners missing at the extract's border, or all in one spot
                continue


def hull_around(corners: NDArray[np.float64]) -> BaseGeometry:
    """The ground around these road corners (lon, lat; shape (n, 2)), in degrees.

    It hugs them: ground between roads up to 7 km apart is inside, a bay or a neighbouring island
    farther off is not; 1.5 km beyond the outermost roads are. Steps of 500 m.
    """
    origin = corners.min(axis=0)
    span = corners.max(axis=0) - origin
    scale = METRES_PER_DEGREE * np.array([np.cos(np.radians(origin[1] + span[1] / 2)), 1.0])
    cell = max(_CELL_M, float((span * scale).max()) / _MOST_CELLS)
    edge = int(_GAP_M / cell) + 2
    taken = np.unique(((corners - origin) * scale // cell).astype(np.int64) + edge, axis=0)
    size = taken.max(axis=0) + edge + 1
    roads = np.zeros((size[1], size[0]), dtype=bool)
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
