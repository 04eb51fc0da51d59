"""What a geocoder of somebody else's has to say of itself, and of an address."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Protocol

from app.geo.addresses.address import Address
from app.geo.geocoding.fix import GeocodeReply


@dataclass(frozen=True)
class Terms:
    """What a service allows; each with its source beside the service.

    per_second: most requests. batch: most addresses in one of them; a request that fails is asked
    again in halves down to `smallest`. days: how long its answers may
    be kept, 0 not at all. bulk: addresses in one run past which it wants nobody to go unasked.
    policy: where it says so.
    """

    per_second: float = inf
    batch: int = 1
    smallest: int = 1
    days: float = 365.0
    bulk: float = inf
    policy: str = ""


class GeocodingService(Protocol):
    """Says where addresses are.

    name: what its fixes are called ("google"). credit: what must stand beside them.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 -- see above
    @property
    def credit(self) -> str: ...  # noqa: D102
    @property
    def terms(self) -> Terms: ...  # noqa: D102

    def ask(self, addresses: Sequence[Address]) -> Sequence[GeocodeReply]:
        """What it says of each of 1 to `terms.batch` addresses, in their order.

        Raises Refused where it says no to all (a wrong key, a quota that is gone), BackendSlow and
        BackendDown for what is no answer of it.
        """
        ...
