"""An import for which the disk has no room: refused before, or ended cleanly in the middle."""

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.find.defining import check_options
from app.jobs.progress import ENDED
from app.library.options import ImportOptions
from app.settings import Settings
from app.store.tables import DEFAULT_TENANT, Job
from app.wiring.list_jobs import start_import
from app.wiring.parts import Parts
from tests.served import local_client

MOST_BYTES = 600_000  # no file may be larger: what a disk or a quota says when it is full


@pytest.fixture
def settings(data_dir, tmp_path):
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / "regions").symlink_to(data_dir / "regions")
    return Settings(data_dir=folder)


@pytest.fixture
def nearly_full(monkeypatch) -> Iterator[None]:
    usage = shutil.disk_usage("/")._replace(free=1_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)


def left_of(settings: Settings) -> list[Path]:
    """The files of the row store."""
    return [path for path in (settings.data_dir / "lists").rglob("*") if path.is_file()]


@pytest.mark.usefixtures("nearly_full")
def test_what_does_not_fit_is_refused_before_anything_is_written(settings):
    with local_client(settings) as client:
        got = client.post("/v1/lists?name=firms", content="name,phone\n" + "A,1\n" * 1000)
        assert got.status_code == 507
        assert got.headers["content-type"] == "application/problem+json"
        assert "MB free, about 0 MB needed to receive the list" in got.json()["detail"]
        assert client.get("/v1/jobs").json() == {"jobs": []}
    assert left_of(settings) == []


@pytest.mark.usefixtures("nearly_full")
def test_the_command_says_so_and_ends_with_3(run, tmp_path):
    source = tmp_path / "firms.csv"
    source.write_text("name,phone\n" + "A,1\n" * 1000)
    ran = run("list", "import", str(source), "--name", "firms")
    assert ran.code == 3
    assert "no room on the disk for" in ran.err
    assert "needed to import the list" in ran.err


def test_a_disk_that_fills_up_in_the_middle_ends_the_job(settings, tmp_path):
    """In a process that may write no large file: nothing is left, and it is said what is missing.

    The list goes in where there is room; a part of its rows is larger than a file may be.
    """
    source = tmp_path / "firms.csv"
    rng = random.Random(7)  # noqa: S311 -- no secret
    rows = [
        f"{rng.randbytes(20).hex()},775-{n // 10_000}55-{n % 10_000:04d}" for n in range(40_000)
    ]
    source.write_text("\n".join(["name,city,phone", *rows]))
    with Parts(settings) as parts:
        options = check_options(ImportOptions, {"name": "firms"})
        job = start_import(parts, DEFAULT_TENANT, options, options.columns(), source)
        script = (
            "import resource, sys; "
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({MOST_BYTES}, {MOST_BYTES})); "
            "sys.argv = ['sweetspot', 'worker']; from app.cli import main; main()"
        )
        env = {"SWEETSPOT_DATA_DIR": str(settings.data_dir)}
        with subprocess.Popen([sys.executable, "-c", script], env=env) as worker:
            ended = finish(parts, job.id)
            worker.terminate()
        assert ended.state == "failed"
        assert "no room left on the disk for" in ended.error["detail"]
        assert " MB more" in ended.error["detail"]
        assert parts.library.list_all(DEFAULT_TENANT) == []
    assert left_of(settings) == []


def finish(parts: Parts, job_id: str) -> Job:
    """The job once it has ended, however that is."""
    end = time.monotonic() + 120
    while (job := parts.jobs.get(DEFAULT_TENANT, job_id)).state not in ENDED:
        assert time.monotonic() < end, f"still {job.state}"
        time.sleep(0.05)
    return job
