"""The static files of the page, as the server sends them; in a browser: tests/pages."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.routers.pages import MEDIA, PAGES
from app.settings import Settings
from tests.served import local_client

FILES = [path for path in sorted(PAGES.rglob("*.*")) if path.suffix in MEDIA]

ABOVE = (
    "..%2fmain.py",
    "%2e%2e%2f%2e%2e%2fpyproject.toml",
    "lib/..%2fpage.mjs",
    "lib/..%2f..%2fmain.py",
)
NO_FILES = (*ABOVE, "nothing.mjs", "lib", "lib%2f", "lib/nothing.mjs", "package-lock.json")
NO_FILES += ("lib/package-lock.json", "a%00.css", "a" * 5000 + ".css")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with local_client(Settings(data_dir=tmp_path_factory.mktemp("data"))) as made:
        yield made


def path_of(file: Path) -> str:
    return f"/page/{file.relative_to(PAGES)}"


def test_every_file_is_served_as_it_is(client: TestClient) -> None:
    """Ours and those that are packed, with the media type that a browser wants to see."""
    assert {file.suffix for file in FILES} == set(MEDIA)
    for file in FILES:
        got = client.get(path_of(file))
        assert (got.status_code, got.content) == (200, file.read_bytes())
        assert got.headers["content-type"].partition(";")[0] == MEDIA[file.suffix]
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'; script-src 'self';" in got.headers["content-security-policy"]
    assert client.get("/").content == (PAGES / "index.html").read_bytes()
    assert client.get("/docs").content == (PAGES / "docs.html").read_bytes()


@pytest.mark.parametrize("path", ["/", "/docs", "/page/page.mjs", "/page/lib/maplibre-gl.mjs"])
def test_what_the_browser_has_is_not_sent_again(client: TestClient, path: str) -> None:
    """It asks each time, so that a new version is seen at once."""
    first = client.get(path)
    assert first.headers["cache-control"] == "no-cache"
    again = client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200


def test_they_are_compressed(client: TestClient) -> None:
    path = "/page/lib/maplibre-gl.mjs"
    with client.stream("GET", path, headers={"accept-encoding": "gzip"}) as got:
        sent = b"".join(got.iter_raw())
    assert gzip.decompress(sent) == client.get(path).content
    assert len(sent) < 310_000  # of 1,110,000


@pytest.mark.parametrize("name", NO_FILES)
def test_nothing_else_is_served(client: TestClient, name: str) -> None:
    """Neither what lies elsewhere nor what is no file of a page."""
    got = client.get(f"/page/{name}")
    assert got.status_code in {401, 404}
    assert got.headers["content-type"] == "application/problem+json"


def test_other_tiles_may_be_asked_where_they_are_set(client: TestClient, tmp_path: Path) -> None:
    """Their host and no other."""
    assert "http" not in client.get("/").headers["content-security-policy"]
    url = "https://tiles.example:8443/a/{z}/{x}/{y}.png"
    with local_client(Settings(data_dir=tmp_path, tiles_url=url)) as other:
        policy = other.get("/page/lib/maplibre-gl-worker.mjs").headers["content-security-policy"]
    assert "img-src 'self' data: blob: https://tiles.example:8443;" in policy
    assert "connect-src 'self' https://tiles.example:8443;" in policy
    assert policy.count("https") == 2
