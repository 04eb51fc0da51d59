"""A real `sweetspot serve` on loopback, and what it answers."""

import io
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings

HOST = "127.0.0.1"
PATIENCE_S = 120.0
RESTLESS = "import sys; sys.setswitchinterval(1e-6); from app.cli import main; main()"
SERVE = ("-m", "app")

# Status, kind, funnel and body.
type Answer = tuple[int, str, str, bytes]


@dataclass(frozen=True)
class Request:
    """One HTTP request; `path` has its query."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Served:
    """A server that answers. `log`: its standard error, in a file."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    @property
    def pids(self) -> list[int]:
        """The process itself and its workers; not the engine and its warden."""
        return [self.process.pid, *(pid for pid in workers_of(self.process.pid))]

    @property
    def lines(self) -> list[str]:
        """What it said of requests."""
        return [line for line in self.log.read_text().splitlines() if "event='request'" in line]

    def ask(self, request: Request) -> Answer:
        """The answer over a connection of its own."""
        with closing(HTTPConnection(HOST, self.port, timeout=PATIENCE_S)) as connection:
            connection.request(
                request.method, request.path, request.body or None, dict(request.headers)
            )
            got = connection.getresponse()
            return answer(got.status, got.headers, got.read())


@contextmanager
def serve(
    data: Path,
    *options: str,
    workers: int = 1,
    program: Sequence[str] = SERVE,
    **settings: object,
) -> Iterator[Served]:
    """`sweetspot serve` over that data folder until the block ends, all its workers up."""
    env = os.environ | {f"SWEETSPOT_{name.upper()}": str(v) for name, v in settings.items()}
    log = data / f"serve-{time.monotonic_ns()}.log"
    command = (*program, "serve", "--port", "0", "--workers", str(workers), *options)
    with (
        log.open("wb") as said,
        subprocess.Popen(
            [sys.executable, *command],
            env=env | {"SWEETSPOT_DATA_DIR": str(data)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
        ) as process,
    ):
        try:
            made = Served(_told_port(process, log), process, log)
            _wait(made, workers)
            yield made
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                for pid in (*workers_of(process.pid), process.pid):
                    os.kill(pid, 9)
                raise


def _told_port(process: subprocess.Popen[bytes], log: Path) -> int:
    """Where it says that it listens."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if found := re.search(rf"sweetspot: http://{HOST}:(\d+) ", log.read_text()):
            return int(found[1])
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(f"it did not say where it listens in a minute: {log.read_text()}")


def _wait(served: Served, workers: int) -> None:
    """Until each process that answers listens."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert served.process.poll() is None, served.log.read_text()
        pids = served.pids if workers == 1 else served.pids[1:]
        if sum(map(_listening, pids)) >= workers:
            return
        time.sleep(0.05)
    raise AssertionError(f"not up in a minute: {served.log.read_text()}")


def workers_of(pid: int) -> list[int]:
    """The Python processes that uvicorn started to answer."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        children = (task / "children").read_text().split()
        found += [int(child) for child in children if b"spawn_main" in _command(int(child))]
    return found


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _listening(pid: int) -> bool:
    """Whether its event loop waits for connections, not just for itself."""
    try:
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            if "eventpoll" in str(fd.readlink()):
                waited = Path(f"/proc/{pid}/fdinfo/{fd.name}").read_text()
                return waited.count("tfd:") >= 2
    except OSError:
        return False
    return False


def answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """What is compared; a workbook's parts but the time at which it was made."""
    kind = headers.get("content-type") or ""
    if "spreadsheet" in kind:
        body = workbook(body)
    return status, kind, headers.get("sweetspot-counts") or "", body


def workbook(body: bytes) -> bytes:
    """The parts of a workbook one after the other; docProps/core.xml holds the time of day."""
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        names = [name for name in book.namelist() if name != "docProps/core.xml"]
        return b"\n".join(name.encode() + b"\n" + book.read(name) for name in names)


def local_client(settings: Settings) -> TestClient:
    """A client on this machine of an app in this process, which is up while the client is open."""
    return TestClient(create_app(settings), "http://localhost", client=(HOST, 50_000))


def ask_inside(client: TestClient, request: Request) -> Answer:
    """The same question to an app in this process."""
    got = client.request(
        request.method, request.path, content=request.body, headers=dict(request.headers)
    )
    return answer(got.status_code, got.headers, got.content)


def failures(found: Sequence[Any], log: Path) -> str:
    """The server's own words about what went wrong."""
    said = re.sub(r"\\n", "\n", log.read_text(errors="replace"))
    return f"{len(found)} wrong; the server said: {said[-3000:]}" if found else ""
