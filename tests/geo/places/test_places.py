"""Named businesses out of an extract."""

from pathlib import Path
from typing import Any

import numpy as np
import osmium
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from osmium.osm.mutable import Node, Relation, Way
from shapely.geometry import box

from app.errors import BadMap
from app.geo.places.merge import merge_places
from app.geo.places.openstreetmap import CHAMBER, read_places
from app.geo.places.overture import read_overture
from app.geo.places.same_business import plain_name
from app.geo.places.schema import OSM, OVERTURE, SCHEMA, load_places
from app.geo.points import Point, Points, miles_between
from app.geo.regions.sample import county as sample


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
    assert read_places([extract])["name"].to_list() == ["Mill Books", "Stone & Sons"]


def test_a_building_is_at_its_middle(extract: Path):
    """The middle of the four corners, the closing one counted once."""
    books = read_places([extract]).row(0, named=True)
    assert (books["lon"], books["lat"]) == (10.001, 50.0005)


def test_the_most_telling_tag_is_the_kind(extract: Path):
    """A bookshop with a café is a bookshop; a phone number may stand under contact:phone."""
    frame = read_places([extract])
    assert frame["kind"].to_list() == ["shop=books", "office=accountant"]
    assert frame["phone"].to_list() == ["", "+1 775 555 0199"]


def test_each_once_from_overlapping_extracts(extract: Path):
    """Two extracts both hold what lies on their border."""
    assert read_places([extract, extract]).equals(read_places([extract]))


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
    frame = read_places([shared / "data" / "osm" / "honolulu.osm.pbf"])
    offices = frame.filter(pl.col("kind").str.starts_with("office="))
    assert len(frame) > 1000
    assert len(offices) >= 10
    assert frame["lon"].is_between(-158.35, -157.59).all()


def drawn(path: Path, nodes: list[dict[str, str]], relations: list[dict[str, str]]) -> Path:
    """Named nodes, and multipolygons of one triangle (10, 50)-(10.003, 50)-(10, 50.003)."""
    corners = [(10.0, 50.0), (10.003, 50.0), (10.0, 50.003)]
    with osmium.SimpleWriter(str(path)) as writer:
        for i, corner in enumerate(corners, 1):
            writer.add_node(Node(id=i, version=1, location=corner, tags={}))
        for i, tags in enumerate(nodes, 4):
            writer.add_node(Node(id=i, version=1, location=(11, 51), tags=tags))
        writer.add_way(Way(id=1, version=1, nodes=[1, 2, 3, 1], tags={}))
        for i, tags in enumerate(relations, 1):
            members = [("w", 1, "outer")]
            shape = {"type": "multipolygon", **tags}
            writer.add_relation(Relation(id=i, version=1, members=members, tags=shape))
    return path


def test_a_multipolygon_is_at_the_middle_of_its_outer_corners(tmp_path: Path):
    """The three corners' mean: a third of 0.003 degrees along each side."""
    mill = {"name": "Mill Hospital", "amenity": "hospital"}
    wood = {"name": "Mill Wood", "natural": "wood"}
    (row,) = read_places([drawn(tmp_path / "x.osm.pbf", [], [mill, wood])]).rows(named=True)
    assert (row["name"], row["kind"]) == ("Mill Hospital", "amenity=hospital")
    assert (row["lon"], row["lat"]) == (10.001, 50.001)


def test_chambers_of_commerce_by_name_alone(tmp_path: Path):
    """Many are mapped as a building or as tourist information; streets and parks are not one."""
    nodes = [
        {"name": "Teal Chamber of Commerce", "building": "yes"},
        {"name": "Larkfield Chamber Of Commerce & Visitors", "tourism": "information"},
        {"name": "Chamber of Commerce Drive", "building": "yes"},
        {"name": "Chamber of Commerce", "highway": "bus_stop"},
        {"name": "Chamber of Commerce Garden", "leisure": "garden"},
        {"name": "Torture Chamber", "building": "yes"},
    ]
    frame = read_places([drawn(tmp_path / "x.osm.pbf", nodes, [])])
    assert frame.select("name", "kind").rows() == [
        ("Larkfield Chamber Of Commerce & Visitors", CHAMBER),
        ("Teal Chamber of Commerce", CHAMBER),
    ]


# --- Overture --------------------------------------------------------------------------------

HULL = box(-117, 39.5, -116, 40.5)


def overture(**changed: Any) -> dict[str, Any]:
    """One row as Overture Maps publishes it, in the middle of the hull."""
    lon, lat = changed.pop("lon", -116.5), changed.pop("lat", 40.0)
    return {
        "id": "0",
        "geometry": shapely.Point(lon, lat).wkb,
        "bbox": {"xmin": lon, "xmax": lon, "ymin": lat, "ymax": lat},
        "names": {"primary": "Soto & Lind", "common": None},
        "categories": {"primary": "lawyer", "alternate": ["notary_public"]},
        "confidence": 0.9,
        "websites": ["https://soto-lind.example", "https://second.example"],
        "phones": ["+17755550123"],
        "addresses": [
            {
                "freeform": "345 Main Street",
                "locality": "Brightwater",
                "postcode": "00103",
                "region": "US-NV",
                "country": "US",
            }
        ],
        "operating_status": "open",
        **changed,
    }


def published(path: Path, *rows: dict[str, Any], without: tuple[str, ...] = ()) -> Path:
    pl.DataFrame(list(rows), infer_schema_length=None).drop(without).write_parquet(path)
    return path


def test_a_place_of_overture(tmp_path: Path):
    file = published(tmp_path / "o.parquet", overture())
    frame = read_overture([file], HULL)
    assert frame.schema == pl.Schema(SCHEMA)
    assert frame.row(0) == (
        "Soto & Lind", "overture=lawyer", -116.5, 40.0, "345", "Main Street", "Brightwater", "NV",
        "00103", "+17755550123", "https://soto-lind.example", "Overture Maps",
    )  # fmt: skip


@pytest.mark.parametrize(
    "row",
    [
        overture(confidence=0.49),
        overture(operating_status="permanently_closed"),
        overture(operating_status="closed"),
        overture(names={"primary": None, "common": None}),
        overture(names={"primary": "  ", "common": None}),
        overture(lon=-115.9),
        overture(lat=41.0),
    ],
    ids=["doubtful", "gone", "closed", "no name", "blank name", "east", "north"],
)
def test_what_is_left_out(tmp_path: Path, row: dict[str, Any]):
    """Alone of two; the one beside it stays."""
    other = overture(names={"primary": "Stays", "common": None})
    frame = read_overture([published(tmp_path / "o.parquet", row, other)], HULL)
    assert frame["name"].to_list() == ["Stays"]


def test_the_hull_decides_where_the_box_around_it_does_not(tmp_path: Path):
    """A hull in two halves: what lies between them is off the map."""
    halves = shapely.union(box(-117, 39.5, -116.6, 40.5), box(-116.4, 39.5, -116, 40.5))
    rows = [overture(), overture(lon=-116.7, names={"primary": "West", "common": None})]
    frame = read_overture([published(tmp_path / "o.parquet", *rows)], halves)
    assert frame["name"].to_list() == ["West"]


def test_what_is_not_said_does_not_shut_a_place_out(tmp_path: Path):
    """Without confidence, status, phone or address it is a place with blanks."""
    row = overture(confidence=None, operating_status=None, phones=None, addresses=None)
    file = published(tmp_path / "o.parquet", row, overture(id="1", lon=-116.4))
    less = published(
        tmp_path / "less.parquet",
        overture(),
        without=("id", "bbox", "confidence", "websites", "phones", "addresses", "operating_status"),
    )
    assert len(read_overture([file], HULL)) == 2
    (place,) = read_overture([less], HULL).rows(named=True)
    assert (place["street"], place["phone"], place["website"]) == ("", "", "")
    assert read_overture([file], HULL).null_count().sum_horizontal().item() == 0


def test_the_newer_taxonomy(tmp_path: Path):
    """Newer releases have `taxonomy` and `basic_category`; the oldest name comes first."""
    taxonomy = {"primary": "attorney_or_law_firm", "hierarchy": ["a", "attorney_or_law_firm"]}
    newer = overture(taxonomy=taxonomy, basic_category="attorney_or_law_firm")
    both = published(tmp_path / "both.parquet", newer)
    only = published(tmp_path / "only.parquet", newer, without=("categories",))
    basic = published(tmp_path / "basic.parquet", newer, without=("categories", "taxonomy"))
    none = published(tmp_path / "none.parquet", overture(categories={"primary": None}))
    kinds = [read_overture([f], HULL)["kind"].item() for f in (both, only, basic, none)]
    firm = "overture=attorney_or_law_firm"
    assert kinds == ["overture=lawyer", firm, firm, ""]


@pytest.mark.parametrize(
    ("line", "number", "street"),
    [
        ("345 Main Street", "345", "Main Street"),
        ("12A Elm St Ste 3", "12A", "Elm St Ste 3"),
        ("350 5th Avenue", "350", "5th Avenue"),
        ("37-11 35th Ave", "37-11", "35th Ave"),
        ("12 1/2 Oak Street", "", "12 1/2 Oak Street"),
        ("Main Street 5", "", "Main Street 5"),
        ("5th Avenue", "", "5th Avenue"),
        ("1234567 Elm St", "", "1234567 Elm St"),
    ],
)
def test_the_house_number_where_it_is_plain(tmp_path: Path, line: str, number: str, street: str):
    address = [{"freeform": line, "locality": None, "region": "NV", "postcode": None}]
    file = published(tmp_path / "o.parquet", overture(addresses=address))
    (row,) = read_overture([file], HULL).rows(named=True)
    assert (row["housenumber"], row["street"], row["state"]) == (number, street, "NV")


def test_geometry_labelled_as_geoarrow(tmp_path: Path):
    """Some writers label the bytes; they are the same bytes."""

    class Label(pl.BaseExtension):
        def __init__(self) -> None:
            super().__init__("geoarrow.wkb", pl.Binary, None)

    frame = pl.DataFrame([overture()]).with_columns(pl.col("geometry").ext.to(Label()))
    frame.write_parquet(tmp_path / "o.parquet")
    assert len(read_overture([tmp_path / "o.parquet"], HULL)) == 1


def cut_short(path: Path) -> None:
    published(path, overture())
    path.write_bytes(path.read_bytes()[:-40])


def damaged(path: Path) -> None:
    """Noise over the data in front of the footer."""
    published(path, *(overture(id=str(i)) for i in range(200)))
    body = bytearray(path.read_bytes())
    body[100:600] = bytes(range(250)) * 2
    path.write_bytes(body)


def no_names(path: Path) -> None:
    published(path, overture(), without=("names",))


def no_category(path: Path) -> None:
    published(path, overture(), without=("categories",))


def no_geometry(path: Path) -> None:
    published(path, overture(), without=("geometry",))


def plain_points(path: Path) -> None:
    published(path, overture(geometry="POINT (1 2)"))


def no_wkb(path: Path) -> None:
    published(path, overture(geometry=b"nonsense"))


def no_rows(path: Path) -> None:
    pl.DataFrame([overture()]).clear().write_parquet(path)


def table(path: Path) -> None:
    path.write_text("id,names\n1,Soto & Lind\n" * 100)


BAD = {
    cut_short: "not a whole Parquet file",
    damaged: "not a whole Parquet file",
    table: "not a whole Parquet file",
    Path.touch: "the file is empty",
    no_rows: "no places in it",
    no_names: "want of names",
    no_category: "want of one of categories",
    no_geometry: "want of geometry",
    plain_points: "want of geometry",
    no_wkb: "no points in WKB",
    Path.mkdir: "not a whole|no such|not Overture",
}


@pytest.mark.parametrize("make", BAD, ids=lambda make: make.__name__)
def test_files_that_are_not_overture_places(tmp_path: Path, make):
    """The message names the file and what is wrong with it."""
    file = tmp_path / "bad.parquet"
    make(file)
    with pytest.raises(BadMap, match=rf"bad\.parquet.*({BAD[make]})"):
        read_overture([file], HULL)


def test_a_missing_file(tmp_path: Path):
    with pytest.raises(BadMap, match=r"gone\.parquet: no such file"):
        read_overture([tmp_path / "gone.parquet"], HULL)


# --- both together ---------------------------------------------------------------------------


def place(name: str, metres: float = 0.0, **cells: Any) -> dict[str, Any]:
    """A place so many metres north of (40, -116.5)."""
    blank = dict.fromkeys(SCHEMA, "") | {"lon": -116.5, "lat": 40 + metres / 111_195}
    return blank | {"name": name, "kind": "shop=books", "source": OSM} | cells


def frame_of(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA)


THEIRS = {"source": OVERTURE, "kind": "overture=bookstore"}


def test_the_same_business_once():
    """100 m apart under one plain name: OpenStreetMap's place, its blanks filled from Overture."""
    ours = place("The Mill Books, Inc.", city="Larkfield")
    theirs = place("MILL BOOKS", 100, phone="1", website="w", city="Elsewhere", **THEIRS)
    theirs |= {"housenumber": "5", "street": "Elm Street", "postcode": "00101"}
    (row,) = merge_places([frame_of(ours), frame_of(theirs)]).rows(named=True)
    assert row == ours | {
        "phone": "1",
        "website": "w",
        "housenumber": "5",
        "street": "Elm Street",
        "postcode": "00101",
    }


def test_a_house_number_comes_with_its_street():
    """Main Street is not given the number of Elm Street."""
    ours = place("Mill Books", street="Main Street")
    theirs = place("Mill Books", housenumber="5", street="Elm Street", **THEIRS)
    (row,) = merge_places([frame_of(ours), frame_of(theirs)]).rows(named=True)
    assert (row["housenumber"], row["street"]) == ("", "Main Street")


def test_a_kind_that_says_nothing_is_a_blank():
    """office=yes becomes what Overture knows; a bookshop stays one."""
    theirs = frame_of(place("Lee", source=OVERTURE, kind="overture=accountant"))
    for kind, expected in (("office=yes", "overture=accountant"), ("shop=books", "shop=books")):
        (row,) = merge_places([frame_of(place("Lee", kind=kind)), theirs]).rows(named=True)
        assert (row["kind"], row["source"]) == (expected, OSM)


def test_openstreetmap_s_place_is_kept_whatever_the_names_sort_like():
    """Capitals sort first, and a chamber by name alone has the least telling of kinds."""
    ours = place("Teal Chamber of Commerce", kind=CHAMBER)
    theirs = place("TEAL CHAMBER OF COMMERCE", **THEIRS)
    (row,) = merge_places([frame_of(theirs), frame_of(ours)]).rows(named=True)
    assert row == ours


def test_of_two_on_one_map_the_more_telling_kind_is_kept():
    """A bakery and its café of one name, mapped apart, are the bakery: the order of KINDS."""
    rows = [place("Soto", kind="amenity=cafe"), place("Soto", 50, kind="craft=bakery")]
    assert merge_places([frame_of(*rows)])["kind"].to_list() == ["craft=bakery"]


@pytest.mark.parametrize(
    ("one", "other", "metres"),
    [
        ("Mill Books", "Mill Books", 151),
        ("Mill Books", "Mill Cafe", 0),
        ("The Inc.", "LLC", 0),
        ("Books 1", "Books 2", 0),
    ],
)
def test_two_businesses_stay_two(one: str, other: str, metres: float):
    """Too far apart, other names, no name at all once the legal forms are gone."""
    theirs = frame_of(place(other, metres, **THEIRS))
    assert len(merge_places([frame_of(place(one)), theirs])) == 2


def test_just_within_the_distance():
    """149 m north is the same place; so it is at 70 degrees north, eastward."""
    assert len(merge_places([frame_of(place("A"), place("A", 149))])) == 1
    east = 149 / (111_195 * np.cos(np.radians(70)))
    far_north = [place("A", lat=70.0, lon=20.0), place("A", lat=70.0, lon=20.0 + east)]
    assert len(merge_places([frame_of(*far_north)])) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Mill", "mill inc", "Hale"]),
            st.integers(0, 6),
            st.booleans(),
            st.sampled_from(["", "1", "2"]),
        ),
        max_size=14,
    ),
    st.randoms(use_true_random=False),
)
def test_merging_whatever_the_order(rows: list[tuple[str, int, bool, str]], shuffle):
    """The same places come of any order, and no two of one name are within 150 m any more."""
    made = [
        place(name, step * 70, phone=phone, source=OSM if osm else OVERTURE)
        for name, step, osm, phone in rows
    ]
    merged = merge_places([frame_of(*made)])
    shuffle.shuffle(made)
    assert merge_places([frame_of(*made)]).equals(merged)
    assert {row["phone"] for row in merged.rows(named=True)} <= {row["phone"] for row in made}
    plain = [plain_name(name) for name in merged["name"]]
    at = Points(merged["lon"].to_numpy(), merged["lat"].to_numpy())
    for i, name in enumerate(plain):
        away = miles_between(Point(float(at.lon[i]), float(at.lat[i])), at) * 1609.344
        near = [j for j in np.flatnonzero(away <= 149).tolist() if plain[j] == name]
        assert near == [i]


# --- a region's file -------------------------------------------------------------------------


def test_places_of_an_older_region(county, tmp_path: Path):
    """Built before there was a source, all of them are OpenStreetMap's."""
    now = load_places(county.places)
    now.drop("source").write_parquet(tmp_path / "places.parquet")
    assert load_places(tmp_path / "places.parquet").equals(now)
    assert set(now["source"]) == {OSM}


def test_places_that_can_t_be_loaded(tmp_path: Path):
    with pytest.raises(BadMap, match="no such file"):
        load_places(tmp_path / "places.parquet")
    pl.DataFrame({"name": ["A"]}).write_parquet(tmp_path / "places.parquet")
    with pytest.raises(BadMap, match=r"no kind, lon.*build the region anew"):
        load_places(tmp_path / "places.parquet")
