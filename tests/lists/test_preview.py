"""A list looked at before it is used: on the command line and over HTTP alike."""

import gzip
import json

import pytest

from app.settings import Settings
from tests.served import local_client
from tests.shared import CASES, DATA, needs_data

REAL = [
    *(DATA / "lists" / name for name in (
        "hawaii-retailers.csv", "langley-licences-multiline.csv",
        "ppp-central-georgia.csv", "south-bend-licences.csv",
    )),
    *(CASES / "lists" / name for name in (
        "11-phy-and-mailing.csv", "16-phys-and-mail.csv", "40-three-sheets.xlsx",
        "44-size-words.csv",
        "48-html-named-xls.xls", "50-list.geojson", "bands-that-touch.csv", "r-row-names.txt",
    )),
]  # fmt: skip
GENIE = (
    "Company Name,Location Address,Location City,Location State,Location ZIP Code,Mailing Address,"
    "Mailing City,Mailing State,Mailing Zip Code,Phone Number Combined,"
    "Location Employee Size Range,Boxes\n"
    "Pine Dental,12 Main St,Springfield,MA,1103,PO Box 9,Chicago,IL,60601,413-555-0101,10 to 19,3\n"
    "Elm Law,14 Main St,Springfield,MA,1103,,,,,,20 to 49,140\n"
    "Oak Mill,16 Main St,Springfield,MA,1103,,,,,,\"10,000+\",22\n"
    "Ash Cafe,18 Main St,Springfield,MA,1103,,,,,,NA,5\n"
)  # fmt: skip
TWO_STREETS = "Firm,Address,Street Address,City,State\nA,1 Main St,2 Oak St,Springfield,MA\n"
NO_STATES = "Firm,City,State\n" + "A,Springfield,Active\n" * 3


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Of a server without maps: a preview needs none."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    with local_client(settings) as made:
        yield made


@pytest.fixture
def preview(run, tmp_path):
    """`preview(text, *options)`: what the command says of such a list."""

    def ask(text, *options):
        path = tmp_path / "list.csv"
        path.write_text(text, encoding="utf-8")
        ran = run("list", "preview", str(path), "--json", *options)
        assert ran.code == 0, ran.err
        return json.loads(ran.out)

    return ask


def meanings(document):
    return {one["header"]: one["meaning"] for one in document["columns"]}


@needs_data
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_the_command_and_the_route_say_the_same(client, run, path):
    """Of real lists, as a body and in a form; the mapping that they give reads the same again."""
    ran = run("list", "preview", str(path), "--json")
    assert ran.code == 0, ran.err
    document = json.loads(ran.out)
    body = path.read_bytes()
    assert client.post("/v1/lists/preview", content=body).json() == document
    form = {"list": body, "mapping": document["mapping"].encode()}
    again = client.post("/v1/lists/preview", files=form).json()
    assert meanings(again) == meanings(document)
    assert again["first_rows"] == document["first_rows"]
    assert again["mapping"] == document["mapping"]


@needs_data
def test_a_real_list_is_told_column_by_column(run):
    """The licences of South Bend: what anybody sees who opens the file."""
    ran = run("list", "preview", str(DATA / "lists" / "south-bend-licences.csv"), "--json")
    document = json.loads(ran.out)
    assert (document["rows"], document["skipped"], document["vendor"]) == (3341, 3, "")
    columns = {one["header"]: one for one in document["columns"]}
    assert list(columns)[:3] == ["License Type", "Business Name", "Street Address"]
    assert columns["State"] == {
        "header": "State", "meaning": "state", "guessed": False, "looks": "place",
        "filled": 3339, "fit": 3337, "example": "IN",
    }  # fmt: skip
    assert columns["Status"]["guessed"]
    assert (columns["Phone No."]["meaning"], columns["Phone No."]["fit"]) == ("phone", None)
    assert columns["year"]["meaning"] == ""
    assert columns["year"]["looks"] == "date"
    assert any("repeat another" in note for note in document["notes"])


def test_a_vendor_s_list_is_recognised_and_its_first_rows_shown(preview):
    """Mail goes to the box, the branch's size is a band, what is no number is unknown."""
    document = preview(GENIE)
    assert document["vendor"] == "Salesgenie (Data Axle)"
    one, two, three = document["first_rows"]
    assert (one["line_1"], one["city"], one["zip"]) == ("PO Box 9", "Chicago", "60601")
    assert (one["employees"], one["sales"], one["phone"]) == ([10, 19], None, "413-555-0101")
    assert (two["line_1"], two["zip"], two["employees"]) == ("14 Main St", "01103", [20, 49])
    assert three["employees"] == [10000, None]
    size = next(one for one in document["columns"] if one["meaning"] == "employees range")
    assert (size["filled"], size["fit"], size["example"]) == (3, 3, "10 to 19")


def test_an_edited_mapping_changes_what_is_read(preview, tmp_path):
    """Saved, edited in a text editor, and passed back; an option beside it wins."""
    saved = tmp_path / "mapping.json"
    document = preview(GENIE, "--save-mapping", str(saved))
    assert saved.read_text(encoding="utf-8") == document["mapping"]
    edited = json.loads(document["mapping"])
    edited["read"]["computers"] = "Boxes"
    edited["not_read"].remove("Boxes")
    saved.write_text(json.dumps(edited))
    again = preview(GENIE, "--mapping", str(saved))
    assert meanings(again)["Boxes"] == "computers"
    assert [row["computers"] for row in again["first_rows"]] == [[3, 3], [140, 140], [22, 22]]
    named = preview(GENIE, "--mapping", str(saved), "--column", "computers=")
    assert meanings(named)["Boxes"] == ""


@pytest.mark.parametrize(
    ("text", "meaning", "choices", "answer"),
    [
        (TWO_STREETS, "line", ["Address", "Street Address"], "Street Address"),
        (NO_STATES, "state", ["State"], None),
    ],
)
def test_what_is_unclear_is_asked_and_not_answered(
    preview, run, tmp_path, text, meaning, choices, answer
):
    """The mapping leaves it open, so that a find by it refuses the list until it is answered."""
    saved = tmp_path / "mapping.json"
    document = preview(text, "--save-mapping", str(saved))
    (asked,) = document["questions"]
    assert (asked["meaning"], asked["choices"]) == (meaning, choices)
    mapping = json.loads(document["mapping"])
    assert meaning not in mapping["read"]
    assert not {*choices} & {*mapping["not_read"]}
    listed = str(tmp_path / "list.csv")
    found = run("find", listed, "--home", "42.1,-72.6", "--mapping", str(saved), "--json")
    assert (found.code, asked["question"] in found.err) == (2, True)
    assert preview(text, "--mapping", str(saved))["questions"] == document["questions"]
    mapping["read"][meaning] = answer
    saved.write_text(json.dumps(mapping))
    answered = preview(text, "--mapping", str(saved))
    assert answered["questions"] == []
    assert meanings(answered).get(answer, meaning) == meaning


def test_letters_are_a_question_that_a_vendor_answers(preview, client, run, tmp_path):
    """The same on the command line and over HTTP, in a find and in a preview."""
    text = "Firm,City,State,Zip,Employee Size Code\n" + "A,Springfield,MA,01103,C\n" * 3
    (asked,) = preview(text)["questions"]
    assert (asked["meaning"], asked["choices"]) == ("vendor", ["Data Axle", "LinkedIn export"])
    answered = preview(text, "--vendor", "data axle")
    assert (answered["vendor"], answered["questions"]) == ("Data Axle", [])
    assert answered["first_rows"][0]["employees"] == [10, 19]
    found = run("find", str(tmp_path / "list.csv"), "--home", "42.1,-72.6", "--json")
    assert (found.code, asked["question"] in found.err) == (2, True)
    params = {"home": "42.1,-72.6", "employees": "11-50", "verdict": "all"}
    refused = client.post("/v1/find.csv", params=params, content=text)
    assert (refused.status_code, refused.json()["field"]) == (422, "vendor")
    rows = client.post("/v1/find.csv", params=params | {"vendor": "LinkedIn"}, content=text).text
    assert "employees 11-50, within 11-50" in rows
    wrong = client.post("/v1/find.csv", params=params | {"vendor": "Experian"}, content=text)
    assert (wrong.status_code, "Data Axle, ReferenceUSA" in wrong.json()["detail"]) == (422, True)


def test_terms_and_what_is_of_persons_are_shown(preview, run, tmp_path):
    text = (
        "Company Name,Location Address,Location City,Location State,IUSA Number,Executive Gender,"
        "Woman Owned,Direct Marketing Status,Date List Produced,Record Expiration Date\n"
        "A,1 Main St,Springfield,MA,1,F,Y,Opts Out of Direct Marketing,1/5/2026,7/4/2026\n"
        "B,2 Main St,Springfield,MA,2,M,N,,1/5/2026,7/1/2026\n"
    )
    document = preview(text)
    assert (document["ordered"], document["expires"]) == ("2026-01-05", "2026-07-01")
    assert document["sensitive"] == {"Executive Gender": "gender"}
    assert any(note.startswith("rows differ in 'Record Exp") for note in document["notes"])
    assert meanings(document)["Direct Marketing Status"] == "opt out"
    first, second = (row["opt_outs"] for row in document["first_rows"])
    assert first.startswith("opted out: Direct Marketing Status says 'Opts Out")
    assert second == ""
    lines = run("list", "preview", str(tmp_path / "list.csv")).out.splitlines()
    assert "made 2026-01-05, may be used until 2026-07-01" in lines
    assert "- Executive Gender (gender)" in lines


def test_two_questions_are_asked_at_once(preview):
    text = TWO_STREETS.replace("MA", "Open") + "B,3 Elm St,4 Elm St,Chicopee,Open\n" * 3
    assert [one["meaning"] for one in preview(text)["questions"]] == ["line", "state"]


def test_a_form_is_asked_about_as_a_packed_body_is(client):
    """What is unclear is read more than once, wherever it came from."""
    text = (TWO_STREETS + "B,3 Elm St,4 Elm St,Chicopee,MA\n").encode()
    formed = client.post("/v1/lists/preview", files={"list": text}).json()
    assert [one["meaning"] for one in formed["questions"]] == ["line"]
    assert client.post("/v1/lists/preview", content=gzip.compress(text)).json() == formed


def test_a_find_would_refuse_streets_alone_and_a_preview_says_it(preview):
    document = preview("Firm,Street Address\nA,1 Main St\nB,2 Main St\n")
    assert any("town" in note for note in document["notes"])


def test_a_person_reads_a_table(run, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(GENIE)
    lines = run("list", "preview", str(path)).out.splitlines()
    assert lines[0] == "Salesgenie (Data Axle): 4 rows"
    assert next(line.split() for line in lines if line.startswith("Boxes")) == [
        "Boxes", "-", "number", "4", "3"
    ]  # fmt: skip
    shown = "Pine Dental; PO Box 9, Chicago, IL, 60601, United States; employees 10-19"
    assert shown in lines


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the list is empty"),
        (b"%PDF-1.7\n", "PDF"),
        (b"Firm,Employees\nA,5\n", "no address column"),
        (b"Firm,City\n", "a header but no rows"),
    ],
)
def test_what_is_no_list_is_a_sentence(client, run, tmp_path, content, said):
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    ran = run("list", "preview", str(path))
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    got = client.post("/v1/lists/preview", content=content)
    assert got.status_code == 422
    assert said in got.json()["detail"]
