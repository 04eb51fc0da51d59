"""Letters: each recipient has one, in order, with what the list says and nothing that runs."""

import io
import re
import zipfile
from datetime import date
from xml.sax.saxutils import unescape

import polars as pl
import pytest

from app.errors import BadQuestion
from app.exports.answer import AnswerRows
from app.exports.export import ExportRequest, write_export
from app.exports.letters import merging as letters
from app.exports.letters.fields import LetterDate, fold_field
from app.exports.letters.template import write_template
from app.exports.options import ExportOptions
from app.geo.regions.sample import county as sample
from app.lists.about import About
from app.lists.recipients import RECIPIENT
from app.settings import Settings
from tests.served import local_client

BODY = "word/document.xml"
SENDER = "Pine Computers|1 Elm Street|Larkfield, NV 00101"
AWKWARD = [
    "AT&T <b>Wireless</b>",
    "Söhne & Co. 北京",
    'Say "hi" {x} %s',
    "O'Neil\\1",
    "A\x00\x0b\x1fB",
]


def answer(names, **cells):
    """Passing rows of those names, one a street number."""
    many = len(names)
    plain = dict.fromkeys(RECIPIENT, [""] * many)
    mine = {
        "name": names, "line_1": [f"{at} Main Street" for at in range(1, many + 1)],
        "city": ["Larkfield"] * many, "state": ["NV"] * many, "zip": ["00101"] * many,
        "country": ["United States"] * many,
        "salutation": [f"Dear team at {name}" for name in names],
    }  # fmt: skip
    ours = {
        "verdict": ["pass"] * many, "minutes": [12.0, *[7.5] * (many - 1)],
        "lat": [40.0] * many, "lon": [-116.0] * many,
    }  # fmt: skip
    return AnswerRows(
        pl.DataFrame(cells, schema_overrides=dict.fromkeys(cells, pl.String)) if cells
        else pl.DataFrame({"Firm": names}),
        pl.DataFrame(ours),
        pl.DataFrame(plain | mine),
        pl.DataFrame({"employees": [None] * many}),
        About("350 Main Street", "2026-11-28"),
    )  # fmt: skip


def write(rows, out, template=None, **asked):
    request = ExportRequest(letters.KIND, ExportOptions(sender=SENDER, **asked), template=template)
    return write_export(rows, request, out)


def template(tmp_path, text, **parts):
    """A template of that text, fields in braces; other parts as given, None to leave one out."""
    path = tmp_path / "template.docx"
    write_template(path, text)
    with zipfile.ZipFile(path) as packed:
        held = {name: packed.read(name) for name in packed.namelist()}
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in (held | parts).items():
            if content is not None:
                packed.writestr(name, content)
    return path


def pages(path):
    """The text of each letter, line by line; it is whole XML."""
    from lxml import etree

    with zipfile.ZipFile(path) as packed:
        assert packed.testzip() is None
        body = packed.read(BODY).decode()
    etree.fromstring(body.encode())
    assert "MERGEFIELD" not in body
    assert "«" not in body
    parts = re.split(r"<w:sectPr", body)[:-1]
    return [_text(part) for part in parts]


def _text(xml):
    lines = []
    for paragraph in re.findall(r"<w:p(?: [^>]*)?>(.*?)(?:</w:p>|$)", xml, re.DOTALL):
        runs = re.findall(r"<w:t(?: [^>]*)?>(.*?)</w:t>|(<w:cr/>)", paragraph, re.DOTALL)
        lines.append("".join("\n" if cr else unescape(text) for text, cr in runs))
    return "\n".join(lines).strip()


def test_ours_is_a_letter_as_the_united_states_write_it(tmp_path):
    written = write(answer(["Basin Printing", "Okafor Law"]), tmp_path / "out.docx")
    first, second = pages(tmp_path / "out.docx")
    lines = [line for line in first.split("\n") if line]
    assert lines[:3] == SENDER.split("|")
    assert lines[3] == f"{date.today():%B} {date.today().day}, {date.today().year}"
    assert lines[4:8] == [
        "BASIN PRINTING", "1 MAIN STREET", "LARKFIELD NV 00101", "Dear team at Basin Printing:"
    ]  # fmt: skip
    assert lines[-2:] == ["Sincerely,", "Pine Computers"]
    assert "basin" not in second.casefold()
    assert [path.name for path in written.files] == ["out-template.docx", "out.docx"]


def test_the_template_beside_it_makes_the_same_letters(tmp_path):
    rows = answer(["Basin Printing", "Okafor Law"])
    write(rows, tmp_path / "out.docx")
    write(rows, tmp_path / "again.docx", template=tmp_path / "out-template.docx")
    assert pages(tmp_path / "again.docx") == pages(tmp_path / "out.docx")


def test_each_letter_has_its_own_recipient_in_order(tmp_path):
    """A thousand of them: nothing lost, nothing twice."""
    names = [f"Firm {at} & Sons" for at in range(1000)]
    write(answer(names), tmp_path / "out.docx", template(tmp_path, "{name} at {address}"))
    assert pages(tmp_path / "out.docx") == [
        f"{name} at {name.upper()}\n{at} MAIN STREET\nLARKFIELD NV 00101"
        for at, name in enumerate(names, start=1)
    ]


@pytest.mark.parametrize("each", [False, True])
def test_text_is_text(tmp_path, each):
    own = template(tmp_path, "[{name}]")
    write(answer(AWKWARD), tmp_path / "out.docx", own, each=each)
    files = sorted(tmp_path.glob("out*.docx"))
    found = [page for path in files for page in pages(path)]
    if each:
        found = [_text(zipfile.ZipFile(path).read(BODY).decode()) for path in files]
    assert found == [f"[{name}]" for name in [*AWKWARD[:-1], "AB"]]


def test_one_a_recipient(tmp_path):
    names = ["Basin Printing", "../../etc/passwd", "Söhne", "???"]
    written = write(answer(names), tmp_path / "out.docx", template(tmp_path, "{name}"), each=True)
    assert [path.name for path in written.files] == [
        "out-0001-basin-printing.docx", "out-0002-etc-passwd.docx", "out-0003-söhne.docx",
        "out-0004-letter.docx",
    ]  # fmt: skip
    assert not (tmp_path / "out.docx").exists()


def test_fields_are_the_columns_however_word_spells_them(tmp_path):
    text = "{Name}|{LINE_1}|{Minutes}|{home_base}|{Year_Founded}|{list_city}|{Sales_USD_}|{zip}"
    rows = answer(
        ["Ann", "Bob"],
        **{"Year Founded": ["1998", ""], "City": ["x", "y"], "Sales (USD)": ["5", "6"]},
    )
    written = write(rows, tmp_path / "out.docx", template(tmp_path, text))
    assert pages(tmp_path / "out.docx") == [
        "Ann|1 Main Street|12|350 Main Street|1998|x|5|00101",
        "Bob|2 Main Street|7.5|350 Main Street||y|6|00101",
    ]
    assert "Year_Founded is empty in 1 letter of 2" in written.notes


def test_a_field_says_how_numbers_and_days_look(tmp_path):
    own = template(tmp_path, "{minutes} {date}")
    with zipfile.ZipFile(own) as packed:
        body = packed.read(BODY).decode()
    body = body.replace("MERGEFIELD minutes", "MERGEFIELD minutes \\# 0.0")
    body = body.replace("MERGEFIELD date", 'MERGEFIELD date \\@ "yyyy-MM-dd"')
    own = template(tmp_path, "{minutes} {date}", **{BODY: body})
    write(answer(["Ann"]), tmp_path / "out.docx", own)
    assert pages(tmp_path / "out.docx") == [f"12.0 {date.today().isoformat()}"]
    assert LetterDate(2026, 3, 1).strftime("%x") == "March 1, 2026"


def test_all_missing_fields_are_told_before_anything_is_written(tmp_path):
    own = template(tmp_path, "{name} {rank} {serial}")
    with pytest.raises(BadQuestion, match=r"no column for rank, serial; there are name, ") as why:
        write(answer(["Ann"]), tmp_path / "out.docx", own)
    assert why.value.field == "template"
    assert [path.name for path in tmp_path.iterdir()] == ["template.docx"]


def kinds(of):
    """The list of parts, of which the document is another kind."""
    buffer = io.BytesIO()
    write_template(buffer)
    plain = zipfile.ZipFile(buffer).read("[Content_Types].xml").decode()
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    assert main in plain
    return plain.replace(main, of)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no Word document"),
        (b"Dear {name}", "no Word document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "before 2007, or has a password"),
        (b"PK\x03\x04 cut off", "damaged"),
    ],
)
def test_what_is_no_docx_is_one_sentence(tmp_path, content, said):
    path = tmp_path / "x.docx"
    path.write_bytes(content)
    with pytest.raises(BadQuestion, match=f"template: it .*{said}") as why:
        write(answer(["Ann"]), tmp_path / "out.docx", path)
    assert "\n" not in str(why.value)


BEGUN = "<w:p><w:r><w:fldChar w:fldCharType='begin'/></w:r></w:p>"


def document(inside):
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return f'<w:document xmlns:w="{w}"><w:body>{inside}<w:sectPr/></w:body></w:document>'


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({BODY: document("<w:p/>")}, "no merge field: put some in, such as name"),
        ({BODY: None}, "no Word document"),
        ({"[Content_Types].xml": None}, "can't be merged"),
        ({BODY: "<w:document"}, "can't be merged"),
        ({BODY: document(BEGUN)}, "can't be merged"),
        ({"word/settings.xml": None}, "can't be merged"),
        ({BODY: f"<!DOCTYPE x>{document('')}"}, "declares a document type"),
        ({BODY: document("<w:p><w:r><w:instrText> ADDRESSBLOCK \\f</w:instrText></w:r></w:p>")},
         "only Word fills ADDRESSBLOCK: put in the fields address"),
        ({"word/footnotes.xml": "<x>MERGEFIELD name</x>"}, "a note of it has a merge field"),
        ({"[Content_Types].xml": kinds("application/vnd.ms-word.document.macroEnabled.main+xml")},
         "has macros"),
        ({"[Content_Types].xml": kinds(
            "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml")},
         "a .dotx"),
    ],
)  # fmt: skip
def test_a_template_that_can_t_be_merged_is_one_sentence(tmp_path, parts, said):
    own = template(tmp_path, "{name}", **parts)
    with pytest.raises(BadQuestion) as why:
        write(answer(["Ann"]), tmp_path / "out.docx", own)
    assert said in str(why.value)
    assert "\n" not in str(why.value)
    assert not (tmp_path / "out.docx").exists()


def test_limits_are_said(tmp_path, monkeypatch):
    with pytest.raises(BadQuestion, match="letters has no such option"):
        write(answer(["Ann"]), tmp_path / "out.docx", envelope="10")
    monkeypatch.setattr(letters, "MOST_LETTERS", 1)
    with pytest.raises(BadQuestion, match="2 letters: at most 1 at a time"):
        write(answer(["Ann", "Bob"]), tmp_path / "out.docx")
    monkeypatch.setattr(letters, "MOST_BYTES", 10)
    with pytest.raises(BadQuestion, match="take large pictures out"):
        write(answer(["Ann"]), tmp_path / "out.docx")
    with pytest.raises(BadQuestion, match="can't be read"):
        write(answer(["Ann"]), tmp_path / "out.docx", tmp_path / "nowhere.docx")


@pytest.mark.parametrize(
    ("name", "folded"),
    [("ZIP Code", "zip_code"), ("ZIP_Code", "zip_code"), ("# Employees", "employees"),
     ("Sales (USD)", "sales_usd"), ("Straße", "strasse"), ("line_1", "line_1")],
)  # fmt: skip
def test_names_of_fields(name, folded):
    assert fold_field(name) == folded


def test_a_command_and_a_request_make_them(run, county, data_dir, tmp_path):  # noqa: ARG001
    """Found and written in one go, and of an answer over HTTP with the user's own template."""
    listed, out = tmp_path / "list.csv", tmp_path / "mail.docx"
    listed.write_text(sample.prospects_csv(), encoding="utf-8")
    args = ("--home", sample.HOME_ADDRESS, "--quiet", "--for", "letters", "--out", str(out))
    ran = run("find", str(listed), *args, "--for-option", f"sender={SENDER}")
    assert ran.code == 0, ran.err
    found = pages(out)
    assert len(found) > 3
    with local_client(Settings(data_dir=data_dir)) as client:
        ask = {"home": sample.HOME_ADDRESS}
        csv = client.post("/v1/find.csv", params=ask, content=listed.read_bytes()).content
        own = template(tmp_path, "{name}").read_bytes()
        files = {"list": csv, "template": own}
        got = client.post("/v1/export/letters.csv", files=files)
    assert got.status_code == 200
    merged = tmp_path / "got.docx"
    merged.write_bytes(got.content)
    assert [name for name in pages(merged) if name not in "\n".join(found)] == []
    assert len(pages(merged)) == len(found)
