"""What became of rows of stored lists, and whom questions of them leave out."""

from pydantic import ConfigDict, Field

from app.answers.schema.model import ExactModel, shown_by
from app.store.kinds import OutcomeKind, SuppressionSource


class OutcomeOut(ExactModel):
    """What became of a row."""

    id: int = Field(description="By which it can be deleted.")
    row: int = Field(description="Its number in the list; the first one is 1.")
    what: OutcomeKind
    on: str = Field(description="The day.")
    who: str = Field(description="Who said so.")
    note: str


class OutcomesOut(ExactModel):
    """Outcomes of a list, in the order in which they were stored."""

    model_config = ConfigDict(json_schema_extra=shown_by("outcomes"))

    outcomes: list[OutcomeOut]
    next: int = Field(description="`after` of the next page; 0 on the last one.")


class MarkedOut(ExactModel):
    """How many rows were marked."""

    model_config = ConfigDict(json_schema_extra=shown_by("marked"))

    list: str
    marked: int = Field(description="Rows that have that outcome now and had not.")
    known: int = Field(description="Rows that had it, of that day.")


class SuppressionOut(ExactModel):
    """What is known of a suppression."""

    model_config = ConfigDict(json_schema_extra=shown_by("suppression"))

    id: str
    name: str = Field(description="What reasons call it.")
    source: SuppressionSource
    rows: int
    created: str = Field(description="When it was added, in UTC.")


class SuppressionsOut(ExactModel):
    """The tenant's suppressions, the oldest first."""

    model_config = ConfigDict(json_schema_extra=shown_by("suppressions"))

    suppressions: list[SuppressionOut]


class SuppressionDeletedOut(ExactModel):
    """What was deleted."""

    model_config = ConfigDict(json_schema_extra=shown_by("suppression_deleted"))

    rows: int
    files: int = Field(description="Files of its rows, and of which rows of lists it named.")
