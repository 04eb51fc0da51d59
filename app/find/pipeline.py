"""The pipeline: prospects + home bases + sweet spot -> verdicts, batch by batch.

It knows ports only. Every stage takes a batch and gives back as many items in the same order,
so no row is ever lost.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from app.businesses.computers import Rates, estimate_computers
from app.businesses.industries import read_codes
from app.businesses.prospects import Prospects, Ranges
from app.errors import BackendFailed
from app.find.ground import Ground
from app.find.locating import locate_prospects
from app.find.nearest import NearestDrives, drive_from_nearest, no_drives
from app.find.question import Question
from app.geo.driving.engine import Drives, Driving, Road, Side
from app.geo.geocoding.fix import improve_fixes
from app.geo.geocoding.geocoder import (
    Accuracy,
    Fixes,
    GeocodingProgress,
    MeteredGeocoder,
    no_fixes,
)
from app.geo.points import Floats, Ints, put_rows
from app.sweetspot.judge import Evidence, Judged, SweetSpot, Verdict, fails_anyway, judge

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

    judged: Judged
    sides: Sides | None = None

    @property
    def known(self) -> Evidence:
        """What was judged: prospects, fixes, miles, drives."""
        return self.judged.case.known

    def take(self, rows: Ints) -> "Answer":
        """The verdicts on those rows, in that order."""
        sides = self.sides and Sides(self.sides.free[rows], self.sides.peak[rows])
        return Answer(self.judged.take(rows), sides)


@dataclass(frozen=True)
class Pipeline:
    """One question, asked of the batches of one list from one ground.

    1. Locate every prospect, and ask the engine for the drive to it, from the nearest home base.
    2. Judge.
    3. Where a verdict still depends on where a row is, ask the geocoding services, one after the
       other; drive to what they place elsewhere, and judge those rows again.

    applied: the size criteria for which the whole list has any value.
    """

    ground: Ground
    question: Question
    applied: frozenset[str]

    def find_all(
        self, batches: Iterable[Prospects], asking: GeocodingProgress = lambda *_: None
    ) -> Iterator[Answer]:
        """The verdicts on a list's batches, one at a time. `asking` hears how far a service is."""
        for prospects in batches:
            yield self.find(prospects, asking)

    def find(self, prospects: Prospects, asking: GeocodingProgress = lambda *_: None) -> Answer:
        """The verdict on every prospect."""
        fixes = locate_prospects(prospects, self.ground, self.question.geocode)
        return self.find_located(prospects, fixes, asking)

    def find_located(
        self, prospects: Prospects, fixes: Fixes, asking: GeocodingProgress = lambda *_: None
    ) -> Answer:
        """The same where our own fixes are known already."""
        return self._answer(self._ask_services(self.judge(prospects, fixes), asking))

    def judge(self, prospects: Prospects, fixes: Fixes) -> Judged:
        """The verdicts where the fixes are known already; no geocoding service is asked."""
        estimated = estimated_computers(prospects, self.ground.rates)
        nearest = self._drive(prospects, fixes, estimated)
        how = self.question.how
        known = Evidence(
            prospects,
            fixes,
            nearest.miles,
            nearest.drives,
            self.applied,
            estimated,
            engine=self.ground.engine.name,
            traffic=how.judged.traffic,
            which=how.which,
            origins=nearest.origins,
        )
        return judge(self.question.spot, known, self.question.today)

    def _drive(self, prospects: Prospects, fixes: Fixes, estimated: Ranges) -> NearestDrives:
        """The drives, but for rows that fail anyway, which a service need not be asked for."""
        ground, question = self.ground, self.question
        limits, spot, spare = minute_limits(question.spot), question.spot, None
        if ground.engine.metered and not question.all_minutes:
            spare = fixes.at.known & fails_anyway(
                spot, prospects, self.applied, estimated, question.today
            )
        return drive_from_nearest(fixes, ground, limits, question.how, spot, spare)

    def _ask_services(self, judged: Judged, asking: GeocodingProgress) -> Judged:
        """The verdicts once the geocoding services were asked for what decides them."""
        more = 0  # drives to where the services would place them, in a dry run
        for geocoder in self.ground.online:
            rows = depend_on_place(judged)
            if not len(rows):
                break
            known, before = judged.case.known, geocoder.use.asked
            reply = self._locate_by(geocoder, known.take(rows), asking)
            more += min(len(rows), geocoder.use.asked - before) * len(self.ground.each)
            judged = self._judge_moved(judged, *improve_fixes(known.fixes, rows, reply))
        if self.question.dry_run and self.ground.engine.metered:
            return _with_asked(judged, more)
        return judged

    def _locate_by(
        self, geocoder: MeteredGeocoder, known: Evidence, asking: GeocodingProgress
    ) -> Fixes:
        """What the service says of those rows, each looked up for the home base nearest to it."""
        reply = no_fixes([""] * len(known.fixes))
        for n, ground in enumerate(self.ground.each):
            rows = np.arange(len(reply)) if known.origins is None else known.origins.rows(n)
            if len(rows):
                addresses = known.prospects.addresses.take(rows.tolist())
                reply = reply.replaced(rows, geocoder.locate(addresses, ground.home.at, asking))
        return reply

    def _judge_moved(self, judged: Judged, fixes: Fixes, rows: Ints) -> Judged:
        """The verdicts where those rows have other fixes now: only they are driven to and judged.

        An engine that fails leaves their drives unknown, and is said to.
        """
        before, spot = judged.case.known, self.question.spot
        if not len(rows):
            return replace(judged, case=replace(judged.case, known=replace(before, fixes=fixes)))
        moved, how, most = fixes.take(rows.tolist()), self.question.how, before.drives.most
        try:
            new = drive_from_nearest(moved, self.ground, minute_limits(spot), how, spot)
        except BackendFailed as why:
            new = no_drives(moved, self.ground, most, how, str(why))
        known = replace(
            before,
            fixes=fixes,
            miles=put_rows(before.miles, rows, new.miles),
            drives=before.drives.replaced(rows, new.drives),
            origins=before.origins and new.origins and before.origins.replaced(rows, new.origins),
        )
        again = judge(spot, known.take(rows), self.question.today)
        return judged.replaced(rows, again, known)

    def _answer(self, judged: Judged) -> Answer:
        return Answer(judged, Sides.of(judged.case.known.drives, self.question.how))


def minute_limits(spot: SweetSpot) -> tuple[float, ...]:
    """The minutes that decide: both bounds of the sweet spot, without 0 and open ends."""
    bounds = spot.minutes or ()
    return tuple(limit for limit in bounds if 0 < limit < np.inf) or (SHOWN_MINUTES,)


def depend_on_place(judged: Judged) -> Ints:
    """The rows whose verdict a closer fix could change: those that only the reach leaves open.

    Not those that are exact already, nor those to which the engine could not say the drive, unless
    the miles alone may fail them.
    """
    case, known = judged.case, judged.case.known
    unsaid = (known.drives.road == Road.UNKNOWN) & (case.spot.minutes is not None)
    by_miles = case.by.get("miles", Verdict.PASS)
    stuck = known.fixes.at.known & unsaid & np.not_equal(by_miles, Verdict.MAYBE)
    left_open = (judged.reach == Verdict.MAYBE) & (judged.verdict == Verdict.MAYBE)
    return np.flatnonzero(left_open & ~stuck & (known.fixes.accuracy < Accuracy.ROOFTOP))


def estimated_computers(prospects: Prospects, rates: Rates | None) -> Ranges:
    """Low and high computers where the list counts none, NaN where nothing can be estimated.

    The prospects keep the answer for the rates asked last; it can't be written to.
    """
    wanted = ~prospects.computers.known & prospects.employees.known
    if rates is None or not wanted.any():
        return Ranges.unknown(len(prospects))

    def estimate() -> Ranges:
        found = estimate_computers(prospects.employees, read_codes(prospects.industry), rates)
        return Ranges(*(np.where(wanted, end, np.nan) for end in (found.low, found.high)))

    return prospects.estimated_by.get_or_make(rates, estimate)


def _with_asked(judged: Judged, more: int) -> Judged:
    """The same with so many more drives that would have been asked for."""
    known = judged.case.known
    drives = replace(known.drives, asked=known.drives.asked + more)
    return replace(judged, case=replace(judged.case, known=replace(known, drives=drives)))
