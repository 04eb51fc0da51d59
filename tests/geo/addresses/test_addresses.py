"""One address read into parts: every spelling that the lists in use have shown."""

import pytest

from app.geo.addresses.address import Address
from app.geo.addresses.house_numbers import HouseNumber, house_number
from app.geo.addresses.reading import parse_address
from app.geo.addresses.states import state_of
from app.geo.addresses.street_names import fold_street, postcode_key, street_name, town_key

TOWNS = frozenset(("honolulu", "douglas", "south bend", "kailua", "ewa beach", "macon"))


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("North King Street", "N. King St"),
        ("King Street North", "N King St"),
        ("Kalākaua Avenue", "KALAKAUA AVE"),
        ("Kalanianaʻole Highway", "Kalaniana'ole Hwy"),
        ("Saint John's Road", "St Johns Rd"),
        ("First Avenue", "1st Ave"),
        ("US Highway 89", "U.S. 89"),
        ("Vermont Route 15", "VT RT 15"),
        ("State Highway 360", "Hwy 360"),
        ("Interstate 89", "I-89"),
        ("County Road 5", "CR 5"),
        ("Loch Promenade", "Loch Prom"),
        ("Mount Herman Road", "Mt Herman Rd"),
    ],
)
def test_spellings_of_one_street_meet(written, same):
    """USPS Publication 28 abbreviates types, directionals and highways; lists do both."""
    assert street_name(written).key == street_name(same).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("N King St", "S King St"),
        ("King St", "King Ave"),
        ("North St", "N Street Rd"),
        ("US Highway 2", "County Road 2"),
        ("1st St", "2nd St"),
    ],
)
def test_different_streets_stay_apart(one, other):
    assert street_name(one).key != street_name(other).key


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("31201.0", "31201"),
        ("466281450", "46628"),
        ("5401", "05401"),
        ("96813-1234", "96813"),
        ("000830", "00830"),
        ("im94ly", "IM9 4LY"),
        ("V3A4L6", "V3A 4L6"),
        ("00000", ""),
        ("n/a", ""),
        ("", ""),
    ],
)
def test_postcodes_damaged_by_spreadsheets_are_repaired(written, code):
    """31201.0 and 466281450 are how the sample lists hold ZIP codes."""
    assert postcode_key(written) == code


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("12", HouseNumber(0, 12, 12, "")),
        ("12A", HouseNumber(0, 12, 12, "a")),
        ("12½", HouseNumber(0, 12, 12, "1/2")),
        ("12 1/2", HouseNumber(0, 12, 12, "1/2")),
        ("12-14", HouseNumber(0, 12, 14, "")),
        ("29/31", HouseNumber(0, 29, 31, "")),
        ("91-1234", HouseNumber(91, 1234, 1234, "")),
        ("The Lodge", None),
    ],
)
def test_house_numbers(written, number):
    """12-14 is a range; 91-1234, whose parts are too far apart for one, a number in a block."""
    assert house_number(written) == number


def test_in_hawaii_every_hyphen_parts_a_block():
    """91-110 looks like a range, but is number 110 in block 91, even with its hyphen lost."""
    assert house_number("91-110", blocks=True) == HouseNumber(91, 110, 110, "")
    assert house_number("91110", blocks=True) == HouseNumber(91, 110, 110, "")
    assert house_number("1001", blocks=True) == HouseNumber(0, 1001, 1001, "")


@pytest.mark.parametrize(
    ("line", "number", "street", "town", "state", "postcode"),
    [
        ("1001 Bishop St, Honolulu, HI 96813", "1001", "Bishop St", "honolulu", "HI", "96813"),
        ("1001 Bishop St Honolulu HI 96813", "1001", "Bishop St", "honolulu", "HI", "96813"),
        ("1001 bishop st honolulu", "1001", "bishop st", "honolulu", "", ""),
        ("1 Oak St, Macon, GA 31201-0001, USA", "1", "Oak St", "macon", "GA", "31201"),
        ("200 Elm St Springfield MA 01103", "200", "Elm St", "springfield", "MA", "01103"),
        ("Flat 2, 10 Albany Road, Douglas, IM2 3AJ", "10", "Albany Road", "douglas", "", "IM2 3AJ"),
        ("10 Albany Road, Douglas, Isle of Man", "10", "Albany Road", "douglas", "", ""),
        ("2nd Floor, 10 Athol Street, Douglas", "10", "Athol Street", "douglas", "", ""),
        ("1495 S King St Ste 103, Honolulu", "1495", "S King St", "honolulu", "", ""),
        ("1199 Dillingham Blvd #D3, Honolulu", "1199", "Dillingham Blvd", "honolulu", "", ""),
        ("Suite 5, 100 King St, Honolulu", "100", "King St", "honolulu", "", ""),
        ("91-1234 Fort Weaver Rd, Ewa Beach", "91-1234", "Fort Weaver Rd", "ewa beach", "", ""),
        ("Kailua, HI 96734", "", "", "kailua", "HI", "96734"),
        ("Hilo, HI", "", "", "hilo", "HI", ""),
        ("96813", "", "", "", "", "96813"),
    ],
)
def test_one_line(line, number, street, town, state, postcode):
    """Towns known tell where the street ends; without one, the trained US parser does."""
    found = parse_address(Address(line), TOWNS)
    assert (found.number, found.street) == (number, street)
    assert (found.town, found.state, found.postcode) == (town, state, postcode)


def test_columns_win_over_the_line():
    """South Bend's list repeats the whole address in its street column."""
    line = "327 W Marion St, South Bend, Indiana, 46601"
    found = parse_address(Address(line, "South Bend", "IN", "466281450"), TOWNS)
    assert (found.number, found.street, found.postcode) == ("327", "W Marion St", "46628")


@pytest.mark.parametrize("line", ["PO Box 4325", "P.O. Box 12", "Post Office Box 3", "RR 2 Box 15"])
def test_a_box_is_not_a_street(line):
    found = parse_address(Address(line, "Macon", "GA", "31201"), TOWNS)
    assert found.box
    assert not found.street


def test_a_box_beside_a_street_is_dropped():
    found = parse_address(Address("100 Main St PO Box 5", "Kailua", "HI", "96734"), TOWNS)
    assert (found.number, found.street, found.box) == ("100", "Main St", False)


@pytest.mark.parametrize("line", ["King St & Bishop St", "King St @ Bishop St"])
def test_an_intersection_has_two_streets(line):
    found = parse_address(Address(line, "Honolulu"), TOWNS)
    assert (found.street, found.cross) == ("King St", "Bishop St")


def test_names_are_folded():
    assert fold_street("Haleʻiwa") == fold_street("HALE'IWA") == fold_street("Haleiwa")
    assert town_key("St. Louis") == town_key("Saint Louis")
    assert town_key("Ft Shafter") == town_key("Fort Shafter")
    assert state_of("indiana") == state_of("IN") == "IN"


@pytest.mark.parametrize("junk", ["", " ", ",,,", "#", "&", "\x00", "-" * 1000, "1" * 5000, "½"])
def test_junk_reads_without_an_error(junk):
    """A cell may hold anything; the longest seen is a megabyte."""
    assert parse_address(Address(junk, junk, junk, junk), TOWNS).town is not None
