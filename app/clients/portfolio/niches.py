"""Niches: the industries in which the firm does well, and what each of them opens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.businesses import industries
from app.clients.portfolio.ranking import Portfolio
from app.clients.portfolio.traits import ENOUGH, Trait, wilson_interval

MOST = 10
FIT_BONUS = 1.5


@dataclass(frozen=True)
class Niche:
    """An industry worth looking in, with what speaks for it.

    clients, top: how many clients are in it, and how many of those of tier A; low, high: the 95 %
    Wilson interval of that share. fits: the words of the firm's background that name it.
    neighbours: industries beside it, NAICS code and title, nearest first. prospects: how many of
    each source's are in it and within reach.
    """

    code: str
    title: str
    clients: int
    top: int
    low: float
    high: float
    income_share: float
    median_income: float
    fits: Sequence[str]
    neighbours: Sequence[tuple[str, str]]
    prospects: Mapping[str, int]
    evidence: str

    def row(self) -> dict[str, Any]:
        """As JSON."""
        median = None if np.isnan(self.median_income) else round(self.median_income, 2)
        return {
            "code": self.code,
            "title": self.title,
            "clients": self.clients,
            "top_clients": self.top,
            "low": round(self.low, 4),
            "high": round(self.high, 4),
            "income_share": round(self.income_share, 4),
            "median_monthly_income": median,
            "fits_background": list(self.fits),
            "neighbours": [{"code": code, "title": title} for code, title in self.neighbours],
            "prospects": dict(self.prospects),
            "evidence": self.evidence,
        }


def find_niches(
    found: Portfolio,
    codes: Sequence[str],
    traits: Sequence[Trait],
    background: Sequence[str] = (),
    within: Mapping[str, Sequence[str]] | None = None,
) -> list[Niche]:
    """Up to MOST niches, none inside another, the best supported first.

    Those with at least ENOUGH clients come first, then the highest share of A clients at the lower
    end of its interval, counted FIT_BONUS times where the niche lies in the firm's background
    (NAICS codes or words). within: the codes of the prospects within reach, by source.
    """
    each = [
        _niche(found, codes, trait, background, within or {})
        for trait in traits
        if trait.trait == "industry"
    ]
    each.sort(key=_order)
    chosen: list[Niche] = []
    for niche in each:
        if len(chosen) < MOST and not any(_related(niche.code, one.code) for one in chosen):
            chosen.append(niche)
    return chosen


def _order(niche: Niche) -> tuple[bool, float, int, str]:
    supported = niche.low * (FIT_BONUS if niche.fits else 1)
    return niche.clients < ENOUGH, -round(supported, 9), -len(niche.code), niche.code


def _related(one: str, other: str) -> bool:
    return one in industries.ancestor_codes(other) or other in industries.ancestor_codes(one)


def count_in(code: str, codes: Sequence[str]) -> int:
    """How many of the codes are of that industry."""
    distinct, number = np.unique(np.array(codes, dtype=np.str_), return_counts=True)
    inside = [code in industries.ancestor_codes(one) for one in distinct.tolist()]
    return int(number[inside].sum()) if len(codes) else 0


def _niche(
    found: Portfolio,
    codes: Sequence[str],
    trait: Trait,
    background: Sequence[str],
    within: Mapping[str, Sequence[str]],
) -> Niche:
    distinct = {code: trait.value in industries.ancestor_codes(code) for code in set(codes) if code}
    inside = np.array([distinct.get(code, False) for code in codes])
    income = found.clients.income[inside]
    low, high = wilson_interval(trait.top, trait.all)
    known = income[~np.isnan(income)]
    share = float(np.nansum(found.ranking.share[inside]))
    beside = industries.neighbour_industries(trait.value)
    return Niche(
        code=trait.value,
        title=trait.label,
        clients=trait.all,
        top=trait.top,
        low=low,
        high=high,
        income_share=share,
        median_income=float(np.median(known)) if len(known) else np.nan,
        fits=[word for word in background if _fits(word, trait)],
        neighbours=[(code, industries.industry_title(code)) for code in beside],
        prospects={source: count_in(trait.value, some) for source, some in within.items()},
        evidence=_evidence(trait, (low, high), share),
    )


def _fits(word: str, trait: Trait) -> bool:
    """Whether the niche lies in what a word or code of the firm's background names, or holds it.

    A whole sector holds too much to fit.
    """
    text, niche = word.strip(), trait.value
    for code in [text] if text[:2].isdigit() else industries.codes_named(text):
        inside = code in industries.ancestor_codes(niche)
        if inside or (
            len(niche) > 2 and "-" not in niche and niche in industries.ancestor_codes(code)
        ):
            return True
    return False


def _evidence(trait: Trait, interval: tuple[float, float], share: float) -> str:
    low, high = interval
    who = "its only client is" if trait.all == 1 else f"{trait.top} of its {trait.all} clients are"
    text = (
        f"{who} of tier A "
        f"({low:.0%}-{high:.0%} with 95 % certainty); it pays {share:.1%} of the income"
    )
    if trait.all >= ENOUGH:
        return text
    few = "one client" if trait.all == 1 else f"{trait.all} clients"
    return f"{text}; {few} only, which may well be chance: no niche yet"
