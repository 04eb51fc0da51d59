"""Files that name whom to leave out: own clients, do-not-contact lists, rows mailed before."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import polars as pl

from app.errors import BadList, NoRows
from app.lists.exclusions import Exclusions
from app.lists.identity import Identities, phone_key
from app.lists.read import ListFile, from_rows, open_list
from app.lists.recipients import CONTACT, RECIPIENT
from app.lists.vocabulary import ANYBODY

FIELD = "exclude"
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_DOMAIN = re.compile(r"(?:\w+://)?(?:[\w-]+\.)+[^\W\d]{2,}(?:/\S*)?")
_PHONE = re.compile(r"[\d\s()+./-]+")


def open_exclusions(source: Path | BinaryIO, name: str) -> Exclusions:
    """Those of a file in any format of lists, which may say no more than phones or domains.

    One column of web domains, e-mail addresses or phones needs no header. `name` is what reasons
    call it. Raises BadList, also where nothing in it names a business.
    """
    try:
        return _exclusions(open_list(source, vocabulary=ANYBODY), name)
    except NoRows as why:
        known = _bare_contacts(pl.DataFrame(schema=dict.fromkeys(why.headers, pl.String)))
        if known:
            return Exclusions(name, known)
        raise BadList(f"{name}: {why}", field=FIELD) from why
    except BadList as why:
        raise BadList(f"{name}: {why}", field=FIELD, row=why.row) from why


def exclude_rows(rows: Sequence[Mapping[str, object]]) -> Exclusions:
    """Those of JSON objects whose keys are read like headers. Raises BadList, as for a file."""
    return _exclusions(from_rows(rows, vocabulary=ANYBODY, field=FIELD), FIELD)


def _exclusions(rows: ListFile, name: str) -> Exclusions:
    whole = rows.whole()
    known = _bare_contacts(whole.cells)
    known = known or Identities.of(rows.recipients(whole.cells), whole.given)
    if not any((keys != "").any() for keys in (known.phones, known.domains, known.names)):
        raise BadList(
            f"{name}: no row has a name, a phone, a website or an e-mail address; its columns are "
            f"{', '.join(whole.cells.columns[:10])} (one column without a header may hold web "
            "domains, e-mail addresses or phones)",
            field=FIELD,
        )
    return Exclusions(name, known)


def _bare_contacts(cells: pl.DataFrame) -> Identities | None:
    """One column without a header, whose first line was taken for it; None for any other list."""
    header, *more = cells.columns
    texts = [text.strip() for text in (header, *cells.to_series())]
    kinds = [_contact_kind(text) for text in texts if text]
    if more or not all(kinds):
        return None
    told = {
        kind: [text if _contact_kind(text) == kind else "" for text in texts] for kind in CONTACT
    }
    blank = dict.fromkeys(RECIPIENT, [""] * len(texts))
    return Identities.of(pl.DataFrame(blank | told))


def _contact_kind(text: str) -> str:
    """Which column of CONTACT holds such a text, "" for none."""
    if _EMAIL.fullmatch(text):
        return "email"
    if _DOMAIN.fullmatch(text):
        return "website"
    return "phone" if _PHONE.fullmatch(text) and phone_key(text) else ""
