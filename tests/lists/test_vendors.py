"""Whose form a list has: each vendor's own headers, as its files have them, and no other's.

Letters for sizes are read as the bands of the list's own vendor, and asked about where it has none.
"""

import io
import json
from math import inf

import numpy as np
import pytest

from app.errors import BadQuestion, UnclearColumns
from app.lists.mapping import ChosenColumns
from app.lists.options import SavedMapping
from app.lists.preview import preview_list
from app.lists.read import open_list
from app.lists.vendors import VENDORS, find_vendor, recognise_vendor

# A vendor's headers as they come in its files, with those that others have as well among them.
FILES = {
    "ReferenceUSA (Data Axle)": (
        (
            "Company Name|Address|City|State|ZIP Code|ZIP Four|Mailing Address|"
            "Phone Number Combined|Website|Primary SIC Code|Primary NAICS|IUSA Number|"
            "Parent IUSA Number|Location Type|Firm or Individual|Location Employee Size Range|"
            "Location Sales Volume Range|Advertising  Expenses"
        ),
        (
            "Company Name|Address|City|State|ZIP Code|Location Employee Size Range|"
            "Location Sales Volume Range"
        ),
    ),
    "Salesgenie (Data Axle)": (
        (
            "Company Name|Location Address|Location City|Location State|Location ZIP Code|"
            "Location ZIP+4|Phone Number Combined|Executive Title|Location Employee Size Range|"
            "Location Sales Volume Range|Date List Produced|Record Expiration Date"
        ),
        (
            "Company Name|Mailing Address|Mailing City|Mailing State|Mailing Zip Code|"
            "IUSA Number|Latitude|Longitude"
        ),
    ),
    "Salesgenie Canada (Data Axle)": (
        (
            "Company Name|Address|City|Province|Location Number of Employees|Location Sales Volume|"
            "Primary SIC|Primary NAICS"
        ),
    ),
    "Infogroup Historic (Data Axle)": (
        (
            "COMPANY|ADDRESS LINE 1|CITY|STATE|ZIPCODE|LOCATION EMPLOYEE SIZE CODE|"
            "LOCATION SALES VOLUME CODE|EMPLOYEE SIZE (5) - LOCATION|ABI"
        ),
    ),
    "D&B Hoovers": (
        (
            "Company Name|Tradestyle|D-U-N-S® Number|Address Line 1|City|State Or Province|"
            "Postal Code|Employees (Single Site)|Employees (Total)|Sales (USD)|Is Headquarters"
        ),
    ),
    "Mergent Intellect (D&B)": (
        (
            "Company Name|D-U-N-S Number|Employees (This Site)|Employees (All Sites)|Sales volume|"
            "Zip code"
        ),
    ),
    "ZoomInfo": (
        "ZoomInfo Company ID|Company Name|Revenue (in 000s USD)|Employees|Employee Range",
        "Company Name|Company HQ Phone|Employee Range|Revenue Range (in USD)|Full Address",
    ),
    "Apollo": (
        "Company Name|# Employees|Annual Revenue|Company Address|Person Linkedin Url",
        "Company|# Employees|Company City|Apollo Account Id",
    ),
    "LinkedIn export": (
        "name|linkedin employees|linkedin company revenue range",
        "linkedin company employee count|Company Employee Range",
    ),
    "Crunchbase": (
        "Organization Name|Headquarters Location|Number of Employees|Estimated Revenue Range",
    ),
    "Google Maps (Outscraper)": (
        "name|site|subtypes|full_address|street|city|postal_code|us_state|place_id",
    ),
    "Overture Maps Places": ("id|names.primary|categories.primary|confidence|operating_status",),
    "SBA PPP loans, from 2021": (
        "BorrowerName|BorrowerAddress|BorrowerCity|BorrowerZip|JobsReported|NAICSCode",
    ),
    "SBA PPP loans, 2020": ("LoanRange|BusinessName|Address|City|State|Zip|JobsRetained",),
    "OSHA injury tracking": (
        "establishment_name|street_address|zip_code|naics_code|annual_average_employees",
    ),
    "Chicago licences": (
        "LEGAL NAME|DOING BUSINESS AS NAME|ADDRESS|ZIP CODE|LICENSE STATUS|LATITUDE",
    ),
    "San Francisco registrations": (
        "Ownership Name|DBA Name|Street Address|Source Zipcode|Mail Address|NAICS Code",
    ),
    "New York City licences": (
        "Business Name|Business Name 2|Address Building|Address Street Name|Address Postcode",
    ),
    "Delaware licences": (
        "Business name|Trade name|Address 1|Address 2|City|State|Zip|License number",
    ),
}
EACH = [(vendor, headers.split("|")) for vendor, files in FILES.items() for headers in files]


@pytest.mark.parametrize(("vendor", "headers"), EACH)
def test_a_vendor_is_recognised_by_its_headers(vendor, headers):
    """In any order and case, and as machines write them."""
    assert recognise_vendor(headers).name == vendor
    assert recognise_vendor([header.upper() for header in reversed(headers)]).name == vendor


def test_every_vendor_of_the_table_has_headers_here():
    assert [vendor.name for vendor in VENDORS if vendor.forms] == list(FILES)


@pytest.mark.parametrize(
    ("vendor", "form"), [(vendor.name, form) for vendor in VENDORS for form in vendor.forms]
)
def test_the_telling_headers_alone_tell_and_no_fewer_do(vendor, form):
    headers = form.split("|")
    assert recognise_vendor(headers).name == vendor
    fewer = [[*headers[:i], *headers[i + 1 :]] for i in range(len(headers))]
    assert {recognise_vendor(some).name for some in fewer} == {""}


def test_a_list_of_no_vendor_has_none():
    assert recognise_vendor(["Company Name", "Address", "City", "State", "Employees"]).name == ""


LETTERED = (
    "Company,Address,City,State,Employee Size Code,Sales Volume Code\n"
    "A,1 Main St,Springfield,MA,C,D\nB,2 Main St,Springfield,MA,i,K\n"
)
AXLE = [(10, 19), (1000, 4999)]


def read(text, **chosen):
    found = open_list(io.BytesIO(text.encode()), columns=ChosenColumns(**chosen))
    return found, found.whole()


def ends(ranges):
    return list(zip(ranges.low.tolist(), ranges.high.tolist(), strict=True))


class TestLetters:
    def test_of_a_list_that_is_recognised_are_its_vendors(self):
        """C is 10-19 at Data Axle and 11-50 at LinkedIn; D 2.5 to 5 million, K over a billion."""
        axle = "ABI," + LETTERED.replace("Employee Size", "LOCATION EMPLOYEE SIZE")
        found, firms = read(axle.replace("\nA", "\n1,A").replace("\nB", "\n2,B"))
        assert found.vendor.name == "Infogroup Historic (Data Axle)"
        assert ends(firms.employees) == AXLE
        assert ends(firms.sales) == [(2.5e6, 5e6), (np.nextafter(1e9, inf), inf)]  # over it

    def test_linkedins_are_other_bands(self):
        text = (
            "name,city,state,linkedin employees\n"
            "A,Springfield,MA,C\nB,Springfield,MA,I\nC,Springfield,MA,A\nD,Springfield,MA,11-50\n"
        )
        found, firms = read(text)
        assert found.vendor.name == "LinkedIn export"
        assert ends(firms.employees) == [(11, 50), (10_001, inf), (1, 1), (11, 50)]

    @pytest.mark.parametrize("chosen", [{}, {"employees code": "Employee Size Code"}])
    def test_of_nobody_knows_whom_are_asked_about(self, chosen):
        """Whoever names the column has not said whose letters they are."""
        with pytest.raises(UnclearColumns, match="say whose list it is") as asked:
            read(LETTERED, named=chosen)
        assert asked.value.field == "vendor"
        assert asked.value.choices == ("Data Axle",)  # LinkedIn has none for sales
        assert asked.value.headers == ("Employee Size Code", "Sales Volume Code")

    def test_of_employees_alone_may_be_of_two_vendors(self):
        with pytest.raises(UnclearColumns) as asked:
            read("Company,City,State,Staff\nA,Springfield,MA,C\n")
        assert asked.value.choices == ("Data Axle", "LinkedIn export")

    @pytest.mark.parametrize("said", ["Data Axle", "data axle", "infogroup", " Salesgenie (Data "])
    def test_somebody_says_whose_list_it_is(self, said):
        found, firms = read(LETTERED, vendor=said)
        assert ends(firms.employees) == AXLE
        assert "Data Axle" in found.vendor.name
        assert found.seen.read["employees code"].fit == 2

    def test_a_saved_mapping_says_it_and_what_is_named_wins(self):
        saved = SavedMapping(vendor="linkedin")
        text = LETTERED.replace(",Sales Volume Code", "").replace(",D\n", "\n").replace(",K", "")
        assert ends(read(text, saved=saved)[1].employees) == [(11, 50), (10_001, inf)]
        found, firms = read(text, saved=saved, vendor="Data Axle")
        assert ends(firms.employees) == AXLE
        assert json.loads(found.seen.mapping())["vendor"] == "Data Axle"

    def test_a_few_letters_among_numbers_are_unreadable(self):
        text = (
            "Company,City,State,Employees\n" + "A,Springfield,MA,12\n" * 3 + "B,Springfield,MA,C\n"
        )
        found, firms = read(text)
        assert firms.employees.known.tolist() == [True, True, True, False]
        assert any("employees not readable in 1 row" in note for note in found.notes)

    def test_a_preview_asks_and_its_mapping_leaves_it_open(self):
        """Answered by the vendor alone, beside the mapping or in it."""
        found = preview_list(io.BytesIO(LETTERED.encode()), ChosenColumns())
        (asked,) = found.document()["questions"]
        assert (asked["meaning"], asked["choices"]) == ("vendor", ["Data Axle"])
        mapping = SavedMapping.model_validate_json(found.mapping)
        assert (mapping.not_read, mapping.vendor) == ([], "")
        again = preview_list(io.BytesIO(LETTERED.encode()), ChosenColumns(saved=mapping))
        assert len(again.questions) == 1
        assert ends(read(LETTERED, saved=mapping, vendor="Data Axle")[1].employees) == AXLE


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("Experian", "vendor 'Experian' is none we know: they are Data Axle, ReferenceUSA"),
        ("SBA", "vendor 'SBA' may be several: they are SBA PPP loans, from 2021, SBA PPP loans"),
    ],
)
def test_a_vendor_that_is_none_is_told_those_there_are(said, sentence):
    with pytest.raises(BadQuestion) as why:
        find_vendor(said)
    assert str(why.value).startswith(sentence)
    assert why.value.field == "vendor"
    with pytest.raises(BadQuestion, match=r"mine\.json: vendor"):
        read(LETTERED, saved=SavedMapping(vendor=said), source="mine.json")
