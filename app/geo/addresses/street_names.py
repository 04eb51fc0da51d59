"""Names of streets, towns, states and postcodes, brought to one spelling.

Street types, directionals and highways follow USPS Publication 28 (appendices B and C1); the
British types that it lacks are added. A name is only ever compared with names treated the same
way, so what matters is that spellings in use for one street meet, not which one is chosen.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from app.geo.addresses.highways import highway_key
from app.geo.text_column import APOSTROPHES

_MEMO = 1 << 17

# Publication 28, appendix C1 (the short form first, then what people write), and British ones.
_TYPES = """
aly alley allee ally|anx annex anex annx|arc arcade|ave avenue av aven avenu avn avnue avenida
byu bayou|bch beach|bnd bend|blf bluff bluf|blfs bluffs|btm bottom bot bottm
blvd boulevard boul boulv bvd bl|br branch brnch|brg bridge brdge|brk brook|brks brooks|bg burg
byp bypass bypa bypas byps|cp camp cmp|cyn canyon canyn cnyn|cpe cape|cswy causeway causwa
ctr center centre cen cent centr cntr|cir circle circ circl crcl crcle|cirs circles|clf cliff
clfs cliffs|clb club|cmn common|cmns commons|cor corner|cors corners|crse course|ct court crt
cts courts|cv cove|cvs coves|crk creek|cres crescent crsent crsnt crecent|crst crest
xing crossing crssng|xrd crossroad|curv curve|dl dale|dm dam|dv divide div|dr drive driv drv
drs drives|est estate|ests estates|expy expressway exp expr express expw|ext extension extn extnsn
exts extensions|fls falls|fry ferry frry|fld field|flds fields|flt flat|flts flats|frd ford
frst forest forests|frg forge|frk fork|frks forks|ft fort frt|fwy freeway freewy frway frwy
gdn garden gardn grden|gdns gardens grdns|gtwy gateway gatewy gatway|gln glen|glns glens|grn green
grv grove grov|hbr harbor harbour harb harbr|hvn haven|hts heights ht|hwy highway highwy hiway hway
hl hill|hls hills|holw hollow hllw|inlt inlet|is island islnd|iss islands|jct junction jction
ky key|kys keys|knl knoll knol|knls knolls|lk lake|lks lakes|lndg landing lndng|ln lane la|lgt light
lf loaf|lck lock|ldg lodge|loop loops lp|mnr manor|mnrs manors|mdw meadow|mdws meadows medows
ml mill|mls mills|msn mission|mtwy motorway|mt mount mnt|mtn mountain mntn|mtns mountains
nck neck|orch orchard|oval ovl|opas overpass|park prk parks|pkwy parkway parkwy pkway pky
psge passage|pne pine|pnes pines|pl place|pln plain|plns plains|plz plaza plza|pt point|pts points
prt port|pr prairie|radl radial|rnch ranch|rpd rapid|rpds rapids|rst rest|rdg ridge rdge|rdgs ridges
riv river|rd road|rds roads|rte route rt|row|run|shl shoal|shr shore|shrs shores|skwy skyway
spg spring|spgs springs|spur spurs|sq square sqr sqre squ|sqs squares|sta station|strm stream
st street strt str|sts streets|smt summit|ter terrace terr tce|trwy throughway|trce trace
trak track|trl trail trails|trlr trailer|tunl tunnel|tpke turnpike trnpk turnpk|upas underpass
un union|vly valley|via viaduct|vw view|vws views|vlg village villag|vlgs villages|vl ville
vis vista vist|walk walks|wall|way wy|ways|wl well|wls wells
prom promenade|pde parade|cl close|cft croft|mws mews|ri rise|qy quay|gro|gte gate|whf wharf
mall malls|pike pikes|path paths|pass|ramp
"""
TYPES = {
    word: group.split()[0]
    for group in _TYPES.strip().replace("\n", "|").split("|")
    for word in group.split()
}
_SHORT_TYPES = frozenset(TYPES.values())
_LONG_TYPES = {
    words[0]: words[1]
    for group in _TYPES.strip().replace("\n", "|").split("|")
    for words in [group.split()]
    if len(words) > 1
}
_WINDS = {"north": "n", "south": "s", "east": "e", "west": "w"}
DIRECTIONS = (
    _WINDS
    | {short: short for short in ("n", "s", "e", "w", "ne", "nw", "se", "sw")}
    | {a + b: _WINDS[a] + _WINDS[b] for a in ("north", "south") for b in ("east", "west")}
)
_READ_WINDS = DIRECTIONS | {"no": "n", "so": "s", "ea": "e", "we": "w", "nth": "n", "sth": "s"}
_UP_TO_TWENTY = """
first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth
"""
_COUNTED = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen
"""
_ORDINALS = {word: str(i) for i, word in enumerate(_UP_TO_TWENTY.split(), start=1)}
_NUMERALS = {word: i for i, word in enumerate(_COUNTED.split(), start=1)}
_BY_TEN = "twenty thirty forty fifty sixty seventy eighty ninety hundred"
_TENS = {word: 10 * i for i, word in enumerate(_BY_TEN.split(" "), start=2)}
_ORDINALS |= {word[:-1] + "ieth": str(n) for word, n in _TENS.items() if word.endswith("y")}
_ORDINALS |= {"hundredth": "100"}
_MARKS = dict.fromkeys(map(ord, APOSTROPHES), "")
_PLAIN = re.compile(r"[^\w]+|_")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th|d)")
_SAINTS = {"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount"}
_SANTOS = {"sta": "santa", "sto": "santo"}
_TOWN_WORDS = {"ctr": "center", "centre": "center", "hts": "heights", "spgs": "springs"}
_TOWN_WORDS |= {"vlg": "village", "jct": "junction", "bch": "beach", "twp": "township"}
_WIND_WORDS = {"n": "north", "s": "south", "e": "east", "w": "west"}
_WIND_WORDS |= {"no": "north", "so": "south"}
_OF_THE_US = re.compile(r"\bus hwy\b")
_QUADRANT = re.compile(r"\b([NS])\.\s*([EW])\b\.?", re.IGNORECASE)
_FAMOUS = frozenset(("king", "mlk", "kennedy", "k", "way", "bway"))
_PEOPLE = (
    (
        re.compile(
            r"\b(?:(?:dr|doctor|rev|reverend) )?(?:(?:martin(?: luther| l)?|m l|ml) king|mlk)"
            r"(?: (?:jr|junior))?\b"
        ),
        "mlk",
    ),
    (re.compile(r"\bb ?way\b"), "broadway"),
    (re.compile(r"\b(?:(?:john f|john fitzgerald|j f) kennedy|j f k)\b"), "jfk"),
)


_LAST_NAMES = {"kennedy": "jfk", "king": "mlk"}
_GRAND = frozenset(("blvd", "pkwy", "dr", "expy", "fwy", "hwy", "brg"))  # named after such people


class StreetName(NamedTuple):
    """One street's name: `key` with directional and type, `base` without; "" when empty."""

    key: str
    base: str


_SHORT_WINDS = frozenset(DIRECTIONS.values())
_NUMBERED = re.compile(r"(?:(?P<kind>hwy|co hwy|fm|i|pvt) )?(?P<number>\d+[a-z]?)")
_READ_DIRECTIONS = frozenset(a + b for a in ("", *_SHORT_WINDS) for b in _SHORT_WINDS)
_ARTICLES = ("el", "la", "las", "los")


@lru_cache(_MEMO)
def fold_street(text: str) -> str:
    """Lower case, no accents, apostrophes or okinas, words parted by one space."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in text if not unicodedata.combining(c))
    return _PLAIN.sub(" ", text.translate(_MARKS).casefold()).strip()


@lru_cache(_MEMO)
def street_name(text: str) -> StreetName:
    """A street's name as written, read into its key and base."""
    folded = fold_street(_QUADRANT.sub(r"\1\2", text) if "." in text else text)
    words = [_ORDINAL.sub(r"\1", word).lstrip("0") or word for word in folded.split()]
    if len(words) > 1 and words[0] == "the":
        del words[0]
    winds, words = _take_winds(words)
    if highway := highway_key(" ".join(words)):
        return StreetName(" ".join((*winds, highway)), _OF_THE_US.sub("hwy", highway))
    words = _spell_alike(words)
    named = words[:-1] if len(words) > 1 and words[-1] in _SHORT_TYPES else words
    return StreetName(" ".join((*winds, *words)), " ".join(named))


def _spell_alike(words: list[str]) -> list[str]:
    """A name's words in one spelling: numbers in digits, a type at the end short, others whole."""
    words = _counted(words)
    if not _FAMOUS.isdisjoint(words):
        for people, short in _PEOPLE:
            words = people.sub(short, " ".join(words)).split()
    last = len(words) - 1
    return [
        TYPES.get(word, word) if i == last > 0 else _whole(word, words[i + 1 :], first=not i)
        for i, word in enumerate(words)
    ]


def _whole(word: str, behind: list[str], *, first: bool) -> str:
    """A word before the last one: Saint, but Street before another type ("Main St Ext")."""
    if word in _SAINTS and (first or any(w not in TYPES for w in behind)):
        return _SAINTS[word]
    return _SANTOS.get(word) or _LONG_TYPES.get(TYPES.get(word, ""), word)


def _counted(words: list[str]) -> list[str]:
    """The ordinal that a name begins with in digits: "Forty Second St", "First Ave"."""
    if len(words) > 1 and words[0] in _TENS and words[1] in _ORDINALS:
        words = [str(_TENS[words[0]] + int(_ORDINALS[words[1]])), *words[2:]]
    elif words and words[0] in _ORDINALS and all(word in TYPES for word in words[1:]):
        words = [_ORDINALS[words[0]], *words[1:]]
    return words


def spelt_number(words: Sequence[str]) -> str:
    """The number that words say, in digits: "Twenty-Five", "One"; "" for none."""
    parts = " ".join(map(fold_street, words)).split()
    match parts:
        case [one] if one in _NUMERALS:
            return str(_NUMERALS[one])
        case [one] if one in _TENS:
            return str(_TENS[one])
        case [ten, one] if ten in _TENS and _NUMERALS.get(one, 10) < 10:
            return str(_TENS[ten] + _NUMERALS[one])
        case ["one", "hundred"]:
            return "100"
    return ""


def street_type(key: str) -> str:
    """The type at the end of a key ("st"), "" for none."""
    last = key.rpartition(" ")[2]
    return last if last in _SHORT_TYPES else ""


def types_agree(key: str, other: str) -> bool:
    """Whether two keys have no types that differ."""
    one, two = street_type(key), street_type(other)
    return not one or not two or one == two


def street_direction(key: str) -> str:
    """The directional at the beginning of a key ("n"), "" for none."""
    first, _, name = key.partition(" ")
    return first if first in _READ_DIRECTIONS and name and name not in _SHORT_TYPES else ""


def directions_agree(key: str, other: str) -> bool:
    """Whether two keys have no directionals that differ at their beginning.

    On a grid, where streets have numbers and two directions, one of them may be left out.
    """
    one, two = street_direction(key), street_direction(other)
    if not one or not two or one == two:
        return True
    numbered = key.rpartition(" ")[2].isdigit() and other.rpartition(" ")[2].isdigit()
    return numbered and (set(one) < set(two) or set(two) < set(one))


def _take_winds(words: list[str]) -> tuple[list[str], list[str]]:
    """Directionals before and after the name, and the name's own words.

    "North St" and "West Ave" are names; so is a lone "East", and "E" in "E St NW".
    """
    back: list[str] = []
    lettered = len(words) == 2 and (words[0] in ("ave", "avenue") or words[0] in _READ_WINDS)
    if len(words) > 1 and words[-1] in _READ_WINDS and not lettered:
        back = [_READ_WINDS[words[-1]]]
        words = words[:-1]
    winds: list[str] = []
    while len(words) > 1 and words[0] in _READ_WINDS:
        if len(words) == 2 and words[1] in TYPES and words[1] not in DIRECTIONS:
            break
        winds.append(_READ_WINDS[words[0]])
        words = words[1:]
    winds += back
    return (["".join(winds)] if winds else []), words


@lru_cache(_MEMO)
def other_names(text: str) -> tuple[StreetName, ...]:
    """What else a street's name may mean where nothing goes by it as written; see `_others`."""
    read = street_name(text)
    names = [StreetName(" ".join(filter(None, (w, key))), base) for w, key, base in _others(text)]
    return tuple(name for name in dict.fromkeys(names) if name != read)


def _others(text: str) -> Iterator[tuple[str, str, str]]:
    """Directional, key without it, and base of what a name can mean beside what it says.

    A direction before a name that is also a type ("S Meadow"), or for a name ("E St"); a letter
    behind a highway's number ("9 W"); a highway of another kind; a grid street as a county road, or
    by an ordinal of its hundreds ("3rd West"); "Kennedy Blvd" for the whole man; a name with or
    without its article.
    """
    read = street_name(text)
    wind, _, name = read.key.partition(" ")
    if wind not in _READ_DIRECTIONS or not name:
        wind, name = "", read.key
    words = fold_street(text).split()
    if len(words) == 2 and words[0] in _READ_WINDS and words[1] in TYPES:
        named = _whole(words[1], [], first=False)
        yield _READ_WINDS[words[0]], named, named
        if word := _WIND_WORDS.get(words[0]):
            yield "", f"{word} {TYPES[words[1]]}", word
    if found := _NUMBERED.fullmatch(read.base):
        yield from _other_highways(wind, found["kind"] or "", found["number"])
    if wind and read.base.isdigit() and any(map(_ORDINAL.fullmatch, words)):
        yield wind, f"{read.base}00", f"{read.base}00"
    if street_type(name) in ("", "ave"):  # "Cesar Chavez Ave" for "Avenida Cesar Chavez"
        yield wind, f"avenue {read.base}", f"avenue {read.base}"
    if (full := _LAST_NAMES.get(read.base)) and street_type(name) in _GRAND:
        yield wind, f"{full} {street_type(name)}", full
    if name.endswith(" pk"):
        yield from ((wind, f"{name[:-3]} {kind}", name[:-3]) for kind in ("pike", "prk", "park"))
    first, _, rest = name.partition(" ")
    if first in _ARTICLES and rest:
        base = read.base.partition(" ")[2] if " " in read.base else rest
        yield wind, rest, base
    elif not any(map(str.isdigit, name)):
        yield from ((wind, f"{article} {name}", f"{article} {read.base}") for article in _ARTICLES)


def _other_highways(wind: str, kind: str, number: str) -> Iterator[tuple[str, str, str]]:
    """The same number as a highway of other kinds; of each that says nothing against it."""
    if len(wind) == 1 and kind == "hwy":
        yield "", f"hwy {number}{wind}", f"hwy {number}{wind}"
    kinds = {"hwy": ("co hwy", "fm", "i", "pvt"), "": ("hwy", "co hwy"), "co hwy": ("hwy", "")}
    for other in kinds.get(kind, ("hwy",)):
        if kind or other == "co hwy" or not number.isdigit():
            yield wind, f"{other} {number}".strip(), f"{other} {number}".strip()


@lru_cache(_MEMO)
def town_key(text: str) -> str:
    """A town's name in one spelling: Saint for St, Fort for Ft, South for S."""
    words = fold_street(text).split()
    if len(words) > 1:
        words = [_SAINTS.get(w, w) if i < len(words) - 1 else w for i, w in enumerate(words)]
        words[0] = _WIND_WORDS.get(words[0], words[0])
        words = [_TOWN_WORDS.get(word, word) for word in words]
    return " ".join(words)


_BRITISH = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(?:(\d)([A-Z]{2}))?")
_CANADIAN = re.compile(r"([A-Z]\d[A-Z])(\d[A-Z]\d)")
_ZIP = re.compile(r"(\d{1,9})(?:[.,]0*)?|(\d{3,5})-(?:\d{0,4})")


@lru_cache(_MEMO)
def postcode_key(text: str) -> str:
    """A postcode in its own spelling: "96813", "IM9 4LY", "V3A 4L6"; "" when it is none.

    Repairs what spreadsheets do to ZIP codes: "31201.0", "466281450", "5401" for 05401.
    """
    plain = re.sub(r"\s+", "", text).upper()
    if found := _ZIP.fullmatch(plain):
        return _zip_code(found[1] or found[2], text)
    if found := _CANADIAN.fullmatch(plain):
        return f"{found[1]} {found[2]}"
    if found := _BRITISH.fullmatch(plain):
        return f"{found[1]} {found[2]}{found[3]}" if found[2] else found[1]
    return ""


def _zip_code(digits: str, text: str) -> str:
    """Five digits from a ZIP or ZIP+4 that may have lost its zeros in front."""
    if len(digits) > 6:
        return digits.zfill(9)[:5]
    if len(digits) == 6:
        return digits[1:] if digits[0] == "0" else ""
    code = digits.zfill(5)
    return code if len(digits) > 2 and code.strip("0") and text else ""


def wider_postcodes(code: str) -> list[str]:
    """The sector and district around a British or Canadian postcode, the nearest first."""
    outward, _, inward = code.partition(" ")
    return [f"{outward} {inward[0]}", outward] if inward else []
