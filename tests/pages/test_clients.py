"""The firm's own books: the income, the tiers, the niches, the sweet spot, the look-alikes."""

import re
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.pages.acting import HOLD, expect_chosen, open_county, row_named, rows_of, store_county
from tests.served import Served

BOOKS = Path(__file__).parents[2] / "examples" / "clients.csv"
ICON = "() => window.sweetspotMap.getLayoutProperty('points', 'icon-image')"


def open_books(page: Page) -> None:
    """Drop the books on the view of the clients."""
    page.get_by_role("button", name="Clients").click()
    held = page.evaluate_handle(HOLD, [BOOKS.name, BOOKS.read_text()])
    for event in ("dragover", "drop"):
        page.dispatch_event("#clients .target", event, {"dataTransfer": held})
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#clients .chart").first).to_be_visible()


def test_the_books_are_read(context: BrowserContext, stored: Served) -> None:
    """Who pays, best first and together; what the best have in common; and the week's hours."""
    page = open_county(context, stored)
    open_books(page)
    clients = page.locator("#clients")
    chart = clients.get_by_role("img", name="Income by client")
    expect(chart.locator("rect")).to_have_count(13)  # of 14 one costs more than it pays
    best = clients.get_by_role("group", name="Clients").locator("tbody tr")
    expect(best).to_have_count(14)
    expect(best.first.locator("td")).to_have_text(
        ["Cedar Halt Clinic", "A", "sweet spot", "$2,750", "24.2 %", "24.2 %"]
    )
    expect(best.last).to_contain_text("-$10")
    expect(clients).to_contain_text("6 clients of tier A, with 81.5% of the income")
    expect(clients.locator("details", has_text="Niches")).to_contain_text("Health Care")
    week = clients.get_by_role("img", name="The week")
    expect(week).to_have_attribute("aria-label", re.compile("^The week: Marketing 4.0 h"))
    clients.get_by_label("Marketing, hours a week").fill("direct mail=4,networking=2")
    expect(clients.locator(".keys li").first).to_have_text("Marketing 6.0 h")


def test_the_suggestion_is_adopted(context: BrowserContext, stored: Served) -> None:
    """It is the question then, which going back takes back."""
    page = open_county(context, stored)
    open_books(page)
    page.get_by_role("button", name="Adopt it").click()
    expect(page.locator("#clients")).to_be_hidden()
    expect(page.locator("#limit-told")).to_have_text("up to 45 minutes")
    page.locator("#sizes summary").click()
    expect(page.get_by_role("textbox", name="Computers", exact=True)).to_have_value("12-90")
    expect(page.get_by_label("Sales, USD a year: any")).to_be_checked()
    expect(row_named(page, "Halt Dairy")).to_have_count(0)
    expect(row_named(page, "Soto & Lind")).to_be_visible()
    page.go_back()
    page.go_back()
    expect_chosen(page, 29)


def test_look_alikes_colour_the_map(own: Served, context: BrowserContext) -> None:
    """And sort the table; the legend says what the colours are of."""
    page = context.new_page()
    page.goto(f"{own.url}/?home=350 Main Street, Larkfield, NV")
    store_county(page)
    expect_chosen(page, 29)
    assert "like" not in str(page.evaluate(ICON))
    open_books(page)
    page.get_by_role("button", name="Look-alikes on the map").click()
    expect(page.get_by_role("columnheader", name="Like")).to_be_visible()
    expect(page.locator(".legend")).to_contain_text("Like your best clients")
    assert "like" in str(page.evaluate(ICON))
    scores = [int(text) for text in rows_of(page).locator("td:last-child").all_inner_texts()]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1]
    expect(page.get_by_role("button", name="county 49")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Look-alikes", exact=True).click()
    expect(page.get_by_role("columnheader", name="Like")).to_have_count(0)
    expect(page.locator(".legend")).to_contain_text("Minutes")
    expect(page.get_by_role("button", name="Look-alikes", exact=True)).to_have_count(0)
    expect(rows_of(page).first).to_contain_text("Basin Printing")
