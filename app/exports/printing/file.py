"""A PDF file, written as it is made: of its pages nothing stays in memory but where they are."""

import zlib
from array import array
from collections.abc import Iterable
from io import BytesIO
from itertools import batched
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from app.exports.printing.font import CAPITAL, CODES, Font

_LEVEL = 6  # zlib's own default
_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"  # ISO 32000-1, 7.5.2: bytes that say it is no text
_RANGES = 100  # of one CMap operator at most, ISO 32000-1, 9.10.3 after Adobe's note 5014
_REGULAR_STEM = 80  # thousandths; judgement, no reader that embeds the font needs it
_NEEDLESS = ["DSIG", "GDEF", "GPOS", "GSUB", "TTFA", "meta"]  # tables that a PDF does not look at
_SYMBOLIC = 4  # ISO 32000-1, table 123: letters beyond a standard set


class PdfFile:
    """Pages of one size with text in one font, one after another into `sink`.

    Text is written as UTF-16: each character's code is its glyph's name (Identity-H), so that it
    can be searched and copied. The font comes at the end, with the glyphs that were used. Used by
    one at a time; as a context manager, which ends the file.
    """

    def __init__(self, sink: BinaryIO, size: tuple[float, float], font: Font, title: str) -> None:
        self._sink, self._size, self._font, self._title = sink, size, font, title
        self._catalog, self._tree, self._font_at = 1, 2, 3
        self._offsets = array("Q", [0, 0, 0, 0])  # of each object, by its number
        self._pages = array("Q")  # their objects
        self._used = np.zeros(CODES, dtype=bool)
        sink.write(_HEADER)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        if kind is None:
            self._end()

    def add_page(self, text: str, lines: Iterable[str]) -> None:
        """A page with what `draw_block` made; `lines` are all that is written there."""
        self._use_letters("".join(lines))
        content = self._add_stream(f"BT\n{text}\nET".encode("ascii"))
        width, height = self._size
        self._pages.append(
            self._add(
                f"<< /Type /Page /Parent {self._tree} 0 R /MediaBox [0 0 {width:.3f} {height:.3f}] "
                f"/Resources << /Font << /F {self._font_at} 0 R >> >> /Contents {content} 0 R >>"
            )
        )

    def _use_letters(self, text: str) -> None:
        self._used[np.frombuffer(text.encode("utf-16-le"), dtype=np.uint16)] = True

    def _add(self, content: str, number: int = 0) -> int:
        return self._write(content.encode("latin-1"), number)

    def _add_stream(self, content: bytes, entries: str = "") -> int:
        packed = zlib.compress(content, _LEVEL)
        head = f"<< /Length {len(packed)} /Filter /FlateDecode {entries}>>\nstream\n"
        return self._write(head.encode("latin-1") + packed + b"\nendstream")

    def _write(self, content: bytes, number: int = 0) -> int:
        if not number:
            number = len(self._offsets)
            self._offsets.append(0)
        self._offsets[number] = self._sink.tell()
        self._sink.write(b"%d 0 obj\n%b\nendobj\n" % (number, content))
        return number

    def _end(self) -> None:
        self._add_font()
        kids = " ".join(f"{page} 0 R" for page in self._pages)
        self._add(f"<< /Type /Pages /Count {len(self._pages)} /Kids [{kids}] >>", self._tree)
        # Printers are asked for the true size, which labels need.
        self._add(
            f"<< /Type /Catalog /Pages {self._tree} 0 R "
            "/ViewerPreferences << /PrintScaling /None >> >>",
            self._catalog,
        )
        info = self._add(f"<< /Title ({self._title}) /Producer (Sweetspot) >>")
        self._end_table(info)

    def _end_table(self, info: int) -> None:
        start, count = self._sink.tell(), len(self._offsets)
        self._sink.write(b"xref\n0 %d\n0000000000 65535 f \n" % count)
        for offset in self._offsets[1:]:
            self._sink.write(b"%010d 00000 n \n" % offset)
        self._sink.write(
            b"trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
            % (count, self._catalog, info, start)
        )

    def _add_font(self) -> None:
        """ISO 32000-1, 9.7: a composite font of the glyphs that were used."""
        codes = np.flatnonzero(self._used)
        name = f"{_tag(codes)}+{self._font.name}"
        file, glyphs = subset_font(self._font, codes)
        embedded = self._add_stream(file, f"/Length1 {len(file)} ")
        descriptor = self._add(
            f"<< /Type /FontDescriptor /FontName /{name} /Flags {_SYMBOLIC} /ItalicAngle 0 "
            f"{_heights(self._font)} /StemV {_REGULAR_STEM} /FontFile2 {embedded} 0 R >>"
        )
        thousandths = np.rint(self._font.widths[codes] * 1000).astype(int).tolist()
        widths = " ".join(f"{at} [{w}]" for at, w in zip(codes, thousandths, strict=True))
        to_glyph = self._add_stream(glyphs.astype(">u2").tobytes())
        glyph_font = self._add(
            f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /CIDSystemInfo "
            f"<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor "
            f"{descriptor} 0 R /W [{widths}] /CIDToGIDMap {to_glyph} 0 R >>"
        )
        to_text = self._add_stream(_to_unicode(codes).encode("ascii"))
        self._add(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H "
            f"/DescendantFonts [{glyph_font} 0 R] /ToUnicode {to_text} 0 R >>",
            self._font_at,
        )


def subset_font(font: Font, codes: NDArray[np.int64]) -> tuple[bytes, NDArray[np.int64]]:
    """The font with these characters alone, and of each of CODES its glyph there, 0 for none."""
    from fontTools.subset import Options, Subsetter

    options = Options(hinting=False, notdef_outline=True, name_IDs=[], drop_tables=_NEEDLESS)
    tables = font.open()
    cutter = Subsetter(options)
    cutter.populate(unicodes=codes.tolist())
    cutter.subset(tables)
    glyphs = np.zeros(CODES, dtype=np.int64)
    for code, glyph in tables.getBestCmap().items():
        glyphs[code] = tables.getGlyphID(glyph)
    cut = BytesIO()
    tables.save(cut)
    return cut.getvalue(), glyphs


def _tag(codes: NDArray[np.int64]) -> str:
    """Six capitals that tell subsets apart (ISO 32000-1, 9.6.4)."""
    number = zlib.crc32(codes.astype("<u2").tobytes())
    return "".join(chr(ord("A") + number // 26**place % 26) for place in range(6))


def _heights(font: Font) -> str:
    head, across = font.open()["head"], font.open()["hhea"]
    scale = 1000 / head.unitsPerEm
    box = [round(edge * scale) for edge in (head.xMin, head.yMin, head.xMax, head.yMax)]
    return (
        f"/FontBBox [{' '.join(map(str, box))}] /Ascent {round(across.ascent * scale)} "
        f"/Descent {round(across.descent * scale)} /CapHeight {round(CAPITAL * 1000)}"
    )


def _to_unicode(codes: NDArray[np.int64]) -> str:
    """Every code is its own character; a range must not leave its high byte."""
    rows = [f"<{high:02x}00> <{high:02x}ff> <{high:02x}00>" for high in np.unique(codes >> 8)]
    parts = [
        "\n".join([f"{len(part)} beginbfrange", *part, "endbfrange"])
        for part in batched(rows, _RANGES)
    ]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
            "1 begincodespacerange\n<0000> <ffff>\nendcodespacerange",
            *parts,
            "endcmap CMapName currentdict /CMap defineresource pop end end",
        ]
    )
