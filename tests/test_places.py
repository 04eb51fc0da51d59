"""Named businesses out of an extract."""

from pathlib import Path

import osmium
import polars as pl
import pytest
from osmium.osm.mutable import Node, Way

from app.geo import places, sample


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five things with a name, of which two are businesses."""
    path = tmp_path_factory.mktemp("places") / "five.osm.pbf"
    corners = [(10.0, 50.0), (10.002, 50.0), (10.002, 50.001), (10.0, 50.001)]
    things = [
        {"name": "Stone & Sons", "office": "accountant", "contact:phone": "+1 775 555 0199"},
        {"name": "Mill Park", "leisure": "park"},
        {"name": "Old Shop", "shop": "vacant"},
        {"name": "High Street", "highway": "residential"},
    ]
    with osmium.SimpleWriter(str(path)) as writer:
        for i, corner in enumerate(corners, 1):
            writer.add_node(Node(id=i, version=1, location=corner, tags=things[i - 1]))
        tags = {"name": "Mill Books", "shop": "books", "amenity": "cafe", "building": "yes"}
        writer.add_way(Way(id=1, version=1, nodes=[1, 2, 3, 4, 1], tags=tags))
    return path


def test_businesses_only(extract: Path):
    """A park, an empty shop and a street are no prospects."""
    assert places.read([extract])["name"].to_list() == ["Mill Books", "Stone & Sons"]


def test_a_building_is_at_its_middle(extract: Path):
    """The middle of the four corners, the closing one counted once."""
    books = places.read([extract]).row(0, named=True)
    assert (books["lon"], books["lat"]) == (10.001, 50.0005)


def test_the_most_telling_tag_is_the_kind(extract: Path):
    """A bookshop with a café is a bookshop; a phone number may stand under contact:phone."""
    frame = places.read([extract])
    assert frame["kind"].to_list() == ["shop=books", "office=accountant"]
    assert frame["phone"].to_list() == ["", "+1 775 555 0199"]


def test_each_once_from_overlapping_extracts(extract: Path):
    """Two extracts both hold what lies on their border."""
    assert places.read([extract, extract]).equals(places.read([extract]))


def test_the_county_s_businesses(county):
    """All that are drawn are installed with the region, with address and contact."""
    frame = pl.read_parquet(county.places)
    assert len(frame) == len(sample.BUSINESSES) == county.counts["businesses"]
    hale = frame.row(by_predicate=pl.col("name") == "Hale & Byrne Accounting", named=True)
    assert hale["kind"] == "office=accountant"
    assert (hale["housenumber"], hale["street"]) == ("240", "Main Street")
    assert (hale["city"], hale["state"], hale["postcode"]) == ("Larkfield", "NV", "00101")
    assert hale["website"] == "https://hale-byrne.example"


def test_oahu_s_businesses(shared: Path):
    """Offices of a real extract are found, and lie on the island."""
    frame = places.read([shared / "data" / "osm" / "honolulu.osm.pbf"])
    offices = frame.filter(pl.col("kind").str.starts_with("office="))
    assert len(frame) > 1000
    assert len(offices) >= 10
    assert frame["lon"].is_between(-158.35, -157.59).all()
