"""Long works, as people and programs see them."""

import time
from collections.abc import Sequence
from threading import Event

from rich.console import Console
from rich.table import Table

from app.answers.schema.jobs import JobOut
from app.cli.output import amount_text, print_json, show_count
from app.errors import BadList, SweetspotError
from app.geo.progress import Progress
from app.jobs.progress import ENDED
from app.store.tables import Job
from app.text import count_words
from app.wiring.parts import Parts
from app.wiring.working import working_inside

POLL_S = 0.1


def show_jobs(jobs: Sequence[JobOut], *, json: bool) -> None:
    """A line each."""
    if json:
        print_json([job.model_dump(mode="json") for job in jobs])
        return
    table = Table("job", "kind", "state", "rows", "left", "submitted (UTC)", box=None)
    for job in jobs:
        left = f"{job.seconds_left:,.0f} s" if job.seconds_left is not None else ""
        made = f"{job.created:%Y-%m-%d %H:%M:%S}"
        table.add_row(job.id, job.kind, job.state, _rows(job), left, made)
    Console().print(table)


def show_job(job: JobOut, *, json: bool) -> None:
    """All that is known of one."""
    if json:
        print_json(job.model_dump(mode="json"))
        return
    show_jobs([job], json=False)
    console = Console(highlight=False, soft_wrap=True, markup=False)
    if job.progress:
        at = Progress(**job.progress.model_dump())
        console.print(f"{at.step} {amount_text(at)}".strip())
    if job.rows_per_second:
        console.print(count_words(round(job.rows_per_second), "row") + " a second")
    for name, value in (job.result or {}).items():
        console.print(f"{name}: {value}")
    if job.error:
        console.print(job.error.detail)


def _rows(job: JobOut) -> str:
    return f"{job.rows_done:,}" + (f" of {job.rows_total:,}" if job.rows_total is not None else "")


def finish_job(live: Parts, job: Job, what: str, *, quiet: bool) -> Job:
    """The job once it has ended, worked at here where no other process does.

    One that is interrupted is cancelled. Raises the error by which it ended.
    """
    queue = live.jobs
    with working_inside(live, Event()), show_count(what, quiet) as tell:
        try:
            while job.state not in ENDED:
                time.sleep(POLL_S)
                job = queue.get(job.tenant_id, job.id)
                tell(job.rows_done, job.rows_total or 0)
        except KeyboardInterrupt:
            queue.cancel(job.tenant_id, job.id)
            raise
    if job.state == "cancelled":
        raise SweetspotError(f"{what} was cancelled: nothing of it is left")
    if job.error:
        where = {key: job.error[key] for key in ("field", "row") if key in job.error}
        raise BadList(job.error["detail"], **where)
    return job
