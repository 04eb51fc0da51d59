"""A sweet spot that would keep the A clients, and whether a sweet spot would have kept the best."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import ceil, floor, inf, log10
from typing import Any

import numpy as np

from app.businesses.prospects import Ranges
from app.businesses.sizes import SIZES
from app.clients.portfolio.ranking import Portfolio
from app.clients.travel import Travel
from app.geo.points import Floats
from app.sweetspot.criteria import SweetSpot
from app.sweetspot.judge import Evidence, Judged, Verdict, judge

TESTED = 10
STEP_MINUTES = 5.0
NARROWER = 2 / 3  # a range that one client less narrows to this is said to be that client's doing

# A limit as JSON has it: [low, high], an open end null; "off".
type SuggestedLimit = list[float | None] | str


def suggest_spot(found: Portfolio) -> tuple[dict[str, Any], list[str]]:
    """The ranges of the A clients that are still clients, as `find` takes them, and notes on them.

    Keys: minutes (rounded up to whole 5), computers, employees, sales (outwards to two digits),
    together. A criterion that is known of no A client is "off".
    """
    top = np.flatnonzero(found.model)
    names = [found.clients.who.name[i] for i in top.tolist()]
    limits: dict[str, Any] = {}
    notes = []
    minutes = found.minutes[top]
    reached = np.where(np.isfinite(minutes), minutes, np.nan)
    limits["minutes"] = _minutes(reached)
    far = [names[i] for i in np.flatnonzero(np.isinf(minutes)).tolist()]
    if far and limits["minutes"] != "off":
        notes.append(f"beyond reach, so not within these minutes: {', '.join(sorted(far))}")
    left = int((found.top & ~found.model).sum())
    if left:
        notes.append(f"{left:,} of tier A no longer active: not in these ranges")
    notes += _single("minutes", Ranges(np.where(np.isnan(reached), np.nan, 0.0), reached), names)
    for size in SIZES:
        values: Ranges = getattr(found.clients.who, size)[top]
        limits[size] = _range(values)
        notes += _single(size, values, names)
        missing = int((~values.known).sum())
        if limits[size] != "off" and missing:
            notes.append(f"{size} unknown of {missing} of {len(top)} A clients")
    return {**limits, "together": "all_known"}, notes


def _minutes(minutes: Floats) -> SuggestedLimit:
    known = minutes[~np.isnan(minutes)]
    return [0.0, ceil((known.max() + 0.1) / STEP_MINUTES) * STEP_MINUTES] if len(known) else "off"


def _range(values: Ranges) -> SuggestedLimit:
    known = values.known
    if not known.any():
        return "off"
    low, high = float(values.low[known].min()), float(values.high[known].max())
    return [_outward(low, floor), None if high == inf else _outward(high, ceil)]


def _outward(value: float, to: Any) -> float:
    """Two significant digits, down or up."""
    if value <= 0:
        return 0.0
    step = 10.0 ** (floor(log10(value)) - 1)
    return float(to(round(value / step, 9)) * step) if step >= 1 else float(to(value))


def _single(name: str, values: Ranges, names: Sequence[str]) -> list[str]:
    """Says which one client makes a range as wide as it is."""
    known = np.flatnonzero(values.known)
    if len(known) < 3:
        return []
    for end, best in ((values.high, -1), (values.low, 1)):
        order = known[np.argsort(best * end[known], kind="stable")]
        widest, next_one = float(end[order[0]]), float(end[order[1]])
        wide = next_one < NARROWER * widest if best < 0 else widest < NARROWER * next_one
        if wide:
            word = "up to" if best < 0 else "from"
            return [
                f"{name} {word} {widest:,.4g} for {names[order[0]]} alone; else {next_one:,.4g}"
            ]
    return []


def back_test(
    found: Portfolio, spots: Mapping[str, SweetSpot], gone: Travel, traffic: float = 1.0
) -> dict[str, Any]:
    """Would each sweet spot have kept the ten best clients? Client by client, with the reasons.

    A sweet spot without any distance is judged by size alone.
    """
    who = replace(found.clients.who, closed=[""] * len(found.clients))
    known = Evidence(
        who,
        gone.fixes,
        gone.miles,
        gone.drives,
        applied=frozenset(size for size in SIZES if getattr(who, size).known.any()),
        estimated=Ranges.unknown(len(who)),
        engine=gone.engine,
        traffic=traffic,
    )
    best = found.best[:TESTED].tolist()
    judged = {name: judge(spot, known, date.min) for name, spot in spots.items()}
    return {
        "of": len(best),
        "kept": {name: _number(one, best, Verdict.PASS) for name, one in judged.items()},
        "unsure": {name: _number(one, best, Verdict.MAYBE) for name, one in judged.items()},
        "clients": [
            {
                "name": who.name[i],
                "rank": int(found.ranking.rank[i]),
                **{name: _judgement(one, i, spots[name]) for name, one in judged.items()},
            }
            for i in best
        ],
    }


def _number(judged: Judged, rows: Sequence[int], verdict: Verdict) -> int:
    return sum(int(judged.verdict[i]) == verdict for i in rows)


def _judgement(judged: Judged, row: int, spot: SweetSpot) -> dict[str, Any]:
    anywhere = spot.minutes is None and spot.miles is None
    reasons = [r for r in judged.reasons(row) if not (anywhere and r.startswith("not located"))]
    return {"verdict": Verdict(judged.verdict[row]).label, "reasons": reasons}
