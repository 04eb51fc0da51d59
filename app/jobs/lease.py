"""The right to work at a job: renewed while its holder lives, asked for in every commit."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from secrets import token_hex
from socket import gethostname
from typing import Any

import structlog
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from app.errors import Busy, NoRoom, StorageFailed
from app.geo.progress import Progress
from app.jobs.kind import Chunk, Result
from app.store.clock import utc_now
from app.store.database import Database
from app.store.tables import Job

log = structlog.get_logger()

# Longer than a commit ever waits; a chunk may be longer, as a thread renews the lease meanwhile.
LEASE_S = 6.0
BEAT_S = 0.5  # how soon a holder sees that its job was cancelled
TICK_S = 0.05  # how soon it sees that it is to stop

type Changes = Mapping[str, Any]


class LeaseLost(Exception):
    """Nothing more may be committed: the job was cancelled, handed on, or is another's by now."""


def new_owner() -> str:
    """A name for who works at a job, this once."""
    return f"{gethostname()}:{os.getpid()}:{token_hex(4)}"


class JobLease:
    """One job's, for one thread; another renews it (`renewed`).

    job: as it was when it was claimed; `done` counts on with what is committed.
    """

    def __init__(self, database: Database, job: Job, lease_s: float) -> None:
        self.job = job
        self.done = job.done
        self._database = database
        self._lease_s = lease_s
        self._lost = threading.Event()

    def check(self) -> None:
        """Raises LeaseLost where it is known to be lost."""
        if self._lost.is_set():
            raise LeaseLost

    @contextmanager
    def renewed(self, stopping: threading.Event, stop: Callable[[], None]) -> Iterator[None]:
        """Renew it until the block ends; hand it on and `stop` as soon as `stopping` is set."""
        over = threading.Event()
        beat = threading.Thread(target=self._beat, args=(over, stopping, stop), daemon=True)
        beat.start()
        try:
            yield
        finally:
            over.set()
            beat.join()

    def set_total(self, rows: int | None) -> None:
        """How many rows the job has."""
        self._commit({"rows_total": rows})

    def tell_progress(self, progress: Progress) -> None:
        """How far the chunk in hand is."""
        self._commit({"progress": asdict(progress)})

    def commit_chunk(self, chunk: Chunk) -> None:
        """Write it, and count it, or neither. Raises LeaseLost, and what `write` raises."""
        counted = {
            "done": Job.done + 1,
            "rows_done": Job.rows_done + chunk.rows,
            "lease": utc_now(self._lease_s),
            "attempts": 1,  # the first at the next chunk
        }
        self._commit(counted, chunk.write)
        self.done += 1

    def finish(self, conclude: Callable[[Session], Mapping[str, Result]]) -> None:
        """End the job with what `conclude` gives, in one commit with what it writes."""
        result: dict[str, Any] = {}
        self._commit(
            _ended("done") | {"result": result}, lambda session: result.update(conclude(session))
        )

    def fail(self, error: Mapping[str, Any]) -> None:
        """End the job with what a person reads of it."""
        self._commit(_ended("failed") | {"error": dict(error)})

    def end_cancelled(self) -> None:
        """What the job had written is gone."""
        with self._database.session() as session:
            _update(session, [self._is_owned()], {"cancel": False, "owner": None, "lease": None})

    def was_cancelled(self) -> bool:
        """Whether the job was cancelled, and is ours to clean up."""
        with self._database.reading() as session:
            job = session.scalar(select(Job).where(self._is_owned()))
            return job is not None and job.state == "cancelled"

    def hand_on(self) -> None:
        """Let another have the job, at once and as it is: we stop."""
        self._give_back({"lease": None, "attempts": Job.attempts - 1})

    def put_off(self) -> None:
        """Let the job rest, longer after each attempt: what it needs may be back by then."""
        self._give_back({"lease": utc_now(self.attempts * self._lease_s / 2)})

    @property
    def attempts(self) -> int:
        """How many were made at the chunk in hand, this one included."""
        return self.job.attempts if self.done == self.job.done else 1

    def _give_back(self, changes: Changes) -> None:
        """Where the database is away, the lease runs out."""
        self._lost.set()
        with suppress(StorageFailed, Busy), self._database.session() as session:
            _update(session, [self._is_owned()], {"owner": None, **changes})

    def _commit(self, changes: Changes, write: Callable[[Session], None] | None = None) -> None:
        """The fence is the last statement: who holds it is asked when all else is written.

        A database that is away ends our work, not the job: whoever claims it when the database is
        back goes on from what was committed.
        """
        self.check()
        try:
            with self._database.session() as session:
                if write:
                    write(session)
                    session.flush()
                held = [self._is_owned(), Job.state == "running", Job.done == self.done]
                if not _update(session, held, changes):
                    raise LeaseLost
        except NoRoom:
            raise
        except (StorageFailed, Busy) as why:
            log.warning("job left", id=self.job.id, why=str(why))
            raise LeaseLost from why

    def _is_owned(self) -> ColumnElement[bool]:
        return (Job.id == self.job.id) & (Job.owner == self.job.owner)

    def _beat(
        self, over: threading.Event, stopping: threading.Event, stop: Callable[[], None]
    ) -> None:
        due = time.monotonic() + BEAT_S
        while not over.wait(TICK_S):
            if stopping.is_set():
                self.hand_on()
                stop()
                return
            if time.monotonic() >= due:
                due = time.monotonic() + BEAT_S
                with suppress(StorageFailed, Busy):
                    self._renew()

    def _renew(self) -> None:
        """A cancelled job's, too, until its chunk in hand is given up."""
        with self._database.session() as session:
            held = _update(session, [self._is_owned()], {"lease": utc_now(self._lease_s)})
            if not held or session.get_one(Job, self.job.id).state == "cancelled":
                self._lost.set()


def _ended(state: str) -> dict[str, Any]:
    return {"state": state, "finished": utc_now(), "owner": None, "lease": None}


def _update(session: Session, where: list[ColumnElement[bool]], changes: Changes) -> bool:
    """Whether there was such a job."""
    done = session.execute(
        update(Job).where(*where).values(**changes).returning(Job.id),
        execution_options={"synchronize_session": False},
    )
    return done.first() is not None
