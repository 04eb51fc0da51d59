"""What can be asked of stored lists, and said of one that is imported; see `find.options`."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict

from app.errors import BadQuestion
from app.find.defining import MOST_NUMBER, SORTED, Options, Sort, define_option
from app.find.options import FindOptions, FormatOptions, PlaceOptions, QuestionOptions
from app.store.kinds import OutcomeKind, SuppressionSource

if TYPE_CHECKING:
    from app.library.outcomes import Mark

MOST_ON_PAGE = 10_000
MOST_DAYS = 36_500  # judgement: whoever says more means for good
PREVIEWED = 5  # rows of an export; judgement: enough to see how a file looks
WHICH_ROWS = "Their numbers in the list; the first one is 1."


class LicenceOptions(Options):
    """What the licence of a list allows. What the file itself says of it need not be said."""

    ordered: date | None = define_option(
        None, "When it was ordered.", shown="as the file says", example="2026-11-02"
    )
    expires: date | None = define_option(
        None,
        "The last day on which it may be used.",
        shown="as the file says",
        example="2027-05-02",
    )
    uses: int | None = define_option(
        None,
        "How often rows of it may be exported.",
        shown="any number",
        example=3,
        ge=1,
        le=MOST_NUMBER,
    )
    retention_days: int | None = define_option(
        None,
        "Delete it so many days after its import.",
        shown="never",
        example=365,
        ge=1,
        le=MOST_DAYS,
    )


def _no_more(value: Any) -> Any:
    return None if isinstance(value, str) and value.strip().casefold() == "none" else value


_CLEARED = BeforeValidator(_no_more)


class EditOptions(Options):
    """What is to be corrected of a licence; `none` takes back what was said."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"expires": "2027-05-02", "uses": 3}]}
    )

    vendor: str = define_option(
        "", "Who sold it.", shown="as it is", example="Data Axle", max_length=100
    )
    ordered: Annotated[date | None, _CLEARED] = define_option(
        None, "When it was ordered, or none.", shown="as it is", example="2026-11-02"
    )
    expires: Annotated[date | None, _CLEARED] = define_option(
        None,
        "The last day on which it may be used, or none.",
        shown="as it is",
        example="2027-05-02",
    )
    uses: Annotated[int | None, _CLEARED] = define_option(
        None,
        "How often rows of it may be exported in all, or none for any number.",
        shown="as it is",
        example=3,
        ge=1,
        le=MOST_NUMBER,
    )
    retention_days: Annotated[int | None, _CLEARED] = define_option(
        None,
        "Delete it so many days after its import, or none.",
        shown="as it is",
        example=365,
        ge=1,
        le=MOST_DAYS,
    )

    @property
    def changes(self) -> dict[str, Any]:
        """By the table's columns. Raises BadQuestion where nothing is to be changed."""
        given = self.model_fields_set
        if not given:
            wanted = ", ".join(EditOptions.model_fields)
            raise BadQuestion(f"nothing is to be changed: give one of {wanted}", field="list")
        names = {"uses": "uses_allowed"}
        return {names.get(one, one): getattr(self, one) for one in sorted(given)}


class LedgerOptions(Options):
    """How much of a ledger is shown."""

    limit: int = define_option(100, "At most so many entries, the newest.", ge=1, le=10_000)


class ImportOptions(LicenceOptions, PlaceOptions):
    """How a file becomes a stored list."""

    name: str = define_option(
        ...,
        "What the list is called; its letters and digits name it in commands and addresses.",
        example="Oahu spring",
        max_length=100,
    )
    kind: Literal["prospects", "clients"] = define_option(
        "prospects", "Whose list it is: of prospects, or of the firm's own clients."
    )


class PageOptions(FormatOptions):
    """Which part of an answer is given."""

    limit: int = define_option(
        100, "Rows on a page; 0 gives the counts alone.", ge=0, le=MOST_ON_PAGE
    )
    cursor: str = define_option(
        "", "Behind which row the page begins: `next` of the one before.", shown="the first page",
        example="WyJh", max_length=1_000,
    )  # fmt: skip


class RowsOptions(Options):
    """Which rows of a list are shown."""

    first: int = define_option(1, "The number of the first one.", ge=1, le=MOST_NUMBER)
    limit: int = define_option(100, "How many.", ge=1, le=MOST_ON_PAGE)


class NarrowingOptions(Options):
    """Which rows of stored lists are given alone, of those that are wanted."""

    text: str = define_option(
        "",
        "Only rows whose name or cells contain all of these words, or parts of words; case, "
        "accents and apostrophes don't matter.",
        shown="any",
        example="dental king st",
        max_length=200,
    )
    rows: str = define_option(
        "",
        "Only these rows of a stored list; the first one is 1.",
        shown="all",
        example="12,15-20",
        max_length=10_000,
    )

    doubt: Literal["any", "place", "reach", "size", "industry", "advisers"] = define_option(
        "any",
        "Only rows that may fit for want of this: their place, the drive there, their size, their "
        "industry or advisers; the verdict has to hold maybe.",
        example="place",
    )


class LeavingOptions(NarrowingOptions):
    """Which rows of stored lists are left out, whatever their verdict."""

    without: str = define_option(
        "client,do_not_contact",
        "Leave out rows that were mailed, called, answered, client or do_not_contact, several with "
        "commas; mailed:90d means within so many days; or none.",
        example="client,do_not_contact,mailed:90d",
        max_length=200,
    )
    suppressed: bool = define_option(
        False, "Give rows that are left out by suppressions and outcomes, too, each with why."
    )


class LearningOptions(Options):
    """What look-alikes go by besides the clients that they are given."""

    learn: bool = define_option(
        False, "Resemble rows of stored lists that became clients as well, whatever they pay."
    )


class FileOrListOptions(LearningOptions, LeavingOptions, FindOptions):
    """What can be asked of a file, or of stored lists by their names."""


class SuppressionOptions(Options):
    """Whom a suppression is of."""

    name: str = define_option(
        ..., "What it is called in reasons.", example="our clients", max_length=100
    )
    source: SuppressionSource = define_option(
        "file", "Where its rows come from.", example="do_not_contact"
    )


class MarkOptions(Options):
    """What became of rows."""

    what: OutcomeKind = define_option(..., "What became of them.", example="mailed")
    on: date | None = define_option(None, "On which day.", shown="today", example="2026-11-28")
    note: str = define_option("", "What else to remember.", example="no answer", max_length=500)

    def mark(self, who: str) -> "Mark":
        """The mark that those rows get. Raises BadQuestion for a day yet to come."""
        from app.library.outcomes import Mark

        return Mark(self.what, self.on or date.today(), who, self.note)


class OutcomesOptions(Options):
    """Which outcomes of a list are shown."""

    what: OutcomeKind | None = define_option(None, "These alone.", shown="all", example="mailed")
    after: int = define_option(
        0, "Behind that number: `next` of the page before.", ge=0, le=MOST_NUMBER
    )
    limit: int = define_option(100, "How many.", ge=1, le=MOST_ON_PAGE)


class TileOptions(LearningOptions, LeavingOptions, QuestionOptions):
    """What can be asked of stored lists, whichever of their rows are given."""

    sort: Sort = define_option(
        "minutes", f"Order of the rows: list (as they came), {SORTED}", example="list"
    )
    like: str = define_option(
        "",
        "Score by resemblance to the A clients of this stored list.",
        shown="none",
        example="our-clients",
        max_length=100,
    )


class StoredOptions(PageOptions, TileOptions):
    """What can be asked of stored lists, a page at a time."""
