"""What `region add` would download and build, before it does."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import shapely

from app.errors import BadQuestion, DownloadFailed
from app.folders import check_room
from app.geo.http.client import Client, FileFacts
from app.geo.points import METRES_PER_MILE
from app.geo.regions.choosing import Choice, choose_extracts
from app.geo.regions.circle import Circle
from app.geo.regions.index import Extract
from app.geo.regions.names import find_extract
from app.geo.regions.region import circle_around

ASK_ABOVE = 500_000_000  # bytes; judgement: some minutes of an ordinary line

# Bytes are those of the PBF that is built, after the cut. Measured on 2 cores, 2026-11-28, by
# bench/maps.py, see RESULTS.md: O'ahu (2.7 MB) 4 s, 0.29 GB and the tile builder beside it 0.53;
# sixteen of it side by side (43 MB) 34 s, 0.52 and 0.54 GB; sixty-four (172 MB) 133 s, 1.24 and
# 1.57 GB. Roads without anything else (New York, 3.2 MB) take three times that long, as a byte of
# such a file is more road.
_BUILD_S, _BUILD_S_PER_MB = 2.0, 0.8
_BUILD_MB, _BUILD_MB_PER_MB = 290.0, 5.6
_TILE_BUILDER_MB, _TILE_MB, _TILE_MB_PER_MB = 540.0, 190.0, 8.0
# The most that lies in the folder while O'ahu is built is 36 MB, 11 bytes a byte (Isle of Man 8.6,
# US Virgin Islands 8.2).
_DISK_PER_BYTE = 11.0
SMALLEST_DISK = 20_000_000  # bytes that any build wants, as in build.py
# Cutting sixteen of O'ahu (54 MB as pyosmium writes them) to one: 36-40 s.
_CUT_S_PER_MB = 0.7
_CUT_DISK_PER_BYTE = 2.5  # as in cutting.py


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """An extract as it is to be had. adds: to the circle's land, built: of its ground, 0 to 1."""

    extract: Extract
    md5: str
    facts: FileFacts
    adds: float = 1.0
    built: float = 1.0

    def origin(self) -> dict[str, Any]:
        """What the manifest keeps, so that a newer one can be told."""
        return {
            "extract": self.extract.id,
            "url": self.extract.url,
            "md5": self.md5,
            "etag": self.facts.etag,
            "last_modified": self.facts.modified,
            "adds": round(self.adds, 4),
        }


@dataclass(frozen=True, slots=True)
class DownloadPlan:
    """The files of a region, and what building it will take, as far as sizes are known."""

    files: tuple[PlannedFile, ...]
    circle: Circle | None

    @property
    def region(self) -> str:
        """What the region is called unless somebody says: its extract's id, or the circle's middle.

        A circle's extract would promise all of that.
        """
        if self.circle is None:
            return self.files[0].extract.id
        home = self.circle.home
        return f"near_{home.lat:.3f}_{home.lon:.3f}_{self.circle.miles:g}mi"

    def check_room(self, regions: Path, arrived: int = 0) -> None:
        """Raise NoRoom where it can't fit beside the regions; so many bytes of it are there."""
        check_room(regions, self.disk_bytes - arrived, "with the downloads, while it is built")

    @property
    def download_bytes(self) -> int:
        """Of the files whose size is known."""
        return sum(file.facts.size or 0 for file in self.files)

    @property
    def is_size_known(self) -> bool:
        """Whether the server says how large each file is."""
        return all(file.facts.size is not None for file in self.files)

    @property
    def size_text(self) -> str:
        """How much there is to download, for people."""
        if not self.is_size_known:
            return "an unknown size"
        return f"{self.download_bytes / 1e6:,.0f} MB"

    @property
    def is_large(self) -> bool:
        """Whether to ask first: over 500 MB, or nobody knows."""
        return not self.is_size_known or self.download_bytes > ASK_ABOVE

    @property
    def built_bytes(self) -> float:
        """Of PBF after the cut, as if an extract were everywhere as full."""
        return sum(file.built * (file.facts.size or 0) for file in self.files)

    @property
    def minutes(self) -> float:
        """Cut and build, the download aside."""
        cut = _CUT_S_PER_MB * self.download_bytes / 1e6 if self.circle else 0.0
        return (cut + _BUILD_S + _BUILD_S_PER_MB * self.built_bytes / 1e6) / 60

    @property
    def memory_bytes(self) -> float:
        """The most that it and the tile builder beside it take together."""
        built_mb = self.built_bytes / 1e6
        tiles = max(_TILE_BUILDER_MB, _TILE_MB + _TILE_MB_PER_MB * built_mb)
        return (_BUILD_MB + _BUILD_MB_PER_MB * built_mb + tiles) * 1e6

    @property
    def disk_bytes(self) -> float:
        """The most that lies on the disk at once, the downloads included."""
        sizes = [file.facts.size or 0 for file in self.files]
        cut = _CUT_DISK_PER_BYTE * max(sizes) if self.circle else 0.0
        return SMALLEST_DISK + sum(sizes) + max(cut, _DISK_PER_BYTE * self.built_bytes)

    def document(self) -> dict[str, Any]:
        """As JSON. Bytes; null where the server does not say."""
        known = self.is_size_known
        return {
            "circle": self.circle.document() if self.circle else None,
            "files": [_described(file, self.circle) for file in self.files],
            "download_bytes": self.download_bytes if known else None,
            "build_minutes": round(self.minutes, 1) if known else None,
            "build_memory_bytes": round(self.memory_bytes) if known else None,
            "build_disk_bytes": round(self.disk_bytes) if known else None,
        }


def _described(file: PlannedFile, circle: Circle | None) -> dict[str, Any]:
    return {
        **file.origin(),
        "name": file.extract.name,
        "bytes": file.facts.size,
        **({} if circle else {"adds": None}),
    }


def plan_files(
    client: Client, index: Sequence[Extract], what: str | Circle, *, whole: bool = False
) -> DownloadPlan:
    """The plan for an extract of that name or for a circle. Raises what choosing and asking do."""
    if isinstance(what, Circle):
        return plan_choices(client, choose_extracts(index, what, whole=whole), what)
    if whole:
        raise BadQuestion("--whole-circle goes with --near", field="whole_circle")
    return plan_choices(client, [Choice(find_extract(index, what), 1.0)], None)


def plan_choices(client: Client, choices: Sequence[Choice], circle: Circle | None) -> DownloadPlan:
    """The plan for those extracts."""
    return DownloadPlan(tuple(_planned(client, choice, circle) for choice in choices), circle)


def _planned(client: Client, choice: Choice, circle: Circle | None) -> PlannedFile:
    extract = choice.extract
    md5, facts = read_checksum(client, extract.url), client.describe_file(extract.url)
    return PlannedFile(extract, md5, facts, choice.adds, _built_share(extract, circle))


def _built_share(extract: Extract, circle: Circle | None) -> float:
    if circle is None:
        return 1.0
    around = circle_around(circle.home, circle.cut_m / METRES_PER_MILE)
    return float(shapely.intersection(extract.ground, around).area / extract.ground.area)


def read_checksum(client: Client, url: str) -> str:
    """The MD5 that lies beside a file. Raises DownloadFailed where there is none."""
    text = client.get(f"{url}.md5").decode("ascii", errors="replace")
    found = re.match(r"\s*([0-9a-fA-F]{32})\b", text)
    if not found:
        raise DownloadFailed(f"{url}.md5 holds no checksum", backend=urlsplit(url).netloc)
    return found[1].lower()
