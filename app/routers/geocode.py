"""Addresses to points, one at a time: for a home base, or while typing."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from app.answers.report import fix_rows
from app.answers.schema.geocode import (
    FixOut,
    Geocoded,
    SuggestionKind,
    SuggestionOut,
    SuggestionsOut,
)
from app.find.options import GeocodeOptions
from app.geo.geocoding.geocoder import Accuracy
from app.routers import PartsDep
from app.routers.openapi import READ
from app.wiring.ground import find_candidates, suggest_homes

router = APIRouter(prefix="/v1", tags=["geocode"])


KINDS: Mapping[Accuracy, SuggestionKind] = {
    Accuracy.GIVEN: "point",
    Accuracy.ROOFTOP: "house",
    Accuracy.INTERPOLATED: "house",
    Accuracy.STREET: "street",
    Accuracy.POSTCODE: "postcode",
    Accuracy.PLACE: "place",
}


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


@router.get("/suggest", openapi_extra=READ)
def suggest(
    parts: PartsDep,
    q: Annotated[str, Query(max_length=500, description="What is typed of a home base.")],
    limit: Annotated[int, Query(ge=1, le=20, description="At most so many.")] = 8,
) -> SuggestionsOut:
    """Home bases that may be meant while one is typed: of installed regions, and US ZIP codes."""
    return SuggestionsOut(
        suggestions=[
            SuggestionOut(
                label=home.label, lat=home.at.lat, lon=home.at.lon, kind=KINDS[home.accuracy]
            )
            for home in suggest_homes(parts, q, limit)
        ]
    )
