"""`sweetspot export`, and `find --for`: an answer -> what printers, callers and tools take."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.base import (
    Exclude,
    Quiet,
    app,
    live_parts,
    print_error,
    print_lines,
    with_options,
)
from app.errors import BadQuestion
from app.exports.kinds import NAMES
from app.exports.options import (
    TEMPLATE,
    ExportCommandOptions,
    ExportOptions,
    StoredExportOptions,
)
from app.find.defining import check_options

if TYPE_CHECKING:
    from app.answers.report import Report
    from app.exports.answer import AnswerRows
    from app.exports.export import ExportRequest
    from app.find.ground import Ground
    from app.wiring.parts import Parts

KINDS = ", ".join(NAMES)
For = Annotated[str, typer.Option("--for", metavar="KIND", help=f"Make this of the rows: {KINDS}.")]
ForOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE",
        help="An option that `export` has for that kind, such as sheet=L7160; repeat.",
        show_default=False,
    ),
]
Template = Annotated[Path | None, typer.Option(help=TEMPLATE)]


@app.command("export")
@with_options(ExportCommandOptions)
def export_command(
    asked: ExportCommandOptions,
    answer: Annotated[
        str, typer.Argument(metavar="ANSWER", help="A file that find wrote, or stored lists.")
    ],
    kind: Annotated[str, typer.Option("--for", metavar="KIND", help=f"What to make: {KINDS}.")],
    out: Annotated[str, typer.Option(help="The file; what else is written goes beside it.")],
    exclude: Exclude = None,
    template: Template = None,
    quiet: Quiet = False,
) -> None:
    """Make labels, letters, call sheets, a route or a mailing tool's file of an answer's rows."""
    from app.library.slugs import are_slugs

    beside, path = BesideFiles(exclude or (), template), Path(answer)
    if path.exists() or not are_slugs(answer):
        _export_file(path, kind, asked.of_file(answer), beside, out, quiet)
    else:
        _export_stored(answer.split(","), kind, asked.of_lists(), beside, out, quiet)


@dataclass(frozen=True)
class BesideFiles:
    """The files that an export reads beside the answer."""

    exclude: Sequence[Path]
    template: Path | None

    def added(self, request: "ExportRequest", *read: Path) -> "ExportRequest":
        """The request with them; `read`: what it reads as well."""
        from app.lists.excluding import open_exclusions

        return replace(
            request,
            exclusions=[open_exclusions(path, path.name) for path in self.exclude],
            template=self.template,
            read=[*read, *self.exclude, *([self.template] if self.template else [])],
        )


def _export_file(
    answer: Path, kind: str, asked: ExportOptions, beside: BesideFiles, out: str, quiet: bool
) -> None:
    from app.exports.answer import open_answer

    request = _make_request(kind, asked)
    rows = open_answer(answer, answer.name)
    request = beside.added(request, answer)
    with live_parts() as live:
        _write(rows, replace(request, ground_at=_ground_at(live)), out, quiet)


def _export_stored(
    names: Sequence[str],
    kind: str,
    asked: StoredExportOptions,
    beside: BesideFiles,
    out: str,
    quiet: bool,
) -> None:
    from app.library.ledger import THIS_MACHINE
    from app.store.tables import DEFAULT_TENANT
    from app.wiring.stored_exports import StoredExport

    with live_parts() as live:
        found = StoredExport.of(live, DEFAULT_TENANT, THIS_MACHINE, names, kind, asked)
        request = beside.added(found.request)
        request.check()
        request.check_target(Path(out))
        _write(found.read_rows(live), request, out, quiet)


@dataclass(frozen=True)
class ExportForm:
    """Which export `find --for` makes of its rows, and where; settings: its options, as text.

    permit: as in `ExportRequest`.
    """

    kind: str
    settings: Sequence[str]
    out: str
    verdict: str
    quiet: bool
    permit: "Callable[[AnswerRows], None]" = lambda _: None

    def check(self) -> None:
        """Raise BadQuestion for what can't be made, before anything is asked."""
        self._request().check_target(self._target)

    def write(self, answer: Path, report: "Report", live: "Parts") -> None:
        """Make it of that answer."""
        import polars as pl

        from app.exports.answer import open_answer

        if (
            not answer.stat().st_size
            or not pl.scan_parquet(answer).select(pl.len()).collect().item()
        ):
            print_error(f"sweetspot: nothing to export: no row is {self.verdict}")
            return
        rows = open_answer(answer, answer.name).over(report.about)
        ground_at = _ground_of(report, _ground_at(live))
        request = replace(self._request(), ground_at=ground_at, permit=self.permit)
        _write(rows, request, self.out, self.quiet)

    @property
    def _target(self) -> Path:
        if self.out in {"", "-"}:
            raise BadQuestion(f"out: --for {self.kind} writes a file, --out names it", field="out")
        return Path(self.out)

    def _request(self) -> "ExportRequest":
        given = dict(map(_parse_setting, self.settings))
        return _make_request(
            self.kind, check_options(ExportOptions, {"verdict": self.verdict, **given})
        )


def _parse_setting(text: str) -> tuple[str, str]:
    """The name and the value; a flag may stand alone. Raises BadQuestion for what is neither."""
    name, sign, value = text.partition("=")
    field = ExportOptions.model_fields.get(name)
    if not sign and not (field and field.annotation is bool):
        raise BadQuestion(f"for_option {text!r}: expected NAME=VALUE", field="for_option")
    return name, value if sign else "true"


def _make_request(kind: str, asked: ExportOptions) -> "ExportRequest":
    from app.exports.export import ExportRequest
    from app.exports.kinds import find_kind

    request = ExportRequest(find_kind(kind), asked)
    request.check()
    return request


def _ground_of(
    report: "Report", elsewhere: Callable[[str, str], "Ground"]
) -> Callable[[str, str], "Ground"]:
    """The ground of one of the answer's home bases, as it is; of others what is there."""
    each = {one.home.label: replace(one, others=()) for one in report.ground.each}

    def ground_at(home: str, region: str) -> "Ground":
        return each[home] if home in each and not region else elsewhere(home, region)

    return ground_at


def _ground_at(live: "Parts") -> Callable[[str, str], "Ground"]:
    from app.find.options import QuestionOptions
    from app.wiring.ground import find_ground

    def ground_at(home: str, region: str) -> "Ground":
        question = QuestionOptions(home=[home]).question(live.settings.data_dir)
        return find_ground(live, home, question, region)

    return ground_at


def _write(rows: "AnswerRows", request: "ExportRequest", out: str, quiet: bool) -> None:
    from app.cli.output import show_count
    from app.exports.export import write_export

    with show_count("writing", quiet) as progress:
        total = len(rows)
        telling = replace(request, progress=lambda done: progress(done, total))
        report = write_export(rows, telling, Path(out))
    if not quiet:
        print_lines([*report.lines, *(f"wrote {path}" for path in report.files)])
