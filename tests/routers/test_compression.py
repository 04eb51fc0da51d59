"""What is compressed, that it is the same, and that what flows goes on flowing."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.testclient import TestClient

from app.routers.compression import Compression
from app.routers.exchange import MEDIA

ROW = b'{"name": "Halt Dairy", "verdict": "pass", "minutes": 25.8}\n'
BODY = ROW * 5000
TEXTS = (
    *(MEDIA[kind] for kind in ("csv", "geojson", "json")),
    "application/vnd.mapbox-vector-tile",
)
ELSE = (
    MEDIA["xlsx"],
    MEDIA["zip"],
    "application/pdf",
    "application/vnd.apache.parquet",
    "text/event-stream",
)
TAG = '"abc"'


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """Of an application that sends BODY: at once, in pieces, as a file."""
    probe = FastAPI()
    (tmp_path / "rows").write_bytes(BODY)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(5000):
            yield ROW

    @probe.get("/whole")
    def whole(media: str) -> Response:
        return Response(BODY, media_type=media, headers={"ETag": TAG, "Vary": "Accept"})

    @probe.get("/pieces")
    def streamed(media: str) -> Response:
        return StreamingResponse(pieces(), media_type=media)

    @probe.get("/file")
    def file(media: str) -> Response:
        return FileResponse(tmp_path / "rows", media_type=media)

    probe.add_middleware(Compression)
    with TestClient(probe) as made:
        yield made


@pytest.mark.parametrize("way", ["whole", "pieces", "file"])
@pytest.mark.parametrize("media", TEXTS)
def test_text_and_tiles_are(client: TestClient, way: str, media: str) -> None:
    """The same bytes come out; a client that takes no gzip gets them plain."""
    got = client.get(f"/{way}", params={"media": media}, headers={"accept-encoding": "br, gzip"})
    assert got.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in got.headers["vary"]
    assert got.content == BODY
    plain = client.get(f"/{way}", params={"media": media}, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["vary"]
    assert plain.content == BODY


@pytest.mark.parametrize("way", ["whole", "pieces", "file"])
@pytest.mark.parametrize("media", ELSE)
def test_what_is_compressed_already_and_events_are_not(
    client: TestClient, way: str, media: str
) -> None:
    got = client.get(f"/{way}", params={"media": media}, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in got.headers
    assert got.content == BODY


def test_a_tag_says_that_the_bytes_are_others(client: TestClient) -> None:
    """By which none goes on with a half of one where the other began; what varies, still does."""
    asked = {"params": {"media": MEDIA["json"]}}
    got = client.get("/whole", **asked, headers={"accept-encoding": "gzip"})
    assert got.headers["etag"] == f"W/{TAG}"
    assert got.headers["vary"] == "Accept, Accept-Encoding"
    assert client.get("/whole", **asked, headers={"accept-encoding": ""}).headers["etag"] == TAG


def test_a_part_of_a_file_is_sent_plain(client: TestClient) -> None:
    headers = {"accept-encoding": "gzip", "range": "bytes=100-199"}
    got = client.get("/file", params={"media": MEDIA["csv"]}, headers=headers)
    assert (got.status_code, got.content) == (206, BODY[100:200])
    assert "content-encoding" not in got.headers
