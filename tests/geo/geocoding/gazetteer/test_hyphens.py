"""Hyphened house numbers: blocks or ranges, as the map's own numbers tell."""

import pytest

from app.geo.addresses.address import Address, Addresses
from app.geo.geocoding.gazetteer.placing import LIKE_M, ROOFTOP_M
from app.geo.geocoding.gazetteer.sources import NODE_M
from app.geo.geocoding.geocoder import Accuracy
from tests.geo.geocoding.gazetteer.made import make_gazetteer, one

HEADER = "LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE\n"
QUEENS = ("Jackson Heights", "NY", "11372")
INDIO = ("Indio", "CA", "92201")
PITTSFIELD = ("Pittsfield", "MA", "01201")
HONOLULU = ("Honolulu", "HI", "96814")
HOUSES = {
    (-73.89, 40.75, "72nd Street", QUEENS): ("34-55", "34-99"),
    (-73.89, 40.751, "73rd Street", QUEENS): ("34-11", "35-20", "37-05"),
    (-73.89, 40.752, "Roosevelt Avenue", QUEENS): ("71-95",),
    (-116.2, 33.69, "Avenue 48", INDIO): ("82-900", "82-950", "81-100"),
    (-116.2, 33.70, "Highway 111", INDIO): ("82900", "82950"),
    (-73.25, 42.45, "Main Street", PITTSFIELD): ("171-179", "175", "183", "201-203", "240"),
    (-73.25, 42.46, "Oak Street", PITTSFIELD): ("10-20", "101-199", "30;36", "42-50"),
    (-157.85, 21.30, "South King Street", HONOLULU): ("1039", "1041", "1100-1104", "1200"),
    (-157.99, 21.33, "Renton Road", ("Ewa Beach", "HI", "96706")): ("91-100", "91-110", "91-902"),
}


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    """Streets whose houses lie a thousandth of a degree apart, in the order given."""
    rows = (
        f"{lon + 0.001 * i:.4f},{lat},{number},{street},,{town},,{state},{code}\n"
        for (lon, lat, street, (town, state, code)), its in HOUSES.items()
        for i, number in enumerate(its)
    )
    return make_gazetteer(tmp_path_factory.mktemp("numbers"), HEADER + "".join(rows))


@pytest.mark.parametrize(
    ("line", "where", "lon"),
    [
        ("34-55 72nd St", QUEENS, -73.89),  # no ranges: both begin with 34
        ("34-99 72nd St", QUEENS, -73.889),
        ("3499 72nd St", QUEENS, -73.889),
        ("34-11-34-15 73rd St", QUEENS, -73.89),
        ("71-95 Roosevelt Ave", QUEENS, -73.89),
        ("7195 Roosevelt Ave", QUEENS, -73.89),  # as in the rest of its ZIP code
        ("82-950 Avenue 48", INDIO, -116.199),
        ("82950 Avenue 48", INDIO, -116.199),
        ("82-950 Hwy 111", INDIO, -116.199),
        ("171-179 Main St", PITTSFIELD, -73.25),
        ("179 Main St", PITTSFIELD, -73.25),
        ("175 Main St", PITTSFIELD, -73.249),  # where it is known singly
        ("10 Oak St", PITTSFIELD, -73.25),
        ("20 Oak St", PITTSFIELD, -73.25),
        ("10-20 Oak St", PITTSFIELD, -73.25),
        ("199 Oak St", PITTSFIELD, -73.249),
        ("30 Oak St", PITTSFIELD, -73.248),
        ("36 Oak St", PITTSFIELD, -73.248),
        ("42 Oak St", PITTSFIELD, -73.247),
        ("1039-1041 S King St", HONOLULU, -157.85),
        ("1039-41 S King St", HONOLULU, -157.85),
        ("1104 S King St", HONOLULU, -157.848),
        ("91-110 Renton Rd", ("Ewa Beach", "HI", "96706"), -157.989),
        ("91110 Renton Rd", ("Ewa Beach", "HI", "96706"), -157.989),
    ],
)
def test_a_number_in_the_data_is_its_house(numbers, line, where, lon):
    assert one(numbers, line, *where)[:2] == (Accuracy.ROOFTOP, lon)


@pytest.mark.parametrize(
    ("line", "where", "lon"),
    [
        ("34-77 72nd St", QUEENS, -73.8895),
        ("173 Main St", PITTSFIELD, -73.2495),
        ("16 Oak St", PITTSFIELD, -73.25),
        ("15 Oak St", PITTSFIELD, -73.25),
        ("12-16 Oak St", PITTSFIELD, -73.25),
        ("151 Oak St", PITTSFIELD, -73.249),
        ("33 Oak St", PITTSFIELD, -73.248),
        ("1102 S King St", HONOLULU, -157.848),
    ],
)
def test_what_lies_between_known_houses_is_no_rooftop(numbers, line, where, lon):
    """Nor what lies between the two numbers of one house, be they a range's or listed."""
    assert one(numbers, line, *where)[:2] == (Accuracy.INTERPOLATED, lon)


def test_what_a_range_spans_is_as_near_as_a_like_house(numbers):
    """16 of 10-20 is as near to it as 10A to 10: both may be anywhere about the house."""
    asked = [Address(line, *PITTSFIELD) for line in ("10 Oak St", "10A Oak St", "16 Oak St")]
    very, like, between = numbers.locate(Addresses.of(asked)).radius_m
    assert very == ROOFTOP_M + NODE_M
    assert like == between == LIKE_M + NODE_M
