"""`sweetspot serve` as a process: what it says, in one and in several workers."""

import asyncio
import http.client
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from contextlib import closing
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from app.cli.server import open_listener, open_page
from app.geo.regions.sample import county as sample
from tests.served import HOST, Served, serve

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", params=[1, 2])
def served(request, data_dir):
    with serve(data_dir, workers=request.param) as running:
        yield running


def test_it_says_where_it_listens_once(served: Served) -> None:
    """The real port for --port 0, and which maps there are, however many workers."""
    said = served.log.read_text()
    assert said.count("sweetspot: http://127.0.0.1:") == 1
    assert "1 map: sample" in said.splitlines()[0]


def test_each_request_is_a_line_without_what_was_asked(served: Served) -> None:
    """Method, route, status, milliseconds, rows, id; neither the query nor a name."""
    asked = Request(
        f"{served.url}/v1/find.csv?home=40.0,-116.6&minutes=50",
        sample.prospects_csv().encode(),
        {"X-Request-ID": "mine-1"},
    )
    with urlopen(asked) as got:
        assert got.headers["x-request-id"] == "mine-1"
    with urlopen(f"{served.url}/v1/tiles/10/180/387.mvt?region=sample") as got:
        given = got.headers["x-request-id"]
    assert _told(served, given)
    assert _told(served, "mine-1")
    lines = {line.rsplit("id=", 1)[1]: line for line in served.lines}
    rows = len(sample.prospects_csv().splitlines()) - 1
    assert "method='POST' route='/v1/find.csv' status=200 ms=" in lines["'mine-1'"]
    assert f"rows={rows}" in lines["'mine-1'"]
    assert "route='/v1/tiles/{z}/{x}/{y}.mvt'" in lines[f"'{given}'"]
    text = "\n".join(lines.values())
    assert not any(word in text for word in ("116.6", "region", "387", "Larkfield", "healthz"))


def _told(served: Served, word: str) -> bool:
    """Whether a line says so; it is written once the answer has gone."""
    for _ in range(100):
        if any(word in line for line in served.lines):
            return True
        time.sleep(0.05)
    return False


def test_an_id_that_is_no_plain_word_is_not_taken(served: Served) -> None:
    for odd in ("a b", "x" * 65, "{json}"):
        with urlopen(Request(f"{served.url}/healthz", headers={"X-Request-ID": odd})) as got:
            assert got.headers["x-request-id"] != odd


def test_an_unknown_path_is_not_repeated(served: Served) -> None:
    with closing(http.client.HTTPConnection(HOST, served.port)) as connection:
        connection.request("GET", "/secret-name")
        assert connection.getresponse().status == 404
    assert "secret-name" not in served.log.read_text()
    assert _told(served, "route='unmatched' status=404")


def test_answers_do_not_wait_for_acks() -> None:
    """Nagle's algorithm would hold each answer on a kept connection back for 40 ms.

    asyncio turns it off for a listening socket that names its protocol.
    """

    async def off() -> bool:
        told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def accepted(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("socket")
            told.set_result(bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
            writer.close()

        listening = open_listener("127.0.0.1", 0)
        port = listening.getsockname()[1]
        async with await asyncio.start_server(accepted, sock=listening):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            found = await told
            writer.close()
        return found

    assert asyncio.run(off())


def test_a_name_of_two_addresses_is_listened_for_in_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    """As most systems have localhost: ::1 first."""
    known = [(socket.AF_INET6, "::1", 0, 0, 0), (socket.AF_INET, "127.0.0.1", 0)]
    named = [(family, socket.SOCK_STREAM, 6, "", tuple(at)) for family, *at in known]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: named)
    with open_listener("localhost", 0) as listening:
        assert listening.family is socket.AF_INET


def test_quiet_logs_no_request(data_dir: Path) -> None:
    with serve(data_dir, "--quiet") as served:
        urlopen(f"{served.url}/v1/regions").close()
    assert served.lines == []


@pytest.fixture
def no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("no_desktop")
def test_the_page_is_opened(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, where it is answered, in whichever browser BROWSER names."""
    asked, browser = tmp_path / "asked", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" >>{asked}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    with serve(data_dir, "--open") as served:
        for _ in range(200):
            if asked.exists() and asked.read_text():
                break
            time.sleep(0.05)
    assert asked.read_text() == f"{served.url}/\n"


@pytest.mark.parametrize(
    ("listens", "shown"),
    [("0.0.0.0", HOST), ("[::]", "[::1]")],  # noqa: S104  nothing listens there
)
def test_what_listens_everywhere_is_shown_here(
    listens: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser's own request to 0.0.0.0 would be one to a host that is not answered."""
    asked: queue.Queue[str] = queue.Queue()
    monkeypatch.setenv("BROWSER", "any")
    monkeypatch.setattr(webbrowser, "open", asked.put)
    open_page(f"http://{listens}:8080")
    assert asked.get(timeout=10) == f"http://{shown}:8080/"


@pytest.mark.usefixtures("no_desktop")
def test_without_a_desktop_nothing_is_opened(data_dir: Path) -> None:
    """And nothing is said of it: `make serve` is for servers, too."""
    with serve(data_dir, "--open") as served:
        urlopen(f"{served.url}/").close()
    assert all(line.startswith(("sweetspot: http", "timestamp=")) for line in _said(served))


def _said(served: Served) -> list[str]:
    return served.log.read_text().splitlines()


def test_interrupted_it_ends_without_a_trace(data_dir: Path) -> None:
    with serve(data_dir, workers=2) as served:
        os.kill(served.process.pid, signal.SIGINT)
        for _ in range(200):
            try:
                urlopen(f"{served.url}/healthz", timeout=1).close()
            except OSError:
                break
            time.sleep(0.05)
    assert "Traceback" not in served.log.read_text()


def test_a_taken_port_is_one_sentence(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "app", "serve", "--port", port],
            cwd=ROOT,
            env=os.environ | {"SWEETSPOT_DATA_DIR": str(data_dir)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(f"sweetspot: can't listen at 127.0.0.1, port {port}")
    assert len(done.stderr.splitlines()) == 1


# --- a browser's form --------------------------------------------------------------------------

BOUNDARY = "----form"


def form(*parts: tuple[str, str | None, bytes]) -> bytes:
    """Parts of name, file name (None: a field) and content."""
    made = b""
    for name, file, content in parts:
        named = f'; filename="{file}"' if file else ""
        made += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n'.encode()
        made += b"Content-Type: text/csv\r\n\r\n" + content + b"\r\n"
    return made + f"--{BOUNDARY}--\r\n".encode()


def post(served: Served, path: str, body: bytes, kind: str) -> tuple[int, bytes, str]:
    with closing(http.client.HTTPConnection(HOST, served.port, timeout=60)) as connection:
        connection.request("POST", path, body, {"content-type": kind})
        got = connection.getresponse()
        return got.status, got.read(), got.headers.get("sweetspot-counts", "")


AS_FORM = f"multipart/form-data; boundary={BOUNDARY}"
CLIENTS = (ROOT / "examples" / "clients.csv").read_bytes()


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/v1/find.csv?home=40.0,-116.6&minutes=50&verdict=all", sample.prospects_csv().encode()),
        ("/v1/clients/portfolio.csv?home=40.0,-116.6", CLIENTS),
        ("/v1/clients/capacity.csv?hours=40", CLIENTS),
    ],
)
def test_a_form_is_read_as_the_list_it_carries(served: Served, path: str, content: bytes) -> None:
    """The same answer as for the file itself: no trailer for a last row."""
    plain = post(served, path, content, "text/csv")
    assert plain[0] == 200
    assert post(served, path, form(("list", "list.csv", content)), AS_FORM) == plain


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([("list", None, b"name\nx")], "field 'list'"),
        ([("list", "a.csv", b"name\nx"), ("home", None, b"40,-116")], "field 'home'"),
        ([("a", "a.csv", b"name\nx"), ("b", "b.csv", b"name\ny")], "holds a, b"),
        ([], "holds no file"),
    ],
)
def test_a_form_of_another_kind_is_said_to_be_one(served: Served, parts, said: str) -> None:
    status, body, _ = post(served, "/v1/find.csv?home=40.0,-116.6", form(*parts), AS_FORM)
    assert status == 422
    assert said in json.loads(body)["detail"]


def test_a_broken_form_is_bad_input(served: Served) -> None:
    status, body, _ = post(served, "/v1/find.csv?home=40.0,-116.6", b"no form", AS_FORM)
    assert status == 400
    assert json.loads(body)["detail"]
