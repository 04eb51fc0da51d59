"""Tiny files of each format, made by hand: rows of text, numbers and None in, bytes out."""

import io
import struct
import zipfile
from xml.sax.saxutils import escape

import numpy as np
import openpyxl
import polars as pl

from app.geo.points import Points
from app.lists.identity import Identities
from app.lists.recipients import RECIPIENT

END_OF_CHAIN, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def identities(*some, at=None):
    """Rows of these cells, "" where not said; `at`: (lon, lat) of each."""
    frame = pl.DataFrame([dict.fromkeys(RECIPIENT, "") | one for one in some])
    points = Points(*np.array(at, float).T) if at else None
    return Identities.of(frame, points)


def xlsx(sheets, hidden=(), epoch=None, formats=()):
    """sheets: name -> rows. formats: (cell, its number format) of the first sheet."""
    book, data = openpyxl.Workbook(), io.BytesIO()
    if epoch:
        book.epoch = epoch
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
        for row in rows:
            sheet.append(row)
    for cell, form in formats:
        book.worksheets[0][cell].number_format = form
    book.save(data)
    return data.getvalue()


def zipped(members, **how):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, **how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def rezipped(data, change):
    """The zip file with each member as `change(name, content)` gives it back."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return zipped({name: change(name, archive.read(name)) for name in archive.namelist()})


def xls(sheets, hidden=()):
    """BIFF8 in an OLE file: BOF, BOUNDSHEET; LABEL and NUMBER ([MS-XLS] 2.4)."""
    bodies = [_biff_sheet(rows) for rows in sheets.values()]
    names = [name.encode() for name in sheets]
    bof = _biff(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    at = len(bof) + sum(4 + 8 + len(name) for name in names) + 4
    bounds = b""
    for name, body in zip(names, bodies, strict=True):
        state = int(name.decode() in hidden)
        bounds += _biff(0x0085, struct.pack("<IBBBB", at, state, 0, len(name), 0) + name)
        at += len(body)
    return ole("Workbook", bof + bounds + _biff(0x000A, b"") + b"".join(bodies))


def _biff(kind, data):
    return struct.pack("<HH", kind, len(data)) + data


def _biff_sheet(rows):
    data = _biff(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            where = struct.pack("<HHH", at, column, 0)
            if isinstance(cell, str):
                text = struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le")
                data += _biff(0x0204, where + text)
            elif cell is not None:
                data += _biff(0x0203, where + struct.pack("<d", cell))
    return data + _biff(0x000A, b"")


def ole(name, stream):
    """One stream in sectors of 512 bytes, behind a FAT and a directory of one sector each."""
    stream = stream.ljust(4096, b"\0")
    sectors = -(-len(stream) // 512)
    chain = [*range(3, sectors + 2), END_OF_CHAIN]
    fat = [FAT, END_OF_CHAIN, *chain]
    fat += [FREE] * (128 - len(fat))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, END_OF_CHAIN, 0, END_OF_CHAIN, 0)
    header += struct.pack("<109I", 0, *[FREE] * 108)
    root = _entry("Root Entry", 5, END_OF_CHAIN, 0, child=1)
    directory = root + _entry(name, 2, 2, len(stream)) + 2 * _entry("", 0, 0, 0)
    return header + struct.pack("<128I", *fat) + directory + stream.ljust(sectors * 512, b"\0")


def _entry(name, kind, start, size, child=FREE):
    text = name.encode("utf-16-le")
    length = len(text) + 2 if name else 0
    entry = text.ljust(64, b"\0") + struct.pack("<HBBIII", length, kind, 1, FREE, FREE, child)
    return entry + bytes(36) + struct.pack("<IQ", start, size)


def xlsb(sheets, hidden=()):
    """BIFF12 in a zip file: BrtBundleSh; BrtRowHdr, BrtCellSt, BrtCellReal ([MS-XLSB] 2.4)."""
    bundle = b"".join(
        _brt(156, struct.pack("<II", name in hidden, at) + _wide(f"rId{at}") + _wide(name))
        for at, name in enumerate(sheets, start=1)
    )
    book = _brt(131) + _brt(143) + bundle + _brt(144) + _brt(132)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    rels = "".join(
        f'<Relationship Id="rId{at}" Type="{kind}" Target="worksheets/sheet{at}.bin"/>'
        for at in range(1, len(sheets) + 1)
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    members = {
        "xl/workbook.bin": book,
        "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{space}">{rels}</Relationships>',
    }
    for at, rows in enumerate(sheets.values(), start=1):
        members[f"xl/worksheets/sheet{at}.bin"] = brt_sheet(dict(enumerate(rows)))
    return zipped(members)


def brt_sheet(rows):
    """rows: number -> cells."""
    data = _brt(129) + _brt(148, bytes(16)) + _brt(145)
    for at, row in rows.items():
        data += _brt(0, struct.pack("<I", at) + bytes(13))
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                data += _brt(6, struct.pack("<II", column, 0) + _wide(cell))
            elif cell is not None:
                data += _brt(5, struct.pack("<IId", column, 0, cell))
    return data + _brt(146) + _brt(130)


def _brt(kind, data=b""):
    return _sevens(kind) + _sevens(len(data)) + data


def _sevens(number):
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _sevens(rest) if rest else bytes([low])


def _wide(text):
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def fods(sheets, hidden=()):
    """Flat OpenDocument; a cell that is a pair is its attributes and its text."""
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "style")
    )
    style = (
        '<style:style style:name="h" style:family="table">'
        '<style:table-properties table:display="false"/></style:style>'
    )
    tables = "".join(
        f'<table:table table:name="{name}" table:style-name="{"h" if name in hidden else "v"}">'
        f"{''.join(map(_open_row, rows))}"
        '<table:table-row table:number-rows-repeated="1048000">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>'
        for name, rows in sheets.items()
    )
    return (
        f'<?xml version="1.0"?><office:document{spaces}><office:automatic-styles>{style}'
        f"</office:automatic-styles><office:body><office:spreadsheet>{tables}"
        "</office:spreadsheet></office:body></office:document>"
    ).encode()


def _open_row(row):
    return f"<table:table-row>{''.join(map(_open_cell, row))}</table:table-row>"


def _open_cell(cell):
    attributes, text = cell if isinstance(cell, tuple) else ("", cell or "")
    if isinstance(text, int | float):
        attributes, text = f'office:value-type="float" office:value="{text}"', f"{text:,}"
    return (
        f"<table:table-cell {attributes}><office:annotation><text:p>a comment</text:p>"
        f"</office:annotation><text:p>{escape(text)}</text:p></table:table-cell>"
    )


def ods(sheets, hidden=()):
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return zipped({"mimetype": kind, "content.xml": fods(sheets, hidden)})


def dbf(fields, records, *, page=0x03, version=0x03, deleted=(), count=None):
    """fields: (name, kind, length); records: bytes, or text, for each field."""
    described = b"".join(
        struct.pack("<11sc4xBB14x", name.encode(), kind.encode(), length % 256, length // 256)
        for name, kind, length in fields
    )
    width = 1 + sum(length for *_, length in fields)
    header = struct.pack(
        "<BBBBIHH17xB2x", version, 126, 1, 31, len(records) if count is None else count,
        32 + len(described) + 1, width, page,
    )  # fmt: skip
    rows = b"".join(
        (b"*" if at in deleted else b" ")
        + b"".join(
            (cell if isinstance(cell, bytes) else cell.encode("cp1252")).ljust(length)
            for cell, (*_, length) in zip(record, fields, strict=True)
        )
        for at, record in enumerate(records)
    )
    return header + described + b"\r" + rows + b"\x1a"
