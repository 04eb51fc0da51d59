"""Real servers that tests start, on loopback: routing services, and our own."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from app.geo.driving.embedded import serving


@contextmanager
def osrm(pbf: Path, folder: Path, *, most: int = 100) -> Iterator[str]:
    """A real osrm-routed over that extract, with contraction hierarchies; its address.

    `most`: points in one request, OSRM's own default if not given.
    """
    import osrm as package

    home = Path(package.__file__).parent
    folder.mkdir(parents=True, exist_ok=True)
    extract = folder / "map.osm.pbf"
    extract.symlink_to(pbf)

    def run(program: str, *args: object) -> None:
        subprocess.run([home / "bin" / f"osrm-{program}", *args], check=True, capture_output=True)

    run("extract", "-p", home / "share/profiles/car.lua", extract)
    run("contract", folder / "map.osrm")
    port = serving.free_port()
    words = ["--ip=127.0.0.1", f"--port={port}", f"--max-table-size={most}", "--threads=2"]
    with subprocess.Popen(
        [home / "bin" / "osrm-routed", *words, folder / "map.osrm"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            ready(f"{url}/nearest/v1/driving/0,0")
            yield url
        finally:
            server.terminate()


def ready(url: str) -> None:
    for _ in range(600):
        try:
            urlopen(url, timeout=10).close()
        except OSError as why:
            if getattr(why, "code", 0):  # it answers
                return
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"{url} did not answer in 30 s")


@dataclass(frozen=True)
class Served:
    """A real `sweetspot serve`. `log`: its standard error, a file."""

    url: str
    pid: int
    log: Path

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, port = self.url.removeprefix("http://").split(":")
        return host, int(port)

    def lines(self) -> list[str]:
        """What it said of requests."""
        return [line for line in self.log.read_text().splitlines() if "event='request'" in line]


@contextmanager
def sweetspot(data: Path, *options: str, **settings: object) -> Iterator[Served]:
    """`sweetspot serve` over a data folder on a free port, until the block ends."""
    env = os.environ | {f"SWEETSPOT_{name.upper()}": str(v) for name, v in settings.items()}
    log = data / f"serve-{time.monotonic_ns()}.log"
    with (
        log.open("w") as said,
        subprocess.Popen(
            [sys.executable, "-m", "app", "serve", "--port", "0", *options],
            env=env | {"SWEETSPOT_DATA_DIR": str(data)},
            stdin=subprocess.DEVNULL,
            stderr=said,
        ) as process,
    ):
        try:
            url = _told_address(process, log)
            ready(f"{url}/healthz")
            yield Served(url, process.pid, log)
        finally:
            process.terminate()
            process.wait(30)


def _told_address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where it says that it listens."""
    for _ in range(1200):
        if found := re.search(r"sweetspot: (http://\S+)", log.read_text()):
            return found[1]
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError("the API did not start in a minute")
