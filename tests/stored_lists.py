"""Lists that tests store as people do: by a job, worked at until it has ended."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

from app.errors import NoSuchList
from app.find.defining import check_options
from app.jobs.progress import ENDED
from app.library.options import ImportOptions
from app.store.tables import DEFAULT_TENANT, Job
from app.wiring.list_jobs import start_import
from app.wiring.parts import Parts
from app.wiring.working import working_inside


def store_list(
    parts: Parts, text: str, name: str, tenant: int = DEFAULT_TENANT, **asked: Any
) -> Job:
    """The job by which that text became a list of that name."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_text(text, encoding="utf-8")
        options = check_options(ImportOptions, {"name": name, **asked})
        job = start_import(parts, tenant, options, options.columns(), path)
    with working_inside(parts, Event()):
        return finish_job(parts, job)


def finish_job(parts: Parts, job: Job, patience_s: float = 60) -> Job:
    """The job once it has ended, whoever works at it."""
    until = time.monotonic() + patience_s
    while job.state not in ENDED:
        assert time.monotonic() < until, f"job {job.kind} is still {job.state}"
        time.sleep(0.02)
        job = parts.jobs.get(job.tenant_id, job.id)
    assert job.state == "done", job.error
    return job


def store_once(parts: Parts, text: str, name: str) -> None:
    """The same, where there is no list of that name."""
    try:
        parts.library.find(DEFAULT_TENANT, name)
    except NoSuchList:
        store_list(parts, text, name)
