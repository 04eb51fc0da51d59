"""Services that misbehave, each a real server on loopback."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from app.errors import BackendDown, BackendFailed, BackendSlow, Refused
from app.geo.http import sender as sending
from app.geo.http.request import Request
from app.geo.http.sender import Sender

KEY = "s3cret-key"
pytestmark = pytest.mark.usefixtures("impatient")


def reply(handler, status, body=b"{}", **headers):
    handler.reply(status, body, **headers)


def ask(url, **options):
    request = Request(f"{url}/matrix?a=1", {"points": 3}, {"authorization": KEY}, {"key": KEY})
    with closing(Sender("example", frozenset({"127.0.0.1", "localhost"}), **options)) as sender:
        return sender.send(request)


def refused(kind, url, **options):
    """The error, of which nothing shows the key."""
    with pytest.raises(kind) as caught:
        ask(url, **options)
    why: BaseException | None = caught.value
    while why is not None:
        assert KEY not in f"{why} {why!r} {why.args}"
        why = why.__cause__ or (None if why.__suppress_context__ else why.__context__)
    return str(caught.value)


def test_a_body_is_posted_with_its_headers_and_secret(server):
    def echo(handler, _):
        said = {"path": handler.path, "auth": handler.headers["authorization"]}
        reply(handler, 200, json.dumps(said).encode())

    said = json.loads(ask(server(echo)))
    assert said == {"path": f"/matrix?a=1&key={KEY}", "auth": KEY}


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_refused_at_once(server, status):
    url = server(lambda handler, _: reply(handler, status))
    assert "refuses the key" in refused(Refused, url)
    assert len(server.seen) == 1


def test_a_quota_that_is_gone_is_said_after_the_last_try(server):
    assert "quota" in refused(Refused, server(lambda handler, _: reply(handler, 429)))
    assert len(server.seen) == 4


def test_other_refusals_are_the_service_s_own_to_read(server):
    said = b'{"code": "InvalidQuery"}'
    assert ask(server(lambda handler, _: reply(handler, 400, said))) == said


def test_what_passes_is_tried_again(server):
    url = server(lambda handler, n: reply(handler, 503 if n < 3 else 200, b"ok"))
    assert ask(url) == b"ok"
    assert len(server.seen) == 3


def test_a_server_that_fails_again_and_again(server):
    url = server(lambda handler, _: reply(handler, 500, b"Traceback: secret internals"))
    assert "HTTP 500" in refused(BackendDown, url)


@pytest.mark.parametrize(
    ("header", "least", "most"), [("2", 2, 2), ("9999", 60, 60), ("soon", 0, 0), ("", 0, 0)]
)
def test_retry_after_in_seconds(header, least, most):
    assert least <= sending._seconds_to_wait(header) <= most


def test_retry_after_as_a_date():
    from email.utils import formatdate

    soon = formatdate(time.time() + 10, usegmt=True)
    assert 8 <= sending._seconds_to_wait(soon) <= 10


def test_retry_after_is_honoured(server):
    """With real pauses: the second request comes no sooner than the second it asks for."""
    import stamina

    times = []

    def busy(handler, n):
        times.append(time.monotonic())
        if n == 1:
            reply(handler, 429, retry_after="1")
        else:
            reply(handler, 200, b"ok")

    with stamina.set_testing(False):
        assert ask(server(busy)) == b"ok"
    assert times[1] - times[0] >= 1


def test_what_brevo_has_instead_of_retry_after(server):
    """https://developers.brevo.com/docs/limit-headers: seconds until the limit is reset."""
    import stamina

    times = []

    def busy(handler, n):
        times.append(time.monotonic())
        if n == 1:
            reply(handler, 429, x_sib_ratelimit_reset="1")
        else:
            reply(handler, 200, b"ok")

    with stamina.set_testing(False):
        assert ask(server(busy)) == b"ok"
    assert times[1] - times[0] >= 1


def test_html_is_passed_on_for_the_service_to_refuse(server):
    page = b"<html>Welcome to our proxy</html>"
    assert ask(server(lambda handler, _: reply(handler, 200, page))) == page


def test_a_connection_that_breaks_off_is_tried_again(server):
    def cut(handler, n):
        if n == 1:
            handler.send_response(200)
            handler.send_header("content-length", "100")
            handler.end_headers()
            handler.wfile.write(b"half")
            handler.close_connection = True
        else:
            reply(handler, 200, b"whole")

    assert ask(server(cut)) == b"whole"


def test_garbage_is_no_http():
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def garble():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(4096)
                    connection.sendall(b"\x00\x01 not http \xff\r\n\r\n")

        threading.Thread(target=garble, daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        assert "does not speak HTTP" in refused(BackendDown, url)


def test_nobody_listens():
    assert "no connection" in refused(BackendDown, "http://127.0.0.1:9")


def test_tls_to_a_plain_port_is_no_connection(server):
    url = server(lambda handler, _: reply(handler, 200)).replace("http:", "https:")
    assert "no connection" in refused(BackendDown, url)


def test_redirects_are_not_followed(server):
    """Not even to itself, in a loop: a key must not go where it was not meant to."""
    url = server(lambda handler, _: reply(handler, 302, location=f"http://evil.example/?k={KEY}"))
    assert "evil.example" in refused(BackendDown, url)
    assert len(server.seen) == 1


def test_a_slow_drip_ends(server):
    """Bytes that come just often enough for the timeout, for longer than the deadline."""

    def drip(handler, _):
        handler.send_response(200)
        handler.send_header("content-length", "1000")
        handler.end_headers()
        for _ in range(100):
            try:
                handler.wfile.write(b".")
                handler.wfile.flush()
            except OSError:
                return
            time.sleep(0.05)

    start = time.monotonic()
    assert "in time" in refused(BackendSlow, server(drip), deadline_s=0.3, timeout_s=5)
    assert time.monotonic() - start < 3


def test_no_answer_is_slow(server):
    def sleep(*_):
        time.sleep(0.6)

    assert "in time" in refused(BackendSlow, server(sleep), timeout_s=0.1, attempts=1)


def test_too_much_is_not_taken(server):
    url = server(lambda handler, _: reply(handler, 200, b"x" * 2_000_000))
    assert "MB" in refused(BackendDown, url, most_bytes=1_000_000)


def test_only_the_configured_host_is_asked():
    sender = Sender("example", frozenset({"api.example"}))
    with closing(sender), pytest.raises(BackendDown, match="is not its host"):
        sender.send(Request("http://127.0.0.1:9/"))


def test_a_service_that_fails_is_left_alone_for_a_while(server, monkeypatch):
    """Five failures in a row; then no request until it had its rest, and one that works heals."""
    monkeypatch.setattr(sending, "REST_S", 1)
    broken = [True]
    url = server(lambda handler, _: reply(handler, 500 if broken[0] else 200, b"ok"))
    request = Request(f"{url}/")
    with closing(Sender("example", frozenset({"127.0.0.1"}), attempts=1)) as sender:
        for _ in range(5):
            with pytest.raises(BackendDown, match="again and again"):
                sender.send(request)
        before = len(server.seen)
        with pytest.raises(BackendDown, match="left alone"):
            sender.send(request)
        assert len(server.seen) == before
        broken[0] = False
        time.sleep(1.1)
        assert sender.send(request) == b"ok"
        assert sender.send(request) == b"ok"


def test_refusals_are_answers_and_do_not_open_the_breaker(server):
    url = server(lambda handler, _: reply(handler, 401))
    with closing(Sender("example", frozenset({"127.0.0.1"}))) as sender:
        for _ in range(7):
            with pytest.raises(BackendFailed, match="refuses the key"):
                sender.send(Request(f"{url}/"))


@pytest.mark.parametrize("key", [f"{KEY}\n", f"{KEY}\r", f"{KEY}é"])
def test_a_key_that_no_header_can_hold(server, capfd, key):
    """A line break from a key's file is said at once: no request, no retry, no key shown."""
    url = server(lambda handler, _: reply(handler, 200))
    sender = Sender("example", frozenset({"127.0.0.1"}))
    with closing(sender), pytest.raises(BackendDown, match="line break") as caught:
        sender.send(Request(f"{url}/", headers={"authorization": key}))
    assert KEY not in f"{caught.value!r} {caught.value.__context__!r} {capfd.readouterr()}"
    assert not server.seen


def test_a_server_that_gives_back_what_it_was_asked(server, capfd):
    """As its status line, which the client's own error and the retry's warning would quote."""

    def echo(handler, _):
        handler.wfile.write(f"NOPE {handler.path} {handler.headers}".encode())

    assert "does not speak HTTP" in refused(BackendDown, server(echo))
    assert KEY not in str(capfd.readouterr())


def test_the_line_that_is_logged_for_each_request_shows_the_host_only(server, caplog):
    url = server(lambda handler, _: reply(handler, 200))
    with caplog.at_level("INFO", logger="httpx"):
        ask(url)
    assert "127.0.0.1" in caplog.text
    assert "matrix" not in caplog.text
    assert KEY not in caplog.text


def test_a_redirect_to_a_broken_address(server):
    url = server(lambda handler, _: reply(handler, 302, location=f"http://[evil/?k={KEY}"))
    assert "elsewhere" in refused(BackendDown, url)


def test_a_request_shows_no_key():
    assert KEY not in repr(Request("http://a/", None, {"authorization": KEY}, {"key": KEY}))


def test_a_broken_address_is_no_configured_host():
    assert "not its host" in refused(BackendDown, "http://[127.0.0.1")


def test_after_its_rest_one_trial_goes_at_a_time(server, monkeypatch):
    """Six at once, while the service still fails: one asks it, five are told."""
    monkeypatch.setattr(sending, "REST_S", 1)
    trial = threading.Event()

    def fail(handler, n):
        if n > sending.FAILURES:
            trial.wait(5)
        reply(handler, 500)

    request = Request(f"{server(fail)}/")
    with (
        closing(Sender("example", frozenset({"127.0.0.1"}), attempts=1)) as sender,
        ThreadPoolExecutor(6) as pool,
    ):
        for _ in range(sending.FAILURES):
            with pytest.raises(BackendDown, match="again and again"):
                sender.send(request)
        time.sleep(1.1)
        calls = [pool.submit(sender.send, request) for _ in range(6)]
        until = time.monotonic() + 4
        while sum(call.done() for call in calls) < 5 and time.monotonic() < until:
            time.sleep(0.01)
        trial.set()
        said = [str(call.exception()) for call in calls]
    assert len(server.seen) == sending.FAILURES + 1
    assert sum("left alone" in words for words in said) == 5


def test_bytes_go_as_they_are_by_the_method_asked_for(server):
    url = server(lambda handler, _: reply(handler, 200, handler.command.encode()))
    with closing(Sender("example", frozenset({"127.0.0.1"}))) as sender:
        said = sender.send(Request(f"{url}/", content=b'{"a":  1}', method="POST"))
    assert (said, server.bodies) == (b"POST", [b'{"a":  1}'])


def test_a_stamp_is_made_anew_at_each_try(server):
    """So that what a signature says of the time is true when it is sent."""
    seen, count = [], iter(range(9))

    def answer(handler, n):
        seen.append(handler.headers["stamp"])
        reply(handler, 503 if n == 1 else 200)

    request = Request(f"{server(answer)}/", {}, stamp=lambda: {"stamp": str(next(count))})
    with closing(Sender("example", frozenset({"127.0.0.1"}))) as sender:
        sender.send(request)
    assert seen == ["0", "1"]
