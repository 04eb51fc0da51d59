"""Which cells of a column fit what the column is read as, by the same parsers that read it.

Each different cell is looked at once. A cell that says nothing ("", "NA") neither fits nor does it
not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from app.businesses.prospects import Prospects
from app.businesses.sizes import MISSING
from app.geo.addresses.countries import US, country_of
from app.geo.addresses.states import is_province, state_of
from app.geo.points import Mask
from app.lists.amounts import parse_flag, parse_money, parse_quantity
from app.lists.cells import Reader
from app.lists.headers import FILLS, ListColumns
from app.lists.looks import LOOKED_AT
from app.lists.mapping import OTHER

SHOWN_OTHERS = 3
LONGEST_CODE = 3  # letters of a country's code (ISO 3166-1)
MOST_REMEMBERED = 20_000  # judgement: texts of one column; beyond, few come again
SHOWN_LETTERS = 80  # judgement: a cell may hold a megabyte
# Letters, digits and what parts them, with two digits at least: London's "EC1A 1BB", "D-10115".
_POSTCODE = r"^(?:[A-Za-z]{0,3}[\d .-]+)*[A-Za-z]{0,3}$"
_TWO_DIGITS = r"\d.*\d"
_SHORT = r"^.{3,10}$"
_NO_POSTCODE = r"^\d{4}-\d\d-\d\d$|^\d\d?[-.]\d\d?[-.]\d{4}$|^-|\d\.\d*[1-9]|^\d{10}$"
_COUNT = r"^\$? ?\d[\d,]*(?:\.\d+)?$"
_LETTER, _DIGIT = r"\pL", r"\d"
_LONGEST_MISSING = max(map(len, MISSING))
_QUANTITIES: Mapping[str, float] = {
    "hours": 1, "yearly hours": 1, "visits": 1, "yearly visits": 1, "drive": 1 / 60, "took": 1 / 60
}  # fmt: skip
_MONEY = (
    *("revenue", "monthly revenue", "recurring", "monthly recurring", "months", "travel fee"),
    "rate",
)
_FLAGS = ("active", "flexible", "grows", "pays on time")
# What no dirt makes of a cell: it is something else altogether. No region is called so: digits and
# signs, and the words of other columns; no size is without a digit.
_REGION_WORDS = (
    "active|inactive|open|opened|closed?|current|pending|issued|renewed|expired|approved|denied|"
    "revoked|suspended|cancel+ed|dissolved|good standing|completed?|operational|new|existing|yes|"
    "no|true|false|y|n|(?:(?:mid|north|south|east|west|central)[ -]?)*"
    "(?:north|south|east|west|central)(?:ern)?|lead|customer|client|prospect|owner|manager"
)
_ALIEN: Mapping[str, str] = {
    "state": rf"(?i)[\d@$€£%#:]|^(?:{_REGION_WORDS})$",
    "postcode": "",
    **{meaning: r"^\D*$" for fills in FILLS.values() for meaning in fills},
}
_PATTERNS: Mapping[str, str] = {
    "name": _LETTER, "line": _LETTER, "street": rf"{_LETTER}|{_DIGIT}", "whole": _LETTER,
    "city": _LETTER, "number": _DIGIT,
}  # fmt: skip

type Fitting = Callable[[pl.Series], pl.Series]


class CellFit(NamedTuple):
    """How many cells say anything, how many of them fit, and up to three different ones that don't.

    headers: of the columns, best first. alien: cells that don't fit and are no dirt either, but
    something else altogether.
    """

    headers: Sequence[str]
    cells: int
    fit: int
    others: Sequence[str]
    alien: int = 0

    @property
    def mostly(self) -> bool:
        """Whether at least half of the cells fit."""
        return 2 * self.fit >= self.cells

    def document(self) -> dict[str, Any]:
        """As JSON."""
        others = [text[:SHOWN_LETTERS] for text in self.others]
        return {"headers": [*self.headers], "cells": self.cells, "fit": self.fit, "others": others}


@dataclass
class ColumnFit:
    """Counts how many cells of one column fit its meaning, batch by batch."""

    columns: ListColumns
    meaning: str
    at: int
    cells: int = 0
    fit: int = 0
    alien: int = 0
    others: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        meaning = self.meaning.removeprefix(OTHER)
        self._fitting = _fitting(self.columns, meaning, self.at)
        self._alien = _ALIEN.get(meaning)
        self._is_text = meaning in _PATTERNS or self._fitting is _any_text

    def add(self, column: pl.Series) -> None:
        """One more batch; of the cells that don't fit the most frequent are shown."""
        counted = _count_cells(column)
        if self._is_text:  # what says nothing would fit
            counted = _that_say_anything(counted)
        fits = self._fitting(counted["text"])
        fit = int(counted["rows"].filter(fits).sum())
        self.fit, self.cells = self.fit + fit, self.cells + fit
        if not fits.all():
            self._add_others(_that_say_anything(counted.filter(~fits)))

    def _add_others(self, wrong: pl.DataFrame) -> None:
        """The cells that don't fit, with their rows."""
        self.cells += int(wrong["rows"].sum())
        wrong = wrong.group_by("text").sum().sort("rows", "text", descending=[True, False])
        self.others |= dict.fromkeys(wrong["text"].head(SHOWN_OTHERS).to_list())
        if self._alien is not None:
            self.alien += int(wrong["rows"].filter(wrong["text"].str.contains(self._alien)).sum())


def _count_cells(column: pl.Series) -> pl.DataFrame:
    """The cells, and of how many rows each is; the same may come again."""
    texts = column.alias("text").str.strip_chars()
    if texts.head(LOOKED_AT).n_unique() < LOOKED_AT:
        return texts.value_counts(name="rows")
    return texts.to_frame().with_columns(pl.lit(1).alias("rows"))


def _that_say_anything(counted: pl.DataFrame) -> pl.DataFrame:
    texts = counted["text"]
    if not (texts.str.len_bytes() <= _LONGEST_MISSING).any():  # none is longer
        return counted
    return counted.filter(~texts.str.to_lowercase().is_in([*MISSING]))


def add_fits(columns: Sequence[ColumnFit]) -> CellFit:
    """All columns of one meaning together."""
    others = dict.fromkeys(text for column in columns for text in column.others)
    return CellFit(
        [column.columns.headers[column.at] for column in columns],
        sum(column.cells for column in columns),
        sum(column.fit for column in columns),
        [*others][:SHOWN_OTHERS],
        sum(column.alien for column in columns),
    )


def is_region(text: str) -> bool:
    """Whether this is a state, a province, or a country in place of one."""
    if state_of(text) or is_province(text.removeprefix("CA-")):
        return True
    country = country_of(text)
    # "No" is no Norway: of the countries' codes only those that people write count.
    return bool(country) and (len(text) > LONGEST_CODE or country in {US, "United Kingdom"})


def are_postcodes(texts: pl.Series) -> pl.Series:
    """Which may be a postcode, of whatever country."""
    return (
        texts.str.contains(_POSTCODE)
        & texts.str.contains(_TWO_DIGITS)
        & texts.str.contains(_SHORT)
        & ~texts.str.contains(_NO_POSTCODE)
    )


def _any_text(texts: pl.Series) -> pl.Series:
    return texts != ""


def _are_degrees(texts: pl.Series) -> pl.Series:
    numbers = texts.cast(pl.Float64, strict=False).is_finite().fill_null(value=False)
    return numbers if numbers.all() else numbers | texts.str.contains(r"^-?\d{1,3},\d+$")


_WHOLE_COLUMNS: Mapping[str, Fitting] = {
    "postcode": are_postcodes,
    "lat": _are_degrees,
    "lon": _are_degrees,
}


def _fitting(columns: ListColumns, meaning: str, at: int) -> Fitting:
    """What tells which of the cells fit; all do where the meaning is any text."""
    size = next((name for name, fills in FILLS.items() if meaning in fills), "")
    if size or meaning in {"full-time", "part-time"}:
        alone = _reading_alone(columns, meaning, at)
        return _remembering(lambda texts: getattr(alone(texts), size or "employees").known, _COUNT)
    if meaning == "closed":
        alone = _reading_alone(columns, meaning, at)
        return _remembering(lambda texts: [*map(bool, alone(texts).closed)])
    if meaning in _PATTERNS:
        return lambda texts: texts.str.contains(_PATTERNS[meaning])
    if meaning in _WHOLE_COLUMNS:
        return _WHOLE_COLUMNS[meaning]
    parse = _parser(meaning)
    if parse is None:
        return _any_text
    return _remembering(lambda texts: [*map(parse, texts)])


def _reading_alone(columns: ListColumns, meaning: str, at: int) -> Callable[[pl.Series], Prospects]:
    """What a list of this column alone is read as."""
    alone = ListColumns(
        [columns.headers[at]], {meaning: [0]}, "", (), columns.vocabulary, vendor=columns.vendor
    )
    reader = Reader(alone)
    return lambda texts: reader.prospects(texts.to_frame())


def _remembering(read: Callable[[pl.Series], Sequence[bool] | Mask], sure: str = "") -> Fitting:
    """Asks `read` once of each different text, and not of those that the pattern `sure` fits."""
    known = {"": False}

    def fitting(texts: pl.Series) -> pl.Series:
        nonlocal known
        fits = texts.str.contains(sure).to_numpy().copy() if sure else np.zeros(len(texts), bool)
        others = texts.filter(pl.Series(~fits))
        if len(known) > MOST_REMEMBERED:
            known = {"": False}
        new = pl.Series([text for text in others.unique() if text not in known], dtype=pl.String)
        if len(new):
            known.update(zip(new, map(bool, read(new)), strict=True))
        fits[~fits] = [known[text] for text in others]
        return pl.Series(fits)

    return fitting


def _parser(meaning: str) -> Callable[[str], bool] | None:
    if meaning == "state":
        return is_region
    if meaning in _MONEY:
        return _is_money
    if meaning in _QUANTITIES:
        return lambda text: _is_money(parse_quantity(text, _QUANTITIES[meaning]))
    if meaning in _FLAGS:
        return lambda text: parse_flag(text) is not None
    return None


def _is_money(text: str) -> bool:
    (value,) = parse_money([text.rstrip("%")]).values()
    return not isnan(value)
