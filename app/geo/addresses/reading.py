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
from app.geo.addresses.states import state_of
from app.geo.addresses.street_lines import has_type, is_unit, street_line
from app.geo.addresses.street_names import DIRECTIONS, fold_street, postcode_key, town_key
from app.geo.addresses.towns import is_county

LONGEST = 300  # characters of an address that are read; the rest is noise


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


_COUNTRY = frozenset(
    (
        *("us", "usa", "u s a", "u s", "united states", "united states of america"),
        *("uk", "united kingdom", "gb", "great britain", "england", "scotland", "wales"),
        *("isle of man", "im", "canada"),
    )
)
_COUNTRY_BEHIND = re.compile(
    r"[\s,]+(?:U\.?\s?S\.?\s?A\.?|(?i:united states(?: of america)?)|US|U\.S\.)$"
)
_NUMBERED = re.compile(r"\#?\d+[\w/-]*\s+\S*[a-z]", re.IGNORECASE)
_TAGGING = Lock()
_BREAKS = re.compile(r"\s*(?:[\r\n|;]|(?<=[^\d\s])\s+[-–]\s)\s*")
_GAPS = re.compile(r"(?<=\S) {2,}(?=\S)")


def parse_address(address: Address, towns: Container[str] = ()) -> Reading:
    """An address in parts. Its own columns win over what its line says after the street.

    `towns`: keys of the towns known, see `town_key`.
    """
    line = _one_spaced(address.line[:LONGEST])
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


def _one_spaced(line: str) -> str:
    """The line with commas where lines, bars, dashes or wide gaps part it, without the country."""
    line = _BREAKS.sub(", ", line)
    if "  " in line and len(_GAPS.findall(line)) > 1:
        line = _GAPS.sub(", ", line.strip())
    line = " ".join(line.split())
    return _COUNTRY_BEHIND.sub("", line) if line[-1:] in "aAsS." else line


def _tail(parts: list[str], towns: Container[str]) -> tuple[list[str], str, str, str]:
    """Country, postcode, state, county and town taken off the end: what is left, and three keys.

    They may stand there twice. Nothing is taken off a part that begins with a house number once
    town or state are known: "10 Fairfield Ct", "615 County Road 45300".
    """
    parts = [part.strip() for part in parts if part.strip(" .")]
    town = state = postcode = ""
    while parts and not ((town or state) and _begins_street(parts[-1], towns)):
        follows = len(parts) > 1
        if state and not town and follows and _is_town_too(parts[-1], state, towns):
            town, parts = town_key(parts[-1]), parts[:-1]
            continue
        last, state_here, postcode_here = _state_and_postcode(parts[-1], follows, towns)
        if not last or (state_here or postcode_here):
            state, postcode = state or state_here, postcode or postcode_here
            parts = [*parts[:-1], last] if last else parts[:-1]
        elif not town and _is_town(last, towns, alone=not follows, more=state or postcode):
            town, parts = town_key(last), parts[:-1]
        elif follows and (town_key(last) == town or (is_county(last) and state)):
            parts = parts[:-1]
        else:
            break
    return parts, town, state, postcode


def _is_town_too(part: str, state: str, towns: Container[str]) -> bool:
    """Whether what could be a state is a town, for the state is known: "Washington, DC"."""
    named = state_of(part)
    return bool(named) and (named != state or town_key(part) in towns)


def _is_town(part: str, towns: Container[str], *, alone: bool, more: str) -> bool:
    """A known town, or what stands between a street and a state or postcode."""
    key = town_key(part)
    if _starts_street(part):
        return not alone and key in towns
    if key in towns:
        return True
    no_town = key.replace(" ", "") in DIRECTIONS or is_county(part) or is_unit(part)
    return bool(more and not alone) and not no_town


def _begins_street(part: str, towns: Container[str]) -> bool:
    """A house number and more, but for a postcode before its town."""
    return _NUMBERED.match(part) is not None and not _is_zip_and_town(part, towns)


def _is_zip_and_town(part: str, towns: Container[str]) -> bool:
    """A ZIP code before a known town ("96813 Honolulu")."""
    code, _, town = part.partition(" ")
    return code[:1].isdigit() and _is_postcode(code, lone=False) and town_key(town) in towns


def _starts_street(part: str) -> bool:
    """It has a house number or a unit in it, so it is no town."""
    return any(c.isdigit() for c in part) or part.startswith("#")


def _state_and_postcode(part: str, follows: bool, towns: Container[str]) -> tuple[str, str, str]:
    """A comma's part without the state, postcode and country at its end, and the two keys.

    A part of one word that nothing stands before is left alone unless it is a postcode.
    """
    words = part.split()
    postcode = state = ""
    if fold_street(part) in _COUNTRY and follows:
        return "", "", ""
    if follows and _is_zip_and_town(part, towns):
        return " ".join(words[1:]), "", postcode_key(words[0])
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
