"""The gazetteer's file: SQLite, with each street's samples and houses as packed arrays.

Measured on Vermont (346,469 houses): opens in 2 ms, and only the streets that are asked for are
ever read, so a state's gazetteer takes no memory to speak of.

1. A street is one row: what a search goes by in columns of its own (`Listed`), its points packed.
   Samples are points along its line, by which it is known where it lies.
2. A grid of cells tells which streets are near a place, for names that are misspelt.
3. Postcodes, numbered blocks and places are anchors: a middle, and circles that cover their land.
4. What was asked is remembered, and each thread has a connection to itself while it reads.
"""

import math
import os
import sqlite3
import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from queue import SimpleQueue
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.errors import BadMap
from app.geo.cache import once, parse_frozen
from app.geo.points import METRES_PER_DEGREE, Floats, Point

VERSION = 3
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
_BEGUN = "((key >= ? AND key < ?) OR (base >= ? AND base < ?))"
_NEAREST_FIRST = "(lon - ?) * (lon - ?) + 2 * (lat - ?) * (lat - ?)"  # as it is at 45 degrees
_LAST = "\U0010ffff"  # sorts after every letter
_TOWN_RANK = 2  # cities, towns, villages and postal towns; see _PLACES in anchors.py
_NEAREST = 8  # judgement: towns with the nearest middles, of which the nearest land decides
_REMEMBERED = 1 << 14  # judgement: answers of each kind
SCALE = 1e7  # degrees are kept as whole tens of nanodegrees: one centimetre
HELD = 0.95  # the share of addresses that a radius holds; see Fixes.radius_m
# Judgement: at least two, so that a long read stops nobody; more than eight, or than there are
# processors, would only wait for the interpreter.
CONNECTIONS = max(2, min(8, os.cpu_count() or 1))
PACE_CELL = 0.1  # judgement: degrees; counties are a few times wider
# Judgement: what a pace spreads by at most where it is believed, and the share of roads counted
# from their beginning where any is taken to be.
_STEADY, _COUNTED = 0.4, 0.7
CELL = 0.02  # judgement: degrees; the grid in which the streets near a place are found


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


def _span(start: str) -> tuple[str, str]:
    """Between which two texts those that begin so are."""
    return start, start + _LAST


class NumberPace(NamedTuple):
    """Numbers a metre; the share that most roads are off; the share of roads counted from 1.

    How they are learnt: `paces`.
    """

    per_m: float
    spread: float
    begun: float

    @property
    def is_told(self) -> bool:
        """Whether it tells where a road's numbers are."""
        return self.spread <= _STEADY and self.begun >= _COUNTED


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

    def rows(self, asked: str, values: tuple[str | float, ...] = ()) -> list[tuple[Any, ...]]:
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
        self._paces = lru_cache(_REMEMBERED)(self._pace)

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

    def streets_beginning(
        self, start: str, most: int, near: Point | None = None
    ) -> tuple[Listed, ...]:
        """Up to `most` streets whose key or base begins so, the nearest first.

        Without a place to be near to, those with most houses first.
        """
        order = _NEAREST_FIRST if near else "length(houses) + length(spots) DESC"
        at = (near.lon, near.lon, near.lat, near.lat) if near else ()
        asked = f"{_LISTED} WHERE {_BEGUN} ORDER BY {order}, id LIMIT ?"
        found = self._file.rows(asked, (*_span(start), *_span(start), *at, most)) if start else []
        return tuple(map(_listed, found))

    def is_street_begun(self, start: str) -> bool:
        """Whether any street's key or base begins so."""
        asked = f"SELECT 1 FROM street WHERE {_BEGUN} LIMIT 1"  # noqa: S608 - ours
        return bool(self._file.rows(asked, (*_span(start), *_span(start))))

    def is_place_begun(self, start: str) -> bool:
        """Whether any place's name begins so."""
        asked = "SELECT 1 FROM place WHERE key >= ? AND key < ? LIMIT 1"
        return bool(self._file.rows(asked, _span(start)))

    def places_beginning(self, start: str, most: int) -> tuple[Anchor, ...]:
        """Up to `most` places whose name begins so, the largest first."""
        if not start:
            return ()
        return self._anchors("place", "key >= ? AND key < ?", *_span(start))[:most]

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
        return bool(self._file.rows(asked, _span(start)))

    def _places(self, key: str) -> tuple[Anchor, ...]:
        """The places of this name, the largest first."""
        return self._anchors("place", "key = ?", key)

    def _block(self, number: int) -> Anchor | None:
        """Where the houses of a block ("91" of 91-1234) are."""
        found = self._anchors("block", "key = ?", str(number))
        return found[0] if found else None

    def pace(self, lon: float, lat: float) -> NumberPace | None:
        """How fast house numbers grow around a place; None where too few are known."""
        return self._paces(math.floor(lon / PACE_CELL), math.floor(lat / PACE_CELL))

    def _pace(self, x: int, y: int) -> NumberPace | None:
        asked = "SELECT pace, spread, begun FROM pace WHERE x = ? AND y = ?"
        found = self._file.rows(asked, (x, y))
        return NumberPace(*found[0]) if found else None

    def _anchors(self, table: str, where: str, *values: str | int) -> tuple[Anchor, ...]:
        asked = f"SELECT * FROM {table} WHERE {where} ORDER BY rank, id"  # noqa: S608 - ours
        return tuple(map(_anchor, self._file.rows(asked, values)))
