"""A small program that rewrites OpenStreetMap extracts.

    python -I rewriting.py OUT.osm.pbf IN.osm.pbf...

One file is sorted, in memory. Several, each sorted already, are merged: everything that is in any
of them, each thing once, the newest version of it. A program of its own because the writer aborts
its process when the disk is full.
"""

import sys
from typing import Any

import osmium


def main(out: str, *pbfs: str) -> None:
    """Rewrite, or end with the reason on the standard error."""
    writer = osmium.SimpleWriter(out, overwrite=True)
    if len(pbfs) == 1:
        elements = osmium.MergeInputReader()
        elements.add_file(pbfs[0])
        elements.apply(writer, simplify=True)
    else:
        for same in osmium.zip_processors(*map(osmium.FileProcessor, pbfs)):
            versions: list[Any] = [thing for thing in same if thing]
            writer.add(max(versions, key=lambda thing: thing.version))
    writer.close()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except RuntimeError as why:
        print(why, file=sys.stderr, flush=True)  # noqa: T201  the parent reads it
        sys.exit(1)
