"""A data folder for many at once, what is asked of it, and what one alone is answered."""

import fcntl
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.geo.regions.region import Region
from app.geo.regions.sample import county as sample
from app.settings import Settings
from app.store.database import FILE
from app.wiring.parts import Parts
from tests.conftest import SHARED
from tests.contracts.together import questions
from tests.contracts.together.alone import answers_alone
from tests.contracts.together.asking import SEED
from tests.served import Answer, Request
from tests.stored_lists import store_list


@pytest.fixture(autouse=True)
def _seed_is_told() -> None:
    """Shown with whatever fails."""
    print(f"SWEETSPOT_SEED={SEED}")  # noqa: T201


@pytest.fixture(scope="session")
def maps(request: pytest.FixtureRequest) -> list[Region]:
    """The sample county, and O'ahu and the Isle of Man where the real data is."""
    names = ("county", "oahu", "isle_of_man") if SHARED.is_dir() else ("county",)
    return [request.getfixturevalue(name) for name in names]


@pytest.fixture(scope="session")
def listed(county: Region, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A data folder with the sample county and its firms as a stored list, made once a session."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "listed"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            (folder / "regions").mkdir(parents=True)
            (folder / "regions" / county.folder.name).symlink_to(county.folder)
            with Parts(Settings(data_dir=folder)) as parts:
                store_list(parts, sample.prospects_csv(), questions.LISTED)
    return folder


@pytest.fixture(scope="session")
def data_of(
    maps: list[Region], listed: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """`data_of("a")`: a new data folder with those maps, which others only read, and that list."""

    def make(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        (folder / "regions").mkdir()
        for region in maps:
            (folder / "regions" / region.folder.name).symlink_to(region.folder)
        shutil.copy(listed / FILE, folder)
        shutil.copytree(listed / "lists", folder / "lists")
        return folder

    return make


@pytest.fixture(scope="session")
def county_only(county: Region, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """As `data_of`, with the sample county alone."""

    def make(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        (folder / "regions").mkdir()
        (folder / "regions" / county.folder.name).symlink_to(county.folder)
        return folder

    return make


@pytest.fixture(scope="session")
def asked() -> dict[str, Request]:
    """All that is asked over HTTP, by name."""
    made = questions.cold() | questions.county()
    if SHARED.is_dir():
        data = SHARED / "data"
        made |= questions.cold_oahu(data / "lists" / "hawaii-retailers.csv")
        made |= questions.oahu(data / "lists" / "hawaii-retailers.csv")
        made |= questions.man(data / "addresses" / "isle-of-man.csv")
    return made


@pytest.fixture(scope="session")
def alone(
    asked: dict[str, Request],
    data_of: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
) -> dict[str, Answer]:
    """What each is answered by parts that were asked nothing before; computed once a session."""
    base = tmp_path_factory.getbasetemp()
    kept = (base if worker_id == "master" else base.parent) / "alone.pickle"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_bytes(pickle.dumps(answers_alone(asked, data_of)))
        found: dict[str, Answer] = pickle.loads(kept.read_bytes())  # noqa: S301 -- our own
    return found


@pytest.fixture
def data(data_of: Callable[[str], Path], request: pytest.FixtureRequest) -> Path:
    """A data folder of the test's own."""
    return data_of(request.node.name[:20].replace("[", "-"))
