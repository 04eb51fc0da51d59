"""The gazetteer's file: SQLite, with each street's samples and houses as packed arrays.

Measured on Vermont (346,469 houses): opens in 2 ms, and only the streets that are asked for are
ever read, so a state's gazetteer takes no memory to speak of.

1. A street is one row: what a search goes by in columns of its own (`Listed`), its points packed.
   Samples are points along its line, by which it is known where it lies.
2. A grid of cells tells which streets are near a place, for names that are misspelt.
3. Postcodes, numbered blocks and places are anchors: a middle, and circles that cover their land.
4. What was asked is remembered, and each thread has a connection to itself while it reads.
"""

import itertools
import json
import os
import sqlite3
import weakref
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from queue import SimpleQueue
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.errors import BadMap, NoRoom
from app.folders import is_full
from app.geo.cache import once, parse_frozen
from app.geo.openstreetmap import sort_distinct
from app.geo.points import METRES_PER_DEGREE, Floats, Ints

VERSION = 1
SAMPLE = np.dtype([("lon", "<i4"), ("lat", "<i4"), ("code", "<i4"), ("weight", "<u2")])
HOUSE = np.dtype(
    [
        ("block", "<i4"),
        ("number", "<i4"),
        ("suffix", "S4"),
        ("lon", "<i4"),
        ("lat", "<i4"),
        ("code", "<i4"),
        ("town", "<i4"),
        ("wide", "<u2"),
    ]
)
RANGE = np.dtype(
    [
        ("block", "<i4"),
        ("first", "<i4"),
        ("last", "<i4"),
        ("odd", "<i4"),
        ("start", "<i4"),
        ("count", "<i4"),
    ]
)


class House(NamedTuple):
    """One row of HOUSE. lon, lat: packed. wide: metres from its middle to its farthest wall."""

    block: int
    number: int
    suffix: bytes
    lon: int
    lat: int
    code: int
    town: int
    wide: int

    @property
    def degrees(self) -> tuple[float, float]:
        """Longitude and latitude."""
        return self.lon / SCALE, self.lat / SCALE


_LISTED = "SELECT id, key, lon, lat, reach, codes, towns FROM street"
_LAST = "\U0010ffff"  # sorts after every letter
_TOWN_RANK = 2  # cities, towns, villages and postal towns; see _PLACES in anchors.py
_NEAREST = 8  # judgement: towns with the nearest middles, of which the nearest land decides
_REMEMBERED = 1 << 14  # judgement: answers of each kind
SCALE = 1e7  # degrees are kept as whole tens of nanodegrees: one centimetre
_CELLS = 1 << 14  # more columns or rows of cells than lie west or south of 0, 0
_STREETS = 1 << 12  # written in one go
_ABOVE, _LOW = 1 << 31, (1 << 32) - 1  # numbers in the lower half of another, those below 0 too
_ROWS = 1 << 18  # looked at in one go
HELD = 0.95  # the share of addresses that a radius holds; see Fixes.radius_m
# Judgement: at least two, so that a long read stops nobody; more than eight, or than there are
# processors, would only wait for the interpreter.
CONNECTIONS = max(2, min(8, os.cpu_count() or 1))
CELL = 0.02  # judgement: degrees; the grid in which the streets near a place are found
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


def row_slices(length: int) -> Iterator[slice]:
    """Rows a few at a time, so that what is worked out on the way stays small."""
    return (slice(start, start + _ROWS) for start in range(0, length, _ROWS))


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


def plane_metres(lon: Any, lat: Any, to_lon: Any, to_lat: Any) -> Any:
    """Metres between near points, on a plane (0.1 % off at 50 km, which no radius notices)."""
    narrow = np.cos(np.radians((lat + to_lat) / 2))
    return np.hypot((lon - to_lon) * narrow, lat - to_lat) * METRES_PER_DEGREE


def unpack_degrees(packed: NDArray[Any]) -> tuple[Floats, Floats]:
    """Longitudes and latitudes of packed samples or houses."""
    return packed["lon"] / SCALE, packed["lat"] / SCALE


@dataclass(frozen=True)
class Anchor:
    """Where a postcode or place is: a middle, and circles (lon, lat, metres) covering its land."""

    id: int
    key: str
    name: str
    state: str
    rank: int
    lon: float
    lat: float
    radius: float
    circles: NDArray[np.float32]

    @cached_property
    def reach(self) -> float:
        """Metres from its middle to the far side of its farthest circle."""
        lon, lat, radius = self.circles.T.astype(np.float64)
        return float((plane_metres(lon, lat, self.lon, self.lat) + radius).max())

    def off(self, lon: Floats, lat: Floats) -> Floats:
        """Metres from each point to its land, 0 inside; shape (n,)."""
        x, y, radius = self.circles.T.astype(np.float64)
        apart = plane_metres(lon[:, None], lat[:, None], x[None, :], y[None, :]) - radius[None, :]
        return np.asarray(np.maximum(apart.min(axis=1), 0.0), np.float64)


class Listed(NamedTuple):
    """A street without its points: where its middle is, how far it reaches, whose houses it has."""

    id: int
    key: str
    lon: float
    lat: float
    reach: float
    codes: frozenset[int]
    towns: frozenset[int]


def _anchor(row: tuple[Any, ...]) -> Anchor:
    number, key, name, state, rank, lon, lat, radius, packed = row
    circles = np.frombuffer(packed, np.float32).reshape(-1, 3)
    return Anchor(number, key, name, state, rank, lon, lat, radius, circles)


def _listed(row: tuple[Any, ...]) -> Listed:
    number, key, lon, lat, reach, codes, towns = row
    return Listed(number, key, lon, lat, reach, _ids(codes), _ids(towns))


def _ids(packed: bytes) -> frozenset[int]:
    return frozenset(np.frombuffer(packed, "<i4").tolist())


class Row(NamedTuple):
    """One street as it is stored; see the dtypes above."""

    id: int
    key: str
    base: str
    name: str
    samples: NDArray[Any]
    houses: NDArray[Any]
    ranges: NDArray[Any]
    vertices: NDArray[np.int32]


class _Connections:
    """Read-only connections to one file; each serves one thread at a time, then the next.

    One connection for several threads would hand the rows of one to another. All are opened at
    once: they go on reading this file when another one takes its name. Closed with the object.
    """

    def __init__(self, path: Path) -> None:
        where = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        opened = [
            sqlite3.connect(where, uri=True, check_same_thread=False) for _ in range(CONNECTIONS)
        ]
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        for one in opened:
            self._idle.put(one)
        self.close = weakref.finalize(self, _close, opened)

    def rows(self, asked: str, values: tuple[str | int, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of the answer, read before anybody else gets the connection."""
        one = self._idle.get()
        try:
            return one.execute(asked, values).fetchall()
        finally:
            self._idle.put(one)


def _close(connections: Sequence[sqlite3.Connection]) -> None:
    for one in connections:
        one.close()


class GazetteerFile:
    """Reads a gazetteer's file. Threads may share it: what it gives can't be changed.

    Raises BadMap where there is no such file, or one of another version.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise BadMap(f"{path}: there is no gazetteer")
        self._file = _Connections(path)
        self.close = self._file.close
        try:
            told = self._file.rows("SELECT name, value FROM fact")
        except sqlite3.DatabaseError as why:
            self.close()
            raise BadMap(f"{path}: not a gazetteer: {why}") from why
        self.facts: Mapping[str, Any] = MappingProxyType(
            {name: parse_frozen(value) for name, value in told}
        )
        if self.facts.get("version") != VERSION:
            self.close()
            raise BadMap(f"{path}: made by another version; build the region again")
        keys = self._file.rows("SELECT DISTINCT key FROM place")
        self.town_keys = frozenset(key for (key,) in keys)
        self.streets = lru_cache(_REMEMBERED)(self._streets)
        self.postcode = lru_cache(_REMEMBERED)(self._postcode)
        self.block = lru_cache(_REMEMBERED)(self._block)
        self.places = lru_cache(_REMEMBERED)(self._places)

    def _streets(self, column: str, value: str) -> tuple[Listed, ...]:
        """The streets with this `key` or `base`, in order."""
        found = self._file.rows(f"{_LISTED} WHERE {column} = ? ORDER BY id", (value,))
        return tuple(map(_listed, found))

    def row(self, number: int) -> Row:
        """The whole of one street."""
        asked = (
            "SELECT id, key, base, name, spots, houses, ranges, vertices FROM street WHERE id = ?"
        )
        (found,) = self._file.rows(asked, (number,))
        number, key, base, name, samples, houses, ranges, vertices = found
        return Row(
            number,
            key,
            base,
            name,
            np.frombuffer(samples, SAMPLE),
            np.frombuffer(houses, HOUSE),
            np.frombuffer(ranges, RANGE),
            np.frombuffer(vertices, np.int32).reshape(-1, 2),
        )

    def bases_near(self, cells: Iterable[tuple[int, int]]) -> tuple[str, ...]:
        """The distinct bases of the streets in some cells of the grid, in order."""
        asked = "SELECT DISTINCT base FROM cell JOIN street ON id = street WHERE x = ? AND y = ?"
        found = {base for cell in cells for (base,) in self._file.rows(asked, cell)}
        return tuple(sorted(found))

    def beginning(self, start: str, most: int) -> tuple[Listed, ...]:
        """Up to `most` streets whose key or base begins so, the ones with most houses first."""
        asked = (
            f"{_LISTED} WHERE (key >= ? AND key < ?) OR (base >= ? AND base < ?) "
            "ORDER BY length(houses) + length(spots) DESC, id LIMIT ?"
        )
        span = (start, start + _LAST)
        found = self._file.rows(asked, (*span, *span, most)) if start else []
        return tuple(map(_listed, found))

    def places_beginning(self, start: str, most: int) -> tuple[Anchor, ...]:
        """Up to `most` places whose name begins so, the largest first."""
        if not start:
            return ()
        return self._anchors("place", "key >= ? AND key < ?", start, start + _LAST)[:most]

    @once
    def _town_list(self) -> tuple[Anchor, ...]:
        return self._anchors("place", "rank <= ?", _TOWN_RANK)

    def nearest_town(self, lon: float, lat: float) -> Anchor | None:
        """The city, town or village whose land is nearest to a point, then whose middle is."""
        if not self._town_list:
            return None
        lons, lats = (np.array([getattr(t, c) for t in self._town_list]) for c in ("lon", "lat"))
        apart = plane_metres(lons, lats, lon, lat)
        near: list[Anchor] = [
            self._town_list[i] for i in np.argsort(apart, kind="stable")[:_NEAREST]
        ]
        x, y = np.array([lon]), np.array([lat])
        return min(near, key=lambda town: (float(town.off(x, y)[0]), town.rank))

    def _postcode(self, key: str) -> Anchor | None:
        """A postcode's anchor; None where it is not known."""
        found = self._anchors("postcode", "key = ?", key)
        return found[0] if found else None

    def postcodes_like(self, start: str) -> bool:
        """Whether any postcode begins so."""
        asked = "SELECT 1 FROM postcode WHERE key >= ? AND key < ? LIMIT 1"
        return bool(self._file.rows(asked, (start, start + _LAST)))

    def _places(self, key: str) -> tuple[Anchor, ...]:
        """The places of this name, the largest first."""
        return self._anchors("place", "key = ?", key)

    def _block(self, number: int) -> Anchor | None:
        """Where the houses of a block ("91" of 91-1234) are."""
        found = self._anchors("block", "key = ?", str(number))
        return found[0] if found else None

    def _anchors(self, table: str, where: str, *values: str | int) -> tuple[Anchor, ...]:
        asked = f"SELECT * FROM {table} WHERE {where} ORDER BY rank, id"  # noqa: S608 - ours
        return tuple(map(_anchor, self._file.rows(asked, values)))
