"""`sweetspot keys`: made, shown, revoked by the owner of the machine, who needs none."""

import json
from typing import Any

import pytest

from app.store.access import MARK
from app.store.database import Database


@pytest.fixture
def ours(run: Any, database: Database, database_url: str, tmp_path: Any, monkeypatch: Any) -> Any:
    """`run`, over that database and a data folder of its own."""
    assert database.where
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SWEETSPOT_DATABASE_URL", database_url)
    return run


def test_a_key_is_shown_once_alone_on_standard_output(ours: Any) -> None:
    """`KEY=$(sweetspot keys create office)` is that; no other command shows it again."""
    made = ours("keys", "create", "Front office")
    secret = made.out.strip()
    assert made.code == 0
    assert secret.startswith(MARK)
    assert "can't be shown again" in made.err
    listed, told = ours("keys", "ls"), ours("keys", "ls", "--json")
    assert secret not in listed.out + told.out
    assert secret.removeprefix(MARK)[:8] in listed.out
    assert "Front office" in listed.out
    only = json.loads(told.out)[0]
    assert (only["tenant"], only["scope"], only["rate"], only["most_mb"]) == (
        "default",
        "read",
        600,
        2048,
    )
    assert only["revoked"] is None


def test_a_key_of_a_tenant_with_its_limits(ours: Any) -> None:
    """And only that tenant's are shown where it is named."""
    limits = ("--scope", "admin", "--rate", "5", "--most-mb", "7")
    ours("keys", "create", "theirs", "--tenant", "acme", *limits)
    ours("keys", "create", "ours")
    only = json.loads(ours("keys", "ls", "--tenant", "acme", "--json").out)
    assert [(one["name"], one["scope"], one["rate"], one["most_mb"]) for one in only] == [
        ("theirs", "admin", 5, 7)
    ]


def test_a_key_is_revoked_by_what_is_shown_of_it(ours: Any) -> None:
    secret = ours("keys", "create", "lost laptop").out.strip()
    prefix = secret.removeprefix(MARK)[:8]
    assert prefix in ours("keys", "revoke", prefix).err
    assert json.loads(ours("keys", "ls", "--json").out)[0]["revoked"]
    again = ours("keys", "revoke", secret)
    assert again.code == 0
    assert secret not in again.err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("revoke", "nobody"), "keys ls"),
        (("create", "x", "--tenant", "Big Firm"), "tenant"),
        (("create", "x", "--scope", "root"), "scope"),
        (("create", "x", "--rate", "0"), "rate"),
        (("create", ""), "name"),
    ],
)
def test_what_can_not_be_is_one_sentence(ours: Any, args: tuple[str, ...], said: str) -> None:
    ran = ours("keys", *args)
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert ours("keys", "ls", "--json").out.strip() == "[]"
