"""Stored lists: their import beside the whole `find` of the same file, and what a question takes.

Each import is a process of its own, as `sweetspot list import` and `sweetspot find` are. Questions
are asked of a real `sweetspot serve`, so that they hold what a client waits for. "Another limit" is
one in minutes that was not asked before: rows near it are asked of the engine.
"""

import csv
import json
import os
import random
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode
from urllib.request import urlopen

from app.geo.driving.embedded.serving import free_port
from app.geo.regions.build import build_region
from app.settings import Settings
from bench.data import HONOLULU, coordinates, find_extract, find_retailers, read_rows
from bench.servers import SWEETSPOT, Running, sweetspot
from bench.sizes import choose_size
from bench.tables import print_head, print_row
from bench.timing import Took

HOME = coordinates(HONOLULU)
SMALL, LARGE = choose_size((100_000, 1_000_000), (200, 400))
CLIENTS, ASKED = choose_size((20, 15), (3, 2))  # at once, and how often each asks
SIZES = ("1-4", "5-9", "10 to 19", "20-49", "50-99", "100-249", "")


def write_list(path: Path, retailers: Path, n: int) -> None:
    """Firms at the retailers' streets: other house numbers, phones, sizes, a third with a site."""
    rows, rng = list(read_rows(retailers)), random.Random(1)
    added = ("Phone", "Employees", "Website")
    fields = [name for name in rows[0] if name not in {"Latitude", "Longitude"}]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, [*fields, *added], extrasaction="ignore")
        out.writeheader()
        for i in range(n):
            row = dict(rows[i % len(rows)])
            if row["Street Number"].isdigit():
                row["Street Number"] = str(int(row["Street Number"]) + rng.randrange(400))
            row["Store Name"] = f"{row['Store Name']} {rng.randrange(n)}"
            row["Phone"] = f"808-{rng.randrange(200, 999)}-{rng.randrange(10_000):04d}"
            row["Employees"] = rng.choice(SIZES)
            row["Website"] = f"www.firm{rng.randrange(3 * n)}.com" if rng.random() < 0.3 else ""
            out.writerow(row)


def run_command(data: Path, *args: str) -> tuple[Took, float]:
    """Seconds of a command and the megabytes that it had at most."""
    env = os.environ | {"SWEETSPOT_DATA_DIR": str(data)}
    begun = time.perf_counter()
    process = subprocess.Popen([*SWEETSPOT, *args], env=env, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, args
    took = Took(time.perf_counter() - begun, usage.ru_utime + usage.ru_stime)
    return took, usage.ru_maxrss * 1024 / 1e6


def ask(server: Running, name: str, **query: object) -> tuple[dict[str, object], float]:
    """An answer, and wall seconds until it was there whole."""
    asked = urlencode({"home": HOME, **query})
    begun = time.perf_counter()
    with urlopen(f"{server.url}/v1/lists/{name}/prospects?{asked}") as reply:
        body = reply.read()
    return json.loads(body), time.perf_counter() - begun


def show_imports(data: Path, folder: Path, sizes: Sequence[int]) -> None:
    """The import of each list beside the find over the same file."""
    print_head("rows", "import wall s", "CPU s", "peak MB", "find wall s", "CPU s", "import : find")
    for n in sizes:
        source = folder / f"list{n}.csv"
        write_list(source, find_retailers(folder), n)
        stored, megabytes = run_command(
            data, "list", "import", str(source), "--name", f"list {n}", "--quiet"
        )
        out = str(folder / "out.csv")
        asked = ("--home", HOME, "--minutes", "50", "--out", out, "--quiet")
        found, _ = run_command(data, "find", str(source), *asked)
        print_row(
            f"{n:,}",
            f"{stored.wall:.1f}",
            f"{stored.cpu:.1f}",
            f"{megabytes:,.0f}",
            f"{found.wall:.1f}",
            f"{found.cpu:.1f}",
            f"{stored.cpu / found.cpu:.2f}",
        )


def show_questions(server: Running, name: str) -> None:
    """What each kind of question takes, the best of three where it can be asked again."""
    print_head("question", "seconds", "goal")
    print_row("the first one", f"{ask(server, name, minutes=50)[1]:.2f}", "")
    kinds = (
        ("first page of 100, another size", {"minutes": 50}, 100, 0.3),
        ("counts alone, another size", {"minutes": 50}, 0, 0.15),
    )
    for what, limits, rows, goal in kinds:
        times = [
            ask(server, name, **limits, employees=f"{5 + turn + rows}+", limit=rows)[1]
            for turn in range(3)
        ]
        print_row(what, f"{min(times):.3f}", goal)
    fresh = [ask(server, name, minutes=minutes)[1] for minutes in (41, 37, 33)]
    print_row("first page, another limit in minutes", f"{min(fresh):.3f}", 0.15)
    known = [ask(server, name, minutes=m, employees="3+")[1] for m in (41, 37, 33)]
    print_row("the same, a limit that was asked before", f"{min(known):.3f}", 0.15)
    found, _ = ask(server, name, minutes=50)
    after = [ask(server, name, minutes=50, cursor=found["next"])[1] for _ in range(3)]
    print_row("the second page", f"{min(after):.3f}", "")


@contextmanager
def importing(data: Path, source: Path) -> Iterator[subprocess.Popen[bytes]]:
    """An import in a process beside, which the server's worker may take."""
    env = os.environ | {"SWEETSPOT_DATA_DIR": str(data)}
    command = [*SWEETSPOT, "list", "import", str(source), "--name", "beside", "--quiet"]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as process:
        yield process


def show_crowd(server: Running, data: Path, source: Path, name: str) -> None:
    """Many clients at once while an import runs, of processes that have all been asked before."""

    def ask_first(client: int) -> None:
        ask(server, name, minutes=50, employees=f"{2 + client}-100")

    def ask_often(client: int) -> list[float]:
        return [
            ask(server, name, minutes=50, employees=f"{1 + client}-{50 + turn}", limit=20)[1]
            for turn in range(ASKED)
        ]

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(ask_first, [*range(CLIENTS)] * 2))
        with importing(data, source) as process:
            time.sleep(2)
            times = sorted(one for many in pool.map(ask_often, range(CLIENTS)) for one in many)
            ran = process.poll() is None
    middle, last = times[len(times) // 2], times[int(len(times) * 0.99)]
    print(
        f"\n{CLIENTS} clients, {len(times)} questions of {name} while an import "
        f"{'ran throughout' if ran else 'ran for a part of it'}: median {middle:.2f} s, "
        f"99th percentile {last:.2f} s (goal 1)."
    )


def main() -> None:
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        data = Settings(data_dir=folder / "data").data_dir
        build_region(data / "regions", "oahu", [find_extract("honolulu", folder)])
        show_imports(data, folder, (SMALL, LARGE))
        with sweetspot(data, free_port()) as server:
            print(f"\n{LARGE:,} rows, over HTTP:\n")
            show_questions(server, f"list-{LARGE}")
            show_crowd(server, data, folder / f"list{LARGE}.csv", f"list-{SMALL}")


if __name__ == "__main__":
    main()
