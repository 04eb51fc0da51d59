"""GeoJSON (RFC 7946): judged prospects as points, reaches as polygons. Longitude comes first."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from app.answers.schema.find import BasisOut, CategoryOut, FunnelOut, VerdictOut, ZoneOut
from app.answers.schema.geocode import AccuracyOut, FixOut
from app.answers.schema.ground import ATTRIBUTION, HOME, HOME_BASES, NOTES, HomeBaseOut
from app.answers.schema.model import ExactModel, shown_by

type Date = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
type Position = tuple[float, float]
type Ring = Annotated[list[Position], Field(min_length=4, description="Its last is its first.")]


DAY = "When it was asked, YYYY-MM-DD."


class PointGeometry(ExactModel):
    """A point: degrees east, degrees north."""

    type: Literal["Point"]
    coordinates: Position


class PolygonGeometry(ExactModel):
    """A polygon: its outline, then its holes."""

    type: Literal["Polygon"]
    coordinates: list[Ring]


class MultiPolygonGeometry(ExactModel):
    """Several polygons."""

    type: Literal["MultiPolygon"]
    coordinates: list[list[Ring]]


class ReachProperties(ExactModel):
    """What the polygon shows."""

    minutes: float = Field(description="The limit in minutes, traffic included.")


class ReachFeature(ExactModel):
    """What lies within one limit."""

    type: Literal["Feature"]
    properties: ReachProperties
    geometry: PolygonGeometry | MultiPolygonGeometry


class ReachOut(ExactModel):
    """The area within each limit. Members but the first two are ours (RFC 7946, 6.1)."""

    model_config = ConfigDict(json_schema_extra=shown_by("reach"))

    type: Literal["FeatureCollection"]
    features: list[ReachFeature]
    date: Date = Field(description=DAY)
    attribution: str = Field(description=ATTRIBUTION)
    notes: list[str] = Field(
        [], description="Installed maps that can't be used; absent where there are none."
    )


class ProspectProperties(ExactModel):
    """Our columns, and beside them the row as it came: text by header.

    Columns of ours that were not asked for are absent, or text of the list: an earlier answer's.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str | None] = Field(init=False)

    sweetspot_verdict: VerdictOut
    sweetspot_minutes: float | None = Field(description="Minutes of the drive that are judged.")
    sweetspot_minutes_low: float | None = Field(description="Minutes at least.")
    sweetspot_minutes_high: float | None = Field(description="Minutes at most.")
    sweetspot_minutes_free: float | str | None = Field(
        None, description="Minutes without traffic; absent where they do not differ."
    )
    sweetspot_minutes_peak: float | str | None = Field(
        None, description="Minutes with traffic; absent where they do not differ."
    )
    sweetspot_miles: float | None = Field(description="Miles in a straight line.")
    sweetspot_zone: ZoneOut
    sweetspot_category: CategoryOut
    sweetspot_computers_low: float | None = Field(description="Computers at least.")
    sweetspot_computers_high: float | None = Field(description="Computers at most.")
    sweetspot_computers_basis: BasisOut
    sweetspot_lat: float | None = Field(description="Degrees north.")
    sweetspot_lon: float | None = Field(description="Degrees east.")
    sweetspot_accuracy: AccuracyOut | Literal[""]
    sweetspot_radius_m: float | None = Field(description="Metres it may be off.")
    sweetspot_source: str = Field(description='Who located it; "" is nobody.')
    sweetspot_engine: str = Field(description='Who gave the minutes; "" is nobody.')
    sweetspot_home: str | None = Field(None, description=HOME)
    sweetspot_reasons: str = Field(description="With semicolons between.")
    sweetspot_like: float | str | None = Field(
        None, description="Resemblance to the A clients, 0 to 100; absent where not asked for."
    )
    sweetspot_like_known: float | str | None = Field(
        None, description="The share of the weight that it rests on, 0 to 1."
    )
    sweetspot_like_reasons: str | None = Field(None, description="With semicolons between.")
    sweetspot_list: str | None = Field(None, description="The slug of the stored list.")
    sweetspot_row: int | str | None = Field(
        None, description="Its number in the stored list; the first one is 1."
    )


class ProspectFeature(ExactModel):
    """One row; without a geometry where it could not be located."""

    type: Literal["Feature"]
    geometry: PointGeometry | None
    properties: ProspectProperties


class ProspectsGeoJson(ExactModel):
    """The rows of the wanted verdicts. Members but the first two are ours (RFC 7946, 6.1)."""

    model_config = ConfigDict(json_schema_extra=shown_by("prospects"))

    type: Literal["FeatureCollection"]
    features: list[ProspectFeature]
    home_base: FixOut
    home_bases: list[HomeBaseOut] | None = Field(None, description=HOME_BASES)
    date: Date = Field(description=DAY)
    counts: FunnelOut = Field(description="All rows read, whatever their verdict.")
    notes: list[str] = Field(description=NOTES)
    attribution: str = Field(description=ATTRIBUTION)


class RowProperties(ExactModel):
    """What a map shows of a row."""

    row: int = Field(description="Its number in the list; the first one is 1.")
    list: str | None = Field(None, description="The list's slug; absent where one list is asked.")
    verdict: VerdictOut
    minutes: float | None = Field(None, description="Of the drive, to 0.1; absent without any.")
    like: float | None = Field(
        None,
        description="Resemblance to the best clients, 0 to 100, where it is asked for; absent "
        "where nothing of it is known.",
    )
    name: str


class RowFeature(ExactModel):
    """One row that could be located."""

    type: Literal["Feature"]
    id: int = Field(description="The row's number, which goes on through the lists.")
    geometry: PointGeometry
    properties: RowProperties


class RowPointsOut(ExactModel):
    """The chosen rows that could be located. `attribution` is ours (RFC 7946, 6.1)."""

    model_config = ConfigDict(json_schema_extra=shown_by("row_points"))

    type: Literal["FeatureCollection"]
    features: list[RowFeature]
    attribution: str = Field(description=ATTRIBUTION)
