"""Jobs survive whatever becomes of who works at them, over both databases."""

import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import quote

import pytest
from sqlalchemy import event, text

from app.errors import BadList, NoRoom, StorageFailed
from app.jobs.progress import describe_job
from app.jobs.queue import JobQueue
from app.jobs.worker import MOST_ATTEMPTS, Worker
from app.store.database import open_database
from app.store.tables import DEFAULT_TENANT
from tests.jobs.counting import CHUNK, Counting, WorkersStarter, make_table, read_counted

PATIENCE_S = 60
LEASE_S = 1.0


@pytest.fixture
def queue(database):
    make_table(database)
    return JobQueue(database, LEASE_S)


@pytest.fixture(scope="module")
def starter():
    made = WorkersStarter()
    yield made
    made.close()


@pytest.fixture
def start(starter, database_url, tmp_path):
    """`start()` is a process that works at the jobs; it ends with the test."""
    started = []

    # What stands still is ended soon.
    hasty = quote("-c idle_in_transaction_session_timeout=1s")
    url = f"{database_url}&options={hasty}" if database_url else ""

    def begin(lease_s=LEASE_S):
        started.append(starter.start(url, tmp_path / "data", lease_s))
        return started[-1]

    yield begin
    for process in started:
        process.kill()


@contextmanager
def working(queue, **kinds) -> Iterator[None]:
    """A worker in a thread of this process."""
    stopping = threading.Event()
    kinds = kinds or {"count": Counting(queue.database)}
    thread = threading.Thread(target=Worker(queue, kinds).run, args=(stopping,))
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def submit(queue, rows, kind="count", **params):
    return queue.submit(DEFAULT_TENANT, kind, {"rows": rows, **params}).id


def wait(queue, job_id, until=lambda job: job.finished is not None, *was):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with suppress(StorageFailed):  # it may be restarting
            if until(job := queue.get(DEFAULT_TENANT, job_id), *was):
                return job
        time.sleep(0.01)
    raise AssertionError(f"not so in a minute: {job.state}, {job.done}, {job.error}")


def wait_for_lease(queue):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if lease := queue.claim({"count"}):
            return lease
        time.sleep(0.01)
    raise AssertionError("no job was free in a minute")


def counted(queue, job_id):
    with queue.database.reading() as session:
        return read_counted(session, job_id)


def undisturbed(queue, rows):
    """What a job leaves that nothing happened to."""
    job_id = submit(queue, rows)
    with working(queue):
        assert wait(queue, job_id).state == "done"
    return counted(queue, job_id)


def check_whole(queue, job, rows):
    """To the byte as if nothing had happened, no row lost and none twice."""
    assert (job.state, job.error) == ("done", None)
    assert job.result == {"counted": rows}
    assert (job.rows_done, job.rows_total, job.done) == (rows, rows, -(-rows // CHUNK))
    assert counted(queue, job.id) == undisturbed(queue, rows)


def test_a_job_is_done(queue):
    job_id = submit(queue, 95)
    with working(queue):
        job = wait(queue, job_id)
    check_whole(queue, job, 95)
    assert (job.owner, job.lease) == (None, None)
    assert job.created <= job.started <= job.finished


def test_killed_at_twenty_random_points(queue, start):
    """SIGKILL, wherever that is: in a chunk, in a commit, in between, at the start."""
    job_id = submit(queue, 1200, pause_s=0.01)
    chance = random.Random(16)  # noqa: S311
    for i in range(20):
        process, before = start(), queue.get(DEFAULT_TENANT, job_id)
        begun, got_on = before.owner, before.done + i % 2
        wait(
            queue,
            job_id,
            lambda job, *was: job.owner != was[0] and job.done >= was[1],
            begun,
            got_on,
        )
        time.sleep(chance.random() * 0.05)
        process.kill()
        queue.clear_leases()  # as if their time had passed
    assert queue.get(DEFAULT_TENANT, job_id).state == "running"
    start()
    check_whole(queue, wait(queue, job_id), 1200)


def test_sigterm_hands_the_job_on(queue, start):
    """To who stands by, in the middle of a chunk, long before the lease runs out."""
    job_id = submit(queue, 30, pause_s=0.8, steps=20)
    first = start(lease_s=60)
    wait(queue, job_id, lambda job: job.done >= 1)
    second = start()
    time.sleep(0.4)  # it has begun, and stands by
    owner = queue.get(DEFAULT_TENANT, job_id).owner
    begun = time.monotonic()
    first.send(signal.SIGTERM)
    job = wait(queue, job_id, lambda job: job.owner not in {owner, None})
    assert time.monotonic() - begun < 5  # 0.3 in the mean; machines are noisy
    assert second.is_alive()
    wait(queue, job_id, lambda _: not first.is_alive())
    assert job.attempts == 1
    check_whole(queue, wait(queue, job_id), 30)


def test_who_died_is_replaced_by_who_stands_by(queue, start):
    """On PostgreSQL within the lease, on SQLite when the lock is free."""
    job_id = submit(queue, 60, pause_s=0.5)
    first = start(lease_s=60 if queue.database.lock_folder else LEASE_S)
    wait(queue, job_id, lambda job: job.done >= 1)
    start()
    begun, owner = time.monotonic(), queue.get(DEFAULT_TENANT, job_id).owner
    first.kill()
    wait(queue, job_id, lambda job: job.owner not in {owner, None})
    assert time.monotonic() - begun < 10  # machines are noisy
    check_whole(queue, wait(queue, job_id), 60)


def test_two_processes_share_the_jobs(queue, start):
    """On SQLite one works, the other stands by; on PostgreSQL both do."""
    one_works = queue.database.lock_folder is not None
    workers = {start().pid, start().pid}
    jobs = [submit(queue, 100, pause_s=0.1 if one_works else 0.4) for _ in range(2)]
    pids = {_pid_of(wait(queue, job_id, lambda job: job.owner)) for job_id in jobs}
    assert pids <= workers
    assert len(pids) == (1 if one_works else 2)
    for job_id in jobs:
        assert wait(queue, job_id).result == {"counted": 100}


def _pid_of(job):
    return int(job.owner.split(":")[1])


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_was_frozen_past_its_lease_commits_nothing(queue, start):
    """Woken, it finds its job another's, three times in a row.

    PostgreSQL ends its transaction where it was frozen in the middle of one.
    """
    job_id, chance = submit(queue, 300, pause_s=0.02), random.Random(5)  # noqa: S311
    for _ in range(3):
        process = start()
        done = queue.get(DEFAULT_TENANT, job_id).done
        wait(queue, job_id, lambda job, done=done: job.done > done)
        time.sleep(chance.random() * 0.04)
        process.send(signal.SIGSTOP)
        frozen = queue.get(DEFAULT_TENANT, job_id).owner
        lease = wait_for_lease(queue)
        assert lease.job.id == job_id
        assert lease.job.owner != frozen
        process.send(signal.SIGCONT)
        time.sleep(0.3)
        seen = queue.get(DEFAULT_TENANT, job_id)
        assert (seen.owner, seen.done) == (lease.job.owner, lease.done)
        assert len(counted(queue, job_id)) == seen.done * CHUNK
        process.kill()
        lease.hand_on()
    start()
    check_whole(queue, wait(queue, job_id), 300)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_restarts_in_the_middle(queue, start, cluster):
    """Three times, once for a second: the job goes on when it is back."""
    job_id = submit(queue, 300, pause_s=0.02)
    process = start()
    for away_s in (0, 1, 0):
        done = queue.get(DEFAULT_TENANT, job_id).done
        wait(queue, job_id, lambda job, done=done: job.done > done + 2)
        cluster.stop()
        time.sleep(away_s)
        cluster.start()
    check_whole(queue, wait(queue, job_id), 300)
    assert process.is_alive()


def test_a_job_tells_how_far_it_is(queue):
    """While it runs; when it has ended its state says all."""
    job_id = submit(queue, 20, pause_s=0.4, steps=4, tells=True)
    with working(queue):
        job = wait(queue, job_id, lambda job: job.progress and job.progress["done"] >= 2)
        told = describe_job(job, job.created).progress
        assert (told.step, told.total, told.unit) == ("counting", 4, "")
        assert describe_job(wait(queue, job_id), job.created).progress is None


def test_a_cancelled_job_stops_and_cleans_up(queue):
    """At once for who asks; in the middle of a chunk for who works at it."""
    job_id = submit(queue, 2000, pause_s=0.3, steps=10)
    with working(queue):
        wait(queue, job_id, lambda job: job.done > 1)
        assert queue.cancel(DEFAULT_TENANT, job_id).state == "cancelled"
        job = wait(queue, job_id, lambda job: not job.cancel)
        assert (job.state, job.result, counted(queue, job_id)) == ("cancelled", None, [])
        next_one = submit(queue, 10)
        assert wait(queue, next_one).state == "done"


def test_a_job_that_was_cancelled_while_nobody_worked_is_cleaned_up(queue, start):
    job_id = submit(queue, 1000, pause_s=0.02)
    process = start()
    wait(queue, job_id, lambda job: job.done > 1)
    process.kill()
    queue.cancel(DEFAULT_TENANT, job_id)
    assert counted(queue, job_id)
    start()
    wait(queue, job_id, lambda job: not job.cancel)
    assert counted(queue, job_id) == []


def fail(queue, why):
    """The error of a job in whose third chunk that is raised."""
    kinds = {"count": Counting(queue.database, {2: why})}
    job_id = submit(queue, 50)
    with working(queue, **kinds):
        job = wait(queue, job_id)
    assert (job.state, job.result, counted(queue, job_id)) == ("failed", None, [])
    return job.error


def test_what_a_person_can_do_is_said(queue):
    why = BadList("row 7: no number in Employees: write one", field="Employees", row=7)
    assert fail(queue, why) == {"detail": str(why), "field": "Employees", "row": 7}


def test_a_full_disk_ends_a_job(queue):
    """With nothing of it left."""
    why = NoRoom("no room left on the disk for /data: free some")
    assert fail(queue, why) == {"detail": str(why)}


def test_a_database_that_is_full_ends_a_job(tmp_path):
    """SQLite's own answer when its file may not grow; what was written is removed."""
    with open_database("", tmp_path) as database:
        database.migrate()
        make_table(database)
        with database.session() as session:
            pages = session.scalar(text("pragma page_count"))
        limit = f"pragma max_page_count = {pages + 20}"
        event.listen(database._engine, "begin", lambda one: one.exec_driver_sql(limit).close())
        queue = JobQueue(database)
        job_id = submit(queue, 100_000)
        with working(queue):
            job = wait(queue, job_id)
        assert job.state == "failed"
        assert job.done > 1
        assert "no room left on the disk for" in job.error["detail"]
        assert counted(queue, job_id) == []


class Panic(BaseException):
    """What polars raises where its own code panics."""


@pytest.mark.parametrize("why", [ZeroDivisionError("secret-7"), Panic("secret-7")])
def test_a_fault_of_ours_is_in_the_log_only(queue, capsys, why):
    said = fail(queue, why)["detail"]
    assert said.startswith("Something broke here; the log says what, under ")
    logged = "".join(capsys.readouterr())
    assert said.rstrip(".").split()[-1] in logged
    assert "secret-7" in logged
    assert "secret-7" not in said


def test_what_may_pass_is_tried_again(queue):
    """A folder that is away for a moment, and one that stays away."""
    queue = JobQueue(queue.database, lease_s=0.2)
    away = StorageFailed("/data can't be used")
    kind = Counting(queue.database, {1: away})
    job_id = submit(queue, 30)
    with working(queue, count=kind):
        wait(queue, job_id, lambda job: job.attempts == 2)
        kind.raises.clear()
        job = wait(queue, job_id)
    check_whole(queue, job, 30)
    assert fail(queue, away) == {"detail": "/data can't be used"}


def test_a_job_that_kills_its_process_is_given_up(queue):
    """After five times at the same place, so that nothing loops for ever."""
    job_id = submit(queue, 50)
    for _ in range(MOST_ATTEMPTS):
        assert queue.claim({"count"})
        queue.clear_leases()  # who had it is gone
    with working(queue):
        job = wait(queue, job_id)
    assert job.state == "failed"
    assert job.error["detail"].startswith("given up after 5 attempts that broke off at the same")
