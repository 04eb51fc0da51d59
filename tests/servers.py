"""Real routing services that tests start, on loopback."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import reduce
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from valhalla.config import get_config

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


@contextmanager
def valhalla(tiles: Path, run: Path, **settings: object) -> Iterator[str]:
    """A real valhalla_service over those tiles, as it is by itself; its address.

    `settings`: others than its own, by their dotted names with __ for each dot.
    """
    made = serving.engine_config

    def by_itself(folder: Path, port: int, longest_minutes: float) -> dict[str, Any]:
        ours = made(folder, port, longest_minutes)
        own = deepcopy(get_config(tile_extract="", tile_dir=""))
        own["mjolnir"], own["httpd"] = ours["mjolnir"], ours["httpd"]
        for name in ("loki", "thor", "odin", "meili"):
            own[name]["service"] = ours[name]["service"]
        for dotted, value in settings.items():
            *path, last = dotted.split("__")
            reduce(dict.__getitem__, path, own)[last] = value
        return own

    with pytest.MonkeyPatch.context() as patch, serving.Server(tiles, run) as server:
        patch.setattr(serving, "engine_config", by_itself)
        server.send("/status", {})
        port = json.loads((run / "engine.json").read_text())["port"]
        yield f"http://127.0.0.1:{port}"


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
