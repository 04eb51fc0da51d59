"""The reach: the seconds from one home base to every road, and where on it a point lies.

The engine is asked once for everything around a home base. Its answer becomes a table:

1. Edges. What the engine says of each directed edge, whole seconds and costs at its end, stands in
   the order of the road index. An edge named twice (the home base's own, reached again around the
   block) counts as first named.
2. Junctions. A junction has the seconds and the cost of the cheapest edge into it: as in the
   engine, the way with the least *cost* counts, not the one with the least time (a cost has
   penalties in it). The seconds of all edges that cost as little, as far as whole numbers tell,
   bound the junction's.
3. Cost of a second. What an edge added to the cost, less the turn before it, over its seconds. A
   road's two directions cost about the same, a turn's penalty falls on one: both get the lower.
4. Frontier. An edge that begins within the reach and ends beyond it gets an end estimated from its
   beginning.

A point is looked up in it:

5. On an edge it takes what the edge's end takes, less the rest of the edge, in seconds and in cost;
   of the two directions of its road the cheaper counts. At a junction it takes the junction's.
6. Where the two directions' costs, each between a least and a most, can't be told apart, the times
   of both bound the answer. Both bounds are widened by what whole seconds leave open.
7. On the frontier the bounds hold the end of the reach and everything beyond it.
8. A snap with several positions has the bounds of all of them.

Where the bounds hold a limit, the engine itself decides; see valhalla.py.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.snapping import Snaps
from app.geo.driving.engine import Direction
from app.geo.points import Floats, Ints, Mask

type Thin = NDArray[np.float32]

# Seconds. Both tables are cut to whole seconds; measured within 1.4 of the engine.
ROUNDING_S = 2.0
# Cost units. Each of the two costs compared is cut to a whole number; the rest is judgement.
COST_ROUNDING = 6.0
# Cost a second. The engine's factors of an edge are mostly 0.8 to 3: 0.85 where it is empty
# (kDensityFactor), times 0.6 in a turn channel (kTurnChannelFactor), which is 0.51; see
# valhalla/sif/dynamiccost.h and AutoCost::EdgeCost in src/sif/autocost.cc.
LEAST_COST_PER_SECOND = 0.5
MOST_COST_PER_SECOND = 20.0  # judgement: what is above is rounding or a penalty, not the road
USUAL_COST_PER_SECOND = 1.0  # judgement: where neither direction of the road tells
# Judgement: by how much what 3. finds may be too low, as a share and in cost a second.
COST_ERROR_SHARE, COST_ERROR = 1.1, 0.1
SHORTEST_S = 0.1  # judgement: whole costs tell nothing of an edge as short as this


@dataclass(frozen=True)
class Guess:
    """Seconds to each of n points, inf where the reach does not go; bounds of the engine's own."""

    seconds: Thin
    low: Thin
    high: Thin


class _Approach(NamedTuple):
    """A drive to positions along one direction: seconds, cost, and bounds of that cost."""

    seconds: Floats
    cost: Floats
    least: Floats
    most: Floats


@dataclass(frozen=True)
class Reach:
    """Seconds and costs of a drive between a home base and all roads, float32, inf beyond.

    edge_s, edge_cost: to the end of each directed edge (from its beginning, driving back).
    node_s, node_cost: to each junction; node_low, node_high: seconds of all the ways to it that
    cost as little, as far as whole numbers tell. cost_per_second: of each edge, estimated.
    frontier: edges that begin within the reach and end beyond it; what they hold is estimated.
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
    cost_per_second: Thin
    frontier: Mask
    start: Ints

    def guess(self, roads: Roads, at: Snaps) -> Guess:
        """The drive to each snapped point, bounded where the snap or the way is in doubt."""
        guess = self.guess_positions(roads, at.road, at.fraction, at.node)
        if len(at.other):  # 8.
            also = self.guess_positions(roads, at.other_road, at.other_fraction, at.other_node)
            sure = np.isfinite(also.seconds)
            rows = at.other[sure]
            np.minimum.at(guess.low, rows, also.low[sure])
            np.maximum.at(guess.high, rows, also.high[sure])
        return guess

    def guess_positions(
        self, roads: Roads, road: NDArray[Any], fraction: Floats, node: Any
    ) -> Guess:
        """The drive to positions on roads; road -1 is nowhere, node -1 is at no junction."""
        edge = roads.edge[road]
        rest = 1 - fraction if self.direction is Direction.OUT else fraction
        one, two = (
            self._approach(roads, edge[:, 0], rest),
            self._approach(roads, edge[:, 1], 1 - rest),
        )
        first = one.cost <= two.cost  # 5.
        seconds = np.where(first, one.seconds, two.seconds)
        unsure = one.least <= two.most + COST_ROUNDING  # 6.
        unsure &= two.least <= one.most + COST_ROUNDING
        other = np.where(unsure, np.where(first, two.seconds, one.seconds), seconds)
        other = np.where(np.isfinite(other), other, seconds)
        at_node, nowhere = node >= 0, road < 0
        low = np.where(at_node, self.node_low[node], np.minimum(seconds, other)) - ROUNDING_S
        high = np.where(at_node, self.node_high[node], np.maximum(seconds, other)) + ROUNDING_S
        seconds = np.where(at_node, self.node_s[node], seconds)
        for column in (seconds, low, high):
            column[nowhere] = np.inf
        shown = np.maximum(seconds, 0)
        frontier = (self.frontier[edge] & (edge >= 0)).any(axis=1) & ~at_node & ~nowhere  # 7.
        low[frontier] = np.minimum(low[frontier], self.minutes * 60)
        high[frontier] = np.inf
        return Guess(shown.astype(np.float32), low.astype(np.float32), high.astype(np.float32))

    def _approach(self, roads: Roads, edge: NDArray[Any], rest: Floats) -> _Approach:
        """Along an edge of each road, -1 for a closed direction, up to the rest of it."""
        left = rest * roads.seconds[edge]
        total = np.where(edge >= 0, self.edge_cost[edge], np.inf)
        each = self.cost_per_second[edge]
        return _Approach(
            seconds=np.where(edge >= 0, self.edge_s[edge] - left, np.inf),
            cost=total - left * each,
            least=total - left * (each * COST_ERROR_SHARE + COST_ERROR),
            most=total - left * np.minimum(LEAST_COST_PER_SECOND, each),
        )


def edge_table(roads: Roads, ids: Ints, seconds: Ints, costs: Ints, direction: Direction) -> Thin:
    """1. Seconds and costs of each edge, shape (2, edges), from what the engine said of some.

    Driving back, the engine names the edge that leads the other way.
    """
    known = roads.edge_id if direction is Direction.OUT else roads.opposing
    order = np.arange(len(known)) if direction is Direction.OUT else np.argsort(known)
    sorted_ids = np.asarray(known)[order]
    at = np.searchsorted(sorted_ids, ids).clip(max=len(known) - 1)
    found = sorted_ids[at] == ids
    rows = order[at[found]][::-1]  # the last one written stays, which is the first named
    packed = np.full((2, len(known)), np.inf, np.float32)
    packed[0, rows] = seconds[found][::-1]
    packed[1, rows] = costs[found][::-1]
    return packed


def unpack_reach(
    roads: Roads, packed: Thin, minutes: float, direction: Direction, start: Ints
) -> Reach:
    """A reach from the table of its edges, shape (2, edges)."""
    seconds, cost = packed.copy()
    out = direction is Direction.OUT
    source, target = (roads.begin, roads.end) if out else (roads.end, roads.begin)
    node_s, node_cost = _arrivals(seconds, cost, target, len(roads.component))  # 2.
    node_low, node_high = node_s.copy(), node_s.copy()
    rival = np.flatnonzero(cost <= node_cost[target] + COST_ROUNDING)
    rival = rival[np.isfinite(cost[rival])]
    np.minimum.at(node_low, target[rival], seconds[rival])
    np.maximum.at(node_high, target[rival], seconds[rival])
    with np.errstate(invalid="ignore"):  # inf - inf where nothing is reached
        each = _cost_per_second(roads, cost - node_cost[source], seconds - node_s[source])  # 3.
    frontier = np.isinf(cost) & np.isfinite(node_cost[source])  # 4.
    begun = source[frontier]
    seconds[frontier] = node_s[begun] + roads.seconds[frontier]
    cost[frontier] = node_cost[begun] + roads.seconds[frontier] * each[frontier]
    return Reach(
        direction=direction,
        minutes=minutes,
        edge_s=seconds,
        edge_cost=cost,
        node_s=node_s,
        node_cost=node_cost,
        node_low=node_low,
        node_high=node_high,
        cost_per_second=each,
        frontier=frontier,
        start=start,
    )


def _arrivals(seconds: Thin, cost: Thin, node: NDArray[Any], nodes: int) -> tuple[Thin, Thin]:
    """Seconds and cost at each node: those of its cheapest edge."""
    node_s, node_cost = np.full(nodes, np.inf, np.float32), np.full(nodes, np.inf, np.float32)
    reached = np.flatnonzero(np.isfinite(cost))
    order = reached[np.argsort(cost[reached], kind="stable")[::-1]]
    node_s[node[order]] = seconds[order]  # the last one written is the cheapest
    node_cost[node[order]] = cost[order]
    return node_s, node_cost


def _cost_per_second(roads: Roads, cost: Thin, seconds: Thin) -> Thin:
    """Of each edge, from what it added to cost and seconds."""
    own = np.asarray(roads.seconds, np.float32)
    turn = np.maximum(seconds - own, 0)
    each = (cost - turn) / np.maximum(own, SHORTEST_S)
    each = np.where(np.isfinite(each), each, np.inf)
    pair = np.asarray(roads.edge)
    lower = np.minimum(
        np.where(pair[:, 0] >= 0, each[pair[:, 0]], np.inf),
        np.where(pair[:, 1] >= 0, each[pair[:, 1]], np.inf),
    )
    both = np.empty_like(each)
    for side in (0, 1):
        has = pair[:, side] >= 0
        both[pair[has, side]] = lower[has]
    both = np.where(np.isfinite(both), both, USUAL_COST_PER_SECOND)
    return np.clip(both, LEAST_COST_PER_SECOND, MOST_COST_PER_SECOND).astype(np.float32)
