"""The process beside `sweetspot serve` that works at jobs, at low priority: answers come first.

    python -P -m app.cli.worker_process LEVEL

The server holds the other end of its standard input, which closes when the server ends, however
it ends; then it hands its job on and ends, too. A worker that ends before is started again.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import structlog

log = structlog.get_logger()

NICE = 10  # judgement: it gets a tenth of a core for which somebody else waits
LOOK_S = 0.1  # how soon it is seen that it has ended, or is to
GRACE_S = 10.0  # until it is ended by force; a chunk in hand gets 8 of them, see `working_inside`
# Judgement: until it is started again, twice as long after each end, if it lasted no longer.
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0


@contextmanager
def working_beside(level: str) -> Iterator[Event]:
    """A worker is there until the block ends, or the event that it is given is set.

    level: of its log, see `logging_app`.
    """
    stopping = Event()
    thread = Thread(target=_keep_running, args=(level, stopping), name="worker", daemon=True)
    thread.start()
    try:
        yield stopping
    finally:
        stopping.set()
        thread.join()


def _keep_running(level: str, stopping: Event) -> None:
    pause_s = 0.0
    while not stopping.wait(pause_s):
        begun = time.monotonic()
        code = _run(level, stopping)
        if not stopping.is_set():
            lasted_s = time.monotonic() - begun
            pause_s = SHORTEST_PAUSE_S if lasted_s > LONGEST_PAUSE_S else _longer(pause_s)
            log.warning("the worker has ended", code=code, again_in_s=pause_s)


def _longer(pause_s: float) -> float:
    return min(max(2 * pause_s, SHORTEST_PAUSE_S), LONGEST_PAUSE_S)


def _run(level: str, stopping: Event) -> int:
    """How it ended.

    It has a group of its own, as a Ctrl-C in the terminal is the server's to handle, and no session
    of its own, as niceness would not count between sessions (sched(7), autogroups).
    """
    command = [sys.executable, "-P", "-m", __name__, level]
    with subprocess.Popen(  # noqa: S603  ourselves
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, process_group=0
    ) as process:
        while process.poll() is None and not stopping.wait(LOOK_S):
            pass
        process.terminate()
        try:
            return process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def _watch_server(stopping: Event) -> None:
    """Set it once the server is gone, and end at last, whatever still runs here."""
    os.read(0, 1)  # not sys.stdin's, whose lock Python wants back as it ends
    stopping.set()
    time.sleep(GRACE_S)
    os._exit(1)


def main() -> None:
    """Work at jobs until the server is gone, or tells us to stop."""
    stopping = Event()
    Thread(target=_watch_server, args=(stopping,), daemon=True).start()
    os.nice(NICE)
    from app.cli.base import configure_log, live_parts
    from app.wiring.working import work_until

    signal.signal(signal.SIGTERM, lambda *_: stopping.set())  # until here it ends us at once
    with live_parts() as live:
        configure_log(sys.argv[1])
        work_until(stopping, live)


if __name__ == "__main__":
    main()
