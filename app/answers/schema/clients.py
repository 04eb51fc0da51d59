"""The firm's own clients: the portfolio and the week's plan."""

from typing import Literal

from pydantic import ConfigDict, Field

from app.answers.schema.columns import COLUMNS, ColumnsOut
from app.answers.schema.find import CategoryOut, VerdictOut
from app.answers.schema.ground import AnswerOut
from app.answers.schema.model import ExactModel, shown_by

type LimitOut = tuple[float | None, float | None] | Literal["off"]


class ClientOut(ExactModel):
    """One client; null is unknown. All USD, hours and visits are a month's, shares 0 to 1."""

    name: str
    rank: int | None = Field(description="1 pays most, ties share one; null without an income.")
    monthly_income: float | None = Field(description="USD; below 0 where refunds exceed payments.")
    share: float | None = Field(description="Of all positive income.")
    cumulative_share: float | None = Field(description="Up to and with this client.")
    tier: Literal["A", "B", "C", ""] = Field(
        description='A up to 80 % of the income, B up to 95 %; "" without an income.'
    )
    category: CategoryOut
    category_basis: Literal["computers", "employees", ""]
    drive_minutes: float | None = Field(description="Minutes one way; null also beyond reach.")
    hours_a_month: float | None = Field(description="Hours of work.")
    visits_a_month: float | None
    driving_hours_a_month: float | None = Field(description="Hours, there and back.")
    income_per_hour_with_driving: float | None = Field(
        description="USD an hour of work and driving, travel fees included."
    )
    recurring_monthly: float | None = Field(description="USD of the income that recur.")
    recurring_share: float | None = Field(description="Of this client's income.")
    since: str = Field(description='As written; "" is unknown.')
    active: bool | None
    list_rows: str = Field(description="The rows of the list, from 1, with blanks between.")
    reasons: list[str]


class QuestionAnsweredOut(ExactModel):
    """A question about the clients with its answer; `clients` are the names it speaks of."""

    question: str
    answer: str
    clients: list[str]


class TraitOut(ExactModel):
    """One trait among the A clients and among all; shares 0 to 1, of those where it is known."""

    trait: Literal[
        "industry",
        "industry words",
        "category",
        "employees",
        "distance",
        "advisers",
        "adviser",
    ]
    value: str = Field(description="A NAICS code, a band, a name or words, by the trait.")
    label: str = Field(description="The value for people.")
    top: int = Field(description="A clients that have it.")
    top_known: int = Field(description="A clients of whom it is known.")
    all: int = Field(description="Clients that have it.")
    all_known: int = Field(description="Clients of whom it is known.")
    share_top: float
    share_all: float
    lift: float = Field(description="share_top / share_all.")
    low: float = Field(description="Of share_top: the lower end of its 95 % Wilson interval.")
    high: float = Field(description="Of share_top: the upper end of its 95 % Wilson interval.")
    words: str


class IndustryOut(ExactModel):
    """An industry by its NAICS code."""

    code: str
    title: str


class NicheOut(ExactModel):
    """An industry worth looking in; shares 0 to 1."""

    code: str = Field(description="NAICS.")
    title: str
    clients: int
    top_clients: int = Field(description="Those of tier A.")
    low: float = Field(description="Of their share: the lower end of its 95 % Wilson interval.")
    high: float = Field(description="Of their share: the upper end of its 95 % Wilson interval.")
    income_share: float = Field(description="Of all positive income.")
    median_monthly_income: float | None = Field(description="USD; null where unknown of all.")
    fits_background: list[str] = Field(description="What of the firm's background names it.")
    neighbours: list[IndustryOut] = Field(description="The industries beside it, nearest first.")
    prospects: dict[str, int] = Field(description="How many are within reach, by their source.")
    evidence: str


class SuggestedOut(ExactModel):
    """Limits as /v1/find takes them: [low, high], null for an open end, or "off"."""

    minutes: LimitOut
    computers: LimitOut
    employees: LimitOut
    sales: LimitOut = Field(description="USD a year.")
    together: Literal["all_known"]
    industry: list[str] = Field(description='NAICS prefixes such as "naics:6212"; [] for any.')


class TestedNumbersOut(ExactModel):
    """A number of clients for each sweet spot: the one asked for, and the one suggested."""

    asked: int
    suggested: int


class JudgementOut(ExactModel):
    """What a sweet spot says of a client."""

    verdict: VerdictOut
    reasons: list[str]


class TestedClientOut(ExactModel):
    """One of the best clients as both sweet spots judge it."""

    name: str
    rank: int
    asked: JudgementOut
    suggested: JudgementOut


class BackTestOut(ExactModel):
    """Would the sweet spots have kept the best clients?"""

    of: int = Field(description="How many were tested, at most 10.")
    kept: TestedNumbersOut = Field(description="Those that pass.")
    unsure: TestedNumbersOut = Field(description="Those that may.")
    clients: list[TestedClientOut]


class PortfolioOut(AnswerOut):
    """Who pays the bills and what that suggests."""

    model_config = ConfigDict(json_schema_extra=shown_by("portfolio"))

    columns: ColumnsOut = Field(description=COLUMNS)
    prospects_columns: ColumnsOut | None = Field(None, description=COLUMNS)
    clients: list[ClientOut] = Field(description="The best first, then those without income.")
    answers: list[QuestionAnsweredOut]
    traits: list[TraitOut] = Field(description="The most telling first.")
    niches: list[NicheOut] = Field(description="The best supported first.")
    suggested_sweet_spot: SuggestedOut
    back_test: BackTestOut


class DecisionOut(ExactModel):
    """One micro client: keep, slack (only in slack time) or hand_on, and why."""

    name: str
    decision: Literal["keep", "slack", "hand_on"]
    hours: float = Field(description="Hours a month, driving included.")
    income_per_hour_with_driving: float | None = Field(
        description="USD an hour; null where there are no hours."
    )
    reason: str
    list_rows: list[int] = Field(description="The rows of the list, from 1.")


class UndecidedOut(ExactModel):
    """One client that can't be decided, and what is missing."""

    name: str
    missing: str
    list_rows: list[int] = Field(description="The rows of the list, from 1.")


class HoursOut(ExactModel):
    """Hours a week of the whole firm."""

    week: float = Field(description="All of them.")
    marketing: dict[str, float] = Field(description="By activity, planned first.")
    marketing_total: float
    sweet_spot: float = Field(description="For sweet-spot and large clients, driving included.")
    left: float = Field(description="For micro clients.")
    kept: float = Field(description="Taken by those that are kept.")
    free: float = Field(description="Left after those.")


class IncomeOut(ExactModel):
    """USD a month of the micro clients, by what was decided of them."""

    kept: float
    slack: float
    handed_on: float


class CapacityOut(AnswerOut):
    """The week's plan."""

    model_config = ConfigDict(json_schema_extra=shown_by("capacity"))

    columns: ColumnsOut = Field(description=COLUMNS)
    decisions: list[DecisionOut]
    undecided: list[UndecidedOut]
    hours: HoursOut
    income: IncomeOut
    feasible: bool = Field(description="Whether marketing and the sweet spot fit the week.")
