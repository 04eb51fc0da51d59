"""Several home bases over HTTP: one is answered as ever, of several the nearest is named."""

import csv
import io

import pytest

from app.geo.regions.sample import county as sample
from app.settings import Settings
from tests.served import local_client

HOME, NORTH = sample.HOME_ADDRESS, "Northbank, NV"
ROWS = [
    {"name": "South", "address": "420 Main Street", "city": "Larkfield", "state": "NV"},
    {"name": "North", "address": "220 Main Street", "city": "Northbank", "state": "NV"},
    {"name": "Nowhere"},
]
CLIENTS = [{"client": "Dental", "revenue": 900, "address": "220 3rd Avenue", "city": "Larkfield"}]


@pytest.fixture(scope="module")
def client(data_dir):
    with local_client(Settings(data_dir=data_dir)) as client:
        yield client


def find(client, home, **asked):
    body = {"home": home, "prospects": ROWS, "verdict": "all", **asked}
    return client.post("/v1/find", json=body)


def test_one_home_base_in_a_list_is_answered_like_one(client):
    """To the byte; so are several of which all are the same."""
    one = find(client, HOME)
    assert "home_bases" not in one.json()
    assert "home" not in one.json()["prospects"][0]
    for same in ([HOME], [HOME, f" {HOME}"], [HOME, "350 main street, larkfield nv"]):
        assert find(client, same).content == one.content


def test_each_row_says_which_home_base_it_is_nearest_to(client):
    answer = find(client, [HOME, NORTH]).json()
    labels = [home["label"] for home in answer["home_bases"]]
    assert labels == [HOME, "Northbank, NV"]
    assert answer["home_base"]["label"] == labels[0]
    assert [row["home"] for row in answer["prospects"]] == [*labels, ""]
    assert all(row["minutes"] < 3 for row in answer["prospects"][:2])
    alone = [find(client, home).json()["prospects"] for home in (HOME, NORTH)]
    for i in (0, 1):
        assert answer["prospects"][i]["minutes"] == alone[i][i]["minutes"]
        assert answer["prospects"][i]["miles"] == alone[i][i]["miles"]


@pytest.mark.parametrize("path", ["/v1/find.csv", "/v1/prospects"])
def test_a_query_repeats_them(client, path):
    query = {"home": [HOME, NORTH], "verdict": "all"}
    accept = {"accept": "text/csv"}
    if path == "/v1/prospects":
        reply = client.get(path, params=query, headers=accept)
    else:
        body = sample.prospects_csv()
        reply = client.post(path, params=query, content=body, headers=accept)
    rows = list(csv.DictReader(io.StringIO(reply.text)))
    assert len({row["sweetspot_home"] for row in rows} - {""}) == 2


def test_look_alikes_and_geojson_have_them_too(client):
    answer = client.post(
        "/v1/prospects",
        json={"home": [HOME, NORTH], "like": CLIENTS, "sort": "like", "verdict": "all"},
        headers={"accept": "application/geo+json"},
    ).json()
    assert len(answer["home_bases"]) == 2
    assert len({row["properties"]["sweetspot_home"] for row in answer["features"]}) == 2


@pytest.mark.parametrize(
    ("home", "said"),
    [
        ([HOME, "Xyzzy Plugh"], "home base 'Xyzzy Plugh' was not found"),
        ([HOME, "Springfield"], "home base 'Springfield' fits several places"),
        ([f"40.{n},-116.6" for n in range(9)], "expected 1 to 8 home bases, got 9"),
        ([], "expected 1 to 8 home bases, got 0"),
        ([HOME, ""], "no home base: give an address"),
        ([HOME, "x" * 501], "at most 500 characters"),
    ],
)
def test_one_that_can_not_be_is_named(client, home, said):
    reply = find(client, home)
    assert reply.status_code == 422
    assert reply.json()["field"] == "home"
    assert said in reply.json()["detail"]


def test_where_one_has_no_map_the_notes_name_it(client):
    answer = find(client, [HOME, "Springfield, MA"]).json()
    assert answer["prospects"][0]["engine"].startswith("valhalla")
    assert [home["region"] for home in answer["home_bases"]] == ["sample", None]
    assert any(note.startswith("Springfield, MA") for note in answer["notes"])
