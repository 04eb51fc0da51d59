"""Stored lists, and pages of their rows."""

from collections.abc import Sequence
from typing import Literal

from pydantic import ConfigDict, Field

from app.answers.schema.columns import ColumnsOut
from app.answers.schema.find import FindOut, ProspectOut
from app.answers.schema.model import ExactModel, shown_by
from app.lists.opt_outs import Channel
from app.store.kinds import OutcomeKind

type AskedValue = str | int | float | bool | list[str] | list[float | None] | None


class StoredListOut(ExactModel):
    """What is known of a stored list."""

    id: str
    slug: str = Field(description="What it is called in commands and addresses.")
    name: str
    kind: Literal["prospects", "clients"]
    state: Literal["importing", "ready"]
    rows: int = Field(description="Rows of businesses; 0 until it is ready.")
    skipped: int = Field(description="Lines that are none: titles, blank and closing lines.")
    created: str = Field(description="When its import began, in UTC.")
    vendor: str = Field(description='Whose form it has, or who was said to have sold it; "" none.')
    ordered: str | None = Field(description="The day it was ordered.")
    expires: str | None = Field(description="The last day on which it may be used.")
    uses_allowed: int | None = Field(description="How often it may be exported; null is any.")
    uses: int = Field(description="How often it was.")
    retention_days: int | None = Field(description="After so many days it is deleted.")
    notes: list[str] = Field(description="What was repaired, guessed or dropped as it was read.")


class StoredListsOut(ExactModel):
    """The tenant's lists, the newest first."""

    model_config = ConfigDict(json_schema_extra=shown_by("stored_lists"))

    lists: list[StoredListOut]


class ListReadingOut(ExactModel):
    """How a list was read."""

    line: str = Field(description="In one line for people.")
    columns: ColumnsOut
    mapping: str = Field(description="By which the same file is read so again.")


class ListDetailOut(StoredListOut):
    """A stored list, and how it was read; null until it is ready."""

    model_config = ConfigDict(json_schema_extra=shown_by("stored_list"))

    reading: ListReadingOut | None


class ListJobOut(ExactModel):
    """A list that is worked at."""

    model_config = ConfigDict(json_schema_extra=shown_by("list_job"))

    job: str = Field(description="The job's id.")
    list: str = Field(description="What the list is called in commands and addresses.")
    state: Literal["queued", "running", "done", "failed", "cancelled"]


class DeletedOut(ExactModel):
    """What was deleted."""

    model_config = ConfigDict(json_schema_extra=shown_by("list_deleted"))

    rows: int
    files: int = Field(description="Files of rows, places and the like.")
    outcomes: int = Field(description="What had become of rows.")


class ExportJobOut(ExactModel):
    """An export of stored lists that is being made."""

    model_config = ConfigDict(json_schema_extra=shown_by("export_job"))

    job: str = Field(description="The job's id; its file is at /v1/exports/{job}.")
    state: Literal["queued", "running", "done", "failed", "cancelled"]


class ListUseOut(ExactModel):
    """An entry of the ledger."""

    at: str = Field(description="When, in UTC.")
    list: str = Field(description="The list's name.")
    list_id: str
    who: str = Field(description="Who asked: the name of the API key, or this machine.")
    what: str = Field(
        description="The kind of export; file, the rows as they are; or edited, purged: the list."
    )
    rows: int
    counted: bool = Field(description="Whether it is one of the uses that the licence allows.")
    question: dict[str, AskedValue] = Field(
        description="By which the rows were chosen, without what was left as it is; or the changes."
    )


class LedgerOut(ExactModel):
    """The ledger of a list, the newest entry first."""

    model_config = ConfigDict(json_schema_extra=shown_by("ledger"))

    uses: list[ListUseOut]


class RepeatsOut(ExactModel):
    """Another row of the same business."""

    row: int = Field(description="Its number in the list; the first one is 1.")
    why: str = Field(description="By what it is the same.")


class StoredProspectOut(ProspectOut):
    """One row of a stored list."""

    list: str = Field(description="The list's slug.")
    row: int = Field(description="Its number in the list; the first one is 1.")
    repeats: RepeatsOut | None = Field(
        description="The row that stands in front of it; null where it repeats none."
    )
    opt_outs: dict[Channel, str] = Field(
        description="By which channels it refuses to be reached, each with which column says so; "
        "exports that reach people by them leave it out."
    )
    outcome: OutcomeKind | None = Field(description="What became of it last; null for nothing.")
    outcome_on: str | None = Field(description="On which day.")
    suppressed: Sequence[str] | None = Field(
        None, description="By what it would be left out; absent unless `suppressed` is asked."
    )


class DoubtsOut(ExactModel):
    """How many of the rows that may fit want what; one may want several, so they add up to more."""

    place: int = Field(description="Not located, or too roughly: give street and town.")
    reach: int = Field(description="No drive is known, or an estimate: add a map that holds them.")
    size: int = Field(description="Unknown, or on both sides of a limit: look it up.")
    industry: int = Field(description="Unknown: look it up.")
    advisers: int = Field(description="None is named.")


class StoredPageOut(FindOut):
    """A page of judged rows, with the funnel of the whole lists."""

    model_config = ConfigDict(json_schema_extra=shown_by("stored_page"))

    doubts: DoubtsOut = Field(description="Over all rows whose verdict is maybe.")
    chosen: int = Field(
        description="Rows of the wanted verdicts that are asked for and not left out."
    )
    next: str = Field(description='The cursor of the next page; "" on the last one.')
    prospects: list[StoredProspectOut]  # type: ignore[assignment]


class RawRowsOut(ExactModel):
    """Rows as they were imported."""

    model_config = ConfigDict(json_schema_extra=shown_by("stored_rows"))

    rows: list[dict[str, str | None]] = Field(description="Text by header.")
    first: int = Field(description="The number of the first one here.")
    of: int = Field(description="How many rows the list has.")
