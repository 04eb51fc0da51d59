"""Writes the gazetteer's file: streets cut into pieces and packed, their cells, the anchors."""

import itertools
import json
import os
import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.errors import NoRoom
from app.folders import is_full
from app.geo.columns import release_memory, row_slices, sort_distinct
from app.geo.geocoding.gazetteer.file import (
    CELL,
    HOUSE,
    RANGE,
    SAMPLE,
    SCALE,
    VERSION,
    plane_metres,
    unpack_degrees,
)
from app.geo.geocoding.gazetteer.paces import learn_paces
from app.geo.points import Floats, Ints

_STREETS = 1 << 12  # written in one go
_ABOVE, _LOW = 1 << 31, (1 << 32) - 1  # numbers in the lower half of another, those below 0 too
_CELLS = 1 << 14  # more columns or rows of cells than lie west or south of 0, 0
_SCHEMA = """
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE street (id INTEGER PRIMARY KEY, key TEXT, base TEXT, name TEXT, lon REAL, lat REAL,
  reach REAL, codes BLOB, towns BLOB, spots BLOB, houses BLOB, ranges BLOB, vertices BLOB);
CREATE TABLE cell (x INTEGER, y INTEGER, street INTEGER, PRIMARY KEY (x, y, street)) WITHOUT ROWID;
CREATE TABLE postcode (id INTEGER PRIMARY KEY, key TEXT, name TEXT, state TEXT, rank INTEGER,
  lon REAL, lat REAL, radius REAL, dots BLOB);
CREATE TABLE block (id INTEGER PRIMARY KEY, key TEXT, name TEXT, state TEXT, rank INTEGER,
  lon REAL, lat REAL, radius REAL, dots BLOB);
CREATE TABLE place (id INTEGER PRIMARY KEY, key TEXT, name TEXT, state TEXT, rank INTEGER,
  lon REAL, lat REAL, radius REAL, dots BLOB);
CREATE TABLE pace (x INTEGER, y INTEGER, pace REAL, spread REAL, begun REAL, PRIMARY KEY (x, y))
  WITHOUT ROWID;
"""
_INDEXES = """
CREATE INDEX street_key ON street (key);
CREATE INDEX street_base ON street (base);
CREATE INDEX postcode_key ON postcode (key);
CREATE INDEX block_key ON block (key);
CREATE INDEX place_key ON place (key);
"""


@dataclass(frozen=True)
class Streets:
    """What streets are made of; all but `lines` have the `street_id` of each row.

    samples: in the order of the lines that they are of; `line` is a row of `lines`.
    """

    houses: pl.DataFrame
    lines: pl.DataFrame
    samples: pl.DataFrame
    ranges: pl.DataFrame


def write_file(
    out: Path, streets: Streets, anchors: dict[str, pl.DataFrame], facts: dict[str, Any]
) -> int:
    """A new file with all of it; how many streets it has. Raises NoRoom when the disk is full."""
    towns = streets.houses["town"].unique().sort()
    facts = facts | {"version": VERSION, "towns": towns.to_list()}
    out.unlink(missing_ok=True)
    file = sqlite3.connect(out)
    try:
        file.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA)
        count = _write_streets(file, streets, towns)
        for table, frame in anchors.items():
            insert = f"INSERT INTO {table} VALUES (?,?,?,?,?,?,?,?,?)"  # noqa: S608 - ours
            file.executemany(insert, frame.iter_rows())
        paces = learn_paces(streets.houses, streets.samples)
        file.executemany("INSERT INTO pace VALUES (?,?,?,?,?)", paces.iter_rows())
        told = [(name, json.dumps(value)) for name, value in sorted(facts.items())]
        file.executemany("INSERT INTO fact VALUES (?,?)", told)
        file.executescript(_INDEXES)
        file.commit()
    except sqlite3.OperationalError as why:
        if is_full(why):
            raise NoRoom(f"no room left for the gazetteer {out}") from why
        raise
    finally:
        file.close()
    with out.open("rb") as written:
        os.fsync(written.fileno())
    return count


def _whole(degrees: Floats) -> NDArray[np.int32]:
    return np.round(degrees * SCALE).astype(np.int32)


def _packed(
    frame: pl.DataFrame, dtype: np.dtype[Any], order: NDArray[Any] | None = None
) -> NDArray[Any]:
    packed = np.zeros(len(frame), dtype)
    for name in dtype.names or ():
        column = frame[name].to_numpy()
        for rows in row_slices(len(frame)):
            some = column[rows] if order is None else column[order[rows]]
            packed[name][rows] = _whole(some) if name in ("lon", "lat") else some
    return packed


class _Pieces(NamedTuple):
    """Packed rows by street: those of each from an edge to the next."""

    packed: NDArray[Any]
    edges: Ints

    @classmethod
    def cut(cls, packed: NDArray[Any], ids: NDArray[Any], count: int) -> "_Pieces":
        """Of rows whose streets ascend."""
        return cls(packed, np.searchsorted(ids, np.arange(count + 1)))

    def of(self, first: int, last: int) -> "_Pieces":
        """Those of some streets."""
        edges = self.edges[first : last + 1]
        return _Pieces(self.packed[edges[0] : edges[-1]], edges - edges[0])

    def streets(self) -> Ints:
        """Of each row the street, counted from 0."""
        return np.repeat(np.arange(len(self.edges) - 1), np.diff(self.edges))

    def blobs(self) -> list[bytes]:
        """The rows of each street."""
        return [self.packed[a:b].tobytes() for a, b in itertools.pairwise(self.edges.tolist())]


def _write_streets(file: sqlite3.Connection, streets: Streets, towns: pl.Series) -> int:
    names = _names(streets)
    count = len(names)
    cells = array("q")
    release_memory()
    samples = _pieces_of_samples(streets.samples, count)
    houses = _pieces_of_houses(streets.houses, towns, count)
    ranges = _ranges(streets.ranges, count)
    for first in range(0, count, _STREETS):
        last = min(first + _STREETS, count)
        along, doors = samples.of(first, last), houses.of(first, last)
        spans = itertools.islice(ranges, last - first)
        rows = zip(names[first:last].iter_rows(), *_columns(along, doors), spans, strict=True)
        file.executemany(
            "INSERT INTO street VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            ((*name, *columns, *lists) for name, *columns, lists in rows),
        )
        cells.frombytes(_cells(along, doors, first).tobytes())
    file.executemany("INSERT INTO cell VALUES (?,?,?)", _cell_rows(np.frombuffer(cells, np.int64)))
    return count


def _pieces_of_samples(samples: pl.DataFrame, count: int) -> _Pieces:
    order = samples.select(pl.arg_sort_by("street_id", "line")).to_series().to_numpy()
    ids = samples["street_id"].to_numpy()
    return _Pieces.cut(_packed(samples, SAMPLE, order), ids[order], count)


def _pieces_of_houses(houses: pl.DataFrame, towns: pl.Series, count: int) -> _Pieces:
    town_ids = {town: i for i, town in enumerate(towns)}
    houses = houses.with_columns(pl.col("town").replace_strict(town_ids, return_dtype=pl.Int64))
    order = ["street_id", "block", "number", "suffix", "town", "code", "lon", "lat"]
    houses = houses.unique(maintain_order=True).sort(order)
    return _Pieces.cut(_packed(houses, HOUSE), houses["street_id"].to_numpy(), count)


def _columns(along: _Pieces, doors: _Pieces) -> tuple[Iterable[Any], ...]:
    """Of each street where its middle is, its reach, codes, towns, samples and houses."""
    bare = np.diff(along.edges) == 0  # the middle of a street without samples is of its houses
    middle = np.where(bare, _middles(doors), _middles(along))
    reach = np.maximum(_reaches(along, middle), _reaches(doors, middle))
    codes = _distinct((along, "code"), (doors, "code"))
    towns = _distinct((doors, "town"))
    return (*middle.tolist(), reach.tolist(), codes, towns, along.blobs(), doors.blobs())


def _middles(pieces: _Pieces) -> Floats:
    """The mean longitude and latitude of each street's rows, shape (2, n); NaN where none."""
    starts = pieces.edges[:-1] + np.arange(len(pieces.edges) - 1)
    # A sum that begins with a 0 is added up in the order of numpy's own mean.
    padded = np.zeros((2, len(pieces.packed) + len(starts)))
    padded[:, np.arange(len(pieces.packed)) + pieces.streets() + 1] = unpack_degrees(pieces.packed)
    with np.errstate(invalid="ignore"):
        return np.stack([np.add.reduceat(row, starts) for row in padded]) / np.diff(pieces.edges)


def _reaches(pieces: _Pieces, middle: Floats) -> Floats:
    """Metres from each street's middle to the farthest of its rows, 0 where it has none."""
    street = pieces.streets()
    reach = np.zeros(len(pieces.edges) - 1)
    metres = plane_metres(*unpack_degrees(pieces.packed), *middle[:, street])
    np.maximum.at(reach, street, metres)
    return reach


def _distinct(*columns: tuple[_Pieces, str]) -> list[bytes]:
    """The distinct numbers that each street's rows have, ascending."""
    both = [(pieces.streets() << 32) + pieces.packed[name] + _ABOVE for pieces, name in columns]
    found = sort_distinct(np.concatenate(both))
    count = len(columns[0][0].edges) - 1
    return _Pieces.cut(((found & _LOW) - _ABOVE).astype("<i4"), found >> 32, count).blobs()


def _cells(along: _Pieces, doors: _Pieces, first: int) -> Ints:
    """The cells that streets touch, column, row and street in one number each, ascending."""
    bare = (np.diff(along.edges) == 0)[doors.streets()]
    packed = np.concatenate([along.packed[["lon", "lat"]], doors.packed[["lon", "lat"]][bare]])
    street = np.concatenate([along.streets(), doors.streets()[bare]]) + first
    x, y = (np.floor(at / CELL).astype(np.int64) for at in unpack_degrees(packed))
    return sort_distinct((x + _CELLS << 48) + (y + _CELLS << 32) + street)


def _cell_rows(cells: Ints) -> Iterator[tuple[int, int, int]]:
    """Column, row and street of all cells, ascending."""
    cells = np.sort(cells)
    for start in range(0, len(cells), _STREETS):
        some = cells[start : start + _STREETS]
        x, y = (some >> 48) - _CELLS, (some >> 32 & 0xFFFF) - _CELLS
        yield from zip(x.tolist(), y.tolist(), (some & _LOW).tolist(), strict=True)


def _names(streets: Streets) -> pl.DataFrame:
    """Each street's id, key, base and its commonest spelling, lines' before houses'."""
    every = (streets.lines, streets.ranges, streets.houses)
    known = (
        pl.concat(frame.select("street", "key", "base") for frame in every).unique().sort("street")
    )
    spelling = pl.Enum(known["street"])  # numbers, that sort as the texts do
    runs = _runs(streets.samples)
    of_runs = runs.with_columns(streets.lines["street"].cast(spelling)[runs["line"]])
    street, one = pl.col("street").cast(spelling), pl.lit(1, pl.UInt32).alias("len")
    frames = [
        of_runs.select("street_id", "street", "len", pl.lit(0).alias("first")),
        streets.ranges.select("street_id", street, one, pl.lit(0).alias("first")),
        streets.houses.select("street_id", street, one, pl.lit(1).alias("first")),
    ]
    counted = pl.concat(frames).group_by("street_id", "street", "first").agg(pl.col("len").sum())
    best = counted.sort(
        ["street_id", "first", "len", "street"], descending=[False, False, True, False]
    )
    named = best.unique("street_id", keep="first", maintain_order=True)
    texts = known[named["street"].to_physical()].select("key", "base", "street")
    return named.select("street_id").hstack(texts)


def _runs(samples: pl.DataFrame) -> pl.DataFrame:
    """How many samples in a row are of one street and one line."""
    ids, line = samples["street_id"].to_numpy(), samples["line"].to_numpy()
    begins = np.append(True, (ids[1:] != ids[:-1]) | (line[1:] != line[:-1]))[: len(ids)]
    first = np.flatnonzero(begins)
    count = pl.Series("len", np.diff(first, append=len(ids)), dtype=pl.UInt32)
    return samples[first].select("street_id", "line", count)


def _ranges(frame: pl.DataFrame, count: int) -> Iterator[tuple[NDArray[Any], NDArray[np.int32]]]:
    by_street = {int(key): rows for (key,), rows in frame.group_by("street_id")}
    none = np.zeros(0, RANGE), np.zeros((0, 2), np.int32)
    for number in range(count):
        if number not in by_street:
            yield none
            continue
        rows = by_street[number].sort("line", "block", "first", "last")
        vertices = np.stack(
            [_whole(rows[c].explode().to_numpy()) for c in ("lons", "lats")], axis=1
        )
        counts = rows["lons"].list.len().to_numpy().astype(np.int64)
        rows = rows.with_columns(
            pl.Series("count", counts), pl.Series("start", np.cumsum(counts) - counts)
        )
        yield _packed(rows, RANGE), vertices
