"""The verdict on every prospect: pure and vectorised.

Unknown is not no: a value that is missing, or whose range lies on both sides of a limit, makes
`maybe`. Limits are inclusive; a range of money that only touches one is outside, for no business
is known to be at its very end. The row's verdict is the least of its criteria's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime

import numpy as np

from app.businesses import industries
from app.businesses.prospects import Prospects, Ranges
from app.businesses.sizes import SIZES
from app.geo.driving.engine import Drives, Road, within_limit
from app.geo.points import Floats, Ints, Mask, put_rows
from app.geo.text_column import text_series
from app.sweetspot.criteria import (
    KM_PER_MILE,
    TOGETHER,
    Limits,
    SweetSpot,
    Verdict,
    parse_range,
)
from app.sweetspot.evidence import Evidence
from app.sweetspot.reach import all_pass, judge_range, judge_reach, least_verdicts, make_verdicts
from app.sweetspot.reasons import (
    Case,
    Verdicts,
    join_reasons,
    ran_out,
    reason_words,
)

__all__ = [
    "CATEGORIES",
    "KM_PER_MILE",
    "SIZES",
    "TOGETHER",
    "ZONES",
    "Counts",
    "Evidence",
    "Judged",
    "SweetSpot",
    "Verdict",
    "category_codes",
    "judge",
    "parse_range",
]

ZONES = ("", "near", "edge", "beyond")
NEAR_MINUTES, EDGE_MINUTES = 30.0, 50.0
CATEGORIES = ("", "micro", "sweet spot", "large")
OTHERS = ("industry", "advisers", "closed")
FAIL, MAYBE, PASS = Verdict.FAIL.value, Verdict.MAYBE.value, Verdict.PASS.value
COMPUTERS_BOUNDS, EMPLOYEES_BOUNDS = (10.0, 50.0), (10.0, 100.0)


@dataclass(frozen=True, slots=True)
class Counts:
    """The funnel; always adds up.

    read = located + not_located; located = within + beyond + reach_unknown;
    within = right_size + wrong_size + size_unknown; passed + maybe + failed = read.
    `nearer` are those of `beyond` that a lower bound left out, `closed` those of `failed` that
    the list says are closed. Where no size criterion applies, all of `within` are right_size.
    """

    read: int = 0
    located: int = 0
    not_located: int = 0
    within: int = 0
    beyond: int = 0
    reach_unknown: int = 0
    right_size: int = 0
    wrong_size: int = 0
    size_unknown: int = 0
    passed: int = 0
    maybe: int = 0
    failed: int = 0
    nearer: int = 0
    closed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        names = (column.name for column in fields(self))
        return Counts(*(getattr(self, name) + getattr(other, name) for name in names))


@dataclass(frozen=True)
class Judged:
    """The verdicts on n prospects, in their order; every array uint8, shape (n,).

    verdict, reach, size: a `Verdict` each (size is PASS where no size criterion applied).
    zone, category: codes into `ZONES` and `CATEGORIES`, 0 for none.
    """

    verdict: Verdicts
    reach: Verdicts
    size: Verdicts
    zone: Verdicts
    category: Verdicts
    case: Case

    def __len__(self) -> int:
        return len(self.verdict)

    @property
    def counts(self) -> Counts:
        """The funnel."""
        return _count(self)

    def reasons(self, row: int) -> list[str]:
        """Why, for one row: value, limit and margin of each criterion."""
        return reason_words(self.case, np.array([row]))[0]

    def reasons_all(self, rows: Ints | None = None) -> list[str]:
        """The reasons of those rows (all of them when None), each row's joined by "; "."""
        return join_reasons(reason_words(self.case, np.arange(len(self)) if rows is None else rows))

    def take(self, rows: Ints) -> "Judged":
        """The verdicts on those rows, in that order."""
        case = self.case
        by = {name: verdicts[rows] for name, verdicts in case.by.items()}
        return Judged(
            self.verdict[rows],
            self.reach[rows],
            self.size[rows],
            self.zone[rows],
            self.category[rows],
            Case(case.spot, case.known.take(rows), by, case.today),
        )

    def replaced(self, rows: Ints, new: "Judged", known: Evidence) -> "Judged":
        """The same with new verdicts on those rows, of what is known of all of them now."""
        by = {
            name: put_rows(verdicts, rows, new.case.by[name])
            for name, verdicts in self.case.by.items()
        }
        return Judged(
            put_rows(self.verdict, rows, new.verdict),
            put_rows(self.reach, rows, new.reach),
            put_rows(self.size, rows, new.size),
            put_rows(self.zone, rows, new.zone),
            put_rows(self.category, rows, new.category),
            Case(self.case.spot, known, by, self.case.today),
        )


def judge(spot: SweetSpot, known: Evidence, today: date | None = None) -> Judged:
    """The verdict on every prospect.

    1. Reach: the least of the minutes' and the miles' verdict; maybe where there is no fix.
    2. Size: the verdicts of the sizes that apply, joined by the sweet spot's rule.
    3. Industry, advisers, and whether the list says it has closed. A licence whose term ran out is
       no closed firm, but where the sweet spot takes it for one.
    4. The row's verdict is the least of all those.

    `today` decides whether an end date has passed; None is the day in UTC.
    """
    today = today or datetime.now(UTC).date()
    located = known.fixes.at.known
    by = judge_reach(spot, known.fixes, known.miles, known.drives)
    placed = located.astype(np.uint8) + 1 if by else all_pass(located)
    reach = least_verdicts([placed, *by.values()])
    size, apart = _apart_from_reach(spot, known.prospects, known.applied, known.estimated, today)
    by |= apart
    verdict = least_verdicts([reach, size, *(by[name] for name in OTHERS if name in by)])
    zone, category = _zones(known.drives), category_codes(known.prospects)
    return Judged(verdict, reach, size, zone, category, Case(spot, known, by, today))


def fails_anyway(
    spot: SweetSpot,
    prospects: Prospects,
    applied: frozenset[str],
    estimated: Ranges | None = None,
    today: date | None = None,
) -> Mask:
    """Rows that fail whatever the drive to them is, shape (n,)."""
    if estimated is None:
        estimated = Ranges.unknown(len(prospects))
    size, by = _apart_from_reach(spot, prospects, applied, estimated, today)
    others = [by[name] for name in OTHERS if name in by]
    return np.equal(least_verdicts([size, *others]), FAIL)


def _apart_from_reach(
    spot: SweetSpot,
    prospects: Prospects,
    applied: frozenset[str],
    estimated: Ranges,
    today: date | None,
) -> tuple[Verdicts, dict[str, Verdicts]]:
    """The sizes' verdict together, and those of each criterion that is not about the drive."""
    sizes = spot.sizes(applied)
    by = {name: _by_size(name, getattr(prospects, name), limits) for name, limits in sizes.items()}
    if spot.estimates and "computers" in sizes:
        by["computers"] = judge_range(prospects.computers.otherwise(estimated), sizes["computers"])
    size = _together(prospects, by, tuple(sizes), spot.together)
    return size, by | _by_others(spot, prospects, today or datetime.now(UTC).date())


def _by_size(name: str, values: Ranges, limits: Limits) -> Verdicts:
    """As any range, but money is no whole number: "$10-20 Million" is over a limit of $10M."""
    verdicts = judge_range(values, limits)
    if name == "sales":
        touches = (values.high == limits[0]) | (values.low == limits[1])
        verdicts[touches & (values.low < values.high)] = FAIL
    return verdicts


def _nearer(spot: SweetSpot, located: Mask, miles: Floats, drives: Drives) -> Mask:
    """Rows that a lower bound leaves out."""
    near = np.zeros(len(located), bool)
    if spot.minutes is not None:
        near |= drives.minutes < spot.minutes[0]
    if spot.miles is not None:
        near |= miles < spot.miles[0]
    return near & located


def _together(
    prospects: Prospects, by: dict[str, Verdicts], names: tuple[str, ...], rule: str
) -> Verdicts:
    """The sizes' verdicts joined by the sweet spot's rule; PASS where none applies.

    By "all_known" a size that the list gives and that lies on both sides of a limit can't be passed
    over; one that is missing, or estimated and unsure, can.
    """
    if not names:
        return np.full(len(prospects), PASS, np.uint8)
    each = np.stack([by[name] for name in names])
    if rule == "all":
        return least_verdicts(list(each))
    if rule == "any":
        return np.asarray(each.max(axis=0))
    given = np.stack([getattr(prospects, name).known for name in names])
    failed, unsure = (each == FAIL).any(axis=0), (given & (each == MAYBE)).any(axis=0)
    return make_verdicts((each == PASS).any(axis=0) & ~failed & ~unsure, failed)


def _by_others(spot: SweetSpot, prospects: Prospects, today: date) -> dict[str, Verdicts]:
    """The optional criteria, and whether the list itself says that a business has closed."""
    by: dict[str, Verdicts] = {}
    if spot.industry:
        by["industry"] = _by_industry(prospects, spot.industry)
    if spot.advisers:
        named = text_series(prospects.advisers) != ""
        by["advisers"] = named.to_numpy().astype(np.uint8) + np.uint8(MAYBE)
    gone = prospects.gone_by.get_or_make(today, lambda: _has_closed(prospects, today))
    if spot.licence_terms == "closed":
        gone = gone | ran_out(prospects.licence_ends, today)
    by["closed"] = np.where(gone, FAIL, PASS).astype(np.uint8)
    return by


def _has_closed(prospects: Prospects, today: date) -> Mask:
    """By its day, month or year where that has come, or by words."""
    closed = text_series(prospects.closed)
    dated = closed.str.contains(r"^\d{4}(?:-\d{2}){0,2}$")
    return ((closed != "") & (~dated | (closed <= today.isoformat()))).to_numpy()


def _by_industry(prospects: Prospects, terms: tuple[str, ...]) -> Verdicts:
    rows = text_series(prospects.industry)
    fits = rows.str.contains("|".join(_pattern(term) for term in terms)).to_numpy()
    named = {code for term in terms for code in _named_codes(term)}
    if named:
        codes = industries.read_codes(prospects.industry)
        inside = {
            code: not named.isdisjoint(industries.ancestor_codes(code)) for code in set(codes)
        }
        fits = fits | np.array([inside[code] for code in codes], dtype=bool)
    known = (rows != "").to_numpy()
    return np.where(known, np.where(fits, PASS, FAIL), MAYBE).astype(np.uint8)


def _named_codes(term: str) -> Sequence[str]:
    """The NAICS codes of a term: of "naics:6212" itself, which SIC codes and words may mean."""
    system, _, code = "".join(term.casefold().split()).rpartition(":")
    return [code] if system == "naics" else industries.codes_named(term.rstrip("*"))


def _pattern(term: str) -> str:
    """The regular expression of one industry term, for text such as "naics:541110 | Lawyers"."""
    term = " ".join(term.casefold().split())
    system, _, code = term.rpartition(":")
    if re.fullmatch(r"\d{2}-\d{2}", code):  # a NAICS sector such as 31-33
        first, last = (int(part) for part in code.split("-"))
        code = f"(?:{'|'.join(str(sector) for sector in range(first, last + 1))})"
    elif not code.isdigit():
        ending = r"\w*" if term.endswith("*") else r"(?:s|es)?"
        return rf"(?i)\b{re.escape(term.rstrip('*'))}{ending}\b"
    return rf"\b{system}:{code}" if system in ("naics", "sic") else rf"\b(?:naics|sic|code):{code}"


def _zones(drives: Drives) -> Verdicts:
    """Codes into ZONES by the minutes, whatever the limits are."""
    minutes, road = drives.minutes, drives.road
    finite = np.isfinite(minutes)
    zone = np.where(
        within_limit(minutes, NEAR_MINUTES), 1, np.where(within_limit(minutes, EDGE_MINUTES), 2, 3)
    )
    over = (road == Road.BEYOND) & (drives.most >= EDGE_MINUTES)
    over |= road == Road.TOO_FAR
    return np.where(finite, zone, np.where(over, 3, 0)).astype(np.uint8)


def category_codes(prospects: Prospects) -> Verdicts:
    """Codes into CATEGORIES, by computers, and by employees where those are unknown, shape (n,)."""
    by_computers = _category(prospects.computers, COMPUTERS_BOUNDS)
    by_employees = _category(prospects.employees, EMPLOYEES_BOUNDS)
    return np.where(prospects.computers.known, by_computers, by_employees)


def _category(values: Ranges, bounds: Limits) -> Verdicts:
    low, high = bounds
    code = (values.high < low) + 2 * ((values.low >= low) & (values.high <= high))
    codes: Verdicts = (code + 3 * (values.low > high)).astype(np.uint8)
    return codes


def _count(judged: Judged) -> Counts:
    known, by = judged.case.known, judged.case.by
    located = known.fixes.at.known
    within, beyond = located & (judged.reach == PASS), located & (judged.reach == FAIL)
    sizes = np.bincount(judged.size[within], minlength=3).tolist()
    failed, maybe, passed = np.bincount(judged.verdict, minlength=3).tolist()
    near = _nearer(judged.case.spot, located, known.miles, known.drives)
    return Counts(
        read=len(judged),
        located=_number(located),
        not_located=_number(~located),
        within=_number(within),
        beyond=_number(beyond),
        reach_unknown=_number(located & (judged.reach == MAYBE)),
        right_size=sizes[PASS],
        wrong_size=sizes[FAIL],
        size_unknown=sizes[MAYBE],
        passed=passed,
        maybe=maybe,
        failed=failed,
        nearer=_number(near & (judged.reach == FAIL)),
        closed=_number(by["closed"] == FAIL),
    )


def _number(rows: Mask) -> int:
    return int(np.count_nonzero(rows))
