"""Names of streets, towns, states and postcodes, brought to one spelling.

Street types, directionals and highways follow USPS Publication 28 (appendices B and C1); the
British types that it lacks are added. A name is only ever compared with names treated the same
way, so what matters is that spellings in use for one street meet, not which one is chosen.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from app.geo.addresses.towns import STATES

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
lf loaf|lck lock|ldg lodge|loop loops|mnr manor|mnrs manors|mdw meadow|mdws meadows medows
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
"""
TYPES = {
    word: group.split()[0]
    for group in _TYPES.strip().replace("\n", "|").split("|")
    for word in group.split()
}
_WINDS = {"north": "n", "south": "s", "east": "e", "west": "w"}
DIRECTIONS = (
    _WINDS
    | {short: short for short in ("n", "s", "e", "w", "ne", "nw", "se", "sw")}
    | {a + b: _WINDS[a] + _WINDS[b] for a in ("north", "south") for b in ("east", "west")}
)
_UP_TO_TWENTY = """
first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth
"""
_ORDINALS = {word: str(i) for i, word in enumerate(_UP_TO_TWENTY.split(), start=1)}
_CODES = frozenset(STATES.values())
_MARKS = dict.fromkeys(map(ord, "'’‘ʻʼ`´‛′"), "")
_PLAIN = re.compile(r"[^\w]+|_")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_SAINTS = {"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount"}
_TOWN_WORDS = {"ctr": "center", "centre": "center", "hts": "heights", "spgs": "springs"}
_TOWN_WORDS |= {"vlg": "village", "jct": "junction", "bch": "beach", "twp": "township"}
_WIND_WORDS = {"n": "north", "s": "south", "e": "east", "w": "west"}
_HIGHWAY = re.compile(
    r"(?:(?P<us>us|u s|united states)|(?P<county>county|co|cty)|(?P<state>state|[a-z]{2}) |)"
    r" ?(?:saint |state )?(?:hwy|rte|rd|sr|route) (?:no )?(?P<number>\d+[a-z]?)(?: (?:hwy|rte))?"
)
_SHORT_HIGHWAY = re.compile(
    r"(?P<kind>us|u s|i|interstate|cr|sr|sh|fm|farm to market(?: rd)?|rm|sta(?:te)? rd) "
    r"(?:hwy |rte )?(?P<number>\d+[a-z]?)(?: hwy)?"
)
_STATE_NUMBER = re.compile(r"([a-z]{2}|[a-z ]{4,}) (\d+[a-z]?)")
_SHORT_KINDS = {"i": "i", "interstate": "i", "cr": "co hwy", "us": "us hwy", "u s": "us hwy"}
_SHORT_KINDS |= {"fm": "fm", "farm to market": "fm", "farm to market rd": "fm", "rm": "rm"}


class StreetName(NamedTuple):
    """One street's name: `key` with directional and type, `base` without; "" when empty."""

    key: str
    base: str


_SHORT_WINDS = frozenset(DIRECTIONS.values())


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
    words = [_ORDINAL.sub(r"\1", word) for word in fold_street(text).split()]
    if len(words) > 1 and words[0] == "the":
        del words[0]
    winds, words = _take_winds(words)
    words = [
        _SAINTS.get(word, word) if i < len(words) - 1 else word for i, word in enumerate(words)
    ]
    words = [TYPES.get(word, word) for word in words]
    if words and words[0] in _ORDINALS and len(words) <= 2:
        words[0] = _ORDINALS[words[0]]
    if highway := _highway(" ".join(words)):
        return StreetName(" ".join((*winds, highway)), highway.removeprefix("us "))
    named = words[:-1] if len(words) > 1 and words[-1] in _SHORT_TYPES else words
    return StreetName(" ".join((*winds, *words)), " ".join(named))


_SHORT_TYPES = frozenset(TYPES.values())


def street_type(key: str) -> str:
    """The type at the end of a key ("st"), "" for none."""
    last = key.rpartition(" ")[2]
    return last if last in _SHORT_TYPES else ""


def types_agree(key: str, other: str) -> bool:
    """Whether two keys have no types that differ."""
    one, two = street_type(key), street_type(other)
    return not one or not two or one == two


def directions_agree(key: str, other: str) -> bool:
    """Whether two keys have no directionals that differ at their beginning."""
    (one, _, _), (two, _, _) = key.partition(" "), other.partition(" ")
    directed = one != key and two != other and {one, two} <= _SHORT_WINDS
    return not directed or one == two


def _take_winds(words: list[str]) -> tuple[list[str], list[str]]:
    """Directionals before and after the name, and the name's own words.

    "North St" and "West Ave" are names; so is a lone "East".
    """
    winds: list[str] = []
    while len(words) > 1 and words[0] in DIRECTIONS:
        if len(words) == 2 and words[1] in TYPES and words[1] not in DIRECTIONS:
            break
        winds.append(DIRECTIONS[words[0]])
        words = words[1:]
    lettered = len(words) == 2 and words[0] in ("ave", "avenue")
    if len(words) > 1 and words[-1] in DIRECTIONS and not lettered:
        winds.append(DIRECTIONS[words[-1]])
        words = words[:-1]
    return (["".join(winds)] if winds else []), words


def _highway(name: str) -> str:
    """The one spelling of a numbered highway, "" when the name is none."""
    if not name[-1:].isdigit() and not name[-2:-1].isdigit() and not name.endswith(" hwy"):
        return ""
    bare = _STATE_NUMBER.fullmatch(name)
    if bare and (_is_state(bare[1]) or bare[1] in STATES):
        return f"hwy {bare[2]}"
    for words in (1, 2):
        first = " ".join(name.split()[:words])
        name = name.replace(first, STATES[first].lower(), 1) if first in STATES else name
    if found := _SHORT_HIGHWAY.fullmatch(name):
        kind = _SHORT_KINDS.get(found["kind"], "hwy")
        return f"{kind} {found['number']}"
    found = _HIGHWAY.fullmatch(name)
    if not found or (found["state"] and not _is_state(found["state"])):
        return ""
    kind = "us hwy" if found["us"] else "co hwy" if found["county"] else "hwy"
    return f"{kind} {found['number']}"


def _is_state(word: str) -> bool:
    return word == "state" or word.upper() in _CODES


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
