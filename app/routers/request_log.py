"""One line a request: method, route, status, milliseconds, rows, id. No query, no names."""

import re
import time
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET = ("/healthz", "/readyz")  # asked every few seconds; logged only when they fail


class RequestLog:
    """Gives each request an id, which its answer names as X-Request-ID, and logs it when done.

    The id is the client's own where it sends a plain one. A route that judges a list says how
    many rows it has in `request.state.rows`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("x-request-id", "")
        scope["request_id"] = asked if _ID.fullmatch(asked) else uuid4().hex[:12]
        begun, status = time.perf_counter(), 0

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = scope["request_id"]
            await send(message)

        try:
            await self.app(scope, receive, named)
        finally:
            self._tell(scope, status, time.perf_counter() - begun)

    @staticmethod
    def _tell(scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        if route in _QUIET and status < 400:
            return
        rows = scope.get("state", {}).get("rows")
        log.info(
            "request",
            method=scope["method"],
            route=route,
            status=status or "hung up",
            ms=round(1000 * seconds),
            **({} if rows is None else {"rows": rows}),
            id=scope["request_id"],
        )
