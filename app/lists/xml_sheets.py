"""Spreadsheets in XML -> sheets: OpenDocument (ODS, flat or zipped) and Excel's XML of 2003.

ISO 26300 (table:number-columns-repeated and the like) and Microsoft's SpreadsheetML (ss:Index).
calamine reads ODS too, but not its lengths of time, and takes any number of repeats as it comes.
"""

import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, BinaryIO

from app.errors import BadList
from app.lists.sheet import Sheet
from app.lists.table import SheetRows

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_EXCEL = "{urn:schemas-microsoft-com:office:spreadsheet}"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_LENGTH = re.compile(r"-?PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?")

type RepeatedCell = tuple[str, int]


def read_opendocument(file: BinaryIO) -> list[Sheet]:
    """The sheets of a zipped OpenDocument spreadsheet. Raises BadList where it is none."""
    with zipfile.ZipFile(file) as archive:
        if "META-INF/manifest.xml" in archive.namelist():
            manifest = archive.read("META-INF/manifest.xml")
            if b"encryption-data" in manifest:
                raise BadList(
                    "the workbook is protected by a password: save it without", field="list"
                )
        with archive.open("content.xml") as content:
            return read_flat_opendocument(content)


def read_flat_opendocument(file: IO[bytes]) -> list[Sheet]:
    """The sheets of an OpenDocument spreadsheet that is one XML file."""
    sheets: list[Sheet] = []
    hidden: set[str | None] = set()
    rows = SheetRows()
    for element in _elements(file):
        if element.tag == f"{_STYLE}style":
            shown = element.find(f"{_STYLE}table-properties")
            if shown is not None and shown.get(f"{_TABLE}display") == "false":
                hidden.add(element.get(f"{_STYLE}name"))
        elif element.tag == f"{_TABLE}table-row":
            cells = (cell for cell in element if cell.tag in _CELLS)
            rows.add_row([*map(_open_cell, cells)], _count(element, "number-rows-repeated"))
            element.clear()
        elif element.tag == f"{_TABLE}table":
            name = element.get(f"{_TABLE}name", "")
            sheets.append(Sheet(name, rows.rows, element.get(f"{_TABLE}style-name") in hidden))
            rows = SheetRows()
            element.clear()
    if not sheets:
        raise BadList("this OpenDocument file holds no sheet: save the list as CSV", field="list")
    return sheets


def _elements(file: IO[bytes]) -> Iterator[ET.Element]:
    try:
        for _, element in ET.iterparse(file):  # noqa: S314 -- expat bounds what entities grow to
            yield element
    except ET.ParseError as why:
        raise BadList(f"the spreadsheet is damaged ({why}): save it anew", field="list") from why


def _count(element: ET.Element, repeated: str) -> int:
    text = element.get(f"{_TABLE}{repeated}", "1")
    return int(text[:9]) if text.isdecimal() else 1


def _open_cell(cell: ET.Element) -> RepeatedCell:
    """What it says, and how often; comments are none of it."""
    times = _count(cell, "number-columns-repeated")
    for kind in ("value", "date-value", "boolean-value"):
        if value := cell.get(f"{_OFFICE}{kind}"):
            return value, times
    if length := cell.get(f"{_OFFICE}time-value"):
        return _length(length), times
    return "\n".join("".join(line.itertext()) for line in cell.findall(f"{_TEXT}p")), times


def _length(text: str) -> str:
    """PT36H05M00S -> 36:05."""
    found = _LENGTH.fullmatch(text)
    if found is None:
        return text
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return f"{hours}:{minutes:02}" + (f":{seconds:02}" if seconds else "")


def read_excel_xml(file: IO[bytes]) -> list[Sheet]:
    """The sheets of an Excel 2003 XML file."""
    sheets: list[Sheet] = []
    rows, at = SheetRows(), 0
    for element in _elements(file):
        if element.tag == f"{_EXCEL}Row":
            index = _index(element, at + 1)
            rows.add_row([], max(index - at - 1, 0))
            rows.add_row([*_excel_cells(element.iter(f"{_EXCEL}Cell"))])
            at = index
            element.clear()
        elif element.tag == f"{_EXCEL}Worksheet":
            visible = element.findtext(".//{urn:schemas-microsoft-com:office:excel}Visible", "")
            sheets.append(Sheet(element.get(f"{_EXCEL}Name", ""), rows.rows, "Hidden" in visible))
            rows, at = SheetRows(), 0
            element.clear()
    return sheets


def _excel_cells(cells: Iterable[ET.Element]) -> Iterator[RepeatedCell]:
    at = 0
    for cell in cells:
        index = _index(cell, at + 1)
        if index > at + 1:
            yield "", index - at - 1
        data = cell.find(f"{_EXCEL}Data")
        text = "" if data is None else "".join(data.itertext())
        is_date = data is not None and data.get(f"{_EXCEL}Type") == "DateTime"
        yield (text.removesuffix(".000").replace("T", " ") if is_date else text), 1
        at = index


def _index(element: ET.Element, following: int) -> int:
    text = element.get(f"{_EXCEL}Index", "")
    return int(text[:9]) if text.isdecimal() else following
