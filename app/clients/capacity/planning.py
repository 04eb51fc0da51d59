"""The week's plan from the firm's own books: which clients are taken as given, which to decide.

1. Sweet-spot and large clients that are active are given: their hours, driving included, are the
   week's sweet-spot work, where nobody says how much that is.
2. Micro clients that are active are decided (choice.py), and with them those of unknown size.
3. Clients that are no longer active are left out. What is left out or unknown is said in a note.
4. One that paid nothing all year is decided by its rate like any other, and doubted in a note.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import isfinite, nan
from typing import Any

import numpy as np
import polars as pl

from app.clients.capacity.choice import (
    WEEKS_A_MONTH,
    Micros,
    Plan,
    Rules,
    Week,
    choose_micro_clients,
)
from app.clients.portfolio.ranking import Portfolio, rank_clients
from app.clients.roster import Clients
from app.clients.travel import drive_to_clients, ground_notes
from app.errors import BadQuestion
from app.find.ground import Ground
from app.geo.driving.engine import Driving
from app.geo.geocoding.geocoder import Fixes
from app.geo.points import Ints, Mask
from app.lists.write import shown_numbers
from app.sweetspot.judge import CATEGORIES

UNKNOWN_SIZE, MICRO = CATEGORIES.index(""), CATEGORIES.index("micro")
NAMED = 3  # judgement: clients named in a note, the others are counted


@dataclass(frozen=True)
class Hours:
    """Hours a week.

    all: those there are. marketing: by activity. sweet_spot: for the clients that are no micro
    clients, driving included; None takes them from the books.
    """

    all: float
    marketing: Mapping[str, float]
    sweet_spot: float | None = None


def parse_marketing(texts: Sequence[str]) -> dict[str, float]:
    """Hours a week by activity, of texts such as "direct mail=4,expos=2". Raises BadQuestion."""
    hours: dict[str, float] = {}
    for text in filter(str.strip, ",".join(texts).split(",")):
        activity, _, number = text.partition("=")
        try:
            spent = float(number)
        except ValueError:
            spent = nan
        if not activity.strip() or not isfinite(spent) or spent < 0:
            raise BadQuestion(
                f"marketing {text!r}: expected ACTIVITY=HOURS a week, such as 'direct mail=4'",
                field="marketing",
            )
        hours[activity.strip()] = hours.get(activity.strip(), 0.0) + spent
    return hours


@dataclass(frozen=True)
class WeekPlan:
    """A plan with the clients it decides, `rows` of the portfolio, in the order of its names."""

    found: Portfolio
    fixes: Fixes
    rows: Ints
    plan: Plan

    def document(self) -> dict[str, Any]:
        """All of it as JSON."""
        plan = self.plan
        return {
            "decisions": [self._with_rows(asdict(one)) for one in plan.decisions],
            "undecided": [self._with_rows(asdict(one)) for one in plan.undecided],
            "hours": _rounded(plan.hours),
            "income": _rounded(plan.income),
            "feasible": plan.feasible,
            "notes": list(plan.notes),
        }

    def _with_rows(self, one: dict[str, Any]) -> dict[str, Any]:
        """A decision with the rows of the list that it is about, from 1."""
        client = int(self.rows[one.pop("row")])
        return _rounded(one) | {"list_rows": list(self.found.clients.rows[client])}

    def cells(self) -> pl.DataFrame:
        """The clients' cells as they were read."""
        return self.found.clients.who.cells[self.rows]

    def frame(self) -> pl.DataFrame:
        """What was decided of each, in the same order; "undecided" with what is missing."""
        rows: dict[int, dict[str, Any]] = {
            one.row: _rounded(asdict(one)) for one in self.plan.decisions
        }
        rows |= {
            one.row: {"decision": "undecided", "reason": f"unknown: {one.missing}"}
            for one in self.plan.undecided
        }
        minutes = self.found.minutes[self.rows]
        return pl.DataFrame(
            [
                {
                    "name": self.found.clients.who.name[i],
                    "decision": row["decision"],
                    "hours": row.get("hours"),
                    "income_per_hour_with_driving": row.get("income_per_hour_with_driving"),
                    "drive_minutes": round(float(minutes[at]), 1)
                    if isfinite(minutes[at])
                    else None,
                    "reasons": row["reason"],
                }
                for at, i in enumerate(self.rows.tolist())
                for row in (rows[at],)
            ],
            schema={
                "name": pl.String,
                "decision": pl.String,
                "hours": pl.Float64,
                "income_per_hour_with_driving": pl.Float64,
                "drive_minutes": pl.Float64,
                "reasons": pl.String,
            },
        ).with_columns(
            shown_numbers(self.fixes.at.lat[self.rows], 6).alias("lat"),
            shown_numbers(self.fixes.at.lon[self.rows], 6).alias("lon"),
        )


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Hours and USD to 0.01."""
    return {k: round(v, 2) if isinstance(v, float) else v for k, v in values.items()}


def plan_clients(
    clients: Clients, ground: Ground | None, how: Driving, hours: Hours, rules: Rules
) -> WeekPlan:
    """Which micro clients to keep, from the books; the drives are the engine's from the ground."""
    gone = drive_to_clients(clients, ground, how)
    found = rank_clients(clients, gone.minutes)
    sized = (found.category != UNKNOWN_SIZE) & (found.category != MICRO)
    given, rows = sized & found.active, np.flatnonzero(~sized & found.active)  # 1., 2.
    who = clients.take(rows)
    spent = clients.hours + np.where(np.isfinite(found.driving), found.driving, 0.0)
    in_books = float(np.nansum(spent[given]) / WEEKS_A_MONTH)
    sweet_spot = in_books if hours.sweet_spot is None else hours.sweet_spot
    week = Week(hours.all, hours.marketing, sweet_spot)
    micros = Micros(
        name=who.who.name,
        hours=who.hours,
        rate=who.rate,
        income=who.income,
        visits=who.visits,
        minutes=found.minutes[rows],
        travel_fee=who.travel_fee,
        flexible=who.flexible,
        grows=who.grows,
        pays_on_time=who.pays_on_time,
    )
    made = choose_micro_clients(week, micros, rules)
    notes = [*made.notes, *_notes(found, given, hours), *ground_notes(ground)]
    notes += [*gone.notes, *clients.notes]
    return WeekPlan(found, gone.fixes, rows, replace(made, notes=notes))


def _notes(found: Portfolio, given: Mask, hours: Hours) -> list[str]:
    """3., 4."""
    clients, notes = found.clients, []
    unpaid = np.flatnonzero((clients.income == 0) & found.active).tolist()
    if unpaid:
        notes.append(
            f"paid nothing all year: {', '.join(clients.who.name[i] for i in unpaid[:NAMED])}"
            f"{', ...' if len(unpaid) > NAMED else ''} ({len(unpaid):,}): still clients? Mark "
            "those that are not in a column called Active; hours kept for them may bring nothing"
        )
    gone = int((~found.active).sum())
    if gone:
        notes.append(f"{gone:,} no longer active, not planned")
    unsized = int(((found.category == UNKNOWN_SIZE) & found.active).sum())
    if unsized:
        notes.append(f"{unsized:,} clients of unknown size are decided like micro clients")
    if hours.sweet_spot is not None:
        return notes
    names = [clients.who.name[i] for i in np.flatnonzero(given & np.isnan(clients.hours)).tolist()]
    if names:
        notes.append(
            f"hours unknown, so not counted, of {len(names):,} sweet-spot and large clients "
            f"({', '.join(names[:NAMED])}{', ...' if len(names) > NAMED else ''})"
        )
    undriven = given & ~np.isnan(clients.hours) & ~np.isfinite(found.driving)
    if undriven.any():
        notes.append(
            f"the drive is unknown for {int(undriven.sum()):,} sweet-spot and large clients: "
            "their work is counted without it"
        )
    return notes
