"""Writes docs/reference.md: every option, request and setting, as the code has them.

`make docs` runs it; a test compares what it writes with the file.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from app.answers.schema.find import LikeOut, ProspectOut
from app.cli import app as cli_app
from app.exports.options import ExportOptions, StoredExportOptions
from app.library.options import LeavingOptions, TileOptions
from app.lists.recipients import RECIPIENT
from app.lists.write import COLUMNS
from app.main import create_app
from app.settings import Settings

TARGET = Path(__file__).with_name("reference.md")

# The commands that have requests of their own.
VERBS: Mapping[str, tuple[str, ...]] = {
    "find": ("POST /v1/find", "POST /v1/find.csv"),
    "prospects": ("GET /v1/prospects", "POST /v1/prospects"),
    "export": (
        "POST /v1/export/{kind}",
        "POST /v1/export/{kind}.csv",
        "GET /v1/lists/{names}/exports/{kind}",
    ),
    "list edit": ("PATCH /v1/lists/{name}",),
    "list ledger": ("GET /v1/lists/{name}/ledger",),
    "list preview": ("POST /v1/lists/preview",),
    "list mark": ("POST /v1/lists/{name}/outcomes",),
    "list outcomes": ("GET /v1/lists/{name}/outcomes",),
    "list unmark": ("DELETE /v1/lists/{name}/outcomes/{outcome}",),
    "suppress ls": ("GET /v1/suppressions",),
    "suppress rm": ("DELETE /v1/suppressions/{name}",),
    "job ls": ("GET /v1/jobs",),
    "job show": ("GET /v1/jobs/{job_id}",),
    "job cancel": ("POST /v1/jobs/{job_id}/cancel",),
    "geocode": ("GET /v1/geocode",),
    "region list": ("GET /v1/regions",),
    "region add": ("GET /v1/regions/plan", "POST /v1/regions"),
    "region sample": ("POST /v1/regions/sample",),
    "region remove": ("DELETE /v1/regions/{region}",),
    "clients portfolio": ("POST /v1/clients/portfolio", "POST /v1/clients/portfolio.csv"),
    "clients capacity": ("POST /v1/clients/capacity", "POST /v1/clients/capacity.csv"),
    "partners": ("GET /v1/partners", "POST /v1/partners"),
}
# All else that a command has and its requests have not, and why.
COMMAND_ONLY: Mapping[str, str] = {
    "out": "what a request returns is its answer, in the format that `Accept` names",
    "json": "the same",
    "quiet": "only a terminal shows progress",
    "save": "the answer holds it as `suggested_sweet_spot`",
}
# All else that a request has and its command has not, and why.
REQUEST_ONLY: Mapping[str, str] = {"format": "a command's is the name of the file that `out` names"}
# A request's answer goes to /v1/export, which makes the same of it.
EXPORTED: Mapping[str, str] = {"for": "", "for_option": ""}
# A file that find wrote is asked nothing any more; what is the export's alone has its own words.
OF_A_FILE: Mapping[str, str] = {
    **dict.fromkeys(StoredExportOptions.model_fields.keys() - ExportOptions.model_fields, ""),
    **{name: name for name in ExportOptions.model_fields if name in TileOptions.model_fields},
}
# Those of stored lists, which have requests of their own.
STORED: Mapping[str, str] = dict.fromkeys([*LeavingOptions.model_fields, "learn"], "")
# What a request calls by another name, "" where it can't be given: a query holds no list, and
# what was read as what is in the answer (`columns`), so that no request saves it.
NAMED: Mapping[str, Mapping[str, str]] = {
    "POST /v1/find": {"LIST": "prospects", "save_mapping": "", **EXPORTED, **STORED},
    "POST /v1/find.csv": {
        "LIST": "list",
        "like": "clients",
        "save_mapping": "",
        **EXPORTED,
        **STORED,
    },
    "GET /v1/prospects": {"like": "", "sweet_spot": "", "exclude": "", **EXPORTED},
    "POST /v1/prospects": EXPORTED,
    "POST /v1/export/{kind}": {"ANSWER": "answer", "for": "kind", "template": "", **OF_A_FILE},
    "POST /v1/export/{kind}.csv": {"ANSWER": "list", "for": "kind", **OF_A_FILE},
    "GET /v1/lists/{names}/exports/{kind}": {
        "ANSWER": "names",
        "for": "kind",
        "template": "",
        "exclude": "",
    },
    "PATCH /v1/lists/{name}": {"LIST": "name"},
    "GET /v1/lists/{name}/ledger": {"LIST": "name"},
    "POST /v1/lists/preview": {"LIST": "list", "save_mapping": ""},
    "POST /v1/lists/{name}/outcomes": {"LIST": "name", "from": ""},
    "GET /v1/lists/{name}/outcomes": {"LIST": "name"},
    "DELETE /v1/lists/{name}/outcomes/{outcome}": {"LIST": "name", "OUTCOME": "outcome"},
    "DELETE /v1/suppressions/{name}": {"NAME": "name"},
    "GET /v1/jobs/{job_id}": {"ID": "job_id"},
    "POST /v1/jobs/{job_id}/cancel": {"ID": "job_id"},
    "GET /v1/geocode": {"ADDRESS...": "address"},
    "GET /v1/regions/plan": {"NAME": "name", "dry_run": "", "yes": ""},
    "POST /v1/regions": {"NAME": "name", "dry_run": ""},
    "POST /v1/regions/sample": {"list": ""},
    "DELETE /v1/regions/{region}": {"NAME": "region"},
    "POST /v1/clients/portfolio": {"CLIENTS": "clients", "save_mapping": ""},
    "POST /v1/clients/portfolio.csv": {"CLIENTS": "list", "save_mapping": ""},
    "POST /v1/clients/capacity": {"CLIENTS": "clients", "save_mapping": ""},
    "POST /v1/clients/capacity.csv": {"CLIENTS": "list", "save_mapping": ""},
    "GET /v1/partners": dict.fromkeys(
        ("list", "prospects", "clients", "mapping", "save_mapping"), ""
    ),
    "POST /v1/partners": {"list": "partners", "save_mapping": ""},
}

# Columns that are there only where they are asked for.
OF_TRAFFIC = ("minutes_free", "minutes_peak")
OF_HOMES = ("home",)
OF_LIKE = {"like": "score", "like_known": "known", "like_reasons": "reasons"}

ABOUT = """\
Every option, request and setting, made from the code by `make docs`. What they are for is in
[README.md](../README.md)."""
ABOUT_COMMANDS = """\
Exit codes: 0 found, 1 nothing passed, 2 bad input, 3 a backend or the disk failed. A limit is `50`
(up to), `30-50`, `30+` or `off`; both bounds are included."""
ABOUT_REQUESTS = """\
Options are those of the command, with `_` for `-`: in the query of a GET and of `.csv`, in the JSON
body otherwise, where a limit may also be a number or `[low, high]`. Lists and files go into the
JSON body, or into a form beside the list. Rows come as JSON, CSV, XLSX, GeoJSON or Parquet, those
of clients and partners as JSON, CSV, XLSX or Parquet, exports in the forms of their kind and as
zip: by `Accept`, or by `format`, such as `format=xlsx`, where a link can't set that. Errors are
`application/problem+json` and name the field and the row."""
ABOUT_COLUMNS = """\
The original columns stay in their order; behind them, each with `sweetspot_` before it:"""


def write_reference() -> str:
    """The whole document."""
    alone = ", ".join(f"`--{name}` ({why})" for name, why in COMMAND_ONLY.items())
    of_requests = ", ".join(f"`{name}` ({why})" for name, why in REQUEST_ONLY.items())
    parts = [
        "# Reference",
        ABOUT,
        "## Commands",
        ABOUT_COMMANDS,
        *_commands(),
        "## Requests",
        ABOUT_REQUESTS,
        _table(("request", "answer", "options"), _request_rows()),
        f"No request has {alone}. No command has {of_requests}.",
        "## Columns of a file",
        ABOUT_COLUMNS,
        _table(("column", "meaning"), _columns()),
        "## Settings",
        "From the environment or a file `.env`:",
        _table(("variable", "default", "meaning"), _settings()),
    ]
    return "\n\n".join(parts) + "\n"


def list_commands() -> dict[str, TyperCommand]:
    """Every command by the words that call it."""
    return dict(_walk(get_command(cli_app), ""))


def _walk(command: Any, words: str) -> Iterator[tuple[str, TyperCommand]]:
    if not isinstance(command, TyperGroup):
        yield words, command
        return
    for name, one in command.commands.items():
        yield from _walk(one, f"{words} {name}".strip())


def option_name(option: TyperOption | TyperArgument) -> str:
    """An option by the name that requests have for it; an argument by its own."""
    if not isinstance(option, TyperOption):
        return str(option.metavar or option.name).upper()
    return max(option.opts, key=len).lstrip("-").replace("-", "_")


def _commands() -> Iterator[str]:
    for words, command in list_commands().items():
        arguments = [one for one in command.params if not isinstance(one, TyperOption)]
        options = [
            one for one in command.params if isinstance(one, TyperOption) and one.name != "help"
        ]
        line = " ".join(["sweetspot", words, *map(option_name, arguments)])
        yield f"### `{line}`"
        yield (command.help or "").split("\n\n")[0].replace("\n", " ")
        if options:
            yield _table(("option", "meaning", "default"), map(_option_row, options))


def _option_row(option: TyperOption) -> tuple[str, str, str]:
    names = ", ".join([*option.opts, *option.secondary_opts])
    kind = option.type_descriptor.annotation
    word = "FILE" if "Path" in str(kind) else "TEXT" if "str" in str(kind) else "NUMBER"
    if get_origin(kind) is Literal:
        word = "|".join(get_args(kind))
    taken = "" if option.is_flag else f" {option.metavar or word}"
    shown = option.show_default if isinstance(option.show_default, str) else ""
    if not shown and not option.is_flag and option.default not in (None, ""):
        shown = f"{option.default}"
    default = "has to be given" if option.required else shown
    return f"`{names}{taken}`".replace("|", "\\|"), option.help or "", default


def _request_rows() -> Iterator[tuple[str, str, str]]:
    owners = {request: verb for verb, requests in VERBS.items() for request in requests}
    for path, methods in create_app(Settings()).openapi()["paths"].items():
        for method, operation in methods.items():
            request = f"{method.upper()} {path}"
            said = operation["description"].split("\n\n")[0].replace("\n", " ")
            yield f"`{request}`", said, _taken(request, owners.get(request), operation)


def _taken(request: str, verb: str | None, operation: Mapping[str, Any]) -> str:
    if verb is None:
        return ", ".join(f"`{one['name']}`" for one in operation.get("parameters", ()))
    named = NAMED.get(request, {})
    said = [f"those of `{verb}`"]
    said += [f"`{new}` is `{old}`" for old, new in named.items() if new not in {"", old}]
    missing = [f"`{old}`" for old, new in sorted(named.items()) if not new]
    return ", ".join(said) + (f"; no {', '.join(missing)}" if missing else "")


def _columns() -> Iterator[tuple[str, str]]:
    """Ours, as the JSON answer has them, too; what is null there is empty here."""
    fields = {name: ProspectOut.model_fields[name] for name in (*COLUMNS, *OF_TRAFFIC, *OF_HOMES)}
    fields |= {name: LikeOut.model_fields[key] for name, key in OF_LIKE.items()}
    for name, field in fields.items():
        words = [word for word in _literals(field.annotation) if word]
        choices = f" {', '.join(words)}." if words else ""
        said = (field.description or "").replace("null", "empty").replace("absent", "no column")
        yield f"`{name}`", f"{said}{choices}"
    yield from ((f"`{name}`", said) for name, said in RECIPIENT.items())


def _literals(kind: Any) -> list[str]:
    """The words of a type's literals."""
    kind = getattr(kind, "__value__", kind)
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    return [word for one in get_args(kind) for word in _literals(one)]


def _settings() -> Iterator[tuple[str, str, str]]:
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra
        of_user = extra.get("default") if isinstance(extra, dict) else None
        default = (
            str(of_user) if of_user else f"`{field.default if field.default != '' else '(empty)'}`"
        )
        words = _literals(field.annotation)
        choices = f" One of {', '.join(words)}." if words else ""
        yield f"`SWEETSPOT_{name.upper()}`", default, f"{field.description}{choices}"


def _table(heads: tuple[str, ...], rows: Any) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    TARGET.write_text(write_reference(), encoding="utf-8")
