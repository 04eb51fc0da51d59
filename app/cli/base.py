"""What the commands share: the applications, options, errors as sentences and exit codes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.errors import BackendFailed, BadInput, BadQuestion, NoRoom, StorageFailed, SweetspotError

if TYPE_CHECKING:
    from stamina.instrumentation import RetryDetails

    from app.settings import Settings
    from app.wiring.parts import Parts

app = typer.Typer(
    help="Which businesses lie within a drive of me and are of the right size.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help takes half the time
)
region_app = typer.Typer(help="The installed maps.", no_args_is_help=True)
clients_app = typer.Typer(help="The firm's own clients.", no_args_is_help=True)
app.add_typer(region_app, name="region")
app.add_typer(clients_app, name="clients")

Home = Annotated[str, typer.Option("--home", help="Home base: an address or LAT,LON.")]
Minutes = Annotated[str | None, typer.Option(help="Drive: 50, 30-50 or off.", show_default="50")]
Miles = Annotated[str | None, typer.Option(help="Straight-line miles: 50 or 10-50.")]
Km = Annotated[str | None, typer.Option(help="Straight-line kilometres: 80.")]
Computers = Annotated[str | None, typer.Option(help="Computers, or off.", show_default="10-50")]
Employees = Annotated[str | None, typer.Option(help="Employees, or off.", show_default="10-100")]
Sales = Annotated[str | None, typer.Option(help="Sales in USD, or off.", show_default="1M-10M")]
Industry = Annotated[
    list[str] | None, typer.Option(help="NAICS or SIC codes or words; repeat or use commas.")
]
SpotFile = Annotated[
    Path | None,
    typer.Option("--sweet-spot", help="Limits from a JSON file; options given as well win."),
]
Traffic = Annotated[
    str, typer.Option(help="Multiplies the free-flow minutes: 1.3, or fitted (see calibrate).")
]
Direction = Annotated[str, typer.Option(help="out (to the prospect) or back.")]
Tolls = Annotated[bool, typer.Option("--tolls/--no-tolls", help="Toll roads.")]
Highways = Annotated[bool, typer.Option("--highways/--no-highways", help="Motorways.")]
Ferries = Annotated[bool, typer.Option("--ferries/--no-ferries", help="Ferries.")]
Depart = Annotated[
    str,
    typer.Option(
        help="When one leaves: 2026-12-01T08:30 by the home base's clock, for engines that know "
        "the time of day; some want its offset, too: 2026-12-01T08:30-05:00."
    ),
]
LimitOn = Annotated[
    str, typer.Option("--limit-on", help="Minutes that are judged: peak (with traffic) or free.")
]
Verdicts = Annotated[str, typer.Option("--verdict", help="Rows to return: pass,maybe,fail.")]
Out = Annotated[
    str, typer.Option(help="FILE.csv, .xlsx, .geojson, .parquet or .json; - is CSV to a pipe.")
]
Column = Annotated[
    list[str] | None, typer.Option(help="MEANING=HEADER, where a header is not recognised.")
]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, for machines.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary.")]
RegionName = Annotated[str, typer.Option("--region", help="Use this installed region.")]


def exit_code(error: SweetspotError) -> int:
    """3 where a backend or a folder of ours failed, 2 for bad input."""
    return 3 if isinstance(error, BackendFailed | StorageFailed) else 2


def print_error(line: str) -> None:
    """A line on standard error."""
    sys.stderr.write(line + "\n")


def confirm(question: str) -> bool:
    """Whether a person at the terminal agrees; nobody there does not."""
    return sys.stdin.isatty() and sys.stderr.isatty() and typer.confirm(question, err=True)


def split_words(texts: list[str] | None) -> list[str]:
    """Options that may be repeated or hold commas, as one list."""
    return [word.strip() for text in texts or [] for word in text.split(",") if word.strip()]


def load_settings() -> "Settings":
    """The settings. Raises BadInput naming the variable that can't be used."""
    from pydantic import ValidationError

    from app.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"SWEETSPOT_{first['loc'][0]}".upper()
        raise BadInput(f"{name}: {first['msg']}", field=name) from error


def traffic_factor(traffic: str) -> float:
    """The number, or the factor that was fitted. Raises BadQuestion."""
    from app.find.traffic import fitted_factor

    if traffic.strip().casefold() == "fitted":
        return fitted_factor(load_settings().data_dir)
    try:
        return float(traffic)
    except ValueError as why:
        raise BadQuestion(
            f"traffic {traffic!r}: expected a factor such as 1.3, or fitted", field="traffic"
        ) from why


@contextmanager
def live_parts() -> "Iterator[Parts]":
    """Everything alive, closed afterwards."""
    import stamina
    import structlog

    from app.wiring.parts import Parts

    # Whatever standard error is at the time; standard output is for answers.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    stamina.instrumentation.set_on_retry_hooks([_say_again])
    with Parts(load_settings()) as made:
        yield made


def _say_again(details: "RetryDetails") -> None:
    """What is tried again and when, instead of a line for machines."""
    why = str(details.caused_by) or type(details.caused_by).__name__
    print_error(f"no answer ({why}); asking again in {details.wait_for:.1f} s")


@contextmanager
def local_file(source: str) -> Iterator[Path]:
    """The list as a file; standard input is kept on disk while it is read."""
    if source != "-":
        yield Path(source)
        return
    import shutil

    from app.folders import temporary_folder, writing_to

    with temporary_folder() as folder:
        path = folder / "list"
        with writing_to(), path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield path


def save_file(path: Path, text: str, field: str) -> None:
    """The text as the file that an option named. Raises BadQuestion, NoRoom on a full disk."""
    from app.folders import is_full, system_words

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as why:
        if is_full(why):
            raise NoRoom(f"no room left on the disk to write {path}: {system_words(why)}") from why
        raise BadQuestion(f"can't write {path}: {system_words(why)}", field=field) from why
