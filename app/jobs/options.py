"""What can be asked of jobs that build regions; see `app.find.defining`."""

from pydantic import ConfigDict

from app.errors import BadInput
from app.find.defining import LONGEST_HOME, Options, define_option

LARGE = "Download over 500 MB without asking."


class AreaOptions(Options):
    """Around where."""

    near: str = define_option(
        "",
        "Or: what one can drive to around an address, cut to a circle.",
        example="1001 Bishop St, Honolulu, HI",
        max_length=LONGEST_HOME,
    )
    miles: float = define_option(60.0, "How far around it.", ge=1, le=300)
    whole_circle: bool = define_option(False, "With all across the sea, and every sliver.")


class RegionOptions(AreaOptions):
    """Of what a region is made: an extract, or those around a home base."""

    name: str = define_option("", "A Geofabrik extract, such as hawaii.", max_length=100)

    def check(self) -> None:
        """Raise BadInput where it is not one of the two."""
        if bool(self.name) == bool(self.near):
            raise BadInput("give either an extract's name or near, an address", field="name")


class BuildOptions(RegionOptions):
    """The same, to be built."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"near": "1001 Bishop St, Honolulu, HI", "miles": 30}]}
    )

    yes: bool = define_option(False, LARGE)
