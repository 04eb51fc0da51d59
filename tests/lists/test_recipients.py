"""Who mail goes to and where: the columns of a letter, as each list says them."""

import io

import pytest

from app.lists.read import open_list
from app.lists.recipients import RECIPIENT

PLAIN = "Company Name,Address,City,State,Zip"


def recipients(text):
    rows = open_list(io.BytesIO(text.encode()))
    return rows.recipients(rows.whole().cells)


def first(text, *columns):
    found = recipients(text).select(columns or list(RECIPIENT)).row(0)
    return found[0] if len(found) == 1 else found


def test_every_row_has_every_column_as_text():
    found = recipients(f"{PLAIN}\nPine,12 Main St,Springfield,MA,01103\nElm,,,,\n")
    assert found.columns == list(RECIPIENT)
    assert found.rows()[1] == ("Elm", *[""] * 7, "Dear team at Elm", "", "", "", "")


class TestWhereMailGoes:
    def test_to_the_mailing_address_where_there_is_one(self):
        text = (
            "Company Name,Location Address,Location City,Location State,Location ZIP Code,"
            "Mailing Address,Mailing City,Mailing State,Mailing Zip Code\n"
            "Pine,12 Main St,Springfield,MA,01103,PO Box 9,Holyoke,MA,01040\n"
            "Elm,3 Oak St,Chicopee,MA,01013,,,,\n"
        )
        found = recipients(text).select("line_1", "city", "zip").rows()
        assert found == [("PO Box 9", "Holyoke", "01040"), ("3 Oak St", "Chicopee", "01013")]

    def test_never_to_the_owners_home(self):
        text = (
            "Company Name,Address,City,State,Zip,Owner Address,Owner City,Owner State,Owner Zip\n"
            "Pine,12 Main St,Springfield,MA,01103,1 Lake Rd,Otis,MA,01253\n"
        )
        assert first(text, "line_1", "city") == ("12 Main St", "Springfield")

    def test_a_unit_of_the_place_is_none_of_the_mailing_address(self):
        text = (
            "Business_Name,Civic_Unit,Civic_House,Civic_Street,Civic_City,Mailing_Address\n"
            'Pine,6,20195,88 Ave,Langley,"8 20280 97 AVE\nLANGLEY BC  V1M 4B9"\n'
        )
        assert first(text, "line_1", "line_2", "city") == ("8 20280 97 AVE", "", "LANGLEY")


class TestLines:
    @pytest.mark.parametrize(
        ("cells", "lines"),
        [
            ("12 Main St,Suite 4", ("12 Main St", "Suite 4")),
            ("Suite 4,12 Main St", ("12 Main St", "Suite 4")),
            ("c/o Oak Partners,12 Main St", ("12 Main St", "c/o Oak Partners")),
            ("12 Main St,", ("12 Main St", "")),
            ("PO Box 44,", ("PO Box 44", "")),
        ],
    )
    def test_the_street_is_first_and_what_stands_beside_it_second(self, cells, lines):
        text = f"Name,Address,Address 2,City,State,Zip\nPine,{cells},Springfield,MA,01103\n"
        assert first(text, "line_1", "line_2") == lines

    @pytest.mark.parametrize(
        ("header", "cell", "second"),
        [("Unit", "400", "Unit 400"), ("Suite", "#2B", "Suite 2B"), ("Unit", "Floor 2", "Floor 2")],
    )
    def test_a_units_column_is_named(self, header, cell, second):
        text = f"Name,Address,{header},City,State,Zip\nPine,12 Main St,{cell},Otis,MA,01253\n"
        assert first(text, "line_2") == second

    def test_a_unit_that_the_line_has_is_not_said_twice(self):
        text = "Name,Address,Unit,City,State,Zip\nPine,12 Main St #400,400,Otis,MA,01253\n"
        assert first(text, "line_1", "line_2") == ("12 Main St #400", "")

    @pytest.mark.parametrize(
        ("line", "parts"),
        [
            ("12 Main St, Otis, MA 01253", ("12 Main St", "", "Otis", "MA", "01253")),
            ("12 Main St, Ste 4, Otis, MA, 01253", ("12 Main St", "Ste 4", "Otis", "MA", "01253")),
            ("12 Main St, South Bend, Indiana, 46601",
             ("12 Main St", "", "South Bend", "IN", "46601")),
            ("350 5th Ave, New York, NY 10118", ("350 5th Ave", "", "New York", "NY", "10118")),
            ("350 5th Ave, New York, New York 10118, USA",
             ("350 5th Ave", "", "New York", "NY", "10118")),
        ],
    )  # fmt: skip
    def test_a_whole_address_is_parted(self, line, parts):
        text = f'Name,Full Address\nPine,"{line}"\n'
        assert first(text, "line_1", "line_2", "city", "state", "zip") == parts

    @pytest.mark.parametrize(
        "tail",
        [
            *("Hawaii, United States, 96813", "HI, 96813, USA", "Hawaii 96813, US", "HI 96813 USA"),
            *("HI, U.S.A. 96813", "HI 96813 United States of America", "Hawaii 96813 (USA)"),
            *("HI USA 96813", "Hawaii, United States 96813", "HI, US, 96813", "HI 96813"),
        ],
    )
    def test_our_country_is_no_town(self, tail):
        """Whether the ZIP code stands before it or behind; Apollo writes the first of these."""
        text = f'Company,Company Address\nPine,"733 Bishop St, Ste 4, Honolulu, {tail}"\n'
        found = first(text, "line_1", "line_2", "city", "state", "zip", "country")
        assert found == ("733 Bishop St", "Ste 4", "Honolulu", "HI", "96813", "United States")

    @pytest.mark.parametrize(
        ("line", "parts"),
        [
            ("1 King St W, Toronto, Ontario, Canada, M5X 1A9",
             ("1 King St W", "Toronto", "Ontario", "M5X 1A9", "Canada")),
            ("Lindenweg 1, Berlin, Deutschland 10117",
             ("Lindenweg 1", "Berlin", "", "10117", "Germany")),
            ("12 Main St, Peru, Indiana, United States, 46970",
             ("12 Main St", "Peru", "IN", "46970", "United States")),
            ("12 Main St, Lebanon, 03766", ("12 Main St", "Lebanon", "", "03766", "United States")),
        ],
    )  # fmt: skip
    def test_a_country_abroad_and_towns_that_are_called_so(self, line, parts):
        text = f'Name,Full Address\nPine,"{line}"\n'
        assert first(text, "line_1", "city", "state", "zip", "country") == parts


class TestZip:
    @pytest.mark.parametrize(
        ("cells", "code"),
        [
            ("6762,", "06762"),
            ("06762,123", "06762-0123"),
            ("067620123,", "06762-0123"),
            ("06762-0123,", "06762-0123"),
            ("06762,0000", "06762"),
            ("6762.0,123.0", "06762-0123"),
        ],
    )
    def test_it_has_its_zeros_and_the_four_digits(self, cells, code):
        header = "Name,Address,City,State,ZIP Code,ZIP+4"
        text = f"{header}\nPine,1 A St,Middlebury,CT,{cells}\nElm,1 B St,Bethel,CT,06801,\n"
        assert first(text, "zip") == code


@pytest.mark.parametrize(
    ("state", "zip_code", "found"),
    [
        ("Hawaii", "96815", ("HI", "United States")),
        ("Mass.", "01103", ("MA", "United States")),
        ("", "01103", ("", "United States")),
        ("BC", "V1M 4B9", ("BC", "Canada")),
        ("", "IM1 1AA", ("", "")),
    ],
)
def test_states_are_two_letters_and_countries_words(state, zip_code, found):
    text = f"{PLAIN}\nPine,12 Main St,Somewhere,{state},{zip_code}\n"
    assert first(text, "state", "country") == found


class TestPersons:
    @pytest.mark.parametrize(
        ("header", "cells", "person"),
        [
            ("Executive First Name,Executive Last Name", "Ana,Ruiz", "Ana Ruiz"),
            ("First Name,Last Name", "Ana,", "Ana"),
            ("Contact", "Ana Ruiz", "Ana Ruiz"),
            ("Contact Person", "Ana Ruiz", "Ana Ruiz"),
            ("Attn", "Ana Ruiz", "Ana Ruiz"),
            ("Salutation,Contact Name", "Dr.,Ana Ruiz", "Dr. Ana Ruiz"),
            ("Contact Date,Contact Type", "2026-01-02,phone", ""),
            ("Company Full Name", "Ana Ruiz Ltd", ""),
        ],
    )
    def test_a_person_is_read_from_columns_of_persons(self, header, cells, person):
        text = f"Company Name,Address,City,State,Zip,{header}\nPine,1 A,Otis,MA,01253,{cells}\n"
        expected = f"Dear {person or 'team at Pine'}"
        assert first(text, "attention", "salutation") == (person, expected)

    def test_nobody_at_all(self):
        text = "Address,City,State,Zip\n1 A St,Otis,MA,01253\n"
        assert first(text, "salutation") == "To whom it may concern"


@pytest.mark.parametrize(
    ("header", "meaning"),
    [
        ("Phone Number Combined", "phone"), ("Company HQ Phone", "phone"), ("Phone No.", "phone"),
        ("telephone", "phone"), ("E-mail", "email"), ("Email Address", "email"),
        ("Company Website", "website"), ("site", "website"), ("URL", "website"),
    ],
)  # fmt: skip
def test_ways_to_reach_them(header, meaning):
    text = f"Company Name,Address,City,State,Zip,{header}\nPine,1 A St,Otis,MA,01253,there\n"
    found = recipients(text).select("phone", "email", "website").row(0, named=True)
    assert {key for key, cell in found.items() if cell} == {meaning}


@pytest.mark.parametrize(
    "header",
    [
        *("Fax Number", "Phone Type", "Email Opt In", "LinkedIn URL", "Logo URL", "Facebook Page"),
        *("Phone Ext", "Number of Sites", "Site ID"),
    ],
)
def test_what_is_none(header):
    text = f"Company Name,Address,City,State,Zip,{header}\nPine,1 A St,Otis,MA,01253,there\n"
    assert first(text, "phone", "email", "website") == ("", "", "")


class TestWholeAddressesHalfUnderstood:
    HEADER = "Name,Street Address,City,State,Zip Code\n"

    @pytest.mark.parametrize(
        "line",
        [
            "3301 PORTAGE AVE SOUTH BEND, IN 46628",
            "3301 PORTAGE AVE, SOUTH BEND IN 46628",
            "3301 PORTAGE AVE, IN, 46628",
        ],
    )
    def test_the_columns_say_the_town(self, line):
        text = f'{self.HEADER}Hot,"{line}",SOUTH BEND,IN,46628\n'
        found = first(text, "line_1", "city", "state", "zip")
        assert found == ("3301 PORTAGE AVE", "SOUTH BEND", "IN", "46628")

    @pytest.mark.parametrize(("typed", "code"), [("VIM 4A7", "V1M 4A7"), ("V2Y OL7", "V2Y 0L7")])
    def test_letters_for_digits_of_a_canadian_code(self, typed, code):
        text = f'Name,Mailing Address\nPine,"8948 202 ST\nLANGLEY BC  {typed}"\n'
        found = first(text, "line_1", "city", "state", "zip", "country")
        assert found == ("8948 202 ST", "LANGLEY", "BC", code, "Canada")


@pytest.mark.parametrize("cell", ["11031234", "1103-1234", "011031234", "01103-1234"])
def test_nine_digits_that_lost_their_zero(cell):
    text = f"{PLAIN}\nPine,1 A St,Springfield,MA,{cell}\n"
    assert first(text, "zip") == "01103-1234"


# Forms that have both, as their vendors write them, with the same three rows: a business and its
# box, one without, and one of which nothing but its box is known.
BOTH = {
    "Salesgenie": (
        "Company Name|Location Address|Location City|Location State|Location ZIP Code|"
        "Location ZIP+4|Mailing Address|Mailing City|Mailing State|Mailing Zip Code|Mailing Zip 4"
    ),
    "ReferenceUSA": (
        "Company Name|Address|City|State|ZIP Code|ZIP Four|Mailing Address|Mailing City|"
        "Mailing State|Mailing ZIP Code|Mailing ZIP Four"
    ),
    "San Francisco": (
        "DBA Name|Street Address|City|State|Source Zipcode|Zip4|Mail Address|Mail City|Mail State|"
        "Mail Zipcode|Mail Zip4"
    ),
    "physical": (
        "Company Name|Physical Address|Physical City|Physical State|Physical Zip|Physical Zip4|"
        "Mailing Address|Mailing City|Mailing State|Mailing Zip|Mailing Zip4"
    ),
}
BOX = "PO Box 9|Chicago|IL|60601|0009"


@pytest.mark.parametrize("form", BOTH.values(), ids=BOTH)
@pytest.mark.parametrize("nothing", ["||||", "NA|Unknown|NA|00000|0000"])
def test_the_drive_goes_to_the_location_and_mail_to_the_box(form, nothing):
    """Each with the last four digits of its own ZIP code; ways to say nothing are nothing."""
    rows = (
        f"A|12 Main St|Springfield|MA|1103|0012|{BOX}",
        f"B|14 Main St|Springfield|MA|1103|0014|{nothing}",
        f"C|{nothing}|{BOX}",
    )
    found = open_list(io.BytesIO("\n".join([form, *rows]).replace("|", "\t").encode()))
    firms = found.whole()
    at = firms.addresses
    assert at.line == ["12 Main St", "14 Main St", "PO Box 9"]
    assert at.city == ["Springfield", "Springfield", "Chicago"]
    assert at.postcode == ["01103", "01103", "60601"]
    assert [bool(doubt) for doubt in firms.doubts] == [False, False, True]
    mail = found.recipients(firms.cells)
    assert mail["line_1"].to_list() == ["PO Box 9", "14 Main St", "PO Box 9"]
    assert mail["zip"].to_list() == ["60601-0009", "01103-0014", "60601-0009"]
