"""Judged rows as a vector tile: points for a map, thinned where they would lie on each other.

A layer `prospects`. Of the points that share a cell of CELLS by CELLS in a tile the one with the
best verdict and the fewest minutes stands for all; `count` says how many they are. So a tile is
small however many rows there are. Whether a whole number is written as an int or a double is the
encoder's (findings/).
"""

from dataclasses import dataclass

import mapbox_vector_tile
import numpy as np

from app.answers.stored import ListsAnswer
from app.geo.points import Floats, Ints, Points
from app.geo.web_tiles import EXTENT, WebTile
from app.sweetspot.judge import Verdict

LAYER = "prospects"
CELLS = 64  # judgement: a point every 8 pixels on a tile of 512


@dataclass(frozen=True)
class TilePoints:
    """The rows of a tile in one list: places among its rows, units across and down, how many."""

    rows: Ints
    across: Ints
    down: Ints
    count: Ints


def draw_rows(answer: ListsAnswer, tile: WebTile) -> bytes:
    """The tile; b"" where none of the chosen rows lies in it."""
    features = []
    for one in answer.lists:
        found = _points_in(one.answer.known.fixes.at, one.chosen, one.quality, tile)
        rows = one.take(found.rows)
        judged, minutes = rows.answer.judged, rows.answer.known.drives.minutes
        for at, name in enumerate(rows.answer.known.prospects.name):
            properties = {
                "name": name,
                "list": one.slug,
                "row": int(found.rows[at]) + 1,
                "verdict": Verdict(judged.verdict[at]).label,
                "count": int(found.count[at]),
            }
            if np.isfinite(minutes[at]):
                properties["minutes"] = round(float(minutes[at]), 1)
            if rows.scores is not None and np.isfinite(rows.scores.score[at]):
                properties["like"] = round(float(rows.scores.score[at]), 1)
            place = f"POINT({found.across[at]} {found.down[at]})"
            features.append({"geometry": place, "properties": properties})
    if not features:
        return b""
    layer = {"name": LAYER, "features": features}
    drawn: bytes = mapbox_vector_tile.encode(
        [layer], default_options={"y_coord_down": True, "extents": EXTENT}
    )
    return drawn


def _points_in(at: Points, chosen: Ints, quality: Floats, tile: WebTile) -> TilePoints:
    """The best of each cell among the chosen rows; `quality` of each of those, least is best."""
    across, down = (np.floor(units) for units in tile.units(at[chosen]))
    inside = np.flatnonzero((across >= 0) & (across < EXTENT) & (down >= 0) & (down < EXTENT))
    best_first = inside[np.argsort(quality[inside], kind="stable")]
    side = EXTENT // CELLS
    cell = (down[best_first] // side * CELLS + across[best_first] // side).astype(np.int64)
    _, first, count = np.unique(cell, return_index=True, return_counts=True)
    of = best_first[first]
    right, below = across[of].astype(np.int64), down[of].astype(np.int64)
    return TilePoints(chosen[of], right, below, count)
