"""A sane speed for tracks: Valhalla drives one of which nothing more is told at 2 km/h.

So a firm at the end of a mile of farm road is 48 minutes away, and one whose address merely lies
nearest to some track fails for it. The speed is set in the routing tiles before they are used: the
engine and our road index then agree on it.
"""

from pathlib import Path

import numpy as np

from app.geo.driving.embedded.tiles import SPEED_KMH, TRACK, USE, read_bits, split_tile, tile_paths

TRACK_KMH = 15  # judgement: a car on gravel or dirt; nobody drives to a firm at a walking pace


def quicken_tracks(tiles: Path) -> int:
    """Let no track in these tiles be slower than TRACK_KMH; how many directed edges were.

    Raises BadMap where they can't be read.
    """
    return sum(_quicken(path) for path in tile_paths(tiles))


def _quicken(path: Path) -> int:
    data = np.memmap(path, np.uint8, "r+")
    edge = split_tile(path, data).edge
    slow = (read_bits(edge, USE) == TRACK) & (read_bits(edge, SPEED_KMH) < TRACK_KMH)
    others = ~np.uint64((1 << SPEED_KMH.width) - 1)
    edge[slow, SPEED_KMH.word] = edge[slow, SPEED_KMH.word] & others | np.uint64(TRACK_KMH)
    data.flush()
    return int(slow.sum())
