"""Real routing services that tests start, on loopback."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
