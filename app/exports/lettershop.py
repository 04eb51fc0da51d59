"""A letter shop's file: the standard address columns in front of the answer's own."""

import polars as pl

from app.exports.kind import ExportKind, ExportWork, Written, lacks_mail
from app.lists.recipients import CONTACT, POSTAL
from app.lists.write import kind_of, open_writer


def write_lettershop(work: ExportWork) -> Written:
    """One row for each recipient: POSTAL and CONTACT, then the list's own cells, then ours."""
    rows = work.rows
    standard = rows.recipients.select(*POSTAL, *CONTACT)
    with open_writer(work.target, kind_of(work.target), name="recipients") as sink:
        sink.write(_unmixed(standard, rows.cells), rows.ours)
    return Written()


def _unmixed(standard: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Both side by side; a cell's column of a standard name keeps it with "original" before it."""
    taken = {name: f"original_{name}" for name in cells.columns if name in standard.columns}
    return standard.hstack(cells.rename(taken))


KIND = ExportKind(
    "lettershop",
    (".csv", ".xlsx"),
    write_lettershop,
    lacks=lacks_mail,
)
