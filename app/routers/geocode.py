"""Addresses to points, one at a time: for a home base, or while typing."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from app.answers.report import fix_rows
from app.answers.schema.geocode import FixOut, Geocoded
from app.find.options import GeocodeOptions
from app.routers import PartsDep
from app.routers.openapi import READ
from app.wiring.ground import find_candidates

router = APIRouter(prefix="/v1", tags=["geocode"])


class GeocodeQuery(GeocodeOptions):
    """An address, and where it is looked for."""

    address: str = Field(min_length=1, max_length=500, examples=["Springfield, MA"])


@router.get("/geocode", openapi_extra=READ)
def geocode(parts: PartsDep, ask: Annotated[GeocodeQuery, Query()]) -> Geocoded:
    """The places an address may mean, in the installed regions and the US ZIP codes."""
    services = parts.online() if ask.online else []
    found = find_candidates(parts, ask.address, ask, services)
    return Geocoded(
        address=ask.address,
        fixes=[FixOut(**row) for row in fix_rows(found)],
        notes=[] if ask.region else [one.problem for one in parts.regions.unreadable()],
    )
