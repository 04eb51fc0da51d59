"""Exports of stored lists: at once, or as jobs whose files are fetched later."""

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import FileResponse, Response

from app.answers.schema.stored import ExportJobOut
from app.exports.options import StoredExportOptions
from app.find.options import FormatOptions
from app.routers import CallerDep, IdempotencyKey, PartsDep, TenantDep
from app.routers.exchange import FolderDep, Turn, send_file
from app.routers.exports import ANY_FILE, send_export, wanted_form
from app.routers.lists import Names, split_names
from app.routers.openapi import READ, WRITE
from app.store.key_ring import Caller
from app.wiring.parts import Parts
from app.wiring.stored_exports import MOST_AT_ONCE, StoredExport, open_export, start_export

router = APIRouter(prefix="/v1", tags=["exports"])

Kind = Annotated[str, InPath(description="As `export --for` has it.", max_length=100)]


class StoredExportQuery(FormatOptions, StoredExportOptions):
    """What is asked of stored lists, what is made of the answer, and in which form it comes."""


Asked = Annotated[StoredExportQuery, Query()]


@router.get(
    "/lists/{names}/exports/{kind}",
    response_class=FileResponse,
    responses=ANY_FILE,
    openapi_extra=READ,
)
def stored_export(  # noqa: PLR0913, PLR0917  what a route depends on are its parameters
    request: Request,
    parts: PartsDep,
    caller: CallerDep,
    names: Names,
    kind: Kind,
    ask: Asked,
    folder: FolderDep,
    _: Turn,
) -> Response:
    """A file of the rows of stored lists that answer a question; a use of the lists.

    The form by Accept, with what was left out as application/zip. Very many rows are made as a job.
    """
    found = _find_export(parts, caller, names, kind, ask)
    form = wanted_form(request, ask, found.request.kind)
    rows = found.read_rows(parts, MOST_AT_ONCE)
    return send_export(request, rows, found.request, form, folder / found.file_name)


@router.post("/lists/{names}/exports/{kind}", status_code=202, openapi_extra=WRITE)
def start_stored_export(  # noqa: PLR0913, PLR0917  the same
    request: Request,
    parts: PartsDep,
    caller: CallerDep,
    names: Names,
    kind: Kind,
    ask: Asked,
    idempotency_key: IdempotencyKey = None,
) -> ExportJobOut:
    """The same as a job, a use of the lists once it is done; /v1/jobs says how far it is."""
    found = _find_export(parts, caller, names, kind, ask)
    form = wanted_form(request, ask, found.request.kind)
    asked = ask.narrowed(StoredExportOptions)
    job = start_export(parts, found, asked, form, idempotency_key)
    return ExportJobOut(job=job.id, state=job.state)


@router.get(
    "/exports/{job_id}", response_class=FileResponse, responses=ANY_FILE, openapi_extra=READ
)
def exported(
    parts: PartsDep,
    tenant: TenantDep,
    job_id: Annotated[str, InPath(description="The job's id.", max_length=100)],
) -> Response:
    """The file that a job made of stored lists; it lies here for a week."""
    made = open_export(parts, tenant, job_id)
    return send_file(made.path, {"Sweetspot-Counts": json.dumps(made.counts)}, made.name)


def _find_export(
    parts: Parts, caller: Caller, names: str, kind: str, ask: StoredExportQuery
) -> StoredExport:
    asked = ask.narrowed(StoredExportOptions)
    return StoredExport.of(parts, caller.tenant, caller.name, split_names(names), kind, asked)
