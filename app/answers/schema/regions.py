"""The installed maps."""

from pydantic import ConfigDict, Field

from app.answers.schema.model import ExactModel, shown_by


class RegionOut(ExactModel):
    """An installed region."""

    name: str
    bounds: list[float] = Field(
        min_length=4, max_length=4, description="West, south, east, north in degrees."
    )
    created: str = Field(description="When it was built, ISO 8601.")
    counts: dict[str, int] = Field(description="How much is in it, by what it is.")
    attribution: str = Field(description="To be shown with what is made of it.")


class UnreadableOut(ExactModel):
    """An installed region that this version can't use, and what to do."""

    name: str
    problem: str


class RegionsOut(ExactModel):
    """All installed regions, by name."""

    model_config = ConfigDict(json_schema_extra=shown_by("regions"))

    regions: list[RegionOut]
    unreadable: list[UnreadableOut]
