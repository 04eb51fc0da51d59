"""`sweetspot find` as a whole process, the API's start, and a known list asked again."""

import csv
import os
import random
import subprocess
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from app.businesses.prospects import Prospects, Ranges
from app.find.ground import Ground
from app.find.locating import locate_prospects
from app.find.options import SpotOptions
from app.find.pipeline import Pipeline
from app.find.question import Question
from app.geo.driving.embedded.serving import free_port
from app.geo.points import Points
from app.geo.regions.build import build_region
from app.settings import Settings
from app.wiring.ground import find_ground
from app.wiring.parts import Parts
from bench.data import HONOLULU, coordinates, find_extract, find_retailers, read_rows
from bench.made_up import prospects_at
from bench.servers import SWEETSPOT, sweetspot
from bench.sizes import choose_size
from bench.tables import print_head, print_row
from bench.timing import peak_mb, time_work

HOME = coordinates(HONOLULU)  # downtown
LISTED = choose_size(100_000, 200)
# So many points, and within how many seconds other limits are to be answered.
POINTS = (choose_size(100_000, 200), 0.15), (choose_size(1_000_000, 400), 1.0)


def time_command(*args: str, env: dict[str, str]) -> float:
    run = partial(subprocess.run, [*SWEETSPOT, *args], env=env, stdout=subprocess.DEVNULL)
    return time_work(partial(run, check=True))[1]


def time_start(data: Path) -> float:
    """Until the API is ready."""
    with ExitStack() as stack:
        return time_work(partial(stack.enter_context, sweetspot(data, free_port())))[1]


def write_list(path: Path, retailers: Path, n: int) -> None:
    """The retailers again and again with changed house numbers and no coordinates."""
    rows = list(read_rows(retailers))
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
    return prospects_at(Points(lon[on_map], lat[on_map]), employees)


def warm(parts: Parts, n: int) -> list[float]:
    """Seconds of the first question, then of others over the same points."""
    prospects = made_up(n, parts)
    taken = []
    for limits in ({"minutes": 50}, {"minutes": 45}, {"minutes": 45, "employees": "5-80"}):
        question = Question(SpotOptions(**limits).spot())
        ground = find_ground(parts, HOME, question)
        taken.append(time_work(partial(answer, prospects, ground, question))[1])
    return taken


def answer(prospects: Prospects, ground: Ground, question: Question) -> None:
    """Verdicts on all, and the first hundred's reasons."""
    fixes = locate_prospects(prospects, ground)
    found = Pipeline(ground, question, frozenset({"employees"})).judge(prospects, fixes)
    for row in range(100):
        found.reasons(row)


def show_commands(folder: Path, data: Path) -> None:
    env = os.environ | {"SWEETSPOT_DATA_DIR": str(data)}
    listed, out = folder / "list.csv", folder / "out.csv"
    write_list(listed, find_retailers(folder), LISTED)
    starts = [time_command("--help", env=env) for _ in range(5)]
    print_row("`sweetspot --help`", f"{min(starts):.2f}", 0.5)
    print_row("API ready", f"{time_start(data):.2f}", 3)
    args = ["find", str(listed), "--home", HOME, "--minutes", "50", "--verdict", "all"]
    whole = time_command(*args, "--out", str(out), "--quiet", env=env)
    rows = out.read_bytes().count(b"\n") - 1
    what = f"`find` on {rows:,} CSV rows with addresses, all rows written"
    print_row(what, f"{whole:.1f}", 15)


def main() -> None:
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        settings = Settings(data_dir=folder / "data")
        build_region(settings.data_dir / "regions", "oahu", [find_extract("honolulu", folder)])
        print(f"O'ahu, from {HOME}.\n")
        print_head("what", "seconds", "goal")
        show_commands(folder, settings.data_dir)
        with Parts(settings) as parts:
            for n, goal in POINTS:
                first, limit, size = warm(parts, n)
                print_row(f"{n:,} points, first question", f"{first:.2f}", "")
                print_row("the same, another limit in minutes", f"{limit:.3f}", goal)
                print_row("the same, another size", f"{size:.3f}", goal)
        most = POINTS[-1][0]
        print(
            f"\nPeak memory of the process that asked about {most:,} points: {peak_mb():,.0f} MB."
        )


if __name__ == "__main__":
    main()
