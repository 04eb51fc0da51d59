"""The embedded engine as a child process: one a region and host, watched, never orphaned."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app.errors import BackendDown
from app.geo.driving.embedded import serving
from app.geo.regions.region import Region
from app.geo.regions.sample.county import HOME, county_point

REPO = Path(__file__).parents[4]

# A process that uses the engine and then waits to be told to end.
USER = """
import sys
from pathlib import Path
from app.geo.driving.embedded.serving import Server

server = Server(Path(sys.argv[1]), Path(sys.argv[2]))
server.send("/status", {})
print("ready", flush=True)
sys.stdin.read()
server.close()
"""


def _drive() -> dict[str, object]:
    """A route over the county: from Larkfield to Farrow, 104 km away."""
    ends = (HOME, county_point(104, 0.2))
    return {"locations": [{"lon": p.lon, "lat": p.lat} for p in ends], "costing": "auto"}


def _alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not yet collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _stopped(pid: int) -> bool:
    """Whether the signal has reached it: on a busy machine its threads may go on for a while."""
    for _ in range(500):
        if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T":
            return True
        time.sleep(0.01)
    return False


def _gone(pid: int, within_s: float = 10) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not _alive(pid):
            return True
        time.sleep(0.02)
    return False


def _engine(run: Path) -> dict[str, int]:
    known: dict[str, int] = json.loads((run / "engine.json").read_text())
    return known


def _user(county: Region, run: Path) -> subprocess.Popen[str]:
    """Another process that has the engine answer."""
    started = subprocess.Popen(
        [sys.executable, "-c", USER, str(county.tiles), str(run)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPO,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


def test_starts_on_first_need_and_ends_with_its_owner(county: Region, tmp_path: Path) -> None:
    """Nothing runs before the first request; `close` leaves no process and no port behind."""
    server = serving.Server(county.tiles, tmp_path)
    assert not (tmp_path / "engine.json").exists()
    assert json.loads(server.send("/route", _drive()))["trip"]["summary"]["length"] > 100
    pid = _engine(tmp_path)["pid"]
    begun = time.monotonic()
    server.close()
    assert not _alive(pid)
    assert time.monotonic() - begun < 10  # 30 s and more with Valhalla's own drain time


def test_listens_on_loopback_only(county: Region, tmp_path: Path) -> None:
    """By default Valhalla listens on all addresses; ours must not be reached from outside."""
    with serving.Server(county.tiles, tmp_path) as server:
        server.send("/status", {})
        port = _engine(tmp_path)["port"]
        listening = [
            line.split()[1]
            for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
            if line.split()[3] == "0A"
        ]
        assert [a for a in listening if a.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


def test_killed_mid_request_it_comes_back(county: Region, tmp_path: Path) -> None:
    """An engine that dies while it works is started again and the request is answered."""
    with serving.Server(county.tiles, tmp_path) as server:
        server.send("/status", {})
        pid = _engine(tmp_path)["pid"]
        os.kill(pid, signal.SIGSTOP)  # so that the request is surely under way when it dies
        assert _stopped(pid)
        threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
        assert json.loads(server.send("/route", _drive()))["trip"]["summary"]["length"] > 100
        assert _engine(tmp_path)["pid"] != pid


def test_owner_killed_leaves_no_orphan(county: Region, tmp_path: Path) -> None:
    """SIGKILL lets an owner clean up nothing: the engine must go all the same."""
    owner = _user(county, tmp_path)
    pid = _engine(tmp_path)["pid"]
    assert _alive(pid)
    owner.kill()
    owner.communicate()
    assert _gone(pid)


def test_warden_killed_leaves_no_orphan(county: Region, tmp_path: Path) -> None:
    """Even without its warden the engine ends: the kernel kills it with the warden."""
    with serving.Server(county.tiles, tmp_path) as server:
        server.send("/status", {})
        assert server._warden is not None
        server._warden.kill()
        assert _gone(_engine(tmp_path)["pid"])
        assert server.send("/status", {})


def test_two_processes_share_one_engine_and_the_next_takes_over(
    county: Region, tmp_path: Path
) -> None:
    """Workers of one host use one engine; when its owner goes, another starts the next one."""
    owner = _user(county, tmp_path)
    first = _engine(tmp_path)
    with serving.Server(county.tiles, tmp_path) as other:
        other.send("/route", _drive())
        assert _engine(tmp_path) == first
        owner.kill()
        owner.communicate()
        assert _gone(first["pid"])
        assert json.loads(other.send("/route", _drive()))["trip"]["summary"]["length"] > 100
        assert _engine(tmp_path)["pid"] != first["pid"]


def test_an_engine_killed_while_its_owner_is_idle_is_taken_over(
    county: Region, tmp_path: Path
) -> None:
    """The owner asks nothing and so notices nothing: the other process need not wait for it."""
    owner = _user(county, tmp_path)
    first = _engine(tmp_path)
    with serving.Server(county.tiles, tmp_path) as other:
        other.send("/status", {})
        os.kill(first["pid"], signal.SIGKILL)
        begun = time.monotonic()
        assert json.loads(other.send("/route", _drive()))["trip"]["summary"]["length"] > 100
        assert time.monotonic() - begun < 10  # an engine may take 30 s to start
        assert _engine(tmp_path)["pid"] != first["pid"]
        owner.communicate()  # its end ends no engine but its own
        assert other.send("/status", {})
        assert _alive(_engine(tmp_path)["pid"])


def test_the_tiles_are_those_of_the_start(county: Region, tmp_path: Path) -> None:
    """Another folder takes the name: the engine, started later, reads the first one's tiles."""
    shutil.copytree(county.tiles, tmp_path / "tiles")
    with serving.Server(tmp_path / "tiles", tmp_path / "run") as server:
        (tmp_path / "tiles").rename(tmp_path / "moved")
        (tmp_path / "tiles").mkdir()
        assert json.loads(server.send("/route", _drive()))["trip"]["summary"]["length"] > 100


def test_a_taken_port_is_left_alone(
    county: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a port another engine took, ours aborts; its answer must not be taken for ours."""
    with serving.Server(county.tiles, tmp_path / "a") as one:
        one.send("/status", {})
        taken = _engine(tmp_path / "a")["port"]
        free = serving.free_port()
        ports = iter([taken, free])
        monkeypatch.setattr(serving, "free_port", lambda: next(ports))
        with serving.Server(county.tiles, tmp_path / "b") as two:
            two.send("/status", {})
            assert _engine(tmp_path / "b")["port"] == free


def test_a_stale_note_of_another_engine_is_not_believed(county: Region, tmp_path: Path) -> None:
    """A note left by a crash may name a process and port that are now someone else's."""
    with socket.create_server(("127.0.0.1", 0)) as someone:
        note = {"pid": os.getpid(), "port": someone.getsockname()[1]}
        (tmp_path / "engine.json").write_text(json.dumps(note))
        with serving.Server(county.tiles, tmp_path) as server:
            server.send("/route", _drive())
            assert _engine(tmp_path)["pid"] != os.getpid()


def test_without_tiles_the_error_says_which(tmp_path: Path) -> None:
    """A region whose tiles are gone: a clear failure in time, and no process left."""
    (tmp_path / "tiles").mkdir()
    server = serving.Server(tmp_path / "tiles", tmp_path / "run", start_s=5)
    with pytest.raises(BackendDown, match="no routing tiles"):
        server.send("/route", _drive())
    server.close()


def test_refusals_are_answers(county: Region, tmp_path: Path) -> None:
    """HTTP 400 with Valhalla's own error is for the adapter to read, not a dead engine."""
    with serving.Server(county.tiles, tmp_path) as server:
        said = json.loads(server.send("/route", {"locations": [], "costing": "auto"}))
        assert said["error_code"] == 110  # "Insufficiently specified required parameter"
