"""What every geocoder promises, run over every adapter that runs here."""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace

import numpy as np
import pytest

from app.geo.addresses.address import Address, Addresses
from app.geo.geocoding.gazetteer import gazetteer
from app.geo.geocoding.geocoder import Accuracy
from app.geo.geocoding.services.cache import GeocodeCache
from app.geo.geocoding.services.providers import PROVIDERS
from app.geo.geocoding.services.service import Terms
from app.geo.geocoding.services.service_geocoder import Budget, ServiceGeocoder
from app.geo.geocoding.services.through_geopy import GeopyService
from app.geo.geocoding.zips.zip_codes import ZipGeocoder
from app.geo.http.sender import Sender

HOUSES = """LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE
-157.8611,21.3086,1001,Bishop Street,,Honolulu,,HI,96813
-157.8600,21.3070,801,Bishop Street,,Honolulu,,HI,96813
-157.7450,21.3930,200,Hamakua Drive,,Kailua,,HI,96734
"""
NOT_THERE = [
    Address("", "", "", ""),
    Address("1 Nowhere", "Nowhere", "ZZ", "00000"),
    Address("\x00🦀", "x" * 5000, "?", "1e9"),
]


@dataclass(frozen=True)
class Land:
    """Two addresses in two towns, where they are, the first one in one line, and a town's name."""

    one: Address
    other: Address
    at: Sequence[tuple[float, float]]
    whole: Address
    town: str

    @property
    def asked(self):
        return [self.one, self.other, *NOT_THERE, self.one, self.whole]


# Bishop Street is in downtown Honolulu, Hamakua Drive 15 km away in Kailua.
HAWAII = Land(
    Address("1001 Bishop St", "Honolulu", "HI", "96813"),
    Address("200 Hamakua Dr", "Kailua", "HI", "96734"),
    [(-157.86, 21.31), (-157.745, 21.39)],
    Address("900 Bishop St, Honolulu, HI 96813"),
    "Honolulu, HI",
)
MAN = Land(
    Address("46 Athol Street", "Douglas"),
    Address("Main Road", "Kirk Michael"),
    [(-4.483, 54.149), (-4.584, 54.286)],
    Address("46 Athol Street, Douglas"),
    "Douglas, Isle of Man",
)


def the_gazetteer(folder, _request, _stack):
    (folder / "a.csv").write_text(HOUSES, encoding="utf8")
    gazetteer.build_gazetteer(folder / "g", [], [folder / "a.csv"])
    return gazetteer.Gazetteer(folder / "g", "test gazetteer"), HAWAII


def the_zips(_folder, _request, _stack):
    return ZipGeocoder(), HAWAII


def a_real_nominatim(folder, request, stack):
    """Its adapter through geopy, over HTTP."""
    url = request.getfixturevalue("manx_nominatim")
    sender = stack.enter_context(closing(Sender("nominatim", frozenset({"127.0.0.1"}))))
    memory = stack.enter_context(closing(GeocodeCache(folder / "geocoders.sqlite")))
    provider = replace(PROVIDERS["nominatim"], terms=Terms())
    return ServiceGeocoder(GeopyService(provider, sender.ask, url=url), memory, Budget()), MAN


GEOCODERS = [
    the_gazetteer,
    the_zips,
    pytest.param(a_real_nominatim, marks=pytest.mark.nominatim),
]


@pytest.fixture(scope="module", params=GEOCODERS, ids=lambda make: make.__name__)
def made(request, tmp_path_factory):
    with ExitStack() as stack:
        yield request.param(tmp_path_factory.mktemp("geocoder"), request, stack)


@pytest.fixture(scope="module")
def geocoder(made):
    return made[0]


@pytest.fixture(scope="module")
def land(made):
    return made[1]


@pytest.fixture(scope="module")
def fixes(geocoder, land):
    return geocoder.locate(Addresses.of(land.asked))


def columns(fixes):
    return (
        fixes.at.lon.tobytes(),
        fixes.at.lat.tobytes(),
        fixes.accuracy.tobytes(),
        fixes.radius_m.tobytes(),
        list(fixes.source),
        list(fixes.label),
        list(fixes.note),
    )


def test_every_address_has_a_row(fixes, land):
    lengths = {len(column) for column in (fixes.at, fixes.accuracy, fixes.radius_m)}
    lengths |= {len(column) for column in (fixes.source, fixes.label, fixes.note)}
    assert lengths == {len(land.asked)}


def test_found_in_the_right_town(fixes, land):
    """Not in the other one, 15 km away."""
    for i, (lon, lat) in enumerate(land.at):
        assert (fixes.at.lon[i], fixes.at.lat[i]) == pytest.approx((lon, lat), abs=0.05)


def test_no_fix_is_all_nothing_and_says_why(fixes):
    for i in range(len(fixes)):
        nothing = fixes.accuracy[i] == Accuracy.NONE
        assert np.isnan(fixes.at.lon[i]) == nothing
        assert np.isnan(fixes.radius_m[i]) == nothing
        assert (fixes.label[i] == "") == nothing
        assert bool(fixes.source[i]) != nothing
        assert fixes.note[i] or not nothing


def test_what_can_not_be_found_is_not(fixes):
    assert not fixes.accuracy[[2, 3, 4]].any()


def test_radii_are_positive(fixes):
    assert (fixes.radius_m[fixes.accuracy > 0] > 0).all()


def test_equal_addresses_equal_fixes(fixes):
    assert fixes.at.lon[0] == fixes.at.lon[5]
    assert fixes.label[0] == fixes.label[5]


def test_same_input_same_output(geocoder, land, fixes):
    assert columns(geocoder.locate(Addresses.of(land.asked))) == columns(fixes)


def test_order_follows_the_rows(geocoder, land, fixes):
    turned = geocoder.locate(Addresses.of(land.asked[::-1]))
    assert turned.at.lon[::-1].tobytes() == fixes.at.lon.tobytes()
    assert list(turned.note)[::-1] == list(fixes.note)


def test_an_empty_batch(geocoder):
    assert len(geocoder.locate(Addresses.of([]))) == 0


def test_at_most_k_distinct_candidates(geocoder, land):
    found = geocoder.candidates(Address(land.town), 3)
    assert 1 <= len(found) <= 3
    assert len(set(found.label)) == len(found)
    assert len(geocoder.candidates(Address(land.town), 0)) == 0
    assert len(geocoder.candidates(Address(""), 3)) == 0
