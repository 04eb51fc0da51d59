"""Rows in a folder: that of the data, or any that the processes share."""

import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from errno import ENOTEMPTY
from pathlib import Path

from app.errors import NoSuchRows
from app.folders import writing_to
from app.store.row_store import check_name, check_prefix


class FolderStore:
    """A row store whose names are paths below a folder; see RowStore."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, source: Path) -> None:
        """A copy beside its place, on the disk before it takes the name."""
        path = self._folder / check_name(name)
        with writing_to(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        copy_whole(source, path)

    def get(self, name: str) -> Path:
        """The file itself. Who has opened it can read it to its end, deleted or not."""
        path = self._folder / check_name(name)
        if not path.is_file():
            raise NoSuchRows(f"there are no rows {name} in {self._folder}: they were deleted")
        return path

    def names(self, prefix: str) -> Sequence[str]:
        """The same in any order of the file system; what is still being written has no name."""
        with writing_to(self._folder):
            return sorted(self._below(self._folder / check_prefix(prefix)))

    def delete(self, prefix: str) -> int:
        """With what is unfinished there."""
        count = len(self.names(prefix))
        path = self._folder / prefix
        with writing_to(path):
            if path.is_dir():
                shutil.rmtree(path, onexc=pass_over_gone)
            else:
                path.unlink(missing_ok=True)
        return count

    def _below(self, path: Path) -> Iterator[str]:
        files = [path] if path.is_file() else path.rglob("*")
        for file in files:
            if not file.name.startswith(".") and file.is_file():
                yield file.relative_to(self._folder).as_posix()


def pass_over_gone(_: object, __: str, why: BaseException) -> None:
    """Two may delete the same at once, and others write beside it: what they wrote stays."""
    if not isinstance(why, FileNotFoundError) and getattr(why, "errno", 0) != ENOTEMPTY:
        raise why


def copy_whole(source: Path, path: Path) -> None:
    """Copy it so that it is there whole or not at all, whatever ends this process or the machine.

    Raises StorageFailed, NoRoom.
    """
    part = part_beside(path)
    with writing_to(path):
        try:
            with source.open("rb") as old, part.open("wb") as new:
                shutil.copyfileobj(old, new, 1 << 20)
                new.flush()
                os.fsync(new.fileno())
            part.replace(path)
            _sync_folder(path.parent)
        finally:
            part.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Have the names in it on the disk, too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def part_beside(path: Path) -> Path:
    """Where this thread writes what will take that name; no name of a row store."""
    return path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
