"""The day on paper: its links, then a block a stop with boxes and lines to write on."""

from collections.abc import Sequence

from app.exports.kind import ExportWork
from app.exports.route.day import DayPlan, Visit
from app.exports.route.links import day_links, stop_link
from app.exports.sheets.callees import join_words
from app.exports.sheets.pages import MARGIN, PrintedPages
from app.exports.sheets.row_block import LaidRow, RowBlock, prefix_text

LINE = 4.5  # mm


def write_sheet(plan: DayPlan, work: ExportWork) -> Sequence[str]:
    """All visits on pages of the sender's paper; what is to be known of them."""
    told = join_words([f"From {plan.home.label}", plan.notes[0]])
    pages = PrintedPages(plan.title, told, plan.attribution, work.asked.country)
    _put_links(pages, plan)
    for visit in plan.visits:
        laid = LaidRow.of(pages, _make_block(visit))
        pages.make_room(laid.height)
        laid.put()
    pages.make_room(LINE)
    _put_line(pages, plan.way_back)
    for note in plan.notes[1:]:
        pages.make_room(LINE)
        _put_line(pages, note)
    pages.save(work.target)
    return pages.notes


def _put_links(pages: PrintedPages, plan: DayPlan) -> None:
    """Read on a screen, each opens the phone's map."""
    for shown, link in day_links(plan):
        pages.make_room(LINE)
        _put_line(pages, f"Open in Google Maps: {shown}", link)
    pages.set_y(pages.get_y() + 2)


def _put_line(pages: PrintedPages, text: str, link: str = "") -> None:
    y = pages.get_y()
    pages.put(MARGIN, y, text, pages.width, size=8.5, grey=True, link=link)
    pages.set_y(y + LINE)


def _make_block(visit: Visit) -> RowBlock:
    one = visit.whom
    below = [(one.person, 1), (one.address, 2), (prefix_text("Why", one.why), 2)]
    side = [one.phone, visit.leg]
    return RowBlock(visit.title, below, side, link=stop_link(visit))
