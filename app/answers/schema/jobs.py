"""Long works, how far they are, and what came of them."""

from datetime import datetime

from pydantic import ConfigDict, Field

from app.answers.schema.model import ExactModel, shown_by
from app.store.tables import JobState


class JobErrorOut(ExactModel):
    """Why a job failed."""

    detail: str = Field(description="What, where and what to do, in one sentence.")
    field: str | None = Field(None, description="The field or column, where it is one.")
    row: int | None = Field(None, description="The row of the list, where it is one.")


class JobProgressOut(ExactModel):
    """How far a job is that is no work on rows, such as the build of a map."""

    step: str = Field(description="What is being done, in a few words.")
    done: float = Field(description="So much of it, in `unit`.")
    total: float | None = Field(description="Of so much; null where that is not known.")
    unit: str = Field(description='bytes, or % of the whole work; "" where nothing is counted.')
    seconds_left: float | None = Field(description="Until all of `total` is done, estimated.")


class JobOut(ExactModel):
    """A job. Times are UTC."""

    model_config = ConfigDict(json_schema_extra=shown_by("job"))

    id: str
    kind: str = Field(description="What is done.")
    state: JobState
    rows_done: int = Field(description="How many are written.")
    rows_total: int | None = Field(description="How many there are, once that is known.")
    progress: JobProgressOut | None = Field(
        description="Where rows don't say it: what is being done, and how much of it is."
    )
    rows_per_second: float | None = Field(description="Since it was begun.")
    seconds_left: float | None = Field(
        description="For the rows that are left, at that speed; else for what `progress` counts."
    )
    created: datetime
    started: datetime | None
    finished: datetime | None
    result: dict[str, str | int | float | bool | None] | None = Field(
        description="What came of it, where it is done."
    )
    error: JobErrorOut | None = Field(description="Why it failed, where it did.")


class JobsOut(ExactModel):
    """The jobs, newest first."""

    model_config = ConfigDict(json_schema_extra=shown_by("jobs"))

    jobs: list[JobOut]
