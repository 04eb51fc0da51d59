"""Lengths of time as people and spreadsheets write them -> hours.

A spreadsheet has no lengths of time, only dates: what was typed as 36:00 is noon of the day after
its first one, which is 1899-12-31, or 1904-01-01 in workbooks that began on a Mac. No list has
dates of those years with a time of day, but a column of hours may have all of them.
"""

import re
from datetime import datetime

import polars as pl

_FIRST_DAYS = ("1899-12-31 ", "1904-01-01 ")
_MIDNIGHT = "00:00:00"
_EARLY = re.compile(r"(?:1899-12-31|190[0-4]-\d\d-\d\d)[ t]\d\d:\d\d:\d\d(?:\.\d+)?")
_NO_LEAP = datetime(1900, 3, 1)  # the spreadsheets' 1900 has a 29 February; their dates skip it
_CLOCK = re.compile(
    r"(?:(?P<days>\d+) days?,? )?(?P<hours>\d{1,5}):(?P<minutes>[0-5]\d)"
    r"(?::(?P<seconds>[0-5]\d(?:\.\d+)?))?(?: ?(?P<half>[ap])\.?m\.?)?"
)


def parse_clock(text: str) -> float | None:
    """The hours of "1:30", "36:00:00", "1:30 AM" or a spreadsheet's early date; None of others."""
    plain = text.strip().casefold()
    if _EARLY.fullmatch(plain):
        return _early_seconds(plain) / 3600
    found = _CLOCK.fullmatch(plain)
    if found is None:
        return None
    hours = int(found["hours"])
    if found["half"]:
        hours = hours % 12 + (12 if found["half"] == "p" else 0)
    minutes = int(found["minutes"]) + float(found["seconds"] or 0) / 60
    return 24 * int(found["days"] or 0) + hours + minutes / 60


def _early_seconds(text: str) -> int:
    """Seconds since the first day of the spreadsheet that made it; they round what they keep."""
    when = datetime.fromisoformat(text)
    first = datetime(1904, 1, 1) if when.year == 1904 else datetime(1899, 12, 31)
    if first.year < 1900 and when >= _NO_LEAP:
        first = datetime(1899, 12, 30)
    return round((when - first).total_seconds())


def show_clock(column: pl.Series) -> pl.Series:
    """The column with its lengths of time as they were typed, where it holds any under a day."""
    if not any(_is_clock(column, first) for first in _FIRST_DAYS):
        return column
    shown = {text: _typed(text) for text in column.unique() if text and _EARLY.fullmatch(text)}
    return column.replace(shown)


def _is_clock(column: pl.Series, first: str) -> bool:
    starts = column.str.starts_with(first)
    return bool(starts.any()) and bool((starts & ~column.str.ends_with(_MIDNIGHT)).any())


def _typed(text: str) -> str:
    minutes, seconds = divmod(_early_seconds(text), 60)
    return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
