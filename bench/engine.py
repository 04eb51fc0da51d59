"""Drive times measured beside the engines they come from.

    python -m bench.engine [--quick]

Prints Markdown: cold, known home base and warm against Valhalla's own matrix and osrm-routed, on
greater New York's roads and O'ahu; growth, memory and exactness. Timings are wall and CPU
seconds, the CPU's of this process and the engine's together.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.geo.driving import valhalla_api
from app.geo.driving.embedded import serving
from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.valhalla import Valhalla
from app.geo.driving.engine import Drives, Driving
from app.geo.points import Floats, Point, Points
from app.geo.regions import build as building
from app.geo.regions.region import Region

OSM = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "osm"
HOMES = {"honolulu": Point(-157.8583, 21.3069), "new-york-roads": Point(-73.9857, 40.7484)}
CHUNKS = (2_500, 5_000, 10_000, 20_000)
LIMIT = 50.0
HOW = Driving()
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Took:
    """Wall and CPU seconds."""

    wall: float
    cpu: float

    def row(self, what: str, n: int, peer: "Took | None" = None) -> str:
        times = "" if peer is None else f"{peer.wall / self.wall:.1f}x"
        micros = self.wall / n * 1e6
        return f"| {what} | {n:,} | {self.wall:.2f} | {self.cpu:.2f} | {micros:.1f} | {times} |"


def header(*columns: str) -> str:
    """The head of a table."""
    return f"\n| {' | '.join(columns)} |\n|{' --- |' * len(columns)}"


def near_roads(index: Roads, n: int, rng: np.random.Generator) -> Points:
    """Random prospects: on a random stretch of any road, some 30 m off it."""
    piece = index.piece[rng.integers(0, len(index.piece), n)]
    along = rng.random(n)
    east, north = rng.normal(0, 30 / 111_000, (2, n))
    return Points(
        piece[:, 0] + along * piece[:, 2] + east, piece[:, 1] + along * piece[:, 3] + north
    )


class Clock:
    """Times work, a server's CPU included."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def _cpu(self) -> float:
        own = time.process_time()
        try:
            words = Path(f"/proc/{self._pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            return own
        return own + (int(words[11]) + int(words[12])) / TICK

    def time[T](self, work: Callable[[], T]) -> tuple[T, Took]:
        wall, cpu = time.perf_counter(), self._cpu()
        done = work()
        return done, Took(time.perf_counter() - wall, self._cpu() - cpu)


def two_in_flight(ask: Callable[[Points], object], to: Points, chunk: int) -> None:
    """The peers at their best: chunks, both cores busy."""
    parts = [to[slice(i, i + chunk)] for i in range(0, len(to), chunk)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ask, parts))


def best_of_chunks(
    clock: Clock, ask: Callable[[Points], object], to: Points, chunks: tuple[int, ...]
) -> tuple[int, Took]:
    """The fastest chunk size, after one request to warm up."""
    ask(to[slice(0, 500)])
    took = {c: clock.time(lambda c=c: two_in_flight(ask, to, c))[1] for c in chunks}
    best = min(took, key=lambda c: took[c].wall)
    return best, took[best]


# ---- the peers -----------------------------------------------------------------------------


def matrix_asker(send: valhalla_api.SendToValhalla, home: Point) -> Callable[[Points], Floats]:
    """Valhalla's own matrix."""
    return lambda to: valhalla_api.read_matrix(
        send("/sources_to_targets", valhalla_api.ask_matrix(home, to, HOW)), len(to)
    )


@contextmanager
def default_valhalla(
    tiles: Path, folder: Path
) -> Iterator[tuple[valhalla_api.SendToValhalla, int]]:
    """Valhalla with its default matrix algorithm (costmatrix)."""
    with serving.Server(tiles, folder) as server:
        made = serving.engine_config

        def unset(*args: object) -> dict[str, object]:
            settings = made(*args)
            settings["thor"]["source_to_target_algorithm"] = "select_optimal"
            return settings

        serving.engine_config = unset
        try:
            server.send("/status", {})
        finally:
            serving.engine_config = made
        yield server.send, _engine_pid(folder)


def _engine_pid(folder: Path) -> int:
    return int(json.loads((folder / "engine.json").read_text())["pid"])


@contextmanager
def osrm(pbf: Path, folder: Path, algorithm: str) -> Iterator[tuple[str, int]]:
    """A real osrm-routed over that extract; its address and process id."""
    import osrm as package

    home = Path(package.__file__).parent
    folder.mkdir(exist_ok=True)
    extract = folder / "map.osm.pbf"
    extract.symlink_to(pbf)
    base = folder / "map.osrm"

    def run(program: str, *args: object) -> None:
        command = [home / "bin" / f"osrm-{program}", *args]
        subprocess.run(command, check=True, capture_output=True)

    run("extract", "-p", home / "share/profiles/car.lua", extract)
    for step in ("contract",) if algorithm == "ch" else ("partition", "customize"):
        run(step, base)
    port = serving.free_port()
    words = [f"--algorithm={algorithm}", "--ip=127.0.0.1", f"--port={port}"]
    words += ["--threads=2", "--max-table-size=100000"]
    with subprocess.Popen(
        [home / "bin" / "osrm-routed", *words, base],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            time.sleep(3)
            yield f"http://127.0.0.1:{port}", server.pid
        finally:
            server.terminate()


def osrm_asker(address: str, home: Point) -> Callable[[Points], Floats]:
    """OSRM's table; the address holds the coordinates, as a GET must."""

    def ask(to: Points) -> Floats:
        ends = [f"{home.lon:.6f},{home.lat:.6f}"]
        ends += [f"{x:.6f},{y:.6f}" for x, y in zip(to.lon.tolist(), to.lat.tolist(), strict=True)]
        url = f"{address}/table/v1/driving/{';'.join(ends)}?sources=0"
        with urllib.request.urlopen(url) as reply:
            row = json.load(reply)["durations"][0][1:]
        return np.array([np.inf if s is None else s for s in row]) / 60

    return ask


# ---- ours ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ours:
    """One region with its engine running."""

    name: str
    region: Region
    server: serving.Server
    pid: int

    def engine(self) -> Valhalla:
        """A fresh engine over loaded roads: nothing known of any home base or point."""
        return Valhalla(self.server.send, self.index, name="valhalla")

    @property
    def index(self) -> Roads:
        return _index(self.region.roads)


_LOADED: dict[Path, Roads] = {}


def _index(folder: Path) -> Roads:
    if folder not in _LOADED:
        _LOADED[folder] = Roads.load(folder)
        _LOADED[folder].snap(Points.of([Point(0, 0)]))  # the search trees, once a process
    return _LOADED[folder]


def drive(engine: Valhalla, home: Point, to: Points, limit: float = LIMIT) -> Drives:
    return engine.drives(home, to, np.zeros(len(to)), [limit], HOW)


def speed(ours: Ours, n: int, rng: np.random.Generator, peer: Took) -> None:
    """Cold, known home base, warm; the best of three, as the peer's chunks had their choice."""
    home, index, clock = HOMES[ours.name], ours.index, Clock(ours.pid)
    cold, known, warm, asked = [], [], [], []
    for _ in range(3):
        engine, one, other = ours.engine(), near_roads(index, n, rng), near_roads(index, n, rng)
        answer, took = clock.time(lambda e=engine, p=one: drive(e, home, p))
        cold.append(took)
        asked.append(answer.asked)
        known.append(clock.time(lambda e=engine, p=other: drive(e, home, p))[1])
        warm.append(clock.time(lambda e=engine, p=one: drive(e, home, p))[1])
    for what, tries in (
        ("ours, cold: new home base, new points", cold),
        ("ours, known home base, new points", known),
        ("ours, warm: same points, nothing to ask", warm),
    ):
        print(min(tries, key=lambda t: t.wall).row(what, n, peer))
    print(f"\nAsked again to be exact: {np.mean(asked or [0]):.0f} of {n:,} rows.\n")


def exactness(ours: Ours, n: int, rng: np.random.Generator) -> None:
    """Every row against timedistancematrix, two limits."""
    to = near_roads(ours.index, n, rng)
    home = HOMES[ours.name]
    shown = ours.engine().drives(home, to, np.zeros(n), [30.0, LIMIT], HOW)
    own = valhalla_api.matrix_minutes(ours.server.send, home, to, HOW)
    on = ~np.isnan(shown.minutes)
    differs = np.zeros(n, bool)
    for limit in (30.0, LIMIT):
        differs |= on & ((shown.minutes <= limit) != (own <= limit))
    rows = np.flatnonzero(differs)
    # The matrix's answer can depend on what else is asked with it; the route is asked alone.
    routed = valhalla_api.route_minutes(ours.server.send, home, to[rows], HOW)
    with_us = int(
        np.logical_and.reduce(
            [(shown.minutes[rows] <= m) == (routed <= m) for m in (30.0, LIMIT)]
        ).sum()
    )
    both = np.isfinite(shown.minutes) & np.isfinite(own)
    off = np.abs(shown.minutes[both] - own[both]) * 60
    close = f"{np.mean(off <= 5):.2%} | {np.mean(off <= 30):.2%} | {off.max():.0f}"
    asked = f"{shown.asked} ({shown.asked / n:.2%})"
    print(f"| {ours.name} | {n:,} | {len(rows)} | {with_us} | {close} | {asked} |")


def growth(ours: Ours, sizes: tuple[int, ...], rng: np.random.Generator) -> None:
    """Known home base: microseconds a row should stay what they are."""
    engine, clock = ours.engine(), Clock(ours.pid)
    drive(engine, HOMES[ours.name], near_roads(ours.index, 10, rng))
    for n in sizes:
        to = near_roads(ours.index, n, rng)
        _, new = clock.time(lambda p=to: drive(engine, HOMES[ours.name], p))
        _, same = clock.time(lambda p=to: drive(engine, HOMES[ours.name], p))
        print(f"| {n:,} | {new.wall:.2f} | {new.wall / n * 1e6:.1f} | {same.wall * 1e3:.0f} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"\nPeak memory of this process, everything above included: {peak:.2f} GB.\n")


def compare(name: str, folder: Path, n: int, quick: bool) -> None:
    """One region: its peers, then ours."""
    pbf = OSM / f"{name}.osm.pbf"
    region = building.build_region(folder / "regions", name, [pbf])
    rng = np.random.default_rng()
    chunks = CHUNKS[2:3] if quick else CHUNKS
    print(f"\n### {name}")
    print(header("what", "rows", "wall s", "CPU s", "µs a row", "ours is"))
    with serving.Server(region.tiles, folder / name) as server:
        server.send("/status", {})
        ours = Ours(name, region, server, _engine_pid(folder / name))
        to = near_roads(ours.index, n, rng)
        chunk, peer = best_of_chunks(
            Clock(ours.pid), matrix_asker(server.send, HOMES[name]), to, chunks
        )
        print(peer.row(f"Valhalla timedistancematrix, {chunk:,} a request, two in flight", n))
        peers_default(name, region, folder, near_roads(ours.index, 200, rng))
        peers_osrm(name, pbf, folder, near_roads(ours.index, n, rng), chunks)
        speed(ours, n, rng, peer)
        print(
            header(
                "region",
                "rows",
                "verdicts that differ",
                "of them, its own route is with us",
                "within 5 s",
                "within 30 s",
                "worst s",
                "asked",
            )
        )
        exactness(ours, n, rng)
        if name == "new-york-roads":
            print(
                "\n| rows | new points, s | µs a row | same points, ms |\n| --- | --- | --- | --- |"
            )
            growth(ours, (10_000, 100_000) if quick else (10_000, 100_000, 1_000_000), rng)


def peers_default(name: str, region: Region, folder: Path, to: Points) -> None:
    """The default algorithm is so slow that a sample has to do."""
    with default_valhalla(region.tiles, folder / f"{name}-default") as (send, pid):
        ask = matrix_asker(send, HOMES[name])
        _, took = Clock(pid).time(lambda: two_in_flight(ask, to, len(to) // 2))
        print(took.row("Valhalla default (costmatrix), a sample", len(to)))


def peers_osrm(name: str, pbf: Path, folder: Path, to: Points, chunks: tuple[int, ...]) -> None:
    """Contraction hierarchies where they can be had in time, else MLD on a sample."""
    algorithm = "ch" if name == "honolulu" else "mld"
    sample = to if algorithm == "ch" else to[slice(0, 2000)]
    sizes = chunks if algorithm == "ch" else (1000,)
    with osrm(pbf, folder / f"{name}-osrm", algorithm) as (address, pid):
        ask = osrm_asker(address, HOMES[name])
        chunk, took = best_of_chunks(Clock(pid), ask, sample, sizes)
        print(took.row(f"OSRM table, {algorithm}, {chunk:,} a request, two in flight", len(sample)))


def main() -> None:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rows and chunk sizes")
    quick = parser.parse_args().quick
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("honolulu", "new-york-roads"):
            compare(name, Path(folder), 20_000 if quick else 100_000, quick)


if __name__ == "__main__":
    main()
