"""Reports of the firm's books, as accounting programs print them -> tables of one row an entry.

QuickBooks, Xero, Wave, Harvest, FreshBooks and Stripe lay out what they export in the same few
ways. What is in none of them stays as it is; a row that is left out becomes a blank one, so that
all others keep their place.

1. Header. The row, of the first ones, with the most words of books or names of periods; never one
   with amounts, nor a title, which is one cell at the left.
2. Names. They stand below the header "Client" or the like, or in the first columns where those
   have no header. Of several such columns the first filled one names; how far in it is, by column
   and, below no header, by blanks, says what it is part of.
3. Groups, sub-customers and sums are those of groups.py: each row gets its client's name, and what
   is part of a client is named at the end of the row.
4. What nobody pays: entries of invoices and payments that failed or were never sent.
5. Time. What the columns hold is of the period in the title, else of the calendar months from the
   first entry's date to the last's.
6. A column of yes and no is neither money, hours nor a size.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.errors import BadList
from app.lists.groups import AMOUNT, ReportLine, ReportPath, find_paths, read_line
from app.lists.notices import Notices
from app.lists.periods import count_months, header_period, read_period
from app.lists.table import HEADER_WITHIN
from app.lists.vocabulary import Vocabulary, month_of, plain_header

SUB = "Sub-customer"  # the header of what is part of a client

_YES_NO = frozenset(["yes", "no", "y", "n", "true", "false", "t", "f", "x", "✓", "✗"])
_UNPAID = frozenset(["failed", "void", "voided", "draft", "declined", "blocked", "uncaptured"])
_CALLED_OFF = frozenset({"canceled", "cancelled", "deleted"})  # of a client: that it has left
_MEASURES = frozenset({
    "revenue", "monthly revenue", "recurring", "monthly recurring", "hours", "yearly hours",
    "visits", "yearly visits", "drive", "travel fee", "rate", "computers", "employees", "sales",
})  # fmt: skip
_STATUS = ("status", "invoice status", "payment status")
# Of an entry; "created" may be a client's own, so that it says so only where names repeat.
_DATES = frozenset({
    "date", "transaction date", "invoice date", "date issued", "issue date", "issued", "date paid",
    "payment date", "paid date", "txn date", "date of issue", "work date", "spent date",
})  # fmt: skip
_CREATED = frozenset({"created", "created utc", "created date utc", "created date"})

type Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class CoveredTime:
    """The months that the sums of a report are of, at least one; `source`: what says it."""

    months: float
    source: str

    @property
    def note(self) -> str:
        """What it makes of the columns, for people."""
        unit = "month" if self.months == 1 else "months"
        return f"amounts and hours are read as of {self.months:.3g} {unit} ({self.source})"


@dataclass(frozen=True)
class ArrangedReport:
    """A report's rows as a table, as many as were read.

    header_at: the index of its header. columns: what the columns without a header mean. covers:
    None where nothing says it. flags: the columns of yes and no that are called what only numbers
    are.
    """

    rows: Rows
    header_at: int
    columns: Mapping[str, str]
    covers: CoveredTime | None
    flags: frozenset[int]
    notes: Sequence[str]


def arrange_report(
    rows: Rows,
    vocabulary: Vocabulary,
    chosen: Collection[str],
    header_at: int | None = None,
) -> ArrangedReport:
    """The table in the rows of a report, or of any list of clients.

    `header_at`: where the rows have no layout, such as JSON's: each is a client's or an entry.
    Raises BadList where there are no rows.
    """
    at = find_header(rows, vocabulary, chosen) if header_at is None else header_at
    header, body, notices = rows[at], rows[at + 1 :], Notices()
    leads = _leads(header, body, vocabulary) if header_at is None else ()
    nameless = bool(leads) and not header[leads[0]].strip()
    lines = [read_line(record, leads, indents=nameless) for record in body]
    paths = find_paths(lines, notices) if leads else [[]] * len(lines)
    paid = _paid(header, lines, paths, notices)
    return ArrangedReport(
        rows=[*rows[:at], *(_as_table(header, leads, lines, paid, notices))],
        header_at=at,
        columns={"name": f"column {leads[0] + 1}"} if nameless else {},
        covers=_titled(rows[:at]) or _dated(header, lines, paid),
        flags=_flags(header, body, vocabulary),
        notes=notices.notes,
    )


def find_header(rows: Rows, vocabulary: Vocabulary, chosen: Collection[str]) -> int:
    """Rule 1: the index of the header, the first one where several are equal."""
    best, most = -1, (-1, -1)
    for at, record in enumerate(rows[:HEADER_WITHIN]):
        filled = [cell[:200] for cell in record if cell.strip()]
        if not filled:
            continue
        named = 0 if _has_amounts(filled) else sum(_heads(c, vocabulary, chosen) for c in filled)
        title = len(filled) == 1 and bool(record[0].strip()) and read_period(filled[0]) is not None
        fit = (0 if title else named, min(len(filled), 2) if named else 0)
        if fit > most:
            best, most = at, fit
    if best < 0:
        raise BadList("the list is empty", field="list")
    return best


def _heads(cell: str, vocabulary: Vocabulary, chosen: Collection[str]) -> bool:
    return (
        vocabulary.meaning_of(cell) is not None
        or month_of(cell) is not None
        or header_period(cell) is not None
        or cell in chosen
    )


def _has_amounts(cells: Sequence[str]) -> bool:
    return any(AMOUNT.fullmatch(cell.strip()) and header_period(cell) is None for cell in cells)


def _leads(header: Sequence[str], body: Rows, vocabulary: Vocabulary) -> tuple[int, ...]:
    """Rule 2: the columns of names, none where nothing says which they are."""
    blank = next((at for at, cell in enumerate(header) if cell.strip()), 0)
    cells = [cell.strip() for record in body for cell in record[:blank] if cell.strip()]
    if sum(any(c.isalpha() for c in cell) for cell in cells) > len(cells) / 2:
        return tuple(range(blank))
    found = [
        (meaning.family, meaning.weak, at)
        for at, cell in enumerate(header)
        if (meaning := vocabulary.meaning_of(cell)) and meaning.name == "name"
    ]
    return (min(found)[2],) if found else ()


def _paid(
    header: Sequence[str],
    lines: Sequence[ReportLine],
    paths: Sequence[ReportPath],
    notices: Notices,
) -> list[ReportPath]:
    """Rule 4: the paths, None for entries that nobody pays."""
    at = next((i for i, cell in enumerate(header) if plain_header(cell) in _STATUS), None)
    if at is None:
        return list(paths)
    several = any(n > 1 for n in Counter(line.label for line in lines if line.label).values())
    unpaid = _UNPAID | (_CALLED_OFF if several or plain_header(header[at]) != "status" else set())
    paid: list[ReportPath] = []
    for line, path in zip(lines, paths, strict=True):
        said = line.record[at].strip() if at < len(line.record) else ""
        off = path is not None and said.casefold() in unpaid
        notices.add("not paid, left out,", int(off), repr(said))
        paid.append(None if off else path)
    return paid


def _as_table(
    header: Sequence[str],
    leads: tuple[int, ...],
    lines: Sequence[ReportLine],
    paths: Sequence[ReportPath],
    notices: Notices,
) -> Rows:
    """The header and a row for each line, blank for those that are left out."""
    subs = any(path and len(path) > 1 for path in paths)
    rows: list[Sequence[str]] = [[*header, SUB] if subs else header]
    for line, path in zip(lines, paths, strict=True):
        if path is None:
            rows.append([])
            continue
        if len(path) > 1:
            told = f"{':'.join(path[1:])!r} with {path[0]!r}"
            notices.add("a part of a client, counted with it,", 1, told)
        rows.append(_as_row(line, leads, path, len(header) if subs else 0))
    return rows


def _as_row(line: ReportLine, leads: tuple[int, ...], path: list[str], width: int) -> Sequence[str]:
    """The line under its client's name; `width`: of the header, where parts stand behind it."""
    if not leads or (path == [line.label] and len(leads) == 1 and not width):
        return line.record
    cells = [*line.record, *([""] * (max(width, leads[-1] + 1) - len(line.record)))]
    for at in leads:
        cells[at] = ""
    cells[leads[0]] = path[0] if path else ""
    return [*cells[:width], ":".join(path[1:])] if width else cells


def _titled(titles: Rows) -> CoveredTime | None:
    """Rule 5: the period in a title."""
    for text in (cell for row in titles for cell in row):
        if span := read_period(text):
            return CoveredTime(max(1.0, span.months), text.strip())
    return None


def _dated(
    header: Sequence[str], lines: Sequence[ReportLine], paths: Sequence[ReportPath]
) -> CoveredTime | None:
    """Rule 5: the months that the dates of entries reach over; None where there are no entries."""
    names = Counter(path[0] for path in paths if path)
    dates = _DATES | (_CREATED if any(n > 1 for n in names.values()) else set())
    at = next((i for i, cell in enumerate(header) if plain_header(cell) in dates), None)
    if at is None:
        return None
    pairs = zip(lines, paths, strict=True)
    days = [line.record[at] for line, path in pairs if path is not None and at < len(line.record)]
    found = count_months(days)
    return CoveredTime(found[2], f"entries from {found[0]} to {found[1]}") if found else None


def _flags(header: Sequence[str], body: Rows, vocabulary: Vocabulary) -> frozenset[int]:
    """Rule 6: the columns of yes and no under a header of numbers."""
    meant = [vocabulary.meaning_of(cell) for cell in header]
    return frozenset(
        at
        for at, meaning in enumerate(meant)
        if meaning
        and meaning.name in _MEASURES
        and {r[at].strip().casefold() for r in body if at < len(r) and r[at].strip()} <= _YES_NO
        and any(at < len(r) and r[at].strip() for r in body)
    )
