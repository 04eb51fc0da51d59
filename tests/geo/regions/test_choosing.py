"""Which extracts a circle calls for: on made-up squares, and by hand on the real index."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from shapely.geometry import box

from app.errors import BackendDown, BadQuestion, NoSuchRegion
from app.geo.points import Point
from app.geo.regions.choosing import Choice, choose_extracts
from app.geo.regions.circle import Circle
from app.geo.regions.index import Extract, read_index, rebase_url
from app.geo.regions.seas import ACROSS_WATER, ISLANDS


def squares(**extents: Sequence[float]) -> list[Extract]:
    return [Extract(id_, id_, f"http://x/{id_}", box(*extent)) for id_, extent in extents.items()]


# A country of two states, cut at longitude 2, and its neighbour to the south.
WORLD = squares(land=(0, 0, 4, 4), west=(0, 0, 2, 4), east=(2, 0, 4, 4), south=(0, -4, 4, 0))


def ids(chosen: Sequence[Choice]) -> list[str]:
    return sorted(choice.extract.id for choice in chosen)


def test_one_state_is_enough():
    """30 miles, half a degree, around its middle."""
    assert ids(choose_extracts(WORLD, Circle(Point(1, 2), 30))) == ["west"]


def test_all_that_the_circle_touches_and_no_country_around_its_states():
    """Near the corner where three meet."""
    assert ids(choose_extracts(WORLD, Circle(Point(1.9, 0.1), 30))) == ["east", "south", "west"]


def test_the_country_where_its_states_leave_ground_open():
    """Only the western state is offered: the east is to be had with the whole country."""
    half = [extract for extract in WORLD if extract.id != "east"]
    assert ids(choose_extracts(half, Circle(Point(1.9, 2), 30))) == ["land"]
    assert ids(choose_extracts(half, Circle(Point(1, 2), 30))) == ["west"]


def test_the_country_where_no_state_holds_the_home_base():
    """Its island has no extract of its own."""
    archipelago = squares(land=(0, 0, 9, 4), west=(0, 0, 2, 4), east=(2, 0, 4, 4))
    assert ids(choose_extracts(archipelago, Circle(Point(6, 2), 30))) == ["land"]


def test_the_sea_off_the_coast_asks_for_nothing():
    """The country's outline reaches a little farther out to sea than its states': no reason."""
    wider = [*WORLD[1:3], *squares(land=(-0.05, 0, 4, 4))]
    assert ids(choose_extracts(wider, Circle(Point(0.2, 2), 30))) == ["west"]


def test_no_map_at_all():
    with pytest.raises(NoSuchRegion, match=r"nothing around 50\.0000, 50\.0000"):
        choose_extracts(WORLD, Circle(Point(50, 50), 30))


def test_a_strait():
    """Two outlines ten kilometres apart: no road is on any map between them."""
    shores = squares(here=(0, 0, 2, 4), there=(2.1, 0, 4, 4))
    circle = Circle(Point(1.9, 2), 30)
    assert ids(choose_extracts(shores, circle)) == ["here"]
    assert ids(choose_extracts(shores, circle, whole=True)) == ["here", "there"]


def test_what_is_behind_a_strait_is_not_come_to_by_its_own_roads():
    """Beyond the other shore lies a third one, which only that one's roads lead to."""
    shores = squares(here=(0, 0, 2, 4), there=(2.1, 0, 2.2, 4), behind=(2.2, 0, 4, 4))
    assert ids(choose_extracts(shores, Circle(Point(1.9, 2), 30))) == ["here"]


def test_a_sliver_and_an_enclave():
    """Under 2 % of the circle: the edge of a large state is none; a city in the middle is."""
    home = Point(1.5, 2)
    sliver = squares(west=(0, 0, 1.92, 4), east=(1.92, 0, 4, 4))
    assert ids(choose_extracts(sliver, Circle(home, 30))) == ["west"]
    assert ids(choose_extracts(sliver, Circle(home, 30), whole=True)) == ["east", "west"]
    hole = box(0, 0, 4, 4).difference(box(1.6, 2, 1.7, 2.1))
    city = [Extract("state", "state", "", hole), *squares(city=(1.6, 2, 1.7, 2.1))]
    chosen = choose_extracts(city, Circle(home, 60))
    assert ids(chosen) == ["city", "state"]
    assert chosen[1].adds < 0.02


def test_shares_add_up_to_the_land():
    chosen = choose_extracts(WORLD, Circle(Point(1.9, 0.1), 30))
    assert sum(choice.adds for choice in chosen) == pytest.approx(1, abs=0.001)
    assert chosen[0].extract.id == "west"  # the home base's is first
    assert all(one.adds >= next_.adds for one, next_ in pairwise(chosen[1:]))


@pytest.mark.parametrize("miles", [0, -1, 501, float("nan")])
def test_circles_that_make_no_sense(miles: float):
    with pytest.raises(BadQuestion, match="miles"):
        Circle(Point(0, 0), miles)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'{"features": [{"properties": {}, "geometry": {}}]}',
     b'{"features": [{"properties": {"id": "x", "urls": []}, "geometry": {"type": "Blob"}}]}'],
)  # fmt: skip
def test_what_is_no_index(body: bytes):
    """A portal's log-in page, say: the address is named."""
    with pytest.raises(BackendDown, match=r"http://mirror/index-v1\.json is not an index"):
        read_index(body, "http://mirror/")


def test_the_mirror_stands_in_for_the_official_host():
    official = "https://download.geofabrik.de/north-america/us/hawaii-latest.osm.pbf"
    assert (
        rebase_url(official, "http://mirror:8000/osm/")
        == "http://mirror:8000/osm/north-america/us/hawaii-latest.osm.pbf"
    )
    assert (
        rebase_url("https://other.example/x.osm.pbf", "http://m")
        == "https://other.example/x.osm.pbf"
    )


# --- the real index ----------------------------------------------------------------------------

# By hand, from a map: home base (longitude, latitude), what is right for 60 miles, and why.
HOMES = {
    # Six states meet here, and one drives to each within the hour.
    "Springfield, MA": (-72.5898, 42.1015, ("us/connecticut us/massachusetts us/new-hampshire "
                        "us/new-york us/rhode-island us/vermont")),
    # Michigan not across its lake, but by I-94 through Indiana: New Buffalo is 47 miles away.
    "Chicago": (-87.6298, 41.8781, "us/illinois us/indiana us/michigan us/wisconsin"),
    # Three bridges to Ciudad Juarez; New Mexico begins in the suburbs.
    "El Paso": (-106.4850, 31.7619, "mexico us/new-mexico us/texas"),
    # Cuba is 90 miles over the sea, and no road.
    "Key West": (-81.7800, 24.5551, "us/florida"),
    # I-5 crosses the border 30 miles south.
    "Vancouver": (-123.1207, 49.2827, "british-columbia us/washington"),
    # The city lies where three countries meet; Lorraine is reached by way of Alsace.
    "Basel": (7.5886, 47.5596, "alsace franche-comte freiburg-regbez lorraine switzerland"),
    # England, Scotland, Ireland and Wales are in sight, across the Irish Sea.
    "Douglas": (-4.4821, 54.1523, "isle-of-man"),
    # Counties all around; Enfield is a part of Greater London's own file.
    "London": (-0.1276, 51.5072, ("bedfordshire berkshire buckinghamshire cambridgeshire "
               "east-sussex essex greater-london hampshire hertfordshire kent northamptonshire "
               "oxfordshire suffolk surrey west-sussex")),
    # The Ambassador Bridge to Windsor; Toledo is 55 miles down the road.
    "Detroit": (-83.0458, 42.3314, "ontario us/michigan us/ohio"),
    "Windsor": (-83.0364, 42.3149, "ontario us/michigan us/ohio"),
    # The bridge over the Sound: Copenhagen is half an hour away. Germany is beyond the Baltic.
    "Malmö": (13.0038, 55.6050, "denmark sweden"),
    "Copenhagen": (12.5683, 55.6761, "denmark sweden"),
    # No car drives through the Channel: Kent is out of reach of Calais, and France of Dover.
    "Calais": (1.8587, 50.9513, "belgium nord-pas-de-calais picardie"),
    "Dover": (1.3089, 51.1279, "east-sussex essex greater-london kent"),
    # The causeway to Johor is within one file; Sumatra is in sight, across the strait.
    "Singapore": (103.8198, 1.3521, "malaysia-singapore-brunei"),
    # Islands without a bridge to anywhere.
    "Honolulu": (-157.8583, 21.3069, "us/hawaii"),
    "St. Thomas": (-64.9307, 18.3419, "us/us-virgin-islands"),
    # The Strait of Gibraltar has no bridge.
    "Gibraltar": (-5.3536, 36.1408, "andalucia"),
    # The file of Provence holds Monaco's roads too; Italy is 10 miles away.
    "Monaco": (7.4246, 43.7384, "nord-ovest provence-alpes-cote-d-azur"),
    # A home base's own file is taken however small; the slivers of Nord-Est are not.
    "Vaduz": (9.5209, 47.1410, ("austria freiburg-regbez liechtenstein nord-ovest schwaben "
              "switzerland tuebingen-regbez")),
    # Of the Köln district and of Alsace less than 2 % of the circle's ground.
    "Luxembourg": (6.1296, 49.6117, ("belgium champagne-ardenne lorraine luxembourg "
                   "rheinland-pfalz saarland")),
    # Ferries, to Helsinki and to Scotland, are no roads.
    "Tallinn": (24.7536, 59.4370, "estonia"),
    "Belfast": (-5.9301, 54.5973, "ireland-and-northern-ireland"),
    # The Confederation Bridge to New Brunswick, and on from there to Nova Scotia.
    "Charlottetown": (-63.1311, 46.2382, "new-brunswick nova-scotia prince-edward-island"),
    # The country's file is Mexico's, California's south a file of its own.
    "San Diego": (-117.1611, 32.7157, "mexico socal"),
    # Barbados has no file but the one of all Central America.
    "Bridgetown": (-59.6167, 13.1000, "central-america"),
    # The District is small, and in the middle of the way; West Virginia is a corner.
    "Alexandria, VA": (-77.0469, 38.8048, "us/district-of-columbia us/maryland us/virginia"),
}  # fmt: skip


@pytest.fixture(scope="module")
def geofabrik(shared: Path) -> list[Extract]:
    path = shared / "data" / "maps" / "geofabrik-index-v1.json"
    return read_index(path.read_bytes(), "http://mirror")


@pytest.mark.parametrize("name", HOMES)
def test_the_right_extracts_for_a_home_base(name: str, geofabrik: list[Extract]):
    lon, lat, right = HOMES[name]
    assert ids(choose_extracts(geofabrik, Circle(Point(lon, lat), 60))) == right.split()


def test_the_whole_circle_has_the_other_shore_too(geofabrik: list[Extract]):
    """Douglas, with the coasts around it: by counties where the index has them."""
    whole = ids(choose_extracts(geofabrik, Circle(Point(-4.4821, 54.1523), 60), whole=True))
    assert {"cumbria", "ireland-and-northern-ireland", "isle-of-man", "scotland", "wales"} <= set(
        whole
    )


def test_a_home_base_at_sea(geofabrik: list[Extract]):
    with pytest.raises(NoSuchRegion, match=r"30\.0000, -40\.0000: is the home base at sea\?"):
        choose_extracts(geofabrik, Circle(Point(-40, 30), 60))


def test_the_seas_are_of_this_index(geofabrik: list[Extract]):
    """Each name is one of it, and no pair is said twice."""
    known = {extract.id for extract in geofabrik}
    assert known >= ISLANDS
    assert all(len(pair) == 2 and known >= pair for pair in ACROSS_WATER)
    assert not any(pair & ISLANDS for pair in ACROSS_WATER)
