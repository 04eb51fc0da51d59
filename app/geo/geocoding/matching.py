"""How well a service's answer fits the address that was asked, whatever the service says of it.

Services would rather answer with another address than with none, and their scores mean something
else with each. The address in the answer, its label, is in all of them; it is read as addresses
are and compared.

1. The postcode asked for, found in the label, settles where it is.
2. A label of the United States is none where the address lies abroad, and one of another state or
   country is none where a state is asked for.
3. With a postcode on both sides the same area is enough, or the same region and the town's name.
   Else the label must name the town; where no town can be told, nothing is asked of it.
4. Another street in the label: the town is all that is known. Streets are the same if their names
   are, one slip of the pen aside; types may differ, numbers and single letters may not.
5. The street with another house number, or on the other side of town (NW for SE): the street is all
   that is known.
6. Of the best that fit, those with the postcode are meant, else those with the town. If they are
   apart, it is a tie. Where neither state nor postcode is given it may be any of them: the one
   nearest to the home base, with a radius that holds them all.
"""

import re

from rapidfuzz.distance import OSA

from app.geo.addresses.address import Address
from app.geo.addresses.house_numbers import house_number
from app.geo.addresses.reading import LONGEST, Reading, parse_address
from app.geo.addresses.states import is_province, state_of
from app.geo.addresses.street_lines import street_line
from app.geo.addresses.street_names import fold_street, street_name, town_key
from app.geo.addresses.town_words import fold_town as joined
from app.geo.geocoding.fix import (
    RADIUS_M,
    SAME_FIX_M,
    Fix,
    GeocodeReply,
    apart_m,
    no_fix,
    widest_fix,
)
from app.geo.geocoding.geocoder import Accuracy
from app.geo.points import Point

# Judgement: in shorter names one letter makes another street; in others so many edits are a slip.
SHORTEST_SLIP, SLIP_EDITS = 5, 1
# The first characters of a postcode that places near each other share: of a ZIP code the sorting
# centre (USPS), of a Canadian one its forward sortation area, of most British ones the district.
AREA = 3
NAMED = 4  # judgement: of the places of a tie, how many are named
_CANADIAN = re.compile(r"[A-Z]\d[A-Z] \d[A-Z]\d")
_DIRECTION = re.compile(r"[nsew]{1,2}")
_DIGITS = re.compile(r"\d+[a-z]?")
_LETTER = re.compile(r"\b[a-z]\b")
_ONLY_NUMBER = re.compile(r"\d+(?:\s*[-–/]\s*\d+)?\s*[a-z]?", re.IGNORECASE)
_UNIT = re.compile(r"(?:suite|ste|unit|flat|apt|shop|room|rear)\b|.*\bfloor$|.*\d", re.IGNORECASE)
_US = frozenset(("us", "usa", "united states", "united states of america"))
_OTHERS = frozenset(
    (
        *("uk", "gb", "united kingdom", "great britain", "england", "scotland", "wales"),
        *("northern ireland", "ireland", "isle of man", "im", "canada"),
    )
)

# Post towns and what else they are called.
_ALSO = {
    "new york": "manhattan",
    **dict.fromkeys(("new york city", "nyc", "manhattan"), "new york"),
}


def match_fixes(asked: Address, told: GeocodeReply) -> list[Fix]:
    """The places of an answer that fit what was asked, each as good as its label allows.

    Best first, else in their order.
    """
    parts = parse_address(asked)
    towns, abroad = _towns(asked, parts), _abroad(asked, parts)
    fixes = []
    for fix in told.fixes:
        label = fix.label[:LONGEST]
        if not label or _is_there(parts, towns, label, abroad=abroad):
            fixes.append(_at_best(fix, parts, towns, label))
    return sorted(fixes, key=lambda fix: -fix.accuracy)


def choose_fix(asked: Address, told: GeocodeReply, near: Point | None, name: str) -> Fix:
    """6. The one place an address means; none, with a note, where several fit equally, or none."""
    places = match_fixes(asked, told)
    if not places:
        only = f"only one elsewhere ({told.fixes[0].label})" if told.fixes else "no such place"
        return no_fix(told.note or f"{name} knows {only}")
    parts = parse_address(asked)
    towns = _towns(asked, parts)
    best = [fix for fix in places if fix.accuracy == places[0].accuracy]
    equal = [fix for fix in best if _has_postcode(parts.postcode, fix.label)]
    equal = equal or [fix for fix in best if towns and _named(towns, fix.label)] or best
    far = [fix for fix in equal if apart_m(equal[0], fix) > SAME_FIX_M + fix.radius_m]
    if not far:
        return equal[0]._replace(note=told.note)
    if near is not None and not (parts.state or parts.postcode):
        home = Fix(near.lon, near.lat, Accuracy.GIVEN, 0.0, "")
        near_first = sorted(equal, key=lambda fix: (apart_m(home, fix), fix.label))
        return widest_fix(near_first, f"it may be any of {len(equal)} places that fit")
    names = "; ".join([equal[0].label, *(fix.label for fix in far[: NAMED - 1])])
    return no_fix(f"{name}: a tie, several places fit: {names}")


def _towns(asked: Address, parts: Reading) -> list[str]:
    """Keys of what the town may be called; where nothing tells, of all behind the street."""
    keys = [parts.town] if parts.town else []
    if parts.street and not parts.town:
        behind = asked.line.partition(parts.street)[2].split(",")[1:]
        keys = [town_key(part) for part in behind if not _UNIT.match(part.strip())]
        keys = [key for key in keys if key not in _OTHERS | _US]
    for key in tuple(keys):
        first, _, last = key.rpartition(" ")
        if first and (state_of(last) or last == "iom"):
            keys.append(first)
    return [*keys, *(_ALSO[key] for key in keys if key in _ALSO)]


def _abroad(asked: Address, parts: Reading) -> bool:
    """Whether it says itself that it lies outside the United States."""
    if asked.country:
        return True
    if parts.state or parts.postcode.isdigit():
        return False
    last = asked.state or asked.line.rpartition(",")[2]
    return fold_street(last) in _OTHERS or is_province(last)


def _is_there(asked: Reading, towns: list[str], label: str, *, abroad: bool) -> bool:
    """Whether the label is of a place in the town, state and postal area asked for."""
    read = parse_address(Address(label))
    in_us = bool(read.state) and (not read.postcode or read.postcode.isdigit())
    if _has_postcode(asked.postcode, label) and not (abroad and in_us):  # 1.
        return True
    if in_us and (abroad or (asked.postcode and not asked.postcode.isdigit())):  # 2.
        return False
    if asked.state and asked.state != read.state:
        nothing_else = _towns_in(label)[-1:] in [[town] for town in towns]
        nothing_else = nothing_else and fold_street(label.rpartition(",")[2]) not in _OTHERS
        if read.state or not (read.postcode.isdigit() or nothing_else):
            return False  # in another state, or abroad
    named = not towns or _named(towns, label)  # 3.
    if not (asked.postcode and read.postcode):
        return named
    if asked.postcode[:AREA] == read.postcode[:AREA]:
        return True
    return named and _region(asked.postcode) == _region(read.postcode)


def _has_postcode(postcode: str, label: str) -> bool:
    """Whether it stands in the label, in whole words and not for the house number."""
    return bool(postcode and re.search(rf"\b{re.escape(postcode)}\b", label.partition(",")[2]))


def _region(postcode: str) -> tuple[str, str]:
    """The country by the postcode's form, and its largest area: a first digit, or letters."""
    if postcode.isdigit():
        return "us", postcode[0]
    letters = postcode[:2].rstrip("0123456789")
    return ("ca" if _CANADIAN.fullmatch(postcode) else "gb"), letters


def _named(towns: list[str], label: str) -> bool:
    """Whether one of the towns is a part of the label."""
    return not set(map(joined, _towns_in(label))).isdisjoint(map(joined, towns))


def _towns_in(label: str) -> list[str]:
    """Keys of the label's parts that may be towns: no county, and not the state or the country."""
    parts = [_without_postcode(part) for part in label.split(",")]
    parts = [part for part in parts if part and fold_street(part) not in _OTHERS | _US]
    if len(parts) > 1 and state_of(parts[-1]):
        parts.pop()
    elif parts:
        parts[-1] = _without_state(parts[-1])
    keys = [town_key(part).removeprefix("city of ").removeprefix("greater ") for part in parts]
    return [key for key in keys if key and not key.endswith(" county")]


def _without_postcode(part: str) -> str:
    """The words before the last ones that have digits in them."""
    words = part.split()
    while words and any(map(str.isdigit, words[-1])):
        words.pop()
    return " ".join(words)


def _without_state(part: str) -> str:
    words = part.split()
    n = next((n for n in (3, 2, 1) if n < len(words) and state_of(" ".join(words[-n:]))), 0)
    return " ".join(words[: len(words) - n])


def _at_best(fix: Fix, asked: Reading, towns: list[str], label: str) -> Fix:
    """The fix as good as the street and number in its label allow; it is in the right town."""
    if fix.accuracy < Accuracy.STREET or not (asked.street and label):
        return fix
    parts = _before_town(label, towns)
    like = [i for i, part in enumerate(parts) if _same_street(asked, towns, part)]
    directions = {_direction(street_line(parts[i]).street) for i in like} - {""}
    across = bool(directions) and _direction(asked.street) not in {"", *directions}
    if not like:  # 4.
        allowed = Accuracy.PLACE
    elif across or (asked.number and not any(_has_number(asked.number, parts, i) for i in like)):
        allowed = Accuracy.STREET  # 5.
    else:
        return fix
    return fix._replace(accuracy=allowed, radius_m=max(fix.radius_m, RADIUS_M[allowed]))


def _before_town(label: str, towns: list[str]) -> list[str]:
    """The label's parts before the town, without counties; where it is none of them, or states."""
    parts = [part.strip() for part in label.split(",")]
    there = [i for i, part in enumerate(parts) if i and town_key(part) in towns]
    first, *others = parts[: there[-1]] if there else parts
    others = [part for part in others if not town_key(part).endswith(" county")]
    return [first, *(part for part in others if there or not state_of(part))]


def _same_street(asked: Reading, towns: list[str], part: str) -> bool:
    """Whether a part of the label is much like the street's name; the type may be another."""
    theirs = _base(street_line(part).street)
    names = [_base(street) for street in (asked.street, asked.cross) if street]
    if not towns and any(name.startswith(f"{theirs} ") for name in names):
        return bool(theirs)  # the town stands behind it, and no comma before that
    return any(_alike(name, theirs) for name in names)


def _base(street: str) -> str:
    """The street's name alone, and no more of a person's than the name."""
    base = street_name(street).base
    return base.removeprefix("dr ").removesuffix(" jr").removesuffix(" sr")


def _alike(one: str, other: str) -> bool:
    """4. One slip of the pen aside."""
    numbers, others = (sorted(_DIGITS.findall(name)) for name in (one, other))
    if numbers or others:
        return numbers == others
    if _LETTER.findall(one) != _LETTER.findall(other):  # Avenue U is not Avenue X
        return False
    if min(len(one), len(other)) < SHORTEST_SLIP:
        return one == other
    return OSA.distance(one, other) <= SLIP_EDITS


def _direction(street: str) -> str:
    """The directions around a street's name ("nw"); "" where there are none."""
    name = street_name(street)
    first = name.key.partition(" ")[0]
    return first if _DIRECTION.fullmatch(first) and not name.base.startswith(first) else ""


def _has_number(number: str, parts: list[str], street: int) -> bool:
    """Whether the house number stands before the street, or in a part of its own before that."""
    found = street_line(parts[street]).number
    if not found and street and _ONLY_NUMBER.fullmatch(parts[street - 1]):
        found = parts[street - 1]
    return bool(found) and _same_number(number, found)


def _same_number(asked: str, found: str) -> bool:
    """The same, in the same range, or in the same block."""
    if re.sub(r"\D", "", asked) == re.sub(r"\D", "", found):
        return True
    one, other = house_number(asked), house_number(found)
    if one is None or other is None or one.block != other.block:
        return False
    return one.first <= other.last and other.first <= one.last
