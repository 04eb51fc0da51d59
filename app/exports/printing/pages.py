"""Blocks of postal lines onto pages, in batches, so that memory does not grow with the rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.errors import BadQuestion
from app.exports.kind import ExportWork
from app.exports.postal import postal_lines
from app.exports.printing.blocks import Block, Room, draw_block, fit_blocks
from app.exports.printing.file import PdfFile
from app.exports.printing.font import Font, load_font
from app.exports.printing.sheets import Frame

_BATCH = 3000  # rows; judgement: some megabytes, and numpy's own cost is nothing beside it


@dataclass(frozen=True)
class PageLayout:
    """Pages that are filled one box after another.

    page: width and height in points. boxes: where blocks go, all of one size. skipped: how many of
    them the first page leaves empty. beside: what every page has besides.
    """

    title: str
    page: tuple[float, float]
    boxes: Sequence[Frame]
    skipped: int = 0
    beside: Sequence[tuple[Block, Frame]] = ()

    @property
    def room(self) -> Room:
        """What each block has."""
        return Room(self.boxes[0].width, self.boxes[0].height)


def print_rows(work: ExportWork, layout: PageLayout) -> tuple[int, dict[int, str]]:
    """Write the work's rows to its target. The pages, and which rows don't fit with why.

    Raises BadQuestion where none does.
    """
    left_out: dict[int, str] = {}
    font = load_font()
    with (
        work.target.open("wb") as sink,
        PdfFile(sink, layout.page, font, layout.title) as file,
    ):
        pages = _Pages(file, layout)
        for row, block in enumerate(_blocks(work, layout.room, font)):
            if isinstance(block, Block):
                pages.add(block)
            else:
                left_out[row] = block
        printed = pages.finish()
        if not printed:
            raise BadQuestion(f"no row can be printed: {left_out[0]}", field="answer")
    return printed, left_out


def _blocks(work: ExportWork, room: Room, font: Font) -> Iterator[Block | str]:
    """Each row's, in order."""
    recipients = work.rows.recipients
    for start in range(0, recipients.height, _BATCH):
        texts = postal_lines(recipients.slice(start, _BATCH), work.asked.country)
        yield from fit_blocks(texts, room, font)
        work.progress(min(start + _BATCH, recipients.height))


class _Pages:
    """Collects what is drawn on a page until it is full. Used by one at a time."""

    def __init__(self, file: PdfFile, layout: PageLayout) -> None:
        self._file, self._layout = file, layout
        self._next = layout.skipped
        self._count = 0
        self._drawn: list[tuple[Block, Frame]] = []

    def add(self, block: Block) -> None:
        """In the next box."""
        self._drawn.append((block, self._layout.boxes[self._next]))
        self._next += 1
        if self._next == len(self._layout.boxes):
            self._turn()

    def finish(self) -> int:
        """The last page, and how many there are."""
        if self._drawn:
            self._turn()
        return self._count

    def _turn(self) -> None:
        drawn = [*self._drawn, *self._layout.beside]
        text = "\n".join(draw_block(block, box) for block, box in drawn)
        self._file.add_page(text, (line for block, _ in drawn for line in block.lines))
        self._drawn, self._next = [], 0
        self._count += 1
