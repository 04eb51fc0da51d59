"""More at once than there is room for: who waits, who is told to come back, and who is dropped."""

import asyncio
import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from app.errors import Busy
from app.geo.regions.sample import county as sample
from app.routers.admission import Gate
from tests.served import HOST, Served, serve

ASKED = f"/v1/find.csv?home={sample.HOME.lat},{sample.HOME.lon}&minutes=50&verdict=all"
LIST = sample.prospects_csv().encode()


# --- the gate ----------------------------------------------------------------------------------


def test_the_first_to_come_is_the_first_to_be_served() -> None:
    """Two run at once; of those who wait nobody overtakes, and past the limit one is refused."""
    served: list[int] = []

    async def enter(gate: Gate, number: int) -> None:
        async with gate.entered():
            await asyncio.sleep(0.01)
            served.append(number)

    async def all_of_them() -> None:
        gate = Gate("lists are being judged", "max_lists", most=6, at_once=2)
        inside = [asyncio.create_task(enter(gate, n)) for n in range(6)]
        await asyncio.sleep(0)
        with pytest.raises(Busy, match=r"6 lists are being judged.*SWEETSPOT_MAX_LISTS"):
            await enter(gate, 6)
        await asyncio.gather(*inside)
        assert gate.inside == 0

    asyncio.run(all_of_them())
    assert served == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("at_once", [1, 3])
def test_no_place_is_lost(at_once: int) -> None:
    """Who gives up while waiting or fails inside leaves the place to the next."""

    async def fail(gate: Gate) -> None:
        async with gate.entered():
            raise ZeroDivisionError

    async def stay(gate: Gate) -> None:
        async with gate.entered():
            await asyncio.sleep(60)

    async def run() -> None:
        gate = Gate("x", "x", most=3, at_once=at_once)
        staying = [asyncio.create_task(stay(gate)) for _ in range(3)]
        await asyncio.sleep(0)
        for task in staying:
            task.cancel()
        await asyncio.gather(*staying, return_exceptions=True)
        for _ in range(5):
            with pytest.raises(ZeroDivisionError):
                await fail(gate)
        assert gate.inside == 0

    asyncio.run(run())


# --- the server --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def narrow(data_dir: Path) -> Iterator[Served]:
    """Takes two uploads and three answers at once; drops who stalls for four seconds."""
    limits = {"max_uploads": 2, "max_exports": 3, "client_timeout_s": 4}
    with serve(data_dir, **limits) as served:
        assert ask(served).status == 200  # the engine runs
        yield served


class Answer:
    def __init__(self, got: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = got.status, got.headers, got.read()


def ask(served: Served, method: str = "POST", path: str = ASKED, body: bytes = LIST) -> Answer:
    with closing(http.client.HTTPConnection(HOST, served.port, timeout=60)) as connection:
        connection.request(method, path, body if method == "POST" else None)
        return Answer(connection.getresponse())


@contextmanager
def begun_upload(served: Served, sent: bytes = b"name,") -> Iterator[socket.socket]:
    """An upload of which the first bytes have come, and no more."""
    head = f"POST {ASKED} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(LIST)}\r\n\r\n"
    with socket.create_connection((HOST, served.port), timeout=60) as connection:
        connection.sendall(head.encode() + sent)
        yield connection


def eventually(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_past_the_limit_an_upload_is_told_when_to_come_again(narrow: Served) -> None:
    """A problem with Retry-After, at once; health is answered meanwhile, and then there is room."""
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(begun_upload(narrow))
        assert eventually(lambda: ask(narrow).status == 503)
        begun = time.monotonic()
        refused = ask(narrow)
        assert time.monotonic() - begun < 1
        assert refused.status == 503
        assert int(refused.headers["retry-after"]) >= 1
        assert "SWEETSPOT_MAX_UPLOADS" in json.loads(refused.body)["detail"]
        for path in ("/healthz", "/readyz"):
            begun = time.monotonic()
            assert ask(narrow, "GET", path).status == 200
            assert time.monotonic() - begun < 1
    assert eventually(lambda: ask(narrow).status == 200)


def test_an_upload_that_stalls_is_dropped(narrow: Served) -> None:
    """408 after four seconds of nothing, and its place is free."""
    with begun_upload(narrow) as connection:
        begun = time.monotonic()
        assert connection.recv(100).startswith(b"HTTP/1.1 408")
        assert 3 < time.monotonic() - begun < 20
    assert ask(narrow).status == 200


def test_an_upload_that_hangs_up_leaves_its_place(narrow: Served) -> None:
    """Again and again: nothing piles up, and nothing is logged as a fault."""
    for _ in range(10):
        with begun_upload(narrow):
            pass
    assert eventually(lambda: ask(narrow).status == 200)
    assert "bug" not in narrow.log.read_text()


def test_a_reader_that_takes_nothing_is_dropped(data_dir: Path) -> None:
    """Its answer is larger than what the sockets hold; after eight seconds its place is free."""
    head, *rows = LIST.splitlines(keepends=True)
    many = head + b"".join(rows) * 300
    request = f"POST {ASKED} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(many)}\r\n\r\n"
    with ExitStack() as stack:
        limits = {"max_exports": 3, "client_timeout_s": 8}
        served = stack.enter_context(serve(data_dir, **limits))
        assert ask(served).status == 200
        for _ in range(3):
            connection = stack.enter_context(
                socket.create_connection((HOST, served.port), timeout=60)
            )
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(request.encode() + many)
        time.sleep(2)  # all three are in: a fourth that came first would have their place
        assert eventually(lambda: ask(served).status == 503)
        assert eventually(lambda: ask(served).status == 200)
        assert served.log.read_text().count("Traceback") == 0


def test_a_json_body_counts_as_an_upload(narrow: Served) -> None:
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(begun_upload(narrow))
        body = json.dumps({"home": "40,-116.6", "prospects": [{"name": "x"}]}).encode()
        assert eventually(lambda: ask(narrow, path="/v1/find", body=body).status == 503)


def test_lists_past_the_limit_are_refused(data_dir: Path) -> None:
    """One at a time: of eight at once some are judged, the others get 503 and Retry-After."""
    with serve(data_dir, max_lists=1) as served:
        head, *rows = LIST.splitlines(keepends=True)
        many = head + b"".join(rows) * 200
        with ExitStack() as stack:
            asked = []
            for _ in range(8):
                connection = http.client.HTTPConnection(HOST, served.port, timeout=60)
                stack.enter_context(closing(connection))
                connection.request("POST", ASKED, many)
                asked.append(connection)
            answers = [Answer(connection.getresponse()) for connection in asked]
        by_status = {answer.status for answer in answers}
        assert by_status == {200, 503}
        refused = next(answer for answer in answers if answer.status == 503)
        assert "SWEETSPOT_MAX_LISTS" in json.loads(refused.body)["detail"]
        assert refused.headers["retry-after"]
        assert ask(served).status == 200
