"""What geocoding services said and how often they were asked: one SQLite file for all processes."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from app.errors import BackendFailed
from app.folders import writing_to
from app.geo.geocoding.fix import Fix, GeocodeReply
from app.geo.geocoding.geocoder import Accuracy

DAY_S = 86_400.0
BUSY_S = 30.0  # so long another process may be waited for
NOT_FOUND_DAYS = 30.0  # what a service did not know, it may know later
_SCHEMA = """
CREATE TABLE IF NOT EXISTS told (
  service TEXT, address TEXT, at REAL, told TEXT, PRIMARY KEY (service, address)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS asked (
  service TEXT, month TEXT, addresses INTEGER, PRIMARY KEY (service, month)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS turns (service TEXT PRIMARY KEY, next REAL) WITHOUT ROWID;
"""


class Grant(NamedTuple):
    """So many addresses that may be asked, counted for that month."""

    addresses: int
    month: str


class GeocodeCache:
    """Answers, monthly counts and turns, shared by threads and processes. Close it when done.

    The file is opened when it is first needed. `service` is the name under which all three are
    kept; a service elsewhere is another one. Addresses are known by their `address_key`.
    Everything raises StorageFailed where the file can't be written, NoRoom where its disk is full,
    BackendFailed where it is damaged or another process holds it.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._path = path
        self._db: sqlite3.Connection | None = None
        self._in_hand: set[tuple[str, str]] = set()
        self._one_less = threading.Condition()

    def close(self) -> None:
        """Close the file."""
        if self._db:
            self._db.close()

    @contextmanager
    def alone(self, service: str, keys: Sequence[str]) -> Iterator[None]:
        """While this lasts, nobody else in this process asks the service for any of them."""
        mine = {(service, key) for key in keys}
        with self._one_less:
            self._one_less.wait_for(lambda: mine.isdisjoint(self._in_hand))
            self._in_hand |= mine
        try:
            yield
        finally:
            with self._one_less:
                self._in_hand -= mine
                self._one_less.notify_all()

    def recall(self, service: str, keys: Sequence[str], days: float) -> dict[str, GeocodeReply]:
        """What it said of those addresses in the last `days`; without those nothing is kept of.

        Drops what may not be kept any longer.
        """
        now = time.time()
        told: dict[str, GeocodeReply] = {}
        with self._writing() as db:
            db.execute(
                "DELETE FROM told WHERE service = ? AND at < ?", (service, now - days * DAY_S)
            )
            for key in keys:
                row = db.execute(
                    "SELECT told, at FROM told WHERE service = ? AND address = ?", (service, key)
                ).fetchone()
                if row and (said := _read(row[0], now - row[1])):
                    told[key] = said
        return told

    def keep(self, service: str, told: Mapping[str, GeocodeReply]) -> None:
        """Keep what it said just now."""
        now = time.time()
        rows = [(service, key, now, _written(said)) for key, said in told.items()]
        with self._writing() as db:
            db.executemany("INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?)", rows)

    def reserve(self, service: str, wanted: int, most: float) -> Grant:
        """How many of so many addresses may still be asked this month; they count as asked."""
        month = _month()
        with self._writing() as db:
            granted = int(max(0, min(wanted, most - _used(db, service, month))))
            self._count(db, service, month, granted)
        return Grant(granted, month)

    def give_back(self, service: str, grant: Grant) -> None:
        """Addresses that were reserved and never asked."""
        with self._writing() as db:
            self._count(db, service, grant.month, -grant.addresses)

    def left(self, service: str, most: float) -> float:
        """How many addresses may still be asked this month."""
        with self._writing() as db:
            return max(0.0, most - _used(db, service, _month()))

    def turn(self, service: str, every_s: float) -> None:
        """Wait until the service may be asked once more: one request each `every_s` seconds."""
        while (wait := self._until_due(service, every_s)) > 0:
            time.sleep(wait)

    def _until_due(self, service: str, every_s: float) -> float:
        """Seconds until it is anybody's turn; 0 where it was somebody's, who now has it."""
        with self._writing() as db:
            now = time.time()  # of everybody's later than that of who had the turn before
            row = db.execute("SELECT next FROM turns WHERE service = ?", (service,)).fetchone()
            wait = row[0] - now if row else 0.0
            if 0 < wait <= 2 * every_s:  # longer only where the clock was set back
                return float(wait)
            db.execute("INSERT OR REPLACE INTO turns VALUES (?, ?)", (service, now + every_s))
        return 0.0

    @staticmethod
    def _count(db: sqlite3.Connection, service: str, month: str, more: int) -> None:
        db.execute(
            "INSERT INTO asked VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET addresses = addresses + excluded.addresses",
            (service, month, more),
        )

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that nobody else's comes between."""
        with self._lock, _using(self._path):
            if self._db is None:
                self._db = _open(self._path)
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
        db.executescript(_SCHEMA)
    except BaseException:
        db.close()
        raise
    return db


def _used(db: sqlite3.Connection, service: str, month: str) -> float:
    (used,) = db.execute(
        "SELECT COALESCE(SUM(addresses), 0) FROM asked WHERE service = ? AND month = ?",
        (service, month),
    ).fetchone()
    return float(used)


@contextmanager
def _using(path: Path) -> Iterator[None]:
    try:
        with writing_to(path):
            yield
    except sqlite3.Error as why:
        if getattr(why, "sqlite_errorcode", 0) & 0xFF in (
            sqlite3.SQLITE_BUSY,
            sqlite3.SQLITE_LOCKED,
        ):
            what = "another process holds it; try again when that has ended"
        else:
            what = "it has what geocoding services said and may be deleted"
        raise BackendFailed(f"{path} can't be used: {why}; {what}", backend="disk") from why


def _written(said: GeocodeReply) -> str:
    """As it is kept: a service's fixes have no notes of their own, and no streets."""
    return json.dumps([[fix[:5] for fix in said.fixes], said.note])


def _read(text: str, age_s: float) -> GeocodeReply | None:
    """What is kept; None where it is too old or of another version."""
    try:
        fixes, note = json.loads(text)
        known = [Fix(x, y, Accuracy(kind), off, label) for x, y, kind, off, label in fixes]
    except (ValueError, TypeError):
        return None
    if not known and age_s > NOT_FOUND_DAYS * DAY_S:
        return None
    return GeocodeReply(tuple(known), note)


def _month() -> str:
    return datetime.now(UTC).strftime("%Y-%m")
