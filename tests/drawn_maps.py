"""Small maps that tests draw: towns of square blocks, and whatever joins them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Way

BLOCK = 0.002  # degrees
STREET = {"highway": "residential", "maxspeed": "40"}

type LonLat = tuple[float, float]
type Tags = Mapping[str, str]


class DrawnMap:
    """Nodes by where they are, so that ways that meet share them."""

    def __init__(self) -> None:
        self._nodes: dict[LonLat, int] = {}
        self._ways: list[tuple[list[int], Tags]] = []

    def draw(self, line: Sequence[LonLat], tags: Tags = STREET) -> None:
        """A way through these points."""
        self._ways.append(([self._node(*point) for point in line], tags))

    def draw_town(
        self, west: float, south: float, size: int = 8, tags: Sequence[Tags] = (STREET,)
    ) -> None:
        """So many streets each way, whose tags take turns; 50 junctions and more are no island."""
        grid = [[(west + i * BLOCK, south + j * BLOCK) for j in range(size)] for i in range(size)]
        lines = [*grid, *map(list, zip(*grid, strict=True))]
        for number, line in enumerate(lines):
            self.draw(line, tags[number % len(tags)])

    def write(self, path: Path) -> Path:
        """As a PBF file."""
        with osmium.SimpleWriter(str(path)) as out:
            for where, number in self._nodes.items():
                out.add_node(Node(id=number, version=1, location=where))
            for number, (line, tags) in enumerate(self._ways, 1):
                out.add_way(Way(id=number, version=1, nodes=line, tags=tags))
        return path

    def _node(self, lon: float, lat: float) -> int:
        return self._nodes.setdefault((round(lon, 6), round(lat, 6)), len(self._nodes) + 1)
