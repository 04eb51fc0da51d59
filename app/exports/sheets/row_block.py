"""One row of a printed list: name, what is known of it, boxes and lines to write on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from app.exports.sheets.callees import OUTCOMES
from app.exports.sheets.pages import MARGIN, PrintedPages, line_height

SIZE = 8.5  # points of what stands below a name
NAME = 10.5
NOTES = 13.0  # mm of the boxes and of the lines to write on
SIDE = 46.0  # mm at the right


@dataclass(frozen=True)
class RowBlock:
    """What is printed. below: each text with the lines that it may take. side: the first is bold.

    link: what the texts of `below` open where the page is read on a screen.
    """

    name: str
    below: Sequence[tuple[str, int]]
    side: Sequence[str]
    link: str = ""


@dataclass(frozen=True)
class LaidRow:
    """A block whose texts are parted into the lines of those pages."""

    pages: PrintedPages
    block: RowBlock
    names: Sequence[str]
    lines: Sequence[str]

    @classmethod
    def of(cls, pages: PrintedPages, block: RowBlock) -> Self:
        """Nothing is printed yet."""
        width = pages.width - SIDE - 2
        names = pages.wrap_text(block.name, width, 2, NAME, bold=True)
        parts = [pages.wrap_text(text, width, most, SIZE) for text, most in block.below]
        return cls(pages, block, names, [line for some in parts for line in some])

    @property
    def height(self) -> float:
        """In millimetres, with the space behind it."""
        text = len(self.names) * line_height(NAME) + len(self.lines) * line_height(SIZE)
        side = line_height(NAME) + (len(self.block.side) - 1) * line_height(SIZE)
        return max(text, side) + NOTES

    def put(self) -> None:
        """At the current height of the page."""
        top = self.pages.get_y()
        self._put_text(top)
        self._put_side(top)
        self._put_notes(top + self.height - NOTES)
        self.pages.set_y(top + self.height)

    def _put_text(self, y: float) -> None:
        width = self.pages.width - SIDE - 2
        for name in self.names:
            self.pages.put(MARGIN, y, name, width, size=NAME, bold=True)
            y += line_height(NAME)
        for line in self.lines:
            self.pages.put(MARGIN, y, line, width, size=SIZE, link=self.block.link)
            y += line_height(SIZE)

    def _put_side(self, y: float) -> None:
        x = MARGIN + self.pages.width - SIDE
        for n, text in enumerate(self.block.side):
            size = SIZE if n else NAME
            self.pages.put(x, y, text, SIDE, size=size, bold=n == 0, align="R")
            y += line_height(size)

    def _put_notes(self, y: float) -> None:
        end = self.pages.boxes(MARGIN, y + 0.8, OUTCOMES)
        right = MARGIN + self.pages.width
        self.pages.put(end, y + 0.8, "Notes", 12, size=8, grey=True)
        self.pages.rule(end + 11, y + 4.4, right - end - 11)
        self.pages.rule(MARGIN, y + 10.4, self.pages.width)


def prefix_text(word: str, text: str) -> str:
    """The text behind that word, as in "Why: near"; "" for nothing."""
    return f"{word}: {text}" if text else ""
