"""Files of every format that is read, told by their first bytes; the others by their right name."""

import bz2
import datetime as dt
import gzip
import json
import lzma
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from app.clients.books import read_clients
from app.errors import BadList
from app.lists import archive, text
from app.lists.read import open_list
from app.lists.vocabulary import CLIENTS
from tests.lists import made
from tests.lists.test_read import FUZZ, only, opened, places, read, survives
from tests.shared import CASES, needs_data

HEADER = ["Company", "Address", "City", "State", "Zip", "Employees"]
PINE = ["Pine Dental", "12 Main St", "Springfield", "MA", "01103", 25]
ELM = ["Elm & Söhne", "40 Oak Ave", "Holyoke", "MA", "01040", 180]
ROWS = [HEADER, PINE, ELM]
CSV = "\n".join(",".join(map(str, row)) for row in ROWS).encode() + b"\n"
PLACES = [tuple(PINE[1:5]), tuple(ELM[1:5])]


def check(content):
    """Both firms, at their places, with their sizes."""
    found = opened(content)
    firms = only(found)
    assert list(firms.name) == ["Pine Dental", "Elm & Söhne"]
    assert places(firms) == PLACES
    assert firms.employees.low.tolist() == [25, 180]
    return found


GEOJSON = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [-72.59, 42.1]},
            "properties": dict(zip(HEADER, row, strict=True)),
        }
        for row in ROWS[1:]
    ],
}
OBJECTS = [dict(zip(HEADER, row, strict=True)) for row in ROWS[1:]]
LINES = "\n".join(map(json.dumps, OBJECTS))
HTML = (
    "<html><head><style>td { color: red }</style></head><body><table>"
    + "".join(
        f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>".replace("&", "&amp;")
        for row in ROWS
    )
    + "</table></body></html>"
)
EXCEL_XML = (
    '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="List"><Table>'
    + "".join(
        "<Row>"
        + "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in row)
        + "</Row>"
        for row in ROWS
    ).replace("&", "&amp;")
    + "</Table></Worksheet></Workbook>"
)
FIXED = "\n".join(
    f"{row[0]:<30}{row[1]:<25}{row[2]:<20}{row[3]:<6}{row[4]:<10}{row[5]:>9}" for row in ROWS
)
FIELDS = [
    *(("COMPANY", "C", 30), ("ADDRESS", "C", 30), ("CITY", "C", 20), ("STATE", "C", 2)),
    *(("ZIP", "C", 5), ("EMPLOYEES", "N", 9)),
]
DBF = made.dbf(
    FIELDS,
    [[str(cell).rjust(9) if cell in (25, 180) else cell for cell in row] for row in ROWS[1:]],
)

READ = {
    "csv": CSV,
    "csv.gz": gzip.compress(CSV),
    "zip": made.zipped({"list.csv": CSV}),
    "zip with a read-me": made.zipped(
        {"README.txt": "hello", "__MACOSX/._list.csv": "x", "data/list.csv": CSV, "map.png": "x"}
    ),
    "xlsx.gz": gzip.compress(made.xlsx({"List": ROWS})),
    "zip of gzip": made.zipped({"list.csv.gz": gzip.compress(CSV)}),
    "zip of xlsx": made.zipped({"list.xlsx": made.xlsx({"List": ROWS})}),
    "zip of a shapefile": made.zipped({"a.shp": "x", "a.shx": "x", "a.prj": "x", "a.dbf": DBF}),
    "xlsx": made.xlsx({"List": ROWS}),
    "xls": made.xls({"List": ROWS}),
    "xlsb": made.xlsb({"List": ROWS}),
    "ods": made.ods({"List": ROWS}),
    "fods": made.fods({"List": ROWS}),
    "excel xml": EXCEL_XML.encode(),
    "html": HTML.encode(),
    "html in cp1252": HTML.encode("cp1252"),
    "dbf": DBF,
    "geojson": json.dumps(GEOJSON).encode(),
    "geojson sequence": b"".join(
        b"\x1e" + json.dumps(one).encode() + b"\n" for one in GEOJSON["features"]
    ),
    "ndjson": LINES.encode(),
    "ndjson with a mark": b"\xef\xbb\xbf" + LINES.encode(),
    "json": json.dumps(OBJECTS, indent=2).encode(),
    "json in an object": json.dumps({"count": 2, "results": OBJECTS}).encode(),
    "fixed width": FIXED.encode(),
    "fixed width, one byte a letter": FIXED.encode("cp1252"),
}


@pytest.mark.parametrize("content", READ.values(), ids=READ.keys())
def test_is_read(content):
    check(content)


@pytest.mark.parametrize("content", READ.values(), ids=READ.keys())
def test_is_read_from_a_file_whatever_its_name(content, tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    assert open_list(path).rows == 2


@FUZZ
@given(
    st.sampled_from(sorted(READ)),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6),
    st.integers(0, 10_000),
)
def test_damaged_it_gives_rows_or_a_reason(name, changes, cut):
    data = bytearray(READ[name])
    for at, value in changes:
        data[at % len(data)] = value
    survives(bytes(data))
    survives(bytes(data[: cut % len(data)]))


REFUSED = {
    b"%PDF-1.7": "a PDF, not a list: save it as CSV",
    b"\x89PNG\r\n": "a picture",
    b"{\\rtf1": "an RTF document",
    b"PAR1": "a Parquet file",
    b"SQLite format 3\0": "a SQLite database, not a list: export the table",
    b"\0\1\0\0Standard ACE DB": "an Access database",
    b"\x09\x04\x06\x00\0\0": "an Excel workbook of before 1995",
    bz2.compress(CSV): "a bzip2 archive, not a list: unpack it",
    lzma.compress(CSV): "an xz archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"MIME-Version: 1.0\r\n": "a web archive",
    b"BEGIN:VCARD\r\nVERSION:3.0\r\n": "an address card file",
    made.zipped({}): "an empty zip file",
    made.zipped({"a.csv": CSV, "b.csv": CSV}): r"holds 2 lists \('a.csv', 'b.csv'\): expected one",
    made.zipped({"a.png": "x", "b.png": "x"}): "holds no list",
    made.zipped({"word/document.xml": "x"}): "a Word document",
    made.zipped({"Index/Document.iwa": "x"}): "an Apple Numbers",
    made.zipped({"content.xml": "<a/>"}): "holds no sheet",
    made.zipped({"content.xml": "<a"}): "damaged",
    gzip.compress(gzip.compress(gzip.compress(CSV))): "packed several times",
    gzip.compress(CSV)[:-9]: "the gzip file is damaged",
    b"\x1f\x8b\x08\x00": "the gzip file is damaged",
    made.ole("WordDocument", b"x"): "a Word document",
    made.ole("EncryptedPackage", b"x"): "a workbook with a password",
    made.ole("Notes", b"x"): "this workbook can't be read",
    made.dbf(FIELDS, [], count=5): "cut off: it has 0 of 5 records",
    b'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"/>': "KML",
    b'<?xml version="1.0"?><firms/>': "an XML file",
    b"<html><body>no list today</body></html>": "a web page without a table",
    b'{"a": ': "this JSON can't be read",
    b'{"address": "1 Main St"}\n{"address": \n': "line 2",
    b'[{"address": "1 Main St"}, 5]': "row 2 is not an object",
    b'{"type":"FeatureCollection","features":[]}': "the list is empty",
    b'[{"a":' + b"[" * 100_000: "this JSON",
}


@pytest.mark.parametrize("content", REFUSED.keys(), ids=REFUSED.values())
def test_is_refused_by_its_right_name(content):
    with pytest.raises(BadList, match=REFUSED[content]):
        opened(content)


class TestPacked:
    """Harmless zeros against limits that are lowered for the test."""

    ZEROS = bytes(6 << 20)

    @pytest.fixture(autouse=True)
    def _lower(self, monkeypatch):
        monkeypatch.setattr(archive, "MOST_BYTES", 4 << 20)

    @pytest.mark.parametrize(
        "content",
        [
            gzip.compress(ZEROS),
            made.zipped({"a.csv": ZEROS}),
            made.zipped({"a.gz": gzip.compress(ZEROS)}),
        ],
        ids=["gzip", "zip", "gzip in zip"],
    )
    def test_too_much_is_refused_as_it_is_written(self, content):
        with pytest.raises(BadList, match="unpacks to over 4 MB: refused; unpack it first"):
            opened(content)

    def test_a_ratio_that_no_list_has_is_refused(self, monkeypatch):
        monkeypatch.setattr(archive, "SMALL_BYTES", 1 << 20)
        monkeypatch.setattr(archive, "MOST_BYTES", 1 << 30)
        with pytest.raises(BadList, match="unpacks to over 2 MB"):
            opened(gzip.compress(bytes(8 << 20)))

    def test_a_member_that_says_it_is_small_is_counted(self):
        size = len(self.ZEROS).to_bytes(4, "little")
        lying = made.zipped({"a.csv": self.ZEROS}).replace(size, (100).to_bytes(4, "little"))
        with pytest.raises(BadList, match=r"damaged|unpacks to"):
            opened(lying)

    def test_nothing_is_left_in_the_temporary_folder(self, monkeypatch, tmp_path):
        monkeypatch.setattr(archive, "SPOOL_BYTES", 10)
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        assert opened(gzip.compress(CSV)).rows == 2
        assert list(tmp_path.iterdir()) == []

    def test_the_member_that_was_read_is_named(self):
        found = opened(made.zipped({"readme.txt": "x", "firms.csv": CSV}))
        assert "read 'firms.csv' of the zip file" in found.notes


class TestReach:
    """One stray cell in a far corner would have a sheet laid out over all cells between."""

    FAR = "reach over 17,179,869,184 cells"

    def test_of_a_workbook(self):
        rows = made.xlsx({"List": [*ROWS, ["far"]]})

        def stray(_, content):
            return content.replace(b'r="4"', b'r="1048576"').replace(b'"A4"', b'"XFD1048576"')

        with pytest.raises(BadList, match=self.FAR):
            opened(made.rezipped(rows, stray))

    def test_blank_cells_that_are_only_formatted_are_none(self):
        far = b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'
        content = made.rezipped(
            made.xlsx({"List": ROWS}), lambda _, part: part.replace(b"</sheetData>", far)
        )
        check(content)

    def test_of_a_binary_workbook(self):
        sheet = made.brt_sheet({0: HEADER, 1_048_575: [None] * 16_383 + ["far"]})
        content = made.rezipped(
            made.xlsb({"List": ROWS}), lambda name, part: sheet if "sheet1" in name else part
        )
        with pytest.raises(BadList, match=self.FAR):
            opened(content)

    def test_of_repeats(self):
        wide = ('table:number-columns-repeated="16384"', "x")
        row = made.fods({"List": [[wide]]}).replace(
            b"<table:table-row>", b'<table:table-row table:number-rows-repeated="1048576">'
        )
        with pytest.raises(BadList, match=self.FAR):
            opened(row)

    def test_a_table_of_too_many_columns(self):
        cells = '<td colspan="9999">x</td>' * 3
        with pytest.raises(BadList, match="columns: expected at most"):
            opened(f"<table><tr>{cells}<td>y</td></tr></table>")


class TestWhole:
    def test_what_is_read_as_a_whole_has_a_limit(self, monkeypatch):
        monkeypatch.setattr(text, "MOST_WHOLE", 100)
        with pytest.raises(BadList, match="save the list as CSV"):
            opened(json.dumps(OBJECTS))


SHEETS = {year: [HEADER, [f"Firm {year}", *PINE[1:]]] for year in ("2023", "2024", "2025")}


class TestSheets:
    @needs_data
    def test_three_alike_are_one_list(self):
        found = open_list(CASES / "lists" / "40-three-sheets.xlsx")
        assert (found.rows, found.skipped) == (9, 0)
        assert only(found).name[::3] == ["Firm 2023-0", "Firm 2024-0", "Firm 2025-0"]
        assert found.notes == [
            "sheets '2023' (3 rows), '2024' (3 rows), '2025' (3 rows) read as one list"
        ]

    @pytest.mark.parametrize("make", [made.xlsx, made.xls, made.xlsb, made.ods])
    def test_a_hidden_one_never_wins(self, make):
        """It has one header more, and stands first."""
        old = [[*HEADER, "Phone"], ["Old", *PINE[1:], "1"], ["Older", *PINE[1:], "2"]]
        found = opened(make({"Old": old, "List": ROWS}, hidden=["Old"]))
        assert only(found).name == ["Pine Dental", "Elm & Söhne"]
        assert "sheet 'List' read; not read: hidden 'Old' (2 rows)" in found.notes

    def test_a_hidden_one_alike_is_not_added(self):
        found = opened(made.xlsx(SHEETS, hidden=["2023"]))
        assert only(found).name == ["Firm 2024", "Firm 2025"]
        assert found.notes[0].endswith("read as one list; not read: hidden '2023' (1 row)")

    def test_where_all_that_say_anything_are_hidden_they_are_read(self):
        assert opened(made.xlsx({"List": ROWS, "Empty": []}, hidden=["List"])).rows == 2

    def test_what_is_wrong_with_the_one_that_is_read_says_which_it_is(self):
        sheets = {"Read me": [["Made by hand"]], "List": ROWS}
        with pytest.raises(BadList, match=r"no address column.*sheet 'Read me' read; not read: hi"):
            opened(made.xlsx(sheets, hidden=["List"]))

    def test_others_are_named_with_their_rows(self):
        sheets = {"Read me": [["Made by hand"]], "List": ROWS, "Trips": [["From", "To"], [1, 2]]}
        found = opened(made.xlsx(sheets))
        assert found.rows == 2
        assert found.notes == ["sheet 'List' read; not read: 'Read me' (1 row), 'Trips' (1 row)"]

    def test_columns_in_another_order_and_titles_above(self):
        turned = [["Report"], [], HEADER[::-1], ELM[::-1]]
        found = opened(made.xlsx({"a": [HEADER, PINE], "b": turned}))
        assert places(only(found)) == PLACES
        assert found.rows == 2

    def test_one_alone_is_not_spoken_of(self):
        assert opened(made.xlsx({"List": ROWS, "Sheet2": []})).notes == []

    def test_many_are_not_all_named(self):
        more = {f"Note {n}": [["a", "b", str(n)]] for n in range(30)}
        (note,) = opened(made.xlsx({"List": ROWS, **more})).notes
        assert note.endswith("'Note 9' (1 row) and 20 more")

    def test_the_tables_of_a_page(self):
        menu = "<table><tr><td>Home</td></tr></table>"
        found = check(HTML.replace("<body>", f"<body>{menu}"))
        assert found.notes == ["table '2' read; not read: '1' (1 row)"]


HOURS = ["Client", "Hours per month", "Drive minutes"]


class TestLengthsOfTime:
    """Excel makes one of every 1:30 that is typed: a day of 1899 or 1900, 1904 on old Macs."""

    ROWS = (
        HOURS,
        ["Pine", dt.timedelta(hours=36), dt.time(0, 45)],
        ["Elm", dt.timedelta(hours=6, minutes=30), dt.time(1, 30)],
    )

    def hours(self, content, column="hours"):
        clients = read_clients(opened(content, vocabulary=CLIENTS))
        return dict(zip(clients.who.name, getattr(clients, column), strict=True))

    @pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
    def test_of_a_workbook(self, epoch):
        book = made.xlsx({"Books": self.ROWS}, epoch=epoch)
        assert self.hours(book) == {"Pine": 36, "Elm": 6.5}
        assert self.hours(book, "drive") == {"Pine": 45, "Elm": 90}

    @pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
    def test_where_none_is_under_a_day(self, epoch):
        rows = [HOURS[:2], ["Pine", dt.timedelta(hours=36)], ["Elm", dt.timedelta(hours=2000)]]
        book = made.xlsx({"Books": rows}, epoch=epoch)
        assert self.hours(book) == {"Pine": 36, "Elm": 2000}

    def test_of_an_opendocument(self):
        length = ('office:value-type="time" office:time-value="PT36H30M00S"', "36:30:00")
        assert self.hours(made.ods({"Books": [HOURS[:2], ["Pine", length]]})) == {"Pine": 36.5}

    def test_are_shown_as_they_were_typed(self):
        found = opened(made.xlsx({"Books": self.ROWS}), vocabulary=CLIENTS)
        assert only(found).cells.rows() == [("Pine", "36:00", "0:45"), ("Elm", "6:30", "1:30")]

    @pytest.mark.parametrize(
        ("cell", "hours"),
        [
            ("36:00", 36), ("36:00:00", 36), ("6:30", 6.5), ("1:30:30", 1.5 + 30 / 3600),
            ("1:30 AM", 1.5), ("12:30 AM", 0.5), ("1:30:00 PM", 13.5), ("1 day, 12:00:00", 36),
            ("1 days 12:00:00", 36), ("1899-12-31 00:00:00", 0), ("1900-01-01 12:00:00", 36),
            ("1900-03-01 00:00:00", 24 * 61), ("1904-01-02 12:00:00", 36),
        ],
    )  # fmt: skip
    def test_as_text(self, cell, hours):
        found = self.hours(f'Client,Hours per month\nPine,"{cell}"\nElm,1\n')
        assert found == pytest.approx({"Pine": hours, "Elm": 1}, rel=1e-4)

    def test_a_date_stays_a_date(self):
        rows = [["Company", "Address", "End Date"], ["A", "1 Main St", dt.date(2026, 1, 31)]]
        assert read(made.xlsx({"List": rows})).closed == ["2026-01-31"]


class TestRowsOfNumbers:
    @needs_data
    def test_the_header_belongs_one_column_to_the_right(self):
        found = open_list(CASES / "lists" / "r-row-names.txt")
        firms = only(found)
        assert firms.name == ["HANDMADE GOODS", "COIN SERVICES, INC"]
        assert firms.given.lat.tolist() == [32.156305, 32.22]
        assert firms.cells.columns[:2] == ["column 1", "Accept_Date"]
        assert "each row begins with its number, which the header leaves out" in found.notes

    def test_as_r_writes_by_default(self):
        found = opened('"Company" "Address" "Zip"\n"7" "A B" "1 Main St" "01103"\n')
        assert places(only(found)) == [("1 Main St", "", "", "01103")]

    @pytest.mark.parametrize(
        "content",
        [
            "Company,Address\n1,A,1 Main St\nB,2 Main St,x\n",  # no number
            "Company,Address\n1,A,1 Main St\n1,B,2 Main St\n",  # not one of its own
            "Company,Address\n1,1 Main St,\n2,2 Main St,\n",  # a comma too many at the end
            "Company,Address\n1,A,1 Main St\n2,B\n",
        ],
    )
    def test_other_long_rows_stay_where_they_are(self, content):
        assert only(opened(content)).cells.columns[:2] == ["Company", "Address"]

    def test_a_header_once_more_is_none_when_read_again_beside_longer_rows(self):
        """The columns past the header are known at the end only; then all is read a second time."""
        found = opened('Address\n1 Main St, Reno NV\nAddress\n"2 Main St, Reno NV",x\n')
        assert (found.rows, found.skipped) == (2, 1)
        assert [len(batch) for batch in found.batches(10)] == [2]

    def test_short_and_long_rows_are_counted(self):
        found = opened("Company,Zip,Address\nA,01103\nB,01103,2 Main St,x\nC\n")
        assert found.notes == [
            "more cells than the header in 1 row (row 3 first): kept at the end",
            "fewer cells than the header in 2 rows (row 2 first): the last ones are blank",
        ]


@pytest.mark.parametrize(
    "content",
    [
        "+---+---+\n| Name | Address |\n+---+---+\n| A | 1 Main St |\n+------+-----+\n",
        "| Name | Address |\r\n| :--- | ------: |\r\n| A | 1 Main St |\n",
        " Name |  Address\n------+-----------\n A    | 1 Main St\n",
    ],
    ids=["mysql", "markdown", "psql"],
)
def test_lines_that_are_drawn_are_no_rows(content):
    found = opened(content)
    assert (found.rows, places(only(found))[0][0]) == (1, "1 Main St")


class TestHeaderFarDown:
    @needs_data
    def test_below_a_list_of_notes(self):
        found = open_list(CASES / "lists" / "49-header-below-row-20.csv")
        assert (found.rows, found.skipped) == (1, 24)
        assert places(only(found)) == PLACES[:1]

    def test_in_a_workbook_and_with_tabs(self):
        notes = [[f"Note {n}: see the data dictionary"] for n in range(100)]
        check(made.xlsx({"Notes": [["x", "y"]], "List": [*notes, *ROWS]}))
        lines = [*("".join(note) for note in notes), *("\t".join(map(str, row)) for row in ROWS)]
        check("\n".join(lines))

    def test_a_row_of_data_is_none(self):
        """A shop may be called Title, in a town called Location."""
        rows = "".join(f"Firm {n},{n} Main St\n" for n in range(30))
        found = opened(f"wer,Address\n{rows}Title,Location\n", columns={"name": "wer"})
        assert found.rows == 31


class TestDbf:
    def test_kinds_of_fields(self):
        fields = [
            *(("NAME", "C", 10), ("ADDRESS", "C", 12), ("OPENED", "D", 8), ("ACTIVE", "L", 1)),
            *(("JOBS", "I", 4), ("FEE", "Y", 8), ("RATE", "B", 8), ("SEEN", "T", 8)),
            *(("NOTES", "M", 10), ("SALES", "N", 6), ("_NullFlags", "0", 1)),
        ]
        record = [
            *("Pine", "1 Main St", "20260131", "T", struct.pack("<i", 25)),
            *(struct.pack("<q", 1_250_000), struct.pack("<d", 0.1)),
            *(struct.pack("<ii", 2_461_072, 0), "1", "******", b"\0"),
        ]
        found = opened(made.dbf(fields, [record], version=0x30))
        cells = (
            "Pine",
            "1 Main St",
            "2026-01-31",
            "true",
            "25",
            "125",
            "0.1",
            "2026-01-31",
            "",
            "",
        )
        assert only(found).cells.rows() == [cells]
        assert "memos are in a file of their own, not read: 'NOTES'" in found.notes

    def test_deleted_records_are_left_out(self):
        rows = [["A", "1 Main St"], ["B", "2 Main St"]]
        found = opened(made.dbf([("NAME", "C", 9), ("ADDRESS", "C", 20)], rows, deleted=[0]))
        assert only(found).name == ["B"]
        assert "1 deleted record left out" in found.notes

    @pytest.mark.parametrize(
        ("page", "encoding"), [(0x01, "cp437"), (0x03, "cp1252"), (0, "utf-8"), (0, "cp1252")]
    )
    def test_code_pages(self, page, encoding):
        rows = [["Café Söhne".encode(encoding), "1 Main St"]]
        found = read(made.dbf([("NAME", "C", 20), ("ADDRESS", "C", 20)], rows, page=page))
        assert found.name == ["Café Söhne"]

    def test_names_that_were_cut_to_ten_letters(self):
        """As shapefiles have them; one that nobody knows stays."""
        names = ["COMPANY_NA", "STREET_ADD", "LOCATION_C", "SALES_VOLU", "FAVOURITE_"]
        row = ["Pine", "1 Main St", "Holyoke", "2000000", "x"]
        found = opened(made.dbf([(name, "C", 20) for name in names], [row]))
        firms = only(found)
        assert (firms.name, places(firms)[0][:2]) == (["Pine"], ("1 Main St", "Holyoke"))
        assert firms.sales.low[0] == 2_000_000
        assert firms.cells.columns[-1] == "FAVOURITE_"
        assert any("COMPANY_NA = company name" in note for note in found.notes)

    def test_a_list_that_begins_like_one_is_text(self):
        assert read("0\x01\x02,address\nA,1 Main St\n" * 3).addresses.line[0] == "1 Main St"


class TestJson:
    def test_a_point_fills_what_the_properties_leave_out(self):
        found = read(json.dumps(GEOJSON))
        assert (found.given.lat.tolist(), found.given.lon.tolist()) == ([42.1] * 2, [-72.59] * 2)
        for one in GEOJSON["features"]:
            named = {**one, "properties": {"lat": 1, "lon": 2}}
            assert read(json.dumps(named)).given.lat.tolist() == [1]

    def test_features_without_a_point_are_counted(self):
        features = [{**GEOJSON["features"][0], "geometry": None}, GEOJSON["features"][1]]
        found = opened(json.dumps({"type": "FeatureCollection", "features": features}))
        assert "no point in 1 feature" in found.notes

    def test_objects_in_objects_are_columns(self):
        row = {"names": {"primary": "Pine"}, "addresses": [{"freeform": "1 Main St"}], "n": [1, 2]}
        found = read(json.dumps([row]))
        assert (found.name, places(found)[0][0]) == (["Pine"], "1 Main St")

    @pytest.mark.parametrize(
        "whole", [ROWS, {"columns": HEADER, "data": ROWS[1:]}, {"index": [0], "rows": ROWS}]
    )
    def test_rows_in_arrays(self, whole):
        check(json.dumps(whole))

    def test_of_our_own_answer_the_cells(self):
        rows = [{"name": "x", "verdict": "pass", "employees": 1, "cells": one} for one in OBJECTS]
        check(json.dumps({"counts": {"read": 2}, "prospects": rows}))

    @needs_data
    def test_the_case(self):
        assert places(only(open_list(CASES / "lists" / "50-list.geojson"))) == PLACES[:1]


class TestHtml:
    @needs_data
    def test_called_xls(self):
        assert places(only(open_list(CASES / "lists" / "48-html-named-xls.xls"))) == PLACES[:1]

    def test_breaks_spans_and_what_is_never_closed(self):
        found = read(
            "<TABLE><tr><th>Company<th>Address<th colspan=2>City<th>Zip\n"
            "<tr><td>Pine &amp; Sons<td>12 Main St<br>Floor 2<td>Spring\n  field<td>x<td>01103"
        )
        assert found.cells.row(0) == (
            "Pine & Sons", "12 Main St\nFloor 2", "Spring field", "x", "01103"
        )  # fmt: skip

    def test_a_table_in_a_cell_is_one_of_its_own(self):
        inner = "<table><tr><td>x</td></tr></table>"
        check(HTML.replace("<td>MA</td>", f"<td>{inner}MA</td>", 1))


class TestFixedWidth:
    def test_columns_side_by_side_and_numbers_to_the_right(self):
        """The town fills its column; the count is longer than its header."""
        found = read(
            "COMPANY NAME   STREET ADDRESS CITY            ST ZIP   EMP\n"
            "PINE DENTAL    12 MAIN ST     WEST SPRINGFIELDMA 01103   25\n"
            "ELM & SONS     40 OAK AVE     HOLYOKE         MA 01040  180\n"
        )
        assert places(found)[0] == ("12 MAIN ST", "WEST SPRINGFIELD", "MA", "01103")
        assert found.cells.columns == ["COMPANY NAME", "STREET ADDRESS", "CITY", "ST", "ZIP", "EMP"]
        assert found.cells["EMP"].to_list() == ["25", "180"]

    def test_a_line_of_dashes_says_where_columns_are(self):
        found = opened(
            "Name       Address         Zip\n---------- --------------- -----\n"
            "A          1 Main St       01103\nB          2 Main St       01103\n"
        )
        assert places(only(found))[1] == ("2 Main St", "", "", "01103")
        assert (found.rows, found.notes) == (2, ["3 columns of fixed width"])

    @pytest.mark.parametrize(
        "content",
        [
            "Full Address\n1 Main St  Springfield MA\n",
            "Company Name,  Address,  City\nA,  1 Main St,  X\n",
            "Address\n12 Main St\n",
        ],
    )
    def test_other_text_stays_what_it_is(self, content):
        assert "width" not in " ".join(opened(content).notes)
