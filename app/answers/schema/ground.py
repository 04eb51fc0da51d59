"""Where an answer was given: from which home base, on which map."""

from pydantic import Field

from app.answers.schema.geocode import FixOut
from app.answers.schema.model import ExactModel

ENGINE = "Who gives drive times."
REGION = "The map used; null where none is installed."
ATTRIBUTION = 'To be shown with the answer; "" without a map.'
HOME_BASES = "In the order asked, the first one again; absent where there is only one."
HOME = (
    'The home base that the minutes and miles are from, of several the nearest; "" where not '
    "located, absent where there is only one."
)
NOTES = "What to know, most important first."


class HomeBaseOut(FixOut):
    """One of several home bases: where it is, and what answers from there."""

    engine: str = Field(description=ENGINE)
    region: str | None = Field(description=REGION)


class GroundOut(ExactModel):
    """What an answer from a home base says of it."""

    home_base: FixOut
    engine: str = Field(description=ENGINE)
    region: str | None = Field(description=REGION)
    attribution: str = Field(description=ATTRIBUTION)
    notes: list[str] = Field(description=NOTES)


class AnswerOut(ExactModel):
    """The same where a home base may be missing; all but the notes are absent without one."""

    home_base: FixOut | None = None
    engine: str | None = Field(None, description=ENGINE)
    region: str | None = Field(None, description=REGION)
    attribution: str | None = Field(None, description=ATTRIBUTION)
    notes: list[str] = Field(description=NOTES)
