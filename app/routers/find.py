"""One question: prospects + home base + sweet spot -> verdicts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ConfigDict, Field, JsonValue

from app.answers.report import (
    ChosenRows,
    Listener,
    Report,
    Sorted,
    Wanted,
    chosen_verdicts,
    judge_list,
    rows_into,
)
from app.answers.schema.find import FindOut
from app.answers.sorting import check_sort
from app.clients.lookalikes.alike import alike_to
from app.find.defining import Options
from app.find.ground import Ground
from app.find.options import (
    FindOptions,
    FormatOptions,
    ProspectsOptions,
    QuestionOptions,
    SpotOptions,
)
from app.find.question import Question
from app.lists.excluding import exclude_rows
from app.lists.exclusions import Exclusions
from app.lists.options import WHOM_TO_EXCLUDE
from app.lists.places import from_places
from app.lists.read import ListFile, from_rows, open_list
from app.lists.vocabulary import CLIENTS
from app.lists.write import open_writer
from app.routers import PartsDep
from app.routers.exchange import (
    FILE_OR_JSON,
    JSON_OR_FILE,
    ROW_FILES,
    Cell,
    FolderDep,
    MappingIn,
    Turn,
    Upload,
    check_rows,
    kind_wanted,
    list_body,
    receive_upload,
    send_rows,
)
from app.routers.openapi import READ
from app.wiring.ground import find_grounds
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


class LookAlikes(Options):
    """What only a body can hold: a saved sweet spot, the clients to resemble, whom to leave out."""

    sweet_spot: SpotOptions | None = Field(
        None, description="The content of a saved sweet spot; options given as well win."
    )
    like: list[dict[str, Cell]] = Field(
        [],
        description="The firm's own clients, as /v1/clients/portfolio takes them: the prospects "
        "are scored by resemblance to those of tier A.",
    )

    exclude: list[dict[str, Cell]] = Field([], description=WHOM_TO_EXCLUDE)

    def clients(self, parts: Parts) -> ListFile | None:
        """The clients to resemble, where there are any."""
        check_rows(self.like, parts, "/v1/find.csv")
        return from_rows(self.like, vocabulary=CLIENTS, field="like") if self.like else None

    def exclusions(self, parts: Parts) -> Sequence[Exclusions]:
        """Whom to leave out, where anybody is named."""
        check_rows(self.exclude, parts, "/v1/find.csv")
        return [exclude_rows(self.exclude)] if self.exclude else []


class AnswerOptions(FormatOptions, QuestionOptions):
    """A question, and in which form its rows come."""


class FindIn(LookAlikes, MappingIn, FindOptions, AnswerOptions):
    """A question with its prospects. Limits: 50, [30, 50], "30-50" or "off"."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    prospects: list[dict[str, Cell]] = Field(
        description="Rows as objects; keys are read like the headers of a file: name, address, "
        "city, state, zip, lat, lon, computers, employees, sales, industry."
    )


class FindQuery(FindOptions, AnswerOptions):
    """A question whose prospects are the body."""


class ProspectsQuery(ProspectsOptions, AnswerOptions):
    """A question about the region's own places, without a body."""


class ProspectsIn(LookAlikes, ProspectsOptions, AnswerOptions):
    """A question about the region's own places."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"home": EXAMPLE["home"], "minutes": 30, "industry": ["dental"]}]
        }
    )


@dataclass(frozen=True)
class FindRequest:
    """One question as it came in, ready to be answered."""

    ground: Ground
    question: Question
    wanted: Wanted
    sort: str
    asked: AnswerOptions

    def run(self, rows: ListFile, take: Callable[[ChosenRows], None]) -> Report:
        """Judge the list."""
        return judge_list(rows, self.ground, self.question, self.wanted, Listener(take))


def _asking(
    parts: Parts,
    ask: AnswerOptions,
    clients: ListFile | None,
    exclusions: Sequence[Exclusions] = (),
) -> FindRequest:
    question, verdicts = ask.question(parts.settings.data_dir), chosen_verdicts(ask.verdict)
    sort = check_sort(ask.sort, clients is not None)
    ground = find_grounds(parts, ask.home, question, ask.region)
    alike = alike_to(clients, ask.weights, ground, question.how)
    return FindRequest(ground, question, Wanted(verdicts, exclusions, alike), sort, ask)


def _answered(
    request: Request,
    asking: FindRequest,
    rows: ListFile,
    folder: Path,
    kinds: Sequence[str] = JSON_OR_FILE,
) -> Response:
    """JSON, or a file."""
    request.state.rows = rows.rows
    kind = kind_wanted(request, asking.asked.format, kinds)
    if kind == "json":
        return as_document(asking, rows)
    return as_file(asking, rows, folder / f"prospects.{kind}", kind)


def as_file(asking: FindRequest, rows: ListFile, to: Path, kind: str) -> Response:
    """The answer as a file, streamed, with its counts in a header; with its notes in a zip file."""
    with open_writer(to, kind, temporary=True, excel=asking.asked.excel) as sink:
        held = None if asking.sort == "list" else Sorted(asking.sort)
        report = asking.run(rows, rows_into(sink) if held is None else held.take)
        if held is not None:
            held.write(sink)
        sink.tell(report.about)
    return send_rows(to, report.about, asking.asked)


def as_document(asking: FindRequest, rows: ListFile) -> Response:
    """The answer as one JSON document."""
    held = Sorted(asking.sort)
    report = asking.run(rows, held.take)
    return JSONResponse({**report.meta, "prospects": held.json()})


@router.post("/find", response_model=FindOut, responses=ROW_FILES, openapi_extra=READ)
def find(request: Request, parts: PartsDep, ask: FindIn, folder: FolderDep, _: Turn) -> Response:
    """Judge the prospects; every row keeps its reason. JSON, or by Accept a file."""
    check_rows(ask.prospects, parts, "/v1/find.csv")
    rows = from_rows(ask.prospects, columns=ask.columns(ask.mapping), place=ask.place)
    asking = _asking(parts, ask.over(ask.sweet_spot), ask.clients(parts), ask.exclusions(parts))
    return _answered(request, asking, rows, folder)


@router.post(
    "/find.csv",
    response_model=FindOut,
    responses=ROW_FILES,
    openapi_extra=READ | list_body("clients", "exclude", "sweet_spot", "mapping"),
)
def find_csv(
    request: Request,
    parts: PartsDep,
    ask: Annotated[FindQuery, Query()],
    upload: Annotated[
        Upload, Depends(receive_upload("clients", "exclude", "sweet_spot", "mapping"))
    ],
    folder: FolderDep,
    _: Turn,
) -> Response:
    """Judge the rows of a body that is a list; the funnel is in the header Sweetspot-Counts.

    A form holds the list, and may hold the firm's clients, to be resembled, whom to leave out, a
    saved sweet spot and a saved mapping of columns.
    """
    beside = upload.beside.get("clients")
    clients = open_list(beside, vocabulary=CLIENTS) if beside else None
    rows = open_list(upload.list, columns=upload.columns(ask), place=ask.place)
    asking = _asking(parts, upload.over_spot(ask), clients, upload.exclusions)
    return _answered(request, asking, rows, folder, FILE_OR_JSON)


@router.get("/prospects", response_model=FindOut, responses=ROW_FILES, openapi_extra=READ)
def prospects(
    request: Request,
    parts: PartsDep,
    ask: Annotated[ProspectsQuery, Query()],
    folder: FolderDep,
    _: Turn,
) -> Response:
    """Businesses on the region's map within reach, where no list was rented: maybe, unsized."""
    asking = _asking(parts, ask, None)
    rows = from_places(asking.ground.load_all_businesses())
    return _answered(request, asking, rows, folder)


@router.post("/prospects", response_model=FindOut, responses=ROW_FILES, openapi_extra=READ)
def prospects_alike(
    request: Request, parts: PartsDep, ask: ProspectsIn, folder: FolderDep, _: Turn
) -> Response:
    """The same with a saved sweet spot, or scored by resemblance to the firm's own clients."""
    asking = _asking(parts, ask.over(ask.sweet_spot), ask.clients(parts), ask.exclusions(parts))
    rows = from_places(asking.ground.load_all_businesses())
    return _answered(request, asking, rows, folder)
