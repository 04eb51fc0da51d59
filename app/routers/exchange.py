"""What comes in and goes out in the same way for every list: rows, files, limits, formats."""

import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from fastapi import Depends, Request
from fastapi.responses import FileResponse
from pydantic import Field
from starlette.datastructures import FormData, UploadFile

from app.errors import BadList, BadQuestion, TooLarge
from app.exports.options import TEMPLATE
from app.find.defining import Options
from app.find.options import MOST_SPOT_BYTES, ColumnOptions, FileOptions, parse_spot
from app.folders import temporary_folder, writing_to, zip_files
from app.lists.about import About
from app.lists.excluding import open_exclusions
from app.lists.exclusions import Exclusions
from app.lists.mapping import MEANT, MOST_BYTES, ChosenColumns, parse_mapping
from app.lists.options import WHOM_TO_EXCLUDE, SavedMapping
from app.lists.write import KINDS, write_beside
from app.routers.admission import Gates
from app.routers.openapi import FILES
from app.wiring.parts import Parts

type Cell = str | float | int | bool | list[float | None] | None

EXCLUDE = "exclude"
MOST_PARTS = 100  # of a form: what is too many is said better than by a parser
MEDIA: Mapping[str, str] = {
    "csv": "text/csv",
    "geojson": "application/geo+json",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "ics": "text/calendar",
    "gpx": "application/gpx+xml",
    "html": "text/html",
    "vcf": "text/vcard",
    "zip": "application/zip",  # several files
}
_FORM_WORDS: Mapping[str, dict[str, str]] = {
    "mapping": {"description": MEANT},
    "exclude": {"description": WHOM_TO_EXCLUDE},
    "template": {"description": TEMPLATE},
}


# Read as a list of prospects, of clients, and of whom to suppress.
CSV_EXAMPLE = """Client,Address,City,State,ZIP,Phone,Industry,Computers,Revenue,Hours per month
Pioneer Dental,20 Main Street,Holyoke,MA,01040,413-555-0101,dental,14,24000,12
Harbor Law,45 State Street,Boston,MA,02110,617-555-0102,lawyers,22,6000,4
"""


def list_body(*beside: str, example: str = CSV_EXAMPLE) -> dict[str, Any]:
    """For OpenAPI: a body that is a list, or a form with it and files of those names beside it.

    example: of such a list, as CSV.
    """
    file: dict[str, Any] = {"type": "string", "format": "binary"}
    parts = {name: file | _FORM_WORDS.get(name, {}) for name in ("list", *beside)}
    form = {"type": "object", "properties": parts}
    return {
        "requestBody": {
            "required": True,
            "content": {
                MEDIA["csv"]: {"schema": {"type": "string"}, "example": example},
                MEDIA["xlsx"]: {"schema": file},
                "application/octet-stream": {"schema": file},
                "multipart/form-data": {"schema": form | {"required": ["list"]}},
            },
        }
    }


def file_responses(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: an answer that may be a file of those kinds, too."""
    return {200: {"content": {MEDIA[kind]: FILES[kind] for kind in kinds}}}


# What rows are answered as: the first one where nothing else is asked for.
FILE_OR_JSON = KINDS
JSON_OR_FILE = ("json", *(kind for kind in KINDS if kind != "json"))
ROW_FILES = file_responses(*FILES)


class MappingIn(Options):
    """What a body may hold beside the options of columns."""

    mapping: SavedMapping | None = Field(None, description=MEANT)


@dataclass(frozen=True)
class Upload:
    """The list that came as a body; `beside`: what else a form held, by name.

    exclude: files of whom to leave out, each with its name.
    """

    list: Path | BinaryIO
    beside: Mapping[str, BinaryIO] = field(default_factory=dict)
    exclude: Sequence[tuple[str, BinaryIO]] = ()

    @contextmanager
    def saved(self) -> Iterator[Path]:
        """The list as a file, while it is used."""
        if isinstance(self.list, Path):
            yield self.list
            return
        with temporary_folder() as folder:
            path = folder / "list"
            with writing_to(), path.open("wb") as file:
                shutil.copyfileobj(self.list, file)
            yield path

    def columns(self, asked: ColumnOptions) -> ChosenColumns:
        """The columns that are named, over those of the saved mapping that the form may hold."""
        saved = self.beside.get("mapping")
        return asked.columns(
            parse_mapping(saved.read(MOST_BYTES + 1), "mapping") if saved else None
        )

    @property
    def exclusions(self) -> Sequence[Exclusions]:
        """Whom to leave out, where the form names anybody."""
        return [open_exclusions(file, name) for name, file in self.exclude]

    def over_spot[T: Options](self, asked: T) -> T:
        """What is asked, over the saved sweet spot that the form may hold."""
        saved = self.beside.get("sweet_spot")
        if saved is None:
            return asked
        return asked.over(parse_spot(saved.read(MOST_SPOT_BYTES + 1), "sweet_spot"))


def receive_upload(*beside: str) -> Callable[[Request], AsyncIterator[Upload]]:
    """A dependency: the list and files of those names, on disk until the answer is sent.

    Read before there is anything to judge.
    """

    async def received(request: Request) -> AsyncIterator[Upload]:
        if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            async with request.form(max_files=MOST_PARTS, max_fields=MOST_PARTS) as form:
                yield _files_of(form, beside)
            return
        with temporary_folder() as folder:
            path = folder / "body"
            with writing_to(), path.open("wb") as file:
                async for chunk in request.stream():
                    file.write(chunk)
            yield Upload(path)

    return received


def _files_of(form: FormData, beside: Sequence[str]) -> Upload:
    """The form's files; one alone is the list, whatever its name; EXCLUDE may come several times.

    Raises BadList for files of other names, or none, or two of a name, and for fields beside them.
    """
    files = [(name, one) for name, one in form.multi_items() if isinstance(one, UploadFile)]
    fields = [name for name, value in form.multi_items() if isinstance(value, str) and value]
    if fields:
        raise BadList(
            f"the form has the field {fields[0]!r}: the question goes into the query string, the "
            f"form holds files alone ({_names(beside)})",
            field=fields[0],
        )
    if len(files) == 1 and files[0][0] not in beside:
        return Upload(files[0][1].file)
    excluded = [
        (one.filename or EXCLUDE, one.file)
        for name, one in files
        if name == EXCLUDE and EXCLUDE in beside
    ]
    files = [(name, one) for name, one in files if name != EXCLUDE or EXCLUDE not in beside]
    named = {name: one.file for name, one in files}
    if len(named) < len(files) or "list" not in named or named.keys() - {"list", *beside}:
        held = ", ".join(name for name, _ in files) or "no file"
        raise BadList(f"the form holds {held}: expected {_names(beside)}", field="list")
    return Upload(named.pop("list"), named, excluded)


def _names(beside: Sequence[str]) -> str:
    more = f", and as well {', '.join(beside)}" if beside else ""
    return f"one file, the list{more}"


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


def accepted_media(request: Request) -> list[str]:
    """What `Accept` names, in the client's order."""
    parts = request.headers.get("accept", "").split(",")
    return [part.split(";")[0].strip().lower() for part in parts]


def kind_wanted(request: Request, asked: str, kinds: Sequence[str]) -> str:
    """The wanted one of those formats: as it is asked for by name, else by Accept, else the first.

    Raises BadQuestion for a name that is none of them.
    """
    if asked:
        if asked not in kinds:
            expected = ", ".join(kinds)
            raise BadQuestion(f"format {asked!r}: expected {expected}", field="format")
        return asked
    known = {MEDIA[kind]: kind for kind in kinds}
    return next((known[name] for name in accepted_media(request) if name in known), kinds[0])


def send_rows(
    to: Path, about: About, asked: FileOptions, headers: Mapping[str, str] | None = None
) -> FileResponse:
    """A file of rows, with its counts in a header; with its notes in a zip file."""
    if asked.notes:
        beside = write_beside(to, about, temporary=True, excel=asked.excel)
        to = zip_files((to, beside), to.with_suffix(".zip"))
    counts = {"Sweetspot-Counts": json.dumps(dict(about.counts))}
    return send_file(to, {**counts, **(headers or {})})


def send_file(
    path: Path, headers: Mapping[str, str] | None = None, name: str | None = None
) -> FileResponse:
    """A file, to be saved under that name or its own."""
    media = MEDIA[path.suffix[1:]]
    return FileResponse(path, media_type=media, filename=name or path.name, headers=headers)


def check_rows(rows: Sized, parts: Parts, instead: str) -> None:
    """Raise TooLarge for more rows than one JSON request may hold."""
    most = parts.settings.max_json_rows
    if len(rows) > most:
        raise TooLarge(
            f"{len(rows)} rows: at most {most} in one JSON request; send a file to {instead}"
        )
