"""`--for calls`: a call sheet to print, a workbook, or a calendar; one file, by its suffix."""

import polars as pl

from app.exports.calls.call_list import RULES, list_calls
from app.exports.kind import ExportKind, ExportWork, Written
from app.exports.options import CallOptions
from app.lists.identity import phone_key
from app.text import count_words


def write_calls(work: ExportWork) -> Written:
    """The calls of the rows, in the order of the evenings. Raises BadQuestion, TooLarge."""
    calls, more = list_calls(work), list[str]()
    match work.target.suffix.lower():
        case ".xlsx":
            from app.exports.calls.workbook import write_workbook

            write_workbook(calls, work.target, work.progress)
        case ".ics":
            from app.exports.calls.calendar_file import write_calendar

            write_calendar(calls, work.target)
        case _:
            from app.exports.calls.sheet import write_sheet

            more += write_sheet(calls, work)
    days = calls.days
    spread = f"{count_words(len(days), 'day')}, from {days[0][0]} to {days[-1][0]}"
    return Written([f"{count_words(len(work.rows), 'call')} on {spread}.", RULES, *more])


def lacks_phone(recipients: pl.DataFrame) -> pl.Series:
    """Where there is no number to call."""
    texts = ["" if phone_key(text) else "no phone" for text in recipients["phone"]]
    return pl.Series(texts, dtype=pl.String)


KIND = ExportKind(
    "calls", (".pdf", ".xlsx", ".ics"), "calls", write_calls, (CallOptions,), lacks_phone
)
