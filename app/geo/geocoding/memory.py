"""What geocoding services said and how often they were asked: one SQLite file for all processes."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from app.errors import BackendFailed
from app.geo.geocoders import Accuracy, Address
from app.geo.geocoding.base import Fix, Told

DAY_S = 86_400.0
NOT_FOUND_DAYS = 30.0  # what a service did not know, it may know later
_SCHEMA = """
CREATE TABLE IF NOT EXISTS told (
  service TEXT, address TEXT, at REAL, told TEXT, PRIMARY KEY (service, address)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS asked (
  service TEXT, month TEXT, addresses INTEGER, PRIMARY KEY (service, month)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS turns (service TEXT PRIMARY KEY, next REAL) WITHOUT ROWID;
"""


class Memory:
    """Answers, monthly counts and turns, shared by threads and processes. Close it when done.

    `service` is the name under which all three are kept; a service elsewhere is another one.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._path = path
        with _on(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                path, timeout=30.0, isolation_level=None, check_same_thread=False
            )
            self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
            self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def recall(
        self, service: str, addresses: Sequence[Address], days: float
    ) -> Sequence[Told | None]:
        """What it said of each address in the last `days`, None where nothing is kept.

        Drops what may not be kept any longer.
        """
        now = time.time()
        with self._writing() as db:
            db.execute(
                "DELETE FROM told WHERE service = ? AND at < ?", (service, now - days * DAY_S)
            )
            kept = [
                db.execute(
                    "SELECT told, at FROM told WHERE service = ? AND address = ?",
                    (service, _key(address)),
                ).fetchone()
                for address in addresses
            ]
        return [row and _read(row[0], now - row[1]) for row in kept]

    def keep(self, service: str, told: Mapping[Address, Told]) -> None:
        """Keep what it said just now."""
        now = time.time()
        rows = [(service, _key(one), now, json.dumps(said)) for one, said in told.items()]
        with self._writing() as db:
            db.executemany("INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?)", rows)

    def reserve(self, service: str, wanted: int, most: float) -> int:
        """How many of so many addresses may still be asked this month; they count as asked."""
        month = _month()
        with self._writing() as db:
            (used,) = db.execute(
                "SELECT COALESCE(SUM(addresses), 0) FROM asked WHERE service = ? AND month = ?",
                (service, month),
            ).fetchone()
            granted = int(max(0, min(wanted, most - used)))
            self._count(db, service, month, granted)
        return granted

    def give_back(self, service: str, unused: int) -> None:
        """Addresses that were reserved and never asked."""
        with self._writing() as db:
            self._count(db, service, _month(), -unused)

    def left(self, service: str, most: float) -> float:
        """How many addresses may still be asked this month."""
        with self._lock, _on(self._path):
            (used,) = self._db.execute(
                "SELECT COALESCE(SUM(addresses), 0) FROM asked WHERE service = ? AND month = ?",
                (service, _month()),
            ).fetchone()
        return max(0.0, most - float(used))

    def turn(self, service: str, every_s: float) -> None:
        """Wait until the service may be asked once more: one request each `every_s` seconds."""
        now = time.time()
        with self._writing() as db:
            row = db.execute("SELECT next FROM turns WHERE service = ?", (service,)).fetchone()
            # A clock that was set back must not stop us for longer than the pace asks for.
            at = min(max(now, row[0]), now + 600 * every_s) if row else now
            db.execute("INSERT OR REPLACE INTO turns VALUES (?, ?)", (service, at + every_s))
        time.sleep(at - now)

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
        with self._lock, _on(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


@contextmanager
def _on(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as why:
        raise BackendFailed(
            f"{path} can't be used: {why}; it has what geocoding services said and may be deleted",
            backend="disk",
        ) from why


def _key(address: Address) -> str:
    """The same for spellings that differ in case and spaces only."""
    parts = (address.line, address.city, address.state, address.postcode)
    return "\n".join(" ".join(part.casefold().split()) for part in parts)


def _read(text: str, age_s: float) -> Told | None:
    fixes, note = json.loads(text)
    if not fixes and age_s > NOT_FOUND_DAYS * DAY_S:
        return None
    return Told(
        tuple(Fix(x, y, Accuracy(kind), off, label) for x, y, kind, off, label in fixes), note
    )


def _month() -> str:
    return datetime.now(UTC).strftime("%Y-%m")
