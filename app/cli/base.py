"""What the commands share: the applications, options, errors as sentences and exit codes."""

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.errors import BackendFailed, BadInput, BadQuestion, NoRoom, StorageFailed, SweetspotError
from app.find.defining import Options, check_options, default_text, is_repeatable, value_text
from app.find.options import ColumnOptions
from app.lists.mapping import MEANT, ChosenColumns, read_mapping
from app.lists.options import WHOM_TO_EXCLUDE

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from stamina.instrumentation import RetryDetails

    from app.lists.read import ListFile
    from app.lists.vocabulary import Vocabulary
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
list_app = typer.Typer(help="Lists of businesses.", no_args_is_help=True)
job_app = typer.Typer(help="Long works that the service does.", no_args_is_help=True)
suppress_app = typer.Typer(help="Whom to leave out of stored lists.", no_args_is_help=True)
keys_app = typer.Typer(help="API keys: who may ask over HTTP.", no_args_is_help=True)
app.add_typer(region_app, name="region")
app.add_typer(clients_app, name="clients")
app.add_typer(list_app, name="list")
app.add_typer(job_app, name="job")
app.add_typer(suppress_app, name="suppress")
app.add_typer(keys_app, name="keys")

SpotFile = Annotated[
    Path | None,
    typer.Option("--sweet-spot", help="Limits from a JSON file; options given as well win."),
]
MappingFile = Annotated[
    Path | None, typer.Option("--mapping", metavar="FILE", help=MEANT, show_default=False)
]
SaveMapping = Annotated[
    Path | None,
    typer.Option("--save-mapping", help="Write what was read as what, for --mapping."),
]
Exclude = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help=WHOM_TO_EXCLUDE, show_default=False),
]
Out = Annotated[
    str, typer.Option(help="FILE.csv, .xlsx, .geojson, .parquet or .json; - is CSV to a pipe.")
]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, for machines.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary.")]

KEYWORD = inspect.Parameter.KEYWORD_ONLY
type Command = Callable[..., None]


def with_options[T: Options](model: type[T]) -> Callable[[Command], Command]:
    """Give a command those options, which reach it as one checked value, its first argument.

    What is not given is not set in that value, so that a saved sweet spot can say it.
    """

    def decorate(command: Command) -> Command:
        own = inspect.signature(command).parameters.values()
        parameters = [one.replace(kind=KEYWORD) for one in own if one.name != "asked"]
        options = [_parameter(name, field) for name, field in model.model_fields.items()]
        at = sum(one.default is one.empty for one in parameters)  # behind the arguments

        @wraps(command)
        def run(**given: Any) -> None:
            asked = {one.name: given.pop(one.name) for one in options}
            asked = {name: value for name, value in asked.items() if value not in (None, [])}
            command(check_options(model, asked), **given)

        both = [*parameters[:at], *options, *parameters[at:]]
        run.__signature__ = inspect.Signature(both)  # type: ignore[attr-defined]
        run.__annotations__ = {one.name: one.annotation for one in both}
        return run

    return decorate


def with_mapping_files(command: Command) -> Command:
    """Give a command --mapping and --save-mapping, which reach it as one value, `files`."""
    own = [one for one in inspect.signature(command).parameters.values() if one.name != "files"]
    options = [
        inspect.Parameter("mapping", KEYWORD, default=None, annotation=MappingFile),
        inspect.Parameter("save_mapping", KEYWORD, default=None, annotation=SaveMapping),
    ]

    @wraps(command)
    def run(*asked: Any, **given: Any) -> None:
        files = MappingFiles(given.pop("mapping"), given.pop("save_mapping"))
        command(*asked, files=files, **given)

    both = [*own, *options]
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [one.replace(kind=KEYWORD) for one in both]
    )
    run.__annotations__ = {one.name: one.annotation for one in both}
    return run


def _parameter(name: str, field: "FieldInfo") -> inspect.Parameter:
    """One option as the command line has it: a flag, a list of texts, or a text."""
    words = name.rstrip("_").replace("_", "-")  # a word of Python has an underscore behind it
    flag = f"{'-' if len(name) == 1 else '--'}{words}"
    kind: Any = list[str] if is_repeatable(field) else str
    if field.annotation is bool:
        kind, flag = bool, f"{flag}/--no-{flag[2:]}" if field.default else flag
    said = typer.Option(
        flag,
        help=field.description,
        metavar=None if kind is bool else value_text(field),
        show_default=(kind is not bool and default_text(field)) or False,
    )
    if field.is_required():
        return inspect.Parameter(name, KEYWORD, annotation=Annotated[kind, said])
    return inspect.Parameter(name, KEYWORD, default=None, annotation=Annotated[kind | None, said])


def exit_code(error: SweetspotError) -> int:
    """3 where a backend or a folder of ours failed, 2 for bad input."""
    return 3 if isinstance(error, BackendFailed | StorageFailed) else 2


def print_error(line: str) -> None:
    """A line on standard error."""
    sys.stderr.write(line + "\n")


def print_lines(lines: Iterable[str]) -> None:
    """Each on standard error."""
    for line in lines:
        print_error(line)


def confirm(question: str) -> bool:
    """Whether a person at the terminal agrees; nobody there does not."""
    return sys.stdin.isatty() and sys.stderr.isatty() and typer.confirm(question, err=True)


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


def configure_log(level: str) -> None:
    """A line for each event on standard error, for machines."""
    import logging

    import structlog

    logging.getLogger("app").setLevel(level.upper())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%S", utc=False),
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@contextmanager
def live_parts() -> "Iterator[Parts]":
    """Everything alive, closed afterwards."""
    import logging

    import stamina
    import structlog

    from app.wiring.parts import Parts

    # Whatever standard error is at the time; standard output is for answers.
    settings = load_settings()
    told = settings.log_level if settings.log_level == "debug" else "warning"
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(told),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    stamina.instrumentation.set_on_retry_hooks([_say_again])
    logging.getLogger("app").setLevel(settings.log_level.upper())
    with Parts(settings) as made:
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


@dataclass(frozen=True)
class MappingFiles:
    """By which file the columns are read, and into which one it is written what was read."""

    read: Path | None
    save: Path | None

    def open_list(
        self,
        source: Path,
        asked: ColumnOptions,
        vocabulary: "Vocabulary | None" = None,
        place: str = "",
    ) -> "ListFile":
        """The list, read as was asked for. Raises BadQuestion naming the mapping's file."""
        from app.lists.read import open_list
        from app.lists.vocabulary import PROSPECTS

        kind = vocabulary or PROSPECTS
        rows = open_list(source, columns=self.columns(asked), vocabulary=kind, place=place)
        self.write(rows.seen.mapping())
        return rows

    def columns(self, asked: ColumnOptions) -> ChosenColumns:
        """Those that are named, over the mapping's. Raises BadQuestion naming its file."""
        saved = read_mapping(self.read) if self.read else None
        return asked.columns(saved, str(self.read))

    def write(self, mapping: str) -> None:
        """Save that mapping where one was to be saved."""
        if self.save:
            save_file(self.save, mapping, "save_mapping")

    def open_list_if_any(self, source: Path | None, asked: ColumnOptions) -> "ListFile | None":
        """The same where a list was given. Raises BadQuestion where none can be saved."""
        if self.save and source is None:
            raise BadQuestion("save_mapping: no list was read; --list names one", field="list")
        return self.open_list(source, asked) if source else None
