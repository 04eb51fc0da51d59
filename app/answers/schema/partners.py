"""Who could introduce us."""

from pydantic import ConfigDict, Field

from app.answers.schema.columns import COLUMNS, ColumnsOut
from app.answers.schema.ground import GroundOut
from app.answers.schema.model import ExactModel, shown_by


class PartnerOut(ExactModel):
    """One who could introduce us; counts are null where they can't be told or were not asked."""

    name: str
    kind: str = Field(description='What they are: "accountant", "lawyer", ...')
    minutes: float = Field(description="Minutes of the drive from the home base.")
    miles: float = Field(description="Miles from the home base in a straight line.")
    prospects_nearby: int | None = Field(description="Within `within_minutes` of them.")
    clients_nearby: int | None = Field(description="Within `within_minutes` of them.")
    clients_naming: int | None = Field(description="Clients that name them as an adviser.")
    address: str = Field(description='In one line; "" is unknown.')
    phone: str
    website: str
    lat: float = Field(description="Degrees north.")
    lon: float = Field(description="Degrees east.")
    source: str = Field(description='Whose entry it is; "list" is a list of one\'s own.')
    reason: str


class PartnersOut(GroundOut):
    """Partners in the order to call on them, and how many were left out, by why."""

    model_config = ConfigDict(json_schema_extra=shown_by("partners"))

    columns: ColumnsOut | None = Field(None, description=COLUMNS)
    prospects_columns: ColumnsOut | None = Field(None, description=COLUMNS)
    clients_columns: ColumnsOut | None = Field(None, description=COLUMNS)
    partners: list[PartnerOut]
    counts: dict[str, int] = Field(description="Partners of each kind.")
    left_out: dict[str, int] = Field(description="Candidates that are not here, by why.")
    within_minutes: float = Field(description="Minutes of drive around a partner that are near.")
