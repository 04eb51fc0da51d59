"""`sweetspot clients portfolio` and `capacity`, and `sweetspot partners`."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.base import (
    Json,
    MappingFiles,
    Out,
    Quiet,
    SpotFile,
    app,
    clients_app,
    live_parts,
    local_file,
    print_lines,
    save_file,
    with_mapping_files,
    with_options,
)
from app.cli.find import with_spot
from app.clients.options import (
    CapacityOptions,
    ClientOptions,
    PartnersOptions,
    PortfolioOptions,
)

if TYPE_CHECKING:
    import polars as pl

    from app.clients.roster import Clients
    from app.lists.read import ListFile

Near = Annotated[
    Path | None,
    typer.Option(help="Count this list's rows near each.", show_default="the map's places"),
]
Source = Annotated[
    str, typer.Argument(metavar="CLIENTS", help="File, any format of lists; - is a pipe.")
]


@clients_app.command("portfolio")
@with_options(PortfolioOptions)
@with_mapping_files
def portfolio_command(
    asked: PortfolioOptions,
    files: MappingFiles,
    source: Source,
    prospects: Annotated[
        Path | None, typer.Option(help="A list in which to count each niche's prospects.")
    ] = None,
    spot_file: SpotFile = None,
    save: Annotated[
        Path | None, typer.Option(help="Write the suggested sweet spot for find --sweet-spot.")
    ] = None,
    out: Out = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Who pays the bills, what do the best have in common, whom does that suggest to look for?"""
    from app.answers.grounds import ground_meta
    from app.cli.client_output import show_review
    from app.clients.portfolio.review import ReviewQuestion, niche_sources, review_clients
    from app.lists.read import open_list
    from app.wiring.ground import find_ground_if_any

    asked = with_spot(asked, spot_file)
    check_out(out, Path(source), prospects)
    with live_parts() as live:
        question = asked.question(live.settings.data_dir)
        listed, clients = open_clients(source, asked, files, needs="revenue")
        ground = find_ground_if_any(live, asked.home, question, asked.region)
        counted = open_list(prospects) if prospects else None
        sources = niche_sources(ground, counted)
        found = review_clients(
            clients, ground, ReviewQuestion(question.spot, question.how, asked.background, sources)
        )
    if save:
        save_file(save, dumps(found.suggested, indent=2) + "\n", "save")
    meta = ground_meta(ground) if ground else {}
    lists = {"clients": listed, "prospects": counted}
    answer = ClientAnswer({**meta, **found.document()}, found.cells(), found.frame(), lists)
    answer.deliver(out, json, quiet, show=lambda: show_review(found, meta), sheets=found.tables())
    raise typer.Exit(0 if len(found.portfolio.best) else 1)


@clients_app.command("capacity")
@with_options(CapacityOptions)
@with_mapping_files
def capacity_command(
    asked: CapacityOptions,
    files: MappingFiles,
    source: Source,
    out: Out = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Which micro clients to keep, which only in slack time, which to hand on to others?"""
    from app.answers.grounds import ground_meta
    from app.cli.client_output import show_plan
    from app.clients.capacity.planning import plan_clients
    from app.wiring.ground import find_ground_if_any

    week, rules = asked.week(), asked.rules()
    check_out(out, Path(source))
    with live_parts() as live:
        question = asked.question(live.settings.data_dir)
        listed, clients = open_clients(source, asked, files, needs="hours")
        ground = find_ground_if_any(live, asked.home, question, asked.region)
        made = plan_clients(clients, ground, question.how, week, rules)
    meta = ground_meta(ground) if ground else {}
    lists = {"clients": listed}
    answer = ClientAnswer({**meta, **made.document()}, made.cells(), made.frame(), lists)
    answer.deliver(out, json, quiet, show=lambda: show_plan(made.plan, meta))
    raise typer.Exit(0 if made.plan.feasible else 1)


@app.command("partners")
@with_options(PartnersOptions)
@with_mapping_files
def partners_command(
    asked: PartnersOptions,
    files: MappingFiles,
    source: Annotated[
        Path | None, typer.Option("--list", help="Partners from this list, not from the map.")
    ] = None,
    prospects: Near = None,
    clients: Annotated[Path | None, typer.Option(help="Count these clients near each.")] = None,
    out: Out = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Accountants, lawyers and other trusted advisers near enough to introduce us to clients."""
    from app.answers.grounds import ground_meta
    from app.cli.client_output import show_partners
    from app.cli.output import show_count
    from app.clients.partners.introducing import Sought, find_partners
    from app.store.tables import DEFAULT_TENANT
    from app.wiring.ground import find_ground

    check_out(out, source, prospects, clients)
    with live_parts() as live, show_count("asking around each", quiet or json) as progress:
        question = asked.question(live.settings.data_dir)
        ground = find_ground(live, asked.home, question, asked.region)
        lists = {
            "partners": files.open_list_if_any(source, asked),
            **_open_around(prospects, clients),
        }
        sought = Sought(asked.kind, asked.within)
        won = live.marks.won_until_today(DEFAULT_TENANT) if asked.learn else None
        found, notes = find_partners(
            ground, question, lists, sought=sought, won=won, progress=progress
        )
    meta = ground_meta(ground)
    document = {**meta, **found.document(), "notes": notes}
    answer = ClientAnswer(document, *found.tables(), lists, "partners")
    answer.deliver(out, json, quiet, show=lambda: show_partners(found, meta, notes))
    raise typer.Exit(0 if len(found) else 1)


def _open_around(prospects: Path | None, clients: Path | None) -> "dict[str, ListFile | None]":
    """Who is counted near each partner."""
    from app.lists.read import open_list
    from app.lists.vocabulary import CLIENTS

    return {
        "prospects": open_list(prospects) if prospects else None,
        "clients": open_list(clients, vocabulary=CLIENTS) if clients else None,
    }


def open_clients(
    source: str, asked: ClientOptions, files: MappingFiles, *, needs: str
) -> "tuple[ListFile, Clients]":
    """The list in a file or on standard input, and the clients in it."""
    from app.clients.books import read_clients
    from app.lists.vocabulary import CLIENTS

    with local_file(source) as path:
        listed = files.open_list(path, asked, CLIENTS, asked.place)
        return listed, read_clients(listed, needs=needs)


def check_out(out: str, *read: Path | None) -> None:
    """Raise BadQuestion for a kind of file that we don't write, or for one that is read here.

    Before any work is done.
    """
    from app.lists.write import check_targets, kind_of

    if out not in {"", "-"}:
        kind_of(Path(out))
        check_targets([Path(out)], filter(None, read))


@dataclass(frozen=True)
class ClientAnswer:
    """An answer about clients: all of it as JSON; its rows, the original cells and our columns."""

    document: Mapping[str, Any]
    cells: "pl.DataFrame"
    ours: "pl.DataFrame"
    lists: "Mapping[str, ListFile | None]"
    name: str = "clients"

    def deliver(
        self,
        out: str,
        json: bool,
        quiet: bool,
        *,
        show: Callable[[], None],
        sheets: "Mapping[str, pl.DataFrame] | None" = None,
    ) -> None:
        """Into the file, as JSON, on the screen: wherever it was asked for."""
        from app.answers.lists_read import ListsRead

        read = ListsRead(self.lists, self.name)
        if out:
            self._write(out, sheets)
        if json:
            sys.stdout.write(dumps(read.added_to(self.document)) + "\n")
            return
        if not quiet:
            print_lines(read.lines)
        if not out or not quiet:
            show()

    def _write(self, out: str, sheets: "Mapping[str, pl.DataFrame] | None") -> None:
        """The rows into a file, or as CSV into the pipe that "-" is."""
        from app.lists.write import kind_of, open_writer

        to = sys.stdout.buffer if out == "-" else Path(out)
        kind = "csv" if out == "-" else kind_of(Path(out))
        with open_writer(to, kind, name=self.name, sheets=sheets) as sink:
            sink.write(self.cells, self.ours)
