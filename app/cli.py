"""The command line: the same verbs as the API.

Every command imports what it needs inside itself, so that `--help` stays quick.
Exit codes: 0 found, 1 nothing passed, 2 bad input, 3 a backend failed.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.errors import BackendFailed, BadInput, NoRoom, SweetspotError

if TYPE_CHECKING:
    from app.geo.region import Region
    from app.settings import Settings
    from app.wiring import Parts

app = typer.Typer(
    help="Which businesses lie within a drive of me and are of the right size.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help takes half the time
)
region_app = typer.Typer(help="The installed maps.", no_args_is_help=True)
app.add_typer(region_app, name="region")

Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, for machines.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary.")]
RegionName = Annotated[str, typer.Option("--region", help="Use this installed region.")]


def main() -> None:
    """Run the command line; errors become a sentence and an exit code."""
    try:
        app(standalone_mode=True)
    except SweetspotError as error:
        _say(f"sweetspot: {error}")
        sys.exit(_exit_code(error))
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        _say("sweetspot: interrupted")
        sys.exit(130)


def _exit_code(error: SweetspotError) -> int:
    return 3 if isinstance(error, BackendFailed | NoRoom) else 2


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def _settings() -> "Settings":
    from pydantic import ValidationError

    from app.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"SWEETSPOT_{first['loc'][0]}".upper()
        raise BadInput(f"{name}: {first['msg']}", field=name) from error


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"sweetspot {version('sweetspot')}")
        raise typer.Exit


@app.callback()
def _top(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="The version.")
    ] = False,
) -> None:
    """Options before the command."""


@app.command("find")
def find_command(
    source: Annotated[str, typer.Argument(metavar="LIST", help="CSV or XLSX file; - is a pipe.")],
    home: Annotated[str, typer.Option("--home", help="Home base: an address or LAT,LON.")],
    minutes: Annotated[
        str | None, typer.Option(help="Drive: 50, 30-50 or off.", show_default="50")
    ] = None,
    miles: Annotated[str | None, typer.Option(help="Straight-line miles: 50 or 10-50.")] = None,
    km: Annotated[str | None, typer.Option(help="Straight-line kilometres: 80.")] = None,
    computers: Annotated[
        str | None, typer.Option(help="Computers, or off.", show_default="10-50")
    ] = None,
    employees: Annotated[
        str | None, typer.Option(help="Employees, or off.", show_default="10-100")
    ] = None,
    sales: Annotated[
        str | None, typer.Option(help="Sales in USD, or off.", show_default="1M-10M")
    ] = None,
    together: Annotated[
        str, typer.Option(help="How sizes join: all_known, any or all.")
    ] = "all_known",
    industry: Annotated[
        list[str] | None, typer.Option(help="NAICS or SIC codes or words; repeat or use commas.")
    ] = None,
    advisers: Annotated[bool, typer.Option(help="Wants a named trusted adviser.")] = False,
    traffic: Annotated[float, typer.Option(help="Multiplies the free-flow minutes.")] = 1.0,
    direction: Annotated[str, typer.Option(help="out (to the prospect) or back.")] = "out",
    tolls: Annotated[bool, typer.Option("--tolls/--no-tolls", help="Toll roads.")] = True,
    highways: Annotated[bool, typer.Option("--highways/--no-highways", help="Motorways.")] = True,
    ferries: Annotated[bool, typer.Option("--ferries/--no-ferries", help="Ferries.")] = False,
    verdict: Annotated[str, typer.Option(help="Rows to return: pass,maybe,fail.")] = "pass",
    out: Annotated[
        str, typer.Option(help="FILE.csv, .xlsx, .geojson, .parquet or .json; - is CSV to a pipe.")
    ] = "",
    region: RegionName = "",
    column: Annotated[
        list[str] | None, typer.Option(help="MEANING=HEADER, where a header is not recognised.")
    ] = None,
    geocode: Annotated[
        bool, typer.Option(help="Place rows by address even where the list has coordinates.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Which rows of LIST lie within reach of the home base and are of the right size?"""
    from datetime import date

    from app.lists.read import open_list
    from app.question import Asked, Question, driving, overrides
    from app.report import chosen_verdicts, run
    from app.terminal import Output

    asked = Asked(
        minutes=minutes,
        miles=miles,
        km=km,
        computers=computers,
        employees=employees,
        sales=sales,
        together=together,
        industry=[word for text in industry or [] for word in text.split(",")],
        advisers=advisers,
    )
    how = driving(direction, tolls=tolls, highways=highways, ferries=ferries, traffic=traffic)
    question = Question(asked.sweet_spot(), how, geocode, date.today())
    verdicts = chosen_verdicts(verdict)
    with _local(source) as path, _parts() as parts:
        output = Output(out, json=json, quiet=quiet)
        rows = open_list(path, columns=overrides(column or []))
        ground = parts.ground(home, question, region)
        with output.taking(ground, rows.rows) as (take, progress):
            report = run(rows, ground, question, verdicts, take, progress)
        output.show(report)
    raise typer.Exit(0 if report.counts.passed else 1)


@contextmanager
def _parts() -> "Iterator[Parts]":
    import structlog

    from app.wiring import Parts

    # Whatever standard error is at the time; standard output is for answers.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    with Parts(_settings()) as parts:
        yield parts


@contextmanager
def _local(source: str) -> Iterator[Path]:
    """The list as a file; standard input is kept on disk while it is read."""
    if source != "-":
        yield Path(source)
        return
    import shutil
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(prefix="sweetspot-") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
        file.flush()
        yield Path(file.name)


@app.command("geocode")
def geocode_command(
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="One or more.")],
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="At most so many places.")] = 5,
    region: RegionName = "",
    json: Json = False,
) -> None:
    """Where an address lies, in the installed regions and the US ZIP codes."""
    from app.terminal import show_fixes

    with _parts() as parts:
        found = [(text, parts.candidates(text, k, region)) for text in addresses]
    show_fixes(found, json=json)
    raise typer.Exit(0 if all(len(fixes) for _, fixes in found) else 1)


@app.command("serve")
def serve_command(
    host: Annotated[str, typer.Option(help="0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8080,
    workers: Annotated[int, typer.Option(min=1, help="Processes; they share one engine.")] = 1,
) -> None:
    """The HTTP API, with its documentation at /docs."""
    import uvicorn

    _settings()
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_level="warning",
    )


@region_app.command("build")
def region_build(
    name: Annotated[str, typer.Argument(help="What to call it, such as us/hawaii.")],
    maps: Annotated[list[Path], typer.Argument(metavar="FILE.osm.pbf...")],
    addresses: Annotated[
        list[Path] | None,
        typer.Option(help="OpenAddresses CSV or GeoJSON (.gz too), TIGER ADDRFEAT zip; repeat."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Build a region from OpenStreetMap extracts."""
    from app.geo.building import build
    from app.terminal import steps

    with steps(quiet) as tell:
        region = build(_regions(), name, maps, addresses=addresses or [], progress=tell)
    _tell_built(region, quiet)


@region_app.command("add")
def region_add(
    name: Annotated[str, typer.Argument(help="A Geofabrik extract, such as us/hawaii.")] = "",
    near: Annotated[str, typer.Option(help="Or: all extracts around an address.")] = "",
    miles: Annotated[float, typer.Option(min=1, max=300, help="How far around it.")] = 60,
    quiet: Quiet = False,
) -> None:
    """Download the extracts of an area and build a region from them."""
    from app.geo.extracts import Circle, add
    from app.terminal import download

    if bool(name) == bool(near):
        raise BadInput("give either an extract's name or --near ADDRESS")
    with _parts() as parts, download(quiet) as (tell, meter):
        what = Circle(parts.home(near).at, miles) if near else name
        url = parts.settings.download_url
        region = add(_regions(), what, base_url=url, progress=tell, meter=meter)
    _tell_built(region, quiet)


@region_app.command("sample")
def region_sample(quiet: Quiet = False) -> None:
    """Build the sample county, a small made-up map, and write a list to try on it."""
    from app.geo import sample
    from app.geo.region import Regions
    from app.terminal import steps

    folder = _settings().data_dir
    if sample.NAME not in {region.name for region in Regions(_regions()).all()}:
        with steps(quiet) as tell:
            _tell_built(sample.build(_regions(), tell), quiet)
    listed = folder / "sample.csv"
    listed.write_text(sample.prospects_csv(), encoding="utf-8")
    if not quiet:
        typer.echo(f"{listed}: prospects to try it on")


@region_app.command("list")
def region_list(json: Json = False) -> None:
    """The installed regions."""
    from app.geo.region import Regions
    from app.terminal import show_regions

    show_regions(Regions(_regions()).all(), json=json)


@region_app.command("show")
def region_show(name: str) -> None:
    """What a region was made from."""
    import json

    from app.geo.region import Regions

    typer.echo(json.dumps(Regions(_regions()).get(name).manifest, indent=2))


@region_app.command("verify")
def region_verify(name: str) -> None:
    """Are a region's files whole?"""
    from app.geo.region import Regions

    problems = Regions(_regions()).verify(name)
    for problem in problems:
        typer.echo(problem)
    if not problems:
        typer.echo(f"{name} is sound")
    raise typer.Exit(1 if problems else 0)


@region_app.command("remove")
def region_remove(name: str) -> None:
    """Delete a region."""
    from app.geo.region import Regions

    Regions(_regions()).remove(name)
    typer.echo(f"{name} removed")


def _regions() -> Path:
    return _settings().data_dir / "regions"


def _tell_built(region: "Region", quiet: bool) -> None:
    if not quiet:
        typer.echo(
            f"{region.name}: {', '.join(f'{n:,} {what}' for what, n in region.counts.items())}"
        )
