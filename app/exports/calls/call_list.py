"""The calls of an answer, in order: whom, when, what to ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from app.exports.calls.areas import group_areas
from app.exports.calls.questions import list_questions
from app.exports.calls.schedule import plan_dates
from app.exports.kind import ExportWork
from app.exports.sheets.callees import Callee, read_callees
from app.exports.sheets.days import day_text, parse_day
from app.text import count_words

RULES = (
    "Calls go by area (town and ZIP code): nearest first, neighbours after each other, along the "
    "streets within. Saturdays and Sundays are left out; holidays are not known here."
)


@dataclass(frozen=True)
class Call:
    """One call. asks: the questions that it is to answer."""

    whom: Callee
    area: str
    on: date
    asks: Sequence[str]


@dataclass(frozen=True)
class CallArea:
    """The calls of one area; `span`: of their drives, "" where unknown."""

    name: str
    span: str
    calls: Sequence[Call]

    @property
    def days(self) -> str:
        """The day or days on which it is called."""
        first, last = self.calls[0].on, self.calls[-1].on
        return day_text(first) if first == last else f"{day_text(first)} to {day_text(last)}"


@dataclass(frozen=True)
class CallList:
    """All calls, by area. about: what is to be known of them, each with what it is called."""

    areas: Sequence[CallArea]
    about: Sequence[tuple[str, str]]

    @property
    def calls(self) -> Sequence[Call]:
        """In order."""
        return [call for area in self.areas for call in area.calls]

    @property
    def days(self) -> Sequence[tuple[date, Sequence[Call]]]:
        """The calls of each day, in order."""
        return [(day, list(some)) for day, some in groupby(self.calls, lambda call: call.on)]


def list_calls(work: ExportWork) -> CallList:
    """The calls of those rows. Raises BadQuestion for a day that is none."""
    rows, asked = work.rows, work.asked
    mailed = parse_day(asked.mailed, "mailed")
    grounds = group_areas(rows)
    first = mailed + timedelta(days=asked.after)
    dates = iter(plan_dates([len(ground.rows) for ground in grounds], asked.per_day, first))
    callees, questions = read_callees(rows, asked.country), list_questions(rows)
    areas = [
        CallArea(
            ground.name,
            ground.span,
            [Call(callees[at], ground.name, next(dates), questions[at]) for at in ground.rows],
        )
        for ground in grounds
    ]
    return CallList(areas, _about(work, mailed, areas))


def _about(work: ExportWork, mailed: date, areas: Sequence[CallArea]) -> list[tuple[str, str]]:
    """What there is to say; the answer's own notes last but for whom to credit."""
    about, count = work.rows.about, len(work.rows)
    told = [
        ("Home base", "; ".join(about.labels)),
        ("Answer of", about.date),
        ("Mail of", day_text(mailed)),
        ("Calls", f"{count_words(count, 'call')} in {count_words(len(areas), 'area')}"),
        ("Order", RULES),
        *(("Note", note) for note in about.notes),
        ("Data", about.attribution),
    ]
    return [(name, text) for name, text in told if text]
