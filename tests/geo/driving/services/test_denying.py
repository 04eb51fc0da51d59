"""A Valhalla elsewhere with its default settings, whose matrix denies what its route drives.

A town of eight by eight streets. Behind it, each at the end of a link of its own, four more: the
links are a parking aisle, a driveway, a private road and one for customers. Beside it an island.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pytest
from osmium.osm.mutable import Node, Way

from app.geo.driving.embedded import serving
from app.geo.driving.engine import Driving, Road
from app.geo.driving.services.service_engine import ServiceEngine
from app.geo.driving.services.valhalla import RemoteValhalla
from app.geo.http.sender import Sender
from app.geo.points import Point, Points, miles_between
from app.geo.regions.build import build_region

HOME, SIZE, BLOCK = Point(-100.0, 40.0), 8, 0.002
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
    _write(folder / "denied.osm.pbf")
    return build_region(folder / "regions", "denied", [folder / "denied.osm.pbf"]).tiles


def _write(path: Path) -> None:
    """The towns, from west to east, each with its link from the first one's northern edge."""
    nodes: dict[tuple[float, float], int] = {}
    street, ways = {"highway": "residential", "maxspeed": "40"}, []

    def node(lon: float, lat: float) -> int:
        return nodes.setdefault((round(lon, 6), round(lat, 6)), len(nodes) + 1)

    def draw_town(west: float, south: float) -> None:
        grid = [
            [node(west + i * BLOCK, south + j * BLOCK) for j in range(SIZE)] for i in range(SIZE)
        ]
        ways.extend((line, street) for line in [*grid, *map(list, zip(*grid, strict=True))])

    draw_town(HOME.lon, HOME.lat)
    top = HOME.lat + (SIZE - 1) * BLOCK
    for number, tags in enumerate(LINKS):
        west, south = _town_behind(number)
        ways.append(([node(HOME.lon + number * BLOCK, top), node(west, south)], tags))
        draw_town(west, south)
    draw_town(*ISLAND)
    with osmium.SimpleWriter(str(path)) as out:
        for where, number in nodes.items():
            out.add_node(Node(id=number, version=1, location=where))
        for number, (line, tags) in enumerate(ways, 1):
            out.add_way(Way(id=number, version=1, nodes=line, tags=tags))


@pytest.fixture(scope="module")
def url(tiles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same program, with the algorithm that it has by itself."""
    made = serving.engine_config

    def by_itself(run: Path, port: int, longest_minutes: float) -> dict[str, Any]:
        settings = made(run, port, longest_minutes)
        settings["thor"]["source_to_target_algorithm"] = "select_optimal"
        return settings

    run = tmp_path_factory.mktemp("engine")
    with pytest.MonkeyPatch.context() as patch, serving.Server(tiles, run) as server:
        patch.setattr(serving, "engine_config", by_itself)
        server.send("/status", {})
        known = json.loads((run / "engine.json").read_text())
        yield f"http://127.0.0.1:{known['port']}"


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
