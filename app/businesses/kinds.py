"""What a place's kind means: the trade it stands for, and whether it could introduce clients.

A kind is a tag of OpenStreetMap ("office=accountant"; the values documented in its wiki,
https://wiki.openstreetmap.org/wiki/Map_features) or a category of Overture Maps Places
("overture=accountant"; the lists of April 2025, December 2025 and August 2026 that Overture
publishes: overture_categories.csv in its schema, the taxonomy browser in its documentation; later
lists renamed some, so several names can mean one thing). Trades are NAICS 2022 prefixes.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType

# Who could introduce clients, in the order in which telling words of a name decide; a bank is
# there to be asked for.
PARTNERS = (
    "accountant",
    "tax adviser",
    "lawyer",
    "notary",
    "insurer",
    "advertising agency",
    "graphic designer",
    "consultant",
    "chamber of commerce",
    "trade association",
    "business association",
    "club",
    "bank",
)
SELECTED = PARTNERS[:-1]  # where nobody says otherwise

# The trades of partners, as NAICS 2022 prefixes.
_TRADES: Mapping[str, str] = {
    "541211": "accountant",
    "541219": "accountant",
    "541213": "tax adviser",
    "54111": "lawyer",
    "54112": "notary",
    "5242": "insurer",
    "5418": "advertising agency",
    "54143": "graphic designer",
    "5416": "consultant",
    "81391": "business association",
    "81392": "trade association",
    "81341": "club",
    "5221": "bank",
}

# Kinds that leave open what a place does, so that its name may tell. A bank's name may say that
# it is an insurer: American insurance agents are often mapped as banks.
_OPEN = frozenset({
    "", "amenity=bank", "amenity=community_centre", "office=association", "office=company",
    "office=financial", "office=yes", "overture=corporate_office",
    "overture=corporate_or_business_office", "overture=financial_service",
    "overture=private_association", "overture=professional_service",
    "overture=professional_services", "overture=public_and_government_association",
})  # fmt: skip

_TELLING = {
    # Before the trades that such an association is one of.
    "trade association": r"(?:trade|industry|professional|bar|dental|medical|nurses'?|restaurant|"
    r"hospitality|hotel|lodging|retail(?:ers'?)?|manufactur(?:ers'?|ing)|contractors'?|"
    r"(?:home)?builders'?|trucking|bankers'?|realtors'?|insurance agents'?|accountants'?|"
    r"engineers'?|architects'?|technology|agricultur(?:e|al)|growers'?|farmers'?|landlords'?|"
    r"apartment|automobile dealers'?|funeral directors'?|pharmacists'?|veterinary) "
    r"(?:associations?|council|guild|society|alliance)|guild|(?:board|association) of realtors|"
    r"(?:associat(?:ion|ed)|society|council) (?:general contractors|of (?:home ?builders|cpas|"
    r"certified public accountants|manufacturers|professional engineers|builders))",
    "accountant": r"cpas?|c\.p\.a\.?|accountants?|accounting|accountancy|book-?keep(?:ing|ers?)",
    "tax adviser": r"tax (?:services?|prep(?:aration)?|advis[eo]rs?|consultants?)|income tax",
    "lawyer": r"attorneys?|lawyers?|solicitors?|legal services?|law (?:offices?|firms?|group)",
    "notary": r"notary|notaries",
    "insurer": r"insurance",
    "advertising agency": r"advertising|(?:marketing|ad|pr) agency|public relations",
    "graphic designer": r"graphic design(?:ers?)?|web design(?:ers?)?",
    "consultant": r"consult(?:ing|ants?|ancy)",
    "chamber of commerce": r"chambers? of (?:commerce|trade)",
    "business association": r"(?:business|merchants'?|trade) (?:associations?|alliance|council)",
    "club": r"rotary|rotarians|kiwanis|lions|civitan|optimist club|toastmasters|zonta|soroptimist|"
    r"jaycees|elks|moose lodge|masonic|knights of columbus|bni|networking (?:group|club)|"
    r"(?<!night )(?<!strip )(?<!health )(?<!fitness )(?<!girls )(?<!sam's )clubs?",
    "bank": r"credit union|banking|(?:savings|national|community|state) banks?",
}
_PATTERNS = {kind: re.compile(rf"\b(?:{words})(?!\w)") for kind, words in _TELLING.items()}
# A house bears the name of whoever built it, so this much of a name tells nothing of its tenants.
_HOUSE = re.compile(r"\b(?:building|bldg|tower|memorial)\b")


@dataclass(frozen=True, slots=True)
class Kind:
    """What one kind of place means.

    naics: a NAICS 2022 code or the start of one, "" where the kind leaves the trade open.
    words: what people call it and search it by: "dentist, dental".
    partner: one of `PARTNERS`, "" for kinds that introduce nobody.
    """

    kind: str
    naics: str
    words: str
    partner: str


@cache
def kind_table() -> Mapping[str, Kind]:
    """Every kind that is known, in the order of `kinds.csv`."""
    text = resources.files("app.businesses").joinpath("kinds.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType({row["kind"]: Kind(**row) for row in rows})


def kind_of(kind: str) -> Kind | None:
    """What that kind means, None where it is not known.

    Of several values in one tag ("shop=shoes;bag") the first one counts.
    """
    known = kind_table()
    return known.get(kind) or known.get(kind.partition(";")[0].strip())


@lru_cache(maxsize=4096)
def trade_of(kind: str) -> str:
    """The kind as `Prospects.industry` holds a trade: "naics:621210 | dentist, dental".

    Words alone where no code is known: those of the table, else the tag's own value
    ("shop=model_trains" is "model trains"); "" for "".
    """
    known = kind_of(kind)
    if known is None:
        return kind.rpartition("=")[2].replace(";", ", ").replace("_", " ").strip()
    return f"naics:{known.naics} | {known.words}" if known.naics else known.words


@lru_cache(maxsize=65_536)
def partner_of(kind: str, name: str) -> str:
    """Which of `PARTNERS` a place is, by its kind, else by telling words in its name; "" if none.

    The name is asked only where the kind leaves open what the place does.
    """
    known = kind_of(kind)
    stated = known.partner if known else ""
    if kind == "amenity=bank":
        return "insurer" if named_partner(name) == "insurer" else stated
    return stated or (_named(kind, name) if _leaves_open(kind) else "")


def _leaves_open(kind: str) -> bool:
    return kind in _OPEN or kind.startswith("building=")


def _named(kind: str, name: str) -> str:
    if _HOUSE.search(name.casefold()):
        return ""
    found = named_partner(name)
    return "" if found == "insurer" and kind.startswith("building=") else found


def named_partner(name: str) -> str:
    """Which of `PARTNERS` the words of a name tell of, the first one of them; "" if none."""
    plain = name.casefold()
    return next((kind for kind, words in _PATTERNS.items() if words.search(plain)), "")


def partner_of_industry(code: str, words: str) -> str:
    """Which of `PARTNERS` a row of a list is, by its NAICS code, else by its words; "" if none.

    `words` is what the row says of its trade, and its name. They decide where there is no code or
    one too short to tell (5411), and tell a chamber of commerce and a trade's association from
    other business associations.
    """
    for prefix, partner in _TRADES.items():
        if code.startswith(prefix):
            return _named_association(words) if prefix == "81391" else partner
    too_short = not code or any(prefix.startswith(code) for prefix in _TRADES)
    return named_partner(words) if too_short else ""


def _named_association(words: str) -> str:
    if "chamber" in words.casefold():
        return "chamber of commerce"
    trade = _PATTERNS["trade association"].search(words.casefold())
    return "trade association" if trade else "business association"
