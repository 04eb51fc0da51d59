"""`sweetspot geocode`, `calibrate`, `rates` and `serve`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli.base import (
    Json,
    MappingFiles,
    app,
    live_parts,
    load_settings,
    print_error,
    print_lines,
    with_mapping_files,
    with_options,
)
from app.find.options import CalibrateOptions, GeocodeOptions

# One list after the other is judged as fast as one core allows; a second process takes the other.
DEFAULT_WORKERS = min(2, os.cpu_count() or 1)


@app.command("geocode")
@with_options(GeocodeOptions)
def geocode_command(
    asked: GeocodeOptions,
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="One or more.")],
    json: Json = False,
) -> None:
    """Where an address lies, in the installed regions and the US ZIP codes."""
    from app.cli.output import show_fixes
    from app.wiring.ground import find_candidates

    with live_parts() as live:
        services = live.online() if asked.online else []  # one budget for all of them
        found = [(text, find_candidates(live, text, asked, services)) for text in addresses]
        for broken in () if asked.region else live.regions.unreadable():
            print_error(f"- {broken.problem}")
    show_fixes(found, json=json)
    raise typer.Exit(0 if all(len(fixes) for _, fixes in found) else 1)


@app.command("serve")
def serve_command(
    host: Annotated[str, typer.Option(help="0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8080,
    workers: Annotated[
        int,
        typer.Option(
            min=1, help="Processes; they share one engine.", show_default="one a core, at most 2"
        ),
    ] = DEFAULT_WORKERS,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No line for each request.")] = False,
    opens: Annotated[
        bool, typer.Option("--open", help="Show the page in this desktop's browser.")
    ] = False,
) -> None:
    """The page at /, the HTTP API that it uses, and its documentation at /docs."""
    # Lists are judged side by side: polars' own threads would only take turns with the others'.
    # Read when it is imported, in each worker; 16 clients got 1.15 times the rows a second, in one
    # run on two cores.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    from app.cli.server import serve

    serve(load_settings(), host, port, workers=workers, quiet=quiet, opens=opens)


@app.command("calibrate")
@with_options(CalibrateOptions)
@with_mapping_files
def calibrate_command(
    asked: CalibrateOptions,
    files: MappingFiles,
    trips: Annotated[Path, typer.Argument(metavar="TRIPS", help="List: From, To, Minutes.")],
    json: Json = False,
) -> None:
    """Fit the traffic factor to drives you have made; find --traffic fitted uses it."""
    from app.cli.output import show_fit
    from app.find.traffic import fit_traffic, read_trips, save_fit
    from app.lists.vocabulary import TRIPS
    from app.wiring.ground import choose_engine, locate_home

    listed = files.open_list(trips, asked, TRIPS)
    read = read_trips(listed)
    with live_parts() as live:
        named = live.regions.get(asked.region) if asked.region else None
        services = live.online()
        fit = fit_traffic(
            read,
            lambda text: locate_home(live, text, named, services),
            lambda home: choose_engine(live, home),
        )
        kept = save_fit(fit, live.settings.data_dir)
    if not json:
        print_lines([listed.seen.line])
    show_fit(fit, kept, json=json)


@app.command("rates")
def rates_command() -> None:
    """The table of computers an employee, as CSV: edit a copy and set SWEETSPOT_COMPUTER_RATES."""
    from app.businesses.computers import rates_csv

    sys.stdout.write(rates_csv())
