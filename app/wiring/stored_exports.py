"""Exports of stored lists: the question, the licence that allows them, the rows they take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from app.answers.stored import ListsAnswer
from app.errors import BadQuestion, TooLarge
from app.exports.answer import AnswerRows, open_answer
from app.exports.export import ExportRequest, write_export
from app.exports.kinds import find_kind
from app.exports.options import StoredExportOptions
from app.find.ground import Ground
from app.find.options import FileOptions, QuestionOptions
from app.folders import check_room, temporary_folder, writing_to
from app.jobs.exporting import find_made
from app.library.export_files import EXPORT, ExportFile
from app.library.ledger import ListExport
from app.library.library import ListEntry
from app.library.options import PREVIEWED, PageOptions
from app.lists.write import open_writer
from app.store.database import Database
from app.store.tables import Job
from app.wiring.library import AskedLists
from app.wiring.parts import Parts

# Rows that are exported while somebody waits. Judgement: their labels take some ten seconds.
MOST_AT_ONCE = 20_000
# Bytes that the job of an export takes a row: in the temporary folder 140 (letters) to 615
# (envelopes), of the data 50 to 450 (call sheets); 5,000 rows of each kind, 2026-11-28.
TEMPORARY_PER_ROW, STORED_PER_ROW = 650.0, 450.0
# What the choice of rows does not hang on.
_ASIDE = {*PageOptions.model_fields, *FileOptions.model_fields, "sort", "preview"}


@dataclass(frozen=True)
class Leaving:
    """Rows of some stored lists that are on their way out of the service, and by which export."""

    database: Database
    entries: Sequence[ListEntry]
    export: ListExport

    def check(self) -> None:
        """Raise LicenceEnded where nothing may leave, before any work."""
        with self.database.reading() as session:
            self.export.check(session, [one.id for one in self.entries])

    def record(self, rows: Mapping[str, int]) -> None:
        """Enter how many rows of each list leave, by its slug, before they do."""
        with self.database.session() as session:
            self.export.record(session, self.by_id(rows))

    def record_answer(self, rows: AnswerRows) -> None:
        """The same of the rows of an answer."""
        self.record(count_by_list(rows))

    def by_id(self, rows: Mapping[str, int]) -> Mapping[str, int]:
        """By the lists' ids."""
        return {one.id: rows.get(one.slug, 0) for one in self.entries}


def count_by_list(rows: AnswerRows) -> dict[str, int]:
    """How many rows are of each list, by its slug."""
    return dict(rows.ours["list"].value_counts().iter_rows())


def describe_question(asked: QuestionOptions, **more: Any) -> dict[str, Any]:
    """What decides which rows are taken, as the ledger has it: what is not as nobody said it."""
    return {**asked.model_dump(mode="json", exclude=_ASIDE, exclude_defaults=True), **more}


@dataclass(frozen=True)
class StoredExport:
    """An export of stored lists, checked and allowed, before anything is judged."""

    asked: AskedLists
    request: ExportRequest
    leaving: Leaving

    @classmethod
    def of(
        cls,
        parts: Parts,
        tenant_id: int,
        who: str,
        names: Sequence[str],
        kind: str,
        ask: StoredExportOptions,
    ) -> "StoredExport":
        """Raises NoSuchList, LicenceEnded, BadQuestion and what `find_ground` raises."""
        options = ask.export_options
        request = ExportRequest(find_kind(kind), options)
        request.check()
        asked = AskedLists.of(parts, tenant_id, names, ask.question_options)
        entries = [one.entry for one in asked.lists]
        repeats = {"repeats": True} if options.repeats else {}
        question = describe_question(ask.question_options, **repeats)
        export = ListExport(tenant_id, who, kind, question, ask.preview)
        leaving = Leaving(parts.database, entries, export)
        leaving.check()
        if "traffic" in request.kind.options:
            options = options.model_copy(update={"traffic": asked.question.how.traffic})
        request = replace(request, asked=options, ground_at=partial(_ground_at, asked.ground))
        return cls(asked, replace(request, permit=leaving.record_answer), leaving)

    @property
    def file_name(self) -> str:
        """What its file is called, by its lists and what is made of them, but for how it ends."""
        return f"{self.asked.name}-{self.request.kind.name}"

    def read_rows(self, parts: Parts, most: int | None = None) -> AnswerRows:
        """The rows to export. Raises TooLarge for more than `most`."""
        answer = self.asked.answer(parts)
        if self.leaving.export.preview:
            note = f"preview: the first {PREVIEWED} of {len(answer):,} rows, which is no use"
            return _rows_of(answer, PREVIEWED, note)
        if most is not None and len(answer) > most:
            raise TooLarge(
                f"{len(answer):,} rows: at most {most:,} while somebody waits; POST to the same "
                "address makes it as a job, whose file is at /v1/exports/{job}"
            )
        return _rows_of(answer)


def _ground_at(ground: Ground, home: str, _: str) -> Ground:
    """What answers from one of the home bases of a question. Raises BadQuestion for others."""
    each = {one.home.label: replace(one, others=()) for one in ground.each}
    if len(each) == 1 or home in each:
        return each.get(home, ground)
    raise BadQuestion(f"home {home!r}: expected one of {'; '.join(each)}", field="home")


def _rows_of(answer: ListsAnswer, most: int | None = None, note: str = "") -> AnswerRows:
    """As the file of an answer is read that find wrote; AnswerRows know nothing of judgement."""
    about = answer.report.about
    if note:
        about = replace(about, notes=[note, *about.notes])
    with temporary_folder() as folder:
        path = folder / "answer.parquet"
        with open_writer(path, "parquet", temporary=True) as sink:
            answer.write(sink, most)
        rows = open_answer(path, "the answer").over(about)
    return replace(rows, notes=[note, *rows.notes]) if note else rows


def start_export(
    parts: Parts,
    found: StoredExport,
    ask: StoredExportOptions,
    form: tuple[str, bool],
    idempotency_key: str | None = None,
) -> Job:
    """The job that makes that export. form: how the file ends, and whether all that is written.

    Raises NoRoom where it may not fit, Conflict and QueueFull as `submit`.
    """
    export = found.leaving.export
    if not parts.jobs.knows(export.tenant_id, idempotency_key):
        _check_room(parts, sum(one.rows for one in found.leaving.entries))
    params = {
        "lists": [one.id for one in found.leaving.entries],
        "who": export.who,
        "what": export.what,
        "question": export.question,
        "preview": export.preview,
        "asked": ask.model_dump(mode="json", exclude_unset=True),
        "form": form,
    }
    queue = parts.jobs
    return queue.submit(export.tenant_id, EXPORT, params, idempotency_key)


def _check_room(parts: Parts, rows: int) -> None:
    """Of an object store nobody says how much it holds."""
    check_room(None, TEMPORARY_PER_ROW * rows, "to write the export")
    if not parts.settings.rows_url:
        check_room(parts.settings.data_dir, STORED_PER_ROW * rows, "to store the export")


def make_export(parts: Parts, job: Job, folder: Path) -> ExportFile:
    """The file of such a job, in that folder."""
    told, rows = job.params, dict[str, int]()
    ask, (suffix, whole) = StoredExportOptions(**told["asked"]), told["form"]
    found = StoredExport.of(parts, job.tenant_id, told["who"], told["lists"], told["what"], ask)
    place = folder / "export"
    with writing_to(place):
        place.mkdir()
    request = replace(
        found.request,
        permit=lambda taken: rows.update(found.leaving.by_id(count_by_list(taken))),
    )
    report = write_export(found.read_rows(parts), request, place / f"{found.file_name}{suffix}")
    path = report.pack(folder, whole=whole)
    return ExportFile(path, path.name, rows, report.counts)


def open_export(parts: Parts, tenant_id: int, job_id: str) -> ExportFile:
    """The file of a job that is done. Raises NoSuchJob, Conflict, NoSuchList and LicenceEnded."""
    job = parts.jobs.get(tenant_id, job_id)
    made = find_made(parts.library, job)
    parts.library.check_open(parts.library.find(tenant_id, one) for one in job.params["lists"])
    return made
