"""A street line read into number and street, without what stands behind and around them.

1. Off go P.O. boxes, what stands in brackets, whom a letter is for ("c/o", "Attn:"), kilometres,
   and units in all spellings, in front and behind.
2. Of the parts that commas make, the first with a number and a street is meant; else the one that
   ends in a street type, else the last. A number alone belongs to the part after it, a direction
   alone to the one before.
3. What else a street may be, where no street goes by all of its words: `street_readings`.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from app.geo.addresses.house_numbers import SPANISH, spelt_out, split_number
from app.geo.addresses.street_names import DIRECTIONS, TYPES, fold_street, town_key


class StreetLine(NamedTuple):
    """A street line in parts, as written; see `Reading`."""

    number: str
    street: str
    cross: str
    name: str
    box: bool


_BOX = re.compile(
    r"\b(?:p\.?\s*o\.?\s*(?:box|drawer)|post\s+office\s+box|pob|(?:rr|hc|rural\s+route)\s*\d+"
    r"\s*,?\s*box)\s*#?\s*[\w-]*",
    re.IGNORECASE,
)
_ROUTE = re.compile(r"\s*(?:rr|hc|rural\s+route)\s*\#?\d+\s*", re.IGNORECASE)
_STUCK_UNIT = re.compile(r"\b([a-z]{2,})\.?-(?=\d+[a-z]?$)", re.IGNORECASE)
_UNIT_ID = r"(?:\#?\s*[a-z]{0,2}-?\d[\w/-]*|\#?\s*[a-z]\b(?!\w)(?:\s*-\s*\w+)?)"
_UNIT_WORD = (
    r"(?:apts?|apartments?|units?|stes?|suites?|spc|space|bldgs?|buildings?|fl|flr|floor|rms?"
    r"|rooms?|lot|trlr|trailer|dept|flat|kiosk|bay|stall|booth|shop|hangar|hngr|pier|slip|offices?"
    r"|ofc|studio|warehouse|whse|pmb|store|level|lvl|ph|penthouse|door|mailstop|ms)"
)
_STOREY = r"(?:\d+(?:st|nd|rd|th)|first|second|third|fourth|fifth|ground|main|top|upper|lower)"
_UNIT = re.compile(
    rf"[\s,;-]+(?:(?:{_UNIT_WORD}\b\.?|(?:apt|ste|unit|bldg|fl|rm)(?=\d))\s*{_UNIT_ID}.*|\#\s*\w.*"
    rf"|(?:{_STOREY}|\d\d?)\s+(?:floor|flr?)\b.*|n(?:o|r|um(?:ber)?)\b\.?\s*\d+[a-z]?)$",
    re.IGNORECASE,
)
_UNIT_FIRST = re.compile(
    rf"(?:{_UNIT_WORD}\b\.?\s*{_UNIT_ID}|\#\s*[\w-]+(?=[\s,]+\#?\d)"
    rf"|{_STOREY}\s+(?:floor|flr?)\b)[\s,]*",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\s*[(\[][^)\]]*[)\]]|[\s,]+(?:c/o|%|attn\b:?|attention\b:?|d/?b/?a)\s.*$"
    r"|[\s,]+km\.?\s*\d+(?:\.\d+)?.*$|[\s,]+(?:urb|urbanizaci[oó]n|barrio|bo|sector)\b\.?\s.*$",
    re.IGNORECASE,
)
_FOR = re.compile(r"^(?:c/o|attn\b:?|attention\b:?)\s+[^,]*,\s*", re.IGNORECASE)
_NUMBERED_ROAD = re.compile(r"\b(hwy|highway|route|rte|rt|carr)\.?\s*\#\s*(?=\d)", re.IGNORECASE)
_PLAIN = re.compile(r"(\d+)\s+([A-Za-z][A-Za-z ]*)")
_ONE_PART = re.compile(  # a number, then words that it does not decide how to read
    r"(\d+)\s+((?!(?:and|to|thru|through)\b)[a-z]{2}[^,;|]*)", re.IGNORECASE
)
_BETWEEN = re.compile(r"\s*(?:&|@|\s/\s|\band\b|\bat\b)\s*", re.IGNORECASE)
_CORNER = re.compile(r"^\s*(?:corner\s+of|cnr\.?|crn\.?\s+of)\s+", re.IGNORECASE)
_NUMBER_ALONE = re.compile(r"(?:\#|no\.?)?\s*\d+(?:[-/]\d+)?(?:\s?[a-z])?", re.IGNORECASE)
_PLACED_UNIT = re.compile(
    r"(?:rear|front|frnt|basement|bsmt|upstairs|downstairs|upper|lower|lobby|lbby|mezzanine|side|ll"
    r"|(?:lower|upper|main|ground|garden|street|plaza) (?:level|lvl|floor)|(?:suite|ste|apt|unit)s?"
    r"|\d+[a-z]?|[a-z]\d*|[a-z]{0,2}\d+)"
)
_INNER = re.compile(r"(?<=[\s,])(?=(?:[nsew]?\d|[a-z]-?\d))", re.IGNORECASE)
_BEHIND = re.compile(r"(?P<street>.+?)[\s,]+\#?\s*(?P<number>[a-z]{0,2}-?\d+[a-z]?)", re.IGNORECASE)
_MARKED = re.compile(rf"{SPANISH}.*?[\s,]*\#\s*(?P<number>[a-z]{{0,2}}-?\d+[a-z]?)", re.IGNORECASE)
_SPANISH = re.compile(SPANISH, re.IGNORECASE)
# Types that are also called by a street.
_COMPLEXES = frozenset(("plz", "ctr", "mall", "park", "anx"))
_ADDRESS = re.compile(r"\d+(?:[-/]\d+)?[a-z]?\s+\S+\s+\S.*")
_AND = re.compile(r"\s*(?:&|\band\b)\s*$", re.IGNORECASE)


@lru_cache(1 << 16)
def street_line(text: str) -> StreetLine:
    """A street line, without town, state and postcode, in parts."""
    if plain := _PLAIN.fullmatch(text):
        street = _street_part(plain[2])
        return StreetLine(plain[1], street.street, street.cross, street.name, street.box)
    if (simple := _ONE_PART.fullmatch(text)) and (street := _behind_number(simple[2])).street:
        return street._replace(number=simple[1])
    line = _NUMBERED_ROAD.sub(r"\1 ", _CORNER.sub("", text.strip()))
    line = _ASIDE.sub("", _FOR.sub("", line)) or line
    unboxed = "" if _ROUTE.fullmatch(line) else _BOX.sub(" ", line)
    box = unboxed != line
    best = StreetLine("", "", "", "", box)
    for part in _parts(unboxed):
        read = _numbered(part)
        if read.street and _is_better(read, best):
            name = best.name or best.street if read.number or not best.number else ""
            best = read._replace(name=read.name or name)
            if read.number:
                break
    return best._replace(box=box and not best.street)


def _is_better(read: StreetLine, best: StreetLine) -> bool:
    """2."""
    if read.number or best.number:
        return bool(read.number)
    return has_type(read.street) or not has_type(best.street)


def _parts(line: str) -> list[str]:
    """2. What commas part, a lone number with the part after it, a direction with the one before.

    A number before another number is a unit, but one that the other follows up ("705, 785 Main").
    """
    parts: list[str] = []
    for part in filter(None, (part.strip(" .") for part in re.split(r"[,;|]", line))):
        alone = bool(parts) and _NUMBER_ALONE.fullmatch(parts[-1]) is not None
        if alone and _follows_up(parts[-1], part):
            parts[-1] = f"{parts[-1]}, {part}"
        elif parts and fold_street(part).replace(" ", "") in DIRECTIONS:
            parts[-1] = f"{parts[-1]} {part}"
        else:
            parts.append(part)
    return parts


def _follows_up(number: str, part: str) -> bool:
    """Whether a lone number is the house number of the next part, not a unit before another."""
    first, behind = split_number(f"{number}, {part}")
    return bool(first) and not split_number(behind)[0]


def _numbered(part: str) -> StreetLine:
    """One comma's part: unit off, number off, the street left."""
    rest = part.strip(" .;")
    while found := _UNIT_FIRST.match(rest):
        rest = rest[found.end() :]
    number, behind = split_number(rest)
    if not number and rest.isdigit():
        return StreetLine("", "", "", "", box=False)
    street = _street_part(behind)
    if not number:
        marked = _MARKED.fullmatch(rest)
        return street._replace(number=marked["number"]) if marked else street
    return _without_second(street)._replace(number=number)


@lru_cache(1 << 16)
def _behind_number(text: str) -> StreetLine:
    """The street of a line without commas, its house number taken off."""
    line = _NUMBERED_ROAD.sub(r"\1 ", text)
    return _without_second(_street_part(_ASIDE.sub("", line) or line))


def _without_second(street: StreetLine) -> StreetLine:
    """Without a second address, which stands where a crossing would: "& 25/27 Oak St"."""
    if not _ADDRESS.fullmatch(street.cross):
        return street
    first = street.street.partition(street.cross)[0] or street.street
    return street._replace(street=_AND.sub("", first), cross="")


@lru_cache(1 << 16)
def _street_part(text: str) -> StreetLine:
    """A street's name with any unit behind it, and its crossing."""
    unboxed = _BOX.sub(" ", text)
    street = _without_unit(unboxed)
    sides = [side for side in _BETWEEN.split(street, maxsplit=1) if side.strip()]
    cross = sides[1].strip(" .") if len(sides) == 2 else ""
    if cross.isdigit():  # "Route 1 & 9"
        cross = ""
    if cross and not re.search(r"\b(?:and|at)\b", street, re.IGNORECASE):
        street = sides[0].strip(" .")
    return StreetLine("", street, cross, "", unboxed != text and not street)


def _without_unit(text: str) -> str:
    """The street without a unit behind it, unless that is all but a direction: "RM 620 S"."""
    street = _UNIT.sub("", " " + text).strip(" .,;-")
    if not street or fold_street(street) in DIRECTIONS:
        street = text.strip(" .,;-")
    stuck = _STUCK_UNIT.search(street)
    return _STUCK_UNIT.sub(r"\1 ", street) if stuck and stuck[1].lower() in TYPES else street


def has_type(street: str) -> bool:
    """Whether the name ends in a street type ("Bishop St")."""
    words = fold_street(street).split()
    return len(words) > 1 and words[-1] in TYPES


def is_unit(text: str) -> bool:
    """Whether this names a unit or a part of a house and nothing else ("Ste 5", "Rear")."""
    folded = fold_street(text)
    return bool(_PLACED_UNIT.fullmatch(folded) or _UNIT_FIRST.fullmatch(text.strip()))


def street_readings(street: str, town: str, *, numbered: bool) -> Iterator[tuple[str, str]]:
    """3. What a street may be when it is not what it says: its house number ("" for none) and name.

    A number that begins with a hyphen is the second half of the one before the street.

    Without what stands behind a street type, or behind the street: a unit, the town, its state and
    postcode. `town`: its key. Where the line has no number, `numbered` being false, one that stands
    behind the street, inside, or is spelt out.
    """
    words = street.split()
    folded = [fold_street(word) for word in words]
    shorter = [words[:n] for n in range(len(words) - 1, 1, -1) if _could_end(folded, n)]
    shorter += [words[:n] for n in (len(words) - 1, len(words) - 2) if _is_unit(folded, n)]
    shorter += [words[:n] for n in range(1, len(words)) if _is_town(folded[n:], town)]
    if numbered and len(words) > 2 and words[0].isdigit():  # "71 25 Northern Blvd"
        yield f"-{words[0]}", " ".join(words[1:])
    if len(words) > 2 and len(folded[0]) == 1 and folded[0] not in DIRECTIONS:
        shorter.append(words[1:])
    if len(words) > 2 and folded[-2] in TYPES and TYPES.get(folded[-1]) in _COMPLEXES:
        shorter.append(words[:-1])  # "1 State Street Plaza"
    if not numbered:
        yield from _with_number(street)
    yield from (("", " ".join(some)) for some in shorter)


def _could_end(words: list[str], n: int) -> bool:
    """Whether the street may end before word n: behind a type, where more than a type follows."""
    behind = [word for word in words[n:] if word]
    return words[n - 1] in TYPES and any(w not in TYPES and w not in DIRECTIONS for w in behind)


def _is_unit(words: list[str], n: int) -> bool:
    """Whether the words from n on are a unit without a word for it, or a part of a house."""
    return n > 0 and _PLACED_UNIT.fullmatch(" ".join(words[n:])) is not None


def _is_town(words: list[str], town: str) -> bool:
    return bool(town) and town_key(" ".join(words)).startswith(town)


def _with_number(street: str) -> Iterator[tuple[str, str]]:
    """Numbers where a line should begin with one: spelt out, inside of it, at its end."""
    number, rest = spelt_out(street)
    if number:
        yield number, rest
    for at in _INNER.finditer(street):
        number, rest = split_number(street[at.end() :])
        if number and (has_type(rest) or _SPANISH.match(rest)):
            yield number, rest
    if found := _BEHIND.fullmatch(street):
        yield found["number"], found["street"]
