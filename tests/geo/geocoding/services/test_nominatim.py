"""A real Nominatim answers over HTTP. For `make test-nominatim`, not for `make test`."""

import csv

import pytest
from geopy.distance import geodesic
from geopy.geocoders import Nominatim

pytestmark = pytest.mark.nominatim

ASKED = 200


@pytest.fixture(scope="module")
def geocoder(manx_nominatim):
    where = manx_nominatim.removeprefix("http://")
    return Nominatim(domain=where, scheme="http", user_agent="sweetspot tests", timeout=30)


@pytest.mark.parametrize(
    ("asked", "at", "kind"),
    [
        ("46 Athol Street, Douglas", (54.14906, -4.48315), "building"),
        ("Main Road, Kirk Michael", (54.2864, -4.5837), "road"),
        ("IM1 3LY", (54.1542, -4.4812), "postcode"),
        ("Douglas, Isle of Man", (54.1498, -4.4779), "town"),
    ],
)
def test_finds_it_and_says_what_it_is(geocoder, asked, at, kind):
    found = geocoder.geocode(asked)
    assert geodesic((found.latitude, found.longitude), at).m < 50
    assert found.raw["addresstype"] == kind


def test_what_is_not_there_is_not_found(geocoder):
    assert geocoder.geocode("1 Nowhere, Nowhere, ZZ") is None


def test_most_addresses_are_near_the_truth(geocoder, shared):
    """Of 200 all over the island, 78 % were within 500 m; the addresses are six years newer."""
    with (shared / "data" / "addresses" / "isle-of-man.csv").open(encoding="utf8") as file:
        every = list(csv.DictReader(file))
    rows = every[:: len(every) // ASKED][:ASKED]
    near = 0
    for row in rows:
        if found := geocoder.geocode(_line(row)):
            truth = float(row["lat"]), float(row["lon"])
            near += geodesic((found.latitude, found.longitude), truth).m < 500
    assert near >= 0.65 * len(rows)


def _line(row):
    street = f"{row['housenumber'] or row['housename']} {row['street']}".strip()
    return ", ".join(filter(None, [street or row["place"], row["city"], row["postcode"]]))
