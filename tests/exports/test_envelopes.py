"""Envelopes, read back with PDFium: the address where USPS machines look, the sender above it."""

from pathlib import Path

import pypdfium2
import pytest

from app.errors import BadQuestion
from app.exports.postal import postal_lines
from tests.exports.printed import awkward_rows, print_to, printed_letters

INCH, MM = 72, 72 / 25.4
SIZES = {"10": (9.5 * INCH, 4.125 * INCH), "c5": (229 * MM, 162 * MM), "dl": (220 * MM, 110 * MM)}
SENDER = "AT&T <Ltd>| 350 Main Street ||Lāʻie, HI 96762"


@pytest.mark.parametrize("size", SIZES)
def test_the_address_is_where_machines_look(size: str, tmp_path: Path) -> None:
    """Publication 28, A1: 5/8 to 2 3/4 in above the lower edge, 1/2 in from the sides."""
    rows = awkward_rows(200)
    out = tmp_path / "out.pdf"
    written = print_to(out, "envelopes", rows, envelope=size, sender=SENDER)
    document = pypdfium2.PdfDocument(out)
    assert len(document) == 200 - len(written.left_out)
    width, height = SIZES[size]
    for page in document:
        assert page.get_size() == pytest.approx((width, height), abs=0.001)
        letters = list(printed_letters(page))
        own = len("AT&T<Ltd>350MainStreetLāʻie,HI96762")
        address, sender = letters[:-own], letters[-own:]
        assert "".join(letter.text for letter in sender) == "AT&T<Ltd>350MainStreetLāʻie,HI96762"
        assert min(letter.left for letter in address) > 0.4 * width
        assert max(letter.right for letter in address) <= width - INCH / 2
        assert min(letter.bottom for letter in address) >= 0.625 * INCH
        assert max(letter.top for letter in address) <= 2.75 * INCH
        assert min(letter.bottom for letter in sender) > 2.75 * INCH
        assert max(letter.right for letter in sender) < width / 2
        assert max(letter.top for letter in sender) < height - 0.25 * INCH
    document.close()


def test_no_sender_is_none(tmp_path: Path) -> None:
    rows = awkward_rows(5)
    print_to(tmp_path / "out.pdf", "envelopes", rows)
    document = pypdfium2.PdfDocument(tmp_path / "out.pdf")
    first = "".join("".join(postal_lines(rows)[0]).split())
    assert "".join(letter.text for letter in printed_letters(document[0])) == first
    document.close()


@pytest.mark.parametrize(
    ("sender", "said"), [("寿司", "has no 寿"), ("|".join("abcdefghijklm"), "long")]
)
def test_a_sender_that_cannot_be_printed_is_refused(sender: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadQuestion, match=f"^sender: .*{said}") as refused:
        print_to(tmp_path / "out.pdf", "envelopes", awkward_rows(5), sender=sender)
    assert refused.value.field == "sender"
