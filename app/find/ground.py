"""What a question is answered with, from one home base."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from app.businesses.computers import Rates
from app.errors import BadQuestion
from app.geo.driving.engine import Arrive, Engine, keep_points
from app.geo.geocoding.geocoder import Geocoder, MeteredGeocoder
from app.geo.geocoding.home_base import HomeBase
from app.geo.points import Point, Points


def no_businesses() -> pl.DataFrame:
    """Where no map is: BadQuestion."""
    raise BadQuestion("no map covers the home base, so no places are known there", field="home")


@dataclass(frozen=True)
class Ground:
    """Where a question is answered: what serves one home base.

    `region`: the name of its map, None where none is installed; `attribution`: whom the answer has
    to credit for it; `load_businesses` loads the named businesses on it, in the columns of
    `places.SCHEMA`, and raises BadQuestion where there is no map. `rates` estimate the computers
    that no list has; None estimates nothing. `usd_per_1000`: the price of drives asked of a
    service. `online`: geocoding services, in the order in which they are asked for what decides a
    verdict. `arrive`: where a drive to each point ends, the names of their streets told, "" where
    unknown; `start` is where the drives from the home base begin. `address_stamp`: what the
    geocoder's fixes are made from; another one wherever they may differ. `map_date`: of when the
    map's data are, "" where that is not known.

    `others`: what answers from the further home bases, where the question has several; `each` is
    all of them, in the order asked. They have `rates` and `online` in common.
    """

    home: HomeBase
    geocoder: Geocoder
    engine: Engine
    region: str | None = None
    attribution: str = ""
    load_businesses: Callable[[], pl.DataFrame] = no_businesses
    notes: Sequence[str] = ()
    rates: Rates | None = None
    usd_per_1000: float = 0.0
    online: Sequence[MeteredGeocoder] = ()
    arrive: Arrive = keep_points
    address_stamp: str = ""
    map_date: str = ""
    others: Sequence["Ground"] = ()

    @property
    def each(self) -> Sequence["Ground"]:
        """One for each home base."""
        return [self, *self.others]

    def load_all_businesses(self) -> pl.DataFrame:
        """Those on the maps of all home bases, each once. Raises BadQuestion as they do."""
        loads = {one.region: one.load_businesses for one in self.each}
        frames = [load() for load in loads.values()]
        if len(frames) == 1:
            return frames[0]
        return pl.concat(frames).unique(["name", "lon", "lat"], keep="first", maintain_order=True)

    @cached_property
    def start(self) -> Point:
        """On the home base's street, where that is known."""
        return start_from(self.home, self.arrive)


def start_from(home: HomeBase, arrive: Arrive) -> Point:
    """Where the drives from a home base begin."""
    at = arrive(Points.of([home.at]), [home.street])
    return Point(float(at.lon[0]), float(at.lat[0]))
