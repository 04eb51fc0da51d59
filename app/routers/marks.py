"""Whom questions of stored lists leave out, and what became of their rows."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi import Path as InPath
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, Field

from app.answers.schema.marks import (
    MarkedOut,
    OutcomesOut,
    SuppressionDeletedOut,
    SuppressionOut,
    SuppressionsOut,
)
from app.library.library import find_stored
from app.library.options import WHICH_ROWS, MarkOptions, OutcomesOptions, SuppressionOptions
from app.library.outcomes import MOST_AT_ONCE, show_outcomes, unmark_row
from app.routers import CallerDep, PartsDep, TenantDep
from app.routers.exchange import Turn, Upload, list_body, receive_upload
from app.routers.openapi import READ, WRITE
from app.wiring.marking import add_suppression, mark_list, suppress_list

router = APIRouter(prefix="/v1", tags=["lists"])

Name = Annotated[str, InPath(description="Its slug or id.", max_length=100)]


@router.get("/suppressions", response_model=SuppressionsOut, openapi_extra=READ)
def suppressions(parts: PartsDep, tenant: TenantDep) -> Response:
    """Whom every question of stored lists leaves out, the oldest first."""
    with parts.database.reading() as session:
        found = parts.suppressions.list_all(session, tenant)
    return JSONResponse({"suppressions": [one.document() for one in found]})


@router.post(
    "/suppressions",
    status_code=201,
    response_model=SuppressionOut,
    openapi_extra=WRITE | list_body(),
)
def suppress(
    parts: PartsDep,
    tenant: TenantDep,
    ask: Annotated[SuppressionOptions, Query()],
    upload: Annotated[Upload, Depends(receive_upload())],
    _: Turn,
) -> Response:
    """Leave out whom a file names: a list in any format, or one phone, domain or address a line."""
    made = add_suppression(parts, tenant, ask, upload.list, "the file")
    return JSONResponse(made.document(), 201)


@router.post(
    "/suppressions/of/{name}", status_code=201, response_model=SuppressionOut, openapi_extra=WRITE
)
def suppress_stored(
    parts: PartsDep,
    tenant: TenantDep,
    name: Name,
    ask: Annotated[SuppressionOptions, Query()],
    _: Turn,
) -> Response:
    """Leave out the businesses of a stored list, as it is now."""
    return JSONResponse(suppress_list(parts, tenant, ask, name).document(), 201)


@router.delete("/suppressions/{name}", response_model=SuppressionDeletedOut, openapi_extra=WRITE)
def unsuppress(
    parts: PartsDep,
    tenant: TenantDep,
    name: Annotated[str, InPath(description="Its name or id.", max_length=100)],
) -> Response:
    """Delete a suppression: its rows, and which rows of lists it named."""
    return JSONResponse(parts.suppressions.delete(tenant, name))


class MarkIn(MarkOptions):
    """What became of which rows."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"what": "mailed", "on": "2026-11-28", "rows": [12, 15]}]}
    )

    rows: list[int] = Field(
        description=WHICH_ROWS,
        min_length=1,
        max_length=MOST_AT_ONCE,
    )


@router.post("/lists/{name}/outcomes", response_model=MarkedOut, openapi_extra=WRITE)
def mark(parts: PartsDep, caller: CallerDep, name: Name, ask: MarkIn) -> Response:
    """Store what became of rows; asked again, it marks none twice."""
    marked = mark_list(parts, caller.tenant, name, ask.rows, ask.mark(caller.name))
    return JSONResponse(marked)


@router.get("/lists/{name}/outcomes", response_model=OutcomesOut, openapi_extra=READ)
def outcomes(
    parts: PartsDep, tenant: TenantDep, name: Name, ask: Annotated[OutcomesOptions, Query()]
) -> Response:
    """What became of rows, in the order in which it was stored."""
    with parts.database.reading() as session:
        stored = find_stored(session, tenant, name)
        return JSONResponse(show_outcomes(session, stored, ask))


@router.delete("/lists/{name}/outcomes/{outcome}", status_code=204, openapi_extra=WRITE)
def unmark(
    parts: PartsDep,
    tenant: TenantDep,
    name: Name,
    outcome: Annotated[int, InPath(ge=1, le=2**31 - 1)],
) -> None:
    """Delete one outcome: a slip of the finger."""
    with parts.database.session() as session:
        unmark_row(session, find_stored(session, tenant, name, locked=True), outcome)
