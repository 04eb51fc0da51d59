"""The queue: what waits to be done, for those who submit and ask, and for those who work."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from app.errors import Conflict, NoSuchJob, QueueFull
from app.jobs.lease import LEASE_S, JobLease, new_owner
from app.jobs.progress import ENDED
from app.store.clock import utc_now
from app.store.database import Database
from app.store.tables import Job, Tenant, is_id

MOST_QUEUED = 100  # jobs that wait, of one tenant; judgement


class JobQueue:
    """The jobs in the database. Safe for threads and processes: each call is a transaction.

    lease_s: seconds after which another may take over a job of which nothing is heard. most: jobs
    of one tenant that may wait.
    """

    def __init__(
        self, database: Database, lease_s: float = LEASE_S, most: int = MOST_QUEUED
    ) -> None:
        self.database = database
        self._lease_s = lease_s
        self._most = most

    def submit(
        self,
        tenant: int,
        kind: str,
        params: Mapping[str, Any],
        idempotency_key: str | None = None,
        beside: Callable[[Session], None] = lambda _: None,
        own: Collection[str] = (),
    ) -> Job:
        """A new job; under a key that was used before, the one that was submitted then.

        beside: what is written with a new job, or neither is. own: the params that each attempt
        has for itself, by which it is no other.

        Raises Conflict where that one was another, QueueFull where so many wait already.
        """
        asked = json.loads(json.dumps(params))
        with self.database.session() as session:
            # Who submits for a tenant waits for who does at the moment.
            session.execute(_the(tenant).with_for_update(key_share=True))
            known = _submitted(session, tenant, idempotency_key)
            if known:
                return _same(known, kind, asked, own)
            _check_room(session, tenant, self._most)
            made = Job(tenant_id=tenant, kind=kind, params=asked, idempotency_key=idempotency_key)
            session.add(made)
            beside(session)
        return made

    def knows(self, tenant: int, idempotency_key: str | None) -> bool:
        """Whether a job was submitted under that key."""
        with self.database.reading() as session:
            return _submitted(session, tenant, idempotency_key) is not None

    def get(self, tenant: int, job_id: str) -> Job:
        """The tenant's job. Raises NoSuchJob, for another tenant's, too."""
        with self.database.reading() as session:
            return _find(session, tenant, job_id)

    def list(self, tenant: int, most: int = 100) -> Sequence[Job]:
        """The tenant's jobs, newest first."""
        newest = select(Job).where(Job.tenant_id == tenant).order_by(Job.created.desc(), Job.id)
        with self.database.reading() as session:
            return session.scalars(newest.limit(most)).all()

    def cancel(self, tenant: int, job_id: str) -> Job:
        """The job, which commits nothing more; one that has ended stays as it is.

        What it has written is removed by who works at it, or else by the next who is free.
        """
        with self.database.session() as session:
            _find(session, tenant, job_id)
            session.execute(
                update(Job)
                .where(Job.id == job_id, Job.state.not_in(ENDED))
                .values(state="cancelled", cancel=True, finished=utc_now())
            )
            session.expire_all()
            return _find(session, tenant, job_id)

    def claim(self, kinds: Collection[str]) -> JobLease | None:
        """The lease of the job that has waited longest, or that lost who worked at it.

        Cancelled ones, too, while what they have written is there.
        """
        free = and_(Job.kind.in_(kinds), _is_open(), _is_free())
        with self.database.reading() as session:  # most of the time nothing is to be done
            if session.scalar(select(Job.id).where(free).limit(1)) is None:
                return None
        oldest = select(Job.id).where(free).order_by(Job.created, Job.id).limit(1)
        with self.database.session() as session:
            found = session.scalar(oldest.with_for_update(skip_locked=True))
            if found is None:
                return None
            return JobLease(self.database, _take(session, found, self._lease_s), self._lease_s)

    def clear_leases(self) -> None:
        """Free all jobs: for the one process that works, before it begins."""
        with self.database.session() as session:
            session.execute(
                update(Job).where(Job.owner.is_not(None)).values(owner=None, lease=None)
            )


def _the(tenant: int) -> Any:
    return select(Tenant.id).where(Tenant.id == tenant)


def _submitted(session: Session, tenant: int, key: str | None) -> Job | None:
    if key is None:
        return None
    return session.scalar(select(Job).where(Job.tenant_id == tenant, Job.idempotency_key == key))


def _same(known: Job, kind: str, params: Mapping[str, Any], own: Collection[str]) -> Job:
    old, new = ({k: v for k, v in one.items() if k not in own} for one in (known.params, params))
    if (known.kind, old) != (kind, new):
        raise Conflict(
            "Idempotency-Key: it was used for something else before; take another one",
            field="Idempotency-Key",
        )
    return known


def _check_room(session: Session, tenant: int, most: int) -> None:
    waiting = select(func.count()).where(Job.tenant_id == tenant, Job.state == "queued")
    if session.scalars(waiting).one() >= most:
        raise QueueFull(f"{most} jobs wait already: try again when some are done")


def _find(session: Session, tenant: int, job_id: str) -> Job:
    asked = select(Job).where(Job.tenant_id == tenant, Job.id == job_id)
    found = session.scalar(asked) if is_id(job_id) else None
    if found is None:
        raise NoSuchJob("no such job; `sweetspot job ls` and GET /v1/jobs list those there are")
    return found


def _is_open() -> ColumnElement[bool]:
    return or_(Job.state.in_(("queued", "running")), and_(Job.state == "cancelled", Job.cancel))


def _is_free() -> ColumnElement[bool]:
    return or_(Job.lease.is_(None), Job.lease < utc_now())


def _take(session: Session, job_id: str, lease_s: float) -> Job:
    """The job, ours from now on."""
    taken = (
        update(Job)
        .where(Job.id == job_id)
        .values(
            state=func.replace(Job.state, "queued", "running"),
            owner=new_owner(),
            lease=utc_now(lease_s),
            attempts=Job.attempts + 1,
            started=func.coalesce(Job.started, utc_now()),
        )
    )
    session.execute(taken, execution_options={"synchronize_session": False})
    return session.get_one(Job, job_id)
