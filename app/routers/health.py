"""Is it up, and can it do its work?"""

from anyio import to_thread
from fastapi import APIRouter, Request

from app.answers.schema.health import Health
from app.routers import PartsDep
from app.routers.openapi import OPEN

router = APIRouter(tags=["health"])

NO_MAP = "no map: estimates only"


@router.get("/healthz", response_model_exclude_none=True, openapi_extra=OPEN)
async def healthz() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/readyz", response_model_exclude_none=True, openapi_extra=OPEN)
async def readyz(request: Request, parts: PartsDep) -> Health:
    """It can do its work; engines start when they are first needed.

    503 where the data folder or the temporary folder can't be written to, or an installed region
    can't be used; what is said names it and what to do. Without any region the answer says so.
    """
    # One thread for all who ask: the shared ones may all be judging lists.
    regions = await to_thread.run_sync(parts.check, limiter=request.app.state.checking)
    return Health(status="ok", regions=regions, note=None if regions else NO_MAP)
