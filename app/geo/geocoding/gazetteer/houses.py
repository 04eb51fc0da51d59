"""The houses of some streets, looked up by block and number."""

from bisect import bisect_left, bisect_right
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.geo.geocoding.gazetteer.file import House

_BLOCK_BITS = 32  # houses are sorted by block, then number: both in one key


class NumberedHouses:
    """Houses by block and number."""

    def __init__(self, houses: NDArray[Any], town: int) -> None:
        houses = houses[houses["number"] >= 0]
        keys = (houses["block"].astype(np.int64) << _BLOCK_BITS) + houses["number"]
        if len(keys) > 1 and (keys[1:] < keys[:-1]).any():
            order = np.argsort(keys, kind="stable")
            keys, houses = keys[order], houses[order]
        self._keys: list[int] = keys.tolist()
        self._houses = houses
        self._town = town
        self._made: dict[int, House] = {}
        self._sides: dict[tuple[int, int, int], tuple[list[int], list[int]]] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, block: int, number: int, suffix: str) -> tuple[House, bool] | None:
        """The likeliest house of that number, and whether its suffix is the one asked."""
        keys, key = self._keys, (block << _BLOCK_BITS) + number
        first = bisect_left(keys, key)
        if first == len(keys) or keys[first] != key:
            return None
        asked, last = suffix.encode(), first + 1
        house = self._house(first)
        if last < len(keys) and keys[last] == key:
            found = map(self._house, range(first, bisect_right(keys, key, last)))
            house = min(found, key=lambda one: (one.town != self._town, one.suffix != asked))
        return house, house.suffix == asked

    def find_lettered(self, number: int) -> House | None:
        """The only house of a number that has letters before it ("N6543"), if there is one."""
        rows = self._lettered.get(number, [])
        return self._house(rows[0]) if len(rows) == 1 else None

    @cached_property
    def _lettered(self) -> dict[int, list[int]]:
        """The rows of the houses that have letters before their number, by that."""
        rows: dict[int, list[int]] = {}
        for row in np.flatnonzero(self._houses["block"] < 0).tolist():
            rows.setdefault(int(self._houses["number"][row]), []).append(row)
        return rows

    def around(self, block: int, number: int, step: int) -> tuple[House, House] | None:
        """The nearest houses below and above in the block; with step 2 of its side only."""
        numbers, rows = self._side(block, step, number % step)
        at = bisect_left(numbers, number)
        if not 0 < at < len(numbers):
            return None
        return self._house(rows[at - 1]), self._house(rows[at])

    def next_to(self, block: int, number: int) -> House | None:
        """The block's house that comes before this number, else the one after it."""
        numbers, rows = self._side(block, 1, 0)
        return self._house(rows[max(0, bisect_left(numbers, number) - 1)]) if rows else None

    def farthest(self, block: int, number: int) -> House:
        """The block's house whose number is farthest from this one."""
        start, end = self._span(block)
        ends = self._house(start), self._house(end - 1)
        return max(ends, key=lambda house: abs(house.number - number))

    def _side(self, block: int, step: int, rest: int) -> tuple[list[int], list[int]]:
        """A block's numbers (of one side), ascending, and the rows of their houses."""
        side = self._sides.get((block, step, rest))
        if side is None:
            start, end = self._span(block)
            rows = [i for i in range(start, end) if self._keys[i] % step == rest]
            numbers = [self._keys[i] - (block << _BLOCK_BITS) for i in rows]
            side = self._sides[block, step, rest] = numbers, rows
        return side

    def _span(self, block: int) -> tuple[int, int]:
        keys = self._keys
        first, beyond = block << _BLOCK_BITS, (block + 1) << _BLOCK_BITS
        return bisect_left(keys, first), bisect_left(keys, beyond)

    def _house(self, row: int) -> House:
        house = self._made.get(row)
        if house is None:
            house = self._made[row] = House._make(self._houses[row].item())
        return house
