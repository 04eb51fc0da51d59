"""Lines that are no rows of a list."""

import io

import pytest

from app.lists.closing import is_closing_line, is_sum_line
from app.lists.read import BATCH, open_list

HEADER = "Company,Address,City,State,ZIP,Employees\n"
ROWS = "Pine Dental,1 Main St,Springfield,MA,01103,20\nElm Law,2 Main St,Springfield,MA,01103,30\n"


def read(text):
    return open_list(io.BytesIO(text.encode()))


@pytest.mark.parametrize(
    "line",
    [
        "Total: 2 records",
        "Total,,,,,50",
        "Grand Total,,,,,50",
        "Total Records: 2",
        "Records: 2",
        "2 records",
        "Total for Springfield,,,,,50",
        "Number of companies: 2",
        "Report generated on 1/2/2026",
        "Source: Data Axle Reference Solutions",
        "Downloaded from the town clerk 1/2/2026",
        "(c) 2026 A Vendor",
        "* estimated",
        "Page 1 of 1",
        "End of list",
        "Accrual Basis Friday; January 2 2026 09:12 AM",
    ],
)
def test_a_closing_line_is_no_prospect(line):
    found = read(f"{HEADER}{ROWS}\n{line}\n")
    assert found.rows == 2
    assert any(line.split(",")[0][:30] in note for note in found.notes)


@pytest.mark.parametrize(
    "line",
    [
        "Total Wine,3 Main St,Springfield,MA,01103,20",
        "Total Fitness",
        "Source Interlink",
        "Grand Hotel",
        "Records Unlimited",
        "Total,3 Main St,Springfield,MA,01103,20",
        "Friday's",
        "24 Hour Fitness",
        "Page One Books",
    ],
)
def test_a_business_by_such_a_name_stays(line):
    assert read(f"{HEADER}{ROWS}{line}\n").rows == 3


def test_sums_between_the_rows_are_none_of_them():
    text = f"{HEADER}{ROWS}Subtotal,,,,,50\n{ROWS.replace('Pine', 'Oak')}Grand total,,,,,100\n"
    found = read(text)
    assert (found.rows, found.skipped) == (4, 2)


def test_what_only_closes_a_list_is_a_row_between_others():
    assert is_closing_line(["Source: somebody", ""])
    assert not is_sum_line(["Source: somebody", ""])
    assert read(f"{HEADER}Source: somebody\n{ROWS}").rows == 3


@pytest.mark.parametrize("over", [-1, 0, 1, 4, 5, 6])
def test_batches_are_of_their_size_whatever_closes_the_list(over):
    """Closing lines lie in the last batch, wherever the batches are cut."""
    rows = "".join(f"Firm {i},{i} Main St,Springfield,MA,01103,20\n" for i in range(BATCH + over))
    found = read(f"{HEADER}{rows}Total: {BATCH + over} records\n")
    assert found.rows == BATCH + over
    assert [len(batch) for batch in found.batches(20_000)] == [20_000, 20_000, 10_000 + over]
