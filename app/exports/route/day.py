"""A day of visits: which stops, in which order, when one arrives at each and is home again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from app.errors import BadQuestion
from app.exports.answer import AnswerRows
from app.exports.kind import ExportWork
from app.exports.route.legs import Legs, measure_legs
from app.exports.route.ordering import EXACT, order_visits
from app.exports.route.stops import Stops, choose_stops
from app.exports.sheets.callees import Callee, read_callees, row_homes
from app.exports.sheets.days import day_text, parse_clock, parse_day
from app.find.ground import Ground
from app.geo.driving.engine import Driving
from app.geo.geocoding.home_base import HomeBase
from app.geo.points import Point, Points
from app.text import count_words

SEARCHED = (
    f"Among more than {EXACT} possible stops the visits and their order are searched for: they are "
    "good, but not proved to be the best."
)
ESTIMATED = (
    "No map of this area is installed: minutes between stops are estimated from the straight "
    "lines, {times}."
)
ROUGH = "{stops} placed by the town or ZIP code only: times are rough, links go by the address."


@dataclass(frozen=True)
class Visit:
    """One stop. at: the business; drive: minutes from the last stop; rough: placed by its town."""

    number: int
    whom: Callee
    at: Point
    arrive: datetime
    drive: float
    rough: bool

    @property
    def title(self) -> str:
        """Its number, when one is there, and who it is."""
        return f"{self.number}. {self.arrive:%H:%M} {self.whom.name}".rstrip()

    @property
    def leg(self) -> str:
        """The drive to it."""
        last = "the last stop" if self.number > 1 else "home"
        return f"{self.drive:.0f} min from {last}"


@dataclass(frozen=True)
class DayPlan:
    """The visits in order. back: when one is home again, after `drive_back` minutes."""

    home: HomeBase
    begin: datetime
    visits: Sequence[Visit]
    back: datetime
    drive_back: float
    notes: Sequence[str]
    attribution: str
    left_out: Mapping[int, str]

    @property
    def title(self) -> str:
        """What it is, and of which day."""
        return f"Visits on {day_text(self.begin.date())}"

    @property
    def way_back(self) -> str:
        """When one is home again, and the drive there."""
        return f"{self.back:%H:%M} home again, {self.drive_back:.0f} min from the last stop"


def plan_day(work: ExportWork) -> DayPlan:
    """The day's visits among the rows. Raises BadQuestion where none can be made."""
    asked = work.asked
    clock = parse_clock(asked.start, "start")
    begin = datetime.combine(parse_day(asked.day, "day"), clock)
    ground = _find_ground(work)
    stops = choose_stops(work.rows, asked, ground)
    legs = _measure(work, ground, stops)
    most = round(asked.hours * 3600)
    seconds = np.where(np.isfinite(legs.minutes), np.rint(legs.minutes * 60), most + 1)
    order = order_visits(seconds.astype(np.int64), round(asked.visit * 60), most)
    if not order:
        raise BadQuestion(_nothing_fits(asked.hours, stops), field="hours")
    return _Planning(work, ground, stops, legs, begin).plan(order)


def _find_ground(work: ExportWork) -> Ground:
    home = work.asked.home or _only_home(work.rows)
    if not home:
        raise BadQuestion(
            "home: the answer does not say where it was given from; give --home, an address or "
            "LAT,LON",
            field="home",
        )
    return work.ground_at(home, work.asked.region)


def _only_home(rows: AnswerRows) -> str:
    """The home base of the rows, "" where nothing says it. Raises BadQuestion for several."""
    homes = list(dict.fromkeys(home for home in row_homes(rows) if home))
    if len(homes) > 1:
        raise BadQuestion(
            f"home: the rows are from several home bases ({'; '.join(homes)}); give --home with "
            "the one where the day begins, and only its own rows are visited",
            field="home",
        )
    return "".join(homes)


def _measure(work: ExportWork, ground: Ground, stops: Stops) -> Legs:
    lon, lat = np.r_[ground.start.lon, stops.at.lon], np.r_[ground.start.lat, stops.at.lat]
    asked = work.asked
    how = Driving(traffic=asked.traffic)
    return measure_legs(ground.engine, Points(lon, lat), how, asked.hours * 60, work.progress)


def _nothing_fits(hours: float, stops: Stops) -> str:
    if len(stops.rows):
        return f"hours {hours:g}: not one visit fits into them, with the drive there and back"
    counts: dict[str, int] = {}
    for why in stops.left_out.values():
        counts[why] = counts.get(why, 0) + 1
    told = "; ".join(f"{n:,} {why}" for why, n in counts.items())
    return f"no row can be visited: {told}"


@dataclass(frozen=True)
class _Planning:
    """What a day is made of, once its order is known."""

    work: ExportWork
    ground: Ground
    stops: Stops
    legs: Legs
    begin: datetime

    def plan(self, order: Sequence[int]) -> DayPlan:
        """The day of those stops, numbered from 1."""
        visits = self._visits(order)
        back = float(self.legs.minutes[order[-1], 0])
        home = visits[-1].arrive + self._stay + timedelta(minutes=back)
        left = set(range(len(self.stops.rows))) - {stop - 1 for stop in order}
        unfit = f"does not fit into {self.work.asked.hours:g} hours"
        return DayPlan(
            self.ground.home,
            self.begin,
            visits,
            home,
            back,
            self._notes(visits, home, back),
            self.work.rows.about.attribution or self.ground.attribution,
            {**self.stops.left_out, **{int(self.stops.rows[one]): unfit for one in left}},
        )

    @property
    def _stay(self) -> timedelta:
        return timedelta(minutes=self.work.asked.visit)

    def _visits(self, order: Sequence[int]) -> list[Visit]:
        rows = self.work.rows.take(self.stops.rows[[stop - 1 for stop in order]])
        callees = read_callees(rows, self.work.asked.country)
        places = rows.ours.select("lon", "lat").rows()
        now, visits = self.begin, list[Visit]()
        for whom, place, leg in zip(callees, places, pairwise([0, *order]), strict=True):
            drive = float(self.legs.minutes[leg])
            now += timedelta(minutes=drive)
            rough = bool(self.stops.rough[leg[1] - 1])
            visits.append(Visit(len(visits) + 1, whom, Point(*place), now, drive, rough))
            now += self._stay
        return visits

    def _notes(self, visits: Sequence[Visit], home: datetime, back: float) -> list[str]:
        drives = sum(visit.drive for visit in visits) + back
        stays = len(visits) * self.work.asked.visit
        count, day = count_words(len(visits), "visit"), day_text(self.begin.date())
        times = f"{self.begin:%H:%M} to {home:%H:%M}"
        spent = f"{drives:.0f} minutes of drives, {stays:.0f} of visits"
        notes = [f"{count} on {day}, {times}: {spent}.", self._engine_note()]
        if len(self.stops.rows) > EXACT:
            notes.append(SEARCHED)
        return [*notes, *self._doubts(visits)]

    def _engine_note(self) -> str:
        engine, traffic = self.ground.engine, self.work.asked.traffic
        times = "without traffic" if traffic == 1 else f"free-flow times {traffic:g} for traffic"
        if engine.name == "estimate":
            return ESTIMATED.format(times=times)
        asked = f"; {count_words(self.legs.asked, 'drive')} asked" if engine.metered else ""
        return f"Minutes are those of {engine.name}, {times}{asked}."

    def _doubts(self, visits: Sequence[Visit]) -> list[str]:
        rough = sum(visit.rough for visit in visits)
        stops = count_words(rough, "stop is", "stops are")
        return [ROUGH.format(stops=stops)] if rough else []
