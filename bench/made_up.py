"""Prospects that nobody has, where roads are."""

import numpy as np
import polars as pl

from app.businesses.prospects import Prospects, Ranges
from app.geo.addresses.address import Addresses
from app.geo.driving.embedded.grid import CELLS_A_KIND, RoadKind
from app.geo.driving.embedded.roads import Roads
from app.geo.points import Points


def points_near_roads(
    index: Roads, n: int, rng: np.random.Generator, kinds: RoadKind = RoadKind.OTHER
) -> Points:
    """Each on a random stretch of any road with doors on it, some 30 m off it.

    kinds: the last kind of roads; RoadKind.PASSED for motorways, ramps and tunnels, too. Some of
    those are far from all other roads, and one point that can't be driven to has Valhalla refuse a
    whole matrix.
    """
    cells = np.searchsorted(index.cell, (kinds + 1) * CELLS_A_KIND)
    piece = index.piece[rng.integers(0, index.cell_first[cells], n)]
    along = rng.random(n)
    east, north = rng.normal(0, 30 / 111_000, (2, n))
    return Points(
        piece[:, 0] + along * piece[:, 2] + east, piece[:, 1] + along * piece[:, 3] + north
    )


def prospects_at(at: Points, employees: Ranges) -> Prospects:
    """Businesses of which no more is known than where they are and who works there."""
    n = len(at)
    blank = [""] * n
    return Prospects(
        cells=pl.DataFrame({"name": blank}),
        name=blank,
        addresses=Addresses(blank, blank, blank, blank),
        doubts=blank,
        given=at,
        computers=Ranges.unknown(n),
        employees=employees,
        sales=Ranges.unknown(n),
        industry=blank,
        advisers=blank,
        closed=blank,
        licence_ends=blank,
        opt_outs=blank,
    )
