"""When a list was made and until when it may be used, as the list itself says it."""

import io
from datetime import date

import pytest

from app.lists.read import from_rows, open_list
from app.lists.terms import ListTerms, read_terms

GENIE = (
    "Company Name,Location Address,Location City,Location State,IUSA Number,Date List Produced,"
    "Record Expiration Date\n"
)
ROW = "A,1 Main St,Springfield,MA,1,{},{}\n"
AXLE = "Salesgenie (Data Axle)"


def terms(text, **chosen):
    return read_terms(open_list(io.BytesIO(text.encode()), **chosen))


def test_data_axle_s_columns_are_its_terms():
    found = terms(GENIE + 3 * ROW.format("1/5/2026", "07/04/2026"))
    assert found == ListTerms(AXLE, date(2026, 1, 5), date(2026, 7, 4))


def test_the_earliest_end_holds_where_rows_differ_and_it_is_said():
    rows = ROW.format("1/5/2026", "9/1/2026") + ROW.format("1/5/2026", "2026-07-04")
    found = terms(GENIE + rows + ROW.format("1/5/2026", ""))
    assert found.expires == date(2026, 7, 4)
    (note,) = found.notes
    assert note == (
        "rows differ in 'Record Expiration Date', from 2026-07-04 to 2026-09-01: the earliest "
        "holds for the list"
    )


def test_a_month_ends_with_its_last_day():
    assert terms(GENIE + ROW.format("", "Feb 2028")).expires == date(2028, 2, 29)


def test_what_is_no_day_is_said_and_leaves_it_open():
    found = terms(GENIE + ROW.format("soon", "NA"))
    assert (found.ordered, found.expires) == (None, None)
    assert found.notes == ("'Date List Produced' is no day in 1 row (such as 'soon')",)


@pytest.mark.parametrize("header", ["List Expiration Date", "LIST_EXPIRES", "List Use Until"])
def test_any_list_may_say_it_of_itself(header):
    found = terms(f"Firm,City,State,{header}\nA,Springfield,MA,2026-07-04\n")
    assert found == ListTerms("", None, date(2026, 7, 4))


@pytest.mark.parametrize("header", ["License Expiration Date", "Record Expiration Date", "Expires"])
def test_a_firm_s_own_licence_is_none_of_the_list(header):
    """Who else has a record's end means the firm's, but for Data Axle."""
    text = f"Firm,City,State,{header}\nA,Springfield,MA,2026-07-04\n"
    assert terms(text) == ListTerms("")


def test_rows_of_json_have_terms_too():
    rows = [{"firm": "A", "city": "Springfield", "state": "MA", "list expires": "2026-07-04"}]
    assert read_terms(from_rows(rows)).expires == date(2026, 7, 4)


def test_a_long_list_is_read_to_its_end():
    many = 50_001 * ROW.format("1/5/2026", "9/1/2026") + ROW.format("1/5/2026", "7/4/2026")
    assert terms(GENIE + many).expires == date(2026, 7, 4)
