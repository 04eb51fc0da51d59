"""The firm's own clients: who pays the bills, whom to keep, who could introduce us."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from app.answers.report import ground_meta
from app.clients.books import read_clients
from app.clients.capacity.choice import Rules
from app.clients.capacity.planning import Hours, parse_marketing, plan_clients
from app.clients.partners.introducing import find_partners
from app.clients.portfolio.review import ReviewQuestion, review_clients
from app.find.question import Question, column_overrides, driving_from
from app.lists.read import ListFile, from_rows, open_list
from app.lists.vocabulary import CLIENTS, PROSPECTS
from app.lists.write import open_writer
from app.routers import PartsDep
from app.routers.exchange import (
    A_FILE,
    MEDIA,
    TRAFFIC,
    Body,
    Cell,
    FiniteNumber,
    FolderDep,
    LimitIn,
    TrafficIn,
    Turn,
    asked_of,
    check_rows,
    file_responses,
    kind_wanted,
    split_terms,
)
from app.routers.geocode import FixOut
from app.wiring.parts import Parts

router = APIRouter(prefix="/v1", tags=["clients"])

SHEETS = ("csv", "xlsx")
FILES = file_responses(*SHEETS)
EXAMPLE: dict[str, JsonValue] = {
    "clients": [
        {"client": "Pioneer Dental", "revenue": "$24,000", "industry": "dental", "computers": 14},
        {"client": "Harbor Law", "revenue": 6000, "industry": "lawyers", "employees": "10 to 19"},
    ],
    "background": ["medical"],
}
WEEK: dict[str, JsonValue] = {
    "hours": 40,
    "marketing": {"direct mail": 4, "networking": 2},
    "sweet_spot_hours": 20,
    "clients": [
        {"client": "Corner Books", "computers": 4, "hours a month": 6, "hourly rate": 90,
         "visits": 1, "drive minutes": 25, "flexible": "yes"},
        {"client": "Mill Cafe", "computers": 2, "hours a month": 60, "hourly rate": 60},
    ],
}  # fmt: skip


class Where(BaseModel):
    """Where the firm drives from; without a home base nothing is said of distance."""

    model_config = ConfigDict(extra="forbid")

    home: str = Field("", max_length=500, description="An address, or LAT,LON.")
    region: str = Field("", description="An installed region; chosen by the home base if empty.")
    traffic: TrafficIn = TRAFFIC


class PortfolioIn(Where):
    """The clients, the firm's background, and the sweet spot to test. Limits as in /v1/find."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    clients: list[dict[str, Cell]] = Field(
        description="Rows as objects; keys are read like headers: client, revenue, hours, visits, "
        "computers, employees, sales, industry, address, ..."
    )
    background: list[str] = Field([], description="The firm's own industries: words or NAICS.")
    prospects: list[dict[str, Cell]] = Field([], description="Counted in each niche.")
    minutes: LimitIn = None
    computers: LimitIn = None
    employees: LimitIn = None
    sales: LimitIn = None
    industry: list[str] = Field([], description="NAICS or SIC codes, or words.")


class PortfolioQuery(Where):
    """The same in a query string; the body is the list."""

    background: str = Field("", description="Words or NAICS codes; commas between.")
    minutes: str | None = None
    computers: str | None = None
    employees: str | None = None
    sales: str | None = None
    industry: str = Field("", description="NAICS or SIC codes, or words; commas between.")
    column: list[str] = Field([], description="MEANING=HEADER, where a header is not recognised.")


class CapacityRules(Where):
    """What both ways of asking for a plan share; hours are hours a week."""

    hours: Annotated[float, Field(ge=0, allow_inf_nan=False, description="All working hours.")]
    sweet_spot_hours: float | None = Field(
        None, ge=0, description="For sweet-spot and large clients; from their rows if left out."
    )
    growth_bonus: float = Field(0.25, ge=0, description="0.25 is 25 % more value if it may grow.")
    late_discount: float = Field(0.25, ge=0, le=1, description="Off the value of late payers.")

    def rules(self) -> Rules:
        """What growth and late payment count for."""
        return Rules(self.growth_bonus, self.late_discount)


class CapacityIn(CapacityRules):
    """The hours of a week and the clients."""

    model_config = ConfigDict(json_schema_extra={"examples": [WEEK]})

    clients: list[dict[str, Cell]] = Field(description="Rows as objects, as for the portfolio.")
    marketing: dict[str, FiniteNumber] = Field({}, description="Hours by activity, planned first.")


class CapacityQuery(CapacityRules):
    """The same in a query string; the body is the list."""

    marketing: list[str] = Field([], description="ACTIVITY=HOURS a week; repeat.")
    column: list[str] = Field([], description="MEANING=HEADER, where a header is not recognised.")


class PartnersQuery(BaseModel):
    """Who could introduce us, from the region's own places."""

    model_config = ConfigDict(extra="forbid")

    home: str = Field(min_length=1, max_length=500, description="An address, or LAT,LON.")
    minutes: str = Field("60", description="Drive: 60, 30-60 or off.")
    kind: list[str] = Field([], description="accountant, lawyer, ...; all but banks if empty.")
    within: float = Field(5.0, gt=0, le=50, description="Minutes around a partner that are near.")
    region: str = ""
    traffic: TrafficIn = TRAFFIC


class PartnersIn(PartnersQuery):
    """The same with lists of your own; without `partners` they are the region's places."""

    partners: list[dict[str, Cell]] = []
    prospects: list[dict[str, Cell]] = []
    clients: list[dict[str, Cell]] = []


class AnswerOut(BaseModel):
    """What every answer says of where it was given; absent without a home base."""

    home_base: FixOut | None = None
    engine: str | None = None
    region: str | None = None
    attribution: str | None = None
    notes: list[str]


class ClientOut(BaseModel):
    """One client; USD a month, shares 0 to 1, null where unknown."""

    name: str
    rank: int | None
    monthly_income: float | None
    share: float | None
    cumulative_share: float | None
    tier: Literal["A", "B", "C", ""]
    category: Literal["micro", "sweet spot", "large", ""]
    category_basis: Literal["computers", "employees", ""]
    drive_minutes: float | None
    hours_a_month: float | None
    visits_a_month: float | None
    driving_hours_a_month: float | None
    income_per_hour_with_driving: float | None
    recurring_monthly: float | None
    recurring_share: float | None
    since: str
    active: bool | None
    list_rows: str
    reasons: list[str]


class PortfolioOut(AnswerOut):
    """Who pays the bills and what that suggests. `suggested_sweet_spot` has the fields of find."""

    clients: list[ClientOut]
    answers: list[dict[str, Any]]
    traits: list[dict[str, Any]]
    niches: list[dict[str, Any]]
    suggested_sweet_spot: dict[str, Any]
    back_test: dict[str, Any]


class DecisionOut(BaseModel):
    """One micro client: keep, slack (only in slack time) or hand_on, and why."""

    name: str
    decision: Literal["keep", "slack", "hand_on"]
    hours: float
    income_per_hour_with_driving: float | None
    reason: str
    list_rows: list[int]


class CapacityOut(AnswerOut):
    """The week's plan: hours a week, income in USD a month."""

    decisions: list[DecisionOut]
    undecided: list[dict[str, Any]]
    hours: dict[str, Any]
    income: dict[str, float]
    feasible: bool


class PartnerOut(BaseModel):
    """One who could introduce us; counts are null where they can't be told."""

    name: str
    kind: str
    minutes: float
    miles: float
    prospects_nearby: int | None
    clients_nearby: int | None
    clients_naming: int | None
    address: str
    phone: str
    website: str
    lat: float
    lon: float
    source: str
    reason: str


class PartnersOut(AnswerOut):
    """Partners in the order to call on them, and how many were left out, by why."""

    partners: list[PartnerOut]
    counts: dict[str, int]
    left_out: dict[str, int]
    within_minutes: float


def _answered(
    request: Request,
    document: dict[str, Any],
    tables: tuple[pl.DataFrame, pl.DataFrame],
    to: Path,
    sheets: Mapping[str, pl.DataFrame] | None = None,
) -> Response:
    """JSON, or the rows as CSV or XLSX by Accept."""
    kind = kind_wanted(request, "json")
    if kind not in SHEETS:
        return JSONResponse(document)
    with open_writer(to, kind, name="clients", sheets=sheets, temporary=True) as sink:
        sink.write(*tables)
    return FileResponse(to, media_type=MEDIA[kind])


def _portfolio(
    request: Request,
    parts: Parts,
    ask: PortfolioIn | PortfolioQuery,
    listed: ListFile,
    folder: Path,
) -> Response:
    request.state.rows = listed.rows
    how = driving_from(traffic=parts.traffic(ask.traffic))
    question = Question(asked_of(ask).sweet_spot(), how)
    clients = read_clients(listed, needs="revenue")
    ground = parts.ground_if_any(ask.home, question, ask.region)
    sources = {}
    if isinstance(ask, PortfolioIn) and ask.prospects:
        sources["the list"] = from_rows(ask.prospects).batches()
    if ground and ground.region and not ground.engine.metered:
        sources["the region's places"] = parts.prospects(ground).batches()
    asking = ReviewQuestion(question.spot, how, split_terms(ask.background), sources)
    found = review_clients(clients, ground, asking)
    document = {**(ground_meta(ground) if ground else {}), **found.document()}
    tables = found.cells(), found.frame()
    return _answered(request, document, tables, folder / "answer", found.tables())


@router.post("/clients/portfolio", response_model=PortfolioOut, responses=FILES)
def portfolio(
    request: Request, parts: PartsDep, ask: PortfolioIn, folder: FolderDep, _: Turn
) -> Response:
    """Who pays the bills, what the best have in common, niches, and a sweet spot with its test."""
    for rows in (ask.clients, ask.prospects):
        check_rows(rows, parts, "/v1/clients/portfolio.csv")
    return _portfolio(
        request, parts, ask, from_rows(ask.clients, vocabulary=CLIENTS, field="clients"), folder
    )


@router.post(
    "/clients/portfolio.csv", response_model=PortfolioOut, responses=FILES, openapi_extra=A_FILE
)
def portfolio_csv(
    request: Request,
    parts: PartsDep,
    ask: Annotated[PortfolioQuery, Query()],
    body: Body,
    folder: FolderDep,
    _: Turn,
) -> Response:
    """The same for the rows of a CSV or XLSX body."""
    listed = open_list(body, columns=column_overrides(ask.column), vocabulary=CLIENTS)
    return _portfolio(request, parts, ask, listed, folder)


def _capacity(
    request: Request, parts: Parts, ask: CapacityRules, hours: Hours, listed: ListFile, to: Path
) -> Response:
    request.state.rows = listed.rows
    clients = read_clients(listed, needs="hours")
    how = driving_from(traffic=parts.traffic(ask.traffic))
    ground = parts.ground_if_any(ask.home, Question(how=how), ask.region)
    made = plan_clients(clients, ground, how, hours, ask.rules())
    document = {**(ground_meta(ground) if ground else {}), **made.document()}
    return _answered(request, document, (made.cells(), made.frame()), to)


@router.post("/clients/capacity", response_model=CapacityOut, responses=FILES)
def capacity(
    request: Request, parts: PartsDep, ask: CapacityIn, folder: FolderDep, _: Turn
) -> Response:
    """Which micro clients to keep, which only in slack time, which to hand on."""
    check_rows(ask.clients, parts, "/v1/clients/capacity.csv")
    hours = Hours(ask.hours, ask.marketing, ask.sweet_spot_hours)
    listed = from_rows(ask.clients, vocabulary=CLIENTS, field="clients")
    return _capacity(request, parts, ask, hours, listed, folder / "answer")


@router.post(
    "/clients/capacity.csv", response_model=CapacityOut, responses=FILES, openapi_extra=A_FILE
)
def capacity_csv(
    request: Request,
    parts: PartsDep,
    ask: Annotated[CapacityQuery, Query()],
    body: Body,
    folder: FolderDep,
    _: Turn,
) -> Response:
    """The same for the rows of a CSV or XLSX body."""
    hours = Hours(ask.hours, parse_marketing(ask.marketing), ask.sweet_spot_hours)
    listed = open_list(body, columns=column_overrides(ask.column), vocabulary=CLIENTS)
    return _capacity(request, parts, ask, hours, listed, folder / "answer")


def _partners(
    request: Request,
    parts: Parts,
    ask: PartnersQuery,
    lists: Mapping[str, ListFile | None],
    folder: Path,
) -> Response:
    how = driving_from(traffic=parts.traffic(ask.traffic))
    question = Question(asked_of(ask).sweet_spot(), how)
    ground = parts.ground(ask.home, question, ask.region)
    places = parts.places(ground) if ground.region else None
    found, notes = find_partners(ground, question, places, lists, kinds=ask.kind, within=ask.within)
    document = {**ground_meta(ground), **found.document(), "notes": notes}
    return _answered(request, document, found.tables(), folder / "answer")


@router.get("/partners", response_model=PartnersOut, responses=FILES)
def partners(
    request: Request,
    parts: PartsDep,
    ask: Annotated[PartnersQuery, Query()],
    folder: FolderDep,
    _: Turn,
) -> Response:
    """Accountants, lawyers and other trusted advisers on the region's map within the drive."""
    return _partners(request, parts, ask, {}, folder)


@router.post("/partners", response_model=PartnersOut, responses=FILES)
def partners_of_lists(
    request: Request, parts: PartsDep, ask: PartnersIn, folder: FolderDep, _: Turn
) -> Response:
    """The same with your own list of partners, and counting your prospects and clients."""
    given = {"partners": ask.partners, "prospects": ask.prospects, "clients": ask.clients}
    for rows in given.values():
        check_rows(rows, parts, "`sweetspot partners`")
    lists = {
        name: from_rows(rows, vocabulary=CLIENTS if name == "clients" else PROSPECTS, field=name)
        for name, rows in given.items()
        if rows
    }
    return _partners(request, parts, ask, lists, folder)
