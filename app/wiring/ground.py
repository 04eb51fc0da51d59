"""What answers from a home base: which region, geocoders and engine, and what to know of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

import polars as pl

from app.errors import BadAddress, BadInput, BadQuestion
from app.find.ground import Ground
from app.find.options import GeocodeOptions
from app.find.pipeline import minute_limits
from app.find.question import Question
from app.geo.addresses.one_line import read_line
from app.geo.addresses.street_names import fold_street
from app.geo.driving.engine import Engine
from app.geo.geocoding.cascade import suggest_places
from app.geo.geocoding.geocoder import Fixes, Geocoder, MeteredGeocoder
from app.geo.geocoding.home_base import (
    SAME_HOME_MILES,
    HomeBase,
    locate_home_base,
    parse_point,
)
from app.geo.points import Point, Points, miles_between
from app.geo.regions.region import Region
from app.geo.regions.regions import CHOICE_MILES
from app.settings import Settings
from app.wiring.parts import Parts

# How far 50 minutes can be: sets the circle whose cover by the map is reported. Judgement: a
# straight mile a minute is more than roads allow.
MILES_PER_MINUTE = 1.0
# And the largest such circle, for limits that are open. Judgement: three times a sweet spot's 50.
FARTHEST_MILES = 150.0
# A map that covers this share of the circle is whole; the rest is rounding. Judgement.
WHOLE_COVER = 0.995

NO_MAP = (
    "No map of this area is installed: minutes are estimated from the straight-line distance. "
    '`sweetspot region add --near "{at}" --miles 60` makes them exact.'
)
NO_ADDRESSES = (
    "No map of this area is installed: addresses are placed by their ZIP codes only. "
    '`sweetspot region add --near "{at}" --miles 60` places them exactly.'
)
COVER = (
    "The map of {region} covers {covered:.0%} of the land and sea within {circle:.0f} miles of "
    "the home base; rows that a drive might reach outside it are maybe."
)


def find_ground(parts: Parts, home_text: str, question: Question, region_name: str = "") -> Ground:
    """What answers a question from one home base; raises as `find_grounds`."""
    return find_grounds(parts, [home_text], question, region_name)


def find_grounds(
    parts: Parts, home_texts: Sequence[str], question: Question, region_name: str = ""
) -> Ground:
    """What answers a question from one or several home bases; one that is there twice counts once.

    Raises BadQuestion for minutes that may not be asked for and a region that does not reach a
    home base, NoSuchRegion, BadAddress and Ambiguous, naming it, for one that can't be placed.
    """
    check_minutes(parts.settings, minute_limits(question.spot))
    named = parts.regions.get(region_name) if region_name else None
    online = parts.online(allow_bulk=question.allow_bulk, dry=question.dry_run)
    homes = _distinct_homes(locate_home(parts, text, named, online) for text in home_texts)
    geocoders: dict[str, Geocoder] = {}
    first, *others = (
        _ground_at(parts, home, question, region_name, geocoders, online) for home in homes
    )
    return replace(first, others=others) if others else first


def _distinct_homes(homes: Iterable[HomeBase]) -> Sequence[HomeBase]:
    """The first one of each place, and of each label, by which answers tell them apart."""
    first: list[HomeBase] = []
    for home in homes:
        if not any(home.at == one.at or home.label == one.label for one in first):
            first.append(home)
    return first


def _ground_at(
    parts: Parts,
    home: HomeBase,
    question: Question,
    region_name: str,
    geocoders: dict[str, Geocoder],
    online: Sequence[MeteredGeocoder],
) -> Ground:
    region = choose_region(parts, home.at, region_name, miles=_circle_miles(question))
    name = region.name if region else ""
    return Ground(
        home,
        geocoders.setdefault(name, parts.geocoder(region)),
        parts.engine_for(region, dry=question.dry_run),
        region=name or None,
        attribution=region.attribution if region else "",
        load_businesses=_businesses(parts, region, home.at),
        notes=_notes(parts, region, home.at, question),
        rates=parts.rates,
        usd_per_1000=parts.settings.engine_price,
        online=online,
        arrive=parts.arrive_in(region),
        address_stamp=parts.address_stamp(region),
        map_date=(region.data_date or "") if region else "",
    )


def find_ground_if_any(
    parts: Parts, home_text: str, question: Question, region_name: str = ""
) -> Ground | None:
    """`find_ground`, None without a home base. Raises BadQuestion for a region without one."""
    if home_text:
        return find_ground(parts, home_text, question, region_name)
    if region_name:
        raise BadQuestion("region: it needs a home base to drive from", field="region")
    return None


def locate_home(
    parts: Parts, text: str, region: Region | None = None, online: Sequence[Geocoder] = ()
) -> HomeBase:
    """The home base, by the given region's gazetteer or by every installed one's.

    A service among `online` is asked only where ours don't know the street.
    """
    if parse_point(text) is not None:
        return locate_home_base(text, [])
    return locate_home_base(text, [*parts.own_geocoders([region] if region else None), *online])


def choose_region(
    parts: Parts, home: Point, name: str = "", *, miles: float = CHOICE_MILES
) -> Region | None:
    """The named region, else of the installed ones that which covers most of the miles around.

    Raises NoSuchRegion, or BadQuestion when the named one does not reach the home base.
    """
    if not name:
        return parts.regions.covering(home, miles)
    region = parts.regions.get(name)
    if not region.covers_point(home):
        raise BadQuestion(
            f"region {name!r} does not reach the home base at "
            f"{home.lat:.5f}, {home.lon:.5f}; leave the region out to let it be chosen, "
            "or see `sweetspot region list`",
            field="region",
        )
    return region


def choose_engine(parts: Parts, home: Point) -> Engine:
    """The engine that answers from that point."""
    return parts.engine_for(choose_region(parts, home))


def check_minutes(settings: Settings, limits: Sequence[float]) -> None:
    """Raise BadQuestion for minutes that are none or longer than may be asked for."""
    longest = settings.longest_minutes
    for limit in limits:
        if not 0 < limit <= longest:
            raise BadQuestion(
                f"minutes {limit:g}: expected more than 0 and at most {longest:g}, the longest "
                "drive looked for (SWEETSPOT_LONGEST_MINUTES)",
                field="minutes",
            )


def find_candidates(
    parts: Parts, address: str, asked: GeocodeOptions, online: Sequence[Geocoder] = ()
) -> Fixes:
    """The places an address may mean, best first: those nearest to the home base, of our maps.

    `online`: services that are asked, too, where ours don't know the street. One that fails is
    passed over; where nobody else finds anything, that is raised.
    """
    named = [parts.regions.get(asked.region)] if asked.region else None
    near = locate_home(parts, asked.home, named[0] if named else None).at if asked.home else None
    return suggest_places(parts.own_geocoders(named), online, read_line(address), asked.k, near)


def suggest_homes(parts: Parts, text: str, most: int) -> Sequence[HomeBase]:
    """Up to so many home bases that somebody may be typing, those that begin so first.

    Each is what its label means when it is given as a home base; one whose label means another
    place, or several, is left out.
    """
    try:
        if parse_point(text):
            return [locate_home_base(text, [])]
    except BadInput:  # no point on the earth
        return []
    found = find_candidates(parts, text, GeocodeOptions(k=most))
    typed = fold_street(text)
    order = sorted(
        range(len(found)), key=lambda i: not fold_street(found.label[i]).startswith(typed)
    )
    homes = (_home_of(parts, found.label[i], found.at[i : i + 1]) for i in order)
    return [home for home in homes if home]


def _home_of(parts: Parts, label: str, at: Points) -> HomeBase | None:
    """The home base of that label, None where that is not the place."""
    try:
        home = locate_home(parts, label)
    except BadAddress:
        return None
    near = miles_between(home.at, at)[0] <= SAME_HOME_MILES
    return home if near or home.label == label else None


def unreadable_notes(parts: Parts, home: Point) -> list[str]:
    """What is wrong with regions of another version, or damaged, that may hold the home base."""
    return [one.problem for one in parts.regions.unreadable() if one.may_cover(home)]


def _businesses(parts: Parts, region: Region | None, home: Point) -> Callable[[], pl.DataFrame]:
    """Loads the named businesses of the region; BadQuestion where there is no map."""
    if region is None:
        return partial(_refuse_businesses, unreadable_notes(parts, home))
    return parts.installed(region).load_places


def _refuse_businesses(old: Sequence[str]) -> pl.DataFrame:
    raise BadQuestion(
        "no map covers the home base, so no places are known there: add one with "
        f"`sweetspot region add`, or give a list{''.join(f'; {problem}' for problem in old)}",
        field="home",
    )


def _notes(parts: Parts, region: Region | None, home: Point, question: Question) -> list[str]:
    """What to know of the region and its cover, most important first."""
    notes = unreadable_notes(parts, home)
    if region is None:
        note = NO_ADDRESSES if parts.service else NO_MAP
        return [*notes, note.format(at=f"{home.lat:.4f},{home.lon:.4f}")]
    notes += parts.regions.former_notes([region])
    circle = _circle_miles(question)
    covered = region.covered_share(home, circle)
    if not parts.service and covered <= WHOLE_COVER:
        notes.append(COVER.format(region=region.name, covered=covered, circle=circle))
    return notes


def _circle_miles(question: Question) -> float:
    """The radius within which prospects could pass, in miles."""
    spot = question.spot
    if spot.miles is not None:
        return min(spot.miles[1], FARTHEST_MILES)
    return circle_miles(spot.minutes[1]) if spot.minutes else CHOICE_MILES


def circle_miles(minutes: float) -> float:
    """The radius within which a drive of so many minutes could end, in miles."""
    return min(minutes * MILES_PER_MINUTE, FARTHEST_MILES)
