"""Drive times measured beside the engines they come from.

    python -m bench.engine [--quick]

Prints Markdown: cold, known home base and warm against Valhalla's own matrix and osrm-routed, on
greater New York's roads and O'ahu; growth, memory and exactness. Timings are wall and CPU
seconds, the CPU's of this process and the engine's together.
"""

import argparse
import json
import os
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from app.geo.driving import valhalla_api
from app.geo.driving.embedded import serving
from app.geo.driving.embedded.grid import RoadKind
from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.valhalla import Valhalla
from app.geo.driving.engine import Drives, Driving
from app.geo.points import Floats, Point, Points
from app.geo.regions import build as building
from app.geo.regions.region import Region
from bench.data import HONOLULU, NEW_YORK, find_extract
from bench.made_up import points_near_roads
from bench.servers import default_valhalla, osrm, read_engine
from bench.sizes import choose_size
from bench.tables import print_head, print_row
from bench.timing import Took, peak_mb, time_with_server, time_work

HOMES = {"honolulu": HONOLULU, "new-york-roads": NEW_YORK}
ROWS = choose_size(100_000, 200)
QUICK_ROWS = choose_size(20_000, 100)
CHUNKS = choose_size((2_500, 5_000, 10_000, 20_000), (25, 50, 100, 200))
SAMPLE = choose_size(200, 20)  # for Valhalla's default algorithm
MLD_SAMPLE, MLD_CHUNK = choose_size((2_000, 1_000), (40, 20))
GROWTH = choose_size((10_000, 100_000, 1_000_000), (100, 200, 400))
LIMIT = 50.0
HOW = Driving()


def print_took(took: Took, what: str, n: int, peer: Took | None = None) -> None:
    times = "" if peer is None else f"{peer.wall / took.wall:.1f}x"
    micros = took.wall / n * 1e6
    print_row(what, f"{n:,}", f"{took.wall:.2f}", f"{took.cpu:.2f}", f"{micros:.1f}", times)


def two_in_flight(ask: Callable[[Points], object], to: Points, chunk: int) -> None:
    """The peers at their best: chunks, both cores busy."""
    parts = [to[slice(i, i + chunk)] for i in range(0, len(to), chunk)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ask, parts))


def best_of_chunks(
    pid: int, ask: Callable[[Points], object], to: Points, chunks: tuple[int, ...]
) -> tuple[int, Took]:
    """The fastest chunk size, after one request to warm up."""
    ask(to[slice(0, 500)])
    took = {c: time_with_server(partial(two_in_flight, ask, to, c), pid)[1] for c in chunks}
    best = min(took, key=lambda c: took[c].wall)
    return best, took[best]


# ---- the peers -----------------------------------------------------------------------------


def matrix_asker(send: valhalla_api.SendToValhalla, home: Point) -> Callable[[Points], Floats]:
    """Valhalla's own matrix."""
    return lambda to: valhalla_api.read_matrix(
        send("/sources_to_targets", valhalla_api.ask_matrix(home, to, HOW)), len(to)
    )


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
        _LOADED[folder] = index = Roads.load(folder)
        lon, lat = index.piece[::50, :2].T
        index.snap(Points(lon.copy(), lat.copy()))  # the search trees, once a process
    return _LOADED[folder]


def drive(engine: Valhalla, home: Point, to: Points, limit: float = LIMIT) -> Drives:
    return engine.drives(home, to, np.zeros(len(to)), [limit], HOW)


def speed(ours: Ours, n: int, rng: np.random.Generator, peer: Took) -> None:
    """Cold, known home base, warm; the best of three, as the peer's chunks had their choice."""
    cold, known, warm, asked = [], [], [], []
    for _ in range(3):
        one, other = (points_near_roads(ours.index, n, rng) for _ in range(2))
        ask = partial(drive, ours.engine(), HOMES[ours.name])
        answer, took = time_with_server(partial(ask, one), ours.pid)
        cold.append(took)
        asked.append(answer.asked)
        known.append(time_with_server(partial(ask, other), ours.pid)[1])
        warm.append(time_with_server(partial(ask, one), ours.pid)[1])
    for what, tries in (
        ("ours, cold: new home base, new points", cold),
        ("ours, known home base, new points", known),
        ("ours, warm: same points, nothing to ask", warm),
    ):
        print_took(min(tries, key=lambda t: t.wall), what, n, peer)
    print(f"\nAsked again to be exact: {np.mean(asked or [0]):.0f} of {n:,} rows.\n")


def exactness(ours: Ours, n: int, rng: np.random.Generator) -> None:
    """Every row against timedistancematrix, two limits; motorways' surroundings included."""
    to = points_near_roads(ours.index, n, rng, RoadKind.PASSED)
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
    close = (f"{np.mean(off <= 5):.2%}", f"{np.mean(off <= 30):.2%}", f"{off.max():.0f}")
    asked = f"{shown.asked} ({shown.asked / n:.2%})"
    print_row(ours.name, f"{n:,}", len(rows), with_us, *close, asked)


def growth(ours: Ours, sizes: tuple[int, ...], rng: np.random.Generator) -> None:
    """Known home base: microseconds a row should stay what they are."""
    print()
    print_head("rows", "new points, s", "µs a row", "same points, ms")
    ask = partial(drive, ours.engine(), HOMES[ours.name])
    ask(points_near_roads(ours.index, 10, rng))
    for n in sizes:
        to = points_near_roads(ours.index, n, rng)
        _, new = time_work(partial(ask, to))
        _, same = time_work(partial(ask, to))
        print_row(f"{n:,}", f"{new:.2f}", f"{new / n * 1e6:.1f}", f"{same * 1e3:.0f}")
    print(f"\nPeak memory of this process, everything above included: {peak_mb() / 1024:.2f} GB.\n")


def compare(name: str, folder: Path, n: int, quick: bool) -> None:
    """One region: its peers, then ours."""
    pbf = find_extract(name, folder / "extracts")
    region = building.build_region(folder / "regions", name, [pbf])
    rng = np.random.default_rng()
    chunks = CHUNKS[2:3] if quick else CHUNKS
    print(f"\n### {name}\n")
    print_head("what", "rows", "wall s", "CPU s", "µs a row", "ours is")
    with serving.Server(region.tiles, folder / name) as server:
        server.send("/status", {})
        ours = Ours(name, region, server, read_engine(folder / name).pid)
        peer = peers_matrix(ours, points_near_roads(ours.index, n, rng), chunks)
        peers_default(name, region, folder, points_near_roads(ours.index, SAMPLE, rng))
        peers_osrm(name, pbf, folder, points_near_roads(ours.index, n, rng), chunks)
        speed(ours, n, rng, peer)
        print()
        print_head(
            "region",
            "rows",
            "verdicts that differ",
            "of them, its own route is with us",
            "within 5 s",
            "within 30 s",
            "worst s",
            "asked",
        )
        exactness(ours, n, rng)
        if name == "new-york-roads":
            growth(ours, GROWTH[:-1] if quick else GROWTH, rng)


def peers_matrix(ours: Ours, to: Points, chunks: tuple[int, ...]) -> Took:
    """The algorithm that ours is exact to, asked by the engine's own API."""
    ask = matrix_asker(ours.server.send, HOMES[ours.name])
    chunk, took = best_of_chunks(ours.pid, ask, to, chunks)
    print_took(took, f"Valhalla timedistancematrix, {chunk:,} a request, two in flight", len(to))
    return took


def peers_default(name: str, region: Region, folder: Path, to: Points) -> None:
    """The default algorithm is so slow that a sample has to do."""
    with default_valhalla(region.tiles, folder / f"{name}-default") as (send, pid):
        ask = matrix_asker(send, HOMES[name])
        _, took = time_with_server(partial(two_in_flight, ask, to, len(to) // 2), pid)
        print_took(took, "Valhalla default (costmatrix), a sample", len(to))


def peers_osrm(name: str, pbf: Path, folder: Path, to: Points, chunks: tuple[int, ...]) -> None:
    """Contraction hierarchies where they can be had in time, else MLD on a sample."""
    algorithm = "ch" if name == "honolulu" else "mld"
    sample = to if algorithm == "ch" else to[slice(0, MLD_SAMPLE)]
    sizes = chunks if algorithm == "ch" else (MLD_CHUNK,)
    with osrm(pbf, folder / f"{name}-osrm", algorithm) as server:
        ask = osrm_asker(server.url, HOMES[name])
        chunk, took = best_of_chunks(server.pid, ask, sample, sizes)
    what = f"OSRM table, {algorithm}, {chunk:,} a request, two in flight"
    print_took(took, what, len(sample))


def main() -> None:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rows and chunk sizes")
    quick = parser.parse_args().quick
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as folder:
        for name in HOMES:
            compare(name, Path(folder), QUICK_ROWS if quick else ROWS, quick)


if __name__ == "__main__":
    main()
