"""One vCard each row, for phones and address books.

Version 3.0 (RFC 2426), which all of them read and write, unlike 4.0. Lines end with CRLF and are
folded at 75 bytes, as in calendars (RFC 2425, 5.8.1; RFC 5545, 3.1). A suite is a second line of
the street, since the component for it is best left empty (RFC 6350, 6.3.1). UID is the external
id, so that a card that is imported again is the same.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from app.exports.kind import ExportKind, ExportWork, Written
from app.exports.mailing.people import gather_people
from app.exports.options import TagOptions

_EVERY = 1000  # cards between two reports of progress; judgement
type Person = Mapping[str, Any]


def write_vcards(work: ExportWork) -> Written:
    """The cards in the rows' order; a row without a name for it is left out before."""
    people = gather_people(work, ("external_id",))
    with work.target.open("wb") as file:
        for done, person in enumerate(people.table.iter_rows(named=True), start=1):
            file.writelines(map(_fold_line, _lines(person, work.asked.tag)))
            if done % _EVERY == 0:
                work.progress(done)
    return Written(people.notes, people.repeated)


def _lines(person: Person, tag: str) -> Iterator[str]:
    yield "BEGIN:VCARD"
    yield "VERSION:3.0"
    yield f"UID:{person['external_id']}"
    yield from _names(person)
    for name, value in _contacts(person, tag):
        if value:
            yield f"{name}:{_escape_text(value)}"
    if person["website"]:
        yield f"URL:{_plain_url(person['website'])}"
    if person["line_1"] or person["city"]:
        yield f"ADR;TYPE=WORK:{_address(person)}"
    if person["lat"] is not None and person["lon"] is not None:
        yield f"GEO:{person['lat']:.6f};{person['lon']:.6f}"
    yield "END:VCARD"


def _names(person: Person) -> Iterator[str]:
    """Both are required (RFC 2426, 3.1.1 and 3.1.2); Apple's own line makes it a company's card."""
    person_name = f"{person['first_name']} {person['last_name']}".strip()
    shown = person_name or person["name"]
    yield f"FN:{_escape_text(shown)}"
    yield f"N:{_escape_text(person['last_name'])};{_escape_text(person['first_name'])};;;"
    if not person_name:
        yield "X-ABShowAs:COMPANY"


def _contacts(person: Person, tag: str) -> Iterator[tuple[str, str]]:
    yield "ORG", person["name"]
    yield "TEL;TYPE=WORK,VOICE", person["phone"]
    yield "EMAIL;TYPE=INTERNET", person["email"]
    yield "NOTE", person["note"]
    yield "CATEGORIES", tag


def _address(person: Person) -> str:
    street = "\n".join(filter(None, (person["line_1"], person["line_2"])))
    parts = ["", "", street, *(person[name] for name in ("city", "state", "zip", "country"))]
    return ";".join(map(_escape_text, parts))


def _plain_url(url: str) -> str:
    """Not escaped, by RFC 2426, 3.6.8; some readers, vobject among them, take it for text."""
    return url.replace("\\", "%5C").replace(",", "%2C").replace(";", "%3B")


def _escape_text(text: str) -> str:
    """RFC 2426, 5: backslash, semicolon, comma and line feed."""
    return re.sub(r"([\\;,])", r"\\\1", text).replace("\n", r"\n")


def _fold_line(line: str) -> bytes:
    from icalendar.parser import Contentline

    content = Contentline(line)  # type: ignore[no-untyped-call]
    folded: bytes = content.to_ical()  # type: ignore[no-untyped-call]
    return folded + b"\r\n"


def _lacks(recipients: pl.DataFrame) -> pl.Series:
    nobody = (pl.col("name") == "") & (pl.col("attention") == "")
    why = pl.when(nobody).then(pl.lit("no name")).otherwise(pl.lit(""))
    return recipients.select(why).to_series()


KIND = ExportKind("vcard", (".vcf",), "e-mail", write_vcards, (TagOptions,), _lacks)
