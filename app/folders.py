"""Folders of ours, for data and for temporary files: what the system says of them, as our errors.

A file that the user named (a list, `--out`) is no business of this module, a full disk excepted.
"""

import re
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from errno import EDQUOT, EFBIG, EIO, ENOSPC
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from zipfile import ZIP_DEFLATED, ZipFile

from app.errors import NoRoom, StorageFailed, SweetspotError

FULL = frozenset((ENOSPC, EDQUOT, EFBIG))
# Of SQLite's errors those that are the disk's; others mean a damaged or a busy file.
_SQLITE = {
    sqlite3.SQLITE_FULL: ENOSPC,
    sqlite3.SQLITE_IOERR_WRITE: ENOSPC,  # what it makes of a quota, too
    sqlite3.SQLITE_IOERR: EIO,
    sqlite3.SQLITE_CANTOPEN: EIO,
    sqlite3.SQLITE_READONLY: EIO,
}


@contextmanager
def writing_to(path: Path | None = None, advice: str = "") -> Iterator[None]:
    """Raise StorageFailed where the system lets nothing be written, NoRoom where it is full.

    `path` is what is written in the data folder; None is something in the temporary folder.
    `advice` joins what a message about a full disk tells to do.
    """
    try:
        yield
    except Exception as why:
        number = system_error(why)
        if number is None:
            raise
        if number in FULL:
            raise NoRoom(_no_room(path, why, advice)) from why
        raise StorageFailed(_unusable(path, why)) from why


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A new folder in the temporary one, gone afterwards. Raises StorageFailed, NoRoom."""
    with writing_to():
        folder = TemporaryDirectory(prefix="sweetspot-", ignore_cleanup_errors=True)
    with folder:
        yield Path(folder.name)


def temporary_path() -> Path:
    """The folder of temporary files. Raises StorageFailed where there is none to use."""
    with writing_to():
        return Path(gettempdir())


def check_room(path: Path | None, needed: float, what: str = "") -> None:
    """Raise NoRoom where so many bytes don't fit.

    `path` is a folder of the data, there or not yet; None is the temporary one. what: which bytes.
    """
    free = free_bytes(path or temporary_path())
    if free < needed:
        where, setting = _named(path)
        which = f" {what}" if what else ""
        raise NoRoom(
            f"no room on the disk for {where}: {free / 1e6:,.0f} MB free, about "
            f"{needed / 1e6:,.0f} MB needed{which}; free some, or set {setting} to a folder "
            "with more"
        )


def free_bytes(folder: Path) -> int:
    """How much can be written there, or where it would be made."""
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    return shutil.disk_usage(there).free


def is_full(why: Exception) -> bool:
    """Whether the disk, or what we may use of it, is full."""
    return system_error(why) in FULL


def system_error(why: Exception) -> int | None:
    """The system's number for what went wrong with a file; None where it is not the system's.

    Polars only tells it in its words, numpy only how much it could write, SQLite has its own.
    """
    if isinstance(why, SweetspotError):
        return None
    if isinstance(why, sqlite3.Error):
        code = getattr(why, "sqlite_errorcode", 0)
        return _SQLITE.get(code, _SQLITE.get(code & 0xFF))
    if isinstance(why, OSError) and why.errno:
        return why.errno
    found = re.search(r"(?:os error |\[Errno )(\d+)", str(why))
    if found and (isinstance(why, OSError) or type(why).__module__.startswith("polars")):
        return int(found[1])
    short = re.search(r"\d requested and \d+ written", str(why))
    return (ENOSPC if short else EIO) if isinstance(why, OSError) else None


def system_words(why: Exception) -> str:
    """What the system said, without the number and the name before it."""
    return (why.strerror if isinstance(why, OSError) else None) or str(why) or type(why).__name__


def _no_room(path: Path | None, why: Exception, advice: str) -> str:
    where, setting = _named(path)
    then = f"; {advice}" if advice else ""
    return (
        f"no room left on the disk for {where} ({system_words(why)}): "
        f"free some, or set {setting} to a folder with more{then}"
    )


def _unusable(path: Path | None, why: Exception) -> str:
    where, setting = _named(path)
    said = system_words(why)
    return f"{where} can't be used ({said}): set {setting} to a folder that can be written"


def _named(path: Path | None) -> tuple[str, str]:
    """What people call the place, and the variable that moves it."""
    if path is not None:
        return str(path), "SWEETSPOT_DATA_DIR"
    try:
        return f"the temporary folder {gettempdir()}", "TMPDIR"
    except OSError:
        return "the temporary folder", "TMPDIR"


def zip_files(files: Sequence[Path], to: Path) -> Path:
    """The files in one zip file, under their own names; its path."""
    with writing_to(), ZipFile(to, "w", ZIP_DEFLATED) as packed:
        for path in files:
            packed.write(path, path.name)
    return to
