"""How new each row is, by its licence: of two rows of one business the newer one is right."""

import re

import polars as pl

from app.lists.closures import licence_end
from app.lists.columns import put_cells
from app.lists.header_words import meaning_of_words
from app.lists.vocabulary import plain_header

_YEAR = re.compile(r"(?:(?:lic|licen[cs]e|permit|registration|renewal|filing|tax|fiscal) )?year")


def read_licences(cells: pl.DataFrame) -> pl.Series:
    """The last day of each row's licence as YYYY-MM-DD, of a mere year its last day.

    "" where no column says it. Cells are text, under the list's own headers.
    """
    found = pl.repeat("", cells.height, dtype=pl.String, eager=True)
    for header in sorted(filter(_is_dated, cells.columns), key=_is_year):
        last, _ = licence_end(cells[header])
        found = put_cells(found, found == "", last)
    return found


def _is_dated(header: str) -> bool:
    return _is_year(header) or meaning_of_words(plain_header(header)) == "licence term"


def _is_year(header: str) -> bool:
    return _YEAR.fullmatch(plain_header(header)) is not None
