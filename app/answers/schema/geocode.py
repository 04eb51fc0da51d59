"""Where an address lies."""

from typing import Literal

from pydantic import ConfigDict, Field

from app.answers.schema.model import ExactModel, shown_by

type AccuracyOut = Literal["given", "rooftop", "interpolated", "street", "postcode", "place"]


class FixOut(ExactModel):
    """Where an address lies: WGS84 degrees, and how many metres it may be off."""

    label: str = Field(description="The address found, as a person would write it.")
    lat: float = Field(description="Degrees north.")
    lon: float = Field(description="Degrees east.")
    accuracy: AccuracyOut = Field(description="Best first; given: the coordinates that were asked.")
    radius_m: float = Field(description="Metres it may be off.")
    source: str = Field(description="Who says so.")
    note: str = Field("", description="What to know of it; absent of a home base.")


class Geocoded(ExactModel):
    """The places that fit, best first; none is an empty list."""

    model_config = ConfigDict(json_schema_extra=shown_by("geocode"))

    address: str = Field(description="As it was asked.")
    fixes: list[FixOut]
    notes: list[str] = Field([], description="Installed maps that could not be asked.")


type SuggestionKind = Literal["point", "house", "street", "postcode", "place"]


class SuggestionOut(ExactModel):
    """A home base that may be meant."""

    label: str = Field(description="As `home=` takes it.")
    lat: float = Field(description="Degrees north, of what it means there.")
    lon: float = Field(description="Degrees east.")
    kind: SuggestionKind


class SuggestionsOut(ExactModel):
    """What may be meant, likeliest first; none is an empty list."""

    model_config = ConfigDict(json_schema_extra=shown_by("suggestions"))

    suggestions: list[SuggestionOut]
