"""Whether it is up."""

from typing import Literal

from pydantic import ConfigDict, Field

from app.answers.schema.model import ExactModel, shown_by


class Health(ExactModel):
    """`status` alone from `/healthz`; `/readyz` says more."""

    model_config = ConfigDict(json_schema_extra=shown_by("health"))

    status: Literal["ok"]
    regions: int | None = Field(None, description="How many are installed.")
    note: str | None = Field(None, description="What goes without any region.")
