"""The sample county: what is drawn is what the engine drives on."""

import csv
import io
from pathlib import Path

import pytest
import valhalla
import zipcodes
from valhalla.config import get_config

from app.geo.points import Point
from app.geo.regions import build as building
from app.geo.regions.region import Region
from app.geo.regions.sample import county as sample
from app.geo.regions.sample import firms


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Region:
    """The county with its bridge gone and its one-way roads turned round."""
    folder = tmp_path_factory.mktemp("changed")
    sample.write_county(folder / "changed.osm.pbf", bridge=False, oneway_reversed=True)
    return building.build_region(folder, "changed", [folder / "changed.osm.pbf"])


def minutes(region: Region, to: Point, start: Point = sample.HOME) -> float:
    """By the engine's own route; inf where it finds none."""
    engine = valhalla.Actor(get_config(tile_extract="", tile_dir=region.tiles))
    spots = [{"lon": p.lon, "lat": p.lat} for p in (start, to)]
    try:
        route = engine.route({"locations": spots, "costing": "auto"})
    except RuntimeError as why:
        if "No path" not in str(why):
            raise
        return float("inf")
    return float(route["trip"]["summary"]["time"]) / 60


def test_the_same_bytes_each_time(tmp_path: Path):
    """What is built from it is reproducible only if it is itself."""
    sample.write_county(tmp_path / "one.osm.pbf")
    sample.write_county(tmp_path / "two.osm.pbf")
    assert (tmp_path / "one.osm.pbf").read_bytes() == (tmp_path / "two.osm.pbf").read_bytes()


def test_freeway_minutes(county: Region):
    """Twenty minutes of freeway, five of other roads.

    Cedar Halt's centre: 0.5 km at 40 km/h (0.75 min), Depot Road 1.7 (1.7), ramp 0.412 (0.41),
    39.2 km at 120 (19.6), ramp (0.41), Depot Road (1.7), 0.4 km at 40 (0.6): 25.17 minutes.
    Seven turns and crossings add up to 0.7 minutes.
    """
    assert 25.17 <= minutes(county, sample.county_point(40, 0)) <= 25.9


def test_the_river_is_crossed_by_the_bridge(county: Region, changed: Region):
    """The only way over the river is the bridge, and it is far.

    Northbank's centre is 5 km away; by the bridge 0.75 + 2.1 + 18 + 1 + 18 + 0.7 + 1.2 = 41.75
    minutes, up to 0.7 more in turns. Without the bridge there is no road to it.
    """
    northbank = sample.county_point(0, 5)
    assert 41.75 <= minutes(county, northbank) <= 42.5
    assert minutes(changed, northbank) == float("inf")


def test_a_one_way_road_is_driven_one_way(county: Region, changed: Region):
    """Turned round, the road leads there the long way.

    Mesa Loop, 10 km at 60 km/h, begins 46.87 minutes from home. 10 Mesa Loop is 0.5 km along
    it: 47.4 minutes, or 56.4 the other way round; up to 0.7 more in turns.
    """
    pottery = sample.county_point(86.5, -3.088)
    assert 47.3 <= minutes(county, pottery) <= 48.1
    assert 56.3 <= minutes(changed, pottery) <= 57.1


def test_no_road_leads_to_gull_island(county: Region):
    """Its streets are a network of their own."""
    assert minutes(county, sample.county_point(21, -14)) == float("inf")
    assert minutes(county, sample.county_point(21.4, -14), start=sample.county_point(21, -14)) < 2


def test_its_places_exist_nowhere_else():
    """Else a real town or ZIP code would answer where the county's should not be known."""
    towns = {town.name for town in sample.TOWNS}
    codes = {town.postcode for town in sample.TOWNS} | {"00106", "00999"}
    known = zipcodes.list_all()
    assert not codes & {place["zip_code"] for place in known}
    assert not towns & {place["city"] for place in known if place["state"] == sample.STATE}


def test_the_list_holds_every_kind_of_row():
    """`make find` shows one of each."""
    rows = list(csv.reader(io.StringIO(sample.prospects_csv())))
    assert len(rows) == len(firms.FIRMS) + 1
    assert {len(row) for row in rows} == {11}
    assert [row[0] for row in rows[1:]] == [firm.name for firm in firms.FIRMS]
    assert len({firm.where for firm in firms.FIRMS}) == 10
    assert {firm.size for firm in firms.FIRMS} == {"right", "wrong", "unknown"}


def test_off_the_map_and_on_it(county: Region):
    """Heron Island lies on the map though it has no road; Eureka, Nevada does not."""
    assert county.covers_point(sample.county_point(17.3, -14))
    assert county.covers_point(sample.HOME)
    assert not county.covers_point(Point(-115.96, 39.51))
