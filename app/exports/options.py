"""What can be asked of an export, each option once; see `app.find.defining`.

Options of one kind of export are refused for the others, so that nothing is asked in vain.
"""

from typing import Any, Literal

from app.errors import BadQuestion
from app.find.defining import MOST_NUMBER, Factor, Homes, Options, check_options, define_option
from app.find.options import FileOptions
from app.library.options import PREVIEWED, TileOptions

TEMPLATE = "Your own document, of the kinds that take one: a DOCX whose merge fields are columns."


class ChoiceOptions(Options):
    """Which rows of an answer are taken; options of every kind."""

    verdict: str = define_option(
        "pass",
        "Rows to take: pass, maybe, fail, several with commas, or all.",
        example="pass,maybe",
    )
    repeats: bool = define_option(
        False,
        "Take rows that repeat another, too: a like name at its place, or its phone or domain.",
    )
    country: str = define_option(
        "United States",
        "The country that mail is sent from, which is left off its own addresses.",
        example="Canada",
    )


class LabelOptions(Options):
    """The sheet of labels."""

    sheet: str = define_option(
        "5160",
        "Labels: Avery 5160, 5163, L7160, L7163, or a grid in millimetres: PAGE COLUMNSxROWS "
        "LABEL at LEFT,TOP step ACROSS,DOWN.",
        example="210x297 3x8 63.5x33.9 at 7.2,12.9 step 66,33.9",
    )
    first: int = define_option(
        1, "Labels: the one that is printed first, on a sheet that was begun.", ge=1, le=1000
    )


class SenderOptions(Options):
    """Who sends the mail."""

    sender: str = define_option(
        "",
        "Letters, envelopes: who sends them, lines parted by |.",
        shown="nobody",
        example="Your Firm|350 Main Street|Larkfield, NV 00101",
        max_length=500,
    )


class LetterOptions(Options):
    """Letters."""

    each: bool = define_option(False, "Letters: a file for each recipient instead of one for all.")


class EnvelopeOptions(Options):
    """Envelopes."""

    envelope: Literal["10", "c5", "dl"] = define_option(
        "10", "Envelopes: their size, US #10, C5 or DL.", example="dl"
    )


class CallOptions(Options):
    """Follow-up calls."""

    mailed: str = define_option(
        "", "Calls: the day that the mail goes out.", shown="today", example="2026-12-01"
    )
    after: int = define_option(7, "Calls: days from the mail to the first one.", ge=0, le=365)
    per_day: int = define_option(20, "Calls: so many a day.", ge=1, le=500)


class VisitOptions(Options):
    """What a day of visits has room for."""

    day: str = define_option(
        "", "Route: the day of the visits.", shown="today", example="2026-12-01"
    )
    start: str = define_option("09:00", "Route: when the day begins.", example="08:30")
    hours: float = define_option(8.0, "Route: most hours, the drives included.", gt=0, le=24)
    visit: float = define_option(20.0, "Route: minutes of one visit.", ge=0, le=480)
    stops: int = define_option(
        0,
        "Route: at most so many visits; the rows with the fewest minutes.",
        shown="all that fit",
        ge=0,
        le=MOST_NUMBER,
    )


class RouteOptions(VisitOptions):
    """A day of visits."""

    home: str = define_option(
        "",
        "Route: where the day begins and ends, an address or LAT,LON.",
        shown="the answer's home base",
        example="350 Main Street, Larkfield, NV",
        max_length=500,
    )
    region: str = define_option(
        "", "Route: use this installed region.", shown="by the home base", example="us/hawaii"
    )
    traffic: Factor = define_option(
        1.0, "Route: multiply the engine's free-flow minutes by this.", example=1.3
    )


class TagOptions(Options):
    """What contacts are called together."""

    tag: str = define_option(
        "",
        "Mailing tools: what these contacts are tagged with.",
        shown="nothing",
        example="spring-2027",
        max_length=100,
    )


class MailingOptions(TagOptions):
    """Files of tools that send e-mail."""

    permission: bool = define_option(
        False, "Mailing tools: the people asked for mail, so nothing is said of rented lists."
    )


class PushOptions(MailingOptions, ChoiceOptions):
    """Rows that are sent to a tool over its API."""

    to: Literal["listmonk", "mailchimp", "hubspot", "brevo", "webhook"] = define_option(
        ..., "The tool that rows are sent to."
    )
    list_: str = define_option(
        "",
        "Its list or audience, by its id; the address of a webhook; hubspot needs none.",
        shown="none",
        example="7",
        max_length=2000,
    )
    dry_run: bool = define_option(False, "Send nothing: say how many rows would be sent, and how.")
    again: bool = define_option(
        False, "Send all rows, those too that the list has as they are from an earlier push."
    )


class ExportOptions(
    MailingOptions,
    RouteOptions,
    CallOptions,
    LetterOptions,
    SenderOptions,
    EnvelopeOptions,
    LabelOptions,
    ChoiceOptions,
):  # the last one's come first
    """What can be asked of an export, of whichever kind."""


class StoredExportOptions(
    TileOptions,
    MailingOptions,
    VisitOptions,
    CallOptions,
    LetterOptions,
    SenderOptions,
    EnvelopeOptions,
    LabelOptions,
    ChoiceOptions,
):
    """What can be asked of stored lists, and of the export that is made of the answer.

    What both have is the question's, and the export goes by it: verdict, and of a route where the
    day begins, on which map, and the traffic.
    """

    preview: bool = define_option(
        False, f"Make it of the first {PREVIEWED} rows alone; no use of a stored list."
    )

    @property
    def question_options(self) -> TileOptions:
        """What is asked of the lists. Raises BadQuestion for what no export can have."""
        for name in FileOptions.model_fields:
            if getattr(self, name):
                raise BadQuestion(f"{name}: an export writes files of its own", field=name)
        if self.dry_run:
            raise BadQuestion("dry_run: an export needs the answer; find tells it", field="dry_run")
        return self.narrowed(TileOptions)

    @property
    def export_options(self) -> ExportOptions:
        """What is asked of the export alone, and the verdict."""
        given = self._set_values(ExportOptions)
        own = {name: value for name, value in given.items() if name not in TileOptions.model_fields}
        return ExportOptions(**own, verdict=self.verdict)

    def _set_values(self, model: type[Options]) -> dict[str, Any]:
        names = self.model_fields_set & model.model_fields.keys()
        return {name: getattr(self, name) for name in names}


class ExportCommandOptions(StoredExportOptions):
    """The same, or of a file that find wrote what the export takes."""

    home: Homes = define_option(
        [],
        "Home base: an address or LAT,LON; repeat for several, and each row has the nearest.",
        shown="of a file that find wrote: the answer's",
        example="Springfield, MA",
    )

    def of_file(self, name: str) -> ExportOptions:
        """Those of a file. Raises BadQuestion for what can't be asked of it any more."""
        given = self._set_values(ExportCommandOptions)
        foreign = sorted(given.keys() - ExportOptions.model_fields.keys())
        if foreign:
            raise BadQuestion(
                f"{foreign[0]}: {name} is a file that find wrote: this is asked of stored lists",
                field=foreign[0],
            )
        if len(self.home) > 1:
            raise BadQuestion("home: a route begins at one place", field="home")
        return check_options(ExportOptions, given | ({"home": self.home[0]} if self.home else {}))

    def of_lists(self) -> StoredExportOptions:
        """Those of stored lists. Raises BadQuestion where the home base is missing."""
        return check_options(StoredExportOptions, self._set_values(ExportCommandOptions))
