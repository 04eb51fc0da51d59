"""Files of mailing tools, read back by readers made of the tools' own documents."""

import csv
import json
import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest
import vobject

from app.exports.answer import AnswerRows
from app.exports.export import ExportReport, ExportRequest, write_export
from app.exports.kinds import find_kind
from app.exports.mailing.csv_file import clip_text
from app.exports.options import ExportOptions
from app.geo.addresses.countries import country_code, country_of
from tests.exports.made import make_row, make_rows

E164 = re.compile(r"\+[1-9]\d{6,14}")
HARMLESS = re.compile(r"[+-]?[\d(][\d\s().,-]*|-+")  # a number, or a dash for nothing
FORMULA = ("=", "+", "-", "@", "\t", "\r")

AWKWARD = [
    make_row(
        Company_Name='Halt; Dairy, "Ltd"',
        Suite="201",
        Contact_Name="Smith, John",
        Phone="808-955-0123 (cell)",
        Email="Info@Halt-Dairy.com",
        Website="www.halt-dairy.com",
        Employees="10 to 19",
        Annual_Sales="$1-2.5 Million",
    ),
    make_row(
        Company_Name="=cmd|' /C calc'!A0",
        Address="441 Main Street",
        Contact_Name="@SUM(A1)",
        Phone="955-0124",
        Email="dde@halt.com",
        Employees="20",
    ),
    make_row(
        Company_Name="ʻŌkina Bäckerei 株式会社 " + "é" * 200,
        Address="5 Elm Street " + "and a very long way further " * 3,
        Contact_Name="Leilani Kahananui",
        Phone="+44 20 7946 0018",
        Email="leilani@müller.de",
        Website="https://bäckerei.example.com/a,b;c",
    ),
    make_row(
        Company_Name="Line\r\nBreak \x00 Tab\tCafé",
        Address="442 Main Street",
        Email="cafe@halt.com",
        Country="Canada",
        State="",
        ZIP_Code="",
    ),
    make_row(Company_Name="Same Mail", Address="443 Main Street", Email="INFO@halt-dairy.com"),
    make_row(Company_Name="No Mail", Address="444 Main Street"),
    make_row(Company_Name="Broken Mail", Address="445 Main Street", Email="broken@"),
    make_row(
        40.1, Company_Name="No Mail", Address="1 Far Street", City="Dry Halt", ZIP_Code="00103"
    ),
]


def _export(
    kind: str, folder: Path, rows: AnswerRows | None = None, **asked: object
) -> tuple[ExportReport, Sequence[Path]]:
    """The report, and the parts in order."""
    made = find_kind(kind)
    request = ExportRequest(made, ExportOptions.model_validate(asked))
    out = folder / f"out{made.suffixes[0]}"
    report = write_export(rows or make_rows(AWKWARD), request, out)
    return report, [path for path in report.files if "left-out" not in path.name]


def _read_csv(path: Path, delimiter: str = ",") -> Sequence[Mapping[str, str]]:
    """Strictly: UTF-8 without a mark, each line as long as the header, no header twice."""
    text = path.read_bytes().decode("utf-8")
    assert not text.startswith("\ufeff")
    assert "\x00" not in text
    header, *rows = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    assert len(set(header)) == len(header)
    assert {len(row) for row in rows} == {len(header)}
    for row in rows:
        for cell in row:
            assert not cell.startswith(FORMULA) or HARMLESS.fullmatch(cell), cell
    return [dict(zip(header, row, strict=True)) for row in rows]


def _only(
    kind: str, folder: Path, delimiter: str = ",", **asked: object
) -> Sequence[Mapping[str, str]]:
    _, [path] = _export(kind, folder, **asked)
    return _read_csv(path, delimiter)


def _are_addresses(addresses: Sequence[str]) -> None:
    """ASCII before the @ or everywhere, in lower case, each once."""
    assert len(set(addresses)) == len(addresses)
    for address in addresses:
        assert re.fullmatch(r"[a-z0-9._%'+-]+@[a-z0-9.-]+\.[a-z]{2,}", address), address


def test_listmonk_reads_each_row(tmp_path: Path) -> None:
    """Its importer: these headers by letter, JSON in the cell, an address that is one alone."""
    rows = _only("listmonk", tmp_path, tag="spring, 2027")
    assert list(rows[0]) == ["email", "name", "attributes"]
    _are_addresses([row["email"] for row in rows])
    attributes = [json.loads(row["attributes"]) for row in rows]
    assert attributes[0] == {
        "company": 'Halt; Dairy, "Ltd"',
        "phone": "+18089550123",
        "website": "https://www.halt-dairy.com",
        "line_1": "440 Main Street",
        "line_2": "Suite 201",
        "city": "Cedar Halt",
        "state": "NV",
        "zip": "00102",
        "country": "United States",
        "verdict": "pass",
        "minutes": 12.5,
        "external_id": attributes[0]["external_id"],
        "tag": "spring, 2027",
    }
    assert [row["name"] for row in rows[:1]] == ["John Smith"]
    assert rows[3]["name"] == "Line, Break Tab Café"


def test_mailchimp_reads_each_row(tmp_path: Path) -> None:
    """Its help pages: one address a row, text of 255 bytes, an address in one cell."""
    rows = _only("mailchimp", tmp_path, tag="spring, 2027")
    assert list(rows[0]) == [
        *("Email Address", "First Name", "Last Name", "Address", "Phone", "Company", "Tags")
    ]
    _are_addresses([row["Email Address"] for row in rows])
    for row in rows:
        assert all(
            len(row[name].encode()) <= 255 for name in ("First Name", "Last Name", "Company")
        )
        assert not row["Phone"] or E164.fullmatch(row["Phone"])
        parts = row["Address"].split("  ")
        assert all(0 < len(part) < 45 and part == part.strip() for part in parts)
        assert re.fullmatch("[A-Z]{2}", parts[-1])
        assert next(csv.reader([row["Tags"]])) == ["spring, 2027"]
    assert rows[0]["Address"] == "440 Main Street  Suite 201  Cedar Halt  NV  00102  US"
    assert rows[3]["Address"] == "442 Main Street  Cedar Halt  CA"


def test_mailchimp_is_told_no_half_address(tmp_path: Path) -> None:
    """Without a street its town would be read as one."""
    rows = make_rows([make_row(Address="", Email="a@halt.com")])
    _, [path] = _export("mailchimp", tmp_path, rows)
    assert _read_csv(path)[0]["Address"] == ""


def test_what_is_cut_is_counted(tmp_path: Path) -> None:
    report, _ = _export("mailchimp", tmp_path)
    assert "1 cell cut at 255 bytes, the most it takes" in report.notes


@pytest.mark.parametrize(("text", "most", "cut"), [("abc", 3, "abc"), ("aéé", 4, "aé")])
def test_text_is_cut_between_characters(text: str, most: int, cut: str) -> None:
    assert clip_text(text, most) == cut


def test_brevo_reads_each_row(tmp_path: Path) -> None:
    """Its help page: semicolons, attributes in capitals, phones with + and nothing between."""
    rows = _only("brevo", tmp_path, ";", tag="spring")
    assert {"EMAIL", "FIRSTNAME", "LASTNAME", "SMS", "LANDLINE_NUMBER", "EXT_ID"} <= set(rows[0])
    assert all(re.fullmatch("[A-Z][A-Z0-9_]*", header) for header in rows[0])
    _are_addresses([row["EMAIL"] for row in rows])
    phones = [row[name] for row in rows for name in ("SMS", "LANDLINE_NUMBER") if row[name]]
    assert all(E164.fullmatch(phone) for phone in phones)
    assert rows[0]["COMPANY"] == 'Halt; Dairy, "Ltd"'
    assert rows[0]["ZIP"] == "00102"


def test_brevo_has_a_number_once(tmp_path: Path) -> None:
    """SMS tells contacts apart there, as EMAIL does."""
    rows = [make_row(Email=f"{n}@halt.com", Phone="808-955-0123") for n in range(2)]
    _, [path] = _export("brevo", tmp_path, make_rows(rows), repeats=True)
    assert [row["SMS"] for row in _read_csv(path, ";")] == ["+18089550123", ""]


def test_brevos_files_stay_below_its_limit(tmp_path: Path) -> None:
    """8 MB are advised; every row is in one of the parts, in order, each part with the header."""
    first = make_rows([make_row(Email="a@halt.com", Website="halt.com/" + "x" * 1000)])
    count = 12_000
    rows = first.take([0] * count)
    emails = [f"a{n}@halt.com" for n in range(count)]
    rows = AnswerRows(
        rows.cells, rows.ours, _with(rows.recipients, "email", emails), rows.sizes, rows.about
    )
    report, parts = _export("brevo", tmp_path, rows, repeats=True)
    assert [path.name for path in parts] == ["out-1.csv", "out-2.csv"]
    assert all(path.stat().st_size <= 8_000_000 for path in parts)
    assert report.taken == count
    assert [row["EMAIL"] for path in parts for row in _read_csv(path, ";")] == emails


def _with(frame: pl.DataFrame, name: str, cells: Sequence[str]) -> pl.DataFrame:
    return frame.with_columns(pl.Series(name, cells))


def test_hubspot_reads_each_row(tmp_path: Path) -> None:
    """Its help pages: a name or a domain, one company of a domain, numbers as numbers."""
    rows = _only("hubspot", tmp_path, tag="spring")
    assert len(rows) == 6
    assert all(row["Name"] or row["Company domain name"] for row in rows)
    domains = [row["Company domain name"] for row in rows if row["Company domain name"]]
    assert len(set(domains)) == len(domains)
    numbers = [row[name] for row in rows for name in ("Number of employees", "Annual revenue")]
    assert all(re.fullmatch(r"\d*", number) for number in numbers)
    first = rows[0]
    assert (first["Number of employees"], first["Annual revenue"]) == ("10", "1000000")
    assert (first["State/Region"], first["Postal code"]) == ("NV", "00102")
    assert first["Description"] == "Sweetspot: pass, 12.5 min away; spring"


def test_mautic_reads_each_row(tmp_path: Path) -> None:
    """Its model: aliases of company fields, a name that is there once, whole names of states."""
    rows = _only("mautic", tmp_path)
    assert set(rows[0]) == {
        *("companyname", "companyemail", "companyphone", "companyaddress1", "companyaddress2"),
        *("companycity", "companystate", "companyzipcode", "companycountry", "companywebsite"),
        *("companynumber_of_employees", "companyannual_revenue", "companydescription"),
    }
    names = [row["companyname"] for row in rows]
    assert all(names)
    assert len({name.casefold() for name in names}) == len(names)
    assert [names[-3], names[-1]] == [
        "No Mail (444 Main Street, Cedar Halt)",
        "No Mail (1 Far Street, Dry Halt)",
    ]
    assert all(len(cell) <= 255 for row in rows for cell in row.values())
    _are_addresses([row["companyemail"] for row in rows if row["companyemail"]])
    assert {row["companystate"] for row in rows} == {"Nevada", ""}
    assert all(country_code(country_of(row["companycountry"])) for row in rows)


def test_cards_are_read_by_another_library(tmp_path: Path) -> None:
    """RFC 2426: lines of 75 bytes, FN and N in each, and what was told comes back."""
    report, [path] = _export("vcard", tmp_path, tag="spring, 2027")
    data = path.read_bytes()
    assert data.endswith(b"END:VCARD\r\n")
    assert all(len(line) <= 75 and b"\n" not in line for line in data.split(b"\r\n"))
    cards = list(vobject.readComponents(data.decode()))
    assert len(cards) == report.taken == len(AWKWARD)
    assert len({card.uid.value for card in cards}) == len(cards)
    first = cards[0]
    assert (first.fn.value, first.n.value.family) == ("John Smith", "Smith")
    assert first.org.value == ['Halt; Dairy, "Ltd"']
    assert first.adr.value.street == "440 Main Street\nSuite 201"
    assert (first.adr.value.region, first.adr.value.code) == ("NV", "00102")
    assert (first.tel.value, first.email.value) == ("+18089550123", "info@halt-dairy.com")
    assert (first.note.value, first.geo.value) == ("pass, 12.5 min away", "40.000000;-116.130000")
    assert cards[2].url.value == "https://bäckerei.example.com/a%2Cb%3Bc"
    assert cards[2].org.value == ["ʻŌkina Bäckerei 株式会社 " + "é" * 200]


def test_a_company_without_a_person_is_a_companys_card(tmp_path: Path) -> None:
    rows = make_rows([make_row(Company_Name="C:\\New; Co, Ltd")])
    _, [path] = _export("vcard", tmp_path, rows)
    [card] = vobject.readComponents(path.read_text("utf-8"))
    assert card.fn.value == "C:\\New; Co, Ltd"
    assert card.contents["x-abshowas"][0].value == "COMPANY"


def _odd_rows(count: int) -> AnswerRows:
    """Rows of all that breaks files, the same ones each time."""
    chance = random.Random(15)  # noqa: S311 -- no secret
    letters = "aZ9 ,;:\"'\\|=+-@\t\r\n\x00\x1f\u2028éʻ株😀\u200f."

    def text(most: int) -> str:
        return "".join(chance.choices(letters, k=chance.randint(0, most)))

    return make_rows([
        make_row(
            40 + n / 100,
            Company_Name=f"A{text(300)}",
            Address=f"{n} {text(90)} Street",
            City=f"Town{text(60)}",
            Contact_Name=text(40),
            Phone=text(9) + "808-955-0123" + text(9),
            Email=f"a{n}@halt{n}.com" if n % 3 else text(20),
            Website=text(30),
        )
        for n in range(count)
    ])  # fmt: skip


@pytest.mark.parametrize("kind", ["listmonk", "mailchimp", "brevo", "hubspot", "mautic"])
def test_odd_rows_break_no_file(kind: str, tmp_path: Path) -> None:
    """Each row that is taken is one row of the file, whatever is in its cells."""
    report, parts = _export(kind, tmp_path, _odd_rows(300), repeats=True, tag='=1;"x", y')
    rows = [row for path in parts for row in _read_csv(path, ";" if kind == "brevo" else ",")]
    assert len(rows) == report.taken >= 200
    for row in rows:
        assert not any(re.search(r"[\x00-\x1f]", cell) for cell in row.values())
        assert json.loads(row.get("attributes", "{}")) is not None


def test_odd_rows_break_no_card(tmp_path: Path) -> None:
    report, [path] = _export("vcard", tmp_path, _odd_rows(300), repeats=True, tag='=1;"x", y')
    data = path.read_bytes()
    assert all(len(line) <= 75 and b"\n" not in line for line in data.split(b"\r\n"))
    cards = list(vobject.readComponents(data.decode()))
    assert len(cards) == report.taken >= 280
    assert all(card.org.value[0].startswith("A") for card in cards)


@pytest.mark.parametrize("kind", ["listmonk", "mailchimp", "brevo"])
def test_rows_without_a_usable_address_are_counted(kind: str, tmp_path: Path) -> None:
    report, _ = _export(kind, tmp_path)
    assert report.taken == 4
    assert report.left_out["no e-mail address"] == 2
    assert report.left_out["repeats another row: same e-mail address"] == 1
    [broken] = [why for why in report.left_out if why.startswith("e-mail address can't be used")]
    assert report.left_out[broken] == 1
    assert "1 phone number can't be dialled, left blank" in report.notes
    left_out = (tmp_path / "out-left-out.csv").read_text()
    assert 'repeats Halt; Dairy, ""Ltd"": same e-mail address' in left_out


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("mailchimp", "Mailchimp takes no list that was rented"),
        ("hubspot", "purchased, rented or borrowed lists"),
        ("brevo", "bought or rented databases"),
        ("listmonk", "CAN-SPAM"),
    ],
)
def test_rules_about_rented_lists_are_told_unless_people_asked(
    kind: str, words: str, tmp_path: Path
) -> None:
    told, _ = _export(kind, tmp_path)
    assert words in told.notes[0]
    asked, _ = _export(kind, tmp_path, permission=True)
    assert not any(words in note for note in asked.notes)


@pytest.mark.parametrize("kind", ["listmonk", "mailchimp", "brevo", "hubspot", "mautic"])
def test_what_a_spreadsheet_would_run_is_marked_and_counted(kind: str, tmp_path: Path) -> None:
    """Phones keep their +; an address that begins like a formula is not used at all."""
    report, [path] = _export(kind, tmp_path)
    assert any("marked by an apostrophe" in note for note in report.notes)
    assert "+18089550123" in path.read_text()
    assert "'+" not in path.read_text()
