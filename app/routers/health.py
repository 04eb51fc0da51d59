"""Is it up, and can it answer?"""

from fastapi import APIRouter
from pydantic import BaseModel

from app.routers import PartsDep

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """`ok`, and how many regions are installed (`/readyz` only)."""

    status: str
    regions: int | None = None


@router.get("/healthz", response_model_exclude_none=True)
def healthz() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/readyz")
def readyz(parts: PartsDep) -> Health:
    """The data folder can be read; engines start when they are first needed."""
    return Health(status="ok", regions=len(parts.regions.all()))
