"""Folders of regions: locked, retired when they are replaced, deleted after their last use."""

import fcntl
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.folders import writing_to

_RETIRED = ".retired-"  # what the names of replaced and removed folders begin with


@contextmanager
def lock_folder(folder: Path, how: int) -> Iterator[None]:
    """Hold a lock on a folder. Raises BlockingIOError with LOCK_NB where it is not to be had."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def delete_unlocked(folders: Iterable[Path]) -> None:
    """Delete those folders that nobody holds a lock on."""
    for folder in folders:
        try:
            with lock_folder(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # its owner lives, or somebody else has deleted it
            continue


def retire_folder(folder: Path, regions: Path) -> None:
    """Take a region's folder out of use; it is deleted as soon as nobody has a lease on it.

    Raises StorageFailed.
    """
    with writing_to(folder):
        folder.rename(tempfile.mkdtemp(prefix=_RETIRED, dir=regions))
    delete_retired(regions)


def delete_retired(regions: Path) -> None:
    """Delete the retired folders that nobody uses any more."""
    delete_unlocked(regions.glob(f"{_RETIRED}*"))


class Lease:
    """While it lives, the folder stays on the disk, whatever becomes of its name.

    Raises OSError where there is no such folder, or it is being deleted.
    """

    def __init__(self, folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        weakref.finalize(self, _end_lease, descriptor, folder.parent)
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        self._descriptor = descriptor

    def find(self, folder: Path) -> Path | None:
        """Where the folder lies by now; None where somebody has deleted it all the same."""
        named = (folder, *folder.parent.glob(f"{_RETIRED}*"))
        return next((path for path in named if self.is_of(path)), None)

    def is_of(self, folder: Path) -> bool:
        """Whether that is its name."""
        with suppress(OSError):
            return os.path.samestat(os.fstat(self._descriptor), folder.stat())
        return False


def _end_lease(descriptor: int, regions: Path) -> None:
    os.close(descriptor)
    delete_retired(regions)
