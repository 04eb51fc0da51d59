"""The question, as people change it: home bases, limits, sizes, words, verdicts."""

from playwright.sync_api import BrowserContext, Locator, Page, expect

from app.geo.regions.sample.county import HOME, HOME_ADDRESS, county_point
from tests.pages.acting import (
    AT_REST,
    DATA_OF,
    click_map,
    expect_chosen,
    names_of,
    open_county,
    pixels_of,
    rows_of,
)
from tests.pages.conftest import Seen
from tests.served import Served

BRIGHTWATER = county_point(70, 0)


def pin_of(page: Page) -> Locator:
    """The pin of the home base on the map."""
    return page.locator(".pin")


def expect_funnel(page: Page, *counts: int) -> None:
    """Read, located, within reach, right size, passed."""
    expect(page.locator("#funnel strong")).to_have_text([f"{one:,}" for one in counts])


class TestHome:
    def test_typed_whole(self, context: BrowserContext, stored: Served) -> None:
        page = open_county(context, stored)
        home = page.get_by_label("Home base", exact=True)
        home.fill("240 Main Street, Brightwater, NV")
        home.press("Enter")
        expect(page.locator("#where")).to_contain_text("Brightwater")
        expect(rows_of(page).first).to_contain_text("Brightwater Bookkeeping")
        expect(page.locator("#suggestions")).to_be_hidden()

    def test_typed_in_part_and_suggested(self, context: BrowserContext, stored: Served) -> None:
        """By the arrow keys; what is taken is what is asked."""
        page = open_county(context, stored)
        home = page.get_by_label("Home base", exact=True)
        home.fill("")
        home.press_sequentially("240 Main Street, Bri")
        first = page.get_by_role("option").first
        expect(first).to_contain_text("Brightwater")
        home.press("ArrowDown")
        expect(first).to_have_attribute("aria-selected", "true")
        home.press("Enter")
        expect(page.locator("#suggestions")).to_be_hidden()
        expect(page.locator("#where")).to_contain_text("Brightwater")

    def test_suggested_and_clicked(self, context: BrowserContext, stored: Served) -> None:
        page = open_county(context, stored)
        home = page.get_by_label("Home base", exact=True)
        home.fill("Brightwater")
        page.get_by_role("option").filter(has_text="Brightwater").first.click()
        expect(page.locator("#where")).to_contain_text("Brightwater")
        expect(page.locator("#suggestions")).to_be_hidden()

    def test_not_found_is_said_at_its_field(
        self, context: BrowserContext, stored: Served, seen: Seen
    ) -> None:
        """Until another one is found."""
        seen.meant.append("status of 4")
        page = open_county(context, stored)
        home = page.get_by_label("Home base", exact=True)
        home.fill("1 Neptune Way, Atlantis")
        home.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("Atlantis")
        expect(home).to_have_attribute("aria-invalid", "true")
        home.fill(HOME_ADDRESS)
        home.press("Enter")
        expect_chosen(page, 29)
        expect(page.locator("#fault")).to_be_hidden()
        expect(home).not_to_have_attribute("aria-invalid", "true")

    def test_clicked_on_the_map(self, context: BrowserContext, stored: Served) -> None:
        """Once: the next click sets nothing."""
        page = open_county(context, stored)
        choose = page.get_by_role("button", name="On the map")
        choose.click()
        expect(choose).to_have_attribute("aria-pressed", "true")
        lake = county_point(10, -14)
        click_map(page, lake.lon, lake.lat)
        expect(choose).to_have_attribute("aria-pressed", "false")
        expect(rows_of(page).first).to_contain_text("Lakeshore Inn")
        chosen = page.url
        click_map(page, HOME.lon, HOME.lat + 0.1)
        expect(page).to_have_url(chosen)

    def test_its_pin_is_dragged(self, context: BrowserContext, stored: Served) -> None:
        page = open_county(context, stored)
        page.wait_for_function(AT_REST)
        box = pin_of(page).bounding_box()
        assert box
        lake = county_point(10, -14)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        x, y = pixels_of(page, lake.lon, lake.lat)
        page.mouse.move(x, y - box["height"] / 2, steps=5)  # its tip is what points
        page.mouse.up()
        expect(rows_of(page).first).to_contain_text("Lakeshore Inn")
        page.go_back()
        expect(rows_of(page).first).to_contain_text("Basin Printing")
        expect(page.get_by_label("Home base", exact=True)).to_have_value(HOME_ADDRESS)

    def test_several(self, context: BrowserContext, stored: Served) -> None:
        """Each row's drive is from the nearest; one is removed by its button."""
        page = open_county(context, stored)
        page.goto(f"{page.url}&home=240 Main Street, Brightwater, NV")
        expect(pin_of(page)).to_have_count(2)
        expect(page.get_by_role("list", name="Home bases").locator("li")).to_have_count(2)
        page.get_by_role("button", name=f"Remove {HOME_ADDRESS}").click()
        expect(pin_of(page)).to_have_count(1)
        expect(page.locator("#where")).to_contain_text("Brightwater")
        page.get_by_role("button", name="Another home base").click()
        expect(pin_of(page)).to_have_count(2)


class TestLimits:
    def test_moved_by_hand_and_by_keys(self, context: BrowserContext, stored: Served) -> None:
        """Counts, funnel and table follow each move."""
        page = open_county(context, stored)
        expect_chosen(page, 29)
        expect_funnel(page, 49, 47, 38, 29, 29)
        most = page.get_by_label("At most")
        most.fill("30")
        expect(page.locator("#limit-told")).to_have_text("up to 30 minutes")
        expect_chosen(page, 16)
        expect(rows_of(page)).to_have_count(16)
        for _ in range(5):
            most.press("ArrowLeft")
        expect(page.locator("#limit-told")).to_have_text("up to 25 minutes")
        expect_chosen(page, 9)
        page.get_by_label("At least").fill("2")
        expect(page.locator("#limit-told")).to_have_text("2 – 25 minutes")
        expect_chosen(page, 1)
        assert names_of(page) == ["Flat Copper Works"]  # a P.O. box may be nearer than it seems

    def test_in_miles(self, context: BrowserContext, stored: Served) -> None:
        """Northbank is three miles away, whatever the drive."""
        page = open_county(context, stored)
        page.get_by_role("button", name="miles", exact=True).click()
        expect(page.locator("#limit-told")).to_have_text("up to 50 miles")
        page.get_by_label("At most").fill("4")
        expect(rows_of(page).filter(has_text="Northbank Machine Works")).to_be_visible()
        expect(rows_of(page).filter(has_text="Flat Copper Works")).to_have_count(0)
        page.get_by_role("button", name="minutes", exact=True).click()
        expect(page.locator("#limit-told")).to_have_text("up to 50 minutes")
        expect_chosen(page, 29)

    def test_an_end_beyond_the_track_stays(self, context: BrowserContext, stored: Served) -> None:
        """Moving the other handle changes the other end alone."""
        page = open_county(context, stored, minutes="10-120")
        told, least = page.locator("#limit-told"), page.get_by_label("At least")
        expect(told).to_have_text("10 – 120 minutes")
        least.fill("20")
        expect(told).to_have_text("20 – 120 minutes")
        page = open_county(context, stored, minutes="30+")
        told, least = page.locator("#limit-told"), page.get_by_label("At least")
        least.fill("35")
        expect(told).to_have_text("35 – any minutes")
        assert "minutes=35%2B" in page.url
        least.fill("0")
        expect(told).to_have_text("up to any minutes")
        page.get_by_label("At most").fill("30")
        expect(told).to_have_text("up to 30 minutes")
        expect_chosen(page, 16)


class TestSizes:
    def test_another_size(self, context: BrowserContext, stored: Served) -> None:
        page = open_county(context, stored)
        page.locator("#sizes summary").click()
        page.get_by_role("textbox", name="Computers", exact=True).fill("30-50")
        expect(rows_of(page).filter(has_text="Basin Printing")).to_have_count(0)
        expect(rows_of(page).filter(has_text="Halt Dairy")).to_be_visible()
        page.get_by_label("Computers: any").check()
        expect(rows_of(page).filter(has_text="Sagebrush Software")).to_be_visible()
        expect(page.get_by_role("textbox", name="Computers", exact=True)).to_be_disabled()
        page.get_by_label("Computers: any").uncheck()
        expect_chosen(page, 29)

    def test_what_is_no_size_is_said_at_its_field(
        self, context: BrowserContext, stored: Served, seen: Seen
    ) -> None:
        """Until it is one."""
        seen.meant.append("status of 422")
        page = open_county(context, stored)
        page.locator("#sizes summary").click()
        computers = page.get_by_role("textbox", name="Computers", exact=True)
        computers.fill("a few")
        expect(page.get_by_role("alert")).to_contain_text("computers")
        expect(computers).to_have_attribute("aria-invalid", "true")
        computers.fill("10-50")
        expect(page.locator("#fault")).to_be_hidden()

    def test_an_industry(self, context: BrowserContext, stored: Served) -> None:
        page = open_county(context, stored)
        page.locator("#sizes summary").click()
        page.get_by_label("Industry: words or codes").fill("5412")
        expect(rows_of(page).filter(has_text="Halt Dairy")).to_have_count(0)
        expect(rows_of(page).filter(has_text="Halt Tax Service")).to_be_visible()


def test_words(context: BrowserContext, stored: Served) -> None:
    """They narrow what is shown, not what is counted."""
    page = open_county(context, stored)
    page.get_by_label("Words in the rows").fill("dairy")
    expect_chosen(page, 1)
    assert names_of(page) == ["Halt Dairy"]
    expect_funnel(page, 49, 47, 38, 29, 29)
    page.get_by_label("Words in the rows").fill("")
    expect_chosen(page, 29)


def test_verdicts(context: BrowserContext, stored: Served) -> None:
    """Each is switched on and off; what may pass says what it lacks."""
    page = open_county(context, stored)
    switches = page.locator("#verdicts")
    expect(switches.locator(".chip")).to_have_text(["pass 29", "maybe 7", "fail 13"])
    switches.get_by_role("button", name="fail").click()
    expect_chosen(page, 42)
    switches.get_by_role("button", name="pass").click()
    expect_chosen(page, 13)
    expect(rows_of(page).first.get_by_role("img", name="fail")).to_be_visible()
    page.get_by_role("button", name="Place not known 3").click()
    expect_chosen(page, 3)
    expect(rows_of(page).filter(has_text="Atlantis Imports")).to_be_visible()
    page.get_by_role("button", name="Place not known 3").click()
    expect_chosen(page, 29)


def test_a_pile_without_rows_is_left(context: BrowserContext, stored: Served) -> None:
    """A link may ask for one that this list has none of."""
    page = open_county(context, stored, doubt="advisers", verdict="maybe")
    expect_chosen(page, 0)
    page.get_by_role("button", name="Advisers not known 0").click()
    expect_chosen(page, 29)


def test_partners_on_and_off(context: BrowserContext, stored: Served) -> None:
    page = open_county(context, stored)
    page.wait_for_function(AT_REST)
    switch = page.get_by_role("button", name="Partners")
    switch.click()
    page.wait_for_function(f"() => ({DATA_OF})('partners').length > 0")
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.click()
    page.wait_for_function(f"() => ({DATA_OF})('partners').length === 0")
    expect(switch).to_have_attribute("aria-pressed", "false")
