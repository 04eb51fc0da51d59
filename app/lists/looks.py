"""What a column looks like by its cells alone, whatever its header says.

Asked of columns that are read as nothing: a size, money, a place, a date or a code among them may
be what somebody wants to be read. The first cells decide; only a range is that of the whole list.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import Literal

import numpy as np
import polars as pl

from app.businesses.sizes import MISSING, parse_size
from app.geo.addresses.states import STATES
from app.geo.points import Floats
from app.lists.vocabulary import plain_header

LOOKED_AT = 200  # judgement: so many cells tell what a column is; more would cost time
MOSTLY = 0.8  # judgement: real columns have some dirt
RUNNING = 3  # so many numbers, each one more than the last, count the rows
MOST_OF_A_SIZE = 1_000_000  # judgement: no business asked about has more of anything

RANKS = ("number", "money", "place", "date", "code")

type LookKind = Literal[
    "empty", "yes or no", "date", "place", "phone", "money", "number", "code", "text"
]

_NUMBER = r"^-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$"
_BAND = r"(?i)^(?:over|under|less than)? ?\d[\d,]* ?(?:\+|(?:-|–|to) ?\d[\d,]*)$"
_STREET = (
    r"(?i)^\d+[\w/-]* .*\b(?:st|street|ave?|avenue|rd|road|blvd|boulevard|dr|drive|ln|lane|way|hwy|"
    r"highway|ct|court|pl|place|pkwy|sq|square|cir|circle|ter|terrace|trl|route|rte)\b"
)
_PLACES = (
    _STREET,
    r"(?i)^p\.? ?o\.? ?box \d",
    r"[, ][A-Z]{2},? \d{5}(?:-\d{4})?$",
    r"^\d{5}-\d{4}$|(?i)^[a-z]\d[a-z] ?\d[a-z]\d$|(?i)^[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}$",
    r"(?i)^(?:point ?)?\(?-?\d{1,3}\.\d{3,},? +-?\d{1,3}\.\d{3,}\)?$",
    r"^-?1?\d{1,2}\.\d{4,}$",
)
# In the order in which they are tried; what fits one is not asked for the next.
_PATTERNS: Mapping[LookKind, str] = {
    "yes or no": r"(?i)^(?:yes|no|y|n|true|false|t|f)$",
    "date": r"(?i)^(?:(?:19|20)\d\d|\d{4}-\d\d?-\d\d?\b.*|\d\d?[/.]\d\d?[/.](?:\d\d){1,2}\b.*|"
    r"\d\d?[ -][a-z]{3,9}[ -,]+\d{2,4}|[a-z]{3,9}\.? \d\d?,? \d{4})$",
    "place": "|".join(f"(?:{pattern})" for pattern in _PLACES),
    "phone": r"^\+?1?[ .-]?\(?\d{3}\)?[ .-]*\d{3}[ .-]+\d{4}\b",
    "money": r"[$€£] ?\d|(?i)\d ?(?:usd|eur|dollars)\b|^-?(?:\d{1,3}(?:,\d{3})+|\d+)\.\d\d$",
    "number": f"{_NUMBER}|{_BAND}",
    "code": r"^(?:[A-Z]{1,4}|[A-Za-z0-9/_-]{0,15}\d[A-Za-z0-9/_-]{0,15}|\d+(?:\.\d+)+)$",
}
_POSTAL = re.compile(r"\b(?:zip|postal|postcode)")
_NAMING = re.compile(r"\b(?:id|key|code|licen[cs]e (?:no|number))$")
_STATE_NAMES = [*STATES, *(code.lower() for code in STATES.values())]


@dataclass
class ColumnLook:
    """What the cells of one column look like. `low` and `high`: its least and greatest number."""

    kind: LookKind = "empty"
    low: float = field(default=inf)
    high: float = field(default=-inf)

    def add(self, column: pl.Series) -> None:
        """One more batch of the column, as text."""
        if self.kind == "empty":
            self.kind = _kind_of(column, plain_header(column.name))
        if self.kind in {"number", "money"}:
            values = _numbers(column)
            if len(values):
                self.low = min(self.low, float(values.min()))
                self.high = max(self.high, float(values.max()))

    @property
    def range(self) -> tuple[float, float] | None:
        """Its least and greatest number; None where it holds none."""
        return (self.low, self.high) if self.low <= self.high else None

    @property
    def rank(self) -> int:
        """What somebody misses most comes first."""
        return RANKS.index(self.kind) if self.kind in RANKS else len(RANKS)

    @property
    def words(self) -> str:
        """In a word or two, where somebody may want it to be read; "" for what nobody misses."""
        match self.kind:
            case "number" if 0 <= self.low <= self.high <= MOST_OF_A_SIZE:
                return f"numbers {_ends(self.low, self.high)}"
            case "money" if self.high >= 0:
                return f"money {_ends(self.low, self.high)}"
            case "date" | "code":
                return f"{self.kind}s"
            case "place":
                return "a place, used for nothing"
        return ""


def _ends(low: float, high: float) -> str:
    """3-140; one number where they are the same."""
    if low == high:
        return _shown(low)
    return f"{_shown(low)}{' to ' if low < 0 else '-'}{_shown(high)}"


def _shown(number: float) -> str:
    return f"{number:,.0f}" if number % 1 == 0 else f"{number:,.2f}"


def _kind_of(column: pl.Series, header: str) -> LookKind:
    """By its first cells that say anything; the header only parts kinds of numbers."""
    texts = column.filter(column != "").head(LOOKED_AT).str.strip_chars()
    said = texts.filter(~texts.str.to_lowercase().is_in([*MISSING]))
    if not len(said):
        return "empty"
    if _mostly(said.str.to_lowercase().is_in(_STATE_NAMES)):
        return "place"
    for kind, pattern in _PATTERNS.items():
        if _mostly(said.str.contains(pattern)):
            return _kind_of_number(said, header) if kind == "number" else kind
    return "text"


def _kind_of_number(said: pl.Series, header: str) -> LookKind:
    if _POSTAL.search(header) and _mostly(said.str.contains(r"^\d{5}$")):
        return "place"
    return "code" if _NAMING.search(header) or _are_codes(said.to_list()) else "number"


def _mostly(which: pl.Series) -> bool:
    return float(which.sum()) >= MOSTLY * len(which)


def _are_codes(numbers: list[str]) -> bool:
    """Whether whole numbers name things instead of counting them.

    They begin with 0, have all the same number of digits, four or more, or seven and more of them;
    they count the rows; or of many no two are the same.
    """
    whole = [text for text in numbers if text.isdecimal()]
    if len(whole) < len(numbers):
        return False
    digits = {len(text) for text in whole}
    padded = any(text.startswith("0") and len(text) > 1 for text in whole)
    alike = len(digits) == 1 and min(digits) >= 4 and len(set(whole)) >= RUNNING
    count = [int(text[:20]) for text in whole]
    running = len(count) >= RUNNING and all(b == a + 1 for a, b in pairwise(count))
    unique = len(whole) == LOOKED_AT == len(set(whole))
    return padded or alike or min(digits) >= 7 or running or unique


def _numbers(column: pl.Series) -> Floats:
    """The numbers of a whole column; those of bands are both of their ends."""
    numbers = column.cast(pl.Float64, strict=False)
    if numbers.null_count():
        texts = column.filter(numbers.is_null()).str.replace_all(",", "", literal=True)
        numbers.append(texts.str.strip_chars(" $").cast(pl.Float64, strict=False))
    values: Floats = numbers.drop_nulls().to_numpy()
    if len(values):
        return values[np.isfinite(values)]
    ranges = (parse_size(text) for text in column.unique().to_list())
    ends = [end for found in ranges if found for end in found if end != inf]
    return np.array(ends, dtype=np.float64)


def plain_words(text: str) -> str:
    """A header or cell on one short line."""
    words = re.sub(r"\s+", " ", text).strip()
    return words if len(words) <= 32 else f"{words[:30]}..."
