"""Lines of text made to fit a box: as large as they can be, then wrapped, never beyond its edges.

1. One size for all lines of a block, in steps of half a point, from `Room.largest` down to SMALL.
2. Where they are too wide even so, they are wrapped between words, inside a word that is longer
   than a line, at the largest size at which the box is high enough, down to SMALLEST.
3. Beyond that the block does not fit.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.exports.printing.font import ASCENT, CAPITAL, DESCENT, Font
from app.exports.printing.sheets import Frame
from app.geo.points import Floats

# USPS reads 8 to 18 points by machine and advises 10 to 12 (postalmethods.com/resources/reference/
# usps, after the Domestic Mail Manual).
LARGE, SMALL = 12.0, 8.0
SMALLEST = 6.0  # judgement: what people still read at arm's length
_STEP = 0.5  # points; judgement
LEADING = 1.2  # sizes from one line to the next; judgement, the usual of sans-serif type
_USUAL_LINES = 5  # attention, name, unit, street, town: what the size of a sheet is chosen by
_NARROWEST = 1.0  # sizes of type: a line holds a letter, or nothing is wrapped


@dataclass(frozen=True)
class Block:
    """Lines to be printed at one size, in points."""

    size: float
    lines: Sequence[str]

    @property
    def height(self) -> float:
        """From the highest accent to the lowest stroke, in points."""
        return _tall(len(self.lines)) * self.size


@dataclass(frozen=True)
class Room:
    """How much room each of many blocks has, in points."""

    width: float
    height: float

    @cached_property
    def largest(self) -> float:
        """The size at which the usual number of lines fits, LARGE at most."""
        usual = _floor(self.height / _tall(_USUAL_LINES))
        return min(LARGE, max(SMALL, usual))

    def holds(self, lines: int, size: float) -> bool:
        """Whether so many lines have room above each other."""
        return _tall(lines) * size <= self.height


def _tall(lines: int) -> float:
    """From the highest accent to the lowest stroke, in sizes of type."""
    return (lines - 1) * LEADING + ASCENT + DESCENT


def _floor(size: float) -> float:
    return float(np.floor(size / _STEP) * _STEP)


def fit_blocks(texts: Sequence[Sequence[str]], room: Room, font: Font) -> Iterator[Block | str]:
    """Each of the texts as a block, or why it can't be printed; in their order."""
    sizes = _fitting_sizes(texts, room, font)
    for lines, size in zip(texts, sizes.tolist(), strict=True):
        if size >= SMALL:
            yield Block(size, lines)
        else:
            yield _fit_otherwise(lines, size, room, font)


def spell_lines(texts: Sequence[Sequence[str]], table: Mapping[int, str]) -> Sequence[list[str]]:
    """With the font's own forms, by its `spellings`; lines that are then empty are left off."""
    spelt = ([" ".join(line.translate(table).split()) for line in lines] for lines in texts)
    return [list(filter(None, lines)) for lines in spelt]


def _fitting_sizes(texts: Sequence[Sequence[str]], room: Room, font: Font) -> Floats:
    """1. The size at which each fits unwrapped; 0 for no lines, NaN for what has no glyph."""
    counts = np.array([len(lines) for lines in texts])
    widths = font.measure([line for lines in texts for line in lines])
    starts = np.cumsum(counts) - counts
    some = counts > 0
    sizes = np.zeros(len(texts))
    if some.any():
        widest = np.maximum.reduceat(widths, starts[some])
        tall = (counts[some] - 1) * LEADING + ASCENT + DESCENT
        sizes[some] = np.minimum(room.width / np.maximum(widest, 0.01), room.height / tall)
    return np.minimum(np.floor(sizes / _STEP) * _STEP, room.largest)


def _fit_otherwise(lines: Sequence[str], size: float, room: Room, font: Font) -> Block | str:
    """2. and 3."""
    if np.isnan(size):
        return f"the font has no {font.lacks(''.join(lines))}"
    if not lines:
        return "nothing in it can be printed"
    for smaller in np.arange(room.largest, SMALLEST - _STEP / 2, -_STEP).tolist():
        most = room.width / smaller
        if most < _NARROWEST:
            continue
        wrapped = [part for line in lines for part in wrap_line(line, most, font)]
        if room.holds(len(wrapped), smaller):
            return Block(smaller, wrapped)
    return f"too long: it does not fit at {SMALLEST:g} points"


def wrap_line(line: str, most: float, font: Font) -> Iterator[str]:
    """The line in parts of at most that width, in sizes of type, parted at spaces if it can be."""
    while True:
        ends = font.advances(line)
        count = int(np.searchsorted(ends, most, side="right"))
        if count >= len(line):
            yield line
            return
        space = line.rfind(" ", 0, count + 1)
        cut = space if space > 0 else max(count, 1)
        yield line[:cut].rstrip()
        line = line[cut:].lstrip()


def draw_block(block: Block, box: Frame) -> str:
    """The block as a PDF's text, left-aligned in the box, halfway up by its capitals."""
    rise = ((len(block.lines) - 1) * LEADING + CAPITAL) * block.size
    baseline = box.bottom + (box.height + rise) / 2 - CAPITAL * block.size
    shown = " Tj T* ".join(f"<{line.encode('utf-16-be').hex()}>" for line in block.lines)
    return (
        f"/F {block.size:g} Tf {block.size * LEADING:.2f} TL "
        f"1 0 0 1 {box.left:.2f} {baseline:.2f} Tm {shown} Tj"
    )
