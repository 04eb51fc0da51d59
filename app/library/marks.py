"""What is known of the rows of lists besides themselves: who suppresses them, what became of them.

1. A suppression names rows by what they are known by; found out once for each list, and stored.
2. What became of a row holds for its business: for the row itself, and for whichever row of
   whichever list is known by the same (see `lists.exclusions`).
3. All of it is worked out once for each number that the tenant's `marks` had, which one cheap query
   a question asks for.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from sqlalchemy import select

from app.businesses.prospects import Prospects
from app.errors import NoSuchRows
from app.geo.cache import MemoryCache
from app.geo.points import Ints
from app.library.library import Library, ListEntry
from app.library.named_rows import NamedRows, RowMarks
from app.library.options import LeavingOptions
from app.library.outcomes import (
    LastOutcomes,
    OutcomeTerm,
    outcome_words,
    parse_without,
    read_outcomes,
)
from app.library.suppressions import SuppressionEntry, Suppressions
from app.lists.exclusions import Exclusions
from app.store.tables import Tenant

# Named rows and outcomes in memory, some 40 bytes each. Judgement: those of a few large lists.
IN_MEMORY = 2_000_000


@dataclass(frozen=True)
class MarkedRows:
    """Rows of a list that one term means, ascending from 0, and since when."""

    entry: ListEntry
    term: OutcomeTerm
    rows: Ints
    on: pl.Series

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def source(self) -> str:
        """What reasons call it."""
        return f"the rows of {self.entry.slug} marked {outcome_words(self.term.what)}"

    @property
    def named(self) -> NamedRows:
        """2. Those rows themselves."""
        said = f"marked {outcome_words(self.term.what)} on "
        return NamedRows(self.source, self.rows, said + self.on)


@dataclass(frozen=True)
class AlikeRows:
    """Which rows of a list are known by the same as those that were marked."""

    marked: Ints
    named: NamedRows


@dataclass(frozen=True)
class TenantMarks:
    """All of one tenant, as of one number."""

    outcomes: pl.DataFrame
    suppressions: Sequence[SuppressionEntry]
    lists: Mapping[str, ListEntry]

    def marked(self, term: OutcomeTerm, today: date) -> Iterator[MarkedRows]:
        """The rows of each list that it means, each once."""
        found = self.outcomes.filter(term.matches(today))
        last = found.unique(("list", "row"), keep="last", maintain_order=True).sort("list", "row")
        for (list_id,), rows in last.group_by("list", maintain_order=True):
            entry = self.lists.get(str(list_id))
            if entry is not None:
                on = rows["on"].cast(pl.String)
                yield MarkedRows(entry, term, rows["row"].to_numpy(), on)


class Marks:
    """Every tenant's. Safe for threads; what was asked for last stays in memory."""

    def __init__(self, library: Library, suppressions: Suppressions) -> None:
        self._library = library
        self._suppressions = suppressions
        self._tenants: MemoryCache[TenantMarks] = MemoryCache(IN_MEMORY)
        self._named: MemoryCache[NamedRows] = MemoryCache(IN_MEMORY)
        self._alike: MemoryCache[AlikeRows] = MemoryCache(IN_MEMORY)
        self._last: MemoryCache[LastOutcomes] = MemoryCache(IN_MEMORY)

    def forget_all_but(self, ids: frozenset[str]) -> None:
        """Have nothing in memory of the rows of other lists."""
        self._tenants.drop_where(lambda _, told: not ids.issuperset(told.lists))
        self._named.drop_where(lambda key, _: _lists_of(key)[0] not in ids)
        self._alike.drop_where(lambda key, _: not ids.issuperset(_lists_of(key)[:2]))
        self._last.drop_where(lambda key, _: _lists_of(key)[0] not in ids)

    def won_until_today(self, tenant_id: int) -> list[Prospects]:
        """The rows that are clients by now."""
        return self.won(tenant_id, self.number(tenant_id), date.today())

    def number(self, tenant_id: int) -> int:
        """3. The tenant's own number of now."""
        with self._library.database.reading() as session:
            return session.scalars(select(Tenant.marks).where(Tenant.id == tenant_id)).one()

    def of(
        self,
        tenant_id: int,
        number: int,
        entries: Sequence[ListEntry],
        asked: LeavingOptions,
        today: date,
    ) -> Sequence[RowMarks]:
        """What is known of the rows of each of those lists, as of that number or a later one."""
        tenant = self._tenant(tenant_id, number)
        marked = [
            rows for term in parse_without(asked.without) for rows in tenant.marked(term, today)
        ]
        return [
            RowMarks(
                [*self._suppressed(one, tenant), *self._marked(one, marked)],
                self._last.get_or_make(
                    (one.id, number),
                    lambda one=one: LastOutcomes.of(tenant.outcomes, one.id),  # type: ignore[misc]
                    lambda found: len(found.rows) + 1,
                ),
                asked.suppressed,
            )
            for one in entries
        ]

    def won(self, tenant_id: int, number: int, today: date) -> list[Prospects]:
        """The rows that became clients, of each list that has any and may be used still."""
        return [
            self._library.rows(one.entry).prospects.take(one.rows)
            for one in self._won(tenant_id, number, today)
        ]

    def won_from(self, tenant_id: int, number: int, today: date) -> Sequence[str]:
        """The ids of the lists that they are of."""
        return [one.entry.id for one in self._won(tenant_id, number, today)]

    def _won(self, tenant_id: int, number: int, today: date) -> Sequence[MarkedRows]:
        marked = self._tenant(tenant_id, number).marked(OutcomeTerm("client"), today)
        return [one for one in marked if self._library.is_open(one.entry)]

    def _tenant(self, tenant_id: int, number: int) -> TenantMarks:
        return self._tenants.get_or_make(
            (tenant_id, number),
            lambda: self._read(tenant_id),
            lambda found: found.outcomes.height + 1,
        )

    def _read(self, tenant_id: int) -> TenantMarks:
        with self._library.database.reading() as session:
            outcomes = read_outcomes(session, tenant_id)
            suppressions = self._suppressions.list_all(session, tenant_id)
        lists = {one.id: one for one in self._library.list_all(tenant_id)}
        return TenantMarks(outcomes, suppressions, lists)

    def _suppressed(self, entry: ListEntry, tenant: TenantMarks) -> Iterator[NamedRows]:
        """1."""
        for one in tenant.suppressions:
            named = self._named.get_or_make(
                (entry.id, one.id),
                lambda one=one: self._name(entry, one),  # type: ignore[misc]
                lambda found: len(found) + 1,
            )
            if len(named):
                yield named

    def _name(self, entry: ListEntry, one: SuppressionEntry) -> NamedRows:
        """1. What was stored of one that was deleted meanwhile is deleted again."""
        rows = self._library.rows(entry)
        with suppress(NoSuchRows):
            named = rows.named_by(one.id, one.name, lambda: self._suppressions.exclusions(one))
            if self._suppressions.exists(one):
                return named
            self._suppressions.forget(entry, one.id)
        return NamedRows.nobody(one.name)

    def _marked(self, entry: ListEntry, marked: Sequence[MarkedRows]) -> Iterator[NamedRows]:
        """2."""
        for one in marked:
            if one.entry.id == entry.id:
                yield one.named
            named = self._name_alike(entry, one)
            if len(named):
                yield named.less(one.rows) if one.entry.id == entry.id else named

    def _name_alike(self, entry: ListEntry, one: MarkedRows) -> NamedRows:
        """2. Of a list that was deleted meanwhile it is nobody."""
        key = entry.id, one.entry.id, one.source
        last = self._alike.get(key)
        if last is None or not np.array_equal(last.marked, one.rows):
            try:
                last = AlikeRows(one.rows, self._name_anew(entry, one, last))
            except NoSuchRows:
                return NamedRows.nobody(one.source)
            self._alike.put(key, last, len(last.marked) + len(last.named) + 1)
        return last.named

    def _name_anew(self, entry: ListEntry, one: MarkedRows, last: AlikeRows | None) -> NamedRows:
        """2. Where some more rows were marked only those are looked for: one more takes no time.

        A row that they name and the others did, too, is told by what all of them name it.
        """
        rows, theirs = self._library.rows(entry), self._library.rows(one.entry)
        if last is None or not np.isin(last.marked, one.rows).all():
            return rows.name_rows(Exclusions(one.source, theirs.identities_of(one.rows)))
        new = one.rows[~np.isin(one.rows, last.marked)]
        more = rows.name_rows(Exclusions(one.source, theirs.identities_of(new)))
        both = np.intersect1d(last.named.rows, more.rows)
        if len(both):
            everybody = Exclusions(one.source, theirs.identities_of(one.rows))
            again = NamedRows(one.source, both, everybody.reasons(rows.known_by.take(both)))
            return last.named.less(both).joined(more.less(both)).joined(again)
        return last.named.joined(more)


def _lists_of(key: Hashable) -> tuple[object, ...]:
    """A key of the caches here, which begins with the ids of the lists that it is of."""
    return key if isinstance(key, tuple) else (key,)
