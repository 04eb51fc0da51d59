"""The job that makes a file of stored lists, where nobody waits for it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.errors import Conflict, NoSuchJob, NoSuchRows
from app.folders import temporary_folder
from app.jobs.kind import Chunk
from app.library.export_files import EXPORT, ExportFile
from app.library.ledger import ListExport
from app.library.library import Library
from app.store.tables import Job

type MakeExport = Callable[[Job, Path], ExportFile]  # in a folder


class ListExportKind:
    """See `JobKind`. The file is one chunk; the licence counts it in the commit that ends the job.

    A job that is killed before makes its file anew.
    """

    def __init__(self, library: Library, make: MakeExport) -> None:
        self._library = library
        self._make = make
        self._made: dict[str, ExportFile] = {}  # by job, until it is concluded

    def prepare(self, job: Job) -> int:
        """The rows of its lists. Raises NoSuchList."""
        lists = job.params["lists"]
        return sum(self._library.find(job.tenant_id, one).rows for one in lists)

    def run(self, job: Job, from_chunk: int) -> Iterator[Chunk | None]:
        """The file, stored; whoever ends the job finds it there."""
        exports = self._library.exports
        if not from_chunk:
            with temporary_folder() as folder:
                made = self._make(job, folder)
                yield None
                exports.put(job.tenant_id, job.id, made)
            yield Chunk(self.prepare(job))
        self._made[job.id] = exports.get(job.tenant_id, job.id)

    def conclude(self, job: Job, session: Session) -> Mapping[str, Any]:
        """The use, and what was made."""
        made = self._made.pop(job.id)
        export_of(job).record(session, made.rows)
        return {"file": made.name, "read": made.counts["read"], "taken": made.counts["taken"]}

    def clean_up(self, job: Job) -> None:
        """No file."""
        self._made.pop(job.id, None)
        self._library.exports.delete(job.tenant_id, job.id)


def find_made(library: Library, job: Job) -> ExportFile:
    """What a job has made. Raises Conflict where it is not done, NoSuchJob where it is gone."""
    if job.kind != EXPORT:
        raise NoSuchJob("no such export; POST /v1/lists/{names}/exports/{kind} begins one")
    if job.state != "done":
        why = f": {job.error['detail']}" if job.error else ""
        raise Conflict(f"export {job.id}: it is {job.state}{why}", field="job_id")
    try:
        return library.exports.get(job.tenant_id, job.id)
    except NoSuchRows as why:
        raise NoSuchJob(f"export {job.id}: its file lay here for a week; make it anew") from why


def export_of(job: Job) -> ListExport:
    """Who asked the job for what."""
    told = job.params
    return ListExport(job.tenant_id, told["who"], told["what"], told["question"], told["preview"])
