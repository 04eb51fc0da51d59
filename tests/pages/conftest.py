"""A real browser before a real server: Debian's chromium, driven by Playwright.

Each test fails where its page asks another host, writes an error to the console, or breaks the
policy of the page.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    sync_playwright,
)

from app.geo.regions.region import Region
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


@dataclass
class Seen:
    """What the pages of one test did. `faults`: what the console said is wrong, and what broke.

    A test takes out of `faults` what it means to happen.
    """

    requests: list[Request] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

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
        if line.type == "error":
            self.faults.append(line.text)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium (tests/chromium.sh)."""
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
def seen() -> Iterator[Seen]:
    """What the test's pages do; at its end they must have asked nobody else and said no error."""
    made = Seen()
    yield made
    assert made.elsewhere == []
    assert made.faults == []


@pytest.fixture
def context(browser: Browser, seen: Seen) -> Iterator[BrowserContext]:
    """A browser's window without a past, as wide as a laptop's."""
    made = browser.new_context(viewport={"width": 1280, "height": 800})
    made.set_default_timeout(PATIENCE_MS)
    seen.watch(made)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, server: Served) -> Page:
    """The page of that server, open."""
    made = context.new_page()
    made.goto(f"{server.url}/")
    return made
