"""What the best clients have in common, with as much certainty as so few clients allow."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.businesses import industries
from app.businesses.prospects import Ranges
from app.clients.likeness import adviser_names
from app.clients.portfolio.ranking import Portfolio
from app.geo.points import Mask
from app.sweetspot.judge import CATEGORIES, EDGE_MINUTES, NEAR_MINUTES

ENOUGH = 3  # clients; of fewer it is said that they may be chance
Z = 1.959964  # of the standard normal distribution: 95 % lie within
# Data Axle's bands, the ones that mailing lists are rented by.
EMPLOYEE_BANDS = ((1, 4), (5, 9), (10, 19), (20, 49), (50, 99), (100, 249), (250, np.inf))


@dataclass(frozen=True)
class Trait:
    """One trait among the A clients and among all. Shares are 0 to 1, of those where it is known.

    trait: industry (value: a NAICS code), industry words (where no code is known), category,
    employees, distance, advisers or adviser. low, high: the 95 % Wilson interval of share_top.
    lift: share_top / share_all.
    """

    trait: str
    value: str
    label: str
    top: int
    top_known: int
    all: int
    all_known: int
    share_top: float
    share_all: float
    lift: float
    low: float
    high: float
    words: str

    def row(self) -> dict[str, Any]:
        """As JSON, shares to 0.0001."""
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items()}


def wilson_interval(k: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of which k of n were seen; (0, 1) where n is 0.

    Wilson (1927), J. Am. Stat. Assoc. 22: honest for small n, never outside 0 to 1.
    """
    if n == 0:
        return 0.0, 1.0
    share, square = k / n, Z * Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class _Count:
    """How many have a trait's value, among tier A and among all."""

    trait: str
    value: str
    label: str
    top: int
    all: int


def find_traits(found: Portfolio, codes: Sequence[str]) -> list[Trait]:
    """Every trait that an A client has, the most telling first.

    codes: the clients' NAICS codes. Industries go from the sector to 6 digits, each as deep as
    there are at least ENOUGH clients in it. Most telling is the highest lower bound of the lift.
    """
    top, n = found.top, len(found.clients)
    each = [
        *_judged(_industry_counts(found, codes), *_count_known(top, _has_industry(found, codes))),
        *_sizes(found),
        *_distances(found),
        *_judged(_adviser_counts(found), int(top.sum()), n),
    ]
    seen = [trait for trait in each if trait.top]
    return sorted(seen, key=lambda t: (-round(t.low / t.share_all, 9), t.trait, t.value))


def _count_known(top: Mask, known: Mask) -> tuple[int, int]:
    return int((top & known).sum()), int(known.sum())


def _judged(counts: Iterator[_Count], top_known: int, all_known: int) -> Iterator[Trait]:
    for count in counts:
        low, high = wilson_interval(count.top, top_known)
        share_top = count.top / top_known if top_known else 0.0
        share_all = count.all / all_known
        yield Trait(
            count.trait,
            count.value,
            count.label,
            count.top,
            top_known,
            count.all,
            all_known,
            share_top,
            share_all,
            share_top / share_all,
            low,
            high,
            _words(count, top_known, all_known, (low, high)),
        )


def _words(count: _Count, top_known: int, all_known: int, interval: tuple[float, float]) -> str:
    share_all = count.all / all_known
    low, high = interval
    text = (
        f"{count.top} of {top_known} A clients ({low:.0%}-{high:.0%} with 95 % certainty), "
        f"{count.all} of all {all_known} ({share_all:.0%})"
    )
    if count.all < ENOUGH:
        few = "one client" if count.all == 1 else f"{count.all} clients"
        return f"{text}; {few} only: may well be chance"
    if low <= share_all <= high:
        return f"{text}; may be chance"
    return f"{text}; {'more' if low > share_all else 'less'} often than chance would have it"


def _has_industry(found: Portfolio, codes: Sequence[str]) -> Mask:
    texts = found.clients.who.industry
    return np.array([bool(c or t) for c, t in zip(codes, texts, strict=True)], dtype=bool)


def _industry_counts(found: Portfolio, codes: Sequence[str]) -> Iterator[_Count]:
    """Each industry as deep as there are enough clients in it; words without a code as they are."""
    everyone, best = Counter(codes), Counter(np.array(codes, dtype=object)[found.top].tolist())
    nodes: Counter[str] = Counter()
    tops: Counter[str] = Counter()
    parent: dict[str, str] = {}
    for code, number in everyone.items():
        line = industries.ancestor_codes(code) if code else ()
        parent |= dict(zip(line[1:], line, strict=False))
        for node in line:
            nodes[node] += number
            tops[node] += best[code]
    same_as_child = {
        up for down, up in parent.items() if _enough(nodes[down]) and nodes[down] == nodes[up]
    }
    for node, number in sorted(nodes.items()):
        if node not in same_as_child if _enough(number) else node not in parent:
            yield _Count("industry", node, industries.industry_title(node), tops[node], number)
    yield from _worded(found, codes)


def _worded(found: Portfolio, codes: Sequence[str]) -> Iterator[_Count]:
    """Industries that are only words."""
    texts = [
        "" if code else " ".join(text.casefold().split())
        for code, text in zip(codes, found.clients.who.industry, strict=True)
    ]
    best = Counter(text for text, top in zip(texts, found.top, strict=True) if top)
    for text, number in sorted(Counter(texts).items()):
        if text:
            yield _Count("industry words", text, text, best[text], number)


def _enough(number: int) -> bool:
    return number >= ENOUGH


def _sizes(found: Portfolio) -> Iterator[Trait]:
    top, who = found.top, found.clients.who
    known = found.category > 0
    counts = (
        _Count(
            "category",
            name,
            name,
            int(((found.category == code) & top).sum()),
            int((found.category == code).sum()),
        )
        for code, name in enumerate(CATEGORIES)
        if code and (found.category == code).any()
    )
    yield from _judged(counts, *_count_known(top, known))
    yield from _banded(top, who.employees, "employees")


def _banded(top: Mask, values: Ranges, trait: str) -> Iterator[Trait]:
    """The bands that whole ranges lie in."""
    masks = {
        (low, high): (values.low >= low) & (values.high <= high) for low, high in EMPLOYEE_BANDS
    }
    within = np.logical_or.reduce(list(masks.values()))
    counts = (
        _Count(
            trait,
            _band(low, high),
            f"{_band(low, high)} {trait}",
            int((mask & top).sum()),
            int(mask.sum()),
        )
        for (low, high), mask in masks.items()
        if mask.any()
    )
    yield from _judged(counts, *_count_known(top, within))


def _band(low: float, high: float) -> str:
    return f"{low:g}+" if high == np.inf else f"{low:g}-{high:g}"


def _distances(found: Portfolio) -> Iterator[Trait]:
    top, minutes = found.top, found.minutes
    zones: list[tuple[str, NDArray[np.bool_]]] = [
        (f"up to {NEAR_MINUTES:g} min", minutes <= NEAR_MINUTES),
        (
            f"{NEAR_MINUTES:g}-{EDGE_MINUTES:g} min",
            (minutes > NEAR_MINUTES) & (minutes <= EDGE_MINUTES),
        ),
        (f"over {EDGE_MINUTES:g} min", minutes > EDGE_MINUTES),
    ]
    counts = (
        _Count("distance", label, label, int((mask & top).sum()), int(mask.sum()))
        for label, mask in zones
        if mask.any()
    )
    yield from _judged(counts, *_count_known(top, ~np.isnan(minutes)))


def _adviser_counts(found: Portfolio) -> Iterator[_Count]:
    """Whether one is named at all, and each that several clients name; blank names none."""
    named = [adviser_names(text) for text in found.clients.who.advisers]
    if not any(named):
        return
    has = np.array([bool(names) for names in named])
    yield _Count(
        "advisers", "named", "names a trusted adviser", int((has & found.top).sum()), int(has.sum())
    )
    label: dict[str, str] = {}
    everyone: Counter[str] = Counter()
    best: Counter[str] = Counter()
    for names, top in zip(named, found.top, strict=True):
        for key, name in names.items():
            label[key] = min(label.get(key, name), name)
            everyone[key] += 1
            best[key] += int(top)
    for key, number in sorted(everyone.items()):
        if number > 1:
            yield _Count("adviser", label[key], label[key], best[key], number)
