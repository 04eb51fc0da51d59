"""A server that is asked the same again and again does not grow."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest

from app.geo.regions.sample import county as sample
from tests.contracts.together.asking import THREADS
from tests.contracts.together.questions import HOMES
from tests.served import HOST, Request, serve

# Measured: 411 to 415 MB after 200 bursts, 412 to 419 after 400.
BURSTS = 200
LISTS = 3
LISTS_EVERY = 4  # bursts; a list takes ten times as long as all else
# What 200 bursts may add: the allocator's arenas, one more for each thread that happened to work
# beside more others than ever before, settle within a few megabytes. A request that left 10 kB
# behind would add 32 MB.
TOLERANCE_MB = 8.0
# What 300 lists may add, asked three at a time. Measured: -2 to 1 MB; 15 kB each were more.
LISTS_MB = 4.0


class Size(NamedTuple):
    """Of a process: megabytes in memory, threads, open files."""

    megabytes: float
    threads: int
    files: int

    @classmethod
    def of(cls, pid: int) -> "Size":
        """As the kernel says."""
        told = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        )
        files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        return cls(int(told["VmRSS"].split()[0]) / 1024, int(told["Threads"]), files)


def _small() -> list[Request]:
    """Sixteen questions: LISTS of a few rows each, others a few milliseconds long."""
    rows = [
        {"name": f"Firm {j}", "address": f"{200 + 20 * j} Main Street", "zip": "00101"}
        for j in range(3)
    ]
    body = "\n".join(sample.prospects_csv().splitlines()[:4]).encode()
    kind = {"content-type": "application/json"}
    made = [
        Request("POST", "/v1/find", json.dumps({"home": home, "prospects": rows}).encode(), kind)
        for home in HOMES[:2]
    ]
    made.append(Request("POST", "/v1/find.csv?home=40.0,-116.6", body))
    made.append(Request("GET", "/v1/reach?home=40.0,-116.6&minutes=20"))
    made.append(Request("GET", "/v1/tiles/10/180/387.mvt"))
    typed = [f"{number}+Main+Street,+Brightwater" for number in range(200, 200 + THREADS)]
    made += [Request("GET", f"/v1/geocode?address={text}") for text in typed]
    return made[:THREADS]


def _bursts(port: int, bursts: Sequence[Sequence[Request]]) -> int:
    """Each at once, one after the other, over connections that stay open; the failures."""
    failed = 0
    with ExitStack() as stack, ThreadPoolExecutor(THREADS) as pool:
        connections = [
            stack.enter_context(closing(HTTPConnection(HOST, port, timeout=120)))
            for _ in range(THREADS)
        ]

        def ask(connection: HTTPConnection, one: Request) -> int:
            try:
                connection.request(one.method, one.path, one.body or None, dict(one.headers))
                got = connection.getresponse()
            except ConnectionError:  # it was idle for as long as the server lets one be
                connection.close()
                connection.request(one.method, one.path, one.body or None, dict(one.headers))
                got = connection.getresponse()
            got.read()
            return got.status

        for asked in bursts:
            failed += sum(status != 200 for status in pool.map(ask, connections, asked))
    return failed


@pytest.mark.timeout(900)  # 6,400 requests, of machines that are shared and noisy
def test_neither_memory_nor_threads_nor_files(data_of: Callable[[str], Path]) -> None:
    """After 200 bursts of sixteen it is as large as it gets; threads of the pool come and go."""
    small = _small()
    others = [*small[LISTS:], *small[LISTS : 2 * LISTS]]
    bursts = [small, *[others] * (LISTS_EVERY - 1)] * (BURSTS // LISTS_EVERY)
    with serve(data_of("growth")) as served:
        failed = _bursts(served.port, bursts)
        warm = Size.of(served.process.pid)
        failed += _bursts(served.port, bursts)
        after = Size.of(served.process.pid)
    assert failed == 0
    assert after.megabytes < warm.megabytes + TOLERANCE_MB
    assert after.threads <= warm.threads + 2
    assert after.files <= warm.files + THREADS  # connections to the engine come and go


@pytest.mark.timeout(900)
def test_lists_leave_nothing(data_of: Callable[[str], Path]) -> None:
    """Few threads work, so that what a list leaves behind is seen sooner."""
    bursts = [_small()[:LISTS]] * (BURSTS // 2)
    with serve(data_of("lists")) as served:
        failed = _bursts(served.port, bursts[:30])
        warm = Size.of(served.process.pid)
        failed += _bursts(served.port, bursts)
        after = Size.of(served.process.pid)
    assert failed == 0
    assert after.megabytes < warm.megabytes + LISTS_MB
