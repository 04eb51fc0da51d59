"""Pages to print: a heading on each, blocks that no page break parts, text that never overflows.

Text is taken as it is: no letters of it are markup. What does not fit is cut with an ellipsis. It
is set in Noto Sans, which has Latin, Greek and Cyrillic letters (of pymupdf-fonts, under the SIL
Open Font License 1.1); others are printed as a question mark, which a note tells.
"""

import unicodedata
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Literal

from fontTools.ttLib import TTFont
from fpdf import FPDF

from app.folders import temporary_folder, writing_to
from app.geo.addresses.countries import US, country_of
from app.text import count_words

MARGIN = 14.0  # mm; judgement: no printer's dead edge is wider than 6, and a hand holds the rest
HEAD, FOOT = 24.0, 14.0  # mm from the paper's edges to what stands between heading and foot
# Paper is 8.5 x 11 inches there, A4 elsewhere (ISO 216): Unicode CLDR, supplemental data,
# measurementData, paperSize.
_LETTER = frozenset({
    US, "Belize", "Canada", "Chile", "Colombia", "Costa Rica", "El Salvador", "Guatemala", "Mexico",
    "Nicaragua", "Panama", "Philippines", "Venezuela",
})  # fmt: skip
_PAGES = "{pages of this file}"  # stands for their number until that is known
_SHOWN = 10  # letters that a note names
_UNKNOWN = "?"  # what is printed for a letter that the font has not
GREY, BLACK = 110, 0


class PrintedPages(FPDF):
    """A document in millimetres; title and told stand on each page above, credit below."""

    def __init__(self, title: str, told: str, credit: str, country: str) -> None:
        super().__init__(format="letter" if country_of(country) in _LETTER else "a4", unit="mm")
        self._heading, self._told, self._credit = title, told, credit
        self._lacking: set[str] = set()
        self.set_title(title)
        self.set_creator("Sweetspot")
        self.alias_nb_pages(_PAGES)
        self.set_auto_page_break(auto=False)
        self._letters = self._add_fonts()
        self.add_page()

    def _add_fonts(self) -> frozenset[int]:
        """The codes of the letters that they have. The library takes fonts from files only."""
        from pymupdf_fonts import NotoSans_Bold, NotoSans_Regular

        letters: list[set[int]] = []
        with temporary_folder() as folder, writing_to():
            for style, module in (("", NotoSans_Regular), ("B", NotoSans_Bold)):
                font = TTFont(BytesIO(module.fontbuffer))
                letters.append(set(font.getBestCmap()))
                del font["TTFA"]  # notes of the tool that hinted it, which no reader needs
                font.save(folder / f"text{style}.ttf")
                self.add_font("text", style, folder / f"text{style}.ttf")
        return frozenset.intersection(*map(frozenset, letters))

    @property
    def width(self) -> float:
        """Between the margins."""
        return float(self.w) - 2 * MARGIN

    @property
    def notes(self) -> Sequence[str]:
        """What could not be printed."""
        if not self._lacking:
            return []
        some = " ".join(sorted(self._lacking)[:_SHOWN])
        count = count_words(len(self._lacking), "letter")
        return [f"The print's font lacks {count} ({some}), printed as {_UNKNOWN}."]

    def header(self) -> None:
        """The title, and what is to be known of all pages."""
        self.put(MARGIN, 9, self._heading, self.width, size=14, bold=True)
        self.put(MARGIN, 16, self._told, self.width, size=8, grey=True)
        self.rule(MARGIN, 21.5, self.width)
        self.set_y(HEAD)

    def footer(self) -> None:
        """Whom to credit, and which page it is."""
        y = self.h - FOOT + 3
        self.put(MARGIN, y, self._credit, self.width - 28, size=7, grey=True)
        self.set_xy(self.w - MARGIN - 20, y)
        self.cell(20, line_height(7), f"Page {self.page_no()} of {_PAGES}")

    def make_room(self, height: float) -> bool:
        """Go on to the next page where this one has not that much left, and say so."""
        full = self.get_y() + height > self.h - FOOT
        if full:
            self.add_page()
        return full

    def put(  # noqa: PLR0913  what one line of print is
        self,
        x: float,
        y: float,
        text: str,
        width: float,
        *,
        size: float,
        bold: bool = False,
        grey: bool = False,
        align: Literal["L", "R"] = "L",
        link: str = "",
    ) -> None:
        """One line of text, its upper left corner there, cut where it is wider."""
        self.set_font("text", "B" if bold else "", size)
        self.set_text_color(GREY if grey else BLACK)
        self.set_xy(x, y)
        self.c_margin = 0
        self.cell(width, line_height(size), self.cut_text(text, width), align=align, link=link)

    def wrap_text(
        self, text: str, width: float, most: int, size: float, *, bold: bool = False
    ) -> Sequence[str]:
        """The text in so many lines at most, the last one cut where it is not all."""
        self.set_font("text", "B" if bold else "", size)
        lines, line, words = list[str](), "", self._spell(text).split()
        for at, word in enumerate(words):
            longer = f"{line} {word}" if line else word
            if not line or self.get_string_width(longer) <= width:
                line = longer
            elif len(lines) + 1 == most:
                return [*lines, self.cut_text(" ".join([line, *words[at:]]), width)]
            else:
                lines, line = [*lines, self.cut_text(line, width)], word
        return [*lines, self.cut_text(line, width)] if line else lines

    def cut_text(self, text: str, width: float) -> str:
        """The text in the current font, on one line, with an ellipsis where it is too wide."""
        text = self._spell(" ".join(text.split()))
        if self.get_string_width(text) <= width:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            fits = self.get_string_width(f"{text[:middle].rstrip()}…") <= width
            low, high = (middle, high) if fits else (low, middle - 1)
        return f"{text[:low].rstrip()}…"

    def _spell(self, text: str) -> str:
        """The text in letters that the font has: a form that means the same, else _UNKNOWN."""
        known = self._letters
        missing = {letter for letter in text if ord(letter) not in known}
        if not missing:
            return text
        alike = {letter: unicodedata.normalize("NFKC", letter) for letter in missing}
        table = {
            ord(letter): same if all(ord(one) in known for one in same) else _UNKNOWN
            for letter, same in alike.items()
        }
        self._lacking |= {letter for letter in missing if table[ord(letter)] == _UNKNOWN}
        return text.translate(table)

    def rule(self, x: float, y: float, width: float) -> None:
        """A thin line to write on, or between."""
        self.set_line_width(0.2)
        self.set_draw_color(GREY)
        self.line(x, y, x + width, y)

    def boxes(self, x: float, y: float, labels: Sequence[str]) -> float:
        """Boxes to tick, each with its label behind; where the last one ends."""
        self.set_draw_color(BLACK)
        self.set_line_width(0.25)
        for label in labels:
            self.rect(x, y + 0.4, 3, 3)
            self.put(x + 4, y, label, 40, size=8)
            x += 4 + self.get_string_width(label) + 4
        return x

    def save(self, path: Path) -> None:
        """Write the file."""
        path.write_bytes(bytes(self.output()))


def line_height(size: float) -> float:
    """The height of a line in millimetres, of letters of so many points."""
    return size * 0.3528 * 1.2  # a point is 0.3528 mm; 1.2 lines a line, as is usual in print
