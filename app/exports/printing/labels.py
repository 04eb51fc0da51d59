"""Address labels on sheets of them."""

from app.errors import BadQuestion
from app.exports.kind import ExportKind, ExportWork, Written, lacks_mail
from app.exports.options import LabelOptions
from app.exports.printing.pages import PageLayout, print_rows
from app.exports.printing.sheets import POINTS_PER_MM, Frame, LabelSheet, parse_sheet

# Millimetres that are left free at the sides and above: printers shift paper by one or two. gLabels
# keeps 1/16 in (jimevins/glabels-qt, templates/avery-us-templates.xml); twice that at the sides.
_ACROSS, _DOWN = 3.175, 1.5875
_SHARE = 0.1  # of a small label's width and height, which is left free at most; judgement


def write_labels(work: ExportWork) -> Written:
    """One label for each recipient, by `postal_lines`, row by row of the sheet."""
    sheet = parse_sheet(work.asked.sheet)
    first = work.asked.first
    if first > len(sheet.boxes):
        raise BadQuestion(
            f"first {first}: a sheet of {sheet.name} has {len(sheet.boxes)} labels", field="first"
        )
    return print_rows(work, _layout(sheet, first))


def _layout(sheet: LabelSheet, first: int) -> PageLayout:
    page = (sheet.page[0] * POINTS_PER_MM, sheet.page[1] * POINTS_PER_MM)
    return PageLayout("Labels", "sheet", page, [_free(box) for box in sheet.boxes], first - 1)


def _free(label: Frame) -> Frame:
    across = min(_ACROSS * POINTS_PER_MM, label.width * _SHARE)
    return label.inside(across, min(_DOWN * POINTS_PER_MM, label.height * _SHARE))


KIND = ExportKind("labels", (".pdf",), "mail", write_labels, (LabelOptions,), lacks_mail)
