"""Everything from a file is text, wherever it is shown: nothing in it is read as markup."""

from playwright.sync_api import BrowserContext, Page, expect

from app.geo.regions.sample.county import HOME_ADDRESS
from tests.pages.acting import drop_file, expect_chosen, import_looked_at, rows_of
from tests.pages.conftest import Seen
from tests.pages.test_taking import PRINTS
from tests.served import Served

EVIL = '<img src=x onerror="window.broken = true">'
CELL = EVIL.replace('"', '""')
FILE = f'''Company,Address,City,State,ZIP,Industry,"{CELL}"
"{CELL}",440 Main Street,Cedar Halt,NV,00102,"{CELL}","{CELL}"
'''
BOOKS = f'''Client,Address,City,State,ZIP,Industry,Computers,Hours,Revenue,Trusted advisers
"{CELL}",220 3rd Avenue,Larkfield,NV,00101,"{CELL}",12,14,"$21,600","{CELL}"
Halt Dairy,440 Main Street,Cedar Halt,NV,00102,"{CELL}",30,9,"$9,600","{CELL}"
'''
IMAGES = "() => document.querySelectorAll('img[src=x], img[onerror]').length"


def assert_text(page: Page, seen: Seen) -> None:
    """No image was made of it, none was asked for, and it did not run."""
    assert page.evaluate(IMAGES) == 0
    assert page.evaluate("() => window.broken") is None
    assert not [one.url for one in seen.requests if one.url.endswith("/x")]


def test_of_a_list(own: Served, context: BrowserContext, seen: Seen) -> None:
    """In its preview, the table and its head, the card, on the map and on paper."""
    page = context.new_page()
    page.goto(f"{own.url}/?home={HOME_ADDRESS}")
    drop_file(page, f"{EVIL.replace('/', '')}.csv", FILE)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_contain_text(EVIL)
    expect(dialog.get_by_role("group", name="The first rows")).to_contain_text(EVIL)
    expect(dialog.get_by_role("group", name="Columns")).to_contain_text(EVIL)
    assert_text(page, seen)
    import_looked_at(page)
    expect(page.locator("#chosen-lists")).to_contain_text(EVIL)
    expect_chosen(page, 1)
    page.locator("#columns summary").click()
    page.get_by_label(EVIL, exact=True).check()
    expect(page.get_by_role("columnheader", name=EVIL)).to_be_visible()
    expect(rows_of(page).first.locator("td").last).to_have_text(EVIL)
    page.locator("#columns summary").click()
    rows_of(page).first.locator("td").first.click()
    expect(page.locator(".card").get_by_role("heading")).to_contain_text(EVIL)
    page.evaluate(PRINTS)
    page.get_by_role("button", name="Print").click()
    expect(page.locator("#sheet")).to_contain_text(EVIL)
    assert_text(page, seen)


def test_of_books(own: Served, context: BrowserContext, seen: Seen) -> None:
    page = context.new_page()
    page.goto(f"{own.url}/?home={HOME_ADDRESS}&view=clients")
    page.locator("#books").set_input_files(
        {"name": "books.csv", "mimeType": "text/csv", "buffer": BOOKS.encode()}
    )
    clients = page.get_by_role("group", name="Clients").locator("tbody td:first-child")
    expect(clients).to_have_text([EVIL, "Halt Dairy"])
    assert_text(page, seen)


def test_of_a_link(context: BrowserContext, stored: Served, seen: Seen) -> None:
    """What somebody sends in an address: a home base, words, a column, a list."""
    seen.meant.append("status of 4")
    page = context.new_page()
    for query in (f"lists=county&home={EVIL}", f"lists={EVIL}&home=x&text={EVIL}&columns={EVIL}"):
        page.goto(f"{stored.url}/?{query}")
        expect(page.get_by_role("alert")).to_be_visible()
        assert_text(page, seen)
