"""The reach: the seconds from one home base to every road, and the place of a point on it.

The engine is asked once for everything around a home base. What it says, whole seconds and costs
at the end of each directed edge, is kept as a table, and a point on an edge takes what its end
takes less the rest of the edge. Like the engine's own, the way with the least *cost* counts, not
the one with the least time (a cost has penalties in it). Where that can't be told apart, both
times bound the answer, and the engine decides.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.snapping import Snaps
from app.geo.driving.engine import Direction
from app.geo.points import Floats, Ints, Mask

type Thin = NDArray[np.float32]

ROUNDING_S = 2.0  # both tables are cut to whole seconds; measured within 1.4 of the engine
CHEAPEST = 0.5  # a second's cost is nowhere less; the engine's factors are mostly 0.8 to 3
COST_ROUNDING = 6.0


@dataclass(frozen=True)
class Guess:
    """Seconds to each of n points, inf where the reach does not go; bounds of the engine's own."""

    seconds: Thin
    low: Thin
    high: Thin


@dataclass(frozen=True)
class Reach:
    """Seconds and costs of a drive between a home base and all roads, float32, inf beyond.

    edge_s, edge_cost: to the end of each directed edge (from its beginning, driving back).
    node_s, node_cost: to each junction; node_low, node_high: seconds of all the ways to it that
    cost as little, as far as whole numbers tell. price: cost of a second on each edge, estimated.
    brink: edges that begin within the reach and end beyond it; what they hold is estimated.
    start: roads the home base itself lies on, where the way may lead around the block.
    """

    direction: Direction
    minutes: float
    edge_s: Thin
    edge_cost: Thin
    node_s: Thin
    node_cost: Thin
    node_low: Thin
    node_high: Thin
    price: Thin
    brink: Mask
    start: Ints

    def guess(self, roads: Roads, at: Snaps) -> Guess:
        """The drive to each snapped point, bounded where the snap or the way is in doubt."""
        guess = self.places(roads, at.road, at.fraction, at.node)
        if len(at.other):
            also = self.places(roads, at.other_road, at.other_fraction, at.other_node)
            sure = np.isfinite(also.seconds)
            rows = at.other[sure]
            np.minimum.at(guess.low, rows, also.low[sure])
            np.maximum.at(guess.high, rows, also.high[sure])
        return guess

    def places(self, roads: Roads, road: NDArray[Any], fraction: Floats, node: Any) -> Guess:
        """The drive to places on roads; road -1 is nowhere."""
        ahead, against = self._ways(roads, road, fraction)
        first = ahead[1] <= against[1]
        seconds = np.where(first, ahead[0], against[0])
        unsure = (ahead[2] <= against[3] + COST_ROUNDING) & (against[2] <= ahead[3] + COST_ROUNDING)
        other = np.where(unsure, np.where(first, against[0], ahead[0]), seconds)
        other = np.where(np.isfinite(other), other, seconds)
        at_node, nowhere = node >= 0, road < 0
        low = np.where(at_node, self.node_low[node], np.minimum(seconds, other)) - ROUNDING_S
        high = np.where(at_node, self.node_high[node], np.maximum(seconds, other)) + ROUNDING_S
        seconds = np.where(at_node, self.node_s[node], seconds)
        for column in (seconds, low, high):
            column[nowhere] = np.inf
        shown = np.maximum(seconds, 0)
        brink = self._on_brink(roads.edge[road]) & ~at_node & ~nowhere
        low[brink] = np.minimum(low[brink], self.minutes * 60)
        high[brink] = np.inf
        return Guess(shown.astype(np.float32), low.astype(np.float32), high.astype(np.float32))

    def _on_brink(self, edge: NDArray[Any]) -> Mask:
        found: Mask = (self.brink[edge] & (edge >= 0)).any(axis=1)
        return found

    def _ways(
        self, roads: Roads, road: NDArray[Any], fraction: Floats
    ) -> tuple[tuple[Floats, Floats, Floats, Floats], ...]:
        """Along the road's shape and against it: seconds, cost, the least and the most cost."""
        edge = roads.edge[road]
        rest = 1 - fraction if self.direction is Direction.OUT else fraction
        return self._way(roads, edge[:, 0], rest), self._way(roads, edge[:, 1], 1 - rest)

    def _way(
        self, roads: Roads, edge: NDArray[Any], rest: Floats
    ) -> tuple[Floats, Floats, Floats, Floats]:
        left = rest * roads.seconds[edge]
        total = np.where(edge >= 0, self.edge_cost[edge], np.inf)
        price = self.price[edge]
        seconds = np.where(edge >= 0, self.edge_s[edge] - left, np.inf)
        least = total - left * (price * 1.1 + 0.1)
        return seconds, total - left * price, least, total - left * np.minimum(CHEAPEST, price)


def unpack_reach(
    roads: Roads, packed: Thin, minutes: float, direction: Direction, start: Ints
) -> Reach:
    """A reach from seconds and costs of each edge, shape (2, edges)."""
    seconds, cost = packed.copy()
    out = direction is Direction.OUT
    source, target = (roads.begin, roads.end) if out else (roads.end, roads.begin)
    node_s, node_cost = _arrivals(seconds, cost, target, len(roads.network))
    node_low, node_high = node_s.copy(), node_s.copy()
    rival = np.flatnonzero(cost <= node_cost[target] + COST_ROUNDING)
    rival = rival[np.isfinite(cost[rival])]
    np.minimum.at(node_low, target[rival], seconds[rival])
    np.maximum.at(node_high, target[rival], seconds[rival])
    with np.errstate(invalid="ignore"):  # inf - inf where nothing is reached
        price = _price(roads, cost - node_cost[source], seconds - node_s[source])
    brink = np.isinf(cost) & np.isfinite(node_cost[source])
    ends = source[brink]
    seconds[brink] = node_s[ends] + roads.seconds[brink]
    cost[brink] = node_cost[ends] + roads.seconds[brink] * price[brink]
    return Reach(
        direction,
        minutes,
        seconds,
        cost,
        node_s,
        node_cost,
        node_low,
        node_high,
        price,
        brink,
        start,
    )


def edge_table(roads: Roads, ids: Ints, seconds: Ints, costs: Ints, direction: Direction) -> Thin:
    """Seconds and costs of each edge, shape (2, edges), from what the engine said of some.

    Driving back, the engine names the edge that leads the other way. An edge named twice (the
    home base's own, reached again around the block) counts as first named.
    """
    known = roads.edge_id if direction is Direction.OUT else roads.opposing
    order = np.arange(len(known)) if direction is Direction.OUT else np.argsort(known)
    sorted_ids = np.asarray(known)[order]
    at = np.searchsorted(sorted_ids, ids).clip(max=len(known) - 1)
    found = sorted_ids[at] == ids
    rows = order[at[found]][::-1]
    packed = np.full((2, len(known)), np.inf, np.float32)
    packed[0, rows] = seconds[found][::-1]
    packed[1, rows] = costs[found][::-1]
    return packed


def _arrivals(seconds: Thin, cost: Thin, node: NDArray[Any], nodes: int) -> tuple[Thin, Thin]:
    """Seconds and cost at each node: those of its cheapest edge."""
    node_s, node_cost = np.full(nodes, np.inf, np.float32), np.full(nodes, np.inf, np.float32)
    reached = np.flatnonzero(np.isfinite(cost))
    order = reached[np.argsort(cost[reached], kind="stable")[::-1]]
    node_s[node[order]] = seconds[order]  # the last one written is the cheapest
    node_cost[node[order]] = cost[order]
    return node_s, node_cost


def _price(roads: Roads, cost: Thin, seconds: Thin) -> Thin:
    """The cost of a second on each edge: of what it added, less the turn before it.

    The two directions of a road cost about the same, a turn's penalty falls on one: the lower.
    """
    own = np.asarray(roads.seconds, np.float32)
    turn = np.maximum(seconds - own, 0)
    price = (cost - turn) / np.maximum(own, 0.1)
    price = np.where(np.isfinite(price), price, np.inf)
    pair = np.asarray(roads.edge)
    lower = np.minimum(
        np.where(pair[:, 0] >= 0, price[pair[:, 0]], np.inf),
        np.where(pair[:, 1] >= 0, price[pair[:, 1]], np.inf),
    )
    both = np.empty_like(price)
    for side in (0, 1):
        has = pair[:, side] >= 0
        both[pair[has, side]] = lower[has]
    return np.clip(np.where(np.isfinite(both), both, 1), CHEAPEST, 20).astype(np.float32)
