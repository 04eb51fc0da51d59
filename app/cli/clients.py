"""`sweetspot clients portfolio` and `capacity`, and `sweetspot partners`."""

import sys
from collections.abc import Mapping
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.base import (
    Column,
    Computers,
    Employees,
    Home,
    Industry,
    Json,
    Minutes,
    Out,
    Quiet,
    RegionName,
    Sales,
    SpotFile,
    Traffic,
    app,
    clients_app,
    live_parts,
    local_file,
    save_file,
    split_words,
    traffic_factor,
)
from app.cli.find import asked_of

if TYPE_CHECKING:
    import polars as pl

    from app.clients.roster import Clients

Source = Annotated[str, typer.Argument(metavar="CLIENTS", help="CSV or XLSX file; - is a pipe.")]
OptionalHome = Annotated[
    str, typer.Option("--home", help="Home base: an address or LAT,LON; without it no distance.")
]


@clients_app.command("portfolio")
def portfolio_command(
    source: Source,
    home: OptionalHome = "",
    background: Annotated[
        list[str] | None,
        typer.Option(help="The firm's own industries: words or NAICS codes; repeat or use commas."),
    ] = None,
    prospects: Annotated[
        Path | None, typer.Option(help="A list in which to count each niche's prospects.")
    ] = None,
    minutes: Minutes = None,
    computers: Computers = None,
    employees: Employees = None,
    sales: Sales = None,
    industry: Industry = None,
    spot_file: SpotFile = None,
    traffic: Traffic = "1",
    save: Annotated[
        Path | None, typer.Option(help="Write the suggested sweet spot for find --sweet-spot.")
    ] = None,
    out: Out = "",
    region: RegionName = "",
    column: Column = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Who pays the bills, what do the best have in common, whom does that suggest to look for?"""
    from app.answers.report import ground_meta
    from app.cli.client_output import show_review
    from app.clients.portfolio.review import ReviewQuestion, review_clients
    from app.find.question import Question, driving_from
    from app.lists.read import open_list

    asked = asked_of(
        spot_file,
        minutes=minutes,
        computers=computers,
        employees=employees,
        sales=sales,
        industry=split_words(industry) or None,
    )
    question = Question(asked.sweet_spot(), driving_from(traffic=traffic_factor(traffic)))
    check_kind(out)
    with live_parts() as live:
        clients = open_clients(source, column, needs="revenue")
        ground = live.ground_if_any(home, question, region)
        sources = {} if prospects is None else {"the list": open_list(prospects).batches()}
        if ground and ground.region and not ground.engine.metered:
            sources["the region's places"] = live.prospects(ground).batches()
        asking = ReviewQuestion(question.spot, question.how, split_words(background), sources)
        found = review_clients(clients, ground, asking)
    meta = ground_meta(ground) if ground else {}
    if save:
        save_file(save, dumps(found.suggested, indent=2) + "\n", "save")
    if out:
        write_rows(out, found.cells(), found.frame(), sheets=found.tables())
    if json:
        print_json({**meta, **found.document()})
    elif not out or not quiet:
        show_review(found, meta)
    raise typer.Exit(0 if len(found.portfolio.best) else 1)


@clients_app.command("capacity")
def capacity_command(
    source: Source,
    hours: Annotated[float, typer.Option(help="All working hours a week.")],
    marketing: Annotated[
        list[str] | None,
        typer.Option(
            help="Hours a week set aside, such as 'direct mail=4,networking=2'; planned first."
        ),
    ] = None,
    sweet_spot_hours: Annotated[
        float | None,
        typer.Option(
            help="Hours a week for sweet-spot and large clients.", show_default="from the list"
        ),
    ] = None,
    growth_bonus: Annotated[
        float, typer.Option(help="Added to the value of a client likely to grow; 0.25 is 25 %.")
    ] = 0.25,
    late_discount: Annotated[
        float, typer.Option(help="Taken off the value of a client that pays late.")
    ] = 0.25,
    home: OptionalHome = "",
    traffic: Traffic = "1",
    out: Out = "",
    region: RegionName = "",
    column: Column = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Which micro clients to keep, which only in slack time, which to hand on to others?"""
    from app.answers.report import ground_meta
    from app.cli.client_output import show_plan
    from app.clients.capacity.choice import Rules
    from app.clients.capacity.planning import Hours, parse_marketing, plan_clients
    from app.find.question import Question, driving_from

    rules = Rules(growth_bonus, late_discount)
    wanted = Hours(hours, parse_marketing(split_words(marketing)), sweet_spot_hours)
    question = Question(how=driving_from(traffic=traffic_factor(traffic)))
    check_kind(out)
    with live_parts() as live:
        clients = open_clients(source, column, needs="hours")
        ground = live.ground_if_any(home, question, region)
        made = plan_clients(clients, ground, question.how, wanted, rules)
    meta = ground_meta(ground) if ground else {}
    if out:
        write_rows(out, made.cells(), made.frame())
    if json:
        print_json({**meta, **made.document()})
    elif not out or not quiet:
        show_plan(made.plan, meta)
    raise typer.Exit(0 if made.plan.feasible else 1)


@app.command("partners")
def partners_command(
    home: Home,
    minutes: Annotated[str | None, typer.Option(help="Drive: 60 or 30-60.")] = "60",
    kind: Annotated[
        list[str] | None,
        typer.Option(help="accountant, lawyer, ...; repeat or use commas. Banks only if asked."),
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--list", help="Partners from this list, not from the map.")
    ] = None,
    prospects: Annotated[
        Path | None,
        typer.Option(help="Count this list's rows near each.", show_default="the map's places"),
    ] = None,
    clients: Annotated[Path | None, typer.Option(help="Count these clients near each.")] = None,
    within: Annotated[float, typer.Option(help="Minutes that count as near.")] = 5.0,
    traffic: Traffic = "1",
    out: Out = "",
    region: RegionName = "",
    column: Column = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Accountants, lawyers and other trusted advisers near enough to introduce us to clients."""
    from app.answers.report import ground_meta
    from app.cli.client_output import show_partners
    from app.cli.output import show_count
    from app.clients.partners.introducing import find_partners
    from app.find.question import Asked, Question, column_overrides, driving_from
    from app.lists.read import open_list
    from app.lists.vocabulary import CLIENTS

    question = Question(
        Asked(minutes=minutes).sweet_spot(), driving_from(traffic=traffic_factor(traffic))
    )
    check_kind(out)
    with live_parts() as live, show_count("asking around each", quiet or json) as progress:
        ground = live.ground(home, question, region)
        lists = {
            "partners": open_list(source, columns=column_overrides(column or []))
            if source
            else None,
            "prospects": open_list(prospects) if prospects else None,
            "clients": open_list(clients, vocabulary=CLIENTS) if clients else None,
        }
        places = live.places(ground) if ground.region else None
        found, notes = find_partners(
            ground,
            question,
            places,
            lists,
            kinds=split_words(kind),
            within=within,
            progress=progress,
        )
    if out:
        write_rows(out, *found.tables(), name="partners")
    if json:
        print_json({**ground_meta(ground), **found.document(), "notes": notes})
    elif not out or not quiet:
        show_partners(found, ground_meta(ground), notes)
    raise typer.Exit(0 if len(found) else 1)


def open_clients(source: str, column: list[str] | None, *, needs: str) -> "Clients":
    """The clients of a file or of standard input."""
    from app.clients.books import read_clients
    from app.find.question import column_overrides
    from app.lists.read import open_list
    from app.lists.vocabulary import CLIENTS

    with local_file(source) as path:
        listed = open_list(path, columns=column_overrides(column or []), vocabulary=CLIENTS)
        return read_clients(listed, needs=needs)


def check_kind(out: str) -> None:
    """Raise BadQuestion for a kind of file that we don't write, before any work is done."""
    from app.lists.write import kind_of

    if out not in {"", "-"}:
        kind_of(Path(out))


def write_rows(  # what is written, where, and under which name
    out: str,
    cells: "pl.DataFrame",
    ours: "pl.DataFrame",
    *,
    name: str = "clients",
    sheets: "Mapping[str, pl.DataFrame] | None" = None,
) -> None:
    """The rows into a file, or as CSV into the pipe that "-" is."""
    from app.lists.write import kind_of, open_writer

    to = sys.stdout.buffer if out == "-" else Path(out)
    kind = "csv" if out == "-" else kind_of(Path(out))
    with open_writer(to, kind, name=name, sheets=sheets) as sink:
        sink.write(cells, ours)


def print_json(document: Mapping[str, Any]) -> None:
    """One document on standard output."""
    sys.stdout.write(dumps(document) + "\n")
