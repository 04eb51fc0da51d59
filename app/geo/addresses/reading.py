"""One address as it was written, read into number, street, town, state and postcode.

US addresses by USPS Publication 28, British ones by their plain forms ("Flat 2, 10 Albany Road,
Douglas, IM2 3AJ"). Nothing is looked up: a caller who knows its towns passes them, which is what
tells where the street ends in "1001 Bishop St Honolulu".
"""

import re
from collections.abc import Container
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

from app.geo.addresses.address import Address
from app.geo.addresses.street_names import (
    DIRECTIONS,
    TYPES,
    fold_street,
    postcode_key,
    town_key,
)
from app.geo.addresses.towns import state_of

LONGEST = 300  # characters of an address that are read; the rest is noise


class HouseNumber(NamedTuple):
    """A house number: `first` to `last` inclusive, both equal for a plain one.

    `block` is the part before the hyphen of "91-1234" (Hawaii, Queens), 0 without one. `suffix`
    is what follows: "a" of 12A, "1/2" of 12½.
    """

    block: int
    first: int
    last: int
    suffix: str


class Reading(NamedTuple):
    """An address in parts, "" where absent.

    number, street, cross, name: as written (`cross` is the other street of an intersection,
    `name` the building's). town, state, postcode: keys. box: a P.O. box or rural route stands
    where the street should.
    """

    number: str
    street: str
    cross: str
    name: str
    town: str
    state: str
    postcode: str
    box: bool


class StreetLine(NamedTuple):
    """A street line in parts, as written; see `Reading`."""

    number: str
    street: str
    cross: str
    name: str
    box: bool


_COUNTRY = frozenset(
    (
        *("us", "usa", "united states", "united states of america"),
        *("uk", "united kingdom", "gb", "great britain", "england", "scotland", "wales"),
        *("isle of man", "im", "canada"),
    )
)
_BOX = re.compile(
    r"\b(?:p\.?\s*o\.?\s*(?:box|drawer)|post\s+office\s+box|pob|(?:rr|hc|rural\s+route)\s*\d+"
    r"(?:\s*,?\s*box)?)\s*#?\s*[\w-]*",
    re.IGNORECASE,
)
_UNIT_ID = r"(?:\#?\s*[a-z]{0,2}-?\d[\w/-]*|\#?\s*[a-z]\b(?!\w))"
_UNIT_WORD = (
    r"(?:apt|apartment|unit|units|ste|suite|suites|spc|space|bldg|building|fl|floor|rm|room|lot"
    r"|trlr|dept|flat|kiosk|bay|stall|booth|shop|hangar|pier)"
)
_UNIT = re.compile(
    rf"[\s,]+(?:{_UNIT_WORD}\b\.?\s*{_UNIT_ID}.*|\#\s*\w.*|(?:\w+)\s+(?:floor|fl)\b.*)$",
    re.IGNORECASE,
)
_UNIT_FIRST = re.compile(rf"(?:{_UNIT_WORD}\b\.?\s*{_UNIT_ID}|\#\s*[\w-]+)[\s,]*", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?P<number>[nsew]?\d+(?:[nsew]\d+)?[a-z]?(?:\s*[-–/]\s*\d+[a-z]?\b)?"
    r"(?:\s*(?:[½¼¾]|[13]/[24]\b))?)[\s,]+(?=\S)",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"(\d+)\s+([A-Za-z][A-Za-z ]*)")
_BETWEEN = re.compile(r"\s*(?:&|@|\s/\s|\band\b|\bat\b)\s*", re.IGNORECASE)
_CORNER = re.compile(r"^\s*(?:corner\s+of|cnr\.?|crn\.?\s+of)\s+", re.IGNORECASE)
_SPLIT_NUMBER = re.compile(r"(\d+)\s*(?:[-–/]\s*(\d+))?\s*([a-z]?)\s*([½¼¾]|[13]/[24])?")
_TAGGING = Lock()
_HALVES = {"½": "1/2", "¼": "1/4", "¾": "3/4"}


@lru_cache(1 << 16)
def house_number(text: str, *, blocks: bool = False) -> HouseNumber | None:
    """A house number as written; None when there is none in it.

    "12-14" is a range, "91-1234" a number in a block; with `blocks`, every hyphen parts a block
    from a number, as in Hawaii ("91-110"), where "91110" is the same with its hyphen lost.
    """
    found = _SPLIT_NUMBER.match(text.strip().casefold().lstrip("nsew"))
    if not found or len(found[1]) > 9 or len(found[2] or "") > 9:
        return None
    first, suffix = int(found[1]), found[3] + _HALVES.get(found[4] or "", found[4] or "")
    if not found[2]:
        if blocks and len(found[1]) in (5, 6):
            last = int(found[1][2:])
            return HouseNumber(int(found[1][:2]), last, last, suffix)
        return HouseNumber(0, first, first, suffix)
    last = int(found[2])
    if (blocks and "/" not in text) or last <= first or last > first + 100:
        return HouseNumber(first, last, last, suffix)
    return HouseNumber(0, first, last, suffix)


@lru_cache(1 << 16)
def street_line(text: str) -> StreetLine:
    """A street line, without town, state and postcode, in parts."""
    if plain := _PLAIN.fullmatch(text):
        street = _street_part(plain[2])
        return StreetLine(plain[1], street.street, street.cross, street.name, street.box)
    line = _CORNER.sub("", text.strip())
    unboxed = _BOX.sub(" ", line)
    box = unboxed != line
    best = StreetLine("", "", "", "", box)
    for part in unboxed.split(","):
        read = _numbered(part)
        if read.street and (read.number or not best.number):
            name = best.name or best.street if read.number or not best.number else ""
            best = read._replace(name=read.name or name)
            if read.number:
                break
    return best._replace(box=box and not best.street)


def _numbered(part: str) -> StreetLine:
    """One comma's part: unit off, number off, the street left."""
    rest = part.strip(" .;")
    while found := _UNIT_FIRST.match(rest):
        rest = rest[found.end() :]
    number = _NUMBER.match(rest)
    street = _street_part(rest[number.end() :] if number else rest)
    if number:
        street = street._replace(number=number["number"])
    elif rest.isdigit():
        return StreetLine("", "", "", "", box=False)
    return street


@lru_cache(1 << 16)
def _street_part(text: str) -> StreetLine:
    """A street's name with any unit behind it, and its crossing."""
    unboxed = _BOX.sub(" ", text)
    street = _UNIT.sub("", " " + unboxed).strip(" .,;")
    sides = [side for side in _BETWEEN.split(street, maxsplit=1) if side.strip()]
    cross = sides[1].strip(" .") if len(sides) == 2 else ""
    if cross and not re.search(r"\b(?:and|at)\b", street, re.IGNORECASE):
        street = sides[0].strip(" .")
    return StreetLine("", street, cross, "", unboxed != text and not street)


def parse_address(address: Address, towns: Container[str] = ()) -> Reading:
    """An address in parts. Its own columns win over what its line says after the street.

    `towns`: keys of the towns known, see `town_key`.
    """
    line = " ".join(address.line[:LONGEST].split())
    town, state = town_key(address.city[:LONGEST]), state_of(address.state)
    postcode = postcode_key(address.postcode[:LONGEST])
    if "," in address.city:
        tail = _tail(address.city.split(","), towns)
        town, state, postcode = tail[1], state or tail[2], postcode or tail[3]
    if "," in line or not (town or postcode):
        parts, more_town, more_state, more_postcode = _tail(line.split(","), towns)
        line = ",".join(parts)
        if not (town or postcode) and "," not in line:
            line, more_town = _town_behind(line, more_town, more_state, more_postcode, towns)
        town, state = town or more_town, state or more_state
        postcode = postcode or more_postcode
    read_line = street_line(line)
    if state and not (town or read_line.number or has_type(read_line.street)):
        return Reading("", "", "", "", town_key(read_line.street), state, postcode, read_line.box)
    return Reading(*read_line[:4], town, state, postcode, read_line.box)


def _tail(parts: list[str], towns: Container[str]) -> tuple[list[str], str, str, str]:
    """Country, postcode, state and town taken off the end: what is left, and those three keys."""
    parts = [part.strip() for part in parts if part.strip()]
    town = state = postcode = ""
    while parts:
        last, state_here, postcode_here = _state_and_postcode(parts[-1], bool(parts[:-1]))
        if not last or (state_here or postcode_here):
            state, postcode = state or state_here, postcode or postcode_here
            parts = [*parts[:-1], last] if last else parts[:-1]
        elif not town and _is_town(last, towns, alone=len(parts) == 1, more=state or postcode):
            town, parts = town_key(last), parts[:-1]
        else:
            break
    return parts, town, state, postcode


def _is_town(part: str, towns: Container[str], *, alone: bool, more: str) -> bool:
    """A known town, or what stands between a street and a state or postcode."""
    if _starts_street(part):
        return not alone and town_key(part) in towns
    return town_key(part) in towns or bool(more and not alone)


def _starts_street(part: str) -> bool:
    """It has a house number or a unit in it, so it is no town."""
    return any(c.isdigit() for c in part) or part.startswith("#")


def _state_and_postcode(part: str, follows: bool) -> tuple[str, str, str]:
    """A comma's part without the state, postcode and country at its end, and the two keys.

    A part of one word that nothing stands before is left alone unless it is a postcode.
    """
    words = part.split()
    postcode = state = ""
    if fold_street(part) in _COUNTRY and follows:
        return "", "", ""
    for n in (2, 1):
        code = "".join(words[-n:])
        if len(words) >= n and not postcode and _is_postcode(code, lone=len(words) == n):
            postcode, words = postcode_key(code), words[:-n]
    for n in (3, 2, 1):
        name = " ".join(words[-n:])
        if len(words) >= n and not state and state_of(name) and (follows or len(words) > n):
            if not postcode and not follows and name.islower() and len(name) == 2:
                continue
            state, words = state_of(name), words[:-n]
    return " ".join(words), state, postcode


def _is_postcode(code: str, *, lone: bool) -> bool:
    """Five digits, ZIP+4, British or Canadian; shorter numbers only count as a column's value."""
    if code.isdigit() or code.replace("-", "").isdigit():
        return len(code) in (5, 9, 10) and bool(postcode_key(code))
    return bool(postcode_key(code)) and (lone or len(code) > 4)


def _town_behind(
    line: str, town: str, state: str, postcode: str, towns: Container[str]
) -> tuple[str, str]:
    """Street and town parted where no comma parts them ("1001 Bishop St Honolulu")."""
    if town:
        return line, town
    words = line.split()
    for n in range(min(4, len(words)), 0, -1):
        key = town_key(" ".join(words[-n:]))
        if key in towns and (n < len(words)) and _could_end_street(words[: len(words) - n]):
            return " ".join(words[:-n]), key
        if key in towns and n == len(words):
            return "", key
    if (state or postcode) and len(words) > 3:
        return _by_usaddress(line)
    return line, town


def _could_end_street(words: list[str]) -> bool:
    """Whether a street line may end here: more than its house number stands before."""
    return len(words) > 1 or not words[0][:1].isdigit()


@lru_cache(1 << 12)
def _by_usaddress(line: str) -> tuple[str, str]:
    """Street and town as the trained US parser parts them; the town "" when it sees none."""
    import usaddress

    with _TAGGING:  # one tagger for all threads, which is told the line, then asked
        labelled = usaddress.parse(line)
    town = [word for word, label in labelled if label == "PlaceName"]
    street = [word for word, label in labelled if label != "PlaceName"]
    if not town or not street:
        return line, ""
    return " ".join(street).strip(" ,"), town_key(" ".join(town).strip(" ,"))


def capitalize_street(street: str) -> str:
    """A street as it is shown: words capitalised when they were written in one case."""
    street = " ".join(street.split())
    if not (street.isupper() or street.islower()):
        return street
    return " ".join(
        w.upper() if w.lower() in DIRECTIONS and len(w) < 3 else w.capitalize()
        for w in street.split()
    )


def has_type(street: str) -> bool:
    """Whether the name ends in a street type ("Bishop St")."""
    words = fold_street(street).split()
    return len(words) > 1 and words[-1] in TYPES
