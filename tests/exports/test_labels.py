"""Labels are read back with PDFium: all of each row's text, in order, on its own label."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

import numpy as np
import polars as pl
import pypdf
import pypdfium2
import pytest

from app.errors import BadQuestion
from app.exports.answer import AnswerRows
from app.exports.export import ExportRequest, write_export
from app.exports.kinds import find_kind
from app.exports.options import ExportOptions
from app.exports.postal import postal_lines
from app.exports.printing.blocks import LARGE, SMALLEST
from app.exports.printing.font import load_font
from app.exports.printing.sheets import parse_sheet
from tests.exports.printed import EMOJI, Letter, awkward_rows, print_to, printed_letters, recipients

MM = 72 / 25.4
OWN = "210x297 3x8 63.5x33.9 at 7.2,12.9 step 66,33.9"


class Grid(NamedTuple):
    """A sheet as its maker describes it, in millimetres: here once more, beside the code's."""

    page: tuple[float, float]
    count: tuple[int, int]
    label: tuple[float, float]
    corner: tuple[float, float]
    pitch: tuple[float, float]

    def edges(self, label: int) -> tuple[float, float, float, float]:
        """Left, right, bottom, top of that label, in points from the page's lower left corner."""
        row, column = divmod(label, self.count[0])
        left = (self.corner[0] + column * self.pitch[0]) * MM
        top = (self.page[1] - self.corner[1] - row * self.pitch[1]) * MM
        return left, left + self.label[0] * MM, top - self.label[1] * MM, top


LETTER, A4 = (215.9, 279.4), (210.0, 297.0)
GRIDS = {
    "5160": Grid(LETTER, (3, 10), (66.675, 25.4), (4.7625, 12.7), (69.85, 25.4)),
    "5163": Grid(LETTER, (2, 5), (101.6, 50.8), (3.96875, 12.7), (106.3625, 50.8)),
    "L7160": Grid(A4, (3, 7), (63.5, 38.1), (7.21, 15.15), (66.04, 38.1)),
    "L7163": Grid(A4, (2, 7), (99.1, 38.1), (4.65, 15.15), (101.6, 38.1)),
    OWN: Grid(A4, (3, 8), (63.5, 33.9), (7.2, 12.9), (66, 33.9)),
}
ROWS = awkward_rows(3000)
LINES = postal_lines(ROWS)


@pytest.mark.parametrize("sheet", GRIDS)
@pytest.mark.parametrize("start", ["first", "seventh", "last"])
def test_each_label_holds_its_row_and_nothing_leaves_it(
    sheet: str, start: str, tmp_path: Path
) -> None:
    """3,000 awkward rows, fewer on begun sheets; the ink of every letter is inside its label."""
    rows = ROWS if start == "first" else ROWS.head(500)
    grid = GRIDS[sheet]
    on_sheet = grid.count[0] * grid.count[1]
    first = {"first": 1, "seventh": 7, "last": on_sheet}[start]
    written = print_to(tmp_path / "labels.pdf", "labels", rows, sheet=sheet, first=first)
    expected = [_ink(LINES[row]) for row in range(len(rows)) if row not in written.left_out]
    document = pypdfium2.PdfDocument(tmp_path / "labels.pdf")
    assert len(document) == -(-(first - 1 + len(expected)) // on_sheet)
    for number, page in enumerate(document):
        np.testing.assert_allclose(page.get_size(), [side * MM for side in grid.page], atol=0.001)
        skipped = first - 1 if number == 0 else 0
        texts = expected[: on_sheet - skipped]
        del expected[: on_sheet - skipped]
        _check_page(list(printed_letters(page)), texts, grid, skipped)
    assert expected == []
    document.close()


def _ink(lines: Sequence[str]) -> str:
    """What is to be read of them: no spaces, no emoji, "ﬁ" and "Ｆ" as "fi" and "F"."""
    text = normalize("NFKC", "".join("".join(lines).split()))
    return "".join(letter for letter in text if letter not in EMOJI)


def _check_page(letters: list[Letter], texts: Sequence[str], grid: Grid, skipped: int) -> None:
    done = 0
    for at, text in enumerate(texts):
        mine = letters[done : done + len(text)]
        done += len(text)
        assert "".join(letter.text for letter in mine) == text
        left, right, bottom, top = grid.edges(skipped + at)
        assert min(letter.left for letter in mine) >= left
        assert max(letter.right for letter in mine) <= right
        assert min(letter.bottom for letter in mine) >= bottom
        assert max(letter.top for letter in mine) <= top
    assert done == len(letters)


@pytest.mark.parametrize("sheet", GRIDS)
def test_a_row_is_left_out_only_for_a_reason(sheet: str, tmp_path: Path) -> None:
    """Letters that the font lacks, each named; nothing at all; more than its label holds."""
    written = print_to(tmp_path / "labels.pdf", "labels", ROWS, sheet=sheet)
    for row, lines in enumerate(LINES):
        text = "".join(lines)
        foreign = {"\u0590" <= letter <= "\u06ff" or letter > "\u3000" for letter in _ink(lines)}
        short = len(lines) <= 6 and max(map(len, lines)) <= 30
        why = written.left_out.get(row, "")
        if any(foreign):
            assert why.startswith("the font has no ")
        elif why:
            assert why == f"too long: it does not fit at {SMALLEST:g} points", text
            assert not short
    missing = {why for why in written.left_out.values() if why.startswith("the font")}
    assert missing == {
        "the font has no ש (hebrew letter shin)",
        "the font has no م (arabic letter meem)",
        "the font has no 寿 (cjk unified ideograph-5bff)",
    }


def test_a_name_looks_as_it_should(tmp_path: Path) -> None:
    """No markup is read, no letter is lost; pypdf reads the file by the letter of the standard."""
    rows = recipients([_to("AT&T <Ltd>"), _to("Kaʻahumanu Café"), _to("Кафе Ωμέγα")])
    print_to(tmp_path / "labels.pdf", "labels", rows)
    document = pypdf.PdfReader(tmp_path / "labels.pdf", strict=True)
    lines = document.pages[0].extract_text().splitlines()
    assert lines[::3] == ["AT&T <LTD>", "KAʻAHUMANU CAFÉ", "КАФЕ ΩΜΈΓΑ"]
    assert lines[1:3] == ["1 MAIN ST", "HILO HI 96720"]
    assert document.root_object["/ViewerPreferences"]["/PrintScaling"] == "/None"
    font = document.pages[0]["/Resources"]["/Font"]["/F"]
    assert font["/BaseFont"].endswith("+NotoSans-Regular")
    size = font["/DescendantFonts"][0]["/FontDescriptor"]["/FontFile2"]["/Length1"]
    assert size < len(load_font().file) / 10  # the letters that were used, and no others


@pytest.mark.parametrize(
    ("name", "smallest", "largest", "lines"),
    [
        ("Hilo Dairy", 10, LARGE, 3),
        ("Hilo Dairy and Cheese of Hawaii", 8, 9.5, 3),
        ("Hilo Dairy and Cheese Company of Hawaii Incorporated in 1925", 8, LARGE, 4),
        ("Hilo Dairy and Cheese " * 10, SMALLEST, 7.5, 7),
    ],
)
def test_a_long_name_shrinks_and_then_wraps(
    name: str, smallest: float, largest: float, lines: int, tmp_path: Path
) -> None:
    """On a 5160; sizes as the page says them."""
    print_to(tmp_path / "labels.pdf", "labels", recipients([_to(name)]))
    content = pypdf.PdfReader(tmp_path / "labels.pdf").pages[0].get_contents()
    assert content is not None
    words = content.get_data().decode("ascii").split()
    assert smallest <= float(words[words.index("Tf") - 1]) <= largest
    assert words.count("Tj") == lines


def test_what_fits_nowhere_is_no_file(tmp_path: Path) -> None:
    rows = recipients([_to("Hilo Dairy")])
    with pytest.raises(BadQuestion, match="no row can be printed: too long"):
        print_to(tmp_path / "labels.pdf", "labels", rows, sheet="50x50 1x1 5x2 at 1,1 step 5,2")
    with pytest.raises(BadQuestion, match="first 31: a sheet of 5160 has 30 labels"):
        print_to(tmp_path / "labels.pdf", "labels", rows, first=31)


def test_a_row_that_is_not_printed_is_in_the_file_beside(tmp_path: Path) -> None:
    """As every export does it, with the row's own cells and why."""
    rows = recipients([_to("Hilo Dairy 🌺"), _to("寿司")])
    ours = pl.DataFrame({"verdict": ["pass"] * 2, "lat": [19.7, 19.8], "lon": [-155.1, -155.2]})
    answer = AnswerRows(rows.select("name"), ours, rows, ours)
    request = ExportRequest(find_kind("labels"), ExportOptions())
    report = write_export(answer, request, tmp_path / "labels.pdf")
    assert report.taken == 1
    assert "1 sheet: print at 100 %, not fitted to the page" in report.notes
    beside = pl.read_csv(tmp_path / "labels-left-out.csv")
    assert "left away, the font has no such symbols: 🌺" in report.notes
    assert beside.row(0) == (2, "the font has no 寿 (cjk unified ideograph-5bff)", "寿司")


def _to(name: str) -> Sequence[str]:
    return name, "", "1 Main St", "", "Hilo", "HI", "96720", ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5161", "expected 5160, 5163, L7160, L7163, or a grid in millimetres such as"),
        ("210x297 3x8 63.5x33.9", "expected 5160"),
        ("210x297 3x8 63.5x33.9 at 7.2,12.9 step 60,33.9", "overlap: 63.5 mm across, but 60 mm"),
        ("210x297 3x8 63.5x33.9 at 7.2,12.9 step 66,30", "overlap: 33.9 mm down, but 30 mm"),
        ("210x297 3x8 63.5x33.9 at 20,12.9 step 66,33.9", "3 columns end at 215.5 mm across"),
        ("210x297 3x9 63.5x33.9 at 7.2,12.9 step 66,33.9", "9 rows end at 318 mm down, but the"),
        ("210x297 0x8 63.5x33.9 at 7.2,12.9 step 66,33.9", "larger than 0"),
        ("210x297 3x8 0x33.9 at 7.2,12.9 step 66,33.9", "larger than 0"),
        ("2100x297 3x8 63.5x33.9 at 7.2,12.9 step 66,33.9", "at most 1000 mm"),
        ("210x297 99x99 1x1 at 1,1 step 1,1", "at most 1000 labels"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadQuestion) as refused:
        parse_sheet(text)
    assert str(refused.value).startswith(f"sheet {text!r}: ")
    assert said in str(refused.value)
    assert refused.value.field == "sheet"


@pytest.mark.parametrize("text", ["5160", " avery l7163 ", OWN.replace(" step", "  STEP")])
def test_a_sheet_is_known_however_it_is_written(text: str) -> None:
    assert parse_sheet(text).boxes
