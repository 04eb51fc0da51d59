"""Addresses placed without any map: by ZIP code, else by town."""

import csv
import sys
from subprocess import run

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pyproj import Geod

from app.geo.addresses.address import Address, Addresses
from app.geo.geocoding.geocoder import Accuracy, Fixes
from app.geo.geocoding.zips.zip_codes import ZipGeocoder, zip_code
from app.geo.points import METRES_PER_MILE, Point, Points, miles_between
from tests.shared import DATA, needs_data

ZIPS = ZipGeocoder()  # shared by all tests: it loads its table once, on first use
NEAR_SPRINGFIELD_MA = Point(-72.59, 42.10)


def located(*addresses: Address, near: Point | None = None) -> Fixes:
    return ZIPS.locate(Addresses.of(addresses), near)


def label(line: str = "", city: str = "", state: str = "", postcode: str = "") -> str:
    return located(Address(line, city, state, postcode)).label[0]


def note(line: str = "", city: str = "", state: str = "", postcode: str = "") -> str:
    fixes = located(Address(line, city, state, postcode))
    assert fixes.accuracy[0] == Accuracy.NONE
    assert np.isnan(fixes.at.lon[0])
    assert np.isnan(fixes.radius_m[0])
    assert not fixes.source[0]
    return fixes.note[0]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("02116", "02116"),
        ("2116", "02116"),
        ("501", "00501"),
        ("31201.0", "31201"),
        ("2116.0", "02116"),
        ("466281450", "46628"),
        ("21161234", "02116"),
        ("46628-1450", "46628"),
        ("46628 1450", "46628"),
        ("46628-", "46628"),
        (" 46628 ", "46628"),
        ("MA 02116", "02116"),
        ("466174", ""),
        ("NA", ""),
        ("", ""),
        ("V2Y 0G9", ""),
    ],
)
def test_damaged_zip_codes_are_read(cell: str, code: str) -> None:
    """Spreadsheets drop leading zeros and hyphens and append ".0"; six digits say nothing."""
    assert zip_code(cell) == code


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1600 Main St, Springfield, MA 01103", "Springfield, MA 01103"),
        ("1600 Main St Springfield MA 01103-1234, USA", "Springfield, MA 01103"),
        ("02116", "Boston, MA 02116"),
        ("Denver, CO", "Denver, CO"),
        ("Denver CO", "Denver, CO"),
        ("denver colorado", "Denver, CO"),
        ("12 Fort Ave West Haven CT", "West Haven, CT"),
        ("Washington, D.C.", "Washington, DC"),
        ("Kansas City, Kansas", "Kansas City, KS"),
        ("100 Elm St, Morgantown, West Virginia", "Morgantown, WV"),
    ],
)
def test_one_line_addresses_are_read_from_their_end(line: str, expected: str) -> None:
    assert label(line) == expected


@pytest.mark.parametrize(
    ("city", "state", "expected"),
    [
        ("HONOLULU", "HI", "Honolulu, HI"),
        ("St. Louis", "Missouri", "Saint Louis, MO"),
        ("SAINT LOUIS", "MO", "Saint Louis, MO"),
        ("Ft Worth", "tx", "Fort Worth, TX"),
        ("Mt. Vernon", "NY", "Mount Vernon, NY"),
        ("WINSTON-SALEM", "NC", "Winston Salem, NC"),
        ("LaPorte", "IN", "La Porte, IN"),
        ("ʻEwa Beach", "HI", "Ewa Beach, HI"),
        ("Coeur d'Alene", "ID", "Coeur D Alene, ID"),
    ],
)
def test_towns_are_found_however_they_are_written(city: str, state: str, expected: str) -> None:
    fixes = located(Address("1 Any St", city, state))
    assert fixes.label[0] == expected
    assert fixes.accuracy[0] == Accuracy.PLACE
    assert fixes.note[0] == "no ZIP code: placed by its city"


def test_a_court_is_not_connecticut() -> None:
    """Fairfield is a town of Connecticut, but "10 Fairfield Ct" names a street and no town."""
    assert note("10 Fairfield Ct")
    assert label("10 Elm St Fairfield CT") == "Fairfield, CT"
    near = located(Address("10 Fairfield Ct", "Macon"), near=Point(-83.6, 32.8))
    assert near.label[0] == "Macon, GA"


def test_a_zip_code_is_better_than_its_town() -> None:
    """The ZIP code's fix is POSTCODE and surer than its city's, which is PLACE."""
    by_zip, by_city = located(
        Address("", "Denver", "CO", "80202"), Address("", "Denver", "CO")
    ).radius_m
    assert by_zip < by_city / 2
    assert list(located(Address("", "", "", "80202")).source) == ["zipcodes"]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (("CMR 402", "APO", "AE", "09180"), "military post office"),
        (("", "APO", "AP", ""), "military post office"),
        (("8621 201 St", "Langley", "BC", "V2Y 0G9"), "V2Y 0G9 is not a US ZIP code"),
        (("8621 201 St, Langley BC V2Y 0G9",), "V2Y 0G9 is not a US ZIP code"),
        (("", "Douglas", "Isle of Man", "IM1 1AA"), "IM1 1AA is not a US ZIP code"),
        (("", "Douglas", "Isle of Man"), "not a US state"),
        (("", "Langley", "British Columbia"), "in Canada"),
        (("", "Nowhereville", "CO"), 'no town "Nowhereville" is known in CO'),
        (("", "", "", "00000"), "ZIP 00000 is not known and no city"),
        (("12 Main St",), "no town"),
        (("",), "no ZIP code and no city"),
    ],
)
def test_what_cannot_be_placed_says_why(parts: tuple[str, ...], words: str) -> None:
    """Nothing is invented: military and foreign codes have no place in this table."""
    assert words in note(*parts)


def test_an_unknown_zip_code_falls_back_to_the_city() -> None:
    fixes = located(Address("", "South Bend", "IN", "466174"))
    assert fixes.accuracy[0] == Accuracy.PLACE
    assert fixes.label[0] == "South Bend, IN"
    assert fixes.note[0] == '"466174" is not a ZIP code: placed by its city'


def test_special_zip_codes_are_noted() -> None:
    """96721 is Hilo's post office; 20505 is one agency's own code, whose place is not known."""
    box, own = located(
        Address("P.O. Box 12", "Hilo", "HI", "96721"), Address("", "Washington", "DC", "20505")
    ).note
    assert box == "P.O. box: placed by its ZIP code; ZIP 96721 serves P.O. boxes only"
    assert own


def test_the_zip_code_of_another_state_loses_to_city_and_state() -> None:
    """Boston, MA with a Washington, DC code: two cells against one."""
    fixes = located(Address("", "Boston", "MA", "20001"))
    assert fixes.label[0] == "Boston, MA"
    assert fixes.note[0].startswith("ZIP 20001 is Washington, DC: 39")


def test_a_zip_code_far_from_its_city_covers_both() -> None:
    """Hilo's ZIP beside Lihue, in one state: the radius reaches from one to the other.

    Hilo (19.72 N, 155.08 W) and Lihue (21.98 N, 159.37 W) lie about 315 miles apart.
    """
    fixes = located(Address("", "Lihue", "HI", "96720"))
    assert fixes.label[0] == "Hilo, HI 96720"
    assert fixes.radius_m[0] > 310 * METRES_PER_MILE
    assert "miles from Lihue, HI" in fixes.note[0]


def test_a_neighbouring_town_is_no_contradiction() -> None:
    """Essex, VT is within 05452 (Essex Junction): people write either."""
    fixes = located(Address("18 Densmore Drive", "Essex", "VT", "05452"))
    assert fixes.accuracy[0] == Accuracy.POSTCODE
    assert not fixes.note[0]


def test_a_city_without_a_state_may_be_any_of_its_name() -> None:
    """There is no telling which Springfield, from a home base in Springfield, MA neither."""
    assert "no state: there is a Springfield in " in note("", "Springfield")
    fixes = located(Address("", "Springfield"), near=NEAR_SPRINGFIELD_MA)
    assert fixes.label[0] == "Springfield, MA"
    assert "may be any of 25 towns" in fixes.note[0]
    oregon = located(Address("", "Springfield", "OR")).at
    apart = miles_between(NEAR_SPRINGFIELD_MA, oregon)[0]
    assert fixes.radius_m[0] > METRES_PER_MILE * apart


def test_a_row_abroad_has_no_zip_code() -> None:
    """Berlin's 10115 is a ZIP code of New York."""
    fixes = located(Address("Invalidenstr. 12", "Berlin", "", "10115", "Germany"))
    assert fixes.accuracy[0] == Accuracy.NONE
    assert fixes.note[0] == "in Germany, not on any map here"


def test_home_decides_nothing_else() -> None:
    """A stated state or ZIP code stands, however far from home."""
    far = Address("", "Springfield", "IL"), Address("", "", "", "62701")
    assert list(located(*far, near=NEAR_SPRINGFIELD_MA).label) == list(located(*far).label)


def test_a_name_borne_once_needs_no_state() -> None:
    assert label(city="Honolulu") == "Honolulu, HI"


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("Springfield, MA", "Springfield, MA"),
        ("Springfield, Mas", "Springfield, MA"),
        ("sai", "Saint Louis, MO"),
        ("St. Lo", "Saint Louis, MO"),
        ("Honolu", "Honolulu, HI"),
        ("9681", "Honolulu, HI 96810"),
        ("02116", "Boston, MA 02116"),
    ],
)
def test_suggestions_while_typing(typed: str, first: str) -> None:
    """The town with the most ZIP codes comes first."""
    assert ZIPS.candidates(Address(typed), 5).label[0] == first


@pytest.mark.parametrize(
    ("short", "town"),
    [
        ("Hon, HI", "Honolulu, HI"),
        ("Burl, VT", "Burlington, VT"),
        ("Northumberlnd, PA", "Northumberland, PA"),
        ("Olympia Flds, IL", "Olympia Fields, IL"),
        ("Stkn, CA", "Stockton, CA"),
    ],
)
def test_what_is_short_for_a_city_is_the_whole_city(short: str, town: str) -> None:
    """Such a name is known for some of its ZIP codes only; its circle would be too small."""
    found = ZIPS.locate(Addresses.of([Address(short), Address(town)]))
    assert list(found.label) == [town, town]
    assert found.radius_m[0] == found.radius_m[1]


def test_a_part_of_a_city_is_no_short_name_for_it() -> None:
    assert ZIPS.locate(Addresses.of([Address("Hollywood, CA")])).label[0] == "Hollywood, CA"


def test_candidates_name_an_ambiguous_town_and_only_that() -> None:
    """All as good as the first means ambiguous; "Springfield, MA" and a ZIP code are not."""
    several = ZIPS.candidates(Address("Springfield"), 5)
    assert {"Springfield, MA", "Springfield, IL", "Springfield, MO"} <= set(several.label)
    assert set(several.accuracy.tolist()) == {Accuracy.PLACE}
    assert len(ZIPS.candidates(Address("Springfield, MA"), 5)) == 1
    assert len(ZIPS.candidates(Address("", "Springfield", "MA", "01103"), 5)) == 1
    assert len(ZIPS.candidates(Address("Qqqq"), 5)) == 0
    assert len(ZIPS.candidates(Address(""), 5)) == 0


def test_candidates_near_home_come_first() -> None:
    found = ZIPS.candidates(Address("Springfield"), 2, NEAR_SPRINGFIELD_MA)
    assert list(found.label) == ["Springfield, MA", "Springfield, VT"]


_CELLS = some.sampled_from(
    ["", "Springfield", "St. Louis", "MA", "mo", "02116", "V2Y 0G9", "1 Main St, Denver, CO"]
) | some.text(max_size=8)


@settings(deadline=None)
@given(some.lists(some.builds(Address, _CELLS, _CELLS, _CELLS, _CELLS), max_size=8))
def test_rows_keep_their_order_and_do_not_touch_each_other(rows: list[Address]) -> None:
    """Any text in any cell: as many fixes, each what the row alone would get."""
    together = located(*rows)
    assert len(together) == len(rows)
    for i, row in enumerate(rows):
        alone = located(row)
        assert (together.label[i], together.note[i]) == (alone.label[0], alone.note[0])
        assert np.array_equal(together.at.lon[i], alone.at.lon[0], equal_nan=True)
        assert np.array_equal(together.radius_m[i], alone.radius_m[0], equal_nan=True)


def test_two_tables_answer_byte_for_byte_alike() -> None:
    rows = Addresses.of([Address("", "Denver", "CO"), Address("", "", "", "31201.0"), Address("?")])
    one, other = ZIPS.locate(rows), ZipGeocoder().locate(rows)
    assert one.at.digest == other.at.digest
    assert one.radius_m.tobytes() == other.radius_m.tobytes()
    assert (one.label, one.note, one.source) == (other.label, other.note, other.source)


@needs_data
@pytest.mark.parametrize(
    ("file", "columns"),
    [
        ("addresses/us.csv", ("city", "state", "zip", "lon", "lat")),
        ("lists/hawaii-retailers.csv", ("City", "State", "Zip Code", "Longitude", "Latitude")),
    ],
)
@pytest.mark.parametrize("with_zip", [True, False])
def test_radii_are_honest(file: str, columns: tuple[str, ...], with_zip: bool) -> None:
    """Of real addresses at least 95 % lie within the radius, which is no mere excuse.

    No excuse: its median is at most 3 times the error that 95 % of them stay under.
    """
    with (DATA / file).open(encoding="utf-8") as lines:
        cells = [[row[name] for name in columns] for row in csv.DictReader(lines)]
    rows = [Address("", city, state, code if with_zip else "") for city, state, code, *_ in cells]
    truth = Points.of(Point(float(lon), float(lat)) for *_, lon, lat in cells)
    fixes = located(*rows)
    known = fixes.at.known
    assert known.mean() > 0.98
    _, _, off = Geod(ellps="WGS84").inv(
        fixes.at.lon[known], fixes.at.lat[known], truth.lon[known], truth.lat[known]
    )
    radius = fixes.radius_m[known]
    assert (off <= radius).mean() >= 0.95
    assert np.median(radius) <= 3 * np.quantile(off, 0.95)


def test_nothing_is_loaded_before_it_is_needed() -> None:
    """Importing the module and making the geocoder unpack no table."""
    code = (
        "import sys; from app.geo.geocoding.zips.zip_codes import ZipGeocoder; ZipGeocoder();"
        "sys.exit('zipcodes' in sys.modules or 'scipy' in sys.modules)"
    )
    assert run([sys.executable, "-c", code], check=False).returncode == 0
