"""Cells -> prospects: what each column's text says, batch by batch.

1. Texts. The marks of spreadsheets, databases, mailing programs and web pages go (`plain_text`),
   white space is one blank, ways to say nothing are nothing. Of several columns of a meaning the
   first that says anything counts.
2. Addresses; see `addresses`.
3. Coordinates, of a column each or of one cell. 0, 0 is no place. Latitude and longitude are
   swapped back where only that makes them possible, or puts a row of a North American state there.
   What is out of range is left out.
4. Sizes: see `SizeReader`.
5. Industries. A code is marked by the system that its header names. Closed is a row with a status
   that says so, or a date of it; the end of a licence is told apart from that.

What is repaired or can't be read is counted, with the first example; see `Notices`.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import polars as pl

from app.businesses.prospects import Prospects
from app.businesses.sizes import MISSING
from app.geo.points import Floats, Mask, Points
from app.lists.addresses import AddressReader
from app.lists.cell_points import may_hold_points, read_points
from app.lists.closures import closed_by_date, closed_by_flag, closed_by_status, licence_end
from app.lists.columns import TakeColumn, count_cells
from app.lists.columns import put_cells as _put
from app.lists.headers import ListColumns, trade_system
from app.lists.notices import Notices
from app.lists.opt_outs import read_opt_outs
from app.lists.plain_text import part_wide_gaps, plain_texts
from app.lists.size_cells import EXAMPLE_LETTERS, SizeReader
from app.lists.vocabulary import plain_header

# The only NAICS codes with a hyphen of their own: https://www.census.gov/naics/ (2022, sectors).
SECTORS = ("31-33", "44-45", "48-49")
# Where a point in one of the states and provinces below lies, in degrees: from Guam to the north of
# Nunavut, west of Newfoundland's east coast; Guam and the last Aleutians are east of 130 E.
SOUTH, NORTH, EAST, FAR_WEST = 13, 84, -50, 130
NORTH_AMERICA = re.findall(
    r"\w+",
    "al ak az ar ca co ct de dc fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj "
    "nm ny nc nd oh ok or pa ri sc sd tn tx ut vt va wa wv wi wy pr vi gu mp "
    "ab bc mb nb nl ns nt nu on pe qc sk yt",
)


class Reader:
    """Makes prospects of batches of cells; keeps count of what it repaired."""

    def __init__(self, columns: ListColumns, place: str = "") -> None:
        self.columns = columns
        self.notices = Notices()
        self.sizes = SizeReader(columns, self.notices)
        self.places = AddressReader(columns, self.notices.add, place)

    def prospects(self, cells: pl.DataFrame) -> Prospects:
        """One for each row of cells, which are text, in the order of the list's headers."""
        take = self.column_taker(cells)
        own, doubts = self.places.read(take, cells.height)
        given = self._points(cells, own.state)
        self.places.count_places(own, given.known)
        return Prospects(
            cells=cells,
            name=self.first(cells, "name").to_list(),
            addresses=own.addresses(),
            doubts=doubts.to_list(),
            given=given,
            computers=self.sizes.size(cells, "computers"),
            employees=self.sizes.size(cells, "employees").otherwise(self.sizes.staff(cells)),
            sales=self.sizes.size(cells, "sales"),
            industry=self._industry(cells),
            advisers=self._read_columns(cells, "advisers"),
            closed=self._closed(cells).to_list(),
            licence_ends=self._dated(
                cells, "licence term", licence_end, "end of the licence not readable"
            ).to_list(),
            opt_outs=read_opt_outs(self.columns, take, cells.height).to_list(),
        )

    def column_taker(self, cells: pl.DataFrame) -> TakeColumn:
        """1. What gives each column of these cells, tidied."""
        return partial(self._read_column, cells)

    def _read_column(self, cells: pl.DataFrame, at: int) -> pl.Series:
        """1. One column, its ways to say nothing taken as nothing."""
        column = part_wide_gaps(plain_texts(cells.to_series(at)))
        column = column.str.replace_all(r"\s+", " ").str.strip_chars(" ,")
        missing = column.str.to_lowercase().is_in(list(MISSING))
        return column.set(missing, "")

    def first(self, cells: pl.DataFrame, meaning: str) -> pl.Series:
        """1. The first column of that meaning that says anything."""
        found = pl.repeat("", cells.height, dtype=pl.String, eager=True)
        for at in self.columns.of.get(meaning, ()):
            column = self._read_column(cells, at)
            found = _put(found, found == "", column)
        return found

    def _read_columns(self, cells: pl.DataFrame, meaning: str) -> list[str]:
        columns = [self._read_column(cells, at) for at in self.columns.of.get(meaning, ())]
        return _joined(columns, cells.height)

    def _points(self, cells: pl.DataFrame, state: pl.Series) -> Points:
        """3. The list's own coordinates, swapped ones put right, unusable ones left out."""
        lat_text, lon_text = self.first(cells, "lat"), self.first(cells, "lon")
        lat, lon = _degrees(lat_text), _degrees(lon_text)
        lat, lon = self._points_in_one(cells, lat, lon)
        unread = ((lat_text != "") | (lon_text != "")) & pl.Series(np.isnan(lat) | np.isnan(lon))
        self.notices.add("coordinates incomplete or not readable", int(unread.sum()))
        zero = (lat == 0) & (lon == 0)
        self.notices.add("coordinates 0, 0 taken as missing", int(zero.sum()))
        here = state.str.to_lowercase().is_in(NORTH_AMERICA).to_numpy()
        swapped = (np.abs(lat) > 90) & (np.abs(lon) <= 90) & (np.abs(lat) <= 180)
        swapped |= here & ~_in_north_america(lat, lon) & _in_north_america(lon, lat)
        self.notices.add("latitude and longitude swapped back", int(swapped.sum()))
        lat, lon = np.where(swapped, lon, lat), np.where(swapped, lat, lon)
        outside = (np.abs(lat) > 90) | (np.abs(lon) > 180)
        self.notices.add("coordinates out of range left out", int(outside.sum()))
        no = outside | zero | np.isnan(lat) | np.isnan(lon)
        return Points(np.where(no, np.nan, lon), np.where(no, np.nan, lat))

    def _points_in_one(
        self, cells: pl.DataFrame, lat: Floats, lon: Floats
    ) -> tuple[Floats, Floats]:
        """3. Where both are missing, those of one cell: of a point, or behind an address."""
        for meaning in ("point", "whole", "line"):
            for at in self.columns.of.get(meaning, ()):
                if not np.isnan(lat + lon).any():
                    return lat, lon
                if not may_hold_points(cells.to_series(at)):
                    continue
                lon_first = plain_header(self.columns.headers[at]).startswith(("lo", "ln", "x"))
                more = read_points(self._read_column(cells, at), lon_first=lon_first)
                empty = np.isnan(lat) & np.isnan(lon)
                lat, lon = np.where(empty, more[0], lat), np.where(empty, more[1], lon)
        return lat, lon

    def _industry(self, cells: pl.DataFrame) -> list[str]:
        """5."""
        columns = []
        for at in self.columns.of.get("industry", ()):
            column, system = self._read_column(cells, at), trade_system(self.columns.headers[at])
            if system:
                code = column.str.replace(r"\.0+$", "")
                digits = code.str.replace_all("-", "", literal=True)
                read = _put(digits, code.is_in(SECTORS), code)
                column = _put(column, digits.str.contains(r"^\d{2,8}$"), f"{system}:" + read)
            columns.append(column)
        return _joined(columns, cells.height)

    def _closed(self, cells: pl.DataFrame) -> pl.Series:
        """5. The first status, date or flag that says it has closed; a date behind a status."""
        said = self._each_says(cells, "status", closed_by_status)
        flag = self._each_says(cells, "open", closed_by_flag)
        said = _put(said, said == "", flag)
        dated = self._dated(cells, "closed", closed_by_date, "closing date not readable")
        return (said + " " + dated).str.strip_chars()

    def _each_says(
        self, cells: pl.DataFrame, meaning: str, read: Callable[[pl.Series], pl.Series]
    ) -> pl.Series:
        """5. What the columns of that meaning are read as, the first that is anything."""
        said = pl.repeat("", cells.height, dtype=pl.String, eager=True)
        for at in self.columns.of.get(meaning, ()):
            said = _put(said, said == "", read(self._read_column(cells, at)))
        return said

    def _dated(
        self,
        cells: pl.DataFrame,
        meaning: str,
        read: Callable[[pl.Series], tuple[pl.Series, pl.Series]],
        unreadable: str,
    ) -> pl.Series:
        """5. The same of columns of dates; what is none is counted."""

        def counted(column: pl.Series) -> pl.Series:
            said, unread = read(column)
            rows, example = count_cells(column, unread)
            self.notices.add(unreadable, rows, repr(example[:EXAMPLE_LETTERS]))
            return said

        return self._each_says(cells, meaning, counted)


def _joined(columns: Sequence[pl.Series], n: int) -> list[str]:
    """What the columns say, joined by " | ", "" where nothing."""
    if not columns:
        return [""] * n
    named = (column.alias(str(i)) for i, column in enumerate(columns))
    frame = pl.DataFrame([column.set(column == "", None) for column in named])
    text = frame.select(pl.concat_str(pl.all(), separator=" | ", ignore_nulls=True))
    return text.to_series().fill_null("").to_list()


def _degrees(text: pl.Series) -> Floats:
    """Degrees; a decimal comma is understood, NaN where it is no finite number."""
    number = text.str.replace(r"^(-?\d+),(\d+)$", "$1.$2").cast(pl.Float64, strict=False)
    degrees = number.fill_null(np.nan).to_numpy()
    return np.where(np.isfinite(degrees), degrees, np.nan)


def _in_north_america(lat: Floats, lon: Floats) -> Mask:
    west, far_west = (lon >= -180) & (lon <= EAST), (lon >= FAR_WEST) & (lon <= 180)
    return (lat >= SOUTH) & (lat <= NORTH) & (west | far_west)
