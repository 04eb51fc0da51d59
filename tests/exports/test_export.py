"""What every kind of export does alike: which rows it takes, what it leaves out and says of it."""

import csv
import io
import json
import zipfile

import pytest

from app.geo.regions.sample import county as sample
from app.lists.recipients import RECIPIENT
from app.settings import Settings
from tests.served import local_client

HOME = ("--home", sample.HOME_ADDRESS)
QUIET = "--quiet"
LEFT_OUT = "shop-left-out.csv"


@pytest.fixture
def listed(tmp_path, county):  # noqa: ARG001 -- its map
    """The sample county's prospects as a file; two of them once more, written otherwise."""
    lines = sample.prospects_csv().splitlines()
    again = "BASIN PRINTING INC,420 Main St.,Larkfield,NV,00101,24,$2.4 Million,20,2752,323111"
    path = tmp_path / "list.csv"
    path.write_text("\n".join([*lines, again]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def answer(run, listed, tmp_path):
    """What `find` makes of it: all verdicts, in any form of file."""

    def make(name="answer.csv", *more):
        out = tmp_path / name
        args = ("--verdict", "all", "--out", str(out), QUIET, *more)
        assert run("find", str(listed), *HOME, *args).code == 0
        return out

    return make


def export(run, answer, tmp_path, *args, out="shop.csv"):
    return run("export", str(answer), "--for", "lettershop", "--out", str(tmp_path / out), *args)


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestWhichRows:
    def test_those_that_pass_once_each_with_their_own_columns_first(self, run, answer, tmp_path):
        ran = export(run, answer(), tmp_path)
        assert ran.code == 0
        rows = read(tmp_path / "shop.csv")
        own = sample.prospects_csv().splitlines()[0].split(",")
        mail = [f"sweetspot_{name}" for name in RECIPIENT]
        assert list(rows[0])[: len(own) + len(mail)] == [*own, *mail]
        assert {row["sweetspot_verdict"] for row in rows} == {"pass"}
        names = [row["sweetspot_name"] for row in rows]
        assert names.count("Basin Printing") == 1
        assert "BASIN PRINTING INC" not in names
        assert rows[0]["sweetspot_zip"] == "00101"

    def test_every_row_is_taken_or_left_out_with_why(self, run, answer, tmp_path):
        export(run, answer(), tmp_path)
        left = read(tmp_path / LEFT_OUT)
        reasons = {row["Company Name"]: row["left_out"] for row in left}
        assert len(read(tmp_path / "shop.csv")) + len(left) == 50
        assert reasons["Kettle Corner"] == "verdict fail"
        assert reasons["BASIN PRINTING INC"] == (
            "repeats row 1 (Basin Printing): same name at the same place"
        )

    def test_the_counts_are_said(self, run, answer, tmp_path):
        said = export(run, answer(), tmp_path).err
        assert "29 rows of 50 taken" in said
        assert "left out, repeats another row: same name at the same place: 1" in said
        assert "left out, verdict fail: 13" in said
        assert str(tmp_path / "shop.csv") in said

    def test_repeats_and_other_verdicts_where_asked(self, run, answer, tmp_path):
        export(run, answer(), tmp_path, "--verdict", "pass,maybe", "--repeats")
        rows = read(tmp_path / "shop.csv")
        assert {row["sweetspot_verdict"] for row in rows} == {"pass", "maybe"}
        assert "BASIN PRINTING INC" in {row["sweetspot_name"] for row in rows}

    def test_without_an_address_there_is_no_mail(self, run, answer, tmp_path):
        export(run, answer(), tmp_path, "--verdict", "all")
        left = {row["Company Name"]: row["left_out"] for row in read(tmp_path / LEFT_OUT)}
        assert left["No Address Ltd"] == "no street or box for mail"

    def test_who_is_excluded_by_several_files(self, run, answer, tmp_path):
        clients, phones = tmp_path / "clients.csv", tmp_path / "dnc.txt"
        clients.write_text("Client,City\nBasin Printing,Larkfield\n", encoding="utf-8")
        phones.write_text("Name,City\nHalt Dairy,Cedar Halt\n", encoding="utf-8")
        export(run, answer(), tmp_path, "--exclude", str(clients), "--exclude", str(phones))
        left = {row["Company Name"]: row["left_out"] for row in read(tmp_path / LEFT_OUT)}
        assert left["Basin Printing"] == "same name at the same place in clients.csv"
        assert left["BASIN PRINTING INC"] == "same name at the same place in clients.csv"
        assert left["Halt Dairy"] == "same name at the same place in dnc.txt"


class TestOptOuts:
    """Who refuses mail is called, and who refuses calls is written to."""

    @pytest.fixture
    def answer(self, run, tmp_path, county):  # noqa: ARG002 -- its map
        """Of the first passing firms one opted out of all, one of mail, one of calls."""
        lines = sample.prospects_csv().splitlines()
        said = {
            "Basin Printing": ",Opts Out of Direct Marketing,,",
            "Larkfield Dental": ",,Y,",
            "Okafor Law": ",,N,2024-03-01",
        }
        flags = [next((f for n, f in said.items() if line.startswith(n)), ",,,") for line in lines]
        flags[0] = ",Direct Marketing Status,Do Not Mail,DNC"
        path = tmp_path / "list.csv"
        rows = [line + flag for line, flag in zip(lines, flags, strict=True)]
        again = (
            "Basin Printing Inc,420 Main St.,Larkfield,NV,00101,24,$2.4 Million,20,2752,323111,,,,"
        )
        path.write_text("\n".join([*rows, again]) + "\n", encoding="utf-8")

        def make(name):
            out = tmp_path / name
            ran = run("find", str(path), *HOME, "--verdict", "all", "--out", str(out), QUIET)
            assert ran.code == 0, ran.err
            return out

        return make

    def left_out(self, run, source, tmp_path, kind, name):
        ran = run(
            "export", str(source), "--for", kind, "--verdict", "all", "--out", str(tmp_path / name)
        )
        assert ran.code == 0, ran.err
        left = read(tmp_path / f"{name.partition('.')[0]}-left-out.csv")
        told = {row["Company Name"]: row["left_out"] for row in left}
        return {name: why for name, why in told.items() if "opted out" in why}, ran.err

    @pytest.mark.parametrize("file", ["answer.csv", "answer.xlsx", "answer.json"])
    def test_each_channel_has_its_own(self, run, answer, tmp_path, file):
        answer = answer(file)
        everything = "opted out: Direct Marketing Status says 'Opts Out of Direct Marketing'"
        basin = {
            "Basin Printing": everything,
            "Basin Printing Inc": "same name at the same place in the rows that opted out",
        }
        mail, said = self.left_out(run, answer, tmp_path, "lettershop", "shop.csv")
        assert mail == basin | {"Larkfield Dental": "opted out of mail: Do Not Mail says 'Y'"}
        assert "left out, opted out of mail: Do Not Mail: 1" in said
        calls, _ = self.left_out(run, answer, tmp_path, "calls", "calls.xlsx")
        assert calls == basin | {"Okafor Law": "opted out of calls: DNC says '2024-03-01'"}

    def test_a_find_still_has_them_and_says_it(self, answer):
        rows = {row["Company Name"]: row for row in read(answer("answer.csv"))}
        dental = rows["Larkfield Dental"]
        assert dental["sweetspot_verdict"] == "pass"
        assert "opted out of mail: Do Not Mail says 'Y'" in dental["sweetspot_reasons"]
        assert dental["sweetspot_opt_outs"] == "opted out of mail: Do Not Mail says 'Y'"
        assert rows["Okafor Law"]["sweetspot_opt_outs"].startswith("opted out of calls")
        assert rows["Halt Dairy"]["sweetspot_opt_outs"] == ""

    def test_a_column_added_to_the_answer_counts_too(self, run, answer, tmp_path):
        """Who asked on the phone not to be called again."""
        path = answer("answer.csv")
        head, *lines = path.read_text(encoding="utf-8").splitlines()
        rows = [line + (",Y" if line.startswith("Halt Dairy") else ",") for line in lines]
        path.write_text("\n".join([head + ",Do not contact", *rows]) + "\n", encoding="utf-8")
        mail, _ = self.left_out(run, path, tmp_path, "lettershop", "shop.csv")
        assert mail["Halt Dairy"] == "opted out: Do not contact says 'Y'"
        assert "Larkfield Dental" in mail


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json", "geojson", "parquet"])
def test_any_file_that_find_wrote_will_do(run, answer, tmp_path, kind):
    assert export(run, answer(f"answer.{kind}"), tmp_path).code == 0
    plain = read(tmp_path / "shop.csv")
    assert len(plain) == 29
    assert plain[0]["sweetspot_name"] == "Basin Printing"
    assert plain[0]["sweetspot_minutes"] == "0.2"


def test_columns_that_were_named_by_hand_are_not_read_anew(run, tmp_path, county):  # noqa: ARG001
    odd = tmp_path / "odd.csv"
    odd.write_text(
        "Who,Where,Town,Land,Code\nBasin Printing,420 Main Street,Larkfield,NV,00101\n",
        encoding="utf-8",
    )
    columns = ("name=Who", "line=Where", "city=Town", "state=Land", "zip=Code")
    named = [word for one in columns for word in ("--column", one)]
    args = ("--employees", "off", "--computers", "off", "--sales", "off", QUIET)
    run("find", str(odd), *HOME, *named, *args, "--out", str(tmp_path / "answer.csv"))
    export(run, tmp_path / "answer.csv", tmp_path)
    (row,) = read(tmp_path / "shop.csv")
    mail = [row[f"sweetspot_{name}"] for name in ("name", "line_1", "zip")]
    assert mail == ["Basin Printing", "420 Main Street", "00101"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("args", "said"),
        [
            (("--for", "postcards"), "for 'postcards': expected one of"),
            (("--for", "lettershop", "--sheet", "5163"), "sheet: lettershop has no such option"),
            (("--for", "lettershop", "--template", "x.docx"), "template: lettershop takes none"),
            (("--for", "lettershop", "--verdict", "perhaps"), "verdict 'perhaps': expected"),
        ],
    )
    def test_what_no_kind_or_another_kind_has(self, run, answer, tmp_path, args, said):
        ran = run("export", str(answer()), *args, "--out", str(tmp_path / "x.csv"))
        assert ran.code == 2
        assert said in ran.err
        assert not (tmp_path / "x.csv").exists()

    def test_a_file_of_another_kind(self, run, answer, tmp_path):
        ran = export(run, answer(), tmp_path, out="shop.pdf")
        assert "shop.pdf: lettershop writes .csv or .xlsx" in ran.err

    def test_a_list_that_is_no_answer(self, run, listed, tmp_path):
        ran = export(run, listed, tmp_path)
        assert ran.code == 2
        assert "list.csv: no column sweetspot_verdict" in ran.err

    def test_nothing_left(self, run, answer, tmp_path):
        everybody = tmp_path / "all.csv"
        everybody.write_text(sample.prospects_csv(), encoding="utf-8")
        ran = export(run, answer(), tmp_path, "--exclude", str(everybody))
        assert ran.code == 2
        assert "no row is left to be written" in ran.err
        assert not (tmp_path / "shop.csv").exists()

    def test_a_folder_that_is_not_there(self, run, answer, tmp_path):
        ran = export(run, answer(), tmp_path, out="no/shop.csv")
        assert ran.code == 2
        assert "can't write" in ran.err


class TestInOneGo:
    def test_find_makes_the_same_file(self, run, listed, answer, tmp_path):
        export(run, answer(), tmp_path)
        out = tmp_path / "direct.csv"
        ran = run("find", str(listed), *HOME, QUIET, "--for", "lettershop", "--out", str(out))
        assert ran.code == 0
        assert out.read_text() == (tmp_path / "shop.csv").read_text()

    def test_with_an_option_of_that_kind(self, run, listed, tmp_path):
        out = tmp_path / "direct.csv"
        args = ("--for", "lettershop", "--for-option", "repeats=true", "--out", str(out), QUIET)
        run("find", str(listed), *HOME, *args)
        assert "BASIN PRINTING INC" in {row["sweetspot_name"] for row in read(out)}

    def test_what_can_not_be_made_is_said_before_anything_is_judged(self, run, listed):
        for args, said in (
            (("--for", "lettershop"), "--out names it"),
            (("--for", "lettershop", "--out", "x.pdf"), "lettershop writes"),
            (("--for", "lettershop", "--for-option", "size=1", "--out", "x.csv"), "size: there is"),
        ):
            ran = run("find", str(listed), *HOME, *args)
            assert ran.code == 2
            assert said in ran.err


class TestFindItself:
    def test_it_says_how_many_passing_rows_repeat_another(self, run, listed):
        said = run("find", str(listed), *HOME).out
        assert "1 passing row repeats another" in said

    def test_it_leaves_out_who_is_excluded_and_counts_them(self, run, listed, tmp_path):
        clients, out = tmp_path / "clients.csv", tmp_path / "out.csv"
        clients.write_text("Client,City\nBasin Printing,Larkfield\n", encoding="utf-8")
        args = ("--exclude", str(clients), "--out", str(out))
        said = run("find", str(listed), *HOME, *args).out
        assert "Left out, named in clients.csv: 2 rows." in said
        assert not any("basin" in row["Company Name"].casefold() for row in read(out))


class TestOverHttp:
    @pytest.fixture
    def client(self, data_dir, county):  # noqa: ARG002 -- its map
        with local_client(Settings(data_dir=data_dir)) as made:
            yield made

    @pytest.fixture
    def found(self, client):
        rows = list(csv.DictReader(io.StringIO(sample.prospects_csv())))
        body = {"home": sample.HOME_ADDRESS, "prospects": rows, "verdict": "all"}
        return client.post("/v1/find", json=body).json()

    def test_an_answer_comes_back_as_a_file(self, client, found):
        reply = client.post("/v1/export/lettershop", json={"answer": found})
        assert reply.status_code == 200
        assert reply.headers["content-type"].startswith("text/csv")
        assert 'filename="lettershop.csv"' in reply.headers["content-disposition"]
        rows = list(csv.DictReader(io.StringIO(reply.text)))
        counts = json.loads(reply.headers["sweetspot-counts"])
        assert counts["taken"] == len(rows) == 29
        assert counts["left_out"]["verdict fail"] == 13
        assert rows[0]["sweetspot_line_1"] == "420 Main Street"

    def test_with_what_was_left_out_as_a_zip_file(self, client, found):
        asked = {"answer": found, "exclude": [{"name": "Basin Printing", "city": "Larkfield"}]}
        reply = client.post(
            "/v1/export/lettershop", json=asked, headers={"accept": "application/zip"}
        )
        with zipfile.ZipFile(io.BytesIO(reply.content)) as packed:
            assert packed.namelist() == ["lettershop-left-out.csv", "lettershop.csv"]
            assert (
                "same name at the same place in exclude"
                in packed.read("lettershop-left-out.csv").decode()
            )

    def test_a_file_and_a_file_of_exclusions(self, client, answer):
        files = {"list": answer().read_bytes(), "exclude": b"Name,City\nBasin Printing,Larkfield\n"}
        xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        reply = client.post(
            "/v1/export/lettershop.csv?verdict=pass", files=files, headers={"accept": xlsx}
        )
        assert reply.headers["content-type"] == xlsx, reply.text
        assert json.loads(reply.headers["sweetspot-counts"])["taken"] == 28

    @pytest.mark.parametrize(
        ("kind", "body", "field"),
        [
            ("postcards", {"answer": {"prospects": [{}]}}, "for"),
            ("lettershop", {"answer": {}}, "answer"),
            ("lettershop", {"answer": {"prospects": [{"name": "Pine"}]}}, "answer"),
            ("lettershop", {"answer": {"prospects": [1]}}, "answer"),
            ("lettershop", {"answer": {"prospects": [{"verdict": "pass"}]}, "sheet": "1"}, "sheet"),
        ],
    )
    def test_what_can_not_be_used_is_a_problem_that_names_the_field(
        self, client, kind, body, field
    ):
        reply = client.post(f"/v1/export/{kind}", json=body)
        assert reply.status_code == 422
        assert reply.json()["field"] == field

    def test_find_leaves_out_rows_that_a_body_names(self, client):
        rows = list(csv.DictReader(io.StringIO(sample.prospects_csv())))
        asked = {
            "home": sample.HOME_ADDRESS,
            "prospects": rows,
            "exclude": [{"name": "Basin Printing", "city": "Larkfield"}],
        }
        found = client.post("/v1/find", json=asked).json()
        assert "Basin Printing" not in {row["name"] for row in found["prospects"]}
        assert "Left out, named in exclude: 1 row." in found["notes"]


class TestNothingIsLost:
    def test_no_file_that_is_read_is_written_over(self, run, answer, listed, tmp_path):
        found, clients = answer("shop.csv"), tmp_path / "clients.csv"
        clients.write_text("Client,City\nBasin Printing,Larkfield\n", encoding="utf-8")
        before = found.read_bytes(), clients.read_bytes(), listed.read_bytes()
        for args in (
            ("export", str(found), "--for", "lettershop", "--out", str(found)),
            *[
                (*("export", str(found), "--for", "lettershop"), *("--exclude", str(clients)),
                 *("--out", str(out)))
                for out in (clients, found)
            ],
            ("find", str(listed), *HOME, "--out", str(listed)),
            ("prospects", *HOME, "--exclude", str(clients), "--out", str(clients)),
            ("clients", "portfolio", str(clients), "--out", str(clients)),
            ("clients", "capacity", str(clients), "--hours", "30", "--out", str(clients)),
            ("partners", *HOME, "--clients", str(clients), "--out", str(clients)),
        ):  # fmt: skip
            ran = run(*args)
            assert ran.code == 2
            assert "is read here: write to another file" in ran.err
        assert before == (found.read_bytes(), clients.read_bytes(), listed.read_bytes())

    def test_a_push_takes_a_copy_of_the_rows_that_were_refused(self, run, answer):
        found = answer()
        refused = found.with_name("answer-push-errors.csv")
        refused.write_text("Name\nBasin Printing\n", encoding="utf-8")
        ran = run("push", str(found), "--to", "listmonk", "--exclude", str(refused))
        assert ran.code == 2
        assert "copy it, and name the copy" in ran.err
        assert refused.read_text() == "Name\nBasin Printing\n"

    def test_rows_left_out_earlier_are_no_longer_there(self, run, answer, tmp_path):
        found = answer()
        export(run, found, tmp_path)
        assert (tmp_path / LEFT_OUT).exists()
        passing = tmp_path / "pass.csv"
        rows = [row for row in read(found) if row["sweetspot_verdict"] == "pass"][:5]
        with passing.open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, rows[0])
            out.writeheader()
            out.writerows(rows)
        export(run, passing, tmp_path)
        assert not (tmp_path / LEFT_OUT).exists()


class TestAnswersAsTheyComeBack:
    def test_the_mark_of_a_text_that_a_spreadsheet_would_run_is_taken_off(self, run, tmp_path):
        listed, out = tmp_path / "odd.csv", tmp_path / "answer.csv"
        listed.write_text(
            "Company Name,Address,City,State,ZIP Code,Employees\n"
            "@Properties,420 Main Street,Larkfield,NV,00101,20\n",
            encoding="utf-8",
        )
        run("find", str(listed), *HOME, "--out", str(out), QUIET)
        assert "'@Properties" in out.read_text()
        run("export", str(out), "--for", "vcard", "--out", str(tmp_path / "x.vcf"))
        assert "FN:@Properties" in (tmp_path / "x.vcf").read_text()

    def test_verdicts_count_however_they_are_spelt(self, run, answer, tmp_path):
        found = answer()
        found.write_text(found.read_text().replace(",pass,", ",Pass ,"), encoding="utf-8")
        assert export(run, found, tmp_path).code == 0
        assert len(read(tmp_path / "shop.csv")) == 29

    def test_corrections_in_the_lists_own_cells_are_told(self, run, answer, tmp_path):
        found = answer()
        corrected = found.read_text().replace("\nBasin Printing,420", "\nBasin Printing,421", 1)
        found.write_text(corrected, encoding="utf-8")
        assert "1 row: the list's own cells say otherwise" in export(run, found, tmp_path).err

    def test_what_find_prints_as_json_is_an_answer_too(self, run, listed, tmp_path):
        printed = tmp_path / "answer.json"
        printed.write_text(run("find", str(listed), *HOME, "--json").out, encoding="utf-8")
        assert export(run, printed, tmp_path).code == 0
        assert len(read(tmp_path / "shop.csv")) == 29


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--for", "lettershop", "--country", "Narnia"), "country 'Narnia': no such country"),
        (("--for", "calls", "--mailed", "9999-12-31"), "expected a day of 2000 to 2100"),
    ],
)
def test_values_that_nobody_means(run, answer, tmp_path, args, said):
    out = tmp_path / ("x.pdf" if "calls" in args else "x.csv")
    ran = run("export", str(answer()), *args, "--out", str(out))
    assert ran.code == 2
    assert said in ran.err


def test_an_empty_file_of_exclusions_is_named(run, answer, tmp_path):
    (tmp_path / "dnc.csv").write_text("", encoding="utf-8")
    ran = export(run, answer(), tmp_path, "--exclude", str(tmp_path / "dnc.csv"))
    assert ran.code == 2
    assert "dnc.csv: the list is empty" in ran.err


def test_find_for_a_kind_with_no_row_says_so_and_ends_with_1(run, listed, tmp_path):
    args = ("--minutes", "0.01", "--for", "lettershop", "--out", str(tmp_path / "x.csv"))
    ran = run("find", str(listed), *HOME, *args)
    assert ran.code == 1
    assert "nothing to export: no row is pass" in ran.err


def test_a_flag_of_an_export_may_stand_alone_a_value_may_not(run, listed, tmp_path):
    out = tmp_path / "x.csv"
    args = ("find", str(listed), *HOME, "--for", "lettershop", "--out", str(out), QUIET)
    assert run(*args, "--for-option", "repeats").code == 0
    assert "BASIN PRINTING INC" in {row["sweetspot_name"] for row in read(out)}
    assert "expected NAME=VALUE" in run(*args, "--for-option", "verdict").err


def test_several_files_of_exclusions_in_a_form(data_dir, answer):
    with local_client(Settings(data_dir=data_dir)) as client:
        files = [
            ("list", ("answer.csv", answer().read_bytes())),
            ("exclude", ("a.csv", b"Name,City\nBasin Printing,Larkfield\n")),
            ("exclude", ("b.csv", b"Name,City\nHalt Dairy,Cedar Halt\n")),
        ]
        reply = client.post("/v1/export/lettershop.csv", files=files)
    assert reply.status_code == 200
    left = json.loads(reply.headers["sweetspot-counts"])["left_out"]
    assert left["same name at the same place in b.csv"] == 1
