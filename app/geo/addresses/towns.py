"""Reading US town and state names, and the last parts of an address in one line."""

import re
import unicodedata
from functools import lru_cache

_STATES = """
AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware
DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa
KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota
MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey
NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon
PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah
VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming|AS American Samoa
GU Guam|MP Northern Mariana Islands|PR Puerto Rico|VI Virgin Islands|VI US Virgin Islands
FM Federated States of Micronesia|FM Micronesia|MH Marshall Islands|PW Palau
AA Armed Forces Americas|AE Armed Forces Europe|AP Armed Forces Pacific
"""
_PROVINCES = """
AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador
NS Nova Scotia|NT Northwest Territories|NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec
SK Saskatchewan|YT Yukon
"""
MILITARY = frozenset({"AA", "AE", "AP"})

# One spelling for the words that towns' names are written with in several ways.
_SHORT = {
    "saint": "st", "sainte": "ste", "fort": "ft", "mount": "mt", "mountain": "mtn",
    "north": "n", "south": "s", "east": "e", "west": "w", "heights": "hts", "hgts": "hts",
    "junction": "jct", "springs": "spgs", "center": "ctr", "centre": "ctr", "cntr": "ctr",
    "village": "vlg", "beach": "bch", "point": "pt", "park": "pk", "city": "cty", "lake": "lk",
}  # fmt: skip
_DROPPED = dict.fromkeys(map(ord, "'`’‘ʻʼ´."))
_SPACES = dict.fromkeys(map(ord, '-–,/()&#_;:*"'), " ")
_MARKS = _DROPPED | _SPACES

_COUNTRY = re.compile(
    r"[\s,]+(?:u\.?s\.?a\.?|united states(?: of america)?)$|, *us$", re.IGNORECASE
)
_CODE_AT_END = re.compile(
    r"(?:^|[\s,])(\d{5}(?:[- ]?\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)$", re.IGNORECASE
)


def town_words(name: str) -> list[str]:
    """Lower-case words without accents, apostrophes, okinas and full stops."""
    if not name.isascii():
        name = "".join(
            c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)
        )
    name = name.casefold()
    plain = name.isascii() and name.replace(" ", "").isalpha()
    return (name if plain else name.translate(_MARKS)).split()


@lru_cache(maxsize=1 << 16)
def fold_town(name: str) -> str:
    """The same for all spellings of a name: "St. Louis", "SAINT LOUIS"; "LaPorte", "La Porte"."""
    return "".join(_SHORT.get(word, word) for word in town_words(name))


def _codes(table: str) -> dict[str, str]:
    pairs = [entry.split(" ", 1) for entry in table.strip().replace("\n", "|").split("|")]
    return {fold_town(spelt): code for code, name in pairs for spelt in (code, name)}


# Lower-case names as they are written, military regions left out: "new york" -> "NY".
STATES = {
    name.lower(): code
    for code, name in (entry.split(" ", 1) for entry in re.split(r"[|\n]", _STATES.strip()))
    if code not in MILITARY
}
_STATE_OF = _codes(_STATES)
_PROVINCE_OF = _codes(_PROVINCES)
_LAST_WORDS = {town_words(line)[-1] for line in re.split(r"[|\n]", _STATES.strip())} | {
    code.lower() for code in _STATE_OF.values()
}


def state_of(name: str) -> str:
    """The postal abbreviation of a US state, territory or military region; "" for anything else."""
    return _STATE_OF.get(fold_town(name), "")


def is_province(name: str) -> bool:
    """Whether this names a Canadian province or territory."""
    return fold_town(name) in _PROVINCE_OF


def split_state(line: str) -> tuple[str, str, str]:
    """An address in one line as (what comes before, state, postcode); "" where there is none.

    A line that is a state's name and nothing else is taken for a town ("New York").
    """
    text = line.strip(" ,.\t\n")
    if text[-1:] in "aAsS":
        text = _COUNTRY.sub("", text)
    code = ""
    if text[-1:].isdigit() and (found := _CODE_AT_END.search(text)):
        code, text = found[1], text[: found.start()].rstrip(" ,.")
    before, state = _state_at_end(text)
    return (before, state, code) if before or code else (text, "", code)


def _state_at_end(text: str) -> tuple[str, str]:
    head, comma, tail = text.rpartition(",")
    pieces = tail.split()
    if pieces and pieces[-1].casefold().replace(".", "") in _LAST_WORDS:
        for n in range(min(3, len(pieces)), 0, -1):
            if state := state_of(" ".join(pieces[-n:])):
                return f"{head}{comma} {' '.join(pieces[:-n])}".strip(" ,"), state
    return text, ""


def states_from(start: str) -> frozenset[str]:
    """The state of that name, else those whose name begins so; all of them for ""."""
    exact = state_of(start)
    begun = {code for name, code in _STATE_OF.items() if name.startswith(fold_town(start))}
    return frozenset({exact} if exact else begun)
