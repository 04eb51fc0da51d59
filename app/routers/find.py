"""One question: prospects + home base + sweet spot -> verdicts."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from app.errors import TooLarge
from app.find import Answer
from app.geo.engines import Direction
from app.geo.points import Ints
from app.lists.read import ListFile, from_rows, open_list
from app.lists.write import writer
from app.question import Asked, Question, driving, overrides
from app.report import Report, chosen_verdicts, into, json_rows, run
from app.routers import PartsDep
from app.routers.geocode import Fix
from app.wiring import Parts

router = APIRouter(prefix="/v1", tags=["find"])

type Number = Annotated[float, Field(allow_inf_nan=False)]
type Range = tuple[Number | None, Number | None]
type LimitIn = Number | Range | str | None
type Cell = str | float | int | bool | list[float | None] | None

KINDS = {"text/csv": "csv", "application/geo+json": "geojson", "application/json": "json"}
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
    traffic: float = Field(1.0, ge=0.5, le=5, description="Multiplies free-flow minutes.")
    direction: Direction = Direction.OUT
    tolls: bool = True
    highways: bool = True
    ferries: bool = False
    verdict: str = Field("pass", description="Rows to return: pass,maybe,fail or all.")
    region: str = Field("", description="An installed region; chosen by the home base if empty.")
    geocode: bool = Field(False, description="Place rows by address despite given coordinates.")

    def question(self, asked: Asked) -> Question:
        """The checked question. Raises BadQuestion."""
        how = driving(
            self.direction,
            tolls=self.tolls,
            highways=self.highways,
            ferries=self.ferries,
            traffic=self.traffic,
        )
        return Question(asked.sweet_spot(), how, self.geocode, date.today())


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

    def asked(self) -> Question:
        """The checked question. Raises BadQuestion."""
        return self.question(_limits(self, self.industry))


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
    )


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
    lat: float | None
    lon: float | None
    accuracy: str
    radius_m: float | None
    source: str
    engine: str
    reasons: list[str]
    cells: dict[str, Any]


class FindOut(BaseModel):
    """The rows of the wanted verdicts, and the funnel over all rows."""

    home_base: Fix
    counts: dict[str, int]
    prospects: list[ProspectOut]
    engine: str
    region: str | None
    attribution: str
    notes: list[str]


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


def _kind(request: Request, default: str) -> str:
    """The wanted format by Accept, in the client's order."""
    accepted = request.headers.get("accept", "").split(",")
    names = [part.split(";")[0].strip().lower() for part in accepted]
    return next((KINDS[name] for name in names if name in KINDS), default)


def _answered(
    parts: Parts, rows: ListFile, ask: FindIn | FindQuery, take: Callable[[Answer, Ints, str], None]
) -> Report:
    question, verdicts = ask.asked(), chosen_verdicts(ask.verdict)
    ground = parts.ground(ask.home, question, ask.region)
    return run(rows, ground, question, verdicts, lambda a, r: take(a, r, ground.engine.name))


def _file(parts: Parts, rows: ListFile, ask: FindIn | FindQuery, to: Path, kind: str) -> Response:
    """The answer as a file, streamed, with its counts in a header."""
    with writer(to, kind) as sink:
        report = _answered(parts, rows, ask, lambda a, r, engine: into(sink, engine)(a, r))
    return FileResponse(
        to, media_type=MEDIA[kind], headers={"Sweetspot-Counts": json.dumps(report.meta["counts"])}
    )


def _document(parts: Parts, rows: ListFile, ask: FindIn | FindQuery) -> Response:
    """The answer as one JSON document."""
    prospects: list[dict[str, Any]] = []
    report = _answered(
        parts, rows, ask, lambda a, r, engine: prospects.extend(json_rows(a, r, engine))
    )
    return JSONResponse({**report.meta, "prospects": prospects})


@router.post(
    "/find",
    response_model=FindOut,
    responses={200: {"content": {"text/csv": {}, "application/geo+json": {}}}},
)
def find(request: Request, parts: PartsDep, ask: FindIn, folder: FolderDep) -> Response:
    """Judge the prospects; every row keeps its reason. JSON, CSV or GeoJSON by Accept."""
    if len(ask.prospects) > parts.settings.max_json_rows:
        raise TooLarge(
            f"{len(ask.prospects)} prospects: at most {parts.settings.max_json_rows} "
            "in one JSON request; send a file to /v1/find.csv"
        )
    rows = from_rows(ask.prospects)
    kind = _kind(request, "json")
    if kind == "json":
        return _document(parts, rows, ask)
    return _file(parts, rows, ask, folder / "answer", kind)


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
    body: Annotated[Path, Depends(_body)],
) -> Response:
    """Judge the rows of a CSV or XLSX body; the funnel is in the header Sweetspot-Counts."""
    rows = open_list(body, columns=overrides(ask.column))
    kind = _kind(request, "csv")
    if kind == "json":
        return _document(parts, rows, ask)
    return _file(parts, rows, ask, folder / "answer", kind)
