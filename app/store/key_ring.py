"""Who asks, by the key that was shown: without a question to the database for each request."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from sqlalchemy import select

from app.store.access import hash_secret
from app.store.database import Database
from app.store.tables import DEFAULT_TENANT, ApiKey, Scope

# Judgement: a new key works, and a revoked one is refused, so many seconds later at the latest; in
# hand are then only requests that were let in before.
FRESH_S = 3.0


@dataclass(frozen=True)
class Caller:
    """Who asks. tenant: its id. key: the first characters of the key, "" for this machine.

    rate: requests a minute; None where they are not counted. most_mb: megabytes of one body; None
    for what the service takes.
    """

    tenant: int
    scope: Scope
    name: str
    key: str = ""
    rate: int | None = None
    most_mb: int | None = None


OWNER = Caller(DEFAULT_TENANT, "admin", "this machine")  # while there is no key


@dataclass(frozen=True)
class _Held:
    """The keys that let in, by their hashes. made: whether there ever was one."""

    callers: Mapping[str, Caller] = field(default_factory=dict)
    made: bool = False
    read_at: float = -inf


class KeyRing:
    """The keys as they were at most FRESH_S ago. What threads share is replaced whole."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held = _Held()

    @property
    def is_fresh(self) -> bool:
        """Whether it may be asked without being read again."""
        return time.monotonic() - self._held.read_at < FRESH_S

    @property
    def is_empty(self) -> bool:
        """Whether no key was ever made. One that was revoked does not open the service again."""
        return not self._held.made

    def refresh(self) -> None:
        """Read the keys. Raises StorageFailed, Busy."""
        begun = time.monotonic()
        with self._database.reading() as session:
            keys = session.scalars(select(ApiKey)).all()
        callers = {one.hash: _caller(one) for one in keys if one.revoked is None}
        self._held = _Held(callers, bool(keys), begun)

    def find(self, secret: str) -> Caller | None:
        """Whose key it is; None for one that is unknown or revoked.

        All are looked up by a hash of what was shown, so that a wrong one takes the same way
        however much of it is right.
        """
        return self._held.callers.get(hash_secret(secret))


def _caller(key: ApiKey) -> Caller:
    return Caller(key.tenant_id, key.scope, key.name, key.prefix, key.rate, key.most_mb)
