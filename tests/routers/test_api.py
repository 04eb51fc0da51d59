"""The HTTP API over the sample county, with its real engine."""

import csv
import io
import json

import mapbox_vector_tile
import pytest

from app import errors
from app.geo.regions.sample import county as sample
from app.routers.problems import STATUS, status_of
from app.settings import Settings
from tests.served import local_client

HOME = sample.HOME_ADDRESS
DAIRY = {
    "name": "Halt Dairy",
    "address": "440 Main Street",
    "city": "Cedar Halt",
    "state": "NV",
    "zip": "00102",
    "employees": 88,
}


@pytest.fixture(scope="module")
def client(data_dir):
    with local_client(Settings(data_dir=data_dir)) as client:
        yield client


def ask(client, **question):
    return client.post("/v1/find", json={"home": HOME, "prospects": [DAIRY], **question})


def test_find_answers_with_minutes_and_a_reason(client):
    """Cedar Halt's dairy: 25.6 min by hand (see firms.py), up to a minute more in turns."""
    answer = ask(client).json()
    assert set(answer) >= {
        "home_base", "counts", "prospects", "engine", "region", "attribution",
    }  # fmt: skip
    (row,) = answer["prospects"]
    assert row["verdict"] == "pass"
    assert 25.6 <= row["minutes"] <= 26.7
    assert row["zone"] == "near"
    assert any("min by road" in reason for reason in row["reasons"])
    assert row["cells"]["city"] == "Cedar Halt"
    assert answer["region"] == "sample"
    assert "OpenStreetMap" in answer["attribution"]


@pytest.mark.parametrize(
    ("minutes", "verdict"),
    [
        (20, "fail"),
        ([30, 50], "fail"),
        ("20-30", "pass"),
        ([None, 30], "pass"),
        ([20, None], "pass"),
    ],
)
def test_limits_come_in_every_form(client, minutes, verdict):
    """The dairy is some 26 minutes away."""
    (row,) = ask(client, minutes=minutes, verdict="all").json()["prospects"]
    assert row["verdict"] == verdict


def test_a_size_switched_off_is_not_judged(client):
    (row,) = ask(client, employees=[100, 200], verdict="all").json()["prospects"]
    assert row["verdict"] == "fail"
    (row,) = ask(client, employees="off", verdict="all").json()["prospects"]
    assert row["verdict"] == "pass"


def test_a_body_that_is_no_json_is_said_to_be_none(client):
    """With the character, as of a line copied with its prompt."""
    got = client.post(
        "/v1/find", content="{\n> ", headers={"content-type": "application/json"}
    ).json()
    assert got["detail"].startswith("body: not JSON, at character 2: ")
    assert got["field"] == "body"


def test_csv_and_geojson_by_accept(client):
    body = {"home": HOME, "prospects": [DAIRY]}
    got = client.post("/v1/find", json=body, headers={"accept": "text/csv"})
    assert got.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(got.content.decode("utf-8-sig")))
    assert row["sweetspot_verdict"] == "pass"
    got = client.post("/v1/find", json=body, headers={"accept": "application/geo+json"})
    (feature,) = got.json()["features"]
    assert feature["geometry"]["type"] == "Point"


def test_find_csv_streams_rows_and_counts(client):
    """The body is the list; the funnel is in a header."""
    got = client.post(
        "/v1/find.csv",
        params={"home": HOME, "minutes": "50", "verdict": "all"},
        content=sample.prospects_csv().encode(),
        headers={"content-type": "text/csv"},
    )
    assert got.status_code == 200
    counts = json.loads(got.headers["sweetspot-counts"])
    rows = list(csv.DictReader(io.StringIO(got.content.decode("utf-8-sig"))))
    assert len(rows) == counts["read"] == len(sample.prospects_csv().splitlines()) - 1
    assert counts["located"] + counts["not_located"] == counts["read"]


def test_find_csv_takes_xlsx(client, tmp_path):
    import polars as pl

    path = tmp_path / "list.xlsx"
    pl.read_csv(io.StringIO(sample.prospects_csv()), infer_schema=False).write_excel(path)
    got = client.post("/v1/find.csv", params={"home": HOME}, content=path.read_bytes())
    assert got.status_code == 200
    assert b"Basin Printing" in got.content


def problem(response, status):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["detail"]
    return body


def test_problems_name_the_field(client):
    assert problem(ask(client, minutes="soon"), 422)["field"] == "minutes"
    assert problem(ask(client, minutes=[50, 30]), 422)["field"] == "minutes"
    assert problem(ask(client, home="Nowhere 1, Atlantis"), 422)["field"] == "home"
    assert problem(ask(client, employes=[10, 100]), 422)["field"] == "employes"
    assert problem(ask(client, region="atlantis"), 404)["detail"]


def test_problems_name_the_row(client):
    body = problem(ask(client, prospects=[DAIRY, {"name": {"first": "x"}}]), 422)
    assert body["row"] == 2  # counted from 1, as in a list
    body = problem(
        client.post("/v1/partners", json={"home": "40,-116.6", "clients": [{"a": {}}]}), 422
    )
    assert body["row"] == 1


def test_an_ambiguous_home_base_lists_the_candidates(client):
    body = problem(ask(client, home="Springfield"), 422)
    assert any(name.startswith("Springfield, MA") for name in body["candidates"])


@pytest.mark.parametrize(
    "body", [b"", b"\n\n", b"name,address\n", b"\x00\x01\x02", b"PK\x03\x04junk"]
)
def test_a_bad_list_is_422_before_any_row(client, body):
    got = client.post("/v1/find.csv", params={"home": HOME}, content=body)
    problem(got, 422)


def test_too_many_rows_and_too_many_bytes(data_dir):
    settings = Settings(data_dir=data_dir, max_json_rows=2, max_body_mb=1)
    with local_client(settings) as client:
        problem(ask(client, prospects=[DAIRY] * 3), 413)
        big = b"name,address\n" + b"x" * 1_100_000
        problem(client.post("/v1/find.csv", params={"home": HOME}, content=big), 413)
        chunks = (b"x" * 300_000 for _ in range(5))  # no Content-Length
        problem(client.post("/v1/find.csv", params={"home": HOME}, content=chunks), 413)


def test_geocode_places_an_address(client):
    fixes = client.get("/v1/geocode", params={"address": HOME}).json()["fixes"]
    assert fixes[0]["accuracy"] in {"rooftop", "interpolated"}
    home = sample.HOME
    assert fixes[0]["lat"] == pytest.approx(home.lat, abs=0.001)
    assert fixes[0]["lon"] == pytest.approx(home.lon, abs=0.001)
    assert client.get("/v1/geocode", params={"address": "Xyzzy Plugh"}).json()["fixes"] == []


def test_geocode_names_what_is_nearest_to_the_home_base_first(client):
    """Springfield is in many states."""
    asked = {"address": "Springfield", "home": "42.1,-72.6"}
    assert client.get("/v1/geocode", params=asked).json()["fixes"][0]["label"] == "Springfield, MA"
    asked["home"] = "39.8,-89.6"
    assert client.get("/v1/geocode", params=asked).json()["fixes"][0]["label"] == "Springfield, IL"


def test_reach_draws_a_polygon_for_each_limit(client):
    got = client.get("/v1/reach", params={"home": HOME, "minutes": [10, 30]})
    assert got.headers["content-type"] == "application/geo+json"
    kinds = {f["geometry"]["type"] for f in got.json()["features"]}
    assert kinds <= {"Polygon", "MultiPolygon"}
    assert {f["properties"]["minutes"] for f in got.json()["features"]} == {10, 30}


def test_tiles_show_the_roads_and_nothing_elsewhere(client):
    """Tile 10/180/387 holds Larkfield (-116.6, 40): x = (180 - 116.6) / 360 * 1024."""
    got = client.get("/v1/tiles/10/180/387.mvt")
    assert got.status_code == 200
    assert len(got.content) > 100
    assert client.get("/v1/tiles/10/0/0.mvt").status_code == 204
    problem(client.get("/v1/tiles/2/9/9.mvt"), 422)
    again = client.get("/v1/tiles/10/180/387.mvt", headers={"if-none-match": got.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == got.headers["etag"]


def test_the_tiles_are_described_and_styled_from_where_they_are_asked(client):
    described = client.get("/v1/tiles.json").json()
    assert described["attribution"] == "© OpenStreetMap contributors, ODbL 1.0"
    (template,) = described["tiles"]
    assert template.startswith("http://localhost/v1/tiles/{z}/{x}/{y}.mvt?stamp=")
    got = client.get(template.format(z=10, x=180, y=387))
    layers = {one["id"] for one in described["vector_layers"]}
    assert mapbox_vector_tile.decode(got.content).keys() <= layers
    behind = client.get("/v1/style.json", params={"base": "https://example.com/sweetspot/"}).json()
    assert behind["sources"]["map"]["tiles"][0].startswith("https://example.com/sweetspot/v1/tiles")
    assert {one.get("source-layer") for one in behind["layers"]} <= {*layers, None}
    problem(client.get("/v1/style.json", params={"base": "javascript:alert(1)"}), 422)


def test_a_style_without_any_map_is_a_plain_ground(tmp_path):
    with local_client(Settings(data_dir=tmp_path)) as nowhere:
        style = nowhere.get("/v1/style.json").json()
        assert style["layers"][0]["type"] == "background"
        assert nowhere.get("/v1/tiles/10/180/387.mvt").status_code == 204


def test_tiles_of_others_are_used_where_they_are_set(tmp_path):
    asked = {"tiles_url": "https://example.com/tiles.json", "tiles_attribution": "© Example"}
    with local_client(Settings(data_dir=tmp_path, **asked)) as client:
        source = client.get("/v1/style.json").json()["sources"]["map"]
        assert (source["type"], source["url"]) == ("raster", asked["tiles_url"])
        assert source["attribution"] == "© Example"
    with local_client(Settings(data_dir=tmp_path, tiles_url="/tiles")) as client:
        told = problem(client.get("/v1/style.json"), 422)
        assert "SWEETSPOT_TILES_URL" in told["detail"]


def test_regions_and_health(client):
    (region,) = client.get("/v1/regions").json()["regions"]
    assert region["name"] == "sample"
    west, south, east, north = region["bounds"]
    assert west < sample.HOME.lon < east
    assert south < sample.HOME.lat < north
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/readyz").json()["regions"] == 1


def test_other_hosts_are_refused(client):
    """A page that rebinds its name to 127.0.0.1 must not read answers."""
    got = client.get("/healthz", headers={"host": "evil.example"})
    assert "SWEETSPOT_ALLOWED_HOSTS" in problem(got, 400)["detail"]


def test_cors_only_for_the_origins_set(data_dir, client):
    headers = {"origin": "https://front.example"}
    assert "access-control-allow-origin" not in client.get("/healthz", headers=headers).headers
    settings = Settings(data_dir=data_dir, cors_origins="https://front.example")
    with local_client(settings) as open_client:
        got = open_client.get("/healthz", headers=headers)
        assert got.headers["access-control-allow-origin"] == "https://front.example"


def _all_errors(kind=errors.SweetspotError):
    yield kind
    for sub in kind.__subclasses__():
        yield from _all_errors(sub)


def test_every_error_has_a_status():
    """A new kind of error gets the status of its nearest ancestor, never a bare 500."""
    for kind in _all_errors():
        assert status_of(kind) in set(STATUS.values())
        assert kind is errors.SweetspotError or status_of(kind) != 500
