"""Who pays the bills: the firm's clients by income, and which service each should get.

Tiers go by the share of income that the clients before one pay: A while that is under 80 %, B
under 95 %, C the rest. Shares are of the positive incomes; refunds, zero and unknown stand apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.clients.roster import Clients
from app.geo.points import Floats, Ints, Mask
from app.lists.write import shown_numbers
from app.sweetspot.judge import CATEGORIES, category_codes

A_BELOW, B_BELOW = 0.80, 0.95
TIERS = ("", "A", "B", "C")
SENIOR = "over 50 computers: serving them may need more senior technical staff"

type Codes = NDArray[np.uint8]


@dataclass(frozen=True)
class Ranking:
    """Columns of shape (n,), in the order of the incomes.

    order: the rows with a positive income, the best first, then as given. rank: from 1, ties
    share one, 0 for none. share: of all positive income, 0 to 1, NaN for none; cumulative: up to
    and with the row. tier: codes into TIERS; ties share one.
    """

    order: Ints
    rank: Ints
    share: Floats
    cumulative: Floats
    tier: Codes
    tied_border: bool


def rank_incomes(income: Floats) -> Ranking:
    """Rank, share and tier of each income (USD, NaN unknown), shape (n,)."""
    n = len(income)
    positive = np.flatnonzero(income > 0)
    order = positive[np.argsort(-income[positive], kind="stable")]
    best = income[order]
    total = best.sum()
    first = np.searchsorted(-best, -best, side="left")  # where each tie begins
    after = np.cumsum(best) / total if total else best
    before = np.where(first > 0, after[first - 1], 0.0)
    tiers = np.where(_under(before, A_BELOW), 1, np.where(_under(before, B_BELOW), 2, 3))
    own = np.concatenate([[0.0], after[:-1]]) if len(after) else after
    alone = np.where(_under(own, A_BELOW), 1, np.where(_under(own, B_BELOW), 2, 3))

    def spread(values: Floats | Ints, nothing: float, kind: type) -> NDArray[Any]:
        column: NDArray[Any] = np.full(n, nothing, dtype=kind)
        column[order] = values
        return column

    return Ranking(
        order=order,
        rank=spread(first + 1, 0, np.int64),
        share=spread(best / total if total else best, np.nan, np.float64),
        cumulative=spread(after, np.nan, np.float64),
        tier=spread(tiers, 0, np.uint8),
        tied_border=bool((tiers != alone).any()),
    )


def _under(share: Floats, limit: float) -> Mask:
    """Under the limit; sums of binary fractions a hair below it have reached it."""
    under: Mask = share < limit - 1e-9
    return under


@dataclass(frozen=True)
class Portfolio:
    """The clients with what their books come to; float64 columns (n,), NaN where unknown.

    minutes: drive from the home base, one way; inf where no road leads there or it is too long
    to have been looked for. hourly: USD an hour of work and driving, travel fees included.
    """

    clients: Clients
    ranking: Ranking
    minutes: Floats
    driving: Floats
    hourly: Floats
    category: Codes

    @property
    def top(self) -> Mask:
        """The clients of tier A."""
        return np.equal(self.ranking.tier, 1)

    @property
    def active(self) -> Mask:
        """All but those of whom it is known that they are no longer clients."""
        return np.array([flag is not False for flag in self.clients.active], dtype=bool)

    @property
    def model(self) -> Mask:
        """Those to find more of: of tier A and still clients; all of tier A where none is."""
        still = self.top & self.active
        return still if still.any() else self.top

    @property
    def best(self) -> Ints:
        """The clients with a positive income, the best first."""
        return self.ranking.order

    @cached_property
    def average(self) -> float:
        """USD an hour over all clients of which it is known; NaN where it is of none."""
        known = np.isfinite(self.hourly)
        hours = (self.clients.hours + self.driving)[known]
        return float((self.hourly[known] * hours).sum() / hours.sum()) if known.any() else np.nan

    def tier(self, row: int) -> str:
        """A, B, C, or "" for a client without a positive income."""
        return TIERS[self.ranking.tier[row]]

    def names(self, rows: Ints | Mask) -> list[str]:
        """Their names, the best first."""
        wanted = np.zeros(len(self.clients), bool)
        wanted[rows] = True
        return [self.clients.who.name[i] for i in self.best.tolist() if wanted[i]]


def rank_clients(clients: Clients, minutes: Floats) -> Portfolio:
    """Ranks, tiers and hourly incomes; `minutes` one way by road, NaN unknown, shape (n,)."""
    visits = clients.visits
    driving = np.where(visits == 0, 0.0, visits * 2 * minutes / 60)
    fees = np.nan_to_num(visits) * np.nan_to_num(clients.travel_fee)
    hours = clients.hours + driving
    with np.errstate(divide="ignore", invalid="ignore"):
        hourly = np.where(hours > 0, (clients.income + fees) / hours, np.nan)
    return Portfolio(
        clients=clients,
        ranking=rank_incomes(clients.income),
        minutes=minutes,
        driving=driving,
        hourly=np.where(np.isfinite(hours), hourly, np.nan),
        category=category_codes(clients.who),
    )


def client_rows(found: Portfolio) -> list[dict[str, Any]]:
    """A JSON object for each client, the best first, then those without income, by name."""
    return client_frame(found).drop("reasons").with_columns(_reasons(found)).to_dicts()


def client_frame(found: Portfolio) -> pl.DataFrame:
    """The clients in columns, the best first: USD to cents, shares to 0.0001, minutes to 0.1."""
    clients, ranking, at = found.clients, found.ranking, clients_in_order(found)
    computers = clients.who.computers.known
    basis = np.where(found.category == 0, "", np.where(computers, "computers", "employees"))
    numbers = {
        "monthly_income": (clients.income, 2),
        "share": (ranking.share, 4),
        "cumulative_share": (ranking.cumulative, 4),
        "drive_minutes": (found.minutes, 1),
        "hours_a_month": (clients.hours, 2),
        "visits_a_month": (clients.visits, 2),
        "driving_hours_a_month": (found.driving, 2),
        "income_per_hour_with_driving": (found.hourly, 2),
        "recurring_monthly": (clients.recurring, 2),
        "recurring_share": (_part(clients.recurring, clients.income), 4),
    }
    rounded = {
        name: shown_numbers(column[at], digits) for name, (column, digits) in numbers.items()
    }
    frame = pl.DataFrame(
        {
            "name": [clients.who.name[i] or f"row {clients.rows[i][0]}" for i in at],
            "rank": pl.Series(ranking.rank[at]).replace(0, None),
            **rounded,
            "tier": [found.tier(i) for i in at],
            "category": [CATEGORIES[code] for code in found.category[at]],
            "category_basis": basis[at],
            "since": [clients.since[i] for i in at],
            "active": [clients.active[i] for i in at],
            "list_rows": [" ".join(map(str, clients.rows[i])) for i in at],
            "reasons": ["; ".join(client_reasons(found, i)) for i in at],
        },
        schema_overrides={"active": pl.Boolean},
    )
    first = ("name", "rank", "monthly_income", "share", "cumulative_share", "tier", "category")
    return frame.select(*first, pl.exclude(first))


def _reasons(found: Portfolio) -> pl.Series:
    return pl.Series(
        "reasons", [client_reasons(found, i) for i in clients_in_order(found)], pl.List(pl.String)
    )


def clients_in_order(found: Portfolio) -> list[int]:
    """All clients: by income, then those without any, by name."""
    rest = np.setdiff1d(np.arange(len(found.clients)), found.best)
    return [*found.best.tolist(), *rest.tolist()]


def _part(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


def client_reasons(found: Portfolio, row: int) -> list[str]:
    """What to know of one client, in words."""
    clients, hourly = found.clients, float(found.hourly[row])
    texts = [_paying(found, row)]
    if np.isfinite(hourly):
        than = f", {format_dollars(found.average)} on average" if len(clients) > 1 else ""
        texts.append(f"{format_dollars(hourly)} an hour with the drive{than}")
    if CATEGORIES[found.category[row]] == "large":
        texts.append(SENIOR)
    return texts


def _paying(found: Portfolio, row: int) -> str:
    income, ranking = float(found.clients.income[row]), found.ranking
    if np.isnan(income):
        return "revenue unknown: in no share and no tier"
    if income <= 0:
        what = "refunds exceed payments" if income < 0 else "paid nothing"
        return f"{what}: in no share and no tier"
    share = f"pays {ranking.share[row]:.1%} of the income, rank {ranking.rank[row]}"
    if found.clients.active[row] is False:
        return f"{share}; no longer active"
    return f"{share}: {_SERVICE[found.tier(row)]}"


_SERVICE = {
    "A": "pays the bills, gets the best service",
    "B": "worth holding on to, gets good service",
    "C": "gets service when the others have had theirs",
}


def format_dollars(amount: float) -> str:
    """An amount for people: "$71.50", "$1,234", "-$100"."""
    sign = "-" if amount < 0 else ""
    return f"{sign}${abs(amount):,.0f}" if abs(amount) >= 1000 else f"{sign}${abs(amount):,.2f}"


QUESTIONS = (
    "Who is really paying the bills?",
    "Who is really worth holding on to?",
    "Who should get the best service?",
)


def answer_questions(found: Portfolio) -> list[dict[str, Any]]:
    """Three questions about the clients, each with its answer and the clients it names."""
    if not len(found.best):
        return [_answer(question, "nobody: no client pays anything", []) for question in QUESTIONS]
    top, tier = found.top, found.ranking.tier
    paid = float(np.nansum(found.ranking.share[top]))
    low = found.hourly < found.average
    still = found.active
    keep = ((tier == 1) | (tier == 2)) & ~low & still
    dear = found.names(top & low & still)
    hold = f"{_count(found.names(keep))} of tiers A and B"
    if np.isfinite(found.average):
        hold += f", at least the average {format_dollars(found.average)} an hour where it is known"
    if dear:
        hold += f" (not {', '.join(_some(dear))}: they pay much and take more)"
    return [
        _answer(
            QUESTIONS[0],
            f"{_count(found.names(top))} of tier A, with {paid:.1%} of the income",
            found.names(top),
        ),
        _answer(QUESTIONS[1], hold, found.names(keep)),
        _answer(
            QUESTIONS[2],
            f"{_count(found.names(top & still))} of tier A: losing one costs most",
            found.names(top & still),
        ),
    ]


def _answer(question: str, answer: str, names: Sequence[str]) -> dict[str, Any]:
    return {"question": question, "answer": answer, "clients": list(names)}


def _count(names: Sequence[str]) -> str:
    return f"{len(names):,} client{'' if len(names) == 1 else 's'}"


def ranking_notes(found: Portfolio) -> list[str]:
    """What the ranking leaves out or could not decide."""
    income, clients = found.clients.income, found.clients
    refunds, zero, unknown = income < 0, income == 0, np.isnan(income)
    texts = []
    for which, what in ((refunds, "refunds exceed payments"), (zero, "paid nothing")):
        if which.any():
            names = ", ".join(_some([clients.who.name[i] for i in np.flatnonzero(which).tolist()]))
            count = int(which.sum())
            texts.append(f"{what} for {count:,} ({names}): listed apart, in no share")
    if unknown.any():
        texts.append(f"revenue unknown for {int(unknown.sum()):,}: in no share and no tier")
    if found.ranking.tied_border:
        texts.append("clients that pay the same at a border of tiers share the better one")
    if len(found.best) == 1:
        texts.append("only one client pays: there is nobody to compare it with")
    if not len(found.best):
        texts.append("no client pays anything: there is no tier A")
    inactive = ~found.active & (income > 0)
    if inactive.any():
        texts.append(f"{int(inactive.sum()):,} no longer active, still in the shares of this year")
    return texts


def _some(names: Sequence[str], most: int = 3) -> list[str]:
    return [*names[:most], "..."] if len(names) > most else list(names)
