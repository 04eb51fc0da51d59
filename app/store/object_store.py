"""Rows in an object store that speaks S3: Amazon's, or a server of one's own."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import BaseError, NotModifiedError
from obstore.store import S3Store

from app.errors import NoRoom, NoSuchRows, StorageFailed
from app.store.file_cache import FileCache
from app.store.row_store import check_name, check_prefix

# Judgement: a question waits for it. Unset, one request may take 30 s with all of its body, which
# many rows over a slow line exceed, and is tried again for three minutes.
CONNECT_S, SILENT_S, WHOLE_S = 5, 30, 3600
RETRIES = 3
# What servers answer that are full: HTTP 507, MinIO's and Ceph's own codes
# (https://github.com/minio/minio/blob/master/cmd/api-errors.go,
# https://github.com/ceph/ceph/blob/main/src/rgw/rgw_common.cc).
_FULL = re.compile("Insufficient Storage|StorageFull|QuotaExceeded")
_ABSENT = "NoSuchKey"  # not NoSuchBucket, which obstore tells by the same exception


class ObjectStore:
    """A row store in a bucket, read through local copies; see RowStore.

    Whose it is, is told by the usual AWS_* environment variables. Each `get` asks the server
    whether its copy is still the one there. An upload that breaks off has no name; what came of
    it is deleted by the bucket's own rule for incomplete uploads.
    """

    def __init__(self, bucket: str, prefix: str, endpoint: str, cache: FileCache) -> None:
        self.url = f"s3://{bucket}/{prefix}".rstrip("/")
        self._cache = cache
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            config={"endpoint": endpoint} if endpoint else None,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=CONNECT_S),
                "read_timeout": timedelta(seconds=SILENT_S),
                "timeout": timedelta(seconds=WHOLE_S),
            },
            retry_config={
                "max_retries": RETRIES,
                "retry_timeout": timedelta(seconds=SILENT_S),
            },
        )

    def put(self, name: str, source: Path) -> None:
        """Uploaded in parts; the last request gives it its name."""
        with source.open("rb") as file, self._speaking():
            obstore.put(self._store, check_name(name), file)

    def get(self, name: str) -> Path:
        """Its local copy, which stays readable for `file_cache.READ_S` at least."""
        known = self._cache.find(check_name(name))
        with self._speaking(name):
            if known is None:
                return self._copy(name, "")
            try:
                return self._copy(name, known[0])
            except NotModifiedError:
                return known[1]

    def _copy(self, name: str, version: str) -> Path:
        """What is there now. Raises NotModifiedError where it is that version."""
        got = obstore.get(self._store, name, options={"if_none_match": version} if version else {})
        return self._cache.fill(name, got.meta["e_tag"] or "", map(bytes, got))

    def names(self, prefix: str) -> Sequence[str]:
        """As many requests as there are thousands of names."""
        with self._speaking():
            below = obstore.list(self._store, check_prefix(prefix) or None)
            names = [meta["path"] for batch in below for meta in batch]
            return sorted([*names, *self._itself(prefix)])

    def _itself(self, name: str) -> Sequence[str]:
        """That name, where it is one of a file."""
        if not name:
            return []
        try:
            obstore.head(self._store, name)
        except FileNotFoundError:
            return []
        return [name]

    def delete(self, prefix: str) -> int:
        """A thousand in a request; the local copies as well, those on other machines excepted."""
        names = self.names(prefix)
        with self._speaking():
            obstore.delete(self._store, names)
        self._cache.drop(prefix)
        return len(names)

    @contextmanager
    def _speaking(self, name: str = "") -> Iterator[None]:
        """Have what the server said as our errors; `name`: what is asked for and may be absent."""
        try:
            yield
        except NotModifiedError:
            raise
        except (BaseError, FileNotFoundError, PermissionError) as why:
            if name and _ABSENT in str(why):
                self._cache.drop(name)
                raise NoSuchRows(f"there are no rows {name} in {self.url}: deleted") from why
            raise self._failure(str(why)) from why

    def _failure(self, said: str) -> StorageFailed:
        words = _reason(said)
        if _FULL.search(said):
            return NoRoom(f"no room left in the row store {self.url} ({words}): free some there")
        return StorageFailed(
            f"the row store {self.url} can't be used ({words}): "
            "check SWEETSPOT_ROWS_URL, SWEETSPOT_ROWS_ENDPOINT and the AWS_* variables"
        )


def _reason(said: str) -> str:
    """The server's error code, else how the request failed; nothing that names a key.

    The whole message holds the server's answer, which may repeat the id of a key.
    """
    code = re.search(r"<Code>(\w+)</Code>", said)
    status = re.search(r"status code: (\d+ [\w ]+)", said)
    kind = re.search(r" - (HTTP error: [\w ]+)", said)
    found = code or status or kind
    return found[1].strip() if found else "no answer"
