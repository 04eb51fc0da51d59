"""The gazetteer against small maps whose every answer is known, then against real ones.

The first small map lies at 45 degrees north on the meridian of Greenwich, far from any ZIP code.
There a thousandth of a degree of latitude is 111 metres, one of longitude 79.
"""

import csv
import gzip
import json
import zipfile

import numpy as np
import pytest

from app.errors import BadMap
from app.geo.addresses.address import Address, Addresses
from app.geo.geocoding.gazetteer import gazetteer
from app.geo.geocoding.gazetteer.street import Stretch
from app.geo.geocoding.geocoder import Accuracy
from app.geo.points import METRES_PER_MILE, Point, Points, miles_between
from tests.geo.geocoding.gazetteer.made import make_gazetteer, one
from tests.shared import DATA, needs_data

HOUSES = """LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE
-0.000,45.000,1,Church Road,,Northam,,,NA1 1AA
-0.000,45.001,11,Church Road,,Northam,,,NA1 1AA
-0.000,45.002,21,Church Road,,Northam,,,NA1 1AB
-0.100,45.000,1,Church Road,,Southam,,,SO1 1AA
-0.100,45.001,11,Church Road,,Southam,,,SO1 1AA
-0.003,45.000,12A,Mill Lane,,Northam,,,NA1 1AC
-0.003,45.001,14-18,Mill Lane,,Northam,,,NA1 1AC
-0.002,45.001,91-1234,Hale'iwa Street,,Northam,,,NA1 1AD
-0.001,45.000,5,Kingston Avenue,,Northam,,,NA1 1AE
-0.001,45.000,5,Quay,Apt 1,Northam,,,NA1 1AE
"""


@pytest.fixture(scope="module")
def villages(tmp_path_factory):
    """Two villages 7.9 km apart, each with a Church Road."""
    return make_gazetteer(tmp_path_factory.mktemp("villages"), HOUSES)


def test_a_known_house_is_a_rooftop(villages):
    assert one(villages, "11 Church Road", "Northam")[:3] == (Accuracy.ROOFTOP, 0.0, 45.001)


def test_streets_of_one_name_are_told_apart_by_town(villages):
    assert one(villages, "11 Church Road", "Southam")[:3] == (Accuracy.ROOFTOP, -0.1, 45.001)


def test_streets_of_one_name_are_told_apart_by_postcode(villages):
    found = one(villages, "11 Church Road", "", "", "so11aa")
    assert found[:3] == (Accuracy.ROOFTOP, -0.1, 45.001)


def test_an_unknown_number_lies_between_known_ones(villages):
    """6 is half way from 1 to 11: 45.0005. It is never a rooftop."""
    found = one(villages, "6 Church Road", "Northam")
    assert found[:3] == (Accuracy.INTERPOLATED, 0.0, 45.0005)
    assert "between" in found[3]


def test_a_number_beyond_the_last_is_only_the_street(villages):
    """21 is the last known one; 500 would be 5 km on, so only the street is known."""
    accuracy, lon, lat, note = one(villages, "500 Church Road", "Northam")
    assert (accuracy, lon) == (Accuracy.STREET, 0.0)
    assert 45.0 <= lat <= 45.002
    assert "500 is not known" in note


def test_suffixes_and_ranges(villages):
    """12A is known and 12 is not; 14-18 is written for 14 and 18, and holds 16."""
    assert one(villages, "12A Mill Lane", "Northam")[0] == Accuracy.ROOFTOP
    assert one(villages, "12 Mill Lane", "Northam")[0] == Accuracy.INTERPOLATED
    assert one(villages, "14 Mill Lane", "Northam")[0] == Accuracy.ROOFTOP
    assert one(villages, "16 Mill Lane", "Northam")[0] == Accuracy.INTERPOLATED
    assert one(villages, "18 Mill Lane", "Northam")[0] == Accuracy.ROOFTOP
    assert one(villages, "14-18 Mill Lane", "Northam")[0] == Accuracy.ROOFTOP


def test_hyphenated_numbers_okinas_and_capitals(villages):
    assert one(villages, "91-1234 HALEIWA ST", "Northam")[0] == Accuracy.ROOFTOP


def test_units_are_left_aside(villages):
    assert one(villages, "5 Kingston Ave Apt 3", "Northam")[0] == Accuracy.ROOFTOP


def test_a_misspelt_street_is_found_in_its_town_only(villages):
    """Kingstn is one letter short of Kingston, which Southam has not."""
    found = one(villages, "5 Kingstn Avenue", "Northam")
    assert found[0] == Accuracy.ROOFTOP
    assert "read as" in found[3]
    assert one(villages, "5 Kingstn Avenue", "Southam")[0] == Accuracy.PLACE


def test_a_misspelt_town_is_read(villages):
    found = one(villages, "11 Church Road", "Northan")
    assert found[:3] == (Accuracy.ROOFTOP, 0.0, 45.001)


def test_a_street_of_another_type_is_no_rooftop(villages):
    """Church Lane may be a street of its own that the map lacks."""
    accuracy, *_, note = one(villages, "11 Church Lane", "Northam")
    assert accuracy == Accuracy.STREET
    assert "read as" in note


def test_an_unknown_street_is_placed_by_its_postcode(villages):
    accuracy, *_, note = one(villages, "1 Nowhere Close", "Southam", "", "SO1 1AA")
    assert accuracy == Accuracy.POSTCODE
    assert "Nowhere Close" in note


def test_an_unknown_postcode_falls_to_its_sector(villages):
    """NA1 1ZZ is not known, but its sector NA1 1 is Northam."""
    accuracy, lon, *_ = one(villages, "", "", "", "NA1 1ZZ")
    assert accuracy == Accuracy.POSTCODE
    assert -0.01 < lon <= 0


def test_a_box_says_so(villages):
    accuracy, *_, note = one(villages, "PO Box 12", "", "", "NA1 1AA")
    assert accuracy == Accuracy.POSTCODE
    assert note.startswith("P.O. box")


@pytest.mark.parametrize(
    ("line", "city", "state", "postcode"),
    [
        ("11 Church Road", "Westham", "", ""),
        ("11 Church Road", "Northam", "OH", ""),
        ("11 Church Road", "Northam", "", "44101"),
        ("11 Church Road", "", "", "ZE1 0AA"),
        ("11 Church Road", "", "", ""),
        ("", "", "", ""),
        ("\x00", "🦀", "?", "x"),
    ],
)
def test_elsewhere_and_nowhere_get_no_fix(villages, line, city, state, postcode):
    """Another town, state, ZIP or postcode area, or nothing to tell two villages apart by."""
    accuracy, lon, lat, note = one(villages, line, city, state, postcode)
    assert accuracy == Accuracy.NONE
    assert np.isnan([lon, lat]).all()
    assert note


def test_one_line_is_as_good_as_columns(villages):
    found = one(villages, "11 Church Road, Southam, SO1 1AA")
    assert found[:3] == (Accuracy.ROOFTOP, -0.1, 45.001)


def test_radius_grows_as_accuracy_falls(villages):
    lines = ["11 Church Road, Northam", "6 Church Road, Northam", "Church Road, Northam"]
    radius = villages.locate(Addresses.of([Address(line) for line in lines])).radius_m
    assert radius[0] < radius[1] < radius[2]


def test_candidates_name_both_church_roads(villages):
    """Two streets as good as each other: ambiguous."""
    fixes = villages.candidates(Address("Church Road"), 5)
    assert {"Church Road, Northam", "Church Road, Southam"} <= set(fixes.label)
    assert fixes.accuracy[0] == fixes.accuracy[1] == Accuracy.STREET


def test_candidates_of_a_known_house_are_one(villages):
    fixes = villages.candidates(Address("11 Church Road, Northam"), 5)
    assert list(fixes.label) == ["11 Church Road, Northam"]


def test_candidates_while_typing(villages):
    assert villages.candidates(Address("5 Kings"), 3).label[0].startswith("5 Kingston Avenue")
    assert villages.candidates(Address("South"), 3).label[0] == "Southam"


HAWAII = """LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE
-157.8611,21.3086,1001,Bishop Street,,Honolulu,,HI,96813
-157.8600,21.3070,801,Bishop Street,,Honolulu,,HI,96813
-157.8620,21.3090,100,South King Street,,Honolulu,,HI,96813
-157.8640,21.3120,100,North King Street,,Honolulu,,HI,96813
-158.0100,21.3870,94-110,Farrington Highway,,Waipahu,,HI,96797
-158.0090,21.3870,94-120,Farrington Highway,,Waipahu,,HI,96797
-158.0000,21.3870,94-200,Farrington Highway,,Waipahu,,HI,96797
-157.7450,21.3930,200,Hamakua Drive,,Kailua,,HI,96734
"""


@pytest.fixture(scope="module")
def hawaii(tmp_path_factory):
    """A few houses of O'ahu, where the real ZIP centroids take part."""
    folder = tmp_path_factory.mktemp("hawaii")
    (folder / "a.csv").write_text(HAWAII, encoding="utf8")
    gazetteer.build_gazetteer(folder / "g", [], [folder / "a.csv"])
    return gazetteer.Gazetteer(folder / "g", "hawaii", lambda town: town == "waipahu")


def test_a_town_that_other_states_have_needs_a_state(hawaii):
    """As if there were another Waipahu: its street proves nothing, a state or ZIP code does."""
    home = Point(-157.86, 21.31)
    line = "94-110 Farrington Hwy"
    for state, postcode, accuracy in (
        ("", "", Accuracy.NONE),
        ("HI", "", Accuracy.ROOFTOP),
        ("", "96797", Accuracy.ROOFTOP),
    ):
        asked = Addresses.of([Address(line, "Waipahu", state, postcode)])
        assert hawaii.locate(asked, home).accuracy[0] == accuracy
    alone = hawaii.locate(Addresses.of([Address("1001 Bishop St", "Honolulu")]), home)
    assert alone.accuracy[0] == Accuracy.ROOFTOP


def test_what_is_abroad_is_not_on_this_map(hawaii):
    asked = Address("1001 Bishop St", "Honolulu", "", "96813", "Canada")
    fixes = hawaii.locate(Addresses.of([asked]))
    assert fixes.note[0] == "in Canada, not on any map here"


@pytest.mark.parametrize("code", ["96813", "96813.0", "968131234", "96813-1234"])
def test_damaged_zips_still_find_the_house(hawaii, code):
    assert one(hawaii, "1001 Bishop St", "", "HI", code)[0] == Accuracy.ROOFTOP


@pytest.mark.parametrize(
    ("line", "city", "state", "postcode", "why"),
    [
        ("75-5703 Kuakini Hwy", "Kailua", "HI", "96740", "96740"),
        ("1001 Bishop St", "Hilo", "HI", "", "hilo"),
        ("1001 Bishop St", "Honolulu", "CA", "", "CA"),
        ("1001 Bishop St", "Honolulu", "HI", "10001", "10001"),
        ("200 Hamakua Dr", "Kahului", "HI", "", "kahului"),
    ],
)
def test_other_islands_and_states_get_no_fix(hawaii, line, city, state, postcode, why):
    """Kailua-Kona's ZIP is not Kailua's, and Hilo and Kahului are on other islands."""
    accuracy, *_, note = one(hawaii, line, city, state, postcode)
    assert accuracy == Accuracy.NONE
    assert why in note


def test_in_hawaii_a_hyphen_is_a_block(hawaii):
    """94-115 is half way from 94-110 to 94-120, not a range of houses from 94 to 115."""
    found = one(hawaii, "94-115 Farrington Hwy", "Waipahu", "HI", "96797")
    assert found[:3] == (Accuracy.INTERPOLATED, -158.0095, 21.387)


def test_a_missing_directional_is_not_guessed_to_the_house(hawaii):
    """Both South and North King Street have a 100, 400 m apart."""
    accuracy, *_, note = one(hawaii, "100 King St", "Honolulu", "HI", "96813")
    assert accuracy == Accuracy.STREET
    assert "King Street" in note
    fixes = hawaii.candidates(Address("100 King St", "Honolulu", "HI", "96813"), 5)
    names = {"100 South King Street", "100 North King Street"}
    assert {label.split(",")[0] for label in fixes.label} == names
    assert fixes.accuracy[0] == fixes.accuracy[1]


def test_the_directional_asked_is_kept(hawaii):
    assert one(hawaii, "100 N King St", "Honolulu")[:3] == (Accuracy.ROOFTOP, -157.864, 21.312)


def test_equal_addresses_are_looked_up_once_and_order_is_kept(hawaii):
    rows = [Address("1001 Bishop St", "Honolulu"), Address("200 Hamakua Dr", "Kailua")] * 3
    fixes = hawaii.locate(Addresses.of(rows))
    assert len(set(fixes.at.lon.tolist())) == 2
    assert fixes.at.lon[0] == fixes.at.lon[2] == fixes.at.lon[4]


def test_the_home_base_decides_between_towns_of_one_name(tmp_path):
    """Two Newtowns 79 km apart: without a home base it can be either."""
    (tmp_path / "a.csv").write_text(
        "LON,LAT,NUMBER,STREET,CITY\n0.0,45.0,1,High Street,Newtown\n"
        "1.0,45.0,1,Low Street,Newtown\n"
    )
    gazetteer.build_gazetteer(tmp_path / "g", [], [tmp_path / "a.csv"])
    found = gazetteer.Gazetteer(tmp_path / "g", "newtowns")
    town = Addresses.of([Address("", "Newtown")])
    assert found.locate(town).accuracy[0] == Accuracy.NONE
    east = found.locate(town, near=Point(0.9, 45.0))
    assert east.accuracy[0] == Accuracy.PLACE
    assert abs(east.at.lon[0] - 1.0) < 0.01


@pytest.fixture(scope="module")
def newtowns(tmp_path_factory):
    """Two Newtowns 79 km apart, each with a street of its own and one of a name."""
    return make_gazetteer(
        tmp_path_factory.mktemp("newtowns"),
        "LON,LAT,NUMBER,STREET,CITY\n0.0,45.0,1,High Street,Newtown\n"
        "1.0,45.0,1,Low Street,Newtown\n0.001,45.0,4,Mid Street,Newtown\n"
        "1.001,45.0,6,Mid Street,Newtown\n",
    )


@pytest.mark.parametrize("near", [Point(0.1, 45.0), Point(0.9, 45.0)])
@pytest.mark.parametrize(
    ("line", "lon"),
    [("1 Low Street", 1.0), ("1 High St", 0.0), ("4 Mid St", 0.001), ("6 Mid St", 1.001)],
)
def test_of_towns_of_one_name_the_one_whose_streets_hold_the_address(newtowns, near, line, lon):
    """Wherever the home base is."""
    found = newtowns.locate(Addresses.of([Address(line, "Newtown")]), near)
    assert (found.accuracy[0], round(found.at.lon[0], 4)) == (Accuracy.ROOFTOP, lon)


@pytest.mark.parametrize("line", ["9 Nowhere Street", "9 Mid Street", ""])
def test_where_neither_holds_it_the_radius_holds_both(newtowns, line):
    near = Point(0.9, 45.0)
    found = newtowns.locate(Addresses.of([Address(line, "Newtown")]), near)
    assert found.accuracy[0] <= Accuracy.STREET
    assert found.radius_m[0] > 78_000


def write_pbf(path):
    """King Street runs north through Bishop Street, which runs east; a house is a square."""
    import osmium

    nodes = {1: (0.0, 45.0), 2: (0.0, 45.01), 3: (-0.01, 45.005), 4: (0.0, 45.005)}
    nodes |= {5: (0.01, 45.005), 10: (0.001, 45.001), 11: (0.0012, 45.001)}
    nodes |= {12: (0.0012, 45.0012), 13: (0.001, 45.0012), 20: (0.0, 45.004)}
    ways = [
        (1, [1, 4, 2], {"highway": "residential", "name": "King Street", "ref": "A5"}),
        (2, [3, 4, 5], {"highway": "residential", "name": "Bishop Street"}),
        (3, [10, 11, 12, 13, 10], {"addr:housenumber": "4", "addr:street": "King Street"}),
    ]
    writer = osmium.SimpleWriter(str(path))
    for number, at in nodes.items():
        tags = {"place": "town", "name": "Northam"} if number == 20 else {}
        writer.add_node(osmium.osm.mutable.Node(id=number, location=at, tags=tags))
    for number, along, tags in ways:
        writer.add_way(osmium.osm.mutable.Way(id=number, nodes=along, tags=tags))
    writer.close()


@pytest.fixture(scope="module")
def crossing(tmp_path_factory):
    folder = tmp_path_factory.mktemp("crossing")
    write_pbf(folder / "a.osm.pbf")
    told = []
    counts = gazetteer.build_gazetteer(folder / "g", [folder / "a.osm.pbf"], progress=told.append)
    assert (counts["houses"], counts["places"]) == (1, 1)
    assert told
    return gazetteer.Gazetteer(folder / "g", "crossing")


def test_an_intersection_is_where_two_streets_meet(crossing):
    """They share the node at 0, 45.005."""
    found = one(crossing, "King St & Bishop St", "Northam")
    assert found[:3] == (Accuracy.INTERPOLATED, 0.0, 45.005)


def test_streets_that_do_not_exist_do_not_meet(crossing):
    assert one(crossing, "King St & Nowhere St", "Northam")[0] == Accuracy.STREET


def test_a_building_is_its_middle(crossing):
    assert one(crossing, "4 King Street", "Northam")[:3] == (Accuracy.ROOFTOP, 0.0011, 45.0011)


def test_a_street_without_numbers_is_its_middle(crossing):
    """Bishop Street runs from -0.01 to 0.01 at 45.005; its half is 790 m long."""
    accuracy, lon, lat, _ = one(crossing, "7 Bishop Street", "Northam")
    assert (accuracy, lat) == (Accuracy.STREET, 45.005)
    assert abs(lon) < 0.002


def test_a_street_is_known_by_its_number_too(crossing):
    assert one(crossing, "A5", "Northam")[0] == Accuracy.STREET


def test_geojson_is_read_line_by_line_and_whole(tmp_path):
    """OpenAddresses publishes newline-delimited GeoJSON; others write FeatureCollections."""
    feature = {
        "type": "Feature",
        "properties": {"number": "7", "street": "Quay", "city": "Northam", "postcode": ""},
        "geometry": {"type": "Point", "coordinates": [0.0, 45.0]},
    }
    with gzip.open(tmp_path / "a.geojson.gz", "wt") as file:
        file.write(json.dumps(feature) + "\n" + json.dumps(feature) + "\n")
    (tmp_path / "b.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}, indent=1)
    )
    for name in ("a.geojson.gz", "b.geojson"):
        gazetteer.build_gazetteer(tmp_path / "g", [], [tmp_path / name])
        found = gazetteer.Gazetteer(tmp_path / "g", "quay")
        assert one(found, "7 Quay", "Northam")[0] == Accuracy.ROOFTOP


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"NAME,ADDRESS\nx,y\n"),
        ("a.csv", b"LON,LAT,NUMBER,STREET\n500,95,1,Main St\n"),
        ("a.csv.gz", b"not gzip"),
        ("a.geojson", b"{"),
        ("a.zip", b"PK nothing"),
        ("a.txt", b"x"),
        ("a.osm.pbf", b"not a map"),
    ],
)
def test_a_bad_file_is_named(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    pbfs, files = ([path], []) if name.endswith("pbf") else ([], [path])
    with pytest.raises(BadMap, match=name):
        gazetteer.build_gazetteer(tmp_path / "g", pbfs, files)


def test_a_zip_without_ranges_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as folder:
        folder.writestr("readme.txt", "nothing")
    with pytest.raises(BadMap, match=r"no \.csv, \.geojson or shapefile"):
        gazetteer.build_gazetteer(tmp_path / "g", [], [tmp_path / "a.zip"])


def test_a_missing_or_foreign_index_is_refused(tmp_path):
    with pytest.raises(BadMap):
        gazetteer.Gazetteer(tmp_path / "none", "none")
    (tmp_path / "junk").write_bytes(b"junk" * 1000)
    with pytest.raises(BadMap):
        gazetteer.Gazetteer(tmp_path / "junk", "junk")


def test_building_twice_gives_the_same_bytes(tmp_path):
    (tmp_path / "a.csv").write_text(HOUSES, encoding="utf8")
    for name in ("one", "two"):
        gazetteer.build_gazetteer(tmp_path / name, [], [tmp_path / "a.csv"])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@needs_data
def test_tiger_ranges_are_interpolated_by_parity_and_side(tmp_path):
    """Meagher County: Hwy 360 has 1101 to 1199, odd, on the left of a line of its own.

    1199 lies at the line's end; an even number has no range there.
    """
    file = DATA / "addresses" / "tiger-2021-meagher-mt-addrfeat.zip"
    gazetteer.build_gazetteer(tmp_path / "g", [], [file])
    found = gazetteer.Gazetteer(tmp_path / "g", "meagher")
    low, high = (one(found, f"{n} Hwy 360", "", "MT", "59645") for n in (1101, 1199))
    assert low[:3] == (Accuracy.INTERPOLATED, -111.0755, 46.6284)
    assert high[0] == Accuracy.INTERPOLATED
    assert low[1:3] != high[1:3]
    assert one(found, "1150 Hwy 360", "", "MT", "59645")[0] < Accuracy.INTERPOLATED


@pytest.fixture(scope="module")
def isle_of_man(tmp_path_factory):
    path = tmp_path_factory.mktemp("iom") / "g"
    gazetteer.build_gazetteer(path, [DATA / "osm" / "isle-of-man.osm.pbf"])
    return gazetteer.Gazetteer(path, "isle of man")


@pytest.fixture(scope="module")
def oahu(tmp_path_factory):
    path = tmp_path_factory.mktemp("oahu") / "g"
    gazetteer.build_gazetteer(path, [DATA / "osm" / "honolulu.osm.pbf"])
    return gazetteer.Gazetteer(path, "oahu")


def kilometres_off(fixes, lon, lat):
    """Kilometres from each fix to the truth; infinite without a fix."""
    off = [
        float(
            miles_between(Point(x, y), Points(fixes.at.lon[i : i + 1], fixes.at.lat[i : i + 1]))[0]
        )
        for i, (x, y) in enumerate(zip(lon, lat, strict=True))
    ]
    return np.nan_to_num(np.array(off) * METRES_PER_MILE / 1000, nan=np.inf)


@needs_data
def test_what_the_post_calls_a_city_for_short_is_the_city(oahu):
    """One ZIP code of Honolulu may bear the name Hon."""
    short, whole = (Address("", name, "HI") for name in ("Hon", "Honolulu"))
    found = oahu.locate(Addresses.of([short, whole]))
    assert list(found.label) == ["Honolulu, HI"] * 2
    assert found.radius_m[0] == found.radius_m[1]


@needs_data
def test_a_street_that_two_threads_work_out_at_once_has_the_same_places(oahu, monkeypatch):
    """Each may have a middle of its own, as here it is made anew whenever it is looked at."""
    asked = ("91-902 Fort Weaver Rd", "Ewa Beach", "HI", "96706")
    alone = one(oahu, *asked)
    monkeypatch.setattr(Stretch, "middle", property(Stretch.middle.func))
    assert one(oahu, *asked) == alone
    assert one(oahu, "Fort Weaver Rd", *asked[1:])[1:3] != alone[1:3]  # the block's part of it


@needs_data
def test_most_of_the_isle_of_man_is_within_500_m(isle_of_man):
    """Addresses of 2026 against the extract of 2020, most of whose houses it lacks."""
    with (DATA / "addresses" / "isle-of-man.csv").open(encoding="utf8") as file:
        rows = [r for r in csv.DictReader(file) if r["housenumber"] and r["street"] and r["city"]]
    addresses = [
        Address(f"{r['housenumber']} {r['street']}", r["city"], "", r["postcode"]) for r in rows
    ]
    fixes = isle_of_man.locate(Addresses.of(addresses))
    off = kilometres_off(fixes, [float(r["lon"]) for r in rows], [float(r["lat"]) for r in rows])
    assert (off <= 0.5).mean() >= 0.96
    assert (off > 5).mean() < 0.003
    assert (off * 1000 <= fixes.radius_m).mean() >= 0.95


@needs_data
def test_oahu_is_told_from_the_other_islands(oahu):
    """851 retailers are on O'ahu, 419 on islands that this map has not."""
    with (DATA / "lists" / "hawaii-retailers.csv").open(encoding="utf8") as file:
        rows = list(csv.DictReader(file))
    line = [f"{r['Street Number']} {r['Street Name']}" for r in rows]
    columns = ([r[name] for r in rows] for name in ("City", "State", "Zip Code"))
    fixes = oahu.locate(Addresses(line, *columns))
    off = kilometres_off(
        fixes, [float(r["Longitude"]) for r in rows], [float(r["Latitude"]) for r in rows]
    )
    here = np.array([r["County"] == "HONOLULU" for r in rows])
    assert (off[here] <= 0.5).mean() >= 0.6
    assert (off[here] <= 2).mean() >= 0.92
    assert (off[here] > 5).mean() < 0.02
    wrong = [i for i in np.flatnonzero(~here) if fixes.accuracy[i]]
    assert [rows[i]["Zip Code"] for i in wrong] in ([], ["96825"])  # Pahoa, with a Honolulu ZIP


@needs_data
def test_a_home_base_in_honolulu(oahu):
    fixes = oahu.candidates(Address("1001 Bishop St, Honolulu"), 5)
    assert len(fixes) == 1
    assert fixes.accuracy[0] == Accuracy.ROOFTOP
    assert fixes.label[0] == "1001 Bishop Street, Honolulu, HI"


def test_a_map_without_names_has_an_empty_gazetteer(tmp_path):
    """Roads-only extracts exist; a region of them still gives drive times."""
    import osmium

    with osmium.SimpleWriter(str(tmp_path / "bare.osm.pbf")) as writer:
        for number, lon in enumerate((0.0, 0.01), start=1):
            writer.add_node(osmium.osm.mutable.Node(id=number, location=(lon, 45.0)))
        way = osmium.osm.mutable.Way(id=1, nodes=[1, 2], tags={"highway": "residential"})
        writer.add_way(way)
    counts = gazetteer.build_gazetteer(tmp_path / "gazetteer", [tmp_path / "bare.osm.pbf"])
    assert set(counts.values()) == {0}
    empty = gazetteer.Gazetteer(tmp_path / "gazetteer", "bare")
    accuracy, _, _, note = one(empty, "1 Church Road", "Northam")
    assert accuracy == Accuracy.NONE
    assert note
