"""The pieces of roads: worked out some at a time, the same however many."""

from pathlib import Path

import numpy as np
import pytest

from app.geo.driving.embedded import pieces
from app.geo.driving.embedded.graph import read_graph
from app.geo.driving.embedded.grid import GROUPS, RoadKind
from app.geo.driving.embedded.piece_index import PIECE_M, SQUARES_A_RADIUS, START_M
from app.geo.driving.embedded.tiles import ENGINE_METRES_PER_DEGREE, Column, Shapes
from app.geo.regions.region import Region

COLUMNS = ("piece", "piece_road", "piece_sizes", "cell", "cell_first")


@pytest.fixture(scope="module")
def shapes(county: Region) -> Shapes:
    return read_graph(county.tiles).shapes


@pytest.fixture(scope="module")
def group(shapes: Shapes) -> Column:
    """As if every third road were open, and some of each kind could be left out."""
    row = np.arange(len(shapes))
    may_be_left_out = np.where(row % 5 == 0, row % 4, 0)
    return (row % 3 % len(RoadKind) * GROUPS + may_be_left_out).astype(np.uint8)


@pytest.mark.parametrize("block", [7, 1000])
def test_columns_do_not_depend_on_the_block(
    shapes: Shapes, group: Column, block: int, tmp_path: Path
) -> None:
    """Byte for byte, where a block ends within a road as where it holds all of them."""
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
    pieces.write_pieces(one, shapes, group, block)
    pieces.write_pieces(other, shapes, group, 1 << 30)
    for name in COLUMNS:
        file = f"{name}.npy"
        assert (one / file).read_bytes() == (other / file).read_bytes(), name


def test_pieces_make_up_their_roads(shapes: Shapes) -> None:
    """One after the other from end to end, none too long."""
    made = pieces.Pieces.of(shapes)
    piece, road = made.take(np.arange(len(made)))
    ends = piece[:, :2] + piece[:, 2:4]
    within = road[1:] == road[:-1]
    assert np.array_equal(np.unique(road), np.arange(len(shapes)))
    assert piece[:, 5].max() <= PIECE_M
    assert np.allclose(ends[:-1][within], piece[1:, :2][within], rtol=0, atol=1e-9)
    assert np.allclose(piece[:-1, 4:].sum(axis=1)[within], piece[1:, 4][within])
    assert (piece[1:, 4][~within] == 0).all()


def test_the_first_piece_of_each_square_stands_for_all(
    shapes: Shapes, group: Column, tmp_path: Path
) -> None:
    """As worked out one size after the other; those of roads that are not open for none.

    Those of roads that may be left out come last.
    """
    is_open = group // GROUPS == RoadKind.OPEN
    pieces.write_pieces(tmp_path, shapes, group)
    piece, road, sizes, *_ = (np.load(tmp_path / f"{name}.npy") for name in COLUMNS)
    order = np.lexsort((piece[:, START_M], road, group[road]))
    piece, road, sizes = piece[order], road[order], sizes[order]
    assert (sizes[~is_open[road]] == 0).all()
    piece, sizes = piece[is_open[road]], sizes[is_open[road]]
    _, lat = shapes.degrees(shapes.first[:-1])
    narrow = np.cos(np.radians(np.median(lat)))
    for size in range(pieces.SIZES):
        side = pieces.SMALLEST_M * 2.0**size / SQUARES_A_RADIUS / ENGINE_METRES_PER_DEGREE
        squares = np.floor(np.stack([piece[:, 0] / side * narrow, piece[:, 1] / side], axis=1))
        _, first = np.unique(squares, axis=0, return_index=True)
        assert np.array_equal(np.flatnonzero(sizes > size), np.sort(first))
