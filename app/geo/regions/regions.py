"""The installed regions: find, choose, verify, remove."""

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path

from app.errors import NoSuchRegion, UnreadableRegion
from app.folders import writing_to
from app.geo.points import Point
from app.geo.regions.lease import retire_folder
from app.geo.regions.region import MANIFEST, Region, Unreadable, folder_name

FORMER = (
    "Found in {folder}, where maps were kept before: {names}. Set SWEETSPOT_DATA_DIR={data} to go "
    "on using that folder, or move them to {ours}."
)
# How far around a home base the map is looked at when several regions hold it, unless it is said.
CHOICE_MILES = 50.0
SHARE_DIGITS = 3  # judgement: what differs by less of a circle or tile covers as much of it


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
        if not (folder / MANIFEST).exists():
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
        return next((place for place in places if (place / MANIFEST).exists()), places[0])

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
