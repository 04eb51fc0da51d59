"""The firm's own clients: who pays the bills, whom to keep, who could introduce us."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ConfigDict, Field, JsonValue

from app.answers.grounds import ground_meta
from app.answers.lists_read import ListsRead
from app.answers.schema.clients import CapacityOut, PortfolioOut
from app.answers.schema.partners import PartnersOut
from app.clients.books import read_clients
from app.clients.capacity.planning import plan_clients
from app.clients.options import (
    CapacityOptions,
    PartnersOptions,
    PortfolioOptions,
)
from app.clients.partners.introducing import Sought, find_partners
from app.clients.portfolio.review import ReviewQuestion, niche_sources, review_clients
from app.find.options import FormatOptions, PlaceOptions, SpotOptions
from app.lists.mapping import ChosenColumns
from app.lists.read import ListFile, from_rows, open_list
from app.lists.vocabulary import CLIENTS, PROSPECTS
from app.lists.write import open_writer
from app.routers import PartsDep, TenantDep
from app.routers.exchange import (
    Cell,
    FolderDep,
    MappingIn,
    Turn,
    Upload,
    check_rows,
    file_responses,
    kind_wanted,
    list_body,
    receive_upload,
    send_file,
)
from app.routers.openapi import READ
from app.wiring.ground import find_ground, find_ground_if_any
from app.wiring.parts import Parts

router = APIRouter(prefix="/v1", tags=["clients"])

SHEETS = ("csv", "xlsx", "parquet")
JSON_OR_SHEET = ("json", *SHEETS)
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


class PortfolioIn(MappingIn, FormatOptions, PortfolioOptions):
    """The clients, the firm's background, and the sweet spot to test. Limits as in /v1/find."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    clients: list[dict[str, Cell]] = Field(
        description="Rows as objects; keys are read like headers: client, revenue, hours, visits, "
        "computers, employees, sales, industry, address, ..."
    )
    prospects: list[dict[str, Cell]] = Field([], description="Counted in each niche.")
    sweet_spot: SpotOptions | None = Field(
        None, description="The content of a saved sweet spot; options given as well win."
    )


class PortfolioQuery(FormatOptions, PortfolioOptions):
    """The same of clients that are the body."""


class CapacityIn(MappingIn, FormatOptions, CapacityOptions):
    """The hours of a week and the clients."""

    model_config = ConfigDict(json_schema_extra={"examples": [WEEK]})

    clients: list[dict[str, Cell]] = Field(description="Rows as objects, as for the portfolio.")


class CapacityQuery(FormatOptions, CapacityOptions):
    """The same of clients that are the body."""


class PartnersQuery(FormatOptions, PartnersOptions):
    """Which of the region's places could introduce the firm."""


class PartnersIn(MappingIn, FormatOptions, PartnersOptions):
    """The same with lists of your own; without `partners` they are the region's places."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"home": "Springfield, MA", "minutes": "30", "clients": EXAMPLE["clients"]}
            ]
        }
    )

    partners: list[dict[str, Cell]] = Field([], description="Partners instead of the map's.")
    prospects: list[dict[str, Cell]] = Field([], description="Counted near each.")
    clients: list[dict[str, Cell]] = Field([], description="Counted near each.")


def _answered(
    document: dict[str, Any],
    tables: tuple[pl.DataFrame, pl.DataFrame],
    to: Path,
    sheets: Mapping[str, pl.DataFrame] | None = None,
) -> Response:
    """JSON, or the rows as the file that `to` names."""
    kind = to.suffix[1:]
    if kind == "json":
        return JSONResponse(document)
    with open_writer(to, kind, name="clients", sheets=sheets, temporary=True) as sink:
        sink.write(*tables)
    return send_file(to)


def _portfolio(
    request: Request,
    parts: Parts,
    ask: PortfolioIn | PortfolioQuery,
    listed: ListFile,
    prospects: ListFile | None,
    folder: Path,
) -> Response:
    request.state.rows = listed.rows
    kind = kind_wanted(request, ask.format, JSON_OR_SHEET)
    question = ask.question(parts.settings.data_dir)
    clients = read_clients(listed, needs="revenue")
    ground = find_ground_if_any(parts, ask.home, question, ask.region)
    sources = niche_sources(ground, prospects)
    asking = ReviewQuestion(question.spot, question.how, ask.background, sources)
    found = review_clients(clients, ground, asking)
    read = ListsRead({"clients": listed, "prospects": prospects}, "clients")
    document = read.added_to({**(ground_meta(ground) if ground else {}), **found.document()})
    tables = found.cells(), found.frame()
    return _answered(document, tables, folder / f"portfolio.{kind}", found.tables())


@router.post("/clients/portfolio", response_model=PortfolioOut, responses=FILES, openapi_extra=READ)
def portfolio(
    request: Request, parts: PartsDep, ask: PortfolioIn, folder: FolderDep, _: Turn
) -> Response:
    """Who pays the bills, what the best have in common, niches, and a sweet spot with its test."""
    for rows in (ask.clients, ask.prospects):
        check_rows(rows, parts, "/v1/clients/portfolio.csv")
    listed = _clients_of(ask.clients, ask.columns(ask.mapping), ask.place)
    prospects = from_rows(ask.prospects) if ask.prospects else None
    return _portfolio(request, parts, ask.over(ask.sweet_spot), listed, prospects, folder)


@router.post(
    "/clients/portfolio.csv",
    response_model=PortfolioOut,
    responses=FILES,
    openapi_extra=READ | list_body("prospects", "sweet_spot", "mapping"),
)
def portfolio_csv(
    request: Request,
    parts: PartsDep,
    ask: Annotated[PortfolioQuery, Query()],
    upload: Annotated[Upload, Depends(receive_upload("prospects", "sweet_spot", "mapping"))],
    folder: FolderDep,
    _: Turn,
) -> Response:
    """The same for the rows of a body that is a list.

    A form holds the list, and may hold prospects to count in each niche, a saved sweet spot and a
    saved mapping of columns.
    """
    listed = _clients_in(upload, ask)
    beside = upload.beside.get("prospects")
    prospects = open_list(beside) if beside else None
    return _portfolio(request, parts, upload.over_spot(ask), listed, prospects, folder)


def _clients_of(rows: Sequence[Mapping[str, Cell]], columns: ChosenColumns, place: str) -> ListFile:
    return from_rows(rows, columns=columns, vocabulary=CLIENTS, field="clients", place=place)


def _clients_in(upload: Upload, ask: PlaceOptions) -> ListFile:
    columns = upload.columns(ask)
    return open_list(upload.list, columns=columns, vocabulary=CLIENTS, place=ask.place)


def _capacity(
    request: Request,
    parts: Parts,
    ask: CapacityIn | CapacityQuery,
    listed: ListFile,
    folder: Path,
) -> Response:
    request.state.rows = listed.rows
    kind = kind_wanted(request, ask.format, JSON_OR_SHEET)
    clients = read_clients(listed, needs="hours")
    question = ask.question(parts.settings.data_dir)
    ground = find_ground_if_any(parts, ask.home, question, ask.region)
    made = plan_clients(clients, ground, question.how, ask.week(), ask.rules())
    document = ListsRead({"clients": listed}, "clients").added_to(
        {**(ground_meta(ground) if ground else {}), **made.document()}
    )
    return _answered(document, (made.cells(), made.frame()), folder / f"capacity.{kind}")


@router.post("/clients/capacity", response_model=CapacityOut, responses=FILES, openapi_extra=READ)
def capacity(
    request: Request, parts: PartsDep, ask: CapacityIn, folder: FolderDep, _: Turn
) -> Response:
    """Which micro clients to keep, which only in slack time, which to hand on."""
    check_rows(ask.clients, parts, "/v1/clients/capacity.csv")
    listed = _clients_of(ask.clients, ask.columns(ask.mapping), ask.place)
    return _capacity(request, parts, ask, listed, folder)


@router.post(
    "/clients/capacity.csv",
    response_model=CapacityOut,
    responses=FILES,
    openapi_extra=READ | list_body("mapping"),
)
def capacity_csv(
    request: Request,
    parts: PartsDep,
    ask: Annotated[CapacityQuery, Query()],
    upload: Annotated[Upload, Depends(receive_upload("mapping"))],
    folder: FolderDep,
    _: Turn,
) -> Response:
    """The same for the rows of a body that is a list."""
    listed = _clients_in(upload, ask)
    return _capacity(request, parts, ask, listed, folder)


def _partners(
    request: Request,
    parts: Parts,
    tenant: int,
    ask: PartnersIn | PartnersQuery,
    lists: Mapping[str, ListFile | None],
    folder: Path,
) -> Response:
    kind = kind_wanted(request, ask.format, JSON_OR_SHEET)
    question = ask.question(parts.settings.data_dir)
    ground = find_ground(parts, ask.home, question, ask.region)
    won = parts.marks.won_until_today(tenant) if ask.learn else None
    found, notes = find_partners(
        ground, question, lists, sought=Sought(ask.kind, ask.within), won=won
    )
    read = ListsRead(lists, "partners")
    document = read.added_to({**ground_meta(ground), **found.document(), "notes": notes})
    return _answered(document, found.tables(), folder / f"partners.{kind}")


@router.get("/partners", response_model=PartnersOut, responses=FILES, openapi_extra=READ)
def partners(
    request: Request,
    parts: PartsDep,
    tenant: TenantDep,
    ask: Annotated[PartnersQuery, Query()],
    folder: FolderDep,
    _: Turn,
) -> Response:
    """Accountants, lawyers and other trusted advisers on the region's map within the drive."""
    return _partners(request, parts, tenant, ask, {}, folder)


@router.post("/partners", response_model=PartnersOut, responses=FILES, openapi_extra=READ)
def partners_of_lists(
    request: Request,
    parts: PartsDep,
    tenant: TenantDep,
    ask: PartnersIn,
    folder: FolderDep,
    _: Turn,
) -> Response:
    """The same with your own list of partners, and counting your prospects and clients."""
    given = {"partners": ask.partners, "prospects": ask.prospects, "clients": ask.clients}
    columns = {"partners": ask.columns(ask.mapping)}
    for rows in given.values():
        check_rows(rows, parts, "`sweetspot partners`")
    lists = {
        name: from_rows(
            rows,
            columns=columns.get(name),
            vocabulary=CLIENTS if name == "clients" else PROSPECTS,
            field=name,
        )
        for name, rows in given.items()
        if rows
    }
    return _partners(request, parts, tenant, ask, lists, folder)
