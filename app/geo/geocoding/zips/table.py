"""The US ZIP codes in columns, the towns that bear them, and how far off each may be.

Codes, centroids and names are the `zipcodes` package's (42,789 codes; 872 of them have no place).
The radii are calibrated on real addresses with coordinates: 1,605 in 16 states, 1,270 in Hawaii,
262,811 in Vermont. On one half of each, 95 % lie within 0.80 (Hawaii) to 0.88 times (the others)
the distance from their centroid to the third nearest other one; with the factor below 96.6 % of
the other half lie within the radius, in every set. `bench/zips.py` measures it again.
"""

import gc
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import islice, takewhile
from math import ceil, cos, floor, radians
from sys import intern
from threading import Lock
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from app.geo.addresses.town_words import fold_town, town_words
from app.geo.addresses.towns import is_short_for
from app.geo.cache import once, read_only
from app.geo.geocoding.fix import Fix
from app.geo.geocoding.geocoder import Accuracy
from app.geo.points import EARTH_RADIUS_M, Floats, Point, great_circle_metres, unit_sphere

_PER_SPACING = 0.92  # of the distance to the third nearest other centroid
_PER_SPREAD = 1.05  # of the distance that holds 90 % of a town's ZIP codes with their radii
_LEAST_M, _MOST_M = 1_000, 100_000


class Record(NamedTuple):
    """What is used of one ZIP code of the package; NaN where its place is not known.

    uses: the names of its towns by how official they are: its own, accepted ones, ones in use.
    """

    code: str
    kind: str
    active: bool
    state: str
    uses: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class ZipTown:
    """A town of one state, made of the ZIP codes that bear its name."""

    label: str
    size: int
    lon: float
    lat: float
    radius_m: float

    def fix(self, note: str) -> Fix:
        """Itself as an answer."""
        return Fix(self.lon, self.lat, Accuracy.PLACE, self.radius_m, self.label, note)


@dataclass(slots=True)
class _Name:
    """Who bears a name in one state: 0 as their own, 1 as an accepted one, 2 as one in use."""

    rank: int
    name: str
    members: list[int]


class ZipTable:
    """The ZIP codes in columns, sorted by code, and the towns' names over them.

    Safe for threads: the columns never change; radii and towns, which are worked out when they
    are first asked for, are written behind one lock.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self.codes = tuple(r.code for r in records)
        self.at = MappingProxyType({code: i for i, code in enumerate(self.codes)})
        self.city = tuple(_title(r.uses[0][0]) for r in records)
        self.state = tuple(r.state for r in records)
        self.kind = tuple(r.kind for r in records)
        self.active = tuple(r.active for r in records)
        self.lon = read_only(np.array([r.lon for r in records]))
        self.lat = read_only(np.array([r.lat for r in records]))
        self._lock = Lock()
        self._names = _names(records)
        self._towns: dict[tuple[str, str], ZipTown | None] = {}
        self._radius_m = np.full(len(records), np.nan)

    @once
    def _typed(self) -> dict[str, str]:
        """What people type to begin a name, written out or folded, and the name's key; sorted."""
        names = ((key, name) for key, states in self._names.items() for name in states.values())
        typed = {"".join(town_words(name.name)): key for key, name in names}
        return dict(sorted((typed | {key: key for key in self._names}).items()))

    def located(self, i: int) -> bool:
        """Whether the code has a place at all; military ones, among others, have none."""
        return bool(np.isfinite(self.lat[i]))

    def fix(self, i: int) -> Fix:
        """A located code's answer, noting what kind of code it is."""
        notes = {
            "PO BOX": f"ZIP {self.codes[i]} serves P.O. boxes only",
            "UNIQUE": f"ZIP {self.codes[i]} belongs to one organisation",
        }
        note = notes.get(self.kind[i], "")
        if not self.active[i]:
            note = f"ZIP {self.codes[i]} is no longer in use"
        label = f"{self.city[i]}, {self.state[i]} {self.codes[i]}"
        return Fix(*self._place(i), Accuracy.POSTCODE, self.radius_m(i), label, note)

    def is_named(self, i: int, key: str) -> bool:
        """Whether mail for that town may bear this ZIP code."""
        name = self._names.get(key, {}).get(self.state[i])
        return name is not None and (i in name.members or fold_town(self.city[i]) == key)

    def town(self, key: str, state: str) -> ZipTown | None:
        """The town of that name in a state; None where its place is not known either."""
        name = self._names.get(key, {}).get(state)
        if name is None:
            return None
        if name.rank and (whole := self._short_for(key, name)):
            return self.town(whole, state)
        if (key, state) not in self._towns:
            made = self._make_town(name, state)
            with self._lock:
                self._towns[key, state] = made
        return self._towns[key, state]

    def _short_for(self, key: str, name: _Name) -> str:
        """The key of the one city whose ZIP codes bear a name that is short for it; else ""."""
        cities = {fold_town(self.city[i]) for i in name.members}
        return next(iter(cities)) if len(cities) == 1 and is_short_for(key, *cities) else ""

    def towns(self, key: str, states: frozenset[str]) -> list[ZipTown]:
        """The towns of that name in these states; names merely in use count where no other does."""
        named = {state: n for state, n in self._names.get(key, {}).items() if state in states}
        best = 1 if any(name.rank < 2 for name in named.values()) else 2
        found = [self.town(key, state) for state, name in named.items() if name.rank <= best]
        return [town for town in found if town is not None]

    def towns_from(
        self, start: str, states: frozenset[str], k: int, near: Point | None
    ) -> list[ZipTown]:
        """The k largest, or nearest, of the towns whose name begins so."""
        keys = {self._typed[typed] for typed in self._from(list(self._typed), start)}
        begun = [
            (self._far(name, near), key, state)
            for key in keys
            for state, name in self._names[key].items()
            if state in states and name.rank < 2 and self.located(name.members[0])
        ]
        found = [self.town(key, state) for _, key, state in nsmallest(k, begun)]
        return [town for town in found if town is not None]

    def codes_from(self, start: str, k: int) -> list[int]:
        """The first k ZIP codes that begin so and have a place."""
        begun = (self.at[code] for code in self._from(self.codes, start))
        return list(islice((i for i in begun if self.located(i)), k))

    def _far(self, name: _Name, near: Point | None) -> float:
        i = name.members[0]
        if near is None:
            return -len(name.members)
        return float(great_circle_metres(near.lon, near.lat, self.lon[i], self.lat[i]))

    @staticmethod
    def _from(ordered: Sequence[str], start: str) -> Iterable[str]:
        first = bisect_left(ordered, start)
        return takewhile(lambda key: key.startswith(start), islice(ordered, first, None))

    def _make_town(self, name: _Name, state: str) -> ZipTown | None:
        """In the middle of its ZIP codes; of the ordinary ones, where it has any."""
        label, size = f"{name.name}, {state}", len(name.members)
        members = np.array([i for i in name.members if self.located(i)], dtype=np.int64)
        if not len(members):
            return None
        ordinary = members[[self._is_ordinary(i) for i in members.tolist()]]
        members = ordinary if len(ordinary) else members
        if len(members) == 1:
            i = int(members[0])
            return ZipTown(label, size, *self._place(i), _PER_SPREAD * self.radius_m(i))
        lon, lat = float(np.median(self.lon[members])), float(np.median(self.lat[members]))
        apart = great_circle_metres(lon, lat, self.lon[members], self.lat[members])
        spread = apart + [self.radius_m(i) for i in members.tolist()]
        radius = _PER_SPREAD * float(np.quantile(spread, 0.9))
        return ZipTown(label, size, lon, lat, radius)

    def radius_m(self, i: int) -> float:
        """How far off a located code may be, from how far apart the ordinary ones around it lie."""
        if np.isnan(self._radius_m[i]):
            self._measure(*self._cell(i))
        return float(self._radius_m[i])

    def _cell(self, i: int) -> tuple[int, int]:
        """The degree of longitude and latitude that a located code lies in."""
        return floor(self.lon[i]), floor(self.lat[i])

    @once
    def _cells(self) -> dict[tuple[int, int], list[int]]:
        cells: dict[tuple[int, int], list[int]] = {}
        for i in np.flatnonzero(np.isfinite(self.lat)).tolist():
            cells.setdefault(self._cell(i), []).append(i)
        return cells

    @once
    def _sites(self) -> dict[tuple[int, int], Floats]:
        """Where a cell's ordinary codes are, on the unit sphere; those in one place count once."""
        sites = {}
        for cell, members in self._cells.items():
            ordinary = sorted({self._place(i) for i in members if self._is_ordinary(i)})
            sites[cell] = unit_sphere(*np.array(ordinary).reshape(-1, 2).T)
        return sites

    def _measure(self, x: int, y: int) -> None:
        """Sets the radius of every code in one cell, from the cells within `_MOST_M` around it."""
        wide = ceil(1 / cos(radians(min(abs(y) + 2, 80))))  # degrees of longitude are shorter
        around = [(x + dx, y + dy) for dx in range(-wide, wide + 1) for dy in (-1, 0, 1)]
        sites = np.vstack([self._sites[cell] for cell in around if cell in self._sites])
        here = unit_sphere(*np.array([self._place(i) for i in self._cells[x, y]]).T)
        # Not `@`: it starts threads, for a matrix this small dearer than the product itself.
        cosine = sum(np.outer(here[:, axis], sites[:, axis]) for axis in range(3))
        away = EARTH_RADIUS_M * np.sqrt(np.maximum(2 - 2 * cosine, 0))  # chords
        away = np.pad(away, ((0, 0), (0, 4)), constant_values=_MOST_M)
        third = np.partition(away, 3, axis=1)[:, 3]  # the nearest is its own
        with self._lock:
            self._radius_m[self._cells[x, y]] = np.clip(_PER_SPACING * third, _LEAST_M, _MOST_M)

    def _place(self, i: int) -> tuple[float, float]:
        return float(self.lon[i]), float(self.lat[i])

    def _is_ordinary(self, i: int) -> bool:
        return bool(self.kind[i] == "STANDARD" and self.active[i])


def _names(records: Sequence[Record]) -> dict[str, dict[str, _Name]]:
    """For each folded name and state the ZIP codes that bear it, by their most official use."""
    names: dict[str, dict[str, _Name]] = {}
    for rank in range(3):
        members: dict[tuple[str, str], list[int]] = {}
        for i, record in enumerate(records):
            for name in record.uses[rank]:
                members.setdefault((name, record.state), []).append(i)
        for (name, state), its in members.items():
            known = names.setdefault(fold_town(name), {}).setdefault(
                state, _Name(rank, _title(name), [])
            )
            if known.rank == rank:
                known.members.extend(its)
    return names


def load_zip_table() -> ZipTable:
    """The package's table; about a second, so once a process.

    Its 42,789 mappings at once would take 130 MB, most of which the process would never give back.
    """
    import zipcodes

    starts = (f"{n:02}" for n in range(100))
    collecting = gc.isenabled()
    gc.disable()  # it makes 100,000 containers at once; looking for cycles takes longer than that
    try:
        found = (zipcodes.similar_to(start) for start in starts)  # type: ignore[no-untyped-call]
        return ZipTable([_record(told) for some in found for told in some])
    finally:
        if collecting:
            gc.enable()


def order_towns(towns: Sequence[ZipTown], near: Point | None) -> list[ZipTown]:
    """The nearest to the home base first; without one, the one with the most ZIP codes."""
    if near is None:
        return sorted(towns, key=lambda town: (-town.size, town.label))
    lon, lat = near.lon, near.lat
    return sorted(
        towns,
        key=lambda town: (float(great_circle_metres(lon, lat, town.lon, town.lat)), town.label),
    )


def _record(told: dict[str, Any]) -> Record:
    lat, lon = float(told["lat"] or 0), float(told["long"] or 0)
    return Record(
        told["zip_code"],
        intern(told["zip_code_type"]),
        told["active"],
        intern(told["state"]),
        (
            (intern(told["city"]),),
            tuple(map(intern, told["acceptable_cities"])),
            tuple(map(intern, told["unacceptable_cities"])),
        ),
        lon if lat else np.nan,
        lat or np.nan,
    )


def _title(name: str) -> str:
    """The package writes "Winston-salem"."""
    if "-" not in name:
        return name
    return "-".join(part[:1].upper() + part[1:] for part in name.split("-"))
