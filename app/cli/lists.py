"""`sweetspot list`: what a list is before it is used, and the lists that are stored."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.base import (
    Json,
    MappingFiles,
    Quiet,
    confirm,
    list_app,
    live_parts,
    local_file,
    with_mapping_files,
    with_options,
)
from app.errors import BadQuestion
from app.find.options import PlaceOptions
from app.library.options import ImportOptions, RowsOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

Name = Annotated[str, typer.Argument(metavar="LIST", help="Its name in commands, or its id.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]


@list_app.command("preview")
@with_options(PlaceOptions)
@with_mapping_files
def list_preview(
    asked: PlaceOptions,
    files: MappingFiles,
    source: Annotated[
        str, typer.Argument(metavar="LIST", help="File, any format of lists; - is a pipe.")
    ],
    json: Json = False,
) -> None:
    """Whose form LIST has, what its columns will mean, three of its rows, and what is wrong."""
    from app.cli.list_output import show_preview
    from app.cli.output import print_json
    from app.lists.preview import preview_list

    columns = files.columns(asked)
    with local_file(source) as path:
        preview = preview_list(path, columns, asked.place)
        document = preview.document()
    files.write(document["mapping"])
    if json:
        print_json(document)
    else:
        show_preview(document)


@list_app.command("import")
@with_options(ImportOptions)
@with_mapping_files
def list_import(
    asked: ImportOptions,
    files: MappingFiles,
    source: Annotated[
        str, typer.Argument(metavar="FILE", help="Any format of lists; - is a pipe.")
    ],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Store a list: it is read, deduplicated and placed on the maps once, then asked at once."""
    from app.cli.job_output import finish_job
    from app.cli.stored_output import show_list
    from app.library.slugs import slug_of
    from app.store.tables import DEFAULT_TENANT
    from app.wiring.list_jobs import start_import

    with local_file(source) as path, live_parts() as live:
        job = start_import(live, DEFAULT_TENANT, asked, files.columns(asked), path)
        finish_job(live, job, "importing", quiet=quiet or json)
        detail = live.library.find(DEFAULT_TENANT, slug_of(asked.name)).detail()
    files.write(detail["reading"]["mapping"])
    _show(detail, json, show_list)


@list_app.command("ls")
def list_ls(json: Json = False) -> None:
    """The lists that are stored here, the newest first."""
    from app.cli.output import print_json
    from app.cli.stored_output import show_lists
    from app.store.tables import DEFAULT_TENANT

    with live_parts() as live:
        found = [one.document() for one in live.library.list_all(DEFAULT_TENANT)]
    if json:
        print_json({"lists": found})
    else:
        show_lists(found)


@list_app.command("show")
def list_show(name: Name, json: Json = False) -> None:
    """What is known of a list, and how it was read."""
    from app.cli.stored_output import show_list
    from app.store.tables import DEFAULT_TENANT

    with live_parts() as live:
        detail = live.library.find(DEFAULT_TENANT, name).detail()
    _show(detail, json, show_list)


@list_app.command("refix")
def list_refix(name: Name, json: Json = False, quiet: Quiet = False) -> None:
    """Place the rows of a list on the maps that are installed now, ahead of the next question."""
    from app.cli.job_output import finish_job
    from app.cli.stored_output import show_list
    from app.store.tables import DEFAULT_TENANT
    from app.wiring.list_jobs import start_refix

    with live_parts() as live:
        job = start_refix(live, DEFAULT_TENANT, name)
        finish_job(live, job, "placing", quiet=quiet or json)
        detail = live.library.find(DEFAULT_TENANT, name).detail()
    _show(detail, json, show_list)


@list_app.command("rows")
@with_options(RowsOptions)
def list_rows(asked: RowsOptions, name: Name, json: Json = False) -> None:
    """Rows as they were imported, from one of them on."""
    from app.cli.output import print_json
    from app.cli.stored_output import show_raw_rows
    from app.store.tables import DEFAULT_TENANT

    with live_parts() as live:
        entry = live.library.find(DEFAULT_TENANT, name)
        live.library.check_open([entry])
        found = live.library.rows(entry).show(asked.first, asked.limit)
    if json:
        print_json(found)
    else:
        show_raw_rows(found)


@list_app.command("rm")
def list_rm(name: Name, yes: Yes = False, json: Json = False) -> None:
    """Delete a list: its rows, where they are, what became of them. The ledger stays."""
    from app.cli.output import print_json
    from app.cli.stored_output import show_deleted
    from app.store.tables import DEFAULT_TENANT

    with live_parts() as live:
        entry = live.library.find_to_delete(DEFAULT_TENANT, name)
        if not yes and not confirm(f"Delete {entry.slug!r} with its {entry.rows:,} rows?"):
            raise BadQuestion("nothing was deleted: --yes deletes without asking", field="yes")
        gone = live.library.delete_entry(entry)
    if json:
        print_json(gone)
    else:
        show_deleted(entry.slug, gone)


def _show(
    detail: "dict[str, Any]", json: bool, show: "Callable[[Mapping[str, Any]], None]"
) -> None:
    from app.cli.output import print_json

    if json:
        print_json(detail)
    else:
        show(detail)
