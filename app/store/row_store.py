"""The port to where the rows of stored lists lie: files that are there whole or not at all."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from app.errors import BadInput

# Of a part of a name. Longer ones leave no room for what a cache adds: file systems take 255.
_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}"
_NAME = re.compile(rf"{_PART}(/{_PART})*")
# Of S3's rules for buckets those that keep anything but a bucket and a folder out
# (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
_S3 = re.compile(
    rf"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{{1,61}}[a-z0-9])(/(?P<prefix>{_NAME.pattern}))?/?"
)


class RowStore(Protocol):
    """Files by name, for threads and processes at once.

    A name is a path with slashes: "1/ab12/rows.parquet"; one of a file is not that of a folder,
    too. A name that is no such path raises ValueError: names are made here, nobody types them.
    All raise StorageFailed, and NoRoom where it is full.
    """

    def put(self, name: str, source: Path) -> None:
        """Store a copy of a file, whole or not at all; it takes the place of one of that name."""

    def get(self, name: str) -> Path:
        """Where it can be read, as it is now; not to be written to. Raises NoSuchRows.

        What another process stores under the name or deletes is seen by the next `get`.
        """

    def names(self, prefix: str) -> Sequence[str]:
        """The names of that file and of all below that folder, sorted; "" is all."""

    def delete(self, prefix: str) -> int:
        """Delete that file and all below that folder; how many there were."""


def check_name(name: str) -> str:
    """The name. Raises ValueError where it is none."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a row store: letters, digits, . _ - and /")
    return name


def check_prefix(prefix: str) -> str:
    """The prefix. Raises ValueError where it is neither a name nor empty."""
    return check_name(prefix) if prefix else ""


def open_row_store(url: str, endpoint: str, folder: Path, cache: Path, cache_mb: float) -> RowStore:
    """The row store at `s3://BUCKET/PREFIX`; where `url` is empty, the folder.

    endpoint: the address of a server that speaks S3; Amazon's own where empty. cache: the folder
    of local copies, which has at most so many megabytes. Raises BadInput naming the setting.
    """
    if not url:
        from app.store.folder_store import FolderStore

        return FolderStore(folder)
    from app.store.file_cache import FileCache
    from app.store.object_store import ObjectStore

    found = _S3.fullmatch(url)
    if not found:
        raise BadInput(
            f"SWEETSPOT_ROWS_URL: {url!r} is not s3://BUCKET or s3://BUCKET/PREFIX",
            field="rows_url",
        )
    return ObjectStore(found["bucket"], found["prefix"] or "", endpoint, FileCache(cache, cache_mb))
