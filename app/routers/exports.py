"""An answer's rows in, a file out: labels, letters, call sheets, a route, a mailing tool's file."""

import json
from collections.abc import Mapping
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
from app.find.options import QuestionOptions
from app.folders import writing_to
from app.lists.excluding import exclude_rows
from app.lists.options import WHOM_TO_EXCLUDE
from app.routers import PartsDep
from app.routers.exchange import (
    MEDIA,
    ZIP,
    Cell,
    FolderDep,
    Turn,
    Upload,
    check_rows,
    list_body,
    receive_upload,
)
from app.routers.openapi import BINARY, READ
from app.wiring.ground import find_ground
from app.wiring.parts import Parts

router = APIRouter(prefix="/v1", tags=["exports"])

BY_SUFFIX: Mapping[str, str] = {
    ".csv": MEDIA["csv"],
    ".xlsx": MEDIA["xlsx"],
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".ics": "text/calendar",
    ".gpx": "application/gpx+xml",
    ".html": "text/html",
    ".vcf": "text/vcard",
    ".zip": ZIP,
}
ANY_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": dict.fromkeys(BY_SUFFIX.values(), BINARY)}
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


class ExportIn(ExportOptions):
    """An answer of /v1/find, whole or its rows alone, and what is to be made of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    answer: dict[str, JsonValue] = Field(description="The JSON answer; its rows are `prospects`.")
    exclude: list[dict[str, Cell]] = Field([], description=WHOM_TO_EXCLUDE)

    @property
    def options(self) -> ExportOptions:
        """What was asked, without the rows."""
        given = self.model_fields_set & ExportOptions.model_fields.keys()
        return ExportOptions(**{name: getattr(self, name) for name in given})


# Above the other one, whose path it would have otherwise.
@router.post(
    "/export/{kind}.csv",
    response_class=FileResponse,
    responses=ANY_FILE,
    openapi_extra=READ | list_body("exclude", "template"),
)
def export_csv(
    request: Request,
    parts: PartsDep,
    kind: str,
    ask: Annotated[ExportOptions, Query()],
    upload: Annotated[Upload, Depends(receive_upload("exclude", "template"))],
    folder: FolderDep,
    _: Turn,
) -> Response:
    """The same of a body that is a file which find wrote; a form may hold a template as well."""
    making = replace(_making(parts, kind, ask), exclusions=upload.exclusions)
    rows = open_answer(upload.list, "the list")
    template = upload.beside.get("template")
    if template:
        path = folder / "template"
        with writing_to():
            path.write_bytes(template.read())
        making = replace(making, template=path)
    return send_export(request, rows, making, folder)


@router.post("/export/{kind}", response_class=FileResponse, responses=ANY_FILE, openapi_extra=READ)
def export(
    request: Request, parts: PartsDep, kind: str, ask: ExportIn, folder: FolderDep, _: Turn
) -> Response:
    """A file of an answer's rows; the form by Accept, with what was left out as application/zip."""
    making = _making(parts, kind, ask.options)
    told = ask.answer.get("prospects")
    check_rows(told if isinstance(told, list) else [], parts, f"/v1/export/{kind}.csv")
    rows = read_answer(ask.answer)
    if ask.exclude:
        making = replace(making, exclusions=[exclude_rows(ask.exclude)])
    return send_export(request, rows, making, folder)


@dataclass(frozen=True)
class _GroundAt:
    parts: Parts

    def __call__(self, home: str, region: str) -> Ground:
        question = QuestionOptions(home=[home]).question(self.parts.settings.data_dir)
        return find_ground(self.parts, home, question, region)


def _making(parts: Parts, kind: str, asked: ExportOptions) -> ExportRequest:
    making = ExportRequest(find_kind(kind), asked, _GroundAt(parts))
    making.check()
    return making


def wanted_form(request: Request, kind: ExportKind) -> tuple[str, bool]:
    """By Accept: how the file's name ends, and whether all that is written comes along."""
    accepted = [part.split(";")[0].strip() for part in request.headers.get("accept", "").split(",")]
    suffixes = kind.suffixes
    suffix = next((one for one in suffixes if BY_SUFFIX[one] in accepted), suffixes[0])
    return suffix, ZIP in accepted


def send_export(
    request: Request, rows: AnswerRows, making: ExportRequest, folder: Path
) -> Response:
    """The file alone, or all that was written as a zip file."""
    request.state.rows = len(rows)
    suffix, whole = wanted_form(request, making.kind)
    with writing_to():
        (folder / "export").mkdir()
    report = write_export(rows, making, folder / "export" / f"{making.kind.name}{suffix}")
    path = report.pack(folder, whole=whole)
    return FileResponse(
        path,
        media_type=BY_SUFFIX[path.suffix],
        filename=path.name,
        headers={"Sweetspot-Counts": json.dumps(report.counts)},
    )
