"""Whether two rows are one business: by plain name, and by how near they are."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import product
from math import dist, inf, isfinite

import numpy as np

from app.geo.points import Floats, Ints, on_the_globe

type _Spot = tuple[float, float, float]
type _BusinessCells = dict[tuple[str, float, float, float], list[int]]
_WORD = re.compile(r"[^\W_]+")
_LEGAL_FORMS = frozenset({
    "the", "inc", "incorporated", "llc", "llp", "pllc", "ltd", "limited", "plc", "corp",
    "corporation", "co", "company",
})  # fmt: skip


def plain_name(name: str) -> str:
    """A business's name as it is compared: letters and digits only, no case, no The, Inc, Ltd, Co.

    "" for a name that is nothing but those.
    """
    return "".join(_own_words(name))


def plain_words(name: str) -> str:
    """The same with a blank between words."""
    return " ".join(_own_words(name))


def _own_words(name: str) -> Sequence[str]:
    words = _WORD.findall(name.casefold().replace("'", "").replace("’", "").replace(".", ""))
    return [word for word in words if word not in _LEGAL_FORMS]


def first_of_same(names: Sequence[str], lon: Floats, lat: Floats, metres: float) -> Ints:
    """For each row the first row that is the same place, its own number where it is that one.

    The same are rows of the same plain name within so many metres (straight line) of the first of
    them; of several such firsts the nearest. Rows without name or point are the same as no other.
    Shape (n,).
    """
    plain_of = {name: plain_name(name) for name in set(names)}
    plain = [plain_of[name] for name in names]
    often = Counter(plain)
    at = [(x, y, z) for x, y, z in on_the_globe(lon, lat).tolist()]
    first = np.arange(len(plain))
    grid: _BusinessCells = {}
    for i, (name, here) in enumerate(zip(plain, at, strict=True)):
        if name and often[name] > 1 and isfinite(here[0]):
            first[i] = _nearest(grid, name, at, i, metres)
    return first


def _nearest(grid: _BusinessCells, name: str, at: Sequence[_Spot], i: int, metres: float) -> int:
    """The nearest first row of that name; where there is none, the row becomes one itself."""
    side, here = 4 * metres, at[i]
    spans = [{(v - metres) // side, (v + metres) // side} for v in here]
    near = [row for x, y, z in product(*spans) for row in grid.get((name, x, y, z), ())]
    away, best = min([(dist(at[row], here), row) for row in near], default=(inf, i))
    if away <= metres:
        return best
    x, y, z = here
    grid.setdefault((name, x // side, y // side, z // side), []).append(i)
    return i
