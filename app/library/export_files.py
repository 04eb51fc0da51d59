"""The files that jobs made of stored lists, until they have been there for a week."""

from pathlib import Path
from secrets import token_hex

from sqlalchemy import select

from app.store.clock import utc_now
from app.store.database import Database
from app.store.row_store import RowStore
from app.store.tables import Job, Tenant

EXPORT = "export"  # the kind of the jobs; their params name the lists as `lists`
LYING_S = 7 * 86_400.0  # judgement: over a long weekend; the rows are rented


class ExportFiles:
    """Files in the row store, each of a job. What an attempt left that broke off goes with it."""

    def __init__(self, database: Database, store: RowStore) -> None:
        self._database = database
        self._store = store

    def put(self, tenant_id: int, job_id: str, path: Path) -> str:
        """Store that file; its name, which no other attempt at the job uses."""
        name = f"{_folder(tenant_id)}/{job_id}/{token_hex(8)}{path.suffix}"
        self._store.put(name, path)
        return name

    def get(self, name: str) -> Path:
        """That file. Raises NoSuchRows where it was deleted."""
        return self._store.get(name)

    def delete(self, tenant_id: int, job_id: str) -> int:
        """Delete what a job made; how many files."""
        return self._store.delete(f"{_folder(tenant_id)}/{job_id}")

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
            fresh = session.scalars(
                select(Job.id).where(
                    Job.kind == EXPORT,
                    Job.finished.is_(None) | (Job.finished > utc_now(-LYING_S)),
                )
            )
            spared = frozenset(fresh)
        return sum(self._delete_but(tenant_id, spared) for tenant_id in tenants)

    def _delete_but(self, tenant_id: int, spared: frozenset[str]) -> int:
        prefix = f"{_folder(tenant_id)}/"
        names = self._store.names(prefix.rstrip("/"))
        jobs = {name.removeprefix(prefix).split("/")[0] for name in names} - spared
        for job_id in jobs:
            self.delete(tenant_id, job_id)
        return len(jobs)


def _folder(tenant_id: int) -> str:
    return f"{tenant_id}/exports"
