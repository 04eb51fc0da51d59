"""A thread that works at jobs, and what it does where it can't."""

import time
from threading import Event

from app.jobs.queue import JobQueue
from app.settings import Settings
from app.store.database import open_database
from app.store.tables import DEFAULT_TENANT
from app.wiring import working
from app.wiring.parts import Parts
from tests.jobs.counting import Counting, make_table


def test_a_database_that_is_there_later_is_waited_for(cluster, tmp_path, monkeypatch, capsys):
    """Said once, in a sentence; then the jobs are done."""
    kinds = {"count": lambda parts: Counting(parts.database)}
    monkeypatch.setattr(working, "KINDS", kinds)
    monkeypatch.setattr(working, "AGAIN_S", 0.05)
    url = cluster.url("later")
    with (
        Parts(Settings(data_dir=tmp_path, database_url=url)) as parts,
        working.working_inside(parts, Event()),
    ):
        time.sleep(0.5)
        cluster.execute("create database later template template")
        with open_database(url, tmp_path) as database:
            make_table(database)
            queue = JobQueue(database)
            job_id = queue.submit(DEFAULT_TENANT, "count", {"rows": 20}).id
            end = time.monotonic() + 60
            while queue.get(DEFAULT_TENANT, job_id).state != "done":
                assert time.monotonic() < end
                time.sleep(0.02)
    cluster.execute("drop database later")
    said = [line for line in "".join(capsys.readouterr()).splitlines() if "not worked at" in line]
    assert len(said) == 1
    assert 'does not answer (database "later" does not exist): see that it is there' in said[0]
