"""Writes an export: chooses the rows, writes the file and, beside it, the rows it left out."""

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from app.errors import BadQuestion, NoRoom
from app.exports.answer import AnswerRows
from app.exports.choosing import RowChoice, choose_rows, left_out_table
from app.exports.kind import ExportKind, ExportWork, TellRows
from app.exports.options import ExportOptions
from app.find.ground import Ground
from app.folders import is_full, system_error, system_words, zip_files
from app.geo.addresses.countries import country_of
from app.lists.exclusions import Exclusions
from app.lists.write import check_targets, open_writer
from app.text import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

LEFT_OUT = "-left-out.csv"


def no_ground(home: str, region: str) -> Ground:
    """Where nothing can be asked of a road."""
    raise BadQuestion(f"home {home!r}{region}: no roads can be asked here", field="home")


@dataclass(frozen=True)
class ExportRequest:
    """What is asked of an export besides its rows.

    permit: gets the rows that are in the files before these are there for anybody; what it raises,
    none is.
    """

    kind: ExportKind
    asked: ExportOptions
    ground_at: Callable[[str, str], Ground] = no_ground
    exclusions: Sequence[Exclusions] = ()
    template: Path | None = None
    progress: TellRows = lambda _: None
    permit: Callable[[AnswerRows], None] = lambda _: None
    read: Sequence[Path] = ()  # files that are asked from, and may not be written over

    def check(self) -> None:
        """Raise BadQuestion for options and files of other kinds."""
        foreign = sorted(self.asked.model_fields_set - self.kind.options)
        if foreign:
            raise BadQuestion(
                f"{foreign[0]}: {self.kind.name} has no such option; it has "
                f"{', '.join(sorted(self.kind.options))}",
                field=foreign[0],
            )
        if self.template and not self.kind.templated:
            raise BadQuestion(f"template: {self.kind.name} takes none", field="template")
        if not country_of(self.asked.country):
            raise BadQuestion(
                f"country {self.asked.country!r}: no such country; such as Canada",
                field="country",
            )

    def check_target(self, out: Path) -> None:
        """Raise BadQuestion for a file of another kind."""
        if out.suffix.lower() not in self.kind.suffixes:
            wanted = " or ".join(self.kind.suffixes)
            raise BadQuestion(f"{out.name}: {self.kind.name} writes {wanted}", field="out")


@dataclass(frozen=True)
class ExportReport:
    """What was written: the files by name, how many rows each way, and what to know."""

    files: Sequence[Path]
    read: int
    taken: int
    left_out: dict[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def lines(self) -> Sequence[str]:
        """For people."""
        told = [f"{count_words(self.taken, 'row')} of {self.read:,} taken"]
        told += [f"left out, {why}: {n:,}" for why, n in self.left_out.items()]
        return [*told, *self.notes]

    @property
    def counts(self) -> dict[str, Any]:
        """For programs."""
        left_out, notes = dict(self.left_out), [*self.notes]
        return {"read": self.read, "taken": self.taken, "left_out": left_out, "notes": notes}

    def pack(self, folder: Path, *, whole: bool) -> Path:
        """The file alone; where there are several, or `whole`, all that was written in a zip file.

        What was left out is no such file, and comes along with the others alone.
        """
        main = [path for path in self.files if not path.name.endswith(LEFT_OUT)]
        if len(main) == 1 and not whole:
            return main[0]
        return zip_files(self.files, folder / f"{main[0].stem}.zip")


def write_export(answer: AnswerRows, request: ExportRequest, out: Path) -> ExportReport:
    """The answer's rows as that kind of export, at `out` and beside it, all or nothing.

    Raises BadQuestion where nothing is left to be written or a file can't be, NoRoom on a full
    disk, and what the kind's own `write` raises.
    """
    request.check()
    request.check_target(out)
    chosen = choose_rows(
        answer, request.kind.lacks, request.kind.channel, request.asked, request.exclusions
    )
    rows = chosen.taken
    if not len(rows):
        raise BadQuestion(_nothing_left(chosen), field="answer")
    with _written_beside(out, request.read) as folder:
        work = ExportWork(
            answer.take(rows),
            request.asked,
            folder / out.name,
            request.ground_at,
            request.template,
            request.progress,
            out.parent,
        )
        written = request.kind.write(work)
        chosen = chosen.without({int(rows[at]): why for at, why in written.left_out.items()})
        if any(chosen.why):
            _write_left_out(answer, chosen.why, folder / (out.stem + LEFT_OUT))
        names = sorted(path.name for path in folder.iterdir())
        request.permit(answer.take(chosen.taken))
    taken = len(chosen.taken)
    return ExportReport(
        [out.with_name(name) for name in names],
        len(answer),
        taken,
        chosen.reasons,
        [*answer.notes, *written.notes],
    )


def _nothing_left(chosen: RowChoice) -> str:
    reasons = [f"{n:,} {text}" for text, n in chosen.reasons.items()]
    return f"no row is left to be written: {'; '.join(reasons) or 'the answer has none'}"


def _write_left_out(answer: AnswerRows, why: Sequence[str], path: Path) -> None:
    table = left_out_table(answer, why)
    with open_writer(path, "csv") as sink:
        sink.write(table, table.select())


@contextmanager
def _written_beside(out: Path, read: Sequence[Path]) -> "Iterator[Path]":
    """A folder beside `out` whose files take their places there when all are whole.

    None of them is one of those that were read; rows left out by an earlier export are no longer.
    """
    try:
        with TemporaryDirectory(
            prefix=f".{out.name}.", dir=out.parent, ignore_cleanup_errors=True
        ) as folder:
            yield Path(folder)
            written = {path: out.with_name(path.name) for path in sorted(Path(folder).iterdir())}
            check_targets(written.values(), read)
            out.with_name(out.stem + LEFT_OUT).unlink(missing_ok=True)
            for path, to in written.items():
                path.replace(to)
    except OSError as why:
        if system_error(why) is None:
            raise
        if is_full(why):
            raise NoRoom(f"no room left on the disk to write {out}: {system_words(why)}") from why
        raise BadQuestion(f"can't write {out}: {system_words(why)}", field="out") from why
