"""The page and the API's documentation: the static files of app/pages, for everybody.

They hold no data; what they show they ask of the API, as anybody does.
"""

from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

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
# Nothing runs, is drawn or is asked but what this server sends. MapLibre and Swagger UI make images
# of their own (data:, blob:); a worker goes by the policy of its own file.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


@router.get("/", openapi_extra=OPEN)
def index(request: Request) -> Response:
    """The page."""
    return _send(request, PAGES, "index.html")


@router.get("/docs", openapi_extra=OPEN)
def docs(request: Request) -> Response:
    """The API's documentation, which shows its OpenAPI document."""
    return _send(request, PAGES, "docs.html")


@router.get("/page/{file}", openapi_extra=OPEN)
def page_file(request: Request, file: str) -> Response:
    """What they are made of."""
    return _send(request, PAGES, file)


@router.get("/page/lib/{file}", openapi_extra=OPEN)
def library_file(request: Request, file: str) -> Response:
    """What of others' they are made of; hatch_build.py packs it."""
    return _send(request, PAGES / "lib", file)


def _send(request: Request, folder: Path, name: str) -> Response:
    """That file, where the browser does not have it yet. Raises HTTPException where none is."""
    found = {path.name: path for path in folder.glob("*.*") if path.suffix in MEDIA}
    if name not in found:
        raise HTTPException(404, f"the page has no file {name!r}")
    body = found[name].read_bytes()
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "no-cache",
        "Content-Security-Policy": POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=MEDIA[found[name].suffix])
