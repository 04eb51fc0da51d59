"""An import that is killed again and again gives the very bytes of one that was left alone."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.find.defining import check_options
from app.geo.regions.sample import county as sample
from app.jobs.progress import ENDED
from app.library.options import ImportOptions
from app.settings import Settings
from app.store.tables import DEFAULT_TENANT
from app.wiring.list_jobs import start_import
from app.wiring.parts import Parts
from tests.stored_lists import store_list

ROWS, KILLS = 60_000, 20  # two parts, the second one short; so often it is killed at most
PATIENCE_S = 120


def made_up() -> str:
    """Firms of the sample county's streets; every fifth repeats the one before."""
    rng = random.Random(7)  # noqa: S311 -- no secret
    rows = ["name,address,city,state,zip,phone,employees"]
    streets = [line.split(",")[1:5] for line in sample.prospects_csv().splitlines()[1:40]]
    for at in range(ROWS):
        street = rng.choice([one for one in streets if all(one)])
        firm = at - 1 if at % 5 == 0 and at else at
        phone = f"775-{firm // 10_000 + 200}-{firm % 10_000:04d}"
        rows.append(f"Firm {firm},{','.join(street)},{phone},{rng.randrange(1, 200)}")
    return "\n".join(rows) + "\n"


def files_of(folder: Path) -> dict[str, bytes]:
    """What lies in the row store, by name without the list's id."""
    lists = folder / "lists" / str(DEFAULT_TENANT)
    return {
        str(path.relative_to(lists)).partition("/")[2]: path.read_bytes()
        for path in lists.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def text():
    return made_up()


@pytest.fixture(scope="module")
def undisturbed(text, data_dir, tmp_path_factory):
    folder = tmp_path_factory.mktemp("left-alone")
    (folder / "regions").symlink_to(data_dir / "regions")
    with Parts(Settings(data_dir=folder)) as parts:
        store_list(parts, text, "firms")
    return files_of(folder)


def test_killed_at_random_points(text, undisturbed, data_dir, tmp_path):
    """The worker is a process of its own, killed before it is done; the last one is left alone."""
    folder = tmp_path / "killed"
    folder.mkdir()
    (folder / "regions").symlink_to(data_dir / "regions")
    source = tmp_path / "firms.csv"
    source.write_text(text, encoding="utf-8")
    settings = Settings(data_dir=folder)
    rng = random.Random()  # noqa: S311 -- no secret
    env = {"SWEETSPOT_DATA_DIR": str(folder)}
    with Parts(settings) as parts:
        options = check_options(ImportOptions, {"name": "firms"})
        job = start_import(parts, DEFAULT_TENANT, options, options.columns(), source)
        kills, until = 0, time.monotonic() + PATIENCE_S
        while parts.jobs.get(DEFAULT_TENANT, job.id).state not in ENDED:
            assert time.monotonic() < until, f"not done after {kills} kills"
            with subprocess.Popen([sys.executable, "-m", "app", "worker"], env=env) as worker:
                patience = 60.0 if kills >= KILLS else rng.uniform(1.0, 2.0) + kills / 5
                end = time.monotonic() + patience
                while time.monotonic() < end:
                    if parts.jobs.get(DEFAULT_TENANT, job.id).state in ENDED:
                        break
                    time.sleep(0.02)
                worker.kill()
            kills += 1
            with parts.database.session() as session:  # nobody waits for the dead one's lease
                session.get_one(type(job), job.id).lease = None
                session.get_one(type(job), job.id).attempts = 0
        done = parts.jobs.get(DEFAULT_TENANT, job.id)
        assert (done.state, done.rows_done) == ("done", ROWS), done.error
        assert parts.library.find(DEFAULT_TENANT, "firms").rows == ROWS
    assert files_of(folder) == undisturbed
