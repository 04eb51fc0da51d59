"""XLSX -> records, after its size has been checked: a zip bomb is refused unopened."""

import zipfile
import zlib
from typing import BinaryIO

import fastexcel

from app.errors import BadList
from app.lists.vocabulary import is_header

MAGIC = b"PK\x03\x04"
# What a workbook may unpack to, and how much smaller it may be packed (sheets: 5 to 50 times).
MOST_BYTES = 1 << 30
MOST_RATIO = 300
SMALL_BYTES = 32 << 20


def rows_of(file: BinaryIO) -> list[list[str]]:
    """The rows of the first sheet that holds a table; the best header decides.

    Raises BadList when the file is no workbook, is damaged, or unpacks to too much.
    """
    check_workbook(file)
    file.seek(0)
    try:
        book = fastexcel.read_excel(file.read())
        sheets = [(name, _rows(book, name)) for name in book.sheet_names]
    except Exception as why:
        raise _unreadable(why) from why
    except BaseException as why:  # a panic in the Rust reader derives from it
        if type(why).__name__ != "PanicException":
            raise
        raise _unreadable(why) from None
    filled = [rows for _, rows in sheets if rows]
    if not filled:
        raise BadList("the workbook is empty", field="list")
    return max(filled, key=_count_headers)  # the first one where equal


def _unreadable(why: BaseException) -> BadList:
    return BadList(f"this workbook can't be read ({str(why)[:200]}): save it anew", field="list")


def _rows(book: fastexcel.ExcelReader, name: str) -> list[list[str]]:
    sheet = book.load_sheet(name, header_row=None, dtypes="string")
    return [[cell or "" for cell in row] for row in sheet.to_polars().rows()]


def _count_headers(rows: list[list[str]]) -> int:
    return max(sum(is_header(cell[:200]) for cell in row) for row in rows[:20])


def check_workbook(file: BinaryIO) -> None:
    """Unpack every member, counting: raises BadList for a bomb, a lie about sizes, or damage."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            packed = sum(member.compress_size for member in members)
            if unpacked > MOST_BYTES or unpacked > max(SMALL_BYTES, packed * MOST_RATIO):
                raise BadList(
                    f"the workbook unpacks to {unpacked / 1e6:,.0f} MB: refused; "
                    "save the list as CSV",
                    field="list",
                )
            if not any(member.filename.startswith("xl/") for member in members):
                raise BadList("this zip file holds no workbook", field="list")
            if any(member.flag_bits & 1 for member in members):
                raise BadList("the workbook is protected by a password", field="list")
            for member in members:
                _unpack(archive, member)
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        OSError,
        ValueError,
        EOFError,
        RuntimeError,
        UnicodeError,
    ) as why:
        raise BadList(f"the workbook is damaged ({why})", field="list") from why


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Read it through; zipfile stops at the size it declares and then finds the sum wrong."""
    with archive.open(member) as unpacked:
        while unpacked.read(1 << 20):
            pass
