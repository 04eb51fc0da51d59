"""The engine made of Valhalla: a reach for each home base, and its own answer where that decides.

Embedded or remote is the same class; see valhalla_api.py for what `send` has to do.

1. The reach. Everything around the home base is asked for once, BEYOND times as far as the largest
   limit, in whole steps; see reach.py.
2. The guess. Each point is put on its road (snapping.py) and its drive looked up, with bounds; one
   that many rows have is looked up once.
3. Doubt. Rows whose bounds hold a limit are asked of the engine itself; with them the rows on the
   home base's own roads, where the way may lead around the block, those on a small piece of the
   network that the reach does not touch, and those at a gate, see `Roads`.
4. Islands. That no road leads to another connected component is confirmed by one answer for each.
5. Contradictions. Where the engine's matrix puts a row well on the other side of a limit than the
   reach, its route is asked, too, and the row goes with the reach where that agrees: what a matrix
   says of a point depends on what else is asked with it. Alone a route proves nothing: it keeps to
   public roads, and may take twice as long.
6. Far rows. What the reach does not touch and lies farther off, in a straight line, than any car
   gets, is beyond: the engine is not asked, whose limits a wide map exceeds and whose search for
   what it can't find takes the longer, the larger the map.
7. Off the road. Without a road within SNAP_M a point lies off the road, or outside the map, or
   farther than any car could go.
8. Circles. The bounds of a point that may be off by a radius are the least and the most minutes to
   the roads around it.
"""

import json
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.geo.cache import DiskCache, MemoryCache
from app.geo.driving import valhalla_api
from app.geo.driving.embedded.circles import Circles
from app.geo.driving.embedded.doubt import GuessedDrives
from app.geo.driving.embedded.reach import (
    Guess,
    Reach,
    edge_table,
    is_edge_table,
    unpack_reach,
)
from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.snapping import Snaps
from app.geo.driving.embedded.tiles import Column, LeftOut
from app.geo.driving.engine import (
    SNAP_M,
    Drives,
    Driving,
    Road,
    departure_refusal,
    off_road_refusal,
)
from app.geo.http.border_log import log_question
from app.geo.points import (
    METRES_PER_MILE,
    Floats,
    Ints,
    Mask,
    Point,
    Points,
    miles_between,
    number_points,
    put_rows,
)

BEYOND = 1.2  # judgement: rows a little past the limit have minutes, too
STEP_MIN = 5.0  # judgement: minutes; reaches are of whole steps, so that near limits share one
FASTEST_KMH = 140.0  # Valhalla assumes no car faster (kMaxAssumedSpeed; `top_speed`'s default)
IN_MEMORY = 6e6  # judgement: rows kept: snaps, guesses and exact answers, some 60 bytes each
LIGHTEST = 100  # rows: what an answer takes of which the engine was asked nothing
REACHES = 8  # judgement: kept in memory, 25 bytes an edge reached and 12 a junction each

type Covers = Callable[[Points], Mask]


@dataclass(frozen=True)
class _Exact:
    """What the engine itself said of some points, for one question; in seconds without traffic.

    rows: the points of which it said anything. by_component: what it said of one point in each
    connected component that the reach does not touch.
    """

    rows: Ints
    seconds: Floats
    by_component: Mapping[int, float]


class Valhalla:
    """The Engine port over Valhalla and a region's road index. Safe for threads.

    What is kept of earlier questions is read-only, and no answer depends on it: it is kept under
    all that decides it. So a question has one answer, whatever was asked before or meanwhile.

    `covers`: which points lie on the region's map (all, if not given); asked only of points
    without a road within 500 m. `cache`: a folder for reaches, at most `cache_mb` megabytes;
    `region_digest` changes whenever the tiles do, and what was kept of others is dropped.
    """

    metered = False
    live = False

    def __init__(  # noqa: PLR0913  one call in the wiring names them all
        self,
        send: valhalla_api.SendToValhalla,
        roads: Roads,
        *,
        name: str,
        covers: Covers | None = None,
        cache: Path | None = None,
        cache_mb: int = 512,
        region_digest: str = "",
    ) -> None:
        self.name = name
        self._send = send
        self._roads = roads
        self._covers = covers
        self._disk = DiskCache(cache, cache_mb, region_digest) if cache is not None else None
        self._reaches: MemoryCache[Reach] = MemoryCache(REACHES)
        self._snaps: MemoryCache[tuple[Snaps, Column]] = MemoryCache(IN_MEMORY)
        self._circles: MemoryCache[Circles] = MemoryCache(IN_MEMORY)
        self._spans: MemoryCache[tuple[Floats, Floats]] = MemoryCache(IN_MEMORY)
        self._guesses: MemoryCache[Guess] = MemoryCache(IN_MEMORY)
        self._exact: MemoryCache[_Exact] = MemoryCache(IN_MEMORY)
        self._outside: MemoryCache[Mask] = MemoryCache(IN_MEMORY)

    def drives(
        self, home: Point, to: Points, radius_m: Floats, limits: Sequence[float], how: Driving
    ) -> Drives:
        """As the port says. `asked` is 0 where the same question was answered before."""
        if how.depart:
            raise departure_refusal("the embedded engine")
        most = _reach_minutes(limits, how)
        with ThreadPoolExecutor(1) as pool:
            snapping = pool.submit(self._snapped, to, LeftOut.of(how))
            reach = self._reach(home, most, how)  # 1.
            at, which = snapping.result()  # 2.
        key = (home, _without_traffic(how), to.digest, most)
        guess = self._guesses.get_or_make(
            key, lambda: reach.guess(self._roads, at), lambda _: len(at.road)
        )
        far = np.isinf(guess.seconds)[which] & _beyond_any_car(home, to, most)  # 6.
        guessed = GuessedDrives(to, at, which, reach, guess, limits, most, far)
        fresh: list[int] = []
        exact = self._exact.get_or_make(
            (*key, tuple(limits), how.traffic),
            lambda: self._ask(home, how, guessed, fresh),
            lambda said: LIGHTEST + len(said.rows),
        )
        minutes, road = self._judge(home, how, guessed, exact)
        low, high = self._bounds(key, radius_m, minutes, guessed, LeftOut.of(how))
        scale = how.traffic
        return Drives(
            minutes * scale,
            low * scale,
            high * scale,
            road,
            guessed.off_road_m,
            most * scale,
            sum(fresh),
        )

    def minutes(self, home: Point, to: Points, how: Driving) -> Floats:
        """The engine's own minutes, traffic applied, point by point; see `matrix_minutes`."""
        self._check_home(home, how)
        return valhalla_api.matrix_minutes(self._send, home, to, how) * how.traffic

    def reaches_ahead(
        self, home: Point, limits: Sequence[float], widest: float, how: Driving
    ) -> Iterator[float]:
        """Ask for the reaches that other limits need, up to `widest` minutes, and put them on disk.

        Those next to the one of `limits` come first; the minutes of each, once it is there.
        """
        asked, last = (_reach_minutes(some, how) for some in (limits, [widest]))
        steps = np.arange(STEP_MIN, last + STEP_MIN / 2, STEP_MIN).tolist()
        for most in sorted(steps if self._disk else [], key=lambda most: abs(most - asked)):
            self._table(home, most, how)
            yield most

    def shape(self, home: Point, at: Sequence[float], how: Driving) -> Mapping[str, Any]:
        """As the port says, from the engine's isochrones."""
        self._check_home(home, how)
        reply = self._send("/isochrone", valhalla_api.ask_shape(home, at, how))
        return valhalla_api.read_shape(reply, at, how)

    def tile(self, z: int, x: int, y: int) -> bytes:
        """A Mapbox vector tile of the region's roads, zoom 7 to 14; b"" where there is none."""
        return valhalla_api.read_tile(self._send("/tile", valhalla_api.ask_tile(z, x, y)))

    def _snapped(self, to: Points, without: LeftOut) -> tuple[Snaps, Column]:
        """Where each different point lies, and which of them each row has."""

        def snap() -> tuple[Snaps, Column]:
            each, which = number_points(to)
            return self._roads.snap(each, without), which

        return self._snaps.get_or_make((to.digest, without), snap, lambda _: len(to))

    def _check_home(self, home: Point, how: Driving) -> None:
        """Raises BadInput where no road is near that the drive may take."""
        at = self._roads.snap(Points.of([home]), LeftOut.of(how))
        if not at.distance_m[0] <= SNAP_M:
            raise off_road_refusal(float(at.distance_m[0]))

    def _reach(self, home: Point, most: float, how: Driving) -> Reach:
        """Everything within `most` minutes without traffic, computed once however many ask."""
        self._check_home(home, how)
        return self._reaches.get_or_make(
            (home, _without_traffic(how), most),
            lambda: self._compute(home, most, how),
            lambda _: 1,
        )

    def _compute(self, home: Point, most: float, how: Driving) -> Reach:
        return unpack_reach(self._roads, self._table(home, most, how), most, how.direction)

    def _table(self, home: Point, most: float, how: Driving) -> Column:
        """The edges within so many minutes without traffic, as `edge_table` has them."""
        asked = valhalla_api.ask_expansion(home, most, how)
        key = json.dumps(asked, sort_keys=True)
        table = self._disk.get(key) if self._disk is not None else None
        if table is None or not is_edge_table(table):
            with log_question(self.name, "reach", points=1, minutes=round(most)) as facts:
                found = valhalla_api.read_expansion(self._send("/expansion", asked))
                facts["edges"] = len(found.ids)
            table = edge_table(self._roads, found.ids, found.seconds, found.costs, how.direction)
            if self._disk is not None:
                self._disk.put(key, table)
        return table

    def _ask(self, home: Point, how: Driving, guessed: GuessedDrives, fresh: list[int]) -> _Exact:
        """The engine's own answers for the rows in doubt; `fresh` is told how many were asked."""
        doubt = guessed.doubt(self._roads, how)  # 3.
        rows, lost = np.flatnonzero(doubt), guessed.lost(self._roads, doubt)  # 4.
        asked = np.concatenate([rows, lost])
        if len(asked) == 0:
            return _Exact(asked, np.empty(0), {})
        with log_question(self.name, "drives in doubt", points=len(asked)):
            seconds = np.round(
                valhalla_api.matrix_minutes(self._send, home, guessed.to[asked], how) * 60
            )
        odd = guessed.contradicted(asked, seconds, how)  # 5.
        if len(odd):
            again = guessed.to[asked[odd]]
            with log_question(self.name, "contradicted drives", points=len(again)):
                routed = valhalla_api.route_minutes(self._send, home, again, how) * 60
            seconds[odd] = np.where(
                guessed.confirmed(asked[odd], routed), np.round(routed), seconds[odd]
            )
        fresh.append(len(asked))
        components = guessed.components(self._roads, lost).tolist()
        told = zip(components, seconds[len(rows) :].tolist(), strict=True)
        said = ~np.isnan(seconds)
        return _Exact(asked[said], seconds[said], MappingProxyType(dict(told)))

    def _judge(
        self, home: Point, how: Driving, guessed: GuessedDrives, exact: _Exact
    ) -> tuple[Floats, NDArray[np.uint8]]:
        """Minutes without traffic, and the Road of each row."""
        guess = guessed.guess.seconds[guessed.which].astype(np.float64)
        seconds = put_rows(guess, exact.rows, exact.seconds)
        minutes = seconds / 60
        on_road = guessed.off_road_m <= SNAP_M
        reached = minutes <= guessed.most
        road = np.where(reached, Road.REACHED, Road.BEYOND).astype(np.uint8)
        endless = np.flatnonzero(np.isinf(seconds) & ~guessed.far)
        gone = guessed.cut_off(self._roads, endless, exact.by_component)
        gone |= np.isin(endless, exact.rows)
        road[endless[gone]] = Road.NO_ROAD
        road[~on_road] = Road.OFF_ROAD
        road[~guessed.to.known] = Road.UNKNOWN
        minutes[~reached] = np.inf
        minutes[~on_road] = np.nan
        self._off_map(home, how, guessed, road)
        minutes[road == Road.TOO_FAR] = np.inf
        return minutes, road

    def _off_map(
        self, home: Point, how: Driving, guessed: GuessedDrives, road: NDArray[np.uint8]
    ) -> None:
        """7. Tell points outside the map from those merely off the road."""
        to = guessed.to
        rows = np.flatnonzero(road == Road.OFF_ROAD)
        if self._covers is None or len(rows) == 0:
            return
        covers, off = self._covers, to[rows]
        out = rows[self._outside.get_or_make(to.digest, lambda: ~covers(off), len)]
        road[out] = Road.OUTSIDE
        minutes = max(guessed.limits) / how.traffic
        road[out[_beyond_any_car(home, to, minutes)[out]]] = Road.TOO_FAR

    def _bounds(
        self,
        key: tuple[Hashable, ...],
        radius_m: Floats,
        minutes: Floats,
        guessed: GuessedDrives,
        without: LeftOut,
    ) -> tuple[Floats, Floats]:
        """8. The least and the most minutes over each point's radius, its own included."""
        wide = (radius_m > 0) & (guessed.off_road_m <= SNAP_M)
        low, high = minutes.copy(), minutes.copy()
        if not wide.any():
            return low, high
        around = blake2b(np.ascontiguousarray(radius_m).tobytes(), digest_size=16).digest()
        circles = self._circles.get_or_make(
            (guessed.to.digest, without, around),
            lambda: Circles.of(self._roads, guessed.to, radius_m, np.flatnonzero(wide), without),
            lambda found: len(found.rows) + len(found.road) / 5,
        )
        least, longest = self._spans.get_or_make(
            (*key, around),
            lambda: circles.spans(self._roads, guessed.reach),
            lambda spans: len(spans[0]),
        )
        rows, which = circles.rows, circles.which
        low[rows] = np.fmin(low[rows], least[which])
        high[rows] = np.fmax(high[rows], longest[which])
        low[low > guessed.most] = np.inf
        high[high > guessed.most] = np.inf
        return low, high


def _beyond_any_car(home: Point, to: Points, minutes: float) -> Mask:
    """Points farther off than any car gets in so many minutes, in a straight line."""
    far: Mask = miles_between(home, to) > minutes / 60 * FASTEST_KMH * 1000 / METRES_PER_MILE
    return far


def _reach_minutes(limits: Sequence[float], how: Driving) -> float:
    """Minutes without traffic to look for."""
    return float(np.ceil(BEYOND * max(limits, default=0) / how.traffic / STEP_MIN) * STEP_MIN)


def _without_traffic(how: Driving) -> Driving:
    """The driving itself; traffic only scales its minutes."""
    return replace(how, traffic=1.0)
