"""Headers that all begin or end with the same words, which say nothing."""

from collections.abc import Sequence

from app.lists.families import FAMILIES
from app.lists.vocabulary import plain_header

_FEW_HEADERS = 3  # judgement: so few may share a word by chance


def drop_shared_words(headers: Sequence[str]) -> Sequence[str]:
    """The headers without the words that all of them begin or end with, in lower-case words.

    Some programs put their table's name before every column: "lead.company.city". The word of a
    family says something, and so stays; so do headers that share nothing.
    """
    each = {header: plain_header(header).split() for header in headers if header.strip()}
    named = [words for words in each.values() if words]
    if len(named) < _FEW_HEADERS:
        return headers
    front = _shared(named)
    back = _shared([words[front:][::-1] for words in named])
    if not front + back:
        return headers
    return [" ".join(each[h][front : len(each[h]) - back]) if h in each else h for h in headers]


def _shared(named: Sequence[Sequence[str]]) -> int:
    """How many first words all of them share, with at least one left to each of them."""
    most = min(map(len, named)) - 1
    alike = (len({words[i] for words in named}) == 1 for i in range(most))
    free = (named[0][i] not in FAMILIES for i in range(most))
    return next((i for i, two in enumerate(zip(alike, free, strict=True)) if not all(two)), most)
