"""A large map that nobody has: an extract many times side by side over open sea."""

from collections.abc import Iterator
from itertools import product
from math import isqrt
from pathlib import Path
from typing import Any

import osmium
from osmium.osm import NODE, RELATION, WAY

GAP_DEGREES = 0.5  # between two of them: wider than any drive that is looked for across water
_OPTIONS = "osm.pbf,add_metadata=false"


def write_side_by_side(pbf: Path, times: int, out: Path) -> Path:
    """The extract so many times (a square number), in rows to the west and south of itself.

    Ids are shifted so that each is another's. South-west of O'ahu there is nothing but the Pacific.
    """
    shift = 1 + max(thing.id for thing in osmium.FileProcessor(str(pbf)))
    places = list(_places(pbf, isqrt(times)))
    with osmium.SimpleWriter(osmium.io.File(str(out), _OPTIONS), overwrite=True) as writer:
        for kind, (copy, step) in product((NODE, WAY, RELATION), enumerate(places)):
            for thing in osmium.FileProcessor(str(pbf), kind):
                writer.add(_moved(thing, copy * shift, step))
    return out


def _places(pbf: Path, side: int) -> Iterator[tuple[float, float]]:
    """By how many degrees each copy is moved; the first stays."""
    nodes: Any = osmium.FileProcessor(str(pbf), NODE)
    at = [node.location for node in nodes]
    wide = max(one.lon for one in at) - min(one.lon for one in at) + GAP_DEGREES
    high = max(one.lat for one in at) - min(one.lat for one in at) + GAP_DEGREES
    yield from ((-column * wide, -row * high) for row, column in product(range(side), repeat=2))


def _moved(thing: Any, shift: int, step: tuple[float, float]) -> Any:
    number = thing.id + shift
    if thing.is_node():
        at = thing.location.lon + step[0], thing.location.lat + step[1]
        return thing.replace(id=number, location=at)
    if thing.is_way():
        return thing.replace(id=number, nodes=[node.ref + shift for node in thing.nodes])
    members = [(member.type, member.ref + shift, member.role) for member in thing.members]
    return thing.replace(id=number, members=members)
