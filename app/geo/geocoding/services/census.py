"""The US Census Bureau's batch geocoder: free, no key, US addresses along its own roads.

https://geocoding.geo.census.gov/geocoder/Geocoding_Services_API.html At most 10,000 addresses in
one file. Its answers are US government works and may be kept. House numbers are interpolated
along a side of a road, so that no answer is better than that.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.errors import BackendDown, Refused
from app.geo.addresses.address import Address
from app.geo.addresses.one_line import plain_address
from app.geo.geocoding.fix import RADIUS_M, Fix, GeocodeReply, on_earth
from app.geo.geocoding.geocoder import Accuracy
from app.geo.geocoding.services.service import Terms
from app.geo.http.request import Request

HOSTED = "https://geocoding.geo.census.gov"
BENCHMARK = "Public_AR_Current"
TERMS = Terms(
    per_second=1,
    batch=10_000,
    smallest=500,
    policy="https://geocoding.geo.census.gov/geocoder/Geocoding_Services_API.html",
)


@dataclass(frozen=True)
class Census:
    """The batch geocoder at `url`; `send` gives the HTTP status and the body of an answer."""

    send: Callable[[Request], tuple[int, bytes]]
    url: str = HOSTED
    name: str = "census"
    terms: Terms = TERMS
    credit: str = ""

    def ask(self, addresses: Sequence[Address]) -> Sequence[GeocodeReply]:
        """One file, one answer; see `GeocodingService.ask`."""
        status, body = self.send(census_request(addresses, self.url))
        if status != 200:
            raise Refused(
                f"census says no to a file of {len(addresses)} addresses (HTTP {status})",
                backend=self.name,
                code=status,
            )
        return read_census_reply(body, len(addresses))


def census_request(addresses: Sequence[Address], url: str) -> Request:
    """A file with a line for each address, numbered from 0: number, street, city, state, ZIP."""
    text = io.StringIO()
    lines = csv.writer(text)
    for i, address in enumerate(map(plain_address, addresses)):
        parts = (address.line, address.city, address.state, address.postcode)
        lines.writerow([i, *(" ".join(part.split()) for part in parts)])
    return Request(
        f"{url.rstrip('/')}/geocoder/locations/addressbatch",
        form={
            "benchmark": BENCHMARK,
            "addressFile": ("addresses.csv", text.getvalue().encode()),
        },
    )


def read_census_reply(body: bytes, n: int) -> Sequence[GeocodeReply]:
    """What it said of n addresses, in their order; its lines come in any.

    Raises BackendDown for what is no answer, or of other addresses.
    """
    told: dict[int, GeocodeReply] = {}
    try:
        for line in csv.reader(io.StringIO(body.decode("utf-8", "replace"))):
            if line:
                told[int(line[0])] = _reply_of(line)
    except (ValueError, IndexError, csv.Error) as why:
        raise BackendDown("census answers nonsense", backend="census") from why
    if set(told) != set(range(n)):
        raise BackendDown(
            f"asked census for {n} addresses, got {len(told)}, or others", backend="census"
        )
    return [told[i] for i in range(n)]


def _reply_of(line: Sequence[str]) -> GeocodeReply:
    """number, input, Match | No_Match | Tie, Exact | Non_Exact, address, "lon,lat", road, side."""
    match = line[2].strip()
    if match == "Tie":
        return GeocodeReply(note="census: a tie, several addresses fit equally well")
    if match == "No_Match":
        return GeocodeReply(note="census does not know it")
    if match != "Match":
        raise ValueError(match)
    lon, lat = on_earth(*map(float, line[5].split(",", 1)))
    kind = Accuracy.INTERPOLATED
    note = "" if line[3] == "Exact" else "census read the address differently"
    return GeocodeReply((Fix(lon, lat, kind, RADIUS_M[kind], line[4]),), note)
