"""A geocoding service as a geocoder: asked for no more than it must be, and within its budget."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from math import inf
from typing import NamedTuple

from app.errors import BackendFailed, BulkUse, CircuitOpen, NotAsked, Refused
from app.geo.addresses.address import Address, Addresses
from app.geo.addresses.one_line import address_key, strip_rows
from app.geo.geocoding.cascade import worth_asking
from app.geo.geocoding.fix import (
    Fix,
    GeocodeReply,
    distinct_fixes,
    no_fix,
    to_columns,
)
from app.geo.geocoding.geocoder import Fixes, GeocoderUse, GeocodingProgress
from app.geo.geocoding.matching import choose_fix, match_fixes
from app.geo.geocoding.services.cache import GeocodeCache
from app.geo.geocoding.services.ledger import ReplyOrError, RunLedger
from app.geo.geocoding.services.service import GeocodingService
from app.geo.points import Point

# Requests at once to a service that takes more than one a second. Judgement: they overlap the
# way there and back; more would gain little and be less polite.
IN_FLIGHT = 4


class Budget(NamedTuple):
    """The most addresses that may be asked in one run and in a month, and USD for 1,000."""

    run: float = inf
    month: float = inf
    price: float = 0.0


class ServiceGeocoder:
    """The Geocoder port over a service, for one run. `use` counts what it was asked.

    Answers are kept in `memory` for as long as the service's terms allow, and are asked again
    only when they are gone. A part that fails costs its own rows: their notes say so, and they
    are asked again the next time. After a refusal (a wrong key, a quota that is gone), GIVE_UP
    parts in a row without an answer, or where `memory` can't be used, nothing more is asked in
    this run. In a `dry` run nothing is asked at all.
    """

    def __init__(
        self,
        service: GeocodingService,
        memory: GeocodeCache,
        budget: Budget,
        *,
        key: str = "",
        allow_bulk: bool = False,
        dry: bool = False,
    ) -> None:
        self.name = service.name
        self.credit = service.credit
        self._service = service
        self._memory = memory
        self._budget = budget
        self._key = key or service.name
        self._allow_bulk = allow_bulk or dry
        self._dry = dry
        self._heard: dict[str, ReplyOrError] = {}  # in this run
        self._ledger = RunLedger(service.name, budget.price, memory, self._key)

    @property
    def use(self) -> GeocoderUse:
        """What this run asked of the service."""
        return self._ledger.use

    def locate(
        self,
        addresses: Addresses,
        near: Point | None = None,
        progress: GeocodingProgress = lambda *_: None,
    ) -> Fixes:
        """A fix for each address; see `Geocoder.locate`.

        `progress` is told how many of how many were asked. Raises BulkUse, before any of them is
        asked, where the service wants to be asked first.
        """
        asked = strip_rows(addresses)
        keys = [address_key(one) if worth_asking(one) else "" for one in asked]
        wanted = {key: one for key, one in zip(keys, asked, strict=True) if key}
        said = self._say(wanted, progress)
        rows = [
            self._chosen(one, said.get(key), near) for key, one in zip(keys, asked, strict=True)
        ]
        return to_columns(rows, self.name)

    def candidates(self, address: Address, k: int, near: Point | None = None) -> Fixes:
        """Up to k distinct places that fit, best first; see `Geocoder.candidates`.

        Raises BackendFailed where the service does, NotAsked where it was not asked.
        """
        del near
        key = address_key(address)
        if k < 1 or not key:
            return to_columns([], self.name)
        said = self._say({key: address}, lambda *_: None)[key]
        if isinstance(said, BackendFailed):
            raise said
        places = distinct_fixes(match_fixes(address, said))
        return to_columns(places[:k], self.name)

    def _say(
        self, wanted: Mapping[str, Address], progress: GeocodingProgress
    ) -> dict[str, ReplyOrError]:
        """What is said of each address: heard in this run, kept from before, or asked for now."""
        ledger = self._ledger
        said = {key: self._heard[key] for key in wanted if key in self._heard}
        left = [key for key in wanted if key not in said]
        try:
            kept = self._recall(left)
            left = [key for key in left if key not in kept]
            room = self._room(len(left))
        except BackendFailed as why:
            return said | ledger.lose(left, why)
        ledger.count(kept=len(kept))
        if ledger.stopped:
            return said | kept | ledger.lose(left, ledger.stopped)
        self._check_bulk(room)
        within, over = left[:room], left[room:]
        now = self._ask({key: wanted[key] for key in within}, progress)
        return said | kept | now | ledger.spare(over)

    def _recall(self, keys: Sequence[str]) -> dict[str, ReplyOrError]:
        days = self._service.terms.days
        kept = self._memory.recall(self._key, keys, days) if days and keys else {}
        self._heard |= kept
        return dict(kept)

    def _room(self, wanted: int) -> int:
        """How many the budgets allow."""
        month = self._memory.left(self._key, self._budget.month) if wanted else 0.0
        month -= self.use.asked if self._dry else 0
        return int(max(0, min(wanted, self._budget.run - self.use.asked, month)))

    def _check_bulk(self, more: int) -> None:
        terms = self._service.terms
        if not more or self.use.asked + more <= terms.bulk:
            return
        words = (
            f"{self.name}: {self.use.asked + more:,} addresses would be asked, at "
            f"{terms.per_second:g} a second; its operators discourage such use "
            f"({terms.policy})"
        )
        self._ledger.say_bulk(words)
        if not self._allow_bulk:
            raise BulkUse(
                f"{words}. Allow it (--allow-bulk, allow_bulk=true), or use a server of your own",
                field="allow_bulk",
            )

    def _ask(
        self, wanted: Mapping[str, Address], progress: GeocodingProgress
    ) -> dict[str, ReplyOrError]:
        """Ask, part by part and in order, so that the next run goes on behind them."""
        terms, total = self._service.terms, len(wanted)
        if self._dry:
            self._ledger.count(asked=total, calls=-(-total // terms.batch))
            self._heard |= dict.fromkeys(wanted, NotAsked(f"{self.name} would be asked"))
            return {key: self._heard[key] for key in wanted}
        said: dict[str, ReplyOrError] = {}
        parts = [dict(part) for part in batched(wanted.items(), terms.batch)]
        pool = ThreadPoolExecutor(IN_FLIGHT if terms.per_second > 1 else 1)
        try:
            for answer in pool.map(self._part, parts):
                said |= answer
                progress(self.name, len(said), total)
        except BaseException:  # broken off: what is in hand is the last
            self._ledger.stopped = NotAsked(f"{self.name}: the run was broken off")
            raise
        finally:
            pool.shutdown(cancel_futures=True)
        return said

    def _part(self, wanted: Mapping[str, Address]) -> dict[str, ReplyOrError]:
        """One part, if nobody else has asked for it meanwhile and the month has room for it."""
        keys, ledger = list(wanted), self._ledger
        if ledger.stopped:
            return ledger.lose(keys, ledger.stopped)
        with self._memory.alone(self._key, keys):
            try:
                kept = self._recall(keys)
                left = [key for key in keys if key not in kept]
                granted, month = self._memory.reserve(self._key, len(left), self._budget.month)
            except BackendFailed as why:
                return ledger.lose(keys, why, stop=True)
            ledger.count(kept=len(kept))
            now = self._send({key: wanted[key] for key in left[:granted]}, month)
        self._heard |= {key: told for key, told in now.items() if isinstance(told, GeocodeReply)}
        return kept | now | ledger.spare(left[granted:])

    def _send(self, wanted: Mapping[str, Address], month: str) -> dict[str, ReplyOrError]:
        """One request, in halves where it fails; nothing of what can't be had."""
        keys, n, ledger = list(wanted), len(wanted), self._ledger
        if not n:
            return {}
        if ledger.stopped:
            ledger.give_back(n, month)
            return ledger.lose(keys, ledger.stopped)
        try:
            told = dict(zip(keys, self._service.ask(list(wanted.values())), strict=True))
        except CircuitOpen as why:
            ledger.give_back(n, month)
            return ledger.lose(keys, why, stop=True)
        except Refused as why:
            ledger.count(asked=n, calls=1)
            return ledger.lose(keys, why, stop=True)
        except BackendFailed as why:
            half = n // 2
            if half < self._service.terms.smallest:
                return ledger.lose_request(keys, why)
            ledger.count(calls=1)
            one, other = ({key: wanted[key] for key in h} for h in (keys[:half], keys[half:]))
            return self._send(one, month) | self._send(other, month)
        ledger.answered(n, sum(bool(match_fixes(wanted[key], said)) for key, said in told.items()))
        ledger.keep(told, self._service.terms.days)
        return dict(told)

    def _chosen(self, asked: Address, said: ReplyOrError | None, near: Point | None) -> Fix:
        if said is None:
            return no_fix(f"no street to ask {self.name} for")
        if isinstance(said, GeocodeReply):
            return choose_fix(asked, said, near, self.name)
        return no_fix(str(said) if isinstance(said, NotAsked) else f"{self.name} failed: {said}")
