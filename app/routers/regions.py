"""The installed maps, and what is within reach on them."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from app.answers.schema.geojson import ReachOut
from app.answers.schema.regions import CircleOut, RegionOut, RegionsOut, UnreadableOut
from app.find.options import ReachOptions
from app.geo.regions.region import Region
from app.routers import PartsDep
from app.routers.openapi import READ, media_of
from app.wiring.maps import draw_reach

router = APIRouter(prefix="/v1", tags=["maps"])


@router.get("/regions", openapi_extra=READ)
def regions(parts: PartsDep) -> RegionsOut:
    """The installed regions."""
    return RegionsOut(
        regions=[_region(region) for region in parts.regions.all()],
        unreadable=[
            UnreadableOut(name=one.name, problem=one.problem) for one in parts.regions.unreadable()
        ],
    )


def _region(region: Region) -> RegionOut:
    return RegionOut(
        name=region.name,
        bounds=list(region.bounds),
        across_miles=list(region.across_miles),
        circle=CircleOut(**asdict(region.circle)) if region.circle else None,
        size_bytes=region.size_bytes,
        data_date=region.data_date,
        created=region.created,
        counts=dict(region.counts),
        attribution=region.attribution,
    )


@router.get(
    "/reach",
    response_class=Response,
    responses={
        200: {"content": {"application/geo+json": media_of(ReachOut)}, "description": "GeoJSON"}
    },
    openapi_extra=READ,
)
def reach(parts: PartsDep, ask: Annotated[ReachOptions, Query()]) -> Response:
    """Polygons of the area within so many minutes, for a map; never used for verdicts."""
    how = ask.driving(parts.settings.data_dir)
    return _geojson(draw_reach(parts, ask.home, ask.minutes, how, ask.region))


def _geojson(shape: Mapping[str, Any]) -> Response:
    return Response(json.dumps(shape), media_type="application/geo+json")
