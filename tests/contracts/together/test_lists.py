"""Lists are read and answers written by many threads at once."""

import io
import os
import stat
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from app.geo.regions.sample import county as sample
from app.lists.read import ListFile, from_rows, open_list
from app.lists.vocabulary import CLIENTS, PROSPECTS
from app.lists.write import KINDS, open_writer
from tests.conftest import SHARED
from tests.contracts.together import questions, towns
from tests.contracts.together.asking import (
    NORMALLY,
    RESTLESSLY,
    THREADS,
    in_another_order,
    none_wrong,
    switching,
    wrong_in_turn,
    wrong_together,
)
from tests.served import workbook

EACH = 4
RETAILERS = SHARED / "data" / "lists" / "hawaii-retailers.csv"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Lists of several vendors as CSV and as workbooks."""
    folder = tmp_path_factory.mktemp("lists")
    spelt = towns.spellings()
    bodies = {
        "firms": sample.prospects_csv().encode(),
        "spellings": towns.as_csv(spelt[:150]),
        "more spellings": towns.as_csv(spelt[100:300]),
        "clients": questions.CLIENTS,
    }
    if RETAILERS.is_file():
        header, *rows = RETAILERS.read_bytes().splitlines(keepends=True)
        bodies["retailers"] = b"".join((header, *rows[:300]))
    made = {}
    for name, body in bodies.items():
        made[f"{name}.csv"] = folder / f"{name}.csv"
        made[f"{name}.csv"].write_bytes(body)
        made[f"{name}.xlsx"] = folder / f"{name}.xlsx"
        pl.read_csv(body, infer_schema=False).write_excel(made[f"{name}.xlsx"])
    return made


def _read(path: Path) -> tuple[Any, ...]:
    """All that a list says, read by a reader of its own."""
    vocabulary = CLIENTS if path.stem == "clients" else PROSPECTS
    return _told(open_list(path, vocabulary=vocabulary))


def _read_stream(path: Path) -> tuple[Any, ...]:
    with path.open("rb") as file:
        vocabulary = CLIENTS if path.stem == "clients" else PROSPECTS
        return _told(open_list(file, vocabulary=vocabulary))


def _read_rows(path: Path) -> tuple[Any, ...]:
    """The same cells as rows of JSON."""
    frame = pl.read_csv(path.with_suffix(".csv"), infer_schema=False)
    vocabulary = CLIENTS if path.stem == "clients" else PROSPECTS
    return _told(from_rows(frame.to_dicts(), vocabulary=vocabulary))


def _told(listed: ListFile) -> tuple[Any, ...]:
    return (
        dict(listed.columns),
        (listed.rows, listed.skipped, sorted(listed.known), list(listed.notes)),
        *(repr([getattr(batch, name) for name in _NAMES]) for batch in listed.batches(100)),
        *(batch.cells.write_csv() for batch in listed.batches()),
    )


_NAMES = (
    *("name", "addresses", "given", "computers", "employees", "sales"),
    *("industry", "advisers", "closed"),
)


@pytest.mark.parametrize("read", [_read, _read_stream, _read_rows], ids=["path", "stream", "rows"])
def test_readers(files: dict[str, Path], read: Callable[[Path], Any]) -> None:
    """Readers share what headers and cells mean, and nothing else."""
    alone = {name: read(path) for name, path in files.items()}
    for stir, every_s in enumerate((NORMALLY, RESTLESSLY)):
        with switching(every_s):
            found = wrong_together(read, files, alone, each=EACH, stir=stir)
        none_wrong(found, THREADS * EACH)
    none_wrong(wrong_in_turn(read, in_another_order(files, 50), alone), len(files))


@pytest.fixture(scope="module")
def tables() -> Mapping[str, tuple[pl.DataFrame, pl.DataFrame]]:
    """Cells and our columns of a few answers; some hold what a spreadsheet would run."""
    made = {}
    for n in (1, 7, 60):
        cells = pl.DataFrame({"Name": [f"=firm {i}" for i in range(n)], "City": ["Hilo"] * n})
        lon = [None if i % 5 == 0 else -157 - i / 7 for i in range(n)]
        ours = pl.DataFrame(
            {"verdict": ["pass"] * n, "lat": [21.3] * n, "lon": pl.Series(lon, dtype=pl.Float64)}
        )
        made[f"{n} rows"] = cells, ours
    return made


def _written(kind: str, tables: tuple[pl.DataFrame, pl.DataFrame]) -> bytes:
    out = io.BytesIO()
    with open_writer(out, kind) as sink:
        sink.write(*tables)
        sink.write(*tables)
    return workbook(out.getvalue()) if kind == "xlsx" else out.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_writers(kind: str, tables: Mapping[str, tuple[pl.DataFrame, pl.DataFrame]]) -> None:
    """Each kind, byte by byte; of a workbook all parts but the time at which it was made."""
    alone = {name: _written(kind, some) for name, some in tables.items()}
    for stir, every_s in enumerate((NORMALLY, RESTLESSLY)):
        with switching(every_s):
            found = wrong_together(lambda some: _written(kind, some), tables, alone, stir=stir)
        none_wrong(found, THREADS * len(tables))


def test_a_workbook_has_the_same_cells(
    tables: Mapping[str, tuple[pl.DataFrame, pl.DataFrame]], tmp_path: Path
) -> None:
    """Its parts are compared above; here they are read by another program."""

    def cells(some: tuple[pl.DataFrame, pl.DataFrame]) -> list[Any]:
        path = tmp_path / f"{time.monotonic_ns()}.xlsx"
        with open_writer(path, "xlsx") as sink:
            sink.write(*some)
        book = openpyxl.load_workbook(path)
        return [list(sheet.values) for sheet in book.worksheets]

    alone = {name: cells(some) for name, some in tables.items()}
    none_wrong(wrong_together(cells, tables, alone, threads=4), 4 * len(tables))


def test_files_get_the_permissions_that_new_files_get(
    tables: Mapping[str, tuple[pl.DataFrame, pl.DataFrame]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The process has one umask: whoever changes it to read it changes it for all the others.

    Here a change lasts a moment, so that another thread's falls in between.
    """
    real = os.umask

    def lasting(mask: int) -> int:
        before = real(mask)
        time.sleep(0.002)
        return before

    def mode(number: int) -> int:
        path = tmp_path / f"{number}-{time.monotonic_ns()}.csv"
        with open_writer(path, "csv") as sink:
            sink.write(*tables["1 rows"])
        return stat.S_IMODE(path.stat().st_mode)

    before = real(0o027)
    try:
        monkeypatch.setattr(os, "umask", lasting)
        asked = {str(i): i for i in range(20)}
        found = wrong_together(mode, asked, dict.fromkeys(asked, 0o640))
        after = real(0o027)
    finally:
        real(before)
    none_wrong(found, THREADS * len(asked))
    assert after == 0o027
