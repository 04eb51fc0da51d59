"""The states of the USA, however they are printed: postal codes, names, and what was in use before.

Newspapers and letterheads shorten them by the style of the Associated Press or the Government
Publishing Office ("Calif.", "W. Va."), databases by ISO 3166-2 ("US-CA"), forms by both at once
("California (CA)").
"""

import re
from functools import lru_cache

from app.geo.addresses.town_words import fold_town, town_words

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
_PRINTED = """
AL Ala|AK Alas|AZ Ariz|AR Ark|CA Cal|CA Calif|CO Colo|CT Conn|DE Del|DC Dist of Columbia|FL Fla
FL Flor|ID Ida|IL Ill|IL Ills|IN Ind|KS Kan|KS Kans|MA Mass|MI Mich|MN Minn|MS Miss|MT Mont|NE Neb
NE Nebr|NV Nev|NH N Hamp|NH N Hampshire|NH New Hamp|NJ N Jersey|NJ New Jer|NM N Mex|NM N Mexico
NM New Mex|NY N York|NC N Car|NC North Car|ND N Dak|ND North Dak|OK Okla|OR Ore|OR Oreg|PA Penn
PA Penna|RI R Island|RI Rhode Isl|SC S Car|SC South Car|SD S Dak|SD South Dak|TN Tenn|TX Tex
WA Wash|WA Wn|WV W Va|WV W Virg|WV West Va|WI Wis|WI Wisc|WY Wyo|PR Porto Rico|VI USVI|HI Haw
"""
_PROVINCES = """
AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador
NS Nova Scotia|NT Northwest Territories|NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec
SK Saskatchewan|YT Yukon
"""
MILITARY = frozenset({"AA", "AE", "AP"})
_AROUND = re.compile(
    r"^(?:the )?(?:(?:state|commonwealth|territory) of )|^usa?[ -]+(?=\w)| state$", re.IGNORECASE
)
_TWICE = re.compile(r"(.+?)\s*[-–(/,]\s*(.+?)\)?")


def _pairs(table: str) -> list[tuple[str, str]]:
    """Code and name of each entry."""
    entries = (entry.split(" ", 1) for entry in re.split(r"[|\n]", table.strip()))
    return [(code, name) for code, name in entries]


def _codes(*tables: str) -> dict[str, str]:
    pairs = [pair for table in tables for pair in _pairs(table)]
    return {fold_town(spelt): code for code, name in pairs for spelt in (code, name)}


# Lower-case names as they are written, military regions left out: "new york" -> "NY".
STATES = {name.lower(): code for code, name in _pairs(_STATES) if code not in MILITARY}
_NAMES = _codes(_STATES)
_NAME_OF = dict(reversed(_pairs(_STATES)))  # the first name of each
_STATE_OF = _codes(_STATES, _PRINTED)
_PROVINCE_OF = _codes(_PROVINCES)
_WRITTEN = [name for table in (_STATES, _PRINTED) for pair in _pairs(table) for name in pair]
LAST_WORDS = frozenset(town_words(name)[-1] for name in _WRITTEN) | set(_STATE_OF) | {"state"}


@lru_cache(1 << 12)
def state_of(name: str) -> str:
    """The postal abbreviation of a US state, territory or military region; "" for anything else."""
    return _STATE_OF.get(fold_town(name), "") or _put_otherwise(name)


def state_name(code: str) -> str:
    """The name of a state, territory or military region by its postal abbreviation; "" for none."""
    return _NAME_OF.get(code, "")


def _put_otherwise(name: str) -> str:
    """A state with words around it ("US-CA", "State of Ohio"), or named twice ("Ohio (OH)")."""
    bare = _AROUND.sub("", " ".join(town_words(name)).strip())
    if code := _STATE_OF.get(fold_town(bare), ""):
        return code
    twice = _TWICE.fullmatch(name.strip())
    codes = {_STATE_OF.get(fold_town(part), "") for part in twice.groups()} if twice else set()
    return codes.pop() if len(codes) == 1 else ""


def is_province(name: str) -> bool:
    """Whether this names a Canadian province or territory."""
    return fold_town(name) in _PROVINCE_OF


def states_from(start: str) -> frozenset[str]:
    """The state of that name, else those whose name begins so; all of them for ""."""
    exact = state_of(start)
    begun = {code for name, code in _NAMES.items() if name.startswith(fold_town(start))}
    return frozenset({exact} if exact else begun)
