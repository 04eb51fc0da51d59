"""Links that open in a phone's map. Nothing is asked of anybody here.

1. The day in Google Maps, by its universal links: origin, destination and waypoints
   (https://developers.google.com/maps/documentation/urls/get-started, "Directions": at most nine
   waypoints, and at most 2,048 characters). A longer day has several, each from where the one
   before ends.
2. A stop in whichever map the phone has: a geo URI (RFC 5870). One that is placed by its town only
   is looked for by its address ("Search" of the same links).
"""

from collections.abc import Sequence
from urllib.parse import urlencode

from app.exports.route.day import DayPlan, Visit
from app.geo.points import Point

MOST_WAYPOINTS = 9
MOST_LETTERS = 2048
MAPS = "https://www.google.com/maps"


def day_links(plan: DayPlan) -> list[tuple[str, str]]:
    """1. What each link shows, in words, and the link."""
    home = point_text(plan.home.at)
    places = [home, *map(place_text, plan.visits), home]
    names = ["Home", *(f"stop {n}" for n in range(1, len(plan.visits) + 1)), "home"]
    links, at = [], 0
    while at < len(places) - 1:
        end = _last_that_fits(places, at)
        links.append((f"{names[at]} to {names[end]}".capitalize(), _link(places[at : end + 1])))
        at = end
    return links


def place_text(visit: Visit) -> str:
    """Where a stop is, for a map to find: its point, the address where that is rough."""
    return visit.whom.address if visit.rough else point_text(visit.at)


def point_text(at: Point) -> str:
    """Latitude and longitude, as maps take them."""
    return f"{at.lat:.6f},{at.lon:.6f}"


def stop_link(visit: Visit) -> str:
    """2."""
    if visit.rough:
        return f"{MAPS}/search/?{urlencode({'api': '1', 'query': visit.whom.address})}"
    return f"geo:{point_text(visit.at)}"


def _last_that_fits(places: Sequence[str], at: int) -> int:
    """The last place that a link from `at` can go to; the next one in any case."""
    end = min(at + MOST_WAYPOINTS + 1, len(places) - 1)
    while end > at + 1 and len(_link(places[at : end + 1])) > MOST_LETTERS:
        end -= 1
    return end


def _link(places: Sequence[str]) -> str:
    origin, *between, destination = places
    asked = {"api": "1", "origin": origin, "destination": destination}
    if between:
        asked["waypoints"] = "|".join(between)
    return f"{MAPS}/dir/?{urlencode({**asked, 'travelmode': 'driving'})}"
