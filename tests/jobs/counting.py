"""A kind of job that writes what can be compared, and processes of their own that work at it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Table, Text, UniqueConstraint, delete, insert
from sqlalchemy.orm import Session

from app.geo.progress import Progress
from app.jobs.kind import Chunk
from app.jobs.queue import JobQueue
from app.jobs.worker import Worker
from app.store.database import Database, open_database
from app.store.tables import Job

CHUNK = 10
COUNTED = Table(
    "counted",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("job_id", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("job_id", "n"),
)


@dataclass(frozen=True)
class Counting:
    """Counts to `rows` by tens, each a row with what was computed of it.

    params: rows; pause_s, what a chunk takes; steps, in how many parts it lets itself be stopped,
    which it `tells`; and where it goes wrong, `raises` at a chunk.
    """

    database: Database
    raises: Mapping[int, BaseException] = field(default_factory=dict)

    def prepare(self, job: Job) -> int | None:
        rows: int = job.params["rows"]
        return rows

    def run(self, job: Job, from_chunk: int) -> Iterator[Chunk | Progress | None]:
        pause, steps = job.params.get("pause_s", 0), job.params.get("steps", 1)
        for chunk in range(from_chunk, -(-job.params["rows"] // CHUNK)):
            for step in range(steps):
                time.sleep(pause / steps)
                yield Progress("counting", step, steps) if job.params.get("tells") else None
            if chunk in self.raises:
                raise self.raises[chunk]
            yield self._chunk(job, chunk)

    def _chunk(self, job: Job, chunk: int) -> Chunk:
        last = min(job.params["rows"], (chunk + 1) * CHUNK)
        rows = [
            {"job_id": job.id, "n": n, "text": f"{n * n:x} \u02bbokina"}
            for n in range(chunk * CHUNK, last)
        ]
        return Chunk(len(rows), lambda session: session.execute(insert(COUNTED), rows) and None)

    def conclude(self, job: Job, session: Session) -> Mapping[str, Any]:
        return {"counted": len(read_counted(session, job.id))}

    def clean_up(self, job: Job) -> None:
        with self.database.session() as session:
            session.execute(delete(COUNTED).where(COUNTED.c.job_id == job.id))


def make_table(database: Database) -> None:
    with database.session() as session:
        COUNTED.create(session.connection())


def read_counted(session: Session, job_id: str) -> list[tuple[int, str]]:
    """The rows as they were written, in that order."""
    asked = COUNTED.select().where(COUNTED.c.job_id == job_id).order_by(COUNTED.c.id)
    return [(row.n, row.text) for row in session.execute(asked)]


def work(url: str, data_dir: str, lease_s: float) -> None:
    """What each of the processes does, until SIGTERM."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    with open_database(url, Path(data_dir)) as database:
        Worker(JobQueue(database, lease_s), {"count": Counting(database)}).run(stopping)


@dataclass(frozen=True)
class Working:
    """A process that works at the jobs."""

    pid: int

    def send(self, number: signal.Signals) -> None:
        """That signal, where it is still there to get it."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL, and it is gone."""
        self.send(signal.SIGKILL)
        while self.is_alive():
            time.sleep(0.005)

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return Path(f"/proc/{self.pid}").exists()


class WorkersStarter:
    """Starts processes that work in milliseconds: forks of one that has everything loaded."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, url: str, data_dir: Path, lease_s: float) -> Working:
        """One more."""
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.write(json.dumps([url, str(data_dir), lease_s]) + "\n")
        self._server.stdin.flush()
        return Working(int(self._server.stdout.readline()))

    def close(self) -> None:
        """No more; those that were started go on."""
        self._server.communicate()


def _fork_for_each_line() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system forgets those that end
    while line := sys.stdin.readline():
        if pid := os.fork():
            print(pid, flush=True)  # noqa: T201
            continue
        os.dup2(2, 1)
        work(*json.loads(line))
        os._exit(0)


if __name__ == "__main__":
    _fork_for_each_line()
