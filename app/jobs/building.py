"""The job that builds a region of the machine that works at it."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy.orm import Session

from app.geo.progress import Progress
from app.geo.regions.alone import RegionRequest, build_alone
from app.geo.regions.build import delete_scratch
from app.geo.regions.extracts import DOWNLOADS
from app.jobs.kind import Chunk, Result
from app.store.tables import Job


class RegionKind:
    """See `JobKind`. The region is one chunk, and is there whole or not at all.

    A job that is killed before goes on with what was downloaded, and builds anew.
    """

    def __init__(self, regions: Path, base_url: str) -> None:
        """`regions`: the folder; `base_url`: where their extracts are to be had."""
        self._regions = regions
        self._base_url = base_url

    def prepare(self, job: Job) -> None:
        """It has no rows."""

    def run(self, job: Job, from_chunk: int) -> Iterator[Chunk | Progress | None]:
        """The region."""
        if not from_chunk:
            yield Progress("beginning")
            with closing(build_alone(self._request(job))) as told:
                yield from told
            yield Chunk(0)
        self.clean_up(job)

    def conclude(self, job: Job, session: Session) -> Mapping[str, Result]:
        """What it is called."""
        del session
        return {"region": job.params["name"]}

    def clean_up(self, job: Job) -> None:
        """No download, nothing half built. A region that was there before stays."""
        shutil.rmtree(self._downloads(job), ignore_errors=True)
        delete_scratch(self._regions)

    def _downloads(self, job: Job) -> Path:
        """The job's own, as another one may fetch the same."""
        return self._regions / DOWNLOADS / job.id

    def _request(self, job: Job) -> RegionRequest:
        return RegionRequest(
            str(self._regions), str(self._downloads(job)), self._base_url, **job.params
        )
