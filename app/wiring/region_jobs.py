"""Regions that are planned, and built as jobs."""

from dataclasses import dataclass
from typing import Any

from app.errors import BadInput
from app.find.defining import check_options
from app.folders import check_room, free_bytes, temporary_folder, writing_to
from app.geo.regions.circle import Circle
from app.geo.regions.extracts import plan_region
from app.geo.regions.plan import SMALLEST_DISK, DownloadPlan
from app.geo.regions.sample import county as sample
from app.jobs.building import RegionKind
from app.jobs.options import BuildOptions, RegionOptions
from app.library.options import ImportOptions
from app.library.slugs import slug_of
from app.store.tables import Job
from app.wiring.ground import locate_home
from app.wiring.list_jobs import start_import
from app.wiring.parts import Parts

REGION = "region"
SAMPLE_LIST = "Sample county"


def region_kind(parts: Parts) -> RegionKind:
    """How regions are built."""
    return RegionKind(parts.regions.folder, parts.settings.download_url)


def locate_area(parts: Parts, asked: RegionOptions) -> str | Circle:
    """What is asked for, as `plan_region` takes it. Raises BadInput, BadAddress."""
    asked.check()
    return Circle(locate_home(parts, asked.near).at, asked.miles) if asked.near else asked.name


@dataclass(frozen=True)
class RegionPlan:
    """What would be downloaded and built, and what there is.

    covering: the installed region that covers the home base already; free_bytes: of the disk.
    """

    download: DownloadPlan
    installed: bool
    covering: str | None
    free_bytes: int

    @classmethod
    def of(cls, parts: Parts, asked: RegionOptions) -> "RegionPlan":
        """The plan. Raises what `plan_region` does."""
        url, regions = parts.settings.download_url, parts.regions
        plan = plan_region(locate_area(parts, asked), base_url=url, whole=asked.whole_circle)
        covering = regions.covering(plan.circle.home, asked.miles) if plan.circle else None
        installed = plan.region in {one.name for one in regions.all()}
        name = covering.name if covering else None
        return cls(plan, installed, name, free_bytes(regions.folder))

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "region": self.download.region,
            "installed": self.installed,
            "covered_by": self.covering,
            **self.download.document(),
            "free_bytes": self.free_bytes,
        }


def start_region(
    parts: Parts, tenant: int, asked: BuildOptions, idempotency_key: str | None = None
) -> Job:
    """The job that builds what is asked for. Nothing is downloaded before it is begun.

    Raises NoRoom where it does not fit, BadInput for a large download that nobody agreed to, what
    `plan_region` does, and Conflict and QueueFull as `submit`.
    """
    plan = RegionPlan.of(parts, asked).download
    if plan.is_large and not asked.yes:
        raise BadInput(
            f"nothing is downloaded: it is {plan.size_text}; agree with yes, or ask for less "
            "(miles, or a smaller extract)",
            field="yes",
        )
    if not parts.jobs.knows(tenant, idempotency_key):
        plan.check_room(parts.regions.folder)
    what = {"circle": plan.circle.document()} if plan.circle else {"extract": plan.region}
    params = {"name": plan.region, "whole": asked.whole_circle, **what}
    return parts.jobs.submit(tenant, REGION, params, idempotency_key)


@dataclass(frozen=True)
class SampleJobs:
    """The job that builds the sample county, and the one that stores its list.

    listing: None where there is a list of that name already.
    """

    region: Job
    listing: Job | None

    @classmethod
    def start(cls, parts: Parts, tenant: int, idempotency_key: str | None = None) -> "SampleJobs":
        """Both, one after the other; where the county is there already it is left as it is.

        Raises NoRoom, Conflict and QueueFull.
        """
        check_room(parts.regions.folder, SMALLEST_DISK, "for the sample county")
        region = parts.jobs.submit(tenant, REGION, {"name": sample.NAME}, idempotency_key)
        key = f"{idempotency_key} {SAMPLE_LIST}" if idempotency_key else None
        return cls(region, _start_list(parts, tenant, key))


def _start_list(parts: Parts, tenant: int, idempotency_key: str | None) -> Job | None:
    asked = check_options(ImportOptions, {"name": SAMPLE_LIST})
    named = {one.slug for one in parts.library.list_all(tenant)}
    if slug_of(SAMPLE_LIST) in named and not parts.jobs.knows(tenant, idempotency_key):
        return None
    with temporary_folder() as folder:
        path = folder / "sample.csv"
        with writing_to():
            path.write_text(sample.prospects_csv(), encoding="utf-8")
        return start_import(parts, tenant, asked, asked.columns(), path, idempotency_key)
