"""Lists: what one is before it is used, and those that are stored here."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import JSONResponse

from app.answers.row_points import write_points
from app.answers.row_tiles import draw_rows
from app.answers.schema.geojson import RowPointsOut
from app.answers.schema.lists import ListPreviewOut
from app.answers.schema.stored import (
    DeletedOut,
    ListDetailOut,
    ListJobOut,
    RawRowsOut,
    StoredListsOut,
    StoredPageOut,
)
from app.find.options import PlaceOptions
from app.folders import check_room
from app.geo.web_tiles import WebTile
from app.library.ledger import FILE, ListExport
from app.library.options import ImportOptions, RowsOptions, StoredOptions, TileOptions
from app.library.slugs import slug_of
from app.lists.preview import preview_list
from app.lists.write import open_writer
from app.routers import CallerDep, IdempotencyKey, PartsDep, TenantDep
from app.routers.exchange import (
    JSON_OR_FILE,
    MEDIA,
    ROW_FILES,
    FolderDep,
    Turn,
    Upload,
    kind_wanted,
    list_body,
    receive_upload,
    send_rows,
)
from app.routers.maps import MVT
from app.routers.openapi import BINARY, READ, WRITE, media_of
from app.wiring.library import AskedLists
from app.wiring.list_jobs import check_import_room, start_import, start_refix
from app.wiring.stored_exports import Leaving, describe_question

CLOSEST = 22  # as far in as a map goes

router = APIRouter(prefix="/v1/lists", tags=["lists"])

Name = Annotated[str, InPath(description="Its slug or id.", max_length=100)]
Names = Annotated[
    str, InPath(description="Its slug or id; several with commas between.", max_length=1_000)
]


@router.post("/preview", response_model=ListPreviewOut, openapi_extra=READ | list_body("mapping"))
def preview(
    request: Request,
    ask: Annotated[PlaceOptions, Query()],
    upload: Annotated[Upload, Depends(receive_upload("mapping"))],
    _: Turn,
) -> Response:
    """Whose form the list has, what its columns will mean, three of its rows, and what is wrong.

    Nothing of it is kept. A form holds the list, and may hold a mapping as this gave it.
    """
    found = preview_list(upload.list, upload.columns(ask), ask.place)
    request.state.rows = found.list.rows
    return JSONResponse(found.document())


def _check_room(request: Request, parts: PartsDep) -> None:
    """Raise NoRoom before anything of the list is read, where its size is said."""
    said = request.headers.get("content-length", "")
    size = int(said) if said.isdecimal() else 0
    check_room(None, size, "to receive the list")
    check_import_room(parts, size)


@router.post(
    "",
    status_code=202,
    openapi_extra=WRITE | list_body("mapping"),
    dependencies=[Depends(_check_room)],
)
def import_list(
    parts: PartsDep,
    tenant: TenantDep,
    ask: Annotated[ImportOptions, Query()],
    upload: Annotated[Upload, Depends(receive_upload("mapping"))],
    idempotency_key: IdempotencyKey = None,
) -> ListJobOut:
    """Store a list, as a job; /v1/jobs says how far it is.

    A form holds the list, and may hold a mapping as the preview gave it.
    """
    with upload.saved() as source:
        job = start_import(parts, tenant, ask, upload.columns(ask), source, idempotency_key)
    return ListJobOut(job=job.id, list=slug_of(ask.name), state=job.state)


@router.get("", response_model=StoredListsOut, openapi_extra=READ)
def lists(parts: PartsDep, tenant: TenantDep) -> Response:
    """The lists that are stored here, the newest first."""
    return JSONResponse({"lists": [one.document() for one in parts.library.list_all(tenant)]})


@router.get("/{name}", response_model=ListDetailOut, openapi_extra=READ)
def show(parts: PartsDep, tenant: TenantDep, name: Name) -> Response:
    """What is known of a list, and how it was read."""
    return JSONResponse(parts.library.find(tenant, name).detail())


@router.delete("/{name}", response_model=DeletedOut, openapi_extra=WRITE)
def delete(parts: PartsDep, tenant: TenantDep, name: Name) -> Response:
    """Delete a list: its rows, where they are, what became of them. The ledger stays."""
    return JSONResponse(parts.library.delete(tenant, name))


@router.post("/{name}/refix", status_code=202, openapi_extra=WRITE)
def refix(
    parts: PartsDep,
    tenant: TenantDep,
    name: Name,
    idempotency_key: IdempotencyKey = None,
) -> ListJobOut:
    """Place the rows on the maps that are installed now, as a job.

    A question does so itself where nobody did; it then takes longer, once.
    """
    job = start_refix(parts, tenant, name, idempotency_key)
    return ListJobOut(job=job.id, list=parts.library.find(tenant, name).slug, state=job.state)


@router.get("/{name}/rows", response_model=RawRowsOut, openapi_extra=READ)
def rows(
    parts: PartsDep, tenant: TenantDep, name: Name, ask: Annotated[RowsOptions, Query()]
) -> Response:
    """Rows as they were imported, from one of them on."""
    library = parts.library
    entry = library.find(tenant, name)
    library.check_open([entry])
    return JSONResponse(library.rows(entry).show(ask.first, ask.limit))


@router.get(
    "/{names}/prospects",
    response_model=StoredPageOut,
    responses=ROW_FILES | {304: {"description": "The same."}},
    openapi_extra=READ,
)
def stored_prospects(
    request: Request,
    parts: PartsDep,
    caller: CallerDep,
    names: Names,
    ask: Annotated[StoredOptions, Query()],
    folder: FolderDep,
    _: Turn,
) -> Response:
    """Judge the rows of stored lists: a page of them as JSON, or by Accept a file.

    A file has all rows where `limit` is not given, and is a use of the lists. Of a list whose
    licence ran out only the counts are told, with `limit` 0.
    """
    asked = AskedLists.of(parts, caller.tenant, split_names(names), ask)
    kind = kind_wanted(request, ask.format, JSON_OR_FILE)
    entries = [one.entry for one in asked.lists]
    if ask.limit or kind != "json":
        parts.library.check_open(entries)
    headers = _tagged(f"{asked.stamp}-{kind}-{ask.limit}-{ask.cursor}") | {"Vary": "Accept"}
    if _has_it(request, headers):
        return Response(status_code=304, headers=headers)
    request.state.rows = sum(one.rows for one in entries)
    if kind == "json":
        return JSONResponse(asked.page(parts, ask), headers=headers)
    cut = ask.model_dump(include={"limit", "sort"}) if "limit" in ask.model_fields_set else {}
    export = ListExport(caller.tenant, caller.name, FILE, describe_question(ask, **cut))
    leaving = Leaving(parts.database, entries, export)
    leaving.check()
    answer, most = asked.answer(parts), ask.limit if "limit" in ask.model_fields_set else None
    leaving.record(answer.count_rows(most))
    to, about = folder / f"{asked.name}.{kind}", answer.report.about
    with open_writer(to, kind, temporary=True, excel=ask.excel) as sink:
        answer.write(sink, most)
        sink.tell(about)
    return send_rows(to, about, ask, headers)


@router.get(
    "/{names}/tiles/{z}/{x}/{y}.mvt",
    response_class=Response,
    responses={
        200: {"content": {MVT: BINARY}, "description": "A tile"},
        204: {"description": "No rows here."},
    },
    openapi_extra=READ,
)
def row_tile(  # noqa: PLR0913, PLR0917  what a route depends on are its parameters
    parts: PartsDep,
    tenant: TenantDep,
    names: Names,
    z: Annotated[int, InPath(ge=0, le=CLOSEST)],
    x: Annotated[int, InPath(ge=0, lt=2**CLOSEST)],
    y: Annotated[int, InPath(ge=0, lt=2**CLOSEST)],
    ask: Annotated[TileOptions, Query()],
    _: Turn,
) -> Response:
    """The judged rows of stored lists in one vector tile, thinned where they are dense."""
    tile = WebTile(z, x, y)
    asked = AskedLists.of(parts, tenant, split_names(names), ask)
    parts.library.check_open(one.entry for one in asked.lists)
    body = draw_rows(asked.answer(parts), tile)
    headers = {"Cache-Control": "private, no-cache"}
    return Response(body, 200 if body else 204, headers=headers, media_type=MVT if body else None)


@router.get(
    "/{names}/points",
    response_class=Response,
    responses={
        200: {"content": {MEDIA["geojson"]: media_of(RowPointsOut)}, "description": "GeoJSON"},
        304: {"description": "The same."},
    },
    openapi_extra=READ,
)
def row_points(
    request: Request,
    parts: PartsDep,
    tenant: TenantDep,
    names: Names,
    ask: Annotated[TileOptions, Query()],
    _: Turn,
) -> Response:
    """The judged rows of stored lists that have a place, as points without their cells.

    At most 100,000; tiles have any number. It is no use of a licence.
    """
    asked = AskedLists.of(parts, tenant, split_names(names), ask)
    parts.library.check_open(one.entry for one in asked.lists)
    headers = _tagged(f"{asked.stamp}-points")
    if _has_it(request, headers):
        return Response(status_code=304, headers=headers)
    body = write_points(asked.answer(parts))
    return Response(body, headers=headers, media_type=MEDIA["geojson"])


def _tagged(stamp: str) -> dict[str, str]:
    """Headers of an answer that is asked for again each time, and sent only where it changed."""
    return {"ETag": f'"{stamp}"', "Cache-Control": "private, no-cache"}


def _has_it(request: Request, headers: Mapping[str, str]) -> bool:
    return headers["ETag"] in request.headers.get("if-none-match", "")


def split_names(names: str) -> Sequence[str]:
    """Each of them."""
    return [name.strip() for name in names.split(",") if name.strip()] or [names]
