"""An address that somebody typed on one line: which country it ends with."""

import pytest

from app.geo.addresses.one_line import read_line


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Paris, France", "France"),
        ("12 Rue de Rivoli, Paris, France", "France"),
        ("Toronto, ON, Canada", "Canada"),
        ("Kingston, Jamaica", "Jamaica"),
        ("Douglas, Isle of Man", "Isle of Man"),
    ],
)
def test_a_country_abroad_at_its_end(text, country):
    assert read_line(text).country == country
    assert read_line(text).line == text


@pytest.mark.parametrize(
    "text",
    [
        *("12 Main St, Lebanon", "Main Street, Lebanon", "12 Elm St, Peru, IN", "Jamaica, NY"),
        *("Atlanta, Georgia", "Springfield, MA", "Honolulu, HI, USA", "Lebanon", "40.0,-116.6", ""),
    ],
)
def test_towns_that_are_called_like_countries_and_our_own(text):
    assert read_line(text).country == ""
