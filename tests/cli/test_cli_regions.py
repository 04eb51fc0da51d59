"""`sweetspot region add`, `build` and `update`, run as a user runs them, against a mirror."""

import json
import os
import pty
import select
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.geo.regions.sample import county as sample
from tests.mirror import Mirror, serve_mirror

PBF = "/us/teal-latest.osm.pbf"
SWEETSPOT = str(Path(sys.executable).with_name("sweetspot"))
TERMINAL = {"TERM": "xterm", "COLUMNS": "120"}
AT = f"{sample.HOME.lat},{sample.HOME.lon}"

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def pbf(tmp_path: Path) -> Path:
    path = tmp_path / "county.osm.pbf"
    sample.write_county(path)
    return path


@pytest.fixture
def teal(
    run: object, pbf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Mirror]:
    """A mirror with the county as a state, and an empty data folder."""
    assert run  # it sets the data folder first
    with serve_mirror() as mirror:
        mirror.publish({"us/teal": (-118.0, 39.0, -115.0, 41.0)})
        mirror.put(PBF, pbf.read_bytes())
        monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(tmp_path / "data"))
        monkeypatch.setenv("SWEETSPOT_DOWNLOAD_URL", mirror.url)
        yield mirror


def test_a_dry_run_prints_the_plan(run, teal: Mirror, tmp_path: Path):
    """As a table and as JSON; nothing is downloaded or made."""
    ran = run("region", "add", "--near", AT, "--miles", "20", "--dry-run")
    assert ran.code == 0, ran.err
    assert f"{teal.url}{PBF}" in ran.out
    assert "100.0%" in ran.out
    assert "GB of memory" in ran.out
    plan = json.loads(run("region", "add", "teal", "--dry-run", "--json").out)
    assert plan["files"][0]["extract"] == "us/teal"
    assert plan["download_bytes"] == len(teal.files[PBF])
    assert teal.ranges_of(PBF) == []
    assert not (tmp_path / "data" / "regions").exists()


@pytest.mark.parametrize("unknown", [False, True])
def test_a_large_download_wants_agreement(run, teal: Mirror, unknown: bool):
    """Without a terminal nobody can be asked: the plan, a sentence, and --yes."""
    teal.sizes[PBF] = 600_000_000
    teal.heads = not unknown
    ran = run("region", "add", "teal")
    assert ran.code == 2
    assert ran.err.splitlines()[-1].endswith("(--miles, or a smaller extract)")
    assert "--yes" in ran.err
    assert ("an unknown size" if unknown else "600 MB") in ran.err
    assert teal.ranges_of(PBF) == []
    ran = run("region", "add", "teal", "--yes", "--quiet")
    assert ran.code == 0, ran.err


def test_nothing_moves_while_one_is_asked(teal: Mirror):
    """On a terminal the question stays as it was written until it is answered."""
    teal.sizes[PBF] = 600_000_000
    child, terminal = pty.fork()
    if not child:
        os.execve(SWEETSPOT, [SWEETSPOT, "region", "add", "teal"], os.environ | TERMINAL)  # noqa: S606
    asked = _read_until(terminal, b"[y/N]", 30)
    meanwhile = _read_until(terminal, b"nothing that is ever written", 1.5)
    os.write(terminal, b"n\n")
    after = _read_until(terminal, b"nothing that is ever written", 10)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
    os.close(terminal)
    assert b"[y/N]" in asked
    assert meanwhile.strip() == b""
    assert b"Traceback" not in after
    assert teal.ranges_of(PBF) == []


def _read_until(terminal: int, mark: bytes, seconds: float) -> bytes:
    """What is written to a terminal until the mark, the time or the program's end."""
    written, end = b"", time.monotonic() + seconds
    while mark not in written and (left := end - time.monotonic()) > 0:
        if not select.select([terminal], [], [], left)[0]:
            break
        try:
            written += os.read(terminal, 65536)
        except OSError:  # the program has ended
            break
    return written


def test_add_and_update(run, teal: Mirror, tmp_path: Path):
    """A circle; nothing newer; a newer map; and a region of one's own file."""
    assert "roads" in run("region", "add", "--near", AT, "--miles", "20").out
    name = json.loads(run("region", "list", "--json").out)[0]["name"]
    assert name.endswith("_20mi")
    ran = run("region", "update", name)
    assert (ran.code, ran.out) == (0, f"{name} is up to date: nothing newer is to be had\n")
    sample.write_county(tmp_path / "newer.osm.pbf", bridge=False)
    teal.put(PBF, (tmp_path / "newer.osm.pbf").read_bytes())
    ran = run("region", "update", name)
    assert ran.code == 0, ran.err
    assert ran.out.startswith(f"{name}: ")
    assert json.loads(run("region", "show", name).out)["circle"]["miles"] == 20


@pytest.mark.usefixtures("teal")
def test_build_says_what_was_left_out_of_address_files(run, pbf: Path, tmp_path: Path):
    """On the screen and in the manifest; a file that can't be used is one sentence."""
    houses = tmp_path / "houses.csv"
    rows = f"{sample.HOME.lon},{sample.HOME.lat},7,Quay\n20,50,9,Quay\n"
    houses.write_text("LON,LAT,NUMBER,STREET\n" + rows)
    ran = run("region", "build", "mine", str(pbf), "--addresses", str(houses))
    note = "houses.csv: 1 of 2 rows lie off this map"
    assert ran.code == 0, ran.err
    assert f"- {note}\n" in ran.err
    assert json.loads(run("region", "show", "mine").out)["notes"] == [note]
    houses.write_text("LON,LAT,NUMBER,STREET\n2960000,770000,9,Quay\n")
    ran = run("region", "build", "mine", str(pbf), "--addresses", str(houses))
    assert (ran.code, ran.out) == (2, "")
    assert "feet or metres of a projection that it does not name" in ran.err


@pytest.mark.usefixtures("teal")
def test_build_cuts_to_a_circle(run, pbf: Path):
    ran = run("region", "build", "mine", str(pbf), "--near", AT, "--miles", "20", "--quiet")
    assert ran.code == 0, ran.err
    shown = json.loads(run("region", "show", "mine").out)
    assert shown["circle"]["miles"] == 20
    ran = run("region", "update", "mine")
    assert ran.code == 2
    assert "files of your own" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["teal", "--json"], "--json goes with --dry-run"),
        (["teal", "--whole-circle"], "--whole-circle goes with --near"),
        (["--near", "30,-40"], "is the home base at sea?"),
        (["teel"], "did you mean us/teal?"),
    ],
)
def test_what_is_no_question(words: list[str], said: str, run, teal: Mirror):
    ran = run("region", "add", *words)
    assert ran.code == 2
    assert said in ran.err
    assert teal.ranges_of(PBF) == []
