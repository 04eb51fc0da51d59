"""Addresses to points, one at a time: for a home base, or while typing."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.answers.report import fix_rows
from app.routers import PartsDep

router = APIRouter(prefix="/v1", tags=["geocode"])


class FixOut(BaseModel):
    """Where an address lies: WGS84 degrees, and how many metres it may be off."""

    label: str
    lat: float
    lon: float
    accuracy: str
    radius_m: float
    source: str
    note: str = ""


class Geocoded(BaseModel):
    """The places that fit, best first; none is an empty list."""

    address: str
    fixes: list[FixOut]
    notes: list[str] = Field([], description="Installed maps that could not be asked.")


@router.get("/geocode")
def geocode(
    parts: PartsDep,
    address: Annotated[str, Query(min_length=1, max_length=500, examples=["Springfield, MA"])],
    k: Annotated[int, Query(ge=1, le=50, description="At most so many places.")] = 5,
    region: Annotated[str, Query(description="Look in this region only.")] = "",
    online: Annotated[
        bool, Query(description="Ask the configured services, too; not while typing.")
    ] = False,
) -> Geocoded:
    """The places an address may mean, in the installed regions and the US ZIP codes."""
    services = parts.online() if online else []
    found = parts.candidates(address, k, region, services)
    return Geocoded(
        address=address,
        fixes=[FixOut(**row) for row in fix_rows(found)],
        notes=[] if region else [one.problem for one in parts.regions.unreadable()],
    )
