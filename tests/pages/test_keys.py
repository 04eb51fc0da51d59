"""API keys: asked for once where the server wants one, and remembered by the tab alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.geo.regions.sample.county import prospects_csv
from app.store.access import KeyRequest, create_key, revoke_key
from app.store.database import Database, open_database
from tests.pages.acting import (
    AT_REST,
    drop_file,
    expect_chosen,
    import_looked_at,
    store_county,
    type_home,
)
from tests.pages.conftest import Seen
from tests.served import Served, serve

HOME = "350 Main Street, Larkfield, NV"
UNAUTHORIZED = "401"


@dataclass(frozen=True)
class Keyed:
    """A server that wants a key, two that it takes, and where keys are."""

    served: Served
    key: str
    other: str
    database: Database


def make_key(database: Database) -> str:
    return create_key(database, KeyRequest("page", "default", "write", 10_000, 10))


@pytest.fixture
def keyed(data: Path, seen: Seen) -> Iterator[Keyed]:
    """That each answer of 401 is an error on the console is meant to happen here."""
    seen.meant.append(UNAUTHORIZED)
    with open_database("", data) as database:
        database.migrate()
        key, other = make_key(database), make_key(database)
        with serve(data) as served:
            yield Keyed(served, key, other, database)


def give_key(page: Page, key: str) -> None:
    """Type it into the dialog that asks for one."""
    dialog = page.get_by_role("dialog", name="API key")
    dialog.get_by_label("Key").fill(key)
    dialog.get_by_role("button", name="Use it").click()


def test_it_is_asked_for_once_a_tab(keyed: Keyed, context: BrowserContext) -> None:
    """With it all works, over a reload, too; another tab asks again."""
    page = context.new_page()
    page.goto(f"{keyed.served.url}/")
    dialog = page.get_by_role("dialog", name="API key")
    expect(dialog).to_contain_text("key")
    give_key(page, keyed.key)
    expect(dialog).to_be_hidden()
    store_county(page)
    type_home(page, HOME)
    expect_chosen(page, 29)
    expect(dialog).to_be_hidden()
    page.reload()
    expect_chosen(page, 29)
    expect(dialog).to_be_hidden()
    other = context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("dialog", name="API key")).to_be_visible()
    assert keyed.key not in page.url


def test_a_wrong_one_is_asked_for_again(keyed: Keyed, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{keyed.served.url}/")
    dialog = page.get_by_role("dialog", name="API key")
    expect(dialog).to_be_visible()
    give_key(page, "ein Schlüssel")  # no header can have it: it is not sent
    expect(dialog.locator("#key:invalid")).to_be_visible()
    give_key(page, "sk_sweetspot_wrong")
    expect(dialog).to_contain_text("unknown or was revoked")
    give_key(page, keyed.key)
    expect(dialog).to_be_hidden()
    page.wait_for_function(AT_REST)
    expect(page.locator(".maplibregl-ctrl-attrib")).to_contain_text("OpenStreetMap")


def test_a_revoked_one_is_asked_for_again(keyed: Keyed, context: BrowserContext) -> None:
    """With the reason; with another one, what was asked is answered."""
    page = context.new_page()
    page.goto(f"{keyed.served.url}/?home={HOME}")
    give_key(page, keyed.key)
    store_county(page)
    expect_chosen(page, 29)
    revoke_key(keyed.database, keyed.key)
    dialog = page.get_by_role("dialog", name="API key")
    limit = page.get_by_label("At most")
    for most in range(31, 60):  # processes hear of it within seconds
        limit.fill(f"{most}")
        expect(page.locator("#limit-told")).to_have_text(f"up to {most} minutes")
        if dialog.is_visible():
            break
        page.wait_for_timeout(200)
    expect(dialog).to_contain_text("revoked")
    give_key(page, keyed.other)
    expect(dialog).to_be_hidden()
    expect(page.locator("#count strong")).to_be_visible()


def test_without_one_it_is_said_that_one_is_wanted(keyed: Keyed, context: BrowserContext) -> None:
    """Escape closes the dialog; what was asked says why it has no answer."""
    page = context.new_page()
    page.goto(f"{keyed.served.url}/?lists=county&home={HOME}")
    dialog = page.get_by_role("dialog", name="API key")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#fault:visible")).to_contain_text("an API key is wanted")


def test_a_preview_outlasts_its_key(keyed: Keyed, context: BrowserContext) -> None:
    """What was dropped need not be dropped again, whatever key it was looked at with."""
    page = context.new_page()
    page.goto(f"{keyed.served.url}/")
    give_key(page, keyed.key)
    drop_file(page, "county.csv", prospects_csv())
    preview = page.get_by_role("dialog", name="Import county.csv")
    expect(preview).to_contain_text("49 rows")
    page.evaluate("sessionStorage.setItem('sweetspot-key', 'sk_sweetspot_revoked')")
    preview.get_by_label("Address is read as").select_option("")
    give_key(page, keyed.key)
    expect(preview.get_by_label("Address is read as")).to_have_value("")
    import_looked_at(page)
