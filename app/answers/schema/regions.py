"""The installed maps."""

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


class UnreadableOut(ExactModel):
    """An installed region that this version can't use, and what to do."""

    name: str
    problem: str


class RegionsOut(ExactModel):
    """All installed regions, by name."""

    model_config = ConfigDict(json_schema_extra=shown_by("regions"))

    regions: list[RegionOut]
    unreadable: list[UnreadableOut]
