"""A sweet spot that would keep the A clients, and whether a sweet spot would have kept the best."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import ceil, floor, inf, log10
from typing import Any, NamedTuple

import numpy as np

from app.businesses.industries import industry_title, read_codes
from app.businesses.prospects import Ranges
from app.businesses.sizes import SIZES
from app.clients.portfolio.ranking import Portfolio
from app.clients.portfolio.traits import ENOUGH
from app.clients.travel import Travel
from app.geo.points import Floats, Mask
from app.sweetspot.criteria import SweetSpot
from app.sweetspot.judge import NEAR_MINUTES, Evidence, Judged, Verdict, judge

TESTED = 10
STEP_MINUTES = 5.0
NARROWER = 2 / 3  # a range that one client less narrows to this is said to be that client's doing
# Judgement: a client that alone makes an end so many times as wide is no model for others.
OUTLIER = 3.0
GROUP = 4  # digits of NAICS: an industry group, "Offices of Dentists"

# A limit as JSON has it: [low, high], an open end null; "off".
type SuggestedLimit = list[float | None] | str


def suggest_spot(found: Portfolio) -> tuple[dict[str, Any], list[str]]:
    """The ranges of the A clients that are still clients, as `find` takes them, and notes on them.

    Keys: minutes (rounded up to whole 5), computers, employees, sales (outwards to two digits),
    together, industry (NAICS, up to four digits). A criterion that is known of no A client is
    "off"; no range is stretched by one client alone.
    """
    top = np.flatnonzero(found.model)
    names = [found.clients.who.name[i] for i in top.tolist()]
    limits: dict[str, Any] = {}
    notes = []
    minutes = found.minutes[top]
    reached = np.where(np.isfinite(minutes), minutes, np.nan)
    driven = Ranges(np.where(np.isnan(reached), np.nan, 0.0), reached)
    limits["minutes"] = _minutes(reached[~_outliers(driven, NEAR_MINUTES)])
    far = [names[i] for i in np.flatnonzero(np.isinf(minutes)).tolist()]
    if far and limits["minutes"] != "off":
        notes.append(f"beyond reach, so not within these minutes: {', '.join(sorted(far))}")
    left = int((found.top & ~found.model).sum())
    if left:
        notes.append(f"{left:,} of tier A no longer active: not in these ranges")
    notes += _single("minutes", driven, names, NEAR_MINUTES)
    for size in SIZES:
        values: Ranges = getattr(found.clients.who, size)[top]
        limits[size] = _range(values[~_outliers(values)])
        notes += _single(size, values, names)
        missing = int((~values.known).sum())
        if limits[size] != "off" and missing:
            notes.append(f"{size} unknown of {missing} of {len(top)} A clients")
    codes, said = _industries([found.clients.who.industry[i] for i in top.tolist()])
    return {**limits, "together": "all_known", "industry": codes}, [*notes, *said]


def _industries(texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """What several A clients do, if that is most of them, else what each does; [] if few say it."""
    codes = [code if "-" in code else code[:GROUP] for code in read_codes(texts) if code]
    number = Counter(codes)
    if 2 * len(codes) < max(len(texts), 1):
        return [], []
    shared = {code: n for code, n in number.items() if n > 1}
    several = shared if 2 * sum(shared.values()) > len(codes) else number
    shown = sorted(several, key=lambda code: (-several[code], code))
    told = ", ".join(f"{industry_title(code)} ({several[code]})" for code in shown)
    rare = ", ".join(industry_title(code) for code in sorted(number.keys() - several.keys()))
    notes = [f"industries of the A clients: {told}"]
    notes += [f"one A client alone, so not among these industries: {rare}"] if rare else []
    return [f"naics:{code}" for code in shown], notes


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


class _End(NamedTuple):
    """One end of a range that a single client makes wide: what it is, and what it else would be."""

    row: int
    word: str
    value: float
    otherwise: float
    ratio: float


def _wide_ends(values: Ranges) -> Iterator[_End]:
    """The ends that are one client's doing, of at least ENOUGH that are known."""
    known = np.flatnonzero(values.known)
    if len(known) < ENOUGH:
        return
    for ends, sign, word in ((values.high, -1, "up to"), (values.low, 1, "from")):
        order = known[np.argsort(sign * ends[known], kind="stable")]
        value, otherwise = float(ends[order[0]]), float(ends[order[1]])
        low, high = sorted((value, otherwise))
        ratio = inf if high > low <= 0 else high / low if low > 0 else 1.0
        if ratio > 1 / NARROWER:
            yield _End(int(order[0]), word, value, otherwise, ratio)


def _outliers(values: Ranges, over: float = 0.0) -> Mask:
    """True for a client that alone would stretch the range; never for all but one of them.

    A high end up to `over` is stretched by nobody.
    """
    alone = np.zeros(len(values.low), bool)
    far = [
        end.row
        for end in _wide_ends(values)
        if end.ratio > OUTLIER and (end.value > over or end.word == "from")
    ]
    if int(values.known.sum()) - len(set(far)) > 1:
        alone[far] = True
    return alone


def _single(name: str, values: Ranges, names: Sequence[str], over: float = 0.0) -> list[str]:
    """Says which one client makes a range as wide as it is, or would and is left out."""
    left = _outliers(values, over)
    return [
        f"{name} {end.word} {end.value:,.4g} for {names[end.row]} alone; else {end.otherwise:,.4g}"
        f"{': left out' if left[end.row] else ''}"
        for end in _wide_ends(values)
    ]


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
