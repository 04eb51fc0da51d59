"""`sweetspot list edit | ledger | purge`: what a licence allows, who used it, and its end."""

from typing import Annotated

import typer

from app.cli.base import Json, list_app, live_parts, print_lines, with_options
from app.cli.lists import Name
from app.library.options import EditOptions, LedgerOptions


@list_app.command("edit")
@with_options(EditOptions)
def list_edit(asked: EditOptions, name: Name, json: Json = False) -> None:
    """Correct what is known of the licence of a list; the ledger says so, too."""
    from app.cli.output import print_json
    from app.cli.stored_output import show_list
    from app.library.ledger import THIS_MACHINE
    from app.store.tables import DEFAULT_TENANT

    changes = asked.changes
    with live_parts() as live:
        entry = live.library.edit(DEFAULT_TENANT, name, THIS_MACHINE, changes)
    if json:
        print_json(entry.detail())
    else:
        show_list(entry.detail())


@list_app.command("ledger")
@with_options(LedgerOptions)
def list_ledger(
    asked: LedgerOptions,
    name: Annotated[
        str, typer.Argument(metavar="LIST", help="Its name, or the id of a deleted one.")
    ] = "",
    json: Json = False,
) -> None:
    """Who exported what of LIST when, and what counted as a use; of all lists without one."""
    from app.cli.output import print_json
    from app.cli.stored_output import show_ledger
    from app.library.ledger import describe_use
    from app.store.tables import DEFAULT_TENANT

    with live_parts() as live:
        found = live.library.ledger(DEFAULT_TENANT, name, asked.limit)
    uses = [describe_use(one) for one in found]
    if json:
        print_json({"uses": uses})
    else:
        show_ledger(uses)


@list_app.command("purge")
def list_purge(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Delete nothing: say what would be.")
    ] = False,
) -> None:
    """Delete the lists whose time is over, as the worker does every hour. The ledger stays."""
    from app.library.purging import find_expired, purge_list
    from app.store.tables import DEFAULT_TENANT

    with live_parts() as live:
        found = find_expired(live.library, live.settings.list_grace_days, DEFAULT_TENANT)
        done = "would be deleted" if dry_run else "deleted"
        for one in found:
            if not dry_run:
                purge_list(live.library, one)
            print_lines([f"{one.stored.slug} {done}: {one.why}"])
    if not found:
        print_lines(["no list's time is over"])
