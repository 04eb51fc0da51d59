"""The estimate: minutes from the straight-line distance, where there is no map.

1. The geodesic miles are read in a table of minutes, low, central and high: straight between two
   rows, and beyond the last one on as the last two go.
2. A point that may be off by a radius has the low of the nearest and the high of the farthest place
   that it can be.
3. Traffic multiplies all three.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pyproj import Geod
from shapely.geometry import Polygon, mapping

from app.geo.antimeridian import cut_at_antimeridian
from app.geo.driving.engine import Drives, Driving, Road, departure_refusal
from app.geo.points import METRES_PER_MILE, Floats, Point, Points, miles_between

# Straight-line miles, then minutes by road: low, central, high. Read linearly in between and
# beyond. Up to 40 miles measured with `bench/estimate.py`; what follows widens by judgement: the
# fastest US roads (80 mph, a tenth longer than the straight line) and slow ones around water.
ESTIMATE = np.array(
    [
        (0, 0, 0, 1),
        (0.25, 0.2, 1.1, 4),
        (0.5, 0.5, 2.1, 6),
        (1, 1.1, 3.6, 10),
        (2, 2.2, 6.6, 16.5),
        (3, 3.7, 8.8, 22),
        (5, 6, 12.8, 30),
        (7.5, 9.3, 17, 38),
        (10, 12.5, 21, 43),
        (15, 18.3, 28.5, 52),
        (20, 24, 35.3, 61),
        (30, 35.5, 48.2, 78),
        (40, 46.5, 60, 90),
        (60, 65, 87, 125),
        (100, 100, 140, 205),
        (300, 270, 390, 600),
    ],
    dtype=np.float64,
)

_CORNERS = 128  # judgement: of a drawn circle, whose straight sides lie 0.03 % inside it


class EstimateEngine:
    """Minutes from straight-line miles alone, for where there is no map.

    Measured against Valhalla, without traffic, between random places on the roads of O'ahu, the
    Isle of Man, the US Virgin Islands, north-west Vermont and greater New York: of 688,240 drives
    other than those the table was drawn from, 95.3 % took between low and high (96.5, 99.7, 93.5,
    87.8 and 98.7 % in that order: Vermont's are those around Lake Champlain). Half of the drives
    were within 1.3 minutes of the centre at 1-2 miles, 3.4 at 5-10, 4.3 at 10-20, 5.4 at 20-40.
    It knows no sea, lake, border or ferry: to another island it gives the minutes of a road as
    long. Tolls, highways, ferries and direction change nothing.
    """

    name = "estimate"
    metered = False
    live = False

    def drives(
        self, home: Point, to: Points, radius_m: Floats, limits: Sequence[float], how: Driving
    ) -> Drives:
        """`REACHED` wherever there is a point; `limits` play no part."""
        del limits
        if how.depart:
            raise departure_refusal("the estimate")
        miles = miles_between(home, to)
        off = np.nan_to_num(radius_m) / METRES_PER_MILE
        at, low, central, high = ESTIMATE.T
        road = np.where(to.known, Road.REACHED, Road.UNKNOWN).astype(np.uint8)
        return Drives(
            minutes=interpolate(miles, at, central) * how.traffic,  # 1., 3.
            low=interpolate(np.maximum(miles - off, 0), at, low) * how.traffic,  # 2.
            high=interpolate(miles + off, at, high) * how.traffic,
            road=road,
            off_road_m=np.full(len(to), np.nan),
            most=float("inf"),
        )

    def shape(self, home: Point, at: Sequence[float], how: Driving) -> Mapping[str, Any]:
        """Circles: as far as the central estimate gets in each of `at` minutes."""
        return {
            "type": "FeatureCollection",
            "features": [_circle(home, minutes, how.traffic) for minutes in at],
        }


def interpolate(x: Floats, xs: Floats, ys: Floats) -> Floats:
    """1. Linear between the table's rows and beyond its last one as its last two go on."""
    slope = (ys[-1] - ys[-2]) / (xs[-1] - xs[-2])
    beyond = np.maximum(x - xs[-1], 0) * slope
    return np.asarray(np.interp(x, xs, ys) + beyond, dtype=np.float64)


def _circle(home: Point, minutes: float, traffic: float) -> Mapping[str, Any]:
    at, _, central, _ = ESTIMATE.T
    (miles,) = interpolate(np.array([minutes / traffic]), central, at).tolist()
    turn = np.linspace(360, 0, _CORNERS, endpoint=False)  # GeoJSON rings run counter-clockwise
    start = np.full(_CORNERS, home.lon), np.full(_CORNERS, home.lat)
    lon, lat, _ = Geod(ellps="WGS84").fwd(*start, turn, np.full(_CORNERS, miles * METRES_PER_MILE))
    ground = Polygon(np.column_stack([np.unwrap(lon, period=360), lat]))
    return {
        "type": "Feature",
        "properties": {"minutes": minutes},
        "geometry": mapping(cut_at_antimeridian(ground)),
    }
