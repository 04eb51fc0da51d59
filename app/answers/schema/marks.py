"""What became of rows of stored lists, and whom questions of them leave out."""

from pydantic import Field

from app.answers.schema.model import ExactModel
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

    outcomes: list[OutcomeOut]
    next: int = Field(description="`after` of the next page; 0 on the last one.")


class MarkedOut(ExactModel):
    """How many rows were marked."""

    list: str
    marked: int = Field(description="Rows that have that outcome now and had not.")
    known: int = Field(description="Rows that had it, of that day.")


class SuppressionOut(ExactModel):
    """What is known of a suppression."""

    id: str
    name: str = Field(description="What reasons call it.")
    source: SuppressionSource
    rows: int
    created: str = Field(description="When it was added, in UTC.")


class SuppressionsOut(ExactModel):
    """The tenant's suppressions, the oldest first."""

    suppressions: list[SuppressionOut]


class SuppressionDeletedOut(ExactModel):
    """What was deleted."""

    rows: int
    files: int = Field(description="Files of its rows, and of which rows of lists it named.")
