"""The embedded Valhalla: a child process on loopback, started, watched, restarted, stopped.

One engine for a region and host, however many processes use it: who has locked the file in the
run folder starts it, the others use its port. The lock is handed down to the engine's warden (see
warden.py), so that it is free as soon as the engine has ended, however that came about, and the
next process that asks takes over.
"""

import fcntl
import json
import os
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import deepcopy
from pathlib import Path
from typing import Any, Self

from app.errors import BackendDown
from app.folders import temporary_path, writing_to
from app.geo.driving.embedded import warden
from app.geo.driving.embedded.running import HOST, RunningEngine
from app.geo.http.border_log import log_question

THREADS = 2 if (os.cpu_count() or 1) < 2 else os.cpu_count()
PORTS_TRIED = 4  # judgement: another program may take the port that was just free
ENDS = ("locations", "sources", "targets")  # of a question: its points
# Metres from the home base that a matrix may ask for, for each minute of the largest limit. The
# engine's search ends at a cost of 1/112 a metre (kTimeDistCostThresholdAutoDivisor), so at 75 a
# minute: most drives cost 60, slow ones more. What is asked lies nearer: at FASTEST_KMH and the
# least traffic factor a reach goes 1.2 / 0.5 x 2,333 m a minute (see valhalla.py), 5,600.
MATRIX_M_A_MINUTE = 112 * 75
LONGEST_MINUTES = 240.0
ATTEMPTS = 5  # a request that kills so many engines kills the next one, too


class _Folder:
    """The tiles' folder itself, whatever its name is later. Closed with the object."""

    def __init__(self, tiles: Path) -> None:
        self.tiled = next(tiles.rglob("*.gph"), None) is not None
        self.descriptor = os.open(tiles, os.O_RDONLY) if self.tiled else -1
        if self.tiled:
            weakref.finalize(self, os.close, self.descriptor)


class Server:
    """Valhalla over one folder of tiles; started on first need. Safe for threads.

    `run` is a folder shared by all processes of this host that use these tiles. `start_s` is
    how long an engine may take to answer at first, `timeout_s` how long any request may take,
    `longest_minutes` the largest limit that drives are judged by. The tiles are those that lie in
    the folder now, even if another one takes its name later.
    """

    def __init__(
        self,
        tiles: Path,
        run: Path,
        *,
        start_s: float = 30.0,
        timeout_s: float = 60.0,
        longest_minutes: float = LONGEST_MINUTES,
    ) -> None:
        self._tiles = tiles
        self._folder = _Folder(tiles)
        self._run = run.absolute()
        self._start_s = start_s
        self._timeout_s = timeout_s
        self._longest_minutes = longest_minutes
        self._guard = threading.Lock()
        self._engine: RunningEngine | None = None
        self._warden: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, path: str, body: Mapping[str, Any]) -> bytes:
        """The engine's answer to a JSON body posted to `path`, refusals (HTTP 4xx) included.

        An engine that died, at rest or during the request, is started again. Raises BackendDown
        where it can't be started or dies each time, BackendSlow after `timeout_s`.
        """
        points = sum(len(body.get(name, ())) for name in ENDS)
        left = ATTEMPTS
        while True:
            with self._guard:
                engine = self._engine = self._engine or self._find_or_start()
            left -= 1
            try:
                with log_question("embedded valhalla", path, points=points) as facts:
                    reply = engine.post(path, body, self._timeout_s)
                    facts["bytes"] = len(reply)
                return reply
            except BackendDown:
                if not left:
                    raise
            self._forget(engine)

    def close(self) -> None:
        """Stop the engine if it is ours. The next `send` starts one again."""
        with self._guard:
            self._stop()

    def _forget(self, engine: RunningEngine) -> None:
        """Drop an engine that did not answer, unless another thread already replaced it."""
        with self._guard:
            if self._engine is engine:
                self._stop()

    def _find_or_start(self) -> RunningEngine:
        """The engine another process owns, or a new one of ours if nobody holds the lock."""
        if not self._folder.tiled:
            raise BackendDown(f"there are no routing tiles in {self._tiles}", backend="valhalla")
        with writing_to(self._run):
            self._run.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + self._start_s
        while time.monotonic() < deadline:
            with self._locked() as lock:
                if lock is not None:
                    return self._start(lock, deadline)
            engine = self._others()
            if engine is not None:
                return engine
            time.sleep(0.05)
        raise BackendDown(
            f"the engine of {self._tiles} did not answer within {self._start_s:g} s",
            backend="valhalla",
        )

    @contextmanager
    def _locked(self) -> Iterator[int | None]:
        """The descriptor of the locked file; None where another process or its warden has it."""
        with writing_to(self._run):
            handle = (self._run / "engine.lock").open("a+")
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield None
            else:
                yield handle.fileno()

    def _others(self) -> RunningEngine | None:
        """The engine of the process that holds the lock, if it answers."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            known = json.loads((self._run / "engine.json").read_text())
            engine = RunningEngine(int(known["pid"]), int(known["port"]))
            return engine if engine.answers() else None
        return None

    def _start(self, lock: int, deadline: float) -> RunningEngine:
        try:
            for _ in range(PORTS_TRIED):
                engine = self._spawn(free_port(), lock)
                if self._is_up(engine, deadline):
                    self._publish(engine)
                    return engine
                self._end_warden()
        except BaseException:
            self._stop()
            raise
        said = self._last_words()
        self._stop()
        raise BackendDown(f"the engine of {self._tiles} did not start: {said}", backend="valhalla")

    def _spawn(self, port: int, lock: int) -> RunningEngine:
        import valhalla

        program = Path(valhalla.__file__).parent / "bin" / "valhalla_service"
        for left in socket_folder(self._run).glob(f"sweetspot-{port}-*"):
            left.unlink(missing_ok=True)
        settings = self._run / "valhalla.json"
        with writing_to(self._run):
            config = engine_config(self._run, port, self._longest_minutes)
            settings.write_text(json.dumps(config))
            log = (self._run / "engine.log").open("w")
        folder = self._folder.descriptor
        warded = [sys.executable, "-I", "-S", warden.__file__, str(folder)]
        with log:
            self._warden = subprocess.Popen(  # noqa: S603  our own program, no shell
                [*warded, str(program), str(settings), str(THREADS)],
                pass_fds=(folder, lock),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # a Ctrl-C in the terminal is ours to handle
            )
        assert self._warden.stdout is not None  # noqa: S101  asked for above
        pid = self._warden.stdout.readline().strip()
        return RunningEngine(int(pid) if pid else 0, port)

    def _is_up(self, engine: RunningEngine, deadline: float) -> bool:
        """Wait until it answers; False when it ended first (a taken port makes it abort)."""
        while time.monotonic() < deadline:
            if self._warden is None or self._warden.poll() is not None:
                return False
            if engine.answers():
                return True
            time.sleep(0.01)
        return False

    def _publish(self, engine: RunningEngine) -> None:
        fresh = self._run / f"engine.json.{os.getpid()}"
        with writing_to(self._run):
            fresh.write_text(json.dumps({"pid": engine.pid, "port": engine.port}))
            fresh.replace(self._run / "engine.json")

    def _last_words(self) -> str:
        with suppress(OSError):
            lines = (self._run / "engine.log").read_text(errors="replace").strip().splitlines()
            return lines[-1] if lines else "it said nothing"
        return "it said nothing"

    def _stop(self) -> None:
        engine, self._engine = self._engine, None
        if self._warden is None:  # another process's
            return
        with suppress(OSError):  # what can't be cleared up is no engine's any more
            if self._warden.poll() is None:  # so nobody else has the lock
                (self._run / "engine.json").unlink(missing_ok=True)
        self._end_warden()
        with suppress(OSError):
            for left in socket_folder(self._run).glob(
                f"sweetspot-{engine.port if engine else 0}-*"
            ):
                left.unlink(missing_ok=True)

    def _end_warden(self) -> None:
        """Close the warden's input: it stops the engine, then itself."""
        ended, self._warden = self._warden, None
        if ended is None:
            return
        with suppress(OSError):
            ended.communicate(timeout=warden.GRACE_S + 2)
        ended.kill()
        ended.wait()


def engine_config(run: Path, port: int, longest_minutes: float) -> dict[str, Any]:
    """Valhalla's configuration for the tiles in its working folder: loopback, limits raised.

    No limit lies within what is asked: rows that no car gets to in the time are not.
    """
    from valhalla.config import get_config

    made: dict[str, Any] = deepcopy(get_config(tile_extract="", tile_dir=""))
    made["mjolnir"]["tile_dir"] = "."
    made["mjolnir"]["traffic_extract"] = ""
    made["thor"]["source_to_target_algorithm"] = "timedistancematrix"
    service = made["httpd"]["service"]
    service |= {"listen": f"tcp://{HOST}:{port}", "drain_seconds": 0, "shutdown_seconds": 0}
    for name in ("loki", "thor", "odin", "meili"):
        made[name]["service"]["proxy"] = f"ipc://{socket_folder(run)}/sweetspot-{port}-{name}"
    for name in ("loopback", "interrupt"):
        service[name] = f"ipc://{socket_folder(run)}/sweetspot-{port}-{name}"
    limits = made["service_limits"]
    limits["auto"] |= {
        "max_matrix_distance": MATRIX_M_A_MINUTE * longest_minutes,
        "max_matrix_location_pairs": 10_000_000,
        "max_locations": 100_000,
    }
    limits["isochrone"] |= {"max_time_contour": 1440, "max_contours": 100}
    limits["allow_hard_exclusions"] = True
    limits["max_distance_disable_hierarchy_culling"] = limits["auto"]["max_distance"]
    return made


def socket_folder(run: Path) -> Path:
    """Where the engine's inner sockets go; a Unix socket's path has at most 107 bytes."""
    return run if len(str(run.resolve())) < 80 else temporary_path()


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
