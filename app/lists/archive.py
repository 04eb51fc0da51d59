"""Gzip and zip files with one list inside -> that list, unpacked within limits.

What is packed may unpack to a thousand times its size: it is counted as it is written, to memory
while it is small, else to the temporary folder, and refused past MOST_BYTES or MOST_RATIO.
"""

import gzip
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePath
from typing import IO, BinaryIO, cast

from app.errors import BadList
from app.folders import writing_to
from app.lists.workbook import CHUNK, DAMAGED, MOST_BYTES, MOST_RATIO, SMALL_BYTES

ZIP, GZIP = b"PK\x03\x04", b"\x1f\x8b"
SPOOL_BYTES = 32 << 20
WORKBOOK, OPEN_DOCUMENT = "a workbook", "an OpenDocument file"
# Members by which a zip file is known for a document, and what it is called.
_DOCUMENTS = (
    ("xl/", WORKBOOK),
    ("content.xml", OPEN_DOCUMENT),
    ("word/", "a Word document"),
    ("ppt/", "a PowerPoint file"),
    ("Index/", "an Apple Numbers or Pages document"),
    ("Index.zip", "an Apple Numbers or Pages document"),
    ("AndroidManifest.xml", "an Android app"),
)
# Endings of what may be a list where a zip file holds more than it.
_LISTS = (
    *(".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".fods", ".dbf"),
    *(".json", ".ndjson", ".jsonl", ".geojson", ".geojsonl", ".html", ".htm", ".gz", ".zip"),
)
_BESIDE = frozenset({"readme.txt", "license.txt", "licence.txt"})


def unpack_list(file: BinaryIO) -> tuple[BinaryIO, Sequence[str]] | None:
    """What is packed in a gzip or zip file, to be closed, with notes; None where it is neither.

    A workbook, which is a zip file as well, is none here. Raises BadList for anything but one list.
    """
    file.seek(0)
    magic = file.read(len(ZIP))
    size = file.seek(0, 2)
    file.seek(0)
    if magic.startswith(GZIP):
        with _unpacking("gzip file"), gzip.GzipFile(fileobj=file, mode="rb") as packed:
            return _copied(packed, size, "gzip file"), []
    if magic != ZIP or document_in(file):
        return None
    with _unpacking("zip file"), zipfile.ZipFile(file) as archive:
        member = _only_list(archive.infolist())
        if member.flag_bits & 1:
            raise BadList("the zip file is protected by a password: unpack it first", field="list")
        with archive.open(member) as packed:
            copy = _copied(packed, member.compress_size, "zip file")
    return copy, [f"read {member.filename!r} of the zip file"]


def document_in(file: BinaryIO) -> str:
    """What document a zip file is, "" where it is none but holds files."""
    file.seek(0)
    with _unpacking("zip file"), zipfile.ZipFile(file) as archive:
        names = archive.namelist()
    found = (what for part, what in _DOCUMENTS if any(name.startswith(part) for name in names))
    return next(found, "")


@contextmanager
def _unpacking(what: str) -> Iterator[None]:
    try:
        yield
    except DAMAGED as why:
        raise BadList(f"the {what} is damaged ({why})", field="list") from why


def _only_list(members: Sequence[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """The member that is the list: the only file, or the only one with a list's ending."""
    files = [one for one in members if not one.is_dir() and not _is_hidden(one.filename)]
    lists = [one for one in files if _is_list(one.filename)]
    found = files if len(files) == 1 else lists
    if len(found) == 1:
        return found[0]
    held = ", ".join(repr(one.filename[:60]) for one in (found or files)[:5])
    many = f"{len(found)} lists ({held})" if found else f"no list ({held or 'nothing'})"
    raise BadList(f"the zip file holds {many}: expected one; unpack it first", field="list")


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePath(name).parts)


def _is_list(name: str) -> bool:
    return name.casefold().endswith(_LISTS) and PurePath(name.casefold()).name not in _BESIDE


def _copied(packed: IO[bytes] | gzip.GzipFile, size: int, what: str) -> BinaryIO:
    """All of it, counted; nothing is left behind where it is too much."""
    most = min(MOST_BYTES, max(SMALL_BYTES, size * MOST_RATIO))
    copy = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 -- the caller's
    try:
        while chunk := packed.read(CHUNK):
            with writing_to():
                copy.write(chunk)
            if copy.tell() > most:
                raise BadList(
                    f"the {what} unpacks to over {most / 1e6:,.0f} MB: refused; unpack it first",
                    field="list",
                )
    except BaseException:
        copy.close()
        raise
    return cast("BinaryIO", copy)
