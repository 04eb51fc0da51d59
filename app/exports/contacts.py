"""The contact of each row as mailing tools want it: checked, in one spelling, with a lasting id.

1. E-mail: the first address of the cell whose syntax is right (email-validator; nothing is looked
   up), in lower case. Tools take no letters beyond ASCII before the @; a domain that has some is
   written as IDNA. One that a spreadsheet would take for a formula ("=x@halt.com") is none, since
   it could not be marked as text and stay the same address.
2. Phone: the first valid number in the cell as E.164, see `phones`, as of the row's country; of the
   country of origin where the row names none.
3. Domain: what `app.lists.identity` takes for the business's own.
4. First and last name: those of the person mail is for (nameparser); a lone word is a first name.
5. External id: the first 16 hex digits of SHA-256 over the plain name, the street's key and the ZIP
   code or else the town. Without a street over the name and the first of phone, domain, e-mail and
   town. It is the same in each answer that writes the business alike, whatever else is said of it.
6. Employees and sales (USD a year): whole numbers, of a band its lower end, so that nothing is
   claimed that the list does not say; null where unknown or without one ("under $500,000").
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import chain

import numpy as np
import polars as pl

from app.exports.answer import AnswerRows
from app.exports.phones import dial_phone
from app.geo.addresses.countries import US, country_of

TEXTS = (
    "email",
    "email_fault",
    "phone",
    "phone_fault",
    "domain",
    "first_name",
    "last_name",
    "external_id",
)
ID_DIGITS = 16  # of hex: 64 bits, in which a million rows share an id once in 37 million answers
_FORMULA_SIGNS = ("=", "+", "-")
_BETWEEN_EMAILS = re.compile(r"[\s,;|/<>()\[\]\"]+|mailto:")


def read_contacts(rows: AnswerRows, country: str = US) -> pl.DataFrame:
    """One row for each, in order: TEXTS, "" where absent, and the columns of `rows.sizes`.

    email_fault, phone_fault: why one that is given can't be used. country: that of origin.
    """
    told = rows.recipients
    countries = [country_of(name) or country for name in told["country"]]
    columns = (
        map(_read_email, told["email"]),
        map(_read_phone, told["phone"], countries),
        ((domain,) for domain in rows.identities.domains),
        map(_parse_person, told["attention"]),
        ((one,) for one in _ids(rows)),
    )
    found = [tuple(chain(*parts)) for parts in zip(*columns, strict=True)]
    schema = dict.fromkeys(TEXTS, pl.String)
    return pl.DataFrame(found, schema=schema, orient="row").hstack(rows.sizes)


def lacks_email(recipients: pl.DataFrame) -> pl.Series:
    """Why no mailing tool can take a row of `recipients`, "" where it can."""
    return pl.Series([_email_lack(text) for text in recipients["email"]], dtype=pl.String)


def find_same(keys: Sequence[str], names: Sequence[str], what: str) -> Mapping[int, str]:
    """Rows whose key an earlier one has, as tools that keep one of each would merge them -> why."""
    firsts: dict[str, int] = {}
    found: dict[int, str] = {}
    for row, key in enumerate(keys):
        if key and firsts.setdefault(key, row) != row:
            found[row] = f"repeats {names[firsts[key]] or 'another row'}: same {what}"
    return found


def _email_lack(text: str) -> str:
    """1."""
    address, fault = _read_email(text)
    if address:
        return ""
    return f"e-mail address can't be used: {fault}" if fault else "no e-mail address"


@lru_cache(1 << 16)
def _read_email(text: str) -> tuple[str, str]:
    """1. The address and why it can't be used, one of them or both ""."""
    parts = [part.strip(".'") for part in _BETWEEN_EMAILS.split(text)]
    told = [part for part in parts if "@" in part] or [text.strip()]
    checked = [_check_email(part) for part in told if part]
    return next((one for one in checked if one[0]), checked[0] if checked else ("", ""))


def _check_email(text: str) -> tuple[str, str]:
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as why:
        return "", str(why).rstrip(".")
    if text.startswith(_FORMULA_SIGNS):
        return "", "It begins like a formula"
    return (found.ascii_email or found.normalized).lower(), ""


def _read_phone(text: str, country: str) -> tuple[str, str]:
    """2. The number and why it can't be used, one of them or both ""."""
    number = dial_phone(text, country)
    return number, "" if number or not text.strip() else f"no valid phone number of {country}"


@lru_cache(1 << 14)
def _parse_person(text: str) -> tuple[str, str]:
    """4."""
    from nameparser import HumanName

    if not text:
        return "", ""
    name = HumanName(text)
    return name.first, name.last


def _ids(rows: AnswerRows) -> Sequence[str]:
    """5."""
    known = rows.identities
    towns = rows.recipients.select("zip", "city", "email").rows()
    keys = []
    streets = known.streets(np.arange(len(rows)))
    columns = (towns, streets, known.names, known.phones, known.domains)
    for (code, city, email), street, name, phone, domain in zip(*columns, strict=True):
        town = code[:5] or city.casefold().strip()
        other = phone or domain or email.casefold().strip()
        place = f"{street}|{town}" if street else other or town
        keys.append(f"{name}|{place}")
    return [sha256(key.encode()).hexdigest()[:ID_DIGITS] for key in keys]
