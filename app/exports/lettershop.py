"""A letter shop's file: the list's own columns, then those of a letter, then the rest of ours."""

from app.exports.kind import ExportKind, ExportWork, Written, lacks_mail
from app.lists.write import kind_of, open_writer


def write_lettershop(work: ExportWork) -> Written:
    """One row for each recipient, as CSV or XLSX."""
    rows = work.rows
    with open_writer(work.target, kind_of(work.target), name="recipients") as sink:
        sink.write(rows.cells, rows.recipients.hstack(rows.ours))
        sink.tell(rows.about)
    return Written()


KIND = ExportKind("lettershop", (".csv", ".xlsx"), "mail", write_lettershop, lacks=lacks_mail)
