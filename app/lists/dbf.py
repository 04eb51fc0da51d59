"""DBF -> rows: the tables of dBASE, FoxPro and shapefiles, which mailing houses still send.

A header of 32 bytes, a description of 32 for each field, then records of one length, each behind a
mark that says whether it was deleted. As in dBASE's and FoxPro's manuals.
"""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import BinaryIO

from app.errors import BadList
from app.lists.families import FAMILIES
from app.lists.table import Table, check_cells
from app.lists.vocabulary import PROSPECTS, is_header, plain_header
from app.text import count_words

_KINDS = b"CNFDLMIBYTGPVWQ@O+0"
_MEMOS = b"MGPW"  # stand in a file beside it
# The code page by the header's byte 29; others are told by their bytes.
_CODE_PAGES = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x57: "cp1252", 0x58: "cp1252", 0x59: "cp1252",
    0x64: "cp852", 0x65: "cp866", 0x66: "cp865", 0x67: "cp861", 0x6A: "cp737", 0x6B: "cp857",
    0xC8: "cp1250", 0xC9: "cp1251", 0xCA: "cp1254", 0xCB: "cp1253",
}  # fmt: skip
_DAY_ONE = 1_721_425  # the Julian day before Python's first
_FIRST = 32  # bytes before the fields, and of each field
MOST_LETTERS = 10  # of a field's name
_END, _DELETED = 0x0D, 0x2A


@dataclass(frozen=True)
class _Field:
    name: str
    kind: int
    at: int
    length: int


def looks_like_dbf(head: bytes) -> bool:
    """Whether its header is one: a date, and fields that make up the length of a record."""
    if len(head) < 2 * _FIRST or not (1 <= head[2] <= 12 and 1 <= head[3] <= 31):
        return False
    fields = _fields(head, "latin-1")
    length = struct.unpack_from("<H", head, 10)[0]
    known = all(field.kind in _KINDS for field in fields)
    return bool(fields) and known and fields[-1].at + fields[-1].length == length


def read_dbf(file: BinaryIO) -> Table:
    """The header and every record that is not deleted; numbers and dates as text.

    Raises BadList where the file ends before its records do.
    """
    file.seek(0)
    data = file.read()
    count, start, length = struct.unpack_from("<IHH", data, 4)
    encoding = _CODE_PAGES.get(data[29]) or _guessed(data[start:])
    fields = _fields(data, encoding)
    there = max(len(data) - start, 0) // length
    if there < count:
        raise BadList(
            f"the DBF file is cut off: it has {there:,} of {count:,} records", field="list"
        )
    check_cells(count * len(fields))
    fields = [field for field in fields if field.kind != ord("0")]  # FoxPro's flags of nulls
    records = [data[at : at + length] for at in range(start, start + count * length, length)]
    rows = [_cells(one, fields, encoding) for one in records if one[0] != _DELETED]
    names = [field.name for field in fields]
    whole = [_whole_name(name) for name in names]
    notes = _notes(fields, count - len(rows))
    cut = [f"{old} = {new}" for old, new in zip(names, whole, strict=True) if old != new]
    notes += [f"headers cut to ten letters: {', '.join(cut)}"] if cut else []
    return Table([whole, *rows], notes, 0)


def _notes(fields: Sequence[_Field], deleted: int) -> list[str]:
    memos = ", ".join(repr(field.name) for field in fields if field.kind in _MEMOS)
    notes = [f"{count_words(deleted, 'deleted record')} left out"] if deleted else []
    return notes + ([f"memos are in a file of their own, not read: {memos}"] if memos else [])


def _whole_name(name: str) -> str:
    """A name that was cut to ten letters: the shortest one that a list has and that begins so."""
    if len(name) < MOST_LETTERS or is_header(name):
        return name
    start = plain_header(name)
    fits = [known for known in _known_names() if known.startswith(start)]
    return min(fits, key=len, default=name)


@cache
def _known_names() -> Sequence[str]:
    names = [name for each in PROSPECTS.names.values() for name in re.split(r"\|+", each) if name]
    return [*names, *(f"{family} {name}" for family in FAMILIES for name in names)]


def _fields(data: bytes, encoding: str) -> list[_Field]:
    fields, place = [], 1
    for at in range(_FIRST, len(data) - _FIRST + 1, _FIRST):
        if data[at] == _END:
            break
        name = data[at : at + 11].split(b"\0")[0].decode(encoding, "replace")
        kind, length = data[at + 11], data[at + 16]
        if kind == ord("C"):  # FoxPro and Clipper: longer than 255
            length += 256 * data[at + 17]
        fields.append(_Field(name.strip(), kind, place, length))
        place += length
    return fields


def _guessed(data: bytes) -> str:
    """UTF-8 where it is, else what Windows wrote."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _cells(record: bytes, fields: Sequence[_Field], encoding: str) -> list[str]:
    return [
        _text(record[field.at : field.at + field.length], field.kind, encoding) for field in fields
    ]


def _text(raw: bytes, kind: int, encoding: str) -> str:
    if kind in _MEMOS:
        return ""
    if kind in b"IBYT@+O0" and (kind != ord("B") or len(raw) == 8):
        return _binary(raw, kind)
    text = raw.split(b"\0")[0].decode(encoding, "replace").strip()
    if kind == ord("D"):
        return f"{text[:4]}-{text[4:6]}-{text[6:]}" if text.isdecimal() and len(text) == 8 else ""
    if kind == ord("L"):
        return {"t": "true", "y": "true", "f": "false", "n": "false"}.get(text.casefold(), "")
    return text.strip("*") if kind in b"NF" else text  # what did not fit its field is stars


def _binary(raw: bytes, kind: int) -> str:
    if kind in b"I+" and len(raw) == 4:
        return str(struct.unpack("<i", raw)[0])
    if kind == ord("Y") and len(raw) == 8:
        return f"{struct.unpack('<q', raw)[0] / 10_000:.4f}".rstrip("0").rstrip(".")
    if kind in b"BO" and len(raw) == 8:
        return f"{struct.unpack('<d', raw)[0]:.15g}"
    if kind in b"T@" and len(raw) == 8:
        return _day(struct.unpack("<i", raw[:4])[0])
    return ""


def _day(julian: int) -> str:
    at = julian - _DAY_ONE
    return date.fromordinal(at).isoformat() if 0 < at < date.max.toordinal() else ""
