"""Lists, before they are used."""

from datetime import date

from pydantic import ConfigDict, Field

from app.answers.schema.columns import LooksOut
from app.answers.schema.model import ExactModel, shown_by
from app.lists.recipients import RECIPIENT

type BandOut = tuple[float, float | None] | None


class PreviewColumnOut(ExactModel):
    """One column of a list."""

    header: str
    meaning: str = Field(
        description="What it is read as: by the name that `column` has for it, or how somebody is "
        'reached (email, website, phone, first, last, contact, ...); "" for nothing.'
    )
    guessed: bool = Field(description="Whether its header only may mean that.")
    looks: LooksOut = Field(description="What its cells look like, whatever its header says.")
    filled: int = Field(description="Cells that say anything.")
    fit: int | None = Field(
        description="Those of them that are what they are read as; null where any text would be."
    )
    example: str = Field(description='Its first cell that says anything, cut short; "" for none.')


class PreviewRowOut(ExactModel):
    """A row as it will be read: who mail goes to and where, and its sizes."""

    name: str = Field(description=RECIPIENT["name"])
    attention: str = Field(description=RECIPIENT["attention"])
    line_1: str = Field(description=RECIPIENT["line_1"])
    line_2: str = Field(description=RECIPIENT["line_2"])
    city: str = Field(description=RECIPIENT["city"])
    state: str = Field(description=RECIPIENT["state"])
    zip: str = Field(description=RECIPIENT["zip"])
    country: str = Field(description=RECIPIENT["country"])
    salutation: str = Field(description=RECIPIENT["salutation"])
    phone: str = Field(description=RECIPIENT["phone"])
    email: str = Field(description=RECIPIENT["email"])
    website: str = Field(description=RECIPIENT["website"])
    opt_outs: str = Field(description=RECIPIENT["opt_outs"])
    computers: BandOut = Field(description="From, to (null is open); null is unknown.")
    employees: BandOut = Field(description="From, to (null is open); null is unknown.")
    sales: BandOut = Field(description="USD a year: from, to (null is open); null is unknown.")


class ListQuestionOut(ExactModel):
    """What somebody has to say before the list can be used."""

    meaning: str = Field(description="What is asked for, as `column` names it, or `vendor`.")
    question: str = Field(description="In a sentence, with how to answer.")
    choices: list[str] = Field(
        description="The headers that it may have; it may be none of them. Of `vendor`, "
        "the vendors whose list it may be."
    )


class ListPreviewOut(ExactModel):
    """What a list is, and how it will be read; nothing of it is kept."""

    model_config = ConfigDict(json_schema_extra=shown_by("list_preview"))

    vendor: str = Field(
        description='Whose list it is, by its headers or as was said; "" where nothing says it.'
    )
    ordered: date | None = Field(description="The day it was made, where it says it.")
    expires: date | None = Field(
        description="The last day on which it may be used, the earliest of its rows, where it "
        "says it."
    )
    rows: int = Field(description="Rows of businesses.")
    skipped: int = Field(
        description="Blank lines, titles above the header, repeated headers and closing lines."
    )
    columns: list[PreviewColumnOut] = Field(description="All of them, in the list's order.")
    meanings: list[str] = Field(
        description="All that a column may be read as, by the names that `column` takes."
    )
    first_rows: list[PreviewRowOut] = Field(description="Up to three.")
    questions: list[ListQuestionOut] = Field(
        description="The rest of the answer is as if each were answered by its first choice where "
        "several columns claim one meaning, else by none."
    )
    sensitive: dict[str, str] = Field(
        description="Headers of columns that say of persons what they need not: race, gender, date "
        "of birth and the like, and which; of what is kept they are no part. A find leaves them as "
        "they are."
    )
    notes: list[str] = Field(description="What is wrong, was repaired or guessed, for people.")
    mapping: str = Field(
        description="The text of a file that `mapping` takes, by which the list is read so again; "
        "it can be edited. What is asked is not answered in it."
    )
