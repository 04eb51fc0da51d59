"""The words of towns' names, brought to one spelling."""

import unicodedata
from functools import lru_cache

# One spelling for the words that towns' names are written with in several ways.
_SHORT = {
    "saint": "st", "sainte": "ste", "fort": "ft", "mount": "mt", "mountain": "mtn",
    "north": "n", "south": "s", "east": "e", "west": "w", "heights": "hts", "hgts": "hts",
    "junction": "jct", "springs": "spgs", "center": "ctr", "centre": "ctr", "cntr": "ctr",
    "village": "vlg", "beach": "bch", "point": "pt", "park": "pk", "city": "cty", "lake": "lk",
    "township": "twp",
}  # fmt: skip
_FIRST = {"no": "n", "so": "s"}  # beside another word: "No. Andover", "So. Carolina"
_DROPPED = dict.fromkeys(map(ord, "'`’‘ʻʼ´."))
_SPACES = dict.fromkeys(map(ord, '-–,/()&#_;:*"'), " ")
_MARKS = _DROPPED | _SPACES


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
    words = town_words(name)
    if len(words) > 1:
        words[0] = _FIRST.get(words[0], words[0])
    return "".join(_SHORT.get(word, word) for word in words)
