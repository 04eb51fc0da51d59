"""The printed call sheet: areas with headings, a block a call with boxes and lines to write on."""

from collections.abc import Sequence
from itertools import count

from app.exports.calls.call_list import Call, CallArea, CallList
from app.exports.kind import ExportWork
from app.exports.sheets.callees import join_words
from app.exports.sheets.days import day_text
from app.exports.sheets.pages import MARGIN, PrintedPages
from app.exports.sheets.row_block import LaidRow, RowBlock, prefix_text
from app.text import count_words

HEADING = 7.5  # mm of an area's heading
_TOLD = ("Home base", "Answer of", "Mail of", "Calls")


def write_sheet(calls: CallList, work: ExportWork) -> Sequence[str]:
    """All calls on pages of the sender's paper; what is to be known of them."""
    told = join_words([f"{name}: {text}" for name, text in calls.about if name in _TOLD])
    credit, country = work.rows.about.attribution, work.asked.country
    pages = PrintedPages("Call sheet", told, credit, country)
    done = count(1)
    for area in calls.areas:
        for n, call in enumerate(area.calls):
            laid = LaidRow.of(pages, _make_block(call))
            fresh = pages.make_room(laid.height + (HEADING if n == 0 else 0))
            if fresh or n == 0:
                _put_heading(pages, area, f"{area.name} (continued)" if n else area.name)
            laid.put()
            work.progress(next(done))
    pages.save(work.target)
    return pages.notes


def _make_block(call: Call) -> RowBlock:
    one = call.whom
    below = [
        (one.person, 1),
        (one.address, 2),
        (prefix_text("Why", one.why), 2),
        (prefix_text("Ask", " ".join(call.asks)), 2),
    ]
    side = [one.phone, one.distance, f"Call on {day_text(call.on)}"]
    return RowBlock(one.name or "(no name)", below, side)


def _put_heading(pages: PrintedPages, area: CallArea, name: str) -> None:
    y, half = pages.get_y(), pages.width * 0.53
    pages.set_fill_color(232)
    pages.rect(MARGIN, y, pages.width, 6, style="F")
    pages.put(MARGIN + 1.5, y + 0.9, name, pages.width * 0.45, size=10, bold=True)
    told = join_words([count_words(len(area.calls), "call"), area.span, area.days])
    pages.put(MARGIN + pages.width - half - 1.5, y + 1.2, told, half, size=8.5, align="R")
    pages.set_y(y + HEADING)
