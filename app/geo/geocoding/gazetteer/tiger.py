"""Census TIGER/Line ADDRFEAT: address ranges along streets, read from the zipped shapefile.

Of shapefiles with a point for each house the points and rows are read.

The layout of .shp and .dbf follows the ESRI Shapefile Technical Description (1998) and the dBASE
III file header; the field names are those of the TIGER/Line technical documentation.
"""

import math
import struct
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

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
LINES: dict[str, Any] = {
    "street": pl.String,
    "postcode": pl.String,
    "corners": pl.Int64,
    "again": pl.Boolean,  # whether it is the line before it, under another name
}
_LINE_TYPES, _POINT_TYPES = (3, 13, 23), (1, 11, 21)
_PARITIES = {"E": 0, "O": 1}


def read_tiger(folder: ZipFile, path: Path) -> tuple[pl.DataFrame, pl.DataFrame, Floats, Floats]:
    """Ranges, the streets' lines, and longitude and latitude of the lines' corners.

    A range runs from `first` at the line's start to `last` at its end (first may be the larger);
    `odd` is 1 for odd numbers, 0 for even, -1 for both.
    """
    _, records = read_records(folder, path)
    shapes = list(_read(folder, ".shp", path, _lines))
    _check_pairs(records, shapes, path)
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
        lines.append((street, record["ZIPL"] or record["ZIPR"], len(lons), False))
        lon.extend(lons)
        lat.extend(lats)
    return (
        pl.DataFrame(ranges, schema=RANGES, orient="row"),
        pl.DataFrame(lines, schema=LINES, orient="row"),
        np.array(lon),
        np.array(lat),
    )


def read_records(folder: ZipFile, path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The fields of a zipped shapefile's table, and its rows."""
    records = _read(folder, ".dbf", path, _records)
    return (list(records[0]) if records else []), records


def read_points(folder: ZipFile, path: Path) -> list[tuple[float, float]]:
    """The points of a zipped shapefile, NaN where a shape is none; as many as it has rows."""
    points = _read(folder, ".shp", path, _points)
    _check_pairs(_read(folder, ".dbf", path, _records), points, path)
    return points


def _check_pairs(records: Sequence[Any], shapes: Sequence[Any], path: Path) -> None:
    if len(records) != len(shapes):
        raise BadMap(f"{path}: it has not as many shapes as rows", field="addresses")


def _read[T](
    folder: ZipFile, suffix: str, path: Path, read: Callable[[bytes], Iterator[T]]
) -> list[T]:
    """All that one file of a zipped shapefile holds."""
    data = _member(folder, suffix, path)
    try:
        return list(read(data))
    except (struct.error, IndexError, ValueError) as why:
        raise BadMap(f"{path}: the {suffix} file in it is damaged", field="addresses") from why


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


def _shapes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each record's kind and all of it."""
    at = 100
    while at < len(data):
        (words,) = struct.unpack(">i", data[at + 4 : at + 8])
        body = data[at + 8 : at + 8 + 2 * words]
        at += 8 + 2 * words
        (kind,) = struct.unpack("<i", body[:4])
        yield kind, body


def _points(data: bytes) -> Iterator[tuple[float, float]]:
    for kind, body in _shapes(data):
        x, y = struct.unpack("<2d", body[4:20]) if kind in _POINT_TYPES else (math.nan, math.nan)
        yield x, y


def _lines(data: bytes) -> Iterator[tuple[list[float], list[float]]]:
    """Each record's vertices, parts joined; empty for a null shape."""
    for kind, body in _shapes(data):
        if kind not in _LINE_TYPES:
            yield [], []
            continue
        parts, points = struct.unpack("<2i", body[36:44])
        start = 44 + 4 * parts
        vertices: Floats = np.frombuffer(body, "<f8", 2 * points, start).reshape(-1, 2)
        yield vertices[:, 0].tolist(), vertices[:, 1].tolist()
