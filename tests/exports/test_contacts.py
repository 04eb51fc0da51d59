"""What mailing tools are told of each row: addresses that can be used, names, ids that last."""

import pytest

from app.exports.contacts import TEXTS, find_same, lacks_email, read_contacts
from app.geo.addresses.countries import US
from tests.exports.made import make_row, make_rows


def _contact(**cells: object) -> dict[str, object]:
    return read_contacts(make_rows([make_row(**cells)])).row(0, named=True)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Info@Halt-Dairy.com", "info@halt-dairy.com"),
        (" Ann <ann@halt-dairy.com> ", "ann@halt-dairy.com"),
        ("ann at home, bob@halt-dairy.com; c@halt-dairy.com", "bob@halt-dairy.com"),
        ("broken@@x.com / good@halt-dairy.com", "good@halt-dairy.com"),
        ("mailto:ann@halt-dairy.com.", "ann@halt-dairy.com"),
        ("o'neil@halt-dairy.com", "o'neil@halt-dairy.com"),
        ("info@müller.de", "info@xn--mller-kva.de"),
    ],
)
def test_the_first_usable_address_is_taken(text: str, address: str) -> None:
    assert _contact(Email=text)["email"] == address


@pytest.mark.parametrize(
    "text",
    ["ask us", "ann@localhost", "a@b.invalid", "müller@halt.com", "a..b@halt.com", "a@h_l.com"],
)
def test_an_unusable_address_has_its_reason(text: str) -> None:
    found = _contact(Email=text)
    assert found["email"] == ""
    assert found["email_fault"]
    [lack] = lacks_email(make_rows([make_row(Email=text)]).recipients)
    assert lack == f"e-mail address can't be used: {found['email_fault']}"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("808-955-0123 (cell)", "+18089550123"),
        ("808-955-0123 Bob", "+18089550123"),
        ("(808) 955-0123 ext. 5", "+18089550123"),
        ("808.955.0123x12", "+18089550123"),
        ("808-955-0123 / 808-955-0124", "+18089550123"),
        ("955-0124 or 808-955-0123", "+18089550123"),
        ("8089550123.0", "+18089550123"),
        ("+44 20 7946 0018", "+442079460018"),
        ("1-800-FLOWERS", "+18003569377"),
        ("(877) CALL-NOW", "+18772255669"),
        ("787-723-0123", "+17877230123"),
    ],
)
def test_phones_are_dialled_without_what_stands_behind_them(text: str, number: str) -> None:
    assert _contact(Phone=text)["phone"] == number


@pytest.mark.parametrize(
    "text",
    [
        *("955-0123", "202-5550 abc", "212-3456 (fax)", "808-9550 Ann", "855-1234 Bob"),
        *("0000000000", "ask at the desk"),
    ],
)
def test_what_is_no_number_is_none(text: str) -> None:
    """Letters behind a short number would make it a long one that is somebody else's."""
    found = _contact(Phone=text)
    assert found["phone"] == ""
    assert found["phone_fault"] == f"no valid phone number of {US}"


def test_a_number_is_of_the_rows_country_else_of_the_origins() -> None:
    abroad = make_row(Phone="030 1234567 (Büro)", Country="Germany", State="", City="Berlin")
    nowhere = make_row(Phone="020 7946 0018", State="", City="London", ZIP_Code="")
    found = read_contacts(make_rows([abroad, nowhere]), "United Kingdom")
    assert found["phone"].to_list() == ["+49301234567", "+442079460018"]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Dr. Leilani K. Kahananui, CPA", "Leilani", "Kahananui"),
        ("Smith, John", "John", "Smith"),
        ("Mr. Juan de la Cruz Jr.", "Juan", "de la Cruz"),
        ("Kaʻiulani", "Kaʻiulani", ""),
        ("", "", ""),
    ],
)
def test_names_are_parted(text: str, first: str, last: str) -> None:
    found = _contact(Contact_Name=text)
    assert (found["first_name"], found["last_name"]) == (first, last)


def test_an_id_lasts_from_answer_to_answer() -> None:
    """Another spelling, other columns and other rows make no other business; a branch is one."""
    alone = _contact()["external_id"]
    other = make_row(Company_Name="HALT DAIRY INC.", Address="440 Main St", Phone="808-955-0123")
    branch = make_row(ZIP_Code="00103", City="Dry Halt")
    found = read_contacts(make_rows([branch, other]))["external_id"].to_list()
    assert alone == found[1] != found[0]
    assert isinstance(alone, str)
    assert len(alone) == 16
    assert int(alone, 16)


def test_an_id_without_a_street_is_by_the_phone() -> None:
    rows = [make_row(Address="", Phone=phone) for phone in ("808-955-0123", "1 808 955 0123", "")]
    first, same, other = read_contacts(make_rows(rows))["external_id"].to_list()
    assert first == same != other


@pytest.mark.parametrize(
    ("employees", "sales", "told"),
    [
        ("24", "$2.4 Million", (24, 2_400_000)),
        ("10 to 19", "$1-2.5 Million", (10, 1_000_000)),
        ("Nov-50", "Less Than $500,000", (11, None)),
        ("", "", (None, None)),
    ],
)
def test_sizes_are_the_lower_ends_of_bands(
    employees: str, sales: str, told: tuple[int | None, int | None]
) -> None:
    found = _contact(Employees=employees, Annual_Sales=sales)
    assert (found["employees"], found["sales"]) == told


def test_the_domain_is_the_businesss_own() -> None:
    assert _contact(Website="https://www.halt-dairy.com/about")["domain"] == "halt-dairy.com"
    assert _contact(Email="halt@gmail.com")["domain"] == ""


def test_no_rows_have_no_contacts() -> None:
    none = make_rows([make_row()]).take([])
    assert read_contacts(none).columns == [*TEXTS, "employees", "sales"]
    assert read_contacts(none).is_empty()


def test_the_first_of_one_address_stays() -> None:
    found = find_same(["a@x.com", "", "a@x.com", ""], ["Halt Dairy", "", "Dry Farm", ""], "e-mail")
    assert found == {2: "repeats Halt Dairy: same e-mail"}
