"""Jobs on stored lists, and how they are begun."""

from pathlib import Path

from app.errors import SweetspotError
from app.folders import check_room
from app.jobs.importing import ImportKind
from app.jobs.refixing import RefixKind
from app.library.importing import ROOM_PER_BYTE, ImportRequest
from app.library.library import add_list
from app.library.options import ImportOptions
from app.lists.mapping import ChosenColumns
from app.store.tables import Job, new_id
from app.wiring.library import maps_for
from app.wiring.parts import Parts

IMPORT, REFIX = "import", "refix"


def import_kind(parts: Parts) -> ImportKind:
    """How imports are done."""
    return ImportKind(parts.library, maps_for(parts))


def refix_kind(parts: Parts) -> RefixKind:
    """How rows are placed on the maps of now."""
    return RefixKind(parts.library, maps_for(parts))


def start_refix(parts: Parts, tenant: int, name: str, idempotency_key: str | None = None) -> Job:
    """The job that places the rows of a list on the maps of now. Raises NoSuchList, QueueFull."""
    params = {"list_id": parts.library.find(tenant, name).id}
    return parts.jobs.submit(tenant, REFIX, params, idempotency_key)


def check_import_room(parts: Parts, size: int) -> None:
    """Raise NoRoom where a list whose file has so many bytes can't be imported.

    Of an object store nobody says how much it holds.
    """
    if not parts.settings.rows_url:
        check_room(parts.settings.data_dir, ROOM_PER_BYTE * size, "to import the list")


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
    queue, list_id = parts.jobs, new_id()
    request = ImportRequest.of(list_id, asked, columns, source)
    files = parts.library.files_of(tenant, list_id)
    if not queue.knows(tenant, idempotency_key):
        check_import_room(parts, source.stat().st_size)
        files.put_source(source)
    try:
        job = queue.submit(
            tenant,
            IMPORT,
            request.params,
            idempotency_key,
            beside=lambda session: add_list(session, tenant, list_id, asked),
            own=("list_id",),
        )
    except SweetspotError:
        files.delete()
        raise
    if job.params["list_id"] != list_id:  # it was submitted before, or by another just now
        files.delete()
    return job
