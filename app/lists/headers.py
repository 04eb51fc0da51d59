"""Which column of a list means what, by its header.

The names are those of Data Axle (Salesgenie, ReferenceUSA, Infogroup), D&B, ZoomInfo, Apollo,
LinkedIn, Crunchbase, Outscraper, OpenAddresses, the SBA, OSHA and city licence lists.

A header is a family ("Location", "Mailing", ...) and a name ("Address"). Where several families
are there, the place of business wins over the plain name, that over the company's seat, and
the mailing address comes last: a rule, not a clash.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from app.errors import BadList

# The first word of a header -> its family, best first: 0 place of business, 1 plain (no such
# word), 2 the company, 3 where mail goes.
LOCATION, PLAIN, COMPANY, MAILING = range(4)
FAMILIES: Mapping[str, int] = {
    word: family
    for family, words in {
        LOCATION: "location physical site premise premises civic facility store "
        "establishment situs",
        COMPANY: "company business borrower organization organisation headquarters hq corporate "
        "account parent",
        MAILING: "mailing mail billing owner contact people person principal",
    }.items()
    for word in words.split()
}

# Meaning -> the names it goes by. Behind "||" stand the weaker ones: asked only where no other
# column has that meaning, and never a clash.
NAMES: Mapping[str, str] = {
    "name": "name|company|business|organization|organisation|recipient|borrower|dba|dba name|"
    "doing business as name|doing business as|trade name|tradestyle|firm|firm name|case name|"
    "names primary||legal name|legal business name|ownership name|licensee|title|store",
    "line": "line|address|street address|address line 1|address line1|address 1|address1|addr|"
    "addr1|addr 1|address line|street 1|street1|street address 1||addresses freeform|sites",
    "number": "number|house number|street number|address building|house|street no|house no|"
    "addr housenumber|building number||building",
    "street": "street|street name|address street name|road name|addr street||road",
    "line2": "||address 2|address2|address line 2|address line2|additional address|addr2|"
    "street address 2|street 2",
    "whole": "||full address|complete address|formatted address|address full|one line address|"
    "full street address|headquarters location|location",
    "city": "city|town|city name|municipality|address city|city town|post town|addr city||"
    "locality|community|community name|addresses locality|suburb",
    "state": "state|province|state or province|state province|address state|state code|prov|"
    "addr state||us state|state abbreviation|st|region|addresses region",
    "postcode": "zip|zip code|zipcode|zip5|zip 5|postcode|postal code|postalcode|post code|"
    "address zip|address postcode|address zip code|zip postal code|zip or postal code|"
    "addr postcode|postal||source zipcode|eircode|zcta|addresses postcode",
    "lat": "latitude|lat||geo lat|gps latitude|address latitude|y|y coordinate|point y",
    "lon": "longitude|lon|lng||long|geo lon|geo lng|gps longitude|address longitude|x|"
    "x coordinate|point x",
    "computers": "computers|number of computers|no of computers|computer count|number of pcs|"
    "pc count|number of workstations||pcs|workstations",
    "employees": "employees|number of employees|no of employees|employee count|employees count|"
    "employee size actual|jobs reported|jobs retained|annual average employees|num employees|"
    "number employees|total employees|employees single site|employees this site|employee size 5||"
    "jobs|employee|employees here|employees total|employees all sites|headcount|staff|staff count|"
    "number of staff|linkedin employees count|linkedin company employee count|size",
    "employees range": "employee size range|employee range|employees range||employee size|"
    "employees size|company size|size range|employee band|linkedin employees",
    "employees code": "employee size code",
    "full-time": "full time employees|fulltime employees||full time|full time staff",
    "part-time": "part time employees|parttime employees||part time|part time staff",
    "sales": "sales|annual sales|sales volume|sales volume actual|revenue|annual revenue|"
    "estimated revenue|total revenue|sales volume 9||turnover|annual turnover|yearly revenue",
    "sales range": "sales volume range|revenue range|estimated revenue range|sales range||"
    "linkedin company revenue range|annual revenue range|annual sales range",
    "sales code": "sales volume code",
    "status": "||status|license status|licence status|operating status|operational status",
    "closed": "||closed|date closed|closing date|closed date|end date|closure date|"
    "license expiration date|licence expiration date|license term expiration date|"
    "license expiry date|licence expiry date|expiration date|expiry date",
}
# The columns that make a size, best first; the later ones fill the gaps of the earlier.
FILLS: Mapping[str, Sequence[str]] = {
    "computers": ("computers",),
    "employees": ("employees", "employees range", "employees code"),
    "sales": ("sales", "sales range", "sales code"),
}
PLACE = ("line", "number", "street", "line2", "whole", "city", "state", "postcode", "lat", "lon")
STREETS = ("line", "street", "whole")
FREE = ("industry", "advisers")  # made of any number of columns
ADVISERS = re.compile(
    r"\b(accountants?|accounting firm|cpa|bookkeepers?|lawyers?|attorneys?|law firm|solicitors?|"
    r"advis[eo]rs?|consultants?|(?:advertising|marketing|insurance) agency|agency)\b"
)
TRADE = re.compile(
    r"\b(naics|sic|industry|industries|category|categories|subtypes|specialt(?:y|ies)|"
    r"business type|store type|licen[cs]e (?:type|desc\w*)|business activity|detail desc\w*|"
    r"type description|kind of business|line of business)\b"
)
_NOT_TRADE = re.compile(r"\b(count|year|version|date|id)\b")
WANTED = "an address (Address, Street Address, Street Name), City, ZIP or Latitude and Longitude"


class Meaning(NamedTuple):
    """What a header says. `family`: lower is better; `weak`: never a clash."""

    name: str
    family: int
    weak: bool


@dataclass(frozen=True)
class Columns:
    """Which cells of a row mean what.

    of: meaning -> positions, best first; where one cell is empty the next is asked.
    mailing: the same for the mailing address, used where a row has no other.
    """

    headers: Sequence[str]
    of: Mapping[str, Sequence[int]]
    mailing: Mapping[str, Sequence[int]]

    @property
    def by_header(self) -> dict[str, str]:
        """Meaning -> the header it is read from first."""
        return {meaning: self.headers[at[0]] for meaning, at in self.of.items()}


@lru_cache(maxsize=4096)
def plain(header: str) -> str:
    """The header in lower-case words: "BorrowerZip" -> "borrower zip", "# Employees" -> ..."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", header)
    spaced = spaced.replace("#", " number of ") if "#" in spaced else spaced
    spaced = re.sub(
        r"\((?:in )?(?:000s?|thousands?|millions?)?(?: ?of)? ?(?:in )?(?:usd|us\$|\$)?\)",
        " ",
        spaced.casefold(),
    )
    return " ".join(re.sub(r"[^\w]+|_", " ", spaced).split())


_BY_NAME = {
    name: (meaning, rank == 1)
    for meaning, names in NAMES.items()
    for rank, group in enumerate(names.split("||"))
    for name in group.split("|")
    if name
}


@lru_cache(maxsize=4096)
def meaning_of(header: str) -> Meaning | None:
    """What the header means; None when it says nothing we use."""
    words = plain(header)
    first, _, rest = words.partition(" ")
    before, _, last = words.rpartition(" ")  # Infogroup: "EMPLOYEE SIZE (5) - LOCATION"
    for name, family in (
        (words, PLAIN),
        (rest, FAMILIES.get(first)),
        (before, FAMILIES.get(last)),
    ):
        if family is not None and name in _BY_NAME:
            meaning, weak = _BY_NAME[name]
            if name == "number" and family != PLAIN:
                continue  # a store number is no house number
            return Meaning(meaning, family, weak)
    return None


def scale_of(header: str) -> float:
    """What the header says its numbers are in: "(in 000s USD)" is 1000."""
    words = header.casefold()
    # Infogroup's nine-digit sales volume is in thousands too.
    if re.search(r"\b(in )?(000s?|thousands)\b|\bsales volume \(9\)", words):
        return 1e3
    return 1e6 if re.search(r"\bin millions\b|\(millions?\b", words) else 1.0


def trade_system(header: str) -> str | None:
    """What a column says of the trade: codes of "naics", "sic" or any "code", "" for words.

    None where it says nothing of it.
    """
    words = plain(header)
    if not TRADE.search(words) or _NOT_TRADE.search(words):
        return None
    if re.search(r"desc\w*$|description$", words):
        return ""
    for system in ("naics", "sic"):
        if re.search(rf"\b{system}\b", words):
            return system
    return "code" if re.search(r"\bcodes?$", words) else ""


def choose(headers: Sequence[str], overrides: Mapping[str, str]) -> Columns:
    """Which column means what; `overrides` (meaning -> header) win.

    Raises BadList when two columns claim one meaning, an override names no column or no
    meaning, or nothing says where the rows are.
    """
    forced = _forced(headers, overrides)
    found: dict[str, list[tuple[Meaning, int]]] = {}
    for at, header in enumerate(headers):
        meaning = meaning_of(header)
        if meaning is not None and meaning.name not in forced and at not in forced.values():
            found.setdefault(meaning.name, []).append((meaning, at))
    of, mailing = _places(headers, found)
    for name in ("name", "status", "closed"):
        of[name] = [at for _, at in sorted(found.get(name, []), key=lambda one: one[0][1:])]
    for name, fills in FILLS.items():
        if name not in forced:
            of |= _sizes(headers, {fill: found.get(fill, []) for fill in fills})
    of |= _free(headers) | {meaning: [at] for meaning, at in forced.items()}
    of = {meaning: at for meaning, at in of.items() if at}
    if not any(name in of for name in (*STREETS, "city", "postcode")) and not (
        "lat" in of and "lon" in of
    ):
        seen = ", ".join(repr(header[:40]) for header in headers[:20])
        raise BadList(f"no address column: looked for {WANTED}; found {seen}", field="line")
    return Columns(headers, of, mailing)


def _forced(headers: Sequence[str], overrides: Mapping[str, str]) -> dict[str, int]:
    places = {}
    for asked, header in overrides.items():
        known = _BY_NAME.get(plain(asked), (asked, False))[0]
        if known not in NAMES and known not in FREE:
            raise BadList(
                f"columns: {asked!r} is no meaning; they are {', '.join((*NAMES, *FREE))}",
                field=asked,
            )
        fits = [at for at, one in enumerate(headers) if one == header]
        fits = fits or [at for at, one in enumerate(headers) if plain(one) == plain(header)]
        if not fits:
            raise BadList(
                f"columns: no column {header!r} for {asked}; the headers are "
                f"{', '.join(repr(one[:40]) for one in headers[:20])}",
                field=asked,
            )
        places[known] = fits[0]
    return places


type Found = Mapping[str, list[tuple[Meaning, int]]]


def _places(
    headers: Sequence[str], found: Found
) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """The columns of the address and of the mailing address.

    The street's family decides: the city of a person is not that of the company's address.
    """
    families = {meaning.family for name in STREETS for meaning, _ in found.get(name, [])}
    first = min(families, default=LOCATION)
    order = [first, *(family for family in range(MAILING) if family != first)]
    of = {name: _best(headers, name, found.get(name, []), order) for name in PLACE}
    post = {name: _best(headers, name, found.get(name, []), [MAILING]) for name in PLACE}
    mailing = {name: at for name, at in post.items() if at}
    return of, ({} if first == MAILING else mailing)


def _best(
    headers: Sequence[str], name: str, found: list[tuple[Meaning, int]], order: Sequence[int]
) -> list[int]:
    """The columns of the first family that has any; weak names only where no other is."""
    for family in order:
        mine = [(meaning.weak, at) for meaning, at in found if meaning.family == family]
        strong = [at for weak, at in mine if not weak]
        if len(strong) > 1:
            raise _clash(headers, name, strong)
        if mine:
            return strong or [at for _, at in mine]
    return []


def _clash(headers: Sequence[str], name: str, places: Sequence[int]) -> BadList:
    both = " and ".join(repr(headers[at]) for at in places)
    return BadList(
        f"columns {both} both claim {name}: say which, such as {name}={headers[places[0]]!r}",
        field=name,
    )


def _sizes(headers: Sequence[str], found: Found) -> dict[str, list[int]]:
    """The columns of one size, all of the best family: a branch is not its company."""
    families = [meaning.family for each in found.values() for meaning, _ in each]
    order = [min(families, default=PLAIN)]
    return {name: _best(headers, name, each, order) for name, each in found.items()}


def _free(headers: Sequence[str]) -> dict[str, list[int]]:
    """What any number of columns may say: the trade (codes first), advisers, staff by hours."""
    trades = [
        (trade_system(header) == "", at)
        for at, header in enumerate(headers)
        if trade_system(header) is not None
    ]
    advisers = [at for at, header in enumerate(headers) if ADVISERS.search(plain(header))]
    of = {"industry": [at for _, at in sorted(trades)], "advisers": advisers}
    for at, header in enumerate(headers):
        meaning = meaning_of(header)
        if meaning is not None and meaning.name in ("full-time", "part-time"):
            of.setdefault(meaning.name, []).append(at)
    return of
