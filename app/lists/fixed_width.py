"""Text in columns of fixed width, under a header -> where each column begins.

1. The header's words that two blanks part are headers. One that no list has, or that is of several
   parts of an address, is parted at single blanks, where all rows have a blank too: "ST ZIP".
2. A column begins behind the last character at which every row has a blank, between the beginning
   of the header before and its own; where there is none, with its own header.
3. Where a line of dashes stands below the header, its dashes are the columns.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.lists.table import HEADER_WITHIN, count_headers
from app.lists.vocabulary import PROSPECTS

SAMPLE_LINES = 1000
_RULE = re.compile(r"\s*[-=_]{2,}(?:\s+[-=_]+)+\s*")


@dataclass(frozen=True)
class Layout:
    """Where each column begins, and how many of their headers any list has."""

    starts: Sequence[int]
    known: int

    def cut(self, line: str) -> list[str]:
        """The cells of a line, "" past its end."""
        ends = [*self.starts[1:], None]
        return [line[at:end].strip() for at, end in zip(self.starts, ends, strict=True)]


def detect_layout(sample: str) -> Layout | None:
    """How the columns lie, by the line that makes the best header; None where there are not two."""
    lines = [line.expandtabs() for line in sample.splitlines()[:SAMPLE_LINES]]
    filled = [line for line in lines if line.strip()]
    found = [_layout(filled[at:]) for at in range(min(len(filled) - 1, HEADER_WITHIN))]
    best = max(found, key=lambda one: one.known, default=None)
    return best if best and best.known > 1 and len(best.starts) > 1 else None


def _layout(lines: Sequence[str]) -> Layout:
    header, below = lines[0], lines[1:]
    if _RULE.fullmatch(below[0]):
        starts = [found.start() for found in re.finditer(r"\S+", below[0])]
    else:
        is_blank = _blanks(lines)
        words = [(word.start(), word.group()) for word in re.finditer(r"\S+(?: \S+)*", header)]
        each = [part for at, word in words for part in _parted(at, word, is_blank)]
        starts = [
            _begin(before, at, is_blank) for before, at in zip([0, *each], each, strict=False)
        ]
    starts[:1] = [0]
    layout = Layout(starts, 0)
    return Layout(starts, count_headers(layout.cut(header)))


def _blanks(lines: Sequence[str]) -> Sequence[bool]:
    """For each place in the longest line: whether no line has anything there."""
    used = bytearray(max(map(len, lines)))
    for line in lines:
        for found in re.finditer(r"\S+", line):
            used[found.start() : found.end()] = b"\1" * len(found.group())
    return [not one for one in used]


def _parted(at: int, words: str, is_blank: Sequence[bool]) -> list[int]:
    """Where the headers in it begin: itself, or its words where those are more."""
    meant = PROSPECTS.meaning_of(words)
    if count_headers([words]) and not (meant and meant.name == "city line"):
        return [at]
    ends = [0, *(m.end() for m in re.finditer(" ", words) if is_blank[at + m.start()])]
    parts = [words[a:b].strip() for a, b in zip(ends, [*ends[1:], None], strict=True)]
    return [at + one for one in ends] if count_headers(parts) else [at]


def _begin(before: int, at: int, is_blank: Sequence[bool]) -> int:
    blanks = [place for place in range(before, at) if is_blank[place]]
    return blanks[-1] + 1 if blanks else at


def cut_lines(lines: Iterable[str], layout: Layout) -> Iterator[list[str]]:
    """Each line's cells; the dashes below a header are left out."""
    for line in lines:
        if not _RULE.fullmatch(line):
            yield layout.cut(line.rstrip("\r\n").expandtabs())
