"""The words of list headers: what each kind of list calls its columns.

The names of prospect lists are those of Data Axle (Salesgenie, ReferenceUSA, Infogroup), D&B,
ZoomInfo, Apollo, LinkedIn, Crunchbase, Outscraper, OpenAddresses, the SBA, OSHA and city licence
lists; those of the firm's own books are what people call such columns.

A header is a family ("Location", "Mailing", ...; see `families`) and a name ("Address").
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from app.businesses.sizes import MONTH_NAME, MONTHS
from app.lists.families import COMPANY, LOCATION, NAMELESS, PEOPLE, PLAIN, family_splits, kind_of
from app.lists.header_words import meaning_of_words
from app.lists.opt_out_words import OPT_OUTS, opt_out_meaning
from app.lists.place_names import PLACE, PLACE_NAMES

# Meaning -> the names it goes by. Behind "||" stand the weaker ones: asked only where no other
# column has that meaning, and never a clash.
NAMES: Mapping[str, str] = {
    "name": "name|company|business|organization|organisation|recipient|borrower|dba|dba name|"
    "doing business as name|doing business as|trade name|tradestyle|firm|firm name|case name|"
    "entity|entity name|biz name|vendor|vendor name|member company|legal entity|"
    "names primary||legal name|legal business name|ownership name|licensee|licensee name|member|"
    "member name|operator name|title|store",
    **PLACE_NAMES,
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
    "closed": "||closed|date closed|closing date|closed date|end date|closure date",
    "licence term": "||license expiration date|licence expiration date",
    "open": "||is active",
    **dict.fromkeys(OPT_OUTS, ""),  # by their words
    "currency": "||currency|currency code|sales currency|revenue currency",
}


class Meaning(NamedTuple):
    """What a header says. `family`: lower is better; `weak`: never a clash."""

    name: str
    family: int
    weak: bool


@lru_cache(maxsize=4096)
def plain_header(header: str) -> str:
    """The header in lower-case words: "BorrowerZip" -> "borrower zip", "# Employees" -> ..."""
    # "BorrowerZip" is two words, "PCs" and "FTEs" are one.
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z](?!s(?![a-z]))[a-z])", " ", header)
    spaced = re.sub(r"#(?: ?of\b)?", " number of ", spaced, flags=re.IGNORECASE)
    spaced = spaced.replace("%", " percent ")
    spaced = re.sub(
        r"\((?:in )?(?:000s?|thousands?|millions?)?(?: ?of)? ?(?:in )?(?:usd|us\$|\$)?\)",
        " ",
        spaced.casefold(),
    )
    return " ".join(re.sub(r"[^\w]+|_", " ", spaced).split())


class Vocabulary:
    """What the columns of one kind of list are called. Immutable; look-ups are remembered.

    names: meaning -> names, as in NAMES. extra: the meanings beyond those of a prospect, each read
    from one column. needs_place: a list without any column that says where its rows are is refused.
    """

    def __init__(
        self, names: Mapping[str, str], *, extra: Sequence[str] = (), needs_place: bool = True
    ) -> None:
        self.names = names
        self.extra = tuple(extra)
        self.needs_place = needs_place
        self._by_name = {
            name: (meaning, rank == 1)
            for meaning, alike in names.items()
            for rank, group in enumerate(alike.split("||"))
            for name in group.split("|")
            if name
        }
        self.meaning_of = lru_cache(maxsize=4096)(self._meaning_of)

    @property
    def of_books(self) -> bool:
        """Whether it is that of the firm's own books, which may be reports and not tables."""
        return "revenue" in self.extra

    def called(self, text: str) -> str:
        """The meaning that a name stands for; the text itself where it is no name."""
        return self._by_name.get(plain_header(text), (text, False))[0]

    def _meaning_of(self, header: str) -> Meaning | None:
        """What the header means; None when it says nothing we use."""
        words = plain_header(header)
        refused = opt_out_meaning(words)
        if refused in self.names:
            return Meaning(refused, PLAIN, False)
        if words in self._by_name:
            meaning, weak = self._by_name[words]
            return Meaning(meaning, PLAIN, weak)
        splits = [*family_splits(words)]
        for part, family in splits:
            meaning, weak = self._by_name.get(part, ("", False))
            # A store number is no house number, a company's fees are not ours.
            if meaning and part != "number" and meaning not in self.extra:
                found = Meaning(meaning, family, weak)
                return found if _can_say(found) else None
        ours = [(part, one) for part, one in splits if kind_of(one) in (LOCATION, COMPANY)]
        by_words = self._by_words([(words, PLAIN), *ours])
        return by_words or (self._spanned(words.split()) if self.of_books else None)

    def _by_words(self, readings: Sequence[tuple[str, int]]) -> Meaning | None:
        """By the words of a size or a closing; in books, sales are named as the client's own."""
        for words, family in readings:
            name = meaning_of_words(words)
            if name is None or name not in self.names:
                continue
            if not (name.startswith("sales") and "revenue" in self.names):
                return Meaning(name, family, True)
        return None

    def _spanned(self, words: Sequence[str]) -> Meaning | None:
        """What money, hours or visits are called with a month or a year in any place and order."""
        span = "year" if _names_year(words) else "month" if _MONTH_WORDS & {*words} else ""
        rest = " ".join(word for word in words if word not in _SPAN_WORDS)
        if not span or rest not in self._by_name:
            return None
        meaning, weak = self._by_name[rest]
        of_span = next((pair for pair in SPANS if meaning in pair), None)
        return of_span and Meaning(of_span[span == "year"], PLAIN, weak)


# The meanings of the books that are by the month, and by the year.
SPANS = (
    ("monthly revenue", "revenue"),
    ("monthly recurring", "recurring"),
    ("hours", "yearly hours"),
    ("visits", "yearly visits"),
)
_MONTH_WORDS = frozenset({"month", "months", "monthly", "mo", "mos"})
_YEAR_WORDS = frozenset({
    "year", "yr", "annual", "annually", "yearly", "ltm", "ttm", "t12m", "12m", "12mo",
})  # fmt: skip
_SPAN_WORDS = frozenset({
    *_MONTH_WORDS, *_YEAR_WORDS, "12", "twelve", "last", "past", "previous", "prior", "trailing",
    "rolling", "for", "the", "in", "of", "over", "from", "our", "us", "we", "a", "per", "each",
    "by", "during", "to", "average", "avg", "mean", "usd",
})  # fmt: skip


def _names_year(words: Sequence[str]) -> bool:
    said = {*words}
    return bool(said & _YEAR_WORDS or (said & _MONTH_WORDS and said & {"12", "twelve"}))


def _can_say(found: Meaning) -> bool:
    """Whether that family's columns say this of the business: a contact's name is not its own."""
    if found.name in PLACE:
        return True
    nameless = found.name == "name" and found.family in NAMELESS
    return kind_of(found.family) not in (PLAIN, PEOPLE) and not nameless


# What the firm's own books say of a client beyond what a list says of a prospect. Money is USD;
# what is by the month or the year says so in its name.
BOOKS: Mapping[str, str] = {
    "revenue": "revenue|revenue last 12 months|last 12 months revenue|revenue 12 months|"
    "12 months revenue|12 month revenue|annual revenue|yearly revenue|revenue per year|"
    "revenue a year|revenue last year|total revenue|billed|amount billed|total billed|billings|"
    "invoiced|amount invoiced|total invoiced|annual billing|annual billings|income|annual income|"
    "yearly income|fees|annual fees|revenue ltm|ltm revenue|revenue ttm|ttm revenue|"
    "revenue we earn|billable amount|line amount|line subtotal|all income|net sales||turnover|"
    "amount|paid|amount paid|total|line total|paid income|total spend|invoice amount|invoice total|"
    "subtotal|amount received|received|payments",
    "refunds": "amount refunded|refunded amount|refunds|refunded volume||refunded",
    "monthly revenue": "monthly revenue|revenue per month|revenue a month|revenue month|"
    "average monthly revenue|avg monthly revenue|monthly income|income per month|income a month|"
    "monthly billing|monthly billings|billed per month|invoiced per month|monthly fees",
    "recurring": "recurring revenue|annual recurring revenue|yearly recurring revenue|recurring|"
    "arr|contract revenue|recurring revenue per year|managed services revenue",
    "monthly recurring": "monthly recurring revenue|mrr|monthly recurring|monthly retainer|"
    "recurring revenue per month|recurring per month||retainer",
    "hours": "hours|hours per month|hours a month|monthly hours|hours month|"
    "average monthly hours|avg monthly hours|average hours per month||hours spent",
    "yearly hours": "yearly hours|annual hours|hours per year|hours a year|hours year|"
    "hours last 12 months|last 12 months hours|hours 12 months|total hours|hours billed",
    "visits": "visits|visits per month|visits a month|monthly visits|visits month|site visits|"
    "on site visits|onsite visits|trips per month||trips",
    "yearly visits": "yearly visits|annual visits|visits per year|visits a year|visits year|"
    "visits last 12 months|visits 12 months|trips per year",
    "drive": "drive minutes|drive time|driving time|driving minutes|drive time minutes|"
    "drive time min|drive min|drive|travel minutes|travel time|minutes one way|"
    "drive minutes one way|one way minutes||minutes",
    "travel fee": "travel fee|service fee|travel or service fee|travel fee per visit|"
    "service fee per visit|fee per visit|trip fee|trip charge|travel charge|call out fee|"
    "callout fee|service call fee",
    "since": "since|client since|customer since|since when|start date|started|first invoice|"
    "onboarded",
    "active": "active|is active|active client|currently active|current client|active or not",
    "rate": "hourly rate|rate|billing rate|rate per hour|rate an hour|rate hour|usd per hour||"
    "hourly",
    "flexible": "flexible|flexible scheduling|flexible schedule|flexible hours|"
    "scheduling flexible|schedule flexible",
    "grows": "likely to grow|likely to grow within two years|grows|growing|growth|will grow|"
    "growth likely|expected to grow|growth within two years|growth potential",
    "pays on time": "pays on time|paying on time|paid on time|on time|pays promptly|"
    "payment on time",
}
# In books, plain revenue is what the client pays us; the client's own sales are named as such.
_CLIENT_NAMES: Mapping[str, str] = {
    "name": "client|client name|customer|customer name|customer full name|client full name|"
    "customers|clients|" + NAMES["name"] + "|account|account name|contact|contact name|"
    "customer description|customer email|client email",
    "sales": "sales|annual sales|sales volume|sales volume actual|sales volume 9|client sales|"
    "client revenue|their sales|their revenue|company revenue|company sales",
    "sales range": "sales volume range|sales range||annual sales range",
    "status": NAMES["status"] + "|client status|customer status",
}

# Drives that the firm has made: from where, to where, how long it took, when it was.
_TRIPS: Mapping[str, str] = {
    "from": "from|origin|start|from address|start address|starting point",
    "to": "to|destination|end|to address|end address|client|customer||address",
    "took": "minutes|drive minutes|duration|drive time|travel time|took|minutes driven|"
    "duration minutes|driving time",
    "left": "time|time of day|departure time|start time|left|left at|departed||when|date",
}

PROSPECTS = Vocabulary(NAMES)
# An answer, whose rows are placed already; and whoever is known by a name or a phone alone.
ANSWERED = Vocabulary(NAMES, needs_place=False)
_WHOSE = "client|client name|customer|customer name|clients|customers|account|account name|"
ANYBODY = Vocabulary({**NAMES, "name": _WHOSE + NAMES["name"]}, needs_place=False)
CLIENTS = Vocabulary({**NAMES, **_CLIENT_NAMES, **BOOKS}, extra=tuple(BOOKS), needs_place=False)

TRIPS = Vocabulary(_TRIPS, extra=tuple(_TRIPS), needs_place=False)


def is_header(cell: str) -> bool:
    """Whether a cell reads like the header of any kind of list."""
    return any(kind.meaning_of(cell) is not None for kind in (PROSPECTS, CLIENTS, TRIPS))


_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH = re.compile(
    rf"(?:(?P<y1>\d{{4}}) |{_DAY} )?(?P<name>{MONTH_NAME})(?:(?: {_DAY}(?= \d{{4}}$))?"
    rf" (?P<y2>\d{{4}}|\d{{2}}))?$"
    rf"|(?P<y3>\d{{4}}) (?P<m3>0[1-9]|1[0-2])(?: {_DAY}(?: 00 00(?: 00)?)?)?$"
    r"|(?P<m4>0?[1-9]|1[0-2]) (?P<y4>\d{4})$"
    r"|(?P<a>\d{1,2}) (?P<b>\d{1,2}) (?P<y5>\d{4}|\d{2})(?: 00? 00(?: 00)?)?$"
)


def month_of(header: str, *, day_first: bool = False) -> tuple[int, int] | None:
    """Year (0 if it names none) and month of a header such as "Jan 2026", "2026-01", "March".

    A date is the month it lies in; `day_first` is how one such as 1/2/2026 is read.
    """
    found = _MONTH.match(plain_header(header))
    if found is None:
        return None
    year = int(found["y1"] or found["y2"] or found["y3"] or found["y4"] or found["y5"] or 0)
    year += 2000 if 0 < year < 100 else 0
    if found["a"]:
        month, day = sorted((int(found["a"]), int(found["b"])), key=lambda one: one > 12)
        if day_first and day <= 12:
            month, day = int(found["b"]), int(found["a"])
        return (year, month) if 1 <= month <= 12 and 1 <= day <= 31 else None
    if found["name"] is None:
        return year, int(found["m3"] or found["m4"])
    return year, MONTHS.index(found["name"][:3]) + 1
