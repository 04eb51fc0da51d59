"""What every geocoder promises, run over every adapter that runs here."""

import importlib.util

import numpy as np
import pytest

from app.geo import gazetteer
from app.geo.geocoders import Accuracy, Address, Addresses

HOUSES = """LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE
-157.8611,21.3086,1001,Bishop Street,,Honolulu,,HI,96813
-157.8600,21.3070,801,Bishop Street,,Honolulu,,HI,96813
-157.7450,21.3930,200,Hamakua Drive,,Kailua,,HI,96734
"""
ASKED = [
    Address("1001 Bishop St", "Honolulu", "HI", "96813"),
    Address("200 Hamakua Dr", "Kailua", "HI", "96734"),
    Address("", "", "", ""),
    Address("1 Nowhere", "Nowhere", "ZZ", "00000"),
    Address("\x00🦀", "x" * 5000, "?", "1e9"),
    Address("1001 Bishop St", "Honolulu", "HI", "96813"),
    Address("900 Bishop St, Honolulu, HI 96813"),
]


def the_gazetteer(folder):
    (folder / "a.csv").write_text(HOUSES, encoding="utf8")
    gazetteer.build(folder / "g", [], [folder / "a.csv"])
    return gazetteer.Gazetteer(folder / "g", "test gazetteer")


def the_zips(_folder):
    from app.geo.zips import ZipCodes

    return ZipCodes()


GEOCODERS = [the_gazetteer]
if importlib.util.find_spec("app.geo.zips"):
    GEOCODERS.append(the_zips)


@pytest.fixture(scope="module", params=GEOCODERS, ids=lambda make: make.__name__)
def geocoder(request, tmp_path_factory):
    return request.param(tmp_path_factory.mktemp("geocoder"))


@pytest.fixture(scope="module")
def fixes(geocoder):
    return geocoder.locate(Addresses.of(ASKED))


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


def test_every_address_has_a_row(fixes):
    lengths = {len(column) for column in (fixes.at, fixes.accuracy, fixes.radius_m)}
    lengths |= {len(column) for column in (fixes.source, fixes.label, fixes.note)}
    assert lengths == {len(ASKED)}


def test_found_in_the_right_town(fixes):
    """Bishop Street is in downtown Honolulu, Hamakua Drive 15 km away in Kailua."""
    assert np.allclose(fixes.at.lon[:2], [-157.86, -157.745], atol=0.05)
    assert np.allclose(fixes.at.lat[:2], [21.31, 21.39], atol=0.05)


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


def test_same_input_same_output(geocoder, fixes):
    assert columns(geocoder.locate(Addresses.of(ASKED))) == columns(fixes)


def test_order_follows_the_rows(geocoder, fixes):
    turned = geocoder.locate(Addresses.of(ASKED[::-1]))
    assert turned.at.lon[::-1].tobytes() == fixes.at.lon.tobytes()
    assert list(turned.note)[::-1] == list(fixes.note)


def test_an_empty_batch(geocoder):
    assert len(geocoder.locate(Addresses.of([]))) == 0


def test_at_most_k_distinct_candidates(geocoder):
    found = geocoder.candidates(Address("Honolulu, HI"), 3)
    assert 1 <= len(found) <= 3
    assert len(set(found.label)) == len(found)
    assert len(geocoder.candidates(Address("Honolulu, HI"), 0)) == 0
    assert len(geocoder.candidates(Address(""), 3)) == 0
