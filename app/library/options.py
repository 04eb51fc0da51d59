"""What can be asked of stored lists, and said of one that is imported; see `find.options`."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from app.errors import BadQuestion
from app.find.defining import Options, define_option
from app.find.options import PlaceOptions, QuestionOptions

MOST_ON_PAGE = 10_000
PREVIEWED = 5  # rows of an export; judgement: enough to see how a file looks


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
        None, "How often rows of it may be exported.", shown="any number", example=3, ge=1
    )
    retention_days: int | None = define_option(
        None,
        "Delete it so many days after its import.",
        shown="never",
        example=365,
        ge=1,
    )


def _no_more(value: Any) -> Any:
    return None if isinstance(value, str) and value.strip().casefold() == "none" else value


_CLEARED = BeforeValidator(_no_more)


class EditOptions(Options):
    """What is to be corrected of a licence; `none` takes back what was said."""

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
    )
    retention_days: Annotated[int | None, _CLEARED] = define_option(
        None,
        "Delete it so many days after its import, or none.",
        shown="as it is",
        example=365,
        ge=1,
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


class PageOptions(Options):
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

    first: int = define_option(1, "The number of the first one.", ge=1)
    limit: int = define_option(100, "How many.", ge=1, le=MOST_ON_PAGE)


class TileOptions(QuestionOptions):
    """What can be asked of stored lists, whichever of their rows are given."""

    sort: Literal["list", "minutes", "like"] = define_option(
        "minutes", "Order of the rows: list (as they came), minutes, or like.", example="list"
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
