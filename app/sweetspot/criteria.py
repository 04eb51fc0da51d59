"""What is asked of a prospect: the sweet spot's limits, and the three answers to each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from math import inf, isnan

from app.businesses.sizes import SIZES, parse_number
from app.errors import BadQuestion
from app.geo.points import METRES_PER_MILE

type Limits = tuple[float, float]

KM_PER_MILE = METRES_PER_MILE / 1000
TOGETHER = ("all_known", "any", "all")
LICENCE_TERMS = ("open", "closed")
UNIT_WORDS: Mapping[str, tuple[str, ...]] = {
    "minutes": ("minutes", "minute", "mins", "min"),
    "miles": ("miles", "mile", "mi"),
    "km": ("kilometres", "kilometers", "kms", "km"),
    "computers": ("computers", "pcs"),
    "employees": ("employees", "people"),
    "sales": ("usd", "dollars"),
}
EXAMPLES: Mapping[str, str] = {
    "minutes": "50, 30-50 or 30+",
    "miles": "50, 10-50 or 10+",
    "km": "80, 15-80 or 15+",
    "sales": "1M-10M, 10M or 500K+",
}


class Verdict(IntEnum):
    """Of one criterion, or of the whole row."""

    FAIL, MAYBE, PASS = range(3)

    @property
    def label(self) -> str:
        """The word shown to people."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class SweetSpot:
    """The criteria. Ranges are inclusive (low, high), inf where open; None switches one off.

    minutes by road; miles as the crow flies, shown in `unit` ("mi" or "km") but always held in
    miles; sales in USD a year. `together` says how the sizes join: "all_known" (everything
    known passes, and something is known), "any", "all". `industry`: NAICS or SIC prefixes
    ("5411", "naics:54", the sector "31-33") or words (whole, plurals count; "account*" for any
    ending); one is enough, and a word also means the codes that it names. `advisers`: the row has
    to name one. `estimates`: computers that are not known are judged by their estimate; otherwise
    it is only shown. `licence_terms`: what a business counts as whose licence ran out.

    Raises BadQuestion naming the field.
    """

    minutes: Limits | None = (0, 50)
    miles: Limits | None = None
    unit: str = "mi"
    computers: Limits | None = (10, 50)
    employees: Limits | None = (10, 100)
    sales: Limits | None = (1e6, 1e7)
    together: str = "all_known"
    industry: tuple[str, ...] = ()
    advisers: bool = False
    estimates: bool = False
    licence_terms: str = "open"

    def __post_init__(self) -> None:
        for name in ("minutes", "miles", *SIZES):
            limits = getattr(self, name)
            if limits is not None:
                check_limits(limits, name)
        if self.unit not in ("mi", "km"):
            raise BadQuestion(f"unit {self.unit!r}: expected mi or km", field="unit")
        if self.together not in TOGETHER:
            raise BadQuestion(
                f"together {self.together!r}: expected one of {', '.join(TOGETHER)}",
                field="together",
            )
        if self.licence_terms not in LICENCE_TERMS:
            raise BadQuestion(
                f"licence_terms {self.licence_terms!r}: expected open or closed",
                field="licence_terms",
            )
        if any(not term.strip(" *") for term in self.industry):
            raise BadQuestion("industry: a term is empty", field="industry")

    def sizes(self, applied: frozenset[str]) -> dict[str, Limits]:
        """The size criteria that are switched on and of which the list has values."""
        if self.estimates and "employees" in applied:
            applied |= {"computers"}
        asked = {name: getattr(self, name) for name in SIZES}
        return {n: limits for n, limits in asked.items() if limits is not None and n in applied}


def check_limits(limits: Limits, field: str) -> None:
    """Raise BadQuestion unless 0 <= low <= high, low finite."""
    low, high = limits
    if isnan(low) or isnan(high) or low < 0 or low == inf:
        raise BadQuestion(f"{field} {low:g}-{high:g}: expected numbers from 0 up", field=field)
    if low > high:
        raise BadQuestion(
            f"{field} {low:g}-{high:g}: the lower limit is above the upper one", field=field
        )


def parse_range(text: str, field: str) -> Limits:
    """(low, high) of "30-50", "50" (up to it), "50+" (inf above), "1M-10M"; units may follow.

    The number is in the field's own unit. Raises BadQuestion naming the field.
    """
    plain = " ".join(text.casefold().replace("$", "").split())
    for word in UNIT_WORDS.get(field, ()):
        plain = re.sub(rf"(?<=[\d\s+]){word}\b", "", plain).strip()
    scales = field in SIZES
    low: float | None
    high: float | None
    if plain.endswith("+"):
        low, high = _value(plain[:-1], scales), inf
    else:
        low, high = _bounds(re.split(r"\s*(?:-|–|\bto\b)\s*", plain), scales)
    if low is None or high is None:
        raise BadQuestion(
            f"{field} {text!r}: expected {EXAMPLES.get(field, '50, 10-50 or 10+')}", field=field
        )
    check_limits((low, high), field)
    return (low, high)


def _bounds(parts: list[str], scales: bool) -> tuple[float | None, float | None]:
    """Both ends; a low without a unit takes the high one's ("1-10M") where that keeps order."""
    high = _value(parts[-1], scales)
    if len(parts) == 1:
        return 0.0, high
    if len(parts) > 2:
        return None, None
    low = _value(parts[0], scales)
    unit = (parse_number(parts[1]) or (0.0, 1.0))[1]
    if low is not None and high is not None and parts[0][-1:].isdigit() and low * unit <= high:
        low *= unit
    return low, high


def _value(text: str, scales: bool) -> float | None:
    number = parse_number(text)
    if number is None or (number[1] != 1 and not scales):
        return None
    return number[0] * number[1]
