"""The firm's own books: what is read, put together, and said of it."""

from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clients.books import read_clients
from app.errors import BadList
from app.lists.amounts import parse_flag, parse_money
from app.lists.read import from_rows
from app.lists.vocabulary import CLIENTS, month_of


def clients(*rows, needs="revenue", columns=None):
    return read_clients(from_rows(rows, vocabulary=CLIENTS, columns=columns), needs=needs)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$1,234.56", 1234.56),
        ("USD 12,000", 12000),
        ("(1,234)", -1234),
        ("-$50", -50),
        ("1,234-", -1234),
        ("\u22121,234", -1234),
        ("12k", 12_000),
        ("1.2M", 1_200_000),
        ("1 234,50", 1234.5),
        ("1'234.50", 1234.5),
        ("$95/h", 95),
        ("1e3", 1000),
        ("1.5", 1.5),
        ("0", 0),
        ("1e12", 1e12),
    ],
)
def test_amounts_as_people_write_them(text, amount):
    assert parse_money([text])[text] == amount


@pytest.mark.parametrize("text", ["", "n/a", "tbd", "ask Bob", "12 apples", "1-2", "$", "1e308"])
def test_what_is_no_amount_is_unknown(text):
    """Never 0: nothing paid and not known are different."""
    assert isnan(parse_money([text])[text])


def test_a_decimal_comma_anywhere_makes_single_dots_thousands():
    """1.234 is a thousand and more where the column has 1.234,56, and little more than 1 alone."""
    assert parse_money(["1.234,56 €", "1.234"])["1.234"] == 1234
    assert parse_money(["1.234"])["1.234"] == 1.234


@given(st.floats(-1e9, 1e9).map(lambda x: round(x, 2)))
def test_amounts_come_back_from_every_spelling(amount):
    """US, plain and European spellings of one amount are that amount."""
    us = f"${amount:,.2f}"
    european = us.replace(",", "_").replace(".", ",").replace("_", ".").replace("$", "")
    for text in (us, f"{amount:.2f}", european):
        assert parse_money([text])[text] == pytest.approx(amount, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *[("Yes", True), ("x", True), ("not yet", False), ("No", False), ("late", False)],
        *[("?", None), ("N/A", None), ("not sure", None), ("No idea", None), ("On hold", None)],
        *[("T&M", None), ("On time", True), ("0", False), ("Lost", False), ("churned 2024", False)],
    ],
)
def test_yes_and_no(text, said):
    assert parse_flag(text) is said


@pytest.mark.parametrize(
    ("header", "month"),
    [
        ("Jan 2026", (2026, 1)),
        ("2026-02", (2026, 2)),
        ("March", (0, 3)),
        ("Sept 25", (2025, 9)),
        ("September 2025", (2025, 9)),
        ("Dec-25", (2025, 12)),
        ("04/2026", (2026, 4)),
        ("2026-01-31", (2026, 1)),
        ("2026-01-31 00:00:00", (2026, 1)),
        ("1/31/2026", (2026, 1)),
        ("31/01/2026", (2026, 1)),
        ("31.01.26", (2026, 1)),
        ("2/1/2026 0:00", (2026, 2)),
        ("Jan 31, 2026", (2026, 1)),
        ("31 January 2026", (2026, 1)),
        ("31-Jan-26", (2026, 1)),
        ("13/13/2026", None),
        ("2026-13-01", None),
        ("0/5/2026", None),
        ("Marketing", None),
        ("2026", None),
        ("May be", None),
    ],
)
def test_headers_of_single_months(header, month):
    assert month_of(header) == month


def test_revenue_is_by_the_year_or_by_the_month():
    """$24,000 a year is $2,000 a month."""
    assert clients({"client": "A", "revenue": "$24,000"}).income[0] == 2000
    assert clients({"client": "A", "monthly revenue": "$2,000"}).income[0] == 2000


def test_single_months_make_their_mean():
    """Of thirteen the last twelve, blanks as 0: (100 + 500) / 12 = 50. No month at all: unknown."""
    months = {f"2025-{m:02}": "" for m in range(1, 13)} | {"2026-01": "500"}
    paid, unpaid = {**months, "2025-01": "9999", "2025-06": "100"}, months | {"2026-01": ""}
    books = clients({"client": "A", **paid}, {"client": "B", **unpaid})
    assert books.income[0] == 50
    assert isnan(books.income[1])
    assert any("mean of 12 months" in note for note in books.notes)


@pytest.mark.parametrize(
    ("headers", "income"),
    [
        (("1/31/2026", "2/28/2026"), 200),  # the ends of months
        (("31.01.2026", "28.02.2026"), 200),
        (("01/01/2026", "01/02/2026"), 200),  # the first of January and of February
        (("1/1/2026", "2/1/2026"), 200),
    ],
)
def test_months_headed_by_dates(headers, income):
    first, second = headers
    row = {"client": "A", first: 100, second: 300}
    assert clients(row).income[0] == income


def test_weeks_are_no_months():
    row = {"client": "A", "2026-01-05": 100, "2026-01-12": 300, "2026-02-02": 100}
    with pytest.raises(BadList, match="no column for revenue"):
        clients(row)


def test_a_client_s_own_sales_are_not_what_it_pays_us():
    """In books "Revenue" is ours; "Sales" is the client's, as in any list."""
    books = clients({"client": "A", "revenue": 1200, "sales": "$2.4 Million"})
    assert books.income[0] == 100
    assert books.who.sales.low[0] == 2_400_000


def test_hours_and_visits_by_the_year_are_made_monthly():
    books = clients({"client": "A", "revenue": 12, "hours per year": 24, "visits per year": 6})
    assert books.hours[0] == 2
    assert books.visits[0] == 0.5


def test_times_and_numbers_with_their_units():
    """90 min of driving are 1:30; 2.5 hours are 2:30; two visits are 2."""
    books = clients(
        {
            "client": "A",
            "revenue": 1,
            "drive time": "12 min",
            "hours": "2.5 hours",
            "visits": "2 visits",
        },
        {"client": "B", "revenue": 1, "drive time": "1:30", "hours": "2:30", "visits": 2},
    )
    assert books.drive.tolist() == [12, 90]
    assert books.hours.tolist() == [2.5, 2.5]
    assert books.visits.tolist() == [2, 2]


def test_recurring_as_a_percentage_is_of_the_income():
    """Half of $24,000 a year is $1,000 a month."""
    row = {"client": "A", "revenue": 24_000, "recurring": "50 %"}
    assert clients(row).recurring[0] == 1000


def test_plain_headers_are_said_to_be_of_a_month():
    books = clients({"client": "A", "revenue": 12, "hours": 2})
    assert any("'hours' is read as hours, of one month" in note for note in books.notes)


def test_rows_of_one_client_are_added_up():
    """Inc. and case don't make another client: 600 + 1,200 a year, 3 h + 1 h a month."""
    books = clients(
        {"client": "Stone & Sons, Inc.", "revenue": 600, "hours": 3, "address": "1 Main St"},
        {"client": "STONE & SONS", "revenue": 1200, "hours": 1, "computers": 12},
        {"client": "Other", "revenue": 5},
    )
    assert list(books.who.name) == ["Other", "Stone & Sons, Inc."]
    assert books.income[1] == 150
    assert books.hours[1] == 4
    assert books.who.computers.low[1] == 12
    assert books.who.addresses.line[1] == "1 Main St"
    assert books.rows[1] == (1, 2)
    assert any("put together" in note and "Stone & Sons" in note for note in books.notes)


def test_a_row_repeated_word_for_word_counts_once():
    """A list exported twice must not double what everybody pays."""
    row = {"client": "A", "revenue": 1200}
    books = clients(row, row)
    assert books.income.tolist() == [100]
    assert books.rows[0] == (1, 2)
    assert any("counted once" in note for note in books.notes)


def test_one_name_at_two_addresses_stays_two_clients():
    books = clients(
        {"client": "Corner Shop", "revenue": 12, "address": "1 Main St", "zip": "00101"},
        {"client": "Corner Shop", "revenue": 24, "address": "9 Oak St", "zip": "00102"},
    )
    assert sorted(books.income) == [1, 2]
    assert any("kept apart" in note for note in books.notes)


def test_clients_without_a_name_stay_apart():
    assert len(clients({"client": "", "revenue": 1}, {"client": "", "revenue": 2})) == 2


def test_what_can_t_be_read_is_said():
    books = clients({"client": "A", "revenue": "ask Bob"}, {"client": "B", "revenue": "12"})
    assert isnan(books.income[0])
    assert any("revenue not readable in 1 row" in n and "ask Bob" in n for n in books.notes)


def test_status_and_column_say_who_is_active():
    books = clients(
        {"client": "A", "revenue": 1, "status": "Inactive"},
        {"client": "B", "revenue": 1, "active": "yes"},
        {"client": "C", "revenue": 1},
    )
    assert list(books.active) == [False, True, None]


def test_a_list_without_revenue_names_what_was_looked_for():
    with pytest.raises(BadList, match=r"'revenue'.*'client'.*revenue=HEADER"):
        clients({"client": "A", "address": "1 Main St"})


def test_two_columns_that_claim_one_meaning_have_to_be_told_apart():
    row = {"client": "A", "revenue": 12, "billed": 24}
    with pytest.raises(BadList, match="both claim revenue"):
        clients(row)
    assert clients(row, columns={"revenue": "billed"}).income[0] == 2


def test_no_address_is_no_error():
    """Books need not say where a client is; rented lists must."""
    assert len(clients({"client": "A", "revenue": 12})) == 1


SEVERAL = [
    {"client": name, "revenue": pay, "hours": pay / 100, "address": line, "zip": "00101"}
    for name, pay, line in [
        ("Stone, Inc.", 0.1, ""),
        ("stone", 0.2, "1 Main St"),
        ("STONE", 0.3, ""),
        ("Corner", 12, "1 Main St"),
        ("Corner", 24, "9 Oak St"),
        ("", 5, ""),
        ("", 6, ""),
    ]
]


@given(st.permutations(SEVERAL))
def test_permuting_rows_changes_nothing(shuffled):
    """Names, sums and order are the same whatever the order of the rows."""
    first, again = clients(*SEVERAL), clients(*shuffled)
    assert list(again.who.name) == list(first.who.name)
    assert again.income.tolist() == first.income.tolist()
    assert list(again.who.addresses.line) == list(first.who.addresses.line)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Stone & Sons, Inc.", "STONE SONS"), ("O'Neil Co", "ONeil"), ("The Mill LLC", "Mill")],
)
def test_names_that_are_one(one, other):
    assert len(clients({"client": one, "revenue": 1}, {"client": other, "revenue": 2})) == 1


def test_a_name_that_is_only_a_legal_form_stays_itself():
    rows = [{"client": name, "revenue": 1} for name in ("Limited", "Company")]
    assert len(clients(*rows)) == 2


def test_a_row_of_sums_is_no_client():
    """Named, named after a client, or nameless and the sum of the others."""
    rows = [{"client": name, "revenue": pay} for name, pay in [("A", 12), ("B", 24), ("C", 36)]]
    for name, pay in [("Grand Total", 72), ("Totals:", 0), ("Total A", 12), ("", 72)]:
        books = clients(*rows, {"client": name, "revenue": pay})
        assert books.income.tolist() == [1, 2, 3], name
        assert any("row 4" in note and "no client" in note for note in books.notes)
    assert len(clients(*rows, {"client": "", "revenue": 5})) == 4
    assert len(clients(*rows, {"client": "Total Care", "revenue": 5})) == 4
    unpaid = [{"client": name, "revenue": 0} for name in ("A", "B", "")]
    assert len(clients(*unpaid)) == 3


def test_rows_behind_a_row_of_sums_keep_their_numbers():
    books = clients({"client": "Total", "revenue": 12}, {"client": "A", "revenue": 12})
    assert books.rows == [(2,)]


def test_equal_entries_of_a_ledger_are_both_paid():
    """Two invoices of $600 and one of $1,200: $200 a month."""
    entries = [{"client": "A", "amount": pay} for pay in (600, 600, 1200)]
    assert clients(*entries).income.tolist() == [200]


def test_dots_part_thousands_where_every_amount_says_so():
    """12.000 beside 8.500 are thousands; beside 8.5 it is 12, and in one column as in another."""
    rows = [{"client": "A", "revenue": "12.000", "travel fee": "40"}]
    books = clients(*rows, {"client": "B", "revenue": "8.500"})
    assert books.income.tolist() == pytest.approx([1000, 8500 / 12])
    assert any("parting thousands" in note and "12.000" in note for note in books.notes)
    assert clients(*rows, {"client": "B", "revenue": "8.5"}).income[0] == 1
    assert clients(*rows, {"client": "B", "travel fee": "12,50 €"}).income[0] == 1000


def test_single_months_win_over_a_column_called_total():
    """Unless somebody says which column it is."""
    row = {"client": "A", "Jan 2026": 100, "Feb 2026": 300, "Total": 400}
    assert clients(row).income[0] == 200
    assert clients(row, columns={"revenue": "Total"}).income[0] == pytest.approx(400 / 12)


def test_months_to_come_are_no_months_without_pay():
    row = {"client": "A", "Jan 2026": 100, "Feb 2026": "", "Mar 2026": 200, "Apr 2026": ""}
    assert clients(row).income[0] == 100


def test_recurring_as_a_spreadsheet_s_share():
    """40 % comes out of a workbook as 0.4; beside 1200 it is an amount."""
    half, most = (
        {"client": n, "revenue": 12_000, "recurring": r} for n, r in [("A", 0.4), ("B", 1)]
    )
    assert clients(half, most).recurring.tolist() == [400, 1000]
    assert clients(half, {**most, "recurring": 1200}).recurring[1] == 100


@pytest.mark.parametrize("status", ["Former", "Lost", "Churned", "Past client", "Archived"])
def test_a_status_says_who_is_gone(status):
    assert list(clients({"client": "A", "revenue": 1, "status": status}).active) == [False]


def test_hours_below_0_are_unknown_and_said():
    books = clients({"client": "A", "revenue": 1, "hours": -3, "visits": 2})
    assert isnan(books.hours[0])
    assert any("hours below 0, read as unknown, in 1 row" in note for note in books.notes)
