"""`sweetspot geocode`, `rates` and `serve`."""

import sys
from typing import Annotated

import typer

from app.cli.base import Json, RegionName, app, parts, settings


@app.command("geocode")
def geocode_command(
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="One or more.")],
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="At most so many places.")] = 5,
    region: RegionName = "",
    json: Json = False,
) -> None:
    """Where an address lies, in the installed regions and the US ZIP codes."""
    from app.terminal import show_fixes

    with parts() as live:
        found = [(text, live.candidates(text, k, region)) for text in addresses]
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

    settings()
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_level="warning",
    )


@app.command("rates")
def rates_command() -> None:
    """The table of computers an employee, as CSV: edit a copy and set SWEETSPOT_COMPUTER_RATES."""
    from app.computers import table

    sys.stdout.write(table())
