"""What is known of a whole answer goes along with its rows, from `find` to what is made of it."""

import csv
import io
import json
import zipfile
from datetime import date

import openpyxl
import pytest

from app.exports.answer import open_answer
from app.geo.regions.sample import county as sample
from app.lists.about import About
from app.lists.write import EXCEL_MARK
from app.settings import Settings
from tests.served import local_client

HOME = ("--home", sample.HOME_ADDRESS)
ROWS = len(sample.prospects_csv().splitlines()) - 1
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def listed(tmp_path, county):  # noqa: ARG001 -- its map
    path = tmp_path / "list.csv"
    path.write_text(sample.prospects_csv(), encoding="utf-8")
    return path


@pytest.fixture
def find(run, listed, tmp_path):
    """What `find` writes of the sample county, or of another list."""

    def make(name, *more, of=None, code=0):
        out = tmp_path / name
        args = ("--verdict", "all", "--out", str(out), "--quiet", *more)
        ran = run("find", str(of or listed), *HOME, *args)
        assert ran.code == code, ran.err
        return out

    return make


@pytest.fixture(scope="module")
def client(data_dir):
    with local_client(Settings(data_dir=data_dir)) as made:
        yield made


def check(about, *, limits=True):
    assert about.home.startswith("350 Main Street")
    assert about.date == date.today().isoformat()
    assert "Minutes are without traffic." in about.notes
    assert about.counts["read"] == ROWS
    assert about.counts["passed"] + about.counts["maybe"] + about.counts["failed"] == ROWS
    assert not limits or about.limits["employees"] == "10-100"


@pytest.mark.parametrize("name", ["out.xlsx", "out.geojson", "out.parquet", "out.csv"])
def test_an_export_knows_what_the_file_says(find, name):
    notes = ("--notes",) if name.endswith("csv") else ()
    answer = open_answer(find(name, *notes), name)
    assert len(answer) == ROWS
    check(answer.about, limits=name in {"out.xlsx", "out.csv"})


def test_a_workbook_is_asked_again_and_exported_like_any_file(find, run, tmp_path):
    """Dates and numbers of it are read as they were; its second sheet is no list."""
    first = find("out.xlsx")
    again = find("again.csv", of=first)
    with again.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    plain = list(csv.DictReader(io.StringIO(find("plain.csv").read_text("utf-8"))))
    verdicts = [[row["sweetspot_verdict"] for row in some] for some in (rows, plain)]
    assert verdicts[0] == verdicts[1]
    for header in sample.prospects_csv().splitlines()[0].split(","):
        assert [row[header] for row in rows] == [row[header] for row in plain]
    out = tmp_path / "shop.xlsx"
    ran = run("export", str(first), "--for", "lettershop", "--out", str(out), "--quiet")
    assert ran.code == 0, ran.err
    check(open_answer(out, "shop").about)


def test_numbers_and_zip_codes_of_a_list_in_a_workbook(find):
    header, *rows = openpyxl.load_workbook(find("out.xlsx"))["prospects"].iter_rows(
        values_only=True
    )
    of = dict(zip(header, zip(*rows, strict=True), strict=True))
    assert {type(code) for code in of["ZIP Code"]} <= {str, type(None)}
    assert {type(code) for code in of["sweetspot_zip"]} <= {str, type(None)}
    assert {type(n) for n in of["sweetspot_minutes"]} <= {int, float, type(None)}
    assert float in {type(n) for n in of["sweetspot_minutes"]}


def test_notes_go_beside_a_file_and_are_kept_true(find, tmp_path):
    find("out.csv")
    assert not (tmp_path / "out-about.csv").exists()
    find("out.csv", "--notes")
    before = (tmp_path / "out-about.csv").read_bytes()
    find("out.csv", "--minutes", "20")
    after = (tmp_path / "out-about.csv").read_bytes()
    assert before != after
    assert b"limit on minutes,up to 20" in after


def test_a_file_of_that_name_that_is_not_ours_stays(find, tmp_path):
    (tmp_path / "out-about.csv").write_text("my own\n")
    find("out.csv")
    assert (tmp_path / "out-about.csv").read_text() == "my own\n"
    assert open_answer(tmp_path / "out.csv", "out.csv").about == About()


def test_excel_opens_it_whole(find):
    assert find("out.csv", "--excel").read_bytes().startswith(EXCEL_MARK)
    assert len(open_answer(find("out.csv", "--excel"), "x")) == ROWS


@pytest.mark.parametrize("more", [(), ("--out", "-")])
def test_notes_need_a_file(run, listed, more):
    ran = run("find", str(listed), *HOME, "--notes", *more)
    assert ran.code == 2
    assert "--out names it" in ran.err


@pytest.mark.parametrize("flag", ["--notes", "--excel"])
def test_an_export_of_find_has_files_of_its_own(run, listed, tmp_path, flag):
    out = ("--out", str(tmp_path / "x.csv"))
    ran = run("find", str(listed), *HOME, "--for", "lettershop", *out, flag)
    assert ran.code == 2
    assert f"{flag[2:]}: --for writes files of its own" in ran.err


@pytest.mark.parametrize(("kind", "accept"), [("csv", "text/csv"), ("xlsx", XLSX)])
def test_a_request_gets_both_in_a_zip_file(client, kind, accept):
    query = {"home": sample.HOME_ADDRESS, "verdict": "all", "notes": True, "excel": True}
    body = sample.prospects_csv().encode()
    got = client.post("/v1/find.csv", params=query, content=body, headers={"accept": accept})
    assert got.headers["content-type"] == "application/zip"
    assert json.loads(got.headers["Sweetspot-Counts"])["read"] == ROWS
    with zipfile.ZipFile(io.BytesIO(got.content)) as packed:
        assert packed.namelist() == [f"prospects.{kind}", "prospects-about.csv"]
        rows = list(csv.reader(packed.read("prospects-about.csv").decode("utf-8-sig").splitlines()))
    check(About.of_table(rows))


def test_a_request_gets_the_mark_of_excel(client):
    query = {"home": sample.HOME_ADDRESS, "excel": True}
    got = client.post("/v1/find.csv", params=query, content=sample.prospects_csv().encode())
    assert got.content.startswith(EXCEL_MARK)


def test_reach_says_its_day_and_its_credit(client):
    got = client.get("/v1/reach", params={"home": sample.HOME_ADDRESS, "minutes": 5}).json()
    assert got["date"] == date.today().isoformat()
    assert "OpenStreetMap" in got["attribution"]
