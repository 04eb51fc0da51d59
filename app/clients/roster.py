"""The firm's clients in columns, each once and in one order, whatever the order of the rows."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import nan

import numpy as np
import polars as pl

from app.businesses.prospects import Prospects, Ranges
from app.geo.places.same_business import plain_name
from app.geo.points import Floats, Ints
from app.lists.notices import Notices

type Flags = Sequence[bool | None]


@dataclass(frozen=True)
class Clients:
    """Clients in columns of length n, by name; float64 columns are NaN where nothing is known.

    who: name, address, sizes, industry, advisers, and the cells as they were read.
    income, recurring: USD a month; recurring is a part of income. hours: worked, a month.
    visits: a month. drive: minutes one way as the books have them. travel_fee: USD a visit.
    rate: USD an hour. since: as written. active, flexible, grows (within two years),
    pays_on_time: yes, no or unknown. rows: the rows of the list, from 1, that are this client.
    notes: what was put together, guessed or could not be read, for people.
    """

    who: Prospects
    income: Floats
    recurring: Floats
    hours: Floats
    visits: Floats
    drive: Floats
    travel_fee: Floats
    rate: Floats
    since: Sequence[str]
    active: Flags
    flexible: Flags
    grows: Flags
    pays_on_time: Flags
    rows: Sequence[tuple[int, ...]]
    notes: Sequence[str]

    def __len__(self) -> int:
        return len(self.who)

    def take(self, rows: Ints) -> "Clients":
        """Those clients, in that order."""
        at = rows.tolist()
        return Clients(
            who=self.who.take(rows),
            income=self.income[rows],
            recurring=self.recurring[rows],
            hours=self.hours[rows],
            visits=self.visits[rows],
            drive=self.drive[rows],
            travel_fee=self.travel_fee[rows],
            rate=self.rate[rows],
            since=[self.since[i] for i in at],
            active=[self.active[i] for i in at],
            flexible=[self.flexible[i] for i in at],
            grows=[self.grows[i] for i in at],
            pays_on_time=[self.pays_on_time[i] for i in at],
            rows=[self.rows[i] for i in at],
            notes=self.notes,
        )


def merge_clients(clients: Clients) -> Clients:
    """Each client once, by name: repeated rows left out, a client's several rows added up.

    In a list of entries (no addresses, and a name with different rows) equal rows are two entries,
    added up as well. Rows of one name at different addresses stay apart. The order is by name, then
    by the cells.
    """
    who = clients.who
    keys = [plain_name(name) or name.casefold() for name in who.name]
    cells = who.cells.select(pl.concat_str(pl.all(), separator="\x1f")).to_series().to_list()
    order = sorted(range(len(clients)), key=lambda i: (keys[i], who.name[i], cells[i]))
    groups: dict[str, list[int]] = defaultdict(list)
    different = {(key, text) for key, text in zip(keys, cells, strict=True) if key}
    entries = not any(who.addresses.line) and len(different) > len(set(keys) - {""})
    notes = Notices()
    seen: dict[str, int] = {}
    repeated: dict[int, list[int]] = defaultdict(list)
    for i in order:
        if cells[i] in seen and keys[i] and not entries:
            repeated[seen[cells[i]]].append(i)
            notes.add("repeated word for word, counted once,", 1, repr(who.name[i]))
            continue
        seen[cells[i]] = i
        groups[keys[i] or f"\x1f{cells[i]}{i}"].append(i)
    parts = [part for group in groups.values() for part in _one_place(who, group, notes)]
    together = [part for part in parts if len(part) > 1]
    for part in together:
        numbers = " and ".join(str(row) for i in sorted(part) for row in clients.rows[i])
        notes.add(
            "one client, put together and added up,",
            len(part),
            f"{who.name[part[0]]!r}, rows {numbers}",
        )
    one = clients.take(np.array([part[0] for part in parts], dtype=np.int64))
    rows = [
        tuple(sorted(row for i in part for j in (i, *repeated[i]) for row in clients.rows[j]))
        for part in parts
    ]
    one = replace(one, rows=rows, notes=notes.notes)
    return _added(one, clients, parts) if together else one


def _one_place(who: Prospects, group: list[int], notes: Notices) -> list[list[int]]:
    """The rows of one name, apart where their addresses differ; those with an address first."""
    if len(group) == 1:
        return [group]
    by_place: dict[str, list[int]] = defaultdict(list)
    for i in group:
        by_place[plain_name(f"{who.addresses.line[i]} {who.addresses.postcode[i][:5]}")].append(i)
    nowhere = by_place.get("", [])
    if len(by_place.keys() - {""}) <= 1:
        return [[i for i in group if i not in nowhere] + nowhere]
    notes.add("same name at another address, kept apart,", len(group), repr(who.name[group[0]]))
    return list(by_place.values())


def _added(one: Clients, books: Clients, parts: Sequence[Sequence[int]]) -> Clients:
    """What a client's rows add up to; of what can't be added, the first known."""
    firsts = [part[0] for part in parts]
    several = [(at, part) for at, part in enumerate(parts) if len(part) > 1]

    def numbers(column: Floats, join: Callable[[Floats], float]) -> Floats:
        joined = column[firsts]
        for at, part in several:
            known = column[part][~np.isnan(column[part])]
            joined[at] = join(known) if len(known) else nan
        return joined

    def known[T](column: Sequence[T], nothing: T) -> list[T]:
        joined = [column[i] for i in firsts]
        for at, part in several:
            joined[at] = next((column[i] for i in part if column[i] != nothing), nothing)
        return joined

    def ranges(column: Ranges) -> Ranges:
        return Ranges(numbers(column.low, np.max), numbers(column.high, np.max))

    who = replace(
        one.who,
        computers=ranges(books.who.computers),
        employees=ranges(books.who.employees),
        sales=ranges(books.who.sales),
        industry=known(books.who.industry, ""),
        advisers=known(books.who.advisers, ""),
    )
    return replace(
        one,
        who=who,
        income=numbers(books.income, np.sum),
        recurring=numbers(books.recurring, np.sum),
        hours=numbers(books.hours, np.sum),
        visits=numbers(books.visits, np.sum),
        drive=numbers(books.drive, _first),
        travel_fee=numbers(books.travel_fee, _first),
        rate=numbers(books.rate, _first),
        since=known(books.since, ""),
        active=known(books.active, None),
        flexible=known(books.flexible, None),
        grows=known(books.grows, None),
        pays_on_time=known(books.pays_on_time, None),
    )


def _first(known: Floats) -> float:
    return float(known[0])
