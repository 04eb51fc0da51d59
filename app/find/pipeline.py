"""The pipeline: prospects + home base + sweet spot -> verdicts, batch by batch.

It knows ports only. Every stage takes a batch and gives back as many items in the same order,
so no row is ever lost.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.businesses.computers import Rates, estimate_computers
from app.businesses.industries import read_codes
from app.businesses.prospects import Prospects, Ranges
from app.errors import BackendFailed
from app.find.ground import Ground
from app.find.question import Question
from app.geo.cache import read_only
from app.geo.driving.engine import Drives, Driving, Road, Side, unknown_drives
from app.geo.geocoding.geocoder import Accuracy, Fixes, given_fixes
from app.geo.geocoding.services.service_geocoder import GeocodingProgress, improve_fixes
from app.geo.points import Floats, Ints, Mask, Points, miles_between
from app.sweetspot.judge import Judged, SweetSpot, Verdict, fails_anyway, judge

# Shown minutes need an engine even where no limit in minutes was asked for.
SHOWN_MINUTES = 50.0


@dataclass(frozen=True)
class Sides:
    """Minutes without traffic and with it, shape (n,) each; NaN where they are not known."""

    free: Floats
    peak: Floats

    @classmethod
    def of(cls, drives: Drives, how: Driving) -> "Sides | None":
        """Both; None where they do not differ."""
        if how.traffic == 1 and how.depart is None:
            return None
        judged_free = how.limit_on is Side.FREE
        other = drives.other
        if other is None:
            other = drives.minutes * (how.traffic if judged_free else 1 / how.traffic)
        return cls(drives.minutes, other) if judged_free else cls(other, drives.minutes)


@dataclass(frozen=True)
class Answer:
    """The verdicts on one batch; every column in the order of its prospects.

    sides: the minutes without and with traffic; None where they do not differ.
    """

    prospects: Prospects
    fixes: Fixes
    miles: Floats
    drives: Drives
    judged: Judged
    sides: Sides | None = None


def locate_prospects(prospects: Prospects, ground: Ground, geocode: bool) -> Fixes:
    """A fix for each prospect: the list's own coordinates, else by its address."""
    n = len(prospects)
    given = np.zeros(n, bool) if geocode else prospects.given.known
    if given.all():
        return given_fixes(prospects.given)
    lon = np.where(given, prospects.given.lon, np.nan)
    lat = np.where(given, prospects.given.lat, np.nan)
    accuracy = np.where(given, Accuracy.GIVEN, Accuracy.NONE).astype(np.uint8)
    radius = np.where(given, 0.0, np.nan)
    source, label, note = ["list" if g else "" for g in given], [""] * n, [""] * n
    rows = np.flatnonzero(~given)
    if len(rows):
        asked = [int(i) for i in rows]
        fixes = ground.geocoder.locate(prospects.addresses.take(asked), near=ground.home.at)
        lon[rows], lat[rows] = fixes.at.lon, fixes.at.lat
        accuracy[rows], radius[rows] = fixes.accuracy, fixes.radius_m
        for j, i in enumerate(asked):
            source[i], label[i], note[i] = fixes.source[j], fixes.label[j], fixes.note[j]
    return Fixes(Points(lon, lat), accuracy, radius, source, label, note)


def minute_limits(spot: SweetSpot) -> tuple[float, ...]:
    """The minutes that decide: both bounds of the sweet spot, without 0 and open ends."""
    bounds = spot.minutes or ()
    return tuple(limit for limit in bounds if 0 < limit < np.inf) or (SHOWN_MINUTES,)


def find(
    prospects: Prospects,
    ground: Ground,
    question: Question,
    applied: frozenset[str],
    asking: GeocodingProgress = lambda *_: None,
) -> Answer:
    """The verdict on every prospect. `applied`: the size criteria the list has values for.

    Geocoding services are asked, one after the other, only for rows whose verdict still depends
    on where they are; `asking` hears how far each one is.
    """
    fixes = locate_prospects(prospects, ground, question.geocode)
    answer = judge_fixes(prospects, fixes, ground, question, applied)
    open_rows = depend_on_place(answer, question.spot)
    more = 0  # drives to where the services would place them, in a dry run
    for geocoder in ground.online:
        if not len(open_rows):
            break
        addresses = prospects.addresses.take(open_rows.tolist())
        before = geocoder.use.asked
        told = geocoder.locate(addresses, ground.home.at, asking)
        more += min(len(open_rows), geocoder.use.asked - before)
        answer = _moved(
            answer, *improve_fixes(answer.fixes, open_rows, told), ground, question, applied
        )
        open_rows = depend_on_place(answer, question.spot)
    if question.dry_run and ground.engine.metered:
        drives = replace(answer.drives, asked=answer.drives.asked + more)
        answer = replace(answer, drives=drives)
    return answer


def _moved(
    before: Answer,
    fixes: Fixes,
    rows: Ints,
    ground: Ground,
    question: Question,
    applied: frozenset[str],
) -> Answer:
    """The answer where those rows have other fixes now: the engine is asked for them only.

    One that fails leaves their drives unknown, and is said to.
    """
    drives, limits = before.drives, minute_limits(question.spot)
    if len(rows):
        try:
            new = drives_to(fixes.take(rows.tolist()), ground, limits, question.how)
        except BackendFailed as why:
            new = replace(unknown_drives(len(rows), drives.most), failed=str(why))
        drives = drives.replaced(rows, new)
    return _judged(before.prospects, fixes, drives, ground, question, applied)


def depend_on_place(answer: Answer, spot: SweetSpot) -> Ints:
    """The rows whose verdict a closer fix could change: those that only the reach leaves open.

    Not those that are exact already, nor those to which the engine could not say the drive, unless
    the miles alone may fail them.
    """
    judged, fixes = answer.judged, answer.fixes
    unsaid = (answer.drives.road == Road.UNKNOWN) & (spot.minutes is not None)
    stuck = fixes.at.known & unsaid & (judged.case.by.get("miles", Verdict.PASS) != Verdict.MAYBE)
    left_open = (judged.reach == Verdict.MAYBE) & (judged.verdict == Verdict.MAYBE)
    return np.flatnonzero(left_open & ~stuck & (fixes.accuracy < Accuracy.ROOFTOP))


def judge_fixes(
    prospects: Prospects,
    fixes: Fixes,
    ground: Ground,
    question: Question,
    applied: frozenset[str],
) -> Answer:
    """The verdicts where the fixes are known already."""
    spare = np.zeros(len(prospects), bool)
    if ground.engine.metered and not question.all_minutes:
        estimated = estimated_computers(prospects, ground.rates)
        spare = fails_anyway(question.spot, prospects, applied, estimated, question.today)
    drives = _drives_but(spare, fixes, ground, question)
    return _judged(prospects, fixes, drives, ground, question, applied)


def _judged(
    prospects: Prospects,
    fixes: Fixes,
    drives: Drives,
    ground: Ground,
    question: Question,
    applied: frozenset[str],
) -> Answer:
    """The verdicts where the drives are known, too."""
    miles = miles_between(ground.home.at, fixes.at)
    judged = judge(
        question.spot,
        prospects,
        fixes,
        miles,
        drives,
        applied=applied,
        engine=ground.engine.name,
        traffic=question.how.judged.traffic,
        which=question.how.which,
        today=question.today,
        estimated=estimated_computers(prospects, ground.rates),
    )
    return Answer(prospects, fixes, miles, drives, judged, Sides.of(drives, question.how))


def estimated_computers(prospects: Prospects, rates: Rates | None) -> Ranges | None:
    """Low and high computers where the list counts none; None where nothing can be estimated.

    The same prospects remember the answer for the rates asked last; it can't be written to.
    """
    wanted = ~prospects.computers.known & prospects.employees.known
    if rates is None or not wanted.any():
        return None
    last: tuple[Rates, Ranges] | None = prospects.__dict__.get("_estimated")
    if last is None or last[0] is not rates:
        found = estimate_computers(prospects.employees, read_codes(prospects.industry), rates)
        unknown = ~wanted
        low, high = np.where(unknown, np.nan, found.low), np.where(unknown, np.nan, found.high)
        last = prospects.__dict__["_estimated"] = rates, read_only(Ranges(low, high))
    return last[1]


def drives_to(fixes: Fixes, ground: Ground, limits: Sequence[float], how: Driving) -> Drives:
    """The drive from the home base to each fix, all of its radius considered where it is rough.

    Its minutes are those that the limit applies to.
    """
    exact = fixes.accuracy >= Accuracy.ROOFTOP
    radius_m = np.where(exact, 0.0, fixes.radius_m)
    return ground.engine.drives(ground.home.at, fixes.at, radius_m, limits, how.judged)


def _drives_but(spare: Mask, fixes: Fixes, ground: Ground, question: Question) -> Drives:
    """The drives, but for the rows in `spare`, which a service need not be asked for."""
    limits = minute_limits(question.spot)
    spare = spare & fixes.at.known
    if not spare.any():
        return drives_to(fixes, ground, limits, question.how)
    lon = np.where(spare, np.nan, fixes.at.lon)
    asked = replace(fixes, at=Points(lon, np.where(spare, np.nan, fixes.at.lat)))
    drives = drives_to(asked, ground, limits, question.how)
    drives.road[spare] = Road.NOT_ASKED
    return replace(drives, saved=drives.saved + int(np.count_nonzero(spare)))


def find_all(
    batches: Iterable[Prospects],
    ground: Ground,
    question: Question,
    applied: frozenset[str],
    asking: GeocodingProgress = lambda *_: None,
) -> Iterator[Answer]:
    """`find` over a list's batches, one at a time."""
    for prospects in batches:
        yield find(prospects, ground, question, applied, asking)
