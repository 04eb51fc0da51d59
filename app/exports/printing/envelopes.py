"""Envelopes, one a page in landscape, the address where machines of the USPS look for it."""

from collections.abc import Sequence

from app.errors import BadQuestion
from app.exports.kind import ExportKind, ExportWork, Written, lacks_mail
from app.exports.options import EnvelopeOptions, SenderOptions
from app.exports.postal import clean_text
from app.exports.printing.blocks import Block, Room, fit_blocks
from app.exports.printing.font import load_font
from app.exports.printing.pages import PageLayout, print_rows
from app.exports.printing.sheets import POINTS_PER_MM, Frame

_INCH = 72.0
# Width and height in points: 9 1/2 x 4 1/8 in, and ISO 269's 229 x 162 and 220 x 110 mm.
SIZES = {
    "10": (9.5 * _INCH, 4.125 * _INCH),
    "c5": (229 * POINTS_PER_MM, 162 * POINTS_PER_MM),
    "dl": (220 * POINTS_PER_MM, 110 * POINTS_PER_MM),
}
# The OCR read area: from 5/8 to 2 3/4 in above the lower edge, 1/2 in from either side (Publication
# 28, A1, pe.usps.com/text/pub28/28apa_002.htm). The barcode's place is below it.
_LOW, _HIGH, _SIDE = 0.625 * _INCH, 2.75 * _INCH, 0.5 * _INCH
# The address begins here across the envelope; the sender ends before. Half the length is what USPS
# asks of return addresses as a tendency; judgement.
_MIDDLE = 0.44
_EDGE = 0.375 * _INCH  # judgement: nearer to the edge few printers print
_GAP = 0.1 * _INCH  # judgement: what is free between the sender and the address
_CORNER = 0.9 * _INCH  # judgement: the sender's height, which on a #10 ends above the read area


def write_envelopes(work: ExportWork) -> Written:
    """One envelope for each recipient, with the sender in its corner."""
    width, height = SIZES[work.asked.envelope]
    left = width * _MIDDLE
    address = Frame(left, _LOW, width - left - _SIDE, _HIGH - _LOW)
    corner = Frame(_EDGE, height - _EDGE - _CORNER, left - _EDGE - _GAP, _CORNER)
    beside = _fit_sender(work.asked.sender, corner)
    layout = PageLayout("Envelopes", "envelope", (width, height), [address], beside=beside)
    return print_rows(work, layout)


def _fit_sender(sender: str, corner: Frame) -> Sequence[tuple[Block, Frame]]:
    """The sender's lines at the top of the corner. Raises BadQuestion where they don't fit."""
    lines = list(filter(None, map(clean_text, sender.split("|"))))
    if not lines:
        return ()
    (block,) = fit_blocks([lines], Room(corner.width, corner.height), load_font())
    if isinstance(block, str):
        raise BadQuestion(f"sender: {block}", field="sender")
    top = corner.bottom + corner.height - block.height
    return [(block, Frame(corner.left, top, corner.width, block.height))]


KIND = ExportKind(
    "envelopes", (".pdf",), "mail", write_envelopes, (EnvelopeOptions, SenderOptions), lacks_mail
)
