"""The road index: what may be driven, and where on it a point lies."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.errors import BadMap
from app.geo.driving import valhalla_api
from app.geo.driving.embedded import graph, roads, tiles
from app.geo.driving.embedded.indexing import build_roads
from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.serving import Server
from app.geo.points import Points
from app.geo.regions.region import Region
from app.geo.regions.sample.county import county_point


@pytest.fixture(scope="module")
def county_roads(county: Region) -> Roads:
    return Roads.load(county.roads)


@pytest.fixture(scope="module")
def oahu_engine(oahu: Region, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(oahu.tiles, tmp_path_factory.mktemp("engine")) as server:
        yield server


def _spots(*spots: tuple[float, float]) -> Points:
    return Points.of([county_point(x, y) for x, y in spots])


def test_varints_and_zigzag_read_protobufs_own_examples() -> None:
    """From protobuf's encoding guide: 150 is 96 01, 1 is 01; zigzag 1 is -1, 2 is 1."""
    raw = np.array([0x96, 0x01, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0x07], np.uint8)
    assert valhalla_api.decode_varints(raw).tolist() == [150, 1, 2**31 - 1]
    assert tiles.decode_zigzag(np.array([0, 1, 2, 3])).tolist() == [0, -1, 1, -2]
    assert valhalla_api.decode_varints(np.zeros(0, np.uint8)).tolist() == []


def test_build_counts_directed_drivable_edges(county: Region, tmp_path: Path) -> None:
    """The number returned is that of the index, footpaths not among them."""
    count = build_roads(county.tiles, tmp_path / "roads")
    index = Roads.load(tmp_path / "roads")
    assert count == len(index.edge_key) == len(set(index.edge_key.tolist()))


def test_seconds_are_length_over_speed(county_roads: Roads) -> None:
    """Old Mine Road is tagged 60 km/h, so 1 km of it takes 60 s: metres / 1000 * 60.

    Lengths are kept in whole metres: within half a metre, 0.03 s.
    """
    at_mine = county_roads.snap(_spots((-30.2, 0.01)))
    edge = county_roads.edge[at_mine.road[0], 0]
    metres = county_roads.length_m[at_mine.road[0]]
    assert county_roads.seconds[edge] == pytest.approx(metres * 60 / 1000, abs=0.03)


def test_a_point_lies_beside_its_road(county_roads: Roads) -> None:
    """80 m north of Old Mine Road at x = -30.2; the road's western neighbour is 24 km away."""
    snaps = county_roads.snap(_spots((-30.2, 0.08)))
    assert snaps.distance_m[0] == pytest.approx(80, abs=0.5)
    assert snaps.node[0] == -1


def test_within_five_metres_of_a_junction_is_at_it(county_roads: Roads) -> None:
    """Main Street and the middle avenue cross at Larkfield's centre: 3 m off is at it, 9 m not."""
    snaps = county_roads.snap(_spots((0, 0), (0.003, 0.0), (0.009, 0.0)))
    assert snaps.node[0] == snaps.node[1] >= 0
    assert snaps.node[2] == -1


def test_a_one_way_street_has_one_direction(county_roads: Roads) -> None:
    """Pine Street (y = -0.2) is one-way, Main Street (y = 0) is not."""
    snaps = county_roads.snap(_spots((0.05, -0.2), (0.05, 0.0)))
    ways = (county_roads.edge[snaps.road] >= 0).sum(axis=1)
    assert ways.tolist() == [1, 2]


def test_far_and_unknown_points(county_roads: Roads) -> None:
    """2 km south of Old Mine Road the distance is still told; without a point nothing is."""
    spot = county_point(-35, -2)
    points = Points(np.array([spot.lon, np.nan]), np.array([spot.lat, np.nan]))
    snaps = county_roads.snap(points)
    assert snaps.distance_m[0] == pytest.approx(2000, rel=0.01)
    assert math.isnan(snaps.distance_m[1])
    assert snaps.road[1] == -1


def test_footpaths_are_no_roads(county_roads: Roads) -> None:
    """Heron Island has a footpath alone: its centre is off the road."""
    assert county_roads.snap(_spots((17.3, -14))).distance_m[0] > 500


def test_islands_are_networks_of_their_own(county_roads: Roads) -> None:
    """Gull Island's streets hang together and with nothing else."""
    snaps = county_roads.snap(_spots((21, -14), (21.1, -14.2), (0, 0), (104, 0)))
    gull, gull_too, larkfield, farrow = county_roads.component[
        county_roads.nodes[snaps.road, 0]
    ].tolist()
    assert gull == gull_too != larkfield
    assert larkfield == farrow


def test_permuted_points_have_permuted_snaps(county_roads: Roads) -> None:
    """Points are looked up in an order of their own; the answers keep the caller's."""
    rng = np.random.default_rng(7)
    spots = [(float(x), float(y)) for x, y in rng.uniform(-3, 3, (500, 2))]
    points, order = _spots(*spots), rng.permutation(500)
    one, other = county_roads.snap(points), county_roads.snap(points[order])
    assert np.array_equal(one.road[order], other.road)
    assert np.array_equal(one.distance_m[order], other.distance_m)


def test_circles_hold_the_roads_within(county_roads: Roads) -> None:
    """Around Larkfield's centre: every place found in a 300 m circle lies in it."""
    around = county_roads.within(_spots((0, 0), (-35, -5)), np.array([300.0, 300.0]))
    assert (around.road[0] >= 0).sum() >= 5
    assert (around.road[1] >= 0).sum() == 0


def test_snaps_agree_with_the_engines_own_search(oahu: Region, oahu_engine: Server) -> None:
    """On O'ahu, fresh random points each run: the engine's own nearest edge is ours.

    Of those on which an address may lie: a motorway's, ramp's or tunnel's is never.

    Those with a rival as good, which are asked again when it matters, are left out: about 5 %.
    Of the rest the seed below may show no more than 2 in 1,000 otherwise.
    """
    seed = np.random.SeedSequence().entropy
    rng = np.random.default_rng(seed)
    index = Roads.load(oahu.roads)
    piece = index.piece[rng.integers(0, len(index.piece), 1000)]
    shift = rng.normal(0, 3e-4, (2, len(piece)))
    points = Points(piece[:, 0] + shift[0], piece[:, 1] + shift[1])
    snaps = index.snap(points)
    where = [
        {"lon": x, "lat": y, "search_cutoff": 510, "search_filter": valhalla_api.FRONTED}
        for x, y in zip(points.lon.tolist(), points.lat.tolist(), strict=True)
    ]
    body = {"locations": where, "costing": "auto", "verbose": True}
    said = json.loads(oahu_engine.send("/locate", body))
    clear = np.setdiff1d(np.flatnonzero(snaps.distance_m < 490), snaps.other)
    wrong = [i for i in clear.tolist() if not _agree(index, snaps, i, said[i]["edges"])]
    assert len(wrong) <= 2, f"seed {seed}: rows {wrong}"


def _agree(
    index: Roads, snaps: roads.Snaps, row: int, edges: list[dict[str, dict[str, int]]]
) -> bool:
    """Whether the road we chose is among the edges that the engine lists for the point."""
    listed = {edge["edge_id"]["value"] for edge in edges}
    edge = index.edge[snaps.road[row]]
    ours = set(index.graph_ids(edge[edge >= 0]).tolist())
    return bool(listed & ours)


def test_an_unknown_layout_is_refused(county: Region, tmp_path: Path) -> None:
    """A tile whose header's counts can't be true is not misread."""
    tile = max(county.tiles.glob("2/**/*.gph"), key=lambda f: f.stat().st_size)
    broken = tmp_path / tile.relative_to(county.tiles)
    broken.parent.mkdir(parents=True)
    data = bytearray(tile.read_bytes())
    data[40:48] = b"\xff" * 8  # the counts of nodes and edges
    broken.write_bytes(data)
    with pytest.raises(BadMap, match="unknown tile layout"):
        graph.read_graph(tmp_path)


def test_no_tiles_and_no_index_are_said(tmp_path: Path) -> None:
    """An empty folder is neither tiles nor an index."""
    with pytest.raises(BadMap, match="no drivable road"):
        graph.read_graph(tmp_path)
    with pytest.raises(BadMap, match="build it again"):
        Roads.load(tmp_path)
