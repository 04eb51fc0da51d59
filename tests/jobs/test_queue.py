"""The queue, over both databases."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.errors import Conflict, NoSuchJob, QueueFull
from app.jobs.progress import describe_job
from app.jobs.queue import JobQueue
from app.store.tables import DEFAULT_TENANT, Job, Tenant

KINDS = {"count"}


@pytest.fixture
def queue(database):
    return JobQueue(database)


def submit(queue, key=None, **params):
    time.sleep(0.002)  # SQLite's clock has milliseconds; those of one have no order
    return queue.submit(DEFAULT_TENANT, "count", {"rows": 10, **params}, key)


@pytest.fixture
def other_tenant(database):
    with database.session() as session:
        session.add(made := Tenant(name="other"))
    return made.id


def test_a_job_that_was_submitted_waits(queue):
    made = submit(queue)
    seen = queue.get(DEFAULT_TENANT, made.id)
    assert (seen.state, seen.kind, seen.params, seen.done) == ("queued", "count", {"rows": 10}, 0)
    assert [job.id for job in queue.list(DEFAULT_TENANT)] == [made.id]


def test_jobs_are_listed_newest_first(queue):
    made = [submit(queue).id for _ in range(3)]
    assert [job.id for job in queue.list(DEFAULT_TENANT)] == made[::-1]
    assert len(queue.list(DEFAULT_TENANT, most=2)) == 2


@pytest.mark.parametrize("job_id", ["0" * 32, "", "x", "\x00", "'; drop table job", "\ud800"])
def test_no_such_job(queue, job_id):
    for ask in (queue.get, queue.cancel):
        with pytest.raises(NoSuchJob):
            ask(DEFAULT_TENANT, job_id)


def test_another_tenant_s_job_is_none(queue, other_tenant):
    made = submit(queue)
    assert queue.list(other_tenant) == []
    for ask in (queue.get, queue.cancel):
        with pytest.raises(NoSuchJob):
            ask(other_tenant, made.id)
    assert queue.get(DEFAULT_TENANT, made.id).state == "queued"


def test_the_same_key_is_the_same_job(queue, other_tenant):
    """Whatever became of it; a tenant's keys are its own."""
    first = submit(queue, "monday", of=("a", None))
    queue.cancel(DEFAULT_TENANT, first.id)
    assert submit(queue, "monday", of=("a", None)).id == first.id
    with pytest.raises(Conflict, match="Idempotency-Key: it was used for something else before"):
        submit(queue, "monday", of=("b", None))
    with pytest.raises(Conflict):
        queue.submit(DEFAULT_TENANT, "other", first.params, "monday")
    assert queue.submit(other_tenant, "count", {}, "monday").id != first.id


def test_what_each_attempt_has_for_itself_makes_no_other_job(queue):
    def send(**params):
        return queue.submit(DEFAULT_TENANT, "count", params, "tuesday", own=("id",))

    first = send(name="a", id=1)
    assert send(name="a", id=2).params == first.params == {"name": "a", "id": 1}
    with pytest.raises(Conflict):
        send(name="b", id=1)


def test_a_full_queue_takes_no_more(database, other_tenant):
    queue = JobQueue(database, most=3)
    for _ in range(3):
        queue.submit(DEFAULT_TENANT, "count", {})
    with pytest.raises(QueueFull, match="3 jobs wait already: try again when some are done"):
        queue.submit(DEFAULT_TENANT, "count", {})
    queue.submit(other_tenant, "count", {})
    assert queue.claim(KINDS)
    queue.submit(DEFAULT_TENANT, "count", {})


def test_several_who_submit_at_once(database):
    """One key is one job, and the bound holds."""
    queue = JobQueue(database, most=6)
    made, refused = [], []

    def ask(n):
        try:
            key = "same" if n % 2 else None
            made.append(queue.submit(DEFAULT_TENANT, "count", {}, key).id)
        except QueueFull:
            refused.append(n)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) + len(refused) == 24
    jobs = queue.list(DEFAULT_TENANT)
    assert {job.id for job in jobs} == set(made)
    assert len(jobs) == 6
    assert sum(job.idempotency_key == "same" for job in jobs) <= 1


def test_a_job_is_claimed_once_the_oldest_first(queue):
    first, second = submit(queue), submit(queue)
    assert queue.claim({"other"}) is None
    leases = [queue.claim(KINDS) for _ in range(3)]
    assert [lease and lease.job.id for lease in leases] == [first.id, second.id, None]
    assert leases[0].job.state == "running"
    assert leases[0].job.started is not None


def test_many_who_claim_at_once_get_a_job_each(queue):
    made = {submit(queue).id for _ in range(8)}
    claimed = []

    def ask():
        while lease := queue.claim(KINDS):
            claimed.append(lease.job.id)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Who finds all free ones locked leaves; those who locked them have them.
    assert len(claimed) == len(set(claimed))
    assert set(claimed) == made


def test_a_job_whose_lease_ran_out_is_claimed_again(database):
    queue = JobQueue(database, lease_s=-1)
    made = submit(queue)
    first, second = queue.claim(KINDS), queue.claim(KINDS)
    assert first.job.id == second.job.id == made.id
    assert (first.job.attempts, second.job.attempts) == (1, 2)
    assert first.job.owner != second.job.owner


def test_cancelling(queue):
    """A job that waits, one that runs, and one that has ended."""
    waiting = submit(queue)
    cancelled = queue.cancel(DEFAULT_TENANT, waiting.id)
    assert (cancelled.state, cancelled.finished is None) == ("cancelled", False)
    again = queue.cancel(DEFAULT_TENANT, waiting.id)
    assert again.finished == cancelled.finished
    claimed = queue.claim(KINDS)  # to remove what it may have written
    assert (claimed.job.id, claimed.job.state) == (waiting.id, "cancelled")
    claimed.end_cancelled()
    assert queue.claim(KINDS) is None
    ended = submit(queue)
    queue.claim(KINDS).finish(lambda _: {"rows": 3})
    assert queue.cancel(DEFAULT_TENANT, ended.id).state == "done"
    assert queue.get(DEFAULT_TENANT, ended.id).result == {"rows": 3}


def test_progress(queue, database):
    """Rows a second since it began, and the time for what is left."""
    job = submit(queue)
    assert describe_job(job, job.created).rows_per_second is None
    queue.claim(KINDS)
    with database.session() as session:
        session.execute(update(Job).values(rows_done=300, rows_total=1000))
    job = queue.get(DEFAULT_TENANT, job.id)
    seen = describe_job(job, job.started + timedelta(seconds=3))
    assert (seen.state, seen.rows_done, seen.rows_total) == ("running", 300, 1000)
    assert (seen.rows_per_second, seen.seconds_left) == (100, 7)
