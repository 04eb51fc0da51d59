"""What a map is drawn from: vector tiles of the installed regions, and a style that uses them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app.answers.map_style import Theme, style_map
from app.answers.schema.maps import StyleOut, TilesOut
from app.errors import BadQuestion
from app.geo.basemap.cells import DEEPEST
from app.geo.web_tiles import WebTile
from app.routers import PartsDep
from app.routers.openapi import BINARY, READ
from app.wiring.maps import (
    describe_tiles,
    draw_tile,
    map_source,
    stamp_maps,
    tile_regions,
)

router = APIRouter(prefix="/v1", tags=["maps"])

MVT = "application/vnd.mapbox-vector-tile"
DAY_S = 24 * 60 * 60

Base = Annotated[
    str,
    Query(
        max_length=500,
        description="The address that this service has for who asks, where a proxy gives it "
        "another one: `https://example.com/sweetspot`.",
    ),
]


@router.get(
    "/tiles/{z}/{x}/{y}.mvt",
    response_class=Response,
    responses={
        200: {"content": {MVT: BINARY}, "description": "A tile"},
        204: {"description": "Nothing is here."},
        304: {"description": "The same."},
    },
    openapi_extra=READ,
)
def tile(
    request: Request,
    parts: PartsDep,
    z: Annotated[int, Path(ge=0, le=DEEPEST)],
    x: Annotated[int, Path(ge=0, lt=2**DEEPEST)],
    y: Annotated[int, Path(ge=0, lt=2**DEEPEST)],
    region: Annotated[str, Query(description="Draw this installed region only.")] = "",
    _: Annotated[
        str,
        Query(alias="stamp", description="Another one when maps change, so that caches ask anew."),
    ] = "",
) -> Response:
    """One vector tile of what the installed regions have there: roads, drawn by the engine."""
    asked = WebTile(z, x, y)
    regions = tile_regions(parts.regions, asked, region)
    tag = f'"{stamp_maps(regions)}"'
    headers = {"ETag": tag, "Cache-Control": f"private, max-age={DAY_S}"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = draw_tile(parts, asked, regions)
    return Response(body, 200 if body else 204, headers=headers, media_type=MVT if body else None)


@router.get("/tiles.json", openapi_extra=READ)
def tiles(request: Request, parts: PartsDep, base: Base = "") -> TilesOut:
    """TileJSON of the tiles, for any viewer of maps."""
    return TilesOut(**describe_tiles(parts.regions.all(), _base(request, base)))


@router.get("/style.json", response_model_exclude_none=True, openapi_extra=READ)
def style(request: Request, parts: PartsDep, theme: Theme = "light", base: Base = "") -> StyleOut:
    """A MapLibre style of a sober map, for what is drawn on it; labels by local fonts."""
    return StyleOut(**style_map(map_source(parts, _base(request, base)), theme))


def _base(request: Request, given: str) -> str:
    """The address of this service, as it was asked or as it is given."""
    if given and not given.startswith(("http://", "https://")):
        raise BadQuestion(
            f"base {given!r}: expected an address such as https://example.com", field="base"
        )
    return (given or str(request.base_url)).rstrip("/")
