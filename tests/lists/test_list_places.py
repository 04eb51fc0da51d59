"""Where a list's rows are: whose address a column is, its parts, and what is never guessed."""

import io
import math

import pytest

from app.errors import BadList
from app.lists.families import COMPANY, LOCATION, MAILING, PEOPLE, kind_of
from app.lists.read import from_rows, open_list
from app.lists.shared_words import drop_shared_words
from app.lists.vocabulary import CLIENTS, PROSPECTS
from tests.shared import CASES, needs_data


def opened(text, place=""):
    return open_list(io.BytesIO(text.encode()), place=place)


def rows(text, place=""):
    """Line, city, state and postcode of each row."""
    at = opened(text, place).whole().addresses
    return list(zip(at.line, at.city, at.state, at.postcode, strict=True))


def points(text):
    at = opened(text).whole().given
    return [(round(y, 4), round(x, 4)) for y, x in zip(at.lat, at.lon, strict=True)]


class TestFamilies:
    @pytest.mark.parametrize(
        ("header", "meaning", "kind"),
        [
            ("ServiceStreet", "street", LOCATION),
            ("PHY_STREET", "street", LOCATION),
            ("Phys Zip", "postcode", LOCATION),
            ("Principal Address", "line", LOCATION),
            ("Principal Place of Business City", "city", LOCATION),
            ("City (Physical)", "city", LOCATION),
            ("Premise Address City", "city", LOCATION),
            ("Site Address - ZIP Code", "postcode", LOCATION),
            ("Loc_State", "state", LOCATION),
            ("full_business_address", "line", COMPANY),
            ("Location Address", "line", LOCATION),
            ("Business Location City", "city", LOCATION),
            ("Mailing Location Address", "line", MAILING),
            ("Business Mailing Address", "line", MAILING),
            ("billing_address_postalcode", "postcode", MAILING),
            ("Bill To City", "city", MAILING),
            ("Registered Agent Address", "line", PEOPLE),
            ("Owner Mailing Street", "street", PEOPLE),
            ("Home City", "city", PEOPLE),
        ],
    )
    def test_a_word_in_front_or_behind_says_whose_address_it_is(self, header, meaning, kind):
        found = PROSPECTS.meaning_of(header)
        assert (found.name, kind_of(found.family)) == (meaning, kind)

    @pytest.mark.parametrize(
        "header",
        [
            *("Contact Name", "Owner Name", "Principal Name", "Registered Agent Name"),
            *("Full Name", "Job Title", "Contact Title", "Account Owner Name", "Rep First Name"),
        ],
    )
    def test_a_person_never_names_the_firm(self, header):
        found = PROSPECTS.meaning_of(header)
        assert found is None or found.name != "name"

    @pytest.mark.parametrize(
        "header",
        [
            *("Entity Name", "Entity", "Member Name", "Licensee", "Vendor", "BUS_NAME"),
            *("Biz_Name", "Vendor Name", "Licensee Name", "Facility Name", "Account Name"),
        ],
    )
    @pytest.mark.parametrize("vocabulary", [PROSPECTS, CLIENTS])
    def test_what_lists_call_the_firm(self, vocabulary, header):
        assert vocabulary.meaning_of(header).name == "name"

    def test_a_title_names_the_firm_where_nobody_else_does(self):
        """As scrapers of maps write it; beside a contact it is what that one does."""
        only = opened("title,address,city\nPine Dental,12 Main St,Springfield\n").whole()
        assert only.name == ["Pine Dental"]
        person = opened("Title,First Name,Address,City\nOwner,Jo,12 Main St,Springfield\n").whole()
        assert person.name == [""]

    def test_a_principal_with_a_name_is_a_person(self):
        text = (
            "Entity Name,Principal Address,Principal City,Principal State{}\n"
            "Pine,1 Oak Ln,Agawam,MA{}\n"
        )
        found = opened(text.format("", "")).whole()
        assert (found.addresses.line, found.doubts) == (["1 Oak Ln"], [""])
        found = opened(text.format(",Principal First Name", ",Jo")).whole()
        assert (found.addresses.line, found.doubts) == (["1 Oak Ln"], ["Principal Address"])

    def test_mail_is_asked_only_where_nothing_else_is_there(self):
        found = opened(
            "Name,Billing Street,Billing City,Shipping Street,Shipping City\n"
            "A,PO Box 9,Chicago,12 Main St,Springfield\nB,PO Box 8,Chicago,,\n"
        )
        (prospects,) = found.batches()
        assert prospects.addresses.line == ["12 Main St", "PO Box 8"]
        assert prospects.addresses.city == ["Springfield", "Chicago"]
        assert prospects.doubts == ["", "Billing Street"]
        assert "'Billing Street' used where there is no other address in 1 row" in found.notes

    def test_words_that_all_headers_share_say_nothing(self):
        assert drop_shared_words(["lead.city", "lead.zip", "Lead State"]) == [
            *("city", "zip", "state"),
        ]
        assert drop_shared_words(["City__c", "Zip__c", "Name__c"]) == ["city", "zip", "name"]
        kept = ["Mailing City", "Mailing Zip", "Mailing Name"]
        assert drop_shared_words(kept) == kept  # it says whose they are
        assert rows("x.firm,x.street,x.city,x.st\nA,1 Main St,Agawam,MA\n") == [
            ("1 Main St", "Agawam", "MA", "")
        ]


class TestParts:
    @pytest.mark.parametrize(
        ("headers", "cells", "line"),
        [
            ("Street Number,Street Direction,Street Name,Street Suffix", "100,N,King,St", None),
            ("House,Dir,Street,Suffix", "100,N,King,St", None),
            ("AddNum,St_PreDir,St_Name,St_PosTyp", "100,N,King,St", None),
            (
                "Street No,Street Name,Street Type,Street Direction",
                "100,King,St,N",
                "100 King St N",
            ),
            ("Street Number,Street Name,Street Type", "100,N King St,ST", None),
            ("Street Direction,Street Name,Street Type", "N,100 King,St", "N 100 King St"),
            ("Street Number,Street Name", "100,100 N King St", None),
            ("Street Number,Street Number Suffix,Street Name", "100,B,N King St", "100B N King St"),
        ],
    )
    def test_a_street_in_parts(self, headers, cells, line):
        (row,) = rows(f"Company,{headers},City,State\nA,{cells},Honolulu,HI\n")
        assert row == (line or "100 N King St", "Honolulu", "HI", "")

    def test_a_suffix_of_a_person_is_no_street(self):
        """And neither is the type of a store."""
        text = "Name,Suffix,Store Type,Number,Street,City\nA,Jr,Park,12,Main St,Agawam\n"
        assert rows(text)[0][0] == "12 Main St"

    @pytest.mark.parametrize(
        ("first", "second", "line"),
        [
            ("PO Box 9", "1234 S King St", "1234 S King St"),
            ("Suite 400", "1234 S King St", "1234 S King St"),
            ("Pine Building", "1234 S King St", "1234 S King St"),
            ("c/o Jo Doe", "1234 S King St", "1234 S King St"),
            ("Attn: Billing", "King Street", "King Street"),
            ("4th Floor", "1234 S King St", "1234 S King St"),
            ("1234 S King St", "Suite 400", "1234 S King St"),
            ("1234 S King St", "5 Oak St", "1234 S King St"),
            ("King Street", "2nd Floor", "King Street"),
            ("PO Box 9", "Suite 4", "PO Box 9"),
            ("", "12 Main St", "12 Main St"),
        ],
    )
    def test_the_line_that_is_a_street(self, first, second, line):
        text = f"Company,Address 1,Address 2,City,State\nA,{first},{second},Honolulu,HI\n"
        assert rows(text)[0][0] == line

    @pytest.mark.parametrize("header", ["City, State, Zip", "CityStateZip", "City/State/ZIP"])
    @pytest.mark.parametrize(
        "cell",
        [
            "Springfield, MA 01103",
            "SPRINGFIELD MA  01103",
            "Springfield MA, 01103",
            "01103 Springfield, MA",
            "MA 01103 Springfield",
            "Springfield / MA / 01103",
            "Springfield, Massachusetts, 01103, USA",
        ],
    )
    def test_town_state_and_zip_in_one_cell(self, header, cell):
        ((line, city, state, code),) = rows(f'Company,Address,"{header}"\nA,1 Main St,"{cell}"\n')
        assert (line, city.title(), state, code) == ("1 Main St", "Springfield", "MA", "01103")

    def test_parts_that_a_town_holds_as_well(self):
        assert rows('Name,Address,City\nA,1 Main St,"Agawam, MA 01001"\n') == [
            ("1 Main St", "Agawam", "MA", "01001")
        ]
        assert rows("Name,City,State Zip\nA,Agawam,MA 01001\n") == [("", "Agawam", "MA", "01001")]

    def test_markup_and_wide_gaps(self):
        text = (
            "Company,Address\nPine &amp; Sons,1 Main St<br>Honolulu HI 96814\n"
            "Oak,1 Main St  Suite 4  Honolulu  HI  96814  US\nElm,207  ACCOLA DR\n"
            "Ash  -  DBA Ash Two,1 Main St  Agawam  MA\n"
        )
        found = opened(text).whole()
        assert (found.name[0], found.name[3]) == ("Pine & Sons", "Ash - DBA Ash Two")
        assert found.addresses.line == [
            "1 Main St, Honolulu HI 96814",
            "1 Main St, Suite 4, Honolulu, HI, 96814, US",
            "207 ACCOLA DR",
            "1 Main St, Agawam, MA",
        ]


class TestPoints:
    @pytest.mark.parametrize(
        ("header", "cell"),
        [
            ("Location", "(42.1015, -72.5898)"),
            ("Location", "POINT (-72.5898 42.1015)"),
            ("geom", "SRID=4326;POINT(-72.5898 42.1015)"),
            ("geo_point_2d", "42.1015, -72.5898"),
            ("Coordinates", "42.1015 -72.5898"),
            ("Lat/Long", "42.1015,-72.5898"),
            ("Long/Lat", "-72.5898,42.1015"),
            ("GPS", "42.1015° N, 72.5898° W"),
            ("Geom", '{""coordinates"": [-72.5898, 42.1015], ""type"": ""Point""}'),
            ("Location 1", '{""latitude"": ""42.1015"", ""longitude"": ""-72.5898""}'),
            ("Address", "12 Main St\nSpringfield, MA 01103\n(42.1015, -72.5898)"),
        ],
    )
    def test_both_coordinates_in_one_cell(self, header, cell):
        text = f'Name,{header}\nA,"{cell}"\n'
        assert points(text) == [(42.1015, -72.5898)]
        line = rows(text)[0][0]
        assert line == ("12 Main St, Springfield, MA 01103" if header == "Address" else "")

    @pytest.mark.parametrize(
        ("lat", "lon"), [("ycoord", "xcoord"), ("GPS_Lat", "GPS_Long"), ("lat_dd", "lon_dd")]
    )
    def test_coordinates_by_other_names(self, lat, lon):
        assert points(f"Name,{lat},{lon}\nA,42.1015,-72.5898\n") == [(42.1015, -72.5898)]

    def test_a_range_or_a_suite_is_no_point(self):
        ((lat, lon),) = points("Name,Location\nA,12 Main St (413) 555\n")
        assert math.isnan(lat)
        assert math.isnan(lon)


class TestNeverGuessed:
    @pytest.mark.parametrize(
        "header",
        ["State/Region", "Province/State", "STALP", "State Name", "ST_CD", "Prov", "Phys St Abbr"],
    )
    def test_a_state_under_another_header(self, header):
        assert rows(f"Name,City,{header}\nA,Portland,Oregon\n")[0][2] == "Oregon"

    @pytest.mark.parametrize(
        ("country", "state", "known"),
        [
            ("Germany", "", "Germany"),
            ("DE", "", "Germany"),
            ("Deutschland", "", "Germany"),
            ("Wakanda", "", "Wakanda"),
            ("US", "", ""),
            ("U.S.A.", "", ""),
            ("Hampden", "MA", ""),  # a county, by the state beside it
            ("", "BC", "Canada"),
        ],
    )
    def test_the_country(self, country, state, known):
        found = opened(f"Name,City,State,Zip,Country\nA,Berlin,{state},10115,{country}\n").whole()
        assert found.addresses.countries[0] == known

    @pytest.mark.parametrize(
        ("line", "country"),
        [
            ("1 rue X, 75001 Paris, France", "France"),
            ("1 Main St, Atlanta, Georgia", ""),
            ("1 Main St, Agawam, MA, United States", ""),
            ("1 Main St, Lebanon", ""),
        ],
    )
    def test_a_country_behind_a_whole_address(self, line, country):
        found = from_rows([{"name": "A", "address": line}]).whole()
        assert found.addresses.countries[0] == country

    def test_streets_alone_name_the_way_out(self):
        found = opened("Name,Address\nA,207 Accola Dr\nB,14 W Main St\n")
        with pytest.raises(BadList, match=r'say where .* --place "Bozeman, MT"') as why:
            found.check_places()
        assert why.value.field == "place"

    @pytest.mark.parametrize(
        "line", ["14 W Main St, Agawam", "14 W Main St Agawam MA", "1 Elm Ct Agawam MA 01001"]
    )
    def test_a_town_within_the_line_is_enough(self, line):
        opened(f'Name,Address\nA,207 Accola Dr\nB,"{line}"\n').check_places()

    def test_the_place_is_that_of_rows_that_name_none(self):
        text = (
            "Name,Address,City,State,Zip\nA,207 Accola Dr,,,\nB,1 Main St,Belgrade,,\n"
            'C,1 Main St,Reno,NV,\nD,"1 Main St, Reno, NV 89501",,,\nE,1 Main St,,,59718\n'
            'F,"207 Accola Ct, Unit B",,,\n'
        )
        assert rows(text, "Bozeman, MT") == [
            ("207 Accola Dr", "Bozeman", "MT", ""),
            ("1 Main St", "Belgrade", "MT", ""),
            ("1 Main St", "Reno", "NV", ""),
            ("1 Main St, Reno, NV 89501", "", "", ""),
            ("1 Main St", "", "", "59718"),
            ("207 Accola Ct, Unit B", "Bozeman", "MT", ""),
        ]
        assert rows("Name,City\nA,Belgrade\n", "MT") == [("", "Belgrade", "MT", "")]
        listed = from_rows([{"name": "A", "address": "1 Main St"}], place="59718")
        assert listed.whole().addresses.postcode == ["59718"]

    def test_a_town_alone_is_said(self):
        notes = opened("Name,City\nA,Springfield\n").notes
        assert any("town without state or ZIP code" in note for note in notes)


@needs_data
@pytest.mark.parametrize(
    ("file", "first"),
    [
        ("10-place-of-business-other-word.csv", ("12 Main St", "Springfield", "MA", "01103")),
        ("11-phy-and-mailing.csv", ("12 MAIN ST", "SPRINGFIELD", "MA", "01103")),
        ("13-billing-and-shipping.csv", ("12 Main St", "Springfield", "MA", "01103")),
        ("15-billing-address-street.csv", ("12 Main St", "Springfield", "MA", "01103")),
        ("16-phys-and-mail.csv", ("12 Main St", "Springfield", "MA", "01103")),
        ("18-outlook-ok.csv", ("12 Main St", "Springfield", "MA", "01103")),
        ("23b-hubspot-state-lost.csv", ("12 Main St", "Springfield", "Illinois", "")),
        ("24-city-state-zip.csv", ("12 Main St", "Springfield", "MA", "01103")),
        ("25-street-in-parts.csv", ("100 N King St", "Honolulu", "HI", "96817")),
        ("26-street-on-second-line.csv", ("1234 S King St", "Honolulu", "HI", "96814")),
        ("headers-common-prefix.csv", ("", "Madison", "Wisconsin", "53719")),
        ("headers-short-prefixes.csv", ("12 Palm Street", "San Luis Obispo", "CA", "93401")),
    ],
)
def test_lists_that_went_wrong(file, first):
    at = open_list(CASES / "lists" / file).whole().addresses
    assert (at.line[0], at.city[0], at.state[0], at.postcode[0]) == first
