"""What a caller asks: what neither the list nor the answer says of a row.

1. Computers, where the list does not count them: an estimate is none.
2. Employees, where the list has no number or range.
3. Advisers (accountant, lawyer), where the list names none.
"""

from collections.abc import Sequence

import polars as pl

from app.errors import BadList
from app.exports.answer import AnswerRows
from app.exports.sheets.callees import answer_column
from app.lists.cells import Reader
from app.lists.headers import choose_columns
from app.lists.mapping import ChosenColumns

COMPUTERS = "How many computers?"
EMPLOYEES = "How many employees?"
ADVISERS = "Who is your accountant, who your lawyer?"


def list_questions(rows: AnswerRows) -> list[list[str]]:
    """Those of each row, in order."""
    counted = [basis == "list" for basis in answer_column(rows, "computers_basis")]
    staffed, advised = _read_list(rows.cells)
    reasons = [text or "" for text in answer_column(rows, "reasons")]
    return [
        [
            *([] if counts else [COMPUTERS]),
            *([] if staff or _says(said, "employees ") else [EMPLOYEES]),
            *([] if names or _says(said, "adviser: ") else [ADVISERS]),
        ]
        for counts, staff, names, said in zip(counted, staffed, advised, reasons, strict=True)
    ]


def _says(reasons: str, beginning: str) -> bool:
    """Whether a reason tells it, which counts where the list's own headers say nothing."""
    found = [one for one in reasons.split("; ") if one.startswith(beginning)]
    return any(not one.endswith("unknown") for one in found)


def _read_list(cells: pl.DataFrame) -> tuple[Sequence[bool], Sequence[bool]]:
    """Which rows of the list have employees, and which an adviser."""
    nothing = [False] * cells.height
    try:
        columns = choose_columns(cells.columns, ChosenColumns())
    except BadList:  # it was read by columns that somebody named; the reasons know them
        return nothing, nothing
    read = Reader(columns).prospects(cells)
    return read.employees.known.tolist(), [bool(names) for names in read.advisers]
