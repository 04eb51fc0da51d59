"""Which rows have closed, by which words, flags and days; and whose licence ran out."""

import pytest

from app.lists.dates import last_day, parse_day
from tests.lists.test_read import only, opened, read


@pytest.mark.parametrize(
    "text",
    """2019-12-31|12/31/2019|12/31/2019 12:00:00 AM|12/31/19|12/31/19 0:00|31-Dec-2019|31-Dec-19
31/12/2019|December 31, 2019|Dec 31, 2019|Dec. 31st, 2019|31st of December 2019|Dec 31 '19|20191231
2019/12/31|43830|43830.0|31.12.2019|12-31-2019|2019-12-31T00:00:00.000|2019-12-31Z|12312019
Tue, 31 Dec 2019 00:00:00 GMT|31DEC2019:00:00:00|Dec 31 2019 12:00AM|1577750400000|1577750400
2019 Dec 31""".replace("\n", "|").split("|"),
)
def test_a_day_in_any_spelling(text):
    assert parse_day(text) == "2019-12-31"


@pytest.mark.parametrize(
    ("text", "expected", "last"),
    [
        ("3/5/19 0:00", "2019-03-05", "2019-03-05"),
        ("2019", "2019", "2019-12-31"),
        ("2019.0", "2019", "2019-12-31"),
        ("Feb-20", "2020-02", "2020-02-29"),
        ("02/2020", "2020-02", "2020-02-29"),
        ("202002", "2020-02", "2020-02-29"),
        ("9999-12-31", "9999-12-31", "9999-12-31"),
    ],
)
def test_what_of_a_day_is_said(text, expected, last):
    """A year or month ends with its last day."""
    assert parse_day(text) == expected
    assert last_day(expected) == last


@pytest.mark.parametrize(
    "text", ["", "0", "0000-00-00", "1900-01-01", "1/1/1900 0:00", "-62135596800000"]
)
def test_a_day_that_stands_for_none(text):
    assert parse_day(text) == ""


@pytest.mark.parametrize(
    "text", ["soon", "45/45/2020", "2021-02-29", "deceased 2019", "12", "5.5", "9" * 20, "1/2"]
)
def test_what_is_no_day(text):
    assert parse_day(text) is None


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        *(("Status", word) for word in ("Withdrawn", "Forfeited", "Lapsed", "Not Active", "INACT")),
        *(("Status", word) for word in ("Admin Dissolved", "Cancelled", "Void", "Merged Out")),
        *(
            ("Status", word)
            for word in ("Gone Out of Business", "No longer operating", "Non-active")
        ),
        *((header, "Dissolved") for header in ("Entity Status", "Lic. Status", "Corp Status")),
        *(
            (header, "Dissolved")
            for header in ("Status Description", "REGISTRATION_STATUS", "Standing")
        ),
        ("business_status", "CLOSED_PERMANENTLY"),
        ("Closed", "Permanently closed"),
        ("Active", "Inactive"),
    ],
)
def test_words_that_close_are_the_reason(header, cell):
    assert read(f"Address,{header}\n1 Main St,{cell}\n").closed == [cell]


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        *(
            ("Status", word)
            for word in ("Active", "Issued", "Good Standing", "Delinquent", "Pending")
        ),
        *(("Status", word) for word in ("Closed for season", "Seasonally closed", "Not expired")),
        *(
            ("Status", word)
            for word in ("Temporarily Closed", "Closed for remodeling", "Reinstated")
        ),
        *(("Status", word) for word in ("Closed Sundays", "Not in good standing")),
        ("Status Date", "Dissolved"),
        ("Marital Status", "Dissolved"),
        ("temporarilyClosed", "true"),
        ("permanentlyClosed", "false"),
        ("Closed", "No"),
        ("IsActive", "1"),
        ("Active Licenses", "0"),
        ("Contract Termination Date", "1/1/2001"),
        ("Record Expiration Date", "1/1/2001"),
    ],
)
def test_what_closes_nobody(header, cell):
    found = only(opened(f"Address,{header}\n1 Main St,{cell}\n"))
    assert (found.closed, found.licence_ends) == ([""], [""])


@pytest.mark.parametrize(
    ("header", "cell", "closed"),
    [
        ("permanentlyClosed", "true", "closed"),
        ("Is Closed?", "Y", "closed"),
        ("OOB", "x", "closed"),
        ("Inactive", "1", "closed"),
        ("IsActive", "false", "not active"),
        ("Active (Y/N)", "N", "not active"),
        ("In Business", "no", "not active"),
        *((header, "3/5/19 0:00", "2019-03-05") for header in (
            *("Close Date", "Date Closed", "Location End Date", "Business End Date", "OOB Date"),
            *("Date of Dissolution", "DISSOLUTION_DATE", "Cancellation Date"),
            *("Date Business Closed", "Withdrawal Date", "Inactive Date", "closedOn"),
            "Account Closed Date",
        )),
    ],
)  # fmt: skip
def test_flags_and_days_that_close(header, cell, closed):
    assert read(f"Address,{header}\n1 Main St,{cell}\n").closed == [closed]


@pytest.mark.parametrize(
    "header",
    """License Expiration Date|Lic Exp Date|Licence Expiry|Expiration Date|Expires On|Exp. Date|
ExpiredDate|Valid Until|License End Date|License Term Expiration Date|Permit Expiration|
Business License Expiration|Registration Expiration Date|License Valid Through|EXPIRATION_DT
""".replace("\n", "").split("|"),
)
def test_the_end_of_a_licence_is_no_closing(header):
    found = read(f"Address,{header}\na,12/31/2025\nb,2025\nc,Perpetual\n")
    assert found.licence_ends == ["2025-12-31", "2025-12-31", ""]
    assert found.closed == ["", "", ""]


def test_days_that_can_not_be_read_are_counted():
    """In rows; what says that there is no end is read."""
    found = opened(
        "Address,Date Closed,License Expiration Date\na,soon,later\nb,soon,\nc,Open,None\n"
        "d,,12/31/2099\n"
    )
    assert "closing date not readable in 2 rows (such as 'soon')" in found.notes
    assert "end of the licence not readable in 1 row (such as 'later')" in found.notes


def test_any_of_several_columns_closes():
    found = read("Address,License Status,Entity Status,End Date\na,Active,Dissolved,1/2/2020\n")
    assert found.closed == ["Dissolved 2020-01-02"]
