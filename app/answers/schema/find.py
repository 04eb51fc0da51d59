"""Judged prospects, their funnel, and what services were asked."""

from typing import Literal

from pydantic import ConfigDict, Field

from app.answers.schema.columns import COLUMNS, ColumnsOut
from app.answers.schema.geocode import AccuracyOut
from app.answers.schema.ground import HOME, HOME_BASES, GroundOut, HomeBaseOut
from app.answers.schema.model import ExactModel, shown_by

type VerdictOut = Literal["pass", "maybe", "fail"]
type ZoneOut = Literal["", "near", "edge", "beyond"]
type CategoryOut = Literal["", "micro", "sweet spot", "large"]
type BasisOut = Literal["", "list", "estimated"]


class WeightsOut(ExactModel):
    """How much each component of the resemblance counts, 0 to 1000."""

    industry: float
    size: float
    minutes: float
    advisers: float


class ContributionsOut(ExactModel):
    """Points of each component, at most its weight; null where it can't be compared."""

    industry: float | None
    size: float | None
    minutes: float | None
    advisers: float | None


class LikeOut(ExactModel):
    """One row's resemblance to the A clients."""

    score: float | None = Field(description="0 to 100; null where nothing is known to compare.")
    known: float = Field(description="The share of the whole weight that it rests on, 0 to 1.")
    contributions: ContributionsOut
    reasons: list[str] = Field(description="What each component adds, and why.")


class HiddenClientOut(ExactModel):
    """How high an A client would have ranked in the list, had it not been known."""

    name: str
    score: float | None = Field(description="0 to 100; null where nothing is known to compare.")
    rank: int | None = Field(description="1 is the highest; null without a score.")
    of: int = Field(description="The rows of the list, and itself.")


class LookalikesOut(ExactModel):
    """What the rows were compared with, and how well that finds the A clients again."""

    learnt: list[str] | None = Field(
        None, description="The rows that became clients, among the A clients; absent without."
    )
    weights: WeightsOut
    a_clients: list[str]
    leave_one_out: list[HiddenClientOut]
    columns: ColumnsOut = Field(description="What was read of the clients as what.")
    notes: list[str]


class ProspectOut(ExactModel):
    """One row: its verdict, why, and what it rests on."""

    name: str
    verdict: VerdictOut = Field(description="The least of its criteria's.")
    minutes: float | None = Field(
        description="Of the drive, those that are judged; null where they can't be said or no "
        "road leads there."
    )
    minutes_low: float | None = Field(description="Minutes at least, as far as that is known.")
    minutes_high: float | None = Field(description="Minutes at most, as far as that is known.")
    minutes_free: float | None = Field(
        None, description="Minutes without traffic; absent where they do not differ."
    )
    minutes_peak: float | None = Field(
        None, description="Minutes with traffic; absent where they do not differ."
    )
    miles: float | None = Field(description="Miles in a straight line; null where not located.")
    zone: ZoneOut = Field(
        description='"near" is up to 30 minutes, "edge" up to 50; "" where they are unknown.'
    )
    category: CategoryOut = Field(description='By computers, else employees; "" is unknown.')
    computers_low: float | None = Field(description="Computers at least; null is unknown.")
    computers_high: float | None = Field(description="Computers at most; null is unknown or open.")
    computers_basis: BasisOut = Field(description='Who counts them; "" is nobody.')
    lat: float | None = Field(description="Degrees north; null where not located.")
    lon: float | None = Field(description="Degrees east; null where not located.")
    accuracy: AccuracyOut | Literal[""] = Field(
        description='Of the location; "" where there is none.'
    )
    radius_m: float | None = Field(description="Metres it may be off; null where not located.")
    source: str = Field(description='Who located it; "" is nobody.')
    engine: str = Field(description='Who gave the minutes; "" is nobody.')
    home: str | None = Field(None, description=HOME)
    reasons: list[str] = Field(description="Value, limit and margin of each criterion.")
    cells: dict[str, str | None] = Field(description="The row as it came: text by header.")
    like: LikeOut | None = Field(None, description="Absent where no resemblance was asked for.")


class FunnelOut(ExactModel):
    """How many rows are left at each step; the steps add up to the rows read.

    read = located + not_located; located = within + beyond + reach_unknown;
    within = right_size + wrong_size + size_unknown; passed + maybe + failed = read.
    """

    read: int
    located: int
    not_located: int
    within: int
    beyond: int
    reach_unknown: int
    right_size: int
    wrong_size: int
    size_unknown: int
    passed: int
    maybe: int
    failed: int
    nearer: int = Field(description="Of those beyond: left out by a lower bound.")
    closed: int = Field(description="Of those that failed: the list says they have closed.")


class EngineUseOut(ExactModel):
    """What a service was asked; in a dry run, what it would be asked."""

    asked: int = Field(description="Drives asked for.")
    saved: int = Field(description="Drives that needed no asking.")
    usd: float | None = Field(description="What those asked for cost in USD; null without a price.")


class GeocoderUseOut(ExactModel):
    """What one geocoding service was asked; in a dry run, at most."""

    name: str
    asked: int = Field(description="Addresses.")
    calls: int = Field(description="Requests that they took.")
    found: int = Field(description="Addresses placed by it.")
    kept: int = Field(description="Addresses answered from before.")
    unasked: int = Field(description="Addresses over its budget.")
    lost: int = Field(description="Addresses that it did not answer.")
    usd: float | None = Field(description="What it costs in USD; null without a price.")


class FindOut(GroundOut):
    """The rows of the wanted verdicts, and the funnel over all rows."""

    model_config = ConfigDict(json_schema_extra=shown_by("find"))

    home_bases: list[HomeBaseOut] | None = Field(None, description=HOME_BASES)
    counts: FunnelOut
    columns: ColumnsOut | None = Field(None, description=COLUMNS)
    engine_use: EngineUseOut | None = Field(None, description="Absent without a service.")
    geocoder_use: list[GeocoderUseOut] | None = Field(
        None, description="In the order asked; absent without a geocoding service."
    )
    like: LookalikesOut | None = Field(
        None, description="Absent where no resemblance was asked for."
    )
    prospects: list[ProspectOut]
