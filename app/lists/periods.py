"""Spans of time as reports name them, in a title or over a column, and the months of dates.

1. A range: "Jan - Dec 25", "January 1 - December 31, 2025", "2025-01-01 to 2025-06-30", "Jul '24 -
   Jun 25". Its first end takes the year of its last; without days it holds its last month whole.
2. A span by its end: "For the year ended 31 December 2025", "3 months to March 2025".
3. A year, half, quarter or month: "2025", "FY 2025", "H1 2025", "Q1 2025", "June 2025".

Whole months are whole numbers; what lies within a tenth of one is one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from app.businesses.sizes import MONTH_NAME, MONTHS
from app.lists.dates import parse_day
from app.lists.vocabulary import month_of

DAYS_A_MONTH = 365.25 / 12
NEAR = 0.1  # of a month; judgement: a day or two more or less make no other span
MOST_MONTHS = 1_200
EARLIEST, LATEST = 1900, 2100  # judgement: years that books are of
_WORD = re.compile(MONTH_NAME)
_PREFIX = re.compile(
    r"^(?:(?:for|from|the|date range|dates?|period|reporting period|range|between)\b[ :]*)+"
)
_ENDED = re.compile(
    r"(?:(?P<n>\d{1,2}|twelve|six|three) months?|(?P<unit>calendar year|fiscal year|"
    r"financial year|year|half[ -]year|quarter|month)) (?:ended|ending|to) (?P<end>.+)"
)
_NUMBERS = {"twelve": 12, "six": 6, "three": 3}
_UNITS = {"half": 6, "quar": 3, "mont": 1}
_PART = re.compile(
    r"(?P<kind>[qh])(?P<n>[1-4]) '?(?P<y>20\d\d|\d\d)|(?P<y2>20\d\d) (?P<kind2>[qh])(?P<n2>[1-4])"
)
_YEAR = re.compile(
    r"(?:(?:fy|cy|year|(?:calendar|fiscal|financial|tax) year)[ :]?)?(?P<year>(?:19|20)\d\d)"
    r"|fy ?'?(?P<short>\d\d)"
)
_YEAR_AND_MONTH = re.compile(r"\d{4}\W\d\d?|\d\d?\W\d{4}")
_SPLIT = re.compile(r"\s+(?:to|through|thru|until|and)\s+|\s*[-\u2013\u2014]+\s*")
# What may stand beside the span in the header of a column of money.
_MONEY = re.compile(
    r"\b(?:revenues?|sales|income|billed|billings?|invoiced|fees|amounts?|total|paid|usd|turnover)\b"
    r"|[$()]"
)


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both within; `months`: how long that is."""

    first: date
    last: date

    @property
    def months(self) -> float:
        """Whole where it is about whole months."""
        after = self.last + timedelta(days=1)
        if self.first.day == after.day == 1:
            return 12 * (after.year - self.first.year) + after.month - self.first.month
        about = (after - self.first).days / DAYS_A_MONTH
        return round(about) if abs(about - round(about)) <= NEAR and about > NEAR else about


@dataclass(frozen=True)
class _Day:
    """What is said of one end of a range."""

    year: int | None
    month: int | None
    day: int | None


@lru_cache(maxsize=4096)
def read_period(text: str) -> Period | None:
    """The span that the text names, None where it names none, or more than that."""
    plain = " ".join(text.casefold().replace(",", " ").replace(".", " ").split())
    plain = _PREFIX.sub("", plain)
    if not re.search(r"\d", plain) or len(plain) > 60:
        return None
    try:
        found = _by_end(plain) or _named(plain) or _range(plain) or _month(plain)
    except ValueError:
        return None
    return found if found and 0 < found.months <= MOST_MONTHS else None


def header_period(header: str) -> Period | None:
    """The span of a column of money: "Jan - Dec 25", "Revenue 2025"."""
    bare = " ".join(_MONEY.sub(" ", header.casefold()).split())
    return read_period(bare)


def count_header_months(header: str) -> float:
    """How many months the span in the header has, at least one."""
    span = header_period(header)
    return max(1.0, span.months) if span else 1.0


def period_columns(headers: Sequence[str]) -> list[int]:
    """The columns of spans of money that make up the last year, the earliest first.

    Single months where there are several (those without a year, too), else the shorter spans of a
    year, else the last span.
    """
    months = _single_months(headers)
    if len(months) > 1:
        return months
    spans = sorted(
        (span.last, span.months, at)
        for at, header in enumerate(headers)
        if (span := header_period(header)) is not None
    )
    if not spans:
        return []
    length = spans[-1][1]
    alike = [at for _, months, at in spans if months == length]
    return alike[-max(1, int(12 // length)) :]


def _single_months(headers: Sequence[str]) -> list[int]:
    """The columns of single months from the earliest on.

    Several of one month, such as weeks, are none, unless their dates have the day first.
    """
    for day_first in (False, True):
        each = [month_of(header, day_first=day_first) for header in headers]
        found = sorted((month, at) for at, month in enumerate(each) if month)
        if len({month for month, _ in found}) == len(found):
            return [at for _, at in found]
    return []


def count_months(days: Sequence[str]) -> tuple[str, str, int] | None:
    """The first and the last of the dates, and how many calendar months they reach over.

    None where fewer than half of those that say anything are dates.
    """
    filled = {text.strip() for text in days if text.strip()}
    read = {text: day for text in filled if (day := _date_in(text))}
    if not read or len(read) < len(filled) / 2:
        return None
    first, last = min(read, key=lambda t: read[t]), max(read, key=lambda t: read[t])
    start, end = read[first], read[last]
    return first, last, 12 * (end.year - start.year) + end.month - start.month + 1


def _by_end(plain: str) -> Period | None:
    """Rule 2."""
    found = _ENDED.fullmatch(plain)
    if found is None:
        return None
    n = found["n"] or str(_UNITS.get((found["unit"] or "")[:4], 12))
    length = _NUMBERS.get(n) or int(n)
    whole = re.fullmatch(r"\d{4}", found["end"])
    end = _close(_Day(int(whole[0]), None, None) if whole else _day(found["end"], beside=None))
    after = end + timedelta(days=1)
    start = 12 * after.year + after.month - 1 - length
    return Period(date(start // 12, start % 12 + 1, after.day if after.day <= 28 else 1), end)


def _named(plain: str) -> Period | None:
    """Rule 3, but for a month."""
    if found := _YEAR.fullmatch(plain):
        year = _full_year(found["year"] or found["short"])
        return Period(date(year, 1, 1), date(year, 12, 31))
    if found := _PART.fullmatch(plain):
        kind, n = found["kind"] or found["kind2"], int(found["n"] or found["n2"])
        length = 3 if kind == "q" else 6
        year, start = _full_year(found["y"] or found["y2"]), length * (n - 1) + 1
        return Period(date(year, start, 1), _month_end(year, start + length - 1))
    return None


def _month(plain: str) -> Period | None:
    """Rule 3, a month; a day is none."""
    numbers = re.findall(r"\d+", plain)
    found = month_of(plain) if len(numbers) == 1 or _YEAR_AND_MONTH.fullmatch(plain) else None
    if found is None or not EARLIEST <= found[0] <= LATEST:
        return None
    return Period(date(*found, 1), _month_end(*found))


def _range(plain: str) -> Period | None:
    """Rule 1."""
    parts = _SPLIT.split(_slashed(plain))
    if len(parts) != 2:
        return None
    first, last = (_day(part, beside=other) for part, other in zip(parts, parts[::-1], strict=True))
    if first.month is None and first.day is None and last.month is None:
        return None
    if last.month is None:  # "Jan 1 - 6, 26"
        last = _Day(last.year, first.month, last.day)
    end = _close(last)
    year = first.year or (end.year if (first.month or 1) <= end.month else end.year - 1)
    return Period(date(year, first.month or 1, first.day or 1), end)


def _slashed(plain: str) -> str:
    """Dates without hyphens, so that those that are left part a range."""
    return re.sub(r"\b(\d{4})-(\d\d?)-(\d\d?)\b", r"\1/\2/\3", plain)


def _day(part: str, beside: str | None) -> _Day:
    """One end of a range; a small number alone is a day where the other end has day and year."""
    part = part.strip()
    if found := re.fullmatch(r"(\d{4})/(\d\d?)/(\d\d?)", part):
        return _Day(*map(int, found.groups()))
    if found := re.fullmatch(r"(\d\d?)/(\d\d?)/(\d{4}|\d\d)", part):
        one, two = int(found[1]), int(found[2])
        return _Day(_full_year(found[3]), *((two, one) if one > 12 else (one, two)))
    word = _WORD.search(part)
    rest = (part[: word.start()] + " " + part[word.end() :] if word else part).split()
    numbers = [(text, int(text.strip("'"))) for text in rest if re.fullmatch(r"'?\d{1,4}", text)]
    if len(numbers) != len(rest) or len(rest) > 2:
        raise ValueError(part)
    month = MONTHS.index(word[0][:3]) + 1 if word else None
    years = [n for text, n in numbers if n > 31 or text.startswith("'")]
    small = [n for text, n in numbers if not (n > 31 or text.startswith("'"))]
    if len(small) == 2:  # "Dec 31 25"
        return _Day(_full_year(str(small[1])), month, small[0])
    if small and not years and not _has_day(beside):
        return _Day(_full_year(str(small[0])), month, None)
    return _Day(_full_year(str(years[0])) if years else None, month, small[0] if small else None)


def _has_day(part: str | None) -> bool:
    return part is not None and len(re.findall(r"\d+", part)) > 1


def _close(day: _Day) -> date:
    """The last day of what is said. Raises ValueError where no year of a book is."""
    if day.year is None or not EARLIEST <= day.year <= LATEST:
        raise ValueError(f"year {day.year}")
    month = day.month or 12
    return date(day.year, month, day.day) if day.day else _month_end(day.year, month)


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _full_year(text: str) -> int:
    year = int(text)
    return year + 2000 if year < 100 else year


def _date_in(text: str) -> date | None:
    """The day of a cell such as "2025-01-05 10:22", "5/22/25", "Jan 5, 2025"."""
    day = parse_day(text)
    return date.fromisoformat(day) if day and len(day) == len("2025-01-05") else None
