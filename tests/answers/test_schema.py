"""What the OpenAPI document says of answers: typed to the last key, and true of real ones."""

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from starlette.testclient import TestClient

from app.answers.schema import find as found
from app.answers.schema.geocode import AccuracyOut
from app.answers.schema.model import EXAMPLES, ExactModel, load_example
from app.geo.geocoding.geocoder import Accuracy
from app.geo.regions.sample import county as sample
from app.main import create_app
from app.routers.problems import STATUS
from app.settings import Settings
from app.sweetspot.judge import CATEGORIES, ZONES, Verdict
from tests.answers.examples import (
    CLIENTS,
    FIND,
    HOME,
    JOB,
    JOBS,
    QUESTIONS,
    ROWS,
    WEEK,
    add_job,
    add_lists,
    ask_example,
    serve_maps,
)
from tests.served import local_client

DOCUMENT = create_app().openapi()
BOOKS = (Path(__file__).parents[2] / "examples" / "clients.csv").read_bytes()
COUNTY = list(csv.DictReader(io.StringIO(sample.prospects_csv())))
JSON, GEOJSON = "application/json", "application/geo+json"
ELSEWHERE = "Springfield, MA"  # where no map is
# HTTP's words for 422 are others from Python 3.13 on; libraries write larger and smaller files.
CHANGING = {"created", "size_bytes", "title", "date", "id", "list_id"}
CHANGING |= {"job", "list_job", "at", "next", "tiles", "free_bytes"}


def subclasses(kind: type[ExactModel]) -> Iterator[type[ExactModel]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from subclasses(sub)


MODELS = {model.__name__: model for model in subclasses(ExactModel)}


@pytest.fixture(scope="module")
def maps():
    with serve_maps() as url:
        yield url


@pytest.fixture(scope="module")
def apps(data_dir, tmp_path_factory, maps):
    """`apps(name)`: a client of an app that is up, by what it has."""
    unreadable = tmp_path_factory.mktemp("unreadable")
    shutil.copytree(data_dir / "regions" / sample.NAME, unreadable / "regions" / sample.NAME)
    manifest = unreadable / "regions" / sample.NAME / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 0}))
    stored = tmp_path_factory.mktemp("stored")
    (stored / "regions").symlink_to(data_dir / "regions")
    service = {"engine": "osrm", "engine_url": "http://127.0.0.1:9"}  # nothing is sent
    settings = {
        "county": Settings(data_dir=data_dir, max_json_rows=500),
        "no map": Settings(data_dir=tmp_path_factory.mktemp("empty")),
        "jobs": Settings(data_dir=tmp_path_factory.mktemp("jobs")),
        "stored": Settings(data_dir=stored, download_url=maps),
        "unreadable": Settings(data_dir=unreadable),
        "foreign tiles": Settings(
            data_dir=data_dir, tiles_url="https://example.com/{z}/{x}/{y}.png"
        ),
        "service": Settings(data_dir=data_dir, geocoders="census", **service),
        "priced": Settings(
            data_dir=data_dir, geocoders="census", geocoder_prices="census=5", engine_price=5,
            **service,
        ),
    }  # fmt: skip
    up: dict[str, TestClient] = {}

    def client(name: str) -> TestClient:
        if name not in up:
            up[name] = local_client(settings[name]).__enter__()
            if name == "jobs":
                add_job(up[name])
            if name == "stored":
                add_lists(up[name])
        return up[name]

    yield client
    for one in up.values():
        one.__exit__(None, None, None)


# --- examples


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_example_is_what_the_sample_county_answers(apps, name):
    """`python -m tests.answers.examples` makes them anew."""
    path = QUESTIONS[name][1]
    of_lists = ("/lists/" in f"{path}/" and "preview" not in path) or "suppressions" in path
    of_lists |= "/regions/" in path or name == "region_job"
    app = apps("jobs" if name in JOBS else "stored" if of_lists else "county")
    assert _lasting(ask_example(app, name)) == _lasting(load_example(name))


def _lasting(value: Any) -> Any:
    match value:
        case dict():
            return {key: _lasting(one) for key, one in value.items() if key not in CHANGING}
        case list():
            return [_lasting(one) for one in value]
    return value


def _shown() -> dict[str, Any]:
    """The examples of the document, by the model that they are of."""
    schemas = DOCUMENT["components"]["schemas"]
    return {
        name: schemas[name]["examples"] for name in MODELS if "examples" in schemas.get(name, {})
    }


@pytest.mark.parametrize("name", _shown())
def test_an_example_fits_its_model(name):
    (example,) = _shown()[name]
    MODELS[name].model_validate_json(json.dumps(example), strict=True)


def test_every_answer_is_shown_by_an_example():
    answered = {schema["$ref"].rpartition("/")[2] for _, schema in _answers() if "$ref" in schema}
    assert answered == _shown().keys()
    assert {path.stem for path in EXAMPLES.iterdir()} == QUESTIONS.keys()


# --- real answers

FINDS = {
    "all of a list": {"prospects": COUNTY, "verdict": "all"},
    "none": {"prospects": ROWS, "employees": [500, None], "computers": "off"},
    "like": {"prospects": COUNTY, "like": CLIENTS, "sort": "like", "verdict": "all"},
    "like one": {
        "prospects": [{"name": "X", "city": "Nowhere"}],
        "like": CLIENTS[:1],
        "verdict": "all",
    },
    "traffic": {"prospects": ROWS, "traffic": 1.3, "limit_on": "free", "verdict": "all"},
    "again": {"prospects": [ROWS[0] | {"sweetspot_like": 3, "sweetspot_minutes_free": ""}]},
    "home bases": {"prospects": COUNTY, "home": [HOME, "Northbank, NV"], "verdict": "all"},
    "miles": {"prospects": COUNTY, "miles": [20, 30], "minutes": "off", "verdict": "all"},
    "every kind of cell": {
        "prospects": [
            {"name": "X", "city": "Larkfield", "employees": [10, None], "n": None, "b": True}
        ],
        "verdict": "all",
    },
}
UNCLEAR = "Firm,Address,Street Address,City,State,Employees\nA,1 Main St,2 Oak St,X,Open,10000+\n"
NOBODY_PAYS = [{"client": "Club", "revenue": 0}, {"client": "Shop", "revenue": -5}]
# Which app is asked, how, and the kind of the answer.
ASKED: list[tuple[str, str, str, Any, str]] = [
    *(
        ("county", "POST", "/v1/find", {"home": HOME} | ask, kind)
        for ask in FINDS.values()
        for kind in (JSON, GEOJSON)
    ),
    *(
        ("county", "POST", f"/v1/find.csv?home={HOME}&verdict=all", sample.prospects_csv(), kind)
        for kind in (JSON, GEOJSON)
    ),
    ("no map", "POST", "/v1/find", FIND | {"home": ELSEWHERE, "traffic": 1.3}, JSON),
    ("no map", "POST", "/v1/find", FIND | {"home": ELSEWHERE, "like": CLIENTS}, GEOJSON),
    ("service", "POST", "/v1/find", FIND | {"prospects": COUNTY, "dry_run": True}, JSON),
    ("priced", "POST", "/v1/find", FIND | {"prospects": COUNTY, "dry_run": True}, JSON),
    ("county", "GET", "/v1/prospects", {"home": HOME}, JSON),
    ("county", "GET", "/v1/prospects", {"home": HOME, "verdict": "all"}, GEOJSON),
    ("county", "GET", "/v1/prospects", {"home": HOME, "industry": "mining"}, JSON),
    *(
        ("county", "POST", "/v1/prospects", {"home": HOME, "like": CLIENTS, "sort": "like"}, kind)
        for kind in (JSON, GEOJSON)
    ),
    ("county", "POST", "/v1/clients/portfolio", {"clients": CLIENTS}, JSON),
    ("county", "POST", "/v1/clients/portfolio", {"clients": NOBODY_PAYS, "home": HOME}, JSON),
    (
        "county", "POST", "/v1/clients/portfolio",
        {"clients": CLIENTS, "prospects": COUNTY, "background": ["dental", "54"]}, JSON,
    ),
    ("county", "POST", f"/v1/clients/portfolio.csv?home={HOME}", BOOKS, JSON),
    ("no map", "POST", f"/v1/clients/portfolio.csv?home={ELSEWHERE}", BOOKS, JSON),
    ("county", "POST", "/v1/clients/capacity", WEEK | {"clients": CLIENTS, "home": ""}, JSON),
    ("county", "POST", "/v1/clients/capacity", WEEK | {"clients": CLIENTS, "hours": 9}, JSON),
    ("county", "POST", f"/v1/clients/capacity.csv?hours=40&home={HOME}", BOOKS, JSON),
    ("county", "GET", "/v1/partners", {"home": HOME}, JSON),
    ("county", "GET", "/v1/partners", {"home": HOME, "kind": "bank", "minutes": "1"}, JSON),
    (
        "county", "POST", "/v1/partners",
        {"home": HOME, "partners": COUNTY, "prospects": ROWS, "clients": CLIENTS}, JSON,
    ),
    (
        "no map", "POST", "/v1/partners",
        {"home": ELSEWHERE, "partners": [{"name": "A CPA", "zip": "01040"}]}, JSON,
    ),
    ("county", "POST", "/v1/lists/preview", sample.prospects_csv(), JSON),
    ("no map", "POST", "/v1/lists/preview", UNCLEAR, JSON),
    ("county", "GET", "/v1/geocode", {"address": "Springfield"}, JSON),
    ("county", "GET", "/v1/geocode", {"address": "Xyzzy Plugh"}, JSON),
    ("unreadable", "GET", "/v1/geocode", {"address": HOME}, JSON),
    ("no map", "GET", "/v1/suggest", {"q": "springf"}, JSON),
    ("county", "GET", "/v1/reach", {"home": HOME, "direction": "back"}, GEOJSON),
    ("no map", "GET", "/v1/reach", {"home": ELSEWHERE, "minutes": 30}, GEOJSON),
    ("unreadable", "GET", "/v1/reach", {"home": "40,-116.6", "minutes": 30}, GEOJSON),
    ("no map", "GET", "/v1/regions", {}, JSON),
    ("unreadable", "GET", "/v1/regions", {}, JSON),
    ("no map", "GET", "/v1/tiles.json", {}, JSON),
    ("county", "GET", "/v1/style.json", {"theme": "dark"}, JSON),
    ("foreign tiles", "GET", "/v1/style.json", {}, JSON),
    ("stored", "GET", "/v1/regions/plan", {"name": "nevada"}, JSON),
    ("stored", "GET", "/v1/regions/plan", {"near": "40,-117", "miles": 10}, JSON),
    ("jobs", "GET", "/v1/jobs", {"limit": 3}, JSON),
    ("jobs", "GET", f"/v1/jobs/{JOB}", {}, JSON),
    ("jobs", "POST", f"/v1/jobs/{JOB}/cancel", {}, JSON),
    ("stored", "GET", "/v1/lists", {}, JSON),
    ("stored", "GET", "/v1/lists/county", {}, JSON),
    ("stored", "PATCH", "/v1/lists/county", {"expires": "2099-12-31"}, JSON),
    ("stored", "GET", "/v1/lists/county/rows", {"first": 40}, JSON),
    *(
        ("stored", "GET", "/v1/lists/county,second/prospects", {"home": HOME, "limit": 60}, kind)
        for kind in (JSON, GEOJSON)
    ),
    *(
        ("stored", "GET", f"/v1/lists/{names}/points", {"home": HOME, "verdict": "all"}, GEOJSON)
        for names in ("county", "county,second")
    ),
    ("stored", "GET", "/v1/lists/county/ledger", {}, JSON),
    ("stored", "POST", "/v1/lists/county/outcomes", {"rows": [7], "what": "client"}, JSON),
    ("stored", "GET", "/v1/lists/county/outcomes", {"what": "mailed"}, JSON),
    ("stored", "GET", "/v1/suppressions", {}, JSON),
    ("stored", "DELETE", "/v1/suppressions/by-phone", {}, JSON),
    ("stored", "DELETE", "/v1/lists/second", {}, JSON),
    ("county", "GET", "/healthz", {}, JSON),
    ("no map", "GET", "/readyz", {}, JSON),
]  # fmt: skip


def _ask(client: TestClient, method: str, path: str, asked: Any, kind: str = JSON) -> Any:
    body = {"json" if isinstance(asked, dict) else "content": asked}
    how = body if method in {"POST", "PATCH"} else {"params": asked}
    return client.request(method, path, headers={"accept": kind}, **how)


def _template(path: str) -> str:
    """The path as the document has it."""
    path = path.partition("?")[0].replace(JOB, "{job_id}")
    path = re.sub(r"^/v1/lists/[a-z,]+/(prospects|points)$", r"/v1/lists/{names}/\1", path)
    path = re.sub(r"^/v1/lists/(?:county|second)", "/v1/lists/{name}", path)
    return path.replace("/v1/suppressions/by-phone", "/v1/suppressions/{name}")


def _model_of(path: str, method: str, status: str, kind: str) -> type[ExactModel]:
    responses = DOCUMENT["paths"][_template(path)][method.lower()]["responses"]
    return MODELS[responses[status]["content"][kind]["schema"]["$ref"].rpartition("/")[2]]


@pytest.mark.parametrize(("app", "method", "path", "asked", "kind"), ASKED)
def test_an_answer_fits_its_model(apps, app, method, path, asked, kind):
    """Each key is known, and each value is of its type."""
    got = _ask(apps(app), method, path, asked, kind)
    assert got.status_code == 200, got.text
    assert got.headers["content-type"] == kind
    _model_of(path, method, "200", kind).model_validate_json(got.content, strict=True)


def test_every_route_is_asked():
    typed = {
        (method.upper(), path, kind)
        for (method, path, status, kind), schema in _answers()
        if status == "200" and "$ref" in schema
    }
    asked = {(method, _template(path), kind) for _, method, path, _, kind in ASKED}
    assert typed == asked


def test_what_a_service_would_be_asked_is_in_the_answer(apps):
    """What the answers above were asked for: they would fit without it, too."""
    ask = FIND | {"prospects": COUNTY, "dry_run": True}
    plain = _ask(apps("service"), "POST", "/v1/find", ask).json()
    priced = _ask(apps("priced"), "POST", "/v1/find", ask).json()
    assert plain["engine_use"]["usd"] is None
    assert priced["engine_use"]["usd"] > 0
    assert [one["name"] for one in priced["geocoder_use"]] == ["census"]
    reach = _ask(apps("unreadable"), "GET", "/v1/reach", {"home": "40,-116.6"})
    assert reach.json()["notes"]


# --- problems


@pytest.mark.parametrize(
    ("app", "path", "asked", "status"),
    [
        ("county", "/v1/find", {"home": HOME, "prospects": [{"name": {}}]}, 422),
        ("county", "/v1/find", FIND | {"home": "Springfield"}, 422),
        ("county", "/v1/find", FIND | {"region": "atlantis"}, 404),
        ("county", "/v1/find", FIND | {"prospects": ROWS * 251}, 413),
        ("service", "/v1/find", FIND, 503),
    ],
)
def test_a_problem_fits_its_model(apps, app, path, asked, status):
    got = _ask(apps(app), "POST", path, asked)
    assert got.status_code == status, got.text
    kind = got.headers["content-type"]
    _model_of(path, "POST", str(status), kind).model_validate_json(got.content, strict=True)


def test_every_status_of_our_errors_is_described():
    described = DOCUMENT["paths"]["/v1/find"]["post"]["responses"]
    assert {str(status) for status in STATUS.values()} - {"500"} <= described.keys()
    assert "default" in described


# --- the document


def _answers() -> Iterator[tuple[tuple[str, str, str, str], dict[str, Any]]]:
    """All that any route may answer: method, path, status and kind, and what it is.

    Of a stream of events each one.
    """
    for path, ways in DOCUMENT["paths"].items():
        for method, way in ways.items():
            for status, response in way["responses"].items():
                for kind, media in response.get("content", {}).items():
                    event = media.get("itemSchema", {}).get("properties", {}).get("data", {})
                    yield (method, path, status, kind), media.get("schema", event)


def _untyped(schema: Any, at: str, seen: set[str]) -> Iterator[str]:
    """Where in a schema something may be anything."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            seen.add(name)
            yield from _untyped(DOCUMENT["components"]["schemas"][name], name, seen)
        return
    told = {"type", "const", "enum", "anyOf", "oneOf"} & schema.keys()
    open_object = schema.get("type") == "object" and "additionalProperties" not in schema
    if not told or open_object or schema.get("additionalProperties") is True:
        yield at
    if schema.get("type") == "array" and not {"items", "prefixItems"} & schema.keys():
        yield at
    for name, one in _inner(schema):
        yield from _untyped(one, f"{at}.{name}", seen)


def _inner(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from schema.get("properties", {}).items()
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        yield from ((f"{key}[{i}]", one) for i, one in enumerate(schema.get(key, [])))
    for key in ("items", "additionalProperties", "contentSchema"):
        if isinstance(schema.get(key), dict):
            yield key, schema[key]


def test_no_answer_may_be_anything():
    """No object without its keys, or the type of its values; nothing that is not described."""
    untyped = [
        f"{' '.join(where)}: {at}"
        for where, schema in _answers()
        for at in _untyped(schema, "", set())
    ]
    assert untyped == []


def test_what_may_be_anything_is_seen():
    anything = [{}, {"type": "object"}, {"type": "object", "additionalProperties": True}]
    nested = [{"type": "array", "items": one} for one in anything]
    nested += [{"anyOf": [{"type": "null"}, one]} for one in anything]
    nested += [{"type": "object", "additionalProperties": one} for one in anything]
    for one in [*anything, *nested, {"type": "array"}]:
        assert list(_untyped(one, "", set())), one


def test_the_words_are_those_of_the_code():
    assert get_args(found.ZoneOut.__value__) == ZONES
    assert get_args(found.CategoryOut.__value__) == CATEGORIES
    assert set(get_args(found.VerdictOut.__value__)) == {one.label for one in Verdict}
    assert {*get_args(AccuracyOut.__value__), ""} == {one.label for one in Accuracy}
