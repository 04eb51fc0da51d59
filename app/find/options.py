"""Each option once: its name, type, bounds, default, help and an example.

The command line's parameters, the API's models and docs/reference.md are made of these models, so
nothing heavier than pydantic is imported before a question is put together.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from app.errors import BadQuestion
from app.find.defining import (
    LONGEST_HOME,
    SORTED,
    Homes,
    Limit,
    Number,
    Options,
    Sort,
    Traffic,
    Words,
    define_option,
    first_fault,
)
from app.lists.mapping import ChosenColumns
from app.lists.options import SavedMapping
from app.lists.saved import parse_saved, read_saved

if TYPE_CHECKING:
    from app.find.question import Question
    from app.geo.driving.engine import Driving
    from app.sweetspot.criteria import SweetSpot

MOST_SPOT_BYTES = 1 << 16  # judgement: a saved sweet spot has a few hundred


REGION = define_option(
    "", "Use this installed region.", shown="by the home base", example="us/hawaii"
)


class HomeOptions(Options):
    """Where one drives from."""

    home: str = define_option(
        ...,
        "Home base: an address or LAT,LON.",
        example="Springfield, MA",
        max_length=LONGEST_HOME,
    )
    region: str = REGION


class HomesOptions(Options):
    """Where one drives from, from one place or several."""

    home: Homes = define_option(
        ...,
        "Home base: an address or LAT,LON; repeat for several, and each row has the nearest.",
        example="Springfield, MA",
    )
    region: str = REGION


class SpotOptions(Options):
    """The sweet spot. A distance without minutes replaces the default minutes; else both hold."""

    minutes: Limit = define_option(
        None, "Drive, both bounds included: 50, 30-50 or off.", shown="50", example="30-50"
    )
    miles: Limit = define_option(
        None,
        "Straight-line miles, instead of the minutes or as well.",
        shown="off",
        example="10-50",
    )
    km: Limit = define_option(None, "The same in kilometres.", shown="off", example="80")
    computers: Limit = define_option(None, "Computers, or off.", shown="10-50", example="10-50")
    employees: Limit = define_option(None, "Employees, or off.", shown="10-100", example="10+")
    sales: Limit = define_option(
        None, "Sales in USD a year, or off.", shown="1M-10M", example="500K-10M"
    )
    together: Literal["all_known", "any", "all"] = define_option(
        "all_known",
        "How sizes join: all known pass, and one is known; one passes; all pass.",
        example="any",
    )
    industry: Words = define_option(
        [],
        "NAICS or SIC codes, or words (and the codes they name); repeat or use commas.",
        shown="any",
        example="dental,5412",
    )
    advisers: bool = define_option(False, "Wants a named trusted adviser.")
    estimates: bool = define_option(
        False, "Let estimated computers decide where the list counts none."
    )
    licence_terms: Literal["open", "closed"] = define_option(
        "open", "What a business counts as whose licence ran out; it is said.", example="closed"
    )

    def spot(self) -> "SweetSpot":
        """The checked criteria. Raises BadQuestion naming the field."""
        from app.find.question import limit_bounds, miles_of
        from app.sweetspot.criteria import SweetSpot

        if self.miles is not None and self.km is not None:
            raise BadQuestion("give the distance in miles or in km, not both", field="km")
        default = SweetSpot()
        distance = limit_bounds(self.miles, "miles", None) or miles_of(
            limit_bounds(self.km, "km", None)
        )
        return SweetSpot(
            minutes=limit_bounds(self.minutes, "minutes", None if distance else default.minutes),
            miles=distance,
            unit="mi" if self.km is None else "km",
            computers=limit_bounds(self.computers, "computers", default.computers),
            employees=limit_bounds(self.employees, "employees", default.employees),
            sales=limit_bounds(self.sales, "sales", default.sales),
            together=self.together,
            industry=tuple(self.industry),
            advisers=self.advisers,
            estimates=self.estimates,
            licence_terms=self.licence_terms,
        )


class TrafficOptions(Options):
    """How much longer than without traffic one drives."""

    traffic: Traffic = define_option(
        1.0,
        "Multiplies the free-flow minutes; fitted: the factor that `calibrate` fitted.",
        example="1.3",
    )

    def driving(self, data_dir: Path) -> "Driving":
        """How one drives. Raises BadQuestion naming the field."""
        from app.geo.driving.engine import Driving

        return Driving(traffic=self.factor(data_dir))

    def factor(self, data_dir: Path) -> float:
        """The factor asked for, or the one that was fitted. Raises BadQuestion for none."""
        from app.find.traffic import fitted_factor

        return fitted_factor(data_dir) if self.traffic == "fitted" else float(self.traffic)


class DrivingOptions(TrafficOptions):
    """How one drives."""

    direction: Literal["out", "back"] = define_option(
        "out", "out (to the prospect) or back (from it).", example="back"
    )
    tolls: bool = define_option(True, "Toll roads.")
    highways: bool = define_option(True, "Motorways.")
    ferries: bool = define_option(False, "Ferries.")
    depart: str = define_option(
        "",
        "When one leaves, by the home base's clock, for engines that know the time of day; some "
        "want its offset, too: 2026-12-01T08:30-05:00.",
        shown="no time of day",
        example="2026-12-01T08:30",
    )
    limit_on: Literal["peak", "free"] = define_option(
        "peak", "Minutes that are judged: peak (with traffic) or free.", example="free"
    )

    def driving(self, data_dir: Path) -> "Driving":
        """How one drives. Raises BadQuestion naming the field."""
        from app.find.question import parse_departure
        from app.geo.driving.engine import Direction, Driving, Side

        return Driving(
            Direction(self.direction),
            self.tolls,
            self.highways,
            self.ferries,
            self.factor(data_dir),
            parse_departure(self.depart, datetime.now(UTC)),
            Side(self.limit_on),
        )


class FileOptions(Options):
    """What a file of an answer has besides its rows."""

    notes: bool = define_option(
        False,
        "Write home base, date, limits, counts and notes beside the file, as FILE-about.csv; a "
        "request gets both in a zip file.",
    )
    excel: bool = define_option(
        False, "Begin CSV with the mark by which Excel knows UTF-8, so that accents stay whole."
    )


class FormatOptions(Options):
    """In which form a request's answer comes; a command's is in the name of its file."""

    format: str = define_option(
        "",
        "The answer's format, where a link can't set `Accept`: its file's ending, such as csv.",
        shown="by `Accept`",
        example="xlsx",
        max_length=20,
    )


class QuestionOptions(
    FileOptions, DrivingOptions, SpotOptions, HomesOptions
):  # the last one's come first
    """What can be asked of prospects, wherever they come from."""

    verdict: str = define_option(
        "pass",
        "Rows to return: pass, maybe, fail, several with commas, or all.",
        example="pass,maybe",
    )
    sort: Sort = define_option(
        "list", f"Order of the rows: list (as they came), {SORTED}", example="minutes"
    )
    weights: str = define_option(
        "",
        "What resemblance to the best clients rests on.",
        shown="industry=40,size=30,minutes=20,advisers=10",
        example="industry=50",
    )
    geocode: bool = define_option(False, "Place rows by address even where they have coordinates.")
    all_minutes: bool = define_option(False, "Ask a service for rows that fail on size, too.")
    dry_run: bool = define_option(False, "Ask no service: say what would be asked, and its price.")
    allow_bulk: bool = define_option(
        False, "Ask public geocoders even for more addresses than they like."
    )

    def question(self, data_dir: Path) -> "Question":
        """The checked question, as of today. Raises BadQuestion naming the field."""
        from app.find.question import Question

        return Question(
            self.spot(),
            self.driving(data_dir),
            self.geocode,
            date.today(),
            self.all_minutes,
            self.dry_run,
            self.allow_bulk,
        )


class ColumnOptions(Options):
    """How a list's headers are read."""

    column: list[str] = define_option(
        [],
        "MEANING=HEADER, where a header is not recognised, MEANING= where it is none; repeat.",
        example="employees=Staff",
    )

    def columns(self, saved: SavedMapping | None = None, source: str = "mapping") -> ChosenColumns:
        """The columns named by the user, over those of a saved mapping, called `source` in errors.

        Raises BadQuestion naming the text that is no pair.
        """
        return ChosenColumns(named_columns(self.column), saved or SavedMapping(), source)


class ListOptions(ColumnOptions):
    """How a list is read that may be a vendor's."""

    vendor: str = define_option(
        "",
        "Whose list it is, by its name or any part that only one has: its letters are read so.",
        shown="by its headers",
        example="Data Axle",
        max_length=100,
    )

    def columns(self, saved: SavedMapping | None = None, source: str = "mapping") -> ChosenColumns:
        """The same, and whose list it is."""
        return replace(super().columns(saved, source), vendor=self.vendor)


class PlaceOptions(ListOptions):
    """How a list is read that may leave out where its rows are."""

    place: str = define_option(
        "",
        "Where the rows are that say no town, state or ZIP code: a town, a state, or both.",
        shown="nowhere",
        example="Bozeman, MT",
        max_length=200,
    )


class FindOptions(PlaceOptions, QuestionOptions):
    """What can be asked of a list."""


class ProspectsOptions(QuestionOptions):
    """What can be asked of the businesses on the region's own map; sizes are unknown there."""

    verdict: str = define_option(
        "pass,maybe",
        "Rows to return: pass, maybe, fail, several with commas, or all.",
        example="all",
    )
    sort: Sort = define_option(
        "minutes", f"Order of the rows: list (as on the map), {SORTED}", example="list"
    )


class GeocodeOptions(Options):
    """Where an address is looked for."""

    k: int = define_option(5, "At most so many places.", ge=1, le=50)
    region: str = define_option(
        "", "Look in this installed region only.", shown="all", example="us/hawaii"
    )
    home: str = define_option(
        "",
        "Home base, an address or LAT,LON: what is nearest to it comes first.",
        shown="our maps first",
        example="21.3069,-157.8583",
        max_length=500,
    )
    online: bool = define_option(
        False, "Ask the configured services, too, where ours don't know; not while typing."
    )


class CalibrateOptions(ColumnOptions):
    """Against which map the drives that were made are held."""

    region: str = define_option(
        "", "Use this installed region.", shown="by the start", example="us/hawaii"
    )


class ReachOptions(TrafficOptions, HomeOptions):
    """What is drawn of the area within reach."""

    minutes: list[Number] = define_option(
        [30.0, 50.0], "A polygon for each; repeat.", min_length=1, max_length=8
    )
    direction: Literal["out", "back"] = define_option(
        "out", "out (to the prospect) or back (from it).", example="back"
    )

    def driving(self, data_dir: Path) -> "Driving":
        """How one drives. Raises BadQuestion naming the field."""
        from app.geo.driving.engine import Direction, Driving

        return Driving(Direction(self.direction), traffic=self.factor(data_dir))


def read_spot(path: Path) -> SpotOptions:
    """A sweet spot saved as JSON, such as `clients portfolio --save` writes.

    Raises BadQuestion naming the file and the field that no sweet spot has, or what is wrong in it.
    """
    return parse_spot(read_saved(path, MOST_SPOT_BYTES, "sweet_spot"), str(path))


def parse_spot(saved: bytes, source: str) -> SpotOptions:
    """The same of the bytes of such a file, which the errors call `source`."""
    fields = parse_saved(saved, source, "sweet spot", MOST_SPOT_BYTES, "sweet_spot")
    known = SpotOptions.model_fields.keys()
    wrong = set(fields) - known if isinstance(fields, dict) else {"a list or value"}
    if wrong:
        raise BadQuestion(
            f"{source}: no sweet spot has {', '.join(sorted(map(repr, wrong)))}; "
            f"it has {', '.join(sorted(known))}",
            field="sweet_spot",
        )
    try:
        return SpotOptions(**fields)
    except ValidationError as why:
        name, said = first_fault(why.errors())
        raise BadQuestion(f"{source}: {name} can't be read ({said})", field="sweet_spot") from why


def named_columns(texts: Sequence[str]) -> dict[str, str]:
    """Columns named by the user: ["employees=Staff"] -> {"employees": "Staff"}; "" is none.

    Raises BadQuestion naming the text that is no pair.
    """
    pairs = {}
    for text in texts:
        meaning, equals, header = text.partition("=")
        if not equals or not meaning.strip():
            raise BadQuestion(
                f"column {text!r}: expected MEANING=HEADER, such as employees=Staff",
                field="column",
            )
        pairs[meaning.strip()] = header.strip()
    return pairs
