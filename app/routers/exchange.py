"""What comes in and goes out in the same way for every list: rows, files, limits, formats."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from fastapi import Depends, Request
from pydantic import BaseModel, Field

from app.errors import TooLarge
from app.question import Asked
from app.wiring import Parts

type Number = Annotated[float, Field(allow_inf_nan=False)]
type Range = tuple[Number | None, Number | None]
type LimitIn = Number | Range | str | None
type Cell = str | float | int | bool | list[float | None] | None
type TrafficIn = Annotated[float, Field(ge=0.5, le=5)] | Literal["fitted"]

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
        },
    }
}


def files(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: an answer that may be a file of those kinds, too."""
    return {200: {"content": {MEDIA[kind]: {} for kind in kinds}}}


def _folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="sweetspot-") as folder:
        yield Path(folder)


FolderDep = Annotated[Path, Depends(_folder)]


async def _body(request: Request, folder: FolderDep) -> Path:
    """The whole body on disk."""
    path = folder / "body"
    with path.open("wb") as file:
        async for chunk in request.stream():
            file.write(chunk)
    return path


Body = Annotated[Path, Depends(_body)]


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
    return Asked(**given | {"industry": terms(given.get("industry", ""))})


def terms(asked: str | Sequence[str]) -> list[str]:
    """Words or codes: a list, or in a query string with commas between."""
    each = asked.split(",") if isinstance(asked, str) else asked
    return [word for word in each if word.strip()]
