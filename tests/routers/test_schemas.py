"""Our hand-written replies, and what we ask, against the schemas that services publish.

Google's is its protocol definition, TravelTime's and Azure's are the models of their own Python
packages (Azure's is generated from its OpenAPI document). TomTom's search, which Azure resells,
answers in the same shape and one field more.
"""

import json
import warnings
from importlib import import_module

import pytest
from google.maps import routing_v2
from traveltimepy.requests.time_filter import TimeFilterRequest
from traveltimepy.responses.time_filter import TimeFilterResponse

from app.geo.driving.engine import Direction, Driving, Side
from tests.geo.driving.services.test_services import (
    BACK,
    GOOGLE,
    HOME,
    MORNING,
    OUT,
    SAID,
    TO,
    TRAVELTIME,
)
from tests.geo.geocoding.test_geocoding import LABELS, cases

with warnings.catch_warnings(action="ignore", category=SyntaxWarning):  # in its docstrings
    azure = import_module("azure.maps.search._generated.models")

WAYS = [
    OUT,
    BACK,
    Driving(tolls=False, highways=False, ferries=False),
    Driving(ferries=True),
    Driving(depart=MORNING),
]


@pytest.mark.parametrize("how", [*WAYS, Driving(depart=MORNING, limit_on=Side.FREE)])
def test_google_takes_what_it_is_asked(how):
    """An unknown field, word or type is an error."""
    request = GOOGLE.ask(HOME, TO, how)
    asked = routing_v2.ComputeRouteMatrixRequest.from_json(json.dumps(request.body))
    ends = asked.origins, asked.destinations
    assert sorted(map(len, ends)) == [1, 2]
    fields = request.headers["X-Goog-FieldMask"].split(",")
    known = routing_v2.RouteMatrixElement.meta.fields
    assert {"".join(f"_{c.lower()}" if c.isupper() else c for c in name) for name in fields} <= set(
        known
    )


def test_google_s_replies_are_its_own():
    for element in SAID["google"]:
        routing_v2.RouteMatrixElement.from_json(json.dumps(element))


@pytest.mark.parametrize("how", [OUT, BACK, Driving(depart=MORNING)])
def test_traveltime_takes_what_it_is_asked(how):
    neither = {"departure_searches": [], "arrival_searches": []}  # the package always sends both
    body = neither | TRAVELTIME.ask(HOME, TO, how).body
    asked = TimeFilterRequest.model_validate(body, extra="forbid")
    searches = (
        asked.departure_searches if how.direction is Direction.OUT else asked.arrival_searches
    )
    assert len(searches) == 1


def test_traveltime_s_replies_are_its_own():
    TimeFilterResponse.model_validate(SAID["traveltime"], extra="forbid")


def unknown_to(model, said, at=""):
    """The paths of what is in the reply and not in the model."""
    known = {field["key"]: field["type"] for field in model._attribute_map.values()}
    for key, value in said.items():
        inner = getattr(azure, known.get(key, "").strip("[]"), None)
        if key not in known:
            yield f"{at}.{key}"
        elif hasattr(inner, "_attribute_map"):
            for one in value if isinstance(value, list) else [value]:
                yield from unknown_to(inner, one, f"{at}.{key}")


@pytest.mark.parametrize("case", [*LABELS, "none", "ambiguous"])
@pytest.mark.parametrize(
    ("name", "more"), [("azure", set()), ("tomtom", {".results.matchConfidence"})]
)
def test_azure_s_and_tomtom_s_replies_are_their_own(name, more, case):
    body = cases(name)[case]["body"]
    assert set(unknown_to(azure.SearchAddressResult, body)) == (more if body["results"] else set())
    read = azure.SearchAddressResult.deserialize(body)
    words = {kind.value for kind in azure.GeographicEntityType}
    kinds = {kind.value for kind in azure.SearchAddressResultType}
    assert {one.entity_type for one in read.results} <= {*words, None}
    assert {one.type for one in read.results} <= kinds
