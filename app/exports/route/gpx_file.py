"""The day as GPX 1.1: a waypoint for each stop, and a route through them in order."""

import re
from pathlib import Path

from app.exports.route.day import DayPlan, Visit
from app.exports.sheets.callees import join_words

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML 1.0, section 2.2


def write_gpx(plan: DayPlan, path: Path) -> None:
    """Waypoints and route have the same names; the route begins and ends at home."""
    from gpxpy.gpx import GPX, GPXRoute, GPXRoutePoint, GPXWaypoint

    document = GPX()
    document.name = plan.title
    route = GPXRoute(name=plan.title)
    home = plan.home.at
    route.points.append(GPXRoutePoint(home.lat, home.lon, name=f"{plan.begin:%H:%M} home"))
    for visit in plan.visits:
        name, told, at = _drop_controls(visit.title), _describe(visit), visit.at
        document.waypoints.append(GPXWaypoint(at.lat, at.lon, name=name, description=told))
        route.points.append(GPXRoutePoint(at.lat, at.lon, name=name, description=told))
    route.points.append(GPXRoutePoint(home.lat, home.lon, name=f"{plan.back:%H:%M} home"))
    document.routes.append(route)
    path.write_text(document.to_xml(), encoding="utf-8")


def _describe(visit: Visit) -> str:
    one = visit.whom
    return _drop_controls(join_words([one.person, one.phone, one.address, one.why]))


def _drop_controls(text: str) -> str:
    return _NOT_XML.sub("", text)
