"""What became of rows of stored lists: mailed on, called on, answered, client since, not wanted."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Self, get_args

import polars as pl
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.errors import BadList, BadQuestion, NoSuchOutcome
from app.geo.points import Ints
from app.library.options import OutcomesOptions
from app.lists.read import open_list
from app.lists.vocabulary import ANYBODY
from app.lists.write import PREFIX
from app.store.kinds import OutcomeKind
from app.store.tables import Outcome, StoredList, Tenant

KINDS: tuple[OutcomeKind, ...] = get_args(OutcomeKind.__value__)
THIS_MACHINE = "this machine"  # who asks on the command line
MOST_AT_ONCE = 1_000_000  # rows that are marked in one step; the largest list that was measured
FIRST_YEAR = 1900  # judgement: before it, it is a slip of a key
_LIST, _ROW = f"{PREFIX}list", f"{PREFIX}row"


@dataclass(frozen=True)
class Mark:
    """What became of some rows, on which day, and who says so."""

    what: OutcomeKind
    on: date
    who: str = THIS_MACHINE
    note: str = ""

    def __post_init__(self) -> None:
        if self.on.year < FIRST_YEAR:
            raise BadQuestion(f"on {self.on}: expected a day since {FIRST_YEAR}", field="on")
        # East of us it may be tomorrow already.
        if self.on > date.today() + timedelta(days=1):
            raise BadQuestion(f"on {self.on}: that day is yet to come", field="on")

    @property
    def at(self) -> datetime:
        """As it is stored: the day's beginning, in UTC."""
        return datetime.combine(self.on, time(), UTC)


def mark_rows(session: Session, stored: StoredList, rows: Sequence[int], mark: Mark) -> int:
    """Store what became of those rows, numbered from 1; of how many that was not known yet.

    A row that has that outcome of that day is left as it is, so that a retry marks none twice.
    Raises BadQuestion for a row that the list has not.
    """
    check_rows(rows, stored.slug, stored.rows)
    touch_marks(session, stored.tenant_id)
    known = session.scalars(
        select(Outcome.row).where(
            Outcome.tenant_id == stored.tenant_id,
            Outcome.list_id == stored.id,
            Outcome.what == mark.what,
            Outcome.at == mark.at,
        )
    )
    new = sorted({*rows} - {*known})
    shared = {"tenant_id": stored.tenant_id, "list_id": stored.id, "what": mark.what}
    shared |= {"at": mark.at, "who": mark.who, "note": mark.note}
    if new:
        session.execute(insert(Outcome), [{**shared, "row": row} for row in new])
    return len(new)


def unmark_row(session: Session, stored: StoredList, outcome_id: int) -> None:
    """Delete one outcome of that list. Raises NoSuchOutcome."""
    touch_marks(session, stored.tenant_id)
    gone = session.scalars(
        delete(Outcome)
        .where(
            Outcome.id == outcome_id,
            Outcome.tenant_id == stored.tenant_id,
            Outcome.list_id == stored.id,
        )
        .returning(Outcome.id)
    )
    if not gone.all():
        raise NoSuchOutcome(
            f"list {stored.slug!r} has no outcome {outcome_id}: `sweetspot list outcomes "
            f"{stored.slug}` shows those that it has"
        )


def touch_marks(session: Session, tenant_id: int) -> None:
    """Whatever was worked out of the tenant's outcomes and suppressions is out of date now.

    Others that change any wait until this transaction ends.
    """
    session.execute(update(Tenant).where(Tenant.id == tenant_id).values(marks=Tenant.marks + 1))


def show_outcomes(session: Session, stored: StoredList, ask: OutcomesOptions) -> dict[str, Any]:
    """The outcomes of a list as they were stored; `next` is 0 at the end."""
    most = ask.limit
    asked = select(Outcome).where(
        Outcome.tenant_id == stored.tenant_id, Outcome.list_id == stored.id, Outcome.id > ask.after
    )
    if ask.what:
        asked = asked.where(Outcome.what == ask.what)
    found = session.scalars(asked.order_by(Outcome.id).limit(most + 1)).all()
    told = [
        {
            "id": one.id,
            "row": one.row,
            "what": one.what,
            "on": one.at.date().isoformat(),
            "who": one.who,
            "note": one.note,
        }
        for one in found[:most]
    ]
    return {"outcomes": told, "next": found[most - 1].id if len(found) > most else 0}


OUTCOME_COLUMNS = {"list": pl.String, "row": pl.Int64, "what": pl.String, "on": pl.Date}


def read_outcomes(session: Session, tenant_id: int) -> pl.DataFrame:
    """All of a tenant in the order of their days: OUTCOME_COLUMNS, rows numbered from 0."""
    asked = select(Outcome.list_id, Outcome.row, Outcome.what, Outcome.at)
    found = session.execute(
        asked.where(Outcome.tenant_id == tenant_id).order_by(Outcome.at, Outcome.id)
    )
    rows = [(of, row - 1, what, at.date()) for of, row, what, at in found]
    return pl.DataFrame(rows, schema=OUTCOME_COLUMNS, orient="row")


@dataclass(frozen=True)
class LastOutcomes:
    """The last outcome of each row that has any; rows ascending, numbered from 0."""

    rows: Ints
    what: pl.Series
    on: pl.Series

    @classmethod
    def of(cls, outcomes: pl.DataFrame, list_id: str) -> Self:
        """Those of one list, of all that a tenant has."""
        mine = outcomes.filter(pl.col("list") == list_id)
        last = mine.unique("row", keep="last", maintain_order=True).sort("row")
        return cls(last["row"].to_numpy(), last["what"], last["on"].cast(pl.String))

    def table(self, rows: Ints) -> pl.DataFrame:
        """Of those rows the `outcome` and `outcome_on`, "" where there is none."""
        has = pl.DataFrame({"row": self.rows, "outcome": self.what, "outcome_on": self.on})
        asked = pl.DataFrame({"row": rows}, schema={"row": pl.Int64})
        found = asked.join(has, on="row", how="left", maintain_order="left")
        return found.select(pl.col("outcome", "outcome_on").fill_null(""))


@dataclass(frozen=True)
class OutcomeTerm:
    """Rows of which that became are left out; days: only where it was within so many."""

    what: str
    days: int | None = None

    def matches(self, today: date) -> pl.Expr:
        """Which of the tenant's outcomes it means."""
        recent = pl.lit(True)
        if self.days is not None:
            recent = pl.col("on") >= pl.lit(today - timedelta(days=self.days))
        return (pl.col("what") == self.what) & recent


_TERM = re.compile(r"(?P<what>\w+)(?::(?P<days>\d{1,5})d)?")


def parse_without(text: str) -> Sequence[OutcomeTerm]:
    """The terms of "client,mailed:90d"; "none" has none. Raises BadQuestion."""
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if words == ["none"]:
        return ()
    terms = [_TERM.fullmatch(word) for word in words]
    if not words or any(one is None or one["what"] not in KINDS for one in terms):
        raise BadQuestion(
            f"without {text[:100]!r}: expected {', '.join(KINDS)}, several with commas, each with "
            ":90d where it counts for 90 days only; or none",
            field="without",
        )
    return [
        OutcomeTerm(one["what"], int(one["days"]) if one["days"] else None) for one in terms if one
    ]


def check_rows(rows: Iterable[int], slug: str, of: int) -> None:
    """Raise BadQuestion for the first that a list of so many rows has not."""
    wrong = next((row for row in rows if not 1 <= row <= of), None)
    if wrong is not None:
        has = f"{slug!r} has rows 1 to {of:,}" if of else "has no rows"
        raise BadQuestion(f"row {wrong}: the list {has}", field="rows")


def parse_numbers(text: str) -> Sequence[int]:
    """The row numbers of "12,15-20". Raises BadQuestion."""
    return [row for span in parse_spans(text) for row in span]


def parse_spans(text: str) -> Sequence[range]:
    """The same, span by span."""
    return [_span(part) for part in text.replace(" ", "").split(",") if part]


def _span(part: str) -> range:
    found = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", part)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if not 0 <= last - first < MOST_AT_ONCE:
        raise BadQuestion(f"rows {part[:50]!r}: expected numbers such as 12,15-20", field="rows")
    return range(first, last + 1)


def read_numbers(source: Path, slug: str) -> Sequence[int]:
    """The rows of that list which a file has that a find or an export wrote of it.

    Raises BadList where it has none.
    """
    cells = open_list(source, vocabulary=ANYBODY).whole().cells
    if not {_LIST, _ROW} <= {*cells.columns}:
        raise BadList(
            f"{source.name}: no columns {_LIST} and {_ROW}; a find or an export of a stored list "
            "writes them",
            field="from",
        )
    mine = cells.filter(pl.col(_LIST) == slug)[_ROW]
    numbers = mine.str.strip_chars().str.replace(r"\.0$", "").cast(pl.Int64, strict=False)
    if numbers.null_count() or not len(numbers):
        wrong = mine.filter(numbers.is_null())
        said = f"{wrong[0]!r} is no row number" if len(wrong) else f"no row is of list {slug!r}"
        raise BadList(f"{source.name}: {said}", field="from")
    return numbers.to_list()


def outcome_words(what: str) -> str:
    """For people: "do not contact"."""
    return what.replace("_", " ")
