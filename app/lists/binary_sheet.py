"""A sheet of an XLSB file: how far it reaches (MS-XLSB 2.1.4: records of a type and a length)."""

from collections.abc import Iterator

_ROW = 0  # BrtRowHdr: its number stands first
_CELLS = range(2, 12)  # BrtCellRk to BrtFmlaError: the column stands first; 1 is a blank


def far_corner(chunks: Iterator[bytes]) -> tuple[int, int]:
    """How many columns and rows it has, by its records."""
    data = b"".join(chunks)
    columns = rows = row = at = 0
    while at < len(data):
        kind, at = _number(data, at, 2)
        length, at = _number(data, at, 4)
        if kind == _ROW:
            row = int.from_bytes(data[at : at + 4], "little") + 1
        elif kind in _CELLS:
            rows = max(rows, row)
            columns = max(columns, int.from_bytes(data[at : at + 4], "little") + 1)
        at += length
    return columns, rows


def _number(data: bytes, at: int, most: int) -> tuple[int, int]:
    """Seven bits a byte, the lowest first, the eighth says that more follow."""
    value = 0
    for shift, byte in enumerate(data[at : at + most]):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value, at + shift + 1
    return value, at + most
