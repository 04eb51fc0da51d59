"""How the page looks in each state: accessible in light and dark, and whole on narrow screens."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.geo.regions.sample.firms import prospects_csv
from tests.pages.accessible import assert_accessible
from tests.pages.conftest import PATIENCE_MS, Seen
from tests.pages.stored import page_of, store_list
from tests.served import Served

BOOKS = Path(__file__).parents[2] / "examples" / "clients.csv"
LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1280, 390, 320)]
LEAST_PX = 24  # WCAG 2.2, 2.5.8
ROWS = "#table tbody tr:not(.gap)"
# What sticks out of the window to the right; what lies in a box that scrolls by itself does not.
STICKS_OUT = """() => [...document.querySelectorAll("body *")].filter((one) => {
  if (one.closest(".wide, .scroller, #map, .hidden, .skip") && !one.matches(".wide, .scroller"))
    return false;
  return one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1;
}).map((one) => one.outerHTML.slice(0, 100))"""
# Controls that are too small to be hit; a checkbox with its label.
TOO_SMALL = """(least) => [...document.querySelectorAll("button, input, select, summary")]
  .filter((one) => one.checkVisibility({ checkVisibilityCSS: true }) && one.type !== "range")
  .map((one) => [one, (one.closest("label") ?? one).getBoundingClientRect()])
  .filter(([one, { width, height }]) => Math.min(width, height) < least && one.type !== "checkbox")
  .map(([one, { width, height }]) => `${one.outerHTML.slice(0, 80)} ${width} ${height}`)"""


@pytest.fixture(scope="session")
def county_list(server: Served) -> str:
    """The sample county's list, stored."""
    store_list(server, "looks", prospects_csv())
    return "looks"


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def looked_at(request: pytest.FixtureRequest, browser: Browser, seen: Seen) -> Iterator[Page]:
    """An empty page in that scheme, so wide."""
    scheme, width = request.param
    made = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    made.set_default_timeout(PATIENCE_MS)
    seen.watch(made)
    yield made.new_page()
    made.close()


def first_visit(page: Page) -> None:
    """As it opens."""
    page.locator("[data-view=prospects]").click()


def card(page: Page) -> None:
    """A row's card, all verdicts shown."""
    page.locator("#verdicts .chip", has_text="maybe").click()
    page.locator(ROWS).first.click()
    expect(page.locator(".card")).to_contain_text("Located")


def limits(page: Page) -> None:
    """The limits of sizes and the choice of columns, open."""
    page.locator("#sizes summary").click()
    page.locator("#columns summary").click()


def suggestions(page: Page) -> None:
    """A home base half typed."""
    page.locator("#home").fill("Larkf")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")


def download(page: Page) -> None:
    """The dialog with what labels may be told."""
    page.get_by_role("button", name="Download").click()
    page.locator("#kind").select_option("labels")


def importing(page: Page) -> None:
    """The dialog with what a file's columns mean."""
    file = {"name": "county.csv", "mimeType": "text/csv", "buffer": prospects_csv().encode()}
    page.locator("#file").set_input_files(file)
    expect(page.get_by_label("The first rows")).to_contain_text("Basin Printing")


def clients(page: Page) -> None:
    """The report of the books, with the week."""
    page.locator("[data-view=clients]").click()
    page.locator("#books").set_input_files(BOOKS)
    expect(page.locator(".answers")).to_be_visible()
    expect(page.locator(".keys")).to_be_visible()


def maps(page: Page) -> None:
    """The regions that are there, and what another would take."""
    page.locator("[data-view=maps]").click()
    expect(page.locator(".regions")).to_contain_text("sample")


STATES: tuple[Callable[[Page], None], ...] = (
    first_visit,
    card,
    limits,
    suggestions,
    download,
    importing,
    clients,
    maps,
)


def test_every_state_is_accessible_and_whole(
    looked_at: Page, server: Served, county_list: str
) -> None:
    """Each from the county's rows: axe finds nothing, nothing sticks out, all can be hit."""
    for show in STATES:
        looked_at.goto(page_of(server, county_list))
        expect(looked_at.locator(ROWS).first).to_be_visible()
        show(looked_at)
        assert_accessible(looked_at)
        assert looked_at.evaluate(STICKS_OUT) == [], show.__name__
        wide = looked_at.evaluate("document.scrollingElement.scrollWidth - innerWidth")
        assert wide <= 0, show.__name__
        assert looked_at.evaluate(TOO_SMALL, LEAST_PX) == [], show.__name__


def test_without_a_question_it_says_what_is_missing(looked_at: Page, server: Served) -> None:
    """There is a home base, and no list is chosen."""
    looked_at.goto(f"{server.url}/?home=Larkfield")
    expect(looked_at.locator("#views")).to_be_visible()
    assert_accessible(looked_at)
    assert looked_at.evaluate(STICKS_OUT) == []


# The least contrast of a mark's edge with the ground of its map: the edge shows the form where
# the colour inside, of the minutes, does not stand out.
CONTRAST = """() => {
  const light = (colour) => {
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const layers = window.sweetspotMap.getStyle().layers;
  const grounds = layers.filter(({ type }) => type === "background")
    .map(({ paint }) => paint["background-color"]);
  const edges = [...document.querySelectorAll(".mark")].map((one) => getComputedStyle(one).stroke);
  const all = [edges, grounds].map((colours) => colours.map(light));
  return Math.min(...all[0].flatMap((edge) => all[1].map((ground) =>
    (Math.max(edge, ground) + 0.05) / (Math.min(edge, ground) + 0.05))));
}"""


def test_marks_stand_out_from_the_map(looked_at: Page, server: Served, county_list: str) -> None:
    """Their edges at least 3 to 1, in light and dark; each verdict has a form of its own."""
    looked_at.goto(page_of(server, county_list, verdict="all"))
    expect(looked_at.locator(f"{ROWS} .mark").first).to_be_visible()
    looked_at.wait_for_function("() => window.sweetspotMap?.isStyleLoaded()")
    assert looked_at.evaluate(CONTRAST) >= 3
    forms = {
        looked_at.locator(f".legend [aria-label={verdict}] path").get_attribute("d")
        for verdict in ("pass", "maybe", "fail")
    }
    assert len(forms) == 3


def test_map_and_table_are_both_at_hand(looked_at: Page, server: Served, county_list: str) -> None:
    """With the last rows in sight, the map is too, and so is a row's card, whole."""
    looked_at.goto(page_of(server, county_list))
    row = looked_at.locator(ROWS).nth(3)
    row.click()
    box = looked_at.locator(".card").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= looked_at.evaluate("innerWidth")
    expect(looked_at.locator(".card")).to_be_in_viewport(ratio=0.99)
    expect(looked_at.locator("#map")).to_be_in_viewport(ratio=0.5)
    expect(row).to_be_in_viewport()


def test_a_quiet_map_does_not_fly(looked_at: Page, server: Served, county_list: str) -> None:
    """Where less motion is wanted it is there at once."""
    looked_at.goto(page_of(server, county_list))
    expect(looked_at.locator(ROWS).first).to_be_visible()
    looked_at.wait_for_function("() => window.sweetspotMap?.loaded()")
    steps = looked_at.evaluate("""() => {
      let steps = 0;
      window.sweetspotMap.on("move", () => { steps += 1; });
      document.querySelector(".maplibregl-ctrl-zoom-in").click();
      return new Promise((resolve) =>
        window.sweetspotMap.once("idle", () => resolve(steps)));
    }""")
    assert steps == 1
