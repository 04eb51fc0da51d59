"""How far a job is."""

from dataclasses import dataclass
from datetime import datetime

from app.store.tables import Job, JobState

ENDED: frozenset[JobState] = frozenset(("done", "failed", "cancelled"))


@dataclass(frozen=True)
class JobProgress:
    """A job's rows and time. rows_total, rows_per_second, seconds_left: None where not known."""

    state: JobState
    rows_done: int
    rows_total: int | None
    rows_per_second: float | None
    seconds_left: float | None


def measure_progress(job: Job, now: datetime) -> JobProgress:
    """The progress at that moment, by the speed since the job was first begun."""
    spent = ((job.finished or now) - job.started).total_seconds() if job.started else 0.0
    speed = job.rows_done / spent if spent > 0 and job.rows_done else None
    left = None
    if job.state == "running" and speed and job.rows_total is not None:
        left = max(0, job.rows_total - job.rows_done) / speed
    return JobProgress(job.state, job.rows_done, job.rows_total, speed, left)
