"""What databases and their drivers say, as our errors: what, where, what to do, and no password."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from typing import TYPE_CHECKING

from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.errors import BadQuestion, Busy, NoRoom, StorageFailed
from app.folders import system_error

if TYPE_CHECKING:
    import psycopg

SETTING = "SWEETSPOT_DATABASE_URL"

# SQLite's result codes (https://sqlite.org/rescode.html) that are no fault of the statement.
_SQLITE = {
    sqlite3.SQLITE_BUSY: "another program has kept it locked: end that one, or try again",
    sqlite3.SQLITE_LOCKED: "another program has kept it locked: end that one, or try again",
    sqlite3.SQLITE_READONLY: "it can't be written to: see whose it is and whether the disk is "
    "read-only, or set SWEETSPOT_DATA_DIR to a folder that can be written",
    sqlite3.SQLITE_CANTOPEN: "it can't be opened: set SWEETSPOT_DATA_DIR to a folder that can "
    "be written",
    sqlite3.SQLITE_PERM: "it can't be opened: set SWEETSPOT_DATA_DIR to a folder of yours",
    sqlite3.SQLITE_IOERR: "the disk failed: look at what the system says of it",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: bring back a copy of it",
    sqlite3.SQLITE_NOTADB: "the file is no database of SQLite: move it away",
}
# PostgreSQL's classes of errors (https://www.postgresql.org/docs/current/errcodes-appendix.html).
_POSTGRESQL = {
    "25006": f"it is read-only: set {SETTING} to one that can be written",
    "25P03": "it ended what stood still for too long: try again",
    "42501": f"the user may not do that there: grant it, or see the user in {SETTING}",
    "40": "other work came in between: try again",
    "53": "the server is at its limits: try again later, or raise them",
    "55P03": "another program has kept it locked: end that one, or try again",
    "57": "the server is stopping or starting: try again",
    "58": "the server's disk or system failed: see its log",
}


@contextmanager
def telling_faults(where: str) -> Iterator[None]:
    """Raise StorageFailed for what is the database's fault, NoRoom where its disk is full.

    Busy where all connections are taken; BadQuestion for a value that it has no room for. What is
    left, such as a constraint that was broken, is the caller's to understand.
    """
    try:
        yield
    except PoolTimeout as why:
        raise Busy(f"all connections to {where} are in use: try again in a moment") from why
    except (DataError, UnicodeEncodeError, OverflowError) as why:
        said = str(getattr(why, "orig", why)).partition("\n")[0]
        raise BadQuestion(f"a value can't be stored in {where}: {said}") from why
    except (DBAPIError, sqlite3.Error) as why:
        found = _storage_fault(getattr(why, "orig", why), where)
        if found is None:
            raise
        raise found from why


def _storage_fault(why: BaseException | None, where: str) -> StorageFailed | None:
    if isinstance(why, sqlite3.Error):
        return _sqlite_fault(why, where)
    import psycopg  # only once there is a fault: few have PostgreSQL

    if not isinstance(why, psycopg.Error):
        return None
    state = why.sqlstate or ""
    if state == "53100":
        return NoRoom(f"no room left on the disk of {where}: free some there")
    if isinstance(why, psycopg.OperationalError) and state[:2] in {"", "08"}:
        said = _connection_words(why)
        return StorageFailed(
            f"{where} does not answer ({said}): see that it is there, and {SETTING}"
        )
    advice = _POSTGRESQL.get(state, _POSTGRESQL.get(state[:2]))
    return StorageFailed(f"{where} can't be used, {advice}") if advice else None


def _connection_words(why: "psycopg.Error") -> str:
    """What psycopg says of a connection, which has no code, without what led there."""
    return re.split(r"failed: |FATAL: +", str(why).partition("\n")[0])[-1]


def _sqlite_fault(why: sqlite3.Error, where: str) -> StorageFailed | None:
    code: int = getattr(why, "sqlite_errorcode", 0)
    if system_error(why) == ENOSPC:
        return NoRoom(
            f"no room left on the disk for {where}: free some, or set SWEETSPOT_DATA_DIR to a "
            "folder with more"
        )
    advice = _SQLITE.get(code & 0xFF)
    return StorageFailed(f"{where} can't be used, {advice}") if advice else None
