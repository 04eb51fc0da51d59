"""Who is let in: other hosts, bodies too large, and more at once than this machine should take.

Everything here runs in the event loop: nobody who waits or is refused holds a thread.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Busy, TooLarge
from app.routers.problems import problem, problem_of
from app.settings import Settings
from app.store.key_ring import Caller

MB = 1_000_000
# How paths end whose bodies are files: what else is sent there has no body.
TAKE_FILES = (".csv", "/v1/lists", "/v1/lists/preview", "/v1/suppressions")
JSON_MB = 64  # a JSON body is parsed in memory; 10,000 rows take a few megabytes
# Lists judged at the same moment. More would only share the same cores, and keep the event loop
# from its turn: each thread that computes may hold the interpreter for 5 ms.
AT_ONCE = max(2, min(4, os.cpu_count() or 2))


class Gate:
    """Lets `most` in at once, of whom `at_once` run; the others wait for their turn, in order.

    For one event loop. Past `most` it raises Busy, which names `what` and the `setting`.
    """

    def __init__(self, what: str, setting: str, most: int, at_once: int | None = None) -> None:
        self._refusal = (
            f"{most} {what} already, as many as SWEETSPOT_{setting.upper()} allows: "
            "try again in a moment"
        )
        self._most = most
        self._turns = asyncio.Semaphore(at_once or most)  # first come, first served
        self.inside = 0

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """Inside, once it is one's turn; the place is free again afterwards, however it ends."""
        if self.inside >= self._most:
            raise Busy(self._refusal)
        self.inside += 1
        try:
            async with self._turns:
                yield
        finally:
            self.inside -= 1


@dataclass(frozen=True)
class Gates:
    """One gate each for what takes memory, cores or the disk."""

    uploads: Gate
    lists: Gate
    exports: Gate

    @classmethod
    def of(cls, settings: Settings) -> "Gates":
        """As wide as the settings say."""
        return cls(
            Gate("uploads are being read", "max_uploads", settings.max_uploads),
            Gate("lists are being judged", "max_lists", settings.max_lists, AT_ONCE),
            Gate("answers are being written or sent", "max_exports", settings.max_exports),
        )


def split_words(text: str) -> list[str]:
    """What stands between commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


class Guard:
    """Refuses other Host headers, bodies over the limit, and uploads past the gate.

    The Host check keeps a web page that rebinds its own name to this machine from reading
    answers. Files (to paths that TAKE_FILES) may have up to `max_body_mb`, JSON
    bodies `JSON_MB`. Who stalls, sending or taking, is dropped after `client_timeout_s`.
    """

    def __init__(self, app: ASGIApp, settings: Settings, gates: Gates) -> None:
        self.app = app
        self.hosts = {host.lower() for host in split_words(settings.allowed_hosts)}
        self.most_mb = settings.max_body_mb
        self.timeout_s = settings.client_timeout_s
        self.gates = gates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        most_mb = self._most_mb(scope)
        refusal = self._refusal(headers, most_mb)
        if refusal:
            await refusal(scope, receive, send)
            return
        try:
            async with AsyncExitStack() as upload:
                if _has_body(headers):
                    await upload.enter_async_context(self.gates.uploads.entered())
                timed = _timed(receive, self.timeout_s)
                read = _until_read(_counted(timed, most_mb), upload.aclose)
                await self.app(scope, read, _drop_stalled_reader(send, self.timeout_s))
        except Busy as why:
            await problem_of(why)(scope, receive, send)
        except _ReaderStalled:  # the connection is closed; nobody is there to be told
            return

    def _most_mb(self, scope: Scope) -> int:
        """How large a body may be: by its path, and by the key."""
        a_file = scope["path"].endswith(TAKE_FILES)
        caller: Caller | None = scope.get("state", {}).get("caller")
        of_key = caller.most_mb if caller else None
        limits = (self.most_mb, None if a_file else JSON_MB, of_key)
        return min(most for most in limits if most is not None)

    def _refusal(self, headers: Headers, most_mb: int) -> Response | None:
        host = _host(headers.get("host", ""))
        if host not in self.hosts and "*" not in self.hosts:
            return problem(
                400,
                f"this server does not answer to the host {host!r}; "
                "add it to SWEETSPOT_ALLOWED_HOSTS",
            )
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > most_mb * MB:
            return problem_of(TooLarge(_too_large(most_mb)))
        return None


class _ReaderStalled(Exception):
    """The client takes nothing of its answer."""


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _host(header: str) -> str:
    """The Host header without its port: "[::1]:8080" -> "[::1]"."""
    name, colon, port = header.rpartition(":")
    return (name if colon and port.isdigit() else header).lower()


def _too_large(most_mb: int) -> str:
    return (
        f"the body is over {most_mb} MB; send lists as files, to the paths that end in .csv, "
        "which take SWEETSPOT_MAX_BODY_MB, or as much as the key allows"
    )


def _timed(receive: Receive, most_s: float) -> Receive:
    """The same; while the body is not whole, nothing for so long is a 408."""
    whole = False

    async def timed() -> Message:
        nonlocal whole
        try:
            async with asyncio.timeout(None if whole else most_s):
                message = await receive()
        except TimeoutError as why:
            raise HTTPException(
                408, f"nothing of the body came for {most_s:g} s: send it again"
            ) from why
        whole = not message.get("more_body", False)
        return message

    return timed


def _counted(receive: Receive, most_mb: int) -> Receive:
    """The same, raising HTTP 413 once more than that has come."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most_mb * MB:
            raise HTTPException(413, _too_large(most_mb))
        return message

    return counted


def _until_read(receive: Receive, done: Callable[[], Awaitable[None]]) -> Receive:
    """The same, calling `done` when the body is whole or the client has gone."""

    async def until_read() -> Message:
        message = await receive()
        if not message.get("more_body", False):
            await done()
        return message

    return until_read


def _drop_stalled_reader(send: Send, most_s: float) -> Send:
    """The same; a client that takes nothing for so long is dropped."""

    async def taken(message: Message) -> None:
        try:
            async with asyncio.timeout(most_s):
                await send(message)
        except TimeoutError as why:
            raise _ReaderStalled from why

    return taken
