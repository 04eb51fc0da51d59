"""The sheets of a workbook, or the tables of a page -> one table.

The visible sheet with the best header is read, the first one where equal, and with it those that
have the same headers. What is not read is named, with its rows; but for the sheet about an answer
of ours, which is no list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from app.errors import BadList
from app.lists.about import ABOUT, About, is_about
from app.lists.table import Table, count_headers, find_header
from app.lists.vocabulary import plain_header
from app.text import count_words

MOST_NAMED = 10  # sheets that a note names


@dataclass(frozen=True)
class Sheet:
    """One sheet, all of its rows."""

    name: str
    rows: Sequence[Sequence[str]]
    hidden: bool = False

    @cached_property
    def header_at(self) -> int:
        """Where its header stands, or else its first row that says anything; -1 if none does."""
        return find_header(self.rows)[0]

    @cached_property
    def headers(self) -> Sequence[str]:
        """Its header in plain words, without the blank cells at the end."""
        words = [plain_header(cell) for cell in self.rows[self.header_at]]
        return words[: max((at + 1 for at, word in enumerate(words) if word), default=0)]

    @cached_property
    def known(self) -> int:
        """How many of its headers any kind of list has."""
        return count_headers(self.rows[self.header_at])

    def is_like(self, other: "Sheet") -> bool:
        """Whether it has the same headers, in whatever order."""
        return len(self.headers) > 1 and sorted(self.headers) == sorted(other.headers)

    def rows_like(self, other: "Sheet") -> list[Sequence[str]]:
        """The rows below its header, in the order of the other's headers."""
        rows = self.rows[self.header_at + 1 :]
        if self.headers == other.headers or len(set(self.headers)) < len(self.headers):
            return list(rows)
        order = [self.headers.index(header) for header in other.headers]
        return [[row[at] if at < len(row) else "" for at in order] for row in rows]

    def count_rows(self) -> int:
        """How many rows it would have as a list."""
        below = self.rows[self.header_at + 1 if self.known else 0 :]
        return sum(any(map(str.strip, row)) for row in below)


def join_sheets(sheets: Sequence[Sheet], *, kind: str = "sheet", of: str = "workbook") -> Table:
    """What is read of them. Raises BadList where all are empty."""
    told = [sheet for sheet in sheets if sheet.name == ABOUT and is_about(sheet.rows)]
    filled = [sheet for sheet in sheets if sheet.header_at >= 0 and sheet not in told]
    if not filled:
        raise BadList(f"the {of} is empty", field="list")
    seen = [sheet for sheet in filled if not sheet.hidden] or filled
    best = max(seen, key=lambda sheet: sheet.known)
    alike = [sheet for sheet in seen if sheet is best or sheet.is_like(best)]
    first = alike[0]
    rows = [*first.rows, *(row for sheet in alike[1:] for row in sheet.rows_like(first))]
    about = About.of_table(told[0].rows) if told else About()
    return Table(rows, _notes(filled, alike, kind), about=about)


def _notes(filled: Sequence[Sheet], alike: Sequence[Sheet], kind: str) -> list[str]:
    if len(filled) == 1:
        return []
    left = [sheet for sheet in filled if sheet not in alike]
    one = len(alike) == 1
    read = f"{kind} {alike[0].name!r} read" if one else f"{_names(alike, kind)} read as one list"
    return [f"{read}; not read: {_names(left)}" if left else read]


def _names(sheets: Sequence[Sheet], kind: str = "") -> str:
    named = [
        f"{'hidden ' if sheet.hidden else ''}{sheet.name!r} "
        f"({count_words(sheet.count_rows(), 'row')})"
        for sheet in sheets[:MOST_NAMED]
    ]
    more = len(sheets) - MOST_NAMED
    many = ", ".join(named) + (f" and {more:,} more" if more > 0 else "")
    return f"{kind}s {many}" if kind else many
