"""The service's database, on SQLite and on a real PostgreSQL."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.errors import BadQuestion, NoRoom, StorageFailed
from app.store.clock import utc_now
from app.store.database import open_database
from app.store.migrations import VERSIONS
from app.store.tables import DEFAULT_TENANT, Base, Job, Tenant, new_id

SECRET = "s3cret-pass"  # noqa: S105  looked for in messages


def read_clock(session):
    return session.scalar(select(utc_now()))


def a_job(**more):
    return Job(tenant_id=DEFAULT_TENANT, kind="count", params={"b": 1, "a": [2, None]}, **more)


def test_the_migrated_database_is_as_the_models_say(database):
    """Nothing was changed in one of the two only."""
    with database.session() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_first_tenant_is_made_with_the_tables(database):
    with database.reading() as session:
        assert session.get_one(Tenant, DEFAULT_TENANT).name == "default"


def test_what_is_written_is_read_as_it_was(database):
    """JSON in its order, times in UTC, whatever zone the server is in."""
    job = a_job()
    with database.session() as session:
        session.add(job)
        session.flush()
        session.execute(update(Job).values(lease=utc_now(after_s=90.5)))
    with database.reading() as session:
        if database.lock_folder is None:
            session.execute(text("set timezone = 'Asia/Kathmandu'"))
        seen = session.get_one(Job, job.id)
    assert list(seen.params) == ["b", "a"]
    assert (seen.state, seen.done, seen.result, seen.cancel) == ("queued", 0, None, False)
    assert seen.created.tzinfo is UTC
    assert abs(seen.created - datetime.now(UTC)) < timedelta(minutes=1)
    assert timedelta(seconds=90) < seen.lease - seen.created < timedelta(seconds=120)


def test_times_are_read_in_utc_wherever_the_server_is(cluster, tmp_path, request):
    """West of it the first day of all is one of the year 0, which none can read."""
    cluster.execute("create database west")
    request.addfinalizer(lambda: cluster.execute("drop database west"))
    cluster.execute("alter database west set timezone = 'America/New_York'")
    cluster.execute("alter database west set datestyle = 'German'")
    first = datetime(1, 1, 1, tzinfo=UTC)
    with open_database(cluster.url("west"), tmp_path) as database:
        database.migrate()
        with database.session() as session:
            session.add(a_job(created=first))
        with database.reading() as session:
            assert session.scalars(select(Job.created)).one() == first


def test_the_clock_moves_within_a_transaction_and_sorts_as_time_does(database):
    """A lease is judged by the moment, not by when its transaction began."""
    with database.session() as session:
        before = read_clock(session)
        session.add(a_job(lease=before))
        session.flush()
        while read_clock(session) == before:
            pass
        assert session.scalar(select(Job.id).where(Job.lease < utc_now()))
        assert not session.scalar(select(Job.id).where(Job.lease < utc_now(after_s=-60)))
        assert not session.scalar(select(Job.id).where(Job.lease < before))


def test_an_error_rolls_back(database):
    with pytest.raises(ZeroDivisionError), database.session() as session:  # noqa: PT012
        session.add(a_job())
        session.flush()
        _ = 1 / 0
    with database.reading() as session:
        assert session.scalar(select(Job.id)) is None


def test_who_reads_can_not_write(database):
    with pytest.raises((StorageFailed, DBAPIError)), database.reading() as session:
        session.execute(update(Tenant).values(name="other"))
    with database.session() as session:  # and the connection can again
        session.execute(update(Tenant).values(name="other"))


def test_what_belongs_to_nobody_is_refused(database):
    """Foreign keys hold on SQLite, too."""
    with pytest.raises(IntegrityError), database.session() as session:
        session.add(Job(tenant_id=99, kind="count", params={}))


@pytest.mark.parametrize("job", [{"kind": "\ud800"}, {"rows_done": 2**70}])
def test_what_no_database_has_room_for_is_the_question_s_fault(database, job):
    with pytest.raises(BadQuestion, match="a value can't be stored in "):  # noqa: SIM117
        with database.session() as session:
            session.add(Job(**{"tenant_id": DEFAULT_TENANT, "kind": "count", "params": {}} | job))


def test_a_reader_does_not_wait_for_a_writer(database):
    with database.session() as writing:
        writing.execute(update(Tenant).values(name="other"))
        with database.reading() as session:
            assert session.scalar(select(Tenant.name)) == "default"


def test_writers_wait_for_each_other(database):
    """Each adds to what the one before made."""
    job = a_job(id=new_id())
    with database.session() as session:
        session.add(job)

    def count():
        for _ in range(10):
            with database.session() as session:
                found = session.scalar(select(Job).where(Job.id == job.id).with_for_update())
                found.done += 1

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.get_one(Job, job.id).done == 60


def test_processes_that_start_at_once_migrate_once(cluster, tmp_path, request):
    """Two at a new database of each kind: all find it whole."""
    cluster.execute("create database empty")
    request.addfinalizer(lambda: cluster.execute("drop database empty"))
    script = (
        "import sys; from pathlib import Path; from app.store.database import open_database\n"
        "with open_database(sys.argv[1], Path(sys.argv[2])) as database: database.migrate()"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", script, url, tmp_path], stderr=subprocess.PIPE
        )
        for url in ["", cluster.url("empty")] * 2
    ]
    assert [process.communicate()[1].decode() for process in started] == [""] * 4
    for url in ("", cluster.url("empty")):
        with open_database(url, tmp_path) as database, database.reading() as session:
            assert session.scalars(select(Tenant.name)).all() == ["default"]


def test_a_database_that_is_newer_than_the_program_is_refused(database):
    with database.session() as session:
        session.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(StorageFailed, match=r"version 9999, which a newer Sweetspot made"):
        database.migrate()
    with database.reading() as session:
        assert session.scalar(text("select version_num from alembic_version")) == "9999"


def test_sqlite_writes_ahead_and_has_a_version(tmp_path):
    with open_database("", tmp_path) as database:
        database.migrate()
    with closing(sqlite3.connect(tmp_path / "sweetspot.sqlite")) as connection:
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
        version = connection.execute("select version_num from alembic_version").fetchone()
    assert version == (VERSIONS[-1],)


@pytest.mark.parametrize(
    "setting",
    [
        f"mysql://root:{SECRET}@localhost/x",
        f"postgresql://root:{SECRET}@localhost",
        f"postgresql://root:with@{SECRET}@localhost:5432/x",
        f"sqlite:///{SECRET}",
        SECRET,
    ],
)
def test_an_url_that_is_none_is_said_and_not_shown(setting, tmp_path):
    with pytest.raises(BadQuestion, match="SWEETSPOT_DATABASE_URL: expected postgresql") as raised:
        open_database(setting, tmp_path)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("host", "failed to resolve host 'nowhere.invalid'"),
        ("port", "(Connection refused)"),
        ("database", '(database "atlantis" does not exist)'),
        ("user", '(role "nobody" does not exist)'),
    ],
)
def test_a_postgresql_that_can_not_be_reached_is_one_sentence(cluster, tmp_path, change, words):
    """Without the password, which stands in the URL."""
    url = {
        "host": f"postgresql://u:{SECRET}@nowhere.invalid/x?connect_timeout=1",
        "port": f"postgres://u:{SECRET}@127.0.0.1:1/x",
        "database": cluster.url("atlantis").replace("sweetspot@", f"sweetspot:{SECRET}@"),
        "user": cluster.url("template").replace("sweetspot@", f"nobody:{SECRET}@"),
    }[change]
    with open_database(url, tmp_path) as database, pytest.raises(StorageFailed) as raised:
        database.migrate()
    said = str(raised.value)
    assert said.startswith("the PostgreSQL database ")
    assert words in said
    assert said.endswith("see that it is there, and SWEETSPOT_DATABASE_URL")
    assert SECRET not in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("state", "error", "words"),
    [
        ("53100", NoRoom, "no room left on the disk of the PostgreSQL"),
        ("25006", StorageFailed, "it is read-only"),
        ("57P01", StorageFailed, "stopping or starting"),
        ("40P01", StorageFailed, "try again"),
        ("53300", StorageFailed, "at its limits"),
        ("22003", BadQuestion, "a value can't be stored"),
        ("42P01", DBAPIError, "so"),  # a fault of ours
    ],
)
def test_what_postgresql_says_is_told(cluster, tmp_path, state, error, words):
    """Its errors by their codes, raised by the server itself."""
    raising = f"do $$ begin raise exception 'so' using errcode = '{state}'; end $$"
    with (
        open_database(cluster.url("template"), tmp_path) as database,
        pytest.raises(error, match=words),
        database.session() as session,
    ):
        session.execute(text(raising))


def test_postgresql_that_was_restarted_is_connected_to_again(cluster, tmp_path):
    with open_database(cluster.url("template"), tmp_path) as database:
        before = database.read_clock()
        cluster.restart()
        assert before < database.read_clock()
        with pytest.raises(StorageFailed), database.reading() as session:  # noqa: PT012
            read_clock(session)
            cluster.restart()
            read_clock(session)


def test_a_full_disk_is_told(tmp_path):
    """SQLite's own answer when its file may not grow."""
    with (  # noqa: PT012
        open_database("", tmp_path) as database,
        pytest.raises(NoRoom, match=r"sweetspot\.sqlite: free some, or set SWEETSPOT_DATA_DIR"),
        database.session() as session,
    ):
        session.execute(text("pragma max_page_count = 2")).close()
        session.execute(text("create table wide as select zeroblob(100000)"))


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "sweetspot.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageFailed, match="is no database of SQLite: move it away"):
        open_database("", tmp_path)


def test_a_file_that_another_program_has_locked_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("app.store.database.BUSY_S", 0.05)
    path = tmp_path / "sweetspot.sqlite"
    with open_database("", tmp_path) as database, closing(sqlite3.connect(path)) as other:
        other.execute("begin immediate")
        locked = pytest.raises(StorageFailed, match="another program has kept it locked")
        with locked, database.session() as session:
            session.execute(text("select 1"))


def test_a_folder_that_can_not_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed, match="SWEETSPOT_DATA_DIR"):
        open_database("", tmp_path / "file" / "data")
