"""The job that makes a file a stored list."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.errors import NoRoom, NoSuchList
from app.jobs.kind import Chunk
from app.library.importing import (
    ROOM_PER_BYTE,
    ImportRequest,
    ListImport,
    MapsOf,
    count_parts,
)
from app.library.library import Library
from app.library.list_rows import ListFiles
from app.lists.read import ListFile
from app.store.tables import Job, StoredList


class ImportKind:
    """See `JobKind`. Each part is a chunk; the last one tells repeats and makes the list ready."""

    def __init__(self, library: Library, maps_of: MapsOf) -> None:
        self._library = library
        self._maps_of = maps_of
        self._opened: tuple[str, ListFile] | None = None

    def prepare(self, job: Job) -> int:
        """The file is checked whole. Raises BadList."""
        return self._open(job).rows

    def run(self, job: Job, from_chunk: int) -> Iterator[Chunk | None]:
        """The parts, and then what is found out over all of them."""
        request = ImportRequest(**job.params)
        files = self._library.files_of(job.tenant_id, request.list_id)
        parts = count_parts(job.rows_total or 0)
        if from_chunk <= parts:
            found = ListImport(self._open(job), files, self._maps_of)
            with _telling_missing(files):
                for rows in found.store_parts(from_chunk):
                    yield Chunk(rows) if rows else None
                found.store_groups()
            yield Chunk(0, lambda session: found.describe(_find_stored(session, job)))
        if request.kind == "prospects":
            files.drop_source()
        else:
            ListImport(self._open(job), files, self._maps_of).drop_persons()
        self._opened = None

    def conclude(self, job: Job, session: Session) -> Mapping[str, Any]:
        """Which list it is."""
        stored = _find_stored(session, job)
        return {"list": stored.slug, "rows": stored.rows}

    def clean_up(self, job: Job) -> None:
        """There never was such a list."""
        self._opened = None
        list_id = ImportRequest(**job.params).list_id
        self._library.files_of(job.tenant_id, list_id).delete()
        with self._library.database.session() as session:
            session.execute(
                delete(StoredList).where(
                    StoredList.id == list_id, StoredList.tenant_id == job.tenant_id
                )
            )

    def _open(self, job: Job) -> ListFile:
        """The file as it was read last; of another job it is another file."""
        if self._opened is None or self._opened[0] != job.id:
            with self._library.database.reading() as session:
                _find_stored(session, job)  # or its file is gone, too
            request = ImportRequest(**job.params)
            files = self._library.files_of(job.tenant_id, request.list_id)
            self._opened = job.id, request.open(files.source)
        return self._opened[1]


@contextmanager
def _telling_missing(files: ListFiles) -> Iterator[None]:
    """Where the disk is full: about how much of what the import takes is not written yet."""
    try:
        yield
    except NoRoom as why:
        size = files.source.stat().st_size
        missing = max(ROOM_PER_BYTE * size - files.count_bytes(), 0)
        raise NoRoom(f"{why}; the import takes about {missing / 1e6:,.1f} MB more") from why


def _find_stored(session: Session, job: Job) -> StoredList:
    """The list that is imported. Raises NoSuchList where it was deleted meanwhile."""
    found = session.get(StoredList, ImportRequest(**job.params).list_id)
    if found is None or found.state == "deleting":
        raise NoSuchList("the list was deleted while it was imported")
    return found
