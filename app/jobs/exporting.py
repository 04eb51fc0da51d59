"""The job that makes a file of stored lists, where nobody waits for it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.errors import Conflict, NoSuchJob, NoSuchRows
from app.folders import temporary_folder
from app.jobs.kind import Chunk
from app.library.export_files import EXPORT
from app.library.ledger import ListExport
from app.library.library import Library
from app.store.tables import Job


@dataclass(frozen=True)
class MadeExport:
    """The file that an export made, and how it is called.

    rows: how many of each list, by its id. counts: what was taken and left out, as JSON.
    """

    path: Path
    name: str
    rows: Mapping[str, int]
    counts: Mapping[str, Any]


type MakeExport = Callable[[Job, Path], MadeExport]  # in a folder


class ListExportKind:
    """See `JobKind`. The file is one chunk; the licence counts it in the commit that ends the job.

    A job that is killed before makes its file anew.
    """

    def __init__(self, library: Library, make: MakeExport) -> None:
        self._library = library
        self._make = make

    def prepare(self, job: Job) -> int:
        """The rows of its lists. Raises NoSuchList."""
        lists = job.params["lists"]
        return sum(self._library.find(job.tenant_id, one).rows for one in lists)

    def run(self, job: Job, from_chunk: int) -> Iterator[Chunk | None]:
        """What it made is with the job, so that whoever ends it finds it there."""
        if from_chunk:
            return
        with temporary_folder() as folder:
            made = self._make(job, folder)
            yield None
            name = self._library.exports.put(job.tenant_id, job.id, made.path)
        told = {"rows": dict(made.rows), "counts": dict(made.counts)}
        result = {"stored": name, "name": made.name, **told}
        yield Chunk(job.rows_total or 0, lambda session: _set_result(session, job, result))

    def conclude(self, job: Job, session: Session) -> Mapping[str, Any]:
        """The use, and what was made."""
        result = session.get_one(Job, job.id).result or {}
        export_of(job).record(session, result["rows"])
        return result

    def clean_up(self, job: Job) -> None:
        """No file."""
        self._library.exports.delete(job.tenant_id, job.id)


def find_made(library: Library, job: Job) -> MadeExport:
    """What a job has made. Raises Conflict where it is not done, NoSuchJob where it is gone."""
    result = job.result or {}
    if job.kind != EXPORT:
        raise NoSuchJob("no such export; POST /v1/lists/{names}/exports/{kind} begins one")
    if job.state != "done":
        why = f": {job.error['detail']}" if job.error else ""
        raise Conflict(f"export {job.id}: it is {job.state}{why}", field="job_id")
    try:
        path = library.exports.get(result["stored"])
    except NoSuchRows as why:
        raise NoSuchJob(f"export {job.id}: its file lay here for a week; make it anew") from why
    return MadeExport(path, result["name"], result["rows"], result["counts"])


def export_of(job: Job) -> ListExport:
    """Who asked the job for what."""
    told = job.params
    return ListExport(job.tenant_id, told["who"], told["what"], told["question"], told["preview"])


def _set_result(session: Session, job: Job, result: Mapping[str, Any]) -> None:
    session.execute(update(Job).where(Job.id == job.id).values(result=result))
