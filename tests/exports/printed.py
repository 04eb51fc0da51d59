"""Awkward recipients to print, and what PDFium reads on the printed pages."""

import random
from collections.abc import Iterator, Sequence
from ctypes import c_double
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pypdfium2
import pypdfium2.raw as pdfium

from app.exports.answer import AnswerRows
from app.exports.export import no_ground
from app.exports.kind import ExportWork, Written
from app.exports.kinds import find_kind
from app.exports.options import ExportOptions
from app.lists.recipients import RECIPIENT

EMOJI = "🌺🍕👩‍🍳✔️"
FIELDS = ("name", "attention", "line_1", "line_2", "city", "state", "zip", "country")
_NAMES = (
    "AT&T <Ltd>", "H&R Block", "Kaʻahumanu Café", "Lānaʻi Āloha Hōkū", "Ресторан Днепр",
    "Ταβέρνα Ελλάδα", "Pho Việt Nam Ở Đây", "Zażółć Gęślą Jaźń", "(Paren) [Br] {Cu} \\Back/",
    f"Flowers {EMOJI[:1]}", EMOJI, "Tab\tBell\x07Null\x00Line\r\nBreak", "e\u0301cole Que\u0301bec",
    "שלום Books", "مطعم", "寿司 Sushi", "Ｆｕｌｌ Ｗｉｄｔｈ", "zero\u200bwidth\u202ejoin",
    "ﬁne ﬂowers",
    "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch", "W" * 120, "i", "",
)  # fmt: skip
_STREETS = ("350 Main St.", "PO Box 12", "10 Very Long Boulevard Of Dreams And Roses", "1")
_BESIDE = ("", "", "Suite 400", "# 5", "c/o Somebody With A Rather Long Name, Esq.", "Bldg 9\nFl 2")
_TOWNS = (
    ("Lāʻie", "HI", "96762-1234", "United States"), ("St. Louis", "MO", "63101", ""),
    ("Köln", "", "50667", "Germany"), ("Dubai", "", "", "UAE"),
    ("Chuo-ku", "Tokyo", "104", "Japan"),
    ("São Paulo", "SP", "01310-100", "Brazil"), ("Leeds", "", "LS1 1AA", "UK"),
    ("Ürgüp", "Nevşehir", "50400", "Turkey"), ("Town", "Region", "123", "Atlantis"),
    ("Truth or Consequences Junction Heights", "NM", "87901", "United States"),
)  # fmt: skip


def awkward_rows(count: int) -> pl.DataFrame:
    """As many recipients, the same each time."""
    rng = random.Random(15)  # noqa: S311  # awkward, not secret
    return recipients([_awkward(rng) for _ in range(count)])


def _awkward(rng: random.Random) -> Sequence[str]:
    letters = "abcdefghij klmno pqrst uvwxyzĀāʻéßЖщΩλ&<>-'’"
    random_name = "".join(rng.choices(letters, k=rng.randint(1, 120)))
    name = rng.choice((*_NAMES, random_name, random_name, random_name))
    attention = rng.choice(("", "", "Jane Doe", "Dr. Extremely Long-Winded Person-Hyphen", name))
    return (name, attention, rng.choice(_STREETS), rng.choice(_BESIDE), *rng.choice(_TOWNS))


def recipients(rows: Sequence[Sequence[str]]) -> pl.DataFrame:
    """Rows of FIELDS as an export has them."""
    table = pl.DataFrame(rows, schema=dict.fromkeys(FIELDS, pl.String), orient="row")
    empty = [pl.lit("").alias(name) for name in RECIPIENT if name not in FIELDS]
    return table.with_columns(empty).select(*RECIPIENT)


def print_to(path: Path, kind: str, rows: pl.DataFrame, **options: object) -> Written:
    """Those rows by that kind of export."""
    answer = AnswerRows(rows, rows, rows, rows)
    asked = ExportOptions(**options)  # type: ignore[arg-type]  # pydantic checks them
    return find_kind(kind).write(ExportWork(answer, asked, path, no_ground))


class Letter(NamedTuple):
    """A printed character and the box of its ink, in points from the lower left corner."""

    text: str
    left: float
    right: float
    bottom: float
    top: float


def printed_letters(page: pypdfium2.PdfPage) -> Iterator[Letter]:
    """In the order of printing, without spaces and what PDFium adds itself."""
    text = page.get_textpage()
    edges = [c_double() for _ in range(4)]
    for at in range(text.count_chars()):
        ends_line = pdfium.FPDFText_IsHyphen(text, at)  # PDFium says U+0002 of such a hyphen
        letter = "-" if ends_line else chr(pdfium.FPDFText_GetUnicode(text, at))
        if pdfium.FPDFText_IsGenerated(text, at) or letter.isspace():
            continue
        assert pdfium.FPDFText_GetCharBox(text, at, *edges)
        yield Letter(letter, *(edge.value for edge in edges))
    text.close()
