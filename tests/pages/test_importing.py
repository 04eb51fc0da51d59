"""Lists on their way in, and what may come between: refusals, cancels, reloads, a server gone."""

from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from app.geo.regions.sample.county import HOME_ADDRESS, prospects_csv
from tests.pages.acting import (
    COUNTY,
    answer_once,
    drop_file,
    expect_chosen,
    import_looked_at,
    press_import,
    row_named,
    rows_of,
    store_county,
)
from tests.pages.conftest import Seen
from tests.served import Request, Served, serve

HEADER, *FIRMS = prospects_csv().splitlines()
MANY = 20_000  # rows, of which an import takes some seconds
TWO_CLAIM = """Company,Address,City,State,ZIP,Employees,Number of employees
Halt Dairy,440 Main Street,Cedar Halt,NV,00102,88,20
"""
GONE = "net::ERR_"


def many_rows() -> str:
    """The county's firms again and again, each under another name."""
    repeated = (f"{at} {FIRMS[at % len(FIRMS)]}" for at in range(MANY))
    unquoted = (row.replace('"', "", 2) if '"' in row.split(",")[0] else row for row in repeated)
    return "\n".join([HEADER, *unquoted]) + "\n"


class TestRefused:
    def test_no_list_at_all(self, page: Page, seen: Seen) -> None:
        """A letter has no columns: it is said what was looked for, and nothing can be imported."""
        seen.meant.append("status of 422")
        drop_file(page, "letter.txt", "Dear Sir,\nthank you for your letter.\n")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("alert")).to_contain_text("no address column")
        expect(dialog.get_by_role("button", name="Import")).to_be_disabled()
        dialog.get_by_role("button", name="Cancel").click()
        expect(dialog).to_be_hidden()

    def test_an_unclear_column_is_asked_for(self, own: Served, context: BrowserContext) -> None:
        """Two columns claim the employees; the chosen one is what rows are judged by."""
        page = context.new_page()
        page.goto(f"{own.url}/?home={HOME_ADDRESS}")
        drop_file(page, "firms.csv", TWO_CLAIM)
        dialog = page.get_by_role("dialog")
        asked = dialog.get_by_label("both claim employees")
        expect(asked).to_be_visible()
        expect(dialog.get_by_role("button", name="Import")).to_be_disabled()
        asked.select_option("Number of employees")
        expect(asked).to_have_count(0)
        import_looked_at(page)
        row_named(page, "Halt Dairy").click()
        expect(page.locator(".card")).to_contain_text("employees 20, within 10-100")

    def test_columns_that_leave_no_place_are_refused(
        self, own: Served, context: BrowserContext, seen: Seen
    ) -> None:
        """The choice is undone, so that another one can be made."""
        seen.meant.append("status of 422")
        page = context.new_page()
        page.goto(f"{own.url}/")
        drop_file(page, "towns.csv", "Company,City\nHalt Dairy,Cedar Halt\n")
        dialog = page.get_by_role("dialog")
        city = dialog.get_by_label("City is read as")
        city.focus()
        city.select_option("")
        expect(dialog.get_by_role("alert")).to_contain_text("no address column")
        expect(city).to_have_value("city")
        expect(city).to_be_focused()
        expect(dialog.get_by_role("button", name="Import")).to_be_enabled()


class TestLong:
    def test_it_goes_on_over_a_reload(self, own: Served, context: BrowserContext) -> None:
        """Its progress is shown again, and at its end it is what is asked."""
        page = context.new_page()
        page.goto(f"{own.url}/?home={HOME_ADDRESS}")
        drop_file(page, "many.csv", many_rows())
        press_import(page)
        expect(page.locator(".job").get_by_role("button", name="Cancel")).to_be_visible()
        page.reload()
        expect(page.locator(".job")).to_contain_text("20,000 rows imported as many")
        expect(page.locator("#count")).to_contain_text("of 20,000")

    def test_somebody_else_s_moves_nothing(self, own: Served, context: BrowserContext) -> None:
        """It is there to be chosen at its end; what is asked stays what it was."""
        page = context.new_page()
        page.goto(f"{own.url}/?home={HOME_ADDRESS}")
        store_county(page)
        expect_chosen(page, 29)
        own.ask(Request("POST", "/v1/lists?name=many", many_rows().encode()))
        page.reload()
        expect(page.locator(".job")).to_contain_text("20,000 rows imported as many")
        expect(page.get_by_role("button", name="many 20,000")).to_be_visible()
        expect_chosen(page, 29)

    def test_it_can_be_cancelled(self, own: Served, context: BrowserContext) -> None:
        page = context.new_page()
        page.goto(f"{own.url}/?home={HOME_ADDRESS}")
        drop_file(page, "many.csv", many_rows())
        press_import(page)
        page.locator(".job").get_by_role("button", name="Cancel").click()
        expect(page.locator(".job")).to_have_text("It was cancelled.×")
        page.locator(".job").get_by_role("button", name="Close").click()
        expect(page.locator(".job")).to_have_count(0)
        expect(page.locator("#hint:visible")).to_have_text("Add a list, or choose one.")
        expect(page.locator("#chosen-lists button")).to_have_count(0)

    def test_a_cancel_that_fails_is_said(
        self, own: Served, context: BrowserContext, seen: Seen
    ) -> None:
        """Beside how far the import is, which goes on."""
        seen.meant.append("status of 500")
        page = context.new_page()
        page.goto(f"{own.url}/?home={HOME_ADDRESS}")
        drop_file(page, "many.csv", many_rows())
        answer_once(context, "**/cancel", 500, '{"detail": "the database is away"}')
        press_import(page)
        page.locator(".job").get_by_role("button", name="Cancel").click()
        expect(page.locator(".job .fault:visible")).to_have_text("the database is away")
        expect(page.locator(".job")).to_contain_text("20,000 rows imported as many")


class TestAway:
    """The server stops and comes back where it was."""

    def test_a_question_is_asked_again_by_itself(
        self, data: Path, context: BrowserContext, seen: Seen
    ) -> None:
        seen.meant.append(GONE)
        with serve(data) as first:
            page = context.new_page()
            page.goto(f"{first.url}/?home={HOME_ADDRESS}")
            store_county(page)
            expect_chosen(page, 29)
        page.get_by_label("At most").fill("30")
        expect(page.locator("#fault:visible")).to_contain_text("The server does not answer")
        with serve(data, "--port", str(first.port)):
            expect_chosen(page, 16)
            expect(page.locator("#fault")).to_be_hidden()

    def test_an_import_goes_on(self, data: Path, context: BrowserContext, seen: Seen) -> None:
        seen.meant.append(GONE)
        with serve(data) as first:
            page = context.new_page()
            page.goto(f"{first.url}/?home={HOME_ADDRESS}")
            drop_file(page, "many.csv", many_rows())
            press_import(page)
            expect(page.locator(".job").get_by_role("button", name="Cancel")).to_be_visible()
        expect(page.locator(".job")).to_contain_text("The server does not answer")
        with serve(data, "--port", str(first.port)):
            expect(page.locator(".job")).to_contain_text("20,000 rows imported as many")
            expect(page.locator("#count")).to_contain_text("of 20,000")


def test_a_list_that_is_deleted_while_it_is_looked_at(
    own: Served, context: BrowserContext, seen: Seen
) -> None:
    """It is said that there is none, its rows are gone from the page, and others can be chosen."""
    seen.meant.append("status of 404")
    page = context.new_page()
    page.goto(f"{own.url}/?home={HOME_ADDRESS}")
    store_county(page)
    expect_chosen(page, 29)
    status, *_ = own.ask(Request("DELETE", "/v1/lists/county"))
    assert status == 200
    page.get_by_label("At most").fill("30")
    expect(page.locator("#fault:visible")).to_contain_text("county")
    gone = page.locator("#chosen-lists button")
    expect(gone).to_contain_text("can't be asked")
    gone.click()
    expect(gone).to_have_count(0)
    expect(rows_of(page)).to_have_count(0)
    drop_file(page, COUNTY, prospects_csv())
    import_looked_at(page)
    expect_chosen(page, 16)
    expect(page.locator("#fault")).to_be_hidden()
