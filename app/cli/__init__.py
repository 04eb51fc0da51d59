"""The command line: the same verbs as the API.

Every command imports what it needs inside itself, so that `--help` stays quick.
Exit codes: 0 found, 1 nothing passed, 2 bad input, 3 a backend, a folder of ours or we failed.
"""

import atexit
import gc
import os
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from app.cli import clients, exports, jobs, keys, licences, lists, marks, push, regions, serving
from app.cli import find as finding
from app.cli.base import app, exit_code, print_error
from app.errors import SweetspotError

__all__ = [
    "app",
    "clients",
    "exports",
    "finding",
    "jobs",
    "keys",
    "licences",
    "lists",
    "main",
    "marks",
    "push",
    "regions",
    "serving",
]

# For jemalloc, which polars brings and which reads it when that is imported: memory that is free
# goes back to the system after half a second; else ten. The keys of 1,000,000 rows then take 229
# MiB in place of 294, and a find of 100,000 rows no more time.
GIVES_BACK = "dirty_decay_ms:500,muzzy_decay_ms:0"

# Imports make 200,000 objects that live as long as the process. To look through them for cycles
# every 700 objects, and again as Python ends, was a third of the CPU time in which what the server
# needs is imported. Here, as the server's other processes import this and never call `main`.
gc.set_threshold(5_000, 10, 10)
atexit.register(gc.freeze)


def main() -> None:
    """Run the command line; errors become a sentence and an exit code.

    What a library warns of is for us, whose tests fail on it: shown only where Python was asked to.
    """
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    os.environ.setdefault("_RJEM_MALLOC_CONF", GIVES_BACK)
    try:
        try:
            app(standalone_mode=True)
        finally:
            sys.stdout.flush()  # what can't be written is told now, not when Python ends
    except SystemExit as ended:
        if not isinstance(ended.__context__, BrokenPipeError):  # typer would make it 1
            raise
        _end(0)
    except SweetspotError as error:
        print_error(f"sweetspot: {error}")
        sys.exit(exit_code(error))
    except BrokenPipeError:  # the reader of our output has seen enough
        _end(0)
    except KeyboardInterrupt:
        print_error("sweetspot: interrupted")
        sys.exit(130)
    except BaseException as error:  # noqa: BLE001 -- a panic of polars is no Exception
        _tell_fault(error)
        _end(3)


def _end(code: int) -> None:
    """Exit, and let nobody try once more to write what was not written."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _tell_fault(error: BaseException) -> None:
    """One sentence: what the system refused, or which fault of ours it is and where."""
    import traceback

    if os.environ.get("SWEETSPOT_TRACE"):
        traceback.print_exception(error)
    if isinstance(error, OSError):
        name = f" ({error.filename})" if error.filename else ""
        print_error(f"sweetspot: refused by the system: {error.strerror or error}{name}")
        return
    root = Path(__file__).parents[2]
    frames = traceback.extract_tb(error.__traceback__)
    inside = [f for f in frames if Path(f.filename).is_relative_to(root / "app")]
    place = f"{Path(inside[-1].filename).relative_to(root)}:{inside[-1].lineno}"
    first = next(iter(str(error).splitlines()), "")[:200]
    print_error(
        f"sweetspot: a fault of ours: {type(error).__name__}: {first}, at {place} "
        "(SWEETSPOT_TRACE=1 shows the way there)"
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
