"""One question: prospects + home base + sweet spot -> verdicts."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from app.answers.report import (
    ChosenRows,
    Report,
    Sorted,
    check_sort,
    chosen_verdicts,
    judge_list,
    rows_into,
)
from app.clients.lookalikes.alike import Alike, alike_to
from app.find.ground import Ground
from app.find.question import Question, column_overrides, driving_from
from app.geo.driving.engine import Direction, Side
from app.lists.read import ListFile, from_rows, open_list
from app.lists.vocabulary import CLIENTS
from app.lists.write import open_writer
from app.routers import PartsDep
from app.routers.exchange import (
    A_FILE,
    MEDIA,
    TRAFFIC,
    Body,
    Cell,
    FolderDep,
    LimitIn,
    TrafficIn,
    Turn,
    asked_of,
    check_rows,
    file_responses,
    kind_wanted,
)
from app.routers.geocode import FixOut
from app.sweetspot.criteria import Verdict
from app.wiring.parts import Parts

router = APIRouter(prefix="/v1", tags=["find"])

EXAMPLE: dict[str, JsonValue] = {
    "home": "Springfield, MA",
    "minutes": 50,
    "employees": [10, 100],
    "prospects": [
        {"name": "Pioneer Dental", "city": "Holyoke", "state": "MA", "zip": "01040",
         "employees": "10 to 19", "sales": "$1-2.5 Million"},
        {"name": "Harbor Law", "city": "Boston", "state": "MA", "zip": "02110", "employees": 45},
    ],
}  # fmt: skip


class Options(BaseModel):
    """What both ways of asking share; a limit left out has its default."""

    model_config = ConfigDict(extra="forbid")

    home: str = Field(
        min_length=1,
        max_length=500,
        description="An address, or LAT,LON.",
        examples=["Springfield, MA"],
    )
    together: Literal["all_known", "any", "all"] = Field(
        "all_known", description="How the size criteria join."
    )
    advisers: bool = Field(False, description="Wants a named trusted adviser.")
    estimates: bool = Field(
        False, description="Let estimated computers decide where the list counts none."
    )
    traffic: TrafficIn = TRAFFIC
    direction: Direction = Direction.OUT
    tolls: bool = True
    highways: bool = True
    ferries: bool = False
    depart: str = Field(
        "",
        description="When one leaves, by the home base's clock, for engines that know the time of "
        "day; some want its offset, too.",
        examples=["2026-12-01T08:30", "2026-12-01T08:30-05:00"],
    )
    limit_on: Side = Field(Side.PEAK, description="Minutes that are judged: with traffic or free.")
    verdict: str = Field("pass", description="Rows to return: pass,maybe,fail or all.")
    region: str = Field("", description="An installed region; chosen by the home base if empty.")
    geocode: bool = Field(False, description="Place rows by address despite given coordinates.")
    sort: Literal["list", "minutes", "like"] = Field("list", description="The order of the rows.")
    all_minutes: bool = Field(False, description="Ask a service for rows that fail on size, too.")

    dry_run: bool = Field(
        False, description="Ask no service: say what would be asked, and its price."
    )
    allow_bulk: bool = Field(
        False, description="Ask public geocoders even for more addresses than they like."
    )

    def question(self, parts: Parts) -> Question:
        """The checked question. Raises BadQuestion."""
        how = driving_from(
            self.direction,
            tolls=self.tolls,
            highways=self.highways,
            ferries=self.ferries,
            traffic=parts.traffic(self.traffic),
            depart=self.depart,
            limit_on=self.limit_on,
        )
        spot = asked_of(self).sweet_spot()
        return Question(
            spot,
            how,
            self.geocode,
            date.today(),
            self.all_minutes,
            self.dry_run,
            self.allow_bulk,
        )


class FindIn(Options):
    """A question with its prospects. Limits: 50, [30, 50], "30-50" or "off"."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    prospects: list[dict[str, Cell]] = Field(
        description="Rows as objects; keys are read like the headers of a file: name, address, "
        "city, state, zip, lat, lon, computers, employees, sales, industry."
    )
    minutes: LimitIn = None
    miles: LimitIn = None
    km: LimitIn = None
    computers: LimitIn = None
    employees: LimitIn = None
    sales: LimitIn = None
    industry: list[str] = Field([], description="NAICS or SIC codes, or words.")
    like: list[dict[str, Cell]] = Field(
        [],
        description="The firm's own clients, as /v1/clients/portfolio takes them: the prospects "
        "are scored by resemblance to those of tier A.",
    )
    weights: str = Field("", examples=["industry=40,size=30,minutes=20,advisers=10"])


class FindQuery(Options):
    """A question in a query string. Limits: "50", "30-50", "1M-10M" or "off"."""

    minutes: str | None = None
    miles: str | None = None
    km: str | None = None
    computers: str | None = None
    employees: str | None = None
    sales: str | None = None
    industry: str = Field("", description="NAICS or SIC codes, or words; commas between.")
    column: list[str] = Field([], description="MEANING=HEADER, where a header is not recognised.")


class ProspectsQuery(Options):
    """Prospects from the region's own places. Limits as in FindQuery; sizes are unknown."""

    minutes: str | None = None
    miles: str | None = None
    km: str | None = None
    industry: str = Field("", description="NAICS codes or words; commas between.")
    verdict: str = Field("pass,maybe", description="Rows to return: pass,maybe,fail or all.")
    sort: Literal["list", "minutes"] = Field("minutes", description="The order of the rows.")


class LikeOut(BaseModel):
    """Resemblance to the A clients, 0 to 100; `known`: the share of the weight it rests on."""

    score: float | None
    known: float
    contributions: dict[str, float | None]
    reasons: list[str]


class ProspectOut(BaseModel):
    """One row: its verdict, why, and what it rests on. `cells` is the row as it came."""

    name: str
    verdict: Literal["pass", "maybe", "fail"]
    minutes: float | None
    minutes_low: float | None
    minutes_high: float | None
    minutes_free: float | None = Field(None, description="Without traffic, where that differs.")
    minutes_peak: float | None = Field(None, description="With traffic, where that differs.")
    miles: float | None
    zone: str
    category: str
    computers_low: float | None
    computers_high: float | None
    computers_basis: str
    lat: float | None
    lon: float | None
    accuracy: str
    radius_m: float | None
    source: str
    engine: str
    reasons: list[str]
    cells: dict[str, Any]
    like: LikeOut | None = None


class GeocoderUseOut(BaseModel):
    """What one geocoding service was asked.

    found: placed by it. kept: answers from before. unasked: over its budget. lost: not answered.
    """

    name: str
    asked: int
    calls: int
    found: int
    kept: int
    unasked: int
    lost: int
    usd: float | None


class FindOut(BaseModel):
    """The rows of the wanted verdicts, and the funnel over all rows."""

    home_base: FixOut
    counts: dict[str, int]
    prospects: list[ProspectOut]
    engine: str
    region: str | None
    attribution: str
    notes: list[str]
    engine_use: dict[str, float | None] | None = Field(
        None, description="Drives asked of a service, drives it was spared, and USD."
    )
    geocoder_use: list[GeocoderUseOut] | None = Field(
        None, description="Addresses asked of each geocoding service; in a dry run, at most."
    )
    like: dict[str, Any] | None = Field(
        None, description="Weights, A clients, and how high each ranks when hidden in the list."
    )


@dataclass(frozen=True)
class FindRequest:
    """One question as it came in, ready to be answered."""

    ground: Ground
    question: Question
    verdicts: frozenset[Verdict]
    sort: str
    alike: Alike | None = None

    def run(self, rows: ListFile, take: Callable[[ChosenRows], None]) -> Report:
        """Judge the list."""
        return judge_list(rows, self.ground, self.question, self.verdicts, take, alike=self.alike)


def _asking(parts: Parts, ask: FindIn | FindQuery | ProspectsQuery) -> FindRequest:
    question, verdicts = ask.question(parts), chosen_verdicts(ask.verdict)
    ground = parts.ground(ask.home, question, ask.region)
    alike = None
    if isinstance(ask, FindIn):
        listed = from_rows(ask.like, vocabulary=CLIENTS, field="like") if ask.like else None
        alike = alike_to(listed, ask.weights, ground, question.how)
    return FindRequest(ground, question, verdicts, check_sort(ask.sort, alike is not None), alike)


def _answered(
    request: Request, asking: FindRequest, rows: ListFile, folder: Path, default: str
) -> Response:
    """JSON, or a file, by Accept."""
    request.state.rows = rows.rows
    kind = kind_wanted(request, default)
    if kind == "json":
        return as_document(asking, rows)
    return as_file(asking, rows, folder / "answer", kind)


def as_file(asking: FindRequest, rows: ListFile, to: Path, kind: str) -> Response:
    """The answer as a file, streamed, with its counts in a header."""
    with open_writer(to, kind, temporary=True) as sink:
        held = None if asking.sort == "list" else Sorted(asking.sort)
        report = asking.run(rows, held.take if held else rows_into(sink))
        if held:
            held.write(sink)
    return FileResponse(
        to, media_type=MEDIA[kind], headers={"Sweetspot-Counts": json.dumps(report.meta["counts"])}
    )


def as_document(asking: FindRequest, rows: ListFile) -> Response:
    """The answer as one JSON document."""
    held = Sorted(asking.sort)
    report = asking.run(rows, held.take)
    return JSONResponse({**report.meta, "prospects": held.json()})


@router.post(
    "/find",
    response_model=FindOut,
    responses=file_responses("csv", "geojson"),
)
def find(request: Request, parts: PartsDep, ask: FindIn, folder: FolderDep, _: Turn) -> Response:
    """Judge the prospects; every row keeps its reason. JSON, CSV or GeoJSON by Accept."""
    check_rows(ask.prospects, parts, "/v1/find.csv")
    check_rows(ask.like, parts, "/v1/clients/portfolio.csv")
    rows = from_rows(ask.prospects)
    return _answered(request, _asking(parts, ask), rows, folder, "json")


@router.post(
    "/find.csv",
    response_class=Response,
    responses=file_responses("csv", "geojson"),
    openapi_extra=A_FILE,
)
def find_csv(
    request: Request,
    parts: PartsDep,
    ask: Annotated[FindQuery, Query()],
    body: Body,
    folder: FolderDep,
    _: Turn,
) -> Response:
    """Judge the rows of a CSV or XLSX body; the funnel is in the header Sweetspot-Counts."""
    rows = open_list(body, columns=column_overrides(ask.column))
    return _answered(request, _asking(parts, ask), rows, folder, "csv")


@router.get(
    "/prospects",
    response_model=FindOut,
    responses=file_responses("csv", "geojson"),
)
def prospects(
    request: Request,
    parts: PartsDep,
    ask: Annotated[ProspectsQuery, Query()],
    folder: FolderDep,
    _: Turn,
) -> Response:
    """Businesses on the region's map within reach, where no list was rented: maybe, unsized."""
    asking = _asking(parts, ask)
    return _answered(request, asking, parts.prospects(asking.ground), folder, "json")
