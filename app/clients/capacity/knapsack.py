"""The most value that fits: the 0-1 knapsack over whole numbers, exact."""

import numpy as np

from app.geo.points import Ints, Mask


def most_value(weight: Ints, value: Ints, room: int) -> Mask:
    """Which items to take so that their weights fit the room and no other choice has more value.

    Shape (n,) each, weights and the room from 0 up, values over 0. Of equal value the least
    weight; of those the items given first. A table of one bit for each item and each unit of room:
    n x room steps, n x room / 8 bytes.
    """
    best = np.zeros(room + 1, np.int64)
    taken = []
    for heavy, worth in zip(weight.tolist(), value.tolist(), strict=True):
        gains = np.zeros(room + 1, bool)
        if heavy <= room:
            with_it = best[: room + 1 - heavy] + worth
            gains[heavy:] = with_it > best[heavy:]
            best[heavy:] = np.maximum(best[heavy:], with_it)
        taken.append(np.packbits(gains))
    chosen = np.zeros(len(weight), bool)
    at = int(np.searchsorted(best, best[-1]))
    for item in range(len(weight) - 1, -1, -1):
        if taken[item][at >> 3] >> (7 - (at & 7)) & 1:
            chosen[item] = True
            at -= int(weight[item])
    return chosen
