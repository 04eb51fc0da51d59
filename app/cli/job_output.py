"""Jobs on the screen: how far one is until it has ended."""

import time
from typing import TYPE_CHECKING

from app.cli.output import show_count
from app.errors import BadList, SweetspotError
from app.jobs.progress import ENDED
from app.jobs.queue import JobQueue
from app.store.tables import DEFAULT_TENANT, Job
from app.wiring.working import working

if TYPE_CHECKING:
    from app.wiring.parts import Parts

POLL_S = 0.1


def finish_job(live: "Parts", job: Job, what: str, *, quiet: bool) -> Job:
    """The job once it has ended, worked at here where no other process does.

    One that is interrupted is cancelled. Raises the error by which it ended.
    """
    queue = JobQueue(live.database)
    with working(live), show_count(what, quiet) as tell:
        try:
            while job.state not in ENDED:
                time.sleep(POLL_S)
                job = queue.get(DEFAULT_TENANT, job.id)
                tell(job.rows_done, job.rows_total or 0)
        except KeyboardInterrupt:
            queue.cancel(DEFAULT_TENANT, job.id)
            raise
    if job.state == "cancelled":
        raise SweetspotError(f"{what} was cancelled: nothing of it is left")
    if job.error:
        where = {key: job.error[key] for key in ("field", "row") if key in job.error}
        raise BadList(job.error["detail"], **where)
    return job
