"""Links that say too much, and what is asked although it is gone."""

from playwright.sync_api import BrowserContext, expect

from app.geo.regions.sample.county import HOME_ADDRESS
from tests.pages.acting import open_county, row_named
from tests.pages.conftest import Seen
from tests.served import Served


def test_a_home_base_that_is_left_by_tab_is_taken(context: BrowserContext, stored: Served) -> None:
    """Suggestions may be open."""
    page = open_county(context, stored)
    home = page.get_by_label("Home base", exact=True)
    home.fill("")
    home.press_sequentially("240 Main Street, Brightwater, NV")
    expect(page.get_by_role("option").first).to_be_visible()
    home.press("Tab")
    expect(page.locator("#where")).to_contain_text("Brightwater")


def test_a_list_that_is_gone_can_be_taken_out(
    context: BrowserContext, stored: Served, seen: Seen
) -> None:
    page = context.new_page()
    page.goto(f"{stored.url}/?lists=county,gone&home={HOME_ADDRESS}")
    expect(page.locator("#fault:visible")).to_contain_text("'gone'")
    page.get_by_role("button", name="gone").click()
    expect(page.locator("#count strong")).to_be_visible()
    expect(page.locator("#fault")).to_be_hidden()
    seen.faults.clear()  # the browser's own line of the 404


def test_what_others_put_into_a_link_is_not_asked(context: BrowserContext, stored: Served) -> None:
    page = open_county(context, stored, format="csv", utm_source="letter", fbclid="x", view="none")
    expect(page.locator("#prospects")).to_be_visible()
    expect(row_named(page, "Basin Printing")).to_be_visible()
