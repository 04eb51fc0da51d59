"""Reports as accounting programs export them: who the clients are, and what each pays a month.

The forms are those of the programs' help pages and of readers of their exports in public
repositories; the firms are invented.
"""

import io

import openpyxl
import pytest

from app.clients.books import read_clients
from app.errors import BadList
from app.lists.read import from_rows, open_list
from app.lists.vocabulary import CLIENTS


def read_books(text, needs="revenue", **columns):
    data = text if isinstance(text, bytes) else text.encode()
    return read_clients(
        open_list(io.BytesIO(data), vocabulary=CLIENTS, columns=columns), needs=needs
    )


def paid(text, **columns):
    """USD a month by client, to a cent."""
    books = read_books(text, **columns)
    pay = [round(income, 2) for income in books.income.tolist()]
    return dict(zip(books.who.name, pay, strict=True))


QBO_SUMMARY = """Sales by Customer Summary,
Lakeside IT LLC,
"January - {last}, 2025",

,Total
Pine Dental,"24,000.00"
Elm Law,"18,500.00"
Oak Foods,"6,250.00"
   Warehouse,"1,250.00"
Total Oak Foods,"7,500.00"
Not Specified,50.00
TOTAL,"$50,050.00"


"Accrual Basis  Friday, January 2, 2026 09:12 AM GMT-05:00",
"""


class TestQuickBooksOnline:
    """Reports > Sales by Customer Summary and Detail, exported to CSV."""

    def test_a_sub_customer_stands_beside_a_client_with_figures_of_its_own(self):
        """6,250 a year of its own, 1,250 of its warehouse; their sum of 7,500 is neither's."""
        books = read_books(QBO_SUMMARY.format(last="December"))
        names = ["Elm Law", "Oak Foods", "Oak Foods / Warehouse", "Pine Dental"]
        assert list(books.who.name) == names
        assert books.income.tolist() == pytest.approx([18500 / 12, 6250 / 12, 1250 / 12, 2000])

    def test_a_period_in_the_title_is_not_a_year(self):
        """24,000 in six months are 4,000 a month."""
        assert paid(QBO_SUMMARY.format(last="June"))["Pine Dental"] == 4000

    def test_a_column_a_month(self):
        """A quarter: 1,000 a month; a blank month is one without pay."""
        text = (
            'Lakeside IT,,,,\nSales by Customer Summary,,,,\n"January - March, 2025",,,,\n\n'
            ",Jan 2025,Feb 2025,Mar 2025,Total\n"
            'Pine,"1,000.00","1,000.00","1,000.00","$3,000.00"\nElm,,600.00,,$600.00\n'
            'TOTAL,"$1,000.00","$1,600.00","$1,000.00","$3,600.00"\n'
        )
        assert paid(text) == {"Pine": 1000, "Elm": 200}

    DETAIL = (
        '"Lakeside IT, LLC",,,,,\nSales by Customer Detail,,,,,\n"July 1-December 31, 2025",,,,,\n'
        ",Transaction date,Transaction type,Product/Service full name,Amount,Balance\n"
        "Oak Foods,,,,,\n,07/01/2025,Invoice,Support,600.00,600.00\n   Warehouse,,,,,\n"
        ",07/05/2025,Invoice,Support,300.00,300.00\n   Total for Warehouse,,,,$300.00,\n"
        "Total for Oak Foods with sub-customers,,,,$900.00,\nElm Law,,,,,\n"
        ',08/01/2025,Invoice,Project,"1,200.00","1,200.00"\n'
        ",08/15/2025,Credit Memo,Project,-200.00,1000.00\n"
        'Total for Elm Law,,,,"$1,000.00",\nTOTAL,,,,"$1,900.00",\n\n'
        '"Friday, January 02, 2026 09:12 AM GMT-05:00 - Cash Basis",,,,,\n'
    )

    def test_the_client_stands_above_its_entries(self):
        """900 and 1,000 in six months; the credit memo is taken off."""
        assert paid(self.DETAIL) == {"Oak Foods": 150, "Elm Law": 166.67}

    def test_an_account_is_no_client(self):
        text = (
            "X LLC,,,\nSales by Customer Detail,,,\n2025,,,\n,Date,Account,Amount\nPine,,,\n"
            ",05/22/2025,Support,600.00\n,06/22/2025,Support,600.00\nTotal for Pine,,,1200.00\n"
        )
        assert paid(text) == {"Pine": 100}

    def test_the_column_without_a_header_may_still_be_named(self):
        text = QBO_SUMMARY.format(last="December")
        assert paid(text, name="column 1") == paid(text)


class TestQuickBooksDesktop:
    """The period stands over the column, with two digits of the year; jobs behind a colon."""

    def test_one_period(self):
        text = '"","Jan - Dec 25"\n"Pine","24,000.00"\n"Elm","18,500.00"\n"TOTAL","42,500.00"\n'
        assert paid(text) == {"Pine": 2000, "Elm": 1541.67}

    def test_jobs_are_their_customer_s(self):
        text = '"","Jan - Jun 25"\n"Oak:Web","600"\n"Oak:Support","600"\n"Pine","1200"\n'
        assert paid(text) == {"Oak": 200, "Pine": 200}

    def test_a_colon_in_a_name_that_stands_alone_parts_nothing(self):
        assert paid('"","Jan - Dec 25"\n"Re:Design","12"\n"Pine","24"\n') == {
            "Re:Design": 1,
            "Pine": 2,
        }

    def test_a_detail_report_with_jobs(self):
        """Entries from January to December: a year, as no title says how long."""
        text = (
            '"","Type","Date","Name","Amount","Balance"\n"Pine","","","","",""\n'
            '"","Invoice","01/15/2025","Pine","2,400","2,400"\n"Total Pine","","","","2,400",""\n'
            '"Oak","","","","",""\n"Website","","","","",""\n'
            '"","Invoice","12/15/2025","Oak:Website","1,200","1,200"\n'
            '"Total Website","","","","1,200",""\n"Total Oak","","","","1,200",""\n'
            '"TOTAL","","","","3,600",""\n'
        )
        assert paid(text) == {"Pine": 200, "Oak": 100}

    def test_a_workbook_has_a_column_for_each_indent(self):
        """Exported to Excel: customers in the second column, jobs in the third."""
        book, data = openpyxl.Workbook(), io.BytesIO()
        for row in [
            [None, None, None, "Jan - Dec 25"],
            [None, "Pine", None, 1200],
            [None, "Oak", None, None],
            [None, None, "Web", 600],
            [None, None, "Support", 600],
            [None, "Total Oak", None, 1200],
            ["TOTAL", None, None, 2400],
        ]:
            book.active.append(row)
        book.save(data)
        assert paid(data.getvalue()) == {"Pine": 100, "Oak": 100}


class TestOthers:
    def test_xero_compares_years(self):
        """Income by Contact: the last year counts."""
        text = (
            "Income by Contact\nLakeside IT\nFor the year ended 31 December 2025\n\n"
            'Contact,2025,2024\nPine,"24,000.00",1\nElm,"12,000.00",2\nTotal,"36,000.00",3\n'
        )
        assert paid(text) == {"Pine": 2000, "Elm": 1000}

    def test_xero_writes_an_invoice_s_total_in_each_of_its_lines(self):
        """The lines count: 1,000 and 500, not twice 1,500; a draft is nobody's debt."""
        text = (
            "*ContactName,POCity,InvoiceNumber,InvoiceDate,Total,LineAmount,Status\n"
            "Pine,Springfield,INV-1,05/01/2025,1500,1000,Paid\n"
            "Pine,Springfield,INV-1,05/01/2025,1500,500,Paid\n"
            "Elm,Springfield,INV-2,05/15/2025,600,600,Awaiting Payment\n"
            "Elm,Springfield,INV-3,05/20/2025,900,900,Draft\n"
        )
        assert paid(text) == {"Pine": 1500, "Elm": 600}

    def test_wave(self):
        """Income by Customer: what was invoiced, and how much of it was paid."""
        text = (
            'Income by Customer\nLakeside IT\n"Date Range: Jan 01, 2025 to Jun 30, 2025"\n\n'
            'Customer,All Income,Paid Income\nPine,"$12,000.00","$9,000.00"\n'
            'Total Income,"$12,000.00","$9,000.00"\n'
        )
        assert paid(text) == {"Pine": 2000}

    def test_stripe_s_payments(self):
        """What failed was not paid, what was refunded is taken off; three months."""
        text = (
            "id,Created date (UTC),Amount,Amount Refunded,Status,Customer Description,"
            "Customer Email\n"
            "ch_1,2025-01-05 10:22,500.00,0.00,Paid,Pine,a@example.com\n"
            "ch_2,2025-02-05 10:22,500.00,100.00,Paid,Pine,a@example.com\n"
            "ch_3,2025-03-05 10:22,900.00,0.00,Failed,Elm,b@example.com\n"
            "ch_4,2025-03-06 10:22,300.00,0.00,Paid,,c@example.com\n"
        )
        assert paid(text) == {"Pine": 300, "c@example.com": 100}

    HARVEST = (
        "Date,Client,Hours,Billable?,Invoiced?,Employee?,Billable Rate,Billable Amount\n"
        "2025-01-13,Pine,3.5,Yes,Yes,Yes,120.00,420.00\n"
        "2025-02-14,Pine,2.5,Yes,No,Yes,120.00,300.00\n"
        "2025-02-14,Elm,1,No,No,Yes,0.00,0.00\n"
    )

    def test_a_column_of_yes_and_no_is_no_money(self):
        """Harvest's detailed time: 'Invoiced?' is a flag, 'Billable Amount' the money."""
        assert paid(self.HARVEST) == {"Pine": 360, "Elm": 0}

    def test_the_hours_of_entries_are_of_the_months_that_they_reach_over(self):
        """Six hours in January and February are three a month."""
        books = read_books(self.HARVEST, needs="hours")
        assert books.hours.tolist() == [0.5, 3]
        assert any("2 months (entries from 2025-01-13" in note for note in books.notes)

    def test_freshbooks_invoices(self):
        """Before tax; a draft was not sent."""
        text = (
            "Client Name,Invoice #,Date Issued,Invoice Status,Rate,Quantity,Line Subtotal,"
            "Tax 1 Amount,Line Total\n"
            "Pine,1,01/15/2025,paid,100,4,400.00,20,420.00\n"
            "Pine,2,02/15/2025,overdue,100,4,400.00,20,420.00\n"
            "Elm,3,02/15/2025,draft,100,4,400.00,20,420.00\n"
            "Elm,4,02/16/2025,sent,100,1,100.00,5,105.00\n"
        )
        assert paid(text) == {"Pine": 400, "Elm": 50}

    def test_a_spreadsheet_s_subtotals(self):
        text = "Client,Amount\nPine,1200\nPine,600\nPine Total,1800\nElm,600\nElm Total,600\n"
        assert paid(text + "Grand Total,2400\n") == {"Pine": 150, "Elm": 50}

    def test_groups_without_sums_end_where_the_next_begins(self):
        text = ",Item,Amount\nPine,,\n,Support,600\n,Backup,600\nElm,,\n,Support,240\n"
        assert paid(text) == {"Pine": 100, "Elm": 20}

    def test_a_heading_over_all_clients_is_none(self):
        text = ",2025\nIncome,\nPine,1200\nElm,600\nTotal Income,1800\n"
        assert paid(text) == {"Pine": 100, "Elm": 50}


class TestTables:
    """What is no report stays what it was."""

    def test_numbers_of_rows_in_a_column_without_a_header_are_no_names(self):
        assert paid(",Client,Revenue\n0,Pine,1200\n1,Elm,600\n") == {"Pine": 100, "Elm": 50}

    def test_a_client_called_total_something(self):
        text = "Client,Revenue\nPine,12\nElm,24\nTotal Wine,36\nTotal,72\n"
        assert paid(text) == {"Pine": 1, "Elm": 2, "Total Wine": 3}

    def test_a_total_of_one_row_alone_takes_no_others_with_it(self):
        assert paid("Client,Revenue\nPine,12\nElm,24\nTotal Pine,12\n") == {"Pine": 1, "Elm": 2}

    def test_a_client_without_revenue_stays(self):
        books = read_books("Client,Revenue,Industry\nPine,12,Dental\nElm,,Law\n")
        assert list(books.who.name) == ["Elm", "Pine"]

    def test_a_slip_of_a_blank_makes_no_client_a_part_of_another(self):
        assert paid("Client,Revenue\nPine,12\n   Elm,24\n") == {"Pine": 1, "Elm": 2}
        assert paid(",Total\nPine,12\n Elm,24\n") == {"Pine": 1, "Elm": 2}

    def test_json_has_no_layout(self):
        rows = [{"client": "Pine", "revenue": 12}, {"client": "  Elm", "revenue": 24}]
        assert len(read_clients(from_rows(rows, vocabulary=CLIENTS))) == 2


@pytest.mark.parametrize(
    "header",
    [
        "Revenue for the last 12 months",
        "Last 12 months' revenue",
        "12-month revenue",
        "Revenue (past 12 months)",
        "Trailing twelve months revenue ($)",
        "TTM Revenue",
        "Billed in the last 12 months",
        "Revenue over the previous year",
        "Income per year",
    ],
)
def test_a_year_s_revenue_in_any_order_of_words(header):
    assert paid(f'Client,"{header}"\nPine,1200\n') == {"Pine": 100}


@pytest.mark.parametrize(
    "header", ["MRR", "Monthly recurring revenue", "Recurring revenue per month", "Retainer"]
)
def test_what_recurs_each_month_is_income_where_nothing_else_is(header):
    assert paid(f"Client,{header}\nPine,2000\nElm,1500\n") == {"Pine": 2000, "Elm": 1500}


def test_name_and_revenue_alone_name_what_would_answer_more():
    books = read_books("Client,Revenue\nPine,1200\n")
    assert any(
        "would answer more: employees or computers" in n and "industry" in n for n in books.notes
    )
    full = read_books("Client,Revenue,Employees,Industry,ZIP,Hours\nPine,1200,12,Dental,01103,3\n")
    assert not any("would answer more" in note for note in full.notes)


def test_what_has_no_revenue_or_no_name_says_what_was_found():
    with pytest.raises(BadList, match=r"no column for revenue.*found 'Client', 'Phone'"):
        read_books("Client,Phone\nPine,413-555-0100\n")
    with pytest.raises(BadList, match=r"the client's name.*found 'Ref', 'Revenue'.*name=HEADER"):
        read_books("Ref,Revenue\n1,12\n")
