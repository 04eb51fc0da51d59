"""Answers -> files: the list's own columns in order, then ours; batch by batch, all or nothing.

CSV and XLSX never hold a formula that was not ours: text that a spreadsheet would run is marked
as text. JSON, GeoJSON and Parquet carry the plain values. What is known of all rows goes where the
file has a place for it; `write_beside` puts it beside any file.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol, cast
from uuid import uuid4

import numpy as np
import polars as pl

from app.errors import BadQuestion, NoRoom
from app.folders import is_full, system_error, system_words, temporary_folder, writing_to
from app.geo.points import Floats
from app.lists.about import METADATA, About, path_beside
from app.lists.excel import Xlsx
from app.lists.file_kind import FileKind

PREFIX = "sweetspot_"
COLUMNS = (
    "verdict",
    "minutes",
    "minutes_low",
    "minutes_high",
    "miles",
    "zone",
    "category",
    "computers_low",
    "computers_high",
    "computers_basis",
    "lat",
    "lon",
    "accuracy",
    "radius_m",
    "source",
    "engine",
    "reasons",
)
NUMBERS = frozenset(
    (
        *("minutes", "minutes_low", "minutes_high", "miles", "lat", "lon", "radius_m"),
        *("computers_low", "computers_high"),
    )
)  # numbers even where a whole batch has none
# What tells Excel that a CSV file is UTF-8, without which it reads "Söhne" as "SÃ¶hne"
# (support.microsoft.com, "Opening CSV UTF-8 files correctly in Excel").
EXCEL_MARK = b"\xef\xbb\xbf"
KINDS = ("csv", "xlsx", "geojson", "parquet", "json")
# Text that a spreadsheet takes for a formula, and what begins alike but is only a number, such
# as -157.8 or +1 (808) 555-0123.
_FORMULA = r"^(?:[\t\r\n]|\s*[=+\-@＝＋－＠])"
_NUMBER = r"^\s*[+-]?[\d(][\d\s().,-]*(?:[eE][+-]?\d+)?$|^-+$"


class Writer(Protocol):
    """Takes an answer's batches in order."""

    def write(self, cells: pl.DataFrame, ours: pl.DataFrame) -> None:
        """Append rows: the list's own cells, and our columns (named as in COLUMNS)."""
        ...

    def tell(self, about: About) -> None:
        """What is known of all rows, at any time before the end."""
        ...


def shown_numbers(values: Floats, digits: int) -> pl.Series:
    """Numbers to show; empty where there is none (unknown, no road, no fix)."""
    return pl.Series(np.where(np.isfinite(values), np.round(values, digits), np.nan)).fill_nan(None)


def kind_of(path: Path) -> str:
    """The kind that a file's name asks for. Raises BadQuestion when we write no such files."""
    kind = path.suffix.lower().lstrip(".")
    if kind not in KINDS:
        raise BadQuestion(
            f"{path.name}: expected a name ending in {', '.join(f'.{one}' for one in KINDS)}",
            field="out",
        )
    return kind


def check_targets(written: Iterable[Path], read: Iterable[Path]) -> None:
    """Raise BadQuestion where a file would be written over one that is read for it."""
    for to in written:
        if any(to.exists() and one.exists() and to.samefile(one) for one in read):
            raise BadQuestion(f"{to} is read here: write to another file", field="out")


@contextmanager
def open_writer(
    target: Path | BinaryIO,
    kind: str,
    *,
    name: str = "prospects",
    sheets: Mapping[str, pl.DataFrame] | None = None,
    temporary: bool = False,
    excel: bool = False,
) -> Iterator[Writer]:
    """Write the batches as that kind of file (see KINDS).

    A path gets the whole file in one step when the block ends, and stays as it was when it
    fails. A stream gets CSV, JSON and GeoJSON as they come, XLSX and Parquet at the end.
    `name` is what a workbook calls its sheet; `sheets` are further ones, left out elsewhere.
    `temporary`: the path is one of ours, in the temporary folder, and nobody's choice. `excel`: CSV
    begins with EXCEL_MARK.
    Raises NoRoom when the disk is full, BadQuestion where the target can't be written,
    StorageFailed where the temporary folder can't.
    """
    if kind not in KINDS:
        raise BadQuestion(f"out {kind!r}: expected {', '.join(KINDS)}", field="out")
    told = writing_to if temporary else partial(_about, target)
    try:
        with told(), ExitStack() as stack:
            if isinstance(target, Path):
                file = stack.enter_context(_replacing(target))
            elif kind in ("xlsx", "parquet"):
                file = stack.enter_context(_spooled(target))
            else:
                file = target
            if excel and kind == "csv":
                file.write(EXCEL_MARK)
            made = WRITERS[kind](file, name)
            try:
                yield from _handed_out(made, told)
                made.finish(sheets or {})
            finally:
                made.close()
    except _CallersError as carried:
        raise carried.why from carried.why.__cause__


class _CallersError(Exception):
    """Takes an error of the block past the translation: it says nothing about the target."""

    def __init__(self, why: Exception) -> None:
        super().__init__()
        self.why = why


@dataclass(frozen=True)
class _Telling:
    """A writer whose errors are told to be the target's."""

    made: FileKind
    told: Callable[[], AbstractContextManager[None]]

    def write(self, cells: pl.DataFrame, ours: pl.DataFrame) -> None:
        """Append rows."""
        with self.told():
            self.made.write(_together(cells, ours), cells.width)

    def tell(self, about: About) -> None:
        """What is known of all rows."""
        self.made.about = about


def _handed_out(
    made: FileKind, told: Callable[[], AbstractContextManager[None]]
) -> Iterator[Writer]:
    try:
        yield _Telling(made, told)
    except Exception as why:
        if system_error(why) is None:
            raise
        raise _CallersError(why) from why


@contextmanager
def _about(target: Path | BinaryIO) -> Iterator[None]:
    """What the system says of the target, as our errors."""
    try:
        yield
    except BrokenPipeError:
        raise  # the reader of a pipe has seen enough: the caller's to end quietly
    except Exception as why:
        if system_error(why) is None:
            raise
        name = target if isinstance(target, Path) else "the answer"
        if is_full(why):
            raise NoRoom(f"no room left on the disk to write {name}: {system_words(why)}") from why
        raise BadQuestion(f"can't write {name}: {system_words(why)}", field="out") from why


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A file beside `path` that takes its place in one step, or is gone after a failure.

    It has the permissions of the one it replaces, else what any new file of this process gets.
    """
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with beside.open("x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _spooled(target: BinaryIO) -> Iterator[BinaryIO]:
    with writing_to():
        file = tempfile.TemporaryFile()  # noqa: SIM115 -- closed below
    with file:
        with writing_to():
            yield cast("BinaryIO", file)
        file.seek(0)
        shutil.copyfileobj(file, target)


def write_beside(path: Path, about: About, *, temporary: bool = False, excel: bool = False) -> Path:
    """What is known of all rows of a file, beside it as CSV; its path. Raises as `open_writer`."""
    beside, table = path_beside(path), about.table
    with open_writer(beside, "csv", temporary=temporary, excel=excel) as sink:
        sink.write(table, table.select())
    return beside


def _together(cells: pl.DataFrame, ours: pl.DataFrame) -> pl.DataFrame:
    """Both side by side. A column that we wrote once before keeps its cells as "previous_..."."""
    ours = ours.select(
        pl.col(name).cast(_stored(name, kind)).alias(f"{PREFIX}{name}")
        for name, kind in ours.schema.items()
    )
    taken = {name: _free_name(cells, name) for name in cells.columns if name in ours.columns}
    return cells.rename(taken).hstack(ours)


def _stored(name: str, kind: pl.DataType) -> type[pl.DataType]:
    """What a column of ours is kept as, the same in every batch."""
    if kind.is_integer():
        return pl.Int64
    return pl.Float64 if name in NUMBERS or kind.is_numeric() else pl.String


def _free_name(cells: pl.DataFrame, name: str) -> str:
    name = f"previous_{name}"
    while name in cells.columns:
        name = f"previous_{name}"
    return name


class _Csv(FileKind):
    """RFC 4180 with line feeds, UTF-8."""

    def add(self, frame: pl.DataFrame) -> None:
        texts = [name for name, kind in frame.schema.items() if kind == pl.String]
        frame = frame.with_columns(escape_formulas(pl.col(name)) for name in texts)
        if not self.started:
            safe = pl.Series(frame.columns, dtype=pl.String).to_frame("name")
            frame.columns = safe.select(escape_formulas(pl.col("name"))).to_series().to_list()
        self.file.write(frame.write_csv(include_header=not self.started).encode())

    def finish(self, sheets: Mapping[str, pl.DataFrame]) -> None:
        del sheets
        self.file.flush()


def escape_formulas(column: pl.Expr) -> pl.Expr:
    """Text that a spreadsheet would run gets the apostrophe that stops it."""
    runs = column.str.contains(_FORMULA) & ~column.str.contains(_NUMBER)
    return pl.when(runs).then("'" + column).otherwise(column).name.keep()


def unescape_formulas(column: pl.Expr) -> pl.Expr:
    """Text that `escape_formulas` marked, as it was."""
    bare = column.str.strip_prefix("'")
    marked = (bare != column) & (escape_formulas(bare) != bare)
    return pl.when(marked).then(bare).otherwise(column).name.keep()


class _Json(FileKind):
    """An array of objects, one a line."""

    opening = "[\n"

    def add(self, frame: pl.DataFrame) -> None:
        lines = self.lines(frame)
        if lines:
            before = ",\n" if self.started else self.opening
            self.file.write((before + ",\n".join(lines)).encode())

    def write(self, frame: pl.DataFrame, own: int) -> None:
        """Append rows; an empty batch is nothing."""
        if frame.height:
            super().write(frame, own)

    def lines(self, frame: pl.DataFrame) -> Sequence[str]:
        """Each row as one JSON text."""
        return frame.write_ndjson().rstrip("\n").split("\n")

    def finish(self, sheets: Mapping[str, pl.DataFrame]) -> None:
        del sheets
        self.file.write(((self.opening if not self.started else "") + self.closing).encode())
        self.file.flush()

    @property
    def closing(self) -> str:
        """What ends the file."""
        return "\n]\n"


class _GeoJson(_Json):
    """A FeatureCollection (RFC 7946); rows that are not located have no geometry.

    What is known of them all are foreign members (6.1), behind the features.
    """

    opening = '{"type":"FeatureCollection","features":[\n'

    @property
    def closing(self) -> str:
        """What ends the file."""
        members = self.about.members if self.about else {}
        told = [
            f",{json.dumps(key)}:{json.dumps(value, ensure_ascii=False)}"
            for key, value in members.items()
        ]
        return f"\n]{''.join(told)}}}\n"

    def lines(self, frame: pl.DataFrame) -> Sequence[str]:
        places = zip(frame[f"{PREFIX}lon"], frame[f"{PREFIX}lat"], strict=True)
        return [
            f'{{"type":"Feature","geometry":{_geometry(lon, lat)},"properties":{line}}}'
            for line, (lon, lat) in zip(super().lines(frame), places, strict=True)
        ]


def _geometry(lon: float | None, lat: float | None) -> str:
    if lon is None or lat is None:
        return "null"
    return f'{{"type":"Point","coordinates":[{lon:.10g},{lat:.10g}]}}'


class _Parquet(FileKind):
    """Batches go to parts on disk and are joined by streaming."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        super().__init__(file, name)
        self._stack = ExitStack()
        self.parts = self._stack.enter_context(temporary_folder())
        self.count = 0

    def add(self, frame: pl.DataFrame) -> None:
        with writing_to():
            frame.write_parquet(self.parts / f"{self.count:06d}.parquet")
        self.count += 1

    def finish(self, sheets: Mapping[str, pl.DataFrame]) -> None:
        del sheets
        if self.count:
            parts = pl.scan_parquet(self.parts / "*.parquet")
            told = {METADATA: json.dumps(self.about.members)} if self.about else None
            parts.sink_parquet(self.file, metadata=told)

    def close(self) -> None:
        self._stack.close()


WRITERS: Mapping[str, type[FileKind]] = {
    "csv": _Csv,
    "json": _Json,
    "geojson": _GeoJson,
    "parquet": _Parquet,
    "xlsx": Xlsx,
}
