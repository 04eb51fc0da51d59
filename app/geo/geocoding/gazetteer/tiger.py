"""Census TIGER/Line ADDRFEAT: address ranges along streets, read from the zipped shapefile.

The layout of .shp and .dbf follows the ESRI Shapefile Technical Description (1998) and the dBASE
III file header; the field names are those of the TIGER/Line technical documentation.
"""

import struct
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
import polars as pl

from app.errors import BadMap
from app.geo.addresses.house_numbers import house_number
from app.geo.points import Floats

RANGES: dict[str, Any] = {
    "street": pl.String,
    "line": pl.Int64,
    "first": pl.Int64,
    "last": pl.Int64,
    "block": pl.Int64,
    "odd": pl.Int64,
    "postcode": pl.String,
    "lons": pl.List(pl.Float64),
    "lats": pl.List(pl.Float64),
}
LINES = {"street": pl.String, "postcode": pl.String, "corners": pl.Int64}
_LINE_TYPES = (3, 13, 23)
_PARITIES = {"E": 0, "O": 1}


def read_tiger(path: Path) -> tuple[pl.DataFrame, pl.DataFrame, Floats, Floats]:
    """Ranges, the streets' lines, and longitude and latitude of the lines' corners.

    A range runs from `first` at the line's start to `last` at its end (first may be the larger);
    `odd` is 1 for odd numbers, 0 for even, -1 for both.
    """
    try:
        with ZipFile(path) as folder:
            records = list(_records(_member(folder, ".dbf", path)))
            shapes = list(_shapes(_member(folder, ".shp", path)))
    except (BadZipFile, struct.error, IndexError) as why:
        raise BadMap(f"{path}: not a TIGER/Line zip: {why}", field="addresses") from why
    if len(records) != len(shapes) or (records and "LFROMHN" not in records[0]):
        raise BadMap(f"{path}: not an ADDRFEAT file (no address ranges in it)", field="addresses")
    ranges: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    lon, lat = array("d"), array("d")
    for line, (record, (lons, lats)) in enumerate(zip(records, shapes, strict=True)):
        street = record["FULLNAME"]
        if not street or not len(lons):
            continue
        ranges.extend(
            (street, line, *span, record[f"ZIP{side}"], lons, lats)
            for side in "LR"
            if (span := _span(record, side))
        )
        lines.append((street, record["ZIPL"] or record["ZIPR"], len(lons)))
        lon.extend(lons)
        lat.extend(lats)
    return (
        pl.DataFrame(ranges, schema=RANGES, orient="row"),
        pl.DataFrame(lines, schema=LINES, orient="row"),
        np.array(lon),
        np.array(lat),
    )


def _member(folder: ZipFile, suffix: str, path: Path) -> bytes:
    names = [name for name in folder.namelist() if name.lower().endswith(suffix)]
    if not names:
        raise BadMap(f"{path}: no {suffix} file in it", field="addresses")
    return folder.read(names[0])


def _span(record: dict[str, str], side: str) -> tuple[int, int, int, int] | None:
    """One side's first and last number, block and parity; None without numbers."""
    first = house_number(record[f"{side}FROMHN"])
    last = house_number(record[f"{side}TOHN"])
    if first is None or last is None or first.block != last.block:
        return None
    parity = record.get(f"PARITY{side}", "")
    return first.first, last.first, first.block, _PARITIES.get(parity, -1)


def _records(data: bytes) -> Iterator[dict[str, str]]:
    count, header, width = struct.unpack("<IHH", data[4:12])
    fields, at = [], 32
    while data[at] != 0x0D:
        name = data[at : at + 11].split(b"\0")[0].decode("ascii")
        fields.append((name, data[at + 16]))
        at += 32
    for i in range(count):
        at = header + i * width + 1
        record = {}
        for name, length in fields:
            record[name] = data[at : at + length].decode("utf8", "replace").strip()
            at += length
        yield record


def _shapes(data: bytes) -> Iterator[tuple[list[float], list[float]]]:
    """Each record's vertices, parts joined; empty for a null shape."""
    at = 100
    while at < len(data):
        (words,) = struct.unpack(">i", data[at + 4 : at + 8])
        body = data[at + 8 : at + 8 + 2 * words]
        at += 8 + 2 * words
        (kind,) = struct.unpack("<i", body[:4])
        if kind not in _LINE_TYPES:
            yield [], []
            continue
        parts, points = struct.unpack("<2i", body[36:44])
        start = 44 + 4 * parts
        vertices: Floats = np.frombuffer(body, "<f8", 2 * points, start).reshape(-1, 2)
        yield vertices[:, 0].tolist(), vertices[:, 1].tolist()
