"""Which columns of a list a workbook holds as numbers and dates; all others stay text.

A column is decided once, by the cells that are seen first, and conservatively:

1. Every cell that says anything is a plain number or a date; one that does not fit later on is
   written as text.
2. A number looks in the workbook as it does in the list: without leading zeros, commas or units,
   with as many decimals in every cell or none to spare, and of no more than 15 digits, which is as
   many as Excel keeps ("Excel specifications and limits", support.microsoft.com).
3. A column whose header may be that of a code is text: ZIP codes, phones, licences, numbers of
   houses and of anything else that is not counted.
4. Dates are YYYY-MM-DD, or MM/DD/YYYY where a day past the 12th shows that the month comes first.
   From 1901 on: Excel's 1900 has a 29 February (learn.microsoft.com, "Excel incorrectly assumes
   that the year 1900 is a leap year").
"""

import re
from dataclasses import dataclass
from itertools import starmap

import polars as pl

from app.lists.vocabulary import plain_header

MOST_DIGITS = 15
_CODE = re.compile(
    r"zip|post|plz|phone|fax|code|naics|duns|fips|mobile|licen[cs]e|serial|id$|"
    r"\b(?:ids?|no|num|number|nr|key|ref|reference|tel|cell|sic|ein|tin|ssn|isbn|acct|account|"
    r"permit|parcel|apn|pin|unit|suite|ste|apt|box|house|building|street|address|addr|line|ext|"
    r"extension|four|plus|sku|ubi|tract|block|lot|abi|iusa|route|district|ward|name)\b(?! of\b)"
)
_INTEGER = r"^(?:0|-?[1-9]\d*)$"
_DECIMAL = r"^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?$"
_YEAR = r"(?:190[1-9]|19[1-9]\d|20\d\d)"
_EPOCH = 25_569  # 1970-01-01 as Excel counts days
# Pattern, as polars reads it, as Excel shows it.
_DATES = (
    (rf"^{_YEAR}-\d\d-\d\d$", "%Y-%m-%d", "yyyy-mm-dd"),
    (rf"^\d\d/\d\d/{_YEAR}$", "%m/%d/%Y", "mm/dd/yyyy"),
    (rf"^[1-9]\d?/[1-9]\d?/{_YEAR}$", "%m/%d/%Y", "m/d/yyyy"),
)
_DAY_FIRST = r"/(?:1[3-9]|2\d|3[01])/"  # between slashes: the second number is the day


@dataclass(frozen=True)
class CellType:
    """How the cells of one column are held. pattern: of those that fit; day: how dates are read.

    shown: the format of Excel.
    """

    pattern: str
    shown: str
    day: str = ""

    def values(self, column: pl.Series) -> pl.Series:
        """A number for each cell, null where it does not fit."""
        fits = column.set(~column.str.contains(self.pattern), None)
        if self.day:
            days = fits.str.to_date(self.day, strict=False).to_physical()
            return (days + _EPOCH).cast(pl.Float64)
        digits = fits.str.replace_all(r"\D", "").str.len_chars()
        return fits.set(digits > MOST_DIGITS, None).cast(pl.Float64, strict=False)


def choose_types(cells: pl.DataFrame) -> list[CellType | None]:
    """What each column is held as, None for text and for what is no text to begin with."""
    return list(starmap(_choose_type, zip(cells.columns, cells, strict=True)))


def _choose_type(header: str, column: pl.Series) -> CellType | None:
    seen = column.filter(column != "") if column.dtype == pl.String else column[:0]
    if seen.is_empty():
        return None
    for pattern, day, shown in _DATES:
        if seen.str.contains(pattern).all() and (
            shown.startswith("y") or seen.str.contains(_DAY_FIRST).any()
        ):
            return _all_fit(CellType(pattern, shown, day), seen)
    return None if _CODE.search(plain_header(header)) else _number_type(seen)


def _all_fit(kind: CellType, seen: pl.Series) -> CellType | None:
    return kind if kind.values(seen).null_count() == 0 else None


def _number_type(seen: pl.Series) -> CellType | None:
    """2."""
    if seen.str.contains(_INTEGER).all():
        return _all_fit(CellType(_INTEGER, "0"), seen)
    decimals = seen.str.extract(r"\.(\d+)$").str.len_chars().fill_null(0)
    if decimals.n_unique() == 1:
        digits = int(decimals[0])
        fixed = rf"^-?(?:0|[1-9]\d*)\.\d{{{digits}}}$"
        return _all_fit(CellType(fixed, f"0.{'0' * digits}"), seen) if digits else None
    if seen.str.contains(_DECIMAL).all():
        return _all_fit(CellType(_DECIMAL, "General"), seen)
    return None
