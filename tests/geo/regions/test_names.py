"""An extract by what people call it, in the real index."""

from pathlib import Path

import pytest

from app.errors import BadInput, NoSuchRegion
from app.geo.regions.index import Extract, read_index
from app.geo.regions.names import find_extract


@pytest.fixture(scope="module", params=["http://mirror", "http://mirror/osm/maps"])
def geofabrik(shared: Path, request: pytest.FixtureRequest) -> list[Extract]:
    path = shared / "data" / "maps" / "geofabrik-index-v1.json"
    return read_index(path.read_bytes(), request.param)


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("hawaii", "us/hawaii"),
        ("US/Hawaii", "us/hawaii"),
        (" us / hawaii ", "us/hawaii"),
        ("north-america/us/hawaii", "us/hawaii"),
        ("Massachusetts", "us/massachusetts"),
        ("New York", "us/new-york"),
        ("new_york", "us/new-york"),
        ("us/california/socal", "socal"),
        ("Southern California", "socal"),
        ("us/georgia", "us/georgia"),
        ("europe/georgia", "georgia"),
        ("Baden-Württemberg", "baden-wuerttemberg"),
        ("Andalucía", "andalucia"),
        ("us", "us"),
    ],
)
def test_names_that_one_extract_has(name: str, id_: str, geofabrik: list[Extract]):
    assert find_extract(geofabrik, name).id == id_


@pytest.mark.parametrize("name", ["georgia", "Georgia"])
def test_of_two_none_is_guessed(name: str, geofabrik: list[Extract]):
    """The country and the state, each by a name that works."""
    with pytest.raises(BadInput, match=r"several maps: say europe/georgia or us/georgia$"):
        find_extract(geofabrik, name)


@pytest.mark.parametrize(
    ("slip", "meant"),
    [("massachusets", "us/massachusetts"), ("us/Hawai", "us/hawaii"), ("New Yrok", "us/new-york")],
)
def test_a_slip_gets_a_hint(slip: str, meant: str, geofabrik: list[Extract]):
    with pytest.raises(NoSuchRegion, match=rf"has no '{slip}'; did you mean {meant}"):
        find_extract(geofabrik, slip)


@pytest.mark.parametrize("name", ["xyzzy", "", "/", "us/", "東京"])
def test_what_is_like_nothing(name: str, geofabrik: list[Extract]):
    if name == "us/":
        assert find_extract(geofabrik, name).id == "us"
        return
    with pytest.raises(NoSuchRegion, match=r"has no '.*'$"):
        find_extract(geofabrik, name)
