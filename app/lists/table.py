"""What every reader of a format hands on: rows of text, and what is to be said of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from app.errors import BadList
from app.lists.about import About
from app.lists.vocabulary import is_header

HEADER_WITHIN = 20  # rows: titles may stand above the header
WIDEST = 16_384  # columns, as in a spreadsheet
HEADER_AT_MOST = 500  # rows: so far it is looked for where the first ones have none
FEWEST_FAR = 3  # headers that a row so far down needs to be one
MOST_CELLS = 1 << 26  # of one file: what its reader may take memory for, about 2 GB
MOST_WHOLE = 256 << 20  # bytes of a file that can only be read as a whole, by Python

type Records = Iterator[Sequence[str]]


@dataclass(frozen=True)
class Table:
    """The rows of a list as they stand in its file. `notes`: what was left out, for people.

    header_at: where the header stands; None where it has to be looked for. about: what an answer of
    ours says of its rows.
    """

    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    header_at: int | None = None
    about: About = field(default_factory=About)


def count_headers(row: Sequence[str]) -> int:
    """How many of its cells read like headers."""
    return sum(is_header(cell[:200]) for cell in row)


def find_header(
    rows: Iterable[Sequence[str]], count: Callable[[Sequence[str]], int] = count_headers
) -> tuple[int, int]:
    """Where the row stands that reads most like a header, the first where equal; how many it has.

    (-1, 0) where no row says anything. Past the first rows a few words alike are none.
    """
    best, most = -1, 0
    for at, row in enumerate(islice(rows, HEADER_AT_MOST)):
        if at >= HEADER_WITHIN and most > 1:
            break
        if not any(cell.strip() for cell in row):
            continue
        named = count(row)
        if best < 0 or named > (most if at < HEADER_WITHIN else max(most, FEWEST_FAR - 1)):
            best, most = at, named
    return best, most


def check_cells(cells: int) -> None:
    """Raises BadList where the sheets, with the blank cells between, are more than MOST_CELLS."""
    if cells > MOST_CELLS:
        raise BadList(
            f"its sheets reach over {cells:,} cells, blank ones between as well: delete what lies "
            "far outside the list, or save the list as CSV",
            field="list",
        )


class SheetRows:
    """The rows of a sheet as they come, made equally wide; blank ones at the end are left out."""

    def __init__(self) -> None:
        self._rows: list[Sequence[str]] = []
        self._width = 0
        self._blank = 0

    def add_row(self, cells: Sequence[tuple[str, int]], times: int = 1) -> None:
        """One row, or several alike; each cell with how often it stands side by side."""
        row: list[str] = []
        blank = 0
        for text, often in cells:
            if text:
                row += [""] * min(blank, WIDEST) + [text] * min(often, WIDEST)
                blank = 0
                check_width(len(row))
            else:
                blank += often
        if not row:
            self._blank += times
            return
        self._width = max(self._width, len(row))
        check_cells((len(self._rows) + self._blank + times) * self._width)
        self._rows += [[]] * self._blank + [row] * times
        self._blank = 0

    @property
    def rows(self) -> list[Sequence[str]]:
        """All of them, filled up to the width of the widest."""
        return [[*row, *[""] * (self._width - len(row))] for row in self._rows]


def check_width(columns: int) -> None:
    """Raises BadList for more columns than a spreadsheet has."""
    if columns > WIDEST:
        raise BadList(f"{columns:,} columns: expected at most {WIDEST:,}", field="list")
