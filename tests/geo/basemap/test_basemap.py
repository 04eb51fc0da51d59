"""What is drawn beside roads: the sample county's lake, river and towns; O'ahu and its sea."""

from collections.abc import Iterator

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from app.geo.basemap.basemap import LAYERS, Basemap
from app.geo.basemap.cells import DEEPEST
from app.geo.points import Point, Points
from app.geo.regions.region import BASEMAP, Region
from app.geo.regions.sample.county import TOWNS, county_point
from app.geo.web_tiles import EXTENT, WebTile

HERON_ISLAND, LAKE = county_point(17.3, -14), county_point(24, -17)
DIAMOND_HEAD, MAMALA_BAY = Point(-157.8055, 21.2600), Point(-157.9, 21.25)


@pytest.fixture(scope="module")
def drawn(county: Region) -> Basemap:
    return Basemap(county.folder / BASEMAP)


def tile_at(point: Point, z: int) -> WebTile:
    """The tile of a zoom that the point lies on."""
    x, y = WebTile(0, 0, 0).units(Points.of([point]))
    return WebTile(z, int(x[0] / EXTENT * 2**z), int(y[0] / EXTENT * 2**z))


def layers_of(basemap: Basemap, tile: WebTile) -> dict:
    """What a viewer reads, y down."""
    body = basemap.draw(tile)
    return mapbox_vector_tile.decode(body, default_options={"y_coord_down": True}) if body else {}


def is_water(basemap: Basemap, point: Point, z: int) -> bool:
    """Whether a viewer would see water there."""
    tile = tile_at(point, z)
    x, y = tile.units(Points.of([point]))
    water = layers_of(basemap, tile).get("water", {"features": []})["features"]
    return bool(shapely.contains_xy([shape(one["geometry"]) for one in water], x[0], y[0]).any())


def names(basemap: Basemap, z: int) -> Iterator[tuple[str, str]]:
    for town in TOWNS:
        tile = tile_at(county_point(town.x, town.y), z)
        for one in layers_of(basemap, tile).get("places", {"features": []})["features"]:
            yield one["properties"]["name"], one["properties"]["kind"]


def test_towns_are_named_the_greater_ones_from_farther_out(drawn: Basemap) -> None:
    assert set(names(drawn, 7)) == {("Larkfield", "town"), ("Brightwater", "town")}
    assert {(town.name, town.kind) for town in TOWNS} <= set(names(drawn, 12))


@pytest.mark.parametrize("z", range(8, DEEPEST + 1))
def test_the_lake_is_water_at_every_zoom(drawn: Basemap, z: int) -> None:
    assert is_water(drawn, LAKE, z)
    assert not is_water(drawn, county_point(24, -23), z)


def test_the_river_is_a_line(drawn: Basemap) -> None:
    layers = layers_of(drawn, tile_at(county_point(0, 3), 12))
    assert {one["geometry"]["type"] for one in layers["river"]["features"]} == {"LineString"}
    assert layers.keys() <= LAYERS.keys()


def test_elsewhere_is_nothing(drawn: Basemap) -> None:
    assert drawn.draw(WebTile(10, 0, 0)) == b""


def test_four_tiles_hold_what_the_one_above_them_does(oahu: Region) -> None:
    """The water of a tile, but for what a closer look shows; across cells, too."""
    basemap = Basemap(oahu.folder / BASEMAP)
    above = tile_at(Point(-157.96, 21.36), 11)  # Pearl Harbor
    below = [
        WebTile(12, above.x * 2 + across, above.y * 2 + down)
        for across in (0, 1)
        for down in (0, 1)
    ]
    assert sum(map(_water_share, [basemap] * 4, below)) / 4 == pytest.approx(
        _water_share(basemap, above), abs=0.01
    )


def _water_share(basemap: Basemap, tile: WebTile) -> float:
    """By points on a grid."""
    water = layers_of(basemap, tile).get("water", {"features": []})["features"]
    x, y = map(np.ravel, np.meshgrid(*[np.arange(8, EXTENT, 16)] * 2))
    polygons = [shape(one["geometry"]).buffer(0) for one in water]
    return float(shapely.contains_xy(shapely.union_all(polygons), x, y).mean())


@pytest.mark.parametrize("z", range(DEEPEST + 1))
def test_the_sea_around_oahu_is_water_and_its_land_is_not(oahu: Region, z: int) -> None:
    basemap = Basemap(oahu.folder / BASEMAP)
    assert is_water(basemap, MAMALA_BAY, z) or z < 9
    assert z < 9 or not is_water(basemap, DIAMOND_HEAD, z)
    assert z >= 3 or layers_of(basemap, tile_at(MAMALA_BAY, z)).keys() == {"water"}


def test_okinas_and_macrons_are_in_the_names(oahu: Region) -> None:
    basemap = Basemap(oahu.folder / BASEMAP)
    layers = layers_of(basemap, tile_at(Point(-157.8, 21.4), 10))
    assert "Kāneʻohe" in {one["properties"]["name"] for one in layers["places"]["features"]}
