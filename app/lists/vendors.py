"""The vendors of lists, exports and public registers, and their dialects: one table.

A form is recognised by its headers where all of its telling ones are there, in any order and case
and beside any others. Of several that are, the one with the most telling headers is the list's, of
as many the first of the table. Somebody may say instead whose list it is.

What a vendor alone writes so is read in its lists only: letters for bands of sizes, which mean
other bands at another vendor, and the columns that say when the list was made and until when it may
be used. What any list may say is in `vocabulary`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from app.errors import BadQuestion
from app.lists.vocabulary import plain_header

type Letters = Mapping[str, str]  # a letter -> its band


def _letter_bands(bands: str) -> Letters:
    """The bands of A, B, C and so on."""
    return MappingProxyType(dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", bands.split(), strict=False)))


# Inclusive; sales in USD. Data Axle's: studylib.net/doc/16063101; LinkedIn's, whose A is the
# self-employed: learn.microsoft.com, "Company Size Codes" of its API.
_AXLE_LETTERS: Mapping[str, Letters] = MappingProxyType({
    "employees": _letter_bands(
        "1-4 5-9 10-19 20-49 50-99 100-249 250-499 500-999 1000-4999 5000-9999 10000+"
    ),
    "sales": _letter_bands(
        "<500K 0.5-1M 1-2.5M 2.5-5M 5-10M 10-20M 20-50M 50-100M 100-500M 500M-1B >1B"
    ),
})  # fmt: skip
_LINKEDIN_LETTERS: Mapping[str, Letters] = MappingProxyType({
    "employees": _letter_bands("1 1-10 11-50 51-200 201-500 501-1000 1001-5000 5001-10000 10001+")
})  # fmt: skip


@dataclass(frozen=True)
class Vendor:
    """One vendor.

    forms: the telling headers of each, as its files write them. letters: size -> its letters.
    ordered, expires: the headers of the day a list was made, and of the last one it may be used.
    """

    name: str
    forms: Sequence[str] = ()
    letters: Mapping[str, Letters] = field(default_factory=dict, repr=False)
    ordered: str = ""
    expires: str = ""


NO_VENDOR = Vendor("")


def _data_axle(name: str, *forms: str) -> Vendor:
    """One of the names under which Data Axle, once InfoUSA and Infogroup, sells its lists."""
    return Vendor(name, forms, _AXLE_LETTERS, "Date List Produced", "Record Expiration Date")


# From files in public repositories, and the open data of the SBA, OSHA and the cities.
VENDORS: Sequence[Vendor] = (
    _data_axle("Data Axle"),  # told by no header, said by people
    _data_axle(
        "ReferenceUSA (Data Axle)",
        "ZIP Four|Location Type|Firm or Individual",
        "Address|ZIP Code|Location Employee Size Range|Location Sales Volume Range",
    ),
    _data_axle(
        "Salesgenie (Data Axle)",
        "Location Address|Location Employee Size Range",
        "Mailing Address|Location Employee Size Range",
        "Location Address|IUSA Number",
        "Mailing Address|IUSA Number",
        "Date List Produced|Record Expiration Date",
    ),
    _data_axle(
        "Salesgenie Canada (Data Axle)",
        "Province|Location Number of Employees|Location Sales Volume",
    ),
    _data_axle(
        "Infogroup Historic (Data Axle)",
        "LOCATION EMPLOYEE SIZE CODE|LOCATION SALES VOLUME CODE",
        "ABI|EMPLOYEE SIZE (5) - LOCATION",
        "LOCATION EMPLOYEE SIZE CODE|ABI",
    ),
    Vendor("D&B Hoovers", ("D-U-N-S® Number|Employees (Single Site)",)),
    Vendor("Mergent Intellect (D&B)", ("D-U-N-S Number|Employees (This Site)",)),
    Vendor(
        "ZoomInfo",
        (
            "ZoomInfo Company ID",
            "Company HQ Phone|Employee Range|Revenue Range (in USD)",
        ),
    ),
    Vendor(
        "Apollo",
        (
            "Apollo Account Id",
            "# Employees|Company Address|Person Linkedin Url",
        ),
    ),
    Vendor(
        "LinkedIn export",
        (
            "linkedin employees",
            "linkedin company employee count",
        ),
        letters=_LINKEDIN_LETTERS,
    ),
    Vendor("Crunchbase", ("Organization Name|Headquarters Location|Number of Employees",)),
    Vendor("Google Maps (Outscraper)", ("full_address|subtypes|place_id",)),
    Vendor("Overture Maps Places", ("names.primary|categories.primary",)),
    Vendor("SBA PPP loans, from 2021", ("BorrowerName|BorrowerAddress|JobsReported",)),
    Vendor("SBA PPP loans, 2020", ("BusinessName|JobsRetained|LoanRange",)),
    Vendor("OSHA injury tracking", ("establishment_name|annual_average_employees",)),
    Vendor("Chicago licences", ("LEGAL NAME|DOING BUSINESS AS NAME|LICENSE STATUS",)),
    Vendor("San Francisco registrations", ("Ownership Name|DBA Name|Source Zipcode",)),
    Vendor("New York City licences", ("Business Name 2|Address Building|Address Street Name",)),
    Vendor("Delaware licences", ("Business name|Trade name|Address 1|License number",)),
)


def recognise_vendor(headers: Sequence[str]) -> Vendor:
    """Whose form those headers are, `NO_VENDOR` where no form of the table is."""
    there = {*map(_joined_words, headers)}
    fitting = [(len(telling), vendor) for vendor, telling in _forms() if telling <= there]
    return max(fitting, key=lambda one: one[0], default=(0, NO_VENDOR))[1]


def find_vendor(said: str, source: str = "") -> Vendor:
    """The vendor of that name, or the only one with that in its name.

    Raises BadQuestion, which names those that there are, for none or several; `source` is what it
    calls the file that says so.
    """
    wanted = said.casefold().strip()
    fits = [one for one in VENDORS if wanted in one.name.casefold()]
    exact = [one for one in fits if wanted == one.name.casefold()]
    if len(exact or fits) == 1:
        return (exact or fits)[0]
    trouble = "may be several: they are" if fits else "is none we know: they are"
    names = ", ".join(one.name for one in fits or VENDORS)
    begin = f"{source}: vendor" if source else "vendor"
    raise BadQuestion(f"{begin} {said!r} {trouble} {names}", field="vendor")


def vendors_with_letters(sizes: Collection[str]) -> Sequence[str]:
    """Those whose lists have letters for all these sizes, each dialect by its first name."""
    able = [one for one in VENDORS if {*sizes} <= one.letters.keys()]
    return [*{id(one.letters): one.name for one in reversed(able)}.values()][::-1]


@cache
def _forms() -> Sequence[tuple[Vendor, frozenset[str]]]:
    """Each form by the letters of its telling headers, in the table's order."""
    return [
        (vendor, frozenset(map(_joined_words, form.split("|"))))
        for vendor in VENDORS
        for form in vendor.forms
    ]


def _joined_words(header: str) -> str:
    """The plain words of a header in one: "BorrowerName" and "BORROWERNAME" are the same."""
    return plain_header(header).replace(" ", "")
