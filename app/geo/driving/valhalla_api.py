"""Valhalla's HTTP API: how to ask and how to read, pure but for `matrix_minutes`, which sends.

`send(path, body)` posts JSON and returns the answer's body, refusals (HTTP 4xx with Valhalla's
error JSON) included.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely import get_parts, make_valid, orient_polygons, union_all
from shapely.geometry import LinearRing, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry

from app.errors import BackendDown, Refused
from app.geo.antimeridian import cut_at_antimeridian
from app.geo.driving.engine import SNAP_M, Direction, Driving, off_road_refusal
from app.geo.points import METRES_PER_DEGREE, Floats, Ints, Point, Points

type SendToValhalla = Callable[[str, Mapping[str, Any]], bytes]
type Body = dict[str, Any]

CHUNK = 5000  # targets in one matrix request
IN_FLIGHT = 2
CUTOFF_M = SNAP_M + 10  # judgement: beyond it no road is looked for; rounding moves no point over
NO_WAY = {170, 442}  # "Locations are in unconnected regions", "No path could be found for input"
NO_ROAD_NEAR = {171}  # "No suitable edges near location"
# Nobody's door is on a motorway, a ramp or in a tunnel: no point is put on one.
FRONTED = {"exclude_ramp": True, "exclude_tunnel": True, "max_road_class": "trunk"}
HOLE_M2 = 40_000  # judgement: a block of Salt Lake City, 660 feet each way, few are larger
PRUNED_ANYWAY = 205  # "disable_hierarchy_pruning exceeded the max distance, ignoring ..."
TOO_FAR_APART = {154}  # "Path distance exceeds the max distance limit"


@dataclass(frozen=True)
class Expansion:
    """Directed edges as the engine reached them: GraphIds, whole seconds and costs."""

    ids: Ints
    seconds: Ints
    costs: Ints


def costing_options(how: Driving) -> Body:
    """Costing options: what is not wanted is ruled out where the server allows it, else avoided.

    Without a time of day the speeds are those of empty roads, where a server knows several: by
    itself it would take the day's.
    """
    auto: Body = {} if how.depart else {"speed_types": ["freeflow"]}
    for wanted, avoid, rule_out in (
        (how.tolls, "use_tolls", "exclude_tolls"),
        (how.highways, "use_highways", "exclude_highways"),
        (how.ferries, "use_ferry", "exclude_ferries"),
    ):
        if not wanted:
            auto |= {avoid: 0, rule_out: True}
    return {"costing": "auto", "costing_options": {"auto": auto}}


def ask_expansion(home: Point, minutes: float, how: Driving) -> Body:
    """Everything within that drive, as protobuf; the shapes as short as they can be had."""
    return costing_options(how) | {
        "action": "isochrone",
        "locations": [_location(home.lon, home.lat, how)],
        "contours": [{"time": minutes}],
        "reverse": how.direction is Direction.BACK,
        "expansion_properties": ["edge_id", "duration", "cost"],
        "generalize": 1_000_000,
        "format": "pbf",
        "pbf_field_selector": {"expansion": True},
    }


def read_expansion(reply: bytes) -> Expansion:
    """The packed columns of the answer: fields 1, 2 and 5 of field 7 of `Api` (expansion.proto).

    Raises BadInput where field 7 is empty: there is no road for the home base, or it were in it.
    """
    if reply[:1] == b"{":
        raise _refusal(_load(reply))
    try:
        expansion = dict(_fields(memoryview(reply), 7))[7]
        if not expansion:
            raise off_road_refusal(math.inf)
        columns = dict(_fields(expansion, 6))
        cost, seconds, ids = (
            decode_varints(np.frombuffer(columns[f], np.uint8)) for f in (1, 2, 5)
        )
    except (KeyError, IndexError, ValueError) as why:
        raise BackendDown("the engine's expansion can't be read", backend="valhalla") from why
    return Expansion(ids, seconds, cost)


def ask_matrix(home: Point, to: Points, how: Driving) -> Body:
    """Seconds from home to each point, one row; driving back, from the only point to home."""
    ends = [[_location(home.lon, home.lat, how)], _locations(to, how)]
    if how.direction is Direction.BACK:
        ends.reverse()
    return costing_options(how) | {"sources": ends[0], "targets": ends[1], "verbose": False}


def read_matrix(reply: bytes, n: int) -> Floats:
    """Minutes of the only row, or of the only column; inf where the engine finds no way."""
    said = _answer(reply)
    try:
        table = said["sources_to_targets"]["durations"]
        row = table[0] if len(table) == 1 else [each[0] for each in table]
        minutes = np.array([math.inf if s is None else s / 60 for s in row])
    except (KeyError, IndexError, TypeError) as why:
        raise BackendDown("the engine's matrix can't be read", backend="valhalla") from why
    if len(minutes) != n:
        raise BackendDown(f"asked {n} drives, got {len(minutes)}", backend="valhalla")
    return minutes


def is_exhaustive(reply: bytes) -> bool:
    """Whether the matrix was made by the algorithm that leaves no roads out, as it says."""
    return _answer(reply).get("algorithm") == "timedistancematrix"


def ask_shape(home: Point, at: Sequence[float], how: Driving) -> Body:
    """One (multi)polygon for each of `at`, traffic taken out of them, with all of its pieces."""
    return costing_options(how) | {
        "locations": [_location(home.lon, home.lat, how)],
        "contours": [{"time": m / how.traffic} for m in sorted(at)],
        "polygons": True,
        "denoise": 0,
        "reverse": how.direction is Direction.BACK,
    }


def read_shape(reply: bytes, at: Sequence[float], how: Driving) -> Body:
    """The polygons alone, each with its `minutes`, smallest first, cut at the antimeridian.

    Pieces of one contour that a server sends each for itself become one multipolygon. Holes as
    small as a block are filled: what lies in them, behind its houses, is driven to all the same.
    """
    pieces: dict[float, list[Body]] = {}
    for found in _answer(reply)["features"]:
        if found["geometry"]["type"].endswith("Polygon"):
            said = float(found["properties"]["contour"]) * how.traffic
            minutes = min(at, key=lambda m: abs(m - said))
            pieces.setdefault(minutes, []).append(found["geometry"])
    features = [
        {
            "type": "Feature",
            "properties": {"minutes": minutes},
            "geometry": _joined(pieces[minutes]),
        }
        for minutes in sorted(pieces)
    ]
    return {"type": "FeatureCollection", "features": features}


def _joined(pieces: Sequence[Body]) -> Body:
    """One geometry; the engine draws on past 180 degrees."""
    drawn = [shape(piece) for piece in pieces]
    ground = drawn[0] if len(drawn) == 1 else union_all(drawn)
    cut = cut_at_antimeridian(_fill_small_holes(ground))
    return pieces[0] if cut is drawn[0] else mapping(cut)


def _fill_small_holes(ground: BaseGeometry) -> BaseGeometry:
    """The same ground where it has none; pieces in them become one with what is around."""
    parts = get_parts(ground)
    holes = [[ring for ring in part.interiors if _area_m2(ring) >= HOLE_M2] for part in parts]
    if all(len(left) == len(part.interiors) for left, part in zip(holes, parts, strict=True)):
        return ground
    filled = [Polygon(part.exterior, left) for left, part in zip(holes, parts, strict=True)]
    return orient_polygons(union_all(make_valid(filled, method="structure")))


def _area_m2(ring: LinearRing) -> float:
    """Of the ground inside, which is small."""
    narrow = math.cos(math.radians(ring.centroid.y))
    return float(Polygon(ring).area) * METRES_PER_DEGREE**2 * narrow


def ask_tile(z: int, x: int, y: int) -> Body:
    """One tile of roads: no junctions, no shortcuts, of each road only what it is used for."""
    return {
        "tile": {"z": z, "x": x, "y": y},
        "tile_options": {"exclude_layers": ["nodes", "access_restrictions", "shortcuts"]},
        "filters": {"action": "include", "attributes": ["edge.use"]},
    }


def read_tile(reply: bytes) -> bytes:
    """A Mapbox vector tile; empty where there is nothing."""
    if reply[:1] == b"{":
        _answer(reply)
    return reply


def matrix_minutes(send: SendToValhalla, home: Point, to: Points, how: Driving) -> Floats:
    """The engine's own minutes for each point, without traffic.

    inf where it finds no way, NaN where there is no point, where no road lies within 500 m, as the
    engine puts it, and where the point is farther off than it answers for. A chunk that is refused
    is halved until what is refused in it stands alone.
    Raises BackendFailed where any part gets no answer: half an answer would be another one the
    next time.

    Driving back, each point is a request of its own: Valhalla 3.9.1's many-to-one
    timedistancematrix does not agree with its own one-to-one answers (15 s off in the median on
    O'ahu).
    """
    minutes = np.full(len(to), np.nan)
    rows = np.flatnonzero(to.known)
    size = 1 if how.direction is Direction.BACK else _chunk(len(rows))
    parts = [rows[i : i + size] for i in range(0, len(rows), size)]

    def ask(part: Ints) -> None:
        minutes[part] = _chunked(send, home, to[part], how)

    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        list(pool.map(ask, parts))
    return minutes


def route_minutes(send: SendToValhalla, home: Point, to: Points, how: Driving) -> Floats:
    """Minutes of the engine's own route to each point, without traffic, a request each.

    Some 10-60 ms a point, so only where a matrix is in doubt: what timedistancematrix says of a
    point depends on what else is asked with it (by minutes, beside small pieces of network). Small
    roads far from both ends are looked at, too, where the server's settings allow it: without them
    a third of New York's drives took over ten seconds more than the matrix says.
    inf where it finds no way, NaN where it refuses. Raises BackendFailed where it does not answer.
    """

    def ask(end: tuple[float, float]) -> float:
        return read_route(send("/route", ask_route(home, Point(*end), how)))

    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        return np.array(list(pool.map(ask, to.pairs())))


def ask_route(home: Point, end: Point, how: Driving) -> Body:
    """One drive, whatever roads it takes: none is left out for being small and far from both."""
    ends = [_location(home.lon, home.lat, how), _location(end.lon, end.lat, how)]
    if how.direction is Direction.BACK:
        ends.reverse()
    body = costing_options(how) | {"locations": ends, "directions_type": "none"}
    body["costing_options"]["auto"]["disable_hierarchy_pruning"] = True
    return body


def read_route(reply: bytes) -> float:
    """Minutes of a drive; inf where the engine finds no way, NaN where it refuses."""
    try:
        return float(_answer(reply)["trip"]["summary"]["time"]) / 60
    except Refused as why:
        return math.inf if why.code in NO_WAY else math.nan
    except (KeyError, TypeError) as why:
        raise BackendDown("the engine's route can't be read", backend="valhalla") from why


def is_route_pruned(reply: bytes) -> bool:
    """Whether it warns that small roads were left out all the same."""
    warnings = _load(reply).get("trip", {}).get("warnings", ())
    return any(warning.get("code") == PRUNED_ANYWAY for warning in warnings)


def _chunk(n: int) -> int:
    """All at once while few; else two in flight, each no larger than CHUNK."""
    return n if n < 500 else min(CHUNK, -(-n // IN_FLIGHT))


def _chunked(send: SendToValhalla, home: Point, to: Points, how: Driving) -> Floats:
    try:
        return read_matrix(send("/sources_to_targets", ask_matrix(home, to, how)), len(to))
    except Refused as why:
        if why.code in NO_WAY and len(to) == 1:
            return np.array([math.inf])
        if why.code not in NO_WAY | NO_ROAD_NEAR | TOO_FAR_APART:
            raise
        if len(to) == 1:
            return np.array([math.nan])
    half = len(to) // 2
    return np.concatenate(
        [_chunked(send, home, to[:half], how), _chunked(send, home, to[half:], how)]
    )


def _location(lon: float, lat: float, how: Driving) -> Body:
    """An end of a drive, put on no road that is FRONTED by nobody or of a kind that is not wanted.

    Ruling such roads out does nothing where a drive begins or ends on one: from a landing the ferry
    itself was taken.
    """
    kept_off: Body = dict(FRONTED)
    if not how.tolls:
        kept_off["exclude_toll"] = True
    if not how.ferries:
        kept_off["exclude_ferry"] = True
    return {"lon": lon, "lat": lat, "search_cutoff": CUTOFF_M, "search_filter": kept_off}


def _locations(points: Points, how: Driving) -> list[Body]:
    return [_location(lon, lat, how) for lon, lat in points.pairs()]


def _load(reply: bytes) -> Body:
    try:
        said: Body = json.loads(reply)
    except ValueError as why:
        raise BackendDown("the engine answers nonsense", backend="valhalla") from why
    return said


def _answer(reply: bytes) -> Body:
    """The answer, or Valhalla's refusal raised."""
    said = _load(reply)
    if "error" in said or "error_code" in said:
        raise _refusal(said)
    return said


def _refusal(said: Body) -> Refused:
    code = said.get("error_code", 0)
    why = said.get("error", said)
    return Refused(f"the engine says: {why}", backend="valhalla", code=int(code))


def _fields(raw: memoryview, last: int) -> Iterator[tuple[int, memoryview]]:
    """The length-delimited fields of a protobuf message up to number `last`, in its order."""
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        if tag >> 3 > last:
            return
        if tag & 7 != 2:
            raise ValueError(f"field {tag >> 3} has wire type {tag & 7}")
        size, at = _varint(raw, at)
        yield tag >> 3, raw[at : at + size]
        at += size


def _varint(raw: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def decode_varints(raw: NDArray[np.uint8]) -> Ints:
    """Unsigned integers of 7 bits a byte, lowest first, the top bit saying "more follows"."""
    ends = np.flatnonzero(raw < 128)
    starts = np.concatenate([np.zeros(1, np.int64), ends + 1])[: len(ends)]
    size = ends - starts + 1
    values: Ints = (raw[starts] & np.uint8(127)).astype(np.int64)
    for i in range(1, int(size.max(initial=0))):
        longer = np.flatnonzero(size > i)
        values[longer] |= (raw[starts[longer] + i] & np.uint8(127)).astype(np.int64) << (7 * i)
    return values
