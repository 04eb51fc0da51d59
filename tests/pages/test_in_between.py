"""What comes late, in pieces, or not at first, on its way between the page and its server."""

from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.pages.acting import AT_REST, answer_once, expect_chosen, open_county, row_named, rows_of
from tests.pages.conftest import Seen
from tests.served import Served

ANSWERS, POINTS, DRAWS = "**/prospects?*", "**/points?*", "**/lib/maplibre-gl.mjs"
DRAWN = "() => window.sweetspotMap.queryRenderedFeatures({layers: ['points', 'clusters']}).length"


class Held:
    """Requests that wait until they are let go."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.routes: list[Route] = []
        self.page, self.holding = page, True
        page.route(pattern, self.hold)

    def hold(self, route: Route) -> None:
        if self.holding:
            self.routes.append(route)
        else:
            route.continue_()

    def wait(self) -> None:
        """Until there is one."""
        while not self.routes:
            self.page.wait_for_timeout(20)

    def let_go(self) -> None:
        """They are answered; later ones don't wait."""
        self.holding = False
        for route in self.routes:
            route.continue_()


def test_a_late_answer_is_not_shown(context: BrowserContext, stored: Served) -> None:
    """The home base was taken away while it was on its way."""
    page = open_county(context, stored)
    held = Held(page, ANSWERS)
    page.get_by_label("At most").fill("30")
    held.wait()
    home = page.get_by_label("Home base", exact=True)
    home.fill("")
    home.press("Enter")
    expect(page.locator("#hint:visible")).to_have_text("Set the home base.")
    held.let_go()
    page.wait_for_timeout(500)
    expect(page.locator("#hint")).to_be_visible()
    expect(page.locator("#count strong")).to_have_count(0)
    expect(rows_of(page)).to_have_count(0)


def test_the_first_rows_wait_for_no_map(context: BrowserContext, stored: Served) -> None:
    """What draws it is most of the page. What was meant for it meanwhile is on it then."""
    page = context.new_page()
    held = Held(page, DRAWS)
    page.goto(f"{stored.url}/?lists=county&home=350 Main Street, Larkfield, NV")
    expect_chosen(page, 29)
    expect(row_named(page, "Basin Printing")).to_be_visible()
    assert held.routes
    assert page.evaluate("window.sweetspotMap === undefined")
    held.let_go()
    page.wait_for_function(AT_REST)
    expect(page.locator(".pin")).to_have_count(1)
    page.wait_for_function(DRAWN)


def test_an_answer_in_part_is_asked_again(context: BrowserContext, stored: Served) -> None:
    page = open_county(context, stored)
    answer_once(context, ANSWERS, 200, '{"chosen": 16, "pros')
    page.get_by_label("At most").fill("30")
    expect_chosen(page, 16)
    expect(page.locator("#fault")).to_be_hidden()


def test_points_that_were_refused_are_asked_again(
    context: BrowserContext, stored: Served, seen: Seen
) -> None:
    """The table had its rows already."""
    seen.meant.append("status of 503")
    answer_once(context, POINTS, 503, "{}")
    page = open_county(context, stored)
    page.wait_for_function(AT_REST)
    page.wait_for_function(DRAWN)
