"""Sizes as people and vendors write them -> [low, high].

"10 to 19", "$1-2.5 Million", "11-50 employees", "50+", "Less than $500,000", "1.3155364E7",
and what Excel makes of a range ("Nov-50", "10-Jan"). The dialects are those of Data Axle,
D&B, ZoomInfo, Apollo, LinkedIn and Crunchbase exports.
"""

import re
from functools import lru_cache
from math import inf, isfinite, nextafter

type Range = tuple[float, float]

# What tells how large a business is, in the order in which people are told.
SIZES = ("computers", "employees", "sales")

UNITS = {
    "": 1.0,
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mm": 1e6,
    "mil": 1e6,
    "mill": 1e6,
    "mio": 1e6,
    "mn": 1e6,
    "mln": 1e6,
    "million": 1e6,
    "millions": 1e6,
    "b": 1e9,
    "bn": 1e9,
    "bil": 1e9,
    "billion": 1e9,
    "billions": 1e9,
}
MISSING = frozenset(
    "|-|--|?|.|na|n/a|n.a.|#n/a|none|null|nil|nan|unknown|unavailable|not available|test|tbd|"  # noqa: SIM905
    "undisclosed|not disclosed|not reported|not provided|(blank)|\\n|#value!|#ref!".split("|")
)
ONE_PERSON = frozenset(("self-employed", "self employed", "myself only", "just me", "sole trader"))
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH_NAME = (  # a pattern: a month's name, whole or short
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)

_NUMBER = re.compile(
    r"(?P<digits>\d{1,3}(?:[,'\u00a0\u202f]\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3}){2,}|\d+\.?\d*|\.\d+)"
    r"(?P<power>e[+-]?\d{1,3})?\s*(?P<unit>[a-z]*)\.?"
)
_NOISE = re.compile(
    r"\b(?:employees?|empl?s?|people|persons?|staff|workers?|jobs|team|members|fte'?s?|"
    r"full[- ]time|equivalents?|computers?|pcs|workstations?|machines|systems|endpoints|devices|"
    r"seats|nodes|usd|us|dollars?|per (?:year|annum)|a year|p\.a\.|annually|annual|yearly|revenue|"
    r"sales|approx(?:imately)?|about|around|circa|between|est(?:imated?)?|modell?ed|total|size|"
    r"micro|small|medium|mid(?:-?sized?)?|large|very|enterprises?|smbs?|smes?|business(?:es)?|"
    r"company|companies|firms?)\b\.?|/ ?(?:yr|year)\b|[$~\[\](){}\"]"
)
# A band's name or letter before it: "Small: 10-49", "C - 10 to 19", "3) 10-19".
_LABEL = re.compile(
    r"^(?:[a-z][\w &/]*?\s*[:=]\s*|[a-z][a-z &/]*\s+[-–—]\s+|[a-z](?:\)\s*|\s+)|\d{1,2}[:)=]\s+)"
    r"(?=[\d<>≤≥$])"
)
_BRACKETS = re.compile(r"(.*)\(([^()]+)\)(.*)")
_DASHES = re.compile(r"\s*(?:[-–—‒−‐]|\b(?:to|and|through|thru|till?|until)\b|\.\.\.?|;)\s*")
_BELOW = re.compile(r"(?:less than|fewer than|under|below|<)(?! *=)\s*")
_AT_MOST = re.compile(r"(?:up to|at most|max(?:imum)?\.?|no more than|<=|≤)\s*")
_ABOVE = re.compile(r"(?:more than|greater than|over|above|>)(?! *=)\s*")
_AT_LEAST = re.compile(r"(?:at least|min(?:imum)?\.?|from|no less than|>=|≥)\s*")
_OR_MORE = re.compile(r"\s*(?:\+|\b(?:or|and) (?:more|over|above|up|greater))$")
_OR_LESS = re.compile(r"\s*\b(?:or|and) (?:less|fewer|under|below)$")
_MONTH_YEAR = re.compile(rf"({'|'.join(MONTHS)})[a-z]*[- ](\d{{2}})$")
_DAY_MONTH = re.compile(rf"(\d{{1,2}})[- ]({'|'.join(MONTHS)})[a-z]*$")
_MIDNIGHT = r"(?:[ t]0?0:00(?::00(?:\.0+)?)?z?)?$"
_DATE = re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})" + _MIDNIGHT)
_SLASHED = re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4}|\d{2})" + _MIDNIGHT)
_DAY_OF_YEAR = re.compile(rf"(?P<d>\d{{1,2}})-(?P<name>{'|'.join(MONTHS)})-(?P<y>\d{{4}}|\d{{2}})$")
# Bands that are usual: what became the first of a month was one of these, or began with 1.
USUAL = frozenset(
    ((5, 9), (5, 10), (6, 9), (6, 10), (10, 14), (10, 15), (10, 19), (10, 20), (11, 20))
)


# No size is longer; a megabyte in one cell is not looked at.
LONGEST = 80


def parse_size(text: str) -> Range | None:
    """The inclusive range that the text names; None where it names none.

    A strict end ("under 500") is the next float below (or above), so that it never touches
    the limit it excludes. Zero-padded zeros ("000000") are missing; a plain 0 is 0.
    """
    return _parse(text) if len(text) <= LONGEST else None


def is_missing(text: str) -> bool:
    """Whether the text is a way to say nothing: "", "NA", "Unknown", "000000"."""
    plain = text.strip().casefold()
    return plain in MISSING or (len(plain) > 1 and not plain.strip("0"))


@lru_cache(maxsize=65_536)
def _parse(text: str) -> Range | None:
    plain = re.sub(r"(?<=\d) ?~ ?(?=\d)", "-", " ".join(text.casefold().split()))
    if is_missing(plain):
        return None
    if plain in ONE_PERSON:
        return (1.0, 1.0)
    return parse_date_range(plain) or _from_words(_without_noise(plain)) or _from_brackets(plain)


def parse_date_range(text: str) -> Range | None:
    """The range that a spreadsheet took for a date: 11-50 became Nov-50, 1-10 became 10-Jan.

    With a year it is a month and a day (2024-10-19), but the first of a month where only month and
    year made a date (1950-11-01; 2019-10-01 where the day comes first). None for what is no date.
    """
    plain = text.strip().casefold()
    if found := _MONTH_YEAR.match(plain):
        return _ordered(MONTHS.index(found[1]) + 1, int(found[2]))
    if found := _DAY_MONTH.match(plain):
        return _ordered(MONTHS.index(found[2]) + 1, int(found[1]))
    found = _DATE.match(plain) or _SLASHED.match(plain) or _DAY_OF_YEAR.match(plain)
    if found is None:
        return None
    parts = found.groupdict()
    month = MONTHS.index(parts["name"]) + 1 if "name" in parts else int(parts["m"])
    return _typed(int(parts["y"]), month, int(parts["d"]))


def _typed(year: int, month: int, day: int) -> Range:
    """What was typed. Two-digit years from 30 on are the last century's to Excel."""
    month_year = (month, year % 100)
    if day == 1 and (1930 <= year < 2000 or month_year in USUAL):
        return _ordered(*month_year)
    return _ordered(month, day)


def _without_noise(plain: str) -> str:
    return " ".join(_NOISE.sub(" ", _LABEL.sub("", plain)).split()).strip(" :=,")


def _from_brackets(plain: str) -> Range | None:
    """What stands outside brackets, else inside: "20-49 (25 seen)", "Mom & Pop (1-4)"."""
    found = _BRACKETS.fullmatch(plain)
    if found is None:
        return None
    outside = _from_words(_without_noise(f"{found[1]} {found[3]}"))
    return outside or _from_words(_without_noise(found[2]))


def _from_words(plain: str) -> Range | None:
    if plain.startswith("from ") and _DASHES.search(plain):
        return _between(plain.removeprefix("from "))
    for pattern, low_open, strict in (
        (_AT_MOST, True, False),
        (_BELOW, True, True),
        (_AT_LEAST, False, False),
        (_ABOVE, False, True),
    ):
        if found := pattern.match(plain):
            return _one_ended(plain[found.end() :], low_open, strict)
    if _OR_MORE.search(plain):
        return _one_ended(_OR_MORE.sub("", plain), False, False)
    if _OR_LESS.search(plain):
        return _one_ended(_OR_LESS.sub("", plain), True, False)
    return _between(plain)


def _one_ended(plain: str, low_open: bool, strict: bool) -> Range | None:
    number = parse_number(plain)
    if number is None:
        return None
    value = number[0] * number[1]
    if low_open:
        return (0.0, nextafter(value, 0) if strict else value)
    return (nextafter(value, inf) if strict else value, inf)


def _between(plain: str) -> Range | None:
    """One number, or two; a low without a unit takes the high one's where that keeps order."""
    parts = [parse_number(part) for part in _DASHES.split(plain)]
    numbers = [part for part in parts if part is not None]
    if len(numbers) != len(parts) or len(parts) > 2:
        return None
    (low, unit), (high, high_unit) = numbers[0], numbers[-1]
    high *= high_unit
    inherits = unit == 1 and low * high_unit <= high
    return _ordered(low * (high_unit if inherits else unit), high)


def parse_number(plain: str) -> tuple[float, float] | None:
    """Value and unit (1, 1e3, 1e6, 1e9) of a number that is all of the text, else None."""
    found = _NUMBER.fullmatch(plain.strip())
    if found is None or found["unit"] not in UNITS:
        return None
    digits = re.sub(r"[,'\u00a0\u202f]", "", found["digits"])
    if digits.count(".") > 1:
        digits = digits.replace(".", "")
    value = float(digits + (found["power"] or ""))
    return (value, UNITS[found["unit"]]) if isfinite(value) else None


def _ordered(low: float, high: float) -> Range:
    return (float(min(low, high)), float(max(low, high)))
