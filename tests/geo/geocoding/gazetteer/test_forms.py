"""Addresses in many forms, looked up on small maps whose houses are known."""

import csv

import pytest

from app.geo.addresses.address import Address, Addresses
from app.geo.geocoding.gazetteer import gazetteer
from app.geo.geocoding.geocoder import Accuracy
from app.geo.points import great_circle_metres
from tests.geo.geocoding.gazetteer.made import make_gazetteer, one
from tests.shared import CASES, DATA, needs_data

HOUSES = """LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE
-73.2590,42.4500,705,Main Street,,Pittsfield,,MA,01201
-73.2500,42.4500,785,Main Street,,Pittsfield,,MA,01201
-73.2590,42.4530,40,North Main Street,,Pittsfield,,MA,01201
-73.2490,42.4530,140,North Main Street,,Pittsfield,,MA,01201
-73.2590,42.4560,41,South Meadow Street,,Pittsfield,,MA,01201
-73.2590,42.4570,N6543,County Road M,,Pittsfield,,MA,01201
-73.2500,42.4570,N8543,County Road M,,Pittsfield,,MA,01201
-73.2590,42.4580,W156N8480,Pilgrim Road,,Pittsfield,,MA,01201
-73.2590,42.4590,W156N5200,Pilgrim Road,,Pittsfield,,MA,01201
-73.2590,42.4600,34-11,72nd Street,,Pittsfield,,MA,01201
-73.2570,42.4600,34-55,72nd Street,,Pittsfield,,MA,01201
-73.2550,42.4600,34-99,72nd Street,,Pittsfield,,MA,01201
-73.2590,42.4610,7,Broadway,,Pittsfield,,MA,01201
-73.2590,42.4620,8,Lakeview Terrace,,Pittsfield,,MA,01201
-73.2590,42.4630,9,State Street,,Pittsfield,,MA,01201
-73.2590,42.4640,9,State Avenue,,Pittsfield,,MA,01201
-73.2590,42.4650,1,Financial Plaza,,Pittsfield,,MA,01201
-73.2590,42.4660,21,John F. Kennedy Boulevard,,Pittsfield,,MA,01201
-73.2590,42.4670,5,Court Street,,Pittsfield,,MA,01201
-73.2590,42.4680,10,Pine Street,,Pittsfield,,MA,01201
-73.2580,42.4680,30,Pine Street,,Pittsfield,,MA,01201
-73.2590,42.4690,400,Pine Avenue,,Pittsfield,,MA,01201
-73.2580,42.4690,500,Pine Avenue,,Pittsfield,,MA,01201
-73.2820,42.3560,20,Church Street,,Lenox,,MA,01240
-71.8000,42.2600,20,Church Street,,Worcester,,MA,01602
-71.8010,42.2610,20,Elm Street,,Worcester,,MA,01602
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Pittsfield, with one house or a few on each street."""
    return make_gazetteer(tmp_path_factory.mktemp("town"), HOUSES)


def locate(found, line, city="Pittsfield", state="MA", postcode="01201"):
    """Accuracy, longitude and latitude of one address."""
    return one(found, line, city, state, postcode)[:3]


@pytest.mark.parametrize(
    ("line", "lon", "lat"),
    [
        ("705 Main St B", -73.259, 42.45),
        ("705 Main St Lower Level", -73.259, 42.45),
        ("705 Main St Rear", -73.259, 42.45),
        ("705 Main St-5", -73.259, 42.45),
        ("705 Main St Pittsfield MA 01201", -73.259, 42.45),
        ("705 & 707 Main St", -73.259, 42.45),
        ("705-785 Main St", -73.259, 42.45),
        ("7 Broadway Rear", -73.259, 42.461),
        ("7 Bway", -73.259, 42.461),
        ("705 Main", -73.259, 42.45),
        ("40 Main", -73.259, 42.453),
        ("40 N Main", -73.259, 42.453),
        ("41 S Meadow", -73.259, 42.456),
        ("N6543 Cty M", -73.259, 42.457),
        ("W156 N8480 Pilgrim Rd", -73.259, 42.458),
        ("W156N5200 Pilgrim Rd", -73.259, 42.459),
        ("3499 72 St", -73.255, 42.46),
        ("34 55 72nd St", -73.257, 42.46),
        ("8 Lake View Terr", -73.259, 42.462),
        ("One Financial Plz", -73.259, 42.465),
        ("21 Kennedy Blvd", -73.259, 42.466),
        ("5 Court Street Plaza", -73.259, 42.467),
        ("5 Court St Annex", -73.259, 42.467),
    ],
)
def test_the_house_that_is_meant(town, line, lon, lat):
    assert locate(town, line) == (Accuracy.ROOFTOP, lon, lat)


def test_a_number_of_two_streets_is_neither(town):
    """State Street and State Avenue both have a 9: the radius holds them both."""
    fixes = town.locate(Addresses.of([Address("9 State", "Pittsfield", "MA", "01201")]))
    assert fixes.accuracy[0] == Accuracy.STREET
    assert len(town.candidates(Address("9 State", "Pittsfield", "MA", "01201"), 5)) == 2


@pytest.mark.parametrize("line", ["6543 County Rd M", "707 Main St", "34-57 72nd St"])
def test_a_number_that_is_not_in_the_data_is_no_rooftop(town, line):
    assert locate(town, line)[0] in (Accuracy.INTERPOLATED, Accuracy.STREET)


@pytest.mark.parametrize(("line", "lat"), [("20 Pine", 42.468), ("450 Pine", 42.469)])
def test_of_streets_of_a_name_the_one_between_whose_numbers_it_lies(town, line, lat):
    """Pine Street has 10 and 30, Pine Avenue 400 and 500."""
    assert locate(town, line) == (Accuracy.INTERPOLATED, -73.2585, lat)


def test_a_direction_that_is_written_is_meant(town):
    """Main Street has a 705, North Main Street has none."""
    accuracy, _, lat = locate(town, "705 N Main St")
    assert (accuracy, lat) == (Accuracy.STREET, 42.453)


@pytest.mark.parametrize("known", [(140, 240), (10, 940)])
def test_a_direction_that_may_be_a_slip_leaves_the_other_street_a_candidate(tmp_path, known):
    """Main Street has a 22; North Main Street, 1.6 m a number, none near it, but would hold it."""
    places = [(-73.25 + 0.000_02 * number, 42.453) for number in (22, *known)]
    rows = [(-73.259, 42.45, 22, "Main Street")]
    rows += [(*at, n, "North Main Street") for at, n in zip(places[1:], known, strict=True)]
    houses = "".join(f"{x},{y},{n},{name},,Pittsfield,,MA,01201\n" for x, y, n, name in rows)
    found = make_gazetteer(tmp_path, HOUSES.splitlines()[0] + "\n" + houses)
    asked = Address("22 N Main St", "Pittsfield", "MA", "01201")
    fixes = found.candidates(asked, 5)
    shown = ("North Main Street, Pittsfield, MA 01201", "22 Main Street, Pittsfield, MA 01201")
    assert tuple(fixes.label) == shown
    assert tuple(fixes.accuracy) == (Accuracy.STREET, Accuracy.ROOFTOP)
    assert fixes.note[0] == "house number 22 is not known"
    assert found.locate(Addresses.of([asked])).label == [shown[0]]
    off = great_circle_metres(fixes.at.lon[0], fixes.at.lat[0], *places[0])
    assert off <= fixes.radius_m[0]


@pytest.mark.parametrize("code", ["91240", "02140"])
def test_street_town_and_state_stand_against_one_wrong_digit_of_the_zip(town, code):
    """Of 01240; one lies on no map here, the other far away in the east."""
    accuracy, lon, lat, note = one(town, "20 Church St", "Lenox", "MA", code)
    assert (accuracy, lon, lat) == (Accuracy.ROOFTOP, -73.282, 42.356)
    assert f"ZIP {code}" in note


def test_a_zip_code_that_is_no_slip_stands_against_the_town(town):
    assert one(town, "20 Elm St", "Lenox", "MA", "01602")[:3] == (Accuracy.ROOFTOP, -71.801, 42.261)


def test_street_town_and_zip_stand_against_the_state(town):
    accuracy, lon, lat, note = one(town, "20 Church St", "Lenox", "MD", "01240")
    assert (accuracy, lon, lat) == (Accuracy.ROOFTOP, -73.282, 42.356)
    assert "MD is not on this map" in note
    assert one(town, "9 Nowhere St", "Lenox", "MD", "01240")[0] == Accuracy.NONE


def test_a_town_is_no_street(town):
    """A town's name behind a number is not taken for a street of nearly the same letters."""
    assert locate(town, "120 Pittsfield")[0] <= Accuracy.POSTCODE


@pytest.mark.parametrize("city", ["Pittsfield, Mass.", "City of Pittsfield", "Pittsfield Township"])
def test_towns_with_words_around_them(town, city):
    assert locate(town, "705 Main St", city, "", "")[0] == Accuracy.ROOFTOP


FORMS = [
    ("osm/vermont-nw-roads.osm.pbf", "us-houses.csv", "us-address-forms.csv", 70),
    ("cases/geo/towns.osm.pbf", "geo/houses.csv", "geo/address-forms.csv", 56),
    ("cases/geo/maps/forms.osm.pbf", "", "geo/forms-239.csv", 237),
]


@needs_data
@pytest.mark.parametrize(("map_file", "houses", "forms", "right"), FORMS)
def test_lists_of_forms(tmp_path, map_file, houses, forms, right):
    """As many are found as were when this was written, and as few are wrong beyond their radius."""
    gazetteer.build_gazetteer(tmp_path / "g", [DATA / map_file], [CASES / houses] if houses else [])
    with (CASES / forms).open(encoding="utf8", errors="replace") as file:
        rows = list(csv.DictReader(file))
    found = gazetteer.Gazetteer(tmp_path / "g", "forms").locate(
        Addresses.of([Address(r["Address"], r["City"], r["State"], r["Zip"]) for r in rows])
    )
    lat, lon = ([float(r[f"T{c}"] if f"T{c}" in r else r[c]) for r in rows] for c in ("Lat", "Lon"))
    off = great_circle_metres(found.at.lon, found.at.lat, lon, lat)
    near = (off <= [float(r.get("Tol", 150)) for r in rows]) & (found.accuracy >= Accuracy.STREET)
    assert near.sum() >= right
    assert (~near & (off > found.radius_m)).sum() <= 1
