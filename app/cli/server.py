"""The server behind `sweetspot serve`: its socket, its processes, its log."""

import os
import signal
import socket
import sys
import webbrowser
from functools import partial
from threading import Event, Thread
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from app.cli.base import configure_log, print_error
from app.cli.worker_process import working_beside
from app.errors import BadInput, StorageFailed
from app.geo.regions.regions import Regions
from app.main import create_app
from app.routers.access import KEYLESS, is_loopback
from app.settings import Settings
from app.wiring.parts import Parts

GRACE_S = 8  # for answers in hand when it is stopped: a client that stalls would hold it up
HEALTHCHECK_S = 60  # uvicorn kills a worker that does not answer it for 5 s, which imports may take


def serve(
    settings: Settings, host: str, port: int, *, workers: int, quiet: bool, opens: bool
) -> None:
    """Serve until interrupted. Raises BadInput where nothing can listen at that address.

    `opens`: show the page in a browser, which waits until it is answered.
    """
    listening = open_listener(host, port)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: what a stalled reader was sent is given up
        stall_ms = int(1000 * settings.client_timeout_s)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, stall_ms)
    print_error(
        f"sweetspot: {_address(listening)} (page at /, documentation at /docs), {_maps(settings)}"
    )
    warn_keyless(listening.getsockname()[0], settings)
    if opens:
        open_page(_address(listening))
    level = "error" if quiet else settings.log_level
    configure_log(level)
    # Else uvicorn would end us by the signal itself, and we could not end what runs beside.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with working_beside(level) as stopping:
            _answer(listening, workers, level, stopping)
    except KeyboardInterrupt:  # uvicorn has shut down by then
        print_error("sweetspot: stopped")
    finally:
        listening.close()


def _answer(listening: socket.socket, workers: int, level: str, stopping: Event) -> None:
    """Until interrupted; `stopping` is set at once then, in the process that has it."""
    alone = workers == 1
    config = uvicorn.Config(
        partial(logging_app, level, stopping if alone else None),
        factory=True,
        workers=workers,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_S,
        timeout_worker_healthcheck=HEALTHCHECK_S,
        proxy_headers=False,  # anybody can name this machine in X-Forwarded-For
    )
    if alone:
        uvicorn.Server(config).run(sockets=[listening])
    else:
        many = Multiprocess(config, sockets=[listening])
        _tell_of_signals(stopping)
        many.run()


def logging_app(level: str, stopping: Event | None = None) -> FastAPI:
    """The API in one process of the server, with its log on standard error.

    level: "info" has a line for each request, "debug" one more for each question to an engine or
    service. stopping: what else is set as soon as this process is told to stop.
    """
    configure_log(level)
    app = create_app(warm=True)
    _tell_of_signals(app.state.stopping, *([stopping] if stopping else []))
    return app


def _tell_of_signals(*stopping: Event) -> None:
    """Set them as soon as the server is told to stop: its lifespan may take long to end.

    Called once uvicorn has set its own handlers.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)

        def handle(number: int, frame: FrameType | None, before: Any = before) -> None:
            for one in stopping:
                one.set()
            before(number, frame)

        signal.signal(number, handle)


def open_listener(host: str, port: int) -> socket.socket:
    """A socket that listens there, in IPv4 where a name such as localhost has both.

    Raises BadInput where none can. Not uvicorn's own: that one names no protocol, for which asyncio
    leaves Nagle's algorithm on, and each answer then waits 40 ms for an ACK
    (findings/uvicorn-workers-wait-for-acks.sh).
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
        made = socket.socket(family, kind, socket.IPPROTO_TCP)
    except OSError as why:
        raise BadInput(f"host {host!r}: {why.strerror or why}", field="host") from why
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(2048)
    except OSError as why:
        made.close()
        raise BadInput(
            f"can't listen at {host}, port {port}: {why.strerror or why}; --port names another",
            field="port",
        ) from why
    made.set_inheritable(True)
    return made


def warn_keyless(host: str, settings: Settings) -> None:
    """Say who is answered while there is no key, where it listens beyond this machine.

    A database that is not up yet may still come.
    """
    if is_loopback(host):
        return
    try:
        with Parts(settings) as parts:
            parts.keys.refresh()
            if parts.keys.is_empty:
                print_error(f"sweetspot: {KEYLESS}; a proxy on it would let everybody in")
    except StorageFailed as why:
        print_error(f"sweetspot: {why}")


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def open_page(address: str) -> None:
    """Show the page in this desktop's browser; nothing where there is none.

    Without a desktop Python would take a browser for terminals, which would take this one.
    """
    desktop = {"BROWSER", "DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
    if desktop or sys.platform in {"darwin", "win32"}:
        here = address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
        Thread(target=webbrowser.open, args=(f"{here}/",), daemon=True).start()


def _maps(settings: Settings) -> str:
    names = [region.name for region in Regions(*settings.region_folders).all()]
    if not names:
        return "no map: estimates only"
    return f"{len(names)} {'map' if len(names) == 1 else 'maps'}: {', '.join(names)}"
