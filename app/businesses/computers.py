"""Computers estimated from employees and industry, where a list counts none.

Computers = employees x rate. The rates are in `computers.csv`, one row for each NAICS sector,
and may be replaced by the user's own table. What they rest on:

- BLS: 55.5 % of US workers used a computer at work in October 2003 (news release `ciuaw`); in
  2001 81 % in finance, insurance and real estate, 21 % in construction (TED, October 2002).
- CBS Netherlands, firms of ten or more: 55 % in 2003, as in the US, and 79 % in 2021 (table
  83249NED), which stands for how far use has grown; 63-65 % at 10 to 99 employees in 2015
  (83245NED).
- Statistics Finland 2010: 71 % in all, 99 % in ICT, 97 % in professional services, 38 % in
  construction.
- Dingel & Neiman 2020: the share of US jobs that can be done from home, by sector; such a job
  needs a computer, so it is the floor.

The first three measure people who use a computer, not machines, and none is by sector for
small firms today; the default rates are a judgement between them. Every result is an estimate
and has to be shown as one.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from math import isfinite, nan
from pathlib import Path
from typing import NamedTuple

import numpy as np

from app.businesses.industries import ancestor_codes, sector_of
from app.businesses.prospects import Ranges
from app.errors import BadInput
from app.geo.points import Floats, Ints

COLUMNS = ("naics", "name", "floor", "rate", "source")
UNKNOWN = "unknown"
MOST_RATE = 5.0

# The high end: so much over the rate, but not over so many computers an employee.
_MARGIN, _CEILING = 1.3, 1.2


@dataclass(frozen=True, eq=False)
class Rates:
    """Computers an employee by industry, one row each, in the table's order; equal to itself only.

    naics: a sector ("62", "31-33") or a longer code, "unknown" in exactly one row.
    floor, rate: float64, 0 <= floor <= rate <= 5: what is there at least, and by default.
    """

    naics: Sequence[str]
    name: Sequence[str]
    floor: Floats
    rate: Floats
    source: Sequence[str]

    @classmethod
    def load(cls, path: Path | None = None) -> "Rates":
        """The built-in table, or that in the CSV file at `path`; other columns are ignored.

        Raises BadInput naming file, row (the header is row 1) and column of what is wrong.
        """
        where = str(path) if path else "computers.csv"
        return _Reading(where).rates(_text(path, where))

    def rows(self, codes: Sequence[str]) -> Ints:
        """The row of this table for each NAICS code: of its longest prefix, else the unknown."""
        at = {code: row for row, code in enumerate(self.naics)}
        row_of = {code: _row(code, at) for code in dict.fromkeys(codes)}
        return np.fromiter((row_of[code] for code in codes), np.int64, len(codes))


@dataclass(frozen=True)
class ComputersEstimate:
    """Computers of each row, float64 with fractions, shape (n,) each; low <= central <= high.

    NaN where the employees are unknown; `central` also where their range is open, `high` then
    being inf.
    """

    low: Floats
    central: Floats
    high: Floats


def estimate_computers(employees: Ranges, codes: Sequence[str], rates: Rates) -> ComputersEstimate:
    """Computers from employees and NAICS codes ("" where unknown), row by row.

    low: fewest employees x floor. central: the middle of the range x rate. high: most employees
    x 1.3 rate, at most 1.2 an employee unless the rate itself is more.
    """
    rows = rates.rows(codes)
    floor, rate = rates.floor[rows], rates.rate[rows]
    most = np.maximum(rate, np.minimum(_CEILING, rate * _MARGIN))
    closed = np.where(np.isinf(employees.high), np.nan, employees.high)
    # Without any computer an employee, any number of employees has none: not inf x 0.
    high = np.multiply(employees.high, most, out=np.zeros(len(rows)), where=most > 0)
    high = np.where(employees.known, high, np.nan)
    return ComputersEstimate(employees.low * floor, (employees.low + closed) / 2 * rate, high)


def rates_csv() -> str:
    """The built-in table as CSV, to be edited and given to `Rates.load`."""
    return _text(None, "computers.csv")


def _row(code: str, at: Mapping[str, int]) -> int:
    return next((at[up] for up in reversed(ancestor_codes(code)) if up in at), at[UNKNOWN])


def _text(path: Path | None, where: str) -> str:
    try:
        return (path or files("app.businesses") / "computers.csv").read_text(encoding="utf-8-sig")
    except OSError as why:
        raise BadInput(f"{where}: can't be read: {why.strerror}", field="rates") from why
    except UnicodeDecodeError as why:
        raise BadInput(f"{where}: is not UTF-8 text; save it as CSV UTF-8", field="rates") from why


class _Row(NamedTuple):
    """One row of a table as read; `at` is its number there."""

    at: int
    naics: str
    name: str
    floor: float
    rate: float
    source: str


@dataclass(frozen=True)
class _Reading:
    """The reading of one table; `where` is its file in what is said of it."""

    where: str

    def rates(self, text: str) -> Rates:
        rows = [self._row(at, cells) for at, cells in self._cells(text)]
        self._check_codes(rows)
        _, naics, name, floor, rate, source = zip(*rows, strict=True)
        return Rates(naics, name, np.array(floor), np.array(rate), source)

    def _cells(self, text: str) -> Iterator[tuple[int, dict[str, str]]]:
        """The number and the cells of each row that isn't empty."""
        header, *rows = self._lines(text)
        names = [cell.strip().lower() for cell in header]
        if missing := [column for column in COLUMNS if column not in names]:
            what = f"there is none; the table needs {', '.join(COLUMNS)}"
            raise self._bad(1, missing[0], what)
        for at, cells in enumerate(rows, start=2):
            if any(cell.strip() for cell in cells):
                filled = [*cells, *[""] * len(names)]
                yield at, {column: filled[names.index(column)].strip() for column in COLUMNS}

    def _lines(self, text: str) -> list[list[str]]:
        try:
            return list(csv.reader(io.StringIO(text, newline=""))) or [[]]
        except csv.Error as why:
            raise BadInput(f"{self.where}: is not CSV: {why}", field="rates") from why

    def _row(self, at: int, cells: Mapping[str, str]) -> _Row:
        code = self._code(at, cells["naics"])
        floor, rate = (self._number(at, column, cells[column]) for column in ("floor", "rate"))
        if floor > rate:
            raise self._bad(at, "floor", f"{floor:g} is more than the rate, {rate:g}")
        return _Row(at, code, cells["name"], floor, rate, cells["source"])

    def _check_codes(self, rows: Sequence[_Row]) -> None:
        first: dict[str, int] = {}
        for row in rows:
            if first.setdefault(row.naics, row.at) != row.at:
                what = f"{row.naics} is in row {first[row.naics]} already; keep one of them"
                raise self._bad(row.at, "naics", what)
        if UNKNOWN not in first:
            what = f'no row is "{UNKNOWN}"; add one for the businesses of no known industry'
            raise BadInput(f"{self.where}, column naics: {what}", field="naics")

    def _code(self, at: int, text: str) -> str:
        if text.lower() == UNKNOWN:
            return UNKNOWN
        code = sector_of(text) if len(text) == 2 else text
        is_code = code.isdecimal() and len(code) <= 6
        if not sector_of(code) or not (is_code or code == sector_of(code)):
            what = f'"{text}" is no NAICS sector or code; write one such as 62, 31-33 or 6212'
            raise self._bad(at, "naics", what)
        return code

    def _number(self, at: int, column: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = nan
        if not isfinite(value):
            raise self._bad(at, column, f'"{text}" is not a number; write one such as 0.45')
        if not 0 <= value <= MOST_RATE:
            raise self._bad(at, column, f"{text} is not between 0 and {MOST_RATE:g} an employee")
        return value

    def _bad(self, at: int, column: str, what: str) -> BadInput:
        return BadInput(f"{self.where}, row {at}, column {column}: {what}", field=column, row=at)
