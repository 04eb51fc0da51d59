"""The day as one HTML page for paper and phone: no script, nothing is loaded, all text escaped."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from app.exports.route.day import DayPlan, Visit
from app.exports.route.links import day_links, stop_link
from app.exports.sheets.callees import OUTCOMES

_STYLE = """
body { font: 11pt/1.35 system-ui, sans-serif; margin: 1.2em auto; max-width: 48em; padding: 0 1em }
h1 { font-size: 1.4em; margin: 0 } h2 { font-size: 1.1em; margin: 0 }
p { margin: .15em 0 } ol, ul { list-style: none; padding: 0 }
.stop { border-top: 1px solid #999; break-inside: avoid; padding: .6em 0 }
.side { float: right; text-align: right } .told { color: #555; font-size: .9em }
.box { border: 1px solid; display: inline-block; height: .8em; margin: 0 .3em 0 0; width: .8em }
.outcome span { margin-right: 1em } .notes { border-bottom: 1px solid #999; height: 1.8em }
p, h1, h2 { overflow-wrap: anywhere }
"""


def write_page(plan: DayPlan, path: Path) -> None:
    """The whole page."""
    path.write_text("\n".join(_page_lines(plan)) + "\n", encoding="utf-8")


def _page_lines(plan: DayPlan) -> Iterator[str]:
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"{_tag('title', plan.title)}\n<style>{_STYLE}</style>\n</head>\n<body>"
    yield _tag("h1", plan.title)
    yield _tag("p", f"From {plan.home.label}")
    yield from (_tag("p", note, "told") for note in plan.notes)
    yield "<ul>"
    for shown, link in day_links(plan):
        yield f"<li>{_link(f'Open in Google Maps: {shown}', link)}</li>"
    yield "</ul>\n<ol>"
    for visit in plan.visits:
        yield from _stop_lines(visit)
    yield f'</ol>\n<div class="stop">{_tag("p", plan.way_back)}</div>'
    yield f"{_tag('p', plan.attribution, 'told')}\n</body>\n</html>"


def _stop_lines(visit: Visit) -> Iterator[str]:
    one = visit.whom
    yield '<li class="stop">\n<div class="side">'
    yield _tag("h2", one.phone)
    yield _tag("p", visit.leg)
    yield f"</div>\n{_tag('h2', visit.title)}"
    yield from (_tag("p", text) for text in (one.person,) if text)
    yield f"<p>{_link(one.address or 'On the map', stop_link(visit))}</p>"
    yield from (_tag("p", f"Why: {text}") for text in (one.why,) if text)
    boxes = (f'<span><i class="box"></i>{escape(word)}</span>' for word in OUTCOMES)
    yield f'<p class="outcome">{"".join(boxes)}</p>\n<div class="notes"></div>\n</li>'


def _tag(name: str, text: str, kind: str = "") -> str:
    told = f' class="{kind}"' if kind else ""
    return f"<{name}{told}>{escape(text)}</{name}>"


def _link(text: str, to: str) -> str:
    return f'<a href="{escape(to)}">{escape(text)}</a>'
