"""House numbers: where they stand in a line, and all that they can mean.

1. Plain ones, with a letter or a half: "12", "12A", "12-A", "12½", "12.5".
2. Grid numbers, whole: "W156N8480", "N88 W17015", "39W250", "0 N 480", "N6543". What stands before
   the last number is their block, known by a checksum of its letters and digits.
3. A hyphen parts a block from a number ("91-1234" in Hawaii, "34-55" in Queens), or the two ends of
   a range. Both readings are tried, the block first. Its hyphen may be lost ("3455"), its second
   end lack what it has in common with the first ("1039-41").
4. Of several numbers ("22 & 24", "705, 785", "22 to 26") the first is meant.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from app.geo.addresses.street_names import DIRECTIONS, TYPES, fold_street, spelt_number

_LONG = 10_000  # a block and its number
WIDEST_RANGE = 100  # numbers farther apart than this are no range


class HouseNumber(NamedTuple):
    """A house number: `first` to `last` inclusive, both equal for a plain one.

    `block` is the part before the hyphen of "91-1234" (Hawaii, Queens) or before the last number of
    a grid number (below 0 then), 0 without one. `suffix` is what follows: "a" of 12A, "1/2" of 12½.
    """

    block: int
    first: int
    last: int
    suffix: str


_HALVES = {"½": "1/2", "¼": "1/4", "¾": "3/4", ".5": "1/2"}
_HALF = r"(?:[½¼¾]|[-\s]?[13]/[24]\b|\.5\b)"
_WIND = r"[nsew]\.?"
_NEXT = r"(?=[\s,]+(?P<next>[^\s,]+))"
_FORMS = (
    rf"{_WIND}\s*\d+\s*-?\s*{_WIND}\s*\d+[a-z]?",  # W156N8480, N88 W17015
    rf"(?:o|\d{{1,2}})\s*{_WIND}\s*\d{{3,}}[a-z]?",  # 39 W 810, 0 N 480
    rf"(?:o|\d+){_WIND}\d+[a-z]?",  # 39W250
    rf"{_WIND}\d+[a-z]?|{_WIND}\s+\d{{3,}}[a-z]?",  # N6543
)
_GRID = re.compile(rf"(?P<number>{'|'.join(_FORMS)}){_NEXT}", re.IGNORECASE)
SPANISH = r"(?:c|calles?|ave?|avenida|blvd|carr|carretera|cam|camino|paseo|via|marginal|pasaje)\b"
_LETTERED = re.compile(rf"(?P<number>[a-z]{{1,2}}-?\d+[a-z]?)\s+(?={SPANISH})", re.IGNORECASE)
_COMMON = re.compile(
    r"(?P<number>\d+(?:-[a-z]\b|[a-z])?(?:\s*[-–/]\s*\d+(?!\d|/[24]\b)(?:[-/]\d+)*[a-z]?\b)?"
    rf"(?:\s*{_HALF})?)[\s,]+(?=\S)",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"(?P<number>\d+[a-z]?)(?:\s*(?P<sign>[&+,]|\band\b|\bto\b|\bthru\b|\bthrough\b)\s*"
    r"(?P<other>\d+)(?:[-/]\d+)?[a-z]?(?=[\s,]))+[\s,]+(?=\S)",
    re.IGNORECASE,
)
_CALLED = re.compile(
    rf"(?:n(?:os?|r|um)\.?|number|\#)\s*(?=(?:\d+[a-z]?(?:[-/]\d+[a-z]?)?|{'|'.join(_FORMS)})[\s,&])",
    re.IGNORECASE,
)
_PREFIXED = re.compile(r"(?P<block>[nsew]?\d*[nsew]|[a-z]{1,2})(?P<number>\d+)(?P<suffix>[a-z]?)")
_PARTS = re.compile(
    r"(?P<one>\d+)\s*(?:-?\s*(?P<half>[½¼¾]|[13]/[24](?!\d)|\.5(?!\d))"
    r"|[-–/]\s*(?P<other>\d+)(?:[-/]\d+)*)?[\s-]*(?P<letter>[a-z](?![a-z]))?"
    r"\s*(?P<more>[½¼¾]|[13]/[24](?!\d))?"
)
_BEYOND = frozenset(("mile", "so", "no"))  # words that a grid number doesn't stand before


def split_number(text: str) -> tuple[str, str]:
    """The house number that a street line begins with, and what follows; "" where it has none."""
    called = _CALLED.match(text)
    rest = text[called.end() :] if called else text
    several = _SEVERAL.match(rest)
    if several and (several["sign"] != "," or _ascend(several["number"], several["other"])):
        return several["number"], rest[several.end() :]
    grid = _GRID.match(rest)
    if grid and (_is_whole(grid["number"]) or not _names_street(grid["next"])):
        return grid["number"], rest[grid.end() :].lstrip(" ,")
    found = _COMMON.match(rest) or _LETTERED.match(rest)
    return (found["number"], rest[found.end() :]) if found else ("", text)


def _ascend(one: str, other: str) -> bool:
    """Whether numbers parted by a comma are of one kind: "705, 785", not the unit in "5, 10"."""
    first, second = (re.sub(r"\D", "", number) for number in (one, other))
    return len(first) == len(second) > 1 and first < second


def _is_whole(number: str) -> bool:
    """Whether a grid number is written without blanks, and too long for a street's."""
    return len(number) > 3 and not any(map(str.isspace, number))


def _names_street(word: str) -> bool:
    """Whether a number before this word is a street's: "100 N 12 Mile", "450 S 300 W"."""
    word = fold_street(word)
    return word in TYPES or word in DIRECTIONS or word in _BEYOND or not word[:1].isalpha()


def spelt_out(text: str) -> tuple[str, str]:
    """The number in words that a line begins with, as digits, and what follows; else "" and all."""
    words = text.split()
    for n in (2, 1):
        number = spelt_number(words[:n])
        if number and len(words) > n:
            return number, " ".join(words[n:])
    return "", text


@lru_cache(1 << 16)
def house_number(text: str, *, blocks: bool = False) -> HouseNumber | None:
    """A house number as written; None when there is none in it.

    "12-14" is a range, "91-1234" a number in a block; with `blocks`, every hyphen parts a block
    from a number, as in Hawaii ("91-110"), where "91110" is the same with its hyphen lost.
    """
    readings = house_numbers(text)
    if not readings:
        return None
    if not blocks:
        return next((one for one in readings if one.first < one.last), readings[0])
    hyphened = lost_hyphens(readings[0]) if readings[0].first >= _LONG else ()
    return next((one for one in (*readings, *hyphened) if one.block), readings[0])


@lru_cache(1 << 16)
def house_numbers(text: str) -> tuple[HouseNumber, ...]:
    """All that a house number as written can mean, the likeliest first; see the module."""
    if text.isdecimal() and len(text) < 10:
        return (_plain(text, ""),)
    if found := _grid(text):
        return found
    parts = _PARTS.match(text.strip().casefold())
    if not parts or len(parts["one"]) > 9 or len(parts["other"] or "") > 9:
        return ()
    half = parts["half"] or parts["more"] or ""
    suffix = (parts["letter"] or "") + _HALVES.get(half, half)
    if parts["other"]:
        ranged = "/" in text and "-" not in text
        return tuple(_hyphened(parts["one"], parts["other"], suffix, ranged=ranged))
    return (_plain(parts["one"], suffix),)


def _grid(text: str) -> tuple[HouseNumber, ...]:
    """2."""
    plain = re.sub(r"[\s.-]+", "", text.casefold())
    plain = "0" + plain[1:] if re.match(r"o[nsew]\d", plain) else plain
    found = _PREFIXED.fullmatch(plain)
    if not found or len(found["number"]) > 9:
        return ()
    number, block = int(found["number"]), found["block"]
    whole = HouseNumber(-1 - (crc32(block.encode()) >> 2), number, number, found["suffix"])
    if len(block) > 1 or block not in _WINDS:
        return (whole,)
    return whole, HouseNumber(0, number, number, block)  # its letter left out


_WINDS = frozenset("nsew")


def _plain(digits: str, suffix: str) -> HouseNumber:
    return HouseNumber(0, int(digits), int(digits), suffix)


def _hyphened(one: str, other: str, suffix: str, *, ranged: bool) -> list[HouseNumber]:
    """3."""
    first, last = int(one), int(other)
    if short := _short_range(one, other):
        return [HouseNumber(0, first, short, suffix)]
    block = HouseNumber(first, last, last, suffix)
    if not first < last <= first + WIDEST_RANGE or other.startswith("0"):
        return [block, _plain(one + other, suffix)]
    both = HouseNumber(0, first, last, suffix)
    if ranged or (len(one) == len(other) > 2):
        return [both]
    return [block, both]


def _short_range(one: str, other: str) -> int:
    """3. The end of a range that is written without its first digits ("1039-41"); 0 for none.

    Blocks have three digits at most, and what follows them two at least ("103-41").
    """
    if not len(other) < len(one) or len(one) < (3 if len(other) == 1 else 4):
        return 0
    last = int(one[: -len(other)] + other)
    return last if int(one) < last else 0


@lru_cache(1 << 16)
def lost_hyphens(number: HouseNumber) -> tuple[HouseNumber, ...]:
    """3. What a plain number may be whose hyphen was lost: Hawaii's, Queens'."""
    digits = str(number.first)
    if number.block or number.first < number.last or not 4 <= len(digits) <= 6:
        return ()
    halves = ((digits[:at], digits[at:]) for at in sorted({2, len(digits) - 2}))
    return tuple(
        HouseNumber(int(block), int(last), int(last), number.suffix)
        for block, last in halves
        if last.strip("0")
    )
