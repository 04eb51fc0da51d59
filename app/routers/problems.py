"""Errors as `application/problem+json` (RFC 9457): one table from our errors to HTTP's words."""

import re
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from app.errors import (
    Ambiguous,
    BackendFailed,
    BackendSlow,
    BadInput,
    Busy,
    Conflict,
    LicenceEnded,
    NoKey,
    NoRoom,
    NoSuchJob,
    NoSuchList,
    NoSuchOutcome,
    NoSuchRegion,
    NoSuchSuppression,
    NotAllowed,
    QueueFull,
    RateExceeded,
    StorageFailed,
    SweetspotError,
    TooLarge,
)
from app.find.defining import first_fault
from app.folders import is_full

log = structlog.get_logger()

RETRY_AFTER_S = 2  # a list takes about so long
MOST_FAULTS = 100  # judgement: nobody reads more of one request
LISTS = {"prospects", "clients", "partners", "like"}  # rows of a JSON body

# The nearest class in an error's MRO decides.
STATUS: Mapping[type[SweetspotError], int] = {
    SweetspotError: 500,
    BadInput: 422,
    Conflict: 409,
    LicenceEnded: 403,
    NoSuchRegion: 404,
    NoSuchOutcome: 404,
    NoSuchSuppression: 404,
    NoSuchJob: 404,
    NoSuchList: 404,
    TooLarge: 413,
    NotAllowed: 403,
    NoKey: 401,
    RateExceeded: 429,
    Busy: 503,
    QueueFull: 429,
    StorageFailed: 503,
    NoRoom: 507,
    BackendFailed: 503,
    BackendSlow: 504,
}


def register(app: FastAPI) -> None:
    """Have the app answer every error so."""
    app.add_exception_handler(SweetspotError, _on_ours)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(ClientDisconnect, _on_hang_up)
    app.add_exception_handler(OSError, _on_disk)
    app.add_exception_handler(Exception, _on_bug)


def problem(status: int, detail: str, **more: Any) -> Response:
    """The answer to an error; `more` are further members, empty ones left out."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **{key: value for key, value in more.items() if value not in (None, "", ())},
    }
    return JSONResponse(body, status, media_type="application/problem+json")


def problem_of(error: SweetspotError) -> Response:
    """The answer to one of our errors."""
    more: dict[str, Any] = {}
    if isinstance(error, BadInput):
        one = {"field": error.field, "detail": str(error), "type": _type_word(error)}
        more = {"field": error.field, "row": error.row, "errors": [one]}
    if isinstance(error, Ambiguous):
        more["candidates"] = error.candidates
    answer = problem(status_of(type(error)), str(error), **more)
    answer.headers.update(_headers(error))
    return answer


def _type_word(error: BadInput) -> str:
    """BadQuestion is "bad_question"."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def _headers(error: SweetspotError) -> Mapping[str, str]:
    """When to come again, or what to bring."""
    match error:
        case Busy():
            return {"retry-after": str(RETRY_AFTER_S)}
        case RateExceeded():
            return {"retry-after": str(error.retry_s)}
        case NoKey():
            return {"www-authenticate": "Bearer"}
    return {}


def status_of(kind: type[SweetspotError]) -> int:
    """The HTTP status of a kind of error: that of the nearest class in its MRO."""
    return next(STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS)


def _on_ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, SweetspotError)  # noqa: S101  # registered for this class only
    answer = problem_of(error)
    if answer.status_code >= 500 and not isinstance(error, Busy):
        _log("request failed", request, status=answer.status_code, why=str(error))
    return answer


def _on_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class only
    faults = [_fault_of(one) for one in error.errors()[:MOST_FAULTS]]
    first = faults[0]
    return problem(422, first["detail"], field=first["field"], row=first.get("row"), errors=faults)


def _fault_of(error: Mapping[str, Any]) -> dict[str, Any]:
    """One of pydantic's errors: where, what, and its word, which is pydantic's own."""
    word = error["type"]
    if word == "json_invalid":
        fault, at = error["ctx"]["error"], error["loc"][-1]
        said = f"body: not JSON, at character {at}: {fault}"
        return {"field": "body", "detail": said, "type": word}
    where = [str(part) for part in error["loc"] if part not in {"body", "query", "path"}]
    rows = [part for part in error["loc"] if isinstance(part, int)]
    name, said = ".".join(where), first_fault([error])[1]
    row = {"row": rows[0] + 1} if rows and LISTS & set(where) else {}  # people count from 1
    return {"field": name, "detail": f"{name or 'body'}: {said}", "type": word, **row}


def _on_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class only
    response = problem(error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


def _on_hang_up(_: Request, __: Exception) -> Response:
    return Response(status_code=400)  # nobody is there to read it


def _on_disk(request: Request, error: Exception) -> Response:
    """A data folder or temporary folder that is full or can't be written to."""
    assert isinstance(error, OSError)  # noqa: S101  # registered for this class only
    full = is_full(error)
    status = 507 if full else 503
    _log("disk failed", request, status=status, why=str(error))
    what = "is full: free some room" if full else f"can't be used ({error.strerror or error})"
    return problem(status, f"the data folder or the temporary folder of this service {what}")


def _on_bug(request: Request, error: Exception) -> Response:
    trace = "".join(traceback.format_exception(error))
    _log("bug", request, status=500, trace=trace)
    return problem(500, "Something broke here; the log says what.")


def _log(event: str, request: Request, **more: Any) -> None:
    log.error(event, path=request.url.path, id=request.scope.get("request_id", ""), **more)
