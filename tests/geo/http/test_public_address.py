"""Which hosts a user may name for requests of ours, and that what was checked is connected to."""

import json
import ssl
import subprocess
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from app.errors import BackendDown, BadQuestion
from app.geo.http.public_address import public_address
from app.geo.http.request import Request
from app.geo.http.sender import Sender


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",  # 127.0.0.1, as the system reads it, too
        "127.1",
        "0.0.0.0",  # noqa: S104 -- asked for, not bound to
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",  # where clouds answer with keys
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1%lo",
        "fd00::1",
        "::ffff:127.0.0.1",
        "::ffff:a9fe:a9fe",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:a00:1::",
    ],
)
def test_an_address_that_is_not_public_is_refused(host):
    with pytest.raises(BadQuestion, match="SWEETSPOT_PUSH_PRIVATE"):
        public_address(host, 443)


@pytest.mark.parametrize("host", ["9.9.9.9", "2620:fe::9", "::ffff:9.9.9.9", "64:ff9b::909:909"])
def test_a_public_address_is_taken(host):
    assert public_address(host, 443) == host


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".example"])
def test_a_host_that_nobody_knows(host):
    with pytest.raises(BackendDown, match="no such host"):
        public_address(host, 443)


def test_the_checked_address_is_connected_to_under_the_host_s_name(server):
    """No second look-up, whose answer may be another one."""

    def echo(handler, _):
        handler.reply(200, json.dumps(handler.headers["host"]).encode())

    port = server(echo).rpartition(":")[2]
    asked = []

    def address_of(host, port):
        asked.append((host, port))
        return "127.0.0.1"

    name = "hooks.invalid"
    sender = Sender("hook", frozenset({name}), address_of=address_of)
    with closing(sender):
        said = sender.send(Request(f"http://{name}:{port}/in", {"a": 1}))
    assert json.loads(said) == f"{name}:{port}"
    assert asked == [(name, int(port))]


def test_the_certificate_is_that_of_the_name(tmp_path, monkeypatch):
    """Over TLS at an address: the name is asked for, and a certificate of another one refused."""
    for name in ("hooks", "other"):
        _certify(tmp_path, f"{name}.invalid")
    with TlsServer(tmp_path / "hooks.invalid.pem") as (port, asked):
        for name, trusted in (("hooks", True), ("other", False)):
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "hooks.invalid.pem"))
            host = f"{name}.invalid"
            sender = Sender("h", frozenset({host}), attempts=1, address_of=lambda *_: "127.0.0.1")
            with closing(sender):
                request = Request(f"https://{host}:{port}/", {})
                if trusted:
                    assert sender.send(request) == b"{}"
                else:
                    with pytest.raises(BackendDown, match="no connection"):
                        sender.send(request)
    assert asked == ["hooks.invalid", "other.invalid"]


def _certify(folder, name):
    pem = folder / f"{name}.pem"
    words = f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={name}"
    files = ["-addext", f"subjectAltName=DNS:{name}", "-keyout", pem, "-out", folder / "cert"]
    subprocess.run(["openssl", *words.split(), *files], check=True, capture_output=True)
    with pem.open("ab") as both:
        both.write((folder / "cert").read_bytes())


class TlsServer:
    """A server with that certificate; its port, and the names that it was asked for."""

    def __init__(self, pem):
        self.asked, context = [], ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        context.sni_callback = lambda _, name, __: self.asked.append(name)
        self._server = HTTPServer(("127.0.0.1", 0), _Polite)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self._server.server_port, self.asked

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class _Polite(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass
