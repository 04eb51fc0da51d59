"""How well a service's answer fits the address that was asked, whatever the service says of it.

Services would rather answer with another address than with none, and their scores mean something
else with each. The address in the answer, its label, is in all of them; it is read as addresses
are and compared.
"""

import re

from rapidfuzz import fuzz

from app.geo.addresses import Reading, house_number, read, street_line
from app.geo.geocoders import Accuracy, Address
from app.geo.geocoding.base import RADIUS_M, SAME_PLACE_M, Chosen, Fix, Told, apart_m
from app.geo.points import Point
from app.geo.streetnames import street_name, town_key
from app.geo.towns import state_of

# Streets whose names are less alike than this (0 to 100) are two; a slip of the pen is over it.
SAME_STREET = 85.0
# In shorter names one letter makes another street.
SHORTEST_SLIP = 5
# The first characters of a postcode that places near each other share.
AREA = 3
_CANADIAN = re.compile(r"[A-Z]\d[A-Z] \d[A-Z]\d")
_WINDS = re.compile(r"[nsew]{1,2}")
_DIGITS = re.compile(r"\d+[a-z]?")
_NUMBERS = re.compile(r"\b\d+(?:-\d+)?[a-z]?\b")


def fitting(asked: Address, told: Told) -> list[Fix]:
    """The places of an answer that fit what was asked, each as good as its label allows.

    Best first, else in their order. One in another state, or in another town and postal area, is
    none; where neither is said, or on another street, it tells the town at best; with another
    house number, or on the other side of town, the street.
    """
    parts = read(asked)
    town = _town(asked, parts)
    fixes = [_at_best(fix, _allowed(parts, town, fix.label)) for fix in told.fixes]
    known = [fix for fix in fixes if fix.accuracy]
    return sorted(known, key=lambda fix: -fix.accuracy)


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
    return next((town_key(part) for part in behind if not re.search(r"\d", part)), "")


def _at_best(fix: Fix, allowed: Accuracy) -> Fix:
    if fix.accuracy <= allowed or (allowed and fix.accuracy < Accuracy.STREET):
        return fix
    return fix._replace(accuracy=allowed, radius_m=max(fix.radius_m, RADIUS_M.get(allowed, 0.0)))


def _allowed(asked: Reading, town: str, label: str) -> Accuracy:
    """The best that an answer with that label can be."""
    if not label:
        return Accuracy.GIVEN
    place = _place_allows(asked, town, label)
    if place < Accuracy.GIVEN or not asked.street:
        return place
    parts = _before_town(label, town)
    if not (like := [part for part in parts if _same_street(asked, town, part)]):
        return Accuracy.PLACE
    winds = {wind for part in like if (wind := _wind(street_line(part).street))}
    across = _wind(asked.street) and winds and _wind(asked.street) not in winds
    if across or (asked.number and not _has_number(asked.number, parts)):
        return Accuracy.STREET
    return Accuracy.GIVEN


def _place_allows(asked: Reading, town: str, label: str) -> Accuracy:
    if asked.postcode and asked.postcode in label.partition(",")[2]:
        return Accuracy.GIVEN
    said = read(Address(label))
    if asked.state and asked.state != said.state and (said.state or not said.postcode.isdigit()):
        return Accuracy.NONE  # in another state, or abroad
    if asked.postcode and said.state and not asked.postcode.isdigit():
        return Accuracy.NONE  # abroad, too
    named = not town or _named(town, label)
    if not (asked.postcode and said.postcode):
        return Accuracy.GIVEN if named else Accuracy.PLACE
    if asked.postcode[:AREA] == said.postcode[:AREA]:
        return Accuracy.GIVEN
    far = _country(asked.postcode) != _country(said.postcode)
    far = far or (asked.postcode.isdigit() and asked.postcode[0] != said.postcode[0])
    return Accuracy.GIVEN if named and not far else Accuracy.NONE


def _country(postcode: str) -> str:
    """Whose postcode it is, by its form."""
    if postcode.isdigit():
        return "us"
    return "ca" if _CANADIAN.fullmatch(postcode) else "gb"


def _named(town: str, label: str) -> bool:
    """Whether the town stands in the label, in whole words."""
    return any(f" {town} " in f" {town_key(part)} " for part in label.split(","))


def _before_town(label: str, town: str) -> list[str]:
    """The label's parts before the town, without counties and states; the first in any case."""
    first, *others = label.split(",")
    keys = [town_key(part) for part in others]
    if town in keys:
        others = others[: keys.index(town)]
    return [first, *(p for p in others if "county" not in town_key(p) and not state_of(p))]


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


def _has_number(number: str, parts: list[str]) -> bool:
    """Whether the label has the house number: the same, in the same range or block."""
    said = next((n for part in parts if (n := street_line(part).number)), "")
    found = [said] if said else _NUMBERS.findall(", ".join(parts).casefold())
    return any(_same_number(number, one) for one in found)


def _same_number(asked: str, said: str) -> bool:
    if re.sub(r"\D", "", asked) == re.sub(r"\D", "", said):
        return True
    one, other = house_number(asked), house_number(said)
    if one is None or other is None or one.block != other.block:
        return False
    return one.first <= other.last and other.first <= one.last
