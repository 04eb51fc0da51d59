"""One file a resource; a route parses, calls once, returns."""

from typing import Annotated

from fastapi import Depends, Header, Request

from app.store.key_ring import Caller
from app.wiring.parts import Parts


async def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


PartsDep = Annotated[Parts, Depends(_parts)]


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


async def _tenant(request: Request) -> int:
    return (await _caller(request)).tenant


CallerDep = Annotated[Caller, Depends(_caller)]  # who asks
TenantDep = Annotated[int, Depends(_tenant)]  # the id of whose it is: each query names it
# Under which a job is submitted once, however often it is asked for.
IdempotencyKey = Annotated[str | None, Header(max_length=200)]
