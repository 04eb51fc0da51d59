"""Maps of many sizes: what building one takes, and that a question costs what its surroundings do.

python -m bench.maps
"""

import csv
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from app.geo.driving.embedded.roads import Roads
from app.geo.regions.build import build_region
from app.geo.regions.region import Region
from app.geo.regions.regions import Regions
from bench.data import HONOLULU, coordinates, find_extract
from bench.made_up import points_near_roads
from bench.servers import SWEETSPOT
from bench.side_by_side import write_side_by_side
from bench.sizes import choose_size
from bench.tables import print_head, print_row

TIMES = choose_size((1, 16, 64), (1, 4))  # of O'ahu
ROWS = choose_size(10_000, 200)
ROUNDS = choose_size(3, 1)  # of each question, the maps in turn


@dataclass(frozen=True)
class Cost:
    """Wall and CPU seconds, and the most megabytes that the process itself held."""

    wall: float
    cpu: float
    most_mb: float


def measure_command(command: Sequence[str], env: dict[str, str]) -> Cost:
    """Run it. Its CPU seconds are with those of the programs that it waited for."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    cpu = used.ru_utime + used.ru_stime
    return Cost(time.perf_counter() - start, cpu, used.ru_maxrss / 1024)


def build_here(pbf: Path, regions: Path) -> None:
    """In this process: prints what it took itself and what its tools did."""
    build_region(regions, pbf.name.removesuffix(".osm.pbf"), [pbf])
    for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        used = resource.getrusage(whose)
        print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def show_build(pbf: Path, regions: Path) -> Region:
    """Build the region in a process of its own; a row of the table."""
    command = [sys.executable, "-m", "bench.maps", str(pbf), str(regions)]
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    wall = time.perf_counter() - start
    (cpu, own), (tools_cpu, tools) = (map(float, one.split()) for one in done.stdout.splitlines())
    region = Regions(regions).get(pbf.name.removesuffix(".osm.pbf"))
    print_row(
        region.name,
        f"{pbf.stat().st_size / 1e6:.1f}",
        f"{wall:.0f}",
        f"{cpu:.1f}",
        f"{tools_cpu:.1f}",
        f"{own:,.0f}",
        f"{tools:,.0f}",
        f"{region.size_bytes / 1e6:,.0f}",
    )
    return region


def write_list(region: Region, path: Path) -> None:
    """Businesses near the roads of that region, with their coordinates."""
    roads = region.open(lambda at: Roads.load(at / "roads"))
    points = points_near_roads(roads, ROWS, np.random.default_rng())
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["Company", "Longitude", "Latitude", "Employees"])
        out.writerows(["A", lon, lat, 20] for lon, lat in points.pairs())


def show_questions(regions: Sequence[Region], listed: Path, data: Path) -> None:
    """The same list from the same home base, on each map; the median of the rounds."""
    env = os.environ | {"SWEETSPOT_DATA_DIR": str(data)}
    args = ["find", str(listed), "--home", coordinates(HONOLULU), "--quiet", "--out", "-"]
    found: dict[str, list[Cost]] = {region.name: [] for region in regions}
    for _ in range(ROUNDS):
        for name, costs in found.items():
            costs.append(measure_command([*SWEETSPOT, *args, "--region", name], env))
    for name, costs in found.items():
        middle = (np.median([getattr(c, what) for c in costs]) for what in ("wall", "cpu"))
        wall, cpu = middle
        most = max(cost.most_mb for cost in costs)
        print_row(name, f"{ROWS:,}", f"{wall:.1f}", f"{cpu:.2f}", f"{most:,.0f}")


def main() -> None:
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        pbf, data = find_extract("honolulu", folder / "county"), folder / "data"
        maps = [write_side_by_side(pbf, n, folder / f"times-{n}.osm.pbf") for n in TIMES]
        print("O'ahu so many times side by side over open sea.\n")
        print_head(
            "built",
            "PBF, MB",
            "wall s",
            "CPU s, own",
            "CPU s, tools",
            "own process, MB",
            "largest tool, MB",
            "on disk, MB",
        )
        regions = [show_build(one, data / "regions") for one in maps]
        write_list(regions[0], folder / "list.csv")
        print(f"\nRows with coordinates around the home base, {ROUNDS} rounds.\n")
        print_head("asked", "rows", "wall s", "CPU s", "process, MB")
        show_questions(regions, folder / "list.csv", data)


if __name__ == "__main__":
    if sys.argv[1:]:
        build_here(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()
