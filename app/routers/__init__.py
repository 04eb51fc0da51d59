"""One file a resource; a route parses, calls once, returns."""

from typing import Annotated

from fastapi import Depends, Request

from app.store.tables import DEFAULT_TENANT
from app.wiring.parts import Parts


async def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


PartsDep = Annotated[Parts, Depends(_parts)]


async def _tenant() -> int:
    return DEFAULT_TENANT


TenantDep = Annotated[int, Depends(_tenant)]
