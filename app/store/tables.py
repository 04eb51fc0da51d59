"""The tables. Each row is a tenant's, and every query names the tenant.

A change here needs a new file in migrations/versions; a test compares the two.
"""

import re
from datetime import date, datetime
from secrets import token_hex
from typing import Any, Literal

from sqlalchemy import JSON, ForeignKey, Index, MetaData, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.store.clock import UtcTime, utc_now
from app.store.kinds import OutcomeKind, SuppressionSource

type Scope = Literal["read", "write", "admin"]
type ListState = Literal["importing", "ready", "deleting"]
type StoredKind = Literal["prospects", "clients"]
type JobState = Literal["queued", "running", "done", "failed", "cancelled"]

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


DEFAULT_TENANT = 1  # made with the tables, for a service of one firm


def new_id() -> str:
    """128 random bits that nobody guesses, as letters and digits that no shell minds."""
    return token_hex(16)


def is_id(text: str) -> bool:
    """Whether it is made as `new_id` makes them."""
    return re.fullmatch("[0-9a-f]{32}", text) is not None


class Base(DeclarativeBase):
    """What all tables share."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012  read by SQLAlchemy, once
        str: Text,
        datetime: UtcTime,
        dict[str, Any]: JSON(none_as_null=True),
    }


class Tenant(Base):
    """Whose lists, jobs and exports they are; the first is made with the tables.

    marks: a number that grows whenever an outcome or a suppression comes or goes.
    """

    __tablename__ = "tenant"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    marks: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime] = mapped_column(default=utc_now())


class ApiKey(Base):
    """A key of a tenant, of which only its first 8 characters and its hash are here.

    rate: requests a minute. most_mb: megabytes of one body.
    """

    __tablename__ = "api_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey(Tenant.id), index=True)
    name: Mapped[str]
    prefix: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)
    scope: Mapped[Scope] = mapped_column(Text)
    rate: Mapped[int]
    most_mb: Mapped[int]
    created: Mapped[datetime] = mapped_column(default=utc_now())
    revoked: Mapped[datetime | None]


class StoredList(Base):
    """A list in the service; its rows lie in the row store under its id.

    description: what the library wants to remember of the reading.
    """

    __tablename__ = "stored_list"
    __table_args__ = (UniqueConstraint("tenant_id", "slug"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    tenant_id: Mapped[int] = mapped_column(ForeignKey(Tenant.id))
    slug: Mapped[str]
    name: Mapped[str]
    kind: Mapped[StoredKind] = mapped_column(Text)
    state: Mapped[ListState] = mapped_column(Text)
    vendor: Mapped[str] = mapped_column(default="")
    rows: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    place: Mapped[str] = mapped_column(default="")
    ordered: Mapped[date | None]
    expires: Mapped[date | None]
    uses_allowed: Mapped[int | None]
    uses: Mapped[int] = mapped_column(default=0)
    retention_days: Mapped[int | None]
    description: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created: Mapped[datetime] = mapped_column(default=utc_now())


class ListUse(Base):
    """The ledger: who exported what when. Rows are added only, and outlive the list."""

    __tablename__ = "list_use"
    __table_args__ = (Index(None, "tenant_id", "list_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey(Tenant.id))
    list_id: Mapped[str]
    list_name: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=utc_now())
    who: Mapped[str]
    what: Mapped[str]
    rows: Mapped[int]
    counted: Mapped[bool]
    question: Mapped[dict[str, Any]]


class Outcome(Base):
    """What became of a row of a stored list; row: its number there, from 1. at: a day, in UTC."""

    __tablename__ = "outcome"
    __table_args__ = (
        Index(None, "tenant_id", "list_id", "row"),
        {"sqlite_autoincrement": True},  # the number of a deleted one is given to no other
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey(Tenant.id))
    list_id: Mapped[str] = mapped_column(ForeignKey(StoredList.id, ondelete="CASCADE"), index=True)
    row: Mapped[int]
    what: Mapped[OutcomeKind] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=utc_now())
    who: Mapped[str]
    note: Mapped[str] = mapped_column(default="")


class Suppression(Base):
    """Businesses that finds leave out; its rows lie in the row store under its id."""

    __tablename__ = "suppression"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    tenant_id: Mapped[int] = mapped_column(ForeignKey(Tenant.id), index=True)
    name: Mapped[str]
    source: Mapped[SuppressionSource] = mapped_column(Text)
    rows: Mapped[int]
    created: Mapped[datetime] = mapped_column(default=utc_now())


class Job(Base):
    """A long work that survives its process; see app.jobs.queue.

    done: chunks committed, the cursor. lease: until when `owner` alone may commit. cancel: it was
    cancelled, and what it had written is not removed yet. attempts: since the last chunk. progress:
    how far it is, where rows don't say it, as `geo.progress.Progress` has it.
    """

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("tenant_id", "idempotency_key"),
        Index(None, "state", "created"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    tenant_id: Mapped[int] = mapped_column(ForeignKey(Tenant.id))
    kind: Mapped[str]
    state: Mapped[JobState] = mapped_column(Text, default="queued")
    params: Mapped[dict[str, Any]]
    done: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0)
    rows_total: Mapped[int | None]
    progress: Mapped[dict[str, Any] | None]
    result: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]
    owner: Mapped[str | None]
    lease: Mapped[datetime | None]
    cancel: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    idempotency_key: Mapped[str | None]
    created: Mapped[datetime] = mapped_column(default=utc_now())
    started: Mapped[datetime | None]
    finished: Mapped[datetime | None]
