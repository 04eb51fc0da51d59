"""The reach: the seconds from one home base to every road, and where on it a point lies.

The engine is asked once for everything around a home base. Its answer becomes a table:

1. Edges. Of what the engine says, whole seconds and costs at the end of directed edges, an edge
   named twice (the home base's own, reached again around the block) counts as first named. The
   table has these edges alone, however many others the region has.
2. Junctions. A junction has the seconds and the cost of the cheapest edge into it: as in the
   engine, the way with the least *cost* counts, not the one with the least time (a cost has
   penalties in it); of several the edge with the lowest GraphId. The seconds of all edges that
   cost as little, as far as whole numbers tell, bound the junction's.
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

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.snapping import Snaps
from app.geo.driving.embedded.tiles import Column
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
CHUNK = 16_384  # judgement: positions at a time, so that they stay in the processor's cache


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
    """Seconds and costs of a drive between a home base and the roads around it, float32.

    edge_row, node_row: where in the columns below each of the region's edges and junctions stands;
    0, a row of inf, is all that the reach does not touch (of these arrays' memory, too, only what
    was touched is used).
    edge_s, edge_cost: to the end of each directed edge (from its beginning, driving back).
    own_s: float64, the edge's own seconds. cost_per_second: of each edge, estimated.
    node_s: to each junction; node_low, node_high: seconds of all the ways to it that cost as
    little, as far as whole numbers tell.
    frontier: edges that begin within the reach and end beyond it; what they hold is estimated.
    start: roads the home base itself lies on, where the way may lead around the block.
    """

    direction: Direction
    minutes: float
    edge_row: Column
    edge_s: Thin
    edge_cost: Thin
    own_s: Floats
    cost_per_second: Thin
    frontier: Mask
    node_row: Column
    node_s: Thin
    node_low: Thin
    node_high: Thin
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

        def guess(start: int) -> Guess:
            some = slice(start, start + CHUNK)
            return self._guess_some(roads, road[some], fraction[some], node[some])

        starts = range(0, max(len(road), 1), CHUNK)
        if len(starts) == 1:
            return guess(0)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            parts = list(pool.map(guess, starts))
        columns = ([getattr(one, of.name) for one in parts] for of in fields(Guess))
        return Guess(*map(np.concatenate, columns))

    def _guess_some(
        self, roads: Roads, road: NDArray[Any], fraction: Floats, node: NDArray[Any]
    ) -> Guess:
        edge, at_node, nowhere = self.edge_row[roads.edge[road]], node >= 0, road < 0
        junction = self.node_row[node]
        rest = 1 - fraction if self.direction is Direction.OUT else fraction
        one, two = (
            self._approach(edge[:, 0], rest),
            self._approach(edge[:, 1], 1 - rest),
        )
        first = one.cost <= two.cost  # 5.
        seconds = np.where(first, one.seconds, two.seconds)
        unsure = one.least <= two.most + COST_ROUNDING  # 6.
        unsure &= two.least <= one.most + COST_ROUNDING
        other = np.where(unsure, np.where(first, two.seconds, one.seconds), seconds)
        other = np.where(np.isfinite(other), other, seconds)
        low = np.where(at_node, self.node_low[junction], np.minimum(seconds, other)) - ROUNDING_S
        high = np.where(at_node, self.node_high[junction], np.maximum(seconds, other)) + ROUNDING_S
        seconds = np.where(at_node, self.node_s[junction], seconds)
        for column in (seconds, low, high):
            column[nowhere] = np.inf
        shown = np.maximum(seconds, 0)
        frontier = self.frontier[edge].any(axis=1) & ~at_node & ~nowhere  # 7.
        low[frontier] = np.minimum(low[frontier], self.minutes * 60)
        high[frontier] = np.inf
        return Guess(shown.astype(np.float32), low.astype(np.float32), high.astype(np.float32))

    def _approach(self, edge: Column, rest: Floats) -> _Approach:
        """Along an edge of each road up to the rest of it."""
        left: Floats = rest * self.own_s[edge]
        total, each = self.edge_cost[edge], self.cost_per_second[edge]
        most_each: Thin = each * COST_ERROR_SHARE + COST_ERROR
        return _Approach(
            seconds=self.edge_s[edge] - left,
            cost=total - left * each,
            least=total - left * most_each,
            most=total - left * np.minimum(LEAST_COST_PER_SECOND, each),
        )


def edge_table(roads: Roads, ids: Ints, seconds: Ints, costs: Ints, direction: Direction) -> Column:
    """1. The edges that the engine named, ascending, with seconds and costs: int32, shape (3, n).

    Driving back, the engine names the edge that leads the other way.
    """
    find = roads.find_edges if direction is Direction.OUT else roads.find_opposed
    edge = find(ids)
    named = np.flatnonzero(edge >= 0)
    first = np.zeros(len(roads.edge_key), np.int32)
    first[edge[named[::-1]]] = named[::-1]  # the last one written stays, which is the first named
    kept = np.sort(edge[named[first[edge[named]] == named]])
    at = first[kept]
    return np.stack([kept, seconds[at], costs[at]]).astype(np.int32)


def begun_roads(roads: Roads, table: Column) -> Ints:
    """The roads that the engine has the home base on: their ends are no farther than they are long.

    It may be another road than the nearest, where that one is of a kind that is not wanted.
    """
    edge, seconds, _ = table
    begun: Ints = np.unique(roads.road[edge[seconds <= roads.seconds[edge] + ROUNDING_S]])
    return begun


def is_edge_table(found: Column) -> bool:
    """Whether an array can be what `edge_table` made."""
    return found.shape[:1] == (3,) and found.ndim == 2 and found.dtype == np.int32


def unpack_reach(roads: Roads, table: Column, minutes: float, direction: Direction) -> Reach:
    """A reach from the table of its edges."""
    edge, (seconds, cost) = table[0], table[1:].astype(np.float32)
    out = direction is Direction.OUT
    source, target = (roads.begin, roads.end) if out else (roads.end, roads.begin)
    into = target[edge]
    node_row = _numbered(into, len(roads.component))
    node = into[node_row[into] == np.arange(1, len(into) + 1)]
    node_row[node] = np.arange(1, len(node) + 1)
    at = node_row[into]
    node_s, node_cost = _arrivals(seconds, cost, at, roads.graph_ids(edge), len(node))  # 2.
    node_low, node_high = node_s.copy(), node_s.copy()
    rival = np.flatnonzero(cost <= node_cost[at] + COST_ROUNDING)
    np.minimum.at(node_low, at[rival], seconds[rival])
    np.maximum.at(node_high, at[rival], seconds[rival])

    edge_row = _numbered(edge, len(roads.edge_key))
    led = roads.leading(node, direction)
    led = led[edge_row[led] == 0]  # 4.
    edge_row[led] = np.arange(len(edge) + 1, len(edge) + len(led) + 1)
    every = np.concatenate([edge, led])
    edge_s, edge_cost = (_column(column, len(every)) for column in (seconds, cost))
    own_s = np.append(0.0, roads.seconds[every])
    begun = np.append(0, node_row[source[every]])
    pair = np.append([[0, 0]], edge_row[roads.edge[roads.road[every]]], axis=0)
    with np.errstate(invalid="ignore"):  # inf - inf where nothing is reached
        added = edge_cost - node_cost[begun], edge_s - node_s[begun]
        each = _cost_per_second(own_s, *added, pair)  # 3.
    beyond = slice(1 + len(edge), None)
    edge_s[beyond] = node_s[begun[beyond]] + own_s[beyond]
    edge_cost[beyond] = node_cost[begun[beyond]] + own_s[beyond] * each[beyond]
    return Reach(
        direction=direction,
        minutes=minutes,
        edge_row=edge_row,
        edge_s=edge_s,
        edge_cost=edge_cost,
        own_s=own_s,
        cost_per_second=each,
        frontier=np.arange(len(every) + 1) > len(edge),
        node_row=node_row,
        node_s=node_s,
        node_low=node_low,
        node_high=node_high,
        start=begun_roads(roads, table),
    )


def _numbered(some: Column, most: int) -> Column:
    """The last row, from 1, of each of some numbers below `most`; 0 for the others, and for -1."""
    row = np.zeros(most + 1, np.int32)
    row[some] = np.arange(1, len(some) + 1)
    return row


def _column(values: Thin, rows: int) -> Thin:
    """Values from row 1, inf in row 0 and from behind them."""
    column = np.full(rows + 1, np.inf, np.float32)
    column[1 : len(values) + 1] = values
    return column


def _arrivals(seconds: Thin, cost: Thin, node: Column, ids: Ints, nodes: int) -> tuple[Thin, Thin]:
    """Seconds and cost at each node: those of its cheapest edge, `ids` where some cost the same."""
    node_s, node_cost = (
        np.full(nodes + 1, np.inf, np.float32),
        np.full(nodes + 1, np.inf, np.float32),
    )
    np.minimum.at(node_cost, node, cost)
    cheapest = np.flatnonzero(cost == node_cost[node])
    order = cheapest[np.argsort(ids[cheapest])[::-1]]
    node_s[node[order]] = seconds[order]  # the last one written has the lowest number
    return node_s, node_cost


def _cost_per_second(own_s: Floats, cost: Thin, seconds: Thin, pair: Column) -> Thin:
    """Of each edge, from what it added to cost and seconds; `pair`: both of its road's rows."""
    own = own_s.astype(np.float32)
    turn = np.maximum(seconds - own, 0)
    each = (cost - turn) / np.maximum(own, SHORTEST_S)
    each = np.where(np.isfinite(each), each, np.inf)
    both = np.minimum(each[pair[:, 0]], each[pair[:, 1]])
    both = np.where(np.isfinite(both), both, USUAL_COST_PER_SECOND)
    return np.clip(both, LEAST_COST_PER_SECOND, MOST_COST_PER_SECOND).astype(np.float32)
