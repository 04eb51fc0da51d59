"""Which micro clients to keep in the hours that marketing and the sweet spot leave.

1. Left for micro clients are the week's hours less marketing and the sweet spot, a month 52/12
   times that. Where those two alone exceed the week, nobody is kept.
2. A client takes its work and, each visit, the drive there and back. It brings hours times rate,
   or where the rate is unknown what the books say, and its travel fees.
3. Its value is what it brings, the growth bonus added and the late discount taken off.
4. Undecided is one whose hours, or rate and income, are unknown, or to which no road leads.
5. Kept are those that make the most value together in the hours left. Of equal value, fewer hours;
   of clients alike in both, the first by name. Hours count in minutes, a client's rounded up and
   those left rounded down; values count in cents.
6. Of the others, slack time is for those whose schedule is flexible, that are worth something and
   are not known to pay late; the rest are handed on.

5. is a knapsack, solved exactly. HiGHS, an integer solver, is what the tests hold it against. It is
not used here: version 1.12 in scipy 1.18 prints a line of its own on standard output in one of some
40 solves, whatever it is told, which would break what the commands write as JSON, and takes ten
times as long.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from math import fsum, inf
from typing import Any

import numpy as np

from app.clients.capacity.knapsack import most_value
from app.clients.roster import Flags
from app.errors import BadQuestion, TooLarge
from app.geo.points import Floats, Ints, Mask

WEEKS_A_MONTH = 52 / 12
KEEP, SLACK, HAND_ON = "keep", "slack", "hand_on"
TITLES = {KEEP: "Keep", SLACK: "Slack time only", HAND_ON: "Hand on"}
# Judgement: with so many clients and hours the table of knapsack.py has 2,000 times 260,000 bits,
# 65 MB.
MOST_CLIENTS, MOST_HOURS_A_WEEK = 2_000, 1_000.0
MOST_SPENT = 1_000_000.0  # judgement: hours a week that clients may ask for, however few there are
MOST_BONUS, MOST_DISCOUNT = 10.0, 1.0  # judgement; more than all can't be taken off
EVEN_HOURS = 1e-9  # judgement: a week filled to that is filled, for sums of hours are rounded
DECIMALS = 6  # judgement: of minutes, below which they are a rounding error and not a minute more
# Judgement: above these a column is in another unit: hours, visits a month; minutes; USD.
MOST: Mapping[str, float] = {
    "hours": 10_000,
    "rate": 10_000,
    "income": 10_000_000,
    "visits": 10_000,
    "minutes": 1_440,
    "travel_fee": 100_000,
}


@dataclass(frozen=True)
class Week:
    """Hours a week of the whole firm.

    hours: all working hours. marketing: by activity, planned first and never eaten. sweet_spot:
    for sweet-spot and large clients, driving included.
    """

    hours: float
    marketing: Mapping[str, float]
    sweet_spot: float


@dataclass(frozen=True)
class Micros:
    """Micro clients in columns of length n; NaN or None where unknown.

    hours: work a month. rate: USD an hour. income: USD a month from the books without travel
    fees, used where the rate is unknown; below 0 where refunds exceed payments.
    visits: a month. minutes: one-way drive, inf where no road leads there. travel_fee: USD a
    visit. flexible: served whenever it suits the firm. grows: likely, within two years.
    """

    name: Sequence[str]
    hours: Floats
    rate: Floats
    income: Floats
    visits: Floats
    minutes: Floats
    travel_fee: Floats
    flexible: Flags
    grows: Flags
    pays_on_time: Flags

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True)
class Rules:
    """growth_bonus: the share added to the value of a client that is likely to grow.

    late_discount: the share, at most 1, taken off the value of one that pays late. A quarter each
    is judgement; who asks may give others.
    """

    growth_bonus: float = 0.25
    late_discount: float = 0.25


@dataclass(frozen=True)
class Decision:
    """One client: `keep`, `slack` (only when nothing else waits) or `hand_on`, and why.

    hours: a month, driving included. income_per_hour_with_driving: USD, None where hours is 0.
    row: its place in the columns, from 0; names may repeat.
    """

    name: str
    decision: str
    hours: float
    income_per_hour_with_driving: float | None
    reason: str
    row: int


@dataclass(frozen=True)
class Undecided:
    """A client that can't be decided, and what is missing; `row` as in `Decision`."""

    name: str
    missing: str
    row: int


@dataclass(frozen=True)
class Plan:
    """Every client is in `decisions` or in `undecided`, each in the order given.

    hours: a week: week, marketing (by activity), marketing_total, sweet_spot, left (for micro
    clients), kept, free. income: USD a month: kept, slack, handed_on.
    feasible: whether marketing and the sweet spot fit the week. value: of those kept, USD a
    month, growth bonus and late discount applied; no other choice has more.
    """

    decisions: Sequence[Decision]
    undecided: Sequence[Undecided]
    hours: Mapping[str, Any]
    income: Mapping[str, float]
    feasible: bool
    value: float
    notes: Sequence[str]


def choose_micro_clients(week: Week, micros: Micros, rules: Rules = Rules()) -> Plan:
    """The best choice under the hours left, whatever the order of the rows.

    Raises BadQuestion (`field` names the column or the option) and TooLarge.
    """
    _check_week(week, rules)
    sums = _sums(_checked(micros), rules)
    spare = week.hours - fsum([*week.marketing.values(), week.sweet_spot])  # 1.
    feasible = spare > -EVEN_HOURS
    left = max(spare, 0.0)
    missing = _missing(sums)
    known = np.array([not text for text in missing], bool)
    chosen = np.zeros(len(micros), bool)
    if feasible:
        room = _whole_minutes(left * WEEKS_A_MONTH)
        chosen[known] = _best(sums, np.flatnonzero(known), room)
    case = _Case(sums, rules, left * WEEKS_A_MONTH, feasible)
    rows = np.flatnonzero(known).tolist()
    decisions = [_decide(case, i, bool(chosen[i])) for i in rows]
    return Plan(
        decisions=decisions,
        undecided=[Undecided(micros.name[i], text, i) for i, text in enumerate(missing) if text],
        hours=_hours(week, left, decisions),
        income=_income(decisions, sums.income[known]),
        feasible=feasible,
        value=int(sums.cents[chosen].sum()) / 100,
        notes=_notes(week, spare, feasible, len(micros) - len(rows)),
    )


@dataclass(frozen=True)
class _Sums:
    """What each client takes and brings a month, in columns; NaN where it can't be said.

    hours: work and drive. income, value: USD. cents, minutes: both in whole numbers, 0 where
    unknown.
    """

    micros: Micros
    drive: Floats
    hours: Floats
    income: Floats
    cents: Ints
    minutes: Ints


@dataclass(frozen=True)
class _Case:
    """What all decisions have in common; `left`: hours a month for micro clients."""

    sums: _Sums
    rules: Rules
    left: float
    feasible: bool


def _check_week(week: Week, rules: Rules) -> None:
    named = {f"marketing: {name}": hours for name, hours in week.marketing.items()}
    each = {"hours": week.hours, "sweet_spot": week.sweet_spot, **named}
    for name, hours in each.items():
        most = MOST_HOURS_A_WEEK if name == "hours" else MOST_SPENT
        if not 0 <= hours <= most:
            raise BadQuestion(
                f"{name} {hours:g}: expected hours a week, 0 to {most:,.0f}",
                field=name.partition(":")[0],
            )
    for name, share, most in (
        ("growth_bonus", rules.growth_bonus, MOST_BONUS),
        ("late_discount", rules.late_discount, MOST_DISCOUNT),
    ):
        if not 0 <= share <= most:
            raise BadQuestion(f"{name} {share:g}: expected a share, 0 to {most:g}", field=name)


def _checked(micros: Micros) -> Micros:
    """The same with float64 columns."""
    if len(micros) > MOST_CLIENTS:
        raise TooLarge(
            f"{len(micros):,} micro clients: at most {MOST_CLIENTS:,} can be planned at once; "
            "leave out those that are no longer served"
        )
    columns = {column.name: getattr(micros, column.name) for column in fields(Micros)}
    for name, column in columns.items():
        if len(column) != len(micros):
            raise BadQuestion(
                f"{name}: {len(column):,} values for {len(micros):,} clients; expected one each",
                field=name,
            )
    return Micros(**columns | {name: _numbers(micros, name) for name in MOST})


def _numbers(micros: Micros, name: str) -> Floats:
    values = np.asarray(getattr(micros, name), np.float64)
    low, high = -MOST[name] if name == "income" else 0.0, MOST[name]
    wrong = (values < low) | (values > high)
    if name == "minutes":
        wrong &= values != inf
    if wrong.any():
        i = int(wrong.argmax())
        raise BadQuestion(
            f"{name} {values[i]:g} of {micros.name[i]!r}: expected {low:,.0f} to {high:,.0f}, "
            "or nothing where it is unknown",
            field=name,
            row=i + 1,
        )
    return values


def _whole_minutes(hours: float) -> int:
    """Minutes rounded down."""
    return int(np.floor(np.round(hours * 60, DECIMALS)))


def _sums(micros: Micros, rules: Rules) -> _Sums:
    """2., 3."""
    visits = np.nan_to_num(micros.visits)
    one_way = np.where(np.isnan(micros.minutes) | (visits == 0), 0.0, micros.minutes)
    drive = np.where(visits == 0, 0.0, visits) * 2 * one_way / 60
    hours = micros.hours + drive
    earned = np.where(np.isnan(micros.rate), micros.income, micros.hours * micros.rate)
    income = earned + visits * np.nan_to_num(micros.travel_fee)
    grows = np.array([flag is True for flag in micros.grows], bool)
    late = np.array([flag is False for flag in micros.pays_on_time], bool)
    value = income * (1 + rules.growth_bonus * grows) * (1 - rules.late_discount * late)
    minutes = np.ceil(np.round(np.where(np.isfinite(hours), hours, 0.0) * 60, DECIMALS))
    cents = np.rint(np.nan_to_num(value) * 100).astype(np.int64)
    return _Sums(micros, drive, hours, income, cents, minutes.astype(np.int64))


def _missing(sums: _Sums) -> list[str]:
    """4. What keeps each client from being decided, "" where nothing does."""
    columns = {
        "hours": np.isnan(sums.micros.hours),
        "rate and income": np.isnan(sums.micros.rate) & np.isnan(sums.micros.income),
        "a drive to it (no road leads there, or it is too long)": np.isinf(sums.drive),
    }
    texts = [np.where(lacks, name, "").tolist() for name, lacks in columns.items()]
    return ["; ".join(filter(None, each)) for each in zip(*texts, strict=True)]


def _best(sums: _Sums, rows: Ints, room: int) -> Mask:
    """5. Whether each of those rows is kept, in their order.

    They are offered by name, and those equal in name by all that a decision shows, so that the
    order in which they came decides nothing.
    """
    micros = sums.micros

    def shown(at: int) -> tuple[Any, ...]:
        i = int(rows[at])
        flags = (micros.flexible[i], micros.grows[i], micros.pays_on_time[i])
        return (micros.name[i], sums.income[i], sums.hours[i], sums.drive[i], *map(str, flags))

    order = np.array(sorted(range(len(rows)), key=shown), np.int64)
    order = order[sums.cents[rows[order]] > 0]
    chosen = np.zeros(len(rows), bool)
    chosen[order] = most_value(sums.minutes[rows[order]], sums.cents[rows[order]], room)
    return chosen


def _decide(case: _Case, i: int, chosen: bool) -> Decision:
    decision = KEEP if chosen else _slack_or_hand_on(case.sums, i)
    parts = [_numbers_of(case.sums, i), *_rated(case, i), *_guessed(case.sums.micros, i)]
    if decision != KEEP:
        parts.append(_why_not(case, i, decision))
    hours, income = float(case.sums.hours[i]), float(case.sums.income[i])
    return Decision(
        name=case.sums.micros.name[i],
        decision=decision,
        hours=hours,
        income_per_hour_with_driving=income / hours if hours > 0 else None,
        reason=f"{TITLES[decision]}: {'; '.join(parts)}.",
        row=i,
    )


def _slack_or_hand_on(sums: _Sums, i: int) -> str:
    """6. Slack time for what is flexible, worth something and not known to pay late."""
    late, worth = sums.micros.pays_on_time[i] is False, sums.cents[i] > 0
    return SLACK if sums.micros.flexible[i] is True and worth and not late else HAND_ON


def _numbers_of(sums: _Sums, i: int) -> str:
    """The hours, the income, and the income an hour."""
    hours, drive, income = float(sums.hours[i]), float(sums.drive[i]), float(sums.income[i])
    with_drive = f" with the drive ({_hours_text(drive)})" if drive > 0 else ""
    if hours == 0:
        return f"no hours a month, {_usd(income).removesuffix('.00')}"
    brought = _usd(income).removesuffix(".00")
    return f"{_hours_text(hours)} a month{with_drive}, {brought}, {_usd(income / hours)} an hour"


def _rated(case: _Case, i: int) -> list[str]:
    """Why it counts higher or lower than it brings."""
    micros, rules, rated = case.sums.micros, case.rules, []
    if micros.grows[i] is True and rules.growth_bonus:
        rated.append(f"likely to grow, counted {100 * rules.growth_bonus:g} % higher")
    if micros.pays_on_time[i] is False and rules.late_discount:
        rated.append(f"pays late, counted {100 * rules.late_discount:g} % lower")
    return rated


def _guessed(micros: Micros, i: int) -> list[str]:
    """What was unknown and counted as nothing."""
    if np.isnan(micros.visits[i]):
        return ["its visits are unknown, counted as none"]
    if micros.visits[i] > 0 and np.isnan(micros.minutes[i]):
        return ["the drive there is unknown, counted as none"]
    return []


def _why_not(case: _Case, i: int, decision: str) -> str:
    """Why it is not kept, and why it is served in slack time or is not."""
    if case.sums.cents[i] <= 0:
        return "it counts for nothing" if case.sums.income[i] > 0 else "it brings nothing in"
    if decision == SLACK:
        return f"{_no_room(case, i)}; its schedule is flexible"
    flexible = case.sums.micros.flexible[i]
    times = (
        "its times are fixed" if flexible is False else "whether its times are flexible is unknown"
    )
    late = "it pays late" if flexible is True else times
    return f"{_no_room(case, i)}, and {late}"


def _no_room(case: _Case, i: int) -> str:
    left = f"the {_hours_text(case.left)} a month left"
    if not case.feasible or case.left == 0:
        return "no hours are left for micro clients"
    if case.sums.minutes[i] > _whole_minutes(case.left):
        return f"does not fit {left}"
    return f"no room beside those kept, who make the most of {left}"


def _hours(week: Week, left: float, decisions: Sequence[Decision]) -> dict[str, Any]:
    kept = fsum(one.hours for one in decisions if one.decision == KEEP) / WEEKS_A_MONTH
    return {
        "week": week.hours,
        "marketing": dict(week.marketing),
        "marketing_total": fsum(week.marketing.values()),
        "sweet_spot": week.sweet_spot,
        "left": left,
        "kept": kept,
        "free": max(left - kept, 0.0),
    }


def _income(decisions: Sequence[Decision], income: Floats) -> dict[str, float]:
    names = {"kept": KEEP, "slack": SLACK, "handed_on": HAND_ON}
    pairs = list(zip(decisions, income.tolist(), strict=True))
    return {
        name: fsum(usd for one, usd in pairs if one.decision == decision)
        for name, decision in names.items()
    }


def _notes(week: Week, spare: float, feasible: bool, undecided: int) -> list[str]:
    notes = []
    if not feasible:
        notes.append(_too_much(week, -spare))
    elif spare <= 0:
        notes.append("marketing and sweet-spot work fill the week: no hours left for micro clients")
    if undecided:
        clients = "1 client" if undecided == 1 else f"{undecided:,} clients"
        notes.append(f"{clients} undecided: give what is missing to have them planned")
    return notes


def _too_much(week: Week, over: float) -> str:
    """By how many hours the week is exceeded, and what would have to give."""
    marketing = ", ".join(f"{name} {_hours_text(hours)}" for name, hours in week.marketing.items())
    first = f"marketing, planned first ({marketing}), and " if marketing else ""
    exceed = "exceed" if first else "exceeds"
    text = (
        f"{first}sweet-spot work ({_hours_text(week.sweet_spot)}) {exceed} the week of "
        f"{_hours_text(week.hours)} by {_hours_text(over)}: it takes "
        f"{_hours_text(week.hours + over)} in the week"
    )
    if over > week.sweet_spot:
        return f"{text}; marketing alone does not fit it"
    share = 100 * over / week.sweet_spot
    return f"{text}, or {_hours_text(over)} ({share:.0f} %) less sweet-spot work"


def _hours_text(hours: float) -> str:
    """6 -> "6.0 h", 0.333 -> "0.33 h"."""
    digits = 1 if round(hours, 1) == round(hours, 2) else 2
    return f"{hours:,.{digits}f} h"


def _usd(amount: float) -> str:
    """540 -> "$540.00", -9.5 -> "-$9.50", less than half a cent -> "$0.00"."""
    return f"{'-' if amount <= -0.005 else ''}${abs(amount):,.2f}"
