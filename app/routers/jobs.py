"""Long works: how far they are, and an end to them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.sse import EventSourceResponse

from app.answers.schema.jobs import JobOut, JobsOut
from app.jobs.progress import ENDED, describe_job
from app.jobs.queue import JobQueue
from app.routers import PartsDep, TenantDep
from app.routers.openapi import READ, WRITE

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

POLL_S = 0.5  # how often an open stream looks


def _queue(parts: PartsDep) -> JobQueue:
    return parts.jobs


QueueDep = Annotated[JobQueue, Depends(_queue)]


JobId = Annotated[str, Path(description="As the list of jobs shows it.")]


def _described(queue: QueueDep, tenant: TenantDep, job_id: JobId) -> JobOut:
    return describe_job(queue.get(tenant, job_id), queue.database.read_clock())


@router.get("", openapi_extra=READ)
def jobs(
    queue: QueueDep,
    tenant: TenantDep,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most that are listed.")] = 100,
) -> JobsOut:
    """The jobs, newest first."""
    now = queue.database.read_clock()
    return JobsOut(jobs=[describe_job(job, now) for job in queue.list(tenant, limit)])


@router.get("/{job_id}", openapi_extra=READ)
def job(found: Annotated[JobOut, Depends(_described)]) -> JobOut:
    """One job: how far it is, and what came of it."""
    return found


@router.post("/{job_id}/cancel", openapi_extra=WRITE)
def cancel(queue: QueueDep, tenant: TenantDep, job_id: JobId) -> JobOut:
    """The job, cancelled; what it had written is removed. One that has ended stays as it is."""
    cancelled = queue.cancel(tenant, job_id)
    return describe_job(cancelled, queue.database.read_clock())


@router.get("/{job_id}/events", response_class=EventSourceResponse, openapi_extra=READ)
async def events(
    request: Request,
    found: Annotated[JobOut, Depends(_described)],
    queue: QueueDep,
    tenant: TenantDep,
) -> AsyncIterator[JobOut]:
    """The job each time that it got on, as server-sent events, until it has ended."""
    stopping = request.app.state.stopping
    yield found
    while found.state not in ENDED and not stopping.is_set():
        await asyncio.sleep(POLL_S)
        before, found = found, await to_thread.run_sync(_described, queue, tenant, found.id)
        if _is_another(before, found):
            yield found


def _is_another(before: JobOut, now: JobOut) -> bool:
    """Whether anything is to be told."""
    told = (before.state, before.rows_done, before.progress)
    return told != (now.state, now.rows_done, now.progress)
