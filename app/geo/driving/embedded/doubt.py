"""Which drives the reach alone can't judge, so that the engine itself is asked.

The numbers are those of the rules in valhalla.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.geo.driving.embedded.reach import Guess, Reach
from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.snapping import Snaps
from app.geo.driving.embedded.tiles import Column
from app.geo.driving.engine import SNAP_M, Driving
from app.geo.points import Floats, Ints, Mask, Points

CONTRADICTED_S = 10.0  # reach and matrix agree to a few seconds; more is another road (CHANGELOG)
ROUTED = 1000  # judgement: rows routed one by one, 10-60 ms each; the matrix has to do for more


@dataclass(frozen=True)
class GuessedDrives:
    """The drives to one question's points by the reach alone, and the limits to judge them by.

    at, guess: of each different point, once. which: of each row, its point among those.
    far: rows that no car gets to in `most` minutes, of which the engine is not asked.
    """

    to: Points
    at: Snaps
    which: Column
    reach: Reach
    guess: Guess
    limits: Sequence[float]
    most: float
    far: Mask

    @cached_property
    def off_road_m(self) -> Floats:
        """Metres from each row's point to its road; NaN where there is none."""
        metres: Floats = self.at.distance_m[self.which]
        return metres

    def doubt(self, roads: Roads, how: Driving) -> Mask:
        """3. Rows whose drive the reach alone can't judge."""
        guess = self.guess
        doubt = np.isin(self.at.road, self.reach.start)
        doubt |= np.isinf(guess.seconds) & ~roads.open[self.at.road]
        doubt |= np.isin(self.at.node, roads.gates)
        doubt[self.at.other[np.isin(self.at.other_node, roads.gates)]] = True
        for limit in self.limits:
            seconds = limit / how.traffic * 60
            doubt |= (guess.low <= seconds) & (guess.high >= seconds)
        doubt &= self.at.distance_m <= SNAP_M
        doubted: Mask = doubt[self.which] & ~self.far
        return doubted

    def contradicted(self, asked: Ints, seconds: Floats, how: Driving) -> Ints:
        """Which of the asked the reach puts well on the other side of a limit; ROUTED at most."""
        guess = self.guess.seconds[self.which[asked]]
        limits = [limit / how.traffic * 60 for limit in self.limits]
        crosses = np.logical_or.reduce([(seconds <= s) != (guess <= s) for s in limits])
        with np.errstate(invalid="ignore"):  # inf - inf where both say that no road leads there
            far = np.abs(seconds - guess) > CONTRADICTED_S
        return np.flatnonzero(crosses & far)[:ROUTED]

    def confirmed(self, asked: Ints, routed: Floats) -> Mask:
        """Of which of the asked a route, in seconds, takes as long as by the reach."""
        guess = self.guess.seconds[self.which[asked]]
        beyond = np.isinf(guess) & (routed > self.most * 60 - CONTRADICTED_S)
        with np.errstate(invalid="ignore"):
            same: Mask = beyond | (np.abs(routed - guess) <= CONTRADICTED_S)
        return same

    def cut_off(self, roads: Roads, rows: Ints, by_component: Mapping[int, float]) -> Mask:
        """Which of those rows are in a component to which no road leads, as the engine said."""
        none = [n for n, seconds in by_component.items() if np.isinf(seconds)]
        return np.isin(self.components(roads, rows), none)

    def components(self, roads: Roads, rows: Ints) -> Ints:
        """The connected component that the road of each of those rows belongs to."""
        return _find_components(roads, self.at.road[self.which[rows]])

    def lost(self, roads: Roads, doubt: Mask) -> Ints:
        """4. One row to ask the engine for in each component that the reach does not touch.

        Not one of those in doubt, which are asked for themselves.
        """
        apart = np.isinf(self.guess.seconds) & (self.at.distance_m <= SNAP_M)
        apart &= roads.open[self.at.road]
        rows = np.flatnonzero(apart[self.which] & ~doubt & ~self.far)
        home, *_ = _find_components(roads, self.reach.start)
        away, first = np.unique(self.components(roads, rows), return_index=True)
        found: Ints = rows[first[away != home]]
        return found


def _find_components(roads: Roads, road: Ints) -> Ints:
    node, _ = roads.nodes[road].T
    component: Ints = roads.component[node]
    return component
