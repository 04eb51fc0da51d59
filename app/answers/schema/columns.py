"""What was read as what: the columns of a list."""

from typing import Literal

from pydantic import Field

from app.answers.schema.model import ExactModel

COLUMNS = "What was read as what; absent where no list was given."

type LooksOut = Literal[
    "empty", "yes or no", "date", "place", "phone", "money", "number", "code", "text"
]


class MeaningOut(ExactModel):
    """The columns that one meaning was read from, and how many of their cells fit it."""

    headers: list[str] = Field(description="Best first; where one is empty the next is asked.")
    cells: int = Field(description="Those that say anything.")
    fit: int = Field(description="Those of them that are what they were read as.")
    others: list[str] = Field(description="Up to three different ones that are not.")


class UnreadOut(ExactModel):
    """A column that nothing was read from."""

    looks: LooksOut = Field(description="What its cells look like, whatever its header says.")
    range: tuple[float, float] | None = Field(
        description="The least and the greatest number; null where it holds none."
    )


class ColumnsOut(ExactModel):
    """Which column of a list was taken for what."""

    read: dict[str, MeaningOut] = Field(description="By meaning, as `column` names it.")
    unread: dict[str, UnreadOut] = Field(description="By header.")
