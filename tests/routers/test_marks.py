"""Suppressions and outcomes over HTTP."""

import pytest

from app.geo.regions.sample import county as sample
from app.settings import Settings
from tests.served import local_client
from tests.stored_lists import store_list

COUNTY = "/v1/lists/county"
PHONES = "phone\n775-555-0100\n"


@pytest.fixture
def client(data_dir, tmp_path):
    (tmp_path / "regions").symlink_to(data_dir / "regions")
    with local_client(Settings(data_dir=tmp_path)) as client:
        store_list(client.app.state.parts, sample.prospects_csv(), "county")
        yield client


def ask(client, tag="", **question):
    asked = {"home": sample.HOME_ADDRESS, "verdict": "all", "limit": 1000, **question}
    return client.get(f"{COUNTY}/prospects", params=asked, headers={"if-none-match": tag})


def names_of(answer):
    return {row["name"] for row in answer.json()["prospects"]}


def test_a_suppression_comes_and_goes(client):
    before = ask(client)
    assert ask(client, before.headers["etag"]).status_code == 304
    made = client.post("/v1/suppressions", params={"name": "ours"}, content=PHONES)
    assert made.status_code == 201
    after = ask(client, before.headers["etag"])
    assert after.status_code == 200
    assert names_of(before) - names_of(after) == {"Basin Printing"}
    assert client.get("/v1/suppressions").json() == {"suppressions": [made.json()]}
    told = {
        row["name"]: row["suppressed"] for row in ask(client, suppressed=True).json()["prospects"]
    }
    assert told["Basin Printing"] == ["same phone in ours"]
    gone = client.delete("/v1/suppressions/ours")
    assert gone.json() == {"rows": 1, "files": 2}
    assert names_of(ask(client)) == names_of(before)
    assert client.delete("/v1/suppressions/ours").status_code == 404


def test_a_stored_list_is_a_suppression(client):
    made = client.post("/v1/suppressions/of/county", params={"name": "mine", "source": "mailed"})
    assert made.status_code == 201
    assert names_of(ask(client)) == set()


def test_outcomes_come_and_go(client):
    body = {"what": "client", "rows": [1, 2], "on": "2026-01-31", "note": "signed"}
    told = client.post(f"{COUNTY}/outcomes", json=body)
    assert told.json() == {"list": "county", "marked": 2, "known": 0}
    assert client.post(f"{COUNTY}/outcomes", json=body).json()["marked"] == 0
    first, second = client.get(f"{COUNTY}/outcomes").json()["outcomes"]
    assert (first["row"], first["on"], first["note"]) == (1, "2026-01-31", "signed")
    assert client.delete(f"{COUNTY}/outcomes/{second['id']}").status_code == 204
    assert client.delete(f"{COUNTY}/outcomes/{second['id']}").status_code == 404
    rows = ask(client, without="none", sort="list").json()["prospects"]
    assert [row["outcome"] for row in rows[:2]] == ["client", None]
    assert "Basin Printing" not in names_of(ask(client))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"what": "friend", "rows": [1]}, "what"),
        ({"what": "client", "rows": [0]}, "row 0"),
        ({"what": "client", "rows": []}, "rows"),
        ({"what": "client", "rows": [10**30]}, "row 1"),
    ],
)
def test_what_can_not_be_marked_is_told(client, body, said):
    answer = client.post(f"{COUNTY}/outcomes", json=body)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_terms_are_checked_before_anything_is_judged(client):
    answer = ask(client, without="friend")
    assert answer.status_code == 422
    assert answer.json()["field"] == "without"


BOOKS = """\
client,revenue,industry,computers,address,city
Larkfield Dental,21600,dental,12,220 3rd Avenue,Larkfield
Okafor Law,5400,lawyers,8,325 Main Street,Larkfield
"""


def test_look_alikes_learn_from_rows_that_became_clients(client):
    """They are resembled as well, and each is hidden in turn to see how high it would rank."""
    store_list(client.app.state.parts, BOOKS, "ours", kind="clients")
    before = ask(client, like="ours").json()["like"]
    assert "learnt" not in before
    client.post(f"{COUNTY}/outcomes", json={"what": "client", "rows": [1, 5]})
    told = ask(client, like="ours", learn=True).json()
    like = told["like"]
    assert like["learnt"] == ["Basin Printing"]  # row 5, the dentist, is in the books
    assert like["a_clients"] == ["Basin Printing", *before["a_clients"]]
    hidden = {row["name"]: row for row in like["leave_one_out"]}
    assert 1 <= hidden["Basin Printing"]["rank"] <= hidden["Basin Printing"]["of"]
    assert ask(client, like="ours").json()["like"]["a_clients"] == before["a_clients"]
    assert ask(client, learn=True).json()["field"] == "learn"
    client.patch(COUNTY, json={"expires": "2020-01-01"})
    counts = ask(client, like="ours", learn=True, limit=0)
    assert "Basin Printing" not in counts.text  # nothing is shown of a list that has expired


def test_partners_count_rows_that_became_clients(client):
    """Once, be they in the books as well; nobody's before there are any."""
    asked = {"home": sample.HOME_ADDRESS, "minutes": "60", "within": 20}

    def near(**more):
        told = client.post("/v1/partners", json=asked | more).json()["partners"]
        return {one["name"]: one["clients_nearby"] for one in told}

    assert set(near().values()) == {None}
    assert set(near(learn=True).values()) == {0}
    client.post(f"{COUNTY}/outcomes", json={"what": "client", "rows": [1, 5]})
    learnt = near(learn=True)
    assert learnt["Okafor Law"] == 2
    dentist = {"name": "Larkfield Dental", "address": "220 3rd Avenue", "city": "Larkfield"}
    assert near(learn=True, clients=[dentist]) == learnt
    assert near(clients=[dentist])["Okafor Law"] == 1
    got = client.get("/v1/partners", params=asked | {"learn": True}).json()["partners"]
    assert {one["name"]: one["clients_nearby"] for one in got} == learnt
