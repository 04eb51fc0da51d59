"""Scoring 100,000 clients and 100,000 prospects, and a week's plan, in this process."""

from collections.abc import Callable

import numpy as np
import polars as pl

from app.businesses import industries
from app.businesses.computers import Rates, estimate_computers
from app.businesses.prospects import Prospects, Ranges
from app.clients.books import read_clients
from app.clients.capacity.choice import Micros, Rules, Week, choose_micro_clients
from app.clients.likeness import Facts
from app.clients.lookalikes.scores import Hidden, Profile, Weights
from app.clients.portfolio.ranking import client_frame, rank_clients
from app.clients.portfolio.suggestion import suggest_spot
from app.clients.portfolio.traits import find_traits
from app.clients.roster import Clients, merge_clients
from app.geo.addresses.address import Addresses
from app.geo.points import Points
from app.lists.read import from_rows
from app.lists.vocabulary import CLIENTS
from bench.sizes import choose_size
from bench.tables import print_head, print_row
from bench.timing import time_work

N = choose_size(100_000, 2_000)
TRADES = ("621210", "621111", "541110", "541211", "722511", "238220", "441110", "811111", "332710")


def known(values: np.ndarray, rng: np.random.Generator) -> Ranges:
    """Exact sizes, three in ten unknown."""
    some = np.where(rng.random(len(values)) < 0.3, np.nan, values)
    return Ranges(some, some.copy())


def businesses(n: int, seed: int) -> Prospects:
    rng = np.random.default_rng(seed)
    names = [f"Business {i}" for i in range(n)]
    codes = rng.choice([*TRADES, *(f"{c}" for c in range(311111, 311911, 3))], n)
    blank = [""] * n
    nowhere = np.full(n, np.nan)
    advisers = np.where(rng.random(n) < 0.2, "Adviser " + rng.integers(0, 50, n).astype(str), "")
    return Prospects(
        cells=pl.DataFrame({"Client": names}),
        name=names,
        addresses=Addresses(blank, blank, blank, blank),
        doubts=blank,
        given=Points(nowhere, nowhere.copy()),
        computers=known(rng.integers(1, 120, n).astype(float), rng),
        employees=known(rng.integers(1, 400, n).astype(float), rng),
        sales=known(rng.lognormal(14, 1, n), rng),
        industry=[f"naics:{code}" for code in codes],
        advisers=advisers.tolist(),
        closed=blank,
        licence_ends=blank,
        opt_outs=blank,
    )


def clients(n: int) -> Clients:
    rng = np.random.default_rng(1)
    flags = [None] * n
    return Clients(
        who=businesses(n, 2),
        income=rng.lognormal(6, 1.5, n).round(2),
        recurring=np.full(n, np.nan),
        hours=rng.uniform(0.5, 30, n),
        visits=rng.integers(0, 5, n).astype(float),
        drive=rng.uniform(0, 60, n),
        travel_fee=np.full(n, np.nan),
        rate=np.full(n, np.nan),
        since=[""] * n,
        active=flags,
        flexible=flags,
        grows=flags,
        pays_on_time=flags,
        rows=[(i + 1,) for i in range(n)],
        notes=[],
    )


def facts(who: Prospects, minutes: np.ndarray) -> Facts:
    codes = industries.read_codes(who.industry)
    return Facts(who.name, codes, who.employees, who.computers, who.sales, minutes, who.advisers)


def timed(what: str, goal: str, work: Callable[[], object]) -> None:
    _, seconds = time_work(work)
    print_row(what, f"{seconds:.2f}", goal)


def main() -> None:
    industries.read_codes(["naics:541110"])  # the tables are read once a process
    print_head("what", "seconds", "goal")
    firm, listed = clients(N), businesses(N, 3)
    minutes = np.random.default_rng(4).uniform(0, 90, N)
    found = rank_clients(firm, firm.drive)
    codes = industries.read_codes(firm.who.industry)
    timed(f"{N:,} clients put in order, each once", "", lambda: merge_clients(firm))
    timed(
        f"{N:,} clients ranked, with tiers and hourly incomes",
        "2",
        lambda: rank_clients(firm, firm.drive),
    )
    kept = from_rows([{"client": f"Firm {i}", "revenue": i} for i in range(N)], vocabulary=CLIENTS)
    timed(f"{N:,} rows of books read as clients", "", lambda: read_clients(kept))
    timed(
        f"{N:,} clients' traits and a suggested sweet spot",
        "2",
        lambda: (find_traits(found, codes), suggest_spot(found)),
    )
    timed(f"{N:,} clients in words", "", lambda: client_frame(found))
    best = facts(firm.who.take(found.best[found.top[found.best]]), firm.drive[found.top])
    several = best.take(np.arange(60))
    prospects = facts(listed, minutes)
    timed(
        f"{N:,} prospects scored against {len(best):,} A clients",
        "2",
        lambda: Profile.of(best, Weights()).score(prospects),
    )
    timed(
        f"the same against {len(several)}",
        "2",
        lambda: Profile.of(several, Weights()).score(prospects),
    )
    timed(
        "50 of those hidden among them in turn",
        "",
        lambda: Hidden(several, Weights()).add(prospects),
    )
    timed(
        f"computers of {N:,} estimated",
        "",
        lambda: estimate_computers(
            listed.employees, industries.read_codes(listed.industry), Rates.load()
        ),
    )
    week, micros = Week(120, {"expos": 10}, 20), _micros(200)
    timed(
        "a week of 120 hours planned among 200 micro clients",
        "",
        lambda: choose_micro_clients(week, micros, Rules()),
    )


def _micros(n: int) -> Micros:
    rng, unknown = np.random.default_rng(5), np.full(n, np.nan)
    hours = rng.uniform(0.5, 20, n)
    return Micros(
        name=[f"Micro {i}" for i in range(n)],
        hours=hours,
        rate=rng.uniform(40, 120, n),
        income=unknown,
        visits=rng.integers(0, 4, n).astype(float),
        minutes=rng.uniform(1, 50, n),
        travel_fee=unknown,
        flexible=[None] * n,
        grows=[None] * n,
        pays_on_time=[None] * n,
    )


if __name__ == "__main__":
    main()
