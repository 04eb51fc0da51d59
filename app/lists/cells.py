"""Cells -> prospects: what each column's text says, batch by batch.

1. Texts. The marks of spreadsheets, databases and web pages go (`plain_texts`), white space is one
   blank, and the ways to say nothing nothing. Of several columns of a meaning the first that says
   anything counts.
2. Addresses. The line is the street with its number, else the second line, else a whole address in
   one cell. A cell that is a whole address stands alone: town, state and postcode of other columns
   may be those of another one. A row without an address has its mailing address.
3. ZIP codes are put back as they are on an envelope: without ".0", the first five of nine digits,
   with the zero that a spreadsheet drops where the state has such codes.
4. Coordinates. 0, 0 is no place. Latitude and longitude are swapped back where only that makes
   them possible, or puts a row of a North American state there. What is out of range is left out.
5. Sizes: see `SizeReader`.
6. Industries. A code is marked by the system that its header names. Closed is a row with a status
   that says so, or a date of it; the end of a licence is told apart from that.

What is repaired or can't be read is counted, with the first example; see `Notices`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from app.businesses.prospects import Prospects
from app.businesses.sizes import MISSING
from app.geo.addresses.address import Addresses
from app.geo.points import Floats, Mask, Points
from app.lists.closures import closed_by_date, closed_by_flag, closed_by_status, licence_end
from app.lists.headers import ListColumns, trade_system
from app.lists.notices import Notices
from app.lists.plain_text import plain_texts
from app.lists.size_cells import EXAMPLE_LETTERS, SizeReader

# The only NAICS codes with a hyphen of their own: https://www.census.gov/naics/ (2022, sectors).
SECTORS = ("31-33", "44-45", "48-49")
# States whose ZIP codes begin with 0 (USPS), which spreadsheets drop; "" where none is given.
ZERO_STATES = [
    *("", "ct", "ma", "me", "nh", "nj", "pr", "ri", "vt", "vi", "connecticut", "massachusetts"),
    *("maine", "vermont", "new hampshire", "new jersey", "puerto rico", "rhode island"),
]
# Where a point in one of the states and provinces below lies, in degrees: from Guam to the north of
# Nunavut, west of Newfoundland's east coast; Guam and the last Aleutians are east of 130 E.
SOUTH, NORTH, EAST, FAR_WEST = 13, 84, -50, 130
NORTH_AMERICA = re.findall(
    r"\w+",
    "al ak az ar ca co ct de dc fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj "
    "nm ny nc nd oh ok or pa ri sc sd tn tx ut vt va wa wv wi wy pr vi gu mp "
    "ab bc mb nb nl ns nt nu on pe qc sk yt",
)
_NOWHERE = r"(?i)^(out of town|various|various locations|mobile|confidential|not applicable)$"
_TAIL = r"(?:\d{5}(?:-?\d{4})?|[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d)"
# A whole address in the street's cell: a comma, words, and a postcode at the end.
_WHOLE = rf"[,;].*[A-Za-z]{{2,}}.*[\s,]{_TAIL}$"
# ... where the last five digits are no suite or highway.
_UNIT_TAIL = (
    r"(?i)\b(?:ste|suite|unit|box|apt|bldg|room|rm|lot|space|no|hwy|highway|route|rte|rt|road|fm|cr|"
    r"sr)\.? ?\d+$"
)
_POINT = r"(?i)^(?:point ?)?\(?-?\d+\.\d+"


class _AddressCells(NamedTuple):
    """The columns of an address."""

    line: pl.Series
    city: pl.Series
    state: pl.Series
    postcode: pl.Series


class Reader:
    """Makes prospects of batches of cells; keeps count of what it repaired."""

    def __init__(self, columns: ListColumns) -> None:
        self.columns = columns
        self.notices = Notices()
        self.sizes = SizeReader(columns, self.notices)

    def prospects(self, cells: pl.DataFrame) -> Prospects:
        """One for each row of cells, which are text, in the order of the list's headers."""
        addresses = self._addresses(cells)
        return Prospects(
            cells=cells,
            name=self._first(cells, "name").to_list(),
            addresses=addresses,
            given=self._points(cells, pl.Series(addresses.state, dtype=pl.String)),
            computers=self.sizes.size(cells, "computers"),
            employees=self.sizes.size(cells, "employees").otherwise(self.sizes.staff(cells)),
            sales=self.sizes.size(cells, "sales"),
            industry=self._industry(cells),
            advisers=self._read_columns(cells, "advisers"),
            closed=self._closed(cells).to_list(),
            licence_ends=self._dated(
                cells, "licence term", licence_end, "end of the licence not readable"
            ).to_list(),
        )

    def _read_column(self, cells: pl.DataFrame, at: int) -> pl.Series:
        """1. One column, its ways to say nothing taken as nothing."""
        column = plain_texts(cells.to_series(at)).str.replace_all(r"\s+", " ").str.strip_chars(" ,")
        missing = column.str.to_lowercase().is_in(list(MISSING))
        return column.set(missing, "")

    def _first(
        self, cells: pl.DataFrame, meaning: str, of: Mapping[str, Sequence[int]] | None = None
    ) -> pl.Series:
        """1. The first column of that meaning that says anything."""
        found = pl.repeat("", cells.height, dtype=pl.String, eager=True)
        for at in (self.columns.of if of is None else of).get(meaning, ()):
            column = self._read_column(cells, at)
            found = _put(found, found == "", column)
        return found

    def _read_columns(self, cells: pl.DataFrame, meaning: str) -> list[str]:
        columns = [self._read_column(cells, at) for at in self.columns.of.get(meaning, ())]
        return _joined(columns, cells.height)

    def _addresses(self, cells: pl.DataFrame) -> Addresses:
        """2."""
        own = self._address(cells, self.columns.of)
        if self.columns.mailing:
            nowhere = (own.line == "") & (own.city == "") & (own.postcode == "")
            mailing = self._address(cells, self.columns.mailing)
            own = _AddressCells._make(
                _put(part, nowhere, other) for part, other in zip(own, mailing, strict=True)
            )
            used = int((nowhere & (own.line != "")).sum())
            self.notices.add("mailing address used where there is no other", used)
        postcode = self._postcodes(own.postcode, own.state)
        parts = own._replace(postcode=postcode)
        return Addresses(*(part.to_list() for part in parts))

    def _address(self, cells: pl.DataFrame, of: Mapping[str, Sequence[int]]) -> _AddressCells:
        """2. A whole address in one cell stands alone."""
        street = self._first(cells, "street", of)
        street = _put(street, street.str.contains(_NOWHERE), "")
        number = _put(self._first(cells, "number", of), street == "", "")
        number = number.str.replace(r"\.0+$", "")
        numbered = (number + " " + street).str.strip_chars()
        line = self._first(cells, "line", of)
        line = _put(line, line.str.contains(_NOWHERE), "")
        line = _put(line, line == "", numbered)
        line = _put(line, line == "", self._first(cells, "line2", of))
        whole = self._first(cells, "whole", of)
        whole = _put(whole, whole.str.contains(_POINT), "")
        alone = (line == "") & whole.str.contains(",", literal=True)
        line = _put(line, line == "", whole)
        alone |= line.str.contains(_WHOLE) & ~line.str.contains(_UNIT_TAIL)
        line = line.str.replace(r"(\d{5})(\d{4})$", "$1-$2")
        rest = (self._first(cells, part, of) for part in _AddressCells._fields[1:])
        return _AddressCells(line, *(_put(part, alone, "") for part in rest))

    def _postcodes(self, read: pl.Series, state: pl.Series) -> pl.Series:
        """3. ZIP codes as spreadsheets leave them -> as they are on an envelope."""
        codes = read.str.replace(r"^(\d+)\.0+$", "$1")
        nine = codes.str.contains(r"^\d{9}$")
        self.notices.add("nine-digit ZIP read by its first five", *_some(read, nine))
        codes = _put(codes, nine, codes.str.slice(0, 5))
        short = codes.str.contains(r"^\d{3,4}$") & state.str.to_lowercase().is_in(ZERO_STATES)
        short &= bool(codes.str.contains(r"^\d{5}").any()) | (state != "")
        self.notices.add("leading zero of the ZIP put back", *_some(read, short))
        return _put(codes, short, codes.str.zfill(5))

    def _points(self, cells: pl.DataFrame, state: pl.Series) -> Points:
        """4. The list's own coordinates, swapped ones put right, unusable ones left out."""
        lat_text, lon_text = self._first(cells, "lat"), self._first(cells, "lon")
        lat, lon = _degrees(lat_text), _degrees(lon_text)
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

    def _industry(self, cells: pl.DataFrame) -> list[str]:
        """6."""
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
        """6. The first status, date or flag that says it has closed; a date behind a status."""
        said = self._each_says(cells, "status", closed_by_status)
        flag = self._each_says(cells, "open", closed_by_flag)
        said = _put(said, said == "", flag)
        dated = self._dated(cells, "closed", closed_by_date, "closing date not readable")
        return (said + " " + dated).str.strip_chars()

    def _each_says(
        self, cells: pl.DataFrame, meaning: str, read: Callable[[pl.Series], pl.Series]
    ) -> pl.Series:
        """6. What the columns of that meaning are read as, the first that is anything."""
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
        """6. The same of columns of dates; what is none is counted."""

        def counted(column: pl.Series) -> pl.Series:
            said, unread = read(column)
            rows, example = _some(column, unread)
            self.notices.add(unreadable, rows, repr(example[:EXAMPLE_LETTERS]))
            return said

        return self._each_says(cells, meaning, counted)


def _put(column: pl.Series, where: pl.Series, other: pl.Series | str) -> pl.Series:
    """The column, with `other` in those rows."""
    if isinstance(other, str):
        other = pl.Series([other], dtype=pl.String)
    return (
        other.zip_with(where, column) if len(other) == len(column) else column.set(where, other[0])
    )


def _joined(columns: Sequence[pl.Series], n: int) -> list[str]:
    """What the columns say, joined by " | ", "" where nothing."""
    if not columns:
        return [""] * n
    named = (column.alias(str(i)) for i, column in enumerate(columns))
    frame = pl.DataFrame([column.set(column == "", None) for column in named])
    text = frame.select(pl.concat_str(pl.all(), separator=" | ", ignore_nulls=True))
    return text.to_series().fill_null("").to_list()


def _some(read: pl.Series, which: pl.Series) -> tuple[int, str]:
    """How many, and the first of them."""
    chosen = read.filter(which)
    return len(chosen), str(chosen[0]) if len(chosen) else ""


def _degrees(text: pl.Series) -> Floats:
    """Degrees; a decimal comma is understood, NaN where it is no finite number."""
    number = text.str.replace(r"^(-?\d+),(\d+)$", "$1.$2").cast(pl.Float64, strict=False)
    degrees = number.fill_null(np.nan).to_numpy()
    return np.where(np.isfinite(degrees), degrees, np.nan)


def _in_north_america(lat: Floats, lon: Floats) -> Mask:
    west, far_west = (lon >= -180) & (lon <= EAST), (lon >= FAR_WEST) & (lon <= 180)
    return (lat >= SOUTH) & (lat <= NORTH) & (west | far_west)
