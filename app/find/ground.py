"""What a question is answered with, from one home base."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.businesses.computers import Rates
from app.geo.driving.engine import Engine
from app.geo.geocoding.geocoder import Geocoder
from app.geo.geocoding.home_base import HomeBase
from app.geo.geocoding.services.service_geocoder import ServiceGeocoder
from app.geo.regions.region import Region


@dataclass(frozen=True)
class Ground:
    """Where a question is answered: the parts that serve one home base.

    `region` is None where no map is installed for it; `covered` is the share (0 to 1) of the
    circle of possible prospects that the map covers. `rates` estimate the
    computers that no list has; None estimates nothing. `online`: geocoding services, in the order
    in which they are asked for what decides a verdict.
    """

    home: HomeBase
    geocoder: Geocoder
    engine: Engine
    region: Region | None = None
    covered: float = 0.0
    notes: Sequence[str] = ()
    rates: Rates | None = None
    price: float = 0.0
    online: Sequence[ServiceGeocoder] = ()

    @property
    def attribution(self) -> str:
        """To be shown with the answer; "" without a map."""
        return self.region.attribution if self.region else ""
