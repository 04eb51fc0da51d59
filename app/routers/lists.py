"""Lists: what one is, before it is used."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from app.answers.schema.lists import ListPreviewOut
from app.find.options import PlaceOptions
from app.lists.preview import preview_list
from app.routers.exchange import Turn, Upload, list_body, receive_upload

router = APIRouter(prefix="/v1/lists", tags=["lists"])


@router.post("/preview", response_model=ListPreviewOut, openapi_extra=list_body("mapping"))
def preview(
    request: Request,
    ask: Annotated[PlaceOptions, Query()],
    upload: Annotated[Upload, Depends(receive_upload("mapping"))],
    _: Turn,
) -> Response:
    """Whose form the list has, what its columns will mean, three of its rows, and what is wrong.

    Nothing of it is kept. A form holds the list, and may hold a mapping as this gave it.
    """
    found = preview_list(upload.list, upload.columns(ask), ask.place)
    request.state.rows = found.list.rows
    return JSONResponse(found.document())
