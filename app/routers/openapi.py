"""What the OpenAPI document says beside FastAPI's own part: of problems and of files."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.answers.schema.clients import CapacityOut, PortfolioOut
from app.answers.schema.find import FindOut
from app.answers.schema.geocode import Geocoded, SuggestionsOut
from app.answers.schema.geojson import ProspectsGeoJson, ReachOut, RowPointsOut
from app.answers.schema.health import Health
from app.answers.schema.jobs import JobsOut
from app.answers.schema.lists import ListPreviewOut
from app.answers.schema.maps import StyleOut, TilesOut
from app.answers.schema.marks import (
    MarkedOut,
    OutcomesOut,
    SuppressionDeletedOut,
    SuppressionsOut,
)
from app.answers.schema.partners import PartnersOut
from app.answers.schema.problem import Problem
from app.answers.schema.regions import RegionJobOut, RegionPlanOut, RegionsOut, SampleJobsOut
from app.answers.schema.stored import (
    DeletedOut,
    ExportJobOut,
    LedgerOut,
    ListDetailOut,
    ListJobOut,
    RawRowsOut,
    StoredListsOut,
    StoredPageOut,
)

type Media = dict[str, Any]
type Declared = dict[str, Any]

REF = "#/components/schemas/{model}"
BINARY: Media = {"schema": {"type": "string", "format": "binary"}}


def media_of(model: type[BaseModel]) -> Media:
    """A body of that model, one of ANSWERS."""
    return {"schema": {"$ref": REF.format(model=model.__name__)}}


FILES: Mapping[str, Media] = {
    "csv": {"schema": {"type": "string"}},
    "geojson": media_of(ProspectsGeoJson),
    "parquet": BINARY,
    "xlsx": BINARY,
    "zip": BINARY,
}


# How a key is shown, and which scope it must have: each route declares one in its `openapi_extra`,
# which the guard reads, too.
SCHEMES: Mapping[str, dict[str, str]] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, `sk_sweetspot_...`"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same."},
}


def _wants(scope: str) -> Declared:
    return {"security": [{name: [scope]} for name in SCHEMES]}


OPEN: Declared = {"security": []}
READ, WRITE, ADMIN = _wants("read"), _wants("write"), _wants("admin")


def declared_scope(route: APIRoute) -> str:
    """The scope that a route declares, "" where it is open; the largest where it declares none."""
    declared = ADMIN | (route.openapi_extra or {})
    return next(
        (word for one in declared["security"] for words in one.values() for word in words), ""
    )


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": f"{description} (RFC 9457)",
        "content": {"application/problem+json": media_of(Problem)},
    }


# What any route may answer, and what those may that are asked something.
ANYWHERE: dict[int | str, dict[str, Any]] = {
    503: _problem("Busy, with Retry-After, or something that it depends on failed"),
    "default": _problem("A problem"),
}
ASKED: dict[int | str, dict[str, Any]] = {
    401: _problem("No API key, or one that is unknown or revoked"),
    403: _problem(
        "The key's scope is too small, a licence ran out, or there is no key yet and it comes "
        "from elsewhere"
    ),
    404: _problem("No region, list, job or suppression of that name"),
    409: _problem("An Idempotency-Key that was used for something else"),
    413: _problem("More rows or bytes than allowed"),
    422: _problem("What was asked can't be used"),
    429: _problem("More often than the key allows, or more than may wait, with Retry-After"),
    504: _problem("Something that it depends on gave no answer in time"),
    507: _problem("The disk is full"),
}


ANSWERS = (
    *(FindOut, ProspectsGeoJson, PortfolioOut, CapacityOut, PartnersOut),
    *(ListPreviewOut, JobsOut, Geocoded, ReachOut, RegionsOut, Health, Problem),
    *(TilesOut, StyleOut, SuggestionsOut),
    *(RegionPlanOut, RegionJobOut, SampleJobsOut),
    *(StoredListsOut, ListDetailOut, StoredPageOut, RawRowsOut, LedgerOut, OutcomesOut),
    *(
        RowPointsOut,
        ListJobOut,
        ExportJobOut,
        DeletedOut,
        MarkedOut,
        SuppressionsOut,
        SuppressionDeletedOut,
    ),
)


class DescribedApi(FastAPI):
    """Puts all models of answers into the document as they are.

    FastAPI collects those of JSON answers only, and takes the nulls out of their examples.
    """

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        if self.openapi_schema is None:
            _, schemas = models_json_schema(
                [(model, "serialization") for model in ANSWERS], ref_template=REF
            )
            components = super().openapi()["components"]
            components["schemas"] |= schemas["$defs"]
            components["securitySchemes"] = dict(SCHEMES)
        return super().openapi()
