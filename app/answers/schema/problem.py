"""What went wrong (RFC 9457)."""

from typing import Literal

from pydantic import ConfigDict, Field

from app.answers.schema.model import ExactModel, shown_by


class FaultOut(ExactModel):
    """One thing that is wrong with what was asked."""

    field: str = Field(description='The field, parameter or setting; "" is the body as a whole.')
    detail: str = Field(description="What, where and what to do, in one sentence.")
    type: str = Field(
        description="A word that stays the same: `bad_question`, `bad_list` and the like, or the "
        "validation's own, such as `missing` or `extra_forbidden`."
    )
    row: int | None = Field(None, description="The row of the list, where it is one.")


class Problem(ExactModel):
    """What went wrong, where, and what to do."""

    model_config = ConfigDict(json_schema_extra=shown_by("problem"))

    type: Literal["about:blank"]
    title: str = Field(description="The status in HTTP's words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What, where and what to do, in one sentence.")
    field: str | None = Field(None, description="The field, parameter or setting, where it is one.")
    row: int | None = Field(None, description="The row of the list, where it is one.")
    errors: list[FaultOut] | None = Field(
        None, description="All that was found wrong, at most 100; the first is told above."
    )
    candidates: list[str] | None = Field(
        None,
        description="The places that the home base may mean, best first, where it fits several.",
    )
