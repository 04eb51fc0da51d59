"""Whose form a list has, told by its headers: the vendors of lists, exports and public registers.

A form is recognised where all of its telling headers are there, in any order and case and beside
any others. Of several that are, the one with the most telling headers is the list's, of as many
the first of the table. It is said, and changes nothing of how the columns are read.
"""

from collections.abc import Sequence
from functools import cache

from app.lists.vocabulary import plain_header

# Vendor -> the telling headers of each of its forms, as its files write them. From files in public
# repositories, and the open data of the SBA, OSHA and the cities.
FORMS: Sequence[tuple[str, Sequence[str]]] = (
    (
        "ReferenceUSA (Data Axle)",
        (
            "ZIP Four|Location Type|Firm or Individual",
            "Address|ZIP Code|Location Employee Size Range|Location Sales Volume Range",
        ),
    ),
    (
        "Salesgenie (Data Axle)",
        (
            "Location Address|Location Employee Size Range",
            "Mailing Address|Location Employee Size Range",
            "Location Address|IUSA Number",
            "Mailing Address|IUSA Number",
            "Date List Produced|Record Expiration Date",
        ),
    ),
    (
        "Salesgenie Canada (Data Axle)",
        ("Province|Location Number of Employees|Location Sales Volume",),
    ),
    (
        "Infogroup Historic (Data Axle)",
        (
            "LOCATION EMPLOYEE SIZE CODE|LOCATION SALES VOLUME CODE",
            "ABI|EMPLOYEE SIZE (5) - LOCATION",
        ),
    ),
    ("D&B Hoovers", ("D-U-N-S® Number|Employees (Single Site)",)),
    ("Mergent Intellect (D&B)", ("D-U-N-S Number|Employees (This Site)",)),
    (
        "ZoomInfo",
        ("ZoomInfo Company ID", "Company HQ Phone|Employee Range|Revenue Range (in USD)"),
    ),
    ("Apollo", ("Apollo Account Id", "# Employees|Company Address|Person Linkedin Url")),
    ("LinkedIn export", ("linkedin employees", "linkedin company employee count")),
    ("Crunchbase", ("Organization Name|Headquarters Location|Number of Employees",)),
    ("Google Maps (Outscraper)", ("full_address|subtypes|place_id",)),
    ("Overture Maps Places", ("names.primary|categories.primary",)),
    ("SBA PPP loans, from 2021", ("BorrowerName|BorrowerAddress|JobsReported",)),
    ("SBA PPP loans, 2020", ("BusinessName|JobsRetained|LoanRange",)),
    ("OSHA injury tracking", ("establishment_name|annual_average_employees",)),
    ("Chicago licences", ("LEGAL NAME|DOING BUSINESS AS NAME|LICENSE STATUS",)),
    ("San Francisco registrations", ("Ownership Name|DBA Name|Source Zipcode",)),
    ("New York City licences", ("Business Name 2|Address Building|Address Street Name",)),
    ("Delaware licences", ("Business name|Trade name|Address 1|License number",)),
)


def recognise_vendor(headers: Sequence[str]) -> str:
    """Whose form those headers are, "" where no form of the table is."""
    there = {*map(_letters, headers)}
    fitting = [(len(telling), vendor) for vendor, telling in _forms() if telling <= there]
    return max(fitting, key=lambda one: one[0], default=(0, ""))[1]


@cache
def _forms() -> Sequence[tuple[str, frozenset[str]]]:
    """Each form by the letters of its telling headers, in the table's order."""
    return [
        (vendor, frozenset(map(_letters, form.split("|"))))
        for vendor, forms in FORMS
        for form in forms
    ]


def _letters(header: str) -> str:
    """The plain words of a header in one: "BorrowerName" and "BORROWERNAME" are the same."""
    return plain_header(header).replace(" ", "")
