"""A Valhalla elsewhere with its default settings, whose matrix denies what its route drives.

A town of eight by eight streets. Behind it, each at the end of a link of its own, four more: the
links are a parking aisle, a driveway, a private road and one for customers. Beside it an island.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from app.geo.driving.engine import Driving, Road
from app.geo.driving.services.service_engine import ServiceEngine
from app.geo.driving.services.valhalla import RemoteValhalla
from app.geo.http.sender import Sender
from app.geo.points import Point, Points, miles_between
from app.geo.regions.build import build_region
from tests import servers
from tests.drawn_maps import BLOCK, DrawnMap

HOME, SIZE = Point(-100.0, 40.0), 8
LINKS = (
    {"highway": "service", "service": "parking_aisle"},
    {"highway": "service", "service": "driveway"},
    {"highway": "residential", "access": "private"},
    {"highway": "residential", "access": "customers"},
)
ISLAND = HOME.lon + 0.1, HOME.lat


def _town_behind(number: int) -> tuple[float, float]:
    return HOME.lon + (number - 2) * 0.03, HOME.lat + 0.03


def _in_town(west: float, south: float) -> Point:
    """On one of its streets, between two corners."""
    return Point(west + 1.5 * BLOCK, south + BLOCK)


AT_HOME, ON_ISLAND = _in_town(HOME.lon, HOME.lat), _in_town(*ISLAND)
BEHIND = Points.of([_in_town(*_town_behind(number)) for number in range(len(LINKS))])


@pytest.fixture(scope="module")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("denied")
    pbf = _write(folder / "denied.osm.pbf")
    return build_region(folder / "regions", "denied", [pbf]).tiles


def _write(path: Path) -> Path:
    """The towns, from west to east, each with its link from the first one's northern edge."""
    drawn = DrawnMap()
    drawn.draw_town(HOME.lon, HOME.lat, SIZE)
    top = HOME.lat + (SIZE - 1) * BLOCK
    for number, tags in enumerate(LINKS):
        drawn.draw([(HOME.lon + number * BLOCK, top), _town_behind(number)], tags)
        drawn.draw_town(*_town_behind(number), SIZE)
    drawn.draw_town(*ISLAND, SIZE)
    return drawn.write(path)


@pytest.fixture(scope="module")
def url(tiles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.valhalla(tiles, tmp_path_factory.mktemp("engine")) as url:
        yield url


@pytest.fixture
def engine(url: str) -> Iterator[ServiceEngine]:
    with closing(Sender("valhalla", frozenset({"127.0.0.1"}))) as sender:
        yield ServiceEngine(RemoteValhalla(url), sender.send)


def test_what_the_matrix_denies_gets_the_minutes_of_the_route(engine: ServiceEngine) -> None:
    """Three kilometres of a link each and a block or two: well under half an hour."""
    drives = engine.drives(AT_HOME, BEHIND, np.zeros(len(LINKS)), [30], Driving())
    assert drives.road.tolist() == [Road.REACHED] * len(LINKS)
    assert (drives.minutes > 2).all()
    assert (drives.minutes < 30).all()
    assert "4 drives" in drives.odd
    assert "thor.costmatrix.allow_second_pass" in drives.odd


def test_where_no_road_leads_both_say_so(engine: ServiceEngine) -> None:
    drives = engine.drives(AT_HOME, Points.of([ON_ISLAND]), np.zeros(1), [30], Driving())
    assert drives.road.tolist() == [Road.NO_ROAD]
    assert drives.odd == ""


def test_past_so_many_the_nearest_are_asked_for_and_the_others_unknown(
    engine: ServiceEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.geo.driving.services.service_engine.DENIED", 3)
    drives = engine.drives(AT_HOME, BEHIND, np.zeros(len(LINKS)), [30], Driving())
    assert np.argmax(miles_between(AT_HOME, BEHIND)) == np.flatnonzero(drives.road != Road.REACHED)
    assert (drives.road == Road.UNKNOWN).sum() == 1


def test_find_says_what_is_wrong_with_the_server(
    run, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEETSPOT_ENGINE", "valhalla")
    monkeypatch.setenv("SWEETSPOT_ENGINE_URL", url)
    rows = [f"Office {n},{lat},{lon}" for n, (lon, lat) in enumerate(BEHIND.pairs())]
    listed = tmp_path / "offices.csv"
    listed.write_text("\n".join(["Company,Latitude,Longitude", *rows]))
    ran = run("find", str(listed), "--home", f"{AT_HOME.lat},{AT_HOME.lon}", "--minutes", "30")
    assert ran.code == 0, ran.err
    assert ran.out.count("pass") >= len(LINKS)
    said = " ".join((ran.out + ran.err).split())
    assert "finds a route but no way in its matrix for 4 drives" in said
