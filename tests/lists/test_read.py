"""Lists in: real ones counted independently, dirty ones repaired, bad ones refused."""

import contextlib
import csv
import io
import zipfile
from math import inf, isnan

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.errors import BadList
from app.lists.read import from_rows, open_list
from tests.shared import DATA, needs_data

LISTS = DATA / "lists"


def opened(content, **how):
    data = content if isinstance(content, bytes) else content.encode()
    return open_list(io.BytesIO(data), **how)


def only(found):
    """All its prospects, in one batch."""
    (prospects,) = found.batches(10**6)
    return prospects


def read(content, **how):
    return only(opened(content, **how))


def places(prospects):
    a = prospects.addresses
    return list(zip(a.line, a.city, a.state, a.postcode, strict=True))


def ends(ranges):
    return list(zip(ranges.low.tolist(), ranges.high.tolist(), strict=True))


def workbook(*sheets):
    data, book = io.BytesIO(), openpyxl.Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    book.save(data)
    return data.getvalue()


@needs_data
class TestRealLists:
    """Rows are counted here by the csv module, in the file's known encoding."""

    def rows(self, name):
        with (LISTS / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def test_hawaii_splits_its_address_and_says_who_closed(self):
        rows = self.rows("hawaii-retailers.csv")
        found = open_list(LISTS / "hawaii-retailers.csv")
        shops = only(found)
        assert (found.rows, found.skipped, len(shops)) == (1270, 0, len(rows))
        assert places(shops)[0] == ("2100 KANOELEHUA AVENUE", "HILO", "HI", "96720")
        assert shops.given.known.all()
        assert sum(map(bool, shops.closed)) == sum(bool(r["End Date"]) for r in rows)
        assert shops.closed[0] == "2008-01-31"
        assert found.known == {"industry"}

    def test_georgia_has_exact_jobs_and_zips_with_a_decimal(self):
        """1,150 firms have 10 to 100 jobs, as the data's README says."""
        rows = self.rows("ppp-central-georgia.csv")
        found = open_list(LISTS / "ppp-central-georgia.csv")
        firms = only(found)
        assert (found.rows, found.skipped) == (len(rows), 0) == (4121, 0)
        assert firms.employees.low.tolist() == [float(r["Jobs"]) for r in rows]
        assert sum(10 <= jobs <= 100 for jobs in firms.employees.low) == 1150
        assert firms.addresses.postcode[0] == "31201"
        assert firms.industry[0].startswith("naics:327992 | ")
        assert found.known == {"employees", "industry"}

    def test_south_bend_repeats_its_header_in_other_words(self):
        """3,344 records, three of which are headers ("Type Description", "Case Name", ...)."""
        rows = self.rows("south-bend-licences.csv")
        headers = [r for r in rows if r["Status"] == "Status"]
        found = open_list(LISTS / "south-bend-licences.csv")
        firms = only(found)
        assert (found.rows, found.skipped) == (len(rows) - len(headers), 3) == (3341, 3)
        assert "3221 LINCOLN WAY W, SOUTH BEND, IN, 46628-1450" in firms.addresses.line
        ended = [r["Status"] for r in rows if r["Status"] in ("EXPIRED", "CLOSED", "INACTIVE")]
        assert [text for text in firms.closed if text] == ended

    def test_langley_breaks_a_line_in_every_row(self):
        """The 1,332 firms from out of town have a mailing address only."""
        rows = self.rows("langley-licences-multiline.csv")
        found = open_list(LISTS / "langley-licences-multiline.csv")
        firms = only(found)
        assert (found.rows, found.skipped) == (len(rows), 0) == (7019, 0)
        assert places(firms)[1][0] == "207 8475 ONTARIO ST, VANCOUVER BC V5X 3E8"
        assert sum(firms.given.known) == sum(bool(r["Latitude"]) for r in rows) == 5635
        assert ends(firms.employees)[0] == (35, 35)  # 5 part-time and 30 full-time
        staffed = sum(bool(r["PartTime_Employees"] or r["FullTime_Employees"]) for r in rows)
        assert sum(firms.employees.known) == staffed
        assert any("1,332 rows" in note for note in found.notes)

    def test_batches_are_the_whole_in_order(self):
        found = open_list(LISTS / "langley-licences-multiline.csv")
        parts = list(found.batches(3000))
        assert [len(part) for part in parts] == [3000, 3000, 1019]
        names = [name for part in parts for name in part.name]
        assert names == list(only(found).name)


class TestVendors:
    def test_location_wins_over_mailing_and_a_branch_over_its_company(self):
        """Salesgenie: a number where there is one, else the band."""
        found = read(
            "Company Name,Mailing Address,Mailing City,Location Address,Location City,"
            "Corporate Employee Size Actual,Location Employee Size Range,"
            "Location Employee Size Actual,Location Sales Volume Range\n"
            "A,PO Box 1,Here,1 Main St,There,900,10 to 19,00012,$1-2.5 Million\n"
            "B,PO Box 2,Here,2 Main St,There,900,20 to 49,,$0\n"
        )
        assert places(found)[0][:2] == ("1 Main St", "There")
        assert ends(found.employees) == [(12, 12), (20, 49)]
        assert ends(found.sales)[0] == (1e6, 2.5e6)
        assert not found.sales.known[1]  # $0 is no data

    def test_infogroups_letters_and_thousands(self):
        """C is 10-19 employees, D 2.5 to 5 million; nine digits are thousands of dollars."""
        found = read(
            "COMPANY,ADDRESS LINE 1,ZIPCODE,LOCATION EMPLOYEE SIZE CODE,"
            "LOCATION SALES VOLUME CODE,SALES VOLUME (9) - LOCATION\n"
            "A,1 Main St,6762,C,D,\nB,2 Main St,06762,K,A,000001234\n"
        )
        assert ends(found.employees) == [(10, 19), (10_000, inf)]
        assert ends(found.sales) == [(2.5e6, 5e6), (1_234_000, 1_234_000)]
        assert found.addresses.postcode == ["06762", "06762"]

    def test_zoominfo_counts_in_thousands(self):
        found = read(
            "Company Name,Revenue (in 000s USD),Revenue Range (in USD),Company Street Address,"
            "Company City,Full Address\nA,2500,$1 mil. - $5 mil.,1 Main St,There,\n"
            'B,,Under $500,,Elsewhere,"5 Oak St, Town, NY 10001"\n'
        )
        assert ends(found.sales)[0] == (2_500_000, 2_500_000)
        assert places(found)[1] == ("5 Oak St, Town, NY 10001", "", "", "")

    def test_a_persons_city_is_not_the_companys(self):
        """Apollo: City and State are where the contact lives."""
        found = read("Company Address,Company City,City,State\n1 Main St,Boston,Austin,TX\n")
        assert places(found)[0][:2] == ("1 Main St", "Boston")

    def test_new_york_splits_its_address(self):
        found = read(
            "Business Name,Address Building,Address Street Name,Address City,Address Postcode\n"
            "A,12-14,BROADWAY,NEW YORK,10004.0\n"
        )
        assert places(found) == [("12-14 BROADWAY", "NEW YORK", "", "10004")]

    def test_openaddresses(self):
        found = read("LON,LAT,NUMBER,STREET,CITY,REGION,POSTCODE\n-72.5,44.2,1,A ST,B,VT,5602\n")
        assert places(found) == [("1 A ST", "B", "VT", "05602")]
        assert (found.given.lon[0], found.given.lat[0]) == (-72.5, 44.2)

    def test_a_lists_own_expiry_closes_nobody(self):
        """Salesgenie's Record Expiration Date is the list's licence, not the firm's end."""
        assert read("Address,Record Expiration Date\n1 Main St,01/01/2001\n").closed == [""]

    @pytest.mark.parametrize(
        ("header", "cell", "closed"),
        [
            ("End Date", "01/31/2008", "2008-01-31"),
            ("End Date", "31/01/2008", "2008-01-31"),
            ("End Date", "2008-01-31 00:00:00", "2008-01-31"),
            ("End Date", "31.01.2008", "2008-01-31"),
            ("End Date", "soon", ""),
            ("End Date", "45/45/2020", ""),
            ("End Date", "2021-02-29", ""),
            ("End Date", "1900-01-01", ""),
            ("End Date", "0000-00-00", ""),
            ("Closed", "yes", "closed"),
            ("business_status", "CLOSED_PERMANENTLY", "CLOSED_PERMANENTLY"),
            ("business_status", "CLOSED_TEMPORARILY", ""),
            ("business_status", "OPERATIONAL", ""),
            ("License Status", "ACTIVE", ""),
        ],
    )
    def test_what_says_that_a_business_has_closed(self, header, cell, closed):
        assert read(f"Address,{header}\n1 Main St,{cell}\n").closed == [closed]


class TestDirt:
    @pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
    def test_any_delimiter(self, mark):
        content = f"name{mark}address{mark}zip\nA, B{mark}1 Main St{mark}10001\n"
        content = content.replace("A, B", '"A, B"')
        assert places(read(content)) == [("1 Main St", "", "", "10001")]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
    def test_any_unicode(self, encoding):
        content = "name,address\nHaleʻiwa Café,1 Main St\n" * 3
        assert read(content.encode(encoding)).name[0] == "Haleʻiwa Café"

    @pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
    def test_one_byte_encodings_are_told_apart_by_how_words_read(self, encoding):
        text = "name,address\nCafé Müller’s Señor Façade,1 Main St\n"
        found = opened(text.encode(encoding))
        assert only(found).name == ["Café Müller’s Señor Façade"]
        assert f"encoding {encoding}" in found.notes

    def test_nul_bytes_are_left_out(self):
        assert read(b"name,address\nA\0cme,1 Main\0 St\n").name == ["Acme"]

    def test_blank_lines_titles_and_repeated_headers_are_skipped(self):
        found = opened(
            "Report of 2026,,\n\nName,Address,City\nA,1 Main St,X\n,,\n \nName,Address,City\n"
            "B,2 Main St,Y\n"
        )
        assert (found.rows, found.skipped) == (2, 5)
        assert only(found).name == ["A", "B"]

    def test_ragged_rows_lose_nothing(self):
        found = opened("name,address\nA\nB,1 Main St,extra\nC,2 Main St\n")
        cells = only(found).cells
        assert cells.columns == ["name", "address", "column 3"]
        assert cells.rows() == [("A", "", ""), ("B", "1 Main St", "extra"), ("C", "2 Main St", "")]
        assert any("row 3 first" in note for note in found.notes)

    def test_original_cells_are_kept_as_they_were(self):
        found = read('name,address,Phone,\n" A ","1 Main\nSt",=1+1,x\n')
        assert found.cells.columns == ["name", "address", "Phone", "column 4"]
        assert found.cells.row(0) == (" A ", "1 Main\nSt", "=1+1", "x")
        assert found.addresses.line == ["1 Main, St"]

    def test_a_megabyte_in_a_cell(self):
        big = "x" * 1_000_000
        assert read(f'name,address,note\nA,1 Main St,"{big}"\n').cells["note"][0] == big

    def test_damaged_zips(self):
        """A ZIP loses its leading zero only in the states that have one."""
        found = opened(
            "address,state,zip\na,IN,466281450\nb,MA,2134\nc,IN,5307\nd,HI,96720.0\ne,,V5X 3E8\n"
        )
        zips = ["46628", "02134", "5307", "96720", "V5X 3E8"]
        assert only(found).addresses.postcode == zips
        assert "nine-digit ZIP read by its first five in 1 row (such as 466281450)" in found.notes

    @pytest.mark.parametrize(
        ("lat", "lon", "state", "expected"),
        [
            ("21.3", "-157.8", "HI", (21.3, -157.8)),
            ("-157.8", "21.3", "HI", (21.3, -157.8)),  # no latitude is -157.8
            ("-87.6", "41.8", "IL", (41.8, -87.6)),  # Antarctica as it stands, Illinois swapped
            ("-33.9", "18.4", "", (-33.9, 18.4)),
            ("0", "0", "HI", None),
            ("nan", "-157.8", "HI", None),
            ("inf", "1", "", None),
            ("95", "200", "", None),
            ("", "-157.8", "", None),
            ("21,3", "-157,8", "", (21.3, -157.8)),
        ],
    )
    def test_coordinates(self, lat, lon, state, expected):
        found = read(f"address;state;lat;lon\n1 Main St;{state};{lat};{lon}\n")
        point = (found.given.lat[0], found.given.lon[0])
        assert point == expected if expected else isnan(point[0]) and isnan(point[1])

    def test_sizes_that_say_nothing_are_unknown_and_strange_ones_are_noted(self):
        found = opened("address,employees\na,Nov-50\nb,NA\nc,plenty\nd,0\n")
        assert ends(only(found).employees)[0] == (11, 50)
        assert only(found).employees.known.tolist() == [True, False, False, True]
        assert "employees not readable in 1 row (such as 'plenty')" in found.notes

    def test_only_criteria_with_a_value_anywhere_are_known(self):
        assert opened("address,employees,sales\na,,\nb,,$5M\n").known == {"sales"}


class TestRepeats:
    def test_rows_of_the_same_name_and_address_are_counted(self):
        """A licence for each of three years; another shop, and rows without a street, are none."""
        rows = "24,A,1 Main St,X\n25,A,1 Main St,X\n26,a,1  MAIN ST,x\n26,A,2 Main St,X\n"
        found = opened(f"year,name,address,city\n{rows}26,B,,X\n26,B,,X\n")
        assert "2 rows repeat another, of the same name and address" in found.notes

    def test_none_is_no_word(self):
        assert opened("name,address,zip\nA,1 Main St,01103\nB,1 Main St,01103\n").notes == []


class Pipe(io.RawIOBase):
    """A stream that can't seek."""

    def __init__(self, content):
        self._left = io.BytesIO(content)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._left.readinto(buffer)


def test_a_pipe_is_read_like_a_file():
    assert only(open_list(Pipe(b"name,address\nA,1 Main St\n"))).name == ["A"]


class TestWorkbooks:
    def test_the_first_sheet_that_holds_a_table(self):
        notes = [["Read me"], ["This list was made by hand"]]
        table = [["Name", "Address", "Zip", "Employees"], ["A", "1 Main St", 96720.0, 12]]
        found = opened(workbook([], notes, table))
        assert places(only(found)) == [("1 Main St", "", "", "96720")]
        assert ends(only(found).employees) == [(12, 12)]

    def test_its_name_does_not_matter(self, tmp_path):
        path = tmp_path / "list.csv"
        path.write_bytes(workbook([["Address"], ["1 Main St"]]))
        assert open_list(path).rows == 1

    def test_a_bomb_is_refused_unopened(self):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/worksheets/sheet1.xml", b"0" * (64 << 20))
        with pytest.raises(BadList, match="unpacks to"):
            opened(data.getvalue())

    def test_a_bomb_that_lies_about_its_size_is_refused(self):
        """The directory says 100 bytes; the member holds a megabyte."""
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/worksheets/sheet1.xml", b"0" * (1 << 20))
        size = (1 << 20).to_bytes(4, "little")
        lying = data.getvalue().replace(size, (100).to_bytes(4, "little"))
        with pytest.raises(BadList, match="damaged"):
            opened(lying)


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("", "empty"),
            ("\n\n ,\n", "empty"),
            (b"\xef\xbb\xbf", "empty"),
            ("name,address\n", "no rows"),
            ("name,phone\nA,1\n", "no address column: looked for .* found 'name', 'phone'"),
            (b"%PDF-1.7 ...", "a PDF"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "this workbook can't be read"),
            (b"\x1f\x8b\x08\x00", "the gzip file is damaged"),
            (bytes(range(1, 32)) * 40, "no text"),
        ],
    )
    def test_says_what_is_wrong(self, content, words):
        with pytest.raises(BadList, match=words):
            opened(content)

    def test_a_quote_that_is_never_closed_names_its_row(self):
        """Row 3 would swallow all that follow."""
        with pytest.raises(BadList, match="row 3: a quote is opened and never closed") as why:
            opened('name,address\nA,1 Main St\nB,"2 Main St\nC,3 Main St\nD,4 Main St\n')
        assert why.value.row == 3

    def test_two_columns_of_one_meaning_name_both_and_the_way_out(self):
        content = "Address,Street Address,City\n1 Main St,2 Oak St,X\n"
        with pytest.raises(BadList, match="'Address' and 'Street Address' both claim line") as why:
            opened(content)
        assert why.value.field == "line"
        assert places(read(content, columns={"line": "Street Address"}))[0][0] == "2 Oak St"

    def test_an_override_must_name_a_column_and_a_meaning(self):
        with pytest.raises(BadList, match="no column 'Adress' for line"):
            opened("name,address\nA,1\n", columns={"line": "Adress"})
        with pytest.raises(BadList, match="'colour' is no meaning"):
            opened("name,address\nA,1\n", columns={"colour": "name"})

    def test_an_override_reads_a_header_that_nobody_knows(self):
        found = opened(
            "wo,wieviele\n1 Main St,12\n", columns={"line": "wo", "employees": "wieviele"}
        )
        assert ends(only(found).employees) == [(12, 12)]
        assert found.columns == {"line": "wo", "employees": "wieviele"}

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(BadList, match="No such file"):
            open_list(tmp_path / "gone.csv")
        with pytest.raises(BadList, match="directory"):
            open_list(tmp_path)


class TestJsonRows:
    def test_keys_act_as_headers_and_ranges_as_sizes(self):
        found = from_rows(
            [
                {"name": "A", "address": "1 Main St", "zip": 96720, "employees": [10, 19]},
                {"name": "B", "lat": 21.3, "lon": -157.8, "employees": [50, None], "sales": 2.5e6},
                {"name": None, "address": "x", "employees": [None, 9], "extra": {"a": 1}},
            ]
        )
        prospects = only(found)
        assert ends(prospects.employees) == [(10, 19), (50, inf), (0, 9)]
        assert ends(prospects.sales)[1] == (2.5e6, 2.5e6)
        assert prospects.addresses.postcode[0] == "96720"
        assert (prospects.given.lat[1], prospects.given.lon[1]) == (21.3, -157.8)
        assert prospects.cells["extra"].to_list() == ["", "", '{"a": 1}']

    def test_a_row_that_is_no_object_is_named(self):
        with pytest.raises(BadList, match="row 2") as why:
            from_rows([{"address": "x"}, "y"])
        assert why.value.row == 2

    def test_no_rows(self):
        with pytest.raises(BadList, match="empty"):
            from_rows([])


def survives(data):
    """Rows that add up, or a BadList; nothing else may come out."""
    try:
        found = opened(data)
    except BadList:
        return
    assert sum(len(part) for part in found.batches(20)) == found.rows


FUZZ = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@FUZZ
@given(st.binary(max_size=400))
@example(b"PK\x03\x04")
@example(b"\xff\xfe")
@example(b"\xff\xfeA")
@example(b'address\n"1 Main')
@example(b"address\r\r\n1\r2\n")
@example(b"\x00\x00\xfe\xff\x00")
def test_any_bytes_give_rows_or_a_reason(data):
    survives(b"address,employees,lat,lon\n" + data)
    survives(data)


@FUZZ
@given(st.text(alphabet="a,\"\n\r1;\t|'\0\u2028é=", max_size=200))
def test_any_text_gives_rows_or_a_reason(text):
    survives("name,address,zip\n" + text)


COLUMNS = "name,address,state,zip,lat,lon,employees,sales,full time,naics,status,end date"
cell = st.one_of(
    st.sampled_from(
        ["", "0", "00000", "-1", "1e999", "nan", "inf", "-inf", "99999999999999999999"]
    ),
    st.sampled_from(
        ["2020-13-45", "0000-00-00", "99/99/9999", "Feb-99", "99-Feb", "1-2-3", "$", "%"]
    ),
    st.sampled_from(
        ["HI", "ma", "-157.8", "21.3", "1,5", "CLOSED", "5411;5812", "=1", "١٢٣", "½", "²"]
    ),
    st.text(st.characters(exclude_characters='"', exclude_categories=["Cs"]), max_size=12),
)


@FUZZ
@given(st.lists(st.lists(cell, min_size=12, max_size=12), min_size=1, max_size=6))
def test_any_cell_in_any_column_gives_rows_or_a_reason(rows):
    lines = (",".join(f'"{text}"' for text in row) for row in rows)
    survives("\n".join([COLUMNS, *lines]))
    with contextlib.suppress(BadList):
        only(from_rows([dict(zip(COLUMNS.split(","), row, strict=True)) for row in rows]))


BOOK = workbook([["Name", "Address"], ["A", "1 Main St"], ["B", "2 Main St"]])


@FUZZ
@given(st.lists(st.tuples(st.integers(0, len(BOOK) - 1), st.integers(0, 255)), max_size=8))
def test_a_damaged_workbook_gives_rows_or_a_reason(changes):
    data = bytearray(BOOK)
    for at, value in changes:
        data[at] = value
    survives(bytes(data))


@needs_data
@FUZZ
@given(st.data())
def test_a_mutated_real_list_gives_rows_or_a_reason(data):
    name = data.draw(st.sampled_from(sorted(path.name for path in LISTS.glob("*.csv"))))
    content = bytearray((LISTS / name).read_bytes()[:2000])
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=40))
    survives(bytes(content))
