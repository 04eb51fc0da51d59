"""Jobs over HTTP: in this process, and by a real server."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from threading import Event, Thread

import pytest

from app.jobs.queue import JobQueue
from app.jobs.worker import Worker
from app.settings import Settings
from app.store.tables import DEFAULT_TENANT, Tenant
from tests.jobs.counting import Counting, make_table
from tests.served import Request, local_client, serve

PATIENCE_S = 60


@pytest.fixture
def queue(database):
    make_table(database)
    return JobQueue(database)


@pytest.fixture
def client(database_url, tmp_path):
    settings = Settings(data_dir=tmp_path / "data", database_url=database_url)
    with local_client(settings) as made:
        yield made


@contextmanager
def working(queue) -> Iterator[None]:
    """A worker that knows how to count."""
    stopping = Event()
    worker = Worker(queue, {"count": Counting(queue.database)})
    thread = Thread(target=worker.run, args=(stopping,))
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def submit(queue, rows, tenant=DEFAULT_TENANT, **params):
    time.sleep(0.002)  # SQLite's clock has milliseconds; those of one have no order
    return queue.submit(tenant, "count", {"rows": rows, **params}).id


def wait(client, job_id, state):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        seen = client.get(f"/v1/jobs/{job_id}").json()
        if seen["state"] == state:
            return seen
        time.sleep(0.02)
    raise AssertionError(f"not {state} in a minute: {seen}")


def test_a_job_is_followed_to_its_end(client, queue):
    job_id = submit(queue, 25)
    waiting = client.get(f"/v1/jobs/{job_id}").json()
    assert (waiting["state"], waiting["rows_done"], waiting["rows_total"]) == ("queued", 0, None)
    with working(queue):
        done = wait(client, job_id, "done")
    assert (done["rows_done"], done["rows_total"], done["seconds_left"]) == (25, 25, None)
    assert (done["result"], done["error"]) == ({"counted": 25}, None)
    assert done["created"].endswith("Z")
    assert client.get("/v1/jobs").json() == {"jobs": [done]}


def test_a_job_is_cancelled(client, queue):
    first, second = submit(queue, 10), submit(queue, 10)
    assert client.post(f"/v1/jobs/{first}/cancel").json()["state"] == "cancelled"
    assert client.get("/v1/jobs?limit=1").json()["jobs"][0]["id"] == second


@pytest.mark.parametrize("job_id", ["0" * 32, "x", "%00", "%F0%9F%9A%9A"])
def test_no_such_job_is_404(client, queue, job_id):
    """Another tenant's is none, either."""
    with queue.database.session() as session:
        session.add(other := Tenant(name="other"))
    for one in (job_id, submit(queue, 10, other.id)):
        for method, path in (("GET", ""), ("POST", "/cancel"), ("GET", "/events")):
            answer = client.request(method, f"/v1/jobs/{one}{path}")
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["detail"].startswith("no such job; ")


def events(answer) -> Iterator[dict]:
    """What comes, as it comes."""
    while line := answer.readline():
        if line.startswith(b"data: "):
            yield json.loads(line[6:])


def test_events_tell_each_step_until_the_end(queue, database_url, tmp_path):
    """From a real server. Who leaves early is let go; who stays does not hold up its stop."""
    (tmp_path / "data").mkdir(exist_ok=True)
    with working(queue), serve(tmp_path / "data", database_url=database_url) as served:
        served.ask(Request("GET", "/v1/jobs"))  # the first to ask waits for more than the others
        job_id = submit(queue, 40, pause_s=0.6)
        with closing(HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE_S)) as early:
            early.request("GET", f"/v1/jobs/{job_id}/events")
            assert next(events(early.getresponse()))["state"] in {"queued", "running"}
        with closing(HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE_S)) as all_of_it:
            all_of_it.request("GET", f"/v1/jobs/{job_id}/events")
            answer = all_of_it.getresponse()
            assert answer.headers["content-type"].startswith("text/event-stream")
            seen = list(events(answer))
        assert [one["rows_done"] for one in seen] == sorted(one["rows_done"] for one in seen)
        assert seen[-1]["state"] == "done"
        assert len(seen) >= 3
        _wait_for_lines(served, 2)
        endless = submit(queue, 10_000, pause_s=0.6, steps=10)
        with closing(HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE_S)) as waiting:
            waiting.request("GET", f"/v1/jobs/{endless}/events")
            told = events(waiting.getresponse())
            while next(told)["rows_done"] == 0:
                pass
            begun = time.monotonic()
            served.process.terminate()
            served.process.wait(PATIENCE_S)
            assert time.monotonic() - begun < 6  # uvicorn alone would wait for 8 s


def _wait_for_lines(served, most):
    """Until so many streams have ended: each is logged when it has."""
    end = time.monotonic() + PATIENCE_S
    while sum("/events" in line for line in served.lines) < most:
        assert time.monotonic() < end, served.lines
        time.sleep(0.05)
