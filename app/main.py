"""The HTTP API: `create_app(settings)`; nothing happens at import."""

import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import (
    Ambiguous,
    BackendFailed,
    BackendSlow,
    BadInput,
    NoRoom,
    NoSuchRegion,
    SweetspotError,
    TooLarge,
)
from app.routers import clients, find, geocode, health, regions
from app.settings import Settings
from app.wiring import Parts

log = structlog.get_logger()

MB = 1_000_000
JSON_MB = 64  # a JSON body is parsed in memory; 10,000 rows take a few megabytes

# The nearest class in an error's MRO decides.
STATUS: Mapping[type[SweetspotError], int] = {
    SweetspotError: 500,
    BadInput: 422,
    NoSuchRegion: 404,
    TooLarge: 413,
    NoRoom: 507,
    BackendFailed: 503,
    BackendSlow: 504,
}


def create_app(settings: Settings | None = None) -> FastAPI:
    """The API over one set of parts, which live as long as the app does."""
    settings = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with Parts(settings) as parts:
            app.state.parts = parts
            yield

    app = FastAPI(
        title="Sweetspot",
        version=version("sweetspot"),
        summary="Which businesses lie within a drive of me and are of the right size.",
        lifespan=lifespan,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        responses={"default": {"description": "A problem (RFC 9457)", "content": _PROBLEM}},
    )
    for resource in (find, clients, geocode, regions, health):
        app.include_router(resource.router)
    app.add_exception_handler(SweetspotError, _on_ours)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_bug)
    origins = _words(settings.cors_origins)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=["Sweetspot-Counts"],
        )
    app.add_middleware(Guard, settings=settings)
    return app


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


_PROBLEM = {
    "application/problem+json": {
        "schema": {
            "type": "object",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "field": {"type": "string"},
                "row": {"type": "integer"},
                "candidates": {"type": "array", "items": {"type": "string"}},
            },
        }
    }
}


def _problem(status: int, detail: str, **more: Any) -> Response:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **{key: value for key, value in more.items() if value not in (None, "", ())},
    }
    return JSONResponse(body, status, media_type="application/problem+json")


def status_of(kind: type[SweetspotError]) -> int:
    """The HTTP status of a kind of error: that of the nearest class in its MRO."""
    return next(STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS)


def _on_ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, SweetspotError)  # noqa: S101  # registered for this class only
    status = status_of(type(error))
    if status >= 500:
        log.error("request failed", path=request.url.path, status=status, why=str(error))
    more: dict[str, Any] = {}
    if isinstance(error, BadInput):
        more = {"field": error.field, "row": error.row}
    if isinstance(error, Ambiguous):
        more["candidates"] = error.candidates
    return _problem(status, str(error), **more)


def _on_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class only
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        said, at = first["ctx"]["error"], first["loc"][-1]
        return _problem(422, f"body: not JSON, at character {at}: {said}", field="body")
    where = [str(part) for part in first["loc"] if part not in {"body", "query", "path"}]
    rows = [part for part in first["loc"] if isinstance(part, int)]
    name = ".".join(where)
    row = rows[0] if "prospects" in where and rows else None
    return _problem(422, f"{name or 'body'}: {first['msg']}", field=name, row=row)


def _on_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class only
    response = _problem(error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


def _on_bug(request: Request, error: Exception) -> Response:
    log.error("bug", path=request.url.path, trace="".join(traceback.format_exception(error)))
    return _problem(500, "Something broke here; the log says what.")


class Guard:
    """Refuses other Host headers, and bodies over the limit, before anything is kept.

    The Host check keeps a web page that rebinds its own name to this machine from reading
    answers. Files (paths that end in .csv) may have up to `max_body_mb`, JSON bodies `JSON_MB`.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.hosts = {host.lower() for host in _words(settings.allowed_hosts)}
        self.most_mb = settings.max_body_mb

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        a_file = scope["path"].endswith(".csv")
        most_mb = self.most_mb if a_file else min(self.most_mb, JSON_MB)
        refusal = self._refusal(headers, most_mb)
        if refusal:
            await refusal(scope, receive, send)
            return
        await self.app(scope, _counted(receive, most_mb), send)

    def _refusal(self, headers: Headers, most_mb: int) -> Response | None:
        host = _host(headers.get("host", ""))
        if host not in self.hosts and "*" not in self.hosts:
            return _problem(
                400,
                f"this server does not answer to the host {host!r}; "
                "add it to SWEETSPOT_ALLOWED_HOSTS",
            )
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > most_mb * MB:
            return _problem(413, _too_large(most_mb))
        return None


def _host(header: str) -> str:
    """The Host header without its port: "[::1]:8080" -> "[::1]"."""
    name, colon, port = header.rpartition(":")
    return (name if colon and port.isdigit() else header).lower()


def _too_large(most_mb: int) -> str:
    return (
        f"the body is over {most_mb} MB; send lists as files, to the paths that end in .csv, "
        "which take SWEETSPOT_MAX_BODY_MB"
    )


def _counted(receive: Receive, most_mb: int) -> Receive:
    """The same, raising TooLarge once more than that has come."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most_mb * MB:
            raise TooLarge(_too_large(most_mb))
        return message

    return counted
