"""`sweetspot job` and `sweetspot worker`."""

import json
import os
import signal
import subprocess
import sys

import pytest

from app.jobs.queue import JobQueue
from app.store.tables import DEFAULT_TENANT


@pytest.fixture
def queue(database):
    return JobQueue(database)


@pytest.fixture
def ask(run, monkeypatch, database_url, tmp_path):
    """Run `sweetspot ARGS` over the test's own database."""
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SWEETSPOT_DATABASE_URL", database_url)
    return run


def test_jobs_are_listed_shown_and_cancelled(ask, queue):
    job_id = queue.submit(DEFAULT_TENANT, "import", {}).id
    lease = queue.claim({"import"})
    lease.set_total(1500)
    lease.finish(lambda _: {"list": "oahu-spring"})
    waits = queue.submit(DEFAULT_TENANT, "import", {}).id
    lines = ask("job", "ls").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [waits, job_id]
    assert "done" in lines[2]
    assert "0 of 1,500" in lines[2]
    assert "list: oahu-spring" in ask("job", "show", job_id).out
    assert "cancelled" in ask("job", "cancel", waits).out
    assert json.loads(ask("job", "show", waits, "--json").out)["state"] == "cancelled"
    assert [one["id"] for one in json.loads(ask("job", "ls", "--json").out)] == [waits, job_id]
    assert len(ask("job", "ls", "--limit", "1").out.splitlines()) == 2


def test_why_a_job_failed_is_shown(ask, queue):
    job_id = queue.submit(DEFAULT_TENANT, "import", {}).id
    queue.claim({"import"}).fail({"detail": "row 7: no number in [Employees]: write one"})
    assert "row 7: no number in [Employees]: write one\n" in ask("job", "show", job_id).out


def test_a_job_that_is_none_is_one_sentence(ask):
    ran = ask("job", "show", "x")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "sweetspot: no such job; `sweetspot job ls` and GET /v1/jobs list those there are\n"
    )


@pytest.mark.parametrize("url", ["mysql://a:s3cret@b/c", "postgresql://a:s3cret@127.0.0.1:1/c"])
def test_a_database_that_can_not_be_used_is_one_sentence(run, monkeypatch, url):
    monkeypatch.setenv("SWEETSPOT_DATABASE_URL", url)
    ran = run("job", "ls")
    assert ran.code == (2 if url.startswith("mysql") else 3)
    assert ran.err.count("\n") == 1
    assert "SWEETSPOT_DATABASE_URL" in ran.err
    assert "s3cret" not in ran.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_works_until_it_is_told_to_stop(database, database_url, tmp_path, number):
    env = os.environ | {
        "SWEETSPOT_DATA_DIR": str(tmp_path / "data"),
        "SWEETSPOT_DATABASE_URL": database_url,
    }
    command = [sys.executable, "-W", "error", "-m", "app", "worker"]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
        said = process.stderr.readline()
        assert said == f"sweetspot: working at the jobs in {database.where}\n"
        process.send_signal(number)
        assert process.communicate(timeout=60)[1] == "sweetspot: stopped\n"
    assert process.returncode == 0
