r"""Cells as they were meant, where a spreadsheet, a database or a web page left its marks.

1. Line breaks, <br> too, become commas; other tags of HTML go, &amp; is &.
2. ="01103" and '01103 are how a spreadsheet is kept from reading a number: the text alone counts.
3. \" and \' are quotes.
4. Parts of an address that only two blanks part, as Mailchimp exports it, are parted by commas: the
   last are the state, the ZIP code and the country.
"""

from html import unescape

import polars as pl

from app.lists.columns import put_cells

_MARK = r"[<&='\\\r\n]"  # every rule looks for one of these
_BREAK = r"(?i)\s*<(?:br|/p|/div|/li)\s*/?>\s*"
_WIDE_GAPS = (
    r"\S {2,}\S.* {2,}(?:[A-Z]{2}|[A-Za-z. ]{2,} {2,}\d{5}(?:-\d{4})?)(?: {2,}[A-Za-z. ]{2,})?$"
)
_TAG = r"(?i)</?(?:p|b|i|u|em|strong|span|div|font|ul|li|a)(?:\s[^<>]*)?/?>"


def plain_texts(column: pl.Series) -> pl.Series:
    """The column without those marks, line by line."""
    if not column.str.contains(_MARK).any():
        return column
    if _any_has(column, "<"):
        column = column.str.replace_all(_BREAK, ", ").str.replace_all(_TAG, "")
    if _any_has(column, "&"):
        marked = column.filter(column.str.contains(r"&#?\w+;")).unique()
        meant = pl.Series([unescape(unescape(text)) for text in marked], dtype=pl.String)
        column = column.replace(marked, meant)
    if _any_has(column, "\n") or _any_has(column, "\r"):
        column = column.str.replace_all(r"\s*[\r\n]+\s*", ", ")
    if _any_has(column, '="'):
        formula = column.str.extract(r'^\s*="(.*)"\s*$').str.replace_all('""', '"', literal=True)
        column = formula.fill_null(column)
    if _any_has(column, "'"):
        column = column.str.replace(r"^\s*'([\d=+@$-][^']*)$", "$1")
    if _any_has(column, "\\"):
        column = column.str.replace_all(r"""\\(["'])""", "$1")
    return column


def part_wide_gaps(column: pl.Series) -> pl.Series:
    """4. Addresses with commas instead of wide gaps."""
    if not _any_has(column, "  "):
        return column
    wide = column.str.contains(_WIDE_GAPS) & ~column.str.contains(",", literal=True)
    return put_cells(column, wide, column.str.replace_all(" {2,}", ", "))


def _any_has(column: pl.Series, mark: str) -> bool:
    return bool(column.str.contains(mark, literal=True).any())
