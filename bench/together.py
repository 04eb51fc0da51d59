"""Many clients at once: what one server of ours gives them, and what the commit before gave one.

    python -m bench.together [--workers N...] [--before REVISION] [--rounds N]

Each client posts the 1,270 rows of Hawaii's retailers again and again over a connection of its
own, addresses looked up, 50 minutes from downtown Honolulu. The servers are real ones on loopback,
with a map of their own each, and take turns; the clients are threads of this process. The commit
before (SWEETSPOT_BEFORE or --before) runs from files that git gives out, by the same Python and
packages, and is asked by one client alone.
"""

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from app.geo.driving.embedded.running import HOST
from app.geo.driving.embedded.serving import free_port
from bench.data import HONOLULU, coordinates, find_extract, find_retailers
from bench.servers import ROOT, SWEETSPOT, check_out, sweetspot
from bench.sizes import choose_size
from bench.tables import print_head, print_row
from bench.timing import read_cpu_s, time_work

BEFORE = choose_size("71290b3", "HEAD")  # the last one made for one question at a time
FIND = f"/v1/find.csv?home={coordinates(HONOLULU)}&minutes=50&geocode=true"
CLIENTS = (1, 4, 16)
WORKERS = choose_size([1, 2], [2])
ROUNDS = choose_size(8, 1)
REQUESTS = 16  # in a round, of all clients together
GOAL = 1.6  # times the rows a second of one client
EVERY_S = 0.02  # /healthz is asked so often meanwhile, and memory looked at


@dataclass
class Seen:
    """What was measured of one server with so many clients."""

    rows_a_second: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    health_s: list[float] = field(default_factory=list)
    cpu_s: float = 0.0
    megabytes: float = 0.0
    errors: int = 0

    @property
    def rate(self) -> float:
        """Of the rounds' the median."""
        return statistics.median(self.rows_a_second)


@dataclass(frozen=True)
class Server:
    """One that runs; `name` as it is shown, `expected` what one client alone gets."""

    name: str
    port: int
    pid: int
    expected: bytes
    clients: Sequence[int]


def main() -> None:
    asked = _arguments()
    seen: dict[tuple[str, int], Seen] = defaultdict(Seen)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        body = find_retailers(folder).read_bytes()
        before = check_out(asked.before, folder / "before")
        ours = [
            stack.enter_context(_serving(f"{n} worker{'s' * (n > 1)}", ROOT, folder, n, body))
            for n in asked.workers
        ]
        theirs = stack.enter_context(_serving(asked.before, before, folder, 1, body, (1,)))
        for number in range(asked.rounds):
            print(f"round {number + 1} of {asked.rounds}", file=sys.stderr)
            turns = [(server, n) for server in (*ours, theirs) for n in server.clients]
            for server, clients in turns if number % 2 else reversed(turns):
                _measure(server, clients, body, seen[server.name, clients])
    _show(seen, [server.name for server in ours], asked.before, _rows(body))
    wrong = sum(one.errors for one in seen.values())
    if wrong:
        raise SystemExit(f"{wrong} answers failed or were others than one client's alone")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS)
    parser.add_argument("--before", default=os.environ.get("SWEETSPOT_BEFORE", BEFORE))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    return parser.parse_args()


@contextmanager
def _serving(
    name: str,
    tree: Path,
    folder: Path,
    workers: int,
    body: bytes,
    clients: Sequence[int] = CLIENTS,
) -> Iterator[Server]:
    """`sweetspot serve` of the code in `tree`, with a map that it built, warm."""
    data = folder / f"data of {name}"
    env = os.environ | {"PYTHONPATH": str(tree), "SWEETSPOT_DATA_DIR": str(data)}
    pbf = find_extract("honolulu", folder)
    build = [*SWEETSPOT, "region", "build", "oahu", str(pbf), "--quiet"]
    subprocess.run(build, check=True, cwd=tree, env=env)
    with sweetspot(data, free_port(), "--workers", str(workers), tree=tree) as server:
        for _ in range(4 * workers):  # by connections of their own, so that each worker gets some
            with closing(_connection(server.port)) as connection:
                status, expected = _post(connection, body)
            assert status == 200, expected
        yield Server(name, server.port, server.pid, expected, clients)


def _connection(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(HOST, port, timeout=600)


def _post(connection: http.client.HTTPConnection, body: bytes) -> tuple[int, bytes]:
    connection.request("POST", FIND, body, {"content-type": "text/csv"})
    got = connection.getresponse()
    return got.status, got.read()


def _measure(server: Server, clients: int, body: bytes, seen: Seen) -> None:
    """One round: as many requests whatever the number of clients, all of them at once."""
    each = ceil(REQUESTS / clients)
    start = threading.Barrier(clients + 1)

    def client(_: int) -> tuple[list[float], int]:
        taken, errors = [], 0
        with closing(_connection(server.port)) as connection:
            connection.connect()
            start.wait()
            for _ in range(each):
                answer, seconds = time_work(partial(_post, connection, body))
                errors += answer != (200, server.expected)
                taken.append(seconds)
        return taken, errors

    with _watched(server, seen), ThreadPoolExecutor(clients) as pool:
        running = [pool.submit(client, i) for i in range(clients)]
        start.wait()
        began, spent = time.perf_counter(), read_cpu_s(*_family(server.pid))
        done = [one.result() for one in running]
        wall = time.perf_counter() - began
        seen.cpu_s += read_cpu_s(*_family(server.pid)) - spent
    seen.rows_a_second.append(each * clients * _rows(body) / wall)
    for taken, errors in done:
        seen.seconds += taken
        seen.errors += errors


def _rows(body: bytes) -> int:
    return body.count(b"\n") - 1


@contextmanager
def _watched(server: Server, seen: Seen) -> Iterator[None]:
    """Asks /healthz and looks at the memory of all its processes, until the block ends."""
    stop = threading.Event()

    def watch() -> None:
        with closing(_connection(server.port)) as connection:
            while True:
                ok, seconds = time_work(partial(_get_health, connection))
                seen.health_s.append(seconds)
                seen.errors += not ok
                seen.megabytes = max(seen.megabytes, sum(map(_megabytes, _family(server.pid))))
                if stop.wait(EVERY_S):
                    return

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        try:
            yield
        finally:
            stop.set()
        watching.result()


def _get_health(connection: http.client.HTTPConnection) -> bool:
    connection.request("GET", "/healthz")
    got = connection.getresponse()
    got.read()
    return got.status == 200


def _family(pid: int) -> list[int]:
    """A process, its workers, its engine and whatever else they started."""
    found = [pid]
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += _family(int(child))
    except OSError:  # it has ended
        pass
    return found


def _megabytes(pid: int) -> float:
    try:
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return resident * os.sysconf("SC_PAGE_SIZE") / 1e6


def _percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many are not above."""
    return float(np.percentile(values, percent, method="inverted_cdf"))


def _show(seen: dict[tuple[str, int], Seen], ours: Sequence[str], before: str, rows: int) -> None:
    print(
        f"O'ahu: lists of {rows:,} rows with addresses, kept connections, warm; memory is the sum "
        "of all processes, the engine among them, and so is the processor's time.\n"
    )
    print_head(
        "server",
        "clients",
        "rows a second",
        "p50 s",
        "p99 s",
        "CPU ms a request",
        "/healthz p99 ms",
        "MB",
        "errors",
    )
    for (name, clients), one in seen.items():
        print_row(
            name,
            clients,
            f"{one.rate:,.0f}",
            f"{_percentile(one.seconds, 50):.2f}",
            f"{_percentile(one.seconds, 99):.2f}",
            f"{1000 * one.cpu_s / len(one.seconds):,.0f}",
            f"{1000 * _percentile(one.health_s, 99):,.0f}",
            f"{one.megabytes:,.0f}",
            one.errors,
        )
    print()
    for name in ours:
        for clients in CLIENTS[1:]:
            times = _times(seen[name, clients], seen[name, 1])
            goal = f" (goal {GOAL})" if clients == CLIENTS[-1] else ""
            print(
                f"With {name}, {clients} clients get {times:.2f} times the rows a second of one "
                f"client{goal}."
            )
    first = _times(seen[ours[0], 1], seen[before, 1])
    print(f"One client gets {first:.2f} times the rows a second that it got from {before}.")


def _times(one: Seen, other: Seen) -> float:
    """How many times the rows a second: the median of the rounds, each compared with itself."""
    pairs = zip(one.rows_a_second, other.rows_a_second, strict=True)
    return statistics.median(mine / theirs for mine, theirs in pairs)


if __name__ == "__main__":
    main()
