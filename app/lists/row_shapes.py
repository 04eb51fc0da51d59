"""Rows that are longer or shorter than their header: fitted to it, counted, or told apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from app.lists.table import WIDEST, Records
from app.text import count_words

LOOKED_AT = 200  # rows below the header, to tell whether row numbers stand before them
ROW_NUMBERS = "each row begins with its number, which the header leaves out"


@dataclass
class Tally:
    """What one pass over the records has seen."""

    rows: int = 0
    skipped: int = 0
    longer: int = 0
    first_longer: int = 0
    shorter: int = 0
    first_shorter: int = 0
    width: int = 0
    held: int = 0
    closing: int = 0
    first_closing: str = ""

    def close(self, record: Sequence[str]) -> None:
        """Count a line that sums up or closes the list."""
        self.closing += 1
        self.skipped += 1
        self.first_closing = self.first_closing or next(filter(str.strip, record), "")

    def fit(self, record: Sequence[str], width: int, at: int) -> list[str]:
        """The record at that width; cells past it are noted when they say anything."""
        extra = [cell for cell in record[width:] if cell.strip()]
        if extra:
            self.longer += 1
            self.first_longer = self.first_longer or at
            self.width = max(self.width, min(len(record), WIDEST))
        elif len(record) < width:
            self.shorter += 1
            self.first_shorter = self.first_shorter or at
        return [*record[:width], *([""] * (width - len(record)))]

    @property
    def notes(self) -> list[str]:
        """What is odd about the rows' shape."""
        odd = (
            ("more", self.longer, self.first_longer, "kept at the end"),
            ("fewer", self.shorter, self.first_shorter, "the last ones are blank"),
        )
        notes = [
            f"{what} cells than the header in {count_words(rows, 'row')} (row {first} first): {so}"
            for what, rows, first, so in odd
            if rows
        ]
        if self.closing:
            lines, text = count_words(self.closing, "line"), self.first_closing.strip()[:40]
            notes.append(
                f"sums or closes the list and is no row of it, left out: {lines} ({text!r})"
            )
        return notes


def has_row_numbers(records: Records, width: int) -> bool:
    """Whether every row is one cell longer than the header, and begins with a number of its own.

    That is how R's write.table writes: the numbers stand left of the first header.
    """
    filled = (record for record in records if any(record))
    first = list(islice(filled, LOOKED_AT))
    numbers = {record[0] for record in first}
    return (
        width > 1
        and len(numbers) == len(first) > 0
        and all(len(record) == width + 1 for record in first)
        and all(number.isdecimal() for number in numbers)
        and any(record[-1].strip() for record in first)
    )
