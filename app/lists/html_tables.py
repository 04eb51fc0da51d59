"""HTML -> the tables in it; many programs write such a page and call it .xls."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser

from app.errors import BadList
from app.lists.sheet import Sheet
from app.lists.table import SheetRows

_UNSEEN = ("script", "style", "title")
_BREAKS = ("br", "p", "div", "li")


def read_html(text: str) -> list[Sheet]:
    """Its tables as sheets, in their order. Raises BadList where there is none."""
    page = _Page()
    page.feed(text)
    page.close()
    while page.open:
        page.handle_endtag("table")
    if not page.tables:
        raise BadList("this is a web page without a table: save the list as CSV", field="list")
    return [Sheet(f"{at}", rows.rows) for at, rows in enumerate(page.tables, start=1)]


class _Page(HTMLParser):
    """A table in a cell of another is one of its own, and no text of that cell."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[SheetRows] = []
        self.open: list[_TableTag] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self.unseen += 1
        elif tag == "table":
            self.open.append(_TableTag())
            self.tables.append(self.open[-1].rows)
        elif self.open and tag == "tr":
            self.open[-1].end_row()
        elif self.open and tag in ("td", "th"):
            self.open[-1].begin_cell(dict(attrs).get("colspan") or "1")
        elif self.open and tag in _BREAKS:
            self.open[-1].text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self.unseen = max(self.unseen - 1, 0)
        elif self.open and tag == "table":
            self.open.pop().end_row()
        elif self.open and tag == "tr":
            self.open[-1].end_row()
        elif self.open and tag in ("td", "th"):
            self.open[-1].end_cell()

    def handle_data(self, data: str) -> None:
        if self.open and not self.unseen:
            self.open[-1].text.append(re.sub(r"\s+", " ", data))


class _TableTag:
    """A table that is being read; its rows and cells may end without saying so."""

    def __init__(self) -> None:
        self.rows = SheetRows()
        self.cells: list[tuple[str, int]] = []
        self.text: list[str] = []
        self.span = 0

    def begin_cell(self, span: str) -> None:
        self.end_cell()
        self.span = int(span[:4]) if span.isdecimal() and int(span[:4]) else 1
        self.text = []

    def end_cell(self) -> None:
        """What spans several columns stands in the first."""
        if self.span:
            lines = (" ".join(line.split()) for line in "".join(self.text).split("\n"))
            self.cells.append(("\n".join(line for line in lines if line), 1))
            self.cells.append(("", self.span - 1))
        self.span = 0

    def end_row(self) -> None:
        self.end_cell()
        if self.cells:
            self.rows.add_row(self.cells)
        self.cells = []
