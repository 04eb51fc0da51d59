"""Which rows a day's visits are chosen among, and why the others are not.

In this order, each row by the first that holds:

0. Of an answer from several home bases, the rows of the one where the day begins are visited.
1. Without a point there is nowhere to drive to.
2. Placed by its town or ZIP code only, a row is a stop if its address has a street: a phone's map
   is then asked for that address, and its times are rough. Without a street there is no door.
3. No drive there is known within half a day.
4. The nearest MOST_STOPS by minutes, or as many as were asked for. Of an engine whose drives cost
   time or money the nearest METERED_STOPS in a straight line, before any drive is asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from app.exports.answer import AnswerRows
from app.exports.options import ExportOptions
from app.exports.route.legs import limit_leg, measure_drives
from app.exports.sheets.callees import answer_column
from app.find.ground import Ground
from app.geo.addresses.address import Address
from app.geo.addresses.one_line import plain_address
from app.geo.addresses.reading import parse_address
from app.geo.driving.engine import Driving
from app.geo.points import Floats, Ints, Mask, Points, miles_between

MOST_STOPS = 60  # judgement: over twice as many as fit into a day; their matrix has 3,660 drives
METERED_STOPS = 25  # judgement: 650 drives asked of a service
DOORLESS = "placed by its town or ZIP code only, and its address has no street"
_ROUGH = ("place", "postcode")


@dataclass(frozen=True)
class Stops:
    """The rows that may be visited, and where drives to them end. rough: those of 2."""

    rows: Ints
    at: Points
    rough: Mask
    left_out: Mapping[int, str]


def choose_stops(rows: AnswerRows, asked: ExportOptions, ground: Ground) -> Stops:
    """Those that a day at that home base may hold, nearest first."""
    at = Points(*(_degrees(rows, name) for name in ("lon", "lat")))
    streets = [find_street(line) for line in rows.recipients["line_1"]]
    rough = np.array([one in _ROUGH for one in answer_column(rows, "accuracy")], bool)
    why = _lacks_place(at, rough, streets) | _of_others(rows, ground.home.label)
    located = np.array([row for row in range(len(rows)) if row not in why], np.int64)
    ends = ground.arrive(at[located], [streets[row] for row in located])
    most = _most_stops(asked, ground)
    distance = _measure_distance(asked, ground, ends)
    order = np.argsort(np.where(np.isfinite(distance), distance, np.inf), kind="stable")
    reached = int(np.isfinite(distance).sum())
    why |= {int(located[one]): f"not among the nearest {most}" for one in order[most:reached]}
    why |= {int(located[one]): "no drive there within half the day" for one in order[reached:]}
    chosen = order[: min(most, reached)]
    return Stops(located[chosen], ends[chosen], rough[located[chosen]], why)


def find_street(line: str) -> str:
    """The street of an address line, "" for a box and where there is none."""
    return parse_address(plain_address(Address(line))).street


def _degrees(rows: AnswerRows, name: str) -> Floats:
    return answer_column(rows, name).cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _of_others(rows: AnswerRows, home: str) -> dict[int, str]:
    """0. None where that home base is none of the answer's."""
    homes = answer_column(rows, "home").to_list()
    if home not in homes:
        return {}
    return {i: f"nearer to {one}" for i, one in enumerate(homes) if one and one != home}


def _lacks_place(at: Points, rough: Mask, streets: Sequence[str]) -> dict[int, str]:
    """1. and 2."""
    nowhere = {int(row): "not located" for row in np.flatnonzero(~at.known)}
    doorless = np.flatnonzero(at.known & rough & ~np.array([bool(one) for one in streets]))
    return nowhere | {int(row): DOORLESS for row in doorless}


def _most_stops(asked: ExportOptions, ground: Ground) -> int:
    """4."""
    most = METERED_STOPS if ground.engine.metered else MOST_STOPS
    return min(asked.stops, most) if asked.stops else most


def _measure_distance(asked: ExportOptions, ground: Ground, ends: Points) -> Floats:
    """3. and 4. Minutes from home, not finite where no drive is known; miles where they cost."""
    if ground.engine.metered:
        return miles_between(ground.start, ends)
    how = Driving(traffic=asked.traffic)
    limit = limit_leg(Points.of([ground.start]), ends, how, asked.hours * 60)
    return measure_drives(ground.engine, ground.start, ends, how, limit).minutes
