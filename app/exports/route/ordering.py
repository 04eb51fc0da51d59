"""Which stops are visited, and in which order, from home and back to it within a time.

As many as possible; of as many the ones, and the order, with the least driving.

1. Up to EXACT stops all orders are weighed, by the table of Held and Karp (1962): for each set of
   stops and the last of them, the least drive that visits them all.
2. Of more, VROOM (https://github.com/VROOM-Project/vroom) looks for the best by local search. It
   proves nothing; how near it comes is tested against all orders (tests/exports/test_ordering.py).
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from app.geo.points import Floats, Ints

EXACT = 12  # judgement: 4,096 sets of stops, a tenth of a second; each further stop doubles it
EXPLORATION = 5  # VROOM's own most thorough level


def order_visits(seconds: Ints, visit_s: int, most_s: int) -> list[int]:
    """The stops in order, by their row in the matrix of drives, whose row 0 is home."""
    if len(seconds) - 1 <= EXACT:
        return order_exactly(seconds, visit_s, most_s)
    return order_by_search(seconds, visit_s, most_s)


def order_exactly(seconds: Ints, visit_s: int, most_s: int) -> list[int]:
    """1."""
    n = len(seconds) - 1
    least, before = _fill_table(seconds.astype(np.float64), n)
    sizes = np.array([bits.bit_count() for bits in range(1 << n)])
    home = least + seconds[1:, 0]
    fits = home + sizes[:, None] * visit_s <= most_s
    if not fits.any():
        return []
    most = int(sizes[fits.any(axis=1)].max())
    wanted = fits & (sizes == most)[:, None]
    bits, last = divmod(int(np.argmin(np.where(wanted, home, np.inf))), n)
    return _read_back(before, bits, last)


def _fill_table(seconds: Floats, n: int) -> tuple[Floats, Ints]:
    """The least drive to each last stop of each set, inf for none, and the stop before it."""
    least = np.full((1 << n, n), np.inf)
    before = np.full((1 << n, n), -1, np.int64)
    least[1 << np.arange(n), np.arange(n)] = seconds[0, 1:]
    for bits in range(1, 1 << n):
        further = least[bits][:, None] + seconds[1:, 1:]
        for stop in (one for one in range(n) if not bits >> one & 1):
            last = int(np.argmin(further[:, stop]))
            least[bits | 1 << stop, stop] = further[last, stop]
            before[bits | 1 << stop, stop] = last
    return least, before


def _read_back(before: Ints, bits: int, last: int) -> list[int]:
    order: list[int] = []
    while last >= 0:
        order.append(last + 1)
        bits, last = bits & ~(1 << last), int(before[bits, last])
    return order[::-1]


def order_by_search(seconds: Ints, visit_s: int, most_s: int) -> list[int]:
    """2. One thread, so that the same question has the same answer."""
    import vroom

    problem = vroom.Input()
    problem.set_durations_matrix("car", seconds)
    problem.add_vehicle(vroom.Vehicle(1, start=0, end=0, time_window=[0, most_s]))
    jobs = range(1, len(seconds))
    problem.add_job([vroom.Job(stop, location=stop, default_service=visit_s) for stop in jobs])
    routes = problem.solve(exploration_level=EXPLORATION, nb_threads=1).routes
    return [int(stop) for stop in routes.loc[routes["type"] == "job", "id"]] if len(routes) else []


def total_seconds(seconds: Ints, order: Sequence[int]) -> int:
    """The drive of that order, from home and back to it."""
    ends = [0, *order, 0]
    return sum(int(seconds[leg]) for leg in pairwise(ends))
