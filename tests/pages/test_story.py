"""From a file that is dropped to a sheet of labels, as a consultant goes."""

import csv
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import BrowserContext, Download, Page, expect

from app.geo.regions.sample.county import HOME_ADDRESS, prospects_csv
from tests.pages.acting import (
    COUNTY,
    choose_file,
    download_as,
    drop_file,
    expect_chosen,
    import_looked_at,
    row_named,
    rows_of,
    type_home,
)
from tests.served import Served
from tests.shared import DATA, needs_data


def read_rows(taken: Download) -> Sequence[dict[str, str]]:
    """The rows of a CSV that was downloaded."""
    with Path(taken.path()).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def look_at_county(page: Page) -> None:
    """What its preview says: how columns are read, three rows."""
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name=f"Import {COUNTY}")).to_be_visible()
    expect(dialog).to_contain_text("49 rows")
    expect(dialog.get_by_label("Company Name is read as")).to_have_value("name")
    expect(dialog.get_by_label("ZIP Code is read as")).to_have_value("postcode")
    first = dialog.get_by_role("group", name="The first rows")
    expect(first.locator("tbody tr")).to_have_count(3)
    expect(first.locator("tbody tr").first).to_contain_text("775-555-0100")


def test_the_county_from_drop_to_labels(own: Served, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{own.url}/")
    expect(page.locator("#hint:visible")).to_have_text("Add a list, or choose one.")
    drop_file(page, COUNTY, prospects_csv())
    look_at_county(page)
    import_looked_at(page)
    expect(page.get_by_role("button", name="county 49")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#hint:visible")).to_have_text("Set the home base.")
    type_home(page, HOME_ADDRESS)
    expect_chosen(page, 29)
    expect(page.locator("#where")).to_have_text(f"from {HOME_ADDRESS}")
    row_named(page, "Halt Dairy").click()
    expect(page.locator(".card")).to_contain_text("by road, limit 50")
    page.get_by_role("button", name="Download").click()
    rows = read_rows(download_as(page, "csv"))
    assert len(rows) == 29
    assert {row["sweetspot_verdict"] for row in rows} == {"pass"}
    assert rows[0]["Company Name"] == "Basin Printing"
    sheet = download_as(page, "labels")
    assert Path(sheet.path()).read_bytes().startswith(b"%PDF")


def test_another_meaning_of_a_column_is_seen_and_imported(
    own: Served, context: BrowserContext
) -> None:
    """The three rows show it at once, and the list is read so."""
    page = context.new_page()
    page.goto(f"{own.url}/")
    drop_file(page, COUNTY, prospects_csv())
    dialog = page.get_by_role("dialog")
    first = dialog.get_by_role("group", name="The first rows")
    expect(first).to_contain_text("420 Main Street")
    dialog.get_by_label("Address is read as").select_option("")
    expect(first).not_to_contain_text("420 Main Street")
    dialog.get_by_label("Address is read as").select_option("line")
    expect(first).to_contain_text("420 Main Street")
    dialog.get_by_label("Computers is read as").select_option("employees")
    expect(dialog.get_by_label("Employees is read as", exact=True)).to_have_value("")
    dialog.get_by_label("Name", exact=True).fill("Teal firms")
    import_looked_at(page)
    expect(page.get_by_role("button", name="Teal firms 49")).to_be_visible()
    type_home(page, HOME_ADDRESS)
    row_named(page, "Hale & Byrne Accounting").click()
    expect(page.locator(".card")).to_contain_text("employees 18, within 10-100")


@needs_data
def test_real_retailers_on_real_roads(page: Page) -> None:
    """O'ahu's shops, from Honolulu: chosen by the browser's dialog, taken as labels."""
    choose_file(page, DATA / "lists" / "hawaii-retailers.csv")
    expect(page.get_by_role("dialog")).to_contain_text("1,270 rows")
    import_looked_at(page)
    type_home(page, "1111 Bishop Street, Honolulu, HI 96813")
    expect(page.locator("#where")).to_contain_text("Honolulu")
    expect(page.locator("#count")).to_contain_text("of 1,270")
    expect(page.locator("#count strong")).not_to_have_text("0")
    expect(rows_of(page).first).to_contain_text("min")
    page.get_by_role("button", name="Download").click()
    rows = read_rows(download_as(page, "csv"))
    expect_chosen(page, len(rows))
    assert {row["County"] for row in rows} == {"HONOLULU"}
    assert Path(download_as(page, "labels").path()).read_bytes().startswith(b"%PDF")
