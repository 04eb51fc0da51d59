"""The files that jobs made of stored lists, until they have been there for a week."""

import json
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

from sqlalchemy import select

from app.folders import temporary_folder, writing_to
from app.store.clock import utc_now
from app.store.database import Database
from app.store.row_store import RowStore
from app.store.tables import Job, Tenant

EXPORT = "export"  # the kind of the jobs; their params name the lists as `lists`
_TOLD = "made.json"  # beside the file
LYING_S = 7 * 86_400.0  # judgement: over a long weekend; the rows are rented


@dataclass(frozen=True)
class ExportFile:
    """A file that an export made, and how it is called.

    rows: how many of each list, by its id. counts: what was taken and left out, as JSON.
    """

    path: Path
    name: str
    rows: dict[str, int]
    counts: dict[str, Any]


class ExportFiles:
    """Files in the row store, each of a job. What an attempt left that broke off goes with it."""

    def __init__(self, database: Database, store: RowStore) -> None:
        self._database = database
        self._store = store

    def put(self, tenant_id: int, job_id: str, made: ExportFile) -> None:
        """Store that file; of two attempts at the job at once the later one's is found."""
        folder, stored = _folder(tenant_id, job_id), token_hex(8) + made.path.suffix
        self._store.put(f"{folder}/{stored}", made.path)
        told = {"stored": stored, "name": made.name, "rows": made.rows, "counts": made.counts}
        with temporary_folder() as place:
            path = place / _TOLD
            with writing_to(path):
                path.write_text(json.dumps(told), encoding="utf-8")
            self._store.put(f"{folder}/{_TOLD}", path)

    def get(self, tenant_id: int, job_id: str) -> ExportFile:
        """What that job made. Raises NoSuchRows where it was deleted."""
        folder = _folder(tenant_id, job_id)
        told = json.loads(self._store.get(f"{folder}/{_TOLD}").read_bytes())
        path = self._store.get(f"{folder}/{told['stored']}")
        return ExportFile(path, told["name"], told["rows"], told["counts"])

    def delete(self, tenant_id: int, job_id: str) -> int:
        """Delete what a job made; how many files."""
        return self._store.delete(_folder(tenant_id, job_id))

    def delete_of_list(self, tenant_id: int, list_id: str) -> int:
        """The same of all jobs that took rows of a list."""
        asked = select(Job).where(Job.tenant_id == tenant_id, Job.kind == EXPORT)
        with self._database.reading() as session:
            jobs = [one.id for one in session.scalars(asked) if list_id in one.params["lists"]]
        return sum(self.delete(tenant_id, job_id) for job_id in jobs)

    def delete_old(self) -> int:
        """The same of all jobs that ended more than a week ago; how many jobs."""
        with self._database.reading() as session:
            tenants = session.scalars(select(Tenant.id)).all()
        made = {one: self._jobs(one) for one in tenants}  # before those that are fresh are asked
        with self._database.reading() as session:
            fresh = session.scalars(
                select(Job.id).where(
                    Job.kind == EXPORT,
                    Job.finished.is_(None) | (Job.finished > utc_now(-LYING_S)),
                )
            )
            spared = frozenset(fresh)
        old = [(one, job_id) for one in tenants for job_id in made[one] - spared]
        for one, job_id in old:
            self.delete(one, job_id)
        return len(old)

    def _jobs(self, tenant_id: int) -> set[str]:
        """Those of which anything is stored."""
        prefix = _folder(tenant_id, "")
        names = self._store.names(prefix.rstrip("/"))
        return {name.removeprefix(prefix).split("/")[0] for name in names}


def _folder(tenant_id: int, job_id: str) -> str:
    return f"{tenant_id}/exports/{job_id}"
