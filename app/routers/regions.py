"""The installed maps, and what is within reach on them."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse

from app.answers.schema.geojson import ReachOut
from app.answers.schema.regions import (
    CircleOut,
    RegionJobOut,
    RegionOut,
    RegionPlanOut,
    RegionsOut,
    SampleJobsOut,
    UnreadableOut,
)
from app.find.options import ReachOptions
from app.geo.regions.region import Region
from app.jobs.options import BuildOptions, RegionOptions
from app.library.slugs import slug_of
from app.routers import IdempotencyKey, PartsDep, TenantDep
from app.routers.openapi import ADMIN, READ, media_of
from app.wiring.maps import draw_reach
from app.wiring.region_jobs import SAMPLE_LIST, RegionPlan, SampleJobs, start_region

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
        center=[round(region.center.lon, 6), round(region.center.lat, 6)],
        across_miles=list(region.across_miles),
        circle=CircleOut(**asdict(region.circle)) if region.circle else None,
        size_bytes=region.size_bytes,
        data_date=region.data_date,
        created=region.created,
        counts=dict(region.counts),
        attribution=region.attribution,
    )


@router.get("/regions/plan", response_model=RegionPlanOut, openapi_extra=ADMIN)
def plan(parts: PartsDep, ask: Annotated[RegionOptions, Query()]) -> Response:
    """What a region would be made of and take; nothing but the index of maps is downloaded."""
    return JSONResponse(RegionPlan.of(parts, ask).document())


@router.post("/regions", status_code=202, openapi_extra=ADMIN)
def add_region(
    parts: PartsDep, tenant: TenantDep, ask: BuildOptions, idempotency_key: IdempotencyKey = None
) -> RegionJobOut:
    """Download and build a region, as a job; /v1/jobs says how far it is."""
    job = start_region(parts, tenant, ask, idempotency_key)
    return RegionJobOut(job=job.id, region=job.params["name"], state=job.state)


@router.post("/regions/sample", status_code=202, openapi_extra=ADMIN)
def add_sample(
    parts: PartsDep, tenant: TenantDep, idempotency_key: IdempotencyKey = None
) -> SampleJobsOut:
    """Build the sample county, a small made-up map, and store a list to try on it, as two jobs."""
    jobs = SampleJobs.start(parts, tenant, idempotency_key)
    return SampleJobsOut(
        job=jobs.region.id,
        region=jobs.region.params["name"],
        state=jobs.region.state,
        list=slug_of(SAMPLE_LIST),
        list_job=jobs.listing.id if jobs.listing else None,
    )


@router.delete("/regions/{region:path}", status_code=204, openapi_extra=ADMIN)
def remove_region(
    parts: PartsDep, region: Annotated[str, Path(description="Its name.", max_length=100)]
) -> None:
    """Delete a region."""
    parts.regions.remove(region)


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
