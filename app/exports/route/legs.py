"""The minutes between all stops of a day, by the engine that answers from the home base.

An engine gives the drives from one point to many, so that n stops and the home base are n + 1
questions. Each leg is asked for in its own direction.

How far is looked for: half a day, as no leg of a round trip is longer where the way back takes as
long; and no farther than needed, which is twice the slow end of the estimate for the farthest two
(judgement: the estimate was too low for one drive in twenty, see `EstimateEngine`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.geo.driving.engine import Drives, Driving, Engine
from app.geo.driving.estimate import ESTIMATE, interpolate
from app.geo.points import METRES_PER_MILE, Floats, Point, Points, great_circle_metres

LONGEST_MIN = 240.0  # of a leg; the longest drive that SWEETSPOT_LONGEST_MINUTES allows by default


@dataclass(frozen=True)
class Legs:
    """minutes: from row to column, the home base first; inf where no drive is known.

    asked: how many drives the engine was asked for one by one.
    """

    minutes: Floats
    asked: int


def measure_legs(
    engine: Engine,
    at: Points,
    how: Driving,
    day_minutes: float,
    tell: Callable[[int], None] = lambda _: None,
) -> Legs:
    """Between all of those points, the home base first; `tell` hears how many are done."""
    minutes, asked = np.zeros((len(at), len(at))), 0
    most = limit_leg(at, at, how, day_minutes)
    for row, (lon, lat) in enumerate(at.pairs()):
        drives = measure_drives(engine, Point(lon, lat), at, how, most)
        minutes[row] = np.where(np.isfinite(drives.minutes), drives.minutes, np.inf)
        asked += drives.asked
        tell(row)
    np.fill_diagonal(minutes, 0)
    return Legs(minutes, asked)


def measure_drives(engine: Engine, start: Point, to: Points, how: Driving, most: float) -> Drives:
    """From one point, up to `most` minutes."""
    return engine.drives(start, to, np.zeros(len(to)), [most], how)


def limit_leg(start: Points, to: Points, how: Driving, day_minutes: float) -> float:
    """The minutes up to which drives between those points are looked for."""
    ends = (start.lon[:, None], start.lat[:, None], to.lon[None, :], to.lat[None, :])
    farthest = float(np.max(great_circle_metres(*ends), initial=0)) / METRES_PER_MILE
    at, _, _, high = ESTIMATE.T
    (slow,) = interpolate(np.array([farthest]), at, high).tolist()
    return float(min(2 * slow * how.traffic, day_minutes / 2, LONGEST_MIN))
