"""Sizes by any header, in any cell; what can't be read is counted in rows."""

from math import inf, isnan

import pytest

from app.lists.currency import foreign_currency
from app.lists.headers import scale_of
from app.lists.read import open_list
from app.lists.vocabulary import CLIENTS, PROSPECTS
from tests.lists.test_read import ends, only, opened, read
from tests.shared import CASES, needs_data

M = 1e6
COMPUTERS = """PCs|# PCs|PCs (#)|Number of PCs|numPCs|PC Count|Total PCs|Workstations|Machines
Systems|Endpoints|Devices|Managed Devices|Seats|Nodes|# of Workstations
Computers (est.)|IT Systems|Qty of PCs|Desktops/Laptops|Device Count"""
EMPLOYEES = """# of Employees|#Employees|Employees #|No. of Employees|No. Empl.|NumberofEmployees
EMP|numberofemployees|NUMBEROFEMPLOYEES|employee_count|# Emp|# of Empl|FTE|FTEs
Workforce|Head Count|Staff|Workers|_ - workers|Est. Employees|Employees (est.)
Employees 2024|Total No. of Employees|Emp Count|Number of People|Employees on site
Full-Time Equivalents|Location # of Employees"""
BANDS = "Team Size|Staff Size|Employee Band|Employee Size Category|EmpSize|Workforce size"
SALES = """Est. Annual Revenue|Gross Sales|Gross Annual Revenue|Revenue ($M)|Sales ($000s)
Revenue USD|Sales a year|Revenue per year|Turnover (EUR)|Annual Turnover £
Annual Rev.|Gross Receipts|FY24 Revenue|annualrevenue|Sales/Year|Net Sales
TTM Revenue|Company Revenue|Revenue in 000s|Sales $MM"""
NEITHER = """Sales Rep|Sales Tax|Sales Contact|Employee Name|Employee ID|Monthly Revenue
Revenue Growth|System|Sales %|Device Type|Machine Type|Node ID|Team|Team Lead
Staffing Agency|Computer Expenses|Sales Region"""


@pytest.mark.parametrize(
    ("headers", "meaning"),
    [
        (COMPUTERS, "computers"),
        (EMPLOYEES, "employees"),
        (BANDS, "employees range"),
        (SALES, "sales"),
        ("Annual Revenue Range|Revenue Band", "sales range"),
        ("# Full-time Emp.|FT Employees", "full-time"),
        ("PT Employees|Part-time Emp", "part-time"),
    ],
)
def test_a_size_by_the_words_of_its_header(headers, meaning):
    named = {h: PROSPECTS.meaning_of(h) for h in headers.replace("\n", "|").split("|")}
    assert {h: found and found.name for h, found in named.items()} == dict.fromkeys(named, meaning)


def test_other_words_make_it_something_else():
    named = {h: PROSPECTS.meaning_of(h) for h in NEITHER.replace("\n", "|").split("|")}
    assert named == dict.fromkeys(named)


def test_in_books_the_clients_sales_are_named_as_such():
    """Est. revenue there is what a client pays, or nothing that is known; PCs are the client's."""
    assert CLIENTS.meaning_of("Est. Revenue") is None
    assert CLIENTS.meaning_of("# of PCs").name == "computers"


@pytest.mark.parametrize(
    ("header", "scale"),
    [
        ("Revenue ($M)", 1e6),
        ("Revenue ($ million)", 1e6),
        ("Sales $MM", 1e6),
        ("Revenue (USD m)", 1e6),
        ("Sales ($000)", 1e3),
        ("Sales ($K)", 1e3),
        ("Revenue in thousands", 1e3),
        ("Revenue (in 000s USD)", 1e3),
        ("Revenue ($B)", 1e9),
        ("Revenue ($)", 1),
        ("Market", 1),
        ("Sales over 10,000", 1),
    ],
)
def test_what_a_header_counts_in(header, scale):
    assert scale_of(header) == scale


def test_a_header_in_millions_scales_ranges_in_words_but_not_what_has_a_unit():
    found = read('address,Revenue ($M)\na,2.5\nb,1 to 5\nc,under 1\nd,"$750K"\n').sales
    assert ends(found)[:2] == [(2.5 * M, 2.5 * M), (1 * M, 5 * M)]
    assert found.high[2] == pytest.approx(M)
    assert ends(found)[3] == (750_000, 750_000)


def test_the_latest_of_several_years():
    found = read("address,Revenue 2022,Revenue 2024,Revenue 2023\na,1,3000000,2\nb,1,,2000000\n")
    assert found.sales.low.tolist() == [3 * M, 2 * M]


def test_what_can_not_be_read_is_counted_in_rows():
    found = opened("address,employees\na,plenty\nb,plenty\nc,plenty\nd,25\ne,30\nf,40\n")
    assert "employees not readable in 3 rows (such as 'plenty')" in found.notes


class TestDots:
    def test_they_part_thousands_where_the_whole_column_reads_so(self):
        found = opened("address,employees\na,1.234\nb,850\nc,1.000-4.999\nd,25 FTE\n")
        assert ends(only(found).employees) == [(1234, 1234), (850, 850), (1000, 4999), (25, 25)]
        note = "dots in employees read as parting thousands in 2 rows (such as '1.234')"
        assert note in found.notes

    @pytest.mark.parametrize(
        ("cells", "low"),
        [
            (["1.234", "2.5"], [1.234, 2.5]),
            (["1.234", '"2,500"'], [1.234, 2500]),
            (["25.000", "40.000"], [25, 40]),  # a database's decimals
            (["1.234.567", "12"], [1_234_567, 12]),
        ],
    )
    def test_other_columns(self, cells, low):
        rows = "".join(f"{i},{cell}\n" for i, cell in enumerate(cells))
        assert read(f"address,employees\n{rows}").employees.low.tolist() == low

    def test_units_keep_them_decimals(self):
        found = read("address,sales\na,$1.250 Million\nb,$2.500M\n").sales
        assert found.low.tolist() == [1_250_000, 2_500_000]

    def test_batches_of_any_size_read_alike(self):
        """The second row alone would be 2.345."""
        found = opened("address,employees\na,25\nb,2.345\n")
        lows = [batch.employees.low[0] for batch in found.batches(1)]
        assert lows == [25, 2345]


class TestMoney:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("€1.2M", "EUR"),
            ("1.2M EUR", "EUR"),
            ("CAD 500,000", "CAD"),
            ("C$5M", "CAD"),
            ("£2m", "GBP"),
            ("Turnover (GBP)", "GBP"),
            ("US$5M", ""),
            ("$5M USD", ""),
            ("European Sales", ""),
        ],
    )
    def test_currencies(self, text, code):
        assert foreign_currency(text) == code

    @pytest.mark.parametrize(
        ("content", "note"),
        [
            (
                "address,sales\na,€2M\nb,$3M\n",
                "EUR, not compared with USD, in 1 row (such as '€2M')",
            ),
            ("address,Revenue (€M)\na,2\nb,\n", "EUR, not compared with USD, in 1 row"),
            ("address,sales,currency\na,2000000,CAD\nb,3,usd\n", "CAD, not compared with USD,"),
        ],
    )
    def test_other_money_is_said_and_unknown(self, content, note):
        found = opened(content)
        assert isnan(only(found).sales.low[0])
        assert any(f"sales in {note}" in one for one in found.notes)


def test_dates_that_were_bands_are_said():
    found = opened("address,employees\na,2019-10-01\nb,5-9\n")
    assert ends(only(found).employees) == [(10, 19), (5, 9)]
    note = "employees read back from what became a date in 1 row (such as '2019-10-01')"
    assert note in found.notes


def test_a_band_of_employees_is_no_trade():
    assert read("address,Employee Size Category\na,10-49\n").industry == [""]


@needs_data
@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("20-hash-of-employees.csv", "employees", [(25, 25), (5000, 5000)]),
        ("21-numberofemployees-geo-point.csv", "employees", [(25, 25), (5000, 5000), (25, 25)]),
        ("16-phys-and-mail.csv", "employees", [(25, 25)]),
        ("41-formula-text.csv", "employees", [(25, 25), (25, 25)]),
        ("44-size-words.csv", "employees",
         [(10, 49), (20, 49), (10, 19), (10, 19), (25, 25), (1234, 1234)]),
        ("bands-that-touch.csv", "sales", [(5e5, M), (M, 2.5e6), (1e7, 2e7), (5e5, 2.5e6)]),
        ("headers-common-prefix.csv", "employees", [(49, 49), (180, 180)]),
        ("headers-common-prefix.csv", "sales", [(8_965_631, 8_965_631), (2.1e7, 2.1e7)]),
    ],
)  # fmt: skip
def test_lists_that_went_wrong(name, size, expected):
    found = getattr(open_list(CASES / "lists" / name).whole(), size)
    assert ends(found)[: len(expected)] == expected


def test_pcs_of_clients():
    found = read("Client,PCs,Employees\nA,22,18\nB,140+,300\n", vocabulary=CLIENTS)
    assert ends(found.computers) == [(22, 22), (140, inf)]
