"""What one run asked of a geocoding service, what it leaves behind, and why it asks no more."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from threading import Lock

from app.errors import BackendFailed, NotAsked, StorageFailed
from app.geo.geocoding.fix import GeocodeReply
from app.geo.geocoding.geocoder import GeocoderUse
from app.geo.geocoding.services.cache import GeocodeCache, Grant

# Parts in a row without an answer, after which a run asks no more. Judgement: one that is down for
# that long is down.
GIVE_UP = 5

# What a service said of an address, or why it said nothing.
type ReplyOrError = GeocodeReply | BackendFailed


class RunLedger:
    """Counts what is asked; safe for threads. `stopped`: why nothing more is asked in this run.

    Replies are kept in `memory` under `key`, which counts the month's requests, too.
    """

    def __init__(self, name: str, price: float, memory: GeocodeCache, key: str) -> None:
        self.use = GeocoderUse(name, price=price)
        self.stopped: BackendFailed | None = None
        self._name = name
        self._memory, self._key = memory, key
        self._lost_in_a_row = 0
        self._lock = Lock()

    def count(self, **more: int) -> None:
        """Add to the counts of `use`."""
        with self._lock:
            self.use = replace(
                self.use, **{name: getattr(self.use, name) + n for name, n in more.items()}
            )

    def answered(self, asked: int, found: int) -> None:
        """One request was answered."""
        with self._lock:
            self._lost_in_a_row = 0
        self.count(asked=asked, calls=1, found=found)

    def lose(
        self, keys: Sequence[str], why: BackendFailed, *, stop: bool = False
    ) -> dict[str, ReplyOrError]:
        """Nothing is said of those, and why; `stop`: nothing more is asked in this run."""
        self.count(lost=len(keys))
        with self._lock:
            self.use = replace(self.use, failed=self.use.failed or str(why))
            if stop:
                self.stopped = self.stopped or why
        return dict.fromkeys(keys, why)

    def lose_request(self, keys: Sequence[str], why: BackendFailed) -> dict[str, ReplyOrError]:
        """The same of one request that was sent; the last of too many in a row stops the run."""
        with self._lock:
            self._lost_in_a_row += 1
            stop = self._lost_in_a_row >= GIVE_UP
        self.count(asked=len(keys), calls=1)
        return self.lose(keys, why, stop=stop)

    def spare(self, keys: Sequence[str]) -> dict[str, ReplyOrError]:
        """Those the budget has no room for."""
        self.count(unasked=len(keys))
        return dict.fromkeys(keys, NotAsked(f"{self._name}: its budget is used up"))

    def say_bulk(self, words: str) -> None:
        """What the service says of so many."""
        with self._lock:
            self.use = replace(self.use, bulk=words)

    def keep(self, told: Mapping[str, GeocodeReply], days: float) -> None:
        """Keep the replies, for so many days, for later runs; 0 keeps none."""
        try:
            if days:
                self._memory.keep(self._key, told)
        except BackendFailed as why:  # what can't be kept is not paid for
            self.lose([], why, stop=True)
        except StorageFailed as why:  # the same; what was told is used
            self.lose([], BackendFailed(str(why), backend="disk"), stop=True)

    def give_back(self, n: int, month: str) -> None:
        """Requests that the month was charged for and that were not sent."""
        with suppress(BackendFailed, StorageFailed):  # then they count as asked
            self._memory.give_back(self._key, Grant(n, month))
