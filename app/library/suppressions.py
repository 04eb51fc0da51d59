"""Suppressions: businesses that every question of a tenant's stored lists leaves out.

A suppression holds what its rows are known by and nothing else of them: phone, web domain, name and
place (see `lists.exclusions`). It is a copy: the list or file that it was made of may go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.errors import BadQuestion, NoSuchRows, NoSuchSuppression
from app.geo.points import Points
from app.library.library import Library, ListEntry
from app.library.list_rows import NAMED, ListFiles
from app.library.options import SuppressionOptions
from app.library.outcomes import touch_marks
from app.lists.exclusions import Exclusions
from app.lists.identity import Identities
from app.lists.recipients import RECIPIENT
from app.store.kinds import SuppressionSource
from app.store.tables import Suppression, new_id

ROWS = "rows"
KNOWN_BY = ("name", "line_1", "city", "zip", "phone", "email", "website")  # of RECIPIENT


@dataclass(frozen=True)
class SuppressionEntry:
    """What is known of a suppression besides its rows."""

    id: str
    tenant_id: int
    name: str
    source: SuppressionSource
    rows: int
    created: datetime

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "source": self.source,
            "rows": self.rows,
            "created": self.created.isoformat(),
        }


class Suppressions:
    """Every tenant's suppressions, whose rows lie beside those of the lists. Safe for threads."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def add(self, tenant_id: int, asked: SuppressionOptions, rows: Identities) -> SuppressionEntry:
        """Leave those businesses out from now on. Raises BadQuestion for a name that is taken.

        The rows are stored first, so that a suppression that is seen has them.
        """
        made = Suppression(
            id=new_id(),
            tenant_id=tenant_id,
            name=asked.name.strip(),
            source=asked.source,
            rows=len(rows),
        )
        files = self._files(tenant_id, made.id)
        with self._library.database.reading() as session:
            _check_name(session, tenant_id, made.name)
        files.put(ROWS, identity_table(rows))
        try:
            with self._library.database.session() as session:
                touch_marks(session, tenant_id)
                _check_name(session, tenant_id, made.name)
                session.add(made)
                session.flush()
                session.refresh(made)
                return _entry(made)
        except BaseException:
            files.delete()
            raise

    def list_all(self, session: Session, tenant_id: int) -> Sequence[SuppressionEntry]:
        """The tenant's, the oldest first: the first that names a row is who left it out."""
        found = session.scalars(
            select(Suppression)
            .where(Suppression.tenant_id == tenant_id)
            .order_by(Suppression.created, Suppression.id)
        )
        return [_entry(one) for one in found]

    def exclusions(self, entry: SuppressionEntry) -> Exclusions:
        """Its rows. Raises NoSuchRows where it was deleted meanwhile."""
        table = self._files(entry.tenant_id, entry.id).read(ROWS)
        if table is None:
            raise NoSuchRows(f"suppression {entry.name!r} was deleted meanwhile")
        return Exclusions(entry.name, read_identities(table))

    def exists(self, entry: SuppressionEntry) -> bool:
        """Whether it is still there."""
        with self._library.database.reading() as session:
            return session.get(Suppression, entry.id) is not None

    def delete(self, tenant_id: int, name: str) -> dict[str, int]:
        """Delete the one of that id or name: its rows, and which rows of lists it named.

        Its entry goes first: whoever finds out what it names looks afterwards whether it is there.
        """
        with self._library.database.session() as session:
            touch_marks(session, tenant_id)
            gone = session.scalars(
                delete(Suppression)
                .where(
                    Suppression.tenant_id == tenant_id,
                    (Suppression.id == name) | (Suppression.name == name),
                )
                .returning(Suppression)
            ).first()
            if gone is None:
                raise NoSuchSuppression(
                    f"no suppression {name[:100]!r} is here: `sweetspot suppress ls` shows those "
                    "that are"
                )
            entry = _entry(gone)
        files = self._files(tenant_id, entry.id).delete()
        for one in self._library.list_all(tenant_id):
            files += self.forget(one, entry.id)
        return {"rows": entry.rows, "files": files}

    def forget(self, entry: ListEntry, suppression_id: str) -> int:
        """Delete which rows of a list it named; how many files that were."""
        return self._library.files(entry).delete(f"{NAMED}/{suppression_id}.parquet")

    def _files(self, tenant_id: int, suppression_id: str) -> ListFiles:
        return self._library.files_of(tenant_id, f"suppressions/{suppression_id}")


def identity_table(rows: Identities) -> pl.DataFrame:
    """What rows are known by, as a table."""
    return rows.recipients.select(KNOWN_BY).with_columns(lon=rows.at.lon, lat=rows.at.lat)


def read_identities(table: pl.DataFrame) -> Identities:
    """What rows of such a table are known by."""
    lon, lat = (np.ascontiguousarray(table[axis].to_numpy()) for axis in ("lon", "lat"))
    blank = (pl.lit("").alias(name) for name in RECIPIENT if name not in KNOWN_BY)
    return Identities.of(table.select(KNOWN_BY).with_columns(blank), Points(lon, lat))


def _check_name(session: Session, tenant_id: int, name: str) -> None:
    taken = session.scalar(
        select(Suppression.id).where(Suppression.tenant_id == tenant_id, Suppression.name == name)
    )
    if taken or not name:
        said = "it is taken: delete that suppression, or choose another name"
        raise BadQuestion(f"name {name!r}: {said if name else 'it is empty'}", field="name")


def _entry(one: Suppression) -> SuppressionEntry:
    return SuppressionEntry(one.id, one.tenant_id, one.name, one.source, one.rows, one.created)
