"""Which columns say things of a person: by whole headers, and none that is about the firm."""

import pytest

from app.lists.sensitive import sensitive_headers
from tests.shared import DATA, needs_data

OF_PERSONS = {
    "race": "Race|RACE|OwnersRace|Owner's Race|Executive Race",
    "ethnicity": "Ethnicity|Executive Ethnicity|Executive Ethnicity 1|Ethnicity Code",
    "gender": "Gender|Contact Gender|Gender Code|Executive Gender 2|CEO Gender|sex|contact_gender",
    "veteran status": "Veteran|Veteran Status|Borrower Veteran Status",
    "religion": "Religion|Contact Religion",
    "disability": "Disability|Disability Status|Self-Identified Disability",
    "date of birth": "Date of Birth|DOB|Contact Date Of Birth|BirthDate|Birthday|Owner DOB",
    "age": "Owner Age|Executive Age Range|Age Group",
    "marital status": "Marital Status|Contact Marital Status|Number of Children",
    "national origin": "Nationality|National Origin",
    "identity number": "SSN|Owner SSN|Social Security Number",
}
# Of firms, or of no person at all.
OTHERS = (
    "Gender reveal parties|Minority Owned|Woman Owned|Women-Owned|Veteran Owned|VeteranOwned|"
    "Service-Disabled Veteran Owned|Female Owned|Woman Owned Business Enterprise|Race Track|"
    "Age|Business Age|Income|Company|Veterans Services|Religious Organization|Denomination|"
    "Executive Title|Executive First Name|Contact|Owner|Birth Center|Children|Party Supplies|"
    "Employees|Sex Shop Permit|NonProfit|Years in Business|Handicap Access|Member Since"
)


@pytest.mark.parametrize(
    ("header", "what"),
    [(one, what) for what, some in OF_PERSONS.items() for one in some.split("|")],
)
def test_what_is_said_of_a_person(header, what):
    assert sensitive_headers(["Company", header]) == {header: what}


def test_what_is_said_of_a_firm_stays():
    assert sensitive_headers(OTHERS.split("|")) == {}


def test_the_sba_s_files_have_four():
    """As data.sba.gov has the loans from 2021."""
    headers = [
        *("LoanNumber", "DateApproved", "BorrowerName", "BorrowerAddress", "BorrowerCity"),
        *("BorrowerState", "BorrowerZip", "Term", "BusinessAgeDescription", "JobsReported"),
        *("NAICSCode", "Race", "Ethnicity", "BusinessType", "Gender", "Veteran", "NonProfit"),
    ]
    assert [*sensitive_headers(headers)] == ["Race", "Ethnicity", "Gender", "Veteran"]


@needs_data
@pytest.mark.parametrize("path", sorted((DATA / "lists").glob("*.csv")), ids=lambda one: one.name)
def test_real_lists_of_firms_have_none(path):
    headers = path.read_text(encoding="utf-8-sig").splitlines()[0].split(",")
    assert sensitive_headers(headers) == {}
