"""The command line: the same verbs as the API.

Every command imports what it needs inside itself, so that `--help` stays quick.
Exit codes: 0 found, 1 nothing passed, 2 bad input, 3 a backend or the disk failed.
"""

import os
import sys
from pathlib import Path
from traceback import extract_tb
from typing import Annotated

import typer

from app.cli import clients, finding, regions, serving
from app.cli.base import app, exit_code, say
from app.errors import SweetspotError

__all__ = ["app", "clients", "finding", "main", "regions", "serving"]


def main() -> None:
    """Run the command line; errors become a sentence and an exit code."""
    try:
        app(standalone_mode=True)
    except SweetspotError as error:
        say(f"sweetspot: {error}")
        sys.exit(exit_code(error))
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        say("sweetspot: interrupted")
        sys.exit(130)
    except OSError as why:
        say(f"sweetspot: a folder or file can't be used: {why}")
        sys.exit(3)
    except Exception as why:
        if os.environ.get("SWEETSPOT_TRACE"):
            raise
        say(f"sweetspot: {_fault(why)}")
        sys.exit(3)


def _fault(why: Exception) -> str:
    """Where of ours it broke, in one sentence."""
    ours = [at for at in extract_tb(why.__traceback__) if f"{os.sep}app{os.sep}" in at.filename]
    place = f" in {Path(ours[-1].filename).name}, line {ours[-1].lineno}" if ours else ""
    return (
        f"a fault of its own: {type(why).__name__}{place}: {why}; "
        "with SWEETSPOT_TRACE=1 it shows the way there"
    )


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
