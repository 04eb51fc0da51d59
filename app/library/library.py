"""The lists of each tenant: made, found, changed and deleted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

import polars as pl
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.errors import BadQuestion, LicenceEnded, NoSuchList
from app.geo.cache import MemoryCache
from app.library.export_files import ExportFiles
from app.library.ledger import EDITED, check_open, list_entry, read_ledger
from app.library.list_rows import ListFiles, ListRows
from app.library.options import ImportOptions
from app.library.outcomes import touch_marks
from app.library.slugs import slug_of
from app.lists.mapping import ChosenColumns, parse_mapping
from app.lists.read import ListFile, open_list
from app.lists.vocabulary import CLIENTS
from app.store.database import Database
from app.store.row_store import RowStore
from app.store.tables import ListUse, Outcome, StoredList

# Rows in memory, some 400 bytes each. Judgement: the largest list that was measured, twice.
IN_MEMORY = 2_000_000
# Bytes of words by which rows are looked for. Judgement: those of a list of two million rows.
WORDS_IN_MEMORY = 300e6

type ListKind = Literal["prospects", "clients"]


@dataclass(frozen=True)
class ListLicence:
    """What the licence of a list says, None where it says nothing.

    uses: how often an export may be made of it, and how often that was. retention_days: after so
    many days it is deleted.
    """

    vendor: str = ""
    ordered: date | None = None
    expires: date | None = None
    uses_allowed: int | None = None
    uses: int = 0
    retention_days: int | None = None

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "vendor": self.vendor,
            "ordered": self.ordered and self.ordered.isoformat(),
            "expires": self.expires and self.expires.isoformat(),
            "uses_allowed": self.uses_allowed,
            "uses": self.uses,
            "retention_days": self.retention_days,
        }


@dataclass(frozen=True)
class ListEntry:
    """What is known of a list besides its rows.

    slug: how it is called in commands and addresses. known: the criteria of which any row has a
    value. notes: what was repaired, guessed or dropped as it was read. reading: which column was
    read as what, in words, as JSON, and as a mapping.
    """

    id: str
    tenant_id: int
    slug: str
    name: str
    kind: ListKind
    ready: bool
    rows: int
    skipped: int
    created: datetime
    licence: ListLicence = field(default_factory=ListLicence)
    known: frozenset[str] = frozenset()
    notes: Sequence[str] = ()
    reading: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "id": self.id,
            "slug": self.slug,
            "name": self.name,
            "kind": self.kind,
            "state": "ready" if self.ready else "importing",
            "rows": self.rows,
            "skipped": self.skipped,
            "created": self.created.isoformat(),
            **self.licence.document(),
            "notes": [*self.notes],
        }

    def detail(self) -> dict[str, Any]:
        """The same, and how it was read."""
        return {**self.document(), "reading": self.reading or None}


class Library:
    """Every tenant's lists. Safe for threads; the rows used last stay in memory."""

    def __init__(self, database: Database, store: RowStore) -> None:
        self.database = database
        self._store = store
        self.exports = ExportFiles(database, store)
        self._rows: MemoryCache[ListRows] = MemoryCache(IN_MEMORY)
        self._words: MemoryCache[pl.Series] = MemoryCache(WORDS_IN_MEMORY)

    def list_all(self, tenant_id: int) -> Sequence[ListEntry]:
        """The tenant's lists, the newest first."""
        with self.database.reading() as session:
            found = session.scalars(
                select(StoredList)
                .where(StoredList.tenant_id == tenant_id, StoredList.state != "deleting")
                .order_by(StoredList.created.desc(), StoredList.id)
            )
            return [entry_of(one) for one in found]

    def find(self, tenant_id: int, name: str) -> ListEntry:
        """The list of that id or slug. Raises NoSuchList."""
        with self.database.reading() as session:
            return entry_of(find_stored(session, tenant_id, name))

    def find_each(self, tenant_id: int, names: Iterable[str]) -> Sequence[ListEntry]:
        """Those lists, each once, however often and by whatever it is named. Raises NoSuchList."""
        found = [self.find(tenant_id, name) for name in dict.fromkeys(names)]
        return list({one.id: one for one in found}.values())

    def list_ids(self) -> frozenset[str]:
        """The ids of all tenants' lists."""
        here = select(StoredList.id).where(StoredList.state != "deleting")
        with self.database.reading() as session:
            return frozenset(session.scalars(here))

    def forget_all_but(self, ids: frozenset[str]) -> None:
        """Have no rows of other lists in memory."""
        for held in (self._rows, self._words):
            held.drop_where(lambda list_id, _: list_id not in ids)

    def rows(self, entry: ListEntry) -> ListRows:
        """Its rows. Raises BadQuestion where it is still being imported."""
        _check_imported(entry.slug, entry.ready)
        return self._rows.get_or_make(
            entry.id, lambda: ListRows(self.files(entry), entry.known), lambda _: entry.rows
        )

    def words(self, entry: ListEntry) -> pl.Series:
        """The name and cells of each of its rows, folded. Raises BadQuestion as `rows`."""
        return self._words.get_or_make(
            entry.id, self.rows(entry).fold_words, lambda found: float(found.estimated_size())
        )

    def open_clients(self, entry: ListEntry) -> ListFile:
        """The file of a list of clients, as it was imported. Raises BadQuestion for prospects."""
        if entry.kind != "clients":
            raise BadQuestion(
                f"list {entry.slug!r}: it is of prospects; a list imported with --kind clients is "
                "wanted",
                field="like",
            )
        mapping = parse_mapping(entry.reading["mapping"].encode(), entry.slug)
        source = self.files(entry).source
        return open_list(source, columns=ChosenColumns(saved=mapping), vocabulary=CLIENTS)

    def files(self, entry: ListEntry) -> ListFiles:
        """Where its tables lie."""
        return self.files_of(entry.tenant_id, entry.id)

    def files_of(self, tenant_id: int, list_id: str) -> ListFiles:
        """The same of a list that may not be there yet."""
        return ListFiles(self._store, f"{tenant_id}/{list_id}")

    def delete(self, tenant_id: int, name: str) -> dict[str, int]:
        """Delete a list: how many rows, files and outcomes went with it. Raises NoSuchList."""
        return self.delete_entry(self.find_to_delete(tenant_id, name))

    def find_to_delete(self, tenant_id: int, name: str) -> ListEntry:
        """The list, also one whose deletion broke off, which nothing else finds any more."""
        with self.database.reading() as session:
            return entry_of(find_stored(session, tenant_id, name, deleting=True))

    def delete_entry(
        self,
        entry: ListEntry,
        beside: Callable[[Session], None] = lambda _: None,
        check: Callable[[StoredList], None] = lambda _: None,
    ) -> dict[str, int]:
        """The same of a list that may be half deleted already.

        beside: what is written with it, by whoever deletes it, if several do at once. check: may
        raise, of how it is now, before anything of it is gone.

        Its entry goes last, so that one whose files could not all be deleted is still there to be
        deleted again. The ledger stays.
        """
        mine = StoredList.id == entry.id
        with self.database.session() as session:
            stored = session.scalar(select(StoredList).where(mine).with_for_update())
            if stored:
                check(stored)
                stored.state = "deleting"
        self._rows.drop(entry.id)
        self._words.drop(entry.id)
        files = self.files(entry).delete()
        files += self.files(entry).delete()  # what was stored beside the rows while they went
        files += self.exports.delete_of_list(entry.tenant_id, entry.id)
        with self.database.session() as session:
            gone = session.scalars(
                delete(Outcome).where(Outcome.list_id == entry.id).returning(Outcome.id)
            )
            outcomes = len(gone.all())
            touch_marks(session, entry.tenant_id)
            if session.scalar(delete(StoredList).where(mine).returning(StoredList.id)):
                beside(session)
        return {"rows": entry.rows, "files": files, "outcomes": outcomes}

    def edit(self, tenant_id: int, name: str, who: str, changes: Mapping[str, Any]) -> ListEntry:
        """Correct what is known of its licence, by the table's columns; the ledger has it, too.

        Raises NoSuchList, and BadQuestion while it is imported, whose end says what the file says.
        """
        with self.database.session() as session:
            stored = find_stored(session, tenant_id, name, locked=True)
            _check_imported(stored.slug, stored.state == "ready")
            for column, value in changes.items():
                setattr(stored, column, value)
            session.add(list_entry(stored, who, EDITED, changes))
        return entry_of(stored)

    def ledger(self, tenant_id: int, name: str, most: int) -> Sequence[ListUse]:
        """What was entered of a list, the newest first; of a deleted one by its id; "" is of all.

        Raises NoSuchList for one that never was.
        """
        with self.database.reading() as session:
            if not name:
                return read_ledger(session, tenant_id, None, most)
            by_id = read_ledger(session, tenant_id, name, most)
            return by_id or read_ledger(
                session, tenant_id, find_stored(session, tenant_id, name).id, most
            )

    def is_open(self, entry: ListEntry) -> bool:
        """Whether its rows may be used still: not of one that has expired or is deleted."""
        try:
            self.check_open([entry])
        except (LicenceEnded, NoSuchList):
            return False
        return True

    def check_open(self, entries: Iterable[ListEntry]) -> None:
        """Raise LicenceEnded for the first whose rows may not be used any more."""
        with self.database.reading() as session:
            for one in entries:
                check_open(session, one.tenant_id, [one.id])


def _check_imported(slug: str, ready: bool) -> None:
    if not ready:
        raise BadQuestion(
            f"list {slug!r}: it is still being imported; `sweetspot job ls` says how far",
            field="list",
        )


def add_list(session: Session, tenant_id: int, list_id: str, asked: ImportOptions) -> None:
    """A list that is to be imported. Raises BadQuestion for a name that is none, or is taken."""
    name, slug = asked.name, slug_of(asked.name)
    taken = session.scalar(
        select(StoredList).where(StoredList.tenant_id == tenant_id, StoredList.slug == slug)
    )
    if taken:
        what = "is still being deleted" if taken.state == "deleting" else "is there already"
        raise BadQuestion(
            f"name {name!r}: the list {slug!r} {what}; give another name, or delete it with "
            f"`sweetspot list rm {slug}`",
            field="name",
        )
    session.add(
        StoredList(
            id=list_id,
            tenant_id=tenant_id,
            slug=slug,
            name=name.strip(),
            kind=asked.kind,
            state="importing",
            ordered=asked.ordered,
            expires=asked.expires,
            uses_allowed=asked.uses,
            retention_days=asked.retention_days,
        )
    )


def find_stored(
    session: Session, tenant_id: int, name: str, *, locked: bool = False, deleting: bool = False
) -> StoredList:
    """The tenant's list of that id or slug. Raises NoSuchList.

    locked: nobody deletes it before the transaction ends; SQLite has one at a time anyway.
    deleting: those, too, whose deletion began.
    """
    asked = select(StoredList).where(
        StoredList.tenant_id == tenant_id,
        (StoredList.id == name) | (StoredList.slug == name),
        *([] if deleting else [StoredList.state != "deleting"]),
    )
    found = session.scalar(asked.with_for_update() if locked else asked)
    if found is None:
        raise NoSuchList(f"no list {name!r} is here: `sweetspot list ls` shows those that are")
    return found


def entry_of(stored: StoredList) -> ListEntry:
    """What the table has of it."""
    told = stored.description
    return ListEntry(
        id=stored.id,
        tenant_id=stored.tenant_id,
        slug=stored.slug,
        name=stored.name,
        kind=stored.kind,
        ready=stored.state == "ready",
        rows=stored.rows,
        skipped=stored.skipped,
        created=stored.created,
        licence=ListLicence(
            stored.vendor,
            stored.ordered,
            stored.expires,
            stored.uses_allowed,
            stored.uses,
            stored.retention_days,
        ),
        known=frozenset(told.get("known", ())),
        notes=told.get("notes", ()),
        reading=told.get("reading", {}),
    )
