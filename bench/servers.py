"""The programs that are measured: other revisions, and servers, each ending with its block."""

import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from app.geo.driving.embedded import running, serving
from app.geo.driving.valhalla_api import SendToValhalla

READY_S = 60.0
ROOT = Path(__file__).parents[1]
SWEETSPOT = (sys.executable, "-m", "app")


def check_out(revision: str, folder: Path) -> Path:
    """The files of that revision, in that folder."""
    archive = folder.with_suffix(".tar")
    command = ["git", "-C", str(ROOT), "archive", f"--output={archive}", revision]
    subprocess.run(command, check=True)
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    return folder


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{running.HOST}:{self.port}"


def read_engine(folder: Path) -> Running:
    """The Valhalla whose `serving.Server` has that run folder and was asked something."""
    known = json.loads((folder / "engine.json").read_text())
    return Running(int(known["port"]), int(known["pid"]))


@contextmanager
def default_valhalla(tiles: Path, folder: Path) -> Iterator[tuple[SendToValhalla, int]]:
    """Valhalla with its default matrix algorithm (costmatrix), and its process id."""
    with serving.Server(tiles, folder) as server:
        made = serving.engine_config

        def unset(run: Path, port: int, longest_minutes: float) -> dict[str, Any]:
            settings = made(run, port, longest_minutes)
            settings["thor"]["source_to_target_algorithm"] = "select_optimal"
            return settings

        serving.engine_config = unset
        try:
            server.send("/status", {})
        finally:
            serving.engine_config = made
        yield server.send, read_engine(folder).pid


@contextmanager
def osrm(pbf: Path, folder: Path, algorithm: str) -> Iterator[Running]:
    """osrm-routed over that extract, with contraction hierarchies ("ch") or "mld"."""
    import osrm as package

    home = Path(package.__file__).parent
    folder.mkdir(exist_ok=True)
    extract = folder / "map.osm.pbf"
    extract.symlink_to(pbf)
    base = folder / "map.osrm"

    def run(program: str, *args: str | Path) -> None:
        command = [home / "bin" / f"osrm-{program}", *args]
        subprocess.run(command, check=True, capture_output=True)

    run("extract", "-p", home / "share/profiles/car.lua", extract)
    for step in ("contract",) if algorithm == "ch" else ("partition", "customize"):
        run(step, base)
    port = serving.free_port()
    words = [f"--algorithm={algorithm}", f"--ip={running.HOST}", f"--port={port}"]
    words += ["--threads=2", "--max-table-size=100000"]
    command: list[str | Path] = [home / "bin" / "osrm-routed", *words, base]
    with _started(command, port, "/nearest/v1/driving/0,0") as server:
        yield server


@contextmanager
def sweetspot(
    data: Path, port: int, *options: str, tree: Path = ROOT, env: Mapping[str, str] = os.environ
) -> Iterator[Running]:
    """`sweetspot serve` of the code in `tree` over that data folder."""
    env = {**env, "PYTHONPATH": str(tree), "SWEETSPOT_DATA_DIR": str(data)}
    command = [*SWEETSPOT, "serve", "--port", str(port), *options]
    with _started(command, port, "/readyz", cwd=tree, env=env) as server:
        yield server


@contextmanager
def _started(
    command: Sequence[str | Path],
    port: int,
    path: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """The server, as soon as it answers `path` well. What it says of requests is not kept."""
    with subprocess.Popen(
        command, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            server = Running(port, process.pid)
            _wait(process, server.url + path)
            yield server
        finally:
            process.terminate()


def _wait(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server ended: {process.args!r}"
        try:
            urlopen(url, timeout=1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(f"no answer from {url} in {READY_S:g} s")
