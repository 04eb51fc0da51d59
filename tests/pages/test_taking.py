"""What is shown, taken away: the same rows in every form."""

import csv
from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from tests.pages.acting import answer_once, download_as, expect_chosen, names_of, open_county
from tests.pages.conftest import Seen
from tests.served import Served

# A print that tells so: a browser without a window has no printer.
PRINTS = "() => { window.print = () => { window.printed = true; }; }"


def test_a_csv_has_what_is_shown(context: BrowserContext, stored: Served) -> None:
    """The rows that are narrowed, in the order of the table, with all of the list's own cells."""
    page = open_county(context, stored, text="halt", sort="-minutes")
    expect(page.get_by_role("button", name="Download")).to_be_enabled()
    names = names_of(page)
    page.get_by_role("button", name="Download").click()
    taken = download_as(page, "csv")
    assert taken.suggested_filename == "county.csv"
    with Path(taken.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["Company Name"] for row in rows] == names
    assert all(row["Phone"].startswith("775-555-") for row in rows)


def test_every_form_is_made(context: BrowserContext, stored: Served) -> None:
    """Each with what it wants, as its fields say."""
    page = open_county(context, stored)
    page.get_by_role("button", name="Download").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Take 29 rows")
    for kind, starts in {"xlsx": b"PK", "geojson": b"{", "parquet": b"PAR1", "calls": b""}.items():
        assert Path(download_as(page, kind).path()).read_bytes().startswith(starts)
    expect(dialog.get_by_label("Calls a day")).to_be_visible()


def test_labels(context: BrowserContext, stored: Served) -> None:
    """A preview of five rows is a preview; a sheet that nobody makes is refused in words."""
    page = open_county(context, stored)
    page.get_by_role("button", name="Download").click()
    dialog = page.get_by_role("dialog")
    assert Path(download_as(page, "labels").path()).read_bytes().startswith(b"%PDF")
    expect(dialog.get_by_role("status")).to_contain_text("taken 29")
    dialog.get_by_label("Only a preview").check()
    assert Path(download_as(page, "labels").path()).read_bytes().startswith(b"%PDF")
    expect(dialog.get_by_role("status")).to_contain_text("taken 5")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_very_many_rows_are_taken_by_a_job(
    context: BrowserContext, stored: Served, seen: Seen
) -> None:
    """Where the server says that they are too many for one answer; the file is the same."""
    seen.meant.append("status of 413")
    page = open_county(context, stored)
    page.get_by_role("button", name="Download").click()
    at_once = Path(download_as(page, "vcard").path()).read_bytes()
    answer_once(context, "**/exports/vcard*", 413, '{"detail": "too many rows"}')
    assert Path(download_as(page, "vcard").path()).read_bytes() == at_once
    jobs = [one.url for one in seen.requests if "/v1/exports/" in one.url]
    assert len(jobs) == 1


def test_on_paper(context: BrowserContext, stored: Served) -> None:
    """The rows with their reasons as a plain table, and nothing else of the page."""
    page = open_county(context, stored, minutes="30")
    expect_chosen(page, 16)
    page.evaluate(PRINTS)
    page.get_by_role("button", name="Print").click()
    page.wait_for_function("() => window.printed")
    page.emulate_media(media="print")
    sheet = page.locator("#sheet")
    expect(sheet).to_be_visible()
    expect(page.locator("main")).to_be_hidden()
    expect(sheet.locator("tbody tr")).to_have_count(16)
    expect(sheet).to_contain_text("computers 20, within 10-50")
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(sheet).to_have_count(0)
    expect(page.locator("main")).to_be_visible()


def test_rows_that_never_come_are_not_printed(
    context: BrowserContext, stored: Served, seen: Seen
) -> None:
    """The page says why, and can be asked again."""
    seen.meant.append("status of 500")
    page = open_county(context, stored)
    page.evaluate(PRINTS)
    answer_once(context, "**/prospects?*limit=2000*", 500, '{"detail": "the engine has ended"}')
    page.get_by_role("button", name="Print").click()
    expect(page.locator("#fault:visible")).to_have_text("the engine has ended")
    assert page.evaluate("window.printed === undefined")
    expect(page.locator("#sheet")).to_have_count(0)
    page.get_by_role("button", name="Print").click()
    page.wait_for_function("() => window.printed")
    expect(page.locator("#fault")).to_be_hidden()
