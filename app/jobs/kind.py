"""What a kind of job has to say of itself."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from app.geo.progress import Progress
from app.store.tables import Job

type Result = str | int | float | bool | None  # a value of what came of a job


def _write_nothing(_: Session) -> None:
    """What is on the disk already."""


@dataclass(frozen=True)
class Chunk:
    """A part of a job that was computed: how many rows it is, and what writes them.

    `write` runs in the transaction that commits the chunk, short and at most once.
    """

    rows: int
    write: Callable[[Session], None] = _write_nothing


class JobKind(Protocol):
    """How one kind of job is done, in chunks that are alike whenever they are computed.

    Two processes may compute the same chunk for a moment, when one of them has lost its lease and
    does not know it yet; only one commits. Files that a chunk writes before its commit are named
    so that the two don't meet.
    """

    def prepare(self, job: Job) -> int | None:
        """How many rows it has, None where that can't be told. Asked until it is known."""
        ...

    def run(self, job: Job, from_chunk: int) -> Iterator[Chunk | Progress | None]:
        """The chunks from that one on, computed outside any transaction, each in seconds at most.

        None is no chunk: between them, it is where a longer work lets itself be stopped. So is
        Progress, which tells how far a work is that has no rows, a few times a second at most.
        """
        ...

    def conclude(self, job: Job, session: Session) -> Mapping[str, Result]:
        """The result, once all chunks are there, in the transaction that ends the job."""
        ...

    def clean_up(self, job: Job) -> None:
        """Remove what a job that failed or was cancelled has written; maybe for a second time."""
        ...
