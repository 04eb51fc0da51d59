"""A small program that rewrites OpenStreetMap extracts.

    python -I rewriting.py OUT.osm.pbf IN.osm.pbf...
    python -I rewriting.py --cut NUMBERS OUT.osm.pbf IN.osm.pbf

One file is sorted, in memory. Several, each sorted already, are merged: everything that is in any
of them, each thing once, the newest version of it. With a file of NUMBERS, of ways in its first
line and of nodes that are not there in its second, those ways go only as far as their nodes are
there: each stretch is a way, the first by the old number, others by new ones. A program of its own
because the writer aborts its process when the disk is full.
"""

import itertools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import osmium
from osmium.osm import NODE, RELATION, WAY
from osmium.osm.mutable import Way


def sort_extract(writer: osmium.SimpleWriter, pbf: str) -> None:
    """All of it in order, the newest version of each thing."""
    elements = osmium.MergeInputReader()
    elements.add_file(pbf)
    elements.apply(writer, simplify=True)


def merge_extracts(writer: osmium.SimpleWriter, pbfs: Sequence[str]) -> None:
    """What is in any of them, the newest version of each thing."""
    for same in osmium.zip_processors(*map(osmium.FileProcessor, pbfs)):
        versions: list[Any] = [thing for thing in same if thing]
        writer.add(max(versions, key=lambda thing: thing.version))


def trim_ways(writer: osmium.SimpleWriter, pbf: str, cut: set[int], missing: set[int]) -> None:
    """All of it, those ways without the nodes that are missing.

    A filter by numbers takes a bit for each number there could be: of ways some 180 MB, of nodes
    1.5 GB, so that nodes are not filtered (findings/pyosmium-ids-cost-by-their-spread.sh).
    """
    is_cut, is_way = osmium.filter.IdFilter(cut), osmium.filter.EntityFilter(WAY)
    things: Any = osmium.FileProcessor(pbf, NODE | WAY).with_filter(is_way).with_filter(is_cut)
    rest: list[Way] = []
    for way in things.handler_for_filtered(writer):
        first, *others = split_way([node.ref for node in way.nodes], missing) or [[]]
        if first:
            writer.add_way(Way(way, nodes=first))
        rest += [Way(version=1, tags=dict(way.tags), nodes=stretch) for stretch in others]
    free = 1 + max(way.id for way in osmium.FileProcessor(pbf, WAY))
    for number, stretch in enumerate(rest, free):
        stretch.id = number
        writer.add_way(stretch)
    with osmium.io.Reader(pbf, RELATION) as relations:
        osmium.apply(relations, writer)


def split_way(nodes: Sequence[int], missing: set[int]) -> list[list[int]]:
    """The stretches of two nodes and more that are all there."""
    runs = [list(run) for gone, run in itertools.groupby(nodes, missing.__contains__) if not gone]
    return [run for run in runs if len(run) > 1]


def main(*arguments: str) -> None:
    """Rewrite, or end with the reason on the standard error."""
    numbers, files = arguments[1:2], arguments[2:]
    if arguments[0] != "--cut":
        numbers, files = (), arguments
    out, *pbfs = files
    writer = osmium.SimpleWriter(out, overwrite=True)
    if numbers:
        ways, nodes = Path(numbers[0]).read_text("ascii").splitlines()
        trim_ways(writer, pbfs[0], set(map(int, ways.split())), set(map(int, nodes.split())))
    elif len(pbfs) == 1:
        sort_extract(writer, pbfs[0])
    else:
        merge_extracts(writer, pbfs)
    writer.close()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except RuntimeError as why:
        print(why, file=sys.stderr, flush=True)  # noqa: T201  the parent reads it
        sys.exit(1)
