"""The engine is killed again and again while many ask."""

import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.contracts.together.asking import (
    Wrong,
    in_another_order,
    none_wrong,
    wrong_in_turn,
)
from tests.served import HOST, Answer, Request, Served, answer, serve

CLIENTS = 4
DEATHS = 4
PATIENCE_S = 20  # for one engine to start, among all else that runs on the machine
type Asked = Mapping[str, Request]


def _engine(data: Path) -> int:
    """The county's engine; 0 while none runs."""
    for told in data.glob("run/*/engine.json"):
        with suppress(OSError, ValueError):
            return int(json.loads(told.read_text())["pid"])
    return 0


def _kill(data: Path, before: int = 0) -> int:
    """Kill the engine as soon as there is another one than before; its process id."""
    end = time.monotonic() + 3 * PATIENCE_S
    while time.monotonic() < end:
        pid = _engine(data)
        if pid and pid != before:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            return pid
        time.sleep(0.02)
    raise AssertionError("no engine was started again")


@pytest.fixture(scope="module")
def driving(asked: dict[str, Request]) -> dict[str, Request]:
    """What needs the engine: finds, what is drawn, partners."""
    return {
        name: one
        for name, one in asked.items()
        if name.startswith(("county 0", "county 3", "county again", "find", "reach", "partners"))
    }


@pytest.mark.parametrize("workers", [1, 3])
def test_it_is_started_again(
    workers: int, driving: Asked, alone: Mapping[str, Answer], county_only: Callable[[str], Path]
) -> None:
    """Nobody notices."""
    data = county_only("dying")
    with serve(data, workers=workers, engine_start_s=PATIENCE_S) as served:
        first = wrong_in_turn(served.ask, dict([next(iter(driving.items()))]), alone)

        def client(number: int) -> list[Wrong]:
            found: list[Wrong] = []
            while not done and not found:
                some = in_another_order(driving, number)
                found += wrong_in_turn(served.ask, some, alone)
            return found

        done: list[int] = []
        with ThreadPoolExecutor(CLIENTS) as pool:
            running = [pool.submit(client, i) for i in range(CLIENTS)]
            pid = 0
            try:
                for _ in range(DEATHS):
                    pid = _kill(data, pid)
                    time.sleep(1)
            finally:
                done.append(1)
        found = first + [wrong for one in running for wrong in one.result()]
        after = wrong_in_turn(served.ask, driving, alone)
    none_wrong(found, 0)
    none_wrong(after, len(driving))


def test_it_is_started_again_where_its_owner_is_idle(
    driving: Asked, alone: Mapping[str, Answer], county_only: Callable[[str], Path]
) -> None:
    """Of three workers, the one that started it hears of nothing: the others go on without it."""
    data, name = county_only("idle"), "reach"
    question = driving[name]  # asks the engine each time: nobody keeps what is drawn
    with serve(data, workers=3, engine_start_s=6) as served:
        assert served.ask(question) == alone[name]
        warden = _parent(_engine(data))
        owner = _parent(warden)
        assert owner in served.pids
        found = []
        pid = 0
        for _ in range(3):
            pid = _kill(data, pid)
            time.sleep(0.2)
            found += wrong_in_turn(lambda q: _ask_other(served, q, owner), {name: question}, alone)
    none_wrong(found, 3)


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _ask_other(served: Served, question: Request, owner: int) -> Answer:
    """Ask over a connection that another process than `owner` has taken."""
    for _ in range(200):
        with closing(HTTPConnection(HOST, served.port, timeout=120)) as connection:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            if _taker(served, connection) == owner:
                continue
            connection.request(
                question.method, question.path, question.body or None, dict(question.headers)
            )
            got = connection.getresponse()
            return answer(got.status, got.headers, got.read())
    raise AssertionError("all connections went to one worker")


def _taker(served: Served, connection: HTTPConnection) -> int:
    """The worker at the other end of a connection."""
    theirs = f"{connection.sock.getsockname()[1]:04X}"
    ours = f":{served.port:04X}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[1].endswith(ours) and words[2].endswith(f":{theirs}"):
            inode = f"socket:[{words[9]}]"
            for pid in served.pids:
                if any(_link(fd) == inode for fd in Path(f"/proc/{pid}/fd").iterdir()):
                    return pid
    raise AssertionError("nobody has taken the connection")


def _link(path: Path) -> str:
    with suppress(OSError):
        return str(path.readlink())
    return ""
