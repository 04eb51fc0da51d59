"""`sweetspot find` as a whole process, the API's start, and a known list asked again."""

import csv
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import numpy as np
import polars as pl

from app.businesses.prospects import Prospects, Ranges
from app.find.options import SpotOptions
from app.find.pipeline import Pipeline, locate_prospects
from app.find.question import Question
from app.geo.addresses.address import Addresses
from app.geo.points import Points
from app.geo.regions.build import build_region
from app.settings import Settings
from app.wiring.ground import find_ground
from app.wiring.parts import Parts

SHARED = Path(__file__).parents[2] / "shared" / "data"
HOME = "21.3069,-157.8583"  # downtown Honolulu
SWEETSPOT = [sys.executable, "-m", "app"]


def timed(*args: str, env: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run([*SWEETSPOT, *args], env=env, stdout=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def hundred_thousand(path: Path, n: int = 100_000) -> None:
    """The Hawaii rows again and again with changed house numbers and no coordinates."""
    with (SHARED / "lists" / "hawaii-retailers.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    rng = random.Random(1)
    fields = [name for name in rows[0] if name not in {"Latitude", "Longitude"}]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, fields, extrasaction="ignore")
        out.writeheader()
        for i in range(n):
            row = dict(rows[i % len(rows)])
            if row["Street Number"].isdigit():
                row["Street Number"] = str(int(row["Street Number"]) + rng.randrange(400))
            out.writerow(row)


def ready_after(env: dict[str, str]) -> float:
    start = time.perf_counter()
    server = subprocess.Popen([*SWEETSPOT, "serve", "--port", "18080"], env=env)
    try:
        while time.perf_counter() - start < 30:
            try:
                urlopen("http://127.0.0.1:18080/readyz", timeout=1).close()
                return time.perf_counter() - start
            except OSError:
                time.sleep(0.01)
    finally:
        server.terminate()
        server.wait()
    raise RuntimeError("the API did not become ready in 30 s")


def made_up(n: int, parts: Parts) -> Prospects:
    """N prospects with coordinates near O'ahu's roads and random sizes."""
    rng = np.random.default_rng(n)
    region = parts.regions.get("oahu")
    west, south, east, north = region.bounds
    lon, lat = rng.uniform(west, east, 20 * n), rng.uniform(south, north, 20 * n)
    on_map = np.flatnonzero(region.covers(Points(lon, lat)))[:n]
    low = rng.integers(1, 200, n).astype(float)
    known = Ranges(
        np.where(rng.random(n) < 0.3, np.nan, low), np.where(np.isnan(low), low, low * 2)
    )
    employees = Ranges(known.low, np.where(np.isnan(known.low), np.nan, known.high))
    blank = [""] * n
    return Prospects(
        pl.DataFrame({"name": blank}),
        blank,
        Addresses(blank, blank, blank, blank),
        Points(lon[on_map], lat[on_map]),
        Ranges.unknown(n),
        employees,
        Ranges.unknown(n),
        blank,
        blank,
        blank,
    )


def warm(parts: Parts, n: int) -> list[float]:
    """Seconds of the first question, then of others over the same points."""
    prospects = made_up(n, parts)
    taken = []
    for limits in ({"minutes": 50}, {"minutes": 45}, {"minutes": 45, "employees": "5-80"}):
        question = Question(SpotOptions(**limits).spot())
        ground = find_ground(parts, HOME, question)
        start = time.perf_counter()
        fixes = locate_prospects(prospects, ground)
        judged = Pipeline(ground, question, frozenset({"employees"})).judge(prospects, fixes)
        for row in range(100):
            judged.reasons(row)
        taken.append(time.perf_counter() - start)
    return taken


def main() -> None:
    with TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder) / "data")
        build_region(settings.data_dir / "regions", "oahu", [SHARED / "osm" / "honolulu.osm.pbf"])
        env = os.environ | {"SWEETSPOT_DATA_DIR": str(settings.data_dir)}
        listed, out = Path(folder) / "list.csv", Path(folder) / "out.csv"
        hundred_thousand(listed)
        print(f"O'ahu, from {HOME}.\n")
        print("| what | seconds | goal |\n| --- | --- | --- |")
        print(
            f"| `sweetspot --help` | {min(timed('--help', env=env) for _ in range(5)):.2f} | 0.5 |"
        )
        print(f"| API ready | {ready_after(env):.2f} | 3 |")
        args = ["find", str(listed), "--home", HOME, "--minutes", "50", "--verdict", "all"]
        whole = timed(*args, "--out", str(out), "--quiet", env=env)
        rows = out.read_bytes().count(b"\n") - 1
        print(
            f"| `find` on {rows:,} CSV rows with addresses, all rows written | {whole:.1f} | 15 |"
        )
        with Parts(settings) as parts:
            for n, goal in ((100_000, 0.15), (1_000_000, 1.0)):
                first, limit, size = warm(parts, n)
                print(f"| {n:,} points, first question | {first:.2f} | |")
                print(f"| the same, another limit in minutes | {limit:.3f} | {goal} |")
                print(f"| the same, another size | {size:.3f} | {goal} |")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"\nPeak memory of the process that asked about 1,000,000 points: {peak:,.0f} MB.")


if __name__ == "__main__":
    main()
