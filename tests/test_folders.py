"""Folders that can't be written or are full, and where the data folder is."""

import errno
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest

from app import cli
from app.errors import BadList, BadQuestion, NoRoom, StorageFailed
from app.find.traffic import Fit, save_fit
from app.folders import system_error, temporary_folder, writing_to
from app.geo.driving.embedded.serving import Server
from app.geo.geocoding.services.cache import GeocodeCache
from app.geo.geocoding.services.service_geocoder import Budget, ServiceGeocoder
from app.geo.regions.regions import Regions
from app.geo.regions.sample import county as sample
from app.lists.read import open_list
from app.lists.write import open_writer
from app.routers.problems import status_of
from app.settings import Settings
from app.wiring.parts import Parts
from tests.geo.geocoding.services.test_online import Service, located, rows
from tests.mirror import serve_mirror
from tests.served import local_client

HOME = sample.HOME_ADDRESS
NOWHERE = Path("/dev/null/data")  # no folder can be made below a device
FULL = Path("/dev/full")
A_FIT = Fit(1.2, 3, 1.0, 0.5, 0.6, None, None, "valhalla", [])


@pytest.fixture
def listed(tmp_path):
    """The sample county's prospects as a file."""
    path = tmp_path / "prospects.csv"
    path.write_text(sample.prospects_csv(), encoding="utf-8")
    return path


@pytest.fixture
def locked(data_dir, tmp_path):
    """A data folder with the sample county in which an engine can't be run."""
    folder = tmp_path / "locked"
    folder.mkdir()
    (folder / "regions").symlink_to(data_dir / "regions")
    for name in ("run", "reaches", "drives"):
        (folder / name).touch()
    return folder


@pytest.fixture
def no_temporary(monkeypatch):
    """No folder for temporary files can be found, as on a full disk."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(NOWHERE)])


def command(*args, before="", stdin="", cwd=None, **env):
    """`sweetspot ARGS` as a process of its own; `before` is Python that it runs first."""
    script = f"{before}\nimport sys; sys.argv[0] = 'sweetspot'\nfrom app.cli import main; main()"
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SWEETSPOT_")}
    return subprocess.run(
        [sys.executable, "-c", script, *args],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=kept | {name: str(value) for name, value in env.items()},
    )


def one_sentence(err):
    """The one line of standard error that is left beside the steps told."""
    (line,) = [line for line in err.splitlines() if line.startswith("sweetspot: ")]
    assert "Traceback" not in err
    return line


def limit(size):
    """Python that lets no file grow larger than that."""
    return f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"


# --- what the system says ----------------------------------------------------------------------


def test_the_data_folder_is_named_with_what_to_do():
    with pytest.raises(StorageFailed, match=r"/x can't be used \(Read-only.*SWEETSPOT_DATA_DIR"):  # noqa: SIM117
        with writing_to(Path("/x")):
            raise OSError(errno.EROFS, "Read-only file system")


def test_the_temporary_folder_is_named_with_what_to_do():
    with pytest.raises(NoRoom, match=r"no room left on the disk for the temporary.*TMPDIR"):  # noqa: SIM117
        with writing_to():
            raise OSError(errno.ENOSPC, "No space left on device")


def test_what_is_not_the_disk_s_passes():
    """Bad input inside, and a damaged SQLite file."""
    with pytest.raises(BadList), writing_to():
        raise BadList("no header")
    with pytest.raises(sqlite3.DatabaseError), closing(sqlite3.connect(FULL)) as file, writing_to():
        raise file.DatabaseError("file is not a database")


def test_libraries_say_it_in_their_own_words(tmp_path):
    """Polars in its text, numpy by what it could write: real ones, no file over 2,000 bytes."""
    script = """
import sys, numpy, polars, sqlite3
from app.errors import NoRoom
from app.folders import writing_to

def rows():
    file = sqlite3.connect("x.sqlite")
    file.execute("CREATE TABLE x (y)")
    file.executemany("INSERT INTO x VALUES (?)", [("z" * 1000,)] * 99)
    file.commit()

some = numpy.arange(10000.0) ** 0.5
for write in (
    lambda: polars.DataFrame({"x": some}).write_parquet("x.parquet"),
    lambda: numpy.save("x.npy", some),
    rows,
):
    try:
        with writing_to():
            write()
    except NoRoom:
        print("no room")
"""
    done = subprocess.run(
        [sys.executable, "-c", f"{limit(2000)}\n{script}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout.split("\n") == ["no room"] * 3 + [""]


def test_a_connection_s_error_is_not_the_disk_s():
    assert system_error(RuntimeError("[Errno 111] Connection refused")) is None
    assert system_error(pl.exceptions.ComputeError("IO: (os error 28)")) == errno.ENOSPC


def test_the_statuses():
    assert status_of(StorageFailed) == 503
    assert status_of(NoRoom) == 507


# --- the data folder on the command line -------------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [
        ("region", "sample"),
        ("region", "sample", "--quiet"),
        ("region", "build", "x", "MAP"),
    ],
)
def test_regions_where_none_can_be_built(args, tmp_path):
    pbf = tmp_path / "x.osm.pbf"
    pbf.touch()
    args = [str(pbf) if arg == "MAP" else arg for arg in args]
    done = command(*args, SWEETSPOT_DATA_DIR=NOWHERE)
    assert done.returncode == 3
    assert f"{NOWHERE}/regions can't be used (Not a directory)" in one_sentence(done.stderr)
    assert "SWEETSPOT_DATA_DIR" in done.stderr


def test_a_download_that_can_t_be_kept(monkeypatch, run):
    """The index comes, then there is nowhere to put the map."""
    with serve_mirror() as mirror:
        mirror.publish({"x": (0, 0, 1, 1)})
        mirror.put("/x-latest.osm.pbf", b"a map")
        monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(NOWHERE))
        monkeypatch.setenv("SWEETSPOT_DOWNLOAD_URL", mirror.url)
        ran = run("region", "add", "x")
    assert ran.code == 3
    assert f"{NOWHERE}/regions/.downloads can't be used" in ran.err


def test_the_engine_s_folder(locked, listed):
    done = command("find", str(listed), "--home", HOME, SWEETSPOT_DATA_DIR=locked)
    assert done.returncode == 3
    assert f"{locked}/run/sample-" in one_sentence(done.stderr)


def test_a_full_engine_s_folder(data_dir, tmp_path, listed):
    """The lock takes no byte, the engine's settings take 10 kB."""
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / "regions").symlink_to(data_dir / "regions")
    args = ("find", str(listed), "--home", HOME)
    done = command(*args, before=limit(2000), SWEETSPOT_DATA_DIR=folder)
    assert done.returncode == 3
    assert "no room left on the disk" in one_sentence(done.stderr)
    assert not list(folder.glob("run/*/engine.json"))


def test_a_server_whose_folder_is_gone_stops_all_the_same(county, tmp_path):
    with Server(county.tiles, tmp_path / "run") as made:
        made.send("/status", {})
        shutil.rmtree(tmp_path / "run")
        (tmp_path / "run").touch()


def test_no_room_while_the_sample_is_built(tmp_path):
    """No file over 30 kB, less than a tile takes: one sentence, and nothing is left."""
    done = command("region", "sample", before=limit(30_000), SWEETSPOT_DATA_DIR=tmp_path / "data")
    assert done.returncode == 3
    assert re.search(r"no room .*\(ulimit -f\)", one_sentence(done.stderr))
    assert list((tmp_path / "data" / "regions").iterdir()) == []


def test_a_region_that_can_t_be_removed(data_dir, tmp_path, monkeypatch):
    shutil.copytree(data_dir / "regions" / "sample", tmp_path / "sample")

    def refused(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(StorageFailed, match="Permission denied"):
        Regions(tmp_path).remove("sample")


def test_a_factor_that_can_t_be_kept(tmp_path):
    with pytest.raises(StorageFailed, match=r"calibration\.json"):
        save_fit(A_FIT, NOWHERE)
    (tmp_path / "calibration.json").symlink_to(FULL)
    with pytest.raises(NoRoom):
        save_fit(A_FIT, tmp_path)


def test_geocoding_services_are_not_asked_where_nothing_can_be_counted(listed):
    """Their budgets are counted in the data folder."""
    args = ("find", str(listed), "--home", "40.0,-116.6")
    done = command(*args, SWEETSPOT_DATA_DIR=NOWHERE, SWEETSPOT_GEOCODERS="census")
    assert done.returncode == 3
    assert "geocoders.sqlite can't be used" in one_sentence(done.stderr)


def test_a_database_that_can_t_be_written(tmp_path):
    (tmp_path / "x.sqlite").mkdir()
    with closing(GeocodeCache(tmp_path / "x.sqlite")) as made, pytest.raises(StorageFailed):
        made.left("census", 5)


def test_an_answer_is_used_where_the_disk_fills_after_it(tmp_path, monkeypatch):
    """It was paid for; nothing more is asked."""
    service = Service()
    with closing(GeocodeCache(tmp_path / "x.sqlite")) as memory:

        def full(*_):
            raise NoRoom("no room left")

        monkeypatch.setattr(memory, "keep", full)
        run = ServiceGeocoder(service, memory, Budget())
        assert located(run.locate(rows(1))) == [1]
        assert "no room left" in run.use.failed
    assert isinstance(run.locate(rows(2)).note[0], str)
    assert service.calls == 1


def test_reaches_and_drives_are_done_without(locked, listed, monkeypatch, run):
    """Only what is kept to be quick: a folder for runs is enough to answer."""
    (locked / "run").unlink()
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(locked))
    ran = run("find", str(listed), "--home", HOME, "--quiet")
    assert ran.code == 0
    assert "Basin Printing" in ran.out


# --- the temporary folder ----------------------------------------------------------------------

NO_TEMPORARY = (
    "import tempfile\ntempfile._candidate_tempdir_list = lambda: ['/dev/null/x']\n"
    "tempfile.tempdir = None"
)


def test_a_list_on_a_pipe(listed, data_dir):
    args = ("find", "-", "--home", HOME)
    text = listed.read_text() * 20
    for before, said in ((NO_TEMPORARY, "can't be used"), (limit(2000), "no room left")):
        done = command(*args, before=before, stdin=text, SWEETSPOT_DATA_DIR=data_dir)
        assert done.returncode == 3
        line = one_sentence(done.stderr)
        assert said in line
        assert "TMPDIR" in line


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_files_made_of_temporary_parts(kind, listed, data_dir, tmp_path):
    """Neither code 2, as for a file that can't be written, nor a trace; and no half file."""
    out = tmp_path / f"out.{kind}"
    done = command(
        *("find", str(listed), "--home", "40.0,-116.6", "--miles", "60", "--minutes", "off"),
        *("--out", str(out)),
        before=NO_TEMPORARY,
        SWEETSPOT_DATA_DIR=data_dir,
    )
    assert done.returncode == 3
    assert "TMPDIR" in one_sentence(done.stderr)
    assert not out.exists()


class Stream(BytesIO):
    """A pipe: it can't go back."""

    def seekable(self):
        return False


@pytest.mark.usefixtures("no_temporary")
def test_a_stream_that_can_t_be_spooled(monkeypatch):
    monkeypatch.setattr("app.lists.sources.SPOOL_BYTES", 8)
    with pytest.raises(StorageFailed, match="TMPDIR"):
        open_list(Stream(b"name,zip\nA,01040\n"))


def test_too_many_open_files_is_no_bad_list(listed, monkeypatch):
    def open_(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Path, "open", open_)
    with pytest.raises(StorageFailed, match="Too many open files"):
        open_list(listed)


@pytest.fixture
def client(data_dir):
    """The API over the sample county."""
    with local_client(Settings(data_dir=data_dir)) as client:
        yield client


@pytest.mark.usefixtures("no_temporary")
def test_over_http_no_temporary_folder_is_503(client, listed):
    reply = client.post(f"/v1/find.csv?home={HOME}", content=listed.read_bytes())
    assert reply.status_code == 503
    assert reply.headers["content-type"] == "application/problem+json"
    assert "TMPDIR" in reply.json()["detail"]


def test_over_http_a_full_temporary_folder_is_507(client, listed, tmp_path, monkeypatch):
    """Where the body goes, and where the answer is written."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    class Full(tempfile.TemporaryDirectory):
        """A folder in which one file takes no byte."""

        of = "body"

        def __init__(self, **kinds):
            super().__init__(**kinds)
            (Path(self.name) / self.of).symlink_to(FULL)

    monkeypatch.setattr("app.folders.TemporaryDirectory", Full)
    reply = client.post(f"/v1/find.csv?home={HOME}", content=listed.read_bytes() * 99)
    assert reply.status_code == 507
    assert "no room left" in reply.json()["detail"]


def test_over_http_an_answer_that_can_t_be_written_is_not_the_asker_s_fault(client, monkeypatch):
    opened = Path.open

    def refused(path, *args, **kinds):
        if path.name.startswith((".prospects.", ".portfolio.")):
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(path, *args, **kinds)

    monkeypatch.setattr(Path, "open", refused)
    body = {"home": HOME, "prospects": [{"name": "A", "zip": "00102"}]}
    for path in ("/v1/find", "/v1/clients/portfolio"):
        if "clients" in path:
            body = {"clients": [{"client": "A", "revenue": 5}]}
        kind = "text/csv"
        reply = client.post(path, json=body, headers={"accept": kind})
        assert reply.status_code == 507, reply.text


def test_over_http_the_engine_s_folder_is_503(locked):
    with local_client(Settings(data_dir=locked)) as client:
        reply = client.post("/v1/find", json={"home": HOME, "prospects": [{"zip": "00102"}]})
    assert reply.status_code == 503
    assert "SWEETSPOT_DATA_DIR" in reply.json()["detail"]


def test_a_temporary_folder_is_gone_afterwards():
    with temporary_folder() as folder:
        (folder / "x").touch()
    assert not folder.exists()


# --- files that were named ---------------------------------------------------------------------


def test_a_named_file_is_bad_input_unless_the_disk_is_full(run):
    clients = str(Path(__file__).parents[1] / "examples" / "clients.csv")
    assert run("clients", "portfolio", clients, "-q", "--save", str(NOWHERE / "x")).code == 2
    assert run("clients", "portfolio", clients, "-q", "--save", str(FULL)).code == 3
    assert run("clients", "portfolio", clients, "-q", "--out", str(NOWHERE / "x.csv")).code == 2
    assert run("region", "sample", "--list", str(NOWHERE / "x.csv")).code == 2
    assert run("region", "sample", "--list", str(FULL)).code == 3


def test_errors_of_the_work_are_not_the_target_s(tmp_path):
    """What fails while rows are made says nothing about the file they go to."""
    with pytest.raises(OSError, match="engine"), open_writer(tmp_path / "x.csv", "csv"):
        raise OSError(errno.EIO, "the engine's pipe broke")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BadQuestion, match="No such"), open_writer(tmp_path / "no" / "x.csv", "csv"):
        pass


# --- the net -----------------------------------------------------------------------------------


def test_output_that_can_t_be_written():
    """Standard output is a full disk: neither exit 1 nor Python's own 120."""
    for args in (("rates",), ("region", "list", "--json")):
        with FULL.open("wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "app", *args],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        assert done.returncode == 3
        assert "No space left on device" in one_sentence(done.stderr)


def test_a_reader_that_has_seen_enough(listed, data_dir):
    script = (
        f"'{sys.executable}' -m app find '{listed}' --home '{HOME}' --json --verdict all | true;"
        "exit ${PIPESTATUS[0]}"
    )
    env = os.environ | {"SWEETSPOT_DATA_DIR": str(data_dir)}
    done = subprocess.run(["bash", "-c", script], capture_output=True, env=env, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def raising(error):
    """A setting that can't be read for that reason."""

    def settings():
        raise error

    return settings


def test_an_error_of_the_system_that_nobody_caught(run, monkeypatch):
    error = PermissionError(errno.EACCES, "Permission denied", "/x")
    monkeypatch.setattr(cli.regions, "load_settings", raising(error))
    ran = run("region", "list")
    assert ran.code == 3
    assert ran.err == "sweetspot: refused by the system: Permission denied (/x)\n"


@pytest.mark.parametrize("error", [ZeroDivisionError("by zero\nand more"), BaseException("panic")])
def test_a_fault_of_ours(run, monkeypatch, error):
    """One sentence with its place in our code."""
    monkeypatch.setattr(cli.regions, "load_settings", raising(error))
    ran = run("region", "list")
    assert ran.code == 3
    assert ran.err.startswith(f"sweetspot: a fault of ours: {type(error).__name__}: ")
    assert "at app/cli/regions.py:" in ran.err
    assert ran.err.count("\n") == 1
    monkeypatch.setenv("SWEETSPOT_TRACE", "1")
    assert "Traceback" in run("region", "list").err


# --- where the data folder is ------------------------------------------------------------------


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user without any data, in a directory of their own."""
    for name in [name for name in os.environ if name.startswith(("SWEETSPOT_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return tmp_path / "home"


def test_the_default_is_the_user_s(home, tmp_path, monkeypatch):
    assert Settings().data_dir == home / ".local" / "share" / "sweetspot"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert Settings().data_dir == tmp_path / "xdg" / "sweetspot"
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", "elsewhere")
    assert Settings().data_dir == Path("elsewhere")


@pytest.mark.usefixtures("home")
def test_it_does_not_depend_on_the_directory(county, tmp_path):
    ours = Settings().data_dir / "regions"
    ours.mkdir(parents=True)
    (ours / "sample").symlink_to(county.folder)
    for folder in (tmp_path, Path("/")):
        done = command("region", "list", "--json", cwd=folder)
        assert [region["name"] for region in json.loads(done.stdout)] == ["sample"]
        assert done.stderr == ""


@pytest.fixture
def former(home, county):  # noqa: ARG001 -- a fixture can't be marked
    """The sample county in `data` of the current directory, as before."""
    folder = Path("data").absolute() / "regions"
    folder.mkdir(parents=True)
    shutil.copytree(county.folder, folder / "sample")
    return folder


def test_regions_from_before_are_found(former, listed, home):
    """With a note that says where and what to do, on both sides."""
    done = command("find", str(listed), "--home", HOME, "--verdict", "all")
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert f"Found in {former}, where maps were kept before: sample." in told
    assert f"SWEETSPOT_DATA_DIR={former.parent}" in told
    assert f"move them to {home}/.local/share/sweetspot/regions" in told
    with local_client(Settings()) as client:
        body = {"home": HOME, "prospects": [{"name": "A", "zip": "00102"}]}
        notes = client.post("/v1/find", json=body).json()["notes"]
    assert any(str(former) in note for note in notes)


def test_the_list_of_regions_says_so(former):
    done = command("region", "list")
    assert "sample" in done.stdout
    assert f"- Found in {former}" in done.stderr
    done = command("region", "list", "--json")
    assert [region["name"] for region in json.loads(done.stdout)] == ["sample"]
    assert f"- Found in {former}" in done.stderr


@pytest.mark.usefixtures("former")
def test_not_where_a_data_folder_is_named(tmp_path):
    done = command("region", "list", "--json", SWEETSPOT_DATA_DIR=tmp_path / "own")
    assert json.loads(done.stdout) == []
    done = command("region", "list", "--json", SWEETSPOT_DATA_DIR="data")
    assert len(json.loads(done.stdout)) == 1
    assert done.stderr == ""


@pytest.mark.usefixtures("former")
def test_one_s_own_region_wins(county):
    ours = Settings().data_dir / "regions"
    shutil.copytree(county.folder, ours / "sample")
    with Parts(Settings()) as parts:
        (region,) = parts.regions.all()
        assert region.folder.parent == parts.regions.get("sample").folder.parent == ours
        assert parts.regions.former_notes([region]) == []
    assert Settings(data_dir=Path("data")).region_folders == [Path("data/regions")]


@pytest.mark.usefixtures("home")
def test_the_sample_s_list_goes_where_one_says(county):
    """Without a name it goes into the data folder, and its path is told."""
    (Settings().data_dir / "regions").mkdir(parents=True)
    (Settings().data_dir / "regions" / "sample").symlink_to(county.folder)
    assert command("region", "sample", "--list", "mine.csv").returncode == 0
    assert Path("mine.csv").read_text(encoding="utf-8") == sample.prospects_csv()
    done = command("region", "sample")
    kept = Settings().data_dir / "sample.csv"
    assert f"{kept}: " in done.stdout
    assert kept.read_text(encoding="utf-8") == sample.prospects_csv()
