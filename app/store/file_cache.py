"""Local copies of what lies elsewhere: those used last, up to a size."""

import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from urllib.parse import quote, unquote

from app.folders import writing_to
from app.store.folder_store import part_beside, pass_over_gone

# How long a copy is read by who was given its path: more than any answer takes (judgement).
READ_S = 3600
_AT = "@"  # in no name of a row store


class FileCache:
    """Copies by name and version, in a folder that threads and processes share.

    One that was used within READ_S is never dropped to make room, so that it can be read to its
    end; only while more than `megabytes` are read at once, the folder is larger.
    """

    def __init__(self, folder: Path, megabytes: float) -> None:
        self._folder = folder
        self._bytes = megabytes * 1e6

    def find(self, name: str) -> tuple[str, Path] | None:
        """The version last used, and its copy, which is used now; None where there is none."""
        path = self._folder / name
        with suppress(OSError):
            copies = path.parent.glob(f"{path.name}{_AT}*")
            last = max(copies, key=lambda one: one.stat().st_mtime_ns, default=None)
            if last:
                os.utime(last)
                return unquote(last.name.partition(_AT)[2]), last
        return None

    def fill(self, name: str, version: str, chunks: Iterable[bytes]) -> Path:
        """A new copy, whole or not at all; others make room. Raises StorageFailed, NoRoom."""
        named = self._folder / name
        path = named.with_name(f"{named.name}{_AT}{quote(version, safe='')}")
        part = part_beside(path)
        with writing_to(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with part.open("wb") as file:
                    file.writelines(chunks)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
            self._make_room()
        return path

    def drop(self, prefix: str) -> None:
        """No copy of that file nor of any below that folder, of whatever version."""
        path = self._folder / prefix
        with writing_to(path):
            for copy in path.parent.glob(f"{path.name}{_AT}*"):
                copy.unlink(missing_ok=True)
            if path.is_dir():
                shutil.rmtree(path, onexc=pass_over_gone)

    def _make_room(self) -> None:
        """Drop what was not used for longest; of who was killed, what is unfinished as well."""
        files = list(_stats(self._folder))
        files.sort(key=lambda found: found[0].st_mtime_ns)
        total = sum(stat.st_size for stat, _ in files)
        for stat, file in files:
            if total <= self._bytes or time.time() - stat.st_mtime < READ_S:
                return
            file.unlink(missing_ok=True)
            total -= stat.st_size


def _stats(folder: Path) -> Iterator[tuple[os.stat_result, Path]]:
    """Of each file there; others may drop some meanwhile."""
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):
            stat = file.stat()
            if S_ISREG(stat.st_mode):
                yield stat, file
