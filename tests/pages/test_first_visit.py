"""The first visit, before any map is installed, and how a map comes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from app.geo.regions.sample import county as sample
from tests.mirror import serve_mirror
from tests.pages.acting import drop_file, expect_chosen, import_looked_at, rows_of
from tests.pages.conftest import Seen
from tests.served import Request, Served, serve

SPRINGFIELD = """Company,City,State,ZIP
Forest Park Motors,Springfield,MA,01108
Harbor Law,Boston,MA,02110
"""


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Served]:
    """A server without any map."""
    with serve(tmp_path) as made:
        yield made


def test_minutes_are_estimated_and_it_is_said(bare: Served, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{bare.url}/?home=Springfield, MA 01103")
    expect(page.locator("#first-visit:visible")).to_contain_text("minutes are estimated")
    drop_file(page, "springfield.csv", SPRINGFIELD)
    import_looked_at(page)
    expect(page.locator("#count")).to_contain_text("of 2")
    page.get_by_role("button", name="maybe").click()
    page.locator("#verdicts").get_by_role("button", name="fail").click()
    expect_chosen(page, 2)
    rows_of(page).filter(has_text="Forest Park Motors").click()
    expect(page.locator(".card")).to_contain_text("estimate")
    page.get_by_role("button", name="Add a map").first.click()
    expect(page.get_by_role("heading", name="Add a map")).to_be_visible()


def test_the_sample_county_by_one_click(bare: Served, context: BrowserContext) -> None:
    """It ends with the rows of its list, and the offer is gone for good."""
    page = context.new_page()
    page.goto(f"{bare.url}/")
    page.get_by_role("button", name="Try the sample county").click()
    expect_chosen(page, 29)
    expect(rows_of(page).first).to_contain_text("Basin Printing")
    expect(page.locator("#first-visit")).to_be_hidden()
    expect(page.locator(".maplibregl-ctrl-attrib")).to_contain_text("OpenStreetMap")
    page.reload()
    expect_chosen(page, 29)
    expect(page.locator("#first-visit")).to_be_hidden()


def test_a_map_is_planned_and_built(tmp_path: Path, context: BrowserContext, seen: Seen) -> None:
    """What it takes is said before anything is downloaded; then its steps, until it is there."""
    seen.meant.append("net::ERR_")  # at the end of its server
    path = tmp_path / "county.osm.pbf"
    sample.write_county(path)
    with serve_mirror() as mirror:
        mirror.publish({"us/teal": (-118.0, 39.0, -115.0, 41.0)})
        mirror.put("/us/teal-latest.osm.pbf", path.read_bytes())
        with serve(tmp_path, download_url=mirror.url) as served:
            page = context.new_page()
            page.goto(f"{served.url}/?view=maps")
            page.get_by_label("Around").fill(f"{sample.HOME.lat},{sample.HOME.lon}")
            page.get_by_label("Miles").fill("20")
            page.get_by_role("button", name="What would it take?").click()
            expect(page.locator("#maps:visible")).to_contain_text("To download1 MB")
            assert mirror.ranges_of("/us/teal-latest.osm.pbf") == []
            page.get_by_role("button", name="Download and build").click()
            expect(page.locator("#maps .job")).to_contain_text("is there", timeout=300_000)
            expect(page.locator(".regions strong")).to_contain_text("near_")
            expect(page.locator("#first-visit")).to_be_hidden()


def test_a_map_that_is_gone_already(own: Served, context: BrowserContext, seen: Seen) -> None:
    """Deleting it is refused, which is said; as there is none now, one is offered."""
    seen.meant.append("status of 404")
    page = context.new_page()
    page.goto(f"{own.url}/?view=maps")
    delete = page.get_by_role("button", name=f"Delete {sample.NAME}")
    expect(delete).to_be_visible()
    status, *_ = own.ask(Request("DELETE", f"/v1/regions/{sample.NAME}"))
    assert status in {200, 204}
    delete.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("#maps .fault:visible")).to_contain_text(sample.NAME)
    expect(page.locator("#maps:visible")).to_contain_text("None yet.")
    expect(page.locator("#first-visit:visible")).to_contain_text("No map is installed yet")
