"""A small program that cuts one OpenStreetMap extract to a circle.

    python -I clipping.py OUT.osm.pbf IN.osm.pbf LON LAT METRES

What is written, in the order of the file; OUT is not made where nothing lies in the circle:

1. every node in the circle,
2. every way with a node in it, and all nodes of that way,
3. every relation with a member of 1 or 2; of boundaries and multipolygons all ways, so that their
   rings close; of countries and states wherever they are, since they say how one drives inside.

The nodes' places go through a file beside OUT, 16 bytes each, written by the library and read in
blocks; of what lies outside the circle a byte a way is held. A program of its own because writer
and index abort their process when the disk is full.
"""

import sys
from array import array
from collections.abc import Iterator
from itertools import chain, compress, islice, tee
from pathlib import Path
from typing import Any

import numpy as np
import osmium

_BLOCK = 1_000_000  # nodes at a time
_WAYS = 100_000  # ways at a time
_NODE = np.dtype([("id", "<u8"), ("x", "<i4"), ("y", "<i4")])  # libosmium's sparse array
_STEPS = 1e7  # to a degree
_EARTH_RADIUS_M = 6_371_008.8
_ELLIPSOID = 1.006  # the ball's metres are that much off at most
_STATES = {"2", "3", "4"}  # admin_level of what has traffic rules of its own
_NEGATIVE = "with negative numbers; `osmium renumber` writes it with others"


def main(out: str, pbf: str, lon: str, lat: str, metres: str) -> None:
    """Cut, or end with the reason on the standard error."""
    index = Path(f"{out}.nodes")
    index.unlink(missing_ok=True)  # the library would go on writing behind what is there
    _write_index(pbf, index)
    inside = _ids_inside(index, float(lon), float(lat), float(metres))
    ways = _Ways(pbf, inside)
    if len(inside):
        relations = _Relations(pbf, inside, ways.ids)
        ways.add_whole(pbf, relations.missing)
        nodes = np.union1d(inside, ways.nodes_outside())
        _write(pbf, out, index, nodes, (ways.flags, relations.flags))
    index.unlink()


def _read(pbf: str, entities: Any) -> Any:
    return osmium.OsmFileIterator(osmium.io.Reader(pbf, entities))


def _write_index(pbf: str, index: Path) -> None:
    places = osmium.index.create_map(f"sparse_file_array,{index}")
    nodes = osmium.io.Reader(pbf, osmium.osm.NODE)
    osmium.apply(nodes, osmium.NodeLocationsForWays(places))


def _blocks(index: Path) -> Iterator[Any]:
    """The nodes in the order of the file; behind the last one the index is padded."""
    with index.open("rb") as file:
        while len(block := np.fromfile(file, _NODE, _BLOCK)):
            yield block[block["id"] > 0]


def _ids_inside(index: Path, lon: float, lat: float, metres: float) -> Any:
    found = [b["id"][_metres(b, lon, lat) <= metres * _ELLIPSOID] for b in _blocks(index)]
    return np.unique(np.concatenate(found or [np.empty(0, "u8")])).astype(np.int64)


def _metres(block: Any, lon: float, lat: float) -> Any:
    """Great-circle distances."""
    across, up = np.radians(block["x"] / _STEPS - lon), np.radians(block["y"] / _STEPS)
    middle = np.radians(lat)
    half = np.sin((up - middle) / 2) ** 2 + np.cos(up) * np.cos(middle) * np.sin(across / 2) ** 2
    return 2 * _EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(half, 1)))


def _among(numbers: Any, known: Any) -> Any:
    """True for those that are in the sorted `known`."""
    if not len(known):
        return np.zeros(len(numbers), bool)
    at = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    return known[at] == numbers


class _Ways:
    """Which ways are written. flags: a byte each in the order of the file; ids: sorted."""

    def __init__(self, pbf: str, inside: Any) -> None:
        self.flags = bytearray()
        self._outside: list[Any] = []
        found = []
        ways = iter(_read(pbf, osmium.osm.WAY))
        while len(batch := _WayBatch(islice(ways, _WAYS))):
            if (batch.refs < 0).any():
                raise RuntimeError(f"it has nodes {_NEGATIVE}")
            here = _among(batch.refs, inside)
            touching = batch.any_of(here)
            self.flags += touching.tobytes()
            self._outside.append(batch.refs[np.repeat(touching, batch.sizes) & ~here])
            found.append(batch.ids[touching])
        self.ids = np.unique(np.concatenate(found or [np.empty(0, np.int64)]))

    def add_whole(self, pbf: str, missing: set[int]) -> None:
        """Ways outside that a boundary inside is made of."""
        if not missing:
            return
        for at, way in enumerate(_read(pbf, osmium.osm.WAY)):
            if way.id in missing:
                self.flags[at] = 1
                self._outside.append(np.array([node.ref for node in way.nodes], np.int64))

    def nodes_outside(self) -> Any:
        """Those of their nodes that are not in the circle, if not some of the others too."""
        return np.unique(np.concatenate(self._outside or [np.empty(0, np.int64)]))


class _WayBatch:
    """Some ways in columns; refs: the nodes of all of them, sizes: how many each has."""

    def __init__(self, ways: Iterator[Any]) -> None:
        ids, refs, sizes = array("q"), array("q"), array("q")
        for way in ways:
            before = len(refs)
            refs.extend([node.ref for node in way.nodes])
            ids.append(way.id)
            sizes.append(len(refs) - before)
        self.ids, self.refs, self.sizes = (np.array(x, np.int64) for x in (ids, refs, sizes))

    def __len__(self) -> int:
        return len(self.ids)

    def any_of(self, hits: Any) -> Any:
        """True for the ways with a hit among their nodes."""
        counted = np.concatenate([[0], np.cumsum(hits)])
        ends = np.cumsum(self.sizes)
        return counted[ends] > counted[ends - self.sizes]


class _Relations:
    """Which relations are written, a byte each; missing: ways that they need besides."""

    def __init__(self, pbf: str, nodes: Any, ways: Any) -> None:
        self.flags = bytearray()
        self.missing: set[int] = set()
        for relation in _read(pbf, osmium.osm.RELATION):
            parts = _members(relation, "w")
            here = _among(parts, ways)
            rules = _has_rules(relation)
            used = rules or here.any() or _among(_members(relation, "n"), nodes).any()
            self.flags.append(bool(used))
            if used and (rules or relation.tags.get("type") in {"boundary", "multipolygon"}):
                self.missing.update(parts[~here].tolist())


def _members(relation: Any, kind: str) -> Any:
    return np.array([one.ref for one in relation.members if one.type == kind], np.int64)


def _has_rules(relation: Any) -> bool:
    tags = relation.tags
    return tags.get("boundary") == "administrative" and tags.get("admin_level") in _STATES


def _write(pbf: str, out: str, index: Path, nodes: Any, flags: tuple[bytearray, bytearray]) -> None:
    header = osmium.io.Header()
    header.set("sorting", osmium.FileProcessor(pbf).header.get("sorting"))
    writer = osmium.SimpleWriter(out, overwrite=True, header=header)
    for node, number in _nodes(pbf, index, nodes):
        if node.id != number:
            raise RuntimeError(f"it has nodes twice, or {_NEGATIVE}")
        writer.add_node(node)
    for way in compress(_read(pbf, osmium.osm.WAY), flags[0]):
        writer.add_way(way)
    for relation in compress(_read(pbf, osmium.osm.RELATION), flags[1]):
        writer.add_relation(relation)
    writer.close()


def _nodes(pbf: str, index: Path, wanted: Any) -> Iterator[tuple[Any, int]]:
    """The wanted nodes as the file has them, each with the number that the index has there."""
    flags, numbers = tee(_chosen(index, wanted))
    nodes = _read(pbf, osmium.osm.NODE)
    written = compress(nodes, chain.from_iterable(each.tobytes() for each, _ in flags))
    return zip(written, chain.from_iterable(each.tolist() for _, each in numbers), strict=True)


def _chosen(index: Path, wanted: Any) -> Iterator[tuple[Any, Any]]:
    """Block by block which nodes are wanted, and the numbers of those."""
    for block in _blocks(index):
        flags = _among(block["id"].astype(np.int64), wanted)
        yield flags, block["id"][flags]


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (RuntimeError, ValueError) as why:
        print(why, file=sys.stderr, flush=True)  # noqa: T201  the parent reads it
        sys.exit(1)
