"""Where a list's bytes come from: a file or a stream, which may be packed or unable to seek."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from errno import EIO, EMFILE, ENFILE, ENOMEM
from pathlib import Path
from typing import BinaryIO, cast

from app.errors import BadList, StorageFailed
from app.folders import system_words, writing_to
from app.lists.archive import SPOOL_BYTES, unpack_list

MOST_PACKED = 2  # times over: a gzip file in a zip file
OURS = frozenset((EMFILE, ENFILE, ENOMEM, EIO))  # errors that say nothing about the list's name


@contextmanager
def reading_list(source: Path | BinaryIO) -> Iterator[None]:
    """What the system says of a file, as our errors."""
    try:
        yield
    except OSError as why:
        if isinstance(source, Path) and why.errno not in OURS:
            raise BadList(
                f"can't read the list {source}: {system_words(why)}", field="list"
            ) from why
        raise StorageFailed(f"the list could not be read here: {system_words(why)}") from why


@contextmanager
def opened_source(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    """The file from its start; a path's is closed afterwards, a stream is left open."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield file
    else:
        source.seek(0)
        yield source


def spool_stream(stream: BinaryIO) -> BinaryIO:
    """A copy that can seek, on disk unless it is small."""
    spooled = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 -- the list's own
    try:
        with writing_to():
            shutil.copyfileobj(stream, spooled)
    except BaseException:
        spooled.close()
        raise
    return cast("BinaryIO", spooled)


def unpack_source(source: Path | BinaryIO, copies: ExitStack) -> tuple[Path | BinaryIO, list[str]]:
    """What is packed in the file, or else the file."""
    notes: list[str] = []
    for _ in range(MOST_PACKED + 1):
        with opened_source(source) as file:
            unpacked = unpack_list(file)
        if unpacked is None:
            return source, notes
        source = copies.enter_context(unpacked[0])
        notes += unpacked[1]
    raise BadList("the list is packed several times over: unpack it first", field="list")
