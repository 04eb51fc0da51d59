"""What can be asked about the firm's own clients, each option once, see `find/options.py`."""

from typing import TYPE_CHECKING

from app.find.defining import Limit, Number, Words, define_option
from app.find.options import HomeOptions, ListOptions, PlaceOptions, SpotOptions, TrafficOptions

if TYPE_CHECKING:
    from pathlib import Path

    from app.clients.capacity.choice import Rules
    from app.clients.capacity.planning import Hours
    from app.find.question import Question


class ClientOptions(PlaceOptions, TrafficOptions, HomeOptions):
    """What is asked of every list of clients; without a home base nothing is said of distance."""

    home: str = define_option(
        "",
        "Home base: an address or LAT,LON; without it no distance.",
        shown="none",
        example="Springfield, MA",
        max_length=500,
    )


class PortfolioOptions(SpotOptions, ClientOptions):
    """Who the firm is, and the sweet spot to test."""

    background: Words = define_option(
        [],
        "The firm's own industries: words or NAICS codes; repeat or use commas.",
        shown="none",
        example="medical",
    )

    def question(self, data_dir: "Path") -> "Question":
        """The checked question. Raises BadQuestion naming the field."""
        from app.find.question import Question

        return Question(self.spot(), self.driving(data_dir))


class CapacityOptions(ClientOptions):
    """The week to plan."""

    hours: Number = define_option(..., "All working hours a week.", ge=0, example=40)
    marketing: dict[str, Number] | Words = define_option(
        [],
        "Hours a week set aside by activity, planned first; repeat or use commas.",
        shown="none",
        example="direct mail=4,networking=2",
    )
    sweet_spot_hours: Number | None = define_option(
        None,
        "Hours a week for sweet-spot and large clients.",
        ge=0,
        shown="from the list",
        example=20,
    )
    growth_bonus: Number = define_option(
        0.25, "Added to the value of a client likely to grow; 0.25 is 25 %.", ge=0
    )
    late_discount: Number = define_option(
        0.25, "Taken off the value of a client that pays late.", ge=0, le=1
    )

    def week(self) -> "Hours":
        """The hours. Raises BadQuestion for marketing that can't be read."""
        from app.clients.capacity.planning import Hours, parse_marketing

        given = self.marketing
        marketing = given if isinstance(given, dict) else parse_marketing(given)
        return Hours(self.hours, marketing, self.sweet_spot_hours)

    def rules(self) -> "Rules":
        """What growth and late payment count for."""
        from app.clients.capacity.choice import Rules

        return Rules(self.growth_bonus, self.late_discount)

    def question(self, data_dir: "Path") -> "Question":
        """How one drives to them. Raises BadQuestion naming the field."""
        from app.find.question import Question

        return Question(how=self.driving(data_dir))


class PartnersOptions(ListOptions, TrafficOptions, HomeOptions):
    """Who could introduce us."""

    minutes: Limit = define_option("60", "Drive: 60, 30-60 or off.", example="30-60")
    kind: Words = define_option(
        [],
        "accountant, lawyer, ...; repeat or use commas. Banks only if asked.",
        shown="all but banks",
        example="accountant,lawyer",
    )
    within: Number = define_option(5.0, "Minutes around a partner that count as near.", gt=0, le=50)
    learn: bool = define_option(
        False, "Count rows of stored lists that became clients among the clients near each."
    )

    def question(self, data_dir: "Path") -> "Question":
        """The checked question. Raises BadQuestion naming the field."""
        from app.find.question import Question

        spot = SpotOptions(minutes=self.minutes).spot()
        return Question(spot, self.driving(data_dir))
