"""Rows, as they are looked at: in the table, on the map, on a card, at an address of their own."""

from playwright.sync_api import BrowserContext, Page, expect

from app.geo.regions.sample.county import HOME_ADDRESS
from tests.pages.acting import (
    AT_REST,
    DATA_OF,
    click_map,
    expect_chosen,
    names_of,
    open_county,
    row_named,
    rows_of,
)
from tests.served import Served


def picked_of(page: Page) -> list[str]:
    """The rows of the table that are picked."""
    return page.locator("#table tr.picked td:first-child").all_inner_texts()


def point_of(page: Page, name: str) -> tuple[float, float]:
    """Where the API says that the row of that name lies."""
    url = page.url.partition("?")[0] + "v1/lists/county/prospects"
    rows = page.request.get(url, params={"home": HOME_ADDRESS, "limit": 100}).json()["prospects"]
    return next((row["lon"], row["lat"]) for row in rows if row["name"] == name)


def test_sorted_by_a_header(context: BrowserContext, stored: Served) -> None:
    """Once from one end, again from the other."""
    page = open_county(context, stored)
    header = page.get_by_role("columnheader", name="Business")
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    expect(rows_of(page).first).to_contain_text("Basin Printing")
    expect(rows_of(page).nth(1)).to_contain_text("Box & Carton")
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "descending")
    expect(rows_of(page).first).to_contain_text("Water Street Press")
    assert names_of(page) == sorted(names_of(page), key=str.casefold, reverse=True)


def test_columns_of_the_list(context: BrowserContext, stored: Served) -> None:
    """On demand, in the address, so that a link has them, too."""
    page = open_county(context, stored)
    page.locator("#columns summary").click()
    page.get_by_label("Phone", exact=True).check()
    expect(row_named(page, "Basin Printing")).to_contain_text("775-555-0100")
    page.reload()
    expect(page.get_by_role("columnheader", name="Phone")).to_be_visible()
    expect(row_named(page, "Basin Printing")).to_contain_text("775-555-0100")
    page.locator("#columns summary").click()
    page.get_by_label("Phone", exact=True).uncheck()
    expect(page.get_by_role("columnheader", name="Phone")).to_have_count(0)
    page.goto(f"{page.url}&columns=Fax")
    expect(page.get_by_role("columnheader", name="Fax")).to_be_visible()
    page.locator("#columns summary").click()
    page.get_by_label("Fax", exact=True).click()  # it is gone then, as no row has it
    expect(page.get_by_role("columnheader", name="Fax")).to_have_count(0)


def test_a_click_opens_the_card(context: BrowserContext, stored: Served) -> None:
    """Why it passed, line by line, and as a ring how well its place is known."""
    page = open_county(context, stored)
    row_named(page, "Box & Carton").click()
    card = page.locator(".card")
    expect(card.get_by_role("heading")).to_contain_text("Box & Carton")
    expect(card.locator("li")).to_contain_text(["limit 50", "computers 11, within 10-50"])
    expect(card).to_contain_text("placed by its postcode")
    ring = page.evaluate(DATA_OF, "ring")
    assert len(ring[0]["geometry"]["coordinates"]) == 65
    page.locator(".maplibregl-popup-close-button").click()
    expect(card).to_have_count(0)
    assert page.evaluate(DATA_OF, "ring") == []
    assert picked_of(page) == []
    assert "row=" not in page.url


def test_the_keyboard_opens_it(context: BrowserContext, stored: Served) -> None:
    page = open_county(context, stored)
    page.locator("#table .scroller").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".card")).to_contain_text("Larkfield Dental")
    page.keyboard.press("Escape")
    expect(page.locator(".card")).to_have_count(0)
    page.keyboard.press("End")
    expect(row_named(page, "Gulch Assay Office")).to_be_in_viewport()


def test_a_failed_one_says_why(context: BrowserContext, stored: Served) -> None:
    page = open_county(context, stored, verdict="fail")
    row_named(page, "Sagebrush Software").click()
    expect(page.locator(".card")).to_contain_text("computers 120")


def test_a_mark_on_the_map_picks_its_row(context: BrowserContext, stored: Served) -> None:
    """It comes into sight in the table, with its card."""
    page = open_county(context, stored, sort="-minutes")
    click_map(page, *point_of(page, "Flat Copper Works"))
    expect(page.locator(".card")).to_contain_text("Flat Copper Works")
    picked = page.locator("#table tr.picked")
    expect(picked).to_contain_text("Flat Copper Works")
    expect(picked).to_be_in_viewport()


def test_from_mark_to_mark(context: BrowserContext, stored: Served) -> None:
    """A card gives way to the next one's, and is its row's no longer."""
    page = open_county(context, stored)
    for name in ("Flat Copper Works", "Halt Dairy"):
        lon, lat = point_of(page, name)
        page.wait_for_function(AT_REST)
        page.evaluate(
            "([lon, lat]) => sweetspotMap.jumpTo({center: [lon, lat], zoom: 15})", [lon, lat]
        )
        click_map(page, lon, lat)
        expect(page.locator(".card")).to_have_count(1)
        expect(page.locator(".card")).to_contain_text(name)
        expect(page.locator("#table tr.picked")).to_contain_text(name)
        assert "row=county:" in page.url


def test_what_is_pointed_at_is_marked_on_both_sides(
    context: BrowserContext, stored: Served
) -> None:
    page = open_county(context, stored)
    page.wait_for_function(AT_REST)
    row_named(page, "Basin Printing").hover()
    page.wait_for_function(f"() => ({DATA_OF})('mark').length === 1")
    page.locator("#where").hover()
    page.wait_for_function(f"() => ({DATA_OF})('mark').length === 0")


def test_the_address_shows_the_same(context: BrowserContext, stored: Served) -> None:
    """After a reload, and in another tab, with the row that was looked at."""
    page = open_county(context, stored)
    page.get_by_label("At most").fill("30")
    page.get_by_role("button", name="maybe").click()
    page.get_by_role("columnheader", name="Business").get_by_role("button").click()
    expect(page.get_by_role("columnheader", name="Business")).to_have_attribute(
        "aria-sort", "ascending"
    )
    row_named(page, "Halt Dairy").click()
    expect(page.locator(".card")).to_contain_text("Halt Dairy")
    many, names = page.locator("#count").inner_text(), names_of(page)
    other = context.new_page()
    other.goto(page.url)
    page.reload()
    for one in (page, other):
        expect(one.locator(".card")).to_contain_text("Halt Dairy")
        expect(one.locator("#count")).to_have_text(many)
        expect(one.locator("#limit-told")).to_have_text("up to 30 minutes")
        expect(one.get_by_label("At most")).to_have_value("30")
        assert names_of(one) == names
        assert [text.strip() for text in picked_of(one)] == ["Halt Dairy"]


def test_back_and_forward(context: BrowserContext, stored: Served) -> None:
    """From a step to the one before it, all of it; its card is gone where it had none."""
    page = open_county(context, stored)
    home = page.get_by_label("Home base", exact=True)
    home.fill("240 Main Street, Brightwater, NV")
    home.press("Enter")
    expect(rows_of(page).first).to_contain_text("Brightwater Bookkeeping")
    row_named(page, "Soto & Lind").click()
    expect(page.locator(".card")).to_contain_text("Soto & Lind")
    page.go_back()
    expect(rows_of(page).first).to_contain_text("Basin Printing")
    expect_chosen(page, 29)
    expect(home).to_have_value(HOME_ADDRESS)
    expect(page.locator(".card")).to_have_count(0)
    page.go_forward()
    expect(rows_of(page).first).to_contain_text("Brightwater Bookkeeping")
    expect(page.locator(".card")).to_contain_text("Soto & Lind")
    page.get_by_role("button", name="Maps").click()
    expect(page.get_by_role("heading", name="Maps")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Maps")).to_be_hidden()
    expect(row_named(page, "Soto & Lind")).to_be_visible()
