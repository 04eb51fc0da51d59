"""Many clients at once: what one server of ours gives them, and what the commit before gave one.

    python -m bench.together [--workers N...] [--before REVISION] [--rounds N]

Each client posts the 1,270 rows of Hawaii's retailers again and again over a connection of its
own, addresses looked up, 50 minutes from downtown Honolulu. The servers are real ones on loopback,
with a map of their own each, and take turns; the clients are threads of this process. The commit
before (SWEETSPOT_BEFORE or --before) runs from a git worktree of its own, by the same Python and
packages, and is asked by one client alone.
"""

import argparse
import http.client
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parents[1]
SHARED = HERE.parent / "shared" / "data"
BEFORE = "71290b3"  # the last one that was made for one question at a time
HOST = "127.0.0.1"
FIND = "/v1/find.csv?home=21.3069,-157.8583&minutes=50&geocode=true"
CLIENTS = (1, 4, 16)
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
    body = (SHARED / "lists" / "hawaii-retailers.csv").read_bytes()
    seen: dict[tuple[str, int], Seen] = defaultdict(Seen)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        before = stack.enter_context(_checked_out(asked.before, folder / "before"))
        ours = [
            stack.enter_context(_serving(f"{n} worker{'s' * (n > 1)}", HERE, folder, n, body))
            for n in asked.workers
        ]
        theirs = stack.enter_context(_serving(asked.before, before, folder, 1, body, (1,)))
        for number in range(asked.rounds):
            print(f"round {number + 1} of {asked.rounds}", file=sys.stderr)
            turns = [(server, n) for server in (*ours, theirs) for n in server.clients]
            for server, clients in turns if number % 2 else reversed(turns):
                _measure(server, clients, body, seen[server.name, clients])
    _show(seen, [server.name for server in ours], asked.before)
    wrong = sum(one.errors for one in seen.values())
    if wrong:
        raise SystemExit(f"{wrong} answers failed or were others than one client's alone")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--before", default=os.environ.get("SWEETSPOT_BEFORE", BEFORE))
    parser.add_argument("--rounds", type=int, default=8)
    return parser.parse_args()


@contextmanager
def _checked_out(revision: str, folder: Path) -> Iterator[Path]:
    """A worktree of that revision, which is gone afterwards."""
    git = ["git", "-C", str(HERE), "worktree"]
    add = [*git, "add", "--quiet", "--detach", str(folder), revision]
    subprocess.run(add, check=True, stdout=sys.stderr)
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=True, stdout=sys.stderr)


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
    data, port = folder / f"data of {name}", _free_port()
    env = os.environ | {"PYTHONPATH": str(tree), "SWEETSPOT_DATA_DIR": str(data)}
    pbf = SHARED / "osm" / "honolulu.osm.pbf"
    build = [sys.executable, "-m", "app", "region", "build", "oahu", str(pbf), "--quiet"]
    subprocess.run(build, check=True, cwd=tree, env=env)
    serve = ("serve", "--port", str(port), "--workers", str(workers))
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *serve],
        cwd=tree,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # a line for each request
    )
    try:
        _wait(port, process)
        for _ in range(4 * workers):  # by connections of their own, so that each worker gets some
            with closing(_connection(port)) as connection:
                status, expected = _post(connection, body)
            assert status == 200, expected
        yield Server(name, port, process.pid, expected, clients)
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _connection(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(HOST, port, timeout=600)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        assert process.poll() is None, "the server ended"
        try:
            with closing(_connection(port)) as connection:
                connection.request("GET", "/readyz")
                connection.getresponse().read()
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not become ready in a minute")


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
                began = time.perf_counter()
                errors += _post(connection, body) != (200, server.expected)
                taken.append(time.perf_counter() - began)
        return taken, errors

    with _watched(server, seen), ThreadPoolExecutor(clients) as pool:
        running = [pool.submit(client, i) for i in range(clients)]
        start.wait()
        began, spent = time.perf_counter(), _cpu_s(server.pid)
        done = [one.result() for one in running]
        wall = time.perf_counter() - began
        seen.cpu_s += _cpu_s(server.pid) - spent
    rows = each * clients * (body.count(b"\n") - 1)
    seen.rows_a_second.append(rows / wall)
    for taken, errors in done:
        seen.seconds += taken
        seen.errors += errors


@contextmanager
def _watched(server: Server, seen: Seen) -> Iterator[None]:
    """Asks /healthz and looks at the memory of all its processes, until the block ends."""
    stop = threading.Event()

    def watch() -> None:
        with closing(_connection(server.port)) as connection:
            while not stop.wait(EVERY_S):
                began = time.perf_counter()
                connection.request("GET", "/healthz")
                ok = connection.getresponse()
                ok.read()
                seen.health_s.append(time.perf_counter() - began)
                seen.errors += ok.status != 200
                seen.megabytes = max(seen.megabytes, sum(map(_megabytes, _family(server.pid))))

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        try:
            yield
        finally:
            stop.set()
        watching.result()


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


def _cpu_s(pid: int) -> float:
    """Processor seconds that a process and all it started have had."""
    ticks = 0
    for one in _family(pid):
        with suppress(OSError):
            words = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _percentile(values: Sequence[float], share: float) -> float:
    """The value that so many are not above."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def _show(seen: dict[tuple[str, int], Seen], ours: Sequence[str], before: str) -> None:
    print(
        "O'ahu: lists of 1,270 rows with addresses, kept connections, warm; memory is the sum of "
        "all processes, the engine among them, and so is the processor's time.\n"
    )
    print(
        "| server | clients | rows a second | p50 s | p99 s | CPU ms a request | /healthz p99 ms "
        "| MB | errors |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    )
    for (name, clients), one in seen.items():
        p50, p99 = (_percentile(one.seconds, share) for share in (0.5, 0.99))
        health = 1000 * _percentile(one.health_s, 0.99)
        print(
            f"| {name} | {clients} | {one.rate:,.0f} | {p50:.2f} | {p99:.2f} "
            f"| {1000 * one.cpu_s / len(one.seconds):,.0f} | {health:,.0f} "
            f"| {one.megabytes:,.0f} | {one.errors} |"
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
