"""Home bases while they are typed: each suggestion, when it is given back, is where it says."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.geo.points import Point, Points, miles_between
from app.geo.regions.region import Region
from app.settings import Settings
from app.wiring.ground import locate_home
from tests.served import local_client


@pytest.fixture(scope="module")
def client(data_dir) -> Iterator[TestClient]:
    with local_client(Settings(data_dir=data_dir)) as made:
        yield made


def suggested(client: TestClient, typed: str, limit: int = 8) -> list[dict]:
    got = client.get("/v1/suggest", params={"q": typed, "limit": limit})
    assert got.status_code == 200, got.text
    return got.json()["suggestions"]


def check_found(client: TestClient, suggestion: dict) -> None:
    """By what `home=` makes of it."""
    home = locate_home(client.app.state.parts, suggestion["label"])
    at = Points.of([Point(suggestion["lon"], suggestion["lat"])])
    assert miles_between(home.at, at)[0] < 0.002, suggestion


@pytest.mark.parametrize(
    ("typed", "label", "kind"),
    [
        ("350 Main St, Lark", "350 Main Street, Larkfield", "house"),
        ("larkf", "Larkfield", "place"),
        ("OLD MINE R", "Old Mine Road, Copper Flat", "street"),
        ("00104", "00104", "postcode"),
        ("40.0, -116.6", "40.00000, -116.60000", "point"),
    ],
)
def test_what_is_typed_is_suggested_first(client, typed, label, kind):
    first = suggested(client, typed)[0]
    assert (first["label"], first["kind"]) == (label, kind)
    check_found(client, first)


def test_not_more_are_suggested_than_are_wanted(client):
    assert len(suggested(client, "main", 3)) == 3
    assert suggested(client, "xyzzy plugh") == []
    assert suggested(client, "95,200") == []


def test_without_a_map_towns_and_zip_codes_of_the_country_are(tmp_path):
    with local_client(Settings(data_dir=tmp_path)) as nowhere:
        assert suggested(nowhere, "springf")[0]["label"].startswith("Springf")
        assert suggested(nowhere, "9411")[0]["kind"] == "postcode"


TYPED = (
    *("honolulu", "kailua road", "2100 kalakaua ave, honolulu", "Kāneʻohe Bay Dr", "s king st"),
    *("96815", "1001 bishop", "springfield", "aiea heights dr", "kapi'olani blvd"),
)


@pytest.mark.parametrize("typed", TYPED)
def test_each_suggestion_is_found_where_it_says(oahu: Region, typed: str):
    """Whatever is typed of it so far, on a real map; some may mean several, those are not shown."""
    with local_client(Settings(data_dir=oahu.folder.parents[1])) as client:
        for end in range(2, len(typed) + 1, 3):
            for one in suggested(client, typed[:end]):
                check_found(client, one)
        assert suggested(client, typed)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@example("")
@example("nan,nan")
@example("1e999,0")
@example(", ,,")
@example("\x00")
@example("0" * 400)
def test_whatever_is_typed_is_answered(client, typed):
    for one in suggested(client, typed, 4):
        assert one["label"]
