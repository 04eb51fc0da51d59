"""Excel's files -> sheets, after their size has been checked: a zip bomb is refused unopened.

XLSX, XLSB and XLS are read by calamine, by way of fastexcel. It lays a sheet out whole, from its
first cell to its last, and ends the process where there is no memory for that: what a sheet
would take is looked up before.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import fastexcel
import polars as pl

from app.errors import BadList
from app.lists.binary_sheet import far_corner
from app.lists.clock import show_clock
from app.lists.sheet import Sheet
from app.lists.table import check_cells, check_width

# What a workbook may unpack to, and how much smaller it may be packed (sheets: 5 to 50 times).
MOST_BYTES = 1 << 30
MOST_RATIO = 300
SMALL_BYTES = 32 << 20
CHUNK = 1 << 20
DAMAGED = (  # what zipfile raises for a file that is none, or is written as nobody does
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
)
# A cell that holds something right of column BL: a sheet of up to 64 columns is never too large.
_FAR = re.compile(rb"r=[\"'](B[M-Z]|[C-Z][A-Z]|[A-Z]{3})\d+[\"'][^>]*[^/]>")
_ROW = re.compile(rb"r=[\"'][A-Z]{0,3}(\d+)[\"']")
_MIDNIGHT = " 00:00:00"
# A day of no early year, which may be a length of time (see `clock`), and one with a time of day.
_DATED = r"^((?:190[5-9]|19[1-9]\d|2\d{3})-\d\d-\d\d) 00:00:00$"
_TIMED = r"^\d{4}-\d\d-\d\d [0:]*[1-9]"
_OVERLAP = 200  # bytes: an element that two chunks share


def read_workbook(file: BinaryIO) -> list[Sheet]:
    """The sheets of an XLSX or XLSB file that `check_workbook` passed, or of an XLS file.

    Raises BadList when the file is damaged.
    """
    file.seek(0)
    with _reading():
        book = fastexcel.read_excel(file.read())
        sheets: list[Sheet] = []
        for name in book.sheet_names:
            sheets.append(_sheet(book, name))
            check_cells(sum(len(sheet.rows) * len(sheet.rows[0]) for sheet in sheets if sheet.rows))
        return sheets


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except BadList:
        raise
    except Exception as why:
        raise _unreadable(why) from why
    except BaseException as why:  # a panic in the Rust reader derives from it
        if type(why).__name__ != "PanicException":
            raise
        raise _unreadable(why) from None


def _unreadable(why: BaseException) -> BadList:
    said = str(why)[:200]
    if "password" in said.casefold():
        return BadList("the workbook is protected by a password: save it without", field="list")
    return BadList(f"this workbook can't be read ({said}): save it anew", field="list")


def _sheet(book: fastexcel.ExcelReader, name: str) -> Sheet:
    found = book.load_sheet(name, header_row=None, dtypes="string")
    check_width(found.width)
    frame = found.to_polars()
    shown = frame.with_columns(_show_days(show_clock(column)).fill_null("") for column in frame)
    return Sheet(name, shown.rows(), hidden=found.visible != "visible")


def _show_days(column: pl.Series) -> pl.Series:
    """A column of dates without the midnight that the reader puts behind each."""
    if not column.str.ends_with(_MIDNIGHT).any():
        return column
    if column.str.contains(_TIMED).any():
        return column
    return column.str.replace(_DATED, "$1")


def check_workbook(file: BinaryIO) -> None:
    """Unpack every member, counting: raises BadList for a bomb, a lie about sizes, or damage."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            check_sizes(members, "workbook")
            for member in members:
                _check_member(archive, member)
    except DAMAGED as why:
        raise BadList(f"the workbook is damaged ({why})", field="list") from why


def check_sizes(members: list[zipfile.ZipInfo], what: str) -> None:
    """Raises BadList where the members would unpack to too much, or have a password."""
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > MOST_BYTES or unpacked > max(SMALL_BYTES, packed * MOST_RATIO):
        raise BadList(
            f"the {what} unpacks to {unpacked / 1e6:,.0f} MB: refused; save the list as CSV",
            field="list",
        )
    if any(member.flag_bits & 1 for member in members):
        raise BadList(f"the {what} is protected by a password", field="list")


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Read it through; zipfile stops at the size it declares and then finds the sum wrong."""
    with archive.open(member) as unpacked:
        chunks = iter(lambda: unpacked.read(CHUNK), b"")
        is_binary = member.filename.startswith("xl/worksheets/sheet") and ".bin" in member.filename
        columns, rows = far_corner(chunks) if is_binary else _far_corner(chunks)
        check_cells(columns * rows)


def _far_corner(chunks: Iterator[bytes]) -> tuple[int, int]:
    """How many columns and rows a sheet's XML reaches to; one column where they are few."""
    columns, rows, before = 1, 0, b""
    for chunk in chunks:
        text = before + chunk
        columns = max([columns, *map(_column_number, set(_FAR.findall(text)))])
        rows = max([rows, *(int(row[:9]) for row in _ROW.findall(text[-4096:]))])
        before = text[-_OVERLAP:]
    return columns, rows


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
