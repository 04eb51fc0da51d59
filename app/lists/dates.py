"""Days as people and spreadsheets write them -> YYYY-MM-DD, or what of it is said: YYYY-MM, YYYY.

1. The weekday, the time and the "th" behind a number go.
2. A number alone is a year, a month (201912), a day (20191231, 12312019), a spreadsheet's day
   (43830) or an epoch in seconds or milliseconds.
3. Else year, month and day by their order, by slashes, dots or hyphens, or with a month's name.
   12/5/2019 is December 5th, and 5.12.2019, too: only where that makes a month over 12, or with
   dots, the day is first.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from app.businesses.sizes import MONTH_NAME, MONTHS

NO_YEAR = 1900  # 1900-01-01 and the like stand for nothing: the first day of many spreadsheets
LONGEST_DAY = 60  # letters; no day is longer
_PIVOT = 70  # two digits from here on are the last century's, as POSIX reads them
_SPREADSHEET = date(1899, 12, 30)  # day 0 of Excel's serial numbers, from March 1900 on
_SERIALS = range(14_611, 73_416)  # 1940 to 2100
_NOTHING = re.compile(r"[0\s/.:t-]*|-\d{9,}")
_WEEKDAY = re.compile(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b[.,]?\s*")
_TIME = re.compile(r"(?:[t,\s]\s*|(?<=\d{4}):)\d{1,2}(?::\d{2})+.*$|(?<=\d)z$")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b|\b(?:the|of|on)\b")
_NAME = rf"(?P<name>{MONTH_NAME})"
_FORMS = [
    re.compile(form)
    for form in (
        r"(?P<y>\d{4})[-/. ](?P<m>\d{1,2})(?:[-/. ](?P<d>\d{1,2}))?",
        r"(?P<a>\d{1,2})(?P<mark>[-/. ])(?P<b>\d{1,2})(?P=mark)(?P<y>\d{4}|\d{2})",
        r"(?P<m>\d{1,2})[-/.](?P<y>\d{4})",
        rf"(?P<d>\d{{1,2}})[-/. ]*{_NAME}[-/. ']*(?P<y>\d{{4}}|\d{{2}})",
        rf"{_NAME}[-/. ]*(?P<d>\d{{1,2}})[-/. ]+'?(?P<y>\d{{4}}|\d{{2}})",
        rf"{_NAME}[-/. ']*(?P<y>\d{{4}}|\d{{2}})",
        rf"(?P<y>\d{{4}})[-/. ]*{_NAME}(?:[-/. ]*(?P<d>\d{{1,2}}))?",
    )
]


@lru_cache(maxsize=65_536)
def parse_day(text: str) -> str | None:
    """The day, month or year that the text names; "" where it stands for none, None where unread.

    "3/5/19 0:00" is 2019-03-05, "Dec 2019" 2019-12, "0000-00-00" and "1900-01-01" are none.
    """
    plain = text.casefold().strip()[: LONGEST_DAY + 1]
    if _NOTHING.fullmatch(plain):
        return ""
    plain = _TIME.sub("", _WEEKDAY.sub("", plain))
    plain = " ".join(_ORDINAL.sub(" ", plain).replace(",", " ").split())
    try:
        is_number = re.fullmatch(r"\d{4,}(?:\.\d*)?", plain)
        found = _of_number(plain) if is_number else _of_parts(plain)
    except (ValueError, OverflowError):
        return None
    return "" if found is not None and int(found[:4]) <= NO_YEAR else found


def last_day(day: str) -> str:
    """The last day of what `parse_day` says: of "2025" 2025-12-31."""
    year, month = int(day[:4]), int(day[5:7] or 12)
    return day if len(day) > 7 else f"{year:04}-{month:02}-{monthrange(year, month)[1]:02}"


def _of_number(plain: str) -> str | None:
    """2."""
    whole, _, rest = plain.partition(".")
    if len(whole) == 5 and int(whole) in _SERIALS:
        return (_SPREADSHEET + timedelta(days=int(whole))).isoformat()
    if rest.strip("0"):
        return None
    by_length: dict[int, Callable[[], str]] = {
        4: lambda: date(int(whole), 1, 1).isoformat()[:4],
        6: lambda: date(int(whole[:4]), int(whole[4:]), 1).isoformat()[:7],
        8: lambda: _eight_digits(whole),
        10: lambda: datetime.fromtimestamp(int(whole), UTC).date().isoformat(),
        13: lambda: datetime.fromtimestamp(int(whole) / 1000, UTC).date().isoformat(),
    }
    return by_length[len(whole)]() if len(whole) in by_length else None


def _eight_digits(digits: str) -> str:
    """20191231, or 12312019."""
    if not 1800 <= int(digits[:4]) <= 2200:
        digits = digits[4:] + digits[:4]
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).isoformat()


def _of_parts(plain: str) -> str | None:
    """3."""
    found = next(filter(None, (form.fullmatch(plain) for form in _FORMS)), None)
    if found is None:
        return None
    parts = found.groupdict()
    year = int(parts["y"])
    if len(parts["y"]) == 2:
        year += 2000 if year < _PIVOT else 1900
    if parts.get("a"):
        one, other = int(parts["a"]), int(parts["b"])
        day_first = one > 12 or parts["mark"] == "."
        month, day = (other, one) if day_first else (one, other)
        return date(year, month, day).isoformat()
    month = MONTHS.index(parts["name"][:3]) + 1 if parts.get("name") else int(parts["m"])
    if not parts.get("d"):
        return date(year, month, 1).isoformat()[:7]
    return date(year, month, int(parts["d"])).isoformat()
