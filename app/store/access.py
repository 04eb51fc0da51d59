"""Tenants and their API keys: made, shown, revoked. Of a key only its SHA-256 is stored."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import BadInput
from app.store.clock import utc_now
from app.store.database import Database
from app.store.tables import ApiKey, Scope, Tenant

MARK = "sk_sweetspot_"  # by which people and scanners of leaked secrets know it
_TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_NAME = re.compile(r"\S(.{0,98}\S)?")


@dataclass(frozen=True)
class KeyRequest:
    """What a key is to be. rate: requests a minute. most_mb: megabytes of one body."""

    name: str
    tenant: str
    scope: Scope
    rate: int
    most_mb: int

    def check(self) -> None:
        """Raise BadInput for names that can't be used."""
        if not _TENANT.fullmatch(self.tenant):
            raise BadInput(
                f"tenant {self.tenant!r}: lowercase letters, digits and -, at most 40",
                field="tenant",
            )
        if not (_NAME.fullmatch(self.name) and self.name.isprintable()):
            raise BadInput(f"name {self.name!r}: one line, of at most 100 characters", field="name")


@dataclass(frozen=True)
class KeyFacts:
    """A key as its owner sees it: all but the secret."""

    prefix: str
    name: str
    tenant: str
    scope: Scope
    rate: int
    most_mb: int
    created: datetime
    revoked: datetime | None


def hash_secret(secret: str) -> str:
    """By what a key is found; it has 256 random bits, so that no slow hash is needed."""
    return sha256(secret.encode()).hexdigest()


def create_key(database: Database, wanted: KeyRequest) -> str:
    """A new key, its tenant made with it where there is none; it can't be read again.

    Raises BadInput.
    """
    wanted.check()
    random = secrets.token_hex(32)
    with database.session() as session:
        key = ApiKey(
            tenant_id=_tenant_id(session, wanted.tenant),
            name=wanted.name,
            prefix=random[:8],
            hash=hash_secret(MARK + random),
            scope=wanted.scope,
            rate=wanted.rate,
            most_mb=wanted.most_mb,
        )
        session.add(key)
    return MARK + random


def _tenant_id(session: Session, name: str) -> int:
    """Its id; another process may make it at the same moment."""
    named = select(Tenant.id).where(Tenant.name == name)
    known = session.scalar(named)
    if known is not None:
        return known
    try:
        with session.begin_nested():
            session.add(Tenant(name=name))
    except IntegrityError:
        pass
    return session.scalars(named).one()


def list_keys(database: Database, tenant: str = "") -> Sequence[KeyFacts]:
    """All that were made, of that tenant or of all, oldest first; revoked ones as well."""
    columns = (ApiKey.prefix, ApiKey.name, Tenant.name, ApiKey.scope, ApiKey.rate)
    found = select(*columns, ApiKey.most_mb, ApiKey.created, ApiKey.revoked).join(
        Tenant, Tenant.id == ApiKey.tenant_id
    )
    if tenant:
        found = found.where(Tenant.name == tenant)
    with database.reading() as session:
        return [KeyFacts(*row) for row in session.execute(found.order_by(ApiKey.id))]


def revoke_key(database: Database, key: str) -> str:
    """Its first characters; no process lets it in any more after `key_ring.FRESH_S`.

    key: its first 8 characters, or all of it. Raises BadInput where none is so named.
    """
    prefix = key.removeprefix(MARK)[:8]
    with database.session() as session:
        if not session.scalars(select(ApiKey.id).where(ApiKey.prefix == prefix)).first():
            raise BadInput(f"no key begins with {prefix!r}: `sweetspot keys ls` shows them")
        session.execute(
            update(ApiKey)
            .where(ApiKey.prefix == prefix, ApiKey.revoked.is_(None))
            .values(revoked=utc_now())
        )
    return prefix
