"""One question: prospects + home base + sweet spot -> verdicts."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from app.alike import Alike
from app.clients.books import read_clients
from app.clients.lookalikes import Weights
from app.criteria import Verdict
from app.errors import TooLarge
from app.find import Ground
from app.geo.engines import Direction
from app.lists.read import ListFile, from_rows, open_list
from app.lists.vocabulary import CLIENTS
from app.lists.write import writer
from app.question import Asked, Question, driving, overrides
from app.report import Chosen, Report, Sorted, check_sort, chosen_verdicts, into, run
from app.routers import PartsDep
from app.routers.geocode import Fix
from app.wiring import Parts

router = APIRouter(prefix="/v1", tags=["find"])

type Number = Annotated[float, Field(allow_inf_nan=False)]
type Range = tuple[Number | None, Number | None]
type LimitIn = Number | Range | str | None
type Cell = str | float | int | bool | list[float | None] | None

KINDS = {
    "text/csv": "csv",
    "application/geo+json": "geojson",
    "application/json": "json",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
MEDIA = {kind: media for media, kind in KINDS.items()}
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
    traffic: Annotated[float, Field(ge=0.5, le=5)] | Literal["fitted"] = Field(
        1.0, description="Multiplies free-flow minutes; or the factor that was fitted."
    )
    direction: Direction = Direction.OUT
    tolls: bool = True
    highways: bool = True
    ferries: bool = False
    verdict: str = Field("pass", description="Rows to return: pass,maybe,fail or all.")
    region: str = Field("", description="An installed region; chosen by the home base if empty.")
    geocode: bool = Field(False, description="Place rows by address despite given coordinates.")
    sort: Literal["list", "minutes", "like"] = Field("list", description="The order of the rows.")
    all_minutes: bool = Field(False, description="Ask a service for rows that fail on size, too.")

    def question(self, asked: Asked) -> Question:
        """The checked question. Raises BadQuestion."""
        how = driving(
            self.direction,
            tolls=self.tolls,
            highways=self.highways,
            ferries=self.ferries,
            traffic=float(self.traffic),
        )
        return Question(asked.sweet_spot(), how, self.geocode, date.today(), self.all_minutes)


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

    def asked(self) -> Question:
        """The checked question. Raises BadQuestion."""
        return self.question(_limits(self, self.industry))

    def alike(self, ground: Ground, question: Question) -> Alike | None:
        """What scores resemblance; None where no clients are given."""
        weights = Weights.parse(self.weights)
        if not self.like:
            return None
        clients = read_clients(from_rows(self.like, vocabulary=CLIENTS), needs="revenue")
        return Alike(clients, ground, question.how, weights)


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

    def asked(self) -> Question:
        """The checked question. Raises BadQuestion."""
        return self.question(_limits(self, self.industry.split(",")))


class ProspectsQuery(Options):
    """Prospects from the region's own places. Limits as in FindQuery; sizes are unknown."""

    minutes: str | None = None
    miles: str | None = None
    km: str | None = None
    industry: str = Field("", description="NAICS codes or words; commas between.")
    verdict: str = Field("pass,maybe", description="Rows to return: pass,maybe,fail or all.")
    sort: Literal["list", "minutes"] = Field("minutes", description="The order of the rows.")

    def asked(self) -> Question:
        """The checked question. Raises BadQuestion."""
        industry = self.industry.split(",")
        return self.question(
            Asked(minutes=self.minutes, miles=self.miles, km=self.km, industry=industry)
        )


def _limits(ask: FindIn | FindQuery, industry: list[str]) -> Asked:
    return Asked(
        minutes=ask.minutes,
        miles=ask.miles,
        km=ask.km,
        computers=ask.computers,
        employees=ask.employees,
        sales=ask.sales,
        together=ask.together,
        industry=industry,
        advisers=ask.advisers,
        estimates=ask.estimates,
    )


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


class FindOut(BaseModel):
    """The rows of the wanted verdicts, and the funnel over all rows."""

    home_base: Fix
    counts: dict[str, int]
    prospects: list[ProspectOut]
    engine: str
    region: str | None
    attribution: str
    notes: list[str]
    engine_use: dict[str, float | None] | None = Field(
        None, description="Drives asked of a service, drives it was spared, and USD."
    )
    like: dict[str, Any] | None = Field(
        None, description="Weights, A clients, and how high each ranks when hidden in the list."
    )


def _folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="sweetspot-") as folder:
        yield Path(folder)


FolderDep = Annotated[Path, Depends(_folder)]


async def _body(request: Request, folder: FolderDep) -> Path:
    """The whole body on disk."""
    path = folder / "body"
    with path.open("wb") as file:
        async for chunk in request.stream():
            file.write(chunk)
    return path


Body = Annotated[Path, Depends(_body)]


def kind_wanted(request: Request, default: str) -> str:
    """The wanted format by Accept, in the client's order."""
    accepted = request.headers.get("accept", "").split(",")
    names = [part.split(";")[0].strip().lower() for part in accepted]
    return next((KINDS[name] for name in names if name in KINDS), default)


@dataclass(frozen=True)
class Asking:
    """One question as it came in, ready to be answered."""

    ground: Ground
    question: Question
    verdicts: frozenset[Verdict]
    sort: str
    alike: Alike | None = None

    def run(self, rows: ListFile, take: Callable[[Chosen], None]) -> Report:
        """Judge the list."""
        return run(rows, self.ground, self.question, self.verdicts, take, alike=self.alike)


def _asking(parts: Parts, ask: FindIn | FindQuery | ProspectsQuery) -> Asking:
    ask = ask.model_copy(update={"traffic": parts.traffic(ask.traffic)})
    question, verdicts = ask.asked(), chosen_verdicts(ask.verdict)
    ground = parts.ground(ask.home, question, ask.region)
    alike = ask.alike(ground, question) if isinstance(ask, FindIn) else None
    return Asking(ground, question, verdicts, check_sort(ask.sort, alike is not None), alike)


def as_file(asking: Asking, rows: ListFile, to: Path, kind: str) -> Response:
    """The answer as a file, streamed, with its counts in a header."""
    with writer(to, kind) as sink:
        held = None if asking.sort == "list" else Sorted(asking.sort)
        report = asking.run(rows, held.take if held else into(sink))
        if held:
            held.write(sink)
    return FileResponse(
        to, media_type=MEDIA[kind], headers={"Sweetspot-Counts": json.dumps(report.meta["counts"])}
    )


def as_document(asking: Asking, rows: ListFile) -> Response:
    """The answer as one JSON document."""
    held = Sorted(asking.sort)
    report = asking.run(rows, held.take)
    return JSONResponse({**report.meta, "prospects": held.json()})


def check_rows(rows: Sequence[object], parts: Parts, instead: str) -> None:
    """Raise TooLarge for more rows than one JSON request may hold."""
    most = parts.settings.max_json_rows
    if len(rows) > most:
        raise TooLarge(
            f"{len(rows)} rows: at most {most} in one JSON request; send a file to {instead}"
        )


@router.post(
    "/find",
    response_model=FindOut,
    responses={200: {"content": {"text/csv": {}, "application/geo+json": {}}}},
)
def find(request: Request, parts: PartsDep, ask: FindIn, folder: FolderDep) -> Response:
    """Judge the prospects; every row keeps its reason. JSON, CSV or GeoJSON by Accept."""
    check_rows(ask.prospects, parts, "/v1/find.csv")
    check_rows(ask.like, parts, "/v1/clients/portfolio.csv")
    rows = from_rows(ask.prospects)
    kind = kind_wanted(request, "json")
    asking = _asking(parts, ask)
    if kind == "json":
        return as_document(asking, rows)
    return as_file(asking, rows, folder / "answer", kind)


@router.post(
    "/find.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}, "application/geo+json": {}}}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
                    "schema": {"type": "string", "format": "binary"}
                },
            },
        }
    },
)
def find_csv(
    request: Request,
    parts: PartsDep,
    ask: Annotated[FindQuery, Query()],
    folder: FolderDep,
    body: Body,
) -> Response:
    """Judge the rows of a CSV or XLSX body; the funnel is in the header Sweetspot-Counts."""
    rows = open_list(body, columns=overrides(ask.column))
    kind = kind_wanted(request, "csv")
    asking = _asking(parts, ask)
    if kind == "json":
        return as_document(asking, rows)
    return as_file(asking, rows, folder / "answer", kind)


@router.get(
    "/prospects",
    response_model=FindOut,
    responses={200: {"content": {"text/csv": {}, "application/geo+json": {}}}},
)
def prospects(
    request: Request,
    parts: PartsDep,
    ask: Annotated[ProspectsQuery, Query()],
    folder: FolderDep,
) -> Response:
    """Businesses on the region's map within reach, where no list was rented: maybe, unsized."""
    asking = _asking(parts, ask)
    rows = parts.prospects(asking.ground)
    kind = kind_wanted(request, "json")
    if kind == "json":
        return as_document(asking, rows)
    return as_file(asking, rows, folder / "answer", kind)
