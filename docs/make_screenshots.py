"""Pictures of what comes out, into docs/: `make screenshots` runs this.

A sheet of labels and a call sheet of the sample county, the first page of each as PDFium draws it.
The page, with businesses on O'ahu that take food stamps, in light and dark, and with the example's
books, as chromium draws it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from urllib.parse import urlencode

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from app.geo.driving.embedded.serving import free_port
from app.geo.regions.sample.county import HOME_ADDRESS
from bench.data import find_extract, find_retailers
from bench.page import AT_REST, FLAGS
from bench.servers import sweetspot

HERE = Path(__file__).parent
SWEETSPOT = (sys.executable, "-m", "app")
WIDE = 900  # pixels
# What is made of the answer, and how much of its first page is shown.
SHOWN = {"labels": 0.45, "calls": 0.62}
COLOURS = 16  # enough for black letters and grey lines
PAGE_COLOURS = 256
ASKED = {
    "lists": "retailers", "home": "1001 Bishop Street, Honolulu, HI", "minutes": "5-30",
    "verdict": "pass,maybe", "sort": "minutes", "columns": "City",
}  # fmt: skip


def run(folder: Path, *args: str) -> None:
    """One command, as a user gives it, with its data in that folder."""
    env: Mapping[str, str] = {**os.environ, "SWEETSPOT_DATA_DIR": str(folder / "data")}
    subprocess.run([*SWEETSPOT, *args], cwd=folder, env=env, check=True)  # noqa: S603 -- ours


def draw_page(pdf: Path, part: float, to: Path) -> None:
    """The upper part of its first page."""
    page = pypdfium2.PdfDocument(pdf)[0]
    picture: Image.Image = page.render(scale=WIDE / page.get_width()).to_pil()
    upper = picture.crop((0, 0, picture.width, int(part * picture.height)))
    upper.convert("L").quantize(COLOURS).save(to, optimize=True)


def save_page(page: Page, name: str) -> None:
    """What the browser shows, once its map is at rest."""
    page.wait_for_function(AT_REST)
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    few = picture.quantize(PAGE_COLOURS, method=Image.Quantize.MAXCOVERAGE)  # the legend's, too
    few.save(HERE / f"{name}.png", optimize=True)


def show_rows(browser: Browser, url: str, scheme: Literal["light", "dark"], name: str) -> None:
    """The map around a home base, with a row's card open."""
    page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme=scheme)
    page.goto(f"{url}/?{urlencode(ASKED)}")
    page.locator("#table tbody tr:not(.gap)").nth(3).click()
    page.locator(".card").wait_for()
    save_page(page, name)


def show_books(browser: Browser, url: str) -> None:
    """What the example's books say."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{url}/?{urlencode({'view': 'clients', 'home': ASKED['home']})}")
    page.set_input_files("#books", HERE.parent / "examples" / "clients.csv")
    page.locator(".keys").wait_for()
    save_page(page, "page-clients")


def draw_pages(folder: Path) -> None:
    """The page, before a server with O'ahu and a list."""
    run(folder, "region", "build", "oahu", str(find_extract("honolulu", folder)), "--quiet")
    retailers = str(find_retailers(folder))
    run(folder, "list", "import", retailers, "--name", "Retailers", "--quiet")
    with sweetspot(folder / "data", free_port()) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*FLAGS]
        )
        show_rows(browser, server.url, "light", "page")
        show_rows(browser, server.url, "dark", "page-dark")
        show_books(browser, server.url)
        browser.close()


def main() -> None:
    """Make all pictures anew."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        draw_pages(folder)
        run(folder, "region", "sample", "--quiet", "--list", "sample.csv")
        run(folder, "find", "sample.csv", "--home", HOME_ADDRESS, "--quiet", "--out", "found.xlsx")
        for kind, part in SHOWN.items():
            more = ("--mailed", "2027-03-01") if kind == "calls" else ()
            args = ("--for", kind, "--out", f"{kind}.pdf", "--quiet", *more)
            run(folder, "export", "found.xlsx", *args)
            draw_page(folder / f"{kind}.pdf", part, HERE / f"{kind}.png")


if __name__ == "__main__":
    main()
