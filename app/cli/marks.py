"""`sweetspot list mark` and `sweetspot suppress`: what is said of rows of stored lists."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.base import Json, list_app, live_parts, local_file, suppress_app, with_options
from app.errors import BadQuestion
from app.library.options import WHICH_ROWS, MarkOptions, OutcomesOptions, SuppressionOptions

if TYPE_CHECKING:
    from collections.abc import Callable

Name = Annotated[str, typer.Argument(metavar="LIST", help="Its name in commands, or its id.")]
Suppressed = Annotated[str, typer.Argument(metavar="NAME", help="Its name or id.")]
OfList = Annotated[
    str, typer.Option("--of-list", metavar="LIST", help="All rows of a stored list.")
]


@list_app.command("mark")
@with_options(MarkOptions)
def list_mark(
    asked: MarkOptions,
    name: Name,
    rows: Annotated[str, typer.Option(metavar="12,15-20", help=WHICH_ROWS)] = "",
    from_: Annotated[
        Path | None,
        typer.Option("--from", help="Those of a file that a find or an export wrote."),
    ] = None,
    json: Json = False,
) -> None:
    """Store what became of rows of LIST: mailed, called, answered, client, do_not_contact."""
    from app.cli.stored_output import show_marked
    from app.library.outcomes import THIS_MACHINE, parse_numbers, read_numbers
    from app.store.tables import DEFAULT_TENANT
    from app.wiring.marking import mark_list

    if bool(rows) == bool(from_):
        raise BadQuestion("rows: name them by --rows or by --from", field="rows")
    mark = asked.mark(THIS_MACHINE)
    with live_parts() as live:
        slug = live.library.find(DEFAULT_TENANT, name).slug
        numbers = read_numbers(from_, slug) if from_ else parse_numbers(rows)
        told = mark_list(live, DEFAULT_TENANT, name, numbers, mark)
    _show(told, json, lambda told: show_marked(told, mark))


@list_app.command("outcomes")
@with_options(OutcomesOptions)
def list_outcomes(asked: OutcomesOptions, name: Name, json: Json = False) -> None:
    """What became of rows of LIST, in the order in which it was stored."""
    from app.cli.stored_output import show_outcome_lines
    from app.library.library import find_stored
    from app.library.outcomes import show_outcomes
    from app.store.tables import DEFAULT_TENANT

    with live_parts() as live, live.database.reading() as session:
        told = show_outcomes(session, find_stored(session, DEFAULT_TENANT, name), asked)
    _show(told, json, show_outcome_lines)


@list_app.command("unmark")
def list_unmark(
    name: Name,
    outcome: Annotated[int, typer.Argument(help="Its number, as `list outcomes` shows it.")],
) -> None:
    """Delete one outcome: a slip of the finger."""
    from app.library.library import find_stored
    from app.library.outcomes import unmark_row
    from app.store.tables import DEFAULT_TENANT

    with live_parts() as live, live.database.session() as session:
        stored = find_stored(session, DEFAULT_TENANT, name, locked=True)
        unmark_row(session, stored, outcome)
        typer.echo(f"{stored.slug}: outcome {outcome} is deleted")


@suppress_app.command("add")
@with_options(SuppressionOptions)
def suppress_add(
    asked: SuppressionOptions,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="Any format of lists, or a phone, domain or e-mail address a line; - is a pipe.",
        ),
    ] = "",
    of_list: OfList = "",
    json: Json = False,
) -> None:
    """Leave out, of every question of stored lists, whom FILE or a stored list names."""
    from app.cli.stored_output import show_suppressions
    from app.store.tables import DEFAULT_TENANT
    from app.wiring.marking import add_suppression, suppress_list

    if bool(file) == bool(of_list):
        raise BadQuestion("suppress add: give a file or --of-list", field="of_list")
    with live_parts() as live:
        if of_list:
            made = suppress_list(live, DEFAULT_TENANT, asked, of_list)
        else:
            with local_file(file) as path:
                called = path.name if file != "-" else "the list"
                made = add_suppression(live, DEFAULT_TENANT, asked, path, called)
    _show({"suppressions": [made.document()]}, json, show_suppressions)


@suppress_app.command("ls")
def suppress_ls(json: Json = False) -> None:
    """Whom every question of stored lists leaves out, the oldest first."""
    from app.cli.stored_output import show_suppressions
    from app.store.tables import DEFAULT_TENANT

    with live_parts() as live, live.database.reading() as session:
        found = live.suppressions.list_all(session, DEFAULT_TENANT)
    _show({"suppressions": [one.document() for one in found]}, json, show_suppressions)


@suppress_app.command("rm")
def suppress_rm(name: Suppressed, json: Json = False) -> None:
    """Delete a suppression: its rows, and which rows of lists it named."""
    from app.store.tables import DEFAULT_TENANT
    from app.text import count_words

    with live_parts() as live:
        gone = live.suppressions.delete(DEFAULT_TENANT, name)
    words = f"{count_words(gone['rows'], 'row')}, {count_words(gone['files'], 'file')}"
    _show(gone, json, lambda _: typer.echo(f"deleted {name}: {words}"))


def _show(told: Mapping[str, Any], json: bool, show: "Callable[[Mapping[str, Any]], None]") -> None:
    from app.cli.output import print_json

    if json:
        print_json(told)
    else:
        show(told)
