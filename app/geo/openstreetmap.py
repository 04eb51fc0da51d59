"""OpenStreetMap files read in columns: the reader works in C, on what has a tag that matters.

1. One pass over a file notes where its nodes are, 16 bytes each, and hands on what has the tags.
2. A way is handed on with the numbers of its nodes. Where they lie is looked up for many ways at
   once, when the pass is over; some nodes of a way may not be in the file.
"""

import os
import tempfile
import weakref
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import osmium
from numpy.typing import NDArray

from app.geo.columns import row_slices, sort_distinct
from app.geo.points import Ints

type Wholes = NDArray[np.int32]  # of longitudes or latitudes, in tens of nanodegrees

DEGREE = 1e7  # places are whole tens of nanodegrees
NOWHERE = 2**31 - 1  # the place of a node that is not in the file
# What the reader's index holds of a node: osmium/index/map/sparse_file_array.hpp
_NODE = np.dtype([("number", "<i8"), ("x", "<i4"), ("y", "<i4")])
_ROWS = 1 << 18  # nodes looked at in one go


class Nodes:
    """Where the nodes of one file are: empty at first, filled by `read_tagged`.

    Used by one thread. Nodes of negative numbers are left out.
    """

    def __init__(self) -> None:
        self._file = _memory_file()
        weakref.finalize(self, self._file.close)
        path = f"/dev/fd/{self._file.fileno()}"
        self._index = osmium.index.create_map(f"sparse_file_array,{path}")

    def __len__(self) -> int:
        """How many have been read."""
        return self._index.used_memory() // _NODE.itemsize

    def handler(self, *, locate_ways: bool = False) -> osmium.NodeLocationsForWays:
        """What the reader fills it by, and by which ways are told where their nodes are."""
        handler = osmium.NodeLocationsForWays(self._index)
        handler.apply_nodes_to_ways = locate_ways
        handler.ignore_errors()
        return handler

    def ascend(self) -> bool:
        """Whether their numbers do, so that each is there once."""
        last = -1
        for part in self._parts():
            numbers = part["number"]
            if numbers[0] <= last or (np.diff(numbers) <= 0).any():
                return False
            last = int(numbers[-1])
        return True

    def locate(self, numbers: Ints) -> tuple[Wholes, Wholes]:
        """Where these nodes are, `NOWHERE` where there is none; shape (n,) each.

        Only of a file whose nodes ascend.
        """
        wanted = sort_distinct(numbers)
        x, y = np.full((2, len(wanted)), NOWHERE, np.int32)
        for part in self._parts():
            here = np.ascontiguousarray(part["number"])
            a, b = np.searchsorted(wanted, (here[0], here[-1] + 1))
            row = np.searchsorted(here, wanted[a:b])
            found = here[row] == wanted[a:b]
            x[a:b][found], y[a:b][found] = part["x"][row[found]], part["y"][row[found]]
        places = np.empty((2, len(numbers)), np.int32)
        for some in row_slices(len(numbers)):
            row = np.searchsorted(wanted, numbers[some])
            places[:, some] = x[row], y[row]
        return places[0], places[1]

    def _parts(self) -> Iterator[NDArray[Any]]:
        size, step = len(self) * _NODE.itemsize, _ROWS * _NODE.itemsize
        for start in range(0, size, step):
            packed = os.pread(self._file.fileno(), min(step, size - start), start)
            yield np.frombuffer(packed, _NODE)


def _memory_file() -> IO[bytes]:
    """A file that no disk holds, where the system has such files: a full disk is no matter then."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("nodes"), "rb+")
    return tempfile.TemporaryFile()


def read_numbers(pbf: Path, nodes: Nodes) -> tuple[Ints, Ints, bool]:
    """The numbers of all ways and of all relations, and whether nodes, ways, relations follow so.

    `nodes` gets every node's place. Each in the file's order.
    """
    found = {"w": array("q"), "r": array("q")}
    before, in_turn = 0, True
    steps = nodes.handler(), osmium.filter.EntityFilter(osmium.osm.WAY | osmium.osm.RELATION)
    with osmium.io.Reader(str(pbf)) as reader:
        for thing in osmium.OsmFileIterator(reader, *steps):
            kind = thing.type_str()
            before = before or len(nodes)
            in_turn = in_turn and (kind == "r" or not found["r"])
            found[kind].append(thing.id)
    in_turn = in_turn and before == (len(nodes) if found["w"] or found["r"] else 0)
    return np.array(found["w"], np.int64), np.array(found["r"], np.int64), in_turn


def read_tagged(pbf: Path, nodes: Nodes, *keys: str, relations: bool = False) -> Iterator[Any]:
    """Nodes and ways with one of those keys, in the file's order; `nodes` gets every node's place.

    With `relations` those, too. Each is gone with the next step. Ways know the numbers of their
    nodes only.
    """
    entities = osmium.osm.NODE | osmium.osm.WAY
    if relations:
        entities |= osmium.osm.RELATION
    steps = nodes.handler(), osmium.filter.KeyFilter(*keys)  # the iterator does not own them
    with osmium.io.Reader(str(pbf), entities) as reader:
        yield from osmium.OsmFileIterator(reader, *steps)


def read_located(pbf: Path, nodes: Nodes, *keys: str) -> Iterator[Any]:
    """As `read_tagged`, of a file whose nodes ascend: ways know where their nodes are, too."""
    entities = osmium.osm.NODE | osmium.osm.WAY
    steps = nodes.handler(locate_ways=True), osmium.filter.KeyFilter(*keys)
    with osmium.io.Reader(str(pbf), entities) as reader:
        yield from osmium.OsmFileIterator(reader, *steps)


def read_multipolygons(pbf: Path, nodes: Nodes, *filters: Any) -> Iterator[Any]:
    """The areas of relations that pass the filters; `nodes`: all of the file's, which ascend.

    Each is gone with the next step. Those of closed ways, which are made as well, are dropped
    whenever a way passes the filters, lest all of them be held.
    """
    areas = osmium.area.AreaManager()
    made: Any = osmium.BufferIterator(*filters)
    with osmium.io.Reader(str(pbf), osmium.osm.RELATION) as reader:
        osmium.apply(reader, *filters, areas.first_pass_handler())
    steps = nodes.handler(locate_ways=True), areas.second_pass_to_buffer(made)
    with osmium.io.Reader(str(pbf), osmium.osm.WAY | osmium.osm.RELATION) as reader:
        for _ in osmium.OsmFileIterator(reader, *steps, *filters):
            yield from (area for area in made if not area.from_way())
    yield from (area for area in made if not area.from_way())


def read_ways(pbf: Path, nodes: Nodes, numbers: Iterable[int]) -> Iterator[Any]:
    """The ways of these numbers, which know where their nodes are; `nodes`: all, which ascend.

    Each is gone with the next step.
    """
    steps = osmium.filter.IdFilter(numbers), nodes.handler(locate_ways=True)
    with osmium.io.Reader(str(pbf), osmium.osm.WAY) as reader:
        yield from osmium.OsmFileIterator(reader, *steps)


class Lines:
    """Ways as lists of nodes, packed one behind the other."""

    def __init__(self) -> None:
        self.numbers, self.ends = array("q"), array("q", (0,))

    def __len__(self) -> int:
        return len(self.ends) - 1

    def add(self, way: Any) -> None:
        """One more way."""
        self.numbers.extend([node.ref for node in way.nodes])
        self.ends.append(len(self.numbers))

    def rows(self) -> NDArray[np.int32]:
        """Of each node the way it belongs to."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.ends))

    def locate(self, nodes: Nodes) -> tuple[Wholes, Wholes]:
        """Where each node lies, see `Nodes.locate`."""
        return nodes.locate(np.frombuffer(self.numbers, np.int64))
