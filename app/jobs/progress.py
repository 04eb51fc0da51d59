"""How far a job is."""

from datetime import datetime

from app.answers.schema.jobs import JobErrorOut, JobOut, JobProgressOut
from app.store.tables import Job, JobState

ENDED: frozenset[JobState] = frozenset(("done", "failed", "cancelled"))


def describe_job(job: Job, now: datetime) -> JobOut:
    """The job as it is at that moment, with its speed since it was first begun."""
    speed = _rows_per_second(job, now)
    left = None
    if job.state == "running" and speed and job.rows_total is not None:
        left = round(max(0, job.rows_total - job.rows_done) / speed, 1)
    told = JobProgressOut(**job.progress) if job.progress and job.state == "running" else None
    return JobOut(
        id=job.id,
        kind=job.kind,
        state=job.state,
        rows_done=job.rows_done,
        rows_total=job.rows_total,
        progress=told,
        rows_per_second=speed and round(speed, 1),
        seconds_left=left if told is None else told.seconds_left,
        created=job.created,
        started=job.started,
        finished=job.finished,
        result=job.result,
        error=JobErrorOut(**job.error) if job.error else None,
    )


def _rows_per_second(job: Job, now: datetime) -> float | None:
    """None before there is anything to tell it by."""
    if job.started is None or not job.rows_done:
        return None
    spent = ((job.finished or now) - job.started).total_seconds()
    return job.rows_done / spent if spent > 0 else None
