"""All of the page without a mouse: what has the focus is seen, and what changes is heard."""

import re
from itertools import takewhile

import pytest
from playwright.sync_api import Page, expect

from app.geo.regions.sample.county import HOME_ADDRESS
from app.geo.regions.sample.firms import prospects_csv
from tests.pages.stored import page_of, store_list
from tests.served import Served

NAME = "keyboard"
ROWS = "#table tbody tr:not(.gap)"
# The control that has the focus, and whether that is seen; "" at the page's end.
FOCUSED = """() => {
  const one = document.activeElement;
  if (one === document.body) return ["", true];
  const { outlineStyle, boxShadow } = getComputedStyle(one);
  const seen = one.type === "range" ? one.matches(":focus-visible")
    : outlineStyle !== "none" || boxShadow !== "none";
  return [one.id || one.className || one.textContent || one.type, seen];
}"""
MOST_STOPS = 80


@pytest.fixture(scope="session")
def stored(server: Served) -> str:
    """The county's list; with another beside, so that none is chosen unasked."""
    for name in (NAME, f"{NAME}-2"):
        store_list(server, name, prospects_csv())
    return NAME


@pytest.fixture
def asked(page: Page, server: Served, stored: str) -> Page:
    """That list, asked from its home base."""
    page.goto(page_of(server, stored))
    expect(page.locator(ROWS).first).to_be_visible()
    return page


def test_a_list_and_a_home_base_are_chosen(asked: Page, server: Served) -> None:
    """The list's switch by Space, the address from the suggestions by arrows and Enter."""
    asked.goto(f"{server.url}/?view=maps")
    asked.locator("[data-view=prospects]").press("Enter")
    switch = asked.locator("#chosen-lists").get_by_role("button", name=f"{NAME} 49")
    switch.press("Space")
    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(switch).to_be_focused()
    home = asked.get_by_role("combobox", name="Home base")
    home.press_sequentially("Larkf")
    expect(home).to_have_attribute("aria-expanded", "true")
    home.press("ArrowDown")
    marked = asked.get_by_role("option", selected=True)
    expect(home).to_have_attribute("aria-activedescendant", marked.get_attribute("id") or "")
    home.press("Enter")
    expect(asked.locator("#where")).to_have_text("from Larkfield")
    expect(home).to_be_focused()
    expect(asked.get_by_role("status").first).to_contain_text("of 49")


def test_limits_are_moved(asked: Page) -> None:
    """Each handle by arrows, which are told what they say; units, verdicts."""
    most = asked.get_by_role("slider", name="At most")
    most.press("ArrowLeft")
    expect(asked.locator("#limit-told")).to_have_text("up to 49 minutes")
    expect(most).to_have_attribute("aria-valuetext", "49 minutes")
    asked.get_by_role("slider", name="At least").press("ArrowRight")
    expect(asked.locator("#limit-told")).to_have_text("1 – 49 minutes")
    expect(asked).to_have_url(re.compile("minutes=1-49"))
    asked.locator("[data-unit=miles]").press("Enter")
    expect(asked.locator("#limit-told")).to_have_text("up to 50 miles")
    before = asked.locator("#count").inner_text()
    asked.locator("#verdicts .chip", has_text="maybe").press("Space")
    expect(asked.locator("#count")).not_to_have_text(before)


def test_rows_are_sorted_and_their_columns_chosen(asked: Page) -> None:
    """The focus stays on what was pressed, and the order is told."""
    head = asked.get_by_role("columnheader", name="Computers")
    for order in ("ascending", "descending"):
        head.get_by_role("button").press("Enter")
        expect(head).to_have_attribute("aria-sort", order)
        expect(head.get_by_role("button")).to_be_focused()
    asked.locator("#columns summary").press("Enter")
    city = asked.get_by_role("checkbox", name="City")
    city.press("Space")
    expect(asked.get_by_role("columnheader", name="City")).to_be_visible()
    expect(city).to_be_focused()


def test_a_row_is_opened_and_closed(asked: Page) -> None:
    """Arrows to the third, Enter for its card, which has the focus until Escape gives it back."""
    rows = asked.locator(".scroller")
    rows.press("ArrowDown")
    rows.press("ArrowDown")
    third = asked.locator(ROWS).nth(2)
    expect(rows).to_have_attribute("aria-activedescendant", third.get_attribute("id") or "")
    name = third.locator("td").first.inner_text().strip()
    rows.press("Enter")
    card = asked.get_by_role("article", name=name)
    expect(card).to_be_focused()
    asked.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(rows).to_be_focused()


def test_the_home_base_is_where_the_map_is(asked: Page) -> None:
    """On the map, Enter takes its middle."""
    asked.wait_for_function("() => window.sweetspotMap?.loaded()")
    asked.get_by_role("button", name="On the map").press("Enter")
    expect(asked.locator("canvas.maplibregl-canvas")).to_be_focused()
    asked.keyboard.press("Enter")
    expect(asked.locator("#where")).not_to_have_text(f"from {HOME_ADDRESS}")


def test_a_download_is_left_by_escape(asked: Page) -> None:
    """Its dialog has the focus while it is open, and the button has it again."""
    button = asked.get_by_role("button", name="Download")
    button.press("Enter")
    expect(asked.locator("#kind")).to_be_focused()
    asked.keyboard.press("Escape")
    expect(button).to_be_focused()


def test_the_focus_is_seen_wherever_it_goes(asked: Page) -> None:
    """By Tab from the first to the last: each is seen, and the way ends."""
    asked.locator(".skip").focus()
    stops = []
    for _ in range(MOST_STOPS):
        stops.append(asked.evaluate(FOCUSED))
        asked.keyboard.press("Tab")
    way = list(takewhile(lambda stop: stop[0], stops))
    assert [name for name, seen in way if not seen] == []
    assert {"home", "text", "scroller"} <= {name for name, _ in way}
    assert len(way) < MOST_STOPS


def test_the_table_says_how_much_there_is(asked: Page) -> None:
    """Rows have their number among all, the head its own."""
    table = asked.get_by_role("table", name="Prospects")
    many = asked.locator("#count strong").inner_text()
    expect(table).to_have_attribute("aria-rowcount", str(int(many) + 1))
    expect(table.get_by_role("row").first).to_have_attribute("aria-rowindex", "1")
    expect(asked.locator(ROWS).first).to_have_attribute("aria-rowindex", "2")
    expect(asked.locator(f"{ROWS} [role=img]").first).to_have_attribute("aria-label", "pass")
