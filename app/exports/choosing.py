"""Which rows of an answer an export takes, and why it leaves out the others.

In this order, each row by the first that holds: another verdict, named in a file of exclusions,
opted out of what the export is for, or is the business of a row that did, repeats a row that is
taken, lacks what the kind of export needs.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from app.answers.report import chosen_verdicts
from app.exports.answer import AnswerRows
from app.exports.options import ChoiceOptions
from app.geo.points import Ints
from app.lists.duplicates import group_duplicates
from app.lists.exclusions import Exclusions
from app.lists.opt_outs import Channel, opted_out_of

VERDICT = "verdict"
OPTED_OUT = "the rows that opted out"
_SCORE = re.compile(r" \(\d+ of 100\)$")


@dataclass(frozen=True)
class RowChoice:
    """The rows taken, by number; `why` has a text for each row of the answer, "" for those."""

    why: Sequence[str]

    @property
    def taken(self) -> Ints:
        """In the answer's order."""
        return np.flatnonzero([not text for text in self.why])

    def without(self, more: Mapping[int, str]) -> "RowChoice":
        """The same less some more rows, each with why."""
        return RowChoice([more.get(row, text) for row, text in enumerate(self.why)])

    @property
    def reasons(self) -> dict[str, int]:
        """How many rows each reason has, most first."""
        counts: dict[str, int] = {}
        for text in filter(None, self.why):
            reason = _kind_of_reason(text)
            counts[reason] = counts.get(reason, 0) + 1
        return dict(sorted(counts.items(), key=lambda one: -one[1]))


def _kind_of_reason(text: str) -> str:
    """Of repeats only by what they are such, of who opted out only which column says so."""
    if text.startswith("repeats "):
        return f"repeats another row: {_SCORE.sub('', text.rpartition(': ')[2])}"
    return text.partition(" says ")[0] if text.startswith("opted out") else text


def choose_rows(
    answer: AnswerRows,
    lacks: Callable[[pl.DataFrame], pl.Series],
    channel: Channel,
    asked: ChoiceOptions,
    exclusions: Sequence[Exclusions],
) -> RowChoice:
    """Those that are taken; `lacks` and `channel` as in `ExportKind`.

    Raises BadQuestion for no verdict.
    """
    why = _other_verdicts(answer, asked.verdict)
    for one in exclusions:
        _fill(why, one.reasons(answer.identities))
    _leave_opted_out(why, answer, channel)
    if not asked.repeats:
        _leave_repeats(why, answer)
    _fill(why, lacks(answer.recipients).to_list())
    return RowChoice(why)


def _other_verdicts(answer: AnswerRows, wanted: str) -> list[str]:
    labels = {verdict.label for verdict in chosen_verdicts(wanted)}
    verdicts = answer.ours[VERDICT].str.strip_chars().str.to_lowercase().to_list()
    return ["" if one in labels else f"{VERDICT} {one or 'missing'}" for one in verdicts]


def _fill(why: list[str], reasons: Iterable[str]) -> None:
    """The reasons of rows that have none yet."""
    for row, reason in enumerate(reasons):
        why[row] = why[row] or reason


def _leave_opted_out(why: list[str], answer: AnswerRows, channel: Channel) -> None:
    """Rows that opted out, and others of the same businesses."""
    told = opted_out_of(answer.recipients["opt_outs"], channel)
    rows = np.flatnonzero([*map(bool, told)])
    if len(rows):
        _fill(why, told)
        _fill(why, Exclusions(OPTED_OUT, answer.identities.take(rows)).reasons(answer.identities))


def _leave_repeats(why: list[str], answer: AnswerRows) -> None:
    """Of rows that would be taken, those that stand behind another one."""
    taken = [row for row, reason in enumerate(why) if not reason]
    names = answer.recipients["name"]
    groups = group_duplicates([answer.take(taken).identities])
    for row in groups.behind.tolist():
        front = taken[groups.front[row]]
        why[taken[row]] = f"repeats row {front + 1} ({names[front]}): {groups.why[row]}"


def left_out_table(answer: AnswerRows, why: Sequence[str]) -> pl.DataFrame:
    """The rows that were left out, with their own cells and why, in the answer's order."""
    texts = pl.Series("left_out", why, dtype=pl.String)
    rows = np.flatnonzero((texts != "").to_numpy())
    numbers = pl.Series("row", rows + 1)
    return pl.DataFrame([numbers, texts.gather(rows)]).hstack(answer.cells[rows])
