"""A geocoding service as a geocoder: asked for no more than it must be, and within its budget."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import inf
from typing import NamedTuple

import numpy as np

from app.errors import BackendFailed, BulkUse, Refused
from app.geo.addresses import read
from app.geo.geocoders import Address, Addresses, Fixes
from app.geo.geocoding.base import (
    SAME_PLACE_M,
    Chosen,
    GeocodingService,
    Told,
    chosen,
    distinct,
    each,
    fitting,
    fixes_of,
    one_line,
)
from app.geo.geocoding.memory import Memory
from app.geo.points import METRES_PER_MILE, Floats, Ints, Point, Points, metres

IN_FLIGHT = 4
# Two fixes of one address that lie so many of the first one's radius apart, more than the second
# one's and too far to be one place, are of two addresses.
CONTRADICTS = 2.0

type Progress = Callable[[str, int, int], None]


class Budget(NamedTuple):
    """The most addresses that may be asked in one run and in a month, and USD for 1,000."""

    run: float = inf
    month: float = inf
    price: float = 0.0


@dataclass(frozen=True)
class GeocoderUse:
    """What one run asked of a service.

    asked: addresses that left the machine (in a dry run: that would have), in so many `calls`.
    found: how many of them it placed. kept: answers that were there already. unasked: addresses
    the budget had no room for. failed: what went wrong with some of them, "" if nothing. bulk:
    what the service says of so many, "" unless it is to be asked first.
    """

    name: str
    asked: int = 0
    calls: int = 0
    found: int = 0
    kept: int = 0
    unasked: int = 0
    price: float = 0.0
    failed: str = ""
    bulk: str = ""

    @property
    def usd(self) -> float:
        """What was asked, at the price that was configured."""
        return round(self.asked * self.price / 1000, 4)


class Online:
    """The Geocoder port over a service, for one run. `use` counts what it was asked.

    Answers are kept in `memory` for as long as the service's terms allow, and are asked again
    only when they are gone. A part that fails costs its own rows: their notes say so, and they
    are asked again the next time. After a refusal (a wrong key, a quota that is gone) it is asked
    no more in this run. In a `dry` run nothing is asked.
    """

    def __init__(
        self,
        service: GeocodingService,
        memory: Memory,
        budget: Budget,
        *,
        key: str = "",
        allow_bulk: bool = False,
        dry: bool = False,
    ) -> None:
        self.name = service.name
        self.credit = service.credit
        self.use = GeocoderUse(service.name, price=budget.price)
        self._service = service
        self._memory = memory
        self._budget = budget
        self._key = key or service.name
        self._allow_bulk = allow_bulk or dry
        self._dry = dry
        self._refused = ""

    def locate(
        self,
        addresses: Addresses,
        near: Point | None = None,
        progress: Progress = lambda *_: None,
    ) -> Fixes:
        """A fix for each address; see `Geocoder.locate`.

        `progress` is told how many of how many were asked. Raises BulkUse, before anything is
        asked, where the service wants to be asked first.
        """
        asked = each(addresses)
        distinct_ones = list(dict.fromkeys(asked))
        told = self._told(distinct_ones, list(filter(_worth_asking, distinct_ones)), progress)
        return fixes_of([self._chosen(one, told.get(one), near) for one in asked], self.name)

    def candidates(self, address: Address, k: int, near: Point | None = None) -> Fixes:
        """Up to k distinct places that fit, best first; see `Geocoder.candidates`.

        Raises BackendFailed where the service does.
        """
        del near
        if k < 1 or not one_line(address):
            return fixes_of([], self.name)
        told = self._told([address], [address], lambda *_: None).get(address, Told())
        if self.use.failed and not told.fixes:
            raise BackendFailed(self.use.failed, backend=self.name)
        places = distinct(fitting(address, told))
        return fixes_of([(fix, "") for fix in places[:k]], self.name)

    def _told(
        self, addresses: Sequence[Address], worth: Sequence[Address], progress: Progress
    ) -> dict[Address, Told]:
        """What is known of each address, or was said just now of those worth asking for."""
        days = self._service.terms.days
        kept = self._memory.recall(self._key, addresses, days) if days else [None] * len(addresses)
        told = {one: said for one, said in zip(addresses, kept, strict=True) if said is not None}
        left = [one for one in worth if one not in told]
        self._count(kept=len(told))
        self._check_bulk(len(left))
        if self._refused:
            return told
        allowed = self._granted(left)
        if self._dry:
            self._count(asked=len(allowed), calls=-(-len(allowed) // self._service.terms.batch))
            return told
        return told | self._asked(allowed, progress)

    def _check_bulk(self, more: int) -> None:
        terms = self._service.terms
        if self.use.asked + more <= terms.bulk:
            return
        words = (
            f"{self.name}: {self.use.asked + more:,} addresses would be asked, at "
            f"{terms.per_second:g} a second; its operators discourage such use "
            f"({terms.policy})"
        )
        self.use = replace(self.use, bulk=words)
        if not self._allow_bulk:
            raise BulkUse(
                f"{words}. Allow it (--allow-bulk, allow_bulk=true), or use a server of your own",
                field="allow_bulk",
            )

    def _granted(self, left: Sequence[Address]) -> Sequence[Address]:
        """As many as the budgets allow; in order, so that the next run goes on behind them."""
        room = int(min(len(left), self._budget.run - self.use.asked))
        if self._dry:
            room = int(min(room, self._memory.left(self._key, self._budget.month)))
        else:
            room = self._memory.reserve(self._key, room, self._budget.month)
        self._count(unasked=len(left) - room)
        return left[:room]

    def _asked(self, addresses: Sequence[Address], progress: Progress) -> dict[Address, Told]:
        """Ask, chunk by chunk, and keep what is said as soon as it is."""
        size, total = self._service.terms.batch, len(addresses)
        chunks = [addresses[i : i + size] for i in range(0, total, size)]
        told: dict[Address, Told] = {}
        tried: list[int] = []

        def ask(chunk: Sequence[Address]) -> None:
            if self._refused:
                return
            tried.append(len(chunk))
            told.update(self._chunk(chunk))
            progress(self.name, sum(tried), total)

        lanes = IN_FLIGHT if self._service.terms.per_second > 1 else 1
        try:
            with ThreadPoolExecutor(lanes) as pool:
                list(pool.map(ask, chunks))
        finally:
            self._memory.give_back(self._key, total - sum(tried))
        found = sum(bool(said.fixes) for said in told.values())
        self._count(asked=sum(tried), calls=len(tried), found=found)
        return told

    def _chunk(self, chunk: Sequence[Address]) -> dict[Address, Told]:
        """One request, in halves where it fails; nothing for what can't be had."""
        try:
            said = dict(zip(chunk, self._service.ask(chunk), strict=True))
        except Refused as why:
            self._refused = str(why)
        except BackendFailed as why:
            half = len(chunk) // 2
            if half >= self._service.terms.smallest:
                return self._chunk(chunk[:half]) | self._chunk(chunk[half:])
            self.use = replace(self.use, failed=str(why))
        else:
            if self._service.terms.days:
                self._memory.keep(self._key, said)
            return said
        self.use = replace(self.use, failed=self._refused or self.use.failed)
        return {}

    def _count(self, **more: int) -> None:
        self.use = replace(
            self.use, **{name: getattr(self.use, name) + n for name, n in more.items()}
        )

    def _chosen(self, asked: Address, told: Told | None, near: Point | None) -> Chosen:
        if told is None:
            return None, self._why_not(asked)
        return chosen(asked, told, near, self.name)

    def _why_not(self, address: Address) -> str:
        if not _worth_asking(address):
            return f"no street to ask {self.name} for"
        if self._dry:
            return f"{self.name} would be asked"
        return (
            f"{self.name} failed: {self.use.failed}"
            if self.use.failed
            else (f"{self.name}: its budget is used up")
        )


def improved(fixes: Fixes, rows: Ints, answer: Fixes) -> Fixes:
    """The fixes with the answer's in those rows, wherever it knows better.

    It does where it places an address more closely and not somewhere else altogether. `answer`
    has a fix for each of `rows`. What it says of rows that stay as they are joins their notes.
    """
    before = fixes.take(rows.tolist())
    has = answer.at.known
    apart = _apart(before.at, answer.at)
    allowed = np.fmax(np.fmax(CONTRADICTS * before.radius_m, answer.radius_m), SAME_PLACE_M)
    off = has & (apart > allowed)
    taken = has & ~off & ~(answer.radius_m >= before.radius_m)
    note = list(before.note)
    for j in np.flatnonzero(~taken).tolist():
        said = answer.note[j]
        if off[j]:
            said = (
                f"{answer.source[j]} places it {apart[j] / METRES_PER_MILE:.0f} miles away: "
                f"not taken ({answer.label[j]})"
            )
        note[j] = "; ".join(filter(None, (note[j], said)))
    noted = fixes.replaced(rows, replace(before, note=note))
    return noted.replaced(rows[taken], answer.take(np.flatnonzero(taken).tolist()))


def _apart(one: Points, other: Points) -> Floats:
    """Metres between each two points; NaN where one is missing."""
    return np.asarray(metres(one.lon, one.lat, other.lon, other.lat), np.float64)


def _worth_asking(address: Address) -> bool:
    """Whether it names a street or a building: all else is known without asking."""
    parts = read(address)
    return bool(parts.street or parts.name)
