"""Clients hang up in the middle of a list or of an answer, while others go on."""

import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.contracts.together.asking import none_wrong, wrong_in_turn, wrong_together
from tests.served import HOST, Answer, Request, Served, serve

EACH = 8
RUDE = 24
SOON_S = 15.0


def _message(question: Request) -> bytes:
    lines = [f"{question.method} {question.path} HTTP/1.1", "host: localhost"]
    lines += [f"{name}: {value}" for name, value in question.headers.items()]
    lines += [f"content-length: {len(question.body)}", "", ""]
    return "\r\n".join(lines).encode() + question.body


def _leave(connection: socket.socket, reset: bool) -> None:
    """Close it; with a reset, as a process that is killed does."""
    if reset:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _in_mid_upload(served: Served, question: Request, number: int) -> None:
    message = _message(question)
    with socket.create_connection((HOST, served.port)) as connection:
        connection.sendall(message[: len(message) * (1 + number % 3) // 4])
        time.sleep(0.01 * (number % 4))
        _leave(connection, reset=bool(number % 2))


def _in_mid_answer(served: Served, question: Request, number: int) -> None:
    """Before it comes, or after its first bytes."""
    with socket.create_connection((HOST, served.port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(_message(question))
        if number % 3:
            connection.settimeout(60)
            connection.recv(100)
        _leave(connection, reset=bool(number % 2))


LEAVING = pytest.mark.parametrize("leave", [_in_mid_upload, _in_mid_answer])


@pytest.fixture
def served(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server whose temporary files are in `tmp_path`."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with serve(data) as made:
        yield made


@LEAVING
def test_others_go_on(
    leave: Callable[[Served, Request, int], None],
    asked: dict[str, Request],
    alone: Mapping[str, Answer],
    served: Served,
    tmp_path: Path,
) -> None:
    """Their answers are right, and nothing is left on the disk."""
    big = asked["county list"]
    county = {name: one for name, one in asked.items() if not name.startswith(("oahu", "man"))}
    found = wrong_in_turn(served.ask, {"county list": big}, alone)
    with ThreadPoolExecutor(4) as pool:
        rude = [pool.submit(leave, served, big, i) for i in range(RUDE)]
        found += wrong_together(served.ask, county, alone, threads=8, each=EACH)
    for one in rude:
        one.result()
    found += wrong_in_turn(served.ask, {"county list": big}, alone)
    none_wrong(found, 8 * EACH + 2)
    assert _left(tmp_path) == []


@LEAVING
def test_hanging_up_is_no_bug(
    leave: Callable[[Served, Request, int], None], asked: dict[str, Request], served: Served
) -> None:
    """The log calls for nobody's help."""
    for i in range(6):
        leave(served, asked["county list"], i)
    assert served.ask(asked["county list"])[0] == 200
    said = served.log.read_text()
    assert "Traceback" not in said
    assert " bug" not in said


def _left(folder: Path) -> list[str]:
    """The requests' folders that are there still after a while."""
    end = time.monotonic() + SOON_S
    while left := [one.name for one in folder.glob("sweetspot-*") if one.is_dir()]:
        if time.monotonic() > end:
            break
        time.sleep(0.1)
    return left
