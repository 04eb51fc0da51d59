"""Open a list: any vendor's file, or rows of JSON -> prospects in batches.

A first pass looks at the whole file, so that bad input comes before any answer; the second
streams it (a small list is kept from the first). Memory is bounded by a batch for delimited
text, by the sheet for a workbook.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from io import SEEK_END
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from weakref import finalize

import polars as pl

from app.businesses.prospects import Prospects
from app.businesses.sizes import SIZES
from app.errors import BadList, NoRows
from app.lists import text
from app.lists.about import About
from app.lists.addresses import PlaceTally
from app.lists.cells import Reader
from app.lists.closing import LAST, count_closing, header_repeats, is_sum_line
from app.lists.column_report import ColumnCounts, ColumnReport
from app.lists.formats import read_table
from app.lists.headers import ListColumns, choose_columns
from app.lists.json_rows import cell_text
from app.lists.mapping import ChosenColumns
from app.lists.misreadings import Doubts, check_readings
from app.lists.recipients import RecipientReader
from app.lists.repeats import Repeats
from app.lists.reports import CoveredTime, arrange_report
from app.lists.row_shapes import ROW_NUMBERS, Tally, has_row_numbers
from app.lists.shared_words import drop_shared_words
from app.lists.sources import opened_source, reading_list, spool_stream, unpack_source
from app.lists.table import Records, check_width, find_header
from app.lists.vendors import Vendor
from app.lists.vocabulary import PROSPECTS, Vocabulary

BATCH = 50_000
KEPT_CHARS = 48 << 20  # a list no larger than this is not read a second time
BATCH_CHARS = 64 << 20  # a batch ends early where its cells are huge


@dataclass(frozen=True)
class ListFile:
    """A list that has been checked whole; `batches` reads it (one pass at a time).

    columns: meaning -> the header it is read from. rows: prospects; skipped: blank lines,
    titles above the header, repeated headers and closing lines, never among rows. known: the
    criteria of which any row has a value. notes: what was repaired or guessed, for people. seen:
    what was read as what, and what looks as if it should have been; nothing, where the rows are
    ours. covers: the time that the sums of a report are of, None where nothing says it. about: what
    an answer of ours says of its rows.
    """

    columns: Mapping[str, str]
    rows: int
    skipped: int
    known: frozenset[str]
    notes: Sequence[str]
    seen: ColumnReport
    _open: Callable[[], Records] = field(repr=False)
    _chosen: ListColumns = field(repr=False)
    _header_at: int = field(repr=False)
    _place: str = field(repr=False)
    _tally: PlaceTally = field(repr=False)
    _repeats: Callable[[Sequence[str]], bool] = field(repr=False)
    _kept: Sequence[Prospects] = field(repr=False)
    covers: CoveredTime | None = None
    about: About = field(default_factory=About)

    def batches(self, rows: int = BATCH) -> Iterator[Prospects]:
        """The prospects in the order read, up to `rows` at a time."""
        if rows == BATCH and self._kept:
            yield from self._kept
            return
        reader = Reader(self._chosen, self._place)
        for cells in self._frames(rows):
            yield reader.prospects(cells)

    def cells(self) -> Iterator[pl.DataFrame]:
        """The same rows as they stand in the list: text by header, batch by batch."""
        yield from (batch.cells for batch in self._kept) if self._kept else self._frames(BATCH)

    def records(self, less: Sequence[str]) -> Iterator[Sequence[str]]:
        """The list as a file of its own without those columns: titles, header and rows, as text."""
        yield from islice(self._open(), self._header_at)
        for at, batch in enumerate(self.cells()):
            cells = batch.drop(less)
            if not at:
                yield cells.columns
            yield from cells.iter_rows()

    def _frames(self, rows: int) -> Iterator[pl.DataFrame]:
        at, chosen = self._header_at, self._chosen
        return _frames(self._open(), at, chosen, self._repeats, rows, Tally())

    def whole(self) -> Prospects:
        """All prospects at once, in the order read; for lists that fit in memory."""
        return Prospects.joined(list(self.batches()))

    def recipients(self, cells: pl.DataFrame) -> pl.DataFrame:
        """Who mail goes to and where, of rows of this list, in order; see `recipients`."""
        return RecipientReader(self._chosen, self._place).read(cells)

    def check_places(self) -> None:
        """Raise BadList where streets are all that the list says of where its rows are."""
        self._tally.check()

    @property
    def vendor(self) -> Vendor:
        """Whose list it is, `NO_VENDOR` where nothing says it."""
        return self._chosen.vendor

    def headers(self, meaning: str) -> Sequence[str]:
        """The headers of the columns with that meaning, best first."""
        return [self._chosen.headers[at] for at in self._chosen.of.get(meaning, ())]

    def is_guess(self, meaning: str) -> bool:
        """Whether the first column with that meaning has it by a weak name; nobody chose it."""
        return self._chosen.is_guess(meaning)


def open_list(
    source: Path | BinaryIO,
    *,
    columns: Mapping[str, str] | ChosenColumns | None = None,
    vocabulary: Vocabulary = PROSPECTS,
    place: str = "",
) -> ListFile:
    """Check the file and say what its columns mean. `columns`: what somebody chose, see there.

    `vocabulary`: what kind of list it is, which decides what its headers mean. `place`: where the
    rows are that say no town, state or ZIP code.

    A stream that can't seek is spooled to disk first; one that can must stay open as long as
    the list is read. What is packed is unpacked to disk. Raises BadList, which names the column or
    row, for anything that is no usable list; StorageFailed, or NoRoom, when nothing can be spooled.
    """
    with ExitStack() as copies:
        if not isinstance(source, Path) and not source.seekable():
            source = copies.enter_context(spool_stream(source))
        with reading_list(source):
            found = _read(source, ChosenColumns.of(columns), vocabulary, place, copies)
        finalize(found, copies.pop_all().close)
    return found


def _read(
    source: Path | BinaryIO,
    asked: ChosenColumns,
    vocabulary: Vocabulary,
    place: str,
    copies: ExitStack,
) -> ListFile:
    source, notes = unpack_source(source, copies)
    with opened_source(source) as file:
        table = read_table(file)
        if table is not None:
            notes += table.notes
            with _telling(notes):
                rows = table.rows
                opened = _Opened(lambda: iter(rows), table.header_at)
                found = _checked(opened, asked, vocabulary, place, notes)
                return replace(found, about=table.about)
        how = text.detect_dialect(file)
        keeps = file.seek(0, SEEK_END) <= KEPT_CHARS
    notes += how.notes
    opened = _Opened(lambda: _text_records(source, how), keeps=keeps)
    return _checked(opened, asked, vocabulary, place, notes)


@contextmanager
def _telling(notes: Sequence[str]) -> Iterator[None]:
    """Errors say what was read of the file as well: perhaps it is not the sheet that was meant."""
    try:
        yield
    except BadList as why:
        if not notes:
            raise
        raise BadList(f"{why} ({'; '.join(notes)})", field=why.field, row=why.row) from why


def from_rows(
    rows: Sequence[Mapping[str, object]],
    *,
    columns: Mapping[str, str] | ChosenColumns | None = None,
    vocabulary: Vocabulary = PROSPECTS,
    field: str = "prospects",
    place: str = "",
) -> ListFile:
    """The list of JSON objects; their keys act as headers, in the order first seen.

    Cells may be text, numbers, null, or ranges as [low, high] with null for an open end. `field`
    is what the errors call the list; `place` as in `open_list`. Raises BadList, which names the
    row, where one is no object.
    """
    for at, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            raise BadList(f"row {at} is not an object", field=field, row=at)
    headers = list(dict.fromkeys(str(key) for row in rows for key in row))
    if not headers:
        raise BadList("the list is empty", field=field)
    records = [headers, *([cell_text(row.get(key)) for key in headers] for row in rows)]
    asked = ChosenColumns.of(columns)
    return _checked(_Opened(lambda: iter(records), 0), asked, vocabulary, place, [])


def _text_records(source: Path | BinaryIO, how: text.Dialect) -> Records:
    with opened_source(source) as file:
        yield from text.read_records(file, how)


@dataclass(frozen=True)
class _Opened:
    """What gives the records anew each time, where the header is, if that is known.

    keeps: whether rows that were read stay in memory: not of a list that is too large for that in
    the end, or memory would be taken for them first.
    """

    records: Callable[[], Records]
    header_at: int | None = None
    keeps: bool = True


def _checked(
    opened: _Opened,
    asked: ChosenColumns,
    vocabulary: Vocabulary,
    place: str,
    notes: Sequence[str],
) -> ListFile:
    """The first pass: find the header, read every row, count."""
    records, header_at, keeps = opened.records, opened.header_at, opened.keeps
    covers, flags = None, frozenset[int]()
    if vocabulary.of_books:
        report = arrange_report(list(records()), vocabulary, asked.headers, header_at)
        records, header_at = partial(iter, report.rows), report.header_at
        asked, notes = asked.or_else(report.columns), [*notes, *report.notes]
        covers, flags = report.covers, report.flags
    elif header_at is None:
        header_at = _find_header(records(), asked, vocabulary)
    header = next(islice(records(), header_at, None))
    check_width(len(header))
    if has_row_numbers(islice(records(), header_at + 1, None), len(header)):
        header, notes = ["", *header], [*notes, ROW_NUMBERS]
    chosen = choose_columns(_named(header), asked, vocabulary, flags)
    tally, reader, repeats = Tally(), Reader(chosen, place), Repeats()
    counts, doubts = ColumnCounts(chosen), Doubts(chosen)
    known: set[str] = set()
    kept: list[Prospects] = []
    is_header = header_repeats(chosen)  # by the header alone: columns past it come later
    for cells in _frames(records(), header_at, chosen, is_header, BATCH, tally):
        prospects = reader.prospects(cells)
        known |= _known_meanings(prospects)
        repeats.add(prospects)
        counts.add(cells)
        doubts.add(cells, prospects)
        keeps = keeps and tally.held <= KEPT_CHARS and not tally.longer
        kept = [*kept, prospects] if keeps else []
    if not tally.rows:
        raise NoRows(header)
    seen = replace(counts.report, vendor=asked.said_vendor)
    unfit = check_readings(seen.read, doubts)
    wider = [*chosen.headers, *(f"column {at + 1}" for at in range(len(header), tally.width))]
    chosen = replace(chosen, headers=_named(wider), dotted=reader.sizes.dotted)
    return ListFile(
        columns=_columns(chosen),
        rows=tally.rows,
        skipped=tally.skipped,
        known=frozenset(known),
        notes=[
            *unfit,
            *notes,
            *tally.notes,
            *reader.notices.notes,
            *(repeats.notes if vocabulary.needs_place else []),
        ],
        seen=seen,
        _open=records,
        _chosen=chosen,
        _header_at=header_at,
        _repeats=is_header,
        _place=place,
        _tally=reader.places.tally,
        _kept=kept,
        covers=covers,
    )


def _find_header(records: Records, asked: ChosenColumns, vocabulary: Vocabulary) -> int:
    """The index of the record that reads most like a header, the first where equal."""

    def count(record: Sequence[str]) -> int:
        return sum(
            vocabulary.meaning_of(read) is not None or cell in asked.headers
            for cell, read in zip(record, _as_header(record), strict=True)
        )

    best, _ = find_header(records, count)
    if best < 0:
        raise BadList("the list is empty", field="list")
    return best


def _as_header(record: Sequence[str]) -> Sequence[str]:
    """The cells as headers are read; a long one is none."""
    return drop_shared_words([cell[:200] for cell in record])


def _named(header: Sequence[str]) -> list[str]:
    """The headers, each different: blank ones are numbered, repeated ones too."""
    names: dict[str, None] = {}
    for at, cell in enumerate(header, start=1):
        name = base = " ".join(cell.split()) or f"column {at}"
        again = 2
        while name in names:
            name, again = f"{base} ({again})", again + 1
        names[name] = None
    return list(names)


def _known_meanings(prospects: Prospects) -> set[str]:
    sizes = {name for name in SIZES if getattr(prospects, name).known.any()}
    return sizes | {name for name in ("industry", "advisers") if any(getattr(prospects, name))}


def _columns(chosen: ListColumns) -> dict[str, str]:
    """Meaning -> header, as people are told it."""
    told = chosen.by_header
    parts = [told.pop(part) for part in ("full-time", "part-time") if part in told]
    if parts:
        told.setdefault("employees", " + ".join(parts))
    for name in SIZES:
        bands = [told.pop(f"{name} {kind}", "") for kind in ("range", "code")]
        first = next((band for band in bands if band), "")
        if first:
            told.setdefault(name, first)
    return told


def _frames(
    records: Records,
    header_at: int,
    chosen: ListColumns,
    repeats: Callable[[Sequence[str]], bool],
    most: int,
    tally: Tally,
) -> Iterator[pl.DataFrame]:
    """The rows below the header as text columns, blank lines and repeated headers left out."""
    tally.skipped += header_at
    width = len(chosen.headers)
    closes = not chosen.vocabulary.of_books  # a report of books has been read to its end
    batch: list[Sequence[str]] = []

    held = 0

    def ready(rows: Sequence[Sequence[str]]) -> pl.DataFrame:
        tally.rows, tally.held = tally.rows + len(rows), tally.held + held
        return _frame(rows, chosen.headers)

    for at, record in enumerate(islice(records, header_at + 1, None), start=header_at + 2):
        size = sum(map(len, record))
        if not size or repeats(record) or not any(map(str.strip, record)):
            tally.skipped += 1
            continue
        if closes and is_sum_line(record):
            tally.close(record)
            continue
        batch.append(record if len(record) == width else tally.fit(record, width, at))
        held += size
        if held > BATCH_CHARS:
            yield ready(batch)
            batch, held = [], 0
        elif len(batch) == most + LAST:
            yield ready(batch[:most])
            batch, held = batch[most:], 0
    for _ in range(count_closing(batch) if closes else 0):
        tally.close(batch.pop())
    for start in range(0, len(batch), most):
        yield ready(batch[start : start + most])
        held = 0


def _frame(batch: Sequence[Sequence[str]], headers: Sequence[str]) -> pl.DataFrame:
    columns = zip(*batch, strict=True)
    return pl.DataFrame(
        [
            pl.Series(name, cells, dtype=pl.String)
            for name, cells in zip(headers, columns, strict=True)
        ]
    )
