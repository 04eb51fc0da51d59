"""Seconds and megabytes of work, of this process and of others."""

import os
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Took:
    """Wall and CPU seconds."""

    wall: float
    cpu: float


def time_work[T](work: Callable[[], T]) -> tuple[T, float]:
    """What it gives, and wall seconds."""
    start = time.perf_counter()
    done = work()
    return done, time.perf_counter() - start


def time_with_server[T](work: Callable[[], T], pid: int) -> tuple[T, Took]:
    """What it gives, with the CPU seconds of this process and of the server together."""
    before = time.process_time() + read_cpu_s(pid)
    done, wall = time_work(work)
    return done, Took(wall, time.process_time() + read_cpu_s(pid) - before)


def read_cpu_s(*pids: int) -> float:
    """CPU seconds that those processes have had; those that ended count as 0."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(words[11]) + int(words[12])
    return ticks / TICK


def peak_mb() -> float:
    """Megabytes that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
