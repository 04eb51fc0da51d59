"""The page opens, alone on its host; and what would not be so is seen."""

import shutil

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.pages.accessible import assert_accessible
from tests.pages.acting import expect_chosen, rows_of
from tests.pages.conftest import Seen, opening
from tests.pages.stored import page_of
from tests.served import Served

REFUSED = "violates the following Content Security Policy directive"


def test_it_has_a_map(page: Page, seen: Seen) -> None:
    """MapLibre draws under the page's policy, its worker too."""
    expect(page).to_have_title("Sweetspot")
    expect(page.locator("canvas.maplibregl-canvas")).to_be_visible()
    asked = {one.url.rpartition("/")[2] for one in seen.requests}
    assert {"maplibre-gl.mjs", "maplibre-gl-worker.mjs", "maplibre-gl.css"} <= asked


def test_a_browser_that_can_t_draw_has_the_rest(browser: Browser, stored: Served) -> None:
    """As over a remote desktop without WebGL: it is said, and the table answers."""
    plain = browser.browser_type.launch(
        executable_path=shutil.which("chromium"), args=["--disable-3d-apis"]
    )
    with opening(plain, seen := Seen()) as context:
        page = context.new_page()
        page.goto(page_of(stored, "county"))
        expect(page.locator("#map")).to_contain_text("WebGL2 is required")
        expect(rows_of(page).first).to_be_visible()
        rows_of(page).first.click()
        expect(page.locator("#choose-home")).to_be_hidden()
        expect(page.locator("#more-homes")).to_be_hidden()
        page.get_by_role("slider", name="At most").first.press("ArrowLeft")
        expect_chosen(page, 28)
        assert_accessible(page)
    plain.close()
    assert seen.faults == []


def test_it_is_accessible(page: Page) -> None:
    expect(page.locator("canvas.maplibregl-canvas")).to_be_visible()
    assert_accessible(page)


def test_a_second_visit_loads_nothing_anew(page: Page, seen: Seen) -> None:
    """But asks whether what it has is the newest."""
    expect(page.locator("canvas.maplibregl-canvas")).to_be_visible()
    first = len(seen.requests)
    page.reload()
    expect(page.locator("canvas.maplibregl-canvas")).to_be_visible()
    again = [one.response() for one in seen.requests[first:] if "/lib/" in one.url]
    assert again
    assert {got.status for got in again if got} <= {200, 304}


def test_the_documentation_asks_the_api(context: BrowserContext, server: Served) -> None:
    """All of it comes from here, and a question can be tried out."""
    page = context.new_page()
    page.goto(f"{server.url}/docs")
    health = page.locator("[id$=healthz_get]")
    health.locator(".opblock-summary-control").click()
    health.get_by_role("button", name="Try it out").click()
    health.get_by_role("button", name="Execute").click()
    expect(health.locator(".live-responses-table tbody .response-col_status")).to_have_text("200")


# --- what a test would fail of -----------------------------------------------------------------


def test_another_host_is_seen(context: BrowserContext, seen: Seen) -> None:
    """Here from an empty page, which has no policy."""
    page = context.new_page()
    page.evaluate("fetch('http://tiles.example/1.png').catch(() => null)")
    assert seen.elsewhere == ["http://tiles.example/1.png"]
    seen.requests.clear()
    seen.faults.clear()


def test_what_breaks_the_policy_is_refused_and_seen(page: Page, seen: Seen) -> None:
    """A script in the page, a style, another host."""
    for script in (
        "document.body.append(Object.assign(document.createElement('script'), {text: '1'}))",
        "document.body.innerHTML += '<p style=\"color: red\">'",
        "fetch('http://tiles.example/1.png').catch(() => null)",
        "new Worker(URL.createObjectURL(new Blob(['1']))).onerror = () => null",
    ):
        page.evaluate(f"() => {{ {script} }}")
        page.wait_for_timeout(200)
        assert [one for one in seen.faults if REFUSED in one], script
        seen.faults.clear()
    assert seen.elsewhere == []


def test_an_error_is_seen(page: Page, seen: Seen) -> None:
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('broken') })")
    assert seen.faults == ["broken"]
    seen.faults.clear()
