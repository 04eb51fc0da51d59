"""The page and the API's documentation: the static files of app/pages, for everybody.

They hold no data; what they show they ask of the API, as anybody does.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.routers import PartsDep
from app.routers.openapi import OPEN

router = APIRouter(include_in_schema=False)

PAGES = Path(__file__).parents[1] / "pages"
# What is served, by its ending: the machine's own table may know others.
MEDIA = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
# Nothing runs, is drawn or is asked but what this server sends, and `{tiles}` where such are set.
# MapLibre and Swagger UI make images of their own (data:, blob:); a worker goes by the policy of
# its own file.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:{tiles}",
        "connect-src 'self'{tiles}",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


def _headers(parts: PartsDep) -> Mapping[str, str]:
    """What each of them says of itself beside its tag."""
    url = urlsplit(parts.settings.tiles_url)
    tiles = f" {url.scheme}://{url.netloc}" if url.netloc else ""
    return {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": POLICY.format(tiles=tiles),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


HeadersDep = Annotated[Mapping[str, str], Depends(_headers)]


@router.get("/", openapi_extra=OPEN)
def index(request: Request, headers: HeadersDep) -> Response:
    """The page."""
    return _send(request, headers, PAGES / "index.html")


@router.get("/docs", openapi_extra=OPEN)
def docs(request: Request, headers: HeadersDep) -> Response:
    """The API's documentation, which shows its OpenAPI document."""
    return _send(request, headers, PAGES / "docs.html")


@router.get("/page/{file}", openapi_extra=OPEN)
def page_file(request: Request, headers: HeadersDep, file: str) -> Response:
    """What they are made of."""
    return _send(request, headers, PAGES / file)


@router.get("/page/lib/{file}", openapi_extra=OPEN)
def library_file(request: Request, headers: HeadersDep, file: str) -> Response:
    """What of others' they are made of; hatch_build.py packs it."""
    return _send(request, headers, PAGES / "lib" / file)


def _send(request: Request, headers: Mapping[str, str], path: Path) -> Response:
    """That file, where the browser does not have it yet. Raises HTTPException where none is."""
    there = {one for one in path.parent.glob("*.*") if one.suffix in MEDIA}
    if path not in there:
        raise HTTPException(404, f"the page has no file {path.name!r}")
    body = path.read_bytes()
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {**headers, "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=MEDIA[path.suffix])
