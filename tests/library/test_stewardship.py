"""Licences, the ledger and the purge of stored lists, over both databases."""

import threading
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import select, update

from app.errors import BadQuestion, Conflict, LicenceEnded, NoSuchList
from app.library.export_files import ExportFile
from app.library.ledger import FILE, PURGED, ListExport, describe_use, read_ledger
from app.library.library import Library, add_list
from app.library.options import MOST_DAYS, ImportOptions
from app.library.purging import Purge, find_expired, purge_list
from app.store.clock import utc_now
from app.store.folder_store import FolderStore
from app.store.tables import DEFAULT_TENANT, Job, ListUse, StoredList, Tenant

LABELS = ListExport(DEFAULT_TENANT, "Ann", "labels", {"home": "Larkfield", "minutes": "30"})


@pytest.fixture
def library(database, tmp_path):
    return Library(database, FolderStore(tmp_path / "rows"))


def add(library, slug="spring", tenant=DEFAULT_TENANT, **licence):
    """A list of nothing, of which one file lies in the row store."""
    with library.database.session() as session:
        stored = StoredList(
            tenant_id=tenant, slug=slug, name=slug.title(), kind="prospects", state="ready",
            rows=7, **licence,
        )  # fmt: skip
        session.add(stored)
    library.files_of(tenant, stored.id).put_source(Path(__file__))
    return stored.id


def today(library):
    """The day of today where it ends last."""
    return (library.database.read_clock() - timedelta(hours=12)).date()


def record(library, export, rows):
    with library.database.session() as session:
        export.record(session, rows)


def check(library, export, *lists):
    with library.database.reading() as session:
        export.check(session, lists)


def ledger(library, list_id=None):
    with library.database.reading() as session:
        found = read_ledger(session, DEFAULT_TENANT, list_id, 100)
    return [(one.who, one.what, one.rows, one.counted) for one in found]


def uses(library, list_id):
    return library.find(DEFAULT_TENANT, list_id).licence.uses


def test_a_use_is_counted_and_entered(library):
    one, two = add(library), add(library, "autumn")
    check(library, LABELS, one, two)
    record(library, LABELS, {one: 3, two: 0})
    assert (uses(library, one), uses(library, two)) == (1, 0)
    assert ledger(library) == [("Ann", "labels", 3, True)]
    with library.database.reading() as session:
        told = describe_use(read_ledger(session, DEFAULT_TENANT, one, 1)[0])
    assert told["question"] == {"home": "Larkfield", "minutes": "30"}
    assert (told["list"], told["list_id"]) == ("Spring", one)
    assert told["at"].endswith("+00:00")


def test_the_same_within_a_day_is_one_use(library):
    one = add(library, uses_allowed=1)
    record(library, LABELS, {one: 3})
    check(library, LABELS, one)
    record(library, LABELS, {one: 3})
    assert uses(library, one) == 1
    assert ledger(library) == [("Ann", "labels", 3, False), ("Ann", "labels", 3, True)]
    for other in (
        ListExport(DEFAULT_TENANT, "Ann", "calls", LABELS.question),
        ListExport(DEFAULT_TENANT, "Ann", "labels", {"home": "Larkfield", "minutes": "40"}),
    ):
        with pytest.raises(LicenceEnded, match="1 of 1 use that its licence allows were made"):
            check(library, other, one)
    with pytest.raises(LicenceEnded, match="list edit spring --uses"):
        record(library, LABELS, {one: 4})
    a_day_ago = update(ListUse).values(at=utc_now(-86_401))
    with library.database.session() as session:
        session.execute(a_day_ago)
    with pytest.raises(LicenceEnded):
        record(library, LABELS, {one: 3})
    assert uses(library, one) == 1


def test_a_list_may_be_used_on_its_last_day_and_not_later(library):
    day = today(library)
    last, over = add(library, expires=day), add(library, "over", expires=day - timedelta(days=1))
    record(library, LABELS, {last: 1})
    library.check_open([library.find(DEFAULT_TENANT, last)])
    said = rf"list 'over': its licence ran out on {day - timedelta(days=1)}.*list edit over --exp"
    for export in (LABELS, ListExport(DEFAULT_TENANT, "Ann", "labels", {}, preview=True)):
        with pytest.raises(LicenceEnded, match=said):
            check(library, export, last, over)
        with pytest.raises(LicenceEnded, match=said):
            record(library, export, {last: 1, over: 1})
    with pytest.raises(LicenceEnded):
        library.check_open(library.list_all(DEFAULT_TENANT))
    assert len(ledger(library)) == 1


def test_a_preview_uses_nothing_up(library):
    one = add(library, uses_allowed=0)
    preview = ListExport(DEFAULT_TENANT, "Ann", FILE, {}, preview=True)
    check(library, preview, one)
    record(library, preview, {one: 5})
    assert ledger(library) == [("Ann", FILE, 5, False)]
    with pytest.raises(LicenceEnded, match="0 of 0 uses"):
        check(library, ListExport(DEFAULT_TENANT, "Ann", FILE, {}), one)


def test_of_several_lists_all_count_or_none(library):
    one, two = add(library), add(library, "autumn", uses_allowed=0)
    with pytest.raises(LicenceEnded, match="'autumn'"):
        record(library, LABELS, {one: 3, two: 3})
    assert uses(library, one) == 0
    assert ledger(library) == []


@pytest.mark.parametrize("allowed", [1, 3])
def test_only_one_takes_the_last_use(library, allowed):
    """Eight at once, each for another purpose."""
    one, two = add(library, uses_allowed=allowed), add(library, "autumn")
    refused, ready = [], threading.Barrier(8)

    def take(number):
        lists = {one: 1, two: 1} if number % 2 else {two: 1, one: 1}
        ready.wait()
        try:
            record(library, ListExport(DEFAULT_TENANT, "Ann", f"kind {number}", {}), lists)
        except LicenceEnded:
            refused.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 8 - allowed
    assert uses(library, one) == uses(library, two) == allowed
    assert len(ledger(library, one)) == allowed


def test_another_tenants_list_is_none(library):
    with library.database.session() as session:
        session.add(Tenant(id=2, name="other"))
    theirs = add(library, tenant=2)
    with pytest.raises(NoSuchList):
        check(library, LABELS, theirs)
    with pytest.raises(NoSuchList):
        record(library, LABELS, {theirs: 1})
    record(library, ListExport(2, "Bob", "labels", {}), {theirs: 1})
    assert ledger(library, theirs) == []
    assert find_expired(library, 30, DEFAULT_TENANT) == []


def test_a_licence_is_corrected_and_the_ledger_says_so(library):
    one = add(library, uses_allowed=1, expires=date(2020, 1, 1))
    changes = {"expires": date(2099, 1, 31), "uses_allowed": None}
    licence = library.edit(DEFAULT_TENANT, "spring", "Ann", changes).licence
    assert (licence.expires, licence.uses_allowed) == (date(2099, 1, 31), None)
    assert library.find(DEFAULT_TENANT, one).licence == licence
    with library.database.reading() as session:
        told = describe_use(read_ledger(session, DEFAULT_TENANT, one, 1)[0])
    assert (told["what"], told["counted"]) == ("edited", False)
    assert told["question"] == {"expires": "2099-01-31", "uses_allowed": None}


def test_lists_are_purged_when_their_time_is_over(library):
    day = today(library)
    add(library, "stays", expires=day - timedelta(days=30), retention_days=400)
    add(library, "for good", expires=date.max, retention_days=MOST_DAYS)
    gone = [
        add(library, "expired", expires=day - timedelta(days=31)),
        add(library, "old", retention_days=1),
        add(library, "half-deleted"),
    ]
    with library.database.session() as session:
        days_ago = update(StoredList).where(StoredList.slug == "old")
        session.execute(days_ago.values(created=utc_now(-86_500)))
        half = update(StoredList).where(StoredList.slug == "half-deleted")
        session.execute(half.values(state="deleting"))
    found = find_expired(library, 30)
    assert {one.stored.slug: one.why for one in found} == {
        "expired": f"its licence ran out on {day - timedelta(days=31)}",
        "old": "it was to be deleted 1 day after its import",
        "half-deleted": "its deletion had broken off",
    }
    purge = Purge(library, 30, 30)
    threads = [threading.Thread(target=Purge(library, 30, 30)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = {one.slug for one in library.list_all(DEFAULT_TENANT)}
    assert kept == {"stays", "for good"}
    with library.database.reading() as session:
        assert len(session.scalars(select(StoredList)).all()) == 2
    names = library._store.names("")
    assert len(names) == 2
    assert not any(one in name for one in gone for name in names)
    assert sorted(ledger(library)) == [("this machine", PURGED, 7, False)] * 3
    add(library, "later", retention_days=0)
    purge()
    add(library, "again", retention_days=0)
    purge()
    assert {one.slug for one in library.list_all(DEFAULT_TENANT)} == kept | {"again"}


def test_a_list_that_was_renewed_meanwhile_stays(library):
    add(library, expires=date(2020, 1, 1))
    (found,) = find_expired(library, 30)
    library.edit(DEFAULT_TENANT, "spring", "Ann", {"expires": date(2099, 1, 1)})
    with pytest.raises(Conflict, match="'spring': its licence was just changed: it stays"):
        purge_list(library, found)
    assert library.find(DEFAULT_TENANT, "spring").ready


def test_what_is_half_deleted_is_deleted_by_its_name(library):
    add(library)
    with library.database.session() as session:
        session.execute(update(StoredList).values(state="deleting"))
        with pytest.raises(
            BadQuestion, match=r"still being deleted; .* `sweetspot list rm spring`"
        ):
            add_list(session, DEFAULT_TENANT, "other", ImportOptions(name="Spring"))
    assert library.delete(DEFAULT_TENANT, "spring")["files"] == 1
    with pytest.raises(NoSuchList):
        library.delete(DEFAULT_TENANT, "spring")


def test_of_a_deleted_list_no_process_has_words_in_memory(library):
    library._words.get_or_make("gone", lambda: pl.Series(["a"]), lambda _: 1.0)
    library.forget_all_but(frozenset())
    assert library._words.get_or_make("gone", lambda: None, lambda _: 1.0) is None


def test_jobs_are_forgotten_a_while_after_their_end(library):
    """However they ended; not while there is something left to do."""
    month, half = utc_now(-30.1 * 86_400), utc_now(-15 * 86_400)
    told = [(state, month) for state in ("done", "failed", "cancelled")]
    with library.database.session() as session:
        for state, finished in [*told, ("done", half), ("running", None), ("queued", None)]:
            session.add(
                Job(tenant_id=DEFAULT_TENANT, kind="x", state=state, params={}, finished=finished)
            )
        session.add(
            Job(
                tenant_id=DEFAULT_TENANT, kind="x", state="cancelled", params={}, finished=month,
                cancel=True,
            )
        )  # fmt: skip
    Purge(library, 30, 30)()
    with library.database.reading() as session:
        left = session.scalars(select(Job.state).order_by(Job.state)).all()
    assert left == ["cancelled", "done", "queued", "running"]


def test_files_of_exports_lie_for_a_week_or_as_long_as_their_lists(library, tmp_path):
    one, two = add(library), add(library, "autumn")
    path = tmp_path / "labels.pdf"
    path.write_bytes(b"%PDF")
    ids = {}
    for name, lists, state in (
        ("new", [two], "done"),
        ("old", [two], "done"),
        ("both", [one, two], "done"),
        ("running", [two], "running"),
    ):
        with library.database.session() as session:
            job = Job(tenant_id=DEFAULT_TENANT, kind="export", params={"lists": lists}, state=state)
            session.add(job)
            session.flush()
            if state == "done":
                job.finished = utc_now(-8 * 86_400 if name == "old" else -6 * 86_400)
        library.exports.put(DEFAULT_TENANT, job.id, ExportFile(path, path.name, {one: 3}, {}))
        ids[name] = job.id
    assert library.exports.delete_old() == 1
    assert library.delete(DEFAULT_TENANT, "spring")["files"] == 3  # its own, and the file and notes
    left = {name for name, job_id in ids.items() if _exported(library, job_id)}
    assert left == {"new", "running"}
    found = library.exports.get(DEFAULT_TENANT, ids["new"])
    assert (found.name, found.rows, found.path.read_bytes()) == ("labels.pdf", {one: 3}, b"%PDF")


def _exported(library, job_id):
    return library._store.names(f"1/exports/{job_id}")
