"""Rows grouped into areas, so that one evening's calls, and who drops by after them, stay in one.

1. An area is a town and a ZIP code, as the address says them: a town is small enough, and a city's
   ZIP codes are its neighbourhoods. Rows that say neither are an area of their own.
2. Areas go by the drive, in bands of BAND_MIN: that of the median of their rows' minutes. Those
   without minutes come last.
3. Within a band each area is followed by the nearest one that is left, so that an evening with
   several small ones goes on next door. The nearest by minutes is the first of all.
4. Within an area the streets go by their nearest row, and along a street by the house number.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import floor, inf

import numpy as np
import polars as pl

from app.exports.answer import AnswerRows
from app.exports.sheets.callees import answer_column
from app.geo.addresses.address import Address
from app.geo.addresses.one_line import plain_address
from app.geo.addresses.reading import parse_address
from app.geo.addresses.street_names import street_name
from app.geo.points import Floats, great_circle_metres

BAND_MIN = 15.0  # judgement: drives that a caller who drops by takes for alike


@dataclass(frozen=True)
class AreaRows:
    """The rows of one area, by number, in the order of their calls."""

    name: str
    rows: Sequence[int]
    minutes: Sequence[float]

    @property
    def span(self) -> str:
        """From its nearest row to its farthest: "3-9 minutes"; "" where no drive is known."""
        if not self.minutes:
            return ""
        low, high = floor(min(self.minutes)), round(max(self.minutes))
        return f"{low}-{high} minutes" if low < high else f"{high} minutes"


@dataclass(frozen=True)
class _Ground:
    """An area, with the middle of its rows, NaN where none is located."""

    area: AreaRows
    median: float
    lon: float
    lat: float

    @property
    def band(self) -> float:
        return self.median // BAND_MIN if self.median < inf else inf


def group_areas(rows: AnswerRows) -> list[AreaRows]:
    """The areas in order; each row is in one of them."""
    members: dict[tuple[str, ...], list[int]] = {}
    towns = rows.recipients.select("city", "state", pl.col("zip").str.slice(0, 5)).rows()
    for row, town in enumerate(towns):
        members.setdefault(tuple(part.casefold() for part in town), []).append(row)
    minutes, lon, lat = (_numbers(rows, name) for name in ("minutes", "lon", "lat"))
    lines = rows.recipients["line_1"].to_list()
    grounds = []
    for key, some in members.items():
        city, state, code = towns[some[0]]
        name = ", ".join(filter(None, [city, f"{state} {code}".strip()])) if any(key) else ""
        known = [float(one) for one in minutes[some] if np.isfinite(one)]
        area = AreaRows(name or "Town unknown", _order_rows(some, lines, minutes), known)
        middle = (_middle(column[some]) for column in (lon, lat))
        grounds.append(_Ground(area, float(np.median(known)) if known else inf, *middle))
    return [ground.area for ground in _order_areas(grounds)]


def _numbers(rows: AnswerRows, name: str) -> Floats:
    return answer_column(rows, name).cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _middle(degrees: Floats) -> float:
    known = degrees[np.isfinite(degrees)]
    return float(np.median(known)) if len(known) else float("nan")


def _order_areas(grounds: Sequence[_Ground]) -> Iterator[_Ground]:
    """2. and 3."""
    by_drive = sorted(grounds, key=lambda ground: ground.median)
    last: _Ground | None = None
    for band in sorted({ground.band for ground in grounds}):
        left = [ground for ground in by_drive if ground.band == band]
        lon = np.array([ground.lon for ground in left])
        lat = np.array([ground.lat for ground in left])
        free = np.ones(len(left), bool)
        while free.any():
            last = left[_next_area(last, lon, lat, free)]
            yield last


def _next_area(last: _Ground | None, lon: Floats, lat: Floats, free: np.ndarray) -> int:
    """3. The nearest of the free ones, which is taken; the first where none is known to be."""
    first = int(np.argmax(free))
    at = first
    if last is not None:
        metres = great_circle_metres(last.lon, last.lat, lon, lat)
        metres = np.where(free & np.isfinite(metres), metres, inf)
        at = int(np.argmin(metres)) if np.isfinite(metres).any() else first
    free[at] = False
    return at


def _order_rows(rows: Sequence[int], lines: Sequence[str], minutes: Floats) -> list[int]:
    """4."""
    streets = {row: street_of(lines[row]) for row in rows}
    nearest: dict[str, float] = {}
    for row, (street, _) in streets.items():
        drive = float(np.nan_to_num(minutes[row], nan=inf))
        nearest[street] = min(drive, nearest.get(street, inf))

    def place(row: int) -> tuple[bool, float, str, int, str]:
        street, number = streets[row]
        return not street, nearest[street], street, number, lines[row].casefold()

    return sorted(rows, key=place)


@lru_cache(1 << 14)
def street_of(line: str) -> tuple[str, int]:
    """The key of an address line's street, "" where it has none, and the house number."""
    read = parse_address(plain_address(Address(line)))
    digits = re.search(r"\d{1,9}", read.number)
    key = street_name(read.street).key if read.street else ""
    return key, int(digits[0]) if digits else 0
