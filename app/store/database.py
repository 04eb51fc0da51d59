"""The service's database: SQLite in the data folder, or the PostgreSQL that a setting names."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session, sessionmaker

from app.errors import BadQuestion
from app.folders import writing_to
from app.store.clock import utc_now
from app.store.faults import SETTING, telling_faults
from app.store.migrations import is_current, read_version, upgrade_database

FILE = "sweetspot.sqlite"
BUSY_S = 20  # how long a writer waits for others; a commit takes milliseconds
CONNECT_S = 10  # how long a PostgreSQL may take to answer; judgement
# When PostgreSQL ends a transaction of ours that stands still: one whose process is frozen keeps
# others from its rows. Ours take milliseconds; judgement.
STILL_MS = 15_000
# FastAPI answers in up to 40 threads. Several processes share PostgreSQL's 100 connections.
CONNECTIONS, MORE_CONNECTIONS = 5, 20
MIGRATION_LOCK = 0x53776565  # any number that others don't lock by: "Swee"


class Database:
    """Sessions over one database. Safe for threads: each session has its connection to itself.

    where: what people call it. lock_folder: where processes that share a SQLite file agree on who
    works; None for PostgreSQL, which has rows that can be locked.
    """

    def __init__(self, engine: Engine, where: str, lock_folder: Path | None) -> None:
        self.where = where
        self.lock_folder = lock_folder
        self._engine = engine
        self._sessions = sessionmaker(engine, expire_on_commit=False)
        self._reading = engine.execution_options(reading=True, postgresql_readonly=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction that writes: committed at the end, rolled back on any error.

        On SQLite one at a time: compute before, not inside. Raises StorageFailed, NoRoom, Busy.
        """
        with telling_faults(self.where), self._sessions.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One transaction that only reads, beside a writer. Raises StorageFailed, Busy."""
        with telling_faults(self.where), self._sessions(bind=self._reading) as session:
            yield session

    def migrate(self) -> None:
        """Bring its tables to the program's version; of several processes one does it.

        Raises StorageFailed where it can't be used or a newer program made it.
        """
        with telling_faults(self.where):
            with self._reading.connect() as connection:
                if is_current(read_version(connection), self.where):
                    return
            with self._engine.begin() as connection:
                if connection.dialect.name == "postgresql":
                    connection.execute(text(f"select pg_advisory_xact_lock({MIGRATION_LOCK})"))
                if not is_current(read_version(connection), self.where):
                    upgrade_database(connection)

    def read_clock(self) -> datetime:
        """The database's time, in UTC: it answers. Raises StorageFailed where it does not."""
        with self.reading() as session:
            return session.scalars(select(utc_now())).one()

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def open_database(setting: str, data_dir: Path) -> Database:
    """The PostgreSQL of that URL, or the SQLite file in the data folder where there is none.

    Raises BadQuestion for another URL, never showing it; StorageFailed for an unusable folder.
    """
    return _open_postgresql(_read_url(setting)) if setting else _open_sqlite(data_dir)


def _read_url(setting: str) -> URL:
    try:
        url = make_url(setting)
        known = url.get_backend_name() in {"postgresql", "postgres"} and bool(url.database)
        known = known and "@" not in (url.host or "")  # the end of a password that has one
    except (ArgumentError, ValueError):
        known = False
    if not known:
        raise BadQuestion(
            f"{SETTING}: expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with what is not "
            "a letter or digit in the password as %XX; empty is SQLite in the data folder",
            field="database_url",
        )
    return url.set(drivername="postgresql+psycopg")


def _open_postgresql(url: URL) -> Database:
    made = create_engine(
        url,
        pool_size=CONNECTIONS,
        max_overflow=MORE_CONNECTIONS,
        pool_pre_ping=True,  # a server that was restarted is connected to again
        connect_args={"connect_timeout": CONNECT_S, "application_name": "sweetspot"},
    )
    event.listen(made, "connect", _set_up_postgresql)
    if "options" not in url.query:
        event.listen(made, "connect", _end_what_stands_still)
    host = url.host or url.query.get("host") or "this machine"
    return Database(made, f"the PostgreSQL database {url.database!r} on {host}", None)


def _set_up_postgresql(connection: Any, _: object) -> None:
    """As all times are read: east or west of UTC some can't be; psycopg reads no other style."""
    connection.execute("set timezone = 'UTC'")
    connection.execute("set datestyle = 'ISO'")
    connection.commit()


def _end_what_stands_still(connection: Any, _: object) -> None:
    connection.execute(f"set idle_in_transaction_session_timeout = {STILL_MS}")
    connection.commit()


def _open_sqlite(data_dir: Path) -> Database:
    path = data_dir / FILE
    with writing_to(data_dir):
        data_dir.mkdir(parents=True, exist_ok=True)
    made = create_engine(
        URL.create("sqlite", database=str(path)),
        pool_size=CONNECTIONS,
        max_overflow=MORE_CONNECTIONS,
        connect_args={"timeout": BUSY_S, "isolation_level": None},
    )
    event.listen(made, "connect", _set_up_sqlite)
    event.listen(made, "begin", _begin_sqlite)
    with writing_to(path), telling_faults(str(path)):
        _turn_wal_on(path)
    return Database(made, str(path), data_dir)


def _set_up_sqlite(connection: Any, _: object) -> None:
    """What SQLite forgets with each connection. What was committed outlives a power cut."""
    for pragma in ("foreign_keys = on", "synchronous = full"):
        connection.execute(f"pragma {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the lock as it begins: one that read before can't wait for it any more."""
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql(f"pragma query_only = {int(reading)}")
    connection.exec_driver_sql("begin" if reading else "begin immediate")


def _turn_wal_on(path: Path) -> None:
    """Under a lock: to the mode of a new file SQLite does not let a second process wait."""
    with path.with_suffix(".lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with closing(sqlite3.connect(path, timeout=BUSY_S)) as connection:
            connection.execute("pragma journal_mode = wal")
