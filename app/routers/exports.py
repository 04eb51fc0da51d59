"""An answer's rows in, a file out: labels, letters, call sheets, a route, a mailing tool's file."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import ConfigDict, Field, JsonValue

from app.exports.answer import AnswerRows, open_answer, read_answer
from app.exports.export import ExportRequest, write_export
from app.exports.kind import ExportKind
from app.exports.kinds import find_kind
from app.exports.options import ExportOptions
from app.find.ground import Ground
from app.find.options import FormatOptions, QuestionOptions
from app.folders import writing_to
from app.lists.excluding import exclude_rows
from app.lists.options import WHOM_TO_EXCLUDE
from app.routers import PartsDep
from app.routers.exchange import (
    MEDIA,
    Cell,
    FolderDep,
    Turn,
    Upload,
    accepted_media,
    check_rows,
    kind_wanted,
    list_body,
    receive_upload,
    send_file,
)
from app.routers.openapi import BINARY, READ
from app.wiring.ground import find_ground
from app.wiring.parts import Parts

router = APIRouter(prefix="/v1", tags=["exports"])

_FILES = ("csv", "xlsx", "pdf", "docx", "ics", "gpx", "html", "vcf", "zip")
ANY_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA[kind]: BINARY for kind in _FILES}}
}
EXAMPLE: dict[str, JsonValue] = {
    "answer": {
        "home_base": {"label": "350 Main Street, Larkfield, NV"},
        "prospects": [
            {"name": "Halt Dairy", "verdict": "pass", "minutes": 25.8, "lat": 40.0, "lon": -116.13,
             "cells": {"name": "Halt Dairy", "address": "440 Main Street", "city": "Cedar Halt",
                       "state": "NV", "zip": "00102"}},
        ],
    },
}  # fmt: skip
CSV_EXAMPLE = """name,address,zip,sweetspot_verdict,sweetspot_minutes,sweetspot_lat,sweetspot_lon
Halt Dairy,440 Main Street,00102,pass,25.8,40.0,-116.13
"""


class ExportQuery(FormatOptions, ExportOptions):
    """What is to be made of an answer that is the body."""


class ExportIn(ExportQuery):
    """An answer of /v1/find, whole or its rows alone, and what is to be made of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    answer: dict[str, JsonValue] = Field(description="The JSON answer; its rows are `prospects`.")
    exclude: list[dict[str, Cell]] = Field([], description=WHOM_TO_EXCLUDE)


# Above the other one, whose path it would have otherwise.
@router.post(
    "/export/{kind}.csv",
    response_class=FileResponse,
    responses=ANY_FILE,
    openapi_extra=READ | list_body("exclude", "template", example=CSV_EXAMPLE),
)
def export_csv(
    request: Request,
    parts: PartsDep,
    kind: str,
    ask: Annotated[ExportQuery, Query()],
    upload: Annotated[Upload, Depends(receive_upload("exclude", "template"))],
    folder: FolderDep,
    _: Turn,
) -> Response:
    """The same of a body that is a file which find wrote; a form may hold a template as well."""
    making = replace(_making(parts, kind, ask), exclusions=upload.exclusions)
    form = wanted_form(request, ask, making.kind)
    rows = open_answer(upload.list, "the list")
    template = upload.beside.get("template")
    if template:
        path = folder / "template"
        with writing_to():
            path.write_bytes(template.read())
        making = replace(making, template=path)
    return send_export(request, rows, making, form, folder / making.kind.name)


@router.post("/export/{kind}", response_class=FileResponse, responses=ANY_FILE, openapi_extra=READ)
def export(
    request: Request, parts: PartsDep, kind: str, ask: ExportIn, folder: FolderDep, _: Turn
) -> Response:
    """A file of an answer's rows; the form by Accept, with what was left out as application/zip."""
    making = _making(parts, kind, ask)
    form = wanted_form(request, ask, making.kind)
    told = ask.answer.get("prospects")
    check_rows(told if isinstance(told, list) else [], parts, f"/v1/export/{kind}.csv")
    rows = read_answer(ask.answer)
    if ask.exclude:
        making = replace(making, exclusions=[exclude_rows(ask.exclude)])
    return send_export(request, rows, making, form, folder / making.kind.name)


@dataclass(frozen=True)
class _GroundAt:
    parts: Parts

    def __call__(self, home: str, region: str) -> Ground:
        question = QuestionOptions(home=[home]).question(self.parts.settings.data_dir)
        return find_ground(self.parts, home, question, region)


def _making(parts: Parts, kind: str, asked: ExportQuery) -> ExportRequest:
    making = ExportRequest(find_kind(kind), asked.narrowed(ExportOptions), _GroundAt(parts))
    making.check()
    return making


def wanted_form(request: Request, asked: FormatOptions, kind: ExportKind) -> tuple[str, bool]:
    """How the file's name ends, and whether all that is written comes along, in a zip file."""
    forms = [suffix[1:] for suffix in kind.suffixes]
    wanted = kind_wanted(request, asked.format, [*forms, "zip"])
    form = kind_wanted(request, "", forms) if wanted == "zip" else wanted
    whole = wanted == "zip" or (not asked.format and MEDIA["zip"] in accepted_media(request))
    return f".{form}", whole


def send_export(
    request: Request,
    rows: AnswerRows,
    making: ExportRequest,
    form: tuple[str, bool],
    to: Path,
) -> Response:
    """The file alone, or all that was written as a zip file; see `wanted_form`.

    to: what the file is called, but for how its name ends.
    """
    request.state.rows = len(rows)
    suffix, whole = form
    place = to.with_name("export")
    with writing_to():
        place.mkdir()
    report = write_export(rows, making, place / f"{to.name}{suffix}")
    path = report.pack(to.parent, whole=whole)
    return send_file(path, {"Sweetspot-Counts": json.dumps(report.counts)})
