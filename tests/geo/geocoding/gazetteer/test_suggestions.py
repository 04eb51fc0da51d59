"""What is suggested while an address is typed, on a small map whose every street is known."""

import pytest

from app.geo.addresses.address import Address
from app.geo.geocoding.cascade import suggest_places
from app.geo.geocoding.gazetteer.spelling import undo_slip
from app.geo.geocoding.geocoder import Accuracy
from app.geo.geocoding.zips.zip_codes import ZipGeocoder
from app.geo.points import Point
from tests.geo.geocoding.gazetteer.made import make_gazetteer

HOUSES = """LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE
-73.2590,42.4500,1050,Bishop Street,,Pittsfield,,MA,01201
-73.2600,42.4510,2,Bishopsgate Drive,,Pittsfield,,MA,01201
-73.2590,42.4520,10,King Street,,Pittsfield,,MA,01201
-73.2590,42.4530,11,North King Street,,Pittsfield,,MA,01201
-73.2590,42.4540,3,Kingfisher Lane,,Pittsfield,,MA,01201
-73.2590,42.4550,7,Ala Moana Boulevard,,Pittsfield,,MA,01201
-73.2590,42.4560,4,Pittsfield Road,,Pittsfield,,MA,01201
-73.2820,42.3560,20,King Street,,Lenox,,MA,01240
-73.2820,42.3570,1050,Bishop Street,,Lenox,,MA,01240
-73.2820,42.3580,6,Denver Street,,Lenox,,MA,01240
"""
IN_LENOX = Point(-73.282, 42.356)


@pytest.fixture(scope="module")
def towns(tmp_path_factory):
    """Pittsfield and Lenox, 10 km apart, and the ZIP codes."""
    return [make_gazetteer(tmp_path_factory.mktemp("towns"), HOUSES), ZipGeocoder()]


def suggest(towns, typed, near=None):
    return list(suggest_places(towns, [], Address(typed), 5, near).label)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("Ala Mo", "Ala Moana Boulevard, Pittsfield, MA"),
        ("7 Ala Mo", "7 Ala Moana Boulevard, Pittsfield, MA"),
        ("ala moana blv", "Ala Moana Boulevard, Pittsfield, MA"),
        ("alamoa", "Ala Moana Boulevard, Pittsfield, MA"),
        ("2 Bishpsg", "2 Bishopsgate Drive, Pittsfield, MA"),
        ("6 Dnever St", "6 Denver Street, Lenox, MA"),
        ("Pitsfield", "Pittsfield, MA"),
        ("Pittsf", "Pittsfield, MA"),
        ("20 King St, Len", "20 King Street, Lenox, MA"),
        ("20 Ki, Len", "20 King Street, Lenox, MA"),
        ("1050 Bishp St, Lenox", "1050 Bishop Street, Lenox, MA"),
    ],
)
def test_what_is_suggested_first(towns, typed, first):
    assert suggest(towns, typed)[0] == first


@pytest.mark.parametrize("typed", ["1050 Bish", "1050 Bishp", "1050 Bishop St"])
def test_what_is_nearest_to_the_home_base_comes_first(towns, typed):
    assert suggest(towns, typed, IN_LENOX)[0] == "1050 Bishop Street, Lenox, MA"
    assert suggest(towns, typed, Point(-73.259, 42.45))[0].startswith(
        "1050 Bishop Street, Pittsfield"
    )


def test_whole_names_come_before_beginnings(towns):
    """Of whatever type and directional, where none is typed."""
    found = suggest(towns, "King")
    assert {label.partition(",")[0] for label in found[:3]} == {"King Street", "North King Street"}
    assert found[3] == "Kingfisher Lane, Pittsfield, MA"


def test_a_street_that_has_the_number_comes_first(towns):
    assert suggest(towns, "3 King")[0] == "3 Kingfisher Lane, Pittsfield, MA"


def test_a_town_may_begin_a_streets_name(towns):
    assert suggest(towns, "Pittsfield")[:2] == ["Pittsfield, MA", "Pittsfield Road, Pittsfield, MA"]


def test_towns_elsewhere_come_after_the_maps_own(towns):
    found = suggest(towns, "Denver")
    assert found[0] == "Denver Street, Lenox, MA"
    assert "Denver, CO" in found


def test_what_is_a_state_stays_one(towns):
    """Where no name of the map begins so; a short word is no misspelling."""
    assert suggest(towns, "Denver Co")[0] == "Denver, CO"


def test_a_house_is_not_suggested_as_known_where_it_is_not(towns):
    found = suggest_places(towns, [], Address("1052 Bishp"), 5)
    assert max(found.accuracy) < Accuracy.ROOFTOP


def test_slips_leave_the_first_letter_and_short_words_alone():
    found = undo_slip("bishp st")
    assert {"bishop st", "bihsp st", "bish st"} <= set(found)
    assert all(one.startswith("b") and one.endswith(" st") for one in found)
