"""How well a service's answer fits the address that was asked, whatever the service says of it.

Services would rather answer with another address than with none, and their scores mean something
else with each. The address in the answer, its label, is in all of them; it is read as addresses
are and compared.
"""

import re

from rapidfuzz import fuzz

from app.geo.addresses import LONGEST, Reading, house_number, read, street_line
from app.geo.geocoders import Accuracy, Address
from app.geo.geocoding.base import RADIUS_M, SAME_PLACE_M, Chosen, Fix, Told, apart_m
from app.geo.points import Point
from app.geo.streetnames import fold, street_name, town_key
from app.geo.towns import fold as joined
from app.geo.towns import is_province, state_of

# Streets whose names are less alike than this (0 to 100) are two; a slip of the pen is over it.
SAME_STREET = 88.0
# In shorter names one letter makes another street.
SHORTEST_SLIP = 5
# The first characters of a postcode that places near each other share.
AREA = 3
_CANADIAN = re.compile(r"[A-Z]\d[A-Z] \d[A-Z]\d")
_WINDS = re.compile(r"[nsew]{1,2}")
_DIGITS = re.compile(r"\d+[a-z]?")
_ONLY_NUMBER = re.compile(r"\d+(?:\s*[-–/]\s*\d+)?\s*[a-z]?", re.IGNORECASE)
_UNIT = re.compile(r"(?:suite|ste|unit|flat|apt|shop|room|rear)\b|.*\bfloor$|.*\d", re.IGNORECASE)
_US = frozenset(("us", "usa", "united states", "united states of america"))
_OTHERS = frozenset(
    (
        *("uk", "gb", "united kingdom", "great britain", "england", "scotland", "wales"),
        *("northern ireland", "ireland", "isle of man", "im", "canada"),
    )
)


def fitting(asked: Address, told: Told) -> list[Fix]:
    """The places of an answer that fit what was asked, each as good as its label allows.

    Best first, else in their order. One in another state or country, or in another town with
    nothing in its postcode to make up for that, is none; on another street it tells the town at
    best; with another house number, or on the other side of town, the street.
    """
    parts = read(asked)
    town, abroad = _town(asked, parts), _abroad(asked, parts)
    fixes = []
    for fix in told.fixes:
        label = fix.label[:LONGEST]
        if not label or _is_there(parts, town, label, abroad=abroad):
            fixes.append(_at_best(fix, parts, town, label))
    return sorted(fixes, key=lambda fix: -fix.accuracy)


def chosen(asked: Address, told: Told, near: Point | None, name: str) -> Chosen:
    """The one place an address means; none, with a note, where several fit equally well, or none.

    Of equally good ones those are meant whose label has the postcode, else the town. The home base
    decides between towns only where neither a state nor a postcode says which.
    """
    places = fitting(asked, told)
    if not places:
        only = f"only one elsewhere ({told.fixes[0].label})" if told.fixes else "no such place"
        return None, told.note or f"{name} knows {only}"
    parts = read(asked)
    town = _town(asked, parts)
    best = [fix for fix in places if fix.accuracy == places[0].accuracy]
    equal = [fix for fix in best if parts.postcode and parts.postcode in fix.label]
    equal = equal or [fix for fix in best if town and _named(town, fix.label)] or best
    far = [fix for fix in equal if apart_m(equal[0], fix) > SAME_PLACE_M + fix.radius_m]
    if not far:
        return equal[0], told.note
    if near is not None and not (parts.state or parts.postcode):
        home = Fix(near.lon, near.lat, Accuracy.GIVEN, 0.0, "")
        nearest = min(equal, key=lambda fix: (apart_m(home, fix), fix.label))
        return nearest, f"the nearest of {len(equal)} places that fit"
    names = "; ".join([equal[0].label, *(fix.label for fix in far[:3])])
    return None, f"{name}: a tie, several places fit: {names}"


def _town(asked: Address, parts: Reading) -> str:
    """The town's key; of an address in one line also one that no state or postcode gives away."""
    if parts.town or not parts.street:
        return parts.town
    behind = asked.line.partition(parts.street)[2].split(",")[1:]
    return next((town_key(part) for part in behind if not _UNIT.match(part.strip())), "")


def _abroad(asked: Address, parts: Reading) -> bool:
    """Whether it says itself that it lies outside the United States."""
    if parts.state:
        return False
    last = asked.line.rpartition(",")[2]
    return bool(asked.state.strip()) or fold(last) in _OTHERS or is_province(last)


def _is_there(asked: Reading, town: str, label: str, *, abroad: bool) -> bool:
    """Whether the label is of a place in the town, state and postal area asked for."""
    if asked.postcode and re.search(rf"\b{re.escape(asked.postcode)}\b", label.partition(",")[2]):
        return True
    said = read(Address(label))
    in_us = bool(said.state) and (not said.postcode or said.postcode.isdigit())
    if in_us and (abroad or (asked.postcode and not asked.postcode.isdigit())):
        return False
    if asked.state and asked.state != said.state:
        nothing_else = _last(label) == town
        if said.state or not (said.postcode.isdigit() or nothing_else):
            return False  # in another state, or abroad
    named = not town or _named(town, label)
    if not (asked.postcode and said.postcode):
        return named
    if asked.postcode[:AREA] == said.postcode[:AREA]:
        return True
    far = _country(asked.postcode) != _country(said.postcode)
    far = far or (asked.postcode.isdigit() and asked.postcode[0] != said.postcode[0])
    return named and not far


def _last(label: str) -> str:
    """The key of the last part that is not the United States."""
    keys = [key for part in label.split(",") if (key := town_key(part)) not in _US]
    return keys[-1] if keys else ""


def _country(postcode: str) -> str:
    """Whose postcode it is, by its form."""
    if postcode.isdigit():
        return "us"
    return "ca" if _CANADIAN.fullmatch(postcode) else "gb"


def _named(town: str, label: str) -> bool:
    """Whether the town stands in the label, in whole words, or as one of its parts."""
    parts = label.split(",")
    words = " ".join(town_key(part) for part in parts)
    return f" {town} " in f" {words} " or joined(town) in map(joined, parts)


def _at_best(fix: Fix, asked: Reading, town: str, label: str) -> Fix:
    """The fix as good as the street and number in its label allow; it is in the right town."""
    if fix.accuracy < Accuracy.STREET or not (asked.street and label):
        return fix
    parts = _before_town(label, town)
    like = [i for i, part in enumerate(parts) if _same_street(asked, town, part)]
    winds = {wind for i in like if (wind := _wind(street_line(parts[i]).street))}
    across = bool(winds) and _wind(asked.street) not in {"", *winds}
    if not like:
        allowed = Accuracy.PLACE
    elif across or (asked.number and not any(_has_number(asked.number, parts, i) for i in like)):
        allowed = Accuracy.STREET
    else:
        return fix
    return fix._replace(accuracy=allowed, radius_m=max(fix.radius_m, RADIUS_M[allowed]))


def _before_town(label: str, town: str) -> list[str]:
    """The label's parts before the town; where it is none of them, all but counties and states."""
    first, *others = (part.strip() for part in label.split(","))
    keys = [town_key(part) for part in others]
    if town in keys:
        return [first, *others[: keys.index(town)]]
    return [first, *(p for p in others if not (town_key(p).endswith(" county") or state_of(p)))]


def _same_street(asked: Reading, town: str, part: str) -> bool:
    """Whether a part of the label is much like the street's name; the type may be another."""
    theirs = street_name(street_line(part).street).base
    names = [street_name(street).base for street in (asked.street, asked.cross) if street]
    if not town and any(name.startswith(f"{theirs} ") for name in names):
        return bool(theirs)  # the town stands behind it, and no comma before that
    return any(_alike(name, theirs) for name in names)


def _alike(one: str, other: str) -> bool:
    numbers, others = (sorted(_DIGITS.findall(name)) for name in (one, other))
    if numbers or others:
        return numbers == others
    if min(len(one), len(other)) < SHORTEST_SLIP:
        return one == other
    return fuzz.ratio(one, other) >= SAME_STREET


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
