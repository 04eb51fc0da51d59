"""Cut extracts to a circle: one map of what is in it, with every road whole."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from app.errors import BackendDown, BadMap
from app.folders import check_room
from app.geo.regions import mapfiles, tools
from app.geo.regions.circle import Circle

# Of bytes of PBF: the index of nodes takes 16 bytes a node, and extracts have 0.11 (O'ahu) to 0.15
# (roads only) of them a byte; the cut itself is no larger than what it is cut from.
_INDEX_SHARE = 2.5
_CUT_SHARE = 1.0


def cut_map(
    pbfs: Sequence[Path], circle: Circle, scratch: Path, say: Callable[[str], None]
) -> Path:
    """One extract, in `scratch`, of all that lies in the circle and its margin.

    Every road that begins in there is whole, and so are the boundaries that reach into it. What is
    in several files is written once, the newer version of it. Nothing outside is held in memory
    but for a byte a way; 16 bytes a node are on the disk meanwhile. Raises BadMap for what can't be
    read, changes while it is read or lies elsewhere, NoRoom.
    """
    found = []
    for number, pbf in enumerate(pbfs):
        say(f"cutting {pbf.name} to the circle")
        folder = scratch / f"cut-{number}"
        folder.mkdir()
        cut = _cut_one(pbf, circle, folder)
        if cut.is_file():
            found.append(mapfiles.sorted_extract(cut, folder))
    if not found:
        names = ", ".join(pbf.name for pbf in pbfs)
        raise BadMap(
            f"{names}: nothing of it lies within {circle.miles:g} miles of "
            f"{circle.home.lat:.4f}, {circle.home.lon:.4f}",
            field="files",
        )
    return mapfiles.merge_extracts(found, scratch)


def _cut_one(pbf: Path, circle: Circle, folder: Path) -> Path:
    """Of one file, under its own name; no file where nothing of it is in the circle."""
    with mapfiles.translate_errors(pbf):
        before = pbf.stat()
    room = before.st_size * (_INDEX_SHARE + _CUT_SHARE)
    check_room(folder.parents[1], room, "to cut the map")
    cut = folder / (pbf.name if pbf.suffix == ".pbf" else f"{pbf.name}.pbf")
    try:
        with mapfiles.translate_errors(pbf):
            _run(pbf, circle, cut)
    except BadMap as why:
        _check_unchanged(pbf, before, why)
        raise
    _check_unchanged(pbf, before)
    return cut


def _run(pbf: Path, circle: Circle, cut: Path) -> None:
    program = Path(__file__).with_name("clipping.py")
    where = map(repr, (circle.home.lon, circle.home.lat, circle.cut_m))
    try:
        tools.run_tool(
            "cutting", [sys.executable, "-I", program, cut, pbf.resolve(), *where], cut.parent
        )
    except BackendDown as why:
        raise RuntimeError(str(why).removeprefix("cutting failed: ")) from why


def _check_unchanged(pbf: Path, before: os.stat_result, cause: Exception | None = None) -> None:
    with mapfiles.translate_errors(pbf):
        now = pbf.stat()
    if (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise BadMap(
            f"{pbf.name}: the file changed while it was read, from {before.st_size:,} bytes to "
            f"{now.st_size:,}; run the command again once it is whole",
            field="files",
        ) from cause
