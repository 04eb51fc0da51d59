"""Files that name whom to leave out: own clients, do-not-contact lists, rows mailed before."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from app.errors import BadList
from app.lists.exclusions import Exclusions
from app.lists.identity import Identities
from app.lists.read import ListFile, from_rows, open_list
from app.lists.vocabulary import ANYBODY

FIELD = "exclude"


def open_exclusions(source: Path | BinaryIO, name: str) -> Exclusions:
    """Those of a file in any format of lists, which may say no more than phones or domains.

    `name` is what reasons call it. Raises BadList, also where nothing in it names a business.
    """
    try:
        rows = open_list(source, vocabulary=ANYBODY)
    except BadList as why:
        raise BadList(f"{name}: {why}", field=FIELD, row=why.row) from why
    return _exclusions(rows, name)


def exclude_rows(rows: Sequence[Mapping[str, object]]) -> Exclusions:
    """Those of JSON objects whose keys are read like headers. Raises BadList, as for a file."""
    return _exclusions(from_rows(rows, vocabulary=ANYBODY, field=FIELD), FIELD)


def _exclusions(rows: ListFile, name: str) -> Exclusions:
    whole = rows.whole()
    known = Identities.of(rows.recipients(whole.cells), whole.given)
    if not any((keys != "").any() for keys in (known.phones, known.domains, known.names)):
        raise BadList(
            f"{name}: no row has a name, a phone, a website or an e-mail address; its columns are "
            f"{', '.join(whole.cells.columns[:10])}",
            field=FIELD,
        )
    return Exclusions(name, known)
