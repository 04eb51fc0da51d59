"""Stored lists over HTTP, as a program meets them."""

import csv
import io
import json
import threading
from pathlib import Path

import mapbox_vector_tile
import pytest
from sqlalchemy import delete

from app.businesses.sizes import parse_size
from app.exports.answer import open_answer
from app.geo.regions.sample import county as sample
from app.routers.admission import JSON_MB, MB
from app.routers.exchange import MEDIA
from app.settings import Settings
from app.store.tables import Job
from app.wiring.working import working_inside
from tests.served import local_client
from tests.stored_lists import finish_job, store_list

HOME = sample.HOME_ADDRESS
PAGE = "/v1/lists/county/prospects"
CLIENTS = Path(__file__).parents[2] / "examples" / "clients.csv"


@pytest.fixture(scope="module")
def client(data_dir, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    (folder / "regions").symlink_to(data_dir / "regions")
    with local_client(Settings(data_dir=folder)) as made:
        store_list(made.app.state.parts, sample.prospects_csv(), "county")
        yield made


def test_it_is_imported_once_however_often_it_is_sent(client):
    """The same key is the same job; with another file it is a conflict, and nothing is lost."""
    parts, key = client.app.state.parts, {"idempotency-key": "spring-1"}
    sent = sample.prospects_csv().encode()
    first = client.post("/v1/lists", params={"name": "Spring"}, content=sent, headers=key)
    again = client.post("/v1/lists", params={"name": "Spring"}, content=sent, headers=key)
    other = client.post("/v1/lists", params={"name": "Spring"}, content=sent + b"\n", headers=key)
    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 409)
    assert first.json()["job"] == again.json()["job"]
    with working_inside(parts, threading.Event()):
        job = finish_job(parts, parts.jobs.get(1, first.json()["job"]))
    assert dict(job.result) == {"list": "spring", "rows": 49}
    assert client.get("/v1/lists/spring").json()["state"] == "ready"
    assert client.delete("/v1/lists/spring").json()["rows"] == 49
    assert client.get("/v1/lists/spring").status_code == 404


def test_a_key_whose_job_is_forgotten_harms_no_list(client):
    """Another list may be sent under it; under one that is known, with other words, none may."""
    parts, sent = client.app.state.parts, sample.prospects_csv()

    def send(name, key, **said):
        headers = {"idempotency-key": key}
        return client.post(
            "/v1/lists", params={"name": name, **said}, content=sent, headers=headers
        )

    first = send("weekly", "week")
    assert send("weekly", "week", uses=1).status_code == 409
    assert send("monthly", "week").status_code == 409
    with working_inside(parts, threading.Event()):
        finish_job(parts, parts.jobs.get(1, first.json()["job"]))
        with parts.database.session() as session:
            session.execute(delete(Job).where(Job.id == first.json()["job"]))
        assert "is there already" in send("weekly", "week").json()["detail"]
        assert len(client.get("/v1/lists/weekly/rows").json()["rows"]) == 49
        other = send("monthly", "week")
        finish_job(parts, parts.jobs.get(1, other.json()["job"]))
    assert len(client.get("/v1/lists/monthly/rows").json()["rows"]) == 49
    for name in ("weekly", "monthly"):
        assert client.delete(f"/v1/lists/{name}").status_code == 200


def test_a_list_is_asked_once_however_it_is_named(client):
    listed = client.get("/v1/lists/county").json()
    both = client.get(f"/v1/lists/county,{listed['id']}/prospects", params={"home": HOME})
    assert both.json()["counts"]["read"] == 49


@pytest.mark.parametrize("path", ["/v1/lists?name=large", "/v1/suppressions?name=large"])
def test_a_file_may_be_as_large_as_the_service_takes(client, path):
    """Larger than a JSON body may be, to which a list of a million rows is too large."""
    declared = {"content-length": str((JSON_MB + 1) * MB)}
    assert client.post(path, content=b"", headers=declared).status_code != 413
    over = {"content-length": str((Settings().max_body_mb + 1) * MB)}
    assert client.post(path, content=b"", headers=over).status_code == 413
    assert client.post("/v1/find", content=b"", headers=declared).status_code == 413


def test_a_list_on_its_way_in_says_so(client):
    """It can be seen, and not yet be asked."""
    sent = client.post("/v1/lists", params={"name": "soon"}, content=sample.prospects_csv())
    assert client.get("/v1/lists/soon").json()["state"] == "importing"
    asked = client.get("/v1/lists/soon/prospects", params={"home": HOME})
    assert asked.status_code == 422
    assert "still being imported" in asked.json()["detail"]
    edited = client.patch("/v1/lists/soon", json={"vendor": "Ours"})
    assert "still being imported" in edited.json()["detail"]
    client.app.state.parts.jobs.cancel(1, sent.json()["job"])
    client.app.state.parts.library.delete(1, "soon")


def test_pages_lead_to_all_rows(client):
    query, told = {"home": HOME, "verdict": "all", "limit": 9}, []
    while True:
        page = client.get(PAGE, params=query).json()
        told += page["prospects"]
        assert page["chosen"] == page["counts"]["read"] == 49
        if not page["next"]:
            break
        query["cursor"] = page["next"]
    assert sorted(row["row"] for row in told) == list(range(1, 50))
    minutes = [float("inf") if row["minutes"] is None else row["minutes"] for row in told]
    assert minutes == sorted(minutes)


def test_all_that_is_wrong_with_a_question_is_told_at_once(client):
    """The first as it always was, and each with the word of its kind."""
    asked = {"home": HOME, "limit": -1, "direction": "up", "colour": "red"}
    told = client.get(PAGE, params=asked).json()
    assert {(one["field"], one["type"]) for one in told["errors"]} == {
        ("limit", "greater_than_equal"),
        ("direction", "literal_error"),
        ("colour", "extra_forbidden"),
    }
    first = told["errors"][0]
    assert (told["detail"], told["field"]) == (first["detail"], first["field"])
    told = client.get(PAGE, params={"home": HOME, "minutes": "soon"}).json()
    assert told["errors"] == [
        {"field": "minutes", "detail": told["detail"], "type": "bad_question"}
    ]


def test_counts_alone(client):
    page = client.get(PAGE, params={"home": HOME, "limit": 0}).json()
    assert page["prospects"] == []
    assert page["next"] == ""
    assert page["counts"]["passed"] == page["chosen"] == 29


def test_the_same_question_need_not_be_answered_twice(client):
    first = client.get(PAGE, params={"home": HOME})
    known = {"if-none-match": first.headers["etag"]}
    assert client.get(PAGE, params={"home": HOME}, headers=known).status_code == 304
    assert client.get(PAGE, params={"home": HOME, "limit": 3}, headers=known).status_code == 200
    csv_too = known | {"accept": "text/csv"}
    assert client.get(PAGE, params={"home": HOME}, headers=csv_too).status_code == 200


def test_a_cursor_of_another_question_is_refused(client):
    page = client.get(PAGE, params={"home": HOME, "limit": 2}).json()
    asked = {"home": HOME, "minutes": "20", "cursor": page["next"]}
    assert client.get(PAGE, params=asked).json()["detail"].startswith("cursor: it is of another")
    asked = {"home": HOME, "cursor": "xyz"}
    assert client.get(PAGE, params=asked).json()["detail"].startswith("cursor: it is none of ours")


@pytest.mark.parametrize("kind", ["text/csv", "application/geo+json"])
def test_files_have_all_rows_with_their_numbers(client, kind):
    got = client.get(PAGE, params={"home": HOME, "verdict": "all"}, headers={"accept": kind})
    assert got.headers["content-type"].startswith(kind)
    if kind == "text/csv":
        rows = list(csv.DictReader(io.StringIO(got.text)))
        numbers = [int(row["sweetspot_row"]) for row in rows]
    else:
        rows = [one["properties"] for one in got.json()["features"]]
        numbers = [row["sweetspot_row"] for row in rows]
    assert sorted(numbers) == list(range(1, 50))
    assert json.loads(got.headers["sweetspot-counts"])["read"] == 49


@pytest.mark.parametrize("kind", ["csv", "xlsx", "geojson", "parquet"])
def test_a_link_says_the_format(client, kind):
    """As `Accept` would, whatever a browser accepts; the file is called after the list."""
    query = {"home": HOME, "verdict": "all"}
    got = client.get(PAGE, params=query | {"format": kind}, headers={"accept": "text/html, */*"})
    accepted = client.get(PAGE, params=query, headers={"accept": MEDIA[kind]})
    assert got.headers["content-type"] == accepted.headers["content-type"]
    assert got.headers["content-type"].startswith(MEDIA[kind])
    assert got.headers["etag"] == accepted.headers["etag"]
    assert got.headers["content-disposition"] == f'attachment; filename="county.{kind}"'
    rows = open_answer(io.BytesIO(got.content), "the answer") if kind != "geojson" else got.json()
    assert len(rows if kind != "geojson" else rows["features"]) == 49


def test_a_row_says_by_which_channels_it_may_not_be_reached(client):
    """As exports read it: the general opt-out is one of each."""
    text = (
        "Company,Address,City,State,Zip,Do Not Mail,DNC,Unsubscribed\n"
        "Halt Dairy,440 Main Street,Cedar Halt,NV,00102,Y,,\n"
        "Mesa Diner,280 Main Street,Tolliver,NV,00104,,Y,\n"
        "Pine Press,300 Main Street,Tolliver,NV,00104,N,,\n"
    )
    store_list(client.app.state.parts, text, "refusing")
    query = {"home": HOME, "verdict": "all", "sort": "list"}
    told = client.get("/v1/lists/refusing/prospects", params=query).json()["prospects"]
    assert [row["opt_outs"] for row in told] == [
        {"mail": "opted out of mail: Do Not Mail says 'Y'"},
        {"calls": "opted out of calls: DNC says 'Y'"},
        {},
    ]
    client.delete("/v1/lists/refusing")


def test_a_format_that_is_none_is_said(client):
    """JSON is one, whatever is accepted."""
    got = client.get(PAGE, params={"home": HOME, "format": "pdf"})
    assert (got.status_code, got.json()["field"]) == (422, "format")
    assert got.json()["detail"] == "format 'pdf': expected json, csv, xlsx, geojson, parquet"
    asked = {"home": HOME, "format": "json"}
    assert client.get(PAGE, params=asked, headers={"accept": "text/csv"}).json()["chosen"]


def test_several_lists_at_once(client):
    store_list(client.app.state.parts, sample.prospects_csv(), "more")
    both = client.get("/v1/lists/county,more/prospects", params={"home": HOME, "limit": 90}).json()
    assert both["counts"]["read"] == 98
    assert [row["list"] for row in both["prospects"][:2]] == ["county", "more"]
    lost = client.get("/v1/lists/county,nowhere/prospects", params={"home": HOME})
    assert (lost.status_code, "'nowhere'" in lost.json()["detail"]) == (404, True)
    client.delete("/v1/lists/more")


def test_a_tile_has_the_rows_that_lie_in_it(client):
    """The county is in one of zoom 4; each row that has a place is counted once, in some point."""
    got = client.get("/v1/lists/county/tiles/4/2/6.mvt", params={"home": HOME, "verdict": "all"})
    layer = mapbox_vector_tile.decode(got.content)["prospects"]
    points = layer["features"]
    assert sum(int(one["properties"]["count"]) for one in points) == 47
    assert all(one["geometry"]["type"] == "Point" for one in points)
    best = [one["properties"]["verdict"] for one in points]
    assert "pass" in best
    empty = client.get("/v1/lists/county/tiles/4/0/0.mvt", params={"home": HOME})
    assert (empty.status_code, empty.content) == (204, b"")


def test_words_narrow_the_rows_and_not_the_funnel(client):
    """Whatever their case and accents, in the name or any cell; in pages, files and tiles."""
    asked = {"home": HOME, "verdict": "all"}
    whole = client.get(PAGE, params=asked).json()
    expected = [
        row["row"]
        for row in whole["prospects"]
        if all(
            word in " ".join(filter(None, row["cells"].values())).lower()
            for word in ("main", "lark")
        )
    ]
    assert 0 < len(expected) < 49
    query = asked | {"text": "LÄRK  m'aîn", "limit": 2}
    page = client.get(PAGE, params=query).json()
    assert page["counts"] == whole["counts"]
    assert page["chosen"] == len(expected)
    assert f"Narrowed to {len(expected)} of 49 rows of county" in " ".join(page["notes"])
    told = [row["row"] for row in page["prospects"]]
    while page["next"]:
        page = client.get(PAGE, params=query | {"cursor": page["next"]}).json()
        told += [row["row"] for row in page["prospects"]]
    assert told == expected
    file = client.get(PAGE, params=asked | {"text": "lark main"}, headers={"accept": "text/csv"})
    assert len(list(csv.DictReader(io.StringIO(file.text)))) == len(expected)
    tile = client.get("/v1/lists/county/tiles/4/2/6.mvt", params=asked | {"text": "lark main"})
    points = mapbox_vector_tile.decode(tile.content)["prospects"]["features"]
    assert sum(int(one["properties"]["count"]) for one in points) <= len(expected)
    assert client.get(PAGE, params=asked | {"text": "zzzz"}).json()["prospects"] == []


def test_rows_narrow_by_their_numbers(client):
    asked = {"home": HOME, "verdict": "all"}
    got = client.get(PAGE, params=asked | {"rows": "48-49, 3", "sort": "list"}).json()
    assert [row["row"] for row in got["prospects"]] == [3, 48, 49]
    assert got["counts"]["read"] == 49
    both = client.get(PAGE, params=asked | {"rows": "1-49", "text": "main"}).json()
    assert both["chosen"] == client.get(PAGE, params=asked | {"text": "main"}).json()["chosen"]
    for rows, said in (("50", "has rows 1 to 49"), ("x", "expected numbers such as 12,15-20")):
        wrong = client.get(PAGE, params=asked | {"rows": rows})
        assert (wrong.status_code, wrong.json()["field"]) == (422, "rows")
        assert said in wrong.json()["detail"]


def test_rows_of_several_lists_are_refused(client):
    store_list(client.app.state.parts, sample.prospects_csv(), "second")
    got = client.get("/v1/lists/county,second/prospects", params={"home": HOME, "rows": "1"})
    assert got.status_code == 422
    assert got.json()["detail"] == "rows: their numbers are of one list; ask one"
    client.delete("/v1/lists/second")


def test_a_cursor_is_of_its_words(client):
    asked = {"home": HOME, "verdict": "all", "limit": 2}
    after = client.get(PAGE, params=asked | {"text": "main"}).json()["next"]
    got = client.get(PAGE, params=asked | {"cursor": after})
    assert got.json()["detail"].startswith("cursor: it is of another question")


def test_rows_that_may_fit_say_what_they_want(client):
    """Each has a doubt at least, which its reasons tell; each kind narrows to as many."""
    asked = {"home": HOME, "verdict": "maybe", "limit": 60, "industry": "dental"}
    whole = client.get(PAGE, params=asked).json()
    maybe = {row["row"]: "; ".join(row["reasons"]) for row in whole["prospects"]}
    assert len(maybe) == whole["counts"]["maybe"]
    found = {}
    for doubt, many in whole["doubts"].items():
        page = client.get(PAGE, params=asked | {"doubt": doubt, "verdict": "all"}).json()
        found[doubt] = {row["row"] for row in page["prospects"]}
        assert page["chosen"] == many == len(found[doubt])
        assert page["doubts"] == whole["doubts"]
    assert set.union(*found.values()) == maybe.keys()
    unplaced = {row for row, why in maybe.items() if "not located" in why or "placed by" in why}
    assert found["place"] == unplaced
    assert found["industry"] == {row for row, why in maybe.items() if "industry unknown" in why}
    assert found["reach"] == {row for row, why in maybe.items() if "outside the map" in why}


def test_without_a_map_the_reach_is_what_is_wanted(client):
    """Where the estimate lies on both sides of a limit."""
    query = {"home": "Springfield, MA", "verdict": "maybe", "limit": 0}
    listed = "Name,City,State,ZIP,Employees\nA,Holyoke,MA,01040,20\nB,Nowhere,,,20\n"
    store_list(client.app.state.parts, listed, "away")
    told = client.get(
        "/v1/lists/away/prospects", params=query | {"minutes": "15", "computers": "off"}
    ).json()
    assert told["doubts"] | {"size": 0} == {
        "place": 1, "reach": 1, "size": 0, "industry": 0, "advisers": 0,
    }  # fmt: skip
    client.delete("/v1/lists/away")


SORTED_BY = ("minutes", "miles", "name", "employees", "computers", "sales")


def test_rows_are_sorted_from_either_end_and_unknown_ones_come_last(client):
    """Over two lists, page by page, as one would sort all of them by hand."""
    store_list(client.app.state.parts, sample.prospects_csv(), "twin")
    for by in SORTED_BY:
        for back in ("", "-"):
            told = list(_all_rows(client, f"{back}{by}"))
            values = [_sorted_value(row, by) for row in told]
            known = [value for value in values if value is not None]
            assert values == sorted(known, reverse=back == "-") + [None] * (98 - len(known))
            assert len({(row["list"], row["row"]) for row in told}) == 98
    client.delete("/v1/lists/twin")


def _all_rows(client, sort):
    query = {"home": HOME, "verdict": "all", "sort": sort, "limit": 37}
    while True:
        page = client.get("/v1/lists/county,twin/prospects", params=query).json()
        yield from page["prospects"]
        if not page["next"]:
            break
        query["cursor"] = page["next"]


def _sorted_value(row, by):
    """What a row is sorted by, as it is shown."""
    if by == "name":
        return row["name"].lower().replace("'", "") or None
    headers = {"employees": "Employees", "sales": "Annual Sales"}
    if by in headers:
        size = parse_size(row["cells"][headers[by]] or "")
        return size and size[0]
    return row["computers_low" if by == "computers" else by]


def test_a_file_of_another_question_is_sorted_by_the_same(client):
    """`find` of a file knows the same orders."""
    got = client.post(
        "/v1/find.csv",
        params={"home": HOME, "verdict": "all", "sort": "-name"},
        content=sample.prospects_csv(),
        headers={"accept": "application/json"},
    )
    names = [row["name"].lower().replace("'", "") for row in got.json()["prospects"]]
    assert names == sorted(names, reverse=True)
    wrong = client.get(PAGE, params={"home": HOME, "sort": "-like"})
    assert wrong.json()["detail"].startswith("sort '-like': expected one of list, minutes, -min")
    assert client.get(PAGE, params={"home": HOME, "sort": "size"}).status_code == 422


def test_points_are_the_chosen_rows_that_have_a_place(client):
    """With the verdict and minutes of the page; what a row has no minutes for is not said."""
    asked = {"home": HOME, "verdict": "all"}
    page = {row["row"]: row for row in client.get(PAGE, params=asked).json()["prospects"]}
    points = client.get("/v1/lists/county/points", params=asked).json()["features"]
    assert [one["id"] for one in points] == [n for n in sorted(page) if page[n]["lat"] is not None]
    for one in points:
        row, shown = page[one["id"]], one["properties"]
        assert one["geometry"]["coordinates"] == [row["lon"], row["lat"]]
        minutes = {} if row["minutes"] is None else {"minutes": row["minutes"]}
        told = {"row": one["id"], "verdict": row["verdict"], "name": row["name"]}
        assert shown == told | minutes


def test_points_hold_any_name_and_tell_lists_apart(client):
    name = '<img src=x onerror="a\\b">\u2028\x01Čafé\U0001f600'
    listed = io.StringIO()
    writer = csv.writer(listed)
    writer.writerows([["Name", "Lat", "Lon"], [name, sample.HOME.lat, sample.HOME.lon]])
    store_list(client.app.state.parts, listed.getvalue(), "odd")
    told = client.get(
        "/v1/lists/county,odd/points", params={"home": HOME, "verdict": "all"}
    ).json()["features"]
    last = told[-1]
    assert last["id"] == 50
    assert last["properties"]["list"] == "odd"
    assert last["properties"]["row"] == 1
    assert (
        last["properties"]["name"]
        == client.get("/v1/lists/odd/prospects", params={"home": HOME, "verdict": "all"}).json()[
            "prospects"
        ][0]["name"]
    )
    assert len({one["id"] for one in told}) == len(told)
    client.delete("/v1/lists/odd")


def test_points_need_not_be_sent_twice(client):
    path, asked = "/v1/lists/county/points", {"home": HOME}
    first = client.get(path, params=asked)
    known = {"if-none-match": first.headers["etag"]}
    assert first.headers["cache-control"] == "private, no-cache"
    assert client.get(path, params=asked, headers=known).status_code == 304
    assert client.get(path, params=asked | {"minutes": 9}, headers=known).status_code == 200


def test_too_many_points_are_refused(client, monkeypatch):
    """The limit alone is made smaller, for a county."""
    monkeypatch.setattr("app.answers.row_points.MOST_POINTS", 20)
    got = client.get("/v1/lists/county/points", params={"home": HOME})
    assert got.status_code == 413
    assert "take them as tiles" in got.json()["detail"]
    few = client.get("/v1/lists/county/points", params={"home": HOME, "minutes": 5})
    assert few.status_code == 200


def test_rows_as_they_were_imported(client):
    told = client.get("/v1/lists/county/rows", params={"first": 48, "limit": 10}).json()
    listed = list(csv.DictReader(io.StringIO(sample.prospects_csv())))
    assert told == {"rows": listed[47:], "first": 48, "of": 49}
    behind = client.get("/v1/lists/county/rows", params={"first": 2**31 - 1}).json()
    assert behind == {"rows": [], "first": 2**31 - 1, "of": 49}
    too_far = client.get("/v1/lists/county/rows", params={"first": 2**63})
    assert (too_far.status_code, too_far.json()["field"]) == (422, "first")


def test_points_and_tiles_say_how_alike_rows_are(client):
    """As the page does, where a list of clients is asked for; nothing of it otherwise."""
    store_list(client.app.state.parts, CLIENTS.read_text(encoding="utf-8"), "ours", kind="clients")
    asked = {"home": HOME, "verdict": "all", "like": "ours"}
    page = client.get(PAGE, params=asked).json()["prospects"]
    scores = {row["row"]: row["like"]["score"] for row in page}
    points = client.get("/v1/lists/county/points", params=asked).json()["features"]
    assert {one["id"]: one["properties"].get("like") for one in points} == {
        row["row"]: scores[row["row"]] for row in page if row["lat"] is not None
    }
    tile = client.get("/v1/lists/county/tiles/4/2/6.mvt", params=asked).content
    drawn = [one["properties"] for one in mapbox_vector_tile.decode(tile)["prospects"]["features"]]
    assert [one.get("like") for one in drawn] == [scores[one["row"]] for one in drawn]
    assert any(score is not None for score in scores.values())
    client.delete("/v1/lists/ours")
