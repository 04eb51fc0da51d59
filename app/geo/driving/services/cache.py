"""What a service said of single points: in memory and, where that is allowed, on disk.

A point that was answered is not asked for again, whatever list it is in; on disk it outlives the
process, so that a run that broke off goes on where it was.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from app.geo.cache import DiskCache, MemoryCache
from app.geo.driving.services.service import RoutingService
from app.geo.points import Ints, Points

KEPT_DAYS = 7.0
KEPT_MB = 256.0
FORMAT = "2"  # of what is on disk, and of how it was asked for
# Only answers of a server of one's own are kept on disk. Google's terms forbid to store distance
# matrix results (3.2.3; https://developers.google.com/maps/documentation/route-optimization/policies),
# Mapbox restricts it (https://docs.traveltime.com/api/migration-guide/mapbox-matrix), TravelTime's
# are of the hour, and what the hosted openrouteservice and GraphHopper allow is not known here.
OWN = frozenset({"valhalla", "osrm", "openrouteservice", "graphhopper"})
HOSTED = frozenset({"api.openrouteservice.org", "graphhopper.com"})
IN_MEMORY = 6e6  # answers, 40 bytes each
SAVE_S = 5.0  # what was learnt is written no more often
LATITUDES = 180_000_001  # there are so many of six decimals

type Answers = NDArray[np.void]

# minutes, off_road_m: as in `Reply`. free: minutes without traffic beside those with it, NaN where
# the service does not tell both. said_at: Unix seconds, 0 where there is no answer.
ANSWER = np.dtype(
    [
        ("key", np.int64),
        ("minutes", np.float64),
        ("free", np.float64),
        ("off_road_m", np.float64),
        ("said_at", np.float64),
    ]
)


def keys_of(points: Points) -> Ints:
    """A number for each known point, the same to six decimals (0.1 m), shape (n,)."""
    lon = np.round((points.lon + 180) * 1e6).astype(np.int64)
    return lon * LATITUDES + np.round((points.lat + 90) * 1e6).astype(np.int64)


def points_of(keys: Ints) -> Points:
    """The points of these numbers, rounded to six decimals."""
    lon, lat = np.divmod(keys, LATITUDES)
    return Points(np.round(lon / 1e6 - 180, 6), np.round(lat / 1e6 - 90, 6))


def none_of(keys: Ints) -> Answers:
    """No answer for any of them."""
    answers = np.zeros(len(keys), ANSWER)
    answers["key"] = keys
    for column in ("minutes", "free", "off_road_m"):
        answers[column] = np.nan
    return answers


def merge_answers(*parts: Answers) -> Answers:
    """All of them, of each point the latest one; keys ascending."""
    every = np.concatenate(parts)
    every = every[np.lexsort((every["said_at"], every["key"]))]
    latest: Answers = every[np.append(np.diff(every["key"]) != 0, True)[: len(every)]]
    return latest


def open_drive_cache(service: RoutingService, folder: Path, days: float) -> "DriveCache":
    """What keeps a service's answers: on disk where it may, so many days (0 is not at all)."""
    if not days or service.name not in OWN or urlsplit(service.url).hostname in HOSTED:
        return DriveCache()
    which = blake2b(f"{service.name} {service.url}".encode(), digest_size=8).hexdigest()
    return DriveCache(DiskCache(folder / f"{service.name}-{which}", KEPT_MB, FORMAT), days)


class DriveCache:
    """Answers by question (home base and way of driving) and point. Safe for threads.

    shelf: where they are kept beyond this process; None keeps them in memory only. Answers older
    than `days` are forgotten: the map behind a service changes.
    """

    def __init__(
        self,
        shelf: DiskCache | None = None,
        days: float = KEPT_DAYS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._shelf = shelf
        self._seconds = days * 86_400
        self._clock = clock
        self._kept: MemoryCache[Answers] = MemoryCache(IN_MEMORY)
        self._fresh: dict[str, list[Answers]] = defaultdict(list)
        self._saved_at = clock()
        self._lock = threading.RLock()
        self._in_hand: set[str] = set()
        self._one_less = threading.Condition()

    @contextmanager
    def alone(self, question: str) -> Iterator[None]:
        """While this lasts, nobody else in this process asks the service that question.

        Who waited finds the answers in memory: a drive that two want at once is asked for once.
        """
        with self._one_less:
            self._one_less.wait_for(lambda: question not in self._in_hand)
            self._in_hand.add(question)
        try:
            yield
        finally:
            with self._one_less:
                self._in_hand.discard(question)
                self._one_less.notify_all()

    def recall(self, question: str, keys: Ints) -> Answers:
        """What was said of these points, in their order; see `none_of` for the others."""
        found = none_of(keys)
        with self._lock:
            self.save(question)
            known = self._young(self._recall(question))
        if len(known):
            at = np.searchsorted(known["key"], keys)
            at[at == len(known)] = 0
            hit = known["key"][at] == keys
            found[hit] = known[at[hit]]
        return found

    def learn(self, question: str, answers: Answers) -> None:
        """Keep these answers; from time to time they are written."""
        with self._lock:
            self._fresh[question].append(answers)
            if self._clock() - self._saved_at > SAVE_S:
                self.save(question)

    def save(self, question: str) -> None:
        """Write what was learnt, beside what other processes have written meanwhile."""
        with self._lock:
            fresh = self._fresh.pop(question, [])
            if not fresh:
                return
            known = self._young(
                merge_answers(self._recall(question), self._shelved(question), *fresh)
            )
            self._kept.put(question, known, len(known))
            if self._shelf:
                self._shelf.put(question, known)
            self._saved_at = self._clock()

    def _recall(self, question: str) -> Answers:
        known = self._kept.get(question)
        if known is None:
            known = self._shelved(question)
            self._kept.put(question, known, len(known))
        return known

    def _shelved(self, question: str) -> Answers:
        array: NDArray[Any] | None = self._shelf.get(question) if self._shelf else None
        return np.zeros(0, ANSWER) if array is None or array.dtype != ANSWER else array

    def _young(self, answers: Answers) -> Answers:
        return answers[answers["said_at"] > self._clock() - self._seconds]
