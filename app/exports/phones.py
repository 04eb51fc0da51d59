"""Phone numbers as people read and dial them."""

import re
from functools import cache

from app.geo.addresses.countries import US, country_code, country_of

# What stands beside a number and would be read as its last digits: "(cell)" is 2355.
_WORDS = re.compile(r"\([^)\d]*\)")
_BEHIND = re.compile(r"\s*(?:/|;|\||\bor\b).*$|\.0+$")  # a second number; a spreadsheet's ".0"


def show_phone(text: str, country: str, sender: str) -> str:
    """The number as it is dialled from the sender's country; as written where it is no valid one.

    country: that of the row, in English, "" where it is the sender's.
    """
    from phonenumbers import (
        NumberParseException,
        PhoneNumberFormat,
        format_number,
        is_valid_number,
        parse,
    )

    plain = _BEHIND.sub("", _WORDS.sub(" ", text))
    home = _region(sender)
    try:
        number = parse(plain, _region(country or sender))
    except NumberParseException:
        return text
    if not is_valid_number(number):
        return text
    abroad = number.country_code != _calling_code(home)
    form = PhoneNumberFormat.INTERNATIONAL if abroad else PhoneNumberFormat.NATIONAL
    return format_number(number, form)


def _region(country: str) -> str:
    """The two letters that its phone numbers go by; those of the United States for none."""
    return country_code(country_of(country)) or country_code(US)


@cache
def _calling_code(region: str) -> int:
    from phonenumbers import country_code_for_region

    return country_code_for_region(region)
