"""The phone numbers in a cell: as tools dial them, and as people read them.

1. The first valid number counts (phonenumbers), read as of the row's country. What stands behind
   its digits is not dialled: neither "(cell)" nor an extension.
2. Letters are digits in a toll-free number only.
"""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from app.geo.addresses.countries import US, country_code, country_of

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

# 2. A toll-free number of North America (area codes by nanpa.com), whose last seven places may be
# letters. Only a hyphen or dot parts them: "855-1234 Bob" is a local number and a name.
_VANITY = re.compile(
    r"(?i)(?:\+?1[-. ]*)?\(?8(?:00|33|44|55|66|77|88)\)?[-. ]*[a-z\d](?:[-.]?[a-z\d]){6}"
)
_NUMBER_KEPT = re.compile(r"\.0+$")  # what a spreadsheet's number leaves behind a phone's digits


def dial_phone(text: str, country: str) -> str:
    """The number as E.164; "" where the cell has none that is valid in that country."""
    from phonenumbers import PhoneNumberFormat, format_number

    number = _find_number(text, country)
    return format_number(number, PhoneNumberFormat.E164) if number else ""


def show_phone(text: str, country: str, sender: str) -> str:
    """The number as it is dialled from the sender's country; as written where it is no valid one.

    country: that of the row, in English, "" where it is the sender's.
    """
    from phonenumbers import PhoneNumberFormat, format_number

    number = _find_number(text, country or sender)
    if number is None:
        return text
    abroad = number.country_code != _calling_code(_region(sender))
    form = PhoneNumberFormat.INTERNATIONAL if abroad else PhoneNumberFormat.NATIONAL
    return format_number(number, form)


@lru_cache(1 << 16)
def _find_number(text: str, country: str) -> "PhoneNumber | None":
    """1. and 2."""
    from phonenumbers import PhoneNumberMatcher, convert_alpha_characters_in_number

    text = _NUMBER_KEPT.sub("", text.strip())
    if _VANITY.fullmatch(text) and re.search(r"[a-zA-Z]", text):
        text = convert_alpha_characters_in_number(text)
    found = next(iter(PhoneNumberMatcher(text, _region(country))), None)
    return found.number if found else None


def _region(country: str) -> str:
    """The two letters that its phone numbers go by; those of the United States for none."""
    return country_code(country_of(country)) or country_code(US)


@cache
def _calling_code(region: str) -> int:
    from phonenumbers import country_code_for_region

    return country_code_for_region(region)
