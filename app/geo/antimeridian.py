"""Ground on both sides of the antimeridian, where longitudes leap from 180 to -180."""

import shapely
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

WHOLE_EARTH = shapely.box(-180, -90, 180, 90)
TURNS = (-360, 0, 360)


def cut_at_antimeridian(ground: BaseGeometry) -> BaseGeometry:
    """The same ground within -180 to 180 degrees; what lies beyond comes in on the other side.

    Longitudes may run on past 180 or -180, by one turn at most. Where they do, the ground is cut
    in two there, its rings counter-clockwise (RFC 7946, 3.1.6 and 3.1.9).
    """
    west, _, east, _ = ground.bounds
    if west >= -180 and east <= 180:
        return ground
    whole = shapely.make_valid(ground)
    turned = [translate(whole, xoff=turn).intersection(WHOLE_EARTH) for turn in TURNS]
    parts = [p for part in turned for p in shapely.get_parts(part) if p.geom_type == "Polygon"]
    return shapely.orient_polygons(shapely.union_all(parts))
