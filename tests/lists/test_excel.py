"""Workbooks that open as people want them: numbers, dates, widths, a filter, a sheet about it."""

import csv
import io
import tracemalloc
import zipfile
from datetime import datetime

import openpyxl
import polars as pl
import pytest

from app.lists.about import ABOUT, About, is_about
from app.lists.excel import WIDEST
from app.lists.read import open_list
from app.lists.typed_cells import choose_types
from app.lists.write import EXCEL_MARK, open_writer, write_beside

LIMITS = {"minutes": "up to 50", "sales": "$1M-$10M"}
TOLD = About(
    "350 Main Street", "2026-11-28", ["One note.", "=Two, with a comma"], "© OpenStreetMap",
    {"read": 12, "not_located": 2}, LIMITS,
)  # fmt: skip


def workbook(tmp_path, *batches, ours=None, about=None):
    """The batches (header -> cells) as openpyxl reads them back."""
    path = tmp_path / "out.xlsx"
    with open_writer(path, "xlsx") as sink:
        for batch in batches:
            cells = pl.DataFrame(batch, schema_overrides=dict.fromkeys(batch, pl.String))
            sink.write(cells, pl.DataFrame(ours) if ours else cells.select())
        if about:
            sink.tell(about)
    return openpyxl.load_workbook(path)


def held(header, *texts):
    """How a column of those texts is held: the values of its numbers, None for text."""
    (kind,) = choose_types(pl.DataFrame({header: texts}))
    return kind and kind.values(pl.Series(texts)).to_list()


@pytest.mark.parametrize(
    ("header", "texts"),
    [
        ("Employees", ("12", "", "7", "-3", "0")),
        ("# Employees", ("12", "5000")),
        ("Number of Employees", ("12", "5000")),
        ("Revenue", ("1250000.5", "3")),
        ("Rate", ("12.50", "3.00")),
        ("Latitude", ("21.306944", "-157.858333")),
        ("Score", ("123456789012345",)),
    ],
)
def test_plain_numbers_are_numbers(header, texts):
    assert held(header, *texts) == [float(text) if text else None for text in texts]


@pytest.mark.parametrize(
    ("header", "texts"),
    [
        ("Employees", ("12", "007")),
        ("Employees", ("12", "10-19")),
        ("Employees", ("1,200",)),
        ("Sales", ("$5",)),
        ("Sales", ("1e5",)),
        ("Sales", ("1.50", "2")),  # Excel would show 1.5
        ("Sales", ("+5",)),
        ("Sales", ("-0",)),
        ("Big", ("1234567890123456",)),  # Excel keeps 15 digits
        ("Staff", ("", "")),
        ("ZIP Code", ("96813", "96814")),
        ("BorrowerZip", ("96813",)),
        ("Postleitzahl", ("80331",)),
        ("Phone", ("8089550123",)),
        ("Primary NAICS", ("541110",)),
        ("SIC Code 1", ("5411",)),
        ("D-U-N-S Number", ("123456789",)),
        ("License No", ("55",)),
        ("place_id", ("55",)),
        ("Address", ("350",)),
        ("previous_sweetspot_zip", ("96813",)),
        ("Opened", ("03/04/2020", "01/02/2021")),  # the month may come second
        ("Opened", ("13/04/2020",)),
        ("Opened", ("2020-02-30",)),
        ("Opened", ("1899-12-31",)),
        ("Opened", ("2020-01-02", "soon")),
    ],
)
def test_in_doubt_it_is_text(header, texts):
    assert held(header, *texts) is None


def test_dates_are_dates_as_they_were_written(tmp_path):
    book = workbook(
        tmp_path,
        {
            "Opened": ["2020-01-31", ""],
            "Sold": ["01/31/2020", "12/01/1999"],
            "Due": ["1/31/2020"] * 2,
        },
    )
    row = book.active[2]
    assert [cell.value for cell in row] == [datetime(2020, 1, 31)] * 3
    assert [cell.number_format for cell in row] == ["yyyy-mm-dd", "mm/dd/yyyy", "m/d/yyyy"]
    assert book.active["B3"].value == datetime(1999, 12, 1)


def test_the_first_rows_decide_and_a_later_cell_that_does_not_fit_is_text(tmp_path):
    empty = {"Employees": [], "Rate": []}
    book = workbook(
        tmp_path,
        empty,
        {"Employees": ["12", ""], "Rate": ["1.50", "2.00"]},
        {"Employees": ["10-19", "7"], "Rate": ["2.5", "9.25"]},
    )
    columns = [[cell.value for cell in column[1:]] for column in book.active.columns]
    assert columns == [[12, None, "10-19", 7], [1.5, 2, "2.5", 9.25]]
    assert book.active["B2"].number_format == "0.00"


def test_ours_stay_as_they_are(tmp_path):
    ours = {"minutes": [12.5], "verdict": ["pass"], "zip": ["01040"], "phone": ["8089550123"]}
    row = workbook(tmp_path, {"Name": ["Ann"]}, ours=ours).active[2]
    assert [cell.value for cell in row] == ["Ann", 12.5, "pass", "01040", "8089550123"]


def test_the_header_is_bold_and_stays_and_filters(tmp_path):
    long = "x" * 500
    book = workbook(
        tmp_path,
        {"Name": ["Ann"], "Address": ["1 Main Street, Suite 400"], "Z": [long]},
        {"Name": ["Bartholomew & Sons of Larkfield"], "Address": [""], "Z": [""]},
        about=TOLD,
    )
    assert book.sheetnames == ["prospects", ABOUT]
    sheet = book["prospects"]
    assert all(cell.font.bold for cell in sheet[1])
    assert not sheet["A2"].font.bold
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:C3"
    widths = [sheet.column_dimensions[letter].width for letter in "ABC"]
    least = len("Bartholomew & Sons of Larkfield"), len("1 Main Street, Suite 400"), WIDEST
    assert all(few <= width < few + 2 for few, width in zip(least, widths, strict=True))


def test_a_line_break_in_a_cell_is_a_line_feed(tmp_path):
    """Not the _x000D_ that readers would show."""
    text = "Ann\r\nBob\rCid\nDee"
    assert workbook(tmp_path, {"Name": [text]}).active["A2"].value == "Ann\nBob\nCid\nDee"


def test_digits_that_are_text_get_no_green_corner(tmp_path):
    workbook(tmp_path, {"ZIP": ["01040"]})
    with zipfile.ZipFile(tmp_path / "out.xlsx") as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml")
    assert b'<ignoredError sqref="A1:A2" numberStoredAsText="1"/>' in sheet


def test_the_sheet_about_it_says_all_and_is_no_list(tmp_path):
    """Read again, the rows are those of the first sheet, and nothing is noted of the second."""
    cells = {"City": ["A", "B"], "Opened": ["2020-01-31", ""], "Staff": ["12", "7"]}
    book = workbook(tmp_path, cells, about=TOLD)
    rows = [tuple(cell or "" for cell in row) for row in book[ABOUT].iter_rows(values_only=True)]
    assert rows == [("about", "value"), *TOLD.table.rows()]
    assert is_about(rows)
    assert book[ABOUT].freeze_panes == "A2"
    again = open_list(tmp_path / "out.xlsx")
    assert again.about == TOLD
    assert again.whole().cells.to_dict(as_series=False) == cells
    assert not [note for note in again.notes if "sheet" in note]


def test_a_sheet_of_that_name_that_is_not_ours_is_a_sheet(tmp_path):
    path = tmp_path / "list.xlsx"
    book = openpyxl.Workbook()
    book.active.title = ABOUT
    book.active.append(["Company Name", "City"])
    book.active.append(["Ann", "Larkfield"])
    book.save(path)
    assert open_list(path).whole().name == ["Ann"]
    assert open_list(path).about == About()


def test_times_of_day_stay_where_a_column_has_any(tmp_path):
    path = tmp_path / "list.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["City", "Opened", "Called"])
    book.active.append(["Ann", datetime(2020, 1, 31), datetime(2020, 1, 31)])
    book.active.append(["Bob", datetime(2021, 1, 31), datetime(2020, 1, 31, 0, 10)])
    book.save(path)
    assert open_list(path).whole().cells.rows() == [
        ("Ann", "2020-01-31", "2020-01-31 00:00:00"),
        ("Bob", "2021-01-31", "2020-01-31 00:10:00"),
    ]


def test_memory_is_that_of_a_batch(tmp_path):
    """Ten times the rows take no more of it: rows wait on the disk."""

    def peak(batches):
        cells = pl.DataFrame(
            {f"c{i}": [f"text {j} of {i}" for j in range(1000)] for i in range(10)}
        )
        tracemalloc.start()
        with open_writer(tmp_path / "big.xlsx", "xlsx") as sink:
            for _ in range(batches):
                sink.write(cells, cells.select())
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(20) < 1.5 * peak(2)


@pytest.mark.parametrize("kind", ["xlsx", "geojson", "parquet"])
def test_a_file_says_what_is_known_of_it(tmp_path, kind):
    """And says it again to whoever reads the file."""
    path = tmp_path / f"out.{kind}"
    with open_writer(path, kind) as sink:
        rows = pl.DataFrame({"lat": [21.3], "lon": [-157.8], "verdict": ["pass"]})
        sink.write(pl.DataFrame({"City": ["Ann"]}), rows)
        sink.tell(TOLD)
    about = open_list(path).about
    assert (about.home, about.date, list(about.notes)) == (TOLD.home, TOLD.date, TOLD.notes)
    assert (about.attribution, about.counts) == (TOLD.attribution, TOLD.counts)


def test_a_csv_file_has_it_beside_it(tmp_path):
    beside = write_beside(tmp_path / "out.csv", TOLD, excel=True)
    assert beside.name == "out-about.csv"
    content = beside.read_bytes()
    assert content.startswith(EXCEL_MARK)
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert ["note", "'=Two, with a comma"] in rows  # nothing that a spreadsheet would run
    assert About.of_table(rows).limits == LIMITS


def test_the_mark_of_excel_stands_once_and_is_no_header(tmp_path):
    path = tmp_path / "out.csv"
    with open_writer(path, "csv", excel=True) as sink:
        sink.write(pl.DataFrame({"City": ["Söhne"]}), pl.DataFrame({"verdict": ["pass"]}))
        sink.write(pl.DataFrame({"City": ["Kāneʻohe"]}), pl.DataFrame({"verdict": ["pass"]}))
    assert path.read_bytes().count(EXCEL_MARK) == 1
    assert path.read_bytes().startswith(EXCEL_MARK)
    cells = open_list(path).whole().cells
    assert cells["City"].to_list() == ["Söhne", "Kāneʻohe"]
