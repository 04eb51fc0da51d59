r"""Cells as they were meant, where a spreadsheet, a database or a web page left its marks.

1. Line breaks, <br> too, become commas; other tags of HTML go, &amp; is &.
2. ="01103" and '01103 are how a spreadsheet is kept from reading a number: the text alone counts.
3. \" and \' are quotes.
"""

from html import unescape

import polars as pl

_MARK = r"[<&='\\\r\n]"  # every rule looks for one of these
_BREAK = r"(?i)\s*<(?:br|/p|/div|/li)\s*/?>\s*"
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


def _any_has(column: pl.Series, mark: str) -> bool:
    return bool(column.str.contains(mark, literal=True).any())
