"""`sweetspot push` to servers that answer as each tool documents, and misbehave as tools do."""

import csv
import io
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.exports.push_servers import (
    DROP,
    DROP_AFTER,
    LISTS,
    TOOLS,
    answer_csv,
    push_settings,
    serve_tool,
)

ROWS = 11
pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture(params=TOOLS)
def name(request):
    return request.param


@pytest.fixture
def tool(name):
    with serve_tool(name) as made:
        yield made


@pytest.fixture
def answer(tmp_path):
    path = tmp_path / "found.csv"
    path.write_text(answer_csv(ROWS))
    return path


@pytest.fixture
def push(run, name, tool, answer, monkeypatch, tmp_path):
    """`push(*options)` to the tool's list, out of a data folder of its own."""

    def call(*options, to=LISTS[name]):
        for variable, value in push_settings(name, tool).items():
            monkeypatch.setenv(variable, value)
        monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(tmp_path / "data"))
        listed = ["--list", to] if to else []
        return run("push", str(answer), "--to", name, *listed, *options)

    return call


def only(*names):
    return pytest.mark.parametrize("name", names, indirect=True)


def test_every_row_arrives_once(push, tool):
    ran = push()
    assert ran.code == 0, ran.err
    assert f"{ROWS} rows sent" in ran.err
    assert len(tool.holds) == tool.writes == ROWS


def test_a_second_push_sends_nothing(push, tool):
    push()
    asked = len(tool.asked)
    ran = push()
    assert f"{ROWS} rows there from an earlier push" in ran.err
    assert "0 rows sent" in ran.err
    assert tool.writes == ROWS
    assert len(tool.asked) <= asked + 1  # its list was asked for


@only("listmonk", "mailchimp", "hubspot", "brevo")
def test_again_updates_and_never_doubles(push, tool):
    push()
    ran = push("--again")
    assert f"{ROWS} rows sent" in ran.err
    assert len(tool.holds) == ROWS
    if hasattr(tool, "by_email"):
        assert len(tool.by_email) == ROWS


@only("listmonk", "mailchimp", "hubspot", "brevo")
def test_a_row_that_changed_is_sent_again(push, tool, answer):
    push()
    answer.write_text(answer.read_text().replace("520-0004", "520-9999"))
    before = tool.writes
    assert "1 row sent" in push().err
    assert tool.writes == before + 1
    assert len(tool.holds) == ROWS


def test_a_dry_run_sends_nothing(push, tool, tmp_path):
    ran = push("--dry-run", "--verdict", "pass")
    assert ran.code == 0
    assert f"would send {ROWS} rows in" in ran.err
    assert tool.asked == []
    assert not (tmp_path / "data" / "pushes").exists()


@pytest.mark.parametrize(
    "mood",
    [
        (500, b"", {}),
        (503, b"", {}),
        (429, b"", {"retry-after": "0"}),
        (502, b"<html>bad gateway</html>", {}),
        DROP,
        DROP_AFTER,
    ],
    ids=str,
)
def test_what_passes_is_tried_again(push, tool, mood):
    """At any point; one that was done and whose answer was lost is done again, to no effect."""
    tool.moods.extend([None, mood, None, mood, mood])
    ran = push()
    assert ran.code == 0, ran.err
    assert len(tool.holds) == ROWS


def test_a_tool_that_is_down_is_said(push, tool, answer):
    answer.write_text(answer_csv(150))
    tool.moods.extend([None, *[(503, b"", {})] * 40])
    ran = push()
    assert ran.code == 3
    assert "fails again and again (HTTP 503)" in ran.err
    assert "push again to send the rest" in ran.err


@only("listmonk", "mailchimp", "hubspot", "brevo")
def test_a_wrong_key_is_said_and_not_shown(push, tool, name):
    tool.key = "wrong:S3CRET-us1"
    tool.login = lambda _: "another one"
    ran = push()
    assert ran.code == 3
    assert f"{name} refuses the key (HTTP 401)" in ran.err
    assert "S3CRET" not in ran.err + ran.out


@only("mailchimp", "hubspot")
def test_a_key_that_expires_midway(push, tool, answer):
    """On the third batch: what was acknowledged stays, and a new key sends the rest alone."""
    answer.write_text(answer_csv(5 * tool.most))
    to = "" if hasattr(tool, "listed") else "a1b2c3"  # HubSpot's lists are asked apart
    tool.expires_after = 2 + bool(to)
    ran = push(to=to)
    assert ran.code == 3
    assert "refuses the key (HTTP 401)" in ran.err
    assert len(tool.holds) == 2 * tool.most
    tool.expires_after = 10**9
    ran = push(to=to)
    assert ran.code == 0
    assert len(tool.holds) == 5 * tool.most
    said = int(ran.err.split(" rows there from")[0].rpartition("\n")[2].replace(",", ""))
    assert said == 2 * tool.most
    assert max(tool.sizes) == tool.most


@only("listmonk", "mailchimp", "hubspot", "brevo")
def test_an_unknown_list_is_said_before_anything_is_sent(push, tool, name):
    ran = push(to="999")
    assert ran.code == 3
    assert f"{name}: no list '999' (" in ran.err
    assert len(tool.asked) == 1
    assert not tool.holds


@only("listmonk", "mailchimp", "brevo")
def test_rows_that_are_refused_are_shown_with_the_tool_s_words(push, tool, answer):
    tool.refuses = {"info@firm3.com": "looks fake  \n or invalid" + "!" * 500}
    ran = push()
    assert ran.code == 1
    assert f"{ROWS - 1} rows sent" in ran.err
    errors = answer.with_name("found-push-errors.csv")
    assert f"1 row refused, see {errors}" in ran.err
    (row,) = csv.DictReader(io.StringIO(errors.read_text(encoding="utf-8-sig")))
    assert row["row"] == "4"
    assert row["Company Name"] == "Firm No 3"
    assert row["error"].startswith("looks fake or invalid!!!")
    assert len(row["error"]) <= 300
    tool.refuses = {}
    ran = push()  # sends that row alone
    assert "1 row sent" in ran.err
    assert not errors.exists()
    assert len(tool.holds) == tool.writes == ROWS


@only("hubspot")
@pytest.mark.parametrize("multi_status", [True, False], ids=["207", "400 for all"])
def test_a_company_that_spoils_its_batch_stands_alone(push, tool, multi_status):
    """In a 207 by its trace id; else its batch is halved until it is found."""
    push("--dry-run")
    push()
    bad = list(tool.holds)[5]
    tool.holds.clear()
    tool.refuses, tool.multi_status = {bad: "Property values were not valid"}, multi_status
    ran = push("--again")
    assert ran.code == 1
    assert "1: Property values were not valid" in ran.err
    assert len(tool.holds) == ROWS - 1


@only("hubspot")
def test_a_company_that_the_reply_does_not_name_is_not_taken_for_sent(push, tool):
    """A 207 without errors and results was seen."""
    push()
    tool.silent = set(list(tool.holds)[:2])
    ran = push("--again")
    assert "2: HubSpot's reply does not name it" in ran.err
    assert f"{ROWS - 2} rows sent" in ran.err


@only("hubspot")
def test_companies_are_put_on_the_list(push, tool):
    push()
    assert tool.listed == {one["id"] for one in tool.holds.values()}


@only("hubspot", "webhook")
def test_what_holds_for_all_rows_stops_the_push(push, tool, answer):
    """A property that is missing, say: not tried row by row to the end."""
    answer.write_text(answer_csv(300))
    no = 400, {"message": "sweetspot_id does not exist"}
    tool.answer = lambda asked: no if asked.method == "POST" else (200, {})
    ran = push()
    assert ran.code == 3
    assert "sweetspot_id does not exist" in ran.err
    assert len(tool.asked) < 60


@only("listmonk")
def test_a_known_subscriber_keeps_lists_states_and_attributes(push, tool):
    """One who unsubscribed from this very list, too."""
    unsubscribed = {"id": 7, "subscription_status": "unsubscribed"}
    mine = [{"id": 8, "subscription_status": "confirmed"}, unsubscribed]
    tool.by_email["info@firm3.com"] = {
        "id": 99, "email": "info@firm3.com", "status": "enabled", "lists": list(mine),
        "attribs": {"vip": True, "city": "Hilo"},
    }  # fmt: skip
    assert push().code == 0
    one = tool.by_email["info@firm3.com"]
    assert one["lists"] == mine
    assert one["attribs"]["vip"] is True
    assert one["attribs"]["city"] == "Honolulu"


@only("listmonk")
def test_a_list_that_may_not_be_managed_is_no_silent_success(push, tool):
    """It answers 200 and leaves the list out."""
    tool.managed = {8}
    ran = push()
    assert ran.code == 3
    assert "left out list 7" in ran.err


@only("brevo", "webhook", "hubspot")
def test_a_budget_stops_before_it_is_overdrawn(push, tool, monkeypatch, name, answer):
    answer.write_text(answer_csv(400))
    monkeypatch.setenv("SWEETSPOT_PUSH_BUDGETS", f"{name}=3")
    ran = push()
    assert ran.code == 3
    assert "budget of 3 requests" in ran.err
    assert len(tool.asked) == 3


@only("mailchimp")
def test_what_mailchimp_is_sent(push, tool):
    push("--tag", "spring-2027")
    one = next(iter(tool.holds.values()))
    assert one["email_address"] == "info@firm0.com"
    assert one["tags"] == ["spring-2027"]
    assert one["merge_fields"] == {
        "FNAME": "Ann",
        "LNAME": "Lee",
        "PHONE": "+18085200000",
        "COMPANY": "Firm No 0",
        "EXTERNALID": next(iter(tool.holds)),
        "ADDRESS": {
            "addr1": "1 Main Street", "addr2": "", "city": "Honolulu", "state": "HI",
            "zip": "96813", "country": "US",
        },
    }  # fmt: skip


@only("hubspot")
def test_a_tool_without_tags_takes_none(push):
    ran = push("--tag", "x")
    assert ran.code == 2
    assert "has no tags" in ran.err


@only("mailchimp")
def test_rows_left_out_are_counted_with_why(push, tool, answer, tmp_path):
    rows = answer.read_text().replace("info@firm1.com", "").replace("info@firm2.com", "x@y")
    rows = rows.replace("info@firm4.com", "info@firm3.com")
    answer.write_text(rows.replace("Ann Lee,pass,5.5", "Ann Lee,fail,5.5"))
    clients = tmp_path / "clients.csv"
    clients.write_text("Name,Phone\nSomebody,808-520-0006\n")
    for options in (["--dry-run"], []):
        ran = push("--exclude", str(clients), *options)
        assert "left out, no e-mail address: 1" in ran.err
        assert "left out, e-mail address can't be used" in ran.err
        assert "left out, verdict fail: 1" in ran.err
        assert "left out, same phone in clients.csv: 1" in ran.err
        assert re.search(r"left out, repeats another row: [a-z -]+: 1\n", ran.err)
    assert len(tool.holds) == ROWS - 5


@only("listmonk", "mailchimp", "hubspot", "brevo")
def test_the_tool_s_rule_on_rented_lists_is_told(push):
    """By a dry run, too, unless these people asked for mail."""
    for options in ([], ["--dry-run"]):
        assert "--permission says that these people asked for mail" in push(*options).err
        assert "--permission" not in push("--permission", *options).err


@only("mailchimp")
@pytest.mark.parametrize(
    "said",
    [b"", b"<html>Welcome</html>", b"[]", b'{"errors": 3}', b'{"new_members": ["x"]}'],
    ids=repr,
)
def test_what_is_no_reply_of_that_tool_is_no_success(push, tool, said):
    tool.moods.extend([None, (200, said, {})])
    ran = push()
    assert ran.code == 3
    assert "mailchimp" in ran.err
    assert "a fault of ours" not in ran.err
    assert not tool.holds
    assert push().code == 0
    assert len(tool.holds) == ROWS


@only("brevo")
def test_a_tool_s_words_can_t_steer_a_terminal(push, tool):
    tool.refuses = {"info@firm3.com": "\x1b[2Jgone\x07 \u202eback"}
    ran = push()
    assert "1: [2Jgone back" in ran.err


@only("mailchimp")
def test_a_journal_that_is_damaged(push, tmp_path):
    push()
    (path,) = (tmp_path / "data" / "pushes").iterdir()
    path.write_bytes(b"\x00\x00\x00\n" + path.read_bytes())
    ran = push()
    assert ran.code == 3
    assert "is damaged: --again forgets it" in ran.err
    assert f"{ROWS} rows sent" in push("--again").err


@only("hubspot")
def test_companies_need_no_address(push, tool, answer):
    answer.write_text(answer.read_text().replace("info@firm1.com", ""))
    assert push().code == 0
    assert len(tool.holds) == ROWS


@only("mailchimp")
def test_two_pushes_to_one_list_at_once(push, tmp_path):
    from app.exports.push.journal import open_journal

    push()
    (path,) = (tmp_path / "data" / "pushes").iterdir()
    with open_journal(path):
        ran = push()
    assert "another push to that list is running" in ran.err
    assert ran.code == 2


@only("mailchimp")
def test_a_line_that_was_cut_off_is_dropped(push, tmp_path):
    push()
    (path,) = (tmp_path / "data" / "pushes").iterdir()
    path.write_bytes(path.read_bytes()[:-7])
    assert "1 row sent" in push().err
    assert f"{ROWS} rows there" in push().err


@only("listmonk", "mailchimp", "hubspot", "webhook")
def test_a_push_that_is_killed_and_started_again_loses_nothing(tool, name, tmp_path):
    """The real program, by SIGKILL at random points, until one comes through."""
    rows = {"listmonk": 300, "mailchimp": 4000, "hubspot": 1500, "webhook": 1500}[name]
    answer = tmp_path / "found.csv"
    answer.write_text(answer_csv(rows))
    tool.latency_s = 0.01
    seed = random.randrange(10**6)  # noqa: S311 -- no secret
    rng, killed = random.Random(seed), 0  # noqa: S311
    for _ in range(12):
        with _start_push(name, tool, answer, tmp_path) as process:
            if killed < 3 and _wait_until_asked(tool, process, rng):
                process.send_signal(signal.SIGKILL)
                killed += 1
            said = process.communicate(timeout=120)[1]
        if process.returncode == 0:
            break
    assert process.returncode == 0, (seed, said)
    assert killed >= 2, seed
    assert len(tool.holds) == rows, seed
    if hasattr(tool, "by_email"):
        assert len(tool.by_email) == rows, seed


def test_a_stored_list_is_asked_first(run, tmp_path, monkeypatch):
    """Its find is the use that the licence counts; a push of that may be resumed."""
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(tmp_path))
    said = run("push", "oahu-spring", "--to", "listmonk", "--list", "7")
    assert said.code == 2
    assert "`sweetspot find oahu-spring --home ... --out rows.csv` writes one" in said.err


def _start_push(name, tool, answer, folder):
    env = os.environ | push_settings(name, tool) | {"SWEETSPOT_DATA_DIR": str(folder / "data")}
    program = Path(sys.executable).with_name("sweetspot")
    listed = ["--list", LISTS[name]] if LISTS[name] else []
    command = [program, "push", str(answer), "--to", name, *listed]
    return subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)


def _wait_until_asked(tool, process, rng):
    """Whether some more requests came, and a moment passed, while it still runs."""
    wanted = len(tool.asked) + rng.randrange(2, 6)
    while len(tool.asked) < wanted and process.poll() is None:
        time.sleep(0.002)
    time.sleep(rng.random() * 0.02)
    return process.poll() is None
