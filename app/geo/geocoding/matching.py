"""How well a service's answer fits the address that was asked, whatever the service says of it.

Services would rather answer with another address than with none, and their scores mean something
else with each. The address in the answer, its label, is in all of them; it is read as addresses
are and compared.
"""

import re

from rapidfuzz.distance import OSA

from app.geo.addresses.address import Address
from app.geo.addresses.reading import LONGEST, Reading, house_number, parse_address, street_line
from app.geo.addresses.street_names import fold_street, street_name, town_key
from app.geo.addresses.towns import fold_town as joined
from app.geo.addresses.towns import is_province, state_of
from app.geo.geocoding.fix import RADIUS_M, SAME_FIX_M, Fix, GeocodeReply, apart_m, no_fix
from app.geo.geocoding.geocoder import Accuracy
from app.geo.points import Point

# In shorter names one letter makes another street; in others it is a slip of the pen.
SHORTEST_SLIP = 5
# The first characters of a postcode that places near each other share.
AREA = 3
_CANADIAN = re.compile(r"[A-Z]\d[A-Z] \d[A-Z]\d")
_WINDS = re.compile(r"[nsew]{1,2}")
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

    Best first, else in their order. One in another state or country, or in another town with
    nothing in its postcode to make up for that, is none; on another street it tells the town at
    best; with another house number, or on the other side of town, the street.
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
    """The one place an address means; none, with a note, where several fit equally well, or none.

    Of equally good ones those are meant whose label has the postcode, else the town. The home base
    decides between towns only where neither a state nor a postcode says which.
    """
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
        nearest = min(equal, key=lambda fix: (apart_m(home, fix), fix.label))
        return nearest._replace(note=f"the nearest of {len(equal)} places that fit")
    names = "; ".join([equal[0].label, *(fix.label for fix in far[:3])])
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
    if parts.state or parts.postcode.isdigit():
        return False
    last = asked.state or asked.line.rpartition(",")[2]
    return fold_street(last) in _OTHERS or is_province(last)


def _is_there(asked: Reading, towns: list[str], label: str, *, abroad: bool) -> bool:
    """Whether the label is of a place in the town, state and postal area asked for."""
    if _has_postcode(asked.postcode, label):
        return True
    said = parse_address(Address(label))
    in_us = bool(said.state) and (not said.postcode or said.postcode.isdigit())
    if in_us and (abroad or (asked.postcode and not asked.postcode.isdigit())):
        return False
    if asked.state and asked.state != said.state:
        nothing_else = _towns_in(label)[-1:] in [[town] for town in towns]
        nothing_else = nothing_else and fold_street(label.rpartition(",")[2]) not in _OTHERS
        if said.state or not (said.postcode.isdigit() or nothing_else):
            return False  # in another state, or abroad
    named = not towns or _named(towns, label)
    if not (asked.postcode and said.postcode):
        return named
    if asked.postcode[:AREA] == said.postcode[:AREA]:
        return True
    return named and _region(asked.postcode) == _region(said.postcode)


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
    said = _towns_in(label)
    return not {joined(key) for key in said}.isdisjoint(map(joined, towns))


def _towns_in(label: str) -> list[str]:
    """Keys of the label's parts that may be towns: no county, and not the state or the country."""
    parts = [" ".join(_until_digit(part.split())) for part in label.split(",")]
    parts = [part for part in parts if part and fold_street(part) not in _OTHERS | _US]
    if len(parts) > 1 and state_of(parts[-1]):
        parts.pop()
    elif parts:
        parts[-1] = _without_state(parts[-1])
    keys = [town_key(part).removeprefix("city of ").removeprefix("greater ") for part in parts]
    return [key for key in keys if key and not key.endswith(" county")]


def _until_digit(words: list[str]) -> list[str]:
    """The words without the postcode behind them."""
    while words and any(map(str.isdigit, words[-1])):
        words = words[:-1]
    return words


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
    winds = {wind for i in like if (wind := _wind(street_line(parts[i]).street))}
    across = bool(winds) and _wind(asked.street) not in {"", *winds}
    if not like:
        allowed = Accuracy.PLACE
    elif across or (asked.number and not any(_has_number(asked.number, parts, i) for i in like)):
        allowed = Accuracy.STREET
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
    numbers, others = (sorted(_DIGITS.findall(name)) for name in (one, other))
    if numbers or others:
        return numbers == others
    if _LETTER.findall(one) != _LETTER.findall(other):  # Avenue U is not Avenue X
        return False
    if min(len(one), len(other)) < SHORTEST_SLIP:
        return one == other
    return OSA.distance(one, other) <= 1


def _wind(street: str) -> str:
    """The directions around a street's name ("nw"); "" where there are none."""
    name = street_name(street)
    first = name.key.partition(" ")[0]
    return first if _WINDS.fullmatch(first) and not name.base.startswith(first) else ""


def _has_number(number: str, parts: list[str], street: int) -> bool:
    """Whether the house number stands before the street, or in a part of its own before that."""
    said = street_line(parts[street]).number
    if not said and street and _ONLY_NUMBER.fullmatch(parts[street - 1]):
        said = parts[street - 1]
    return bool(said) and _same_number(number, said)


def _same_number(asked: str, said: str) -> bool:
    """The same, in the same range, or in the same block."""
    if re.sub(r"\D", "", asked) == re.sub(r"\D", "", said):
        return True
    one, other = house_number(asked), house_number(said)
    if one is None or other is None or one.block != other.block:
        return False
    return one.first <= other.last and other.first <= one.last
