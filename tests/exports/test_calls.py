"""Call sheets: in which order, on which day, what is asked, and what others read in the files."""

import io
from datetime import date
from zlib import crc32

import icalendar
import openpyxl
import pypdf
import pytest

from app.errors import BadQuestion
from app.exports.answer import About
from app.exports.calls.areas import group_areas
from app.exports.calls.call_list import list_calls
from app.exports.calls.kind import KIND
from app.exports.calls.questions import ADVISERS, COMPUTERS, EMPLOYEES, list_questions
from app.exports.calls.schedule import plan_dates
from app.exports.export import ExportRequest, write_export
from app.exports.kind import ExportWork
from app.exports.options import ExportOptions
from app.exports.phones import show_phone
from app.exports.sheets.callees import OUTCOMES, shorten_reasons
from app.geo.addresses.countries import US
from app.geo.regions.sample import county as sample
from tests.exports.made import make_row, make_rows

TUESDAY = date(2026, 12, 1)
REASONS = (
    "12.5 min by road, limit 50: 37.5 under; computers 20, within 10-50; employees 24, within "
    "10-100; sales $2.4M, within $1M-$10M"
)
UNSURE = "about 49.0 min by road (47.0-52.0), limit 50: may be over, placed by its street"
OVER = "52.4 min by road, limit 50: 2.4 over"
AWKWARD = "AT&T <Ltd> **bold** __x__ --s-- {nb} Kaʻaʻawa ‹Müller› Ждановъ"


def place(minutes, line, city="Larkfield", code="00101", lon=-116.6, **more):
    """A row with a phone, so many minutes away."""
    row = make_row(Company_Name=f"At {line}", Address=line, City=city, ZIP_Code=code, **more)
    phone = {"Phone": f"217-356-{crc32(line.encode()) % 9000 + 1000}"}
    return {**row, "minutes": minutes, "lon": lon, "cells": {**phone, **row["cells"]}}


def numbered(n, **more):
    """That many rows on one street, each with a phone of its own."""
    rows = [place(5 + i / 100, f"{100 + i} Main Street", **more) for i in range(n)]
    for i, row in enumerate(rows):
        row["cells"]["Phone"] = f"217-356-{1000 + i}"
    return rows


def write(rows, path, **asked):
    """The report of that call sheet, of the 1st of December."""
    options = ExportOptions(mailed=TUESDAY.isoformat(), **asked)
    return write_export(rows, ExportRequest(KIND, options), path)


def calls_of(rows, tmp_path, **asked):
    options = ExportOptions(mailed=TUESDAY.isoformat(), **asked)
    return list_calls(ExportWork(rows, options, tmp_path / "x.pdf", None))


class TestAreas:
    def test_an_area_is_a_town_and_a_zip_code_nearest_first(self):
        rows = make_rows([
            place(40, "1 Oak Street", "Far Town", "00109"),
            place(5, "1 Elm Street", code="00101-1234"),
            place(9, "2 Elm Street", code="00103"),
            place(4, "3 Elm Street"),
        ])  # fmt: skip
        areas = group_areas(rows)
        assert [(area.name, list(area.rows)) for area in areas] == [
            ("Larkfield, NV 00101", [1, 3]),
            ("Larkfield, NV 00103", [2]),
            ("Far Town, NV 00109", [0]),
        ]
        assert areas[0].span == "4-5 minutes"

    def test_streets_go_by_their_nearest_row_and_numbers_along_them(self):
        lines = ["900 Elm St", "2 Oak Street", "10 Elm Street", "9 Elm Street", "1 Oak St"]
        minutes = [8, 6, 5, 7, 9]
        rows = make_rows([place(*pair) for pair in zip(minutes, lines, strict=True)])
        (area,) = group_areas(rows)
        assert [lines[row] for row in area.rows] == [
            *("9 Elm Street", "10 Elm Street", "900 Elm St"),
            *("1 Oak St", "2 Oak Street"),
        ]

    def test_of_areas_alike_by_drive_neighbours_follow_each_other(self):
        east, west = -116.0, -117.0
        rows = make_rows([
            place(20, "1 A Street", "East A", "00111", east),
            place(21, "1 B Street", "West A", "00112", west),
            place(22, "1 C Street", "East B", "00113", east + 0.01),
            place(23, "1 D Street", "West B", "00114", west - 0.01),
        ])  # fmt: skip
        names = [area.name.split(",")[0] for area in group_areas(rows)]
        assert names == ["East A", "East B", "West A", "West B"]

    def test_rows_that_say_no_town_or_have_no_drive_come_last(self):
        rows = make_rows([
            {**place(None, "1 A Street", "Nowhere", "00119"), "lat": None, "lon": None},
            {**place(None, "5 B Street", "", "", None, State=""), "lat": None},
            place(30, "1 C Street"),
        ])  # fmt: skip
        areas = group_areas(rows)
        assert areas[0].name == "Larkfield, NV 00101"
        assert {area.name for area in areas[1:]} == {"Nowhere, NV 00119", "Town unknown"}
        assert areas[1].span == ""


class TestDays:
    def test_weekends_are_left_out(self):
        friday = date(2026, 12, 4)
        assert plan_dates([3], 1, friday) == [friday, date(2026, 12, 7), date(2026, 12, 8)]
        assert plan_dates([1], 5, date(2026, 12, 5)) == [date(2026, 12, 7)]

    def test_an_area_that_fits_into_a_day_is_not_parted(self):
        days = plan_dates([3, 3, 7], 5, TUESDAY)
        numbers = [(day - TUESDAY).days for day in days]
        assert numbers == [0, 0, 0, 1, 1, 1, *[1, 1], *[2] * 5]

    def test_a_day_that_is_none_is_refused(self, tmp_path):
        rows = make_rows(numbered(1))
        with pytest.raises(BadQuestion, match=r"mailed '1\.12\.': expected a day such as"):
            list_calls(ExportWork(rows, ExportOptions(mailed="1.12."), tmp_path / "x.pdf", None))


class TestWhatIsAsked:
    @pytest.mark.parametrize(
        ("cells", "ours", "asked"),
        [
            ({}, {}, [COMPUTERS, EMPLOYEES, ADVISERS]),
            ({"Employees": "10 to 19"}, {"computers_basis": "estimated"}, [COMPUTERS, ADVISERS]),
            ({"Employees": "24"}, {"computers_basis": "list"}, [ADVISERS]),
            ({"Accountant": "Hale & Byrne"}, {"computers_basis": "list"}, [EMPLOYEES]),
            ({"Accountant": " n/a "}, {"computers_basis": "list"}, [EMPLOYEES, ADVISERS]),
            (
                {"Crew": "24", "Books by": "Hale"},
                {"reasons": "employees 24, within 10-100; adviser: 'Hale'"},
                [COMPUTERS],
            ),
            (
                {},
                {"reasons": "employees unknown; adviser unknown"},
                [COMPUTERS, EMPLOYEES, ADVISERS],
            ),
        ],
    )  # fmt: skip
    def test_is_what_nobody_knows(self, cells, ours, asked):
        rows = make_rows([{**make_row(**cells), **ours}])
        assert list_questions(rows) == [asked]

    @pytest.mark.parametrize(
        ("verdict", "reasons", "shown"),
        [
            ("pass", REASONS, "computers 20; employees 24; sales $2.4M"),
            ("pass", "about 9 min (4-15, estimated from 7.1 miles), limit 50: within", ""),
            (
                "pass",
                "computers 2-33 estimated from employees, which decides nothing; sales unknown",
                "computers 2-33 estimated",
            ),
            (
                "maybe",
                f"{UNSURE}; employees unknown; intersection",
                f"maybe: {UNSURE}; intersection",
            ),
            ("fail", OVER, f"fail: {OVER}"),
        ],
    )  # fmt: skip
    def test_why_it_passed_takes_a_few_words(self, verdict, reasons, shown):
        assert shorten_reasons(verdict, reasons) == shown


@pytest.mark.parametrize(
    ("text", "country", "shown"),
    [
        ("8089550123", "", "(808) 955-0123"),
        ("808-955-0123 (cell)", US, "(808) 955-0123"),
        ("808.955.0123 x5", "", "(808) 955-0123 ext. 5"),
        ("808-955-0123 / 808-955-0124", "", "(808) 955-0123"),
        ("8089550123.0", "", "(808) 955-0123"),
        ("+49 89 32168123", "", "+49 89 32168123"),
        ("089 32168123", "Germany", "+49 89 32168123"),
        ("604-822-2211", "Canada", "(604) 822-2211"),
        ("call 12-34", "", "call 12-34"),
    ],
)
def test_phones_are_shown_as_they_are_dialled(text, country, shown):
    assert show_phone(text, country, US) == shown


def test_rows_without_a_phone_are_left_out_with_why(tmp_path):
    rows = make_rows([*numbered(2), make_row(Company_Name="Mute", Phone="n/a")])
    report = write(rows, tmp_path / "calls.xlsx")
    assert report.left_out == {"no phone": 1}
    assert "Mute" in (tmp_path / "calls-left-out.csv").read_text()
    assert report.notes[0] == "2 calls on 1 day, from 2026-12-08 to 2026-12-08."


class TestWorkbook:
    @pytest.fixture
    def book(self, tmp_path):
        told = make_row(
            Company_Name="=HYPERLINK(1)", Phone="8089550123", Address="1 A St\r\nSuite 2"
        )
        rows = make_rows([{**told, "miles": 7.25, "reasons": REASONS}])
        about = About("350 Main Street", "2026-11-28", ["Minutes are free-flow."], "© OSM")
        write(rows.over(about), tmp_path / "calls.xlsx")
        return openpyxl.load_workbook(tmp_path / "calls.xlsx")

    def test_numbers_and_days_are_typed_and_texts_are_texts(self, book):
        sheet = book["calls"]
        header, row = sheet.iter_rows()
        cells = {head.value: cell for head, cell in zip(header, row, strict=True)}
        assert (cells["Phone"].data_type, cells["Phone"].value) == ("s", "(808) 955-0123")
        assert (cells["Name"].data_type, cells["Name"].value) == ("s", "=HYPERLINK(1)")
        assert (cells["Minutes"].value, cells["Miles"].value) == (12.5, 7.25)
        assert cells["Call on"].is_date
        assert cells["Call on"].value.date() == date(2026, 12, 8)
        assert cells["Why"].value == "computers 20; employees 24; sales $2.4M"
        assert "_x000D_" not in cells["Address"].value
        assert all(head.font.bold for head in header)

    def test_it_is_frozen_filtered_and_an_outcome_is_chosen(self, book):
        sheet = book["calls"]
        assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:L2")
        (choice,) = sheet.data_validations.dataValidation
        assert choice.formula1 == f'"{",".join(OUTCOMES)}"'
        assert [str(one) for one in choice.sqref.ranges] == ["K2"]
        assert sheet["K1"].value == "Outcome"

    def test_the_second_sheet_says_what_it_is_of(self, book):
        about = {row[0].value: row[1].value for row in book["about"].iter_rows()}
        assert about["Home base"] == "350 Main Street"
        assert about["Mail of"] == "Tue 1 Dec 2026"
        assert about["Note"] == "Minutes are free-flow."
        assert about["Data"] == "© OSM"


class TestCalendar:
    @staticmethod
    def events(path):
        return icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")

    def test_each_call_is_in_one_entry_of_its_day(self, tmp_path):
        rows = make_rows([*numbered(12), *numbered(3, city="Cedar Halt", code="00102")])
        write(rows, tmp_path / "calls.ics", per_day=5, repeats=True)
        calls = calls_of(rows, tmp_path, per_day=5)
        found = self.events(tmp_path / "calls.ics")
        assert [event.decoded("dtstart") for event in found] == [day for day, _ in calls.days]
        lines = [str(event["description"]).split("\n") for event in found]
        assert sum(map(len, lines)) == 15
        for texts, (_, some) in zip(lines, calls.days, strict=True):
            for n, (text, call) in enumerate(zip(texts, some, strict=True), 1):
                assert text.startswith(f"{n}. {call.whom.name} · {call.whom.phone} · ")

    def test_entries_leave_the_day_free_and_move_with_the_mail(self, tmp_path):
        rows = make_rows(numbered(7))
        write(rows, tmp_path / "one.ics", per_day=5)
        later = ExportOptions(mailed="2026-12-08", per_day=5)
        write_export(rows, ExportRequest(KIND, later), tmp_path / "two.ics")
        one, two = self.events(tmp_path / "one.ics"), self.events(tmp_path / "two.ics")
        assert [str(event["uid"]) for event in one] == [str(event["uid"]) for event in two]
        assert one[0].decoded("dtstart") != two[0].decoded("dtstart")
        assert len({str(event["uid"]) for event in one}) == 2
        assert all(event["transp"] == "TRANSPARENT" and event["dtstamp"] for event in one)

    def test_lines_are_folded_and_texts_come_back_whole(self, tmp_path):
        row = make_row(Company_Name=f"{AWKWARD}; \\n, {'ʻ' * 100}", Phone="8089550123")
        write(make_rows([row]), tmp_path / "calls.ics")
        data = (tmp_path / "calls.ics").read_bytes()
        assert max(map(len, data.split(b"\r\n"))) <= 75
        (event,) = self.events(tmp_path / "calls.ics")
        assert row["cells"]["Company Name"] in str(event["description"])


class TestSheet:
    def test_the_sample_county_is_printed_whole(self, run, tmp_path, county):  # noqa: ARG002
        listed = tmp_path / "list.csv"
        listed.write_text(sample.prospects_csv(), encoding="utf-8")
        ran = run(
            *("find", str(listed), "--home", sample.HOME_ADDRESS, "--for", "calls"),
            *("--for-option", "mailed=2026-12-01", "--out", str(tmp_path / "calls.pdf")),
        )
        assert ran.code == 0, ran.err
        pages = [page.extract_text() for page in pypdf.PdfReader(tmp_path / "calls.pdf").pages]
        text = "\n".join(pages)
        assert "Home base: 350 Main Street, Larkfield" in pages[0]
        assert text.count("Notes") == text.count("no answer") == 29
        assert "(775) 555-0100" in text
        assert f"Page {len(pages)} of {len(pages)}" in pages[-1]
        assert "OpenStreetMap" in pages[-1]

    def test_text_is_literal_and_never_leaves_the_page(self, tmp_path):
        long = f"{AWKWARD} " + "Interminable Insurance Brokerage " * 20
        wide = "W" * 400
        rows = numbered(30)
        rows[0]["cells"] |= {"Company Name": AWKWARD}
        rows[1]["cells"] |= {"Company Name": long, "Contact Name": long, "Address": long}
        rows[2]["cells"] |= {"Company Name": wide, "City": wide, "Contact Name": wide}
        about = About(long, "2026-11-28", [], long)
        write(make_rows(rows).over(about), tmp_path / "calls.pdf", repeats=True)
        reader = pypdf.PdfReader(tmp_path / "calls.pdf")
        found = []
        for page in reader.pages:
            page.extract_text(visitor_text=lambda text, _, at, *__: found.append((text, at[4:])))
        text = "".join(text for text, _ in found)
        assert AWKWARD in " ".join(text.split())
        assert "…" in text
        assert ink_outside(tmp_path / "calls.pdf") == 0

    def test_letters_that_the_font_lacks_are_told(self, tmp_path):
        row = make_row(Company_Name="東京 Ｔｒａｄｉｎｇ ½", Phone="8089550123")
        report = write(make_rows([row]), tmp_path / "calls.pdf")
        assert report.notes[-1] == "The print's font lacks 2 letters (京 東), printed as ?."
        text = pypdf.PdfReader(tmp_path / "calls.pdf").pages[0].extract_text()
        assert "?? Trading ½" in text

    def test_a_call_is_never_parted_by_a_page(self, tmp_path):
        write(make_rows(numbered(40)), tmp_path / "calls.pdf")
        for page in pypdf.PdfReader(tmp_path / "calls.pdf").pages:
            text = page.extract_text()
            assert text.count("At ") == text.count("Notes") == text.count("Call on")
            assert text.count("Larkfield, NV 00101") > text.count("At ")  # the heading, too

    @pytest.mark.parametrize(("country", "width"), [(US, 612), ("Germany", 595)])
    def test_the_paper_is_that_of_the_country(self, tmp_path, country, width):
        write(make_rows(numbered(1)), tmp_path / "calls.pdf", country=country)
        (page,) = pypdf.PdfReader(tmp_path / "calls.pdf").pages
        assert round(float(page.mediabox.width)) == width


def ink_outside(path, margin_mm=12):
    """How many dots of all pages are printed nearer to the paper's left or right edge."""
    import numpy as np
    import pypdfium2

    dots = 0
    with io.BytesIO(path.read_bytes()) as file:
        document = pypdfium2.PdfDocument(file)
        for page in document:
            image = np.asarray(page.render(scale=1).to_pil().convert("L"))
            edge = round(margin_mm / 25.4 * 72)
            dots += int((image[:, :edge] < 250).sum() + (image[:, -edge:] < 250).sum())
        document.close()
    return dots
