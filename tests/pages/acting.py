"""What people do on the page: files are dropped, questions are changed, rows are looked at."""

from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext, Download, Locator, Page, Route, expect

from app.geo.regions.sample.county import HOME_ADDRESS, prospects_csv
from tests.served import Served

COUNTY = "county.csv"
COUNTY_QUESTION = {"lists": "county", "home": HOME_ADDRESS}
HOLD = """([name, text]) => {
  const held = new DataTransfer();
  held.items.add(new File([text], name));
  return held;
}"""
PIXELS = """([lon, lat]) => {
  const box = document.getElementById("map").getBoundingClientRect();
  const { x, y } = window.sweetspotMap.project([lon, lat]);
  return [box.left + x, box.top + y];
}"""
DATA_OF = "(name) => window.sweetspotMap.getSource(name).serialize().data.features"
AT_REST = "() => window.sweetspotMap?.loaded() && !window.sweetspotMap.isMoving()"


def drop_file(page: Page, name: str, text: str) -> None:
    """Drag it over the page and let it go there."""
    held = page.evaluate_handle(HOLD, [name, text])
    for event in ("dragover", "drop"):
        page.dispatch_event("#panel", event, {"dataTransfer": held})


def choose_file(page: Page, path: Path) -> None:
    """By the button and the browser's own dialog."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add a list").click()
    chooser.value.set_files(path)


def import_looked_at(page: Page) -> None:
    """Import the file of the open dialog, and wait until it is there."""
    press_import(page)
    expect(page.locator(".job").last).to_contain_text("imported as")


def press_import(page: Page) -> None:
    """Import the file of the open dialog once it has been read."""
    page.get_by_role("dialog").get_by_role("button", name="Import").click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def type_home(page: Page, address: str) -> None:
    """Say where home is, whole and by hand."""
    page.get_by_label("Home base", exact=True).fill(address)
    page.keyboard.press("Enter")


def open_county(context: BrowserContext, server: Served, **question: str) -> Page:
    """A page on which the county's list, stored before, is asked from its home base."""
    page = context.new_page()
    page.goto(f"{server.url}/?{urlencode(COUNTY_QUESTION | question)}")
    expect(page.locator("#count strong")).to_be_visible()
    return page


def store_county(page: Page) -> None:
    """Drop the county's list and import it as it is."""
    drop_file(page, COUNTY, prospects_csv())
    import_looked_at(page)


def rows_of(page: Page) -> Locator:
    """The table's rows in sight."""
    return page.locator("#table tbody tr:not(.gap)")


def row_named(page: Page, name: str) -> Locator:
    """The table's row of that business."""
    return rows_of(page).filter(has_text=name)


def names_of(page: Page) -> list[str]:
    """The businesses in the table's order."""
    return [text.strip() for text in rows_of(page).locator("td:first-child").all_inner_texts()]


def expect_chosen(page: Page, many: int) -> None:
    """So many rows are what is shown."""
    expect(page.locator("#count strong")).to_have_text(f"{many:,}")


def click_map(page: Page, lon: float, lat: float) -> None:
    """Click on the map where that point is."""
    page.mouse.click(*pixels_of(page, lon, lat))


def pixels_of(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Where that point is on the screen, once the map stands still and has drawn all."""
    page.wait_for_function(AT_REST)
    x, y = page.evaluate(PIXELS, [lon, lat])
    return x, y


def download_as(page: Page, kind: str) -> Download:
    """What is shown, in that form, by the dialog that is open for it."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("As", exact=True).select_option(kind)
    with page.expect_download() as taken:
        dialog.get_by_role("button", name="Download").click()
    expect(dialog.get_by_role("status")).to_contain_text("Downloaded")
    return taken.value


def answer_once(context: BrowserContext, pattern: str, status: int, body: str) -> None:
    """The next request of that pattern is answered so; later ones are as ever."""

    def answer(route: Route) -> None:
        route.fulfill(status=status, body=body, content_type="application/json")

    context.route(pattern, answer, times=1)
