"""Lists whose time is over are deleted: some days after their licence ended, or by their retention.

Also those whose deletion broke off, and jobs that ended long ago. Safe for processes at once: one
of them deletes each list, and enters that in the ledger.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.errors import Conflict, SweetspotError
from app.library.ledger import DAY_ENDS_S, PURGED, THIS_MACHINE, list_entry
from app.library.library import Library, entry_of
from app.store.clock import utc_now
from app.store.database import Database
from app.store.tables import Job, StoredList
from app.text import count_words

log = structlog.get_logger()

EVERY_S = 3_600.0


@dataclass(frozen=True)
class ExpiredList:
    """A list that is to be deleted; `why`, in words."""

    stored: StoredList
    why: str


def find_expired(
    library: Library, grace_days: int, tenant_id: int | None = None
) -> Sequence[ExpiredList]:
    """The lists that are to be deleted now, of one tenant or of all.

    grace_days: for so long after its last day a list may still be renewed.
    """
    asked = select(StoredList).where(StoredList.state.in_(("ready", "deleting")))
    if tenant_id is not None:
        asked = asked.where(StoredList.tenant_id == tenant_id)
    with library.database.reading() as session:
        now = session.scalars(select(utc_now())).one()
        found = session.scalars(asked.order_by(StoredList.created, StoredList.id)).all()
    told = [(one, _why_expired(one, now, timedelta(days=grace_days))) for one in found]
    return [ExpiredList(one, why) for one, why in told if why]


def _why_expired(stored: StoredList, now: datetime, grace: timedelta) -> str:
    """An empty text where it may stay."""
    if stored.state == "deleting":
        return "its deletion had broken off"
    if stored.expires and _last_day(now) - grace > stored.expires:
        return f"its licence ran out on {stored.expires}"
    days = stored.retention_days
    if days is not None and now - timedelta(days=days) > stored.created:
        return f"it was to be deleted {count_words(days, 'day')} after its import"
    return ""


def _last_day(now: datetime) -> date:
    """The day of today where it ends last."""
    return (now - timedelta(seconds=DAY_ENDS_S)).date()


def purge_list(library: Library, expired: ExpiredList) -> None:
    """Delete one of them; the ledger and the log say so, by whoever deleted it.

    Raises Conflict for one whose licence was changed since it was found.
    """
    stored, why = expired.stored, expired.why

    def check(now: StoredList) -> None:
        if (now.expires, now.retention_days) != (stored.expires, stored.retention_days):
            raise Conflict(f"list {now.slug!r}: its licence was just changed: it stays")

    def tell(session: Session) -> None:
        session.add(list_entry(stored, THIS_MACHINE, PURGED, {"why": why}))
        log.info("list purged", list=stored.slug, rows=stored.rows, why=why)

    library.delete_entry(entry_of(stored), tell, check)


def forget_jobs(database: Database, days: int) -> None:
    """Delete the jobs that ended more than so many days ago and have left nothing to clean up."""
    over = Job.finished < utc_now(-days * 86_400.0)
    with database.session() as session:
        session.execute(delete(Job).where(over, Job.cancel.is_(False)))


class Purge:
    """All that is to be deleted, about once an hour, however often it is called."""

    def __init__(self, library: Library, grace_days: int, job_days: int) -> None:
        self._library = library
        self._grace_days = grace_days
        self._job_days = job_days
        self._due = 0.0

    def __call__(self) -> None:
        """One that can't be deleted is tried again an hour later."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + EVERY_S
        for one in find_expired(self._library, self._grace_days):
            try:
                purge_list(self._library, one)
            except SweetspotError as why:
                log.warning("list not purged", list=one.stored.slug, why=str(why))
        forget_jobs(self._library.database, self._job_days)
        self._library.exports.delete_old()
