"""What comes in and goes out in the same way for every list: rows, files, limits, formats."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

from fastapi import Depends, Request
from pydantic import BaseModel, Field
from starlette.datastructures import FormData, UploadFile

from app.errors import BadList, TooLarge
from app.find.question import Asked
from app.folders import temporary_folder, writing_to
from app.routers.admission import Gates
from app.wiring.parts import Parts

type FiniteNumber = Annotated[float, Field(allow_inf_nan=False)]
type RangeIn = tuple[FiniteNumber | None, FiniteNumber | None]
type LimitIn = FiniteNumber | RangeIn | str | None
type Cell = str | float | int | bool | list[float | None] | None
type TrafficIn = Annotated[float, Field(ge=0.5, le=5)] | Literal["fitted"]

MOST_PARTS = 100  # of a form: what is too many is said better than by a parser
TRAFFIC = Field(1.0, description="Multiplies free-flow minutes; or the factor that was fitted.")
MEDIA: Mapping[str, str] = {
    "csv": "text/csv",
    "geojson": "application/geo+json",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
KINDS: Mapping[str, str] = {media: kind for kind, media in MEDIA.items()}
# For OpenAPI: a body that is a list.
A_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            MEDIA["csv"]: {"schema": {"type": "string"}},
            MEDIA["xlsx"]: {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"list": {"type": "string", "format": "binary"}},
                    "required": ["list"],
                }
            },
        },
    }
}


def file_responses(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: an answer that may be a file of those kinds, too."""
    return {200: {"content": {MEDIA[kind]: {} for kind in kinds}}}


async def _uploaded(request: Request) -> AsyncIterator[Path | BinaryIO]:
    """The list that the body is or, as a browser's form sends it, carries; on disk."""
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        async with request.form(max_files=MOST_PARTS, max_fields=MOST_PARTS) as form:
            yield _only_file(form)
        return
    with temporary_folder() as folder:
        path = folder / "body"
        with writing_to(), path.open("wb") as file:
            async for chunk in request.stream():
                file.write(chunk)
        yield path


def _only_file(form: FormData) -> BinaryIO:
    """The form's one file. Raises BadList for another number of files, or fields beside it."""
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    fields = [name for name, value in form.multi_items() if isinstance(value, str) and value]
    if fields:
        raise BadList(
            f"the form has the field {fields[0]!r}: the question goes into the query string, the "
            "form holds the list's file alone",
            field=fields[0],
        )
    if len(files) != 1:
        raise BadList(f"the form holds {len(files)} files: expected one, the list", field="list")
    return files[0].file


# Read before there is anything to judge, and kept until the answer is sent.
Body = Annotated[Path | BinaryIO, Depends(_uploaded)]


async def _export(request: Request) -> AsyncIterator[Path]:
    """A folder for the answer, until it is sent. Raises Busy past the limit of exports."""
    gates: Gates = request.app.state.gates
    async with gates.exports.entered():
        with temporary_folder() as folder:
            yield folder


async def _turn(request: Request) -> AsyncIterator[None]:
    """One's turn to judge a list, until it is judged. Raises Busy past the limit of lists."""
    gates: Gates = request.app.state.gates
    async with gates.lists.entered():
        yield


# A route names them behind its body, in this order: what is not yet read waits for nobody's turn.
FolderDep = Annotated[Path, Depends(_export)]
Turn = Annotated[None, Depends(_turn, scope="function")]


def kind_wanted(request: Request, default: str) -> str:
    """The wanted format by Accept, in the client's order."""
    accepted = request.headers.get("accept", "").split(",")
    names = [part.split(";")[0].strip().lower() for part in accepted]
    return next((KINDS[name] for name in names if name in KINDS), default)


def check_rows(rows: Sequence[object], parts: Parts, instead: str) -> None:
    """Raise TooLarge for more rows than one JSON request may hold."""
    most = parts.settings.max_json_rows
    if len(rows) > most:
        raise TooLarge(
            f"{len(rows)} rows: at most {most} in one JSON request; send a file to {instead}"
        )


def asked_of(ask: BaseModel) -> Asked:
    """The limits among the fields of a request; those it does not have keep their defaults."""
    names = {one.name for one in fields(Asked)} & type(ask).model_fields.keys()
    given = {name: getattr(ask, name) for name in names}
    return Asked(**given | {"industry": split_terms(given.get("industry", ""))})


def split_terms(asked: str | Sequence[str]) -> list[str]:
    """Words or codes: a list, or in a query string with commas between."""
    each = asked.split(",") if isinstance(asked, str) else asked
    return [word for word in each if word.strip()]
