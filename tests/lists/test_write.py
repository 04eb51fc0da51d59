"""Lists out: nothing lost, nothing half-written, nothing that a spreadsheet would run."""

import csv
import errno
import io
import json
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import BadQuestion, NoRoom
from app.lists.read import open_list
from app.lists.write import COLUMNS, KINDS, NUMBERS, PREFIX, kind_of, open_writer

FULL = Path("/dev/full")
OURS = [f"{PREFIX}{name}" for name in COLUMNS]


def cells(*names, **more):
    return pl.DataFrame({"Name": list(names), **more}, schema_overrides={"Name": pl.String})


def ours(n, **some):
    """Our columns; what is not said is null."""
    plain = {name: [None] * n for name in COLUMNS}
    return pl.DataFrame({**plain, **some})


def two_batches(target, kind):
    """Ann (passes, at Honolulu) and then Bob (not located), with an empty batch between."""
    first = ours(1, verdict=["pass"], minutes=[12.5], lat=[21.3], lon=[-157.8], reasons=["a; b"])
    with open_writer(target, kind) as sink:
        sink.write(cells("Ann"), first)
        sink.write(cells(), ours(0))
        sink.write(cells("Bob"), ours(1, verdict=["maybe"]))


def read_back(path, kind):
    if kind == "csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    if kind == "xlsx":
        head, *rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
        return [dict(zip(head, row, strict=True)) for row in rows]
    if kind == "parquet":
        return pl.read_parquet(path).to_dicts()
    content = json.loads(path.read_text("utf-8"))
    return content if kind == "json" else [one["properties"] for one in content["features"]]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_keeps_the_cells_first_and_ours_after(kind, tmp_path):
    path = tmp_path / f"out.{kind}"
    two_batches(path, kind_of(path))
    rows = read_back(path, kind)
    assert list(rows[0]) == ["Name", *OURS]
    assert [row["Name"] for row in rows] == ["Ann", "Bob"]
    assert float(rows[0]["sweetspot_minutes"]) == 12.5
    assert rows[0]["sweetspot_reasons"] == "a; b"
    assert rows[1]["sweetspot_minutes"] in (None, "")
    assert list(tmp_path.iterdir()) == [path]  # no temporary file stays


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_gets_the_same_bytes_or_rows(kind, tmp_path):
    path, stream = tmp_path / f"out.{kind}", io.BytesIO()
    two_batches(stream, kind)
    path.write_bytes(stream.getvalue())
    assert [row["Name"] for row in read_back(path, kind)] == ["Ann", "Bob"]
    assert not stream.closed


@pytest.mark.parametrize("kind", KINDS)
def test_no_rows_are_still_a_whole_file(kind, tmp_path):
    path = tmp_path / f"out.{kind}"
    with open_writer(path, kind) as sink:
        sink.write(cells(), ours(0))
    assert read_back(path, kind) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_leaves_the_old_file_and_nothing_else(kind, tmp_path):
    path = tmp_path / f"out.{kind}"
    path.write_text("the old one")

    def fail():
        with open_writer(path, kind) as sink:
            sink.write(cells("Ann"), ours(1))
            raise RuntimeError("engine died")

    with pytest.raises(RuntimeError, match="engine died"):
        fail()
    assert path.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [path]


def test_geojson_puts_located_rows_on_the_map():
    stream = io.BytesIO()
    two_batches(stream, "geojson")
    ann, bob = json.loads(stream.getvalue())["features"]
    assert ann["geometry"] == {"type": "Point", "coordinates": [-157.8, 21.3]}
    assert bob["geometry"] is None


RUNS = ["=1+1", "+cmd|'/c calc'!A1", "-2+3+cmd", "@SUM(A1)", "\t=1+1", "\r=1", " =1+1", "＝1+1"]
PLAIN = ["-157.8", "+1 (808) 555-0123", "-1.5e10", "-", "--", "a=b", "+18085550123", "-5,000.00"]


def test_csv_marks_what_a_spreadsheet_would_run_and_nothing_else():
    """An apostrophe makes a formula text; negative numbers and phone numbers stay as they are."""
    stream = io.BytesIO()
    with open_writer(stream, "csv") as sink:
        sink.write(
            cells(*RUNS, *PLAIN), ours(len(RUNS + PLAIN), reasons=["=x"] * len(RUNS + PLAIN))
        )
    rows = list(csv.DictReader(io.StringIO(stream.getvalue().decode(), newline="")))
    assert [row["Name"] for row in rows] == [f"'{text}" for text in RUNS] + PLAIN
    assert rows[0]["sweetspot_reasons"] == "'=x"


def test_csv_marks_headers_too():
    stream = io.BytesIO()
    with open_writer(stream, "csv") as sink:
        sink.write(pl.DataFrame({"=evil()": ["x"]}), ours(1))
    assert stream.getvalue().startswith(b"'=evil(),")


def test_xlsx_holds_formulas_as_text(tmp_path):
    path = tmp_path / "out.xlsx"
    with open_writer(path, "xlsx") as sink:
        sink.write(cells(*RUNS[:4]), ours(4))
    column = openpyxl.load_workbook(path).active["A"][1:]
    assert [(cell.value, cell.data_type) for cell in column] == [(text, "s") for text in RUNS[:4]]


@pytest.mark.parametrize("kind", ["json", "geojson", "parquet"])
def test_data_formats_carry_the_plain_text(kind, tmp_path):
    path = tmp_path / f"out.{kind}"
    with open_writer(path, kind) as sink:
        sink.write(cells(*RUNS), ours(len(RUNS)))
    assert [row["Name"] for row in read_back(path, kind)] == RUNS


def test_an_answer_can_be_asked_again(tmp_path):
    """Our own file as the next list: its old verdicts are kept beside the new ones."""
    path = tmp_path / "out.csv"
    with open_writer(path, "csv") as sink:
        sink.write(cells("Ann", Address=["1 Main St"]), ours(1, verdict=["pass"]))
    (again,) = open_list(path).batches()
    with open_writer(path, "csv") as sink:
        sink.write(again.cells, ours(1, verdict=["fail"]))
    (row,) = read_back(path, "csv")
    assert (row["previous_sweetspot_verdict"], row["sweetspot_verdict"]) == ("pass", "fail")


def test_where_nothing_can_be_written_is_bad_input(tmp_path):
    with (
        pytest.raises(BadQuestion, match="No such file") as why,
        open_writer(tmp_path / "no" / "out.csv", "csv"),
    ):
        pass
    assert why.value.field == "out"
    with pytest.raises(BadQuestion, match=r"\.xlsx"):
        kind_of(tmp_path / "out.doc")


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told():
    with (
        FULL.open("wb", buffering=0) as full,
        pytest.raises(NoRoom, match="no room"),
        open_writer(full, "csv") as sink,
    ):
        sink.write(cells("Ann"), ours(1))


class Filling(io.BytesIO):
    """A disk with room for 64 bytes."""

    def write(self, data):
        if self.tell() + len(data) > 64:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize("kind", KINDS)
def test_a_disk_that_fills_is_told_for_every_kind(kind):
    with pytest.raises(NoRoom):
        two_batches(Filling(), kind)


def test_a_new_file_gets_the_usual_permissions(tmp_path):
    """Not those of a temporary file, which only its owner may read."""
    plain, path = tmp_path / "plain", tmp_path / "out.csv"
    plain.write_text("")
    two_batches(path, "csv")
    assert path.stat().st_mode == plain.stat().st_mode


any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@settings(deadline=None)
@given(st.lists(any_text, min_size=1, max_size=5))
def test_json_lines_hold_any_text(texts):
    """Line separators such as U+2028 inside a cell don't split a row."""
    for kind in ("json", "geojson"):
        stream = io.BytesIO()
        with open_writer(stream, kind) as sink:
            sink.write(cells(*texts), ours(len(texts)))
        content = json.loads(stream.getvalue())
        rows = content if kind == "json" else [one["properties"] for one in content["features"]]
        assert [row["Name"] for row in rows] == texts


def test_numbers_are_ours_to_name():
    assert set(COLUMNS) > NUMBERS
