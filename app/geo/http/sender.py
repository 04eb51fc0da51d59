"""Sends the requests of one service: patient, bounded, and silent about keys.

What a message may say is the service's name and what happened; addresses, headers and bodies
hold keys or addresses of businesses and are in none.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import circuitbreaker
import httpx
import stamina

from app.errors import BackendDown, BackendFailed, BackendSlow, CircuitOpen, Refused
from app.geo.http.border_log import log_question
from app.geo.http.client import USER_AGENT
from app.geo.http.request import Request, host_of

FAILURES, REST_S = 5, 30  # judgement: after so many in a row it is left alone for so long
LONGEST_RETRY_AFTER_S = 60.0  # judgement: whoever waits for the answer waits no longer
# Who says otherwise: https://developers.brevo.com/docs/limit-headers
WAIT_HEADERS = ("retry-after", "x-sib-ratelimit-reset")
WRONG_KEY, NO_QUOTA = (401, 403), (402, 429)

type AddressOf = Callable[[str, int], str]


class _Retryable(Exception):
    """What may be better the next time; `retry_after`: not before that, as the service says it.

    `status` is 0 where there was no answer. The words are ours: stamina logs them at each retry.
    """

    def __init__(self, words: str, status: int = 0, retry_after: str = "") -> None:
        super().__init__(words)
        self.status, self.retry_after = status, retry_after


class _Late(_Retryable):
    """No answer in time."""


def _when_to_retry(why: Exception) -> bool | float:
    """What is tried again, and after which wait at least where the service says."""
    return isinstance(why, _Retryable) and (_seconds_to_wait(why.retry_after) or True)


class _HostOnly(logging.Filter):
    """Of each request's address httpx logs the host only: the rest may have keys and addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                arg.host if isinstance(arg, httpx.URL) else arg for arg in record.args
            )
        return True


_HOST_ONLY = _HostOnly()


class Sender:
    """Requests to the given hosts and no others. Safe for threads. Close it when done.

    A dropped connection, a timeout, a 429 or a server's error is tried again, `attempts` times in
    all, after longer and longer pauses with jitter, never before the service's Retry-After (or
    WAIT_HEADERS). After `failures` calls in a row that failed, the service is left alone for REST_S
    seconds. `timeout_s` bounds each wait for its next byte, `deadline_s` the whole of one answer.
    `turn` is called before each request, retries included, and may wait or raise. `agent`: who
    asks. `address_of`: to which address a host and port are connected, where that is not the
    system's to choose.
    """

    def __init__(  # noqa: PLR0913 -- each is one bound or one courtesy
        self,
        backend: str,
        hosts: frozenset[str],
        *,
        timeout_s: float = 30.0,
        deadline_s: float = 120.0,
        attempts: int = 4,
        most_bytes: int = 64_000_000,
        turn: Callable[[], None] = lambda: None,
        agent: str = USER_AGENT,
        failures: int = FAILURES,
        address_of: AddressOf | None = None,
    ) -> None:
        self._backend = backend
        self._hosts = hosts
        self._deadline_s = deadline_s
        self._attempts = attempts
        self._most_bytes = most_bytes
        self._turn = turn
        self._failures = failures
        self._address_of = address_of
        self._trial = threading.Lock()
        logging.getLogger("httpx").addFilter(_HOST_ONLY)  # once, however many senders
        self._http = httpx.Client(timeout=timeout_s, headers={"user-agent": agent})
        self._breaker = circuitbreaker.CircuitBreaker(
            failures, REST_S, expected_exception=(BackendDown, BackendSlow), name=backend
        )

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def send(self, request: Request) -> bytes:
        """The body of the answer, be it HTTP 200 or a 4xx in which the service says why.

        Raises what `ask` does.
        """
        return self.ask(request)[1]

    def ask(self, request: Request) -> tuple[int, bytes]:
        """The HTTP status of the answer, 2xx or a 4xx in which the service says why, and its body.

        Raises Refused for a wrong key (401, 403) or a quota that is gone (402, 429 after the last
        try), BackendSlow, Resting, where nothing was sent, and BackendDown for everything else
        that is no answer.
        """
        host = host_of(request.url)
        if host not in self._hosts:
            raise BackendDown(f"{self._backend}: {host!r} is not its host", backend=self._backend)
        if not all(map(_sendable, (request.headers or {}).values())):
            raise self._down("has a key no request can carry; is there a line break in it?")
        with self._allowed():
            answer: tuple[int, bytes] = self._breaker.call(self._tried, request)
        return answer

    @contextmanager
    def _allowed(self) -> Iterator[None]:
        """Raises CircuitOpen while the service has its rest and, after it, beside the one trial."""
        if self._breaker.closed:
            yield
            return
        if self._breaker.opened or not self._trial.acquire(blocking=False):
            words = f"failed {self._failures} times in a row and is left alone for {REST_S} s"
            raise CircuitOpen(f"{self._backend} {words}", backend=self._backend)
        try:
            yield
        finally:
            self._trial.release()

    def _tried(self, request: Request) -> tuple[int, bytes]:
        """Raised outside of `except`, errors keep no context that could show a key."""
        try:
            for attempt in stamina.retry_context(
                on=_when_to_retry, attempts=self._attempts, timeout=None, wait_max=20.0
            ):
                with attempt:
                    return self._attempt(request)
        except _Retryable as why:
            last = why
        raise self._gave_up(last)

    def _attempt(self, request: Request) -> tuple[int, bytes]:
        try:
            return self._once(request)
        except httpx.TimeoutException:
            trouble: Exception = _Late("no answer in time")
        except httpx.TransportError as why:
            trouble = _Retryable(_trouble_words(why, request))
        except (httpx.HTTPError, httpx.InvalidURL) as why:
            trouble = self._down(f"can't be reached ({_trouble_words(why, request)})")
        raise trouble

    def _once(self, request: Request) -> tuple[int, bytes]:
        self._turn()
        deadline = time.monotonic() + self._deadline_s
        with (
            log_question(self._backend, request.verb) as facts,
            closing(self._http.send(self._build_request(request), stream=True)) as reply,
        ):
            facts["status"] = reply.status_code
            self._check(reply)
            parts, size = [], 0
            for part in reply.iter_bytes():
                parts.append(part)
                size += len(part)
                if size > self._most_bytes:
                    raise self._down(f"answers with over {self._most_bytes / 1e6:,.0f} MB")
                if time.monotonic() > deadline:
                    raise self._slow()
            facts["bytes"] = size
        return reply.status_code, b"".join(parts)

    def _build_request(self, request: Request) -> httpx.Request:
        """As the client sends it; its name stays in the header and the certificate."""
        made = self._http.build_request(
            request.verb,
            request.url,
            params=_query(request),
            json=request.body,
            files=_parts(request),
            content=request.content,
            headers={**(request.headers or {}), **(request.stamp() if request.stamp else {})},
        )
        if self._address_of:
            host, port = made.url.host, made.url.port or (443 if made.url.scheme == "https" else 80)
            made.extensions["sni_hostname"] = host
            made.url = made.url.copy_with(host=self._address_of(host, port))
        return made

    def _check(self, reply: httpx.Response) -> None:
        status = reply.status_code
        if status in WRONG_KEY:
            what = "refuses the key" if status == 401 else "refuses the key, or us"
            raise Refused(
                f"{self._backend} {what} (HTTP {status})",
                backend=self._backend,
                code=status,
            )
        if status in NO_QUOTA or status >= 500:
            waits = (reply.headers.get(name, "") for name in WAIT_HEADERS)
            raise _Retryable(f"HTTP {status}", status, next(filter(None, waits), ""))
        if 300 <= status < 400:
            to = host_of(reply.headers.get("location", "")) or "elsewhere"
            raise BackendDown(
                f"{self._backend} sends us to {to}, which is not followed (HTTP {status})",
                backend=self._backend,
            )

    def _gave_up(self, why: _Retryable) -> BackendFailed:
        if why.status in NO_QUOTA:
            return Refused(
                f"{self._backend}: its quota or rate limit is reached (HTTP {why.status})",
                backend=self._backend,
                code=why.status,
            )
        if isinstance(why, _Late):
            return self._slow()
        if not why.status:
            return self._down(f"can't be reached ({why})")
        return self._down(f"fails again and again ({why})")

    def _down(self, what: str) -> BackendDown:
        return BackendDown(f"{self._backend} {what}", backend=self._backend)

    def _slow(self) -> BackendSlow:
        return BackendSlow(f"{self._backend} did not answer in time", backend=self._backend)


def _sendable(value: str) -> bool:
    """What a header may hold: visible ASCII, no line break, no space around it."""
    return value.isascii() and value.isprintable() and value == value.strip()


def _query(request: Request) -> httpx.QueryParams | None:
    """The address's own query with the secret part; None leaves the address as it is."""
    if not request.secret:
        return None
    return httpx.URL(request.url).params.merge(dict(request.secret))


def _parts(request: Request) -> Mapping[str, tuple[str | None, bytes]] | None:
    """The form as httpx takes it: a part without a file's name is a plain field."""
    if request.form is None:
        return None
    return {
        name: (None, part.encode()) if isinstance(part, str) else part
        for name, part in request.form.items()
    }


def _seconds_to_wait(retry_after: str) -> float:
    """Seconds to wait at least: a number or an HTTP date, bounded; 0 where nothing is said."""
    text = retry_after.strip()
    if text.isdigit():
        return min(float(text), LONGEST_RETRY_AFTER_S)
    try:
        wait = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return 0.0
    return min(max(wait, 0.0), LONGEST_RETRY_AFTER_S)


def _trouble_words(why: Exception, request: Request) -> str:
    """What kind of trouble it was, and where; the client's own words may hold the address."""
    words = {
        httpx.ConnectError: "no connection",
        httpx.ReadError: "the connection broke",
        httpx.RemoteProtocolError: "it does not speak HTTP, or broke off",
        httpx.UnsupportedProtocol: "no such kind of address",
        httpx.InvalidURL: "no address",
    }
    what = next((text for kind, text in words.items() if isinstance(why, kind)), "no answer")
    return f"{host_of(request.url) or 'its address'}: {what}"
