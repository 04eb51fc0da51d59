"""Cells -> addresses: where each row's business is, and nothing that its list does not say.

1. The parts of an address; see `address_cells`. A row whose address is empty has that of the next
   family of columns, of mail and of people last; for those, `doubts` names the column.
2. ZIP codes are put back as they are on an envelope: without ".0", the first five of nine digits,
   with the zero that a spreadsheet drops where the state has such codes.
3. A country that is not the United States is kept: no ZIP code places such a row.
4. What a list leaves out its user may say: the place that all rows are in which name none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import polars as pl

from app.errors import BadList
from app.geo.addresses.countries import US, country_of
from app.geo.addresses.states import is_province, state_of
from app.geo.addresses.street_names import DIRECTIONS, TYPES
from app.geo.addresses.town_line import split_town_line
from app.geo.points import Mask
from app.lists.address_cells import AddressCells, CellsOf
from app.lists.columns import TakeColumn, count_cells, put_cells, read_distinct
from app.lists.headers import ListColumns

type AddNote = Callable[[str, int, str], None]  # what, in how many rows, an example or ""

# States whose ZIP codes begin with 0 (USPS), which spreadsheets drop; "" where none is given.
ZERO_STATES = [
    *("", "ct", "ma", "me", "nh", "nj", "pr", "ri", "vt", "vi", "connecticut", "massachusetts"),
    *("maine", "vermont", "new hampshire", "new jersey", "puerto rico", "rhode island"),
]
# A line that goes on behind its street: a state, a postcode, or words behind a comma that are no
# unit. Two letters that are a street's type as well count behind a comma only.
_STATE_BEHIND = r"[\s,](?:[A-Z]{2}|[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d|\d{5}(?:-\d{4})?)$"
_TYPE_BEHIND = r"\s(?:CT|LA|AL|PL|ST|DR|RD|LN|NW|NE|SW|SE|AV|CR|SQ|PK|TR|WY|HL|VW|PT|KY|MT|IS|UN)$"
_TOWN_BEHIND = r",\s*[A-Za-z][A-Za-z .'-]{2,}$"
_UNIT_BEHIND = r"(?i),\s*(?:ste|suite|unit|apt|bldg|building|floor|fl|rm|room|dept|rear|upstairs)\b"
_STREET_END = rf"(?i)\b(?:{'|'.join(sorted(TYPES.keys() | DIRECTIONS.keys()))})\.?$|\d$"


@dataclass
class PlaceTally:
    """Of all rows so far: with a place, with a street alone, and such that end like a street."""

    placed: int = 0
    streets: int = 0
    plain: int = 0
    example: str = ""

    def check(self) -> None:
        """Raise BadList where streets are all that the list says of where its rows are."""
        if self.placed or not self.streets or 2 * self.plain < self.streets:
            return
        raise BadList(
            f"no row says its town, state or ZIP code (such as {self.example[:40]!r}): say where "
            'all of them are as place, such as --place "Bozeman, MT"',
            field="place",
        )


class AddressReader:
    """Reads the addresses of batches of cells; `note` is told what it repaired or doubts.

    place: where the rows are that don't say it, as people write it; "" where nobody said.
    """

    def __init__(self, columns: ListColumns, note: AddNote, place: str = "") -> None:
        self._columns = columns
        self._note = note
        self._place = split_town_line(place) if place.strip() else None
        self.tally = PlaceTally()

    def read(self, take: TakeColumn, rows: int) -> tuple[AddressCells, pl.Series]:
        """The address of each row, and the header that it is from where that is in doubt."""
        own, doubts = self._of_families(take, rows)
        return self.complete(own), doubts

    def complete(self, own: AddressCells) -> AddressCells:
        """2., 3. and 4. of addresses that were read: their ZIP codes, countries and place."""
        country = _foreign(own.country, own.state)
        country = put_cells(country, country == "", _country_behind(own.line))
        postcode = self._postcodes(own.postcode, own.state, country)
        return self._at_place(own._replace(postcode=postcode, country=country))

    def _of_families(self, take: TakeColumn, rows: int) -> tuple[AddressCells, pl.Series]:
        """1."""
        columns = self._columns
        address = partial(CellsOf, headers=columns.headers, take=take, rows=rows)
        own = address(columns.of).address()
        doubts = pl.repeat("", rows, dtype=pl.String, eager=True)
        doubts = self._doubted(doubts, ~own.nowhere, columns.doubt)
        for other in columns.others:
            if not own.nowhere.any():
                break
            theirs = address(other.of).address()
            taken = own.nowhere & ~theirs.nowhere
            own, doubts = own.or_else(taken, theirs), self._doubted(doubts, taken, other.doubt)
        return own, doubts

    def _doubted(self, doubts: pl.Series, taken: pl.Series, header: str) -> pl.Series:
        if not header:
            return doubts
        self._note(f"{header!r} used where there is no other address", int(taken.sum()), "")
        return put_cells(doubts, taken, header)

    def _postcodes(self, read: pl.Series, state: pl.Series, country: pl.Series) -> pl.Series:
        """2."""
        codes = read.str.replace(r"^(\d+)\.0+$", "$1")
        zeros = state.str.to_lowercase().is_in(ZERO_STATES)
        nine = codes.str.contains(r"^\d{9}$") | (zeros & codes.str.contains(r"^\d{8}$"))
        self._note("nine-digit ZIP read by its first five", *count_cells(read, nine))
        codes = put_cells(codes, nine, codes.str.zfill(9).str.slice(0, 5))
        four = zeros & codes.str.contains(r"^\d{4}-\d{4}$")
        codes = put_cells(codes, four, "0" + codes)
        short = codes.str.contains(r"^\d{3,4}$") & zeros
        short &= bool(codes.str.contains(r"^\d{5}").any()) | (state != "")
        short &= country == ""
        self._note("leading zero of the ZIP put back", *count_cells(read, short))
        return put_cells(codes, short, codes.str.zfill(5))

    def _at_place(self, own: AddressCells) -> AddressCells:
        """4. The place where a row names none; its state where a row has a town alone."""
        place, bare = self._place, (own.postcode == "") & (own.country == "")
        if place is None:
            return own
        nowhere = bare & (own.city == "") & (own.state == "") & ~names_place(own.line)
        town = bare & (own.city != "") & (own.state == "")
        return AddressCells(
            own.line,
            put_cells(own.city, nowhere, place.city),
            put_cells(own.state, nowhere | town, place.state),
            put_cells(own.postcode, nowhere, place.postcode),
            put_cells(own.country, nowhere | town, place.country),
        )

    def count_places(self, own: AddressCells, given: Mask) -> None:
        """Count which rows say where they are; `given`: those with coordinates."""
        there = pl.Series(given) | (own.postcode != "")
        line = own.line.filter(~(there | (own.city != "") | (own.state != "")))
        named = names_place(line)
        streets = line.filter(~named & (line != ""))
        tally = self.tally
        tally.placed += len(own.line) - len(line) + int(named.sum())
        tally.streets += len(streets)
        tally.plain += int(streets.str.contains(_STREET_END).sum())
        tally.example = tally.example or (str(streets[0]) if len(streets) else "")
        self._note(
            "no town, state or ZIP code (--place says where such rows are)",
            len(streets),
            repr(tally.example[:40]) if len(streets) else "",
        )
        town = own.city.filter(~there & (own.state == "") & (own.country == ""))
        town = town.filter(town != "")
        self._note(
            "town without state or ZIP code, which may be any of its name (--place says the state)",
            len(town),
            repr(town[0][:40]) if len(town) else "",
        )


def names_place(line: pl.Series) -> pl.Series:
    """Whether a line goes on behind its street, to a town, a state or a postcode."""
    state = line.str.contains(_STATE_BEHIND) & ~line.str.contains(_TYPE_BEHIND)
    return state | (line.str.contains(_TOWN_BEHIND) & ~line.str.contains(_UNIT_BEHIND))


def _foreign(country: pl.Series, state: pl.Series) -> pl.Series:
    """3. The country abroad of each row, "" for none.

    What no country is called is one that we don't know, but beside one of the United States.
    """
    provinces = read_distinct(state, lambda text: "Canada" if is_province(text) else "")
    if not (country != "").any():
        return provinces
    known = read_distinct(country, country_of)
    ours = read_distinct(state, state_of) != ""
    named = put_cells(known, (known == "") & ~ours, country)
    named = put_cells(named, named == "", provinces)
    return put_cells(named, named == US, "")


def _country_behind(line: pl.Series) -> pl.Series:
    """3. The country abroad that a whole address in one line ends with, "" for none."""
    last = line.str.extract(r",.*,\s*([A-Za-z][A-Za-z .]{3,})$").fill_null("")
    return read_distinct(last, lambda name: "" if state_of(name) else _abroad(name))


def _abroad(name: str) -> str:
    country = country_of(name)
    return "" if country == US else country
