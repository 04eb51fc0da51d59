"""Delimited text -> records: encoding, delimiter and quotes found from the bytes."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from app.errors import BadList
from app.lists.fixed_width import Layout, cut_lines, detect_layout
from app.lists.table import HEADER_AT_MOST, MOST_WHOLE, find_header

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_BYTES = 256 * 1024
FIRST_ROWS = 60  # enough to tell the delimiter, if a header is among them
CHUNK = 1 << 20
# One cell may hold this much; more means that a quote was opened and never closed.
LONGEST_CELL = 64 * 1024 * 1024
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Stands after the last line: found inside a cell, that cell's quote was never closed. NUL bytes
# are left out of every line, so no list holds it.
_END = "\0end\0"
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x19\x1b]")  # those that no text file has a use for
# A quoted cell with a quote behind a backslash, as databases write it: "Joe \"The\" Roe".
_ESCAPED = re.compile(r'(?:^|[,;\t|])"[^"\r\n]*\\"(?! *(?:[,;\t|\r\n]|$))', re.MULTILINE)
_QUOTED_WORDS = re.compile(r'"[^"\n]*"(?: "[^"\n]*")+[\r\n]')  # R's write.table, as it comes
_RULE = re.compile(r"[|+: ]{,3}[-=]{2}[-=+|:\s]*$")  # +-----+-----+, as databases draw tables
_HIGH = re.compile(rb"[A-Za-z]?[\x80-\xff]+[A-Za-z]?")


@dataclass(frozen=True)
class Dialect:
    """How the text is written; `nul`: it holds NUL bytes. `notes` say what was guessed.

    escape: what stands before a quote inside a quoted cell, where quotes are not doubled.
    layout: where its columns begin, where their width is fixed; the delimiter is of no use then.
    """

    encoding: str
    delimiter: str
    nul: bool
    escape: str | None
    notes: Sequence[str]
    layout: Layout | None = None


def detect_dialect(file: BinaryIO) -> Dialect:
    """How the file is written, all of its bytes looked at. Raises BadList when it is no text."""
    encoding, sample = detect_encoding(file)
    if not sample.replace("\0", "").strip():
        raise BadList("the list is empty", field="list")
    if len(_CONTROL.findall(sample)) > 8 + len(sample) // 50:
        raise BadList("this is no text: expected CSV or .xlsx", field="list")
    nul = encoding.startswith(("utf-16", "utf-32")) or _holds(file, b"\0")
    notes = [] if encoding.startswith("utf-8") else [f"encoding {encoding}"]
    notes += ["NUL bytes left out"] if nul and encoding.startswith("utf-8") else []
    escape = "\\" if _ESCAPED.search(sample) else None
    delimiter, known = _delimiter(sample)
    layout = detect_layout(sample) if known < 2 else None
    if layout is None:
        return Dialect(encoding, delimiter, nul, escape, notes)
    width = f"{len(layout.starts)} columns of fixed width"
    return Dialect(encoding, delimiter, nul, escape, [*notes, width], layout)


def detect_encoding(file: BinaryIO) -> tuple[str, str]:
    """Its encoding, and how it begins."""
    file.seek(0)
    head = file.read(SAMPLE_BYTES)
    encoding = _encoding(file, head)
    return encoding, _decoded(head, encoding)


def read_text(file: BinaryIO, encoding: str) -> str:
    """All of it, for what can only be read as a whole. Raises BadList past MOST_WHOLE bytes."""
    if file.seek(0, 2) > MOST_WHOLE:
        raise BadList(
            f"a file of this kind may have {MOST_WHOLE / 1e6:,.0f} MB: save the list as CSV",
            field="list",
        )
    file.seek(0)
    return file.read().decode(encoding, "replace")


def _encoding(file: BinaryIO, head: bytes) -> str:
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return encoding
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) // 8 and min(even, odd) < max(even, odd) // 8:
        return "utf-16-be" if even > odd else "utf-16-le"
    return "utf-8" if _is_utf8(file) else _one_byte(file)


def _holds(file: BinaryIO, byte: bytes) -> bool:
    file.seek(0)
    return any(byte in chunk for chunk in iter(lambda: file.read(CHUNK), b""))


def _is_utf8(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while chunk := file.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _one_byte(file: BinaryIO) -> str:
    """cp1252 or Mac Roman: the one in which accented letters stand as in words."""
    seen: Counter[bytes] = Counter()
    file.seek(0)
    while (chunk := file.read(CHUNK)) and seen.total() < 20_000:
        seen.update(_HIGH.findall(chunk))
    odd = {
        code: sum(_oddness(text, code) * n for text, n in seen.items())
        for code in ("cp1252", "mac_roman")
    }
    return min(odd, key=lambda code: odd[code])


def _oddness(around: bytes, encoding: str) -> int:
    """How unlike a word it reads: no such letter, a symbol, or a capital after a small letter."""
    text = around.decode(encoding, errors="replace")
    odd = 0
    for before, char in zip(" " + text, text, strict=False):
        if char < "\x80" or char in "\u2019\u2018\u201c\u201d\u2013\u2014\u00a0°®½¼":
            continue
        capital = char.isupper() and before.islower()
        odd += 3 if char == "\ufffd" else int(capital or not char.isalpha())
    return odd


def _decoded(head: bytes, encoding: str) -> str:
    """The sample as text; a character cut off at its end is left out."""
    return codecs.getincrementaldecoder(encoding)(errors="replace").decode(head)


def _delimiter(sample: str) -> tuple[str, int]:
    """The delimiter that finds most headers, then the most even rows of several cells; how many."""
    marks = [*DELIMITERS, " "] if _QUOTED_WORDS.match(sample) else DELIMITERS
    fits = {mark: _fit(sample, mark, FIRST_ROWS) for mark in marks}
    if max(known for known, _, _ in fits.values()) < 2:
        fits = {mark: _fit(sample, mark, HEADER_AT_MOST) for mark in marks}
    best = max(marks, key=lambda mark: fits[mark])
    return best, fits[best][0]


def _fit(sample: str, mark: str, most: int) -> tuple[int, float, int]:
    parsed = _parsed(io.StringIO(sample, newline=""), mark, most)
    rows = [row for row in parsed if any(row)]
    if not rows:
        return (0, 0.0, 0)
    _, known = find_header(rows)
    width, often = Counter(len(row) for row in rows).most_common(1)[0]
    return (known, often / len(rows) if width > 1 else 0.0, width)


def _parsed(lines: Iterator[str], mark: str, most: int) -> Iterator[list[str]]:
    reader = csv.reader(lines, delimiter=mark)
    try:
        for _, row in zip(range(most), reader, strict=False):
            yield row
    except csv.Error:
        return


def read_records(file: BinaryIO, how: Dialect) -> Iterator[list[str]]:
    """Every record of the file in order, NUL characters left out.

    Raises BadList naming the row where a quote is never closed: it would swallow the rest.
    """
    file.seek(0)
    csv.field_size_limit(LONGEST_CELL)
    text = io.TextIOWrapper(
        io.BufferedReader(_Raw(file), CHUNK), how.encoding, errors="replace", newline=""
    )
    lines = (line.replace("\0", "") for line in text) if how.nul else text
    if how.delimiter == "|":
        lines = (line for line in lines if not _RULE.match(line))
    if how.layout:
        yield from cut_lines(lines, how.layout)
        return
    at = 1
    try:
        cells = csv.reader(chain(lines, [_END]), delimiter=how.delimiter, escapechar=how.escape)
        for record in cells:
            if record and record[-1].endswith(_END):
                break
            yield record
            at += 1
    except csv.Error as why:
        raise BadList(f"row {at}: {why}", field="list", row=at) from why
    except UnicodeError as why:
        raise BadList(f"row {at} is not {how.encoding} text", field="list", row=at) from why
    if record != [_END]:
        raise BadList(f"row {at}: a quote is opened and never closed", field="list", row=at)


class _Raw(io.RawIOBase):
    """The file, left open when the text reader on it goes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
