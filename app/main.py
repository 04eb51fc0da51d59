"""The HTTP API: `create_app(settings)`; nothing happens at import."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from threading import Event, Thread

from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from app.routers import (
    clients,
    exports,
    find,
    geocode,
    health,
    jobs,
    licences,
    lists,
    maps,
    marks,
    pages,
    problems,
    regions,
    stored_exports,
)
from app.routers.access import KeyGuard
from app.routers.admission import Gates, Guard, split_words
from app.routers.compression import Compression
from app.routers.openapi import ANYWHERE, ASKED, DescribedApi
from app.routers.request_log import RequestLog
from app.settings import Settings
from app.wiring.parts import Parts

RESOURCES = (find, exports, lists, licences, marks, stored_exports, clients, jobs)
ROUTERS = tuple(one.router for one in (*RESOURCES, geocode, regions, maps))
OPEN_ROUTERS = (health.router, pages.router)


def create_app(settings: Settings | None = None, *, warm: bool = False) -> FastAPI:
    """The API over one set of parts, which live as long as the app does.

    `warm`: what takes long to load is loaded beside the first requests, not by one of them.
    `app.state.stopping`, once set, ends what is streamed without an end.
    """
    settings = settings or Settings()
    gates = Gates.of(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with Parts(settings) as parts:
            app.state.parts, app.state.gates = parts, gates
            app.state.checking = CapacityLimiter(1)
            if warm:
                Thread(target=_warm, args=(parts,), daemon=True).start()
            yield

    app = DescribedApi(
        title="Sweetspot",
        version=version("sweetspot"),
        summary="Which businesses lie within a drive of me and are of the right size.",
        lifespan=lifespan,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        responses=ANYWHERE,
        docs_url=None,  # ours, in app/pages: FastAPI's pages load a viewer from elsewhere
        redoc_url=None,
    )
    app.state.stopping = Event()
    for router in ROUTERS:
        app.include_router(router, responses=ASKED)
    for router in OPEN_ROUTERS:
        app.include_router(router)
    problems.register(app)
    app.add_middleware(Compression)
    app.add_middleware(Guard, settings=settings, gates=gates)
    app.add_middleware(KeyGuard, routers=(*ROUTERS, *OPEN_ROUTERS), open_paths={app.openapi_url})
    origins = split_words(settings.cors_origins)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["DELETE", "GET", "PATCH", "POST"],
            allow_headers=["*"],
            expose_headers=["Sweetspot-Counts", "X-Request-ID", "Retry-After"],
        )
    app.add_middleware(RequestLog)
    return app


def _warm(parts: Parts) -> None:
    """The ZIP codes; then what will live as long as the process is left out of collections."""
    parts.zips.load()
    gc.collect()
    gc.freeze()
