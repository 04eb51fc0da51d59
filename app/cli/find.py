"""`sweetspot find` and `sweetspot prospects`: which businesses lie within reach and fit?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.base import (
    Exclude,
    Json,
    MappingFiles,
    Out,
    Quiet,
    SpotFile,
    app,
    confirm,
    live_parts,
    local_file,
    with_mapping_files,
    with_options,
)
from app.cli.exports import ExportForm, For, ForOption
from app.errors import BadQuestion, BulkUse
from app.find.defining import Options
from app.find.options import (
    FileOptions,
    PlaceOptions,
    ProspectsOptions,
    QuestionOptions,
    read_spot,
)
from app.library.options import FileOrListOptions, LearningOptions, LeavingOptions

if TYPE_CHECKING:
    from app.answers.report import Listener, Report, Wanted
    from app.businesses.prospects import Prospects
    from app.find.ground import Ground
    from app.find.question import Question
    from app.lists.read import ListFile
    from app.wiring.parts import Parts

Like = Annotated[
    Path | None, typer.Option(help="Score by resemblance to the A clients of this list.")
]


@app.command("find")
@with_options(FileOrListOptions)
@with_mapping_files
def find_command(
    asked: FileOrListOptions,
    files: MappingFiles,
    source: Annotated[
        str,
        typer.Argument(
            metavar="LIST", help="File, any format of lists; - is a pipe; or stored lists."
        ),
    ],
    spot_file: SpotFile = None,
    like: Like = None,
    exclude: Exclude = None,
    kind: For = "",
    for_option: ForOption = None,
    out: Out = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Which rows of LIST lie within reach of the home base and are of the right size?"""
    from app.library.slugs import are_slugs

    form = ExportForm(kind, for_option or (), out, asked.verdict, quiet) if kind else None
    search = ProspectSearch(
        with_spot(asked, spot_file), like, exclude or (), out, json, quiet, form, asked.learn
    )
    with local_file(source) as path, live_parts() as live:
        search.check_out(path)
        question = search.asked.question(live.settings.data_dir)
        if path.exists() or not are_slugs(source):
            _check_leaving(asked)
            rows = ask_file(files.open_list(path, asked, place=asked.place))
        else:
            _check_stored(asked, files)
            search, rows = _ask_stored(live, source.split(","), search, asked, question)
        report = search.run_with_consent(live, question, rows)
    raise typer.Exit(0 if report.counts.passed else 1)


def _check_stored(asked: FileOrListOptions, files: MappingFiles) -> None:
    """Raise BadQuestion for what is asked of files alone."""
    foreign = sorted({*PlaceOptions.model_fields} & asked.model_fields_set)
    if foreign or files.read or files.save:
        name = foreign[0] if foreign else "mapping"
        raise BadQuestion(f"{name}: a stored list is read as it was when imported", field=name)


def _check_leaving(asked: FileOrListOptions) -> None:
    """Raise BadQuestion for what is asked of stored lists alone."""
    stored = {*LeavingOptions.model_fields, *LearningOptions.model_fields}
    foreign = sorted(stored & asked.model_fields_set)
    if foreign:
        raise BadQuestion(
            f"{foreign[0]}: it is of stored lists; --exclude names whom to leave out of a file",
            field=foreign[0],
        )


def _ask_stored(
    live: "Parts",
    names: Sequence[str],
    search: "ProspectSearch",
    asked: LeavingOptions,
    question: "Question",
) -> "tuple[ProspectSearch, AskedRows]":
    """The rows of stored lists, and the search that their licences allow, where these do."""
    from app.answers.stored import judge_lists
    from app.library.ledger import FILE, THIS_MACHINE, ListExport
    from app.store.tables import DEFAULT_TENANT
    from app.wiring.library import ask_lists
    from app.wiring.stored_exports import Leaving, describe_question

    today = question.today or date.today()
    lists = ask_lists(live, DEFAULT_TENANT, names, asked, today)
    entries = [one.entry for one in lists]
    rows = sum(one.rows for one in entries)
    form, told = search.form, describe_question(search.asked)
    export = ListExport(DEFAULT_TENANT, THIS_MACHINE, form.kind if form else FILE, told)
    leaving = Leaving(live.database, entries, export)
    if form is None and not search.out:
        live.library.check_open(entries)
        return search, AskedRows(rows, partial(judge_lists, lists))
    leaving.check()
    if form is None:
        return search, AskedRows(rows, partial(judge_lists, lists, permit=leaving.record))
    search = replace(search, form=replace(form, permit=leaving.record_answer))
    return search, AskedRows(rows, partial(judge_lists, lists))


def ask_file(rows: "ListFile") -> "AskedRows":
    """The rows of a file, as they are asked."""
    from app.answers.report import judge_list

    return AskedRows(rows.rows, partial(judge_list, rows))


@dataclass(frozen=True)
class AskedRows:
    """What is judged: so many rows, and how they are."""

    rows: int
    judge: "Callable[[Ground, Question, Wanted, Listener], Report]"


@app.command("prospects")
@with_options(ProspectsOptions)
def prospects_command(
    asked: ProspectsOptions,
    spot_file: SpotFile = None,
    like: Like = None,
    exclude: Exclude = None,
    kind: For = "",
    for_option: ForOption = None,
    out: Out = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Which businesses on the region's own map lie within reach? Their sizes are unknown: maybe."""
    from app.lists.places import from_places

    form = ExportForm(kind, for_option or (), out, asked.verdict, quiet) if kind else None
    search = ProspectSearch(
        with_spot(asked, spot_file), like, exclude or (), out, json, quiet, form
    )
    search.check_out()
    with live_parts() as live:
        question = search.asked.question(live.settings.data_dir)
        report = search.run(
            live, question, lambda at: ask_file(from_places(at.load_all_businesses()))
        )
    raise typer.Exit(0 if report.counts.passed + report.counts.maybe else 1)


def with_spot[T: Options](asked: T, file: Path | None) -> T:
    """What is asked, over the limits of a saved sweet spot."""
    return asked.over(read_spot(file)) if file else asked


@dataclass(frozen=True)
class ProspectSearch:
    """What is asked of prospects, of which clients they shall remind, and where the rows go.

    form: which export is made of them, None for the rows as they are. learn: whether they shall
    remind of rows of stored lists that became clients as well.
    """

    asked: QuestionOptions
    like: Path | None
    exclude: Sequence[Path]
    out: str
    json: bool
    quiet: bool
    form: "ExportForm | None" = None
    learn: bool = False

    def check_out(self, *read: Path) -> None:
        """Raise BadQuestion where the rows would be written over a file that is read."""
        from app.lists.write import check_targets

        if self.out not in {"", "-"}:
            beside = [*self.exclude, *([self.like] if self.like else [])]
            check_targets([Path(self.out)], [*read, *beside])

    def run_with_consent(self, live: "Parts", question: "Question", rows: "AskedRows") -> "Report":
        """Judge those rows; where a public service has to be asked for many, a person agrees."""
        try:
            return self.run(live, question, lambda _: rows)
        except BulkUse as why:
            if not confirm(f"{why}"):
                raise
            return self.run(live, replace(question, allow_bulk=True), lambda _: rows)

    def run(
        self, live: "Parts", question: "Question", rows_at: "Callable[[Ground], AskedRows]"
    ) -> "Report":
        """Judge the rows that the ground leads to, write and show them, or make the export."""
        if self.form is None:
            return self._find(live, question, rows_at, self.out)
        from app.folders import temporary_folder

        self.form.check()
        self._check_form()
        with temporary_folder() as folder:
            answer = folder / "answer.parquet"
            report = self._find(live, question, rows_at, str(answer))
            self.form.write(answer, report, live)
        return report

    def _check_form(self) -> None:
        """Raise BadQuestion for what only the rows as they are could have."""
        for name in FileOptions.model_fields:
            if getattr(self.asked, name):
                raise BadQuestion(f"{name}: --for writes files of its own", field=name)

    def _find(
        self,
        live: "Parts",
        question: "Question",
        rows_at: "Callable[[Ground], AskedRows]",
        out: str,
    ) -> "Report":
        """Judge the rows that the ground leads to, write them to `out`, and show them."""
        from app.answers.report import Wanted, chosen_verdicts
        from app.cli.output import Output
        from app.clients.lookalikes.alike import alike_to
        from app.lists.excluding import open_exclusions
        from app.wiring.ground import find_grounds

        asked = self.asked
        verdicts = chosen_verdicts(asked.verdict)
        output = Output(out, asked, json=self.json, quiet=self.quiet, alike=self.like is not None)
        ground = find_grounds(live, asked.home, question, asked.region)
        clients, won = self._open_clients(live), self._find_won(live, question)
        alike = alike_to(clients, asked.weights, ground, question.how, won)
        exclusions = [open_exclusions(path, path.name) for path in self.exclude]
        rows = rows_at(ground)
        with output.taking(rows.rows) as listener:
            wanted = Wanted(verdicts, exclusions, alike)
            report = rows.judge(ground, question, wanted, listener)
            output.tell(report.about)
        output.show(report)
        return report

    def _open_clients(self, live: "Parts") -> "ListFile | None":
        """Whom the rows shall remind of: the clients of a file, or of a stored list."""
        if self.like is None:
            return None
        from app.library.slugs import are_slugs
        from app.lists.read import open_list
        from app.lists.vocabulary import CLIENTS
        from app.store.tables import DEFAULT_TENANT

        if self.like.exists() or not are_slugs(str(self.like)):
            return open_list(self.like, vocabulary=CLIENTS)
        return live.library.open_clients(live.library.find(DEFAULT_TENANT, str(self.like)))

    def _find_won(self, live: "Parts", question: "Question") -> "Sequence[Prospects]":
        """The rows of stored lists that became clients, where they are to be resembled."""
        if not self.learn:
            return ()
        if self.like is None:
            raise BadQuestion("learn: it needs --like, the clients to begin with", field="learn")
        from app.store.tables import DEFAULT_TENANT

        number = live.marks.number(DEFAULT_TENANT)
        return live.marks.won(DEFAULT_TENANT, number, question.today or date.today())
