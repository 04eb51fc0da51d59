"""Maps that several tests share. Each is really built, once a session, whoever asks first."""

import fcntl
import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import hypothesis
import pytest
import stamina

from app import cli
from app.geo.regions import build as building
from app.geo.regions.region import Region
from app.geo.regions.regions import Regions
from app.geo.regions.sample import county as sample
from app.store.database import Database, open_database
from tests.postgres import Cluster, postgres
from tests.shared import SHARED

# Machines are shared and noisy: how long an example takes is no test's business.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each part of the bench takes a minute: as the last ones they would leave a core idle."""
    items.sort(key=lambda item: item.path.name != "test_bench.py")


def pytest_collection_finish() -> None:
    """Thousands of tests as objects: what looks for cycles leaves them out from here on."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """One data folder for the whole session, with the sample county in it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "data"
    folder.mkdir(exist_ok=True)
    _once(folder, sample.NAME, sample.build_sample)
    return folder


@pytest.fixture(scope="session")
def county(data_dir: Path) -> Region:
    """The sample county, see `app/geo/regions/sample/county.py`."""
    return Regions(data_dir / "regions").get(sample.NAME)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the project."""
    if not SHARED.is_dir():
        pytest.skip(f"the real data is not here: no {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def real(data_dir: Path, shared: Path) -> Callable[[str], Region]:
    """`real("honolulu")`: a region built from that extract, in a data folder of its own.

    Apart from the sample county's, so that a find there chooses among what its test expects.
    """
    folder = data_dir.with_name("real")
    folder.mkdir(exist_ok=True)

    def build(name: str) -> Region:
        pbf = shared / "data" / "osm" / f"{name}.osm.pbf"
        return _once(folder, name, lambda regions: building.build_region(regions, name, [pbf]))

    return build


@pytest.fixture(scope="session")
def oahu(real: Callable[[str], Region]) -> Region:
    """All of O'ahu, 2018."""
    return real("honolulu")


@pytest.fixture(scope="session")
def isle_of_man(real: Callable[[str], Region]) -> Region:
    """The Isle of Man, 2020: British addresses, driving on the left."""
    return real("isle-of-man")


@pytest.fixture(scope="session")
def virgin_islands(real: Callable[[str], Region]) -> Region:
    """The US Virgin Islands: three islands, driving on the left."""
    return real("us-virgin-islands")


@pytest.fixture(scope="session")
def manx_nominatim(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Nominatim over the Isle of Man. For tests marked `nominatim` only."""
    from tests.nominatim import nominatim

    pbf = shared / "data" / "osm" / "isle-of-man.osm.pbf"
    with nominatim(pbf, tmp_path_factory.mktemp("nominatim")) as url:
        yield url


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A real PostgreSQL with an up-to-date database, `template`, that others are copied from."""
    folder = tmp_path_factory.mktemp("postgres")
    with postgres(folder / "postgres.log") as made:
        made.execute("create database template")
        with open_database(made.url("template"), folder) as database:
            database.migrate()
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """`SWEETSPOT_DATABASE_URL` of either kind, each test's database its own."""
    if request.param == "sqlite":
        yield ""
        return
    found: Cluster = request.getfixturevalue("cluster")
    name = f"test_{time.monotonic_ns()}"
    found.execute(f"create database {name} template template")
    yield found.url(name)
    found.execute(f"drop database if exists {name} with (force)")


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """The service's database, with its tables and one tenant, over either kind."""
    with open_database(database_url, tmp_path / "data") as made:
        made.migrate()
        yield made


class Ran:
    """What a command printed and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(monkeypatch, capsys, data_dir):
    """Run `sweetspot ARGS` in this process over the data folder with the sample county."""
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(data_dir))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys, "warnoptions", ["error"])  # else the command line ignores warnings

    def call(*args: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["sweetspot", *args])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        captured = capsys.readouterr()
        return Ran(int(stopped.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture
def impatient():
    """Retries without pauses, and fewer of them."""
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


class Answering(BaseHTTPRequestHandler):
    """A request to the server of the fixture `server`, to be answered by a test."""

    def reply(self, status: int, body: bytes = b"{}", **headers: str) -> None:
        """Status, headers (underscores are hyphens) and body."""
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server():
    """`server(answer)` starts one whose answer gets the handler and the number of the request.

    `server.seen` and `server.bodies` are the paths and bodies of what the last one was asked.
    """
    started = []

    def start(answer: Callable[[Answering, int], None]) -> str:
        seen, bodies = [], []

        class Handler(Answering):
            def do_GET(self):
                seen.append(self.path)
                bodies.append(self.rfile.read(int(self.headers.get("content-length", 0))))
                answer(self, len(seen))

            do_POST = do_GET  # noqa: N815 -- the name http.server looks for

            def log_message(self, *_):
                pass

        made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        started.append(made)
        start.seen, start.bodies = seen, bodies
        return f"http://127.0.0.1:{made.server_port}"

    yield start
    for made in started:
        made.shutdown()
        made.server_close()


def _once(folder: Path, name: str, build: Callable[[Path], Region]) -> Region:
    """The region, built by the first of several test processes to ask while the others wait."""
    regions = folder / "regions"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if name not in {region.name for region in Regions(regions).all()}:
            build(regions)
    return Regions(regions).get(name)
