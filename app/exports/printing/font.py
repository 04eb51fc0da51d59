"""The font that print is set in: Noto Sans, which has Latin, Greek and Cyrillic letters.

Comes with pymupdf-fonts, under the SIL Open Font License 1.1. Its letters are printed one after
another from the left; it has none that would have to be joined or read from the right.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

CODES = 1 << 16  # of characters; Noto Sans has none beyond
CAPITAL = (
    0.714  # heights above the baseline in sizes of type, from the font's own tables: a capital
)
ASCENT, DESCENT = 1.069, 0.293  # the highest and lowest that its letters and accents reach


@dataclass(frozen=True)
class Font:
    """A TrueType font. widths: of each character in sizes of type, NaN where it has none."""

    file: bytes
    widths: NDArray[np.float32]

    def measure(self, lines: Sequence[str]) -> NDArray[np.float64]:
        """The width of each line in sizes of type; NaN where it holds what the font lacks."""
        lengths = np.fromiter(map(len, lines), dtype=np.int64, count=len(lines))
        wide = self._wide("".join(lines))
        sums = np.concatenate([[0.0], np.cumsum(np.nan_to_num(wide))])
        lacking = np.concatenate([[0], np.cumsum(np.isnan(wide))])
        ends = np.cumsum(lengths)
        starts = ends - lengths
        return np.where(lacking[ends] > lacking[starts], np.nan, sums[ends] - sums[starts])

    def _wide(self, text: str) -> NDArray[np.float64]:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        return self.widths[np.minimum(codes, CODES - 1)].astype(np.float64)

    def advances(self, text: str) -> NDArray[np.float64]:
        """How far each end of a character is from the text's start, in sizes of type."""
        return np.cumsum(self._wide(text))

    def has_glyph(self, letter: str) -> bool:
        """Whether it has that character."""
        code = ord(letter)
        return code < CODES - 1 and not np.isnan(self.widths[code])

    def spellings(self, texts: Iterable[str]) -> dict[int, str]:
        """What to write for characters of the texts that it lacks, for `str.translate`.

        A form that means the same ("Ａ" is "A"), nothing for a symbol, such as an emoji. A letter
        or digit without such a form is not in it.
        """
        lacking = {letter for letter in set("".join(texts)) if not self.has_glyph(letter)}
        found = {ord(letter): self._spell(letter) for letter in lacking}
        return {code: text for code, text in found.items() if text is not None}

    def _spell(self, letter: str) -> str | None:
        same = unicodedata.normalize("NFKC", letter)
        if all(map(self.has_glyph, same)):
            return same
        is_word = unicodedata.category(letter)[0] in "LN"
        return None if is_word else ""

    def lacks(self, text: str) -> str:
        """The first character of the text that it lacks, in words."""
        letter = next(letter for letter in text if not self.has_glyph(letter))
        return f"{letter} ({unicodedata.name(letter, f'U+{ord(letter):04X}').lower()})"

    def open(self) -> "TTFont":
        """The font's tables."""
        from fontTools.ttLib import TTFont

        return TTFont(BytesIO(self.file), lazy=True)

    @cached_property
    def name(self) -> str:
        """As PostScript has it."""
        return str(self.open()["name"].getDebugName(6))


@cache
def load_font() -> Font:
    """Noto Sans. The same one for all; nothing in it changes."""
    from pymupdf_fonts.NotoSans_Regular import fontbuffer

    font = Font(fontbuffer, np.full(CODES, np.nan, dtype=np.float32))
    tables = font.open()
    advances, units = tables["hmtx"], tables["head"].unitsPerEm
    for code, glyph in tables.getBestCmap().items():
        font.widths[code] = advances[glyph][0] / units
    font.widths.flags.writeable = False
    return font
