"""One push: what is to be sent, what was, and the rows that were refused in a file."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from app.errors import SweetspotError
from app.exports.answer import AnswerRows
from app.exports.push.journal import open_journal, read_journal
from app.exports.push.rows import PushPlan
from app.exports.push.sending import PushResult, Send, TellSent, count_requests, push_records
from app.exports.push.tool import PushTool
from app.lists.write import open_writer
from app.text import count_words

ERRORS = "-push-errors.csv"
SHOWN = 5  # judgement: kinds of refusals that are told; the file has all of them


@dataclass(frozen=True)
class PushTarget:
    """A tool's list, how it is sent to, and where it is written down what it has.

    rule: of rented lists, "" for none.
    """

    tool: PushTool
    send: Send
    journal: Path
    rule: str = ""


@dataclass(frozen=True)
class PushReport:
    """What a push did, or would do. had: rows that the list has as they are."""

    plan: PushPlan
    had: int
    result: PushResult
    errors: Path | None = None

    @property
    def stopped(self) -> SweetspotError | None:
        """What ended it before all was sent."""
        return self.result.stopped

    def lines(self) -> Sequence[str]:
        """For people."""
        result = self.result
        told = [*_plan_lines(self.plan, self.had)]
        told.append(f"{count_words(result.sent, 'row')} sent")
        left = len(self.plan.records) - self.had - result.done
        if left:
            told.append(f"{count_words(left, 'row')} not sent; push again to send the rest")
        if self.errors:
            told.append(f"{count_words(len(result.refused), 'row')} refused, see {self.errors}:")
            told += [f"  {n:,}: {words}" for words, n in _count_refusals(result.refused)]
        return told


def foretell_push(target: PushTarget, plan: PushPlan, *, again: bool) -> Sequence[str]:
    """What a push would do, for people. Nothing is sent, nothing written."""
    known: Mapping[str, str] = {} if again else read_journal(target.journal)
    had = sum(known.get(one.external_id) == one.digest for one in plan.records)
    rows = len(plan.records) - had
    requests = count_words(count_requests(target.tool, rows), "request")
    return [*_plan_lines(plan, had), f"would send {count_words(rows, 'row')} in {requests}"]


def push_rows(
    target: PushTarget, plan: PushPlan, out: Path, progress: TellSent, *, again: bool
) -> PushReport:
    """Send what the list does not have yet; the rows it refused are written beside `out`.

    Raises what the tool's check raises, Busy where another push to the list is running.
    """
    with open_journal(target.journal, forget=again) as journal:
        rest = [one for one in plan.records if not journal.holds(one)]
        result = push_records(target.tool, target.send, rest, journal, progress)
    errors = _write_errors(plan.answer, result.refused, errors_path(out))
    return PushReport(plan, len(plan.records) - len(rest), result, errors)


def errors_path(answer: Path) -> Path:
    """Where the refused rows of an answer are written; each push writes it anew, or removes it."""
    return answer.with_name(answer.stem + ERRORS)


def _plan_lines(plan: PushPlan, had: int) -> Sequence[str]:
    told = [f"{count_words(len(plan.records), 'row')} of {len(plan.answer):,} taken"]
    told += [f"left out, {why}: {n:,}" for why, n in plan.choice.reasons.items()]
    return [*told, f"{count_words(had, 'row')} there from an earlier push"] if had else told


def _count_refusals(refused: Mapping[int, str]) -> Sequence[tuple[str, int]]:
    counts = pl.Series("words", list(refused.values())).value_counts(sort=True)
    return list(counts.head(SHOWN).iter_rows())


def _write_errors(answer: AnswerRows, refused: Mapping[int, str], path: Path) -> Path | None:
    """The refused rows, with the tool's words and their own cells; none leaves no file."""
    if not refused:
        with suppress(OSError):
            path.unlink()
        return None
    rows = sorted(refused)
    words = pl.DataFrame({"row": [row + 1 for row in rows], "error": [refused[r] for r in rows]})
    with open_writer(path, "csv") as sink:
        sink.write(words.hstack(answer.cells[pl.Series(rows, dtype=pl.UInt32)]), words.select())
    return path
