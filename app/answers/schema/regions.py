"""The installed maps."""

from typing import Literal

from pydantic import ConfigDict, Field

from app.answers.schema.model import ExactModel, shown_by


class CircleOut(ExactModel):
    """What a region was made to cover."""

    lat: float = Field(description="Degrees north, of the home base that it was made for.")
    lon: float = Field(description="Degrees east.")
    miles: float = Field(description="So far around it.")


class RegionOut(ExactModel):
    """An installed region."""

    name: str
    bounds: list[float] = Field(
        min_length=4, max_length=4, description="West, south, east, north in degrees."
    )
    center: list[float] = Field(
        min_length=2,
        max_length=2,
        description="Longitude and latitude of the circle's middle, else of the bounds'.",
    )
    across_miles: list[float] = Field(
        min_length=2, max_length=2, description="How wide its bounds are, and how high, in miles."
    )
    circle: CircleOut | None = Field(description="What it was cut to; null where it was not.")
    size_bytes: int = Field(description="How much it takes on the disk.")
    data_date: str | None = Field(
        description="Of when its newest map data is, ISO 8601; null where that is not known."
    )
    created: str = Field(description="When it was built, ISO 8601.")
    counts: dict[str, int] = Field(description="How much is in it, by what it is.")
    attribution: str = Field(description="To be shown with what is made of it.")


class PlannedFileOut(ExactModel):
    """An extract that would be downloaded."""

    extract: str = Field(description="What it is called in the index of maps.")
    name: str
    url: str
    bytes: int | None = Field(description="Its size; null where the server does not say it.")
    md5: str
    etag: str
    last_modified: str
    adds: float | None = Field(
        description="To the land of the circle, 0 to 1; null where no circle is asked for."
    )


class PlannedCircleOut(CircleOut):
    """What a region would be cut to."""

    margin_m: int = Field(description="So much farther it is cut, in metres.")


class RegionPlanOut(ExactModel):
    """What a region would be made of, and what that takes."""

    model_config = ConfigDict(json_schema_extra=shown_by("region_plan"))

    region: str = Field(description="What it will be called.")
    installed: bool = Field(description="Whether there is one of that name, which it replaces.")
    covered_by: str | None = Field(
        description="The installed region that covers the home base already; null for none."
    )
    circle: PlannedCircleOut | None = Field(description="Null for an extract, taken whole.")
    files: list[PlannedFileOut]
    download_bytes: int | None = Field(description="Null, as all below, where a size is unknown.")
    build_minutes: float | None = Field(description="To cut and build, the download aside.")
    build_memory_bytes: int | None = Field(description="The most that it takes at once.")
    build_disk_bytes: int | None = Field(description="The same of the disk, with the downloads.")
    free_bytes: int = Field(description="Free on the disk where the regions lie.")


class RegionJobOut(ExactModel):
    """A region that is being built."""

    model_config = ConfigDict(json_schema_extra=shown_by("region_job"))

    job: str = Field(description="The job's id.")
    region: str = Field(description="What the region is called once it is there.")
    state: Literal["queued", "running", "done", "failed", "cancelled"]


class SampleJobsOut(RegionJobOut):
    """The sample county, and its list, which are being made."""

    model_config = ConfigDict(json_schema_extra=shown_by("sample_jobs"))

    list: str = Field(description="What the list is called in commands and addresses.")
    list_job: str | None = Field(
        description="The id of the job that stores it; null where there is one of that name."
    )


class UnreadableOut(ExactModel):
    """An installed region that this version can't use, and what to do."""

    name: str
    problem: str


class RegionsOut(ExactModel):
    """All installed regions, by name."""

    model_config = ConfigDict(json_schema_extra=shown_by("regions"))

    regions: list[RegionOut]
    unreadable: list[UnreadableOut]
