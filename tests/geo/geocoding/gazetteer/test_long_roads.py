"""Numbers on long roads of which few houses are known, by the pace of the roads around."""

import numpy as np
import osmium
import polars as pl
import pytest

from app.geo.addresses.address import Address, Addresses
from app.geo.geocoding.gazetteer import gazetteer
from app.geo.geocoding.gazetteer.file import NumberPace
from app.geo.geocoding.gazetteer.numbered_road import NumberedRoad
from app.geo.geocoding.gazetteer.paces import learn_paces
from app.geo.geocoding.gazetteer.road_line import RoadLine
from app.geo.points import METRES_PER_DEGREE, great_circle_metres
from tests.geo.geocoding.gazetteer.made import make_gazetteer

LAT, LON = 44.0, -72.0
NORTH = 1_000 / METRES_PER_DEGREE  # degrees of a kilometre
EAST = NORTH / np.cos(np.radians(LAT))
PACE = NumberPace(0.625, 0.1, 1.0)  # a thousand a mile, as in Vermont


def straight(length_km=8.0):
    """A road to the north, its points 100 m apart and shuffled as ways are."""
    lat = LAT + NORTH * np.arange(0, length_km + 0.01, 0.1)
    return RoadLine(np.full(len(lat), LON), np.roll(lat, 17))


def numbered(*houses, line=None):
    """The road with houses, each a number and how many kilometres north it stands."""
    numbers, km = np.array(houses, float).reshape(-1, 2).T
    return NumberedRoad(line or straight(), np.full(len(km), LON), LAT + NORTH * km, numbers, PACE)


def km_north(found):
    return (found.lat - LAT) / NORTH


def test_a_line_runs_from_end_to_end_over_gaps_and_past_side_arms():
    """A gap of 900 m, a side arm of 300 m, a bend."""
    up = [(0.0, k) for k in np.arange(0, 3.01, 0.1)] + [(0.0, k) for k in np.arange(3.9, 6, 0.1)]
    side = [(x, 2.0) for x in np.arange(0.1, 0.31, 0.1)]
    bend = [(x, 6.0) for x in np.arange(0, 2.01, 0.1)]
    x, y = np.array(up + side + bend).T
    line = RoadLine(LON + EAST * x, LAT + NORTH * y)
    assert line.length == pytest.approx(8_000, rel=0.02)
    middle = line.at(line.length / 2)
    assert middle[0] == pytest.approx(LON, abs=EAST / 10)
    assert middle[1] == pytest.approx(LAT + 4 * NORTH, abs=NORTH / 5)


def test_between_two_known_houses_far_apart():
    found = numbered((625, 1), (4375, 7)).at(2500, np.inf)
    assert km_north(found) == pytest.approx(4, abs=0.1)
    assert found.radius < 600


def test_two_houses_that_contradict_the_pace_say_nothing():
    """A name whose numbers begin anew in the next town."""
    assert numbered((625, 1), (700, 7)).at(650, np.inf) is None


def test_on_from_the_last_known_house_the_way_that_numbers_grow():
    assert km_north(numbered((625, 1), (1250, 2)).at(3750, np.inf)) == pytest.approx(6, abs=0.1)
    assert km_north(numbered((625, 7), (1250, 6)).at(3750, np.inf)) == pytest.approx(2, abs=0.1)


def test_one_house_tells_from_which_end_the_road_is_counted():
    assert km_north(numbered((625, 1)).at(3750, np.inf)) == pytest.approx(6, abs=0.1)
    assert km_north(numbered((625, 7)).at(3750, np.inf)) == pytest.approx(2, abs=0.1)
    assert numbered((2500, 4)).at(3750, np.inf) is None  # as far from both ends


def test_without_a_house_sure_is_what_lies_so_far_from_both_ends():
    middle, near = numbered().at(2500, np.inf), numbered().at(625, np.inf)
    assert km_north(middle) == pytest.approx(4, abs=0.1)
    assert middle.radius < 1_500
    assert near.radius > 3_000  # at one end or the other


def test_a_number_beyond_its_road_is_not_put_on_it():
    assert numbered().at(9_000, np.inf) is None
    assert numbered((625, 1), (1250, 2)).at(9_000, np.inf) is None


def test_what_is_no_closer_than_asked_is_not_given():
    road = numbered((625, 1), (4375, 7))
    radius = road.at(2500, np.inf).radius
    assert road.at(2500, radius) is None


def county(roads, number):
    """Houses and samples of parallel roads, each house numbered by `number(km)`."""
    km = np.tile(np.arange(0.2, 6, 0.4), roads)
    street = np.repeat(np.arange(roads), len(km) // roads)
    at = {"street_id": street, "lon": LON + EAST * street * 0.3, "lat": LAT + NORTH * km}
    numbers = [number(one) for one in km]
    return pl.DataFrame(at | {"block": 0, "number": numbers}), pl.DataFrame(at)


def pace_here(paces):
    found = paces.filter(pl.col("x") == -720, pl.col("y") == 440).drop("x", "y").rows()
    return NumberPace(*found[0])


def test_the_pace_of_roads_that_are_counted_from_their_beginning():
    pace = pace_here(learn_paces(*county(6, lambda km: int(625 * km))))
    assert pace.per_m == pytest.approx(0.625, rel=0.03)
    assert pace.is_told


def test_the_pace_of_a_grid_is_not_that_of_a_road():
    """Numbers that grow from a line far away tell no beginning."""
    pace = pace_here(learn_paces(*county(6, lambda km: int(40_000 + 625 * km))))
    assert pace.per_m == pytest.approx(0.625, rel=0.03)
    assert not pace.is_told


def test_two_roads_tell_no_pace_of_a_county():
    assert learn_paces(*county(2, lambda km: int(625 * km))).is_empty()


def write_roads(path, count, length_km):
    """Parallel roads to the north, half a kilometre apart, as OpenStreetMap has them."""
    with osmium.SimpleWriter(str(path)) as out:
        node, ways = 0, []
        for road in range(count):
            first = node + 1
            for step in range(int(length_km * 10) + 1):
                node += 1
                at = LON + EAST * road / 2, LAT + NORTH * step / 10
                out.add_node(osmium.osm.mutable.Node(id=node, location=at, version=1))
            ways.append(range(first, node + 1))
        for road, nodes in enumerate(ways):
            tags = {"highway": "residential", "name": f"{'ABCDEFGHI'[road]}bc Road"}
            way = osmium.osm.mutable.Way(id=road + 1, nodes=list(nodes), tags=tags, version=1)
            out.add_way(way)


def test_a_region_places_a_far_number_by_what_its_other_roads_tell(tmp_path):
    """One house on a road of 10 km; the other roads have some."""
    write_roads(tmp_path / "roads.osm.pbf", 5, 10)
    rows = ["LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE"]
    known = [(road, km) for road in range(1, 5) for km in np.arange(0.5, 9, 0.8)] + [(0, 1.0)]
    for road, km in known:
        at = f"{LON + EAST * road / 2},{LAT + NORTH * km},{int(625 * km)}"
        rows.append(f"{at},{'ABCDEFGHI'[road]}bc Road,,Lyme,,NH,03768")
    (tmp_path / "houses.csv").write_text("\n".join(rows))
    gazetteer.build_gazetteer(
        tmp_path / "g", [tmp_path / "roads.osm.pbf"], [tmp_path / "houses.csv"]
    )
    found = gazetteer.Gazetteer(tmp_path / "g", "g").locate(
        Addresses.of([Address("5000 Abc Road", "Lyme", "NH", "")])
    )
    assert found.label[0].startswith("Abc Road")
    truth = LON, LAT + NORTH * 8
    assert great_circle_metres(found.at.lon[0], found.at.lat[0], *truth) < 300
    assert found.radius_m[0] < 3_200


def some_houses(street, count):
    """The first houses of a street in Lenox that no map has a line of."""
    rows = [
        f"{-73.28 + i / 2_000},42.36,{10 + 2 * i},{street},,Lenox,,MA,01240" for i in range(count)
    ]
    return "\n".join(rows) + "\n"


def radius_of(found, line):
    return float(found.locate(Addresses.of([Address(line, "Lenox", "MA", "01240")])).radius_m[0])


def test_where_only_houses_tell_a_streets_way_the_radius_is_larger(tmp_path):
    head = "LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE\n"
    found = make_gazetteer(tmp_path, head + some_houses("Elm Street", 3))
    assert radius_of(found, "Elm Street") > 900
    assert radius_of(found, "30 Elm Street") > 500
    assert radius_of(found, "12 Elm Street") < 150


def test_a_street_read_as_another_one_may_be_far_from_it(tmp_path):
    head = "LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE\n"
    found = make_gazetteer(tmp_path, head + some_houses("Harrison Lane", 3))
    assert radius_of(found, "12 Harrison Avenue") >= 2_500
