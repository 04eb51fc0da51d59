"""Whose form a list has: each vendor's own headers, as its files have them, and no other's."""

import pytest

from app.lists.vendors import FORMS, recognise_vendor

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
    assert recognise_vendor(headers) == vendor
    assert recognise_vendor([header.upper() for header in reversed(headers)]) == vendor


def test_every_vendor_of_the_table_has_headers_here():
    assert [vendor for vendor, _ in FORMS] == list(FILES)


@pytest.mark.parametrize(
    ("vendor", "form"), [(vendor, form) for vendor, forms in FORMS for form in forms]
)
def test_the_telling_headers_alone_tell_and_no_fewer_do(vendor, form):
    headers = form.split("|")
    assert recognise_vendor(headers) == vendor
    assert all(
        recognise_vendor([*headers[:i], *headers[i + 1 :]]) == "" for i in range(len(headers))
    )


def test_a_list_of_no_vendor_has_none():
    assert recognise_vendor(["Company Name", "Address", "City", "State", "Employees"]) == ""
