"""`sweetspot find` and `sweetspot prospects`: which businesses lie within reach and fit?"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.base import (
    Column,
    Computers,
    Depart,
    Direction,
    Employees,
    Ferries,
    Highways,
    Home,
    Industry,
    Json,
    Km,
    LimitOn,
    Miles,
    Minutes,
    Out,
    Quiet,
    RegionName,
    Sales,
    SpotFile,
    Tolls,
    Traffic,
    Verdicts,
    app,
    confirm,
    live_parts,
    local_file,
    split_words,
    traffic_factor,
)
from app.errors import BulkUse

if TYPE_CHECKING:
    from app.answers.report import Report
    from app.cli.output import Output
    from app.clients.lookalikes.alike import Alike
    from app.find.ground import Ground
    from app.find.question import Asked, Question
    from app.lists.read import ListFile

Like = Annotated[
    Path | None, typer.Option(help="Score by resemblance to the A clients of this list.")
]
WeightsText = Annotated[
    str,
    typer.Option(
        "--weights", help="Of --like.", show_default="industry=40,size=30,minutes=20,advisers=10"
    ),
]
Sort = Annotated[str, typer.Option(help="list (as it came), minutes, or like.")]


@app.command("find")
def find_command(
    source: Annotated[str, typer.Argument(metavar="LIST", help="CSV or XLSX file; - is a pipe.")],
    home: Home,
    minutes: Minutes = None,
    miles: Miles = None,
    km: Km = None,
    computers: Computers = None,
    employees: Employees = None,
    sales: Sales = None,
    together: Annotated[
        str | None,
        typer.Option(help="How sizes join: all_known, any or all.", show_default="all_known"),
    ] = None,
    industry: Industry = None,
    advisers: Annotated[
        bool | None,
        typer.Option("--advisers", help="Wants a named trusted adviser.", show_default=False),
    ] = None,
    estimates: Annotated[
        bool | None,
        typer.Option(
            "--estimates",
            help="Let estimated computers decide where the list counts none.",
            show_default=False,
        ),
    ] = None,
    spot_file: SpotFile = None,
    traffic: Traffic = "1",
    direction: Direction = "out",
    tolls: Tolls = True,
    highways: Highways = True,
    ferries: Ferries = False,
    depart: Depart = "",
    limit_on: LimitOn = "peak",
    verdict: Verdicts = "pass",
    like: Like = None,
    weights: WeightsText = "",
    sort: Sort = "list",
    out: Out = "",
    region: RegionName = "",
    column: Column = None,
    geocode: Annotated[
        bool, typer.Option(help="Place rows by address even where the list has coordinates.")
    ] = False,
    all_minutes: Annotated[
        bool,
        typer.Option("--all-minutes", help="Ask a service for rows that fail on size, too."),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Ask no service: say what would be asked, and its price."),
    ] = False,
    allow_bulk: Annotated[
        bool,
        typer.Option("--allow-bulk", help="Ask public geocoders even for more than they like."),
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Which rows of LIST lie within reach of the home base and are of the right size?"""
    from dataclasses import replace
    from datetime import date

    from app.answers.report import Report
    from app.cli.output import Output
    from app.find.question import Question, column_overrides, driving_from
    from app.lists.read import open_list

    asked = asked_of(
        spot_file,
        minutes=minutes,
        miles=miles,
        km=km,
        computers=computers,
        employees=employees,
        sales=sales,
        together=together,
        industry=split_words(industry) or None,
        advisers=advisers,
        estimates=estimates,
    )
    how = driving_from(
        direction,
        tolls=tolls,
        highways=highways,
        ferries=ferries,
        traffic=traffic_factor(traffic),
        depart=depart,
        limit_on=limit_on,
    )
    question = Question(
        asked.sweet_spot(), how, geocode, date.today(), all_minutes, dry_run, allow_bulk
    )
    with local_file(source) as path, live_parts() as live:
        rows = open_list(path, columns=column_overrides(column or []))

        def run(question: Question) -> Report:
            output = Output(out, json=json, quiet=quiet, sort=sort, alike=like is not None)
            ground = live.ground(home, question, region)
            alike = alike_of(like, weights, ground, question)
            return answer_list(rows, ground, question, verdict, output, alike)

        try:
            report = run(question)
        except BulkUse as why:
            if not confirm(f"{why}"):
                raise
            report = run(replace(question, allow_bulk=True))
    raise typer.Exit(0 if report.counts.passed else 1)


@app.command("prospects")
def prospects_command(
    home: Home,
    minutes: Minutes = None,
    miles: Miles = None,
    km: Km = None,
    industry: Industry = None,
    traffic: Traffic = "1",
    direction: Direction = "out",
    tolls: Tolls = True,
    highways: Highways = True,
    ferries: Ferries = False,
    depart: Depart = "",
    limit_on: LimitOn = "peak",
    verdict: Verdicts = "pass,maybe",
    like: Like = None,
    weights: WeightsText = "",
    sort: Sort = "minutes",
    out: Out = "",
    region: RegionName = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Which businesses on the region's own map lie within reach? Their sizes are unknown: maybe."""
    from app.cli.output import Output
    from app.find.question import Question, driving_from

    asked = asked_of(
        None, minutes=minutes, miles=miles, km=km, industry=split_words(industry) or None
    )
    how = driving_from(
        direction,
        tolls=tolls,
        highways=highways,
        ferries=ferries,
        traffic=traffic_factor(traffic),
        depart=depart,
        limit_on=limit_on,
    )
    question = Question(asked.sweet_spot(), how)
    with live_parts() as live:
        output = Output(out, json=json, quiet=quiet, sort=sort, alike=like is not None)
        ground = live.ground(home, question, region)
        rows = live.prospects(ground)
        report = answer_list(
            rows, ground, question, verdict, output, alike_of(like, weights, ground, question)
        )
    raise typer.Exit(0 if report.counts.passed + report.counts.maybe else 1)


def asked_of(file: Path | None, **options: Any) -> "Asked":
    """The limits of a saved sweet spot, those given as options in their place."""
    from app.find.question import Asked, read_spot

    saved: Mapping[str, Any] = read_spot(file) if file else {}
    given = {name: value for name, value in options.items() if value is not None}
    return Asked(**{**saved, **given})


def alike_of(
    like: Path | None, weights: str, ground: "Ground", question: "Question"
) -> "Alike | None":
    """What scores resemblance to the clients of that file."""
    from app.clients.lookalikes.alike import alike_to
    from app.lists.read import open_list
    from app.lists.vocabulary import CLIENTS

    listed = open_list(like, vocabulary=CLIENTS) if like else None
    return alike_to(listed, weights, ground, question.how)


def answer_list(
    rows: "ListFile",
    ground: "Ground",
    question: "Question",
    verdict: str,
    output: "Output",
    alike: "Alike | None",
) -> "Report":
    """Judge, write and show."""
    from app.answers.report import chosen_verdicts, judge_list

    verdicts = chosen_verdicts(verdict)
    with output.taking(rows.rows) as (take, progress, asking):
        report = judge_list(
            rows, ground, question, verdicts, take, progress=progress, asking=asking, alike=alike
        )
    output.show(report)
    return report
