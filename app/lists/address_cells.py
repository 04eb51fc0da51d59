"""The cells of one family's columns -> street line, town, state, postcode and country.

1. The line is the street with its number, of one column or of several. Where the first line is a
   box, a suite, a building or somebody's care, and a later one is a street, that is the line.
2. Else it is a whole address in one cell. One that is whole stands alone: town, state and postcode
   of other columns may be those of another one.
3. Town, state and postcode in one cell, in any order, are parted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import polars as pl

from app.geo.addresses.address import Addresses
from app.geo.addresses.street_names import DIRECTIONS, TYPES
from app.geo.addresses.town_line import split_town_line
from app.lists.cell_points import without_points
from app.lists.columns import TakeColumn, put_cells, read_distinct
from app.lists.vocabulary import plain_header

_NOWHERE = r"(?i)^(out of town|various|various locations|mobile|confidential|not applicable)$"
_TAIL = r"(?:\d{5}(?:-?\d{4})?|[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d)"
# A whole address in the street's cell: a comma, words, and a postcode at the end.
_WHOLE = rf"(?i)[,;].*[A-Za-z]{{2,}}.*[\s,]{_TAIL}(?:,? (?:usa?|united states))?$"
# ... where the last five digits are no suite or highway.
_UNIT_TAIL = (
    r"(?i)\b(?:ste|suite|unit|box|apt|bldg|building|room|rm|lot|space|no|hwy|highway|route|rte|rt|"
    r"road|fm|cr|sr)\.? ?\d+$"
)
# A house number and more behind it, at the start of a part of the line; but no floor.
_HOUSE = r"(?:^|,\s*)(?:#\s*)?[A-Za-z]?\d+[\w/-]*(?:\s+\d/\d)?\s+[A-Za-z0-9]"
_FLOOR = r"(?i)^\d+(?:st|nd|rd|th)?\s+(?:fl|flr|floor)\b"
# What stands in the place of a street and is none.
_NO_STREET = (
    r"(?i)^(?:(?:c/o|attn|attention|care of|ste|suite|unit|apt|bldg|building|floor|fl|rm|room|dept)"
    r"\b|%|#)|\b(?:building|bldg|tower|floor)$"
)
# Headers that are a street's only beside others, and so are believed by their cells only.
_BARE = frozenset(("suffix", "prefix", "dir", "direction"))
_STREET_WORDS = sorted(TYPES.keys() | DIRECTIONS.keys())
_BEHIND = ("post", "suffix", "suf")  # words of headers of what stands behind the street's name


class AddressCells(NamedTuple):
    """The columns of an address."""

    line: pl.Series
    city: pl.Series
    state: pl.Series
    postcode: pl.Series
    country: pl.Series

    def or_else(self, where: pl.Series, other: "AddressCells") -> "AddressCells":
        """These, and in those rows the other ones."""
        pairs = zip(self, other, strict=True)
        return AddressCells._make(put_cells(part, where, more) for part, more in pairs)

    def addresses(self) -> Addresses:
        """The same as lists."""
        line, city, state, postcode, country = (part.to_list() for part in self)
        return Addresses(line, city, state, postcode, country if any(country) else ())

    @property
    def nowhere(self) -> pl.Series:
        """True where it says neither street, town nor postcode."""
        return (self.line == "") & (self.city == "") & (self.postcode == "")


@dataclass(frozen=True)
class CellsOf:
    """Reads the columns of one family: `of` says which they are, `take` gives each, tidied."""

    of: Mapping[str, Sequence[int]]
    headers: Sequence[str]
    take: TakeColumn
    rows: int

    def address(self) -> AddressCells:
        """All parts of the address."""
        line, whole = self._line(), without_points(self._first("whole"))
        alone = (line == "") & whole.str.contains(",", literal=True)
        line = put_cells(line, line == "", whole)
        alone |= line.str.contains(_WHOLE) & ~line.str.contains(_UNIT_TAIL)
        line = line.str.replace(r"(\d{5})(\d{4})$", "$1-$2")
        rest = [put_cells(part, alone, "") for part in self._town()]
        return AddressCells(line, *rest)

    def town(self) -> AddressCells:
        """What the columns of town, state, postcode and country say, whatever the street's does."""
        return AddressCells(pl.repeat("", self.rows, dtype=pl.String, eager=True), *self._town())

    def second_line(self, line: pl.Series) -> pl.Series:
        """What the lines of the address say beside the one that is its street: suites and the like.

        Several are parted by commas.
        """
        cells = [self._first("line"), *map(self.take, self.of.get("line2", ()))]
        more = [put_cells(cell, (cell == line) | (line == ""), "") for cell in cells]
        return join_texts(more, ", ", self.rows)

    def _first(self, meaning: str) -> pl.Series:
        """The first column of that meaning that says anything."""
        return self._first_said(map(self.take, self.of.get(meaning, ())))

    def _first_said(self, columns: Iterable[pl.Series]) -> pl.Series:
        blank = pl.repeat("", self.rows, dtype=pl.String, eager=True)
        return reduce(lambda found, more: put_cells(found, found == "", more), columns, blank)

    def _line(self) -> pl.Series:
        """1."""
        line = without_points(self._first("line"))
        line = put_cells(line, line.str.contains(_NOWHERE), "")
        line = put_cells(line, line == "", self._street())
        for at in self.of.get("line2", ()):
            none = ~_is_street(line)
            if none.any():
                more = self.take(at)
                better = (line == "") | _is_street(more)
                better |= line.str.contains(_NO_STREET) & _is_word(more)
                line = put_cells(line, none & better & (more != ""), more)
        return line

    def _street(self) -> pl.Series:
        """1. Number, direction, name and type, of as many columns; nothing without a name."""
        street = self._first("street")
        if "street" not in self.of:
            return street
        street = put_cells(street, street.str.contains(_NOWHERE), "")
        parts = [self._number(street), *self._beside(street, before=True), street]
        parts += self._beside(street, before=False)
        line = pl.select(pl.concat_str(parts, separator=" ")).to_series()
        line = line.str.replace_all(" +", " ").str.strip_chars()
        return put_cells(line, street == "", "")

    def _number(self, street: pl.Series) -> pl.Series:
        """The house number with its letter or half; "" where the street begins with it."""
        number = self._first("number").str.replace(r"\.0+$", "")
        suffix = self._first("number suffix")
        apart = put_cells(" " + suffix, suffix.str.contains(r"^[A-Za-z]?$"), suffix)
        there = _starts_with(street, number) & (number != "")
        return put_cells(number + apart, there | (number == ""), "")

    def _beside(self, street: pl.Series, *, before: bool) -> list[pl.Series]:
        """Directions and types before or behind the name, as their columns stand or are called."""
        found = []
        for at in self.of.get("street part", ()):
            words = plain_header(self.headers[at]).split()
            part = self.take(at)
            if words[-1] in _BARE and not {"street", "st"} & set(words):
                known = part.str.to_lowercase().str.strip_chars(".").is_in(_STREET_WORDS)
                part = put_cells(part, ~known, "")
            if self._is_before(at, words) == before:
                has = _starts_with(street, part) if before else _ends_with(street, part)
                found.append(put_cells(part, has, ""))
        return found

    def _is_before(self, at: int, words: Sequence[str]) -> bool:
        if any(word.startswith("pre") for word in words):
            return True
        behind = any(word.startswith(_BEHIND) for word in words)
        return not behind and at < min(self.of.get("street", (0,)))

    def _town(self) -> list[pl.Series]:
        """3. Town, state, postcode and country; a code of zeros is none."""
        parts = [self._first(part) for part in AddressCells._fields[1:]]
        parts[2] = put_cells(parts[2], parts[2].str.contains(r"^0{3,}(?:-0*)?$"), "")
        together = self._first("city line")
        city = parts[0]
        whole = city.str.contains(r"[,\d]")
        together = put_cells(together, (together == "") & whole, city)
        parts[0] = put_cells(city, whole, "")
        if not (together != "").any():
            return parts
        parted = [read_distinct(together, one) for one in _PARTED]
        return [put_cells(old, old == "", new) for old, new in zip(parts, parted, strict=True)]


_PARTED: Sequence[Callable[[str], str]] = (
    lambda text: split_town_line(text).city,
    lambda text: split_town_line(text).state,
    lambda text: split_town_line(text).postcode,
    lambda text: split_town_line(text).country,
)


def join_texts(columns: Sequence[pl.Series], between: str, rows: int) -> pl.Series:
    """What the columns say, one behind the other; "" where none says anything."""
    joined = pl.repeat("", rows, dtype=pl.String, eager=True)
    for column in columns:
        both = (joined != "") & (column != "")
        joined = put_cells(joined + column, both, joined + between + column)
    return joined


def _is_street(column: pl.Series) -> pl.Series:
    """Whether a house number and more stand in the cell."""
    return column.str.contains(_HOUSE) & ~column.str.contains(_FLOOR)


def _is_word(column: pl.Series) -> pl.Series:
    """Whether a cell may name a street without a number."""
    return column.str.contains(r"^[A-Za-z]{2}") & ~column.str.contains(_NO_STREET)


def _starts_with(column: pl.Series, part: pl.Series) -> pl.Series:
    """Whether the first words of the cell are those of the part's."""
    whole, start = (text.str.to_lowercase() + " " for text in (column, part))
    return pl.select(pl.lit(whole).str.starts_with(pl.lit(start))).to_series()


def _ends_with(column: pl.Series, part: pl.Series) -> pl.Series:
    """Whether the last words of the cell are those of the part's."""
    whole, end = (" " + text.str.to_lowercase() for text in (column, part))
    return pl.select(pl.lit(whole).str.ends_with(pl.lit(end))).to_series()
