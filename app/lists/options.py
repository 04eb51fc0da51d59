"""What a saved mapping holds, as files, bodies and forms have it."""

from pydantic import BaseModel, Field

WHOM_TO_EXCLUDE = (
    "Whom to leave out: own clients, do-not-contact, mailed before; by name and place, phone or "
    "domain."
)


class SavedMapping(BaseModel, extra="forbid", frozen=True):
    """Which column is read as what. What it does not name is read by its header, as ever."""

    written_by: str = Field("", description="The program that wrote it.")
    read: dict[str, str | list[str] | None] = Field(
        {}, description="Meaning: the header, or headers, best first; null is none."
    )
    not_read: list[str] = Field([], description="Headers that nothing is read from.")
    vendor: str = Field("", description="Whose list it is; by its headers where that is empty.")
