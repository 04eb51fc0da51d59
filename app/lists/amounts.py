"""Amounts and answers as people write them in their books -> numbers, yes and no."""

import re
from collections.abc import Iterable
from math import nan

from app.businesses.sizes import UNITS, is_missing
from app.lists.clock import parse_clock

YES = frozenset({
    "yes", "y", "true", "t", "1", "x", "active", "current", "on", "likely", "high", "good",
    "always", "promptly",
})  # fmt: skip
NO = frozenset({
    "no", "n", "false", "f", "0", "not", "inactive", "former", "ended", "off", "unlikely", "low",
    "bad", "never", "late", "slow", "lost", "churned", "past", "dormant", "archived", "paused",
    "closed", "cancelled", "canceled", "terminated", "ex",
})  # fmt: skip
UNSURE = frozenset({
    "not sure", "not known", "no idea", "no answer", "no data", "no info", "no information",
    "on hold",
})  # fmt: skip
MOST = 1e12  # of any amount; more is a slip of the keyboard
_MONEY = re.compile(
    r"(?P<number>[\d.,' \u00a0\u202f]*\d[\d.,' \u00a0\u202f]*)"
    r"(?P<power>e[+-]?\d{1,3})?(?P<unit>[a-z]*)"
)
_CURRENCY = re.compile(
    r"(?i)us\$|usd|eur|gbp|cad|[$€£¥]|per (?:month|year|hour|visit)|/ ?(?:mo|yr|h|hr)\b"
)
_UNIT = re.compile(r"\s*\b(?:min(?:ute)?s?|h(?:ou)?rs?|hours?|h|visits?|trips?)\.?$")
_EUROPEAN = re.compile(r"\d\.\d{3},\d|^\D*\d+,\d{1,2}\D*$")
_THOUSANDS = re.compile(r"[^\d.]*[1-9]\d{0,2}(?:\.\d{3})+\D*")


def parse_flag(text: str) -> bool | None:
    """Yes or no by the first word, a single letter only alone; None where it says neither."""
    words = re.findall(r"\w+", text.casefold())
    if not words or is_missing(text) or " ".join(words[:2]) in UNSURE:
        return None
    if len(words) > 1 and len(words[0]) == 1:
        return None
    return False if words[0] in NO else True if words[0] in YES else None


def parse_money(
    texts: Iterable[str], *, dots_part_thousands: bool | None = None
) -> dict[str, float]:
    """Each text's amount, NaN where it names none: "$1,234.56", "(1,234)", "1.234,56 €", "12k".

    Negative by a minus before or behind, or by brackets; NaN beyond 1e12. A single dot before three
    digits is read as told; untold, it parts thousands where any text has a decimal comma.
    """
    distinct = list(dict.fromkeys(texts))
    if dots_part_thousands is None:
        dots_part_thousands = has_decimal_comma(distinct)
    return {text: _amount(text, dots_part_thousands) for text in distinct}


def has_decimal_comma(texts: Iterable[str]) -> bool:
    """Whether any is written as in "1.234,56" or "12,5"."""
    return any(_EUROPEAN.search(text) for text in texts)


def only_thousands_have_dots(texts: Iterable[str]) -> bool:
    """Whether any has a dot, and each that has one has it before three digits: "12.000 €"."""
    dotted = [text for text in texts if re.search(r"\d\.\d", text)]
    return bool(dotted) and all(_THOUSANDS.fullmatch(text) for text in dotted)


def _amount(text: str, european: bool) -> float:
    plain = _CURRENCY.sub("", text.casefold().replace("\u2212", "-")).strip()
    negative = plain.startswith(("-", "(")) or plain.endswith(("-", "cr"))
    plain = plain.removesuffix("cr").strip("()+- ")
    found = _MONEY.fullmatch(plain)
    if found is None or found["unit"] not in UNITS:
        return nan
    try:
        digits = _decimal(re.sub(r"[' \u00a0\u202f]", "", found["number"]), european)
        value = float(digits + (found["power"] or ""))
    except ValueError:
        return nan
    value *= UNITS[found["unit"]]
    return nan if value > MOST else (-value if negative else value)


def parse_quantity(text: str, clock: float) -> str:
    """The number in "12 min", "3 hours" or "1:30"; a time on the clock in units of `clock` hours.

    "1:30" is 90 where clock is 1 / 60 (minutes), 1.5 where it is 1. Other text stays as it is.
    """
    plain = text.strip().casefold()
    hours = parse_clock(plain)
    if hours is not None:
        return f"{hours / clock:.6g}"
    return _UNIT.sub("", plain)


def parse_percent(text: str) -> float:
    """The share that "50 %" is, 0.5; NaN for what is no percentage."""
    found = re.fullmatch(r"(\d{1,3}(?:[.,]\d+)?)\s*%", text.strip())
    return float(found[1].replace(",", ".")) / 100 if found else nan


def _decimal(digits: str, european: bool) -> str:
    """The number with a point for decimals and nothing between thousands."""
    dot, comma = digits.rfind("."), digits.rfind(",")
    if dot >= 0 and comma >= 0:
        thousands = "," if dot > comma else "."
        return digits.replace(thousands, "").replace(",", ".")
    if comma >= 0:
        grouped = re.fullmatch(r"\d{1,3}(?:,\d{3})+", digits)
        return digits.replace(",", "" if grouped else ".")
    grouped = re.fullmatch(r"\d{1,3}(?:\.\d{3})+", digits)
    return digits.replace(".", "") if grouped and (european or digits.count(".") > 1) else digits
