"""What a header says of size, closing and licence by the words in it, in whatever order.

A size is a noun ("employees", "PCs", "revenue") with words around it that count ("number of",
"total", "est.", "annual", "($M)", "2024") and perhaps one for a band ("range", "size", "code").
Any other word makes it something else: "Sales Rep", "Employee Name", "Monthly Revenue" are no size.
"numberofemployees" is read as its words.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

_COUNTED = frozenset((
    *("number", "num", "no", "nr", "nbr", "qty", "quantity", "count", "counts", "cnt"),
    *("total", "tot", "totals"),
))  # fmt: skip
_COMMON = _COUNTED | frozenset(
    "of the in at on this here site sites all est estimated estimate estimates approx "  # noqa: SIM905
    "approximate approximately current currently average avg mean reported actual modeled "
    "modelled last latest and local us global".split()
)
_MONEY = frozenset(
    "annual annually yearly year years yr a per gross net volume vol amount ttm ltm usd dollars "  # noqa: SIM905
    "dollar m mm mn mil mill million millions k 000 000s thousand thousands b bn billion billions "
    "12 months eur euro euros gbp cad aud nzd chf jpy inr sek nok dkk mxn fy c ca "
    "au".split()
)
_BANDS = frozenset(
    "range ranges band bands bracket brackets size sizes group class category tier segment bucket "  # noqa: SIM905
    "level code".split()
)
_EMPLOYEES = frozenset((
    *("employees", "employee", "empl", "empls", "emp", "emps", "staff", "workforce", "headcount"),
    *("workers", "personnel", "manpower", "employment", "fte", "ftes", "full time equivalent"),
    *("full time equivalents", "staff members", "employees fte", "fte employees", "staff fte"),
    *("full time equivalent employees", "employees full time part time", "jobs"),
    *("full part time employees", "full time part time employees", "ee", "ees"),
))  # fmt: skip
# Nouns that count something only beside a word that counts: a team may be anybody's.
_EMPLOYEES_COUNTED = frozenset(("team", "team members", "people", "persons", "head", "worker"))
_COMPUTERS = frozenset(
    f"{prefix}{noun}"
    for prefix in ("", "it ", "managed ", "computer ", "pc ", "desktop ", "office ", "user ")
    for noun in (
        *("computers", "pcs", "workstations", "work stations", "machines", "systems", "endpoints"),
        *("end points", "devices", "seats", "nodes", "pc"),
    )
) | {"desktops laptops", "laptops desktops", "pcs laptops", "pcs macs"}
_COMPUTERS_COUNTED = frozenset((
    *("computer", "workstation", "machine", "system", "endpoint", "device", "seat", "node"),
    *("laptops", "terminals"),
))  # fmt: skip
_SALES = frozenset((
    "sales", "sale", "revenue", "revenues", "turnover", "sales revenue", "revenue sales",
    "sales turnover", "business revenue", "sls",
))  # fmt: skip
_SALES_COUNTED = frozenset(("receipts", "rev", "revs"))
_FULL_TIME = re.compile(r"(?:full time|fulltime|ft)(?: (?:employees?|empl?s?|staff|workers))?")
_PART_TIME = re.compile(r"(?:part time|parttime|pt)(?: (?:employees?|empl?s?|staff|workers))?")
_YEAR = re.compile(r"(?:fy|cy)?(?:19|20)\d{2}|fy\d{2}")
_KNOWN_WORDS = sorted(
    {
        word
        for nouns in (_EMPLOYEES, _EMPLOYEES_COUNTED, _COMPUTERS, _SALES, _SALES_COUNTED)
        for phrase in nouns
        for word in phrase.split()
    }
    | (_COMMON | _BANDS | {"annual", "yearly", "gross", "volume", "usd"})
    - {"a", "on", "in", "us", "at"},
    key=len,
    reverse=True,
)

_OF_WHOM = (
    r"(?:(?:business|bus|location|loc|company|firm|store|entity|dba|establishment|facility|site|"
    r"account|client|customer|corp|corporation|organization|owner|is|was|has|been|permanently|"
    r"perm|date|day|of|the|actual|effective) )*"
)
_LICENCE = r"(?:(?:business|bus|permit|registration|reg|certificate|cert|tax|current|term|date|of|"
_LICENCE += r"the|city|county|state|lic|licen[cs]es?) )*"
_WHEN = r"(?: (?:date|dt|on|day|since|as|of|flag|ind|indicator|yn|y|n))*"
_CLOSINGS: Mapping[str, re.Pattern[str]] = {
    "licence term": re.compile(
        rf"{_LICENCE}(?:expir(?:es?|ed|y|ation|ing)|exp (?:date|dt)|valid (?:until|till|to|thru|"
        rf"through)|(?:lic|licen[cs]e|permit) exp|(?:lic|licen[cs]e|permit|registration) "
        rf"(?:term )?end(?:s|ing)?|term ends?|valid to){_WHEN}(?: year)?"
    ),
    "closed": re.compile(
        rf"(?:{_OF_WHOM}|(?:lic|licen[cs]e) )(?:closed|closure|clsd|ended|dissolved|dissolution|"
        r"ceased|cessation|terminated|termination|cancel+ed|cancel+ation|withdrawn|withdrawal|"
        r"inactive|inactivated|inactivation|revoked|revocation|forfeited|forfeiture|"
        rf"out of business|oob|defunct|discontinued|shut ?down|deactivated){_WHEN}"
        rf"|{_OF_WHOM}(?:close|closing|end|oob|cancel|term) (?:date|dt|day){_WHEN}"
        r"|date (?:of )?(?:close|closing|end)"
    ),
    "open": re.compile(
        r"(?:(?:is|currently|still|business|company|firm|account|entity|record|client|customer) )*"
        r"(?:active|in business|operating|operational|trading|in operation)"
        r"(?: (?:flag|ind|indicator|yn|y|n|yes|no|business|now))*"
    ),
    "status": re.compile(
        r"(?:(?:lic|licen[cs]e|business|bus|entity|corp|corporation|corporate|company|firm|permit|"
        r"registration|reg|account|current|operating|operational|establishment|facility|location|"
        r"store|active|legal|filing|record|sos|dba|llc|organi[sz]ation|client|customer|open) )*"
        r"(?:status|standing)(?: (?:desc|description|name|text|type|value|code|cd|active|inactive|"
        r"open|closed))*"
    ),
}


@lru_cache(maxsize=4096)
def meaning_of_words(words: str) -> str | None:
    """The meaning of a header in plain words ("est annual revenue m"), None where it has none."""
    if len(words) > 60:
        return None
    return _size(words) or next(
        (name for name, said in _CLOSINGS.items() if said.fullmatch(words)), None
    )


def _size(words: str) -> str | None:
    tokens = [part for word in words.split() for part in _parts(word)]
    counted = not _COUNTED.isdisjoint(tokens)
    band = [word for word in tokens if word in _BANDS]
    core = " ".join(word for word in tokens if not (word in _COMMON or word in _BANDS))
    core = " ".join(word for word in core.split() if not _YEAR.fullmatch(word))
    if core in _EMPLOYEES or (core in _EMPLOYEES_COUNTED and (counted or band)):
        return _banded("employees", band)
    if core in _COMPUTERS or (core in _COMPUTERS_COUNTED and counted):
        return None if "code" in band else "computers"
    for name, said in (("full-time", _FULL_TIME), ("part-time", _PART_TIME)):
        if said.fullmatch(core) and not band:
            return name
    money = " ".join(word for word in core.split() if word not in _MONEY)
    if money in _SALES or (money in _SALES_COUNTED and money != core):
        return _banded("sales", band)
    return None


def _banded(name: str, band: list[str]) -> str:
    if not band:
        return name
    return f"{name} code" if "code" in band else f"{name} range"


def _parts(word: str) -> list[str]:
    """The words that one word without blanks is made of: numberofemployees; itself where none."""
    if len(word) < 6 or word in _KNOWN_WORDS:
        return [word]
    return _split(word) or [word]


@lru_cache(maxsize=4096)
def _split(word: str) -> list[str]:
    for first in _KNOWN_WORDS:
        if word == first:
            return [first]
        if word.startswith(first) and (rest := _split(word[len(first) :])):
            return [first, *rest]
    return []
