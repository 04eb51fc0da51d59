"""Blocks of postal lines onto pages, in batches, so that memory does not grow with the rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.errors import BadQuestion
from app.exports.kind import ExportWork, Written
from app.exports.postal import postal_lines
from app.exports.printing.blocks import Block, Room, draw_block, fit_blocks, spell_lines
from app.exports.printing.file import PdfFile
from app.exports.printing.font import Font, load_font
from app.exports.printing.sheets import Frame
from app.text import count_words

_SHOWN = 5  # symbols in a note; judgement
_BATCH = 3000  # rows; judgement: some megabytes, and numpy's own cost is nothing beside it


@dataclass(frozen=True)
class PageLayout:
    """Pages that are filled one box after another.

    title: of the file. unit: what a page is called. page: width and height in points. boxes: where
    blocks go, all of one size. skipped: how many of them the first page leaves empty. beside: what
    every page has besides.
    """

    title: str
    unit: str
    page: tuple[float, float]
    boxes: Sequence[Frame]
    skipped: int = 0
    beside: Sequence[tuple[Block, Frame]] = ()

    @property
    def room(self) -> Room:
        """What each block has."""
        return Room(self.boxes[0].width, self.boxes[0].height)


def print_rows(work: ExportWork, layout: PageLayout) -> Written:
    """Write the work's rows to its target. Raises BadQuestion where none can be printed."""
    left_out: dict[int, str] = {}
    dropped: set[str] = set()
    font = load_font()
    with (
        work.target.open("wb") as sink,
        PdfFile(sink, layout.page, font, layout.title) as file,
    ):
        pages = _Pages(file, layout)
        for row, block in enumerate(_blocks(work, layout.room, font, dropped)):
            if isinstance(block, Block):
                pages.add(block)
            else:
                left_out[row] = block
        printed = pages.finish()
        if not printed:
            raise BadQuestion(f"no row can be printed: {left_out[0]}", field="answer")
    notes = [f"{count_words(printed, layout.unit)}: print at 100 %, not fitted to the page"]
    return Written([*notes, *_tell_dropped(dropped)], left_out)


def _tell_dropped(symbols: set[str]) -> Iterator[str]:
    if symbols:
        yield f"left away, the font has no such symbols: {' '.join(sorted(symbols)[:_SHOWN])}"


def _blocks(work: ExportWork, room: Room, font: Font, dropped: set[str]) -> Iterator[Block | str]:
    """Each row's, in order. Symbols that the font lacks go into `dropped`."""
    recipients = work.rows.recipients
    for start in range(0, recipients.height, _BATCH):
        texts = postal_lines(recipients.slice(start, _BATCH), work.asked.country)
        table = font.spellings(map("".join, texts))
        dropped |= {chr(code) for code, same in table.items() if not same}
        yield from fit_blocks(spell_lines(texts, table) if table else texts, room, font)
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
