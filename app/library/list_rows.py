"""The rows of one stored list in memory, and the files that they come from.

A list is immutable: its rows lie in parts, written once by its import. Beside them lies what was
found out, each under what it was made from: what the rows are known by, where they are, which
repeat another, and which a suppression names.
"""

from collections.abc import Callable, Collection, Iterator
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from app.businesses.prospects import Prospects
from app.errors import NoSuchRows
from app.find.ground import Ground
from app.find.locating import choose_fixes, locate_rows
from app.folders import temporary_folder, writing_to
from app.geo.cache import LastCache, once
from app.geo.geocoding.geocoder import Fixes, Geocoder
from app.geo.points import Ints, Point, Points
from app.geo.text_column import fold_texts, text_series
from app.library.columns import (
    CELL,
    TO,
    LocatedRows,
    read_columns,
    write_table,
)
from app.library.locating import locate_list
from app.library.named_rows import NamedRows
from app.lists.duplicates import Groups, group_duplicates
from app.lists.exclusions import Exclusions
from app.lists.identity import Identities
from app.lists.licences import read_licences
from app.store.row_store import RowStore

PARTS, KNOWN, FIXES, GROUPS, NAMED = "rows", "known", "fixes", "groups", "named"
_AT = ("lon", "lat")
_DELETED = "the rows of the list were deleted meanwhile"


class ListFiles:
    """The tables of one list in the row store, by name; `folder` is the list's own."""

    def __init__(self, store: RowStore, folder: str) -> None:
        self._store = store
        self.folder = folder

    def put(self, name: str, table: pl.DataFrame) -> None:
        """Store a table, whole or not at all."""
        with temporary_folder() as place:
            path = place / "table.parquet"
            with writing_to():
                write_table(table, path)
            self._store.put(self._path(name), path)

    def put_beside(self, name: str, table: pl.DataFrame) -> None:
        """Store what was found out of the rows.

        Where they were deleted meanwhile it is not left behind; raises NoSuchRows.
        """
        self.put(name, table)
        if not self._store.names(f"{self.folder}/{PARTS}"):
            self.delete()
            raise NoSuchRows(_DELETED)

    def read(self, name: str) -> pl.DataFrame | None:
        """A table; None where there is none of that name."""
        path = self._path(name)
        return pl.read_parquet(self._store.get(path)) if self._store.names(path) else None

    def read_parts(self, wanted: Callable[[str], bool]) -> Iterator[pl.DataFrame]:
        """Those columns of each part of the rows, in order. Raises NoSuchRows."""
        return (_read_some(path, wanted) for path in self._parts())

    def take_rows(self, rows: Ints, wanted: Callable[[str], bool]) -> pl.DataFrame:
        """Those columns of some rows, ascending; of parts that have none nothing is read."""
        tables, start = [], 0
        for path in self._parts():
            end = start + int(pl.scan_parquet(path).select(pl.len()).collect().item())
            some = rows[slice(*np.searchsorted(rows, [start, end]))]
            if len(some):
                tables.append(_read_some(path, wanted)[some - start])
            start = end
        return pl.concat(tables)

    def _parts(self) -> Iterator[Path]:
        """Raises NoSuchRows where there is none."""
        names = self._store.names(f"{self.folder}/{PARTS}")
        if not names:
            raise NoSuchRows(_DELETED)
        return map(self._store.get, names)

    def put_source(self, path: Path) -> None:
        """Store the file that the list is made of."""
        self._store.put(self._source, path)

    @property
    def source(self) -> Path:
        """That file. Raises NoSuchRows where it was dropped."""
        return self._store.get(self._source)

    def count_bytes(self) -> int:
        """How large all its files are together."""
        paths = [self._store.get(name) for name in self._store.names(self.folder)]
        return sum(path.stat().st_size for path in paths)

    def drop_source(self) -> None:
        """Delete it: the rows are there."""
        self._store.delete(self._source)

    @property
    def _source(self) -> str:
        return f"{self.folder}/source"

    def drop_fixes(self, but: Collection[str]) -> None:
        """Delete where rows are by anything but those stamps."""
        prefix = f"{self.folder}/{FIXES}/"
        for name in self._store.names(prefix.rstrip("/")):
            if name.removeprefix(prefix).split("/")[0] not in but:
                self._store.delete(name)

    def delete(self, name: str = "") -> int:
        """Delete what lies under that name, all of the list where none is given; how much."""
        return self._store.delete(f"{self.folder}/{name}" if name else self.folder)

    def _path(self, name: str) -> str:
        return f"{self.folder}/{name}.parquet"


def _read_some(path: Path, wanted: Callable[[str], bool]) -> pl.DataFrame:
    columns = [one for one in pl.read_parquet_schema(path) if wanted(one)]
    return pl.read_parquet(path, columns=columns)


def _without(table: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """The columns with that prefix, without it."""
    names = {name: name.removeprefix(prefix) for name in table.columns if name.startswith(prefix)}
    return table.select([*names]).rename(names)


def _points(table: pl.DataFrame) -> Points:
    return Points(*(np.ascontiguousarray(table[axis].to_numpy()) for axis in _AT))


def part_name(part: int) -> str:
    """The name of a part of the rows."""
    return f"{PARTS}/{part:06d}"


def known_name(part: int) -> str:
    """The name of what the rows of that part are known by, as `Identities.texts` reads it."""
    return f"{KNOWN}/{part:06d}"


def fixes_name(stamp: str, part: int) -> str:
    """The name of where the rows of that part are, by what `stamp` stands for."""
    return f"{FIXES}/{stamp}/{part:06d}"


class ListRows:
    """One stored list as it is asked. Safe for threads; what is loaded never changes.

    known: the size criteria and the like of which any row has a value.
    """

    def __init__(self, files: ListFiles, known: frozenset[str]) -> None:
        self.files = files
        self.known = known
        self._open: LastCache[tuple[str, Point], Fixes] = LastCache()
        self._located: dict[str, LocatedRows] = {}

    def __len__(self) -> int:
        return len(self.prospects)

    @once
    def _read(self) -> tuple[Prospects, list[int]]:
        parts = [*self.files.read_parts(lambda name: not name.startswith((CELL, TO)))]
        table = pl.concat(parts)
        starts = [0, *accumulate(part.height for part in parts)]
        return read_columns(table, pl.DataFrame(height=table.height)), starts

    @property
    def prospects(self) -> Prospects:
        """All rows, without their own cells."""
        return self._read[0]

    @property
    def _starts(self) -> list[int]:
        """Where each part begins, and the last one ends."""
        return self._read[1]

    @once
    def _shown(self) -> pl.DataFrame:
        return pl.concat(self.files.read_parts(lambda name: name.startswith((CELL, TO))))

    def cells(self, rows: Ints) -> pl.DataFrame:
        """The list's own cells of those rows, as text by header."""
        return self._prefixed(rows, CELL)

    def recipients(self, rows: Ints) -> pl.DataFrame:
        """Who mail goes to and where, of those rows; see `recipients`."""
        return self._prefixed(rows, TO)

    def fold_words(self) -> pl.Series:
        """The name and the cells of each row as one text, folded; see `fold_texts`."""
        cells = self._shown.select(name for name in self._shown.columns if name.startswith(CELL))
        name = text_series(self.prospects.name).alias("name")
        whole = cells.insert_column(0, name).select(
            pl.concat_str(pl.all(), separator="\n", ignore_nulls=True)
        )
        return fold_texts(whole.to_series())

    def show(self, first: int, most: int) -> dict[str, Any]:
        """So many rows from that number on, as they were imported; the first row is 1."""
        some = np.arange(first - 1, min(first - 1 + most, len(self)))
        return {"rows": self.cells(some).to_dicts(), "first": first, "of": len(self)}

    def _prefixed(self, rows: Ints, prefix: str) -> pl.DataFrame:
        return _without(self._shown, prefix)[rows]

    def locate(self, ground: Ground, by_address: bool = False) -> Fixes:
        """Where the rows are, as `locate_prospects` says; asked of the geocoder once a map."""
        if not ground.others:
            return self._locate_from(ground, by_address)

        def look_up(one: Ground, some: Ints) -> Fixes:
            return self._locate_from(one, by_address).take(some.tolist())

        return choose_fixes(self.prospects, np.arange(len(self)), ground, look_up)

    def _locate_from(self, ground: Ground, by_address: bool) -> Fixes:
        stamp = ground.address_stamp + ("-by-address" if by_address else "")
        found = self.located(stamp, ground, by_address)
        rows = np.flatnonzero(found.open_rows)
        if not len(rows):
            return found.fixes
        near = ground.home.at
        return self._open.get_or_make(
            (stamp, near),
            lambda: found.fixes.replaced(
                rows, locate_rows(self.prospects, rows, ground.geocoder, near)
            ),
        )

    def located(self, stamp: str, ground: Ground, by_address: bool = False) -> LocatedRows:
        """Where the rows are for all home bases on that map; found and stored where not known."""
        found = self._located.get(stamp)
        if found is None:
            near, geocoder = ground.home.at, ground.geocoder
            parts = [
                self.locate_part(part, stamp, geocoder, near, by_address)
                for part in range(len(self._starts) - 1)
            ]
            found = self._located[stamp] = LocatedRows.of_table(pl.concat(parts))
        return found

    def part(self, part: int) -> Prospects:
        """The rows of one part."""
        return self.prospects.take(np.arange(*self._starts[part : part + 2]))

    def locate_part(
        self, part: int, stamp: str, geocoder: Geocoder, near: Point, by_address: bool = False
    ) -> pl.DataFrame:
        """Where the rows of one part are, found and stored where that is not known."""
        name = fixes_name(stamp, part)
        table = self.files.read(name)
        if table is None:
            table = locate_list(self.part(part), geocoder, near, by_address).table()
            self.files.put_beside(name, table)
        return table

    @once
    def groups(self) -> Groups:
        """Which rows are one business, found once."""
        table = self.files.read(GROUPS)
        if table is None:
            found = group_duplicates(self._known_parts())
            table = pl.DataFrame({"front": found.front, "why": found.why})
            self.files.put_beside(GROUPS, table)
        return Groups(table["front"].to_numpy(), table["why"])

    def _known_parts(self) -> Iterator[Identities]:
        """What the rows are known by, part by part."""
        parts = self.files.read_parts(lambda name: name.startswith((CELL, TO)) or name in _AT)
        for part, table in enumerate(parts):
            licences, recipients = read_licences(_without(table, CELL)), _without(table, TO)
            stored = self._known_texts(part, recipients)
            yield Identities.of(recipients, _points(table), licences, stored=stored)

    def _known_texts(self, part: int, recipients: pl.DataFrame) -> pl.DataFrame:
        """What the rows of one part are known by, read and stored where that was not done."""
        table = self.files.read(known_name(part))
        if table is None:
            table = Identities.of(recipients).texts
            self.files.put_beside(known_name(part), table)
        return table

    def identities_of(self, rows: Ints) -> Identities:
        """What those rows, ascending, are known by; nothing of the list stays in memory."""
        table = self.files.take_rows(rows, lambda name: name.startswith(TO) or name in _AT)
        return Identities.of(_without(table, TO), _points(table))

    def named_by(self, key: str, source: str, exclusions: Callable[[], Exclusions]) -> NamedRows:
        """Which rows a suppression names, and by what; found out and stored once a `key`."""
        table = self.files.read(f"{NAMED}/{key}")
        if table is None:
            table = self.name_rows(exclusions()).table()
            self.files.put_beside(f"{NAMED}/{key}", table)
        return NamedRows(source, table["row"].to_numpy(), table["why"])

    def name_rows(self, exclusions: Exclusions) -> NamedRows:
        """Which rows those name, and by what."""
        return NamedRows.of(exclusions.source, exclusions.reasons(self.known_by))

    @once
    def known_by(self) -> Identities:
        """What all rows are known by; it stays in memory."""
        recipients = _without(self._shown, TO)
        stored = [
            self._known_texts(part, recipients[start:end])
            for part, (start, end) in enumerate(pairwise(self._starts))
        ]
        return Identities.of(recipients, self.prospects.given, stored=pl.concat(stored))
