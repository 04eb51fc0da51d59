"""Each option once: what a command and its requests share, and the few things they don't."""

import importlib.util
import json
from pathlib import Path
from typing import get_args

import pytest

from app.find.defining import check_options
from app.find.options import DrivingOptions, FindOptions, SpotOptions, read_spot
from app.geo.driving.engine import Direction, Side
from app.geo.regions.sample import county as sample
from app.settings import Settings
from app.sweetspot.criteria import LICENCE_TERMS, TOGETHER, SweetSpot
from tests.served import local_client

ROOT = Path(__file__).parents[1]
CLIENTS = ROOT / "examples" / "clients.csv"


def _load_reference():
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "make_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reference = _load_reference()


@pytest.fixture(scope="module")
def client(data_dir):
    with local_client(Settings(data_dir=data_dir)) as made:
        yield made


@pytest.fixture(scope="module")
def document(client):
    return client.app.openapi()


def _of_command(verb):
    command = reference.list_commands()[verb]
    return {reference.option_name(one): one for one in command.params}


def _of_request(document, request):
    """What a request takes: name -> what is said of it; from the query, the body, the form."""
    method, path = request.split()
    operation = document["paths"][path][method.lower()]
    taken = {
        one["name"]: one.get("description", "")
        for one in operation.get("parameters", ())
        if one["in"] != "header"  # a command makes no request twice
    }
    for media in operation.get("requestBody", {}).get("content", {}).values():
        schema = media["schema"]
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        parts = schema.get("properties", {})
        taken |= {name: one.get("description", "") for name, one in parts.items()}
    return taken


@pytest.mark.parametrize(
    ("verb", "request_line"),
    [(verb, one) for verb, requests in reference.VERBS.items() for one in requests],
)
def test_a_command_and_its_requests_have_the_same_options(document, verb, request_line):
    """But for those that docs/make_reference.py names, and says why."""
    command, request = _of_command(verb), _of_request(document, request_line)
    named = reference.NAMED.get(request_line, {})
    expected = {named.get(name, name) for name in command if name not in reference.COMMAND_ONLY}
    assert set(request) - reference.REQUEST_ONLY.keys() == expected - {""}
    for name in set(command) & set(request) - set(named.values()):
        if name not in {"like", "prospects", "sweet_spot", "clients"}:  # a file, and rows or a part
            assert request[name] == command[name].help


def test_what_a_command_has_alone_is_a_short_list():
    assert len(reference.COMMAND_ONLY) <= 4
    every = {name for verb in reference.VERBS for name in _of_command(verb)}
    assert set(reference.COMMAND_ONLY) <= every
    assert not set(reference.REQUEST_ONLY) & every


def test_the_reference_is_what_the_code_has():
    """`make docs` writes it."""
    assert reference.TARGET.read_text(encoding="utf-8") == reference.write_reference()


def test_words_of_options_are_those_of_the_code():
    """The options name them without importing what is heavy."""
    fields = FindOptions.model_fields
    for name, words in (
        ("together", TOGETHER),
        ("licence_terms", LICENCE_TERMS),
        ("direction", Direction),
        ("limit_on", Side),
    ):
        assert set(get_args(fields[name].annotation)) == set(words)


def test_defaults_that_are_said_are_those_of_the_sweet_spot():
    """What the help and the reference call the default is what is judged."""
    said = {
        name: SpotOptions.model_fields[name].json_schema_extra["x-default"]
        for name in ("minutes", "miles", "km", "computers", "employees", "sales")
    }
    assert check_options(SpotOptions, said | {"km": None}).spot() == SweetSpot()


def test_what_is_given_stays_over_what_was_saved():
    """Also where it is the default: `--together all_known` over a saved `any`."""
    saved = SpotOptions(minutes=30, together="any", sales="off")
    asked = check_options(FindOptions, {"home": "x", "together": "all_known", "minutes": "45"})
    spot = asked.over(saved).spot()
    assert (spot.minutes, spot.together, spot.sales) == ((0, 45), "all_known", None)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"traffic": "x"}, "traffic: expected a factor from 0.5 to 5"),
        ({"traffic": 9}, "traffic: expected a factor from 0.5 to 5"),
        ({"direction": "up"}, "direction: expected 'out' or 'back', got 'up'"),
        ({"tolls": "perhaps"}, "tolls: "),
        ({"toll": True}, "toll: there is no such option"),
    ],
)
def test_a_wrong_option_is_one_sentence(given, said):
    with pytest.raises(Exception, match=said):
        check_options(DrivingOptions, given)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "spot.json"
    path.write_text(json.dumps({"minutes": 50, "employees": "10-100", "sales": "off"}))
    return path


def test_a_form_holds_clients_and_a_sweet_spot(client, saved, tmp_path, run):
    """`find.csv` scores by resemblance, as the command does: the same file comes back."""
    listed, out = tmp_path / "list.csv", tmp_path / "out.csv"
    listed.write_text(sample.prospects_csv())
    files = {"list": listed.read_bytes(), "clients": CLIENTS.read_bytes()}
    files["sweet_spot"] = saved.read_bytes()
    query = {"home": sample.HOME_ADDRESS, "verdict": "all", "sort": "like"}
    got = client.post("/v1/find.csv", params=query, files=files)
    assert got.status_code == 200
    options = ("--home", sample.HOME_ADDRESS, "--verdict", "all", "--sort", "like")
    files_of = ("--like", str(CLIENTS), "--sweet-spot", str(saved), "--out", str(out), "--quiet")
    ran = run("find", str(listed), *options, *files_of)
    assert ran.code == 0
    assert got.content == out.read_bytes()
    assert b"sweetspot_like" in got.content


def test_a_sweet_spot_is_sent_as_json(client, saved):
    """Its content in the body is the file of the command; an option beside it wins."""
    row = {"name": "A", "lat": sample.HOME.lat, "lon": sample.HOME.lon, "employees": 5}
    body = {"home": sample.HOME_ADDRESS, "prospects": [row], "verdict": "all"}
    spot = json.loads(saved.read_text())
    verdicts = [
        client.post("/v1/find", json=body | more).json()["prospects"][0]["verdict"]
        for more in ({"sweet_spot": spot}, {"sweet_spot": spot, "employees": "1-9"})
    ]
    assert verdicts == ["fail", "pass"]
    assert read_spot(saved).spot() == SpotOptions(**spot).spot()
    wrong = client.post("/v1/find", json=body | {"sweet_spot": {"minuts": 5}})
    assert wrong.status_code == 422
    assert wrong.json()["field"] == "sweet_spot.minuts"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[" * 9000, "is not JSON"),
        (b"{" + b" " * 70000 + b"}", "too long"),
        (b"\xff\xfe", "is not JSON"),
        (b"[1]", "no sweet spot has"),
        (b'{"minutes": "x"}', "minutes"),
    ],
)
def test_what_is_no_sweet_spot_is_said_both_ways(client, tmp_path, run, content, said):
    """One sentence on the command line and over HTTP, whatever the file holds."""
    listed, saved = tmp_path / "list.csv", tmp_path / "spot.json"
    listed.write_text(sample.prospects_csv())
    saved.write_bytes(content)
    ran = run("find", str(listed), "--home", sample.HOME_ADDRESS, "--sweet-spot", str(saved))
    assert ran.code == 2
    assert said in ran.err
    files = {"list": listed.read_bytes(), "sweet_spot": content}
    got = client.post("/v1/find.csv", params={"home": sample.HOME_ADDRESS}, files=files)
    assert got.status_code == 422
    assert said in got.json()["detail"]


def test_the_map_s_places_are_scored_by_resemblance(client):
    """POST /v1/prospects takes the clients that `prospects --like` does."""
    listed = [
        {"client": "Pioneer Dental", "revenue": "$24,000", "industry": "dental"},
        {"client": "Harbor Law", "revenue": 6000, "industry": "lawyers"},
    ]
    body = {"home": sample.HOME_ADDRESS, "like": listed, "sort": "like"}
    got = client.post("/v1/prospects", json=body).json()
    scores = [row["like"]["score"] for row in got["prospects"]]
    known = [score for score in scores if score is not None]
    assert known == sorted(known, reverse=True)
    assert known[0] > known[-1]


def test_reach_takes_fitted_traffic(client):
    """Where none was fitted that is said, and what does it."""
    got = client.get("/v1/reach", params={"home": sample.HOME_ADDRESS, "traffic": "fitted"})
    assert got.status_code == 422
    assert "calibrate" in got.json()["detail"]


ODD = "Firm,Ort,Leute,Kisten\nPine,Larkfield,12,22\nElm,Larkfield,90,3\nOak,Larkfield,5,140\n"


@pytest.fixture
def odd(tmp_path):
    """A list whose headers nobody knows, and a mapping by which it can be read."""
    listed, mapping = tmp_path / "odd.csv", tmp_path / "mapping.json"
    listed.write_text(ODD)
    mapping.write_text(json.dumps({"read": {"city": "Ort", "employees": "Leute"}}))
    return listed, mapping


def test_a_saved_mapping_is_read_by_and_written_again(run, odd, tmp_path):
    """What it wrote reads the same; a column that is named wins."""
    listed, mapping = odd
    again = tmp_path / "again.json"
    home = ("--home", sample.HOME_ADDRESS, "--verdict", "all", "--json")
    options = ("--mapping", str(mapping), "--save-mapping", str(again))
    first = json.loads(run("find", str(listed), *home, *options).out)
    assert first["columns"]["read"]["employees"]["headers"] == ["Leute"]
    assert first["columns"]["unread"]["Kisten"] == {"looks": "number", "range": [3, 140]}
    assert json.loads(again.read_text())["written_by"].startswith("sweetspot ")
    assert json.loads(run("find", str(listed), *home, "--mapping", str(again)).out) == first
    named = run("find", str(listed), *home, "--mapping", str(again), "--column", "employees=Kisten")
    assert json.loads(named.out)["columns"]["read"]["employees"]["headers"] == ["Kisten"]


def test_a_mapping_is_sent_in_a_body_and_in_a_form(client, odd):
    """As the command reads it from a file: one answer."""
    listed, mapping = odd
    query = {"home": sample.HOME_ADDRESS, "verdict": "all"}
    files = {"list": listed.read_bytes(), "mapping": mapping.read_bytes()}
    form = client.post(
        "/v1/find.csv", params=query, files=files, headers={"accept": "application/json"}
    ).json()
    header, *rows = (line.split(",") for line in ODD.splitlines())
    prospects = [dict(zip(header, row, strict=True)) for row in rows]
    saved = json.loads(mapping.read_text())
    body = client.post("/v1/find", json=query | {"prospects": prospects, "mapping": saved}).json()
    assert form["columns"] == body["columns"]
    assert form["notes"][0] == body["notes"][0]
    assert form["notes"][0] == (
        "read: name = Firm, place = Ort, employees = Leute; not read: Kisten (numbers 3-140)"
    )


def test_what_is_wrong_in_a_mapping_is_said_both_ways(client, odd, run):
    listed, mapping = odd
    mapping.write_text('{"read": {"employees": "Staff"}}')
    ran = run("find", str(listed), "--home", sample.HOME_ADDRESS, "--mapping", str(mapping))
    said = "no column 'Staff' for employees"
    assert ran.code == 2
    assert f"{mapping}: {said}" in ran.err
    files = {"list": listed.read_bytes(), "mapping": mapping.read_bytes()}
    got = client.post("/v1/find.csv", params={"home": sample.HOME_ADDRESS}, files=files)
    assert got.status_code == 422
    assert f"mapping: {said}" in got.json()["detail"]


def test_a_reading_that_does_not_fit_is_refused_both_ways(client, tmp_path, run):
    """One sentence with what was seen; chosen, it is judged."""
    listed = tmp_path / "list.csv"
    listed.write_text("Firm,City,State\n" + "A,Larkfield,Active\n" * 3)
    home = ("--home", sample.HOME_ADDRESS, "--verdict", "all", "--quiet")
    ran = run("find", str(listed), *home)
    assert ran.code == 2
    assert "3 of its 3 cells are no states (such as 'Active')" in ran.err
    query, body = {"home": sample.HOME_ADDRESS}, listed.read_bytes()
    got = client.post("/v1/find.csv", params=query, content=body)
    assert (got.status_code, got.json()["field"]) == (422, "state")
    assert run("find", str(listed), *home, "--column", "state=").code == 0


def _asked_numbers(document):
    """Every whole number that any request takes: where, and its schema."""

    def walk(schema, at, within=()):
        name = schema.get("$ref", "").rpartition("/")[2]
        if name and name not in within:
            yield from walk(document["components"]["schemas"][name], at, (*within, name))
        if schema.get("type") == "integer":
            yield at, schema
        inner = [*schema.get("anyOf", []), *schema.get("oneOf", [])]
        for one in [*inner, schema["items"]] if "items" in schema else inner:
            yield from walk(one, at, within)
        for field, one in schema.get("properties", {}).items():
            yield from walk(one, f"{at} {field}", within)

    for path, ways in document["paths"].items():
        for method, way in ways.items():
            for one in way.get("parameters", []):
                yield from walk(one["schema"], f"{method} {path} {one['name']}")
            for media in way.get("requestBody", {}).get("content", {}).values():
                yield from walk(media["schema"], f"{method} {path}")


def test_every_whole_number_has_a_largest(document):
    """What no index, date or database can hold is refused where it is said, in a sentence."""
    numbers = dict(_asked_numbers(document))
    assert "get /v1/lists/{name}/rows first" in numbers
    assert "patch /v1/lists/{name} retention_days" in numbers
    bounds = {"maximum", "exclusiveMaximum", "enum", "const"}
    checked = {"post /v1/lists/{name}/outcomes rows"}  # against the list itself
    assert {at for at, one in numbers.items() if not bounds & one.keys()} == checked
