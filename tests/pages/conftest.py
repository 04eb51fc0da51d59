"""A real browser before a real server: Debian's chromium, driven by Playwright.

Each test fails where its page asks another host, writes an error to the console, or breaks the
policy of the page.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)

from app.geo.regions.region import Region
from tests.pages.acting import store_county
from tests.served import HOST, Served, serve
from tests.shared import DATA

# WebGL without a graphics card; and no look-up of its own of any host but this machine.
FLAGS = (
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    f"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE {HOST}",
    "--disable-dev-shm-usage",
)
PATIENCE_MS = 60_000  # machines are shared and noisy
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Seen:
    """What the pages of one test did. `faults`: what the console said is wrong, and what broke.

    A test takes out of `faults` what it means to happen, or names a part of it in `meant` before.
    """

    requests: list[Request] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    meant: list[str] = field(default_factory=list)
    ended: bool = False

    @property
    def elsewhere(self) -> list[str]:
        """What was asked of other hosts."""
        urls = [one.url for one in self.requests]
        return [url for url in urls if urlsplit(url).hostname not in {HOST, None}]

    def watch(self, context: BrowserContext) -> None:
        """Record what each page of it does from now on, its workers' requests too."""
        context.on("request", lambda one: self.requests.append(one))  # noqa: PLW0108  it wants one
        context.on("weberror", lambda error: self.faults.append(str(error.error)))
        context.on("console", self._read)

    def _read(self, line: ConsoleMessage) -> None:
        """What breaks the policy is told there as an error, too."""
        if (
            line.type == "error"
            and not self.ended
            and not any(part in line.text for part in self.meant)
        ):
            self.faults.append(line.text)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's chromium (tests/chromium.sh).

    Until Playwright is stopped no test elsewhere can run an event loop of its own in this thread.
    """
    found = shutil.which("chromium")
    assert found, "no chromium here: `sh tests/chromium.sh` installs it"
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=found, args=[*FLAGS])
        yield made
        made.close()


@pytest.fixture(scope="session")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server with the sample county and, where the real data is, O'ahu; its jobs its own."""
    folder = tmp_path_factory.mktemp("page")
    for name in ("county", "oahu") if DATA.is_dir() else ("county",):
        region: Region = request.getfixturevalue(name)
        shutil.copytree(region.folder, folder / "regions" / region.folder.name)
    with serve(folder) as made:
        yield made


@pytest.fixture
def data(county: Region, tmp_path: Path) -> Path:
    """A data folder of the test's own, with the sample county."""
    shutil.copytree(county.folder, tmp_path / "regions" / county.folder.name)
    return tmp_path


@pytest.fixture
def own(data: Path) -> Iterator[Served]:
    """A server of the test's own over that folder, without lists."""
    with serve(data) as made:
        yield made


@pytest.fixture(scope="package")
def stored(
    browser: Browser, county: Region, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server with the sample county and its list, for tests that only ask it."""
    folder = tmp_path_factory.mktemp("stored")
    shutil.copytree(county.folder, folder / "regions" / county.folder.name)
    with serve(folder) as made:
        with opening(browser, Seen()) as context:
            page = context.new_page()
            page.goto(f"{made.url}/")
            store_county(page)
        yield made


@contextmanager
def opening(browser: Browser, seen: Seen) -> Iterator[BrowserContext]:
    """A browser's window without a past, as wide as a laptop's."""
    made = browser.new_context(viewport={"width": 1280, "height": 800})
    made.set_default_timeout(PATIENCE_MS)
    seen.watch(made)
    yield made
    for page in made.pages:
        page.evaluate("0")  # all that was said until now is heard
    seen.ended = True
    made.close()


@pytest.fixture
def seen() -> Iterator[Seen]:
    """What the test's pages do; at its end they must have asked nobody else and said no error."""
    made = Seen()
    yield made
    assert made.elsewhere == []
    assert made.faults == []


@pytest.fixture
def context(browser: Browser, seen: Seen) -> Iterator[BrowserContext]:
    """The test's window."""
    with opening(browser, seen) as made:
        yield made


@pytest.fixture
def page(context: BrowserContext, server: Served) -> Page:
    """The page of that server, open."""
    made = context.new_page()
    made.goto(f"{server.url}/")
    return made
