"""Tenants and API keys, on SQLite and on a real PostgreSQL."""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import event, select, text

from app.errors import BadInput
from app.store.access import MARK, KeyRequest, create_key, list_keys, revoke_key
from app.store.database import Database
from app.store.key_ring import FRESH_S, Caller, KeyRing
from app.store.tables import DEFAULT_TENANT, ApiKey, Base, Tenant


def make_key(database: Database, tenant: str = "default", **more: Any) -> str:
    wanted = {"name": "office", "tenant": tenant, "scope": "read", "rate": 600, "most_mb": 10}
    return create_key(database, KeyRequest(**(wanted | more)))


def ring_of(database: Database) -> KeyRing:
    ring = KeyRing(database)
    ring.refresh()
    return ring


def test_a_key_lets_in_as_what_it_was_made(database: Database) -> None:
    secret = make_key(database, scope="write", rate=7, most_mb=3)
    prefix = secret.removeprefix(MARK)[:8]
    found = ring_of(database).find(secret)
    assert found == Caller(DEFAULT_TENANT, "write", "office", prefix, rate=7, most_mb=3)
    assert len(secret) == len(MARK) + 64


def test_the_secret_is_stored_nowhere(database: Database, tmp_path: Path) -> None:
    """Neither in a table nor in a file beside it; what is stored can't be made a key of."""
    random = make_key(database).removeprefix(MARK)
    with database.reading() as session:
        rows = [
            str(session.execute(select(table)).all()) for table in Base.metadata.tables.values()
        ]
        hashed = session.scalars(select(ApiKey.hash)).one()
    files = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert not any(random[8:] in row for row in rows)
    assert not any(random[8:].encode() in content for content in files)
    ring = ring_of(database)
    assert ring.find(hashed) is None
    assert ring.find(MARK + hashed) is None


def test_what_is_no_key_lets_nobody_in(database: Database) -> None:
    secret = make_key(database)
    ring = ring_of(database)
    wrong = [secret[:-1], secret + "0", secret.upper(), secret.removeprefix(MARK), MARK, "", "\0"]
    wrong += [secret[:-1] + ("0" if secret[-1] != "0" else "1"), f" {secret}", "é" * 77]
    assert {ring.find(one) for one in wrong} == {None}


def test_a_wrong_key_takes_the_same_way_however_much_of_it_is_right(database: Database) -> None:
    """Line by line, whether its first characters, all but one, or none are a key's."""
    secret = make_key(database)
    ring = ring_of(database)
    last = "0" if secret[-1] != "0" else "1"
    shown = [MARK + "0" * 64, secret[: len(MARK) + 8].ljust(77, "0"), secret[:-1] + last]
    ways = [_lines(lambda one=one: ring.find(one)) for one in shown]
    assert len(ways[0]) >= 2
    assert ways[0] == ways[1] == ways[2]
    assert _queries(database, lambda: [ring.find(one) for one in shown]) == 0


def _lines(call: Callable[[], object]) -> list[tuple[str, int]]:
    """Each line of ours that the call runs."""
    ran: list[tuple[str, int]] = []

    def trace(frame: FrameType, _: str, __: object) -> Any:
        ran.append((frame.f_code.co_filename, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return [(file, line) for file, line in ran if "/app/" in file]


def _queries(database: Database, call: Callable[[], object]) -> int:
    """How many statements the database was sent meanwhile."""
    sent: list[str] = []

    def count(*asked: Any) -> None:
        sent.append(asked[2])

    event.listen(database._engine, "before_cursor_execute", count)
    try:
        call()
    finally:
        event.remove(database._engine, "before_cursor_execute", count)
    return len(sent)


def test_a_revoked_key_is_refused_by_the_next_reading(database: Database) -> None:
    """That one only, by its first characters or as a whole; once more changes nothing."""
    first, second, third = make_key(database), make_key(database), make_key(database)
    revoke_key(database, first.removeprefix(MARK)[:8])
    revoke_key(database, second)
    ring = ring_of(database)
    assert ring.find(first) is ring.find(second) is None
    assert ring.find(third) is not None
    times = [one.revoked for one in list_keys(database)]
    revoke_key(database, first)
    assert [one.revoked for one in list_keys(database)] == times
    assert times[0] is not None
    assert times[2] is None


def test_revoking_the_last_key_opens_nothing(database: Database) -> None:
    ring = ring_of(database)
    assert ring.is_empty
    revoke_key(database, make_key(database))
    ring.refresh()
    assert not ring.is_empty


@pytest.mark.parametrize("key", ["00000000", "", MARK, "%", "________"])
def test_no_key_of_that_name_can_be_revoked(database: Database, key: str) -> None:
    secret = make_key(database)
    with pytest.raises(BadInput, match="keys ls"):
        revoke_key(database, key)
    assert ring_of(database).find(secret)


def test_what_was_read_is_not_fresh_for_long(database: Database) -> None:
    """Five seconds are promised; a ring that was never read is not fresh at all."""
    assert FRESH_S < 4
    ring = KeyRing(database)
    assert not ring.is_fresh
    ring.refresh()
    assert ring.is_fresh
    time.sleep(FRESH_S + 0.1)
    assert not ring.is_fresh


def test_a_tenant_is_made_with_its_first_key(database: Database) -> None:
    ours, theirs, again = make_key(database), make_key(database, "acme"), make_key(database, "acme")
    ring = ring_of(database)
    found = [ring.find(one) for one in (ours, theirs, again)]
    tenants = [one.tenant for one in found if one]
    assert tenants[0] == DEFAULT_TENANT
    assert tenants[1] == tenants[2] != DEFAULT_TENANT
    assert [one.tenant for one in list_keys(database)] == ["default", "acme", "acme"]
    assert len(list_keys(database, "acme")) == 2
    assert list_keys(database, "nobody") == []


def test_keys_made_at_once_share_their_tenant(database: Database) -> None:
    threads = [threading.Thread(target=make_key, args=(database, "acme")) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(list_keys(database, "acme")) == 6
    with database.reading() as session:
        assert len(session.scalars(select(Tenant).where(Tenant.name == "acme")).all()) == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"tenant": "Big Firm"}, "tenant"),
        ({"tenant": ""}, "tenant"),
        ({"tenant": "a" * 41}, "tenant"),
        ({"name": ""}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": "\x1b[2Jred"}, "name"),
        ({"name": "x" * 101}, "name"),
    ],
)
def test_names_that_can_not_be_used(database: Database, more: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as told:
        make_key(database, **more)
    assert told.value.field == field
    assert list_keys(database) == []


def test_no_two_keys_are_alike(database: Database) -> None:
    """And no table has a column for the secret itself."""
    assert len({make_key(database) for _ in range(20)}) == 20
    with database.reading() as session:
        columns = session.execute(text("select * from api_key")).keys()
    assert set(columns) == {column.name for column in ApiKey.__table__.columns}
