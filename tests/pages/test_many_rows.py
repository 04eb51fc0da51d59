"""1,000, 20,000 and 100,000 rows: the page stays as small, and shows the last question's answer.

How long each change took is printed for the log, never asserted; bench/page.py measures it.
"""

import sys
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Seen
from tests.pages.stored import HONOLULU, make_retailers, page_of, store_list
from tests.served import Served
from tests.shared import needs_data

SIZES = (1_000, 20_000, 100_000)
ROWS = "#table tbody tr:not(.gap)"
MOST_IN_PAGE = 200  # rows that the page holds, whatever the list has
MEASURED = """() => performance.getEntriesByType("measure").map(
  ({ name, duration }) => `${name.replace("sweetspot: ", "")} ${Math.round(duration)} ms`)"""

pytestmark = needs_data


@pytest.fixture(scope="module", params=SIZES, ids=lambda n: f"{n}_rows")
def many(request: pytest.FixtureRequest, server: Served) -> tuple[str, int]:
    """A stored list of so many rows, and how many they are."""
    name = f"many-{request.param}"
    store_list(server, name, make_retailers(request.param))
    return name, request.param


@pytest.fixture
def shown(page: Page, server: Served, many: tuple[str, int]) -> Page:
    """The page with all rows of that list, by minutes."""
    page.goto(page_of(server, many[0], HONOLULU, verdict="all", sort="minutes"))
    expect(page.locator("#count")).to_contain_text(f"{many[1]:,} of {many[1]:,}")
    expect(page.locator(ROWS).first).to_be_visible()
    return page


def ask_counts(page: Page, name: str, **asked: str) -> dict[str, Any]:
    """What the API says of all rows of that list."""
    url = f"{page.url.partition('/?')[0]}/v1/lists/{name}/prospects"
    params = {"home": HONOLULU, "verdict": "all", "limit": "0", **asked}
    told: dict[str, Any] = page.request.get(url, params=params).json()  # type: ignore[arg-type]
    return told


def move_limit(page: Page, minutes: int) -> None:
    """As its handle does."""
    page.get_by_label("At most").evaluate(
        "(handle, value) => { handle.value = value; handle.dispatchEvent(new Event('input')); }",
        minutes,
    )


def test_the_page_holds_few_of_them(shown: Page, many: tuple[str, int]) -> None:
    """However far one scrolls; the rows go on in their order."""
    table = shown.locator(".scroller")
    for _ in range(4):
        before = table.evaluate("one => one.scrollHeight")
        table.evaluate("one => { one.scrollTop = one.scrollHeight; }")
        shown.wait_for_function(
            "before => document.querySelector('.scroller').scrollHeight > before", arg=before
        )
        assert shown.locator(ROWS).count() < MOST_IN_PAGE
        if shown.locator(ROWS).last.get_attribute("aria-rowindex") == str(many[1] + 1):
            break
    minutes = [
        float(text.removesuffix(" min"))
        for text in shown.locator(f"{ROWS} td:nth-child(4)").all_inner_texts()
        if text
    ]
    assert len(minutes) > 10
    assert all(one <= other for one, other in pairwise(minutes))


def test_the_last_of_many_moves_is_shown(
    shown: Page, many: tuple[str, int], seen: Seen, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each gives up the question before; the map has points while they are few, else tiles."""
    for minutes in (55, 44, 33, 22, 11):
        move_limit(shown, minutes)
    expect(shown.locator("#limit-told")).to_have_text("up to 11 minutes")
    counts = ask_counts(shown, many[0], minutes="11")["counts"]
    passed = shown.locator("#verdicts .chip", has_text="pass")
    expect(passed).to_contain_text(f"{counts['passed']:,}")
    shown.wait_for_function("() => window.sweetspotMap?.loaded()")
    drawn = [one.url for one in seen.requests if f"/lists/{many[0]}/" in one.url]
    few = many[1] <= 20_000
    assert any("/points?" in url for url in drawn) == few
    assert any("/tiles/" in url for url in drawn) != few
    with capfd.disabled():
        sys.stderr.write(f"\n{many[1]:,} rows: {', '.join(shown.evaluate(MEASURED))}\n")


def test_words_narrow_them(shown: Page, many: tuple[str, int]) -> None:
    """To as many as the API says, and the table has as many."""
    shown.get_by_label("Words in the rows").fill("mart 77")
    found = ask_counts(shown, many[0], text="mart 77")
    assert 0 < found["chosen"] < many[1]
    expect(shown.locator("#count strong")).to_have_text(f"{found['chosen']:,}")
    table = shown.get_by_role("table", name="Prospects")
    expect(table).to_have_attribute("aria-rowcount", str(found["chosen"] + 1))
