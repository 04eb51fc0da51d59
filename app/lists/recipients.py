"""Who mail goes to and where, as each row of a list says it: the columns of a letter or a label.

1. Where mail goes: the mailing address where the list has one, else that of the business.
2. The line of the street, and what stands beside it (suite, building, care of) on a second one. A
   whole address in one cell is parted at the town, which stands before the state or ZIP code.
3. A ZIP code has its zeros and, where the list knows them, the four digits behind it.
4. A state of the United States is its two letters. `country` is in English; "" where nothing says
   it.
5. Who reads it: the person that the list names, else nobody. The salutation is theirs, else the
   business's.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial

import polars as pl

from app.geo.addresses.address import Address
from app.geo.addresses.countries import US, country_of
from app.geo.addresses.states import is_province, state_of
from app.geo.addresses.town_line import split_town_line
from app.lists.address_cells import AddressCells, CellsOf, join_texts
from app.lists.addresses import AddressReader
from app.lists.cells import Reader
from app.lists.columns import TakeColumn, put_cells, read_distinct
from app.lists.contact_words import contact_columns
from app.lists.families import MAILING, family_splits, kind_of
from app.lists.headers import ListColumns
from app.lists.opt_outs import read_opt_outs
from app.lists.vocabulary import plain_header

# How letters are addressed, in the order of an envelope's lines, and what each column holds.
RECIPIENT: Mapping[str, str] = {
    "name": "The business, as the list has it.",
    "attention": "The person there that mail is for.",
    "line_1": "Where mail goes, which may not be where the business is: street and number, or box.",
    "line_2": "Suite, building, care of.",
    "city": "Its town.",
    "state": "Its state, by its two letters where it is one of the United States.",
    "zip": "Its ZIP code with its zeros, and the four digits behind where they are known.",
    "country": "Its country, in English.",
    "salutation": "How a letter begins.",
    "phone": "The first phone number of the row, as written.",
    "email": "The first e-mail address of the row, as written.",
    "website": "The first web address of the row, as written.",
    "opt_outs": "What the row has opted out of, and which column says so.",
}
CONTACT = ("phone", "email", "website")
_CANADIAN = re.compile(r"\b([A-Z])([\dIO])([A-Z]) ?([\dIO])([A-Z])([\dIO])$")
_TYPED = str.maketrans("IO", "10")
_TAIL_PARTS = 4  # a town, a state, a country and a postcode, as Apollo writes them


class RecipientReader:
    """Makes the columns of RECIPIENT, all text, of batches of a list's cells."""

    def __init__(self, columns: ListColumns, place: str = "") -> None:
        self._columns = columns
        self._reader = Reader(columns, place)
        self._places = AddressReader(columns, lambda *_: None, place)
        self._contacts = dict(contact_columns(columns.headers))
        mailing = [one for one in columns.others if kind_of(one.family) == MAILING]
        self._mailing = mailing[0].of if mailing else None
        if mailing:
            self._contacts |= _parted_zip4(self._contacts, columns.headers)

    def read(self, cells: pl.DataFrame) -> pl.DataFrame:
        """One row for each, in order."""
        take, rows = self._reader.column_taker(cells), cells.height
        name, person = self._reader.first(cells, "name"), self._person(take, rows)
        address, second, mailed = self._address(take, rows)
        columns = {
            "name": name,
            "attention": person,
            "line_1": address.line,
            "line_2": second,
            "city": address.city,
            "state": _state(address),
            "zip": self._zip(take, address.postcode, mailed),
            "country": _country(address),
            "salutation": _salutation(name, person),
            **{meaning: self._first(take, meaning, rows) for meaning in CONTACT},
            "opt_outs": read_opt_outs(self._columns, take, rows),
        }
        return pl.DataFrame({key: column.rename(key) for key, column in columns.items()})

    def _address(self, take: TakeColumn, rows: int) -> tuple[AddressCells, pl.Series, pl.Series]:
        """1. and 2.: the address, its second line, and whether it is of the columns of mail."""
        mailed = pl.repeat(False, rows, eager=True)
        cells = partial(CellsOf, headers=self._columns.headers, take=take, rows=rows)
        own, _ = self._places.read(take, rows)
        second, unit = cells(self._columns.of).second_line(own.line), self._unit(take, rows)
        second = put_cells(second, (second == "") & ~_holds(own.line, unit), unit)
        if self._mailing is not None:
            theirs = cells(self._mailing)
            mail = self._places.complete(theirs.address())
            mailed = ~mail.nowhere & (mail.line != "")
            second = put_cells(second, mailed, theirs.second_line(mail.line))
            own = own.or_else(mailed, mail)
        own, second = _parted(own, second)
        return _with_columns(own, cells(self._columns.of).town()), second, mailed

    def _unit(self, take: TakeColumn, rows: int) -> pl.Series:
        """2. "400" of a column Unit is "Unit 400"."""
        found = pl.repeat("", rows, dtype=pl.String, eager=True)
        for at in self._contacts.get("unit", ()):
            word = "Suite" if "s" in self._columns.headers[at].casefold().split()[-1] else "Unit"
            unit = take(at).str.replace(r"^#?(\w{1,5})$", f"{word} $1")
            found = put_cells(found, found == "", unit)
        return found

    def _zip(self, take: TakeColumn, postcode: pl.Series, mailed: pl.Series) -> pl.Series:
        """3. The last four digits are those of the same address."""
        more = self._first(take, "zip4", len(postcode))
        if self._mailing is not None:
            theirs = self._first(take, "mailing zip4", len(postcode))
            more = put_cells(more, mailed, theirs)
        more = more.str.replace(r"\.0+$", "")
        more = put_cells(more, more.str.contains(r"^\d{1,3}$"), more.str.zfill(4))
        nine = self._nine_digits(take, postcode)
        both = postcode.str.contains(r"^\d{5}$") & more.str.contains(r"^\d{4}$")
        return put_cells(nine, both & (more != "0000"), postcode + "-" + more)

    def _nine_digits(self, take: TakeColumn, postcode: pl.Series) -> pl.Series:
        """3. Of a code of nine digits the first five decide where a row is; mail has them all."""
        found = postcode
        for of in (self._columns.of, self._mailing or {}):
            for at in of.get("postcode", ()):
                parts = [take(at).str.extract(r"^(\d{4,5})-?(\d{4})$", part) for part in (1, 2)]
                whole, last = (part.fill_null("") for part in parts)
                whole = put_cells(whole, whole != "", whole.str.zfill(5))
                same = (whole == postcode.str.slice(0, 5)) & ~last.is_in(["", "0000"])
                found = put_cells(found, same, whole + "-" + last)
        return found

    def _person(self, take: TakeColumn, rows: int) -> pl.Series:
        """5."""
        parts = [self._first(take, part, rows) for part in ("first", "last")]
        person = join_texts(parts, " ", rows)
        person = put_cells(person, person == "", self._first(take, "contact", rows))
        prefix = self._first(take, "prefix", rows)
        titled = (prefix != "") & (person != "") & ~prefix.str.contains(r"(?i)^dear\b")
        return put_cells(person, titled, prefix + " " + person)

    def _first(self, take: TakeColumn, meaning: str, rows: int) -> pl.Series:
        found = pl.repeat("", rows, dtype=pl.String, eager=True)
        for at in self._contacts.get(meaning, ()):
            found = put_cells(found, found == "", take(at))
        return found


def _parted_zip4(
    contacts: Mapping[str, Sequence[int]], headers: Sequence[str]
) -> dict[str, Sequence[int]]:
    """3. The columns of last four digits of the business's address, and those of mail."""
    places = contacts.get("zip4", ())
    mail = [
        at
        for at in places
        if any(kind_of(one) == MAILING for _, one in family_splits(plain_header(headers[at])))
    ]
    return {"zip4": [at for at in places if at not in mail], "mailing zip4": mail}


def _parted(own: AddressCells, second: pl.Series) -> tuple[AddressCells, pl.Series]:
    """2. Whole addresses in a line, parted."""
    whole = (own.city == "") & own.line.str.contains(",", literal=True)
    if not whole.any():
        return own, second
    line = put_cells(own.line, ~whole, "")
    parts = [read_distinct(line, partial(_part_of_line, at=at)) for at in range(6)]
    parted = AddressCells(parts[0], *parts[2:6])
    found = whole & (parted.city != "")
    beside = join_texts([parts[1], second], ", ", len(second))
    kept = [put_cells(new, new == "", old) for new, old in zip(parted, own, strict=True)]
    return own.or_else(found, AddressCells._make(kept)), put_cells(second, found, beside)


def _with_columns(own: AddressCells, columns: AddressCells) -> AddressCells:
    """2. Of a whole address that can't be parted the town and what follows are in the columns.

    They don't stay in its line where it ends with them.
    """
    bare = (own.city == "") & (own.postcode == "") & (columns.city != "")
    if not bare.any():
        return own
    rows = zip(own.line, columns.city, columns.state, columns.postcode, strict=True)
    lines = pl.Series([_without_tail(*row) for row in rows], dtype=pl.String)
    return own.or_else(bare, columns._replace(line=lines, country=own.country))


def _without_tail(line: str, *town: str) -> str:
    """The line without a town, a state and a ZIP code at its end, or the last two of them."""
    for first in (0, 1):
        tail = r"[\s,]*".join(re.escape(part) for part in town[first:] if part)
        bare = re.sub(rf"(?i)[\s,]+{tail}\s*$", "", line) if tail else line
        if bare and bare != line:
            return bare
    return line


def _part_of_line(text: str, at: int) -> str:
    return _split_line(text)[at]


def _split_line(text: str) -> Sequence[str]:
    """Street, what stands beside it, town, state, postcode and country; all in one where unknown.

    The town is the last part but for the state, the postcode and the country; what is called like a
    country is one where a town stands before it.
    """
    parts = [part.strip() for part in _mend_code(text).split(",") if part.strip()]
    counts = range(1, min(_TAIL_PARTS, len(parts) - 1) + 1)
    tails = [(count, split_town_line(", ".join(parts[-count:]))) for count in counts]
    towns = [(count, tail) for count, tail in tails if _has_town(tail)]
    if not towns:
        return text, "", "", "", "", ""
    count, tail = next((one for one in towns if not _may_be_country(one[1])), towns[0])
    street, *beside = parts[:-count]
    return street, ", ".join(beside), tail.city, tail.state, tail.postcode, tail.country


def _has_town(tail: Address) -> bool:
    """Whether it has a town for sure: with a state, or with a postcode or a country."""
    is_state = bool(state_of(tail.city)) or is_province(tail.city)
    told = tail.state or ((tail.postcode or tail.country) and not is_state)
    return bool(tail.city and told) and not any(letter.isdigit() for letter in tail.city)


def _may_be_country(tail: Address) -> bool:
    return not tail.state and country_of(tail.city) != ""


def _mend_code(text: str) -> str:
    """With a Canadian postcode at its end whose digits were typed as letters: "VIM 4A7"."""
    code = _CANADIAN.search(text)
    if code is None:
        return text
    digits = (digit.translate(_TYPED) for digit in code.group(2, 4, 6))
    letters = code.group(1, 3, 5)
    mended = "".join(letter + digit for letter, digit in zip(letters, digits, strict=True))
    return f"{text[: code.start()]}{mended[:3]} {mended[3:]}"


def _holds(line: pl.Series, unit: pl.Series) -> pl.Series:
    """Whether the street's line ends with that unit's number."""
    last = unit.str.extract(r"(\w+)$").fill_null("")
    return (last != "") & pl.select(pl.lit(line).str.ends_with(pl.lit(last))).to_series()


def _state(address: AddressCells) -> pl.Series:
    """4."""
    letters = read_distinct(address.state, state_of)
    return put_cells(letters, letters == "", address.state)


def _country(address: AddressCells) -> pl.Series:
    """4. That of a state or a ZIP code, where no other is told."""
    ours = read_distinct(address.state, state_of) != ""
    ours |= (address.state == "") & address.postcode.str.contains(r"^\d{5}(?:-\d{4})?$")
    return put_cells(address.country, ours & (address.country == ""), US)


def _salutation(name: pl.Series, person: pl.Series) -> pl.Series:
    """5."""
    to = put_cells("team at " + name, person != "", person)
    return put_cells("Dear " + to, (name == "") & (person == ""), "To whom it may concern")
