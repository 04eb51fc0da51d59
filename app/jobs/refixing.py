"""The job that places a list's rows on the maps that are installed now."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.jobs.kind import Chunk
from app.library.importing import MapsOf, count_parts
from app.library.library import Library
from app.store.tables import Job


class RefixKind:
    """See `JobKind`. A part of the list is a chunk; what other maps told of it goes last.

    A question places rows itself where nobody did: this only does it ahead, and tidies up.
    """

    def __init__(self, library: Library, maps_of: MapsOf) -> None:
        self._library = library
        self._maps_of = maps_of

    def prepare(self, job: Job) -> int:
        """The rows of the list. Raises NoSuchList."""
        return self._library.find(job.tenant_id, job.params["list_id"]).rows

    def run(self, job: Job, from_chunk: int) -> Iterator[Chunk | None]:
        """Part by part."""
        rows = self._library.rows(self._library.find(job.tenant_id, job.params["list_id"]))
        stamps: set[str] = set()
        for part in range(count_parts(job.rows_total or 0)):
            maps = self._maps_of(rows.part(part))
            stamps |= {one.stamp for one in maps}
            if part < from_chunk:
                continue
            for one in maps:
                rows.locate_part(part, one.stamp, one.geocoder, one.near)
                yield None
            yield Chunk(len(rows.part(part)))
        rows.files.drop_fixes(stamps)

    def conclude(self, job: Job, session: Session) -> Mapping[str, Any]:
        """How many rows were placed."""
        del session
        return {"rows": job.rows_total}

    def clean_up(self, job: Job) -> None:
        """What is there is right, and stays."""
