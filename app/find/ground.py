"""What a question is answered with, from one home base."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from app.businesses.computers import Rates
from app.errors import BadQuestion
from app.geo.driving.engine import Engine
from app.geo.geocoding.geocoder import Geocoder, MeteredGeocoder
from app.geo.geocoding.home_base import HomeBase


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
    verdict.
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
