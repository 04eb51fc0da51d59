"""What the licences of stored lists allow, and the ledger of their use."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from app.answers.schema.stored import LedgerOut, ListDetailOut
from app.library.ledger import describe_use
from app.library.options import EditOptions, LedgerOptions
from app.routers import CallerDep, PartsDep, TenantDep
from app.routers.lists import Name
from app.routers.openapi import READ, WRITE

router = APIRouter(prefix="/v1/lists", tags=["lists"])


@router.patch("/{name}", response_model=ListDetailOut, openapi_extra=WRITE)
def edit(parts: PartsDep, caller: CallerDep, name: Name, ask: EditOptions) -> Response:
    """Correct what is known of the licence of a list; null takes back what was said."""
    edited = parts.library.edit(caller.tenant, name, caller.name, ask.changes)
    return JSONResponse(edited.detail())


@router.get("/{name}/ledger", response_model=LedgerOut, openapi_extra=READ)
def ledger(
    parts: PartsDep, tenant: TenantDep, name: Name, ask: Annotated[LedgerOptions, Query()]
) -> Response:
    """Who exported what when, and what counted as a use; of a deleted list by its id."""
    found = parts.library.ledger(tenant, name, ask.limit)
    return JSONResponse({"uses": [describe_use(one) for one in found]})
