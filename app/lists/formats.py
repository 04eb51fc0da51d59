"""What a file is, by how it begins, whatever its name -> its rows, or what it is and what to do.

Text in columns is none of these: `app.lists.text` reads it. What is packed is unpacked before.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from app.errors import BadList
from app.lists import archive, xml_sheets
from app.lists.dbf import looks_like_dbf, read_dbf
from app.lists.html_tables import read_html
from app.lists.json_rows import looks_like_json, read_json
from app.lists.parquet import read_parquet
from app.lists.sheet import join_sheets
from app.lists.table import Table
from app.lists.text import SAMPLE_BYTES, detect_encoding, read_text
from app.lists.workbook import check_workbook, read_workbook

_OLE = b"\xd0\xcf\x11\xe0"
# In an OLE file's directory, in UTF-16: what an encrypted workbook and other documents hold.
_IN_OLE = (
    ("EncryptedPackage", "a workbook with a password: save it without one"),
    ("WordDocument", "a Word document: save the list as CSV or .xlsx"),
    ("PowerPoint Document", "a PowerPoint file: save the list as CSV or .xlsx"),
    ("__substg1.0_", "an Outlook message: save the list as CSV or .xlsx"),
)


@dataclass(frozen=True)
class Format:
    """A kind of file. `begins`: its first bytes; `read`: None where it is refused by its name."""

    name: str
    begins: tuple[bytes, ...]
    read: Callable[[BinaryIO], Table] | None = None
    advice: str = "save it as CSV or .xlsx"

    def rows_of(self, file: BinaryIO) -> Table:
        """Its rows. Raises BadList where nothing reads it."""
        if self.read is None:
            raise BadList(f"this is {self.name}, not a list: {self.advice}", field="list")
        return self.read(file)


def read_table(file: BinaryIO) -> Table | None:
    """The rows of a file in a format of its own; None where it is text in columns.

    Raises BadList for what is no list, is damaged, or would take too much memory.
    """
    file.seek(0)
    head = file.read(SAMPLE_BYTES)
    found = next((one for one in FORMATS if head.startswith(one.begins)), None)
    if found:
        return found.rows_of(file)
    if looks_like_dbf(head):
        return read_dbf(file)
    encoding, sample = detect_encoding(file)
    if looks_like_json(sample):
        return read_json(read_text(file, encoding))
    if sample.lstrip("\ufeff \t\r\n").startswith("<"):
        return _read_markup(file, encoding, sample.casefold())
    return None


def _read_zipped(file: BinaryIO) -> Table:
    what = archive.document_in(file)
    if what == archive.WORKBOOK:
        check_workbook(file)
        return join_sheets(read_workbook(file))
    if what == archive.OPEN_DOCUMENT:
        check_workbook(file)
        return join_sheets(xml_sheets.read_opendocument(file))
    raise BadList(f"this is {what}, not a list: export it as CSV or .xlsx", field="list")


def _read_ole(file: BinaryIO) -> Table:
    file.seek(0)
    data = file.read()
    for inside, what in _IN_OLE:
        if inside.encode("utf-16-le") in data:
            raise BadList(f"this is {what}", field="list")
    return join_sheets(read_workbook(file))


def _read_markup(file: BinaryIO, encoding: str, start: str) -> Table | None:
    """XML by its root; HTML however it begins; None where "<" begins a cell."""
    file.seek(0)
    if "urn:schemas-microsoft-com:office:spreadsheet" in start and "<html" not in start:
        return join_sheets(xml_sheets.read_excel_xml(file))
    if "urn:oasis:names:tc:opendocument" in start:
        return join_sheets(xml_sheets.read_flat_opendocument(file))
    if any(tag in start for tag in ("<html", "<table", "<!doctype html")):
        tables = read_html(read_text(file, encoding))
        return join_sheets(tables, kind="table", of="page")
    if start.lstrip("\ufeff \t\r\n").startswith("<?xml"):
        name = "KML, a map's file" if "<kml" in start else "an XML file"
        raise BadList(f"this is {name}, not a list: save it as CSV or .xlsx", field="list")
    return None


# Asked in this order. What is packed got here unpacked, so that a zip file is a document.
FORMATS = (
    Format("a workbook", (archive.ZIP,), _read_zipped),
    Format("an Excel workbook of 1997 to 2003", (_OLE,), _read_ole),
    Format(
        "an Excel workbook of before 1995",
        (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00"),
    ),
    Format("a PDF", (b"%PDF",)),
    Format("a PostScript file", (b"%!PS",)),
    Format("an RTF document", (b"{\\rtf",)),
    Format("a picture", (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")),
    Format("a SQLite database", (b"SQLite format 3",), advice="export the table as CSV"),
    Format(
        "an Access database",
        (b"\0\1\0\0Standard Jet DB", b"\0\1\0\0Standard ACE DB"),
        advice="export the table as CSV",
    ),
    Format("a Parquet file", (b"PAR1",), read_parquet),
    Format("an Arrow or Feather file", (b"ARROW1", b"FEA1")),
    Format("a Lotus 1-2-3 file", (b"\0\0\2\0", b"\0\0\x1a\0")),
    Format("a web archive (.mht)", (b"MIME-Version:",)),
    Format("an address card file (vCard)", (b"BEGIN:VCARD",)),
    Format("a 7z archive", (b"7z\xbc\xaf",), advice="unpack it first"),
    Format("a RAR archive", (b"Rar!",), advice="unpack it first"),
    Format("a bzip2 archive", (b"BZh",), advice="unpack it first"),
    Format("an xz archive", (b"\xfd7zXZ\0",), advice="unpack it first"),
    Format("a Zstandard archive", (b"\x28\xb5\x2f\xfd",), advice="unpack it first"),
    Format("an empty zip file", (b"PK\5\6",), advice="pack the list anew"),
)
