"""Which column of a list means what, by its header.

Where several families of columns are there, the place of business wins over the plain name, that
over the company's seat, then come where goods go, where mail goes, and people's own: a rule, not a
clash. The rows whose address of the best family is empty have that of the next.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.errors import BadList, UnclearColumns
from app.lists.families import MAILING, PEOPLE, PLAIN, PRINCIPAL, SHIPPING, kind_of
from app.lists.mapping import OTHER, ChosenColumns
from app.lists.opt_out_words import OPT_OUTS
from app.lists.periods import period_columns
from app.lists.place_names import PLACE
from app.lists.shared_words import drop_shared_words
from app.lists.vendors import NO_VENDOR, Vendor, find_vendor, recognise_vendor
from app.lists.vocabulary import PROSPECTS, Meaning, Vocabulary, plain_header

# The columns that make a size, best first; the later ones fill the gaps of the earlier.
FILLS: Mapping[str, Sequence[str]] = {
    "computers": ("computers",),
    "employees": ("employees", "employees range", "employees code"),
    "sales": ("sales", "sales range", "sales code"),
}
NAMED = "columns"  # what errors call the columns named in the question itself
OTHERS = frozenset(OTHER + part for part in PLACE)
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
_UNIT = r"(?:(?:[$€£(]|\b(?:usd|eur|gbp|cad|in)) ?{0}|\b{0} ?(?:[$€£]|usd|eur|gbp|cad))(?![a-z])"
_THOUSANDS = re.compile(
    r"(?<![\d,])1?,?000'?s?\b|\bthousands?\b|\bsales volume \(9\)|" + _UNIT.format("k")
)
_MILLIONS = re.compile(r"\bmillions?\b|\b(?:mio|mill?|mm|mn|mln)\b|" + _UNIT.format("mm?"))
_BILLIONS = re.compile(r"\bbillions?\b|\bbn\b|" + _UNIT.format("bn?"))
_NOT_TRADE = re.compile(r"\b(count|year|version|date|id)\b")
_PRINCIPAL_PERSON = re.compile(
    r"principal (?:s )?(?:first|last|full|middle|name|title|phone|email|contact|gender|officer)\b"
)
_PERSON = re.compile(
    r"\b(?:first|last|full|given|sur|contact|owner|person|executive|officer)(?: )?name\b|"
    r"\b(?:contact|job|person)\b"
)
_STREET = re.compile(r"\b(?:street|st)\b")
_TOWNS = ("city", "postcode", "city line", "point")
WANTED = "an address (Address, Street Address, Street Name), City, ZIP or Latitude and Longitude"


@dataclass(frozen=True)
class PlaceColumns:
    """The columns of one address, of that family; `of` and `doubt` as in `ListColumns`."""

    of: Mapping[str, Sequence[int]]
    doubt: str
    family: int


@dataclass(frozen=True)
class ListColumns:
    """Which cells of a row mean what.

    of: meaning -> positions, best first; where one cell is empty the next is asked.
    doubt: the header of its address where that is where mail goes and the like, else "".
    others: the addresses of other families, used in this order where a row has none of that.
    The meanings are those of `vocabulary`; "months" are the columns of spans of the last year, in
    order.
    forced: the meanings whose column somebody chose.
    dotted: the columns of sizes whose dots part thousands; None until the list has been looked at.
    vendor: whose list it is, as somebody said or its form tells.
    """

    headers: Sequence[str]
    of: Mapping[str, Sequence[int]]
    doubt: str
    others: Sequence[PlaceColumns]
    vocabulary: Vocabulary = PROSPECTS
    forced: frozenset[str] = frozenset()
    dotted: frozenset[int] | None = None
    vendor: Vendor = NO_VENDOR

    def is_guess(self, meaning: str) -> bool:
        """Whether the first column with that meaning has it by a weak name; nobody chose it."""
        if meaning in self.forced or meaning not in self.of:
            return False
        read = drop_shared_words(self.headers)
        found = self.vocabulary.meaning_of(read[self.of[meaning][0]])
        return found is not None and found.weak

    @property
    def by_header(self) -> dict[str, str]:
        """Meaning -> the header it is read from first."""
        return {meaning: self.headers[at[0]] for meaning, at in self.of.items()}


def scale_of(header: str) -> float:
    """What the header says its numbers are in: "(in 000s USD)" is 1000, "($M)" a million."""
    words = header.casefold()
    # Infogroup's nine-digit sales volume is in thousands too.
    if _THOUSANDS.search(words):
        return 1e3
    return 1e6 if _MILLIONS.search(words) else 1e9 if _BILLIONS.search(words) else 1.0


def trade_system(header: str) -> str | None:
    """What a column says of the trade: codes of "naics", "sic" or any "code", "" for words.

    None where it says nothing of it.
    """
    words = plain_header(header)
    if not TRADE.search(words) or _NOT_TRADE.search(words):
        return None
    if re.search(r"desc\w*$|description$", words):
        return ""
    for system in ("naics", "sic"):
        if re.search(rf"\b{system}\b", words):
            return system
    return "code" if re.search(r"\bcodes?$", words) else ""


def choose_columns(
    headers: Sequence[str],
    chosen: ChosenColumns,
    vocabulary: Vocabulary = PROSPECTS,
    meaningless: Collection[int] = (),
) -> ListColumns:
    """Which column means what in that kind of list; what somebody chose wins.

    `meaningless`: columns that hold something else than their header says, for no meaning.

    Raises UnclearColumns when two columns claim one meaning, BadList when a choice names no column
    or no meaning, or nothing says where the rows are, BadQuestion for a vendor that is none.
    """
    forced = _forced(headers, chosen, vocabulary)
    used = {at for places in forced.values() for at in places}
    unread = {at for name in chosen.saved.not_read for at in _called(headers, name)} - used
    read = drop_shared_words(headers)
    found: dict[str, list[tuple[Meaning, int]]] = {}
    taken = {*used, *unread, *meaningless}
    for at, meaning in enumerate(_meanings(read, vocabulary)):
        if meaning is not None and meaning.name not in forced and at not in taken:
            found.setdefault(meaning.name, []).append((meaning, at))
    found = dict(_without_strangers(found, read))
    place, others = _places(headers, found)
    of = dict(place.of)
    for name in ("name", "status", "closed", "open", "licence term", "currency", *OPT_OUTS):
        of[name] = [at for _, at in sorted(found.get(name, []), key=lambda one: one[0][1:])]
    for name, fills in FILLS.items():
        if name not in forced:
            of |= _sizes(headers, {fill: found.get(fill, []) for fill in fills})
    for name in vocabulary.extra:
        of[name] = _best(headers, name, found.get(name, []), [PLAIN])
    of |= _free(read, found)
    if vocabulary.extra:
        of["months"] = period_columns(headers)
    of = {name: [at for at in places if at not in unread] for name, places in of.items()}
    of |= {name: at for name, at in forced.items() if name not in OTHERS}
    of = {name: at for name, at in of.items() if at}
    if not OTHERS.isdisjoint(forced):
        others = _chosen_others(headers, forced, list(_meanings(read, vocabulary)))
    placed = any(name in of for name in (*STREETS, *_TOWNS))
    if vocabulary.needs_place and not placed and not ("lat" in of and "lon" in of):
        raise BadList(
            f"no address column: looked for {WANTED}; found {_shown(headers)}", field="line"
        )
    return ListColumns(
        headers,
        of,
        place.doubt,
        others,
        vocabulary,
        frozenset(forced),
        vendor=_vendor(headers, chosen),
    )


def _vendor(headers: Sequence[str], chosen: ChosenColumns) -> Vendor:
    said = chosen.said_vendor
    source = "" if chosen.vendor else chosen.source
    return find_vendor(said, source) if said else recognise_vendor(headers)


def _meanings(read: Sequence[str], vocabulary: Vocabulary) -> Iterator[Meaning | None]:
    """What each header means. A principal who has a name or title is a person, no place."""
    person = any(_PRINCIPAL_PERSON.match(plain_header(header)) for header in read)
    for header in read:
        meaning = vocabulary.meaning_of(header)
        if meaning and meaning.family == PRINCIPAL and person:
            meaning = meaning._replace(family=PEOPLE) if meaning.name in PLACE else None
        yield meaning


def _without_strangers(found: "FoundMeanings", headers: Sequence[str]) -> "FoundMeanings":
    """Without what means something only beside other columns, where those are not there.

    "Title" names the business in lists of no persons that have no other name; "Suffix" or "Dir" is
    a street's where number and street have columns of their own.
    """
    people = any(_PERSON.search(plain_header(header)) for header in headers)
    names = [one for one in found.get("name", []) if plain_header(headers[one[1]]) != "title"]
    kept = {**found, "name": names if names or people else found.get("name", [])}
    if "number" not in found or "street" not in found:
        parts = found.get("street part", [])
        kept["street part"] = [
            one for one in parts if _STREET.search(plain_header(headers[one[1]]))
        ]
    return kept


def _shown(headers: Sequence[str]) -> str:
    return ", ".join(repr(header[:40]) for header in headers[:20])


def _chosen_others(
    headers: Sequence[str],
    forced: Mapping[str, Sequence[int]],
    meanings: Sequence[Meaning | None],
) -> list[PlaceColumns]:
    """The other addresses that somebody chose, each of one family as its headers have it."""
    families: dict[int, dict[str, list[int]]] = {}
    for name, places in forced.items():
        for at in places if name in OTHERS else ():
            meaning = meanings[at]
            of = families.setdefault(meaning.family if meaning else MAILING, {})
            of.setdefault(name.removeprefix(OTHER), []).append(at)
    return [PlaceColumns(of, _doubt(headers, of, one), one) for one, of in sorted(families.items())]


def _forced(
    headers: Sequence[str], chosen: ChosenColumns, vocabulary: Vocabulary
) -> dict[str, list[int]]:
    """Meaning -> the columns that somebody chose for it; none where they chose none.

    What is named wins over what is saved, also as to what else its column would be.
    """
    named: dict[str, list[int]] = {}
    for asked, header in chosen.named.items():
        meaning = _meaning_called(asked, vocabulary, NAMED)
        named[meaning] = [_position(headers, header, asked, NAMED)] if header else []
    claimed = {at for places in named.values() for at in places}
    saved: dict[str, list[int]] = {}
    for asked, several in chosen.read.items():
        meaning = _meaning_called(asked, vocabulary, chosen.source)
        if meaning not in named:
            places = [_position(headers, one, asked, chosen.source) for one in several]
            saved[meaning] = [at for at in places if at not in claimed]
    return saved | named


def _meaning_called(asked: str, vocabulary: Vocabulary, source: str) -> str:
    if asked in OTHERS:
        return asked
    known = vocabulary.called(asked)
    meanings = (*vocabulary.names, *FREE, *(("months",) if vocabulary.extra else ()))
    if known not in meanings:
        raise BadList(
            f"{source}: {asked!r} is no meaning; they are {', '.join(meanings)}", field=asked
        )
    return known


def _position(headers: Sequence[str], header: str, asked: str, source: str) -> int:
    fits = _called(headers, header)
    if not fits:
        seen = f"{source}: no column {header!r} for {asked}; the headers are {_shown(headers)}"
        way_out = "" if source == NAMED else f"; correct it there, or say --column {asked}=HEADER"
        raise BadList(seen + way_out, field=asked)
    return fits[0]


def _called(headers: Sequence[str], header: str) -> list[int]:
    """The columns of that header, else those of its words."""
    exact = [at for at, one in enumerate(headers) if one == header]
    words = plain_header(header)
    return exact or [at for at, one in enumerate(headers) if plain_header(one) == words]


type FoundMeanings = Mapping[str, list[tuple[Meaning, int]]]


def _places(
    headers: Sequence[str], found: FoundMeanings
) -> tuple[PlaceColumns, Sequence[PlaceColumns]]:
    """The columns of the address, and those of other families' addresses, best first.

    The street's family decides: the city of a person is not that of the company's address.
    """
    families = {name: {one.family for one, _ in found.get(name, [])} for name in PLACE}
    every = sorted(set().union(*families.values()))
    streets = set().union(*(families[name] for name in STREETS))
    first = min(streets or every, default=PLAIN)
    more = [one for one in every if one != first and kind_of(one) < SHIPPING]
    rest = streets | families["city"] | families["city line"]
    others = [_family(headers, found, [one]) for one in every if one != first and one in rest]
    return _family(headers, found, [first, *more]), others


def _family(headers: Sequence[str], found: FoundMeanings, order: Sequence[int]) -> PlaceColumns:
    """The columns of the address of the first family; the next ones fill in what it lacks."""
    best = {name: _best(headers, name, found.get(name, []), order) for name in PLACE}
    of = {name: at for name, at in best.items() if at}
    return PlaceColumns(of, _doubt(headers, of, order[0]), order[0])


def _doubt(headers: Sequence[str], of: Mapping[str, Sequence[int]], family: int) -> str:
    """The header of an address where that is where mail goes and the like, else ""."""
    named = [headers[of[name][0]] for name in (*STREETS, *_TOWNS) if name in of]
    return named[0] if named and kind_of(family) >= MAILING else ""


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


def _clash(headers: Sequence[str], name: str, places: Sequence[int]) -> UnclearColumns:
    choices = [headers[at] for at in places]
    both = " and ".join(map(repr, choices))
    return UnclearColumns(
        f"columns {both} both claim {name}: say which, such as {name}={choices[0]!r}",
        field=name,
        choices=choices,
        supposed={name: choices[0]},
    )


def _sizes(headers: Sequence[str], found: FoundMeanings) -> dict[str, list[int]]:
    """The columns of one size, all of the best family: a branch is not its company."""
    families = [meaning.family for each in found.values() for meaning, _ in each]
    order = [min(families, default=PLAIN)]
    best = {name: _best(headers, name, each, order) for name, each in found.items()}
    return {name: sorted(at, key=lambda i: -_year_in(headers[i])) for name, at in best.items()}


def _year_in(header: str) -> int:
    """The year that a header names, 0 for none: of "Revenue 2022" and "Revenue 2023" the latter."""
    found = re.search(r"(?:19|20)\d{2}", header)
    return int(found[0]) if found else 0


def _free(headers: Sequence[str], found: FoundMeanings) -> dict[str, list[int]]:
    """What any number of columns may say: the trade (codes first), advisers, staff by hours."""
    sizes = {at for fills in FILLS.values() for fill in fills for _, at in found.get(fill, [])}
    trades = [
        (trade_system(header) == "", at)
        for at, header in enumerate(headers)
        if trade_system(header) is not None and at not in sizes
    ]
    advisers = [at for at, header in enumerate(headers) if ADVISERS.search(plain_header(header))]
    staff = {
        name: [at for _, at in found[name]] for name in ("full-time", "part-time") if name in found
    }
    return {"industry": [at for _, at in sorted(trades)], "advisers": advisers, **staff}
