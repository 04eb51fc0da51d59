"""The page in a browser: its weight, its first rows, what a change takes, and what it holds.

A change is answered when the counts and the table show it, and drawn when the map stands still.
JS is what the page's own thread worked, drawing apart. WebGL runs without a graphics card here.
"""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from app.geo.driving.embedded.serving import free_port
from app.geo.regions.build import build_region
from app.settings import Settings
from bench.data import HONOLULU, coordinates, find_extract, find_retailers
from bench.servers import Running, sweetspot
from bench.sizes import choose_size
from bench.stored import run_command, write_list
from bench.tables import print_head, print_row

SIZES = choose_size((1_000, 20_000, 100_000), (50, 60, 70))
MOVES = choose_size(200, 4)
FLAGS = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
HANDLE = "[aria-label='At most']"
FIRST = "() => document.querySelector('#table tbody tr:not(.gap)') !== null"
AT_REST = "() => window.sweetspotMap?.loaded() && !window.sweetspotMap.isMoving()"
SHOWN = "() => performance.getEntriesByName('sweetspot: shown').length"


@dataclass(frozen=True)
class Change:
    """Milliseconds until a change was shown in counts and table, of JS, until the map had it."""

    shown: float
    script: float
    drawn: float


def read_metrics(devtools: CDPSession) -> dict[str, float]:
    """What the browser counts of the page."""
    told = devtools.send("Performance.getMetrics")["metrics"]
    return {one["name"]: one["value"] for one in told}


def make_change(page: Page, devtools: CDPSession, press: str, key: str) -> Change:
    """One key in that control; what came of it."""
    control = page.locator(press)
    control.focus()
    page.wait_for_function(AT_REST)
    script, many = read_metrics(devtools)["ScriptDuration"], page.evaluate(SHOWN)
    begun = time.perf_counter()
    page.keyboard.press(key)
    page.wait_for_function(f"(many) => ({SHOWN})() > many", arg=many)
    shown = time.perf_counter() - begun
    page.wait_for_function(AT_REST)
    drawn = time.perf_counter() - begun
    worked = read_metrics(devtools)["ScriptDuration"] - script
    return Change(shown * 1000, worked * 1000, drawn * 1000)


def load_page(page: Page, devtools: CDPSession, url: str) -> tuple[float, float]:
    """Seconds from navigation to the first rows, and compressed kilobytes until it is drawn."""
    bytes_got: list[float] = []
    devtools.send("Network.enable")
    devtools.on("Network.loadingFinished", lambda one: bytes_got.append(one["encodedDataLength"]))
    begun = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_function(FIRST)
    first = time.perf_counter() - begun
    page.wait_for_function(AT_REST)
    return first, sum(bytes_got) / 1000


def open_page(context: BrowserContext) -> tuple[Page, CDPSession]:
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Performance.enable")
    return page, devtools


def page_url(server: Running, n: int) -> str:
    asked = {"lists": f"list-{n}", "home": coordinates(HONOLULU), "verdict": "all"}
    return f"{server.url}/?{urlencode(asked)}"


def show_size(browser: Browser, server: Running, n: int) -> None:
    """A row for a list of that size: the best of three changes of each kind."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page, devtools = open_page(context)
    first, weight = load_page(page, devtools, page_url(server, n))
    figures = [f"{first:.2f}", f"{weight:.0f}"]
    moves = [make_change(page, devtools, HANDLE, "ArrowLeft") for _ in range(3)]
    words = [make_change(page, devtools, "#text", key) for key in "mar"]
    for kind in (moves, words):
        best = min(kind, key=lambda one: one.shown)
        figures += [f"{best.shown:.0f}", f"{best.script:.0f}", f"{best.drawn:.0f}"]
    print_row(f"{n:,}", *figures)
    context.close()


def read_held(devtools: CDPSession, server: Running) -> dict[str, float]:
    """What page and server hold once the rubbish is out."""
    devtools.send("HeapProfiler.collectGarbage")
    counts = read_metrics(devtools)
    resident = Path(f"/proc/{server.pid}/statm").read_text().split()[1]
    return {
        "JS heap, MB": counts["JSHeapUsedSize"] / 1e6,
        "DOM nodes": counts["Nodes"],
        "listeners": counts["JSEventListeners"],
        "server, MB": int(resident) * os.sysconf("SC_PAGE_SIZE") / 1e6,
    }


def show_held(browser: Browser, server: Running, n: int) -> None:
    """What is held before and after many moves of a limit, there and back."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page, devtools = open_page(context)
    load_page(page, devtools, page_url(server, n))
    told = []
    for _ in range(3):
        for turn in range(MOVES // 2):
            make_change(page, devtools, HANDLE, "ArrowLeft" if turn % 20 < 10 else "ArrowRight")
        told.append(read_held(devtools, server))
    print(f"\n{n:,} rows, held after {MOVES // 2} moves of a limit and after as many again:\n")
    print_head("", *(f"{(turn + 1) * (MOVES // 2)} moves" for turn in range(3)))
    for name in told[0]:
        print_row(name, *(f"{one[name]:,.1f}" for one in told))
    context.close()


def main() -> None:
    with TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = Path(temporary)
        data = Settings(data_dir=folder / "data").data_dir
        build_region(data / "regions", "oahu", [find_extract("honolulu", folder)])
        for n in SIZES:
            source = folder / f"list{n}.csv"
            write_list(source, find_retailers(folder), n)
            run_command(data, "list", "import", str(source), "--name", f"list {n}", "--quiet")
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS])
        with sweetspot(data, free_port()) as server:
            print_head(
                "rows", "first rows, s", "kB", "limit moved: shown ms", "of it JS", "map at rest",
                "word typed: shown ms", "of it JS", "map at rest",
            )  # fmt: skip
            for n in SIZES:
                show_size(browser, server, n)
            show_held(browser, server, SIZES[0])
        browser.close()


if __name__ == "__main__":
    main()
