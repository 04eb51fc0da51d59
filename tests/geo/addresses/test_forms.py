"""Addresses in the forms that people write them in: each kind with several of its members."""

import pytest

from app.geo.addresses.address import Address
from app.geo.addresses.house_numbers import (
    HouseNumber,
    house_number,
    house_numbers,
    lost_hyphens,
    split_number,
)
from app.geo.addresses.reading import parse_address
from app.geo.addresses.states import state_of
from app.geo.addresses.street_lines import street_line, street_readings
from app.geo.addresses.street_names import directions_agree, other_names, street_name
from app.geo.addresses.towns import is_county, plainer_towns, split_state, usual_town

TOWNS = frozenset(("honolulu", "pittsfield", "washington", "powderly", "penn"))


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Mass.", "MA"),
        ("Calif.", "CA"),
        ("W. Va.", "WV"),
        ("W.Va.", "WV"),
        ("MINN", "MN"),
        ("Penna", "PA"),
        ("N. Mex.", "NM"),
        ("No. Carolina", "NC"),
        ("So. Dak.", "SD"),
        ("US-CA", "CA"),
        ("USA-NY", "NY"),
        ("California (CA)", "CA"),
        ("TX (Texas)", "TX"),
        ("IL - Illinois", "IL"),
        ("New York State", "NY"),
        ("Commonwealth of Massachusetts", "MA"),
        ("D.C.", "DC"),
        ("Oahu", ""),
        ("Ohio (IN)", ""),
        ("Washington Oregon", ""),
    ],
)
def test_states_as_they_are_printed(written, code):
    """By the Associated Press, the GPO, ISO 3166-2 and forms that name a state twice."""
    assert state_of(written) == code


@pytest.mark.parametrize(
    ("line", "before", "state"),
    [
        ("1 Main St, Little Rock, Ark.", "1 Main St, Little Rock", "AR"),
        ("Denver, Colo.", "Denver", "CO"),
        ("Charleston, W. Va.", "Charleston", "WV"),
        ("Albany, New York State", "Albany", "NY"),
        ("Fresno, US-CA", "Fresno", "CA"),
        ("Dover, Del., U.S.A.", "Dover", "DE"),
    ],
)
def test_states_at_the_end_of_a_line(line, before, state):
    assert split_state(line)[:2] == (before, state)


@pytest.mark.parametrize(
    ("name", "state", "usual"),
    [
        ("NYC", "", ("New York", "NY")),
        ("Manhattan", "NY", ("New York", "NY")),
        ("Manhattan", "KS", ("Manhattan", "KS")),
        ("LA", "CA", ("Los Angeles", "CA")),
        ("Wash", "DC", ("Washington", "DC")),
        ("Chgo.", "IL", ("Chicago", "IL")),
    ],
)
def test_nicknames_mean_the_whole_city(name, state, usual):
    assert usual_town(name, state) == usual


def test_words_around_a_town():
    assert "bronx" in plainer_towns("The Bronx")
    assert "woodbridge" in plainer_towns("Woodbridge Township")
    assert "los angeles" in plainer_towns("Downtown Los Angeles")
    assert not plainer_towns("Northampton")
    assert is_county("Honolulu County")
    assert is_county("City and County of Honolulu")
    assert not is_county("County Line")


@pytest.mark.parametrize(
    ("line", "number", "street"),
    [
        ("W156N8480 Pilgrim Rd", "W156N8480", "Pilgrim Rd"),
        ("N88 W17015 Appleton Ave", "N88 W17015", "Appleton Ave"),
        ("N 88 W 16621 Appleton Ave", "N 88 W 16621", "Appleton Ave"),
        ("39W250 Keslinger Rd", "39W250", "Keslinger Rd"),
        ("39 W. 810 Keslinger Rd", "39 W. 810", "Keslinger Rd"),
        ("0 N 480 Kirk Rd", "0 N 480", "Kirk Rd"),
        ("N 6543 Hilltop Rd", "N 6543", "Hilltop Rd"),
        ("450 S 300 W", "450", "S 300 W"),
        ("100 N 12 Mile Rd", "100", "N 12 Mile Rd"),
        ("56 E 42 St", "56", "E 42 St"),
        ("#705 Main St", "705", "Main St"),
        ("#46-047 Kamehameha Hwy", "46-047", "Kamehameha Hwy"),
        ("No. 34-99 72nd St", "34-99", "72nd St"),
        ("# 25/27 Main St", "25/27", "Main St"),
        ("#W156N8480 Pilgrim Rd", "W156N8480", "Pilgrim Rd"),
        ("No. 705 Main St", "705", "Main St"),
        ("22 & 24 Main St", "22", "Main St"),
        ("705, 785 Main St", "705", "Main St"),
        ("12 to 16 Main St", "12", "Main St"),
        ("12 and 25/27 Main St", "12", "Main St"),
        ("12.5 Park Pl", "12.5", "Park Pl"),
        ("81-10/12 Roosevelt Ave", "81-10/12", "Roosevelt Ave"),
        ("B-12 Calle 3", "B-12", "Calle 3"),
        ("2nd Ave", "", "2nd Ave"),
        ("I-35 Frontage Rd", "", "I-35 Frontage Rd"),
    ],
)
def test_where_a_house_number_ends(line, number, street):
    assert split_number(line) == (number, street)


def test_grid_numbers_are_whole():
    """What stands before the last number makes other houses of it."""
    one, other = house_number("W156N8480"), house_number("W156 N5200")
    assert (one.first, other.first) == (8480, 5200)
    assert one.block == other.block < 0
    assert house_number("39W250").block == house_number("39 W. 810").block != one.block
    assert house_numbers("N6543")[1] == HouseNumber(0, 6543, 6543, "n")


def test_hyphens_part_blocks_or_ranges():
    """Both are tried, the block first, and what has lost its hyphen; equal lengths are a range."""
    assert house_numbers("34-55") == (HouseNumber(34, 55, 55, ""), HouseNumber(0, 34, 55, ""))
    assert HouseNumber(34, 99, 99, "") in lost_hyphens(HouseNumber(0, 3499, 3499, ""))
    assert HouseNumber(0, 82900, 82900, "") in house_numbers("82-900")
    assert house_numbers("1039-1041") == (HouseNumber(0, 1039, 1041, ""),)
    assert house_numbers("12-1/2") == house_numbers("12½") == house_numbers("12.5")


@pytest.mark.parametrize(
    "tail",
    [
        *(
            "Ste5",
            "Stes 3 & 4",
            "Office 3",
            "PMB 114",
            "No. 5",
            "(2nd floor)",
            "(rear)",
            "2nd Floor",
        ),
        *("Fl 3", "c/o John Smith", "Attn: Accounting", "- Suite 5", "; Ste 5", "#5", "Apt. 5-B"),
    ],
)
def test_units_in_all_spellings_come_off(tail):
    assert street_line(f"705 Main St {tail}")[:2] == ("705", "Main St")


@pytest.mark.parametrize("street", ["RM 620 S", "FL-A1A", "Highway #28"])
def test_a_road_that_looks_like_a_unit_is_none(street):
    assert street_line(f"1305 {street}").street.replace("#", "") == street.replace("#", "")


@pytest.mark.parametrize(
    ("line", "number", "street"),
    [
        ("5, 705 Main St", "705", "Main St"),
        ("705, Main St", "705", "Main St"),
        ("600 E Street, NW", "600", "E Street NW"),
        ("c/o John Smith, 705 Main St", "705", "Main St"),
        ("12 Main St & 25/27 Oak St", "12", "Main St"),
        ("Calle 3 #C4", "C4", "Calle 3"),
        ("33 RR 2", "33", "RR 2"),
    ],
)
def test_parts_of_a_street_line(line, number, street):
    assert street_line(line)[:2] == (number, street)


@pytest.mark.parametrize(
    "street",
    ["Main St B", "Main St Basement", "Main St Pittsfield MA 01201", "Main St Lower Level"],
)
def test_what_else_stands_behind_a_street_is_tried_without(street):
    assert ("", "Main St") in street_readings(street, "pittsfield", numbered=True)


@pytest.mark.parametrize(
    ("street", "number", "name"),
    [
        ("One Financial Plaza", "1", "Financial Plaza"),
        ("Twenty-Five State Street", "25", "State Street"),
        ("Calle 3 B-12", "B-12", "Calle 3"),
        ("Ave Santa Juanita 310", "310", "Ave Santa Juanita"),
        ("Urb Santa Juanita B12 Calle 3", "B12", "Calle 3"),
        ("Smith Building 705 Main St", "705", "Main St"),
    ],
)
def test_a_number_elsewhere_in_the_street(street, number, name):
    assert (number, name) in street_readings(street, "", numbered=False)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("RR 620 S", "Ranch Road 620 South"),
        ("RM 620", "Ranch to Market Road 620"),
        ("Cty Rd M", "County Trunk M"),
        ("CTH KK", "Hwy KK"),
        ("SR A1A", "Highway A1A"),
        ("FL-A1A", "State Road A1A"),
        ("M59", "M-59"),
        ("K-10 Highway", "K10"),
        ("NYS Route 28", "Highway 28"),
        ("IH 35", "So Interstate Hwy 35".removeprefix("So ")),
        ("S IH-35 SVRD", "South Interstate 35 Frontage Road"),
        ("US 20 Bus", "U.S. Route 20 Business"),
        ("Bus. Rte 20", "Business 20"),
        ("Old Rte 20", "Old Highway 20"),
        ("US 1-9", "US Route 1 & 9"),
        ("Carr. 2", "PR-2"),
        ("Pvt Rd 140", "Private Road 140"),
        ("E. St. N.W.", "E Street Northwest"),
        ("First Ave No", "1st Avenue North"),
        ("So Meadow St", "South Meadow Street"),
        ("Main St Ext", "Main Street Extension"),
        ("Forty-Second St", "42nd Street"),
        ("2d Ave", "2 Ave"),
        ("W 60 S", "West 060 South"),
        ("Dr M L King Jr Blvd", "MLK Blvd"),
        ("Martin Luther King Blvd", "Rev. Martin Luther King Jr. Boulevard"),
        ("J.F.K. Blvd", "John F Kennedy Boulevard"),
        ("North East 5th Ter", "NE 5 Terrace"),
        ("NW Lp 410", "Loop 410 NW"),
        ("Ave Sta Juanita", "Avenida Santa Juanita"),
    ],
)
def test_more_spellings_of_one_street_meet(written, same):
    assert street_name(written).key == street_name(same).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Business 20", "US 20"),
        ("Old Route 20", "Route 20"),
        ("County Road 5", "FM 5"),
        ("I-35", "US 35"),
        ("M St", "Highway M"),
        ("Saint St", "Street St"),
    ],
)
def test_other_roads_of_a_number_stay_apart(one, other):
    assert street_name(one).key != street_name(other).key


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Rt 9-W", "Route 9W"),
        ("W CR 100 S", "West 100 South"),
        ("3rd West", "300 West"),
        ("El Camino Real", "Camino Real"),
        ("Cesar Chavez Ave", "Avenida Cesar Chavez"),
        ("Highway 12", "County Road 12"),
    ],
)
def test_what_a_street_may_be_beside_what_it_says(written, meant):
    assert street_name(meant) in other_names(written)


def test_on_a_grid_a_direction_may_be_left_out():
    assert directions_agree("s 12600", "ws 12600")
    assert not directions_agree("s 12600", "wn 12600")
    assert not directions_agree("n king st", "nw king st")


@pytest.mark.parametrize(
    ("line", "number", "street", "town", "state"),
    [
        (
            "120, Kaʻiulani Avenue, Honolulu, Honolulu County, Hawaii, 96815, United States",
            *("120", "Kaʻiulani Avenue", "honolulu", "HI"),
        ),
        ("705 Main St, Pittsfield, MA 01201, USA", "705", "Main St", "pittsfield", "MA"),
        ("705 Main St  Pittsfield  MA  01201  US", "705", "Main St", "pittsfield", "MA"),
        ("705 Main St\nPittsfield, Mass. 01201", "705", "Main St", "pittsfield", "MA"),
        ("705 Main St | Pittsfield | MA | 01201", "705", "Main St", "pittsfield", "MA"),
        ("705 Main St Pittsfield MA 01201 United States", "705", "Main St", "pittsfield", "MA"),
        ("705 Main St, Pittsfield, MA, Pittsfield, MA", "705", "Main St", "pittsfield", "MA"),
        ("705 Main St, 01201 Pittsfield, Mass.", "705", "Main St", "pittsfield", "MA"),
        ("600 E Street, NW, Washington, DC 20004", "600", "E Street NW", "washington", "DC"),
        ("10 Fairfield Ct, Pittsfield, MA", "10", "Fairfield Ct", "pittsfield", "MA"),
        ("12 Elm St, Penn, PA 15675", "12", "Elm St", "penn", "PA"),
        (
            "615 County Road 45300, Powderly, TX 75473",
            *("615", "County Road 45300", "powderly", "TX"),
        ),
    ],
)
def test_whole_labels(line, number, street, town, state):
    """As Nominatim, Google, Mailchimp and people print them."""
    found = parse_address(Address(line), TOWNS)
    assert (found.number, " ".join(found.street.split())) == (number, street)
    assert (found.town, found.state) == (town, state)
