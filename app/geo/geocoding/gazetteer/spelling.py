"""Names that are misspelt: which of some is meant, and where to look for them."""

import re
from collections.abc import Sequence

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.geo.geocoding.gazetteer.file import CELL, Anchor
from app.geo.points import METRES_PER_DEGREE

SHORTEST_SLIP = 4  # judgement: letters of a word that may be misspelt
_LETTERS = "abcdefghijklmnopqrstuvwxyz "


def allowed_edits(name: str, allowed: Sequence[tuple[int, int]]) -> int:
    """How many edits a name of its length may be away."""
    return next((edits for letters, edits in allowed if len(name) >= letters), 0)


def nearest_spelling(word: str, among: Sequence[str], most: int) -> str:
    """The one nearest in edits, at most `most` away; "" when none or several are as near."""
    if not most:
        return ""
    found = process.extract(word, among, scorer=OSA.distance, score_cutoff=most, limit=2)
    if not found:
        return ""
    (nearest, edits, _), *others = found
    return "" if any(other == edits for _, other, _ in others) else str(nearest)


def touched_cells(anchor: Anchor) -> list[tuple[int, int]]:
    """The cells of the file's grid that an anchor's circles touch."""
    cells: set[tuple[int, int]] = set()
    for lon, lat, radius in anchor.circles.astype(np.float64).tolist():
        dy = radius / METRES_PER_DEGREE
        dx = dy / max(0.01, float(np.cos(np.radians(lat))))
        for x in range(int((lon - dx) // CELL), int((lon + dx) // CELL) + 1):
            cells.update(
                (x, y) for y in range(int((lat - dy) // CELL), int((lat + dy) // CELL) + 1)
            )
    return sorted(cells)


def undo_slip(start: str) -> list[str]:
    """What was meant if one letter of a longer word was slipped, the likeliest kinds first.

    Its first letter, and words of fewer letters than may be misspelt, count as typed.
    """
    halves = [(start[:i], start[i:]) for i in _slippery(start)]
    swapped = [a + b[1] + b[0] + b[2:] for a, b in halves if b[1:2].strip()]
    missing = [a + letter + b for a, b in halves for letter in _LETTERS]
    more = [a + b[1:] for a, b in halves]
    other = [a + letter + b[1:] for a, b in halves for letter in _LETTERS]
    return [one for one in dict.fromkeys((*swapped, *missing, *more, *other)) if one != start]


def _slippery(text: str) -> list[int]:
    """Where in a text the letters of its longer words are, but for the first of all."""
    words = (word.span() for word in re.finditer(r"\S+", text))
    return [i for a, b in words if b - a >= SHORTEST_SLIP for i in range(max(a, 1), b)]


def one_slip(code: str) -> set[str]:
    """The ZIP codes with one digit another, or two neighbours swapped."""
    if not code.isdecimal():
        return set()
    halves = [(code[:i], code[i:]) for i in range(len(code))]
    changed = {a + digit + b[1:] for a, b in halves for digit in "0123456789"}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    return (changed | swapped) - {code}
