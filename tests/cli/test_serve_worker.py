"""The worker beside `sweetspot serve`: it ends with the server, and is replaced where it dies."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from app.cli.worker_process import NICE
from app.find.defining import check_options
from app.geo.regions.sample import county as sample
from app.library.options import ImportOptions
from app.settings import Settings
from app.store.tables import DEFAULT_TENANT, Job
from app.wiring.list_jobs import start_import
from app.wiring.parts import Parts
from tests.served import serve, workers_of
from tests.stored_lists import finish_job

PATIENCE_S = 60.0
TIMES = 1_500  # the rows of the sample county, so often: two parts of a list
ROWS = TIMES * (len(sample.prospects_csv().splitlines()) - 1)


@pytest.fixture
def data(data_dir: Path, tmp_path: Path) -> Path:
    """A folder of the test's own with the county."""
    (tmp_path / "regions").symlink_to(data_dir / "regions")
    return tmp_path


@pytest.fixture
def parts(data: Path) -> Iterator[Parts]:
    with Parts(Settings(data_dir=data)) as made:
        yield made


def start_long_import(parts: Parts) -> Job:
    head, *rows = sample.prospects_csv().splitlines(keepends=True)
    source = parts.settings.data_dir / "list.csv"
    source.write_text(head + "".join(rows) * TIMES, encoding="utf-8")
    options = check_options(ImportOptions, {"name": "long"})
    return start_import(parts, DEFAULT_TENANT, options, options.columns(), source)


def is_worker(pid: int) -> bool:
    with suppress(OSError):
        return b"worker_process" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def workers_beside(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(one) for task in tasks for one in task.read_text().split() if is_worker(int(one))]


def wait[T](until: Callable[[], T]) -> T:
    """What it gives as soon as that is something."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if found := until():
            return found
        time.sleep(0.02)
    raise AssertionError("not so in a minute")


def is_working(parts: Parts, job: Job) -> bool:
    """Whether some of its rows are stored, and others are not."""
    seen = parts.jobs.get(DEFAULT_TENANT, job.id)
    assert seen.finished is None, "too short a job: it is over"
    return seen.owner is not None and seen.done >= 1


@pytest.mark.parametrize("processes", [1, 2])
def test_one_beside_all_processes_at_low_priority(data: Path, processes: int) -> None:
    """None beside each of them; told to stop, the server ends when its worker has."""
    with serve(data, workers=processes) as served:
        (worker,) = wait(lambda: workers_beside(served.process.pid))
        assert not any(workers_beside(pid) for pid in workers_of(served.process.pid))
        lowest = min(os.getpriority(os.PRIO_PROCESS, served.process.pid) + NICE, 19)
        wait(lambda: os.getpriority(os.PRIO_PROCESS, worker) == lowest)
        assert os.getpriority(os.PRIO_PROCESS, served.process.pid) == os.getpriority(
            os.PRIO_PROCESS, 0
        )
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(PATIENCE_S) == 0
        assert not is_worker(worker)
    assert "Traceback" not in served.log.read_text()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_when_the_server_ends(data: Path, parts: Parts, how: signal.Signals) -> None:
    """In the middle of a job, which it hands on."""
    with serve(data) as served:
        (worker,) = wait(lambda: workers_beside(served.process.pid))
        job = start_long_import(parts)
        wait(lambda: is_working(parts, job))
        served.process.send_signal(how)
        served.process.wait(PATIENCE_S)
        wait(lambda: parts.jobs.get(DEFAULT_TENANT, job.id).owner is None)
        wait(lambda: not is_worker(worker))
    left = parts.jobs.get(DEFAULT_TENANT, job.id)
    assert (left.state, left.attempts, left.lease) == ("running", 0, None)


def test_one_that_is_killed_is_replaced(data: Path, parts: Parts) -> None:
    """The job goes on where it was, and no row is lost or there twice."""
    with serve(data) as served:
        (first,) = wait(lambda: workers_beside(served.process.pid))
        job = start_long_import(parts)
        wait(lambda: is_working(parts, job))
        os.kill(first, signal.SIGKILL)
        done = finish_job(parts, job, 2 * PATIENCE_S)
        assert workers_beside(served.process.pid) != [first]
    assert done.rows_done == parts.library.find(DEFAULT_TENANT, "long").rows == ROWS
    assert served.log.read_text().count("the worker has ended") == 1
