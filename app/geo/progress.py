"""How far a long work is, as one kind of event: for the command line, and for jobs that are asked.

The time left is what is left at the pace of the last half of the time so far (`Pace`). A work of
several steps that can't look into them (`Steps`) goes by how long each usually takes: only the
ratio counts, so the machine's own speed shows from the second step on.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate

BYTES, PERCENT = "bytes", "%"  # units
SETTLED_S = 1.0  # judgement: before, a pace says little
WINDOW_S = 60.0  # judgement: the least of the past that makes the pace, lest it jump about
SAMPLE_S = 0.5  # judgement: the pace is looked at no more often


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done, in a few words, and how much of it, in `unit`; of how much, if known.

    seconds_left: until all of `total` is done, estimated; None where nothing tells yet.
    """

    step: str
    done: float = 0.0
    total: float | None = None
    unit: str = ""
    seconds_left: float | None = None


type TellProgress = Callable[[Progress], None]


def ignore_progress(_: Progress) -> None:
    """For who does not want to know."""


def estimate_seconds_left(elapsed_s: float, done: float, left: float) -> float | None:
    """How long what is left takes at the pace at which so much was done; None where none shows."""
    if done <= 0 or elapsed_s < SETTLED_S:
        return None
    return elapsed_s * max(left, 0.0) / done


class Pace:
    """How fast a work goes of which so much was done before. For one thread.

    `clock` gives seconds.
    """

    def __init__(self, done: float = 0.0, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()
        self._samples = deque([(self._begun, done)])

    def seconds_left(self, done: float, total: float) -> float | None:
        """The estimate, now that so much is done; to be asked as the work goes on."""
        now = self._clock()
        if now - self._samples[-1][0] >= SAMPLE_S:
            self._samples.append((now, done))
        since = now - max(WINDOW_S, (now - self._begun) / 2)
        while len(self._samples) > 1 and self._samples[1][0] <= since:
            self._samples.popleft()
        then, before = self._samples[0]
        return estimate_seconds_left(now - then, done - before, total - done)


class Steps:
    """Tells the steps of one work as percent of the whole. For one thread.

    `seconds`: about how long each step takes, in their order. What else is told belongs to the
    step before.
    """

    def __init__(
        self,
        tell: TellProgress,
        seconds: Mapping[str, float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell, self._clock = tell, clock
        ends = list(accumulate(seconds.values()))
        self._total = ends[-1]
        self._starts = dict(zip(seconds, [0.0, *ends[:-1]], strict=True))
        self._begun = self._at = clock()
        self._done = 0.0
        self._left: float | None = None

    def begin(self, step: str) -> None:
        """The step is begun, the ones before it are done."""
        now = self._clock()
        if step in self._starts:
            self._done, self._at = self._starts[step], now
            left = self._total - self._done
            self._left = estimate_seconds_left(now - self._begun, self._done, left)
        left_now = None if self._left is None else max(self._left - (now - self._at), 0.0)
        percent = 100 * self._done / self._total
        self._tell(Progress(step, percent, 100.0, PERCENT, left_now))
