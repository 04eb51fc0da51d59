"""Which kinds of jobs there are, and how they are begun."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from app.errors import SweetspotError
from app.jobs.importing import NAME as IMPORT
from app.jobs.importing import ImportKind
from app.jobs.kind import JobKind
from app.jobs.queue import JobQueue
from app.jobs.refixing import NAME as REFIX
from app.jobs.refixing import RefixKind
from app.jobs.worker import Worker
from app.library.importing import ImportRequest
from app.library.library import add_list, stable_id
from app.library.options import ImportOptions
from app.lists.mapping import ChosenColumns
from app.store.tables import Job
from app.wiring.library import maps_for
from app.wiring.parts import Parts


def job_kinds(parts: Parts) -> Mapping[str, JobKind]:
    """By name."""
    library, maps_of = parts.library, maps_for(parts)
    return {IMPORT: ImportKind(library, maps_of), REFIX: RefixKind(library, maps_of)}


@contextmanager
def working(parts: Parts) -> Iterator[None]:
    """Jobs are worked at in a thread of this process until the block ends."""
    stopping, worker = Event(), Worker(JobQueue(parts.database), job_kinds(parts))
    thread = Thread(target=worker.run, args=(stopping,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def start_refix(parts: Parts, tenant: int, name: str, idempotency_key: str | None = None) -> Job:
    """The job that places the rows of a list on the maps of now. Raises NoSuchList, QueueFull."""
    entry = parts.library.find(tenant, name)
    params = {"list_id": entry.id}
    return JobQueue(parts.database).submit(tenant, REFIX, params, idempotency_key)


def start_import(
    parts: Parts,
    tenant: int,
    asked: ImportOptions,
    columns: ChosenColumns,
    source: Path,
    idempotency_key: str | None = None,
) -> Job:
    """The job that stores that file as a list of the tenant's, begun as soon as a worker is free.

    Raises BadQuestion for a name that is none or taken, Conflict and QueueFull as `submit`.
    """
    queue, list_id = JobQueue(parts.database), stable_id(tenant, idempotency_key)
    request = ImportRequest.of(list_id, asked, columns, source)
    files = parts.library.files_of(tenant, list_id)
    if not queue.knows(tenant, idempotency_key):
        files.put_source(source)
    try:
        return queue.submit(
            tenant,
            IMPORT,
            request.params,
            idempotency_key,
            beside=lambda session: add_list(session, tenant, list_id, asked),
        )
    except SweetspotError:
        if not queue.knows(tenant, idempotency_key):
            files.delete()
        raise
