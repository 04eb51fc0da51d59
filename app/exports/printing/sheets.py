"""Where the labels of a sheet are."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from app.errors import BadQuestion

POINTS_PER_MM = 72 / 25.4
_INCH = 25.4
_LETTER, _A4 = (8.5 * _INCH, 11 * _INCH), (210.0, 297.0)
_LARGEST_PAGE = 1000.0  # mm; judgement, PDF itself ends at 5,080
_MOST_LABELS = 1000  # of one sheet, as `first` has it; judgement
_SLACK = 0.05  # mm; judgement: what is lost where measures are rounded to tenths
_NUMBER = r"(\d+(?:\.\d+)?)"
_GRID = re.compile(
    r"NxN\s+(\d+)x(\d+)\s+NxN\s+at\s+N,\s?N\s+step\s+N,\s?N".replace("N", _NUMBER), re.IGNORECASE
)


class Frame(NamedTuple):
    """A rectangle of a page, in points from the page's lower left corner."""

    left: float
    bottom: float
    width: float
    height: float

    def inside(self, across: float, down: float) -> "Frame":
        """What is left of it within margins of so many points."""
        return Frame(
            self.left + across,
            self.bottom + down,
            self.width - 2 * across,
            self.height - 2 * down,
        )


@dataclass(frozen=True)
class LabelSheet:
    """A grid of equal labels, all in millimetres: width, height; left, top; across, down.

    step: from one label's left edge, or top, to the next one's.
    """

    name: str
    page: tuple[float, float]
    grid: tuple[int, int]
    label: tuple[float, float]
    at: tuple[float, float]
    step: tuple[float, float]

    @cached_property
    def boxes(self) -> list[Frame]:
        """The labels row by row, the first one at the top left."""
        (columns, rows), (width, height) = self.grid, self.label
        return [
            Frame(
                (self.at[0] + column * self.step[0]) * POINTS_PER_MM,
                (self.page[1] - self.at[1] - row * self.step[1] - height) * POINTS_PER_MM,
                width * POINTS_PER_MM,
                height * POINTS_PER_MM,
            )
            for row in range(rows)
            for column in range(columns)
        ]


def _inches(
    name: str,
    grid: tuple[int, int],
    label: tuple[float, float],
    at: tuple[float, float],
    step: tuple[float, float],
) -> LabelSheet:
    """A sheet of US letter paper."""
    to_mm = [(a * _INCH, b * _INCH) for a, b in (label, at, step)]
    return LabelSheet(name, _LETTER, grid, to_mm[0], to_mm[1], to_mm[2])


# Label sizes and counts are on Avery's packages. How they lie on the sheet:
# - 5160: margins 0.5 and 0.1875 in, pitch 2.75 x 1 in (dialects of label programs that agree).
# - 5163: pitch 4.1875 x 2 in, top 0.5 in, as in gLabels (jimevins/glabels-qt,
#   templates/avery-us-templates.xml); its left margin there is 0.1625 in for this sheet and 0.15625
#   for 5161, 5162 and 5164 of the same columns: the latter, which is the same on both sides.
# - L7160, L7163: pitch 66.04 mm, and 101.6 mm by a gap of 2.5 mm that public tables of label
#   programs have; margins equal on opposite sides, which is what those tables round to 7.2, 4.6 and
#   15.1 mm. gLabels (templates/avery-iso-templates.xml) lies within 1.5 mm of it, and is not
#   symmetric; both leave the text, which keeps away from the edges, on its label.
AVERY = {
    sheet.name: sheet
    for sheet in (
        _inches("5160", (3, 10), (2.625, 1), (0.1875, 0.5), (2.75, 1)),
        _inches("5163", (2, 5), (4, 2), (0.15625, 0.5), (4.1875, 2)),
        LabelSheet("L7160", _A4, (3, 7), (63.5, 38.1), (7.21, 15.15), (66.04, 38.1)),
        LabelSheet("L7163", _A4, (2, 7), (99.1, 38.1), (4.65, 15.15), (101.6, 38.1)),
    )
}


def parse_sheet(text: str) -> LabelSheet:
    """One of AVERY, by its number, or a grid of one's own. Raises BadQuestion, saying what's wrong.

    >>> parse_sheet("210x297 3x8 63.5x33.9 at 7.2,12.9 step 66,33.9").grid
    (3, 8)
    """
    name = text.strip().upper().removeprefix("AVERY").strip()
    if name in AVERY:
        return AVERY[name]
    found = _GRID.fullmatch(text.strip())
    if not found:
        raise _refused(text, f"expected {', '.join(AVERY)}, or {_FORM}")
    page, grid, label, at, step = (_pair(found, n) for n in range(1, 11, 2))
    sheet = LabelSheet(text.strip(), page, (int(grid[0]), int(grid[1])), label, at, step)
    _check(sheet)
    return sheet


def _pair(found: re.Match[str], group: int) -> tuple[float, float]:
    return float(found[group]), float(found[group + 1])


_FORM = (
    "a grid in millimetres such as '210x297 3x8 63.5x33.9 at 7.2,12.9 step 66,33.9': page, columns "
    "and rows, label, where the first one is from the left and top, and how far to the next"
)


def _refused(text: str, why: str) -> BadQuestion:
    return BadQuestion(f"sheet {text!r}: {why}", field="sheet")


def _check(sheet: LabelSheet) -> None:
    """Raise BadQuestion for a grid that can't be."""
    if min(*sheet.page, *sheet.grid, *sheet.label) <= 0:
        raise _refused(sheet.name, "page, columns, rows and labels have to be larger than 0")
    if max(sheet.page) > _LARGEST_PAGE:
        raise _refused(sheet.name, f"a page has at most {_LARGEST_PAGE:g} mm")
    if sheet.grid[0] * sheet.grid[1] > _MOST_LABELS:
        raise _refused(sheet.name, f"a sheet has at most {_MOST_LABELS} labels")
    for side, (across, count) in enumerate((("across", "columns"), ("down", "rows"))):
        _check_side(sheet, side, across, count)


def _check_side(sheet: LabelSheet, side: int, way: str, count: str) -> None:
    many, label, step = sheet.grid[side], sheet.label[side], sheet.step[side]
    if many > 1 and step < label - _SLACK:
        raise _refused(
            sheet.name, f"labels overlap: {label:g} mm {way}, but {step:g} mm from one to the next"
        )
    end, page = sheet.at[side] + (many - 1) * step + label, sheet.page[side]
    if end > page + _SLACK:
        raise _refused(
            sheet.name, f"{many} {count} end at {end:g} mm {way}, but the page at {page:g} mm"
        )
