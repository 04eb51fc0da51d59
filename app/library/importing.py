"""A file becomes a stored list: part by part, so that an import that was stopped goes on.

1. The file is checked whole before anything of it is stored.
2. Each part is stored with what its rows are known by, and where they are on every map that
   holds any of them.
3. Last, rows that repeat another are told, and the list is ready, in one step with that.

The same file gives the same bytes, however often the import is stopped in between.
"""

import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from app.businesses.prospects import Prospects
from app.folders import temporary_folder, writing_to
from app.geo.geocoding.geocoder import Geocoder
from app.geo.points import Point
from app.library.columns import prospects_table
from app.library.list_rows import ListFiles, ListRows, fixes_name, known_name, part_name
from app.library.locating import locate_list
from app.library.options import ImportOptions
from app.lists.identity import Identities
from app.lists.mapping import ChosenColumns
from app.lists.options import SavedMapping
from app.lists.read import BATCH, ListFile, open_list
from app.lists.sensitive import sensitive_headers
from app.lists.sources import reading_list
from app.lists.terms import ListTerms, read_terms
from app.lists.vocabulary import CLIENTS, PROSPECTS
from app.store.tables import StoredList

# Bytes on the disk while a list is imported, a byte of its file: 1.5 of a CSV, 2.0 of a workbook,
# 2.8 of a CSV in gzip, 2.6 of a small list; measured on 20,000 rows over two maps, 2026-11-28.
ROOM_PER_BYTE = 3.0


@dataclass(frozen=True)
class AddressMap:
    """What places addresses on one map; `stamp` and `near` as `Ground` has them."""

    stamp: str
    geocoder: Geocoder
    near: Point


def count_parts(rows: int) -> int:
    """In how many parts so many rows are stored."""
    return -(-rows // BATCH)


type MapsOf = Callable[[Prospects], Sequence[AddressMap]]  # those that hold any of the rows


@dataclass(frozen=True)
class ImportRequest:
    """What is imported: how the file is read, as `open_list` takes it, and its SHA-256.

    said: what was said of the list, by which another one under the same key is told.
    """

    list_id: str
    kind: str
    sha256: str
    place: str
    vendor: str
    named: dict[str, str]
    mapping: dict[str, Any]
    mapping_source: str
    said: dict[str, Any]

    @classmethod
    def of(cls, list_id: str, asked: ImportOptions, columns: ChosenColumns, source: Path) -> Self:
        """The request to import that file. Raises BadList where it can't be read."""
        with reading_list(source), source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        named, mapping = dict(columns.named), columns.saved.model_dump()
        return cls(
            list_id=list_id,
            kind=asked.kind,
            sha256=digest,
            place=asked.place,
            vendor=columns.vendor,
            named=named,
            mapping=mapping,
            mapping_source=columns.source,
            said=asked.model_dump(mode="json", exclude_defaults=True),
        )

    @property
    def params(self) -> dict[str, Any]:
        """As JSON, of which `ImportRequest(**...)` makes it again."""
        return asdict(self)

    def open(self, source: Path) -> ListFile:
        """The list, checked whole. Raises BadList."""
        saved = SavedMapping(**self.mapping)
        columns = ChosenColumns(self.named, saved, self.mapping_source, self.vendor)
        vocabulary = CLIENTS if self.kind == "clients" else PROSPECTS
        return open_list(source, columns=columns, vocabulary=vocabulary, place=self.place)


@dataclass(frozen=True)
class ListImport:
    """One list on its way in; `files` are where its tables go."""

    listed: ListFile
    files: ListFiles
    maps_of: MapsOf

    @cached_property
    def dropped(self) -> Mapping[str, str]:
        """The columns that are not stored, and what they say of a person."""
        return sensitive_headers(next(self.listed.cells()).columns)

    @property
    def _of_persons(self) -> Sequence[str]:
        """The meanings that somebody gave such columns; whoever reads it later does without."""
        read, dropped = self.listed.seen.read, self.dropped.keys()
        return [meaning for meaning, fit in read.items() if {*fit.headers} & dropped]

    @cached_property
    def terms(self) -> ListTerms:
        """What the list says of itself."""
        return read_terms(self.listed)

    def store_parts(self, first: int = 0) -> Iterator[int]:
        """2. Store the parts from that one on; how many rows each has, once it is stored."""
        for part, prospects in enumerate(self.listed.batches()):
            if part < first:
                continue
            recipients = self.listed.recipients(prospects.cells)
            table = prospects_table(prospects, recipients, [*self.dropped])
            self.files.put(part_name(part), table)
            self.files.put(known_name(part), Identities.of(recipients).texts)
            for at in self.maps_of(prospects):
                found = locate_list(prospects, at.geocoder, at.near)
                self.files.put(fixes_name(at.stamp, part), found.table())
            yield len(prospects)

    def store_groups(self) -> int:
        """3. Which rows are one business; how many stand behind another.

        And what the list says of itself, which is read before anything waits for it.
        """
        _ = self.terms
        return len(ListRows(self.files, self.listed.known).groups.behind)

    def drop_persons(self) -> None:
        """Store the file anew without the columns that are about persons, where it has any."""
        if not self.dropped:
            return
        with temporary_folder() as place:
            path = place / "source.csv"
            with writing_to(path), path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(self.listed.records([*self.dropped]))
            self.files.put_source(path)

    def describe(self, stored: StoredList) -> None:
        """3. The list as it is now: ready, with all that is known of its reading."""
        listed, terms = self.listed, self.terms
        stored.state, stored.rows, stored.skipped = "ready", listed.rows, listed.skipped
        stored.vendor = terms.vendor
        stored.ordered = stored.ordered or terms.ordered
        stored.expires = stored.expires or terms.expires
        left = [f"not stored, for it is about a person: {one}" for one in self.dropped]
        stored.description = {
            "known": sorted(listed.known),
            "notes": [*left, *terms.notes, *listed.notes],
            "reading": {
                "line": listed.seen.line,
                "columns": listed.seen.document(),
                "mapping": listed.seen.mapping(self._of_persons),
            },
        }
