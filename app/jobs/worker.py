"""Who works jobs off: one after the other, until told to stop."""

import fcntl
import traceback
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from secrets import token_hex
from threading import Event
from typing import Any

import structlog

from app.errors import BadInput, Busy, NoRoom, StorageFailed, SweetspotError
from app.folders import writing_to
from app.geo.progress import Progress
from app.jobs.kind import Chunk, JobKind
from app.jobs.lease import JobLease, LeaseLost
from app.jobs.queue import JobQueue
from app.store.tables import Job
from app.text import count_words

log = structlog.get_logger()

POLL_S = 0.3  # how soon a job that was submitted or handed on is begun
MOST_ATTEMPTS = 5  # without a chunk in between; judgement


class Worker:
    """Works at one job at a time, in the thread that calls `run`.

    Of the processes that share a SQLite file one works, by a lock that the system frees when it
    ends; the others stand by. On PostgreSQL all of them do.
    """

    def __init__(
        self,
        queue: JobQueue,
        kinds: Mapping[str, JobKind],
        tidy_up: Callable[[], None] = lambda: None,
    ) -> None:
        """`tidy_up`: called before each job, by who works; whether anything is due is its own."""
        self._queue = queue
        self._kinds = kinds
        self._tidy_up = tidy_up
        self._elected = ExitStack()
        self._has_lock = False

    def run(self, stopping: Event) -> None:
        """Until `stopping` is set: then the job in hand is handed on at once."""
        told = ""
        with self._elected:
            while not stopping.is_set():
                try:
                    busy, why = self._is_ready() and self._work_once(stopping), ""
                except (StorageFailed, Busy) as away:
                    busy, why = False, str(away)
                if why and why != told:
                    log.warning("jobs wait", why=why)
                told = why
                if not busy:
                    stopping.wait(POLL_S)

    def _is_ready(self) -> bool:
        """Whether it is ours to work."""
        folder = self._queue.database.lock_folder
        if folder is None or self._has_lock:
            return True
        if not self._take_lock(folder / "jobs.lock"):
            return False
        self._queue.clear_leases()  # of those that are gone, as they would have the lock
        self._has_lock = True
        return True

    def _take_lock(self, path: Path) -> bool:
        with writing_to(path):
            lock = path.open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return False
        self._elected.enter_context(lock)
        return True

    def _work_once(self, stopping: Event) -> bool:
        """Whether there was a job to work at."""
        self._tidy_up()
        lease = self._queue.claim(self._kinds.keys())
        if lease is None:
            return False
        with suppress(LeaseLost), lease.renewed(stopping, self._elected.close):
            self._work(self._kinds[lease.job.kind], lease)
        return True

    def _work(self, kind: JobKind, lease: JobLease) -> None:
        job = lease.job
        try:
            _run(kind, lease)
            log.info("job done", id=job.id, kind=job.kind)
        except LeaseLost:
            _leave(kind, lease)
        except (KeyboardInterrupt, SystemExit):
            lease.hand_on()
            raise
        except BaseException as why:  # noqa: BLE001 -- a panic of polars is no Exception
            if _may_pass(why) and lease.attempts < MOST_ATTEMPTS:
                log.warning("job put off", id=job.id, why=str(why))
                lease.put_off()
            else:
                _fail(kind, lease, why)


def _run(kind: JobKind, lease: JobLease) -> None:
    """The job from where it is to its end. Raises LeaseLost, and what the kind raises."""
    job = lease.job
    if job.state == "cancelled":
        raise LeaseLost
    if job.attempts > MOST_ATTEMPTS:
        raise SweetspotError(
            f"given up after {MOST_ATTEMPTS} attempts that broke off at the same place, behind "
            f"{count_words(job.rows_done, 'row')}: what it reads may be damaged, or larger than "
            "this machine's memory"
        )
    log.info("job begun", id=job.id, kind=job.kind, chunk=job.done, attempt=job.attempts)
    if job.rows_total is None:
        lease.set_total(kind.prepare(job))
    chunks = kind.run(job, job.done)
    try:
        for chunk in chunks:
            lease.check()
            match chunk:
                case Progress():
                    lease.tell_progress(chunk)
                case Chunk():
                    lease.commit_chunk(chunk)
    finally:
        if isinstance(chunks, Generator):
            chunks.close()
    lease.finish(partial(kind.conclude, job))


def _may_pass(why: BaseException) -> bool:
    """Whether the database or a folder is away, and may be back soon; a full disk is not."""
    return isinstance(why, StorageFailed | Busy) and not isinstance(why, NoRoom)


def _leave(kind: JobKind, lease: JobLease) -> None:
    """Our work at it is over; what a cancelled job has written is removed."""
    if not lease.was_cancelled():
        lease.put_off()
        return
    _clean_up(kind, lease.job)
    lease.end_cancelled()
    log.info("job cancelled", id=lease.job.id, kind=lease.job.kind)


def _fail(kind: JobKind, lease: JobLease, why: BaseException) -> None:
    """End it with what a person reads, and nothing half written."""
    error = describe_error(why)
    _clean_up(kind, lease.job)
    lease.fail(error)
    log.info("job failed", id=lease.job.id, kind=lease.job.kind, why=error["detail"])


def _clean_up(kind: JobKind, job: Job) -> None:
    try:
        kind.clean_up(job)
    except Exception as why:  # noqa: BLE001 -- the job has ended whether or not it went well
        log.error("clean-up failed", id=job.id, trace=_trace(why))


def describe_error(why: BaseException) -> dict[str, Any]:
    """What a person reads of it: `detail`, and where there are such `field` and `row`.

    Of what is a fault of ours only under which id the log has it.
    """
    if isinstance(why, BadInput):
        where = {"field": why.field or None, "row": why.row}
        return {"detail": str(why)} | {key: value for key, value in where.items() if value}
    if isinstance(why, SweetspotError):
        return {"detail": str(why)}
    fault = token_hex(6)
    log.error("bug", id=fault, trace=_trace(why))
    return {"detail": f"Something broke here; the log says what, under {fault}."}


def _trace(why: BaseException) -> str:
    return "".join(traceback.format_exception(why))
